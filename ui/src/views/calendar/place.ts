// When something is: a stretch of time, or whole days.
import type { EventRow, EventTime } from '../../ipc/bindings';
import { plus, startOf } from './days';
import type { Place } from './words';
import { instant, wall } from './zones';

export const placeOf = ({ start, end, days }: EventRow): Place => ({ start, end, days });
export const samePlace = (a: Place, b: Place): boolean => a.start === b.start && a.end === b.end && a.days?.[0] === b.days?.[0] && a.days?.[1] === b.days?.[1];
/** `after`: the day after the last. */
export const wholeDays = (first: string, after: string): Place => ({ start: startOf(first), end: startOf(after), days: [first, after] });
/** As the core takes it: what the clock shows in the zone of the event. */
export const timeOf = (place: Place, zone: string | null): EventTime =>
  place.days ? { type: 'days', from: place.days[0], until: place.days[1] } : { type: 'clock', start: wall(zone, place.start), end: wall(zone, place.end), ...(zone === null ? {} : { zone }) };

/** The same clock times some days on, also over a change of the clocks. */
export function onDay(place: Place, by: number): Place {
  if (place.days) return wholeDays(plus(place.days[0], by), plus(place.days[1], by));
  const start = wall(null, place.start);
  const at = instant(null, `${plus(start.slice(0, 10), by)}${start.slice(10)}`);
  return { start: at, end: at + place.end - place.start, days: null };
}
