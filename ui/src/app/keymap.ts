// Every command a key can reach, once. Views bind handlers to these names; what no view has bound does not exist for the keyboard
// nor for the shortcut sheet, so the sheet cannot promise what does not work.
import type { MessageKey } from '../i18n';

export type Group = 'anywhere' | 'goto' | 'list' | 'triage' | 'thread' | 'composer' | 'calendar' | 'tasks';
export interface Binding {
  keys: readonly string[];
  group: Group;
  label: MessageKey;
  /** Also while the person types in a field (only for strokes with Ctrl, ⌘, Alt, or F-keys and Esc). */
  inField?: true;
  /** May run again while the key is held down. */
  repeats?: true;
  /** Opens something that takes text: what is typed before that has the focus is meant for it. */
  opensField?: true;
}

const map = {
  'app.palette': { keys: ['Mod+k'], group: 'anywhere', label: 'cmd.palette', inField: true, opensField: true },
  'app.search': { keys: ['/'], group: 'anywhere', label: 'cmd.search', opensField: true },
  'app.compose': { keys: ['c'], group: 'anywhere', label: 'cmd.compose', opensField: true },
  'app.newTask': { keys: [], group: 'anywhere', label: 'cmd.taskNew', opensField: true },
  'app.undo': { keys: ['z', 'Mod+z'], group: 'anywhere', label: 'cmd.undo' },
  'app.back': { keys: ['Escape'], group: 'anywhere', label: 'cmd.back' },
  'app.shortcuts': { keys: ['?'], group: 'anywhere', label: 'cmd.shortcuts' },
  'app.settings': { keys: ['Mod+,'], group: 'anywhere', label: 'cmd.settings', inField: true },
  'app.theme': { keys: ['Mod+Shift+l'], group: 'anywhere', label: 'cmd.theme', inField: true },
  'app.rail': { keys: ['Mod+\\'], group: 'anywhere', label: 'cmd.rail', inField: true },
  'app.context': { keys: ['Mod+.'], group: 'anywhere', label: 'cmd.context', inField: true },
  'app.nextPane': { keys: ['F6'], group: 'anywhere', label: 'cmd.nextPane', inField: true },
  'app.prevPane': { keys: ['Shift+F6'], group: 'anywhere', label: 'cmd.prevPane', inField: true },
  'app.allAccounts': { keys: ['Mod+0'], group: 'anywhere', label: 'cmd.allAccounts', inField: true },
  'app.account1': { keys: ['Mod+1'], group: 'anywhere', label: 'cmd.account1', inField: true },
  'app.account2': { keys: ['Mod+2'], group: 'anywhere', label: 'cmd.account2', inField: true },
  'app.account3': { keys: ['Mod+3'], group: 'anywhere', label: 'cmd.account3', inField: true },
  'app.account4': { keys: ['Mod+4'], group: 'anywhere', label: 'cmd.account4', inField: true },
  'app.account5': { keys: ['Mod+5'], group: 'anywhere', label: 'cmd.account5', inField: true },
  'app.account6': { keys: ['Mod+6'], group: 'anywhere', label: 'cmd.account6', inField: true },
  'app.account7': { keys: ['Mod+7'], group: 'anywhere', label: 'cmd.account7', inField: true },
  'app.account8': { keys: ['Mod+8'], group: 'anywhere', label: 'cmd.account8', inField: true },
  'app.account9': { keys: ['Mod+9'], group: 'anywhere', label: 'cmd.account9', inField: true },

  'go.inbox': { keys: ['g i'], group: 'goto', label: 'nav.inbox' },
  'go.starred': { keys: ['g s'], group: 'goto', label: 'nav.starred' },
  'go.snoozed': { keys: ['g b'], group: 'goto', label: 'cmd.goSnoozed' },
  'go.sent': { keys: ['g t'], group: 'goto', label: 'nav.sent' },
  'go.drafts': { keys: ['g d'], group: 'goto', label: 'nav.drafts' },
  'go.archive': { keys: ['g e'], group: 'goto', label: 'nav.archive' },
  'go.all': { keys: ['g a'], group: 'goto', label: 'nav.all' },
  'go.files': { keys: ['g f'], group: 'goto', label: 'nav.files' },
  'go.calendar': { keys: ['g c'], group: 'goto', label: 'nav.calendar' },
  'go.tasks': { keys: ['g k'], group: 'goto', label: 'nav.tasks' },
  'go.label': { keys: ['g l'], group: 'goto', label: 'cmd.goLabel', opensField: true },
  'go.outbox': { keys: ['g o'], group: 'goto', label: 'nav.outbox' },
  'go.integrations': { keys: ['g n'], group: 'goto', label: 'nav.integrations' },
  'go.activity': { keys: ['g y'], group: 'goto', label: 'nav.activity' },
  'go.start': { keys: [], group: 'goto', label: 'start.title' },

  'list.next': { keys: ['j', 'ArrowDown'], group: 'list', label: 'cmd.next', repeats: true },
  'list.prev': { keys: ['k', 'ArrowUp'], group: 'list', label: 'cmd.prev', repeats: true },
  'list.open': { keys: ['Enter', 'o'], group: 'list', label: 'cmd.open' },
  'list.select': { keys: ['x'], group: 'list', label: 'cmd.select' },
  'list.extendNext': { keys: ['Shift+j', 'Shift+ArrowDown'], group: 'list', label: 'cmd.extendNext', repeats: true },
  'list.extendPrev': { keys: ['Shift+k', 'Shift+ArrowUp'], group: 'list', label: 'cmd.extendPrev', repeats: true },
  'list.selectAll': { keys: ['* a', 'Mod+a'], group: 'list', label: 'cmd.selectAll' },
  'list.selectNone': { keys: ['* n'], group: 'list', label: 'cmd.selectNone' },
  'list.selectRead': { keys: ['* r'], group: 'list', label: 'cmd.selectRead' },
  'list.selectUnread': { keys: ['* u'], group: 'list', label: 'cmd.selectUnread' },
  'list.first': { keys: ['Home'], group: 'list', label: 'cmd.first' },
  'list.last': { keys: ['End'], group: 'list', label: 'cmd.last' },
  'list.pageDown': { keys: ['PageDown'], group: 'list', label: 'cmd.pageDown', repeats: true },
  'list.pageUp': { keys: ['PageUp'], group: 'list', label: 'cmd.pageUp', repeats: true },
  'list.nextSplit': { keys: ['Mod+Alt+ArrowRight'], group: 'list', label: 'cmd.nextSplit' },
  'list.prevSplit': { keys: ['Mod+Alt+ArrowLeft'], group: 'list', label: 'cmd.prevSplit' },
  'files.save': { keys: ['Mod+s'], group: 'list', label: 'cmd.fileSave' },
  'files.message': { keys: ['Shift+Enter'], group: 'list', label: 'cmd.fileMessage' },
  'list.unreadOnly': { keys: ['Shift+f'], group: 'list', label: 'cmd.unreadOnly' },

  'triage.archive': { keys: ['e'], group: 'triage', label: 'act.archive' },
  'triage.trash': { keys: ['#', 'Delete'], group: 'triage', label: 'act.trash' },
  'triage.spam': { keys: ['!'], group: 'triage', label: 'act.spam' },
  'triage.star': { keys: ['s'], group: 'triage', label: 'act.starToggle' },
  'triage.read': { keys: ['Shift+i'], group: 'triage', label: 'act.read' },
  'triage.unread': { keys: ['Shift+u'], group: 'triage', label: 'act.unread' },
  'triage.toggleRead': { keys: [], group: 'triage', label: 'cmd.toggleRead' },
  'triage.inbox': { keys: [], group: 'triage', label: 'act.inbox' },
  'triage.snooze': { keys: ['h', 'b'], group: 'triage', label: 'cmd.snooze' },
  'triage.remind': { keys: [], group: 'triage', label: 'cmd.remind' },
  'triage.mute': { keys: ['m'], group: 'triage', label: 'cmd.mute' },
  'triage.move': { keys: ['v'], group: 'triage', label: 'act.move' },
  'triage.label': { keys: ['l'], group: 'triage', label: 'act.label' },
  'triage.unlabel': { keys: ['y'], group: 'triage', label: 'act.unlabel' },
  'triage.task': { keys: ['t'], group: 'triage', label: 'act.makeTask' },
  'triage.archiveNewer': { keys: ['['], group: 'triage', label: 'cmd.archiveNewer' },
  'triage.archiveOlder': { keys: [']'], group: 'triage', label: 'cmd.archiveOlder' },

  'thread.reply': { keys: ['r'], group: 'thread', label: 'cmd.reply', opensField: true },
  'thread.replyAll': { keys: ['a'], group: 'thread', label: 'cmd.replyAll', opensField: true },
  'thread.forward': { keys: ['f'], group: 'thread', label: 'cmd.forward', opensField: true },
  'thread.next': { keys: ['n'], group: 'thread', label: 'cmd.nextMessage' },
  'thread.prev': { keys: ['p'], group: 'thread', label: 'cmd.prevMessage' },
  'thread.back': { keys: ['u'], group: 'thread', label: 'cmd.backToList' },
  'thread.expandAll': { keys: ['Shift+o'], group: 'thread', label: 'cmd.expandAll' },
  'thread.images': { keys: ['i'], group: 'thread', label: 'cmd.images' },
  'thread.unsubscribe': { keys: ['Mod+Shift+u'], group: 'thread', label: 'cmd.unsubscribe' },
  'thread.print': { keys: ['Mod+p'], group: 'thread', label: 'cmd.print' },
  'thread.source': { keys: ['Mod+Shift+o'], group: 'thread', label: 'cmd.source' },

  'composer.send': { keys: ['Mod+Enter'], group: 'composer', label: 'cmd.send', inField: true },
  'composer.sendArchive': { keys: ['Mod+Shift+Enter'], group: 'composer', label: 'cmd.sendArchive', inField: true },
  'composer.sendLater': { keys: ['Mod+Alt+Enter'], group: 'composer', label: 'cmd.sendLater', inField: true },
  'composer.cc': { keys: ['Mod+Shift+c'], group: 'composer', label: 'cmd.cc', inField: true },
  'composer.bcc': { keys: ['Mod+Shift+b'], group: 'composer', label: 'cmd.bcc', inField: true },
  'composer.attach': { keys: ['Mod+Shift+a'], group: 'composer', label: 'cmd.attach', inField: true },
  'composer.insertText': { keys: ['Mod+;', 'Mod+Shift+;'], group: 'composer', label: 'cmd.insertText', inField: true },
  'composer.discard': { keys: ['Mod+Shift+d'], group: 'composer', label: 'cmd.discard', inField: true },
  'composer.close': { keys: ['Escape'], group: 'composer', label: 'cmd.close', inField: true },

  'calendar.day': { keys: ['d'], group: 'calendar', label: 'cmd.calDay' },
  'calendar.week': { keys: ['w'], group: 'calendar', label: 'cmd.calWeek' },
  'calendar.month': { keys: ['o'], group: 'calendar', label: 'cmd.calMonth' },
  'calendar.agenda': { keys: ['a'], group: 'calendar', label: 'cmd.calAgenda' },
  'calendar.today': { keys: ['t'], group: 'calendar', label: 'cmd.calToday' },
  'calendar.next': { keys: ['n', 'ArrowRight'], group: 'calendar', label: 'cmd.calNext', repeats: true },
  'calendar.prev': { keys: ['p', 'ArrowLeft'], group: 'calendar', label: 'cmd.calPrev', repeats: true },
  'calendar.new': { keys: ['c'], group: 'calendar', label: 'cmd.calNew', opensField: true },
  'calendar.quick': { keys: ['q'], group: 'calendar', label: 'cmd.calQuick', opensField: true },
  'calendar.open': { keys: ['Enter'], group: 'calendar', label: 'cmd.calOpen' },
  'calendar.edit': { keys: ['e'], group: 'calendar', label: 'cmd.calEdit', opensField: true },
  'calendar.task': { keys: ['Shift+t'], group: 'calendar', label: 'act.makeTask', opensField: true },
  'calendar.delete': { keys: ['Delete'], group: 'calendar', label: 'cmd.calDelete' },
  'calendar.earlier': { keys: ['Alt+ArrowUp'], group: 'calendar', label: 'cmd.calEarlier', repeats: true },
  'calendar.later': { keys: ['Alt+ArrowDown'], group: 'calendar', label: 'cmd.calLater', repeats: true },
  'calendar.dayBack': { keys: ['Alt+ArrowLeft'], group: 'calendar', label: 'cmd.calDayBack', repeats: true },
  'calendar.dayOn': { keys: ['Alt+ArrowRight'], group: 'calendar', label: 'cmd.calDayOn', repeats: true },
  'calendar.shorter': { keys: ['Alt+Shift+ArrowUp'], group: 'calendar', label: 'cmd.calShorter', repeats: true },
  'calendar.longer': { keys: ['Alt+Shift+ArrowDown'], group: 'calendar', label: 'cmd.calLonger', repeats: true },
  'calendar.zone': { keys: ['Mod+Alt+z'], group: 'calendar', label: 'cmd.calZone' },

  'tasks.new': { keys: ['c', 'q'], group: 'tasks', label: 'cmd.taskNew', opensField: true },
  'tasks.next': { keys: ['j', 'ArrowDown'], group: 'tasks', label: 'cmd.taskNext', repeats: true },
  'tasks.prev': { keys: ['k', 'ArrowUp'], group: 'tasks', label: 'cmd.taskPrev', repeats: true },
  'tasks.first': { keys: ['Home'], group: 'tasks', label: 'cmd.taskFirst' },
  'tasks.last': { keys: ['End'], group: 'tasks', label: 'cmd.taskLast' },
  'tasks.pageDown': { keys: ['PageDown'], group: 'tasks', label: 'cmd.pageDown', repeats: true },
  'tasks.pageUp': { keys: ['PageUp'], group: 'tasks', label: 'cmd.pageUp', repeats: true },
  'tasks.open': { keys: ['Enter', 'o'], group: 'tasks', label: 'cmd.taskOpen' },
  'tasks.done': { keys: ['Space'], group: 'tasks', label: 'cmd.taskDone' },
  'tasks.edit': { keys: ['e'], group: 'tasks', label: 'cmd.taskEdit', opensField: true },
  'tasks.due': { keys: ['Shift+d', 'd'], group: 'tasks', label: 'cmd.taskDue', opensField: true },
  'tasks.today': { keys: ['t'], group: 'tasks', label: 'cmd.taskToday' },
  'tasks.move': { keys: ['v'], group: 'tasks', label: 'cmd.taskMove', opensField: true },
  'tasks.subtask': { keys: ['Shift+c'], group: 'tasks', label: 'cmd.taskSub', opensField: true },
  'tasks.p1': { keys: ['1'], group: 'tasks', label: 'cmd.taskP1' },
  'tasks.p2': { keys: ['2'], group: 'tasks', label: 'cmd.taskP2' },
  'tasks.p3': { keys: ['3'], group: 'tasks', label: 'cmd.taskP3' },
  'tasks.p4': { keys: ['4'], group: 'tasks', label: 'cmd.taskP4' },
  'tasks.p0': { keys: ['0'], group: 'tasks', label: 'cmd.taskP0' },
  'tasks.delete': { keys: ['#', 'Delete'], group: 'tasks', label: 'cmd.taskDelete' },
  'tasks.collapse': { keys: ['ArrowLeft'], group: 'tasks', label: 'cmd.taskCollapse' },
  'tasks.expand': { keys: ['ArrowRight'], group: 'tasks', label: 'cmd.taskExpand' },
  'tasks.overdue': { keys: [], group: 'tasks', label: 'cmd.taskOverdue' },
  'tasks.showToday': { keys: [], group: 'tasks', label: 'cmd.taskShowToday' },
  'tasks.showUpcoming': { keys: [], group: 'tasks', label: 'cmd.taskShowUpcoming' },
  'tasks.showAnytime': { keys: [], group: 'tasks', label: 'cmd.taskShowAnytime' },
  'tasks.showDone': { keys: [], group: 'tasks', label: 'cmd.taskShowDone' },
} as const satisfies Record<string, Binding>;

