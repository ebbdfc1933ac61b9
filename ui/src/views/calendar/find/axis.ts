// A day from left to right: real time, so that an hour that comes twice has room for both.
import { plus, startOf } from '../days';
import { HOUR, instant, wall } from '../zones';

export interface Axis { from: number; to: number }

const at = (day: string, minutes: number): number => (minutes >= 1440 ? startOf(plus(day, 1)) : instant(null, `${day}T${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`));

/** The working hours of the day. */
export const workOf = (day: string, [from, to]: readonly [number, number]): Axis => ({ from: at(day, from), to: at(day, to) });

/** Whole hours that hold the working hours, an hour on either side, and the proposed time. */
export function axisOf(day: string, [from, to]: readonly [number, number], start: number, end: number): Axis {
  const minutes = (when: number): number => (when < startOf(day) ? 0 : when >= startOf(plus(day, 1)) ? 1440 : Number(wall(null, when).slice(11, 13)) * 60 + Number(wall(null, when).slice(14)));
  const first = Math.min(from - 60, minutes(start));
  const last = Math.max(to + 60, minutes(end));
  return { from: at(day, Math.max(0, Math.floor(first / 60) * 60)), to: at(day, Math.min(1440, Math.ceil(last / 60) * 60)) };
}

/** Percent of the axis. */
export const share = ({ from, to }: Axis, when: number): number => ((Math.min(Math.max(when, from), to) - from) / (to - from)) * 100;

/** Where a label stands: each hour, or each second where there are many. */
export function ticks({ from, to }: Axis): number[] {
  const step = to - from > 13 * HOUR ? 2 * HOUR : HOUR;
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
}
