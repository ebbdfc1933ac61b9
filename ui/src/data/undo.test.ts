import { beforeEach, describe, expect, it, vi } from 'vitest';

const { call } = vi.hoisted(() => ({ call: vi.fn() }));
vi.mock('../ipc/transport', () => ({ call, asCallError: (e: unknown) => e, onEvent: () => () => undefined }));
const { bulk } = await import('./bulk.svelte');
const { toasts } = await import('./toasts.svelte');
const { undo } = await import('./undo.svelte');

const job = (state: string, done: number) => ({ id: 7, state, words: '300 conversations archived', done, total: 300, error: null, undo: 'u:7' });
const asked = () => (call.mock.calls as [string, { token?: string }?][]).filter(([name]) => name === 'undo' || name === 'undo_last').map(([name, req]) => req?.token ?? name);
const press = async () => {
  undo.undo();
  await vi.advanceTimersByTimeAsync(1);
};

describe('the one way back', () => {
  beforeEach(async () => {
    vi.useFakeTimers({ now: 1_000_000 });
    call.mockReset().mockImplementation((name: string) => (name === 'bulk_jobs' ? Promise.resolve([]) : Promise.resolve({ words: 'Undone', undo: null, undoUntil: null, count: 1 })));
    vi.setSystemTime(1e15);
    await press();
    for (let i = 0; i < 45; i += 1) await press();
    call.mockClear();
    vi.setSystemTime(1_000_000);
    toasts.items = [];
  });

  it('a job is taken back in the order in which it began, not in which it ended', async () => {
    bulk.begin(job('running', 25), []);
    undo.offerToken('Conversation starred', 'u:8', null);
    bulk.follow(job('done', 300));
    await press();
    expect(asked()).toEqual(['u:8']);
    await press();
    expect(asked()).toEqual(['u:8', 'u:7']);
    await press();
    expect(asked().at(-1)).toBe('undo_last');
  });

  it('the key takes back a job that ended, once', async () => {
    bulk.begin(job('done', 300), []);
    await press();
    await press();
    expect(asked()).toEqual(['u:7', 'undo_last']);
  });

  it('what has left for good is passed over', async () => {
    undo.offerToken('Conversation archived', 'u:1', 2_000_000);
    undo.offerToken('Message sent', 'u:2', 1_005_000);
    vi.setSystemTime(1_006_000);
    await press();
    expect(asked()).toEqual(['u:1']);
  });

  it('what only the window knows stands in the same order, and not longer than it makes sense', async () => {
    const reset = vi.fn();
    const closed = vi.fn();
    let open = true;
    undo.offerToken('Conversation archived', 'u:1', null);
    undo.offerLocal('Settings are as delivered', reset);
    undo.offerLocal('Your text was kept', closed, () => open);
    open = false;
    await press();
    expect(reset).toHaveBeenCalledOnce();
    expect(closed).not.toHaveBeenCalled();
    await press();
    expect(asked()).toEqual(['u:1']);
  });

  it('only the toast of the last thing done shows the key', () => {
    undo.offerToken('Conversation archived', 'u:1', null);
    const first = toasts.items.at(-1)?.id;
    expect(undo.toast).toBe(first);
    undo.offerToken('Conversation starred', 'u:2', null);
    expect(undo.toast).toBe(toasts.items.at(-1)?.id);
    expect(undo.toast).not.toBe(first);
    const other = toasts.show({ text: 'Reported', action: { label: 'Block', run: () => undefined } });
    expect(undo.toast).not.toBe(other);
  });
});
