// Addresses live after `#`, so that the window can be restored, linked to and tested by its address alone.
import type { Id, ThreadFilter } from '../ipc/bindings';

export const ROLES = ['inbox', 'starred', 'snoozed', 'reminders', 'sent', 'archive', 'junk', 'trash', 'muted', 'all'] as const;
export type Role = (typeof ROLES)[number];
// What people read in an address, and what the core calls it.
const SEGMENTS: Record<string, Role> = { inbox: 'inbox', starred: 'starred', snoozed: 'snoozed', reminders: 'reminders', muted: 'muted', sent: 'sent', archive: 'archive', spam: 'junk', bin: 'trash', all: 'all' };
const SEGMENT_OF = Object.fromEntries(Object.entries(SEGMENTS).map(([s, r]) => [r, s])) as Record<Role, string>;

export interface ListRoute { view: 'list'; role: Role | null; mailbox: Id | null; account: Id | null; unread: boolean; thread: Id | null;
  /** A tab of the inbox; 0 is what no tab takes. */
  split: Id | null }
export interface DraftsRoute { view: 'drafts'; account: Id | null }
export interface FilesRoute { view: 'files'; account: Id | null }
export interface SearchRoute { view: 'search'; query: string; account: Id | null; thread: Id | null }
/** `tables`: the connection whose tables are chosen. */
export interface IntegrationsRoute { view: 'integrations'; id: string | null; reconnect: string | null; tables?: string }
export interface OutboxRoute { view: 'outbox' }
/** `find`: what the search field of the settings starts with, `option`: the one that gets the focus; not part of the address. */
export interface SettingsRoute { view: 'settings'; section: string | null; find?: string; option?: string }
export interface ActivityRoute { view: 'activity' }
/** Getting started. */
export interface StartRoute { view: 'start' }
export type CalendarMode = 'day' | 'week' | 'month' | 'agenda';
/** What is not said is as the person left it; `day` is an ISO date, today without one. `event`: its panel opens. */
export interface CalendarRoute { view: 'calendar'; mode: CalendarMode | null; day: string | null; event: string | null }
export type TasksShow = 'today' | 'upcoming' | 'anytime' | 'done' | 'list';
/** `list`: of `list` alone. `task`: the one whose panel is open. */
export interface TasksRoute { view: 'tasks'; show: TasksShow; list: Id | null; task: Id | null }
export type Route = TasksRoute | CalendarRoute | ListRoute | DraftsRoute | FilesRoute | SearchRoute | IntegrationsRoute | OutboxRoute | SettingsRoute | ActivityRoute | StartRoute;

export const list = (over: Partial<Omit<ListRoute, 'view'>> = {}): ListRoute => ({
  view: 'list', role: over.mailbox == null ? 'inbox' : null, mailbox: null, account: null, unread: false, thread: null, split: null, ...over,
});

export const tasksAt = (show: TasksShow = 'today', over: Partial<Pick<TasksRoute, 'list' | 'task'>> = {}): TasksRoute => ({ view: 'tasks', show, list: null, task: null, ...over });

const id = (text: string | null | undefined): Id | null => (text != null && /^\d{1,16}$/.test(text) ? Number(text) : null);

export function parse(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', second = '', third = '', fourth = ''] = path.split('/').map(safeDecode);
  const query = new URLSearchParams(search);
  const account = id(query.get('account'));
  const unread = query.get('unread') === '1';
  switch (first) {
    case 'drafts': return { view: 'drafts', account };
    case 'files': return { view: 'files', account };
    case 'outbox': return { view: 'outbox' };
    case 'calendar': return calendarRoute(second, third, query.get('event'));
    case 'tasks': return tasksRoute(second, id(third), id(query.get('task')));
    case 'activity': return { view: 'activity' };
    case 'start': return { view: 'start' };
    case 'settings': return { view: 'settings', section: second || null };
    case 'search': return { view: 'search', query: query.get('q') ?? '', account, thread: second === 't' ? id(third) : null };
    case 'integrations': {
      const tables = query.get('tables');
      return { view: 'integrations', id: second || null, reconnect: query.get('reconnect'), ...(tables !== null ? { tables } : {}) };
    }
    case 'mailbox': {
      const mailbox = id(second);
      if (mailbox !== null) return list({ mailbox, account, unread, thread: third === 't' ? id(fourth) : null });
      return list();
    }
    default: {
      const role = Object.hasOwn(SEGMENTS, first) ? SEGMENTS[first] : undefined;
      return role ? list({ role, account, unread, split: role === 'inbox' ? id(query.get('split')) : null, thread: second === 't' ? id(third) : null }) : list();
    }
  }
}

