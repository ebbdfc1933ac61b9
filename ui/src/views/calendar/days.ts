// Days of the calendar, as ISO dates: a day has no hour, so no change of the clocks can move it.
import { flat, instant, type Zone } from './zones';

export type Mode = 'day' | 'week' | 'month' | 'agenda';
export const MODES: readonly Mode[] = ['day', 'week', 'month', 'agenda'];
export const DAY = 86_400_000;
/** How far the agenda looks ahead at first, and by how much more each time. */
export const AGENDA_DAYS = 60;

const pad = (n: number): string => String(n).padStart(2, '0');

/** The day of a date, in the person's own zone. */
export const isoOf = (date: Date): string => `${String(date.getFullYear()).padStart(4, '0')}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
export const dayOf = (at: number): string => isoOf(new Date(at));
export const plus = (day: string, days: number): string => new Date(flat(day) + days * DAY).toISOString().slice(0, 10);
/** Days from one to the other. */
export const between = (from: string, to: string): number => Math.round((flat(to) - flat(from)) / DAY);
/** The first instant of the day: at midnight, or later where midnight is left out. */
export const startOf = (day: string, zone: Zone = null): number => instant(zone, `${day}T00:00`);
/** The day at noon here: for words, and for whatever takes a date. */
export function dateOf(day: string): Date {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date, 12);
}
/** 0 (Sunday) … 6. */
export const weekdayOf = (day: string): number => new Date(flat(day)).getUTCDay();
export const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(flat(text)) && plus(text, 0) === text;

export const daysFrom = (day: string, count: number): string[] => Array.from({ length: count }, (_, i) => plus(day, i));
/** The first day of its week. `first`: 0 (Sunday) … 6. */
export const weekStart = (day: string, first: number): string => plus(day, -((weekdayOf(day) - first + 7) % 7));
export const monthOf = (day: string): string => day.slice(0, 7);

/** The same day of another month, or its last. */
export function plusMonths(day: string, months: number): string {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last))).toISOString().slice(0, 10);
}

/** Whole weeks that hold the month. */
export function monthDays(day: string, first: number): string[] {
  const from = weekStart(`${monthOf(day)}-01`, first);
  const last = plus(plusMonths(`${monthOf(day)}-01`, 1), -1);
  return daysFrom(from, Math.ceil((between(from, last) + 1) / 7) * 7);
}

/** The days that a view shows. */
export function shownDays(mode: Mode, day: string, first: number, agenda = AGENDA_DAYS): string[] {
  switch (mode) {
    case 'day': return [day];
    case 'week': return daysFrom(weekStart(day, first), 7);
    case 'month': return monthDays(day, first);
    case 'agenda': return daysFrom(day, agenda);
  }
}

/** The day that the view is about, one step on or back. */
export function step(mode: Mode, day: string, by: 1 | -1): string {
  switch (mode) {
    case 'day': return plus(day, by);
    case 'week': return plus(day, 7 * by);
    case 'month': return plusMonths(day, by);
    case 'agenda': return plus(day, 14 * by);
  }
}

/** ISO 8601: the week that has the Thursday. */
export function weekNumber(day: string): number {
  const thursday = plus(day, 3 - ((weekdayOf(day) + 6) % 7));
  return 1 + Math.floor(between(`${thursday.slice(0, 4)}-01-01`, thursday) / 7);
}
