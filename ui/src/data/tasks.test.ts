import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskDone, TaskListDto, TaskRow } from '../ipc/bindings';
import type { call } from '../ipc/transport';
import { belongs, byDue, placeIn } from './taskOrder';
import { PAGE, TaskStore } from './tasks.svelte';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

const TODAY = '2026-03-19';
const can = { write: true, notes: true, dueDay: true, dueTime: true, priority: true, coarsePriority: false, labels: true, subtasks: true, moves: true, deletes: true };
const list = (id: number, over: Partial<TaskListDto> = {}): TaskListDto => ({ id, connection: 'c', source: 'Todoist', name: `List ${String(id)}`, hue: id, shown: true, default: id === 1, can, open: 0, error: null, lastSync: null, ...over });
const row = (id: number, day: string | null = TODAY, over: Partial<TaskRow> = {}): TaskRow => ({
  id, list: 1, parent: null, depth: 0, title: `Task ${String(id)}`, hasNotes: false, due: day === null ? null : { day, time: null, overdue: day < TODAY, exact: { type: 'day', day } }, priority: 'none', labels: [], status: 'open', repeats: null, completedAt: null,
  subtasksOpen: 0, subtasksDone: 0, editable: true, pending: null, linked: false, ...over,
});
const done = (over: Partial<TaskDone> = {}): TaskDone => ({ task: null, undo: null, undoUntil: null, words: 'Done', openSubtasks: 0, ...over });

/** A core of one's own: what it holds, and when it answers. */
function core() {
  const it = {
    rows: [] as TaskRow[],
    lists: [list(1), list(2)],
    asked: [] as { name: string; req: unknown }[],
    fails: null as string | null,
    ask: (async (name: string, req: { view?: { type: string }; after?: string | null; limit?: number; id?: number }) => {
      it.asked.push({ name, req });
      await Promise.resolve();
      if (it.fails === name) throw Object.assign(new Error('no'), { code: 'store', message: 'It did not answer.', hint: 'Try again.', retryAt: null });
      switch (name) {
        case 'task_lists': return it.lists;
        case 'tasks': {
          const all = it.rows.filter((r) => belongs(req.view as never, r, TODAY, () => true)).sort(byDue);
          const from = Number(req.after ?? 0);
          const limit = req.limit ?? PAGE;
          return { tasks: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null, total: all.length, counts: { today: all.length, overdue: 0, upcoming: 0, anytime: 0 } };
        }
        case 'task': return { row: it.rows.find((r) => r.id === req.id), notes: '', url: null, can, locked: null, parentTitle: null, subtasks: it.rows.filter((r) => r.parent === req.id), message: null, event: null, updatedAt: null, conflict: [] };
        default: return it.lists;
      }
    }) as unknown as typeof call,
  };
  return it;
}
const settle = () => vi.advanceTimersByTimeAsync(20);
const ids = (store: TaskStore) => store.rows.map((r) => r.id);

beforeEach(() => {
  vi.useFakeTimers();
  toasts.items = [];
});
afterEach(() => vi.useRealTimers());

async function opened(c = core()) {
  const store = new TaskStore(c.ask);
  store.today = TODAY;
  store.show({ type: 'today' });
  await store.readLists();
  await settle();
  return { store, c };
}
const complete = (r: TaskRow) => ({ touches: (x: TaskRow) => x.id === r.id, apply: (x: TaskRow) => ({ ...x, status: 'done' as const }), add: [{ ...r, status: 'done' as const }] });

describe('what is shown', () => {
  it('is what the core told, and a view that was seen is there at once', async () => {
    const c = core();
    c.rows = [row(1), row(2), row(3, '2026-03-25'), row(4, null)];
    const { store } = await opened(c);
    expect(ids(store)).toEqual([1, 2]);
    store.show({ type: 'upcoming' });
    expect(store.state.loading).toBe(true);
    await settle();
    expect(ids(store)).toEqual([3]);
    store.show({ type: 'today' });
    expect(ids(store)).toEqual([1, 2]);
  });
  it('keeps what was read when it is asked again in vain', async () => {
    const c = core();
    c.rows = [row(1)];
    const { store } = await opened(c);
    c.fails = 'tasks';
    store.refresh();
    await settle();
    expect(ids(store)).toEqual([1]);
    expect(store.state.error?.code).toBe('store');
  });
  it('grows page by page, and is asked again as far as it was read', async () => {
    const c = core();
    c.rows = Array.from({ length: PAGE * 2 + 5 }, (_, n) => row(n + 1));
    const { store } = await opened(c);
    expect(store.rows).toHaveLength(PAGE);
    expect(store.state).toMatchObject({ more: true, total: PAGE * 2 + 5 });
    await store.grow();
    expect(store.rows).toHaveLength(PAGE * 2);
    c.rows = c.rows.filter((r) => r.id !== 1);
    store.refresh();
    await settle();
    expect(store.rows).toHaveLength(PAGE * 2);
    expect(ids(store)[0]).toBe(2);
  });
});

