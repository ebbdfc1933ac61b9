// A row in one sentence. The list keeps the focus and only points at the active row (aria-activedescendant), so what a screen reader
// says while somebody walks through the list is this name and nothing else; WebKitGTK makes none of its own from the cells.
import { t } from '../../i18n';
import { listTime } from '../../i18n/dates';
import type { ThreadRow } from '../../ipc/bindings';
import { aheadTime } from '../reader/dates';
import { sendersOf } from './senders';

export function rowName(thread: ThreadRow, own: readonly string[]): string {
  return [
    thread.unread ? t('row.unread') : '',
    sendersOf(thread.senders, own),
    thread.subject || t('row.noSubject'),
    thread.count > 1 ? t('row.messages', { count: thread.count }) : '',
    thread.state?.returned === 'time' || thread.state?.returned === 'reply' || thread.state?.returned === 'reminder' ? t(`returned.${thread.state.returned}`) : '',
    thread.state?.snoozedUntil ? t('snooze.until', { time: aheadTime(thread.state.snoozedUntil) }) : '',
    thread.state?.muted ? t('mute.is') : '',
    listTime(thread.date),
    thread.starred ? t('row.starred') : '',
    thread.attachments ? t('row.attachment') : '',
    thread.pending ? t('row.pending') : '',
    thread.labels.length > 0 ? t('row.labels', { labels: thread.labels.join(', ') }) : '',
  ].filter((part) => part !== '').join(', ');
}