export type CommandId = keyof typeof map;
export const COMMANDS: Record<CommandId, Binding> = map;
export const IDS = Object.keys(map) as CommandId[];
export const GROUPS: readonly Group[] = ['anywhere', 'goto', 'list', 'triage', 'thread', 'composer', 'calendar', 'tasks'];
export const GROUP_TITLE: Record<Group, MessageKey> = { anywhere: 'keys.anywhere', goto: 'keys.goto', list: 'keys.list', triage: 'keys.triage', thread: 'keys.thread', composer: 'keys.composer', calendar: 'keys.calendar', tasks: 'keys.tasks' };

/** What a preset has other than the map above, which is Gmail's. */
export const PRESETS: Record<Preset, Partial<Record<CommandId, readonly string[]>>> = {
  gmail: {},
  superhuman: {
    'triage.toggleRead': ['u'],
    'triage.inbox': ['Shift+e'],
    'triage.snooze': ['h'],
    'triage.spam': ['!'],
    'triage.label': ['l'],
    'thread.back': [],
    'list.unreadOnly': ['Shift+f'],
    'go.archive': ['g e'],
  },
};
export type Preset = 'gmail' | 'superhuman';
export const preset = (name: string): Preset => (name === 'superhuman' ? 'superhuman' : 'gmail');

