// What a person does to conversations: at once on screen, then to the core, with a way back.
import type { Action, Id, ThreadFilter, ThreadRow } from '../ipc/bindings';
import { asCallError, call, onEvent } from '../ipc/transport';
import { t } from '../i18n';
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

class Actions {
  #windows = new Set<ThreadWindow>();
  #undo: { token: string; until: number; operations: Operation[]; toast: number }[] = [];

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
  async act(threads: readonly Id[], action: Action, { filter = null as ThreadFilter | null, messages = [] as readonly Id[], quiet = false } = {}): Promise<boolean> {
    const operations = [...this.#windows].map((w) => (leaves(w.filter, action) ? w.hide(threads) : w.patch(threads, patchOf(action))));
    try {
      const res = await call('act', { threads: [...threads], messages: [...messages], action, filter });
      for (const op of operations) op.confirm();
      if (quiet) return true;
      if (res.undo !== null) this.offerUndo(res.words, res.undo, res.undoUntil, operations);
      else toasts.show({ text: res.words });
      return true;
    } catch (error) {
      for (const op of operations) op.rollback();
      // Opening a mail of a read-only account is no mistake of the person's.
      if (!quiet || asCallError(error).code !== 'not_granted') toasts.error(error);
      return false;
    }
  }

  /** Also for a sent mail and a discarded draft: whatever answers with an undo token. */
  offerUndo(words: string, token: string, until: number | null, operations: Operation[] = []): void {
    const toast = toasts.show({
      text: words, ms: until === null ? 8000 : Math.max(2000, until - Date.now()), action: { label: t('act.undo'), run: () => void this.undo(token) },
    });
    this.#undo = [...this.#undo.slice(-19), { token, until: until ?? Number.MAX_SAFE_INTEGER, operations, toast }];
  }

  /** Without a token: the last thing done. False when there is nothing to undo. */
  undo(token?: string): boolean {
    const entry = token === undefined ? this.#undo.at(-1) : this.#undo.find((u) => u.token === token);
    if (!entry) return false;
    this.#undo = this.#undo.filter((u) => u !== entry);
    toasts.close(entry.toast);
    for (const op of entry.operations) op.rollback();
    call('undo', { token: entry.token }).then(
      (res) => {
        toasts.show({ text: res.words, ms: 3000 });
        for (const w of this.#windows) void w.refresh();
      },
      (error: unknown) => {
        toasts.error(error);
        for (const w of this.#windows) void w.refresh();
      },
    );
    return true;
  }

  markRead(thread: Id): void {
    void this.act([thread], { type: 'read' }, { quiet: true });
  }
}

export const actions = new Actions();
