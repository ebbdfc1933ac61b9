// "tomorrow 8am", "mon 9:30", "in 2 h", "24 dec 18:00": a time to send later, in the person's own zone. The parsed time is shown
// before anything is scheduled, so a wrong guess is seen, not suffered.

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const MORNING = 8;
const AFTERNOON = 13;
const EVENING = 18;

function at(day: Date, plusDays: number, hour: number, minute = 0): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + plusDays, hour, minute, 0, 0);
}

export interface Preset {
  id: 'laterToday' | 'tonight' | 'tomorrow' | 'monday';
  at: Date;
}

/** Only what lies ahead. */
export function presets(now: Date): Preset[] {
  const toMonday = ((8 - now.getDay()) % 7) || 7;
  const inThree = new Date(Math.ceil((now.getTime() + 3 * 3_600_000) / 1_800_000) * 1_800_000);
  const list: Preset[] = [];
  if (inThree.getDate() === now.getDate() && inThree.getHours() < EVENING) list.push({ id: 'laterToday', at: inThree });
  if (now.getHours() < EVENING - 1) list.push({ id: 'tonight', at: at(now, 0, EVENING) });
  list.push({ id: 'tomorrow', at: at(now, 1, MORNING) });
  if (toMonday > 1) list.push({ id: 'monday', at: at(now, toMonday, MORNING) });
  return list;
}

interface Clock {
  hour: number;
  minute: number;
}

function clock(text: string): Clock | null {
  const word = /\b(noon|midday|midnight|morning|afternoon|evening|tonight)\b/.exec(text)?.[1];
  if (word) {
    const hour = { noon: 12, midday: 12, midnight: 0, morning: MORNING, afternoon: AFTERNOON, evening: EVENING, tonight: EVENING }[word];
    return hour === undefined ? null : { hour, minute: 0 };
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

function find(names: readonly string[], text: string): number {
  const word = new RegExp(`\\b(${names.map((n) => `${n}|${n.slice(0, 3)}`).join('|')})\\b`).exec(text)?.[1];
  return word === undefined ? -1 : names.findIndex((n) => n.startsWith(word));
}

function relative(text: string, now: Date): Date | null {
  const m = /^(?:in\s+)?(\d+(?:[.,]\d+)?|an?|half an?)\s*(m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$/.exec(text);
  if (!m) return null;
  const word = m[1] ?? '';
  const count = word.startsWith('half') ? 0.5 : word.startsWith('a') ? 1 : Number(word.replace(',', '.'));
  const unit = (m[2] ?? '').charAt(0);
  const minutes = { m: 1, h: 60, d: 1440, w: 10_080 }[unit];
  return minutes === undefined ? null : new Date(now.getTime() + count * minutes * 60_000);
}

function day(text: string, now: Date): Date | null {
  const iso = /\b(\d{4})-(\d{1,2})-(\d{1,2})\b/.exec(text);
  if (iso) return valid(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const month = find(MONTHS, text);
  const number = /\b(\d{1,2})(?:st|nd|rd|th|\.)?\b(?![:h])/.exec(text)?.[1];
  if (month >= 0 && number !== undefined) {
    const year = /\b(20\d{2})\b/.exec(text)?.[1];
    const date = valid(Number(year ?? now.getFullYear()), month, Number(number));
    if (date && year === undefined && at(date, 1, 0) <= now) return valid(now.getFullYear() + 1, month, Number(number));
    return date;
  }
  if (/\btomorrow\b|\btmrw?\b/.test(text)) return at(now, 1, 0);
  if (/\b(?:today|tonight|this (?:morning|afternoon|evening))\b/.test(text)) return at(now, 0, 0);
  if (/\bnext week\b/.test(text)) return at(now, ((8 - now.getDay()) % 7) || 7, 0);
  const weekday = find(DAYS, text);
  if (weekday < 0) return null;
  const ahead = ((weekday - now.getDay() + 7) % 7) || 7;
  return at(now, ahead + (/\bnext\b/.test(text) && ahead < 7 && weekday > now.getDay() ? 7 : 0), 0);
}

function valid(year: number, month: number, date: number): Date | null {
  const d = new Date(year, month, date);
  return d.getMonth() === month && d.getDate() === date ? d : null;
}

/** None when the words mean nothing, or a time that has passed. */
export function parseWhen(words: string, now: Date): Date | null {
  const text = words.toLowerCase().trim().replace(/\s+/g, ' ').replace(/\bat\b/g, '').replace(/\s+/g, ' ').trim();
  if (text === '') return null;
  const soon = relative(text, now);
  if (soon) return soon > now ? soon : null;
  const date = day(text, now);
  const dateless = text.replace(/\b\d{4}-\d{1,2}-\d{1,2}\b/, ' ').replace(/\b20\d{2}\b/, ' ');
  const time = clock(dateless);
  if (!date && !time) return null;
  if (!date && time) {
    const today = at(now, 0, time.hour, time.minute);
    return today > now ? today : at(now, 1, time.hour, time.minute);
  }
  if (!date) return null;
  const result = at(date, 0, time?.hour ?? MORNING, time?.minute ?? 0);
  return result > now ? result : null;
}
