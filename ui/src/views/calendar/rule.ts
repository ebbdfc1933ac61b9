// How an event repeats: what the form can show of a rule (RFC 5545, 3.3.10), and the rule that the form stands for. A rule with more in
// it than the form has is never taken apart: it is kept as it is written.
import { dateOf, plus, weekdayOf } from './days';
import { instant, wall, type Zone } from './zones';

export type Every = 'none' | 'daily' | 'weekly' | 'monthly' | 'yearly' | 'other';
export interface Repeat {
  every: Every;
  interval: number;
  /** Monday is 1; of weekly rules. */
  weekdays: readonly number[];
  /** Of monthly rules: by the day of the month, or by the weekday ("the third Tuesday"). */
  by: 'day' | 'weekday';
  end: 'never' | 'count' | 'until';
  count: number;
  /** The last day, as an ISO date in the event's zone. */
  until: string;
  /** As it is written; for `other` all there is. */
  raw: string;
}
/** Bounds of the form; the core's are wider. */
export const MOST_INTERVAL = 99;
export const MOST_COUNT = 999;

const CODES = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const FREQ: Record<string, Every> = { DAILY: 'daily', WEEKLY: 'weekly', MONTHLY: 'monthly', YEARLY: 'yearly' };
/** Monday is 1. */
export const isoWeekday = (day: string): number => ((weekdayOf(day) + 6) % 7) + 1;

/** Which of its weekdays in the month: 1 … 4, or -1 for the last where there is no fifth to come. */
export function nthOf(day: string): number {
  return plus(day, 7).slice(0, 7) === day.slice(0, 7) || Number(day.slice(8)) <= 28 ? Math.ceil(Number(day.slice(8)) / 7) : -1;
}
const isLast = (day: string): boolean => plus(day, 7).slice(0, 7) !== day.slice(0, 7);

export const once = (day: string): Repeat => ({ every: 'none', interval: 1, weekdays: [isoWeekday(day)], by: 'day', end: 'never', count: 10, until: plus(day, 90), raw: '' });

function untilDay(text: string, zone: Zone): string | null {
  const m = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{2}(Z)?)?$/.exec(text);
  if (!m) return null;
  const day = `${m[1] ?? ''}-${m[2] ?? ''}-${m[3] ?? ''}`;
  return m[6] === 'Z' ? wall(zone, Date.parse(`${day}T${m[4] ?? '00'}:${m[5] ?? '00'}:00Z`)).slice(0, 10) : day;
}

/** `day`: the first day of the event, in its zone. */
export function parseRule(raw: string | null, day: string, zone: Zone): Repeat {
  const plain = once(day);
  const text = (raw ?? '').trim().replace(/^RRULE:/i, '');
  if (text === '') return plain;
  const other: Repeat = { ...plain, every: 'other', raw: text };
  // More than one line: dates that are added or left out besides.
  if (/[\r\n]/.test(text)) return other;
  const parts = new Map(text.toUpperCase().split(';').map((p) => [p.split('=')[0] ?? '', p.split('=')[1] ?? '']));
  const take = (name: string): string | null => {
    const value = parts.get(name) ?? null;
    parts.delete(name);
    return value;
  };
  const every = FREQ[take('FREQ') ?? ''];
  const interval = Number(take('INTERVAL') ?? 1);
  if (every === undefined || !Number.isInteger(interval) || interval < 1 || interval > MOST_INTERVAL) return other;
  const out: Repeat = { ...plain, every, interval, raw: text };
  const week = take('WKST');
  // Where weeks begin matters only to a rule that leaves weeks out.
  if (week !== null && week !== 'MO' && every === 'weekly' && interval > 1) return other;
  const count = take('COUNT');
  const until = take('UNTIL');
  if (count !== null) {
    if (!/^\d+$/.test(count) || Number(count) < 1 || Number(count) > MOST_COUNT) return other;
    Object.assign(out, { end: 'count', count: Number(count) });
  } else if (until !== null) {
    const last = untilDay(until, zone);
    if (last === null) return other;
    Object.assign(out, { end: 'until', until: last });
  }
  const by = take('BYDAY');
  const date = take('BYMONTHDAY');
  const month = take('BYMONTH');
  if (parts.size > 0) return other;
  const own = Number(day.slice(8));
  if (date !== null && (Number(date) !== own || (every !== 'monthly' && every !== 'yearly'))) return other;
  if (month !== null && (every !== 'yearly' || Number(month) !== Number(day.slice(5, 7)))) return other;
  if (by === null) return out;
  if (every === 'weekly') {
    const days = by.split(',').map((c) => CODES.indexOf(c) + 1);
    return days.includes(0) || !days.includes(isoWeekday(day)) ? other : { ...out, weekdays: [...new Set(days)].sort((a, b) => a - b) };
  }
  const nth = /^(-?\d)([A-Z]{2})$/.exec(by);
  if (every !== 'monthly' || date !== null || !nth || CODES.indexOf(nth[2] ?? '') + 1 !== isoWeekday(day)) return other;
  const n = Number(nth[1]);
  return n === nthOf(day) || (n === -1 && isLast(day)) ? { ...out, by: 'weekday' } : other;
}

/** The rule without `RRULE:`; empty: it happens once. `start`: a day, or a wall time in `zone`. */
export function formatRule(r: Repeat, start: string, zone: Zone): string {
  if (r.every === 'none') return '';
  if (r.every === 'other') return r.raw;
  const day = start.slice(0, 10);
  const parts = [`FREQ=${r.every.toUpperCase()}`];
  if (r.interval > 1) parts.push(`INTERVAL=${String(r.interval)}`);
  if (r.every === 'weekly') parts.push(`BYDAY=${[...new Set([...r.weekdays, isoWeekday(day)])].sort((a, b) => a - b).map((n) => CODES[n - 1] ?? '').join(',')}`);
  if (r.every === 'monthly') parts.push(r.by === 'day' ? `BYMONTHDAY=${String(Number(day.slice(8)))}` : `BYDAY=${String(nthOf(day))}${CODES[isoWeekday(day) - 1] ?? ''}`);
  if (r.end === 'count') parts.push(`COUNT=${String(r.count)}`);
  if (r.end === 'until') parts.push(`UNTIL=${start.length === 10 ? r.until.replaceAll('-', '') : stamp(instant(zone, `${r.until}T23:59`))}`);
  return parts.join(';');
}
/** Of an event with a clock time the end of a rule is in UTC. */
const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

/** For words: the last day as a moment here. */
export const untilMoment = (r: Repeat): number | null => (r.end === 'until' ? dateOf(r.until).getTime() : null);
