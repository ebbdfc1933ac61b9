// What a person does to conversations: at once on screen, then to the core, with a way back.
import type { ActRes, Action, BulkWhat, Id, ThreadFilter, ThreadRow, ThreadState } from '../ipc/bindings';
import { asCallError, call, onEvent } from '../ipc/transport';
import { t } from '../i18n';
import { bulk } from './bulk.svelte';
import type { ThreadWindow } from './threads.svelte';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

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

class Actions {
  #windows = new Set<ThreadWindow>();

  constructor() {
    undo.onDone(() => {
      for (const w of this.#windows) void w.refresh();
    });
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
    return undo.track(this.#act(threads, action, { filter, messages, quiet, create }));
  }

  async #act(threads: readonly Id[], action: Action, { filter, messages, quiet, create }: { filter: ThreadFilter | null; messages: readonly Id[]; quiet: boolean; create: boolean }): Promise<boolean> {
    if (threads.length >= MANY) return this.bulk(action, { type: 'threads', ids: [...threads] }, threads, create);
    const operations = [...this.#windows].map((w) => (leaves(w.filter, action) ? w.hide(threads) : w.patch(threads, patchOf(action))));
    try {
      const res = await call('act', { threads: [...threads], messages: [...messages], action, filter, ...(create ? { createMissing: true } : {}) });
      for (const op of operations) op.confirm();
      if (quiet) return true;
      undo.offer(res, operations);
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
  bulk(action: Action, what: BulkWhat, seen: readonly Id[], create = false): Promise<boolean> {
    return undo.track(this.#bulk(action, what, seen, create));
  }

  async #bulk(action: Action, what: BulkWhat, seen: readonly Id[], create: boolean): Promise<boolean> {
    const operations = [...this.#windows].map((w) => (leaves(w.filter, action) ? w.hide(seen) : w.patch(seen, patchOf(action))));
    try {
      const job = await call('bulk_start', { action, what, ...(create ? { createMissing: true } : {}) });
      bulk.begin(job, operations);
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
    return undo.track(this.#change(threads, gone, patch, run));
  }

  async #change(threads: readonly Id[], gone: (f: ThreadFilter) => boolean, patch: Partial<ThreadRow>, run: () => Promise<ActRes>): Promise<boolean> {
    const operations = [...this.#windows].map((w) => (gone(w.filter) ? w.hide(threads) : w.patch(threads, patch)));
    try {
      const res = await run();
      for (const op of operations) op.confirm();
      undo.offer(res, operations);
      return true;
    } catch (error) {
      for (const op of operations) op.rollback();
      toasts.error(error);
      return false;
    }
  }

  markRead(thread: Id): void {
    void this.act([thread], { type: 'read' }, { quiet: true });
  }
}

export const actions = new Actions();
