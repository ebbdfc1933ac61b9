// The days in what somebody wrote, in English and German.
import { DAY, isDay, plus, weekdayOf } from './days';
import { flat } from './zones';
import type { Words } from './quick';

export interface Found {
  day: string;
  /** The last day, where there are several. */
  last: string;
  /** A day of its own, which no other can stand for: not "Friday". */
  fixed: boolean;
}

const B = '(?<![\\p{L}\\p{N}])';
const E = '(?![\\p{L}\\p{N}])';
const re = (source: string, flags = 'iu'): RegExp => new RegExp(B + source + E, flags);

const DAYS = [['sunday', 'sonntag'], ['monday', 'montag'], ['tuesday', 'dienstag'], ['wednesday', 'mittwoch'], ['thursday', 'donnerstag'], ['friday', 'freitag'], ['saturday', 'samstag', 'sonnabend']];
const MONTHS = [['january', 'januar', 'jänner'], ['february', 'februar'], ['march', 'märz', 'maerz'], ['april'], ['may', 'mai'], ['june', 'juni'], ['july', 'juli'], ['august'], ['september'], ['october', 'oktober'], ['november'], ['december', 'dezember']];

/** 0 (Sunday) … 6; -1: no weekday. Three letters are enough, two in German. */
export function WEEKDAYS_OF(word: string): number {
  const w = word.toLowerCase().replace(/\.$/, '');
  const bare = w.replace(/s$/, '');
  return DAYS.findIndex((names) => names.some((n) => n === bare || (w.length >= 3 && n.startsWith(w)) || (w.length === 2 && n.startsWith(w) && !n.endsWith('day'))));
}
/** 0 … 11; -1: no month. */
export function MONTHS_OF(word: string): number {
  const w = word.toLowerCase().replace(/\.$/, '');
  return MONTHS.findIndex((names) => names.some((n) => n === w || (w.length >= 3 && n.startsWith(w))));
}

const MONTH = '(jan(?:uary|uar)?|jänner|feb(?:ruary|ruar)?|mar(?:ch)?|märz?|mrz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\\.?';
const monthAt = (text: string): number => (text.toLowerCase() === 'mrz' ? 2 : MONTHS_OF(text));
const ORDINAL = '(\\d{1,2})(?:st|nd|rd|th|\\.)?';
const YEAR = '(?:,?\\s+(20\\d{2}))?';
const DASH = '\\s*(?:-|–|—|to|bis(?:\\s+zum)?|until|till|through)\\s*';

const pad = (n: number): string => String(n).padStart(2, '0');
/** Without a year: the next one to come. */
function dated(year: number | null, month: number, date: number, today: string): string | null {
  const of = (y: number): string => `${String(y)}-${pad(month + 1)}-${pad(date)}`;
  if (year !== null) return isDay(of(year)) ? of(year) : null;
  const now = Number(today.slice(0, 4));
  return [of(now), of(now + 1), of(now + 2), of(now + 3), of(now + 4)].find((d) => isDay(d) && d >= today) ?? null;
}
/** The first day of what ends on `to`: of the same year, or of the one before. */
function before(to: string, month: number, date: number, today: string): string | null {
  const year = Number(to.slice(0, 4));
  const same = dated(year, month, date, today);
  return same !== null && same > to ? dated(year - 1, month, date, today) : same;
}
const one = (day: string | null, fixed = true): Found | null => (day === null ? null : { day, last: day, fixed });
const many = (day: string | null, last: string | null): Found | null => (day === null || last === null || last < day || (flat(last) - flat(day)) / DAY > 366 ? null : { day, last, fixed: true });

