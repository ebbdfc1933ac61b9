// The hours of a day, from top to bottom, for days that are not all as long. Places follow the real instants of each day: an hour that
// the clock skips is not there (or hatched, beside days that have it), and one that comes twice is drawn twice. Where days of different
// shape stand side by side, they share one scale, so that an hour is at one height in all of them.
import { plus, startOf } from './days';
import { MINUTE, offset, type Zone } from './zones';

export const DAY_MINUTES = 1440;
const HALF_HOUR = 30 * MINUTE;

/** A stretch of a day without a change of the clocks. */
interface Segment {
  at: number;
  until: number;
  /** What the clock shows at `at`, in minutes after midnight. */
  wall: number;
  /** Up to here it repeats what the clock showed before. */
  repeats: number;
}
export interface DayShape {
  day: string;
  start: number;
  /** The first instant of the next day. */
  end: number;
  segments: readonly Segment[];
}
/** Part of the scale. `fold`: the hour that comes a second time. */
interface Piece { from: number; to: number; fold: boolean; top: number }
export interface Axis { pieces: readonly Piece[]; length: number }
/** A line of the scale: minutes after midnight as the clock shows them, and where that is. */
export interface Mark { minute: number; fold: boolean; top: number }

export function shapeOf(day: string, zone: Zone = null): DayShape {
  const start = startOf(day, zone);
  const end = startOf(plus(day, 1), zone);
  const cuts = [start];
  let last = offset(zone, start);
  for (let at = start; at < end; at += HALF_HOUR) {
    const next = Math.min(at + HALF_HOUR, end) - MINUTE;
    const now = offset(zone, next);
    if (now === last) continue;
    let [low, high] = [at - MINUTE, next];
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
      if (offset(zone, middle) === last) low = middle;
      else high = middle;
    }
    cuts.push(high);
    last = now;
  }
  let shown = 0;
  const segments = cuts.map((at, i) => {
    const until = cuts[i + 1] ?? end;
    const minute = Math.floor(at / MINUTE) + offset(zone, at);
    const wall = ((minute % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
    const repeats = Math.max(wall, shown);
    shown = wall + (until - at) / MINUTE;
    return { at, until, wall, repeats };
  });
  return { day, start, end, segments };
}

interface Span { from: number; to: number }
const same = (a: Span, b: Span): boolean => a.from === b.from && a.to === b.to;
/** What the clock of the day does not show. */
function gaps(shape: DayShape): Span[] {
  const out: Span[] = [];
  let shown = 0;
  for (const s of shape.segments) {
    if (s.wall > shown) out.push({ from: shown, to: s.wall });
    shown = Math.max(shown, s.wall + (s.until - s.at) / MINUTE);
  }
  if (shown < DAY_MINUTES) out.push({ from: shown, to: DAY_MINUTES });
  return out;
}
const folds = (shape: DayShape): Span[] => shape.segments.filter((s) => s.repeats > s.wall).map((s) => ({ from: s.wall, to: s.repeats }));

/** One scale for all these days. */
export function axisOf(shapes: readonly DayShape[]): Axis {
  const [first, ...rest] = shapes.map(gaps);
  // Only what no day has is left out.
  const missing = (first ?? []).filter((g) => rest.every((other) => other.some((o) => same(o, g))));
  const twice = shapes.flatMap(folds).filter((f, i, all) => all.findIndex((o) => same(o, f)) === i);
  const edges = [...new Set([0, DAY_MINUTES, ...missing.flatMap((g) => [g.from, g.to]), ...twice.map((f) => f.to)])].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  let top = 0;
  const add = (from: number, to: number, fold: boolean): void => {
    pieces.push({ from, to, fold, top });
    top += to - from;
  };
  edges.slice(0, -1).forEach((from, i) => {
    const to = edges[i + 1] ?? DAY_MINUTES;
    if (!missing.some((g) => g.from <= from && to <= g.to)) add(from, to, false);
    for (const f of twice) if (f.to === to) add(f.from, f.to, true);
  });
  return { pieces, length: top };
}

function height(axis: Axis, wall: number, fold: boolean, end: boolean): number {
  const holds = (p: Piece): boolean => (end ? p.from < wall && wall <= p.to : p.from <= wall && wall < p.to);
  const piece = axis.pieces.find((p) => p.fold === fold && holds(p)) ?? axis.pieces.find((p) => !p.fold && holds(p));
  if (piece) return piece.top + wall - piece.from;
  // In an hour that no day has: where it would begin.
  return axis.pieces.find((p) => !p.fold && p.from >= wall)?.top ?? axis.length;
}

/** Where an instant of the day is on the scale. `end`: of something that ends then, so that it does not reach over a skipped hour. */
export function place(axis: Axis, shape: DayShape, at: number, end = false): number {
  if (at <= shape.start) return height(axis, shape.segments[0]?.wall ?? 0, false, false);
  if (at >= shape.end) return axis.length;
  const segment = shape.segments.findLast((s) => (end ? s.at < at : s.at <= at)) ?? shape.segments[0];
  if (!segment) return 0;
  const wall = segment.wall + (at - segment.at) / MINUTE;
  const fold = segment.repeats > segment.wall && (end ? wall <= segment.repeats : wall < segment.repeats);
  return height(axis, wall, fold, end);
}

/** The instant of the day at a place of the scale: the nearest one after, where the day has none there. */
export function instantAt(axis: Axis, shape: DayShape, top: number): number {
  const at = Math.max(0, Math.min(axis.length, top));
  const piece = axis.pieces.findLast((p) => p.top <= at) ?? axis.pieces[0];
  if (!piece) return shape.start;
  const wall = piece.from + at - piece.top;
  if (piece.fold) {
    const again = shape.segments.find((s) => s.repeats > s.wall && s.wall <= wall && wall <= s.repeats);
    if (again) return again.at + (wall - again.wall) * MINUTE;
    const next = piece.top + piece.to - piece.from;
    return next >= axis.length ? shape.end : instantAt(axis, shape, next);
  }
  for (const s of shape.segments) {
    const until = s.wall + (s.until - s.at) / MINUTE;
    if (wall < s.wall) return s.at;
    if (wall < until) return s.at + (wall - s.wall) * MINUTE;
  }
  return shape.end;
}

/** The full hours. */
export const marks = (axis: Axis): Mark[] => axis.pieces.flatMap((p) => {
  const out: Mark[] = [];
  for (let minute = Math.ceil(p.from / 60) * 60; minute < p.to; minute += 60) out.push({ minute, fold: p.fold, top: p.top + minute - p.from });
  return out;
});

/** Parts of the scale that this day does not have. */
export function absent(axis: Axis, shape: DayShape): { top: number; length: number }[] {
  const without = gaps(shape);
  const twice = folds(shape);
  return axis.pieces.flatMap((p) => {
    if (p.fold) return twice.some((f) => f.from <= p.from && p.to <= f.to) ? [] : [{ top: p.top, length: p.to - p.from }];
    return without.filter((g) => g.from < p.to && p.from < g.to).map((g) => ({ top: p.top + Math.max(g.from, p.from) - p.from, length: Math.min(g.to, p.to) - Math.max(g.from, p.from) }));
  });
}
