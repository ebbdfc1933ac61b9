// What an entry of the log says, in words. The log itself holds codes, so that it can be verified and compared anywhere.
import { t, type MessageKey } from '../../i18n';

const ACTIONS: Readonly<Record<string, MessageKey>> = {
  'connection.created': 'log.connected', 'connection.reconnected': 'log.reconnected', 'connection.renewed': 'log.renewed', 'connection.expired': 'log.expired', 'connection.paused': 'log.paused',
  'connection.resumed': 'log.resumed', 'connection.disconnected': 'log.disconnected', 'connection.removed': 'log.disconnected', 'connection.deleted': 'log.disconnected', 'connection.selection_changed': 'log.selection',
  'connection.certificate_pinned': 'log.pinned', 'mail.moved': 'log.moved', 'mail.flagged': 'log.flagged', 'mail.labelled': 'log.labelled', 'mail.deleted': 'log.deleted', 'mail.sent': 'log.sent', 'mail.queued': 'log.queued',
  'mail.undone': 'log.undone', 'mail.reported_phishing': 'log.phishing', 'mail.opened_in_browser': 'log.original', 'draft.discarded': 'log.draftDiscarded', 'draft.restored': 'log.draftRestored',
  'draft.version_restored': 'log.draftRestored', 'outbox.wedged': 'log.wedged', 'outbox.discarded': 'log.outboxDiscarded', 'outbox.cancelled': 'log.undone', 'outbox.retried': 'log.retried', 'outbox.marked_sent': 'log.markedSent',
  'outbox.edited': 'log.edited', 'oauth.callback_refused': 'log.callbackRefused', 'oauth.failed': 'log.signInFailed', 'oauth.begun': 'log.signInBegun', 'oauth.started': 'log.signInBegun', 'sender.blocked': 'log.blocked',
  'sender.unblocked': 'log.unblocked', 'mailbox.created': 'log.folderMade', 'mailbox.renamed': 'log.folderRenamed', 'mailbox.deleted': 'log.folderDeleted', 'vault.rekeyed': 'log.rekeyed', 'store.set_aside': 'log.setAside',
  'bulk.started': 'log.bulkStarted', 'bulk.done': 'log.bulkDone', 'bulk.undone': 'log.undone', 'settings.provider_changed': 'log.provider', 'split.saved': 'log.splitSaved', 'split.deleted': 'log.splitDeleted',
  'thread.snoozed': 'log.snoozed', 'thread.unsnoozed': 'log.unsnoozed', 'thread.returned': 'log.returned', 'thread.muted': 'log.muted', 'thread.unmuted': 'log.unmuted', 'thread.reminder': 'log.reminder',
  'thread.reminder_removed': 'log.reminderRemoved', 'thread.undone': 'log.undone', 'list.unsubscribe': 'log.unsubscribed', 'list.unsubscribed': 'log.unsubscribed', 'mail.blocked': 'log.blockedMoved',
  'bulk.cancelled': 'log.bulkCancelled', 'split.ordered': 'log.splitOrdered', 'text.saved': 'log.textSaved', 'text.deleted': 'log.textDeleted', 'draft.copied': 'log.draftCopied',
  'draft.copy_removed': 'log.draftCopyRemoved', 'draft.copy_cancelled': 'log.undone', 'draft.copy_kept': 'log.draftCopied', 'outbox.done': 'log.outboxDone', 'outbox.queued': 'log.queued',
  'mail.changed': 'log.changed', 'mailbox.changed': 'log.folderChanged', 'connection.enabled': 'log.enabled', 'connection.disabled': 'log.disabled', 'store.made': 'log.storeMade',
  'store.damaged': 'log.storeDamaged', 'mail.draft': 'log.draftAtProvider', 'vault.rekey': 'log.rekeyRefused',
  'connection.renamed': 'log.renamed', 'connection.alert': 'log.alert', 'connection.withdrawn': 'log.withdrawn', 'account.changed': 'log.accountChanged', 'images.allowed': 'log.imagesAllowed', 'outbox.send_now': 'log.sendNow', 'outbox.refusal_seen': 'log.refusalSeen',
  'event.created': 'log.eventMade', 'event.changed': 'log.eventChanged', 'event.moved': 'log.eventMoved', 'event.deleted': 'log.eventDeleted', 'event.answered': 'log.eventAnswered', 'event.resolved': 'log.eventResolved', 'event.answer_noted': 'log.eventNoted', 'event.undone': 'log.undone', 'event.guests_asked': 'log.guestsAsked',
  'task.created': 'log.taskMade', 'task.changed': 'log.taskChanged', 'task.completed': 'log.taskDone', 'task.reopened': 'log.taskReopened', 'task.moved': 'log.taskMoved', 'task.deleted': 'log.taskDeleted',
  'task.resolved': 'log.taskResolved', 'task.undone': 'log.undone',
  'file.queued': 'log.fileQueued', 'file.saved': 'log.fileSaved', 'file.fetched': 'log.fileFetched',
  'calendar.imported': 'log.calendarImported', 'calendar.exported': 'log.calendarExported',
  'attachment.saved': 'log.attachmentSaved', 'attachment.opened': 'log.attachmentOpened',
  'signature.saved': 'log.signatureSaved', 'signature.deleted': 'log.signatureDeleted', 'activity.exported': 'log.exported', 'revocation.done': 'log.revoked', 'revocation.given_up': 'log.revokeGivenUp', 'revocation.unreadable': 'log.revokeUnreadable',
};

export const knownAction = (code: string): boolean => Object.hasOwn(ACTIONS, code);
const readable = (code: string): string => code.replaceAll('_', ' ');

/** A code that has no words yet shows as it is: nothing is left out of a log. */
export function actionWords(code: string): string {
  const key = ACTIONS[code];
  return key === undefined ? readable(code.replace('.', ' · ')) : t(key as 'log.moved');
}

const ACTORS: Readonly<Record<string, MessageKey>> = { person: 'log.person', engine: 'log.engine', cli: 'log.cli', outside: 'log.outside' };
export const actorWords = (code: string): string => (ACTORS[code] === undefined ? readable(code) : t(ACTORS[code] as 'log.person'));
export const ACTOR_CODES = Object.keys(ACTORS);

const OUTCOMES: Readonly<Record<string, MessageKey>> = { ok: 'log.ok', refused: 'log.refused', failed: 'log.failed' };
export const outcomeWords = (code: string): string => (OUTCOMES[code] === undefined ? readable(code) : t(OUTCOMES[code] as 'log.ok'));
export const OUTCOME_CODES = Object.keys(OUTCOMES);

const AREAS: Readonly<Record<string, MessageKey>> = {
  mail: 'set.mail', connection: 'set.accounts', draft: 'nav.drafts', outbox: 'nav.outbox', oauth: 'log.areaSignIn', sender: 'log.areaSenders', mailbox: 'nav.folders', vault: 'set.key', settings: 'settings.title', store: 'log.areaStore',
  bulk: 'log.areaBulk', split: 'splits.label', signature: 'set.signatures', activity: 'nav.activity', thread: 'log.areaThreads', list: 'log.areaLists', text: 'log.areaTexts', revocation: 'log.areaSignIn', account: 'set.accounts', images: 'set.mail', attachment: 'nav.files', file: 'nav.files', event: 'log.areaEvents', calendar: 'log.areaCalendars', task: 'log.areaTasks',
};
export const knownArea = (code: string): boolean => Object.hasOwn(AREAS, code);
export const areaWords = (code: string): string => (AREAS[code] === undefined ? readable(code) : t(AREAS[code] as 'set.mail'));
