import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toasts } from '../../data/toasts.svelte';
import { undo } from '../../data/undo.svelte';
import { Rsvp, rsvpOf } from './rsvp.svelte';

const calls: [string, Record<string, unknown>][] = [];
let answer: (name: string, req: Record<string, unknown>) => unknown = () => null;
vi.mock('../../ipc/transport', async (original) => ({
  ...(await original<typeof import('../../ipc/transport')>()),
  call: (name: string, req: Record<string, unknown>) => {
    calls.push([name, req]);
    return Promise.resolve().then(() => answer(name, req));
  },
}));

const sent = () => calls.filter(([name]) => name === 'invite_respond').map(([, req]) => req['answer']);
const done = (token: string | null) => ({ key: null, undo: token, undoUntil: null, words: 'Done' });

beforeEach(() => { calls.length = 0; toasts.items = []; answer = (name) => (name === 'invite_respond' ? done(`t${String(calls.length)}`) : { undo: null, undoUntil: null, count: 1, words: 'Undone' }); });
afterEach(() => vi.restoreAllMocks());

describe('an answer', () => {
  it('is there before the core knows of it', async () => {
    const rsvp = new Rsvp(7, 'none');
    const work = rsvp.give('accepted');
    expect(rsvp.mine).toBe('accepted');
    await work;
    expect(calls).toEqual([['invite_respond', { message: 7, answer: 'accepted' }]]);
    expect(toasts.items.at(-1)?.text).toBe('Done');
    expect(toasts.items.at(-1)?.action).not.toBeNull();
  });
  it('that is given again is not sent again', async () => {
    const rsvp = new Rsvp(7, 'accepted');
    await rsvp.give('accepted');
    expect(calls).toEqual([]);
  });
  it('goes back when it is refused, and says why', async () => {
    answer = () => { throw { code: 'no_sender', message: 'Nobody', hint: 'Do', retryAt: null }; };
    const rsvp = new Rsvp(7, 'tentative');
    await rsvp.give('declined');
    expect(rsvp.mine).toBe('tentative');
    expect(toasts.items.at(-1)?.kind).toBe('error');
  });
  it('follows the one before it, and of many only the last is sent', async () => {
    const rsvp = new Rsvp(7, 'none');
    const all = [rsvp.give('accepted'), rsvp.give('tentative'), rsvp.give('declined')];
    expect(rsvp.mine).toBe('declined');
    await Promise.all(all);
    expect(sent()).toEqual(['declined']);
    expect(rsvp.mine).toBe('declined');
  });
  it('that comes while one is under way waits for it', async () => {
    let open: () => void = () => undefined;
    const rsvp = new Rsvp(7, 'none');
    answer = () => new Promise((go) => { open = () => go(done('a')); });
    const first = rsvp.give('accepted');
    await vi.waitFor(() => expect(sent()).toEqual(['accepted']));
    const second = rsvp.give('declined');
    await Promise.resolve();
    expect(sent()).toEqual(['accepted']);
    answer = () => { throw { code: 'busy', message: 'Busy', hint: '', retryAt: null }; };
    open();
    await Promise.all([first, second]);
    expect(sent()).toEqual(['accepted', 'declined']);
    // The second was refused: the first still holds.
    expect(rsvp.mine).toBe('accepted');
  });
  it('outlives the card while it is under way', async () => {
    const first = rsvpOf(8, 'none');
    const work = first.give('accepted');
    expect(rsvpOf(8, 'none')).toBe(first);
    expect(rsvpOf(9, 'none').mine).toBe('none');
    await work;
    expect(calls).toHaveLength(1);
  });
  it('is not lost to a mail that was read before it, and gives way to one that was read after', async () => {
    const rsvp = rsvpOf(11, 'none');
    await rsvp.give('accepted');
    let truth = 'accepted';
    answer = () => ({ invite: { mine: truth } });
    expect(rsvpOf(11, 'none')).toBe(rsvp);
    await vi.waitFor(() => expect(calls.filter(([name]) => name === 'message_body')).toHaveLength(1));
    expect(rsvp.mine).toBe('accepted');
    // The calendar was used meanwhile.
    truth = 'declined';
    rsvpOf(11, 'declined');
    await vi.waitFor(() => expect(rsvp.mine).toBe('declined'));
    rsvpOf(11, 'declined');
    expect(calls.filter(([name]) => name === 'message_body')).toHaveLength(2);
  });
  it('is not read again while another is under way', async () => {
    const rsvp = rsvpOf(12, 'none');
    const work = rsvp.give('accepted');
    rsvpOf(12, 'tentative');
    await work;
    expect(calls.map(([name]) => name)).toEqual(['invite_respond']);
    expect(rsvp.mine).toBe('accepted');
  });
  it('is taken back as one', async () => {
    const rsvp = new Rsvp(7, 'none');
    await rsvp.give('accepted');
    await rsvp.give('declined');
    undo.undo();
    await vi.waitFor(() => expect(calls.filter(([name]) => name === 'undo')).toHaveLength(1));
    expect(rsvp.mine).toBe('accepted');
  });
  it('is read again after an undo that came too late', async () => {
    const rsvp = new Rsvp(7, 'none');
    answer = () => ({ invite: { mine: 'declined' } });
    await rsvp.reread();
    expect(rsvp.mine).toBe('declined');
    answer = () => ({ invite: null });
    await rsvp.reread();
    expect(rsvp.mine).toBe('declined');
  });
});
