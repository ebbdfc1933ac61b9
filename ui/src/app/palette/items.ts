// What the palette offers. Commands come from the one table and only where something is bound to them; folders, accounts and
// settings from what the window knows; people and conversations are asked for while one types.
import '../../i18n/late';
import type { Component } from 'svelte';
import Alarm from '@lucide/svelte/icons/alarm-clock';
import Bolt from '@lucide/svelte/icons/chevron-right';
import Day from '@lucide/svelte/icons/calendar';
import Folder from '@lucide/svelte/icons/folder';
import Mail from '@lucide/svelte/icons/mail';
import Person from '@lucide/svelte/icons/user-round';
import Search from '@lucide/svelte/icons/search';
import Task from '@lucide/svelte/icons/circle-check';
import Slider from '@lucide/svelte/icons/settings-2';
import Go from '@lucide/svelte/icons/arrow-right';
import { actions } from '../../data/actions.svelte';
import { session } from '../../data/session.svelte';
import { toasts } from '../../data/toasts.svelte';
import { t, type MessageKey } from '../../i18n';
import { language } from '../../i18n/language.svelte';
import { listTime } from '../../i18n/dates';
import { call } from '../../ipc/transport';
import { dayOf } from '../../views/calendar/days';
import { titleOf, whenWords } from '../../views/calendar/words';
import { wall } from '../../views/calendar/zones';
import { parseWhen, timesOf } from '../../views/composer/when';
import { aheadTime } from '../../views/reader/dates';
import { OPTIONS } from '../../views/settings/options';
import { priorityName, titleOf as taskTitle, whenFull } from '../../views/tasks/words';
import { commands } from '../commands.svelte';
import { COMMANDS, OWN, type CommandId } from '../keymap';
import { chooseAccount, list, router, tasksAt } from '../router.svelte';
import { loadComposer } from '../views';
import { score } from './match';
import { recent } from './recent';
import { synonyms } from './synonyms';

export type Group = 'suggested' | 'selection' | 'commands' | 'goto' | 'folders' | 'accounts' | 'people' | 'conversations' | 'events' | 'tasks' | 'settings' | 'search';
export const GROUP_LABEL: Record<Group, MessageKey> = {
  suggested: 'pal.suggested', selection: 'pal.selection', commands: 'pal.commands', goto: 'keys.goto', folders: 'nav.labels', accounts: 'set.accounts', people: 'pal.people', conversations: 'pal.conversations', events: 'pal.events', tasks: 'pal.tasks',
  settings: 'settings.title', search: 'nav.search',
};

export interface Item {
  id: string;
  group: Group;
  label: string;
  /** Beside the label, quieter. */
  hint?: string;
  words?: string;
  /** In force now. */
  keys?: string;
  icon: typeof Bolt | Component;
  run: () => void;
  /** Its own actions, for → and a second Mod+K. */
  more?: Item[];
}

const commandItem = (id: CommandId): Item => {
  const { group, label } = COMMANDS[id];
  const keys = commands.inForce(id)[0];
  const item: Item = {
    id: `cmd:${id}`, label: t(label as 'cmd.search'), words: synonyms(id, language.tag), icon: group === 'goto' ? Go : Bolt, run: () => commands.run(id),
    group: group === 'goto' ? 'goto' : group === 'triage' || group === 'thread' || group === 'composer' || OWN.includes(group) ? 'selection' : 'commands',
    ...(keys === undefined ? {} : { keys }),
  };
  return {
    ...item,
    more: [
      { ...item, id: `run:${id}`, label: t('pal.run') },
      { id: `key:${id}`, group: 'commands', label: keys === undefined ? t('pal.setKey') : t('pal.changeKey'), icon: Slider, run: () => router.go({ view: 'settings', section: 'shortcuts', find: t(label as 'cmd.search') }) },
    ],
  };
};

function folderItems(): Item[] {
  return session.mailboxes.flatMap((a) => a.mailboxes.filter((m) => m.role === null).map((m): Item => ({
    id: `go:mailbox/${String(m.id)}`, group: 'folders', label: m.name, icon: Folder, run: () => router.go(list({ mailbox: m.id, account: a.account })),
    ...(session.mailboxes.length > 1 ? { hint: a.email } : {}),
  })));
}

function accountItems(): Item[] {
  if (session.accounts.length < 2) return [];
  return session.accounts.map((a) => ({ id: `go:account/${String(a.id)}`, group: 'accounts', label: a.email, hint: a.name, icon: Person, run: () => chooseAccount(a.id) }));
}

