// The lists of tasks, and windows onto the views over them. A window is what the core told of a view so far, page by page; a few are
// kept, so that going back is there at once. What a person does is drawn in the same frame over every window, and goes as soon as the
// core, asked after it was done, says the same itself. What was completed stays a moment where it stood.
import type { Id, TaskCountsDto, TaskDone, TaskDto, TaskFilterDto, TaskListChangeReq, TaskListDto, TaskRow } from '../ipc/bindings';
import { asCallError, call, onEvent, type CallError } from '../ipc/transport';
import { gathered } from './still';
import { taskCount } from './taskCount.svelte';
import { drawn, drawnPanel, stayed, type Change, type Staying } from './taskDraw';
import { isClosed } from './taskOrder';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

export interface ViewState {
  /** Nothing is known of this view yet. */
  loading: boolean;
  /** A further page is on its way. */
  growing: boolean;
  error: CallError | null;
  /** There is more than was read. */
  more: boolean;
  total: number | null;
}
interface Window {
  view: TaskFilterDto;
  key: string;
  rows: readonly TaskRow[];
  next: string | null;
  total: number | null;
  error: CallError | null;
  growing: boolean;
  /** Asked at this turn; 0: never answered. */
  seq: number;
  /** To be asked again before it is believed. */
  stale: boolean;
  asked: number;
  used: number;
}
interface Op { change: Change; seq: number; undoing: boolean }
interface Opened { id: Id; dto: TaskDto | null; error: CallError | null; seq: number; asked: number }

export const PAGE = 200;
const MAX_WINDOWS = 8;
const SOON_MS = 60;
/** What was completed is struck for so long before it leaves. */
const STAY_MS = 2600;
const GREY = 9;

export const keyOf = (view: TaskFilterDto): string => JSON.stringify(view);
const panelKey = (id: Id): string => `task/${String(id)}`;

export class TaskStore {
  lists = $state.raw<TaskListDto[]>([]);
  listsError = $state.raw<CallError | null>(null);
  /** False until the lists have been read once. */
  read = $state(false);
  view = $state.raw<TaskFilterDto | null>(null);
  /** A second view below the first: what is done in a list. */
  below = $state.raw<TaskFilterDto | null>(null);
  /** ISO date; the screen says which. */
  today = $state('');
  #windows: Window[] = [];
  #version = $state(0);
  #ops = $state.raw<readonly Op[]>([]);
  #staying = $state.raw<readonly Staying[]>([]);
  #opened = $state.raw<Opened | null>(null);
  #seq = 0;
  #clock = 0;

  constructor(private readonly ask: typeof call = call) {}

  rows = $derived.by(() => this.#rowsOf(this.view));
  rowsBelow = $derived.by(() => this.#rowsOf(this.below));
  state = $derived.by(() => this.#stateOf(this.view));
  stateBelow = $derived.by(() => this.#stateOf(this.below));
  get counts(): TaskCountsDto | null {
    return taskCount.counts;
  }

  #window(view: TaskFilterDto | null): Window | null {
    void this.#version;
    const key = view === null ? '' : keyOf(view);
    return this.#windows.find((w) => w.key === key) ?? null;
  }
  #stateOf(view: TaskFilterDto | null): ViewState {
    const w = this.#window(view);
    return { loading: w === null || (w.seq === 0 && w.error === null), growing: w?.growing ?? false, error: w?.error ?? null, more: w?.next != null, total: w?.total ?? null };
  }
  #rowsOf(view: TaskFilterDto | null): readonly TaskRow[] {
    const w = this.#window(view);
    if (w === null) return [];
    return this.#withStaying(w.key, this.#drawn(w.view, w.rows, this.#ops.filter((op) => op.seq > w.seq)));
  }

  #drawn(view: TaskFilterDto, rows: readonly TaskRow[], ops: readonly Op[]): readonly TaskRow[] {
    return drawn(view, rows, ops.map((op) => op.change), this.today, this.#shown());
  }
  #withStaying(key: string, rows: readonly TaskRow[]): readonly TaskRow[] {
    return stayed(rows, this.#staying.filter((s) => s.key === key));
  }
  #shown(): (list: Id) => boolean {
    const hidden = new Set(this.lists.filter((l) => !l.shown).map((l) => l.id));
    return (list) => !hidden.has(list);
  }

