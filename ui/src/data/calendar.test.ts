import { flushSync } from 'svelte';
import { describe, expect, it } from 'vitest';
import type { CalendarDto, EventDone, EventRow } from '../ipc/bindings';
import type { call } from '../ipc/transport';
import { CalendarStore, MAX_WINDOWS, type Change } from './calendar.svelte';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

const HOUR = 3_600_000;
const row = (key: string, start: number, over: Partial<EventRow> = {}): EventRow => ({
  key, calendar: 1, title: key, location: '', start, end: start + HOUR, days: null, status: 'confirmed', mine: null, free: false, repeats: false, editable: true, join: false, pending: null, also: [], ...over,
});
const cal = (id: number, over: Partial<CalendarDto> = {}): CalendarDto => ({ id, connection: 'c', source: 's', name: `n${String(id)}`, hue: id, shown: true, writable: true, default: false, video: null, error: null, lastSync: null, ...over });
const settle = async () => { for (let i = 0; i < 40; i++) await Promise.resolve(); flushSync(); };
const done = (over: Partial<EventDone> = {}): EventDone => ({ key: 'a/', undo: null, undoUntil: null, words: 'Done', ...over });

/** A core with events, whose answers can be held back. */
function core() {
  const state = { events: [row('a/', 10 * HOUR), row('b/', 30 * HOUR)], calendars: [cal(1), cal(2)], asked: [] as { from: number; to: number }[], gates: [] as (() => void)[], held: false, fail: '' };
  const ask = (async (name: string, req: { from: number; to: number; id: number; shown?: boolean }) => {
    if (state.fail === name) throw { code: 'store', message: 'It could not be read.', hint: '', retryAt: null };
    if (name === 'calendars') return state.calendars;
    if (name === 'calendar_change') return (state.calendars = state.calendars.map((c) => (c.id === req.id ? { ...c, shown: req.shown ?? c.shown } : c)));
    state.asked.push({ from: req.from, to: req.to });
    const events = state.events.filter((e) => e.start < req.to && e.end > req.from);
    if (state.held) await new Promise<void>((go) => state.gates.push(go));
    return { events, cut: false };
  }) as unknown as typeof call;
  return { state, store: new CalendarStore(ask) };
}
const DAY = { from: 0, to: 24 * HOUR };
const NEXT = { from: 24 * HOUR, to: 48 * HOUR };
const keys = (store: CalendarStore) => store.rows.map((r) => r.key);
const move: Change = { touches: (r) => r.key === 'a/', apply: (r) => ({ ...r, start: 12 * HOUR, end: 13 * HOUR }) };

describe('windows', () => {
  it('shows a stretch, and fetches what is beside it', async () => {
    const { store, state } = core();
    store.show(DAY, [NEXT]);
    expect(store.state.loading).toBe(true);
    await settle();
    expect(store.state).toEqual({ loading: false, error: null, cut: false });
    expect(keys(store)).toEqual(['a/']);
    expect(state.asked).toEqual([DAY, NEXT]);
    store.show(NEXT);
    flushSync();
    expect(keys(store)).toEqual(['b/']);
    await settle();
    expect(state.asked).toHaveLength(2);
  });
  it('takes a day out of a month that is there', async () => {
    const { store, state } = core();
    store.show({ from: 0, to: 99 * HOUR });
    await settle();
    store.show(NEXT);
    flushSync();
    expect(keys(store)).toEqual(['b/']);
    expect(state.asked).toHaveLength(1);
  });
  it('keeps what it knows while a longer stretch is fetched', async () => {
    const { store, state } = core();
    store.show(DAY);
    await settle();
    state.held = true;
    store.show({ from: 0, to: 48 * HOUR });
    await settle();
    expect(keys(store)).toEqual(['a/']);
    expect(store.state.loading).toBe(true);
    state.gates[0]?.();
    await settle();
    expect(keys(store)).toEqual(['a/', 'b/']);
  });
  it('drops an answer that comes late', async () => {
    const { store, state } = core();
    state.held = true;
    store.show(DAY);
    await settle();
    state.events = [row('c/', 5 * HOUR)];
    store.refresh();
    await settle();
    state.gates[1]?.();
    await settle();
    expect(keys(store)).toEqual(['c/']);
    state.gates[0]?.();
    await settle();
    expect(keys(store)).toEqual(['c/']);
  });
  it('keeps few', async () => {
    const { store, state } = core();
    for (let i = 0; i < MAX_WINDOWS + 4; i++) {
      store.show({ from: i * 24 * HOUR, to: (i + 1) * 24 * HOUR });
      await settle();
    }
    const before = state.asked.length;
    store.show({ from: (MAX_WINDOWS + 2) * 24 * HOUR, to: (MAX_WINDOWS + 3) * 24 * HOUR });
    await settle();
    expect(state.asked.length).toBe(before);
    store.show(DAY);
    await settle();
    expect(state.asked.length).toBe(before + 1);
  });
  it('keeps what it has when it cannot read', async () => {
    const { store, state } = core();
    store.show(DAY);
    await settle();
    state.fail = 'events';
    store.refresh();
    await settle();
    expect(keys(store)).toEqual(['a/']);
    expect(store.state.error?.code).toBe('store');
    state.fail = '';
    store.refresh();
    await settle();
    expect(store.state.error).toBeNull();
  });
  it('says so when there was nothing to keep', async () => {
    const { store, state } = core();
    state.fail = 'events';
    store.show(DAY);
    await settle();
    expect(store.state).toMatchObject({ loading: false, error: { code: 'store' } });
  });
});

