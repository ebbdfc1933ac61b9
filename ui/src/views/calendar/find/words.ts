// Who has time, in words.
import '../../../i18n/late';
import { locale, t } from '../../../i18n';
import type { GuestTimeDto } from '../../../ipc/bindings';
import { format } from '../words';
import type { Coming, GuestTimes, Time } from './times.svelte';

export const nameOf = (person: Coming): string => (person.own ? t('find.you') : person.name);
export const timeWords = (time: Time): string => t(`find.${time}`);
/** Why somebody's time is not known. */
export const whyWords = (why: NonNullable<GuestTimeDto['notKnown']>): string => t(`find.why.${why as 'failed'}`);

/** What holds for the calendar as a whole, in a sentence; null: there is nothing of that kind. */
export function noteWords(times: GuestTimes): string | null {
  const whys = new Set(times.asked.map((p) => times.of(p)?.notKnown));
  return whys.has('not_granted') ? t('find.note.not_granted') : whys.has('unsupported') ? t('find.note.unsupported') : null;
}

const list = (people: readonly Coming[]): string => new Intl.ListFormat(locale(), { type: 'conjunction' }).format(people.map(nameOf));

/** "1 of 4 can’t: Ben", with all that is wrong with it; what is not known is said apart. */
export function verdict(people: readonly Coming[], cannot: readonly Coming[], perhaps: readonly Coming[], unknown: readonly Coming[]): string[] {
  const out: string[] = [];
  if (cannot.length > 0) out.push(t('find.cannot', { count: cannot.length, all: people.length, names: list(cannot) }));
  if (perhaps.length > 0) out.push(t('find.perhaps', { names: list(perhaps) }));
  if (out.length === 0) out.push(unknown.length === 0 ? t('find.allFree') : unknown.length < people.length ? t('find.knownFree') : t('find.nobodyKnown'));
  return out;
}

/** Of a stretch of time, out of what was told. */
export function verdictAt(times: GuestTimes, start: number, end: number): { words: string[]; unknown: string | null; good: boolean } {
  const people = times.asked;
  const are = (...kinds: Time[]) => people.filter((p) => kinds.includes(times.at(p, start, end)));
  const unknown = are('unknown', 'pending');
  const [cannot, perhaps] = [are('busy', 'unavailable'), are('tentative')];
  return { words: verdict(people, cannot, perhaps, unknown), unknown: unknown.length > 0 && unknown.length < people.length ? t('find.notKnown', { names: list(unknown) }) : null, good: cannot.length + perhaps.length === 0 };
}

/** "Mon–Fri", or the days one by one. `days`: 0 (Sunday) … 6; `first`: that of the week. */
export function daysWords(days: readonly number[], first: number): string {
  // 4 January 1970 was a Sunday.
  const name = (d: number) => format({ weekday: 'short' }).format(new Date(1970, 0, 4 + d, 12));
  const week = Array.from({ length: 7 }, (_, i) => (first + i) % 7);
  const runs: number[][] = [];
  for (const [i, d] of week.entries()) {
    if (!days.includes(d)) continue;
    const last = runs.at(-1);
    if (i > 0 && last?.at(-1) === week[i - 1]) last?.push(d);
    else runs.push([d]);
  }
  return runs.flatMap((r) => (r.length > 2 ? [`${name(r[0] ?? 0)}–${name(r.at(-1) ?? 0)}`] : r.map(name))).join(', ');
}
