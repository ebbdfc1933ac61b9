// Back to what a task was made from, and on to its page at the provider.
import '../../i18n/late';
import { list, router } from '../../app/router.svelte';
import { toasts } from '../../data/toasts.svelte';
import { t } from '../../i18n';
import type { TaskDto } from '../../ipc/bindings';
import { call } from '../../ipc/transport';
import { links } from '../reader/links.svelte';

/** The conversation, where the core tells it. */
type WithThread = TaskDto & { thread?: number | null };

/** The window opens conversations: where only the mail is known, it is looked for by the title, which is its subject unless changed. */
async function threadOf(task: WithThread): Promise<number | null> {
  if (task.thread != null) return task.thread;
  const words = task.row.title.replace(/["()]/g, ' ').trim();
  if (task.message === null || words === '') return null;
  const { hits } = await call('search', { query: `subject:"${words}"`, account: null, after: null, limit: 50 });
  return hits.find((h) => h.message === task.message)?.thread ?? null;
}

export async function openMail(task: TaskDto): Promise<void> {
  try {
    const thread = await threadOf(task);
    if (thread === null) toasts.show({ text: t('task.mailGone'), detail: t('task.mailGoneHint'), kind: 'info' });
    else router.go(list({ role: 'all', thread }));
  } catch (error) {
    toasts.error(error);
  }
}

export function openEvent(key: string): void {
  router.go({ view: 'calendar', mode: null, day: null, event: key });
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
