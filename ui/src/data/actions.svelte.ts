// What a person does to conversations: at once on screen, then to the core, with a way back.
import type { ActRes, Action, BulkWhat, Id, ThreadFilter, ThreadRow, ThreadState } from '../ipc/bindings';
import { asCallError, call, onEvent } from '../ipc/transport';
import { t } from '../i18n';
import { bulk } from './bulk.svelte';
import { ThreadWindow, type Operation } from './threads.svelte';
import { toasts } from './toasts.svelte';

/** Whether rows leave a list when this is done to them. */
export function leaves(filter: ThreadFilter, action: Action): boolean {
  const { role, mailbox } = filter;
  switch (action.type) {
    case 'archive': return role === 'inbox' || mailbox !== null;
    case 'trash': return role !== 'trash';
    case 'spam': return role !== 'junk';
    case 'inbox': return role !== 'inbox' && role !== 'all' && role !== 'starred' && role !== 'sent';
    case 'move': return (role !== 'all' && role !== 'starred') || mailbox !== null;
    case 'deleteForever': return true;
    case 'unstar': return role === 'starred';
    case 'label': return !action.on && action.mailbox === mailbox;
    case 'read': case 'unread': case 'star': return false;
  }
}

function patchOf(action: Action): Partial<ThreadRow> {
  switch (action.type) {
    case 'read': return { unread: false };
    case 'unread': return { unread: true };
    case 'star': return { starred: true };
    case 'unstar': return { starred: false };
    default: return { pending: true };
  }
}

/** From so many on it is a job of its own, with progress and a way to stop. */
export const MANY = 200;
const QUIET: ThreadState = { snoozedUntil: null, returned: null, muted: false, remindAt: null };
/** The account has no such folder yet; it is made when the person says so. */
const LACKS = /^no_(?:archive|trash|junk)$/;
/** Undo is offered on screen for so long; `z` goes further back. A shorter window (a mail about to leave) is shown to its end. */
const TOAST_MS = 8000;
const SHORT_MS = 60_000;

function shownFor(until: number | null): number {
  const left = until === null ? TOAST_MS : until - Date.now();
  return left > SHORT_MS ? TOAST_MS : Math.max(2000, left);
}

class Actions {
  #windows = new Set<ThreadWindow>();
  #undo: { token: string; until: number; operations: Operation[]; toast: number }[] = [];
  /** Changes whose answers are still to come: the last thing done may be among them. */
  #underWay = new Set<Promise<unknown>>();
  /** Undo by key, one after the other. */
  #turn: Promise<unknown> | null = null;

  #track<T>(work: Promise<T>): Promise<T> {
    const known = work.finally(() => this.#underWay.delete(known));
    this.#underWay.add(known);
    return known;
  }

  /** A list on screen: it is patched at once and asked again when the core says that something changed. */
  watch(list: ThreadWindow): () => void {
    this.#windows.add(list);
    const stop = onEvent((event) => {
      if (event.type === 'changed' && event.entity !== 'draft' && event.rev !== list.rev) void list.refresh();
    });
    return () => {
      this.#windows.delete(list);
      list.close();
      stop();
    };
  }

  /**
   * `threads` are patched in every list on screen. `quiet`: no toast (marking as read by opening).
   * Resolves when the core has taken it; a refusal is shown and put back, never thrown.
   */
  act(threads: readonly Id[], action: Action, { filter = null as ThreadFilter | null, messages = [] as readonly Id[], quiet = false, create = false } = {}): Promise<boolean> {
    return this.#track(this.#act(threads, action, { filter, messages, quiet, create }));
  }

  async #act(threads: readonly Id[], action: Action, { filter, messages, quiet, create }: { filter: ThreadFilter | null; messages: readonly Id[]; quiet: boolean; create: boolean }): Promise<boolean> {
    if (threads.length >= MANY) return this.bulk(action, { type: 'threads', ids: [...threads] }, threads, create);
    const operations = [...this.#windows].map((w) => (leaves(w.filter, action) ? w.hide(threads) : w.patch(threads, patchOf(action))));
    try {
      const res = await call('act', { threads: [...threads], messages: [...messages], action, filter, ...(create ? { createMissing: true } : {}) });
      for (const op of operations) op.confirm();
      if (quiet) return true;
      this.offer(res, operations);
      return true;
    } catch (error) {
      for (const op of operations) op.rollback();
      if (!create && this.#askForFolder(error, () => void this.act(threads, action, { filter, messages, quiet, create: true }))) return false;
      // Opening a mail of a read-only account is no mistake of the person's.
      if (!quiet || asCallError(error).code !== 'not_granted') toasts.error(error);
      return false;
    }
  }

  #askForFolder(error: unknown, again: () => void): boolean {
    const e = asCallError(error);
    if (!LACKS.test(e.code)) return false;
    toasts.show({ text: e.message, detail: e.hint, kind: 'error', ms: 20_000, action: { label: t('act.makeFolder'), run: again } });
    return true;
  }

