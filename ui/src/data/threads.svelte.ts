// A window on a list that lives in the core. Pages of 200 rows come when they are looked at, at most 24 stay. What the person did
// lies over the pages as operations until a snapshot that began after the core confirmed them: so a row leaves in the frame of the
// key, comes back when the core refuses, and never flickers in between.
import type { Id, ThreadFilter, ThreadRow, ThreadsPage, ThreadsReq } from '../ipc/bindings';
import { asCallError, call, type CallError } from '../ipc/transport';
import { whenStill } from './still';

export const PAGE = 200;
export const MAX_PAGES = 24;
type Fetch = (req: ThreadsReq) => Promise<ThreadsPage>;

export interface Operation {
  /** The core took it: it ends with the next snapshot. */
  confirm(): void;
  /** The core refused it, or it was undone. */
  rollback(): void;
}
interface Op {
  ids: ReadonlySet<Id>;
  /** null: the rows leave the list. */
  patch: Partial<ThreadRow> | null;
  confirmed: number | null;
}

/** Plain data from the core, by value. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [left, right] = [Object.entries(a), b as Record<string, unknown>];
  return left.length === Object.keys(b).length && left.every(([key, value]) => same(value, right[key]));
}

export class ThreadWindow {
  /** `loading` only before the first page; later changes keep the old rows until the new ones are there. */
  state = $state<'loading' | 'ready' | 'error'>('loading');
  error = $state.raw<CallError | null>(null);
  unread = $state(0);
  #total = $state(0);
  #version = $state(0);

  rev = -1;
  #pages = new Map<number, readonly ThreadRow[]>();
  #used = new Map<number, number>();
  #loading = new Map<number, number>();
  #ops: Op[] = [];
  #hiddenAt: number[] = [];
  #hiddenIds = new Map<Id, number>();
  #clock = 0;
  #epoch = 0;
  #range: [number, number] = [0, 40];
  #refreshing = false;
  #again = false;
  #closed = false;

  constructor(
    readonly filter: ThreadFilter,
    private readonly fetch: Fetch = (req) => call('threads', req),
  ) {}

  get count(): number {
    return this.#version >= 0 ? Math.max(0, this.#total - this.#hiddenAt.length) : 0;
  }
  get loadedPages(): number {
    return this.#pages.size;
  }

  row(index: number): ThreadRow | undefined {
    if (this.#version < 0 || index < 0) return undefined;
    const at = this.#toServer(index);
    const row = this.#pages.get(Math.floor(at / PAGE))?.[at % PAGE];
    if (!row) return undefined;
    let out = row;
    for (const op of this.#ops) if (op.patch && op.ids.has(row.id)) out = { ...out, ...op.patch };
    return out;
  }

  /** Position of a row among those loaded; −1 when it is not there. */
  indexOf(id: Id): number {
    if (this.#version < 0 || this.#hiddenIds.has(id)) return -1;
    const at = this.#serverIndex(id);
    return at < 0 ? -1 : at - this.#hiddenAt.filter((h) => h < at).length;
  }

  /** Rows that are loaded, in order. */
  *loaded(): Generator<ThreadRow> {
    for (const [page, rows] of [...this.#pages].sort((a, b) => a[0] - b[0])) {
      for (let i = 0; i < rows.length; i++) {
        const id = rows[i]?.id;
        if (id !== undefined && !this.#hiddenIds.has(id)) {
          const row = this.row(this.indexOfServer(page * PAGE + i));
          if (row) yield row;
        }
      }
    }
  }
  private indexOfServer(at: number): number {
    return at - this.#hiddenAt.filter((h) => h < at).length;
  }

  open(): Promise<void> {
    return this.refresh();
  }
  close(): void {
    this.#closed = true;
  }

  /** The view shows these rows: load what is missing around them. */
  ensure(first: number, last: number): void {
    this.#range = [Math.max(0, first), Math.max(0, Math.min(last, this.count - 1))];
    if (this.rev < 0) return;
    for (const page of this.#wanted()) {
      this.#used.set(page, ++this.#clock);
      if (!this.#pages.has(page) && !this.#loading.has(page)) void this.#load(page);
    }
  }

  #wanted(): number[] {
    const a = Math.floor(this.#toServer(this.#range[0]) / PAGE);
    const b = Math.floor(Math.max(0, this.#toServer(this.#range[1])) / PAGE);
    return Array.from({ length: Math.max(1, b - a + 1) }, (_, i) => a + i);
  }

  async #load(page: number): Promise<void> {
    const epoch = this.#epoch;
    this.#loading.set(page, epoch);
    try {
      const answer = await this.fetch({ filter: this.filter, offset: page * PAGE, limit: PAGE });
      if (this.#closed || epoch !== this.#epoch) return;
      if (answer.rev !== this.rev) return void this.refresh();
      this.#pages.set(page, answer.rows);
      this.#evict();
      this.#derive();
    } catch (error) {
      if (!this.#closed) this.error = asCallError(error);
    } finally {
      if (this.#loading.get(page) === epoch) this.#loading.delete(page);
    }
  }

  /** A consistent snapshot of what is in view: all pages of one revision, put in place at once. */
  async refresh(): Promise<void> {
    if (this.#closed) return;
    if (this.#refreshing) {
      this.#again = true;
      return;
    }
    this.#refreshing = true;
    try {
      do {
        this.#again = false;
        await this.#snapshot();
      } while (this.#again && !this.#closed);
    } finally {
      this.#refreshing = false;
    }
  }

  async #snapshot(): Promise<void> {
    const began = ++this.#clock;
    try {
      for (let attempt = 0; attempt < 4; attempt++) {
        const pages = this.#wanted();
        const answers = await Promise.all(pages.map((p) => this.fetch({ filter: this.filter, offset: p * PAGE, limit: PAGE })));
        if (this.#closed) return;
        const head = answers[0];
        if (!head) return;
        // The list moved between two pages: ask again, unless it moves all the time.
        if (attempt < 3 && answers.some((a) => a.rev !== head.rev)) continue;
        this.#commit(pages, answers, head, began);
        return;
      }
    } catch (error) {
      if (this.#closed) return;
      this.error = asCallError(error);
      if (this.rev < 0) this.state = 'error';
    }
  }

  #commit(pages: number[], answers: ThreadsPage[], head: ThreadsPage, began: number): void {
    // A row that is as it was stays the same object: nothing of it is drawn again.
    const known = new Map(pages.flatMap((p) => this.#pages.get(p) ?? []).map((row) => [row.id, row]));
    const kept = (row: ThreadRow): ThreadRow => { const old = known.get(row.id); return old && same(old, row) ? old : row; };
    if (head.rev !== this.rev) {
      this.#pages.clear();
      this.#used.clear();
      this.#epoch++;
      this.#loading.clear();
    }
    this.rev = head.rev;
    this.#total = head.total;
    this.unread = head.unread;
    pages.forEach((p, i) => {
      const answer = answers[i];
      if (answer) this.#pages.set(p, answer.rows.map(kept));
      this.#used.set(p, ++this.#clock);
    });
    this.#ops = this.#ops.filter((op) => op.confirmed === null || op.confirmed > began);
    this.error = null;
    this.state = 'ready';
    this.#evict();
    this.#derive();
    this.ensure(...this.#range);
  }

  #evict(): void {
    if (this.#pages.size <= MAX_PAGES) return;
    const keep = new Set(this.#wanted());
    const old = [...this.#pages.keys()].filter((p) => !keep.has(p)).sort((a, b) => (this.#used.get(a) ?? 0) - (this.#used.get(b) ?? 0));
    for (const page of old.slice(0, this.#pages.size - MAX_PAGES)) {
      this.#pages.delete(page);
      this.#used.delete(page);
    }
  }

  /** Takes rows out of the list. */
  hide(ids: Iterable<Id>): Operation {
    return this.#operate(new Set(ids), null);
  }
  /** Changes rows in place. */
  patch(ids: Iterable<Id>, patch: Partial<ThreadRow>): Operation {
    return this.#operate(new Set(ids), patch);
  }

  #operate(ids: ReadonlySet<Id>, patch: Partial<ThreadRow> | null): Operation {
    const op: Op = { ids, patch, confirmed: null };
    this.#ops.push(op);
    this.#derive();
    return {
      confirm: () => {
        op.confirmed = ++this.#clock;
        // What the person sees is right already.
        whenStill(() => void this.refresh());
      },
      rollback: () => {
        this.#ops = this.#ops.filter((o) => o !== op);
        this.#derive();
      },
    };
  }

  /** Where the rows that left stood. A page that is no longer loaded keeps the last known place. */
  #derive(): void {
    const known = this.#hiddenIds;
    this.#hiddenIds = new Map();
    for (const op of this.#ops) {
      if (op.patch) continue;
      for (const id of op.ids) {
        const at = this.#serverIndex(id);
        const last = known.get(id);
        if (at >= 0) this.#hiddenIds.set(id, at);
        else if (last !== undefined && !this.#pages.has(Math.floor(last / PAGE)) && op.confirmed === null) this.#hiddenIds.set(id, last);
      }
    }
    this.#hiddenAt = [...this.#hiddenIds.values()].sort((a, b) => a - b);
    this.#version++;
  }

  #serverIndex(id: Id): number {
    for (const [page, rows] of this.#pages) {
      const at = rows.findIndex((r) => r.id === id);
      if (at >= 0) return page * PAGE + at;
    }
    return -1;
  }

  #toServer(index: number): number {
    let at = index;
    for (const hidden of this.#hiddenAt) {
      if (hidden > at) break;
      at++;
    }
    return at;
  }
}
