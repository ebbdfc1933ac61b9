// Which row is active, which are selected, and what the keys do to them. The active row is held by its id: mail that arrives
// above it does not move the person away from what they were reading.
import { actions, MANY } from '../../data/actions.svelte';
import type { ThreadWindow } from '../../data/threads.svelte';
import type { Action, Id, ThreadRow } from '../../ipc/bindings';

/** Where to go when the open conversation leaves: the next older one, the next newer one, or back to the list. */
export type After = 'older' | 'newer' | 'list';

interface Options {
  /** Shows the conversation (and follows the active row while one is shown). */
  open: (id: Id | null) => void;
  opened: () => Id | null;
}

export class ListController {
  active = $state(0);
  selected = $state.raw<ReadonlySet<Id>>(new Set());
  /** The whole list is meant, also what was never loaded; `selected` then holds what is not meant. */
  whole = $state(false);
  #activeId: Id | null = null;
  #anchor = 0;
  /** The active row left the list by itself (read, under "unread only"): the rows below have moved up by one. */
  #gap = false;

  constructor(
    readonly window: ThreadWindow,
    private readonly options: Options,
  ) {}

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

  open(row: ThreadRow | undefined = this.window.row(this.active)): void {
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
    for (let i = Math.min(this.#anchor, to); i <= Math.max(this.#anchor, to); i++) {
      const id = this.window.row(i)?.id;
      if (id !== undefined) next.add(id);
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
    this.whole = loaded.length < this.window.count;
    this.selected = new Set(this.whole ? [] : loaded);
  }
  selectWhere(test: (row: ThreadRow) => boolean): void {
    this.whole = false;
    this.selected = new Set([...this.window.loaded()].filter(test).map((r) => r.id));
  }
  clear(): boolean {
    const had = this.size > 0;
    this.whole = false;
    this.selected = new Set();
    return had;
  }

  /** More than can be put off, muted or listed one by one. */
  get many(): boolean {
    return this.whole || this.selected.size >= MANY;
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

  act(action: Action, { ids = this.targets(), then = 'older' as After } = {}): void {
    if (this.whole) {
      void actions.bulk(action, { type: 'filter', filter: this.window.filter, except: [...this.selected] }, this.targets());
      this.clear();
      this.settle();
      return;
    }
    this.do(ids, then, () => void actions.act(ids, action, { filter: this.window.filter }));
  }

  /** `run` changes the list at once; the active row moves on when it has left. */
  do(ids: readonly Id[], then: After, run: () => void): void {
    if (!ids.length) return;
    const opened = this.options.opened();
    const touchesActive = this.#activeId !== null && ids.includes(this.#activeId);
    run();
    if (!touchesActive && !(opened !== null && ids.includes(opened))) {
      this.selected = new Set([...this.selected].filter((id) => !ids.includes(id)));
      return;
    }
    const gone = this.#activeId !== null && this.window.indexOf(this.#activeId) < 0;
    this.selected = new Set();
    if (!gone) return;
    // The row that follows has taken its place.
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
