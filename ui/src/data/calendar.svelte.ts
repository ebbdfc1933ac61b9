// The calendars, and windows onto what lies in them. A window is a stretch of time as the core told it; a few are kept, so that stepping
// back is there at once. What a person does is drawn in the same frame over every window, and goes as soon as the core, asked after it
// was done, says the same itself.
import type { CalendarChangeReq, CalendarDto, EventDone, EventRow, Id } from '../ipc/bindings';
import { asCallError, call, onEvent, type CallError } from '../ipc/transport';
import { gathered } from './still';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

/** Milliseconds; the end is exclusive. */
export interface Range { from: number; to: number }
/** What an act does to rows, before the core has said so. */
export interface Change {
  touches: (row: EventRow) => boolean;
  /** null: the row goes. */
  apply: (row: EventRow) => EventRow | null;
  add?: readonly EventRow[];
}
export interface WindowState {
  /** Nothing is known of this stretch yet. */
  loading: boolean;
  error: CallError | null;
  /** There are more events than are told. */
  cut: boolean;
}
interface Window extends Range {
  rows: readonly EventRow[];
  cut: boolean;
  error: CallError | null;
  /** Asked at this turn; 0: never answered. */
  seq: number;
  /** To be asked again before it is believed. */
  stale: boolean;
  asked: number;
  used: number;
}
interface Op {
  change: Change;
  /** Windows that were asked after this turn have it in them. */
  seq: number;
  /** What an undo brings back; it has its turn once the core has done it. */
  undoing: boolean;
}

export const MAX_WINDOWS = 8;
const SOON_MS = 60;
const GREY = 9;

/** A key is `"<item>/<member>"`. */
export const itemOf = (key: string): string => key.slice(0, key.indexOf('/'));
export const overlaps = (row: EventRow, { from, to }: Range): boolean => row.start < to && (row.end > from || row.start >= from);
const byTime = (a: EventRow, b: EventRow): number => Number(b.days !== null) - Number(a.days !== null) || a.start - b.start || b.end - a.end || (a.key < b.key ? -1 : 1);

function applied(rows: readonly EventRow[], ops: readonly Op[], seq: number): EventRow[] {
  let out = [...rows];
  for (const { change, seq: done } of ops) {
    if (seq >= done) continue;
    out = out.flatMap((row) => (change.touches(row) ? (change.apply(row) ?? []) : [row]));
    for (const row of change.add ?? []) if (!out.some((r) => r.key === row.key)) out.push(row);
  }
  return out;
}

export class CalendarStore {
  calendars = $state.raw<CalendarDto[]>([]);
  calendarsError = $state.raw<CallError | null>(null);
  /** False until the calendars have been read once. */
  read = $state(false);
  range = $state.raw<Range | null>(null);
  #windows: Window[] = [];
  #version = $state(0);
  #ops = $state.raw<readonly Op[]>([]);
  #seq = 0;
  #clock = 0;
  #beside: readonly Range[] = [];

  constructor(private readonly ask: typeof call = call) {}

