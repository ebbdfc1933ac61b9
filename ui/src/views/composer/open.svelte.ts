// Which drafts are on screen. Small, because the shell and the reader hold it; the editor itself comes when it is needed.
import { toasts } from '../../data/toasts.svelte';
import { undo } from '../../data/undo.svelte';
import { t } from '../../i18n';
import type { ActRes, DraftDto, Id } from '../../ipc/bindings';
import { asCallError, call } from '../../ipc/transport';
import { chip } from './addresses';
import { Draft, type Mode } from './draft.svelte';

export interface OpenRequest {
  /** `edit`: go on with a draft that lies at the provider; `message` is its message. */
  kind: 'new' | 'reply' | 'replyAll' | 'forward' | 'edit';
  message?: Id | null;
  account?: Id | null;
  /** The conversation on screen: the answer is written below it. */
  thread?: Id | null;
}

/** Three docked at most: a fourth would cover the list. */
const DOCKED = 3;

class Composers {
  drafts = $state.raw<Draft[]>([]);

  readonly docked: Draft[] = $derived(this.drafts.filter((d) => d.mode !== 'inline'));

  inline(thread: Id): Draft | null {
    return this.drafts.find((d) => d.thread === thread && d.mode === 'inline') ?? null;
  }

  async open(request: OpenRequest): Promise<Draft | null> {
    const there = this.drafts.find((d) => request.message != null && d.message === request.message && (d.kind === request.kind || request.kind === 'edit'));
    if (there) {
      if (there.mode === 'minimised') there.mode = 'dock';
      return there;
    }
    try {
      const dto = await call('draft_new', { kind: request.kind, message: request.message ?? null, account: request.account ?? null });
      const known = this.drafts.find((d) => d.id === dto.id);
      if (known) return known;
      const thread = request.thread ?? null;
      // One answer below a conversation; another kind of answer takes its place in the dock.
      if (thread !== null) for (const d of this.drafts) if (d.thread === thread && d.mode === 'inline') d.mode = 'dock';
      return this.add(dto, thread !== null ? 'inline' : 'dock', thread, request.message ?? null);
    } catch (error) {
      toasts.error(error);
      return null;
    }
  }

  compose(account: Id | null): Promise<Draft | null> {
    return this.open({ kind: 'new', account });
  }

  async openDraft(id: Id, thread: Id | null = null): Promise<Draft | null> {
    const there = this.drafts.find((d) => d.id === id);
    if (there) {
      if (there.mode === 'minimised') there.mode = 'dock';
      return there;
    }
    try {
      return this.add(await call('draft', { id }), thread === null ? 'dock' : 'inline', thread, null);
    } catch (error) {
      toasts.error(error);
      return null;
    }
  }

  /** From a `mailto:` link. */
  async write(mailto: string): Promise<void> {
    const draft = await this.open({ kind: 'new' });
    if (!draft) return;
    const letter = (await import('./mailto')).parseMailto(mailto);
    for (const line of ['to', 'cc', 'bcc'] as const) {
      if (letter[line].length > 0) draft.put(line, letter[line].map((email) => chip('', email)));
    }
    draft.subject = letter.subject;
    if (letter.body) {
      draft.html = letter.body.split('\n').map((line) => {
        const p = document.createElement('p');
        p.textContent = line;
        return p.outerHTML;
      }).join('');
    }
  }

  /** Puts a stored draft on screen. */
  add(dto: DraftDto, mode: Mode, thread: Id | null, message: Id | null): Draft {
    const draft = new Draft(dto, mode, thread, message);
    if (mode !== 'inline') {
      const docked = this.docked;
      docked.forEach((d) => {
        if (d.mode !== 'minimised') d.mode = 'minimised';
      });
      const oldest = docked[0];
      if (docked.length >= DOCKED && oldest) void this.close(oldest);
    }
    this.drafts = [...this.drafts, draft];
    return draft;
  }

  #remove(draft: Draft): void {
    this.drafts = this.drafts.filter((d) => d !== draft);
  }

  /** Saves and closes. A draft that cannot be saved stays open: its text would be lost. */
  async close(draft: Draft): Promise<void> {
    if (draft.untouched) {
      draft.drop();
      this.#remove(draft);
      call('draft_discard', { id: draft.id }).catch(() => undefined);
      return;
    }
    await draft.close();
    if (draft.saveState === 'failed') return;
    this.#remove(draft);
  }

  async discard(draft: Draft): Promise<void> {
    draft.drop();
    try {
      const res = await call('draft_discard', { id: draft.id });
      this.#remove(draft);
      if (res.undo !== null) this.#offerUndo(res, draft);
    } catch (error) {
      toasts.error(error);
    }
  }

  async send(draft: Draft, sendAt: number | null, archive: boolean, remindAt: number | null = null): Promise<boolean> {
    const res = await draft.send(sendAt, archive, remindAt);
    if (!res) return false;
    this.#remove(draft);
    if (res.undo !== null) this.#offerUndo(res, draft);
    else toasts.show({ text: res.words, kind: 'success' });
    return true;
  }

  /** Taking back brings the text back on screen, where it was. */
  #offerUndo(res: ActRes, draft: Draft): void {
    if (res.undo === null) return;
    const mode = draft.mode;
    const reopen = async () => {
      // The core answers commands in any order: the draft may be back a moment after it was asked for.
      for (let tries = 0; tries < 5; tries += 1) {
        try {
          const dto = await call('draft', { id: draft.id });
          this.add(dto, mode, draft.thread, draft.message).remind = draft.remind;
          return;
        } catch (error) {
          if (asCallError(error).code !== 'not_found') return;
          await new Promise((resolve) => setTimeout(resolve, 120 * (tries + 1)));
        }
      }
      toasts.show({ text: t('compose.openFailed'), kind: 'error' });
    };
    undo.offerToken(res.words, res.undo, res.undoUntil, { operations: [{ confirm: () => undefined, rollback: () => setTimeout(() => void reopen(), 0) }] });
  }
}

export const composer = new Composers();