/** From one day to another. */
export function findDays(words: Words, today: string): Found | null {
  const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
  return words.take(re(`(?:from\\s+|vom\\s+)?(\\d{4}-\\d{2}-\\d{2})${DASH}(\\d{4}-\\d{2}-\\d{2})`), (m) => (isDay(m[1] ?? '') && isDay(m[2] ?? '') ? many(m[1] ?? '', m[2] ?? '') : null))
    ?? words.take(re(`(?:from\\s+|vom\\s+)?${ORDINAL}(?:\\s+${MONTH})?${DASH}(?:the\\s+|dem\\s+)?${ORDINAL}\\s+${MONTH}${YEAR}`), (m) => {
      const to = dated(number(m[5]), monthAt(m[4] ?? ''), Number(m[3]), today);
      return many(to && before(to, monthAt(m[2] ?? m[4] ?? ''), Number(m[1]), today), to);
    })
    ?? words.take(re(`(?:from\\s+)?${MONTH}\\s+${ORDINAL}${DASH}(?:${MONTH}\\s+)?${ORDINAL}(?!\\s*[:.]\\d|\\s*(?:am|pm|uhr))${YEAR}`), (m) => {
      const from = dated(number(m[5]), monthAt(m[1] ?? ''), Number(m[2]), today);
      return many(from, from && dated(null, monthAt(m[3] ?? m[1] ?? ''), Number(m[4]), from));
    })
    ?? words.take(new RegExp(`${B}(?:vom\\s+)?(\\d{1,2})\\.(?:(\\d{1,2})\\.)?${DASH}(\\d{1,2})\\.(\\d{1,2})\\.(20\\d{2})?${E}`, 'iu'), (m) => {
      const to = dated(number(m[5]), Number(m[4]) - 1, Number(m[3]), today);
      return many(to && before(to, Number(m[2] ?? m[4]) - 1, Number(m[1]), today), to);
    })
    ?? words.take(re(`(?:from\\s+|von\\s+)?(\\p{L}{2,10})\\.?(?:-|–|—|\\s+(?:-|–|to|bis|through|until)\\s+)(\\p{L}{2,10})`), (m) => {
      const [a, b] = [WEEKDAYS_OF(m[1] ?? ''), WEEKDAYS_OF(m[2] ?? '')];
      if (a < 0 || b < 0 || a === b) return null;
      const from = plus(today, (a - weekdayOf(today) + 7) % 7);
      return many(from, plus(from, (b - a + 7) % 7));
    });
}

/** What may follow "sun" or "Do" for it to be a day and no word: a time, another day, or nothing. */
const AFTER = '(?=\\.?(?:\\s*$|\\s*[\\u0001,]|\\s+(?:\\d|at|um|from|von|ab|noon|midnight|morning|afternoon|evening|morgen|vormittag|nachmittag|abend|früh|mittags?)))';

