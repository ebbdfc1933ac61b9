// Making, moving and stretching events with the mouse. What is being done is drawn as a ghost with its time; nothing is written before
// the button is let go, and Escape takes it back. Whatever a drag does, keys and the form do as well.
import type { EventRow } from '../../ipc/bindings';
import { instantAt, type Axis, type DayShape } from './axis';
import { between, dayOf, plus } from './days';
import { onDay, placeOf, wholeDays } from './place';
import { STEP, type CalendarView } from './view.svelte';
import type { Place } from './words';
import { HOUR, MINUTE } from './zones';

export type Kind = 'create' | 'move' | 'start' | 'end';
/** Pixels that a hand may tremble. */
const SLACK = 4;
const EDGE = 36;

/** Where the pointer is: a day of the week, and a place on the scale; `top` is null over the lane of whole days. */
export interface Spot { day: number; top: number | null }
export interface Ground {
  days: readonly string[];
  shapes: readonly DayShape[];
  axis: Axis;
  spot: (x: number, y: number) => Spot | null;
  /** What scrolls under the pointer near its edges. */
  scroller: () => HTMLElement | undefined;
}

export class Drag {
  kind = $state<Kind | null>(null);
  row = $state.raw<EventRow | null>(null);
  /** What would come of letting go. */
  place = $state.raw<Place | null>(null);
  #view: CalendarView;
  #ground: () => Ground;
  #from: { x: number; y: number; at: number; spot: Spot } | null = null;
  #begun = false;
  #stop: (() => void) | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #last = { x: 0, y: 0 };
  /** The press has closed a panel, and means no more. */
  #spent = false;

  constructor(view: CalendarView, ground: () => Ground) {
    this.#view = view;
    this.#ground = ground;
  }
  get active(): boolean {
    return this.place !== null;
  }

