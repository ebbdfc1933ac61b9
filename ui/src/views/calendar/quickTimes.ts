// The times of day in what somebody wrote, in English and German.
import type { Words } from './quick';

/** Stands where something was understood and taken out, so that what surrounds it is not read as one. */
export const GONE = '\u0001';

/** Minutes after midnight. `loose`: it may as well be twelve hours later. */
export interface Clock { minute: number; loose?: boolean }
export interface Span { from: Clock; to: Clock | null }

const B = '(?<![\\p{L}\\p{N}.:])';
const E = '(?![\\p{L}\\p{N}]|[.:]\\d)';
const re = (source: string): RegExp => new RegExp(B + source + E, 'iu');

const HALF = '(a\\.?m\\.?|p\\.?m\\.?|uhr|h)';
/** Hour, minute, and what stands behind it. */
const T = `(\\d{1,2})(?:[:.h](\\d{2}))?(?:\\s*${HALF})?`;
/** Here nobody meets before: an hour without more is one of the afternoon. */
const EARLIEST = 7;

interface Said { hour: number; minute: number; half: 'a' | 'p' | null; exact: boolean }
function said(hour: string | undefined, minute: string | undefined, half: string | undefined): Said | null {
  const h = Number(hour);
  const m = Number(minute ?? 0);
  const sign = half?.toLowerCase().charAt(0);
  const which = sign === 'a' || sign === 'p' ? sign : null;
  if (h > 24 || m > 59 || (h === 24 && m > 0) || (which !== null && (h < 1 || h > 12))) return null;
  // "15:00", "03:30" and "3 Uhr" are hours of the whole day.
  return { hour: h, minute: m, half: which, exact: (minute !== undefined && hour?.length === 2) || sign === 'u' || sign === 'h' || h === 0 || h > 12 };
}
function minutes({ hour, minute, half, exact }: Said): number {
  if (half !== null) return ((hour % 12) + (half === 'p' ? 12 : 0)) * 60 + minute;
  return (exact || hour >= EARLIEST ? hour : hour + 12) * 60 + minute;
}

/** "3-4pm", "from 9 to 5", "15:00–16:30", "von 15 bis 16 Uhr". */
function findRange(words: Words): Span | null {
  return words.take(re(`(from\\s+|von\\s+|between\\s+|zwischen\\s+|at\\s+|um\\s+)?${T}\\s*(?:-|–|—|to|till|until|bis|and|und)\\s*${T}`), (m) => {
    const hinted = m[1] !== undefined || m[3] !== undefined || m[4] !== undefined || m[6] !== undefined || m[7] !== undefined;
    const from = said(m[2], m[3], m[4]);
    const to = said(m[5], m[6], m[7]);
    if (!hinted || from === null || to === null) return null;
    // "3-4 pm", "15-16 Uhr": what is said of the end is meant of both, unless that turns them round ("11-1 pm").
    const shared: Said = from.half === null && to.half !== null && from.hour <= 12 ? { ...from, half: to.half } : { ...from, exact: from.exact || (to.half === null && to.exact && m[7] !== undefined) };
    let start = minutes(shared);
    let end = minutes(to.half === null && shared.exact ? { ...to, exact: to.exact || to.hour > shared.hour } : to);
    if (from.half === null && to.half !== null && start >= end) start = minutes({ ...from, half: to.half === 'p' ? 'a' : 'p' });
    if (to.half === null && !to.exact && end <= start && end + 720 > start) end += 720;
    return { from: { minute: start }, to: { minute: end } };
  });
}