  list(id: Id | null): TaskListDto | undefined {
    return this.lists.find((l) => l.id === id);
  }
  /** 0 … 9. */
  hueOf(list: Id): number {
    return this.list(list)?.hue ?? GREY;
  }
  /** Where a new task goes. */
  get target(): TaskListDto | undefined {
    return this.lists.find((l) => l.default && l.can.write) ?? this.lists.find((l) => l.can.write);
  }
  /** As it is shown now, wherever it stands. */
  find(id: Id | null): TaskRow | undefined {
    if (id === null) return undefined;
    return this.rows.find((r) => r.id === id) ?? this.rowsBelow.find((r) => r.id === id) ?? (this.opened?.row.id === id ? this.opened.row : this.opened?.subtasks.find((r) => r.id === id));
  }
  /** Labels that are in use, for suggestions. */
  get labels(): string[] {
    void this.#version;
    return [...new Set(this.#windows.flatMap((w) => w.rows).flatMap((r) => r.labels))].sort((a, b) => a.localeCompare(b));
  }

  /** Listens as long as the tasks are on screen. Returns the way to stop. */
  start(): () => void {
    const soon = gathered(SOON_MS, () => this.refresh());
    const stops = [
      onEvent((event) => {
        if (event.type === 'connections' || (event.type === 'changed' && event.entity === 'task')) soon.ask();
      }),
      undo.onDone(() => this.#taken()),
      soon.stop,
    ];
    void this.readLists();
    return () => stops.forEach((stop) => stop());
  }

  /** Something changed at the core: nothing on screen goes meanwhile. */
  refresh(): void {
    for (const w of this.#windows) w.stale = true;
    void this.readLists();
    for (const view of [this.view, this.below]) if (view) void this.#load(view);
    if (this.#opened) void this.#readOpened(this.#opened.id);
  }

  async readLists(): Promise<void> {
    try {
      this.lists = await this.ask('task_lists');
      this.listsError = null;
      this.read = true;
    } catch (error) {
      this.listsError = asCallError(error);
    }
  }

  show(view: TaskFilterDto, below: TaskFilterDto | null = null): void {
    if (this.view === null || keyOf(this.view) !== keyOf(view)) this.view = view;
    if ((this.below === null ? '' : keyOf(this.below)) !== (below === null ? '' : keyOf(below))) this.below = below;
    for (const v of [view, below]) {
      if (v === null) continue;
      const w = this.#windows.find((x) => x.key === keyOf(v));
      if (w) w.used = ++this.#clock;
      if (!w || w.stale || w.error !== null || w.seq === 0) void this.#load(v);
    }
  }

  /** Everything that was read of a view, again: so many pages as it takes, put in their place at once. */
  async #load(view: TaskFilterDto): Promise<void> {
    const key = keyOf(view);
    let w = this.#windows.find((x) => x.key === key);
    if (!w) this.#windows.push((w = { view, key, rows: [], next: null, total: null, error: null, growing: false, seq: 0, stale: true, asked: 0, used: 0 }));
    const asked = ++this.#seq;
    w.asked = asked;
    w.used = ++this.#clock;
    const wanted = w.rows.length;
    try {
      const rows: TaskRow[] = [];
      let next: string | null = null;
      let total: number | null = null;
      let counts: TaskCountsDto | null;
      do {
        const page: { tasks: TaskRow[]; next: string | null; total: number | null; counts: TaskCountsDto } = await this.ask('tasks', { view, after: next, limit: PAGE });
        if (w.asked !== asked) return;
        rows.push(...page.tasks);
        ({ next, total, counts } = page);
      } while (next !== null && rows.length < wanted);
      taskCount.counts = counts;
      Object.assign(w, { rows, next, total, error: null, seq: asked, stale: false, growing: false });
    } catch (error) {
      if (w.asked !== asked) return;
      // What was read before stays.
      w.error = asCallError(error);
      w.growing = false;
    }
    this.#prune();
    this.#version++;
  }

  /** The next page, once somebody is near the end of those that are there. */
  async grow(view: TaskFilterDto | null = this.view): Promise<void> {
    const w = view === null ? undefined : this.#windows.find((x) => x.key === keyOf(view));
    if (!w || w.next === null || w.growing || w.seq === 0) return;
    const { asked, next } = w;
    w.growing = true;
    this.#version++;
    try {
      const page = await this.ask('tasks', { view: w.view, after: next, limit: PAGE });
      // Asked anew meanwhile: the place belongs to what is not there any more.
      if (w.asked !== asked || w.next !== next) return;
      const known = new Set(w.rows.map((r) => r.id));
      w.rows = [...w.rows, ...page.tasks.filter((r) => !known.has(r.id))];
      w.next = page.next;
      w.error = null;
    } catch (error) {
      w.error = asCallError(error);
    } finally {
      w.growing = false;
      this.#version++;
    }
  }

  #prune(): void {
    if (this.#windows.length > MAX_WINDOWS) {
      const held = new Set([this.view, this.below].flatMap((v) => (v === null ? [] : [keyOf(v)])));
      const old = this.#windows.filter((w) => !held.has(w.key) && w.seq > 0).sort((a, b) => a.used - b.used).slice(0, this.#windows.length - MAX_WINDOWS);
      this.#windows = this.#windows.filter((w) => !old.includes(w));
    }
    // An act that everything on screen was asked after is no longer needed. What is not on screen keeps its mark until it is asked again.
    const seqs = this.#windows.filter((w) => !w.stale).map((w) => w.seq);
    if (this.#opened?.dto) seqs.push(this.#opened.seq);
    const least = Math.min(...seqs);
    const over = this.#ops.filter((op) => op.seq <= least);
    if (over.length === 0) return;
    for (const w of this.#windows) if (w.stale) w.rows = this.#drawn(w.view, w.rows, over.filter((op) => op.seq > w.seq));
    this.#ops = this.#ops.filter((op) => op.seq > least);
  }

  /** The task whose panel is open, with what is on its way. */
  opened = $derived.by((): { dto: TaskDto; row: TaskRow; subtasks: readonly TaskRow[]; error: CallError | null } | null => {
    const open = this.#opened;
    if (!open?.dto) return null;
    const { dto } = open;
    const { row, subtasks } = drawnPanel(dto.row, dto.subtasks, this.#ops.filter((op) => op.seq > open.seq).map((op) => op.change));
    return { dto, row, subtasks: this.#withStaying(panelKey(open.id), subtasks), error: open.error };
  });
  get openedError(): CallError | null {
    return this.#opened?.error ?? null;
  }

  open(id: Id | null): void {
    if (id === null) {
      this.#opened = null;
      return;
    }
    if (this.#opened?.id === id) return;
    this.#opened = { id, dto: null, error: null, seq: 0, asked: 0 };
    void this.#readOpened(id);
  }
  async #readOpened(id: Id): Promise<void> {
    const asked = ++this.#seq;
    if (this.#opened?.id === id) this.#opened = { ...this.#opened, asked };
    const mine = (): Opened | null => (this.#opened?.id === id && this.#opened.asked === asked ? this.#opened : null);
    try {
      const dto = await this.ask('task', { id });
      if (mine()) this.#opened = { id, dto, error: null, seq: asked, asked };
    } catch (error) {
      const open = mine();
      if (open) this.#opened = { ...open, error: asCallError(error) };
    }
  }

  /** Draws a change at once and returns the way to end it: confirmed, or taken back. */
  draw(change: Change): { confirm: (asks?: boolean) => void; drop: () => void } {
    const op: Op = { change, seq: Infinity, undoing: false };
    this.#ops = [...this.#ops, op];
    return {
      confirm: (asks = true) => {
        op.seq = ++this.#seq;
        if (asks) this.refresh();
      },
      drop: () => (this.#ops = this.#ops.filter((o) => o !== op)),
    };
  }

  /** What leaves by being completed stays a moment, struck, where it stands. */
  #stay(change: Change): () => void {
    const places: [string, readonly TaskRow[]][] = [[this.view ? keyOf(this.view) : '', this.rows]];
    if (this.#opened) places.push([panelKey(this.#opened.id), this.opened?.subtasks ?? []]);
    const staying = places.flatMap(([key, rows]) => rows.flatMap((row, i): Staying[] => {
      const next = change.touches(row) && !isClosed(row) ? change.apply(row) : null;
      return next !== null && isClosed(next) ? [{ key, row: next, after: rows[i - 1]?.id ?? null }] : [];
    }));
    if (staying.length === 0) return () => undefined;
    const ids = new Set(staying.map((s) => s.row.id));
    this.#staying = [...this.#staying.filter((s) => !ids.has(s.row.id)), ...staying];
    const end = (): void => void (this.#staying = this.#staying.filter((s) => !staying.includes(s)));
    setTimeout(end, STAY_MS);
    return end;
  }
  /** Rows that only stay a moment. */
  isStaying(id: Id): boolean {
    return this.#staying.some((s) => s.row.id === id);
  }

  /** Rows as they are known, before a change of them. */
  #before(change: Change): TaskRow[] {
    const all = [...this.#windows.flatMap((w) => w.rows), ...(this.#opened?.dto ? [this.#opened.dto.row, ...this.#opened.dto.subtasks] : [])];
    return all.filter((row, i) => change.touches(row) && all.findIndex((r) => r.id === row.id) === i);
  }

  /**
   * Draws the change, lets the core do it, and offers the way back. Null where the core refused: the change is gone again and the person
   * has been told.
   */
  async act(change: Change, work: () => Promise<TaskDone>): Promise<TaskDone | null> {
    const before = this.#before(change);
    const end = this.#stay(change);
    const drawn = this.draw(change);
    try {
      const done = await undo.track(work());
      drawn.confirm();
      undo.offer(done, [{ confirm: () => undefined, rollback: () => { end(); this.#bringBack(change, before, done.task); } }]);
      return done;
    } catch (error) {
      end();
      drawn.drop();
      toasts.error(error);
      return null;
    }
  }

  /** Several acts as one: told once, and taken back at once. `words`: how many of them were done. */
  async together(acts: readonly { change: Change; work: () => Promise<TaskDone> }[], words: (done: number) => string): Promise<void> {
    const before = acts.flatMap(({ change }) => this.#before(change));
    const all = acts.map(({ change }) => ({ end: this.#stay(change), drawn: this.draw(change) }));
    const done = await Promise.allSettled(acts.map(({ work }) => undo.track(work())));
    const tokens: string[] = [];
    done.forEach((d, i) => {
      if (d.status === 'fulfilled') all[i]?.drawn.confirm(false);
      else {
        all[i]?.end();
        all[i]?.drawn.drop();
      }
      if (d.status === 'fulfilled' && d.value.undo !== null) tokens.push(d.value.undo);
    });
    this.refresh();
    const refused = done.find((d) => d.status === 'rejected');
    if (refused) toasts.error(refused.reason);
    if (tokens.length === 0) return;
    const ids = new Set(before.map((r) => r.id));
    undo.offerLocal(words(tokens.length), async () => {
      this.#bringBack({ touches: (r) => ids.has(r.id), apply: (r) => r }, before, null);
      try {
        for (const token of [...tokens].reverse()) await this.ask('undo', { token });
      } finally {
        this.#taken();
      }
    });
  }

  /** An undo shows at once, too. */
  #bringBack(change: Change, before: readonly TaskRow[], made: Id | null): void {
    const gone = new Set([made, ...(change.add ?? []).map((r) => r.id)]);
    const known = new Map(before.map((r) => [r.id, r]));
    const touches = (row: TaskRow): boolean => known.has(row.id) || gone.has(row.id);
    this.#staying = this.#staying.filter((s) => !known.has(s.row.id));
    this.#ops = [...this.#ops, { change: { touches, apply: (row) => known.get(row.id) ?? null, add: before }, seq: Infinity, undoing: true }];
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
  async changeList(req: TaskListChangeReq): Promise<void> {
    const before = this.lists;
    const { id, ...part } = req;
    this.lists = before.map((l) => (l.id === id ? { ...l, ...part } : part.default === true ? { ...l, default: false } : l));
    try {
      this.lists = await this.ask('task_list_change', req);
      if (req.shown !== undefined) this.refresh();
    } catch (error) {
      this.lists = before;
      toasts.error(error);
    }
  }
}

export const tasks = new TaskStore();