const settingItems = (): Item[] => OPTIONS.map((o) => ({
  id: `set:${o.id}`, group: 'settings', label: t(o.label as 'settings.theme'), words: o.words, icon: Slider, run: () => router.go({ view: 'settings', section: o.section, find: '', option: o.id }),
}));

const LEAVE_OUT: CommandId[] = ['app.palette', 'app.back'];

/** Everything that is known without asking. */
export function known(): Item[] {
  // Where the tasks are on screen, their own does the same.
  const bound = commands.available.filter((id) => !LEAVE_OUT.includes(id) && !(id === 'app.newTask' && commands.has('tasks.new')));
  return [...bound.map(commandItem), ...folderItems(), ...accountItems(), ...settingItems()];
}

const LATER: readonly { id: 'triage.snooze' | 'triage.remind'; verb: RegExp; label: 'pal.snoozeUntil' | 'pal.remindAt' }[] = [
  { id: 'triage.snooze', verb: /^(?:snooze|later|zurückstellen|später)(?:\s+(?:until|till|bis))?\s+/i, label: 'pal.snoozeUntil' },
  { id: 'triage.remind', verb: /^(?:remind(?:\s+me)?|erinner[en]?(?:\s+mich)?)\s+/i, label: 'pal.remindAt' },
];

/** "snooze tue 3pm": what the time was understood as, before anything happens. A bare time means the same, where it can't be a search. */
export function timed(text: string, now = new Date()): Item[] {
  return LATER.flatMap(({ id, verb, label }) => {
    if (!commands.has(id)) return [];
    const said = verb.test(text);
    if (!said && (id !== 'triage.snooze' || !/\d/.test(text))) return [];
    const at = parseWhen(text.replace(verb, ''), now, timesOf(session.settings))?.getTime();
    return at === undefined ? [] : [{ id: `at:${id}`, group: 'selection', label: t(label, { time: aheadTime(at) }), icon: Alarm, run: () => commands.run(id, at) }];
  });
}

const FIRST: CommandId[] = ['composer.send', 'thread.reply', 'triage.archive', 'triage.snooze', 'app.compose', 'app.search', 'go.inbox', 'app.shortcuts'];
const ORDER: Group[] = ['suggested', 'selection', 'commands', 'goto', 'folders', 'accounts', 'settings', 'people', 'conversations', 'events', 'tasks', 'search'];
const MOST = 8;

