// What a clock shows, here and in another zone. An instant is milliseconds since 1970 in UTC; a wall time is `2026-11-30T12:30`, as the
// core writes it. The zone is an IANA name, or null for the person's own.
import { locale } from '../../i18n';

export type Zone = string | null;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

const clocks = new Map<string, Intl.DateTimeFormat>();
function clockOf(zone: string): Intl.DateTimeFormat {
  let made = clocks.get(zone);
  if (made === undefined) {
    made = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
    clocks.set(zone, made);
  }
  return made;
}

/** Minutes that the clock of the zone is ahead of UTC at this instant. */
export function offset(zone: Zone, at: number): number {
  if (zone === null) return -new Date(at).getTimezoneOffset();
  const part: Record<string, number> = {};
  for (const { type, value } of clockOf(zone).formatToParts(at)) part[type] = Number(value);
  const shown = Date.UTC(part['year'] ?? 1970, (part['month'] ?? 1) - 1, part['day'] ?? 1, part['hour'] ?? 0, part['minute'] ?? 0, part['second'] ?? 0);
  return Math.round((shown - Math.floor(at / 1000) * 1000) / MINUTE);
}

/** `2026-11-30T12:30` of an instant. */
export const wall = (zone: Zone, at: number): string => new Date(at + offset(zone, at) * MINUTE).toISOString().slice(0, 16);

/** A wall time as if its zone were UTC: for sums with clock times that no change of the clocks may touch. */
export const flat = (time: string): number => Date.parse(`${time.length === 10 ? `${time}T00:00` : time}:00Z`);
export const unflat = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

/**
 * When the clock of the zone shows this. A time that comes twice, as the clock is put back, is the first of both; one that never comes
 * is as much later as the clock was put forward (RFC 5545, 3.3.5).
 */
export function instant(zone: Zone, time: string): number {
  const naive = flat(time);
  const before = naive - offset(zone, naive - 24 * HOUR) * MINUTE;
  if (wall(zone, before) === unflat(naive)) return before;
  const after = naive - offset(zone, naive + 24 * HOUR) * MINUTE;
  return wall(zone, after) === unflat(naive) ? after : before;
}

export function known(zone: string): boolean {
  try {
    clockOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The person's own zone. */
export const own = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** For engines that have no list of their own. */
const SHORT = [
  'Africa/Cairo', 'Africa/Johannesburg', 'Africa/Lagos', 'Africa/Nairobi', 'America/Anchorage', 'America/Argentina/Buenos_Aires', 'America/Bogota', 'America/Chicago', 'America/Denver', 'America/Halifax',
  'America/Los_Angeles', 'America/Mexico_City', 'America/New_York', 'America/Phoenix', 'America/Sao_Paulo', 'America/Toronto', 'Asia/Bangkok', 'Asia/Dhaka', 'Asia/Dubai', 'Asia/Hong_Kong', 'Asia/Jakarta',
  'Asia/Jerusalem', 'Asia/Karachi', 'Asia/Kolkata', 'Asia/Manila', 'Asia/Riyadh', 'Asia/Seoul', 'Asia/Shanghai', 'Asia/Singapore', 'Asia/Tehran', 'Asia/Tokyo', 'Australia/Adelaide', 'Australia/Brisbane',
  'Australia/Perth', 'Australia/Sydney', 'Europe/Amsterdam', 'Europe/Athens', 'Europe/Berlin', 'Europe/Dublin', 'Europe/Helsinki', 'Europe/Istanbul', 'Europe/Kyiv', 'Europe/Lisbon', 'Europe/London', 'Europe/Madrid',
  'Europe/Moscow', 'Europe/Oslo', 'Europe/Paris', 'Europe/Prague', 'Europe/Rome', 'Europe/Stockholm', 'Europe/Vienna', 'Europe/Warsaw', 'Europe/Zurich', 'Pacific/Auckland', 'Pacific/Honolulu', 'UTC',
];
interface Listing { supportedValuesOf?: (key: 'timeZone') => string[] }

/** IANA names to choose from; `also` are in it in any case. */
export function names(...also: readonly (string | null)[]): string[] {
  const list = (Intl as Listing).supportedValuesOf?.('timeZone') ?? SHORT;
  return [...new Set([...list, 'UTC', ...also.filter((z) => z !== null)])].sort();
}

/** "New York", of `America/New_York`. */
export const city = (zone: string): string => (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');

/** "GMT+1". */
export function ahead(zone: Zone, at: number): string {
  const minutes = offset(zone, at);
  const size = Math.abs(minutes);
  return `GMT${minutes < 0 ? '−' : '+'}${String(Math.floor(size / 60))}${size % 60 ? `:${String(size % 60).padStart(2, '0')}` : ''}`;
}

/** A clock time in a zone, in the words of the language. */
export const clockIn = (zone: string, at: number): string => new Intl.DateTimeFormat(locale(), { timeZone: zone, timeStyle: 'short' }).format(at);