  /** A whole list, or more than a moment's work. Rows on screen go at once; the job's progress stands above the list. */
  async bulk(action: Action, what: BulkWhat, seen: readonly Id[], create = false): Promise<boolean> {
    const operations = [...this.#windows].map((w) => (leaves(w.filter, action) ? w.hide(seen) : w.patch(seen, patchOf(action))));
    try {
      const job = await call('bulk_start', { action, what, ...(create ? { createMissing: true } : {}) });
      bulk.begin(job, () => operations.forEach((op) => op.confirm()));
      return true;
    } catch (error) {
      for (const op of operations) op.rollback();
      if (create || !this.#askForFolder(error, () => void this.bulk(action, what, seen, true))) toasts.error(error);
      return false;
    }
  }

  snooze(threads: readonly Id[], until: number | null): Promise<boolean> {
    const gone = (f: ThreadFilter) => (until === null ? f.role === 'snoozed' : f.role === 'inbox');
    return this.#putOff(threads, gone, { state: { ...QUIET, snoozedUntil: until } }, () => call('snooze', { threads: [...threads], until }));
  }
  mute(threads: readonly Id[], on: boolean): Promise<boolean> {
    const gone = (f: ThreadFilter) => (on ? f.role === 'inbox' : f.role === 'muted');
    return this.#putOff(threads, gone, { state: { ...QUIET, muted: on } }, () => call('mute', { threads: [...threads], on }));
  }
  remind(threads: readonly Id[], at: number | null): Promise<boolean> {
    return this.#putOff(threads, (f) => at === null && f.role === 'reminders', { state: { ...QUIET, remindAt: at } }, () => call('remind', { threads: [...threads], at }));
  }

  #putOff(threads: readonly Id[], gone: (f: ThreadFilter) => boolean, patch: Partial<ThreadRow>, run: () => Promise<ActRes>): Promise<boolean> {
    return this.#track(this.#change(threads, gone, patch, run));
  }

  async #change(threads: readonly Id[], gone: (f: ThreadFilter) => boolean, patch: Partial<ThreadRow>, run: () => Promise<ActRes>): Promise<boolean> {
    const operations = [...this.#windows].map((w) => (gone(w.filter) ? w.hide(threads) : w.patch(threads, patch)));
    try {
      const res = await run();
      for (const op of operations) op.confirm();
      this.offer(res, operations);
      return true;
    } catch (error) {
      for (const op of operations) op.rollback();
      toasts.error(error);
      return false;
    }
  }

  /** What a command answered, with a way back where there is one. */
  offer(res: ActRes, operations: Operation[] = []): void {
    if (res.undo !== null) this.offerUndo(res.words, res.undo, res.undoUntil, operations);
    else toasts.show({ text: res.words });
  }

  /** Also for a sent mail and a discarded draft: whatever answers with an undo token. */
  offerUndo(words: string, token: string, until: number | null, operations: Operation[] = []): void {
    const toast = toasts.show({
      text: words, ms: shownFor(until), action: { label: t('act.undo'), run: () => void this.undo(token) },
    });
    this.#undo = [...this.#undo.slice(-19), { token, until: until ?? Number.MAX_SAFE_INTEGER, operations, toast }];
  }

  /**
   * Without a token: the last thing done. What is still on its way to the core has no token yet, so undo waits for it, and for the
   * undo before it: otherwise a quick `e e z z` takes back something older, or the same thing twice.
   */
  undo(token?: string): boolean {
    if (token !== undefined) {
      const entry = this.#undo.find((u) => u.token === token);
      if (entry) void this.#takeBack(entry);
      return entry !== undefined;
    }
    const last = async (): Promise<void> => {
      while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
      const entry = this.#undo.at(-1);
      await (entry ? this.#takeBack(entry) : this.#undoStored());
    };
    const turn: Promise<unknown> = (this.#turn === null ? last() : this.#turn.then(last)).finally(() => {
      if (this.#turn === turn) this.#turn = null;
    });
    this.#turn = turn;
    return true;
  }

  async #takeBack(entry: { token: string; operations: Operation[]; toast: number }): Promise<void> {
    this.#undo = this.#undo.filter((u) => u !== entry);
    toasts.close(entry.toast);
    for (const op of entry.operations) op.rollback();
    try {
      toasts.show({ text: (await call('undo', { token: entry.token })).words, ms: 3000 });
    } catch (error) {
      toasts.error(error);
    }
    for (const w of this.#windows) void w.refresh();
  }

  /** Nothing of this window is left: what the core still remembers, from before a restart too. */
  async #undoStored(): Promise<void> {
    try {
      toasts.show({ text: (await call('undo_last')).words, ms: 3000 });
      for (const w of this.#windows) void w.refresh();
    } catch (error) {
      if (asCallError(error).code === 'nothing_to_undo') toasts.show({ text: t('act.nothingToUndo'), ms: 3000 });
      else toasts.error(error);
    }
  }

  markRead(thread: Id): void {
    void this.act([thread], { type: 'read' }, { quiet: true });
  }
}

export const actions = new Actions();
