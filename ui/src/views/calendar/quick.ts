// "lunch with Ana fri 12:30 at Kafka", "Mittag mit Ana Fr 12:30 im Kafka": an event in words. English and German are always understood,
// because people mix them. What was understood is shown before anything is added, so a wrong guess is seen, not suffered. Pure: the time
// of now is an argument, and all times are what a clock shows.
import { DAY, plus, weekdayOf } from './days';
import { findDay, findDays, WEEKDAYS_OF, type Found } from './quickDays';
import { GONE, findSpan, type Clock } from './quickTimes';
import { flat, unflat } from './zones';

export interface Quick {
  title: string;
  location: string;
  guests: readonly string[];
  /** Wall times, or ISO dates where it is about whole days; the end is exclusive. */
  start: string;
  end: string;
  allDay: boolean;
  /** RFC 5545, without `RRULE:`; empty: once. Its end is a day, which the form turns into the moment that the standard asks for. */
  rule: string;
  /** Something of it was about a time. Without, it is the next full hour. */
  dated: boolean;
}
export interface QuickOptions {
  /** `3/4` is the fourth of March. */
  monthFirst?: boolean;
  /** Minutes that an event takes unless said. */
  duration?: number;
}

const B = '(?<![\\p{L}\\p{N}])';
const E = '(?![\\p{L}\\p{N}])';
const re = (source: string): RegExp => new RegExp(B + source + E, 'iu');

/** The words that are left, and what was taken out of them. */
export class Words {
  constructor(public text: string) {}
  take<T>(pattern: RegExp, use: (m: RegExpExecArray) => T | null): T | null {
    const m = pattern.exec(this.text);
    if (!m) return null;
    const value = use(m);
    if (value !== null) this.text = `${this.text.slice(0, m.index)}${GONE}${this.text.slice(m.index + m[0].length)}`;
    return value;
  }
}

const CODES = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const UNITS: readonly [RegExp, string][] = [[/^(?:d|tag)/i, 'DAILY'], [/^w/i, 'WEEKLY'], [/^m/i, 'MONTHLY'], [/^(?:y|j)/i, 'YEARLY']];
const freq = (unit: string): string => UNITS.find(([p]) => p.test(unit))?.[1] ?? 'DAILY';
const weekdays = (text: string): number[] => text.split(/[^\p{L}]+/u).filter((w) => !/^(?:and|und|oder)?$/i.test(w)).map((w) => WEEKDAYS_OF(w)).filter((n) => n >= 0);
const A_DAY = '(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?|(?:mon|diens|donners|frei|sams|sonn)tags?|mittwochs?';

export interface Rule { rule: string; weekday: number | null; until: string | null }
/** "every Monday and Thursday", "jeden zweiten Tag", "weekly", "alle 2 Wochen". */
export function findRule(words: Words, today: string, options: QuickOptions): Rule | null {
  const days = (m: RegExpExecArray): Rule | null => {
    const list = weekdays(m[1] ?? '');
    return list.length ? { rule: `FREQ=WEEKLY;BYDAY=${[...new Set(list)].sort((a, b) => ((a + 6) % 7) - ((b + 6) % 7)).map((n) => CODES[n] ?? '').join(',')}`, weekday: list[0] ?? null, until: null } : null;
  };
  const plain = (rule: string, weekday: number | null = null): Rule => ({ rule, weekday, until: null });
  const rule = words.take(re(`(?:every|each|jede[nrs]?)\\s+((?:${A_DAY})(?:\\s*(?:,|and|und|&)\\s*(?:${A_DAY}))*)`), days)
    ?? words.take(re('(?:every\\s+(?:weekday|workday)|(?:on\\s+)?weekdays|werktags|jeden\\s+werktag)'), () => plain('FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', 1))
    ?? words.take(re('(?:every|each)\\s+(?:(\\d{1,2}|other|second)\\s+)?(day|week|month|year)s?'), (m) => {
      const n = m[1] === undefined ? 1 : /^\d/.test(m[1]) ? Number(m[1]) : 2;
      return plain(`FREQ=${freq(m[2] ?? '')}${n > 1 ? `;INTERVAL=${String(n)}` : ''}`);
    })
    ?? words.take(re('(?:jede[nrs]?\\s+(zweite[nrs]?\\s+)?|alle\\s+(\\d{1,2})\\s+)(tag|woche|monat|jahr)(?:en|e|n)?'), (m) => {
      const n = m[2] !== undefined ? Number(m[2]) : m[1] !== undefined ? 2 : 1;
      return plain(`FREQ=${freq(m[3] ?? '')}${n > 1 ? `;INTERVAL=${String(n)}` : ''}`);
    })
    ?? words.take(re('(daily|weekly|monthly|yearly|annually|täglich|wöchentlich|monatlich|jährlich)'), (m) => plain(`FREQ=${freq((m[1] ?? '').replace(/^t/i, 'd').replace(/^a/i, 'y'))}`))
    ?? words.take(re('(mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|montags|dienstags|mittwochs|donnerstags|freitags|samstags|sonntags)'), days);
  if (rule === null) return null;
  const times = words.take(re('(?:for\\s+)?(\\d{1,3})\\s*(?:times|mal|x)'), (m) => Number(m[1]) || null);
  if (times !== null) return { ...rule, rule: `${rule.rule};COUNT=${String(times)}` };
  const until = words.take(new RegExp(`${B}(?:until|till|bis(?:\\s+zum)?)\\s+(.+)$`, 'iu'), (m) => {
    const rest = new Words(m[1] ?? '');
    const last = findDay(rest, today, options.monthFirst === true);
    // Only where nothing but the day was said: "until 5" is an hour.
    return last !== null && rest.text.replaceAll(GONE, '').trim() === '' ? last.day : null;
  });
  return { ...rule, until };
}

