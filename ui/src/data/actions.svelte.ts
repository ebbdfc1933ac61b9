// What a person does to conversations: at once on screen, then to the core, with a way back.
import type { ActRes, Action, BulkWhat, Id, KeepAction, ThreadFilter, ThreadRow, ThreadState } from '../ipc/bindings';
import { asCallError, call, onEvent } from '../ipc/transport';
import { t } from '../i18n';
import { bulk } from './bulk.svelte';
import { gathered } from './still';
import type { Operation } from './threads.svelte';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

/** The results of a search are a list too; `role` is this then, and never told to the core. */
export const FOUND = 'found';
/** What can be done to conversations: to their mail, or to what this device keeps about them. */
export type Act = Action | KeepAction;

/** A list on screen. */
export interface Shown {
  readonly filter: ThreadFilter;
  readonly rev: number;
  hide(ids: Iterable<Id>): Operation;
  patch(ids: Iterable<Id>, patch: Partial<ThreadRow>): Operation;
  refresh(): unknown;
  close(): void;
}

/** Whether rows leave a list when this is done to them. */
export function leaves(filter: ThreadFilter, action: Act): boolean {
  const { role, mailbox } = filter;
  const found = role === FOUND;
  switch (action.type) {
    case 'archive': return role === 'inbox' || found || mailbox !== null;
    case 'trash': return role !== 'trash';
    case 'spam': return role !== 'junk';
    case 'inbox': return role !== 'inbox' && role !== 'all' && role !== 'starred' && role !== 'sent' && !found;
    case 'move': return (role !== 'all' && role !== 'starred') || mailbox !== null;
    case 'deleteForever': return true;
    case 'unstar': return role === 'starred';
    case 'label': return !action.on && action.mailbox === mailbox;
    case 'snooze': return action.until === null ? role === 'snoozed' : role === 'inbox' || found;
    case 'mute': return action.on ? role === 'inbox' || found : role === 'muted';
    case 'remind': return action.at === null && role === 'reminders';
    case 'read': case 'unread': case 'star': return false;
  }
}

function patchOf(action: Act): Partial<ThreadRow> {
  switch (action.type) {
    case 'read': return { unread: false };
    case 'unread': return { unread: true };
    case 'star': return { starred: true };
    case 'unstar': return { starred: false };
    case 'snooze': return { state: { ...QUIET, snoozedUntil: action.until } };
    case 'mute': return { state: { ...QUIET, muted: action.on } };
    case 'remind': return { state: { ...QUIET, remindAt: action.at } };
    default: return { pending: true };
  }
}

function ask(threads: Id[], action: KeepAction): Promise<ActRes> {
  switch (action.type) {
    case 'snooze': return call('snooze', { threads, until: action.until });
    case 'mute': return call('mute', { threads, on: action.on });
    case 'remind': return call('remind', { threads, at: action.at });
  }
}

/** From so many on it is a job of its own, with progress and a way to stop. */
export const MANY = 200;
/** Changes come in bursts, and the answer to what the person did brings its own: a list is asked once for all of them. */
const SOON_MS = 40;
const QUIET: ThreadState = { snoozedUntil: null, returned: null, muted: false, remindAt: null };
/** The account has no such folder yet; it is made when the person says so. */
const LACKS = /^no_(?:archive|trash|junk)$/;

class Actions {
  #windows = new Set<Shown>();

  constructor() {
    undo.onDone(() => {
      for (const w of this.#windows) void w.refresh();
    });
  }

  /** A list on screen: it is patched at once and asked again when the core says that something changed. */
  watch(list: Shown): () => void {
    this.#windows.add(list);
    let told = -1;
    const again = gathered(SOON_MS, () => {
      if (list.rev < told) void list.refresh();
    });
    const stop = onEvent((event) => {
      if (event.type !== 'changed' || event.entity === 'draft') return;
      told = Math.max(told, event.rev);
      again.ask();
    });
    return () => {
      this.#windows.delete(list);
      list.close();
      stop();
      again.stop();
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
    const operations = this.#show(threads, action);
    try {
      const res = await call('act', { threads: [...threads], messages: [...messages], action, filter: filter?.role === FOUND ? null : filter, ...(create ? { createMissing: true } : {}) });
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
  bulk(action: Act, what: BulkWhat, seen: readonly Id[], create = false): Promise<boolean> {
    return undo.track(this.#bulk(action, what, seen, create));
  }

  async #bulk(action: Act, what: BulkWhat, seen: readonly Id[], create: boolean): Promise<boolean> {
    const operations = this.#show(seen, action);
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

  /** Putting off, silencing, reminding. */
  keep(threads: readonly Id[], action: KeepAction): Promise<boolean> {
    if (threads.length >= MANY) return this.bulk(action, { type: 'threads', ids: [...threads] }, threads);
    return undo.track(this.#keep(threads, action));
  }

  async #keep(threads: readonly Id[], action: KeepAction): Promise<boolean> {
    const operations = this.#show(threads, action);
    try {
      const res = await ask([...threads], action);
      for (const op of operations) op.confirm();
      undo.offer(res, operations);
      return true;
    } catch (error) {
      for (const op of operations) op.rollback();
      toasts.error(error);
      return false;
    }
  }

  /** At once, in every list on screen. */
  #show(threads: readonly Id[], action: Act): Operation[] {
    return [...this.#windows].map((w) => (leaves(w.filter, action) ? w.hide(threads) : w.patch(threads, patchOf(action))));
  }

  markRead(thread: Id): void {
    void this.act([thread], { type: 'read' }, { quiet: true });
  }
}

export const actions = new Actions();
