import { describe, expect, it } from 'vitest';
import type { ThreadRow, ThreadsReq } from '../ipc/bindings';
import { MAX_PAGES, PAGE, ThreadWindow } from './threads.svelte';

const filter = { account: null, role: 'inbox', mailbox: null, unread: false };
const row = (id: number): ThreadRow => ({
  id, account: 1, senders: [], count: 1, subject: `s${id}`, snippet: '', date: 0, unread: true, starred: false, attachments: false, labels: [], pending: false,
});
const settle = async () => { for (let i = 0; i < 30; i++) await Promise.resolve(); };

/** A core with a list of ids. */
function core(size: number) {
  const state = { ids: Array.from({ length: size }, (_, i) => i + 1), rev: 1, calls: [] as ThreadsReq[], fail: false, gate: null as Promise<void> | null };
  const fetch = async (req: ThreadsReq) => {
    state.calls.push(req);
    const answer = { total: state.ids.length, unread: 0, rev: state.rev, rows: state.ids.slice(req.offset, req.offset + req.limit).map(row) };
    if (state.gate) await state.gate;
    if (state.fail) throw { code: 'busy', message: 'The store is busy.', hint: '', retryAt: null };
    return answer;
  };
  const remove = (...ids: number[]) => { state.ids = state.ids.filter((i) => !ids.includes(i)); state.rev++; };
  return { state, remove, list: new ThreadWindow(filter, fetch) };
}
const shown = (list: ThreadWindow, n: number) => Array.from({ length: n }, (_, i) => list.row(i)?.id);

describe('ThreadWindow', () => {
  it('loads what is looked at and nothing else', async () => {
    const { list, state } = core(100_000);
    await list.open();
    expect(list.count).toBe(100_000);
    expect(state.calls).toHaveLength(1);
    expect(list.row(90_000)).toBeUndefined();
    list.ensure(90_000, 90_040);
    await settle();
    expect(list.row(90_000)?.id).toBe(90_001);
    expect(state.calls).toHaveLength(2);
    list.ensure(90_000, 90_050);
    await settle();
    expect(state.calls).toHaveLength(2);
  });

  it('keeps at most its pages, and those in view', async () => {
    const { list } = core(100_000);
    await list.open();
    for (let p = 0; p < 60; p++) {
      list.ensure(p * PAGE, p * PAGE + 40);
      await settle();
      expect(list.row(p * PAGE)?.id).toBe(p * PAGE + 1);
    }
    expect(list.loadedPages).toBeLessThanOrEqual(MAX_PAGES);
  });

  it('takes rows out at once and closes the gap over page borders', async () => {
    const { list } = core(1000);
    await list.open();
    list.ensure(150, 250);
    await settle();
    list.hide([1, 3, 200, 201]);
    expect(list.count).toBe(996);
    expect(shown(list, 3)).toEqual([2, 4, 5]);
    expect(list.row(196)?.id).toBe(199);
    expect(list.row(197)?.id).toBe(202);
    expect(list.indexOf(202)).toBe(197);
    expect(list.indexOf(200)).toBe(-1);
  });

  it('does not flicker between the confirmation and the new snapshot', async () => {
    const { list, remove } = core(500);
    await list.open();
    const op = list.hide([2]);
    remove(2);
    op.confirm();
    expect(shown(list, 3)).toEqual([1, 3, 4]);
    expect(list.count).toBe(499);
    await settle();
    expect(shown(list, 3)).toEqual([1, 3, 4]);
    expect(list.count).toBe(499);
  });

  it('does not show a row again when the snapshot was taken before the core had acted', async () => {
    const { list, remove, state } = core(500);
    await list.open();
    let release = () => {};
    state.gate = new Promise((r) => (release = r));
    void list.refresh(); // reads the list with 2 still in it
    const op = list.hide([2]);
    remove(2);
    op.confirm();
    state.gate = null;
    release();
    await Promise.resolve();
    for (let i = 0; i < 30; i++) {
      await Promise.resolve();
      expect(shown(list, 2)).toEqual([1, 3]);
    }
    expect(list.count).toBe(499);
  });

  it('leaves a row that is as it was, wherever it stands, and replaces one that changed', async () => {
    let rev = 1;
    let rows = [row(1), row(2)];
    const list = new ThreadWindow(filter, async () => ({ total: rows.length, unread: 0, rev, rows }));
    await list.open();
    const [one, two] = [list.row(0), list.row(1)];
    const from = [{ name: 'Ada', email: 'ada@x.example' }];
    rev = 2;
    rows = [row(9), row(1), { ...row(2), senders: from }];
    await list.refresh();
    expect(list.row(1)).toBe(one);
    expect(list.row(2)).not.toBe(two);
    expect(list.row(2)?.senders).toEqual(from);
    rev = 3;
    const { pending: _, ...without } = row(1);
    rows = [{ ...without, state: null } as unknown as ThreadRow];
    await list.refresh();
    expect(list.row(0), 'another field of the same number of them').not.toBe(one);
  });

  it('puts rows back when the core refuses', async () => {
    const { list } = core(300);
    await list.open();
    const hide = list.hide([1]);
    const star = list.patch([2], { starred: true });
    expect(list.row(0)).toMatchObject({ id: 2, starred: true });
    hide.rollback();
    star.rollback();
    expect(list.row(0)?.id).toBe(1);
    expect(list.row(1)?.starred).toBe(false);
    expect(list.count).toBe(300);
  });

  it('keeps a change over snapshots until it is confirmed', async () => {
    const { list, state } = core(300);
    await list.open();
    list.patch([5], { unread: false });
    state.rev++;
    state.ids.unshift(999);
    await list.refresh();
    expect(list.row(0)?.id).toBe(999);
    expect(list.row(list.indexOf(5))?.unread).toBe(false);
  });

  it('shows one revision, never a mixture', async () => {
    const { list, state } = core(1000);
    await list.open();
    state.ids.unshift(2000);
    state.rev++;
    list.ensure(400, 440); // its page is of the new revision
    await settle();
    expect(list.rev).toBe(2);
    expect(list.row(400)?.id).toBe(400);
    list.ensure(0, 40);
    await settle();
    expect(shown(list, 2)).toEqual([2000, 1]);
  });

  it('tells an error of the first read, and keeps the rows at a later one', async () => {
    const { list, state } = core(10);
    state.fail = true;
    await list.open();
    expect(list.state).toBe('error');
    expect(list.error?.message).toBe('The store is busy.');
    state.fail = false;
    await list.refresh();
    expect(list.state).toBe('ready');
    expect(list.error).toBeNull();
    state.fail = true;
    await list.refresh();
    expect(list.state).toBe('ready');
    expect(list.row(0)?.id).toBe(1);
    expect(list.error?.code).toBe('busy');
  });

  it('asks once more, not once per event, while it is asking', async () => {
    const { list, state } = core(10);
    await list.open();
    const before = state.calls.length;
    for (let i = 0; i < 50; i++) void list.refresh();
    await settle();
    expect(state.calls.length - before).toBe(2);
  });

  it('lists what is loaded without what is hidden', async () => {
    const { list } = core(5);
    await list.open();
    list.hide([2, 4]);
    expect([...list.loaded()].map((r) => r.id)).toEqual([1, 3, 5]);
  });
});