interface Lasting { minutes: number; days: number }
const NUMBER = '(\\d{1,3}(?:[.,]\\d{1,2})?|an?|one|two|three|half\\s+an?|eine[nr]?|ein|zwei|drei|eine\\s+halbe|anderthalb)';
function amount(text: string): number {
  const word = text.toLowerCase();
  if (/hal[fb]/.test(word)) return word.includes('anderthalb') ? 1.5 : 0.5;
  return { two: 2, zwei: 2, three: 3, drei: 3 }[word] ?? (/^\d/.test(word) ? Number(word.replace(',', '.')) : 1);
}
function lasting(count: string, unit: string): Lasting {
  const n = amount(count);
  if (/^(?:d|t)/i.test(unit)) return { minutes: 0, days: Math.max(1, Math.round(n)) };
  if (/^w/i.test(unit)) return { minutes: 0, days: Math.max(1, Math.round(n * 7)) };
  return { minutes: Math.max(1, Math.round(n * (/^m/i.test(unit) ? 1 : 60))), days: 0 };
}
function findLasting(words: Words): Lasting | null {
  return words.take(re(`(?:for|für|lasting)\\s+${NUMBER}\\s*(minutes?|mins?|minuten?|m|hours?|hrs?|h|stunden?|std|days?|tage?n?|weeks?|wochen?)`), (m) => lasting(m[1] ?? '', m[2] ?? ''))
    ?? words.take(re('(\\d{1,2})\\s*h\\s*(\\d{2})(?:\\s*min)?(?=\\s+(?:long|lang))'), (m) => ({ minutes: Number(m[1]) * 60 + Number(m[2]), days: 0 }))
    ?? words.take(re('\\(?(\\d{1,3}(?:[.,]\\d{1,2})?)\\s*(minutes?|mins?|minuten?|hours?|hrs?|stunden?|std)\\)?(?:\\s+(?:long|lang))?'), (m) => lasting(m[1] ?? '', m[2] ?? ''));
}

/** "in 20 min", "in 2 Stunden": a moment. */
export function findSoon(words: Words, now: string): string | null {
  return words.take(re(`in\\s+${NUMBER}\\s*(minutes?|mins?|minuten?|hours?|hrs?|h|stunden?|std)`), (m) => unflat(flat(now) + lasting(m[1] ?? '', m[2] ?? '').minutes * 60_000));
}

/** What a meal is called says when it is, unless something else does. The word stays in the title. */
const MEALS: readonly [RegExp, Clock][] = [
  [re('(?:breakfast|frühstück(?:en)?)'), { minute: 480 }], [re('(?:brunch)'), { minute: 660 }], [re('(?:lunch|mittag(?:s|essen)?)'), { minute: 750 }],
  [re('(?:dinner|supper|abendessen|abendbrot)'), { minute: 1140 }], [re('(?:drinks|feierabendbier)'), { minute: 1110 }],
];

const ARTICLE = '(?:(?:der|dem|den|das|die)\\s+)?';
function findPlace(words: Words): string {
  const end = `(?=${GONE}|\\s+(?:with|mit)\\s|$)`;
  const clean = (m: RegExpExecArray): string | null => (m[1] ?? '').replace(/[\s,.;]+$/u, '').trim() || null;
  return words.take(new RegExp(`(?:^|\\s)@\\s*([^${GONE}]+?)${end}`, 'u'), clean)
    ?? words.take(new RegExp(`${B}(?:at|im|beim|bei|in\\s+(?:der|dem))\\s+${ARTICLE}(?!\\s*${GONE})([^${GONE}]+?)${end}`, 'iu'), clean)
    ?? words.take(new RegExp(`${B}(?:in|In)\\s+${ARTICLE}(\\p{Lu}[^${GONE}]*?|(?:room|raum|zimmer)\\s[^${GONE}]+?)${end}`, 'u'), clean)
    ?? '';
}

