// Rows as they are drawn while an act is on its way to the core. Pure.
import type { Id, TaskFilterDto, TaskRow } from '../ipc/bindings';
import { belongs, endOf, isClosed, placeIn } from './taskOrder';

/** What an act does to rows, before the core has said so. */
export interface Change {
  touches: (row: TaskRow) => boolean;
  /** null: the row goes. */
  apply: (row: TaskRow) => TaskRow | null;
  /** Rows that come, where they belong. */
  add?: readonly TaskRow[];
}
/** A row that would have left, and the one behind which it stands. */
export interface Staying { key: string; row: TaskRow; after: Id | null }

const samePlace = (a: TaskRow, b: TaskRow): boolean => a.due?.day === b.due?.day && a.due?.time === b.due?.time && a.parent === b.parent;

/** Rows of a view with what has been done to them since they were told. */
export function drawn(view: TaskFilterDto, rows: readonly TaskRow[], changes: readonly Change[], today: string, shown: (list: Id) => boolean): readonly TaskRow[] {
  let out = rows;
  for (const change of changes) {
    const kept: TaskRow[] = [];
    const moved: TaskRow[] = [];
    for (const row of out) {
      const next = change.touches(row) ? change.apply(row) : row;
      if (next === row) kept.push(row);
      else if (next !== null && belongs(view, next, today, shown)) (samePlace(next, row) ? kept : moved).push(next);
    }
    for (const row of [...moved, ...(change.add ?? [])]) if (belongs(view, row, today, shown) && !kept.some((r) => r.id === row.id)) kept.splice(placeIn(view, kept, row), 0, row);
    out = kept;
  }
  return out;
}

/** With what only stays a moment, where it stood. */
export function stayed(rows: readonly TaskRow[], staying: readonly Staying[]): readonly TaskRow[] {
  if (staying.length === 0) return rows;
  const out = [...rows];
  for (const { row, after } of staying) {
    const at = out.findIndex((r) => r.id === row.id);
    if (at >= 0) out[at] = row;
    else out.splice(after === null ? 0 : out.findIndex((r) => r.id === after) + 1, 0, row);
  }
  return out;
}

/** One task and the open ones below it. */
export function drawnPanel(of: TaskRow, told: readonly TaskRow[], changes: readonly Change[]): { row: TaskRow; subtasks: readonly TaskRow[] } {
  let row = of;
  let subtasks = told;
  for (const change of changes) {
    row = change.touches(row) ? (change.apply(row) ?? row) : row;
    const below = subtasks.flatMap((r) => (change.touches(r) ? (change.apply(r) ?? []) : [r]));
    for (const r of change.add ?? []) {
      if (r.parent === null || isClosed(r) || below.some((x) => x.id === r.id)) continue;
      const above = below.findIndex((x) => x.id === r.parent);
      if (r.parent === row.id) below.push(r);
      else if (above >= 0) below.splice(endOf(below, above), 0, r);
    }
    subtasks = below.filter((r) => !isClosed(r));
  }
  return { row, subtasks };
}
