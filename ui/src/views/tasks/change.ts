// What is done to a task, as a change that is drawn and as the fields that are written. Pure, but for the numbers of what is made.
import type { Change } from '../../data/taskDraw';
import type { Id, TaskDue, TaskFieldsDto, TaskListDto, TaskRow, TaskWhen } from '../../ipc/bindings';
import { flat } from '../calendar/zones';
import type { Quick, When } from './quick';

/** As the core takes it: a time is on the person's own wall. */
export const whenOf = (when: When | null): TaskWhen => (when === null ? { type: 'never' } : when.time === null ? { type: 'day', day: when.day } : { type: 'floating', at: `${when.day}T${when.time}` });

/** `now`: what the person's clock shows. */
export function dueOf(when: When | null, now: string): TaskDue | null {
  if (when === null) return null;
  const overdue = when.time === null ? when.day < now.slice(0, 10) : flat(`${when.day}T${when.time}`) < flat(now);
  return { ...when, overdue, exact: whenOf(when) };
}

export const patch = (row: TaskRow, part: Partial<TaskRow>): Change => ({ touches: (r) => r.id === row.id, apply: (r) => ({ ...r, ...part }), add: [{ ...row, ...part }] });

/** A task and everything below it, as far as it is known. */
export function withBelow(row: TaskRow, rows: readonly TaskRow[]): ReadonlySet<Id> {
  const ids = new Set([row.id]);
  // Each stands behind the one that it stands below.
  for (const r of rows) if (r.parent !== null && ids.has(r.parent)) ids.add(r.id);
  return ids;
}

let made = 0;
export function fresh(list: TaskListDto, part: Partial<TaskRow>): TaskRow {
  return {
    id: --made, list: list.id, parent: null, depth: 0, title: '', hasNotes: false, due: null, priority: 'none', labels: [], status: 'open', repeats: null, completedAt: null, subtasksOpen: 0, subtasksDone: 0, editable: true, pending: 'waiting',
    linked: false, ...part,
  };
}

/** What of that a list can't hold. */
export type Cant = 'priority' | 'labels' | 'time' | 'due' | 'repeat';
export function cant(quick: Pick<Quick, 'due' | 'priority' | 'labels' | 'repeats'>, list: TaskListDto): Cant[] {
  const { can } = list;
  const out: Cant[] = [];
  if (quick.due !== null && !can.dueDay && !can.dueTime) out.push('due');
  else if (quick.due?.time != null && !can.dueTime) out.push('time');
  if (quick.priority !== null && !can.priority) out.push('priority');
  if (quick.labels.length > 0 && !can.labels) out.push('labels');
  if (quick.repeats) out.push('repeat');
  return out;
}

/** Only what the list can hold; what it can't has been said. */
export function held(quick: Pick<Quick, 'due' | 'priority' | 'labels'>, list: TaskListDto): Pick<Quick, 'due' | 'priority' | 'labels'> {
  const { can } = list;
  const due = quick.due === null || (!can.dueDay && !can.dueTime) ? null : can.dueTime ? quick.due : { day: quick.due.day, time: null };
  return { due, priority: can.priority ? quick.priority : null, labels: can.labels ? quick.labels : [] };
}

export function fieldsOf(title: string, part: Pick<Quick, 'due' | 'priority' | 'labels'>): TaskFieldsDto {
  return { title, ...(part.due === null ? {} : { due: whenOf(part.due) }), ...(part.priority === null ? {} : { priority: part.priority }), ...(part.labels.length > 0 ? { labels: [...part.labels] } : {}) };
}