export interface Typed {
  /** What was typed before the words: `>` actions, `@` people, `#` folders and labels. */
  prefix: '' | '>' | '@' | '#';
  text: string;
}
export function typed(raw: string): Typed {
  const [, sign = '', text = ''] = /^\s*([>@#]?)\s*(.*)$/s.exec(raw) ?? [];
  return { prefix: sign as Typed['prefix'], text: text.trim() };
}

const ALLOWED: Record<Typed['prefix'], (g: Group) => boolean> = {
  '': () => true,
  '>': (g) => g === 'selection' || g === 'commands' || g === 'goto',
  '@': (g) => g === 'people',
  '#': (g) => g === 'folders',
};

export interface Section { group: Group; items: Item[] }

/** Local answers, best first; with nothing typed, what is likely next. */
export function answer(all: readonly Item[], { prefix, text }: Typed, lately: readonly string[] = recent()): Section[] {
  const allowed = all.filter((item) => ALLOWED[prefix](item.group));
  if (!text) {
    const rest = prefix ? allowed : allowed.filter((i) => i.group !== 'settings' && i.group !== 'folders');
    const wanted = [...lately.slice(0, 4), ...FIRST.map((id) => `cmd:${id}`)];
    const suggested = prefix ? [] : [...new Set(wanted)].flatMap((id) => all.find((i) => i.id === id) ?? []).slice(0, 6);
    const others = ORDER.map((group) => ({ group, items: rest.filter((i) => i.group === group && !suggested.includes(i)) }));
    return [{ group: 'suggested' as const, items: suggested }, ...others].filter((s) => s.items.length);
  }
  const rank = new Map(lately.map((id, i) => [id, (lately.length - i) / (lately.length * 4)]));
  const found = allowed
    .map((item) => ({ item, s: score(text, item.label, `${item.words ?? ''} ${item.hint ?? ''}`) }))
    .filter((f) => f.s > 0)
    .map((f) => ({ ...f, s: f.s + (rank.get(f.item.id) ?? 0) }))
    .sort((a, b) => b.s - a.s);
  const best = new Map<Group, number>();
  for (const f of found) if (!best.has(f.item.group)) best.set(f.item.group, f.s);
  return [...best.keys()].map((group) => ({ group, items: found.filter((f) => f.item.group === group).slice(0, prefix ? 50 : MOST).map((f) => f.item) }));
}

async function write(name: string, email: string): Promise<void> {
  const [{ composer }] = await loadComposer();
  composer.write(`mailto:${encodeURIComponent(email)}`);
  toasts.announce(name || email);
}
/** In the account in view; the search says so and offers to widen. */
const findMail = (query: string) => router.go({ view: 'search', query, account: router.account, thread: null });
const quote = (text: string): string => (/\s/.test(text) ? `"${text}"` : text);

export async function people(text: string): Promise<Item[]> {
  const found = await call('suggest_addresses', { prefix: text });
  return found.slice(0, 6).map((a): Item => {
    const own = (id: string, label: string, icon: Item['icon'], run: () => void): Item => ({ id: `${id}:${a.email}`, group: 'people', label, icon, run });
    const more = [
      own('write', t('pal.writeTo'), Mail, () => void write(a.name, a.email)),
      own('from', t('pal.mailFrom'), Search, () => findMail(`from:${a.email}`)),
      own('to', t('pal.mailTo'), Search, () => findMail(`to:${a.email}`)),
      own('copy', t('pal.copyAddress'), Person, () => void navigator.clipboard.writeText(a.email).then(() => toasts.show({ text: t('app.copied'), ms: 3000 }))),
    ];
    return { id: `person:${a.email}`, group: 'people', label: a.name || a.email, hint: a.name ? a.email : '', icon: Person, run: () => findMail(`from:${a.email}`), more };
  });
}

export async function conversations(text: string): Promise<Item[]> {
  const { account } = router;
  const page = await call('search', { query: text, account, after: null, limit: 12 });
  const seen = new Set<number>();
  return page.hits.filter((h) => !seen.has(h.thread) && seen.add(h.thread)).slice(0, 5).map((h): Item => {
    const open = () => router.go({ view: 'search', query: text, account, thread: h.thread });
    const own = (id: string, label: string, icon: Item['icon'], run: () => void): Item => ({ id: `${id}:${String(h.thread)}`, group: 'conversations', label, icon, run });
    return {
      id: `thread:${String(h.thread)}`, group: 'conversations', label: h.subject || t('row.noSubject'), hint: `${h.from.name || h.from.email} · ${listTime(h.date)}`, icon: Mail, run: open,
      more: [
        own('open', t('cmd.open'), Mail, open),
        own('archive', t('act.archive'), Folder, () => void actions.act([h.thread], { type: 'archive' })),
        own('star', h.starred ? t('act.unstar') : t('act.star'), Bolt, () => void actions.act([h.thread], { type: h.starred ? 'unstar' : 'star' })),
        own('from', t('pal.mailFrom'), Search, () => findMail(`from:${quote(h.from.email)}`)),
      ],
    };
  });
}

export async function events(text: string): Promise<Item[]> {
  const found = await call('event_find', { text, limit: 5 });
  return found.slice(0, 5).map((e): Item => ({
    id: `event:${e.key}`, group: 'events', label: titleOf(e), hint: whenWords(e), icon: Day,
    run: () => router.go({ view: 'calendar', mode: null, day: e.days?.[0] ?? dayOf(e.start), event: e.key }),
  }));
}

export async function tasks(text: string): Promise<Item[]> {
  const today = wall(null, Date.now()).slice(0, 10);
  const page = await call('tasks', { view: { type: 'search', text, closed: false }, after: null, limit: 5 });
  return page.tasks.slice(0, 5).map((row): Item => ({
    id: `task:${String(row.id)}`, group: 'tasks', label: taskTitle(row), icon: Task, hint: row.due ? whenFull(row.due, today) : row.priority === 'none' ? '' : priorityName(row.priority),
    run: () => router.go(tasksAt('list', { list: row.list, task: row.id })),
  }));
}

export const searchItem = (text: string): Item => ({ id: 'search', group: 'search', label: t('pal.searchFor', { query: text }), icon: Search, run: () => findMail(text) });

