import type { ListRoute } from '../../app/router.svelte';
import { session } from '../../data/session.svelte';
import { t } from '../../i18n';

/** The list's name as in the rail. */
export function titleOf(route: ListRoute): string {
  if (route.mailbox !== null) return session.mailbox(route.mailbox)?.name.split('/').at(-1) ?? t('nav.folders');
  return t(`nav.${route.role ?? 'inbox'}`);
}
