// Which row is active, which are selected, and what the keys do to them. The active row is held by its id: mail that arrives
// above it does not move the person away from what they were reading.
import { actions } from '../../data/actions.svelte';
import type { Action, Id, KeepAction, ThreadFilter, ThreadRow } from '../../ipc/bindings';

/** Where to go when the open conversation leaves: the next older one, the next newer one, or back to the list. */
export type After = 'older' | 'newer' | 'list';

/** What the keys need to know of a row. */
export interface Row {
  readonly id: Id;
  readonly unread: boolean;
}
/** Rows in an order: a list of the core, or what a search has found. */
export interface Rows<R extends Row = ThreadRow> {
  readonly count: number;
  readonly filter: ThreadFilter;
  row(index: number): R | undefined;
  indexOf(id: Id): number;
  loaded(): Iterable<R>;
}

interface Options {
  /** Shows the conversation (and follows the active row while one is shown). */
  open: (id: Id | null) => void;
  opened: () => Id | null;
}

export class ListController<R extends Row = ThreadRow> {
  active = $state(0);
  selected = $state.raw<ReadonlySet<Id>>(new Set());
  /** The whole list is meant, also what was never loaded; `selected` then holds what is not meant. */
  whole = $state(false);
  /** Only rows that have been loaded could be looked at for this selection: the list goes on below them. */
  loadedOnly = $state(false);
  #activeId: Id | null = null;
  #anchor = 0;
  /** The active row left the list by itself (read, under "unread only"): the rows below have moved up by one. */
  #gap = false;

  constructor(
    readonly window: Rows<R>,
    private readonly options: Options,
  ) {}

  /** Another list altogether, from its beginning. */
  restart(): void {
    this.clear();
    this.#activeId = null;
    this.active = this.#anchor = 0;
  }

