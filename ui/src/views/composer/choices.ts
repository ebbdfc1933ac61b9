// What becomes of a text when there are two of it. Each way can be taken back while the draft is open.
import '../../i18n/writing';
import { toasts } from '../../data/toasts.svelte';
import { undo } from '../../data/undo.svelte';
import { t } from '../../i18n';
import { call } from '../../ipc/transport';
import type { Content, Draft } from './draft.svelte';
import { composer } from './open.svelte';

const offer = (text: string, draft: Draft, back: Content): void =>
  undo.offerLocal(text, () => draft.putBack(back), () => composer.drafts.includes(draft));

export function keepMine(draft: Draft): void {
  const theirs = draft.conflict;
  if (!theirs) return;
  void draft.keepMine();
  offer(t('draft.keptMine'), draft, theirs);
}

export function takeTheirs(draft: Draft): void {
  const theirs = draft.conflict;
  if (!theirs) return;
  const mine = draft.content;
  draft.load(theirs);
  offer(t('draft.tookTheirs'), draft, mine);
}

/** This text becomes a draft of its own, an answer to the same message; the other stays where it is. */
export async function keepBoth(draft: Draft): Promise<void> {
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
    composer.add(own, 'dock', null, draft.message);
    toasts.show({ text: t('draft.keptBoth') });
  } catch (error) {
    toasts.error(error);
  }
}

/** An earlier version again; what it replaces is kept as a version too. */
export async function restore(draft: Draft, version: number): Promise<boolean> {
  try {
    await draft.save();
    const before = draft.content;
    draft.load(await call('draft_restore', { id: draft.id, version }));
    offer(t('draft.wentBack'), draft, before);
    return true;
  } catch (error) {
    toasts.error(error);
    return false;
  }
}