/** `alone`: nothing but a day is meant, so that two letters are enough. */
export function findDay(words: Words, today: string, monthFirst: boolean, alone = false): Found | null {
  const weekday = (n: number, next: boolean): Found | null => {
    if (n < 0) return null;
    const ahead = (n - weekdayOf(today) + 7) % 7;
    // "next Friday", said on a Wednesday, is the one of next week.
    const monday = (weekdayOf(today) + 6) % 7;
    return one(plus(today, next ? (ahead === 0 ? 7 : ahead + ((n + 6) % 7 > monday ? 7 : 0)) : ahead), next);
  };
  const NEXT = '(?:(?:on|am)\\s+)?(?:(next|nächste[nr]?|kommende[nr]?)\\s+|(?:this|coming|diese[nr]?)\\s+)?';
  return words.take(re('(\\d{4}-\\d{1,2}-\\d{1,2})'), (m) => {
    const [y = '', mo = '', d = ''] = (m[1] ?? '').split('-');
    return one(dated(Number(y), Number(mo) - 1, Number(d), today));
  })
    ?? words.take(new RegExp(`${B}(\\d{1,2})\\.\\s?(\\d{1,2})\\.(?:\\s?(20\\d{2}))?${E}`, 'iu'), (m) => one(dated(m[3] === undefined ? null : Number(m[3]), Number(m[2]) - 1, Number(m[1]), today)))
    ?? words.take(new RegExp(`(?<!(?:at|um|ab|from|von|bis)\\s)(?<![\\p{L}\\p{N}.:])(\\d{1,2})\\.(\\d{1,2})(?:\\.(20\\d{2}))?(?![\\p{L}\\p{N}.:]|\\s*(?:uhr|am|pm|h${E}|-|–))`, 'iu'), (m) => one(Number(m[2]) <= 12 ? dated(m[3] === undefined ? null : Number(m[3]), Number(m[2]) - 1, Number(m[1]), today) : null))
    ?? words.take(re('(\\d{1,2})/(\\d{1,2})(?:/(20\\d{2}))?'), (m) => {
      const [a, b] = [Number(m[1]), Number(m[2])];
      const american = b > 12 || (monthFirst && a <= 12);
      return one(dated(m[3] === undefined ? null : Number(m[3]), (american ? a : b) - 1, american ? b : a, today));
    })
    ?? words.take(re(`(?:(?:on|am|the)\\s+)*${ORDINAL}\\s*(?:of\\s+)?${MONTH}${YEAR}`), (m) => one(dated(m[3] === undefined ? null : Number(m[3]), monthAt(m[2] ?? ''), Number(m[1]), today)))
    ?? words.take(re(`(?:on\\s+)?${MONTH}\\s+${ORDINAL}(?!\\s*[:.]\\d|\\s*(?:am|pm|uhr|h)${E})${YEAR}`), (m) => one(dated(m[3] === undefined ? null : Number(m[3]), monthAt(m[1] ?? ''), Number(m[2]), today)))
    ?? words.take(re('(?:the\\s+)?(day\\s+after\\s+tomorrow|übermorgen|uebermorgen)'), () => one(plus(today, 2)))
    ?? words.take(re('(tomorrow|tmrw?|tmw)'), () => one(plus(today, 1)))
    // After a weekday it is the morning.
    ?? words.take(new RegExp(`(?<!(?:so|mo|di|mi|do|fr|sa|tag|mittwoch|day|sonnabend|heute)\\.?\\s)${B}morgen${E}`, 'iu'), () => one(plus(today, 1)))
    ?? words.take(re('(today|heute)'), () => one(today))
    ?? words.take(re('(?=(tonight|this\\s+(?:morning|afternoon|evening))(?![\\p{L}\\p{N}]))(?:this(?=\\s))?'), () => one(today))
    ?? words.take(re('in\\s+(\\d{1,3}|a|one|two|three|eine[mr]?|zwei|drei)\\s+(days?|tag(?:e|en)?|weeks?|wochen?|months?|monat(?:e|en)?)'), (m) => {
      const n = { a: 1, one: 1, two: 2, zwei: 2, three: 3, drei: 3 }[(m[1] ?? '').toLowerCase()] ?? (Number(m[1]) || 1);
      const days = /^(?:d|t)/i.test(m[2] ?? '') ? n : /^w/i.test(m[2] ?? '') ? 7 * n : 30 * n;
      return one(plus(today, days));
    })
    ?? words.take(re('(next\\s+week|nächste\\s+woche)'), () => one(plus(today, ((8 - weekdayOf(today)) % 7) || 7)))
    ?? words.take(re(`${NEXT}(sunday|sonntag|monday|montag|tuesday|tues|dienstag|wednesday|mittwoch|thursday|thurs?|donnerstag|friday|fri|freitag|saturday|samstag|sonnabend|tue|wed|mon)\\.?`), (m) => weekday(WEEKDAYS_OF(m[2] ?? ''), m[1] !== undefined))
    ?? words.take(re('(?:on|next|this)\\s+(sat|sun)'), (m) => weekday(WEEKDAYS_OF(m[1] ?? ''), /^next/i.test(m[0])))
    ?? words.take(re(`(sat|sun)${alone ? '' : AFTER}`), (m) => weekday(WEEKDAYS_OF(m[1] ?? ''), false))
    ?? words.take(re(`(?:am\\s+)?(so|mo|di|mi|do|fr|sa)\\.?(?=\\s+(?:um\\s+|ab\\s+)?\\d|\\s*\\u0001|\\s+(?:morgen|vormittag|nachmittag|abend|früh))`), (m) => weekday(WEEKDAYS_OF(m[1] ?? ''), false))
    ?? words.take(re(`(So|Mo|Di|Mi|Do|Fr|Sa)\\.?(?=\\s*$)`, alone ? 'iu' : 'u'), (m) => weekday(WEEKDAYS_OF(m[1] ?? ''), false));
}
