// A view as what stands in it line by line: headings, tasks with their place in the tree, and what comes at the end. Pure.
import type { Id, TaskFilterDto, TaskRow } from '../../ipc/bindings';
import { isLate } from './late';
import { between, dayOf, plus, weekStart } from '../calendar/days';

export interface Head { kind: 'head'; key: string; what: 'overdue' | 'today' | 'day' | 'week' | 'month' | 'list' | 'done'; day: string; list: Id | null; count: number | null }
export interface Line {
  kind: 'task';
  key: string;
  row: TaskRow;
  /** From 1. */
  level: number;
  /** Something stands below it. */
  parent: boolean;
  open: boolean;
  place: number;
  of: number;
}
export interface Fold { kind: 'fold'; key: 'fold'; open: boolean }
export interface Bones { kind: 'bones'; key: string }
/** Nothing stands where something could. */
export interface None { kind: 'none'; key: string }
export type Item = Head | Line | Fold | Bones | None;

interface Options {
  view: TaskFilterDto;
  /** What the person's clock shows. */
  wall: string;
  /** Of the week: 0 (Sunday) … 6. */
  first: number;
  collapsed: ReadonlySet<Id>;
  /** A further page is to come. */
  more: boolean;
}

/** Without what stands below something that is folded. */
export function unfolded(rows: readonly TaskRow[], collapsed: ReadonlySet<Id>): TaskRow[] {
  const out: TaskRow[] = [];
  let under = Infinity;
  for (const row of rows) {
    if (row.depth > under) continue;
    under = collapsed.has(row.id) ? row.depth : Infinity;
    out.push(row);
  }
  return out;
}

/** The place among its siblings, for each. */
export function places(rows: readonly TaskRow[]): { place: number; of: number }[] {
  const out = rows.map(() => ({ place: 1, of: 1 }));
  const stack: number[][] = [];
  const close = (depth: number): void => {
    for (const level of stack.splice(depth)) level.forEach((at, i) => (out[at] = { place: i + 1, of: level.length }));
  };
  rows.forEach((row, i) => {
    close(row.depth + 1);
    while (stack.length <= row.depth) stack.push([]);
    stack[row.depth]?.push(i);
  });
  close(0);
  return out;
}

function lines(rows: readonly TaskRow[], collapsed: ReadonlySet<Id>, flat: boolean): Line[] {
  const shown = flat ? rows : unfolded(rows, collapsed);
  const where = flat ? shown.map((_, i) => ({ place: i + 1, of: shown.length })) : places(shown);
  const parents = new Set(flat ? [] : rows.filter((row, i) => (rows[i + 1]?.depth ?? 0) > row.depth).map((r) => r.id));
  return shown.map((row, i) => ({ kind: 'task', key: `t${String(row.id)}`, row, level: flat ? 1 : row.depth + 1, parent: parents.has(row.id), open: !collapsed.has(row.id), ...(where[i] ?? { place: 1, of: 1 }) }));
}

const head = (what: Head['what'], day: string, count: number | null, list: Id | null = null): Head => ({ kind: 'head', key: `h${what}${day}${String(list ?? '')}`, what, day, list, count });

/** Days one by one for a week, then weeks to the end of the next month, then months. */
export function stretch(day: string, today: string, first: number): Pick<Head, 'what' | 'day'> {
  const ahead = between(today, day);
  if (ahead <= 7) return { what: 'day', day };
  if (ahead <= 35) {
    // A week of which a part was told day by day begins where that ends.
    const [week, told] = [weekStart(day, first), plus(today, 7)];
    return { what: 'week', day: week > told ? week : plus(told, 1) };
  }
  return { what: 'month', day: `${day.slice(0, 7)}-01` };
}

export function itemsOf(rows: readonly TaskRow[], { view, wall, first, collapsed, more }: Options): Item[] {
  const today = wall.slice(0, 10);
  const out: Item[] = [];
  const seen = new Map<string, number>();
  const section = (h: Head | null, part: readonly TaskRow[], flat = true): void => {
    if (part.length === 0) return;
    if (h) {
      // What is on its way may stand apart from its like for a moment.
      const nth = seen.get(h.key) ?? 0;
      seen.set(h.key, nth + 1);
      out.push(nth === 0 ? h : { ...h, key: `${h.key}/${String(nth)}` });
    }
    out.push(...lines(part, collapsed, flat));
  };
  /** Runs of rows with the same heading, in their order. */
  const runs = (of: (row: TaskRow) => Pick<Head, 'what' | 'day'> & { list?: Id }, flat: boolean): void => {
    let at = 0;
    while (at < rows.length) {
      const own = of(rows[at] as TaskRow);
      let end = at + 1;
      while (end < rows.length) {
        const next = of(rows[end] as TaskRow);
        if (next.what !== own.what || next.day !== own.day || next.list !== own.list) break;
        end++;
      }
      const part = rows.slice(at, end);
      // Of what goes on in the next page nobody knows the number yet.
      section(head(own.what, own.day, end === rows.length && more ? null : part.length, own.list ?? null), part, flat);
      at = end;
    }
  };
  switch (view.type) {
    case 'today': {
      const late = rows.filter((r) => r.due !== null && isLate(r.due, wall));
      const rest = rows.filter((r) => r.due === null || !isLate(r.due, wall));
      section(head('overdue', '', late.length), late);
      section(head('today', today, more ? null : rest.length), rest);
      break;
    }
    case 'upcoming': runs((r) => stretch(r.due?.day ?? today, today, first), true); break;
    case 'anytime': runs((r) => ({ what: 'list', day: '', list: r.list }), false); break;
    case 'done': runs((r) => ({ what: 'day', day: r.completedAt === null ? today : dayOf(r.completedAt) }), true); break;
    case 'list': section(null, rows, false); break;
    case 'search': section(null, rows); break;
  }
  if (more) out.push({ kind: 'bones', key: 'bones' });
  return out;
}

/** Likely days for something to be due. */
export function likelyDays(today: string): { id: 'today' | 'tomorrow' | 'weekend' | 'nextWeekend' | 'nextWeek'; day: string }[] {
  const weekday = new Date(`${today}T12:00:00Z`).getUTCDay();
  const saturday = plus(today, (6 - weekday + 7) % 7 || 7);
  const sunday = weekday === 0;
  return [
    { id: 'today', day: today }, { id: 'tomorrow', day: plus(today, 1) },
    { id: weekday === 6 || sunday ? 'nextWeekend' : 'weekend', day: weekday === 6 ? plus(today, 7) : saturday },
    { id: 'nextWeek', day: plus(today, ((8 - weekday) % 7) || 7) },
  ];
}