describe('an act', () => {
  it('is drawn at once, stays struck for a moment, and then leaves', async () => {
    const c = core();
    c.rows = [row(1), row(2), row(3)];
    const { store } = await opened(c);
    const act = store.act(complete(c.rows[1]!), async () => { c.rows[1] = { ...c.rows[1]!, status: 'done' }; await Promise.resolve(); return done(); });
    expect(store.rows.map((r) => `${String(r.id)} ${r.status}`)).toEqual(['1 open', '2 done', '3 open']);
    await act;
    await settle();
    expect(ids(store)).toEqual([1, 2, 3]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(ids(store)).toEqual([1, 3]);
  });
  it('that is refused is gone again, and told', async () => {
    const c = core();
    c.rows = [row(1), row(2)];
    const { store } = await opened(c);
    const res = await store.act({ touches: (r) => r.id === 1, apply: () => null }, () => Promise.reject(Object.assign(new Error('x'), { code: 'read_only', message: 'It can only be read.', hint: '' })));
    expect(res).toBeNull();
    expect(ids(store)).toEqual([1, 2]);
    expect(toasts.items.at(-1)).toMatchObject({ kind: 'error', text: 'It can only be read.' });
  });
  it('moves a task to where it belongs, over all views', async () => {
    const c = core();
    c.rows = [row(1), row(2), row(3, '2026-03-25')];
    const { store } = await opened(c);
    store.show({ type: 'upcoming' });
    await settle();
    store.show({ type: 'today' });
    const to = { ...c.rows[0]!, due: { day: '2026-03-21', time: null, overdue: false, exact: { type: 'day' as const, day: '2026-03-21' } } };
    store.draw({ touches: (r) => r.id === 1, apply: () => to, add: [to] });
    expect(ids(store)).toEqual([2]);
    store.show({ type: 'upcoming' });
    expect(ids(store)).toEqual([1, 3]);
  });
  it('is brought back at once by undo', async () => {
    const c = core();
    c.rows = [row(1), row(2)];
    const { store } = await opened(c);
    const stop = store.start();
    const offered = vi.spyOn(undo, 'offerToken').mockImplementation(() => undefined);
    await store.act({ touches: (r) => r.id === 1, apply: () => null }, async () => { c.rows = [c.rows[1]!]; await Promise.resolve(); return done({ undo: 'u', undoUntil: Date.now() + 1000 }); });
    await settle();
    expect(ids(store)).toEqual([2]);
    offered.mock.calls[0]?.[3]?.operations?.[0]?.rollback();
    expect(ids(store)).toEqual([1, 2]);
    stop();
    offered.mockRestore();
  });
  it('of many is one, with one way back', async () => {
    const c = core();
    c.rows = [row(1, '2026-03-16'), row(2, '2026-03-17'), row(3)];
    const { store } = await opened(c);
    const offered = vi.spyOn(undo, 'offerLocal').mockImplementation(() => undefined);
    let n = 0;
    const acts = c.rows.slice(0, 2).map((r) => ({ change: { touches: (x: TaskRow) => x.id === r.id, apply: (x: TaskRow) => ({ ...x, title: 'moved' }) }, work: () => Promise.resolve(done({ undo: `u${String(++n)}` })) }));
    await store.together(acts, (count) => `${String(count)} moved`);
    expect(offered).toHaveBeenCalledTimes(1);
    expect(offered.mock.calls[0]?.[0]).toBe('2 moved');
    await offered.mock.calls[0]?.[1]();
    expect(c.asked.filter((a) => a.name === 'undo').map((a) => (a.req as { token: string }).token)).toEqual(['u2', 'u1']);
    offered.mockRestore();
  });
  it('shows in the open panel, too', async () => {
    const c = core();
    c.rows = [row(1), row(2, null, { parent: 1, depth: 1 })];
    const { store } = await opened(c);
    store.open(1);
    await settle();
    expect(store.opened?.subtasks.map((r) => r.id)).toEqual([2]);
    store.draw({ touches: (r) => r.id === 1, apply: (r) => ({ ...r, title: 'New' }) });
    store.draw({ touches: () => false, apply: (r) => r, add: [row(-1, null, { parent: 1, depth: 1 })] });
    expect(store.opened?.row.title).toBe('New');
    expect(store.opened?.subtasks.map((r) => r.id)).toEqual([2, -1]);
  });
});

describe('the lists', () => {
  it('change at once, and back where the core refuses', async () => {
    const { store, c } = await opened();
    c.fails = 'task_list_change';
    const change = store.changeList({ id: 2, default: true });
    expect(store.lists.map((l) => l.default)).toEqual([false, true]);
    await change;
    expect(store.lists.map((l) => l.default)).toEqual([true, false]);
  });
  it('that are hidden take their tasks out of the views over all, and not out of their own', () => {
    const hidden = (id: number) => id !== 1;
    expect(belongs({ type: 'today' }, row(1), TODAY, hidden)).toBe(false);
    expect(belongs({ type: 'list', list: 1 }, row(1), TODAY, hidden)).toBe(true);
  });
});

describe('the order', () => {
  it('is by day, whole days first, then by time, priority and age', () => {
    const timed = (id: number, time: string, over: Partial<TaskRow> = {}): TaskRow => row(id, TODAY, { due: { day: TODAY, time, overdue: false, exact: { type: 'floating', at: `${TODAY}T${time}` } }, ...over });
    const all = [timed(1, '15:00'), row(2, '2026-03-20'), timed(3, '09:00'), row(4), timed(5, '09:00', { priority: 'urgent' }), row(6, '2026-03-18')];
    expect([...all].sort(byDue).map((r) => r.id)).toEqual([6, 4, 5, 3, 1, 2]);
    expect(placeIn({ type: 'today' }, [row(6, '2026-03-18'), row(4), timed(1, '15:00')], row(-1))).toBe(2);
  });
  it('of a tree is behind what stands below the same', () => {
    const tree = [row(1, null), row(2, null, { parent: 1, depth: 1 }), row(3, null, { parent: 2, depth: 2 }), row(4, null)];
    expect(placeIn({ type: 'list', list: 1 }, tree, row(-1, null, { parent: 1, depth: 1 }))).toBe(3);
    expect(placeIn({ type: 'list', list: 1 }, tree, row(-1, null))).toBe(4);
    expect(placeIn({ type: 'done' }, tree, row(-1, null))).toBe(0);
  });
});
