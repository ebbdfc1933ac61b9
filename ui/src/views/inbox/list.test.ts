import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppEvent, ThreadRow, ThreadsReq } from '../../ipc/bindings';
import { actions, leaves } from '../../data/actions.svelte';
import { ThreadWindow } from '../../data/threads.svelte';
import { ListController } from './list.svelte';

const act = vi.hoisted(() => vi.fn());
const listeners = vi.hoisted(() => new Set<(event: AppEvent) => void>());
vi.mock('../../ipc/transport', async (original) => ({ ...(await original<typeof import('../../ipc/transport')>()), call: act, onEvent: (f: (event: AppEvent) => void) => { listeners.add(f); return () => listeners.delete(f); } }));

const filter = { account: null, role: 'inbox', mailbox: null, unread: false };
const row = (id: number): ThreadRow => ({
  id, account: 1, senders: [], count: 1, subject: '', snippet: '', date: 0, unread: id % 2 === 0, starred: false, attachments: false, labels: [], pending: false,
});
let opened: number | null = null;
async function setup(n = 6) {
  const fetch = async (req: ThreadsReq) => ({ total: n, unread: 0, rev: 1, rows: Array.from({ length: n }, (_, i) => row(i + 1)).slice(req.offset, req.offset + req.limit) });
  const rows = new ThreadWindow(filter, fetch);
  await rows.open();
  const list = new ListController(rows, { open: (id) => (opened = id), opened: () => opened });
  list.settle();
  const stop = actions.watch(rows);
  return { rows, list, stop };
}
beforeEach(() => {
  opened = null;
  act.mockReset();
  act.mockReturnValue(new Promise(() => undefined));
});
const at = (list: ListController, rows: ThreadWindow) => rows.row(list.active)?.id;

describe('the list', () => {
  it('goes on to the row after a selection, not past it', async () => {
    const { list, rows, stop } = await setup();
    list.activate(1);
    list.toggle();
    list.extendTo(3);
    list.act({ type: 'archive' });
    expect(at(list, rows)).toBe(5);
    stop();
  });
  it.each([['older', 4, 4], ['newer', 2, 2], ['list', 4, null]] as const)('goes on to the %s one when the open conversation leaves', async (then, next, shown) => {
    const { list, rows, stop } = await setup();
    opened = 3;
    list.show(3);
    list.act({ type: 'archive' }, { then });
    expect(at(list, rows)).toBe(next);
    expect(opened).toBe(shown);
    stop();
  });
  it('moves and stops at the ends', async () => {
    const { list, rows, stop } = await setup();
    list.move(1);
    list.move(1);
    expect(at(list, rows)).toBe(3);
    list.move(-9);
    expect(at(list, rows)).toBe(1);
    list.move(99);
    expect(at(list, rows)).toBe(6);
    stop();
  });
  it('lands on the next row after archiving, and on the last one at the end', async () => {
    const { list, rows, stop } = await setup(3);
    list.move(1);
    list.act({ type: 'archive' });
    expect(at(list, rows)).toBe(3);
    list.act({ type: 'archive' });
    expect(at(list, rows)).toBe(1);
    list.act({ type: 'archive' });
    expect(rows.count).toBe(0);
    expect(act).toHaveBeenCalledTimes(3);
    stop();
  });
  it('goes to the newer one on request', async () => {
    const { list, rows, stop } = await setup();
    list.move(3);
    list.act({ type: 'archive' }, { then: 'newer' });
    expect(at(list, rows)).toBe(3);
    stop();
  });
  it('follows with the reader, and closes it with the last conversation', async () => {
    const { list, stop } = await setup(2);
    list.open();
    expect(opened).toBe(1);
    list.act({ type: 'archive' });
    expect(opened).toBe(2);
    list.act({ type: 'trash' });
    expect(opened).toBeNull();
    stop();
  });
  it('marks as read what is opened, once', async () => {
    const { list, rows, stop } = await setup();
    list.activate(1, { open: true });
    expect(act).toHaveBeenCalledWith('act', expect.objectContaining({ threads: [2], action: { type: 'read' } }));
    expect(rows.row(1)?.unread).toBe(false);
    act.mockClear();
    list.open();
    expect(act).not.toHaveBeenCalled();
    stop();
  });
  it('acts on the selection, then forgets it', async () => {
    const { list, rows, stop } = await setup();
    list.toggle(1);
    list.extendTo(3);
    expect([...list.selected]).toEqual([2, 3, 4]);
    list.act({ type: 'trash' });
    expect(rows.count).toBe(3);
    expect(list.selected.size).toBe(0);
    stop();
  });
  it('keeps its row when new mail arrives above', async () => {
    let ids = [1, 2, 3];
    let rev = 1;
    const rows = new ThreadWindow(filter, async () => ({ total: ids.length, unread: 0, rev, rows: ids.map(row) }));
    await rows.open();
    const list = new ListController(rows, { open: () => undefined, opened: () => null });
    list.settle();
    list.move(1);
    ids = [9, 8, 1, 2, 3];
    rev = 2;
    await rows.refresh();
    list.settle();
    expect(rows.row(list.active)?.id).toBe(2);
    expect(list.active).toBe(3);
  });
  it('brings the rows back when the core refuses', async () => {
    const { list, rows, stop } = await setup();
    act.mockRejectedValueOnce({ code: 'full', message: 'Full.', hint: '', retryAt: null });
    list.act({ type: 'archive' });
    expect(rows.count).toBe(5);
    await vi.waitFor(() => expect(rows.count).toBe(6));
    stop();
  });
});

describe('what the core says of changes', () => {
  const tell = (rev: number) => { for (const f of listeners) f({ type: 'changed', entity: 'thread', ids: [], rev }); };
  it('is asked for once in a burst, and not again when an answer brought it already', async () => {
    vi.useFakeTimers();
    let rev = 1;
    let asked = 0;
    const rows = new ThreadWindow(filter, async () => { asked += 1; return { total: 2, unread: 0, rev, rows: [row(1), row(2)] }; });
    await rows.open();
    const stop = actions.watch(rows);
    rev = 4;
    for (const r of [2, 3, 4]) tell(r);
    expect(asked, 'mail comes in bursts').toBe(1);
    await vi.advanceTimersByTimeAsync(50);
    expect([asked, rows.rev]).toEqual([2, 4]);
    rev = 5;
    tell(5);
    rows.hide([1]).confirm();
    await vi.advanceTimersByTimeAsync(50);
    expect([asked, rows.rev], 'the answer to the person’s own doing').toEqual([3, 5]);
    tell(6);
    stop();
    await vi.advanceTimersByTimeAsync(50);
    expect(asked, 'the list is closed').toBe(3);
    vi.useRealTimers();
  });
});

it('knows which rows leave which list', () => {
  const of = (role: string | null, mailbox: number | null = null) => ({ account: null, role, mailbox, unread: false });
  expect(leaves(of('inbox'), { type: 'archive' })).toBe(true);
  expect(leaves(of('all'), { type: 'archive' })).toBe(false);
  expect(leaves(of('starred'), { type: 'archive' })).toBe(false);
  expect(leaves(of('starred'), { type: 'unstar' })).toBe(true);
  expect(leaves(of('trash'), { type: 'trash' })).toBe(false);
  expect(leaves(of('trash'), { type: 'inbox' })).toBe(true);
  expect(leaves(of(null, 4), { type: 'label', mailbox: 4, on: false })).toBe(true);
  expect(leaves(of(null, 4), { type: 'label', mailbox: 5, on: false })).toBe(false);
  expect(leaves(of('inbox'), { type: 'read' })).toBe(false);
});
