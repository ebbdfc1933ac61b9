// Which view a task belongs to and where in it, as the core has it: for what is drawn before the core has said so. Pure.
import type { Id, TaskFilterDto, TaskPriority, TaskRow } from '../ipc/bindings';

const PRIORITY: Record<TaskPriority, number> = { none: 0, low: 1, medium: 2, high: 3, urgent: 4 };

export const isClosed = (row: Pick<TaskRow, 'status'>): boolean => row.status === 'done' || row.status === 'cancelled';

/** `shown`: lists whose tasks are among those of all. */
export function belongs(view: TaskFilterDto, row: TaskRow, today: string, shown: (list: Id) => boolean): boolean {
  const day = row.due?.day ?? null;
  switch (view.type) {
    case 'today': return !isClosed(row) && day !== null && day <= today && shown(row.list);
    case 'upcoming': return !isClosed(row) && day !== null && day > today && shown(row.list);
    // What stands below another comes with that one, whenever it is due.
    case 'anytime': return !isClosed(row) && (day === null || row.depth > 0) && shown(row.list);
    case 'list': return !isClosed(row) && row.list === view.list;
    case 'done': return isClosed(row) && (view.list === undefined ? shown(row.list) : row.list === view.list);
    case 'search': return true;
  }
}

/** By day, whole days first, then by time, priority and age. */
export function byDue(a: TaskRow, b: TaskRow): number {
  const [x, y] = [a.due, b.due];
  if (!x || !y) return Number(!x) - Number(!y) || a.id - b.id;
  return x.day.localeCompare(y.day) || (x.time ?? '').localeCompare(y.time ?? '') || PRIORITY[b.priority] - PRIORITY[a.priority] || a.id - b.id;
}

/** Where it is put into rows that are in order. Those that are made here have numbers below nought and are the youngest. */
export function placeIn(view: TaskFilterDto, rows: readonly TaskRow[], row: TaskRow): number {
  if (view.type === 'done' || view.type === 'search') return 0;
  if (view.type === 'today' || view.type === 'upcoming') {
    const at = rows.findIndex((r) => byDue({ ...row, id: row.id < 0 ? Number.MAX_SAFE_INTEGER : row.id }, r) < 0);
    return at < 0 ? rows.length : at;
  }
  const above = row.parent === null ? -1 : rows.findIndex((r) => r.id === row.parent);
  if (above >= 0) return endOf(rows, above);
  if (view.type === 'list') return rows.length;
  // Among those of its list, at its end.
  const last = rows.findLastIndex((r) => r.list === row.list);
  return last < 0 ? rows.length : last + 1;
}

/** The place behind a task and all that stands below it. */
export function endOf(rows: readonly TaskRow[], at: number): number {
  const depth = rows[at]?.depth ?? 0;
  let end = at + 1;
  while (end < rows.length && (rows[end]?.depth ?? 0) > depth) end++;
  return end;
}
