// The tasks of the mock: they live. What is made, changed, moved, completed, deleted or decided is so from then on, and can be taken
// back. `?tasks=none|empty|error|slow|many|refuse|hidden`.
import { plus } from '../../views/calendar/days';
import { wall } from '../../views/calendar/zones';
import type { AppEvent, Commands, Id, TaskCountsDto, TaskDone, TaskDto, TaskDue, TaskFieldsDto, TaskFilterDto, TaskListDto, TaskRow, TaskWhen } from '../bindings';
import { byDue, isClosed } from '../../data/taskOrder';
import type { When } from '../../views/tasks/quick';
import { fail } from './accounts';
import { taskItems, taskLists, toolLists, type Item } from './tasksData';

type Names = 'task_lists' | 'task_list_change' | 'tasks' | 'task' | 'task_create' | 'task_update' | 'task_complete' | 'task_delete' | 'task_resolve' | 'task_from_message';
type Handlers = { [K in Names]: (req: Commands[K][0]) => Commands[K][1] | Promise<Commands[K][1]> };

interface World {
  now: number;
  /** `?tasks=` */
  scenario: string;
  /** Every tool is connected. */
  tools: boolean;
  empty: boolean;
  emit: (event: AppEvent) => void;
  /** Of a mail. */
  subject: (message: Id) => string;
}