const WORDS: readonly [string, number][] = [
  ['(?:at\\s+)?(?:noon|midday)|(?:um\\s+)?zwölf\\s+uhr\\s+mittags|mittags', 720], ['(?:at\\s+)?midnight|(?:um\\s+)?mitternacht', 1440], ['(?:in\\s+the\\s+)?afternoon|nachmittags?', 840],
  ['(?:in\\s+the\\s+)?morning|vormittags?|morgens?|früh', 540], ['(?:in\\s+the\\s+)?evening|abends?|tonight', 1140],
];
const HOURS = ['zwölf', 'eins?', 'zwei', 'drei', 'vier', 'fünf', 'sechs', 'sieben', 'acht', 'neun', 'zehn', 'elf'];
const HOUR = `(\\d{1,2}|${HOURS.join('|')})`;
const hourOf = (text: string): number => (/^\d/.test(text) ? Number(text) : HOURS.findIndex((h) => new RegExp(`^${h}$`, 'i').test(text)));
/** Hours that are spoken are the ones of the day. */
const spoken = (hour: number): number => (hour > 0 && hour < EARLIEST ? hour + 12 : hour) * 60;

/** What part of the day an hour is in: "7 in the evening", "9 Uhr abends". */
function shifted(minute: number, words: Words): number {
  const late = words.take(/(?<!\p{L})(?:in the (?:evening|afternoon)|tonight|nachmittags?|abends?)(?!\p{L})/iu, () => true);
  if (late === true) return minute < 720 ? minute + 720 : minute;
  const early = words.take(/(?<!\p{L})(?:in the morning|morgens?|früh|vormittags?)(?!\p{L})/iu, () => true);
  return early === true && minute >= 720 && minute < 720 + EARLIEST * 60 ? minute - 720 : minute;
}

/** Right behind what was understood as a day, a number is an hour. */
const BARE = new RegExp(`(?<=${GONE}\\s?)(\\d{1,2})(?=\\s*(?:${GONE}|$|\\s(?:at|im|in|@|bei|mit|with|morgens?|abends?)(?!\\p{L})))`, 'iu');

export function findSpan(words: Words): Span | null {
  const range = findRange(words);
  if (range) return range;
  const point = (minute: number | null, loose = false): Span | null => (minute === null ? null : { from: { minute, loose: loose && minute < 720 }, to: null });
  const exact = words.take(re(`(?:(?:at|um|ab|@)\\s*)?(?:halb\\s+${HOUR})`), (m) => point(spoken(hourOf(m[1] ?? '')) - 30, true))
    ?? words.take(re(`(?:(?:at|um|ab)\\s+)?(?:half\\s+past\\s+(\\d{1,2})|(?:viertel\\s+(nach|vor)|quarter\\s+(past|to))\\s+${HOUR})`), (m) => {
      if (m[1] !== undefined) return point(spoken(Number(m[1])) + 30, true);
      return point(spoken(hourOf(m[4] ?? '')) + ((m[2] ?? m[3]) === 'nach' || (m[2] ?? m[3]) === 'past' ? 15 : -15), true);
    })
    ?? words.take(re(`(?:(?:at|um|ab|from|@)\\s*)?(\\d{1,2})(?:[:.h](\\d{2}))?\\s*${HALF}`), (m) => {
      const time = said(m[1], m[2], m[3]);
      return time && point(minutes(time));
    })
    ?? words.take(re('(?:(?:at|um|ab|from|@)\\s*)?(\\d{1,2})[:.](\\d{2})'), (m) => {
      const time = said(m[1], m[2], undefined);
      return time && point(minutes({ ...time, exact: true }));
    })
    ?? words.take(re('(?:at|um|ab|from)\\s+(\\d{1,2})'), (m) => {
      const time = said(m[1], undefined, undefined);
      return time && point(minutes(time), true);
    })
    // Right behind the day: "mon 9", "Mo 9".
    ?? words.take(BARE, (m) => {
      const time = said(m[1], undefined, undefined);
      return time && point(minutes(time), true);
    });
  if (exact) {
    const minute = shifted(exact.from.minute, words);
    return point(minute, exact.from.loose === true && minute === exact.from.minute);
  }
  for (const [source, minute] of WORDS) {
    const found = words.take(re(`(?:${source})`), () => point(minute));
    if (found) return found;
  }
  return null;
}
