// Tasks in words: for the eye, and whole sentences for the ear.
import '../../i18n/late';
import { t } from '../../i18n';
import { showClock } from '../../i18n/clock';
import { ago } from '../../i18n/dates';
import type { TaskPriority, TaskRow } from '../../ipc/bindings';
import { between, dateOf, plus, weekStart } from '../calendar/days';
import { dayWords, format } from '../calendar/words';
import { isLate, isOverdue } from './late';
import type { When } from './quick';

export const titleOf = (row: Pick<TaskRow, 'title'>): string => row.title || t('task.untitled');

const sameYear = (day: string, today: string): boolean => day.slice(0, 4) === today.slice(0, 4);
/** "Today", "Tomorrow", "Sat", "24 Mar", "24 Mar 2027". */
export function dayShort(day: string, today: string): string {
  const ahead = between(today, day);
  if (ahead === 0) return t('task.today');
  if (ahead === 1) return t('task.tomorrow');
  if (ahead === -1) return t('task.yesterday');
  if (ahead > 1 && ahead < 7) return format({ weekday: 'short' }).format(dateOf(day));
  return format({ day: 'numeric', month: 'short', ...(sameYear(day, today) ? {} : { year: 'numeric' }) }).format(dateOf(day));
}
/** "Tomorrow 09:00"; of today the time alone, where there is one. */
export function whenShort(due: When, today: string): string {
  const day = dayShort(due.day, today);
  if (due.time === null) return day;
  return due.day === today ? showClock(due.time) : t('task.dueAt', { day, time: showClock(due.time) });
}
/** With its day, also of today: where it stands alone. */
export const whenFull = (due: When, today: string): string => (due.time === null ? dayShort(due.day, today) : t('task.dueAt', { day: dayShort(due.day, today), time: showClock(due.time) }));

/** In a row. What is overdue says so, whatever its colour. `wall`: what the person's clock shows. */
export function dueWords(due: When, wall: string): string {
  const today = wall.slice(0, 10);
  if (!isLate(due, wall)) return whenShort(due, today);
  const days = between(due.day, today);
  return days > 0 ? t('task.daysOverdue', { count: days }) : t('task.timeOverdue', { time: showClock(due.time ?? '00:00') });
}

/** "tomorrow at 09:00", "Friday 27 March". */
export function saidWhen(due: When, today: string): string {
  const ahead = between(today, due.day);
  const day = ahead === 0 ? t('task.sayToday') : ahead === 1 ? t('task.sayTomorrow') : ahead === -1 ? t('task.sayYesterday') : sameYear(due.day, today) ? dayWords(due.day) : format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(dateOf(due.day));
  return due.time === null ? day : t('task.sayAt', { day, time: showClock(due.time) });
}
const saidDue = (row: TaskRow, due: When, wall: string): string => t(isOverdue(row, wall) ? 'task.sayOverdue' : 'task.sayDue', { when: saidWhen(due, wall.slice(0, 10)) });

export const priorityName = (p: TaskPriority): string => t(`task.priority.${p}`);

/** What is under way with it, or wrong. */
export function pendingWords(row: TaskRow): string {
  return row.pending === 'waiting' ? t('task.waiting') : row.pending === 'failed' ? t('task.failed') : row.pending === 'conflict' ? t('task.conflict') : '';
}

/** The accessible name: "Call Bo, high priority, due tomorrow at 09:00, Home, not done". */
export function taskName(row: TaskRow, list: string, wall: string): string {
  const state = { open: t('task.sayOpen'), started: t('task.sayStarted'), done: t('task.sayDone'), cancelled: t('task.sayCancelled') }[row.status];
  const count = row.subtasksOpen + row.subtasksDone;
  return [
    titleOf(row), row.priority === 'none' ? '' : t(`task.sayPriority.${row.priority}`), row.due === null ? '' : saidDue(row, row.due, wall), list, row.labels.length > 0 ? t('task.sayLabels', { labels: row.labels.join(', ') }) : '',
    row.repeats === null ? '' : t('task.sayRepeats'), count > 0 ? t('task.saySubtasks', { count, done: row.subtasksDone }) : '', row.hasNotes ? t('task.sayNotes') : '', row.linked ? t('task.sayLinked') : '', pendingWords(row),
    row.editable ? '' : t('task.readOnly'), state,
  ].filter((part) => part !== '').join(', ');
}

/** A heading for a day to come: "Tomorrow · Friday 20 March". */
export function dayHead(day: string, today: string): string {
  const ahead = between(today, day);
  const words = sameYear(day, today) ? dayWords(day) : format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(dateOf(day));
  if (ahead === 0) return t('task.onDay', { word: t('task.today'), day: words });
  if (ahead === 1) return t('task.onDay', { word: t('task.tomorrow'), day: words });
  return ahead === -1 ? t('task.onDay', { word: t('task.yesterday'), day: words }) : words;
}
/** "30 March – 5 April": from this day to the end of its week. */
export const weekHead = (day: string, first: number): string => format({ day: 'numeric', month: 'long' }).formatRange(dateOf(day), dateOf(plus(weekStart(day, first), 6)));
export const monthHead = (day: string, today: string): string => format({ month: 'long', ...(sameYear(day, today) ? {} : { year: 'numeric' }) }).format(dateOf(day));

/** A due date of the core in a conflict, which it writes as "2026-12-01 09:30". */
export function coreWhen(text: string, today: string): string {
  const m = /^(\d{4}-\d{2}-\d{2})(?: (\d{2}:\d{2}))?$/.exec(text);
  return m?.[1] === undefined ? text : whenFull({ day: m[1], time: m[2] ?? null }, today);
}

export const changedWords = (at: number, now: number): string => t('task.changed', { when: ago(at, now) });
