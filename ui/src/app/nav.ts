import Archive from '@lucide/svelte/icons/archive';
import Calendar from '@lucide/svelte/icons/calendar-days';
import Bell from '@lucide/svelte/icons/bell';
import BellOff from '@lucide/svelte/icons/bell-off';
import Clock from '@lucide/svelte/icons/alarm-clock';
import Mails from '@lucide/svelte/icons/mails';
import Draft from '@lucide/svelte/icons/file-pen-line';
import Files from '@lucide/svelte/icons/paperclip';
import Inbox from '@lucide/svelte/icons/inbox';
import Send from '@lucide/svelte/icons/send';
import Spam from '@lucide/svelte/icons/shield-alert';
import Star from '@lucide/svelte/icons/star';
import Tasks from '@lucide/svelte/icons/circle-check';
import Trash from '@lucide/svelte/icons/trash-2';
import type { MessageKey } from '../i18n';
import type { Icon } from '../kit/types';
import type { CommandId } from './keymap';
import { list, tasksAt, type Role, type Route } from './router.svelte';

export interface NavItem {
  id: Role | 'drafts' | 'files' | 'calendar' | 'tasks';
  label: MessageKey;
  icon: Icon;
  command?: CommandId;
  /** Looked into now and then: folded away until asked for. */
  more?: true;
}

export const NAV: readonly NavItem[] = [
  { id: 'inbox', label: 'nav.inbox', icon: Inbox, command: 'go.inbox' },
  { id: 'starred', label: 'nav.starred', icon: Star, command: 'go.starred' },
  { id: 'snoozed', label: 'nav.snoozed', icon: Clock, command: 'go.snoozed' },
  { id: 'sent', label: 'nav.sent', icon: Send, command: 'go.sent' },
  { id: 'drafts', label: 'nav.drafts', icon: Draft, command: 'go.drafts' },
  { id: 'archive', label: 'nav.archive', icon: Archive, command: 'go.archive' },
  { id: 'calendar', label: 'nav.calendar', icon: Calendar, command: 'go.calendar' },
  { id: 'tasks', label: 'nav.tasks', icon: Tasks, command: 'go.tasks' },
  { id: 'all', label: 'nav.all', icon: Mails, command: 'go.all', more: true },
  { id: 'files', label: 'nav.files', icon: Files, command: 'go.files', more: true },
  { id: 'reminders', label: 'nav.reminders', icon: Bell, more: true },
  { id: 'junk', label: 'nav.junk', icon: Spam, more: true },
  { id: 'trash', label: 'nav.trash', icon: Trash, more: true },
  { id: 'muted', label: 'nav.muted', icon: BellOff, more: true },
];

export const routeTo = (id: NavItem['id'], account: number | null): Route =>
  id === 'tasks' ? tasksAt() : id === 'calendar' ? { view: id, mode: null, day: null, event: null } : id === 'drafts' || id === 'files' ? { view: id, account } : list({ role: id, account });

export const isAt = (route: Route, id: NavItem['id']): boolean =>
  id === 'drafts' || id === 'files' || id === 'calendar' || id === 'tasks' ? route.view === id : route.view === 'list' && route.role === id;