export type Keys = Record<CommandId, readonly string[]>;
/** The preset with the person's own keys over it. An own entry is one stroke or sequence; an empty one takes the keys away. */
export function keysOf(name: string, remaps: Readonly<Record<string, string | undefined>>): Keys {
  const over = PRESETS[preset(name)];
  return Object.fromEntries(IDS.map((id) => {
    const own = remaps[id];
    return [id, own !== undefined ? (own ? [own] : []) : (over[id] ?? COMMANDS[id].keys)];
  })) as Keys;
}

// What passes on by design is no conflict: Esc closes the innermost.
const SHARED = new Set(['Escape']);
/** Screens with keys of their own, which come before those of the window and are never asked with each other's. */
export const OWN: readonly Group[] = ['calendar', 'tasks'];
/** What makes something new where the person is: of a screen its own thing. */
const NEW: readonly CommandId[] = ['calendar.new', 'tasks.new'];
const OF_LISTS: readonly Group[] = ['list', 'triage', 'thread'];

/** Two commands that are never asked at once, or of which one is meant to stand before the other where both are. */
export function apart(a: CommandId, b: CommandId): boolean {
  const [one, other] = [COMMANDS[a].group, COMMANDS[b].group];
  if (OWN.includes(one) === OWN.includes(other)) return one !== other && OWN.includes(one);
  if (OF_LISTS.includes(one) || OF_LISTS.includes(other)) return true;
  return (a === 'app.compose' && NEW.includes(b)) || (b === 'app.compose' && NEW.includes(a));
}

/** Keys that two commands claim, or of which one begins the other's sequence: that one could never be finished. */
export function conflicts(keys: Keys): { keys: string; ids: [CommandId, CommandId] }[] {
  const all = IDS.flatMap((id) => keys[id].map((k) => ({ id, k })));
  const found: { keys: string; ids: [CommandId, CommandId] }[] = [];
  all.forEach((a, i) => {
    for (const b of all.slice(i + 1)) {
      if (a.id === b.id || SHARED.has(a.k) || apart(a.id, b.id)) continue;
      if (a.k !== b.k && !a.k.startsWith(`${b.k} `) && !b.k.startsWith(`${a.k} `)) continue;
      found.push({ keys: a.k.length <= b.k.length ? a.k : b.k, ids: [a.id, b.id] });
    }
  });
  return found;
}
