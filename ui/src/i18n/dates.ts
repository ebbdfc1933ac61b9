// Dates as people say them, by Intl in the person's locale. `now` is an argument so that tests (and midnight) can choose it.
import { locale } from './index';
import { language } from './language.svelte';

const DAY = 86_400_000;
const cache = new Map<string, Intl.DateTimeFormat>();
function format(options: Intl.DateTimeFormatOptions, at: number, lang = locale()): string {
  const key = lang + JSON.stringify(options);
  let f = cache.get(key);
  if (!f) cache.set(key, (f = new Intl.DateTimeFormat(lang, options)));
  return f.format(at);
}

function startOfDay(ms: number): number {
  const d = new Date(ms);
  return new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
}
/** Calendar days from `at` to `now`; rounded, so that a day of 23 or 25 hours counts as one. */
export const daysAgo = (at: number, now = Date.now()): number => Math.round((startOfDay(now) - startOfDay(at)) / DAY);

export const clock = (at: number, lang?: string): string => format({ timeStyle: 'short' }, at, lang);

/** In a list: the time today, the weekday this week, the day this year, else the date. */
export function listTime(at: number, now = Date.now(), lang?: string): string {
  const days = daysAgo(at, now);
  if (days === 0) return clock(at, lang);
  if (days > 0 && days < 7) return format({ weekday: 'short' }, at, lang);
  if (new Date(at).getFullYear() === new Date(now).getFullYear()) return format({ day: 'numeric', month: 'short' }, at, lang);
  return format({ day: '2-digit', month: '2-digit', year: '2-digit' }, at, lang);
}

/** From one to the other, without saying twice what both have: "Thu, 25 March, 10:30 – 11:30". */
export function span(from: number, to: number, now = Date.now(), lang = locale()): string {
  const year = new Date(from).getFullYear() === new Date(now).getFullYear() ? undefined : ('numeric' as const);
  const f = new Intl.DateTimeFormat(lang, { weekday: 'short', day: 'numeric', month: 'long', year, hour: 'numeric', minute: '2-digit' });
  return to > from ? f.formatRange(from, to) : f.format(from);
}
/** Whole days; `to` is the last one. */
export function daySpan(from: number, to: number, now = Date.now(), lang = locale()): string {
  const year = new Date(from).getFullYear() === new Date(now).getFullYear() ? undefined : ('numeric' as const);
  const f = new Intl.DateTimeFormat(lang, { weekday: 'short', day: 'numeric', month: 'long', year });
  return to > from ? f.formatRange(from, to) : f.format(from);
}
/** What stands on the leaf of a calendar: month, day of the month, day of the week. */
export const leaf = (at: number, lang?: string): { month: string; day: string; weekday: string } => ({
  month: format({ month: 'short' }, at, lang), day: format({ day: 'numeric' }, at, lang), weekday: format({ weekday: 'short' }, at, lang),
});
/** "Mon", for days that count from Monday as 1. */
export const weekdayName = (n: number, lang?: string): string => format({ weekday: 'short', timeZone: 'UTC' }, Date.UTC(2024, 0, n), lang);

/** In full, for tooltips and screen readers. */
export const fullTime = (at: number, lang?: string): string => format({ dateStyle: 'full', timeStyle: 'short' }, at, lang);
/** Above a message. */
export const messageTime = (at: number, now = Date.now(), lang?: string): string =>
  daysAgo(at, now) === 0 ? clock(at, lang) : format({ day: 'numeric', month: 'short', year: new Date(at).getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric', hour: 'numeric', minute: '2-digit' }, at, lang);
export const day = (at: number, lang?: string): string => format({ day: 'numeric', month: 'long', year: 'numeric' }, at, lang);

const relatives = new Map<string, Intl.RelativeTimeFormat>();
/** "2 minutes ago", up to a week; then the date. */
export function ago(at: number, now = Date.now()): string {
  const s = Math.round((at - now) / 1000);
  const tag = language.tag;
  const relative = relatives.get(tag) ?? new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'long' });
  relatives.set(tag, relative);
  if (Math.abs(s) < 45) return relative.format(0, 'second');
  if (Math.abs(s) < 45 * 60) return relative.format(Math.round(s / 60), 'minute');
  if (Math.abs(s) < 22 * 3600) return relative.format(Math.round(s / 3600), 'hour');
  return Math.abs(s) < 7 * 86_400 ? relative.format(-daysAgo(at, now), 'day') : day(at);
}

/** "482 KB", "3.8 MB". */
export function bytes(n: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let i = 0;
  let v = n;
  while (v >= 1000 && i < units.length - 1) {
    v /= 1000;
    i++;
  }
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: units[i], unitDisplay: i ? 'short' : 'long', maximumFractionDigits: v < 10 && i > 1 ? 1 : 0 }).format(v);
}