describe('calendars', () => {
  it('hide their events at once', async () => {
    const { store, state } = core();
    state.events.push(row('c/', 11 * HOUR, { calendar: 2 }), row('d/', 12 * HOUR, { calendar: 2, also: [1] }));
    await store.readCalendars();
    store.show(DAY);
    await settle();
    void store.changeCalendar({ id: 2, shown: false });
    flushSync();
    // The same meeting in a calendar that is shown stays, in its colour.
    expect(keys(store)).toEqual(['a/', 'd/']);
    expect(store.hueOf(store.rows[1]!)).toBe(1);
  });
  it('are as they were when the core refuses', async () => {
    const { store, state } = core();
    await store.readCalendars();
    state.fail = 'calendar_change';
    await store.changeCalendar({ id: 1, shown: false });
    expect(store.calendar(1)?.shown).toBe(true);
    expect(toasts.items.at(-1)?.kind).toBe('error');
  });
});

describe('acts', () => {
  it('are drawn in the same frame and stay until the core says the same', async () => {
    const { store, state } = core();
    store.show(DAY);
    await settle();
    let finish: (d: EventDone) => void = () => undefined;
    const act = store.act(move, () => new Promise((go) => (finish = go)));
    flushSync();
    expect(store.rows[0]?.start).toBe(12 * HOUR);
    // The core does not have it yet: what it tells meanwhile does not bring the old time back.
    store.refresh();
    await settle();
    expect(store.rows[0]?.start).toBe(12 * HOUR);
    state.events = [row('a/', 12 * HOUR, { title: 'from the core' })];
    finish(done());
    await act;
    await settle();
    expect(store.rows.map((r) => [r.start, r.title])).toEqual([[12 * HOUR, 'from the core']]);
  });
  it('go back when the core refuses', async () => {
    const { store } = core();
    store.show(DAY);
    await settle();
    const act = store.act(move, () => Promise.reject(Object.assign(new Error(), { code: 'conflict', message: 'It was changed elsewhere.', hint: '', retryAt: null })));
    flushSync();
    expect(store.rows[0]?.start).toBe(12 * HOUR);
    expect(await act).toBeNull();
    flushSync();
    expect(store.rows[0]?.start).toBe(10 * HOUR);
    expect(toasts.items.at(-1)).toMatchObject({ kind: 'error', text: 'It was changed elsewhere.' });
  });
  it('are in every window', async () => {
    const { store } = core();
    store.show(DAY, [NEXT]);
    await settle();
    void store.act({ touches: (r) => r.key === 'a/', apply: (r) => ({ ...r, start: 26 * HOUR, end: 27 * HOUR }), add: [] }, () => new Promise(() => undefined));
    flushSync();
    expect(keys(store)).toEqual([]);
  });
  it('add a row until the core tells its own', async () => {
    const { store, state } = core();
    store.show(DAY);
    await settle();
    const act = store.act({ touches: () => false, apply: (r) => r, add: [row('new/1', 15 * HOUR)] }, () => Promise.resolve(done({ key: 'n/' })));
    flushSync();
    expect(keys(store)).toEqual(['a/', 'new/1']);
    state.events.push(row('n/', 15 * HOUR));
    await act;
    await settle();
    expect(keys(store)).toEqual(['a/', 'n/']);
  });
  it('are taken back at once, and asked again', async () => {
    const { store, state } = core();
    const stop = undo.onDone(() => undefined);
    store.show(DAY);
    await settle();
    state.events = [];
    await store.act({ touches: (r) => r.key === 'a/', apply: () => null }, () => Promise.resolve(done({ key: null, undo: 'token', undoUntil: Date.now() + 60_000 })));
    await settle();
    expect(keys(store)).toEqual([]);
    // The core has not taken it back yet; the window has.
    undo.undo('token');
    flushSync();
    expect(keys(store)).toEqual(['a/']);
    stop();
  });
});
