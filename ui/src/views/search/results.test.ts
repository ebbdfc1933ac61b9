import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppEvent, SearchPage } from '../../ipc/bindings';

const { answers, explained, listeners } = vi.hoisted(() => ({
  explained: [] as { query: string; messages: number[]; resolve: (found: { message: number; text: string }[]) => void }[],
  answers: [] as { query: string; resolve: (page: SearchPage) => void }[],
  listeners: new Set<(event: AppEvent) => void>(),
}));
vi.mock('../../ipc/transport', () => ({
  call: (name: string, req: { query: string; messages: number[] }) => new Promise<unknown>((resolve) => {
    if (name === 'search') answers.push({ query: req.query, resolve });
    else explained.push({ query: req.query, messages: req.messages, resolve });
  }),
  asCallError: (e: unknown) => e,
  onEvent: (f: (event: AppEvent) => void) => { listeners.add(f); return () => listeners.delete(f); },
}));
const { Results } = await import('./results.svelte');

const page = (thread: number): SearchPage => ({
  hits: [{ message: thread, thread, account: 1, from: { name: '', email: 'a@b' }, subject: '', snippet: '', date: 0, unread: false, starred: false, attachments: false, mailbox: '', role: null }],
  next: null, ms: 1, partial: false,
});
const changed: AppEvent = { type: 'changed', entity: 'thread', ids: [1], rev: 1 };

describe('results of a search', () => {
  beforeEach(() => {
    answers.length = 0;
    explained.length = 0;
    listeners.clear();
    vi.useFakeTimers();
  });

  it('new mail while the next query is being answered does not bring the last one back', async () => {
    const results = new Results();
    const stop = results.follow();
    results.find('first', { now: true });
    await vi.advanceTimersByTimeAsync(1);
    answers[0]?.resolve(page(1));
    await vi.advanceTimersByTimeAsync(1);
    expect(results.query).toBe('first');

    for (const tell of listeners) tell(changed);
    await vi.advanceTimersByTimeAsync(200);
    results.find('second', { now: true });
    await vi.advanceTimersByTimeAsync(100);
    for (const answer of answers.slice(1)) answer.resolve(page(answer.query === 'second' ? 2 : 1));
    await vi.advanceTimersByTimeAsync(1);
    expect(results.query).toBe('second');
    expect(results.hits.map((h) => h.thread)).toEqual([2]);
    stop();
    vi.useRealTimers();
  });

  it('asks where the words are for the mails whose beginning does not show it', async () => {
    const results = new Results();
    results.find('plan', { now: true });
    await vi.advanceTimersByTimeAsync(1);
    const [first, second] = [page(1).hits[0]!, page(2).hits[0]!];
    answers[0]?.resolve({ ...page(1), hits: [first, { ...second, snippet: 'The plan stands' }] });
    await vi.advanceTimersByTimeAsync(1);
    expect(explained.map((e) => [e.query, e.messages])).toEqual([['plan', [1]]]);
    results.find('other', { now: true });
    await vi.advanceTimersByTimeAsync(1);
    explained[0]?.resolve([{ message: 1, text: '… the plan' }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(results.excerpts.size, 'of the query before').toBe(0);
    answers[1]?.resolve(page(1));
    await vi.advanceTimersByTimeAsync(1);
    explained[1]?.resolve([{ message: 1, text: '… another' }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(results.excerpts.get(1)).toBe('… another');
    results.close();
    vi.useRealTimers();
  });

  it('what was dealt with stays away until something else is looked for, and comes back when that is undone', async () => {
    const results = new Results();
    const stop = results.follow();
    results.find('first', { now: true, account: 1 });
    await vi.advanceTimersByTimeAsync(1);
    answers[0]?.resolve({ ...page(1), hits: [...page(1).hits, ...page(2).hits] });
    await vi.advanceTimersByTimeAsync(1);
    const op = results.hide([1]);
    results.patch([2], { starred: true }).confirm();
    op.confirm();
    expect(results.rows.map((r) => [r.id, r.starred])).toEqual([[2, true]]);
    await vi.advanceTimersByTimeAsync(260);
    answers[1]?.resolve({ ...page(1), hits: [...page(1).hits, ...page(2).hits] });
    await vi.advanceTimersByTimeAsync(1);
    expect(results.rows.map((r) => [r.id, r.starred])).toEqual([[2, false]]);
    op.rollback();
    expect(results.rows.map((r) => r.id)).toEqual([1, 2]);
    results.hide([2]);
    results.find('second', { now: true, account: 1 });
    expect(results.rows.map((r) => r.id)).toEqual([1, 2]);
    stop();
    vi.useRealTimers();
  });
});
