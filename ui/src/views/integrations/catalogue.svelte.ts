import Building from '@lucide/svelte/icons/building-2';
import Calendar from '@lucide/svelte/icons/calendar-days';
import Branch from '@lucide/svelte/icons/git-branch';
import Columns from '@lucide/svelte/icons/columns-3';
import Gauge from '@lucide/svelte/icons/gauge';
import ListChecks from '@lucide/svelte/icons/list-checks';
import Mail from '@lucide/svelte/icons/mail';
import Plug from '@lucide/svelte/icons/blocks';
import Rss from '@lucide/svelte/icons/rss';
import Server from '@lucide/svelte/icons/server';
import Table from '@lucide/svelte/icons/table-2';
import Ticket from '@lucide/svelte/icons/ticket';
import Workflow from '@lucide/svelte/icons/workflow';
import type { IntegrationDto } from '../../ipc/bindings';
import { asCallError, call, type CallError } from '../../ipc/transport';
import type { Icon } from '../../kit/types';

/** Our own marks: a provider's logo is theirs to give. */
export const LOOKS: Record<string, { icon: Icon; hue: number }> = { google: { icon: Mail, hue: 8 }, imap: { icon: Server, hue: 6 }, oidc: { icon: Building, hue: 3 }, caldav: { icon: Calendar, hue: 1 }, ics: { icon: Rss, hue: 7 }, todoist: { icon: ListChecks, hue: 2 },
  github: { icon: Branch, hue: 9 }, linear: { icon: Gauge, hue: 0 }, asana: { icon: Workflow, hue: 8 }, trello: { icon: Columns, hue: 6 }, jira: { icon: Ticket, hue: 5 }, notion: { icon: Table, hue: 4 } };
export const lookOf = (id: string) => LOOKS[id] ?? { icon: Plug, hue: 9 };

class Catalogue {
  items = $state.raw<IntegrationDto[] | null>(null);
  error = $state.raw<CallError | null>(null);

  async read(): Promise<void> {
    try {
      this.items = await call('integrations');
      this.error = null;
    } catch (error) {
      this.error = asCallError(error);
    }
  }
  get(id: string | null): IntegrationDto | undefined {
    return this.items?.find((i) => i.id === id);
  }
}
export const catalogue = new Catalogue();
