// "tomorrow 8am", "mon 9:30", "in 2 h", "24 dec 18:00", "morgen 8 uhr": a time to send later or to come back, in the person's own
// zone. English and German are always understood: people mix them. The parsed time is shown before anything is scheduled, so a wrong
// guess is seen, not suffered. What a morning and an evening are is the person's own setting.
import type { Settings } from '../../ipc/bindings';

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const TAGE = ['sonntag', 'montag', 'dienstag', 'mittwoch', 'donnerstag', 'freitag', 'samstag'];
const MONATE = ['januar', 'februar', 'märz', 'april', 'mai', 'juni', 'juli', 'august', 'september', 'oktober', 'november', 'dezember'];
const AFTERNOON = 13;
/** Between two times of "later today". */
const STEP_MS = 1_800_000;

export interface Clock {
  hour: number;
  minute: number;
}
/** What "tomorrow morning", "this evening" and "later today" mean. */
export interface Times {
  morning: Clock;
  evening: Clock;
  /** Hours from now until "later today". */
  hours: number;
}
export const TIMES: Times = { morning: { hour: 8, minute: 0 }, evening: { hour: 18, minute: 0 }, hours: 3 };

export function timesOf({ laterMorning, laterEvening, laterHours }: Pick<Settings, 'laterMorning' | 'laterEvening' | 'laterHours'>): Times {
  const read = (text: string, other: Clock): Clock => {
    const m = /^(\d{1,2}):(\d{2})$/.exec(text);
    return m && Number(m[1]) < 24 && Number(m[2]) < 60 ? { hour: Number(m[1]), minute: Number(m[2]) } : other;
  };
  return { morning: read(laterMorning, TIMES.morning), evening: read(laterEvening, TIMES.evening), hours: laterHours > 0 ? laterHours : TIMES.hours };
}

function at(day: Date, plusDays: number, hour: number, minute = 0): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + plusDays, hour, minute, 0, 0);
}

/** By how much clocks are put back: an hour nearly everywhere, half of one on Lord Howe Island. */
const PUT_BACK_MS = [1_800_000, 3_600_000];

/**
 * This time of that day, if it is still to come. One that comes twice, as the clock is put back, is the first of both unless that has
 * passed; one that never comes, as the clock is put forward, is an hour later.
 */
export function ahead(day: Date, { hour, minute }: Clock, now: Date): Date | null {
  const first = at(day, 0, hour, minute);
  const all = [first, ...PUT_BACK_MS.map((ms) => new Date(first.getTime() + ms))];
  return all.find((d) => d > now && d.getHours() === first.getHours() && d.getMinutes() === first.getMinutes()) ?? null;
}

export interface Preset {
  id: 'laterToday' | 'tonight' | 'tomorrow' | 'monday';
  at: Date;
}

/** Only what lies ahead. */
export function presets(now: Date, { morning, evening, hours }: Times = TIMES): Preset[] {
  const toMonday = ((8 - now.getDay()) % 7) || 7;
  const later = new Date(Math.ceil((now.getTime() + hours * 3_600_000) / STEP_MS) * STEP_MS);
  const tonight = at(now, 0, evening.hour, evening.minute);
  const list: Preset[] = [];
  if (later.getDate() === now.getDate() && later < tonight) list.push({ id: 'laterToday', at: later });
  if (tonight.getTime() - now.getTime() > 3_600_000) list.push({ id: 'tonight', at: tonight });
  list.push({ id: 'tomorrow', at: at(now, 1, morning.hour, morning.minute) });
  if (toMonday > 1) list.push({ id: 'monday', at: at(now, toMonday, morning.hour, morning.minute) });
  return list;
}

function clock(text: string, { morning, evening }: Times): Clock | null {
  const word = /(?:^|\s)(noon|midday|midnight|morning|afternoon|evening|tonight|mittags?|mitternacht|früh|vormittags?|nachmittags?|abends?)(?=\s|$)/.exec(text)?.[1];
  if (word && !/\d(?::\d|\s*(?:am|pm|uhr))/.test(text)) {
    if (/^(?:midnight|mitternacht)/.test(word)) return { hour: 0, minute: 0 };
    if (/^(?:noon|midday|mittag)/.test(word)) return { hour: 12, minute: 0 };
    if (/afternoon|nachmittag/.test(word)) return { hour: AFTERNOON, minute: 0 };
    return /evening|tonight|abend/.test(word) ? evening : morning;
  }
  const times = text.matchAll(/\b(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.|h\b|uhr\b)?(?=\s|$|,)/g);
  // "24 dec 18:00": a bare number is a day.
  const m = [...times].find((found) => found[2] !== undefined || found[3] !== undefined);
  if (!m) return null;
  let hour = Number(m[1]);
  const minute = Number(m[2] ?? 0);
  const half = m[3]?.replace(/\./g, '');
  if (half === 'pm' && hour < 12) hour += 12;
  if (half === 'am' && hour === 12) hour = 0;
  if (hour > 23 || minute > 59 || ((half === 'am' || half === 'pm') && Number(m[1]) > 12)) return null;
  return { hour, minute };
}

