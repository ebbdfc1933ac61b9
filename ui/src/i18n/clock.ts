// A time of day as a person writes it, and as it is shown: the setting itself is `HH:MM`.
import { clock } from './dates';

const pad = (n: number): string => String(n).padStart(2, '0');

/** `7`, `7:30`, `7.30`, `19h05`, `1930`, `7 pm`, `7:30 Uhr` → `HH:MM`; null for what is no time. */
export function parseClock(text: string): string | null {
  const m = /^(\d{1,2})(?:\s*[:.h]\s*(\d{2})|(\d{2}))?\s*(?:(a|p)\.?\s?m?\.?|uhr|h)?$/i.exec(text.trim());
  if (!m) return null;
  const half = m[4]?.toLowerCase();
  const minute = Number(m[2] ?? m[3] ?? 0);
  let hour = Number(m[1]);
  if (half !== undefined && (hour < 1 || hour > 12)) return null;
  if (half === 'p' && hour < 12) hour += 12;
  if (half === 'a' && hour === 12) hour = 0;
  return hour < 24 && minute < 60 ? `${pad(hour)}:${pad(minute)}` : null;
}

/** Minutes after midnight of `HH:MM`. */
export function minutesOf(value: string): number {
  const [hour = 0, minute = 0] = value.split(':').map(Number);
  return hour * 60 + minute;
}

/** `HH:MM` of minutes after midnight, round the day. */
export function clockOf(minutes: number): string {
  const at = ((minutes % 1440) + 1440) % 1440;
  return `${pad(Math.floor(at / 60))}:${pad(at % 60)}`;
}

/** `HH:MM` in the words of the language. */
export const showClock = (value: string): string => clock(new Date(2000, 0, 1, 0, minutesOf(value)).getTime());

/** `HH:MM` some minutes on. */
export const stepClock = (value: string, minutes: number): string => clockOf(minutesOf(value) + minutes);