/** Small words that were about what has been taken out. */
const LOOSE = '(?:on|at|from|um|am|von|ab|vom|for|für|the|to|till|until|bis|zum|and|und|in|im|den|der|,|;|-|–|—|@|\\()';
export function titleOf(text: string): string {
  let out = text.replace(new RegExp(`(?:${B}${LOOSE}\\s*)+(?=${GONE})`, 'giu'), ' ').replaceAll(GONE, ' ').replace(/\s+/g, ' ').trim();
  out = out.replace(/^(?:,|;|-|–|—|\.|:)+\s*/u, '').replace(new RegExp(`(?:\\s+${LOOSE})+$`, 'iu'), '').replace(/[\s,;:–—-]+$/u, '');
  return out;
}

const ruled = (rule: Rule | null): string => (rule === null ? '' : rule.until === null ? rule.rule : `${rule.rule};UNTIL=${rule.until.replaceAll('-', '')}`);

/** `now`: what the person's clock shows, `2026-03-19T10:41`. Null: there is nothing to read. */
export function parseQuick(text: string, now: string, options: QuickOptions = {}): Quick | null {
  const said = text.replaceAll(GONE, '').slice(0, 500).replace(/\s+/g, ' ').trim();
  if (said === '') return null;
  const words = new Words(said);
  const today = now.slice(0, 10);
  const guests: string[] = [];
  while (words.take(/(?:(?<!\p{L})(?:with|mit|invite)\s+)?([^\s,;<>@()]+@[^\s,;<>@()]+\.\p{L}{2,})/iu, (m) => guests.push(m[1] ?? '')) !== null);
  const rule = findRule(words, today, options);
  const soon = findSoon(words, now);
  const lasts = findLasting(words);
  const range: Found | null = soon === null ? findDays(words, today) : null;
  const day = range ?? (soon === null ? findDay(words, today, options.monthFirst === true) : null);
  const span = soon === null ? findSpan(words) : null;
  const location = findPlace(words);
  const title = titleOf(words.text);
  const meal = span === null && soon === null && (day !== null || rule !== null) && !range ? (MEALS.find(([p]) => p.test(said))?.[1] ?? null) : null;
  const from = span?.from ?? meal;
  const length = (lasts?.minutes ?? 0) || (options.duration ?? 60);
  const done = (start: string, end: string, allDay: boolean, dated = true): Quick => ({ title, location, guests, start, end, allDay, rule: ruled(rule), dated });
  if (soon !== null) return done(soon, unflat(flat(soon) + length * 60_000), false);

  /** The first day that fits: of what repeats on Mondays, a Monday. */
  let first = day?.day ?? (rule?.weekday == null ? today : plus(today, (rule.weekday - weekdayOf(today) + 7) % 7));
  if (from === null) {
    if (day === null && rule === null && lasts === null) {
      const next = unflat(Math.ceil((flat(now) + 1) / 3_600_000) * 3_600_000);
      return done(next, unflat(flat(next) + length * 60_000), false, false);
    }
    if (lasts !== null && lasts.days === 0) {
      const begin = first === today ? unflat(Math.ceil((flat(now) + 1) / 1_800_000) * 1_800_000) : `${first}T09:00`;
      return done(begin, unflat(flat(begin) + lasts.minutes * 60_000), false);
    }
    const last = range?.last ?? plus(first, Math.max(0, (lasts?.days ?? 1) - 1));
    return done(first, plus(last, 1), true);
  }
  let minute = from.minute;
  const at = (d: string): string => unflat(flat(d) + minute * 60_000);
  // "today at half past four", said at ten: of two times, the one to come.
  if (from.loose === true && first === today && at(first) <= now && day !== null) minute += 720;
  // A time that has passed is tomorrow's; a weekday that is today, next week's.
  if (at(first) <= now && first === today && day?.fixed !== true) first = plus(first, day === null && rule?.weekday == null ? 1 : 7);
  const start = at(first);
  let end = span?.to != null ? flat(range ? range.last : first) + span.to.minute * 60_000 : flat(start) + length * 60_000 + (lasts?.days ?? 0) * DAY;
  while (end <= flat(start)) end += DAY;
  return done(start, unflat(end), false);
}

/** A day in words: "fri", "24 dec", "in 3 days", "übermorgen", "24.12.", as the form takes it. */
export function parseDay(text: string, today: string, monthFirst = false): string | null {
  const words = new Words(text.trim());
  const found = findDay(words, today, monthFirst, true);
  return found !== null && words.text.replaceAll(GONE, '').replace(/^(?:on|am|the|den|der)\s*$/i, '').trim() === '' ? found.day : null;
}