/** `shortest`: how few letters are enough. */
function find(names: readonly string[], text: string, shortest = 3): number {
  const word = new RegExp(`(?:^|\\s)(${names.map((n) => [n, ...[3, 2].filter((k) => k >= shortest).map((k) => n.slice(0, k))].join('|')).join('|')})\\.?(?=\\s|$|,)`).exec(text)?.[1];
  return word === undefined ? -1 : names.findIndex((n) => n.startsWith(word));
}
const month = (text: string): number => Math.max(find(MONTHS, text), find(MONATE, text));
const weekday = (text: string): number => Math.max(find(DAYS, text), find(TAGE, text, 2));

function relative(text: string, now: Date): Date | null {
  const m = /^(?:in\s+)?(\d+(?:[.,]\d+)?|an?|half an?|eine[rm]?|(?:einer )?halben?)\s*(m|min|mins|minuten?|minutes?|h|hrs?|hours?|std|stunden?|d|days?|tag|tagen?|w|weeks?|wochen?)$/.exec(text);
  if (!m) return null;
  const word = m[1] ?? '';
  const count = word.includes('hal') ? 0.5 : /^(?:a|eine)/.test(word) ? 1 : Number(word.replace(',', '.'));
  const unit = (m[2] ?? '').charAt(0);
  const days = count * ({ d: 1, t: 1, w: 7 }[unit] ?? 0);
  // Days are the calendar's: the same time of another day, however many hours lie between.
  const date = new Date(now);
  if (days >= 1) date.setDate(date.getDate() + Math.trunc(days));
  const minutes = count * ({ m: 1, h: 60, s: 60 }[unit] ?? 0) + (days % 1) * 1440;
  return new Date(date.getTime() + minutes * 60_000);
}

function day(text: string, now: Date): Date | null {
  const iso = /\b(\d{4})-(\d{1,2})-(\d{1,2})\b/.exec(text);
  if (iso) return valid(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const named = month(text);
  const number = /\b(\d{1,2})(?:st|nd|rd|th|\.)?\b(?![:h])/.exec(text)?.[1];
  if (named >= 0 && number !== undefined) {
    const year = /\b(20\d{2})\b/.exec(text)?.[1];
    const date = valid(Number(year ?? now.getFullYear()), named, Number(number));
    if (date && year === undefined && at(date, 1, 0) <= now) return valid(now.getFullYear() + 1, named, Number(number));
    return date;
  }
  if (/(?:^|\s)(?:übermorgen|uebermorgen)(?=\s|$)/.test(text)) return at(now, 2, 0);
  if (/\btomorrow\b|\btmrw?\b|(?:^|\s)morgen(?=\s|$)/.test(text)) return at(now, 1, 0);
  if (/\b(?:today|tonight|heute|this (?:morning|afternoon|evening))\b/.test(text)) return at(now, 0, 0);
  if (/\bnext week\b|nächste woche/.test(text)) return at(now, ((8 - now.getDay()) % 7) || 7, 0);
  const on = weekday(text);
  if (on < 0) return null;
  const ahead = ((on - now.getDay() + 7) % 7) || 7;
  return at(now, ahead + (/\bnext\b|nächste/.test(text) && ahead < 7 && on > now.getDay() ? 7 : 0), 0);
}

function valid(year: number, month: number, date: number): Date | null {
  const d = new Date(year, month, date);
  return d.getMonth() === month && d.getDate() === date ? d : null;
}

/** None when the words mean nothing, or a time that has passed. */
export function parseWhen(words: string, now: Date, own: Times = TIMES): Date | null {
  const text = words.toLowerCase().trim().replace(/\s+/g, ' ').replace(/(?:^|(?<!\d)\s)(?:at|um|am|on)(?=\s)/g, ' ').replace(/\s+/g, ' ').trim();
  if (text === '') return null;
  const soon = relative(text, now);
  if (soon) return soon > now ? soon : null;
  const date = day(text, now);
  const dateless = text.replace(/\b\d{4}-\d{1,2}-\d{1,2}\b/, ' ').replace(/\b20\d{2}\b/, ' ');
  const time = clock(dateless, own);
  if (date) return ahead(date, time ?? own.morning, now);
  return time && (ahead(now, time, now) ?? at(now, 1, time.hour, time.minute));
}