const CALENDAR_MODES: readonly CalendarMode[] = ['day', 'week', 'month', 'agenda'];
function calendarRoute(mode: string, day: string, event: string | null): CalendarRoute {
  const dated = /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day));
  return { view: 'calendar', mode: CALENDAR_MODES.find((m) => m === mode) ?? null, day: dated ? day : null, event };
}

const TASKS_SHOW: readonly TasksShow[] = ['today', 'upcoming', 'anytime', 'done'];
function tasksRoute(show: string, list: Id | null, task: Id | null): TasksRoute {
  if (show === 'list' && list !== null) return tasksAt('list', { list, task });
  return tasksAt(TASKS_SHOW.find((s) => s === show), { task });
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function href(route: Route): string {
  const query = new URLSearchParams();
  let path: string;
  switch (route.view) {
    case 'list':
      path = (route.mailbox !== null ? `mailbox/${String(route.mailbox)}` : SEGMENT_OF[route.role ?? 'inbox']) + (route.thread !== null ? `/t/${String(route.thread)}` : '');
      if (route.account !== null) query.set('account', String(route.account));
      if (route.unread) query.set('unread', '1');
      if (route.split !== null) query.set('split', String(route.split));
      break;
    case 'drafts':
    case 'files':
      path = route.view;
      if (route.account !== null) query.set('account', String(route.account));
      break;
    case 'search':
      path = `search${route.thread !== null ? `/t/${String(route.thread)}` : ''}`;
      if (route.query) query.set('q', route.query);
      if (route.account !== null) query.set('account', String(route.account));
      break;
    case 'integrations':
      path = `integrations${route.id !== null ? `/${encodeURIComponent(route.id)}` : ''}`;
      if (route.reconnect !== null) query.set('reconnect', route.reconnect);
      if (route.tables !== undefined) query.set('tables', route.tables);
      break;
    case 'activity':
    case 'start':
      path = route.view;
      break;
    case 'settings':
      path = `settings${route.section !== null ? `/${encodeURIComponent(route.section)}` : ''}`;
      break;
    case 'calendar':
      path = ['calendar', ...(route.mode !== null || route.day !== null ? [route.mode ?? 'week'] : []), ...(route.day !== null ? [route.day] : [])].join('/');
      if (route.event !== null) query.set('event', route.event);
      break;
    case 'tasks':
      path = `tasks/${route.show}${route.show === 'list' ? `/${String(route.list ?? '')}` : ''}`;
      if (route.task !== null) query.set('task', String(route.task));
      break;
    case 'outbox':
      path = 'outbox';
  }
  const search = query.toString();
  return `#/${path}${search ? `?${search}` : ''}`;
}

export function filterOf(route: ListRoute): ThreadFilter {
  const filter: ThreadFilter = { account: route.account, role: route.role, mailbox: route.mailbox, unread: route.unread };
  return route.split === null ? filter : { ...filter, split: route.split };
}

class Router {
  route = $state.raw<Route>(parse(typeof location === 'undefined' ? '' : location.hash));

  start(): () => void {
    const read = () => {
      if (href(this.route) !== location.hash) this.route = parse(location.hash);
    };
    read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }

  /** `replace`: for steps that Back should not retrace, such as moving through conversations. */
  go(route: Route, { replace = false } = {}): void {
    const target = href(route);
    if (target === location.hash) {
      // The same place with another question, such as the settings searched for a word.
      this.route = route;
      return;
    }
    // Set at once: the screen follows the key in the same frame, the event comes later.
    this.route = route;
    if (replace) history.replaceState(history.state, '', target);
    else location.hash = target;
  }

  /** The account in view, kept from list to list. */
  get account(): Id | null {
    return 'account' in this.route ? this.route.account : null;
  }
}

export const router = new Router();

/** Stays in the list the person is in, where it has one; a folder belongs to one account and gives way to the inbox. */
export function chooseAccount(account: Id | null): void {
  const now = router.route;
  if (now.view === 'drafts' || now.view === 'files') router.go({ ...now, account });
  else if (now.view === 'search') router.go({ ...now, account, thread: null });
  else if (now.view === 'list') router.go(list({ role: now.role ?? 'inbox', account, unread: now.unread }));
  else router.go(list({ account }));
}