const SENT_MS = 900;
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export function tasksMock(w: World) {
  const today = wall(null, w.now).slice(0, 10);
  let lists: TaskListDto[] = w.empty || w.scenario === 'none' ? [] : [...taskLists(w.now), ...(w.tools ? toolLists(w.now) : [])].map((l) => (w.scenario === 'hidden' ? { ...l, shown: false } : l));
  let all: Item[] = lists.length === 0 ? [] : taskItems(w.now, today, w.scenario);
  let next = 20_000;
  let lost = w.scenario === 'error';
  const kept = new Map<string, Item[]>();
  const changed = () => w.emit({ type: 'changed', entity: 'task', ids: [], rev: ++next });
  const wait = (ms: number) => new Promise((go) => setTimeout(go, ms));

  const listOf = (id: Id) => lists.find((l) => l.id === id);
  const shown = (item: Item) => listOf(item.list)?.shown === true;
  const closed = (item: Item) => isClosed(item);
  const below = (id: Id): Item[] => all.filter((i) => i.parent === id);
  const tree = (item: Item): Item[] => [item, ...below(item.id).flatMap(tree)];
  const exact = (when: When): TaskWhen => (when.time === null ? { type: 'day', day: when.day } : { type: 'floating', at: `${when.day}T${when.time}:00` });
  const dueOf = (item: Item): TaskDue | null => {
    if (item.due === null) return null;
    const over = item.due.time === null ? item.due.day < today : `${item.due.day}T${item.due.time}` < wall(null, w.now);
    return { ...item.due, overdue: over && !closed(item), exact: exact(item.due) };
  };
  const row = (item: Item, depth = 0): TaskRow => ({
    id: item.id, list: item.list, parent: item.parent, depth, title: item.title, hasNotes: item.notes !== '', due: dueOf(item), priority: item.priority, labels: item.labels, status: item.status, repeats: item.repeats,
    completedAt: closed(item) ? item.completedAt : null, subtasksOpen: below(item.id).filter((i) => !closed(i)).length, subtasksDone: below(item.id).filter(closed).length, editable: listOf(item.list)?.can.write === true,
    pending: item.pending, linked: item.message !== null || item.event !== null,
  });
  /** Open ones below it, each behind the one it stands below. */
  const rowsBelow = (item: Item, depth: number): TaskRow[] => below(item.id).filter((i) => !closed(i)).flatMap((i) => [row(i, depth), ...rowsBelow(i, depth + 1)]);
  const withBelow = (item: Item): TaskRow[] => [row(item), ...rowsBelow(item, 1)];
  const found = (id: Id): Item => {
    const item = all.find((i) => i.id === id);
    if (!item) throw fail('not_found', 'This task is gone.', 'It was deleted elsewhere.');
    return item;
  };
  const root = (item: Item): boolean => item.parent === null || closed(found(item.parent));

  function counts(): TaskCountsDto {
    const open = all.filter((i) => !closed(i) && shown(i));
    return { today: open.filter((i) => i.due !== null && i.due.day <= today).length, overdue: open.filter((i) => dueOf(i)?.overdue).length, upcoming: open.filter((i) => i.due !== null && i.due.day > today).length, anytime: open.filter((i) => i.due === null && root(i)).length };
  }
  function rowsOf(view: TaskFilterDto): { rows: TaskRow[][]; total: number | null } {
    const open = all.filter((i) => !closed(i));
    const flat = (items: Item[]) => items.map((i) => [row(i)]);
    switch (view.type) {
      case 'today': case 'upcoming': {
        const due = open.filter((i) => shown(i) && i.due !== null && (i.due.day <= today) === (view.type === 'today')).map((i) => row(i)).sort(byDue);
        return { rows: due.map((r) => [r]), total: due.length };
      }
      case 'anytime': {
        const roots = lists.filter((l) => l.shown).flatMap((l) => open.filter((i) => i.list === l.id && i.due === null && root(i)));
        return { rows: roots.map(withBelow), total: roots.length };
      }
      case 'list': {
        const own = open.filter((i) => i.list === view.list);
        return { rows: own.filter(root).map(withBelow), total: own.length };
      }
      case 'done': {
        const over = all.filter((i) => closed(i) && (view.list === undefined ? shown(i) : i.list === view.list)).sort((a, b) => (b.completedAt ?? 0) - (a.completedAt ?? 0));
        return { rows: flat(over), total: null };
      }
      case 'search': {
        const words = plain(view.text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
        const has = (i: Item) => words.every((word) => plain(`${i.title} ${i.notes} ${i.labels.join(' ')}`).split(/[^\p{L}\p{N}]+/u).some((x) => x.startsWith(word)));
        return { rows: words.length === 0 ? [] : flat(all.filter((i) => shown(i) && (view.closed || !closed(i)) && has(i))), total: null };
      }
    }
  }

  /** Does it, remembers how it was, and says so. */
  function act(words: string, work: () => Partial<TaskDone>): TaskDone {
    if (w.scenario === 'refuse') throw fail('unavailable', 'The store did not take this change.', 'Try again; nothing of yours was lost.');
    const token = `task:${String(++next)}`;
    kept.set(token, all);
    const more = work();
    changed();
    return { task: null, undo: token, undoUntil: Date.now() + 900_000, words, openSubtasks: 0, ...more };
  }
  const put = (item: Item) => (all = all.some((i) => i.id === item.id) ? all.map((i) => (i.id === item.id ? item : i)) : [...all, item]);
  /** The provider has it a moment later. */
  function sent(ids: readonly Id[]): void {
    setTimeout(() => {
      all = all.map((i) => (ids.includes(i.id) && i.pending === 'waiting' ? { ...i, pending: null } : i));
      changed();
    }, SENT_MS);
  }
  const writable = (id: Id): TaskListDto => {
    const list = listOf(id);
    if (!list) throw fail('not_found', 'This list is gone.', 'Choose another one.');
    if (!list.can.write) throw fail('read_only', `${list.name} can only be read.`, 'Choose another list.');
    return list;
  };
  const cannot = (list: TaskListDto, what: string) => fail('unsupported', `${list.name} can't ${what}.`, 'Choose another list, or leave it as it is.');
  function whenOf(when: TaskWhen): When | null {
    if (when.type === 'never') return null;
    if (when.type === 'day') return { day: when.day, time: null };
    const at = when.type === 'floating' ? when.at : wall(null, when.at);
    return { day: at.slice(0, 10), time: at.slice(11, 16) };
  }
  function applied(item: Item, f: TaskFieldsDto): Item {
    const list = writable(f.list ?? item.list);
    const to = {
      ...item, list: list.id, title: (f.title ?? item.title).trim(), notes: f.notes ?? item.notes, due: f.due === undefined ? item.due : whenOf(f.due), priority: f.priority ?? item.priority, labels: f.labels ?? item.labels,
      status: f.status ?? item.status, parent: f.parent === undefined ? (list.id === item.list ? item.parent : null) : f.parent.type === 'top' ? null : f.parent.task, updatedAt: w.now, pending: item.pending === 'conflict' ? 'conflict' : 'waiting',
    };
    if (to.title === '') throw fail('invalid', 'A task needs a title.', 'Write what is to be done.');
    if (to.due?.time != null && !list.can.dueTime) throw cannot(list, 'hold a time at which a task is due');
    if (to.priority !== 'none' && !list.can.priority) throw cannot(list, 'hold a priority');
    if (to.labels.length > 0 && !list.can.labels) throw cannot(list, 'hold labels');
    return to;
  }
  function create(list: Id | undefined, f: TaskFieldsDto, more: Partial<Item> = {}): TaskDone {
    const above = f.parent?.type === 'below' ? found(f.parent.task) : null;
    const to = writable(above?.list ?? list ?? lists.find((l) => l.default)?.id ?? 0);
    const blank: Item = {
      id: ++next, list: to.id, parent: null, title: '', notes: '', due: null, priority: 'none', labels: [], status: 'open', repeats: null, completedAt: null, pending: 'waiting', conflict: [], message: null, event: null, url: null, updatedAt: w.now, ...more,
    };
    const item = applied(blank, { ...f, list: to.id });
    return act(`“${item.title}” added`, () => {
      put(item);
      sent([item.id]);
      return { task: item.id };
    });
  }
  function update(id: Id, f: TaskFieldsDto): TaskDone {
    const item = found(id);
    const to = applied(item, f);
    const closes = closed(to) && !closed(item);
    const opens = !closed(to) && closed(item);
    const verb = closes ? 'done' : opens ? 'reopened' : to.list !== item.list || to.parent !== item.parent ? 'moved' : 'changed';
    return act(`“${to.title}” ${verb}`, () => {
      const under = tree(item).slice(1);
      put({ ...to, completedAt: closed(to) ? w.now : null });
      if (to.list !== item.list) for (const i of under) put({ ...i, list: to.list });
      sent([id]);
      return { task: id, openSubtasks: closes ? under.filter((i) => !closed(i)).length : 0 };
    });
  }

  const handlers: Handlers = {
    task_lists: () => lists.map((l) => ({ ...l, open: all.filter((i) => i.list === l.id && !closed(i)).length })),
    task_list_change: ({ id, ...part }) => {
      lists = lists.map((l) => (l.id === id ? { ...l, ...part } : part.default === true ? { ...l, default: false } : l));
      changed();
      return handlers.task_lists({});
    },
    tasks: async ({ view, after, limit }) => {
      if (lost && limit > 1) {
        // Trying again helps.
        lost = false;
        throw fail('store', 'The tasks could not be read.', 'Try again. If it stays so, restart Aurelius; nothing is lost.');
      }
      if (w.scenario === 'slow' && limit > 1) await wait(2500);
      const { rows, total } = rowsOf(view);
      const from = Number(after ?? 0);
      const page = rows.slice(from, from + limit);
      return { tasks: page.flat(), next: from + limit < rows.length ? String(from + limit) : null, total, counts: counts() };
    },
    task: ({ id }): TaskDto & { thread: Id | null } => {
      const item = found(id);
      const list = listOf(item.list);
      if (!list) throw fail('not_found', 'This task is gone.', 'It was deleted elsewhere.');
      return {
        row: row(item), notes: item.notes, url: item.url, can: list.can, locked: list.can.write ? null : `${list.name} can only be read.`, parentTitle: item.parent === null ? null : found(item.parent).title, subtasks: rowsBelow(item, 1),
        message: item.message, thread: item.message === null ? null : Math.floor(item.message / 100), event: item.event, updatedAt: item.updatedAt, conflict: item.conflict,
      };
    },
    task_create: ({ list, fields, event }) => create(list, fields, { event: event ?? null }),
    task_update: ({ id, fields }) => update(id, fields),
    task_complete: ({ id, done }) => update(id, { status: done ? 'done' : 'open' }),
    task_delete: ({ id }) => {
      const item = found(id);
      writable(item.list);
      return act(`“${item.title}” deleted`, () => {
        const ids = new Set(tree(item).map((i) => i.id));
        all = all.filter((i) => !ids.has(i.id));
        return {};
      });
    },
    task_resolve: ({ id, mine }) => {
      const item = found(id);
      const theirs: Partial<Item> = mine ? {} : { due: { day: plus(today, 4), time: '09:00' }, priority: 'high' };
      const done = act(mine ? 'Your version is kept' : 'The other version is kept', () => {
        put({ ...item, ...theirs, pending: mine ? 'waiting' : null, conflict: [] });
        sent([id]);
        return { task: id };
      });
      return { ...done, undo: null };
    },
    task_from_message: ({ message, list, fields }) => create(list, { ...fields, title: fields.title ?? w.subject(message) }, { message }),
  };

  return {
    handlers,
    /** A task tool was connected: its lists and tasks are there. */
    connected: (tool: string): void => {
      const found = [...taskLists(w.now), ...toolLists(w.now)].filter((l) => l.connection === `c-${tool}` && listOf(l.id) === undefined);
      lists = [...lists, ...found];
      all = [...all, ...taskItems(w.now, today, '').filter((i) => found.some((l) => l.id === i.list))];
      changed();
    },
    /** Whether the token was one of a task. */
    undo: (token: string): boolean => {
      const before = kept.get(token);
      if (!before) return false;
      kept.delete(token);
      all = before;
      changed();
      return true;
    },
  };
}
