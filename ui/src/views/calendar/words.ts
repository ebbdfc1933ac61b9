// Events in words: for the eye, and whole sentences for the ear.
import '../../i18n/late';
import { locale, t } from '../../i18n';
import { clock } from '../../i18n/dates';
import type { EventRow, RepeatsDto } from '../../ipc/bindings';
import { repeatWords } from '../invite/words';
import { dateOf, dayOf, plus } from './days';
import { nthOf, parseRule, type Repeat } from './rule';
import type { Zone } from './zones';

const formats = new Map<string, Intl.DateTimeFormat>();
export function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options);
  let made = formats.get(key);
  if (made === undefined) formats.set(key, (made = new Intl.DateTimeFormat(locale(), options)));
  return made;
}

/** "Tuesday 1 December". */
export const dayWords = (day: string): string => format({ weekday: 'long', day: 'numeric', month: 'long' }).format(dateOf(day));
/** With the year where it is another. */
export const dayTitle = (day: string, today: string): string => (day.slice(0, 4) === today.slice(0, 4) ? dayWords(day) : format({ weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' }).format(dateOf(day)));
/** "Tue 1 Dec 2026": in a field. */
export const dayField = (day: string): string => format({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }).format(dateOf(day));
export const monthWords = (day: string): string => format({ month: 'long', year: 'numeric' }).format(dateOf(day));
export const monthShort = (day: string): string => format({ month: 'short' }).format(dateOf(day));
export const weekdayShort = (day: string): string => format({ weekday: 'short' }).format(dateOf(day));
export const weekdayLong = (day: string): string => format({ weekday: 'long' }).format(dateOf(day));
/** "16 – 22 March 2026"; over the end of a month "30 Mar – 5 Apr 2026", for which there is room. */
export const spanWords = (from: string, to: string): string => format({ day: 'numeric', month: from.slice(0, 7) === to.slice(0, 7) ? 'long' : 'short', year: 'numeric' }).formatRange(dateOf(from), dateOf(to));

export interface Place { start: number; end: number; days: readonly [string, string] | null }

/** "10:00 – 11:00": where a language puts a word for the clock behind it, there is no room for that. */
export function clockSpan({ start, end }: Pick<Place, 'start' | 'end'>): string {
  if (end <= start) return clock(start);
  const parts = format({ hour: 'numeric', minute: '2-digit' }).formatRangeToParts(start, end);
  return (parts.at(-1)?.type === 'literal' ? parts.slice(0, -1) : parts).map((p) => p.value).join('');
}

/** When it is, in a sentence. */
export function whenWords(place: Place): string {
  if (place.days) {
    const [first, after] = place.days;
    const last = plus(after, -1);
    return last > first ? t('cal.overDays', { from: dayWords(first), to: dayWords(last) }) : t('cal.allDayOn', { day: dayWords(first) });
  }
  const [from, to] = [dayOf(place.start), dayOf(place.end)];
  if (from === to) return t('cal.at', { day: dayWords(from), from: clock(place.start), to: clock(place.end) });
  return t('cal.overDays', { from: `${dayWords(from)}, ${clock(place.start)}`, to: `${dayWords(to)}, ${clock(place.end)}` });
}

/** For the panel: short, with the year where it is another. */
export function whenShort(place: Place, now = Date.now()): string {
  const year = (at: number) => (new Date(at).getFullYear() === new Date(now).getFullYear() ? undefined : ('numeric' as const));
  if (place.days) {
    const [first, after] = place.days;
    const f = format({ weekday: 'short', day: 'numeric', month: 'long', year: year(dateOf(first).getTime()) });
    const last = plus(after, -1);
    return last > first ? f.formatRange(dateOf(first), dateOf(last)) : f.format(dateOf(first));
  }
  const f = format({ weekday: 'short', day: 'numeric', month: 'long', year: year(place.start), hour: 'numeric', minute: '2-digit' });
  return place.end > place.start ? f.formatRange(place.start, place.end) : f.format(place.start);
}

export const titleOf = (row: Pick<EventRow, 'title'>): string => row.title || t('cal.untitled');

/** What is to be known of it besides: answers, doubts, what is still under way. */
export function statesOf(row: EventRow): string[] {
  const out: string[] = [];
  if (row.status === 'cancelled') out.push(t('cal.cancelled'));
  if (row.status === 'tentative') out.push(t('cal.tentative'));
  if (row.mine === 'declined') out.push(t('cal.declined'));
  if (row.mine === 'tentative') out.push(t('cal.maybe'));
  if (row.mine === 'none') out.push(t('cal.unanswered'));
  if (row.free) out.push(t('cal.freeTime'));
  if (row.repeats) out.push(t('cal.repeats'));
  if (row.pending === 'waiting') out.push(t('cal.waiting'));
  if (row.pending === 'conflict') out.push(t('cal.conflict'));
  if (row.pending === 'failed') out.push(t('cal.failed'));
  if (!row.editable) out.push(t('cal.readOnly'));
  return out;
}

/** The accessible name: "Team meeting, Tuesday 1 December, 10:00 to 11:00, Work, tentative". */
export function eventName(row: EventRow, calendar: string): string {
  return [t('cal.name', { title: titleOf(row), when: whenWords(row), calendar }), row.location, ...statesOf(row)].filter(Boolean).join(', ');
}

/** Whether it is struck through: it will not be, or not with this person. */
export const isOff = (row: EventRow): boolean => row.mine === 'declined' || row.status === 'cancelled';
export const isMaybe = (row: EventRow): boolean => !isOff(row) && (row.status === 'tentative' || row.mine === 'tentative' || row.mine === 'none');

/** Minutes before the beginning. */
export function alarmWords(minutes: number): string {
  if (minutes <= 0) return t('cal.atStart');
  if (minutes % 10_080 === 0) return t('cal.weeksBefore', { count: minutes / 10_080 });
  if (minutes % 1440 === 0) return t('cal.daysBefore', { count: minutes / 1440 });
  return minutes % 60 === 0 ? t('cal.hoursBefore', { count: minutes / 60 }) : t('cal.minutesBefore', { count: minutes });
}

const WHICH = { 1: 'cal.which1', 2: 'cal.which2', 3: 'cal.which3', 4: 'cal.which4', [-1]: 'cal.whichLast' } as const;
export const whichWords = (day: string): string => t(WHICH[nthOf(day) as keyof typeof WHICH]);

/** How it repeats; null: once. What the form can show is said in full, of the rest what the core understood. */
export function ruleWords(rule: string | null, repeats: RepeatsDto | null, start: string, zone: Zone): string | null {
  if (rule === null && repeats === null) return null;
  const day = start.slice(0, 10);
  const r = parseRule(rule, day, zone);
  if (r.every === 'none' || r.every === 'other') return repeats === null ? (rule ?? null) : repeatWords(repeats);
  return repeatOf(r, day);
}

export function repeatOf(r: Repeat, day: string): string {
  const of = (until: number | null, count: number | null): string => repeatWords({ every: r.every, interval: r.interval, weekdays: r.every === 'weekly' ? [...r.weekdays] : [], until, count });
  const ends = of(r.end === 'until' ? dateOf(r.until).getTime() : null, r.end === 'count' ? r.count : null);
  if (r.every !== 'monthly' || r.by !== 'weekday') return ends;
  const plain = of(null, null);
  return ends.replace(plain, t('cal.monthlyOn', { every: plain, which: whichWords(day), weekday: weekdayLong(day) }));
}

/** The host of an address that can be joined at; null: it is none. */
export function hostOf(address: string | null): string | null {
  try {
    return address === null ? null : new URL(address).hostname;
  } catch {
    return null;
  }
}

/** Names of products: the same in every language. */
const CALLS: Record<string, string> = { google_meet: 'Google Meet', teams: 'Microsoft Teams', skype_business: 'Skype for Business', skype: 'Skype' };
export const callName = (kind: string): string => CALLS[kind] ?? kind;
/** Microsoft never takes one off an event again. */
export const staysForGood = (kind: string): boolean => kind !== 'google_meet';