  /** After each change of the window. */
  settle(): void {
    const { count } = this.window;
    if (this.#activeId !== null) {
      const at = this.window.indexOf(this.#activeId);
      if (at >= 0) {
        this.active = at;
        this.#gap = false;
        return;
      }
      if (this.options.opened() === this.#activeId) this.#gap = true;
      else this.#activeId = null;
    }
    this.active = Math.max(0, Math.min(this.active, count - 1));
    if (this.#activeId === null) this.#activeId = this.window.row(this.active)?.id ?? null;
  }

  /** The conversation in the address: it becomes the active row when the list has it. */
  show(id: Id): void {
    const at = this.window.indexOf(id);
    this.#activeId = id;
    if (at >= 0) {
      this.active = at;
      this.#anchor = at;
    }
  }

  activate(index: number, { open = false, keepAnchor = false } = {}): void {
    const { count } = this.window;
    if (!count) return;
    this.active = Math.max(0, Math.min(count - 1, index));
    this.#gap = false;
    const row = this.window.row(this.active);
    this.#activeId = row?.id ?? null;
    if (!keepAnchor) this.#anchor = this.active;
    // Pages that are not loaded yet have no id: they are opened when they are there.
    if (row && (open || this.options.opened() !== null)) this.open(row);
  }

  move(step: number): void {
    this.activate(this.#gap ? (step > 0 ? this.active + step - 1 : this.active + step) : this.active + step);
  }

  open(row: R | undefined = this.window.row(this.active)): void {
    if (!row) return;
    this.options.open(row.id);
    if (row.unread) actions.markRead(row.id);
  }

  isSelected(id: Id): boolean {
    return this.selected.has(id) !== this.whole;
  }
  /** How many are selected. */
  get size(): number {
    return this.whole ? Math.max(0, this.window.count - this.selected.size) : this.selected.size;
  }

  toggle(index = this.active): void {
    const id = this.window.row(index)?.id;
    if (id === undefined) return;
    const next = new Set(this.selected);
    if (!next.delete(id)) next.add(id);
    this.selected = next;
    this.#anchor = index;
  }

  /** From the anchor to here, as Shift does everywhere. */
  extendTo(index: number): void {
    const to = Math.max(0, Math.min(this.window.count - 1, index));
    const next = new Set<Id>(this.selected);
    if (this.whole) next.clear();
    this.whole = false;
    this.loadedOnly = false;
    for (let i = Math.min(this.#anchor, to); i <= Math.max(this.#anchor, to); i++) {
      const id = this.window.row(i)?.id;
      if (id !== undefined) next.add(id);
      else this.loadedOnly = true;
    }
    this.selected = next;
    const opened = this.options.opened();
    this.active = to;
    this.#activeId = this.window.row(to)?.id ?? null;
    if (opened !== null && this.#activeId !== null) this.options.open(this.#activeId);
  }

  /** Everything, as far down as the list goes. */
  selectAll(): void {
    const loaded = [...this.window.loaded()].map((r) => r.id);
    this.loadedOnly = false;
    this.whole = loaded.length < this.window.count;
    this.selected = new Set(this.whole ? [] : loaded);
  }
  selectWhere(test: (row: R) => boolean): void {
    this.whole = false;
    const loaded = [...this.window.loaded()];
    this.loadedOnly = loaded.length < this.window.count;
    this.selected = new Set(loaded.filter(test).map((r) => r.id));
  }
  clear(): boolean {
    const had = this.size > 0;
    this.whole = this.loadedOnly = false;
    this.selected = new Set();
    return had;
  }

  /** What an action means: the selection (as far as it is loaded, when the whole list is meant), else the active row. */
  targets(): Id[] {
    if (this.whole) return [...this.window.loaded()].map((r) => r.id).filter((id) => this.isSelected(id));
    if (this.selected.size) return [...this.selected];
    const opened = this.options.opened();
    if (opened !== null) return [opened];
    const id = this.window.row(this.active)?.id;
    return id === undefined ? [] : [id];
  }

  /** The whole list is meant: one job for all of it. */
  #whole(action: Action | KeepAction): void {
    void actions.bulk(action, { type: 'filter', filter: this.window.filter, except: [...this.selected] }, this.targets());
    this.clear();
    this.settle();
  }

  /** Puts off, silences, reminds. `ids`: what was meant when a time was asked for. */
  keep(action: KeepAction, { ids = this.targets(), then = 'older' as After } = {}): void {
    if (this.whole) this.#whole(action);
    else this.do(ids, then, () => void actions.keep(ids, action));
  }

  act(action: Action, { ids = this.targets(), then = 'older' as After } = {}): void {
    if (this.whole) return this.#whole(action);
    this.do(ids, then, () => void actions.act(ids, action, { filter: this.window.filter }));
  }

  /** `run` changes the list at once; the active row moves on when it has left. */
  do(ids: readonly Id[], then: After, run: () => void): void {
    if (!ids.length) return;
    const opened = this.options.opened();
    const above = ids.filter((id) => { const at = this.window.indexOf(id); return at >= 0 && at < this.active; });
    const touchesActive = this.#activeId !== null && ids.includes(this.#activeId);
    run();
    if (!touchesActive && !(opened !== null && ids.includes(opened))) {
      this.selected = new Set([...this.selected].filter((id) => !ids.includes(id)));
      return;
    }
    const gone = this.#activeId !== null && this.window.indexOf(this.#activeId) < 0;
    this.selected = new Set();
    if (!gone) return;
    // The row that follows has taken its place, higher by what left above it.
    this.active -= above.filter((id) => this.window.indexOf(id) < 0).length;
    if (then === 'list' && opened !== null) this.options.open(null);
    const next = Math.min(then === 'newer' ? this.active - 1 : this.active, this.window.count - 1);
    if (this.window.count === 0 || next < 0) {
      this.#activeId = null;
      this.active = 0;
      if (opened !== null) this.options.open(null);
      return;
    }
    this.activate(next);
  }
}