  #instant(spot: Spot, round: (n: number) => number = Math.round): number {
    const { axis, shapes } = this.#ground();
    const shape = shapes[spot.day];
    return shape ? instantAt(axis, shape, round((spot.top ?? 0) / STEP) * STEP) : 0;
  }

  /** The pointer went down on an event, on one of its edges, or where there is none. */
  begin(e: PointerEvent, kind: Kind, row: EventRow | null): void {
    if (e.button !== 0 || this.kind !== null) return;
    const spot = this.#ground().spot(e.clientX, e.clientY);
    if (!spot) return;
    if (row && !row.editable) return this.#refuse(e, row);
    this.kind = kind;
    this.row = row;
    this.#begun = false;
    this.#spent = this.#view.closed(e.timeStamp);
    this.#view.dragged = false;
    this.#from = { x: e.clientX, y: e.clientY, at: spot.top === null ? 0 : this.#instant(spot, Math.floor), spot };
    this.#last = { x: e.clientX, y: e.clientY };
    const move = (m: PointerEvent) => this.#move(m);
    const up = () => this.#up();
    const key = (k: KeyboardEvent) => {
      if (k.key !== 'Escape') return;
      k.preventDefault();
      k.stopPropagation();
      this.cancel();
    };
    const lost = () => this.cancel();
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', up);
    window.addEventListener('pointercancel', lost);
    window.addEventListener('keydown', key, { capture: true });
    this.#stop = () => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', up);
      window.removeEventListener('pointercancel', lost);
      window.removeEventListener('keydown', key, { capture: true });
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** What can't be moved says why as soon as somebody tries. */
  #refuse(e: PointerEvent, row: EventRow): void {
    const stop = () => {
      window.removeEventListener('pointermove', tried);
      window.removeEventListener('pointerup', stop);
    };
    const tried = (m: PointerEvent) => {
      if (Math.hypot(m.clientX - e.clientX, m.clientY - e.clientY) < SLACK * 2) return;
      stop();
      this.#view.explain(row);
    };
    window.addEventListener('pointermove', tried);
    window.addEventListener('pointerup', stop);
  }

  #move(e: PointerEvent): void {
    if (!this.#from) return;
    this.#last = { x: e.clientX, y: e.clientY };
    if (!this.#begun && Math.hypot(e.clientX - this.#from.x, e.clientY - this.#from.y) < SLACK) return;
    if (!this.#begun) {
      this.#begun = true;
      this.#view.dragged = true;
      this.#view.panel = null;
      getSelection()?.removeAllRanges();
      this.#timer = setInterval(() => this.#scroll(), 30);
    }
    this.#draw();
  }

  #scroll(): void {
    const el = this.#ground().scroller();
    if (!el) return;
    const r = el.getBoundingClientRect();
    const head = el.querySelector('[data-head]')?.getBoundingClientRect().height ?? 0;
    const by = this.#last.y > r.bottom - EDGE ? 9 : this.#last.y < r.top + head + EDGE && this.#last.y > r.top + head ? -9 : 0;
    if (by === 0) return;
    el.scrollTop += by;
    this.#draw();
  }

  #draw(): void {
    const spot = this.#ground().spot(this.#last.x, this.#last.y);
    if (spot && this.#from) this.place = this.#placed(spot) ?? this.place;
  }

  #placed(spot: Spot): Place | null {
    const { days } = this.#ground();
    const from = this.#from;
    const day = days[spot.day];
    if (!from || day === undefined) return null;
    const old = this.row ? placeOf(this.row) : null;
    switch (this.kind) {
      case 'create': {
        if (from.spot.top === null || spot.top === null) {
          const [a, b] = [Math.min(from.spot.day, spot.day), Math.max(from.spot.day, spot.day)];
          return from.spot.top === null ? wholeDays(days[a] ?? day, plus(days[b] ?? day, 1)) : null;
        }
        // Over one day: sideways is a slip, not a week.
        const at = this.#instant({ ...spot, day: from.spot.day });
        const [start, end] = at > from.at ? [from.at, at] : [at, from.at + STEP * MINUTE];
        return { start, end: Math.max(end, start + STEP * MINUTE), days: null };
      }
      case 'move': {
        if (!old) return null;
        if (spot.top === null) {
          const length = old.days ? between(old.days[0], old.days[1]) : 1;
          const first = old.days && from.spot.top === null ? plus(old.days[0], spot.day - from.spot.day) : day;
          return wholeDays(first, plus(first, length));
        }
        if (old.days) {
          const start = this.#instant(spot, Math.floor);
          return { start, end: start + HOUR, days: null };
        }
        // Sideways keeps the clock time, up and down moves by steps.
        const moved = onDay(old, spot.day - from.spot.day);
        const by = Math.round((spot.top - (from.spot.top ?? spot.top)) / STEP) * STEP;
        return { start: moved.start + by * MINUTE, end: moved.end + by * MINUTE, days: null };
      }
      case 'start':
      case 'end': {
        if (!old) return null;
        if (old.days) return this.kind === 'end' ? wholeDays(old.days[0], plus(day < old.days[0] ? old.days[0] : day, 1)) : wholeDays(day >= old.days[1] ? plus(old.days[1], -1) : day, old.days[1]);
        if (spot.top === null) return null;
        const at = this.#instant(spot);
        return this.kind === 'end' ? { ...old, end: Math.max(at, old.start + STEP * MINUTE) } : { ...old, start: Math.min(at, old.end - STEP * MINUTE) };
      }
      default: return null;
    }
  }

  #up(): void {
    const { place, row, kind } = this;
    const from = this.#from;
    const begun = this.#begun;
    const clicked = !begun && kind === 'create' && from !== null;
    this.#end();
    // The click that follows is of the drag, not of the event.
    if (begun) setTimeout(() => (this.#view.dragged = false), 0);
    if (clicked && from) {
      if (this.#spent) return;
      const day = this.#ground().days[from.spot.day];
      if (day === undefined) return;
      const start = Math.floor((from.spot.top ?? 0) / (2 * STEP)) * 2 * STEP;
      const at = this.#instant({ day: from.spot.day, top: start });
      return this.#view.create({ place: from.spot.top === null ? wholeDays(day, plus(day, 1)) : { start: at, end: at + HOUR, days: null } });
    }
    if (!begun || !place) return;
    if (kind === 'create') this.#view.create({ place });
    else if (row) void this.#view.move(row, place);
  }

  cancel(): void {
    const begun = this.#begun;
    this.#end();
    if (begun) setTimeout(() => (this.#view.dragged = false), 0);
  }
  #end(): void {
    this.#stop?.();
    this.#stop = null;
    this.#from = null;
    this.#begun = false;
    this.kind = null;
    this.row = null;
    this.place = null;
  }
}

/** The days that a place touches, as indices of what is shown. */
export function touches(place: Place, day: string): boolean {
  if (place.days) return place.days[0] <= day && day < place.days[1];
  return dayOf(place.start) <= day && day <= dayOf(Math.max(place.start, place.end - 1));
}
