import type { ListRoute } from '../../app/router.svelte';
import type { ConnectionDto, SourceStatus, Status } from '../../ipc/bindings';

/** Sources of this list whose first sync is not done: what is shown is right, but not all. */
export function importing(status: Status | null, connections: readonly ConnectionDto[], route: Pick<ListRoute, 'account'>): SourceStatus[] {
  return (status?.sources ?? []).filter((s) => {
    const c = connections.find((x) => x.id === s.connection);
    // A calendar has no account: nothing of this list is missing while it comes.
    const here = route.account === null ? (c?.accounts.length ?? 1) > 0 : c?.accounts.some((a) => a.id === route.account) === true;
    return here && s.state === 'syncing' && ((s.progress !== null && s.progress < 1) || s.lastSync === null);
  });
}
