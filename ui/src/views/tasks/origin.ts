// Back to what a task was made from, and on to its page at the provider.
import '../../i18n/late';
import { list, router } from '../../app/router.svelte';
import { toasts } from '../../data/toasts.svelte';
import { t } from '../../i18n';
import type { TaskDto } from '../../ipc/bindings';
import { asCallError, call } from '../../ipc/transport';
import { dayOf } from '../calendar/days';
import { links } from '../reader/links.svelte';

export function openMail({ thread }: TaskDto): void {
  if (thread === null) toasts.show({ text: t('task.mailGone'), detail: t('task.mailGoneHint'), kind: 'info' });
  else router.go(list({ role: 'all', thread }));
}

/** On its day, whichever the calendar shows now. */
export async function openEvent(key: string): Promise<void> {
  try {
    const { row } = await call('event', { key });
    router.go({ view: 'calendar', mode: null, day: row.days?.[0] ?? dayOf(row.start), event: row.key });
  } catch (error) {
    if (asCallError(error).code === 'not_found') toasts.show({ text: t('task.eventGone'), detail: t('task.eventGoneHint'), kind: 'info' });
    else toasts.error(error);
  }
}

/** What the provider is called, by its address. */
export function providerOf(url: string): string {
  try {
    const { hostname } = new URL(url);
    if (/(^|\.)todoist\.com$/.test(hostname)) return 'Todoist';
    if (/(^|\.)google\.com$/.test(hostname)) return 'Google Tasks';
    return hostname;
  } catch {
    return '';
  }
}
export function openAt(url: string): void {
  void links.follow({ href: url, text: providerOf(url) }, null);
}