  /** The window for the stretch that is shown, or one that holds it. Windows are filled in place: the version tells that they were. */
  #current(): Window | null {
    void this.#version;
    return this.range === null ? null : this.#holding(this.range);
  }

  /** What is shown of the stretch: by its beginning, whole days first. Events of hidden calendars are left out. */
  rows = $derived.by((): EventRow[] => {
    const { range } = this;
    if (range === null) return [];
    const window = this.#current() ?? this.#nearest(range);
    const shown = new Set(this.calendars.filter((c) => c.shown).map((c) => c.id));
    return applied(window?.rows ?? [], this.#ops, window?.seq ?? 0)
      .filter((row) => overlaps(row, range) && (!this.read || shown.has(row.calendar) || row.also.some((id) => shown.has(id))))
      .sort(byTime);
  });

  state = $derived.by((): WindowState => {
    const window = this.#current();
    return { loading: window === null || (window.seq === 0 && window.error === null), error: window?.error ?? null, cut: window?.cut ?? false };
  });

  calendar(id: Id): CalendarDto | undefined {
    return this.calendars.find((c) => c.id === id);
  }
  /** 0 … 9; of the first of its calendars that is shown. */
  hueOf(row: EventRow): number {
    const own = [row.calendar, ...row.also].map((id) => this.calendar(id)).filter((c) => c !== undefined);
    return (own.find((c) => c.shown) ?? own[0])?.hue ?? GREY;
  }
  /** Where a new event goes. */
  get target(): CalendarDto | undefined {
    return this.calendars.find((c) => c.default && c.writable) ?? this.calendars.find((c) => c.writable);
  }
  find(key: string): EventRow | undefined {
    return this.rows.find((r) => r.key === key);
  }

  /** Listens as long as the calendar is on screen. Returns the way to stop. */
  start(): () => void {
    const soon = gathered(SOON_MS, () => this.refresh());
    const stops = [
      onEvent((event) => {
        // A plain text, so that an event that bindings do not have yet is understood, too.
        const type: string = event.type;
        if (type === 'calendar' || (event.type === 'changed' && event.entity === 'event')) soon.ask();
        if (type === 'connections') void this.readCalendars();
      }),
      undo.onDone(() => this.#taken()),
      soon.stop,
    ];
    void this.readCalendars();
    return () => stops.forEach((stop) => stop());
  }

  /** Something changed at the core: calendars and events are asked again, and nothing on screen goes meanwhile. */
  refresh(): void {
    for (const window of this.#windows) window.stale = true;
    void this.readCalendars();
    if (this.range) void this.#load(this.range).then(() => this.#prefetch());
  }

  async readCalendars(): Promise<void> {
    try {
      this.calendars = await this.ask('calendars');
      this.calendarsError = null;
      this.read = true;
    } catch (error) {
      this.calendarsError = asCallError(error);
    }
  }

  /** Shows a stretch; `beside` is fetched when that is there, because people step. */
  show(range: Range, beside: readonly Range[] = []): void {
    this.#beside = beside;
    if (this.range?.from !== range.from || this.range.to !== range.to) this.range = range;
    const window = this.#holding(range);
    if (window) window.used = ++this.#clock;
    if (window && !window.stale && window.error === null) this.#prefetch();
    else void this.#load(range).then(() => this.#prefetch());
  }

  #holding({ from, to }: Range): Window | null {
    const all = this.#windows.filter((w) => w.from <= from && w.to >= to && (w.seq > 0 || w.error !== null));
    return all.sort((a, b) => b.seq - a.seq || a.to - a.from - (b.to - b.from))[0] ?? null;
  }

  /** What is known of a stretch whose answer is still to come, such as the days before it grew. */
  #nearest(range: Range): Window | null {
    const shared = (w: Window): number => Math.min(w.to, range.to) - Math.max(w.from, range.from);
    return this.#windows.filter((w) => w.seq > 0 && shared(w) > 0).sort((a, b) => shared(b) - shared(a))[0] ?? null;
  }

  async #load({ from, to }: Range): Promise<void> {
    let window = this.#windows.find((w) => w.from === from && w.to === to);
    if (!window) this.#windows.push((window = { from, to, rows: [], cut: false, error: null, seq: 0, stale: true, asked: 0, used: 0 }));
    const asked = ++this.#seq;
    window.asked = asked;
    window.used = ++this.#clock;
    try {
      const { events, cut } = await this.ask('events', { from, to });
      // A later question has been asked meanwhile.
      if (window.asked !== asked) return;
      Object.assign(window, { rows: events, cut, error: null, seq: asked, stale: false });
    } catch (error) {
      if (window.asked !== asked) return;
      // What was read before stays.
      window.error = asCallError(error);
    }
    this.#prune();
    this.#version++;
  }

  #prefetch(): void {
    for (const range of this.#beside) {
      const known = this.#holding(range);
      if (!known || known.stale) void this.#load(range);
    }
  }

  #prune(): void {
    const { range } = this;
    const mine = range ? this.#holding(range) : null;
    if (this.#windows.length > MAX_WINDOWS) {
      const old = [...this.#windows].sort((a, b) => a.used - b.used).filter((w) => w !== mine && w.seq > 0).slice(0, this.#windows.length - MAX_WINDOWS);
      this.#windows = this.#windows.filter((w) => !old.includes(w));
    }
    // An act that every window has in it is no longer needed.
    const least = Math.min(...this.#windows.map((w) => w.seq));
    if (this.#ops.some((op) => op.seq <= least)) this.#ops = this.#ops.filter((op) => op.seq > least);
  }

  /** Draws a change at once and returns the way to end it: confirmed, or taken back. */
  draw(change: Change): { confirm: () => void; drop: () => void } {
    const op: Op = { change, seq: Infinity, undoing: false };
    this.#ops = [...this.#ops, op];
    return {
      confirm: () => {
        op.seq = ++this.#seq;
        this.refresh();
      },
      drop: () => (this.#ops = this.#ops.filter((o) => o !== op)),
    };
  }

  /**
   * Draws the change, lets the core do it, and offers the way back. Null where the core refused: the change is gone again and the
   * person has been told. `drawn`: it stands on screen already.
   */
  async act(change: Change, work: () => Promise<EventDone>, drawn = this.draw(change)): Promise<EventDone | null> {
    const before = this.#windows.flatMap((w) => w.rows).filter((row, i, all) => change.touches(row) && all.findIndex((r) => r.key === row.key) === i);
    try {
      const done = await undo.track(work());
      drawn.confirm();
      undo.offer(done, [{ confirm: () => undefined, rollback: () => this.#bringBack(change, before, done.key) }]);
      return done;
    } catch (error) {
      drawn.drop();
      toasts.error(error);
      return null;
    }
  }

  /** An undo shows at once, too. */
  #bringBack(change: Change, before: readonly EventRow[], made: string | null): void {
    const added = new Set([made, ...(change.add ?? []).map((r) => r.key)]);
    const known = new Set(before.map((r) => r.key));
    const touches = (row: EventRow): boolean => known.has(row.key) || added.has(row.key);
    this.#ops = [...this.#ops, { change: { touches, apply: (row) => before.find((r) => r.key === row.key) ?? null, add: before }, seq: Infinity, undoing: true }];
  }

  #taken(): void {
    for (const op of this.#ops) {
      if (!op.undoing) continue;
      op.seq = ++this.#seq;
      op.undoing = false;
    }
    this.refresh();
  }

  /** Colour, shown or not, default: at once, and as it was where the core refuses. */
  async changeCalendar(req: CalendarChangeReq): Promise<void> {
    const before = this.calendars;
    const { id, ...part } = req;
    this.calendars = before.map((c) => (c.id === id ? { ...c, ...part } : part.default === true ? { ...c, default: false } : c));
    try {
      this.calendars = await this.ask('calendar_change', req);
      // What is not shown may not have been told.
      if (req.shown === true) this.refresh();
    } catch (error) {
      this.calendars = before;
      toasts.error(error);
    }
  }
}

export const calendar = new CalendarStore();
