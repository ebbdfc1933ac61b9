import Building from '@lucide/svelte/icons/building-2';
import Calendar from '@lucide/svelte/icons/calendar-days';
import Branch from '@lucide/svelte/icons/git-branch';
import Columns from '@lucide/svelte/icons/columns-3';
import Inbox from '@lucide/svelte/icons/inbox';
import Gauge from '@lucide/svelte/icons/gauge';
import ListChecks from '@lucide/svelte/icons/list-checks';
import Mail from '@lucide/svelte/icons/mail';
import Mails from '@lucide/svelte/icons/mails';
import Plug from '@lucide/svelte/icons/blocks';
import Rss from '@lucide/svelte/icons/rss';
import Server from '@lucide/svelte/icons/server';
import Table from '@lucide/svelte/icons/table-2';
import Ticket from '@lucide/svelte/icons/ticket';
import Workflow from '@lucide/svelte/icons/workflow';
import type { ConnectionDto, IntegrationDto } from '../../ipc/bindings';
import { asCallError, call, type CallError } from '../../ipc/transport';
import { fromCore } from '../../i18n/core';
import type { Icon } from '../../kit/types';
import { holdsCalendars, nameOf } from './calendars.svelte';
import { holdsTasks } from './token.svelte';

/** Our own marks: a provider's logo is theirs to give. */
export const LOOKS: Record<string, { icon: Icon; hue: number }> = {
  google: { icon: Mail, hue: 8 }, microsoft: { icon: Mails, hue: 4 }, oidc: { icon: Building, hue: 3 }, imap: { icon: Server, hue: 6 }, jmap: { icon: Inbox, hue: 2 },
  caldav: { icon: Calendar, hue: 1 }, ics: { icon: Rss, hue: 7 },
  todoist: { icon: ListChecks, hue: 2 }, github: { icon: Branch, hue: 9 }, linear: { icon: Gauge, hue: 0 }, asana: { icon: Workflow, hue: 8 }, trello: { icon: Columns, hue: 6 },
  jira: { icon: Ticket, hue: 5 }, notion: { icon: Table, hue: 4 },
};
export const lookOf = (id: string) => LOOKS[id] ?? { icon: Plug, hue: 9 };

/** What somebody looks for, in the order in which it is shown. */
export const GROUPS = ['mail', 'calendars', 'tasks'] as const;
export type Group = (typeof GROUPS)[number];
const groupOf = (id: string): Group => (holdsTasks(id) ? 'tasks' : holdsCalendars(id) ? 'calendars' : 'mail');

/** Those of a group whose words hold what was typed. */
export function inGroup(items: readonly IntegrationDto[], group: Group, typed: string): IntegrationDto[] {
  const words = typed.trim().toLocaleLowerCase();
  return items.filter((i) => groupOf(i.id) === group && `${fromCore(i.label)} ${fromCore(i.description)}`.toLocaleLowerCase().includes(words));
}

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

/** What an account is called among others: a person has the same address at many tools. */
export function fullName(connection: ConnectionDto): string {
  const own = nameOf(connection);
  const tool = holdsTasks(connection.integration) ? (catalogue.get(connection.integration)?.label ?? '') : '';
  return tool === '' || own.includes(tool) ? own : `${tool} (${own})`;
}
