// Which drafts are on screen. Small, because the shell and the reader hold it; the editor itself comes when it is needed.
import '../../i18n/writing';
import { actions } from '../../data/actions.svelte';
import { toasts } from '../../data/toasts.svelte';
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
      return this.#add(dto, thread !== null ? 'inline' : 'dock', thread, request.message ?? null);
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
      return this.#add(await call('draft', { id }), thread === null ? 'dock' : 'inline', thread, null);
    } catch (error) {
      toasts.error(error);
      return null;
    }
  }

  /** From a `mailto:` link: recipients, subject and text; everything else such a link may carry is left out. */
  async write(mailto: string): Promise<void> {
    const draft = await this.open({ kind: 'new' });
    if (!draft) return;
    const [to = '', query = ''] = mailto.replace(/^mailto:/i, '').split('?', 2);
    const fields = new URLSearchParams(query.replace(/\+/g, '%2B'));
    draft.put('to', decodeURIComponent(to).split(',').filter(Boolean).map((email) => chip('', email)));
    draft.subject = fields.get('subject')?.replace(/[\r\n]+/g, ' ') ?? '';
    const body = fields.get('body');
    if (body) {
      const p = document.createElement('p');
      p.textContent = body;
      draft.html = p.outerHTML;
    }
  }

  #add(dto: DraftDto, mode: Mode, thread: Id | null, message: Id | null): Draft {
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

  keepMine(draft: Draft): void {
    const theirs = draft.conflict;
    if (!theirs) return;
    void draft.keepMine();
    toasts.show({ text: t('draft.keptMine'), action: { label: t('act.undo'), run: () => draft.putBack(theirs) } });
  }

  /** The other text takes the place of this one, which can be had back. */
  takeTheirs(draft: Draft): void {
    const theirs = draft.conflict;
    if (!theirs) return;
    const mine = draft.content;
    draft.load(theirs);
    toasts.show({ text: t('draft.tookTheirs'), action: { label: t('act.undo'), run: () => draft.putBack(mine) } });
  }

  /** This text becomes a draft of its own, an answer to the same message; the other stays where it is. */
  async keepBoth(draft: Draft): Promise<void> {
    const theirs = draft.conflict;
    if (!theirs) return;
    const mine = draft.content;
    try {
      const answers = draft.message !== null && draft.kind !== 'new' && draft.kind !== 'edit';
      const dto = await call('draft_new', { kind: answers ? draft.kind : 'new', message: answers ? draft.message : null, account: mine.account });
      if (dto.id === draft.id) throw new Error(t('compose.openFailed'));
      await call('draft_save', { id: dto.id, ...mine });
      const own = await call('draft', { id: dto.id });
      draft.load(theirs);
      this.#add(own, 'dock', null, draft.message);
      toasts.show({ text: t('draft.keptBoth') });
    } catch (error) {
      toasts.error(error);
    }
  }

  /** An earlier version again; what it replaces is kept as a version too, and is one click away. */
  async restore(draft: Draft, version: number): Promise<boolean> {
    try {
      await draft.save();
      const before = draft.content;
      draft.load(await call('draft_restore', { id: draft.id, version }));
      toasts.show({ text: t('draft.wentBack'), action: { label: t('act.undo'), run: () => draft.putBack(before) } });
      return true;
    } catch (error) {
      toasts.error(error);
      return false;
    }
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
          this.#add(dto, mode, draft.thread, draft.message).remind = draft.remind;
          return;
        } catch (error) {
          if (asCallError(error).code !== 'not_found') return;
          await new Promise((resolve) => setTimeout(resolve, 120 * (tries + 1)));
        }
      }
      toasts.show({ text: t('compose.openFailed'), kind: 'error' });
    };
    actions.offerUndo(res.words, res.undo, res.undoUntil, [{ confirm: () => undefined, rollback: () => setTimeout(() => void reopen(), 0) }]);
  }
}

export const composer = new Composers();
