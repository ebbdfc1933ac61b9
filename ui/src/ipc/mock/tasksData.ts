// Tasks of the mock: a week of somebody at work, over three sources. Days count from the day of the window's clock.
import type { Id, TaskAbilitiesDto, TaskConflict, TaskListDto, TaskPriority, TaskState } from '../bindings';
import { plus } from '../../views/calendar/days';
import type { When } from '../../views/tasks/quick';

export interface Item {
  id: Id;
  list: Id;
  parent: Id | null;
  title: string;
  notes: string;
  due: When | null;
  priority: TaskPriority;
  labels: string[];
  status: TaskState;
  repeats: string | null;
  completedAt: number | null;
  pending: string | null;
  conflict: TaskConflict[];
  message: Id | null;
  event: string | null;
  url: string | null;
  updatedAt: number;
}

const ALL: TaskAbilitiesDto = { write: true, notes: true, dueDay: true, dueTime: true, priority: true, coarsePriority: false, labels: true, subtasks: true, moves: true, deletes: true };
const GOOGLE: TaskAbilitiesDto = { ...ALL, dueTime: false, priority: false, labels: false };
const READ: TaskAbilitiesDto = { ...ALL, write: false };

type Make = (id: number, connection: string, source: string, name: string, hue: number, can: TaskAbilitiesDto, over?: Partial<TaskListDto>) => TaskListDto;
const making = (now: number): Make => (id, connection, source, name, hue, can, over = {}) => ({ id, connection, source, name, hue, shown: true, default: false, can, open: 0, error: null, lastSync: now - 120_000, ...over });

/** What lies at the other tools, each with what it can hold. */
export function toolLists(now: number): TaskListDto[] {
  const of = making(now);
  const bare: TaskAbilitiesDto = { write: true, notes: true, dueDay: false, dueTime: false, priority: false, coarsePriority: false, labels: false, subtasks: false, moves: false, deletes: true };
  const tools: [tool: string, can: Partial<TaskAbilitiesDto>, names: string[]][] = [
    ['github', { labels: true, deletes: false }, ['northwind/desk', 'northwind/website', 'mara/dotfiles']],
    ['linear', { dueDay: true, priority: true, labels: true, subtasks: true }, ['Design', 'Platform']],
    ['asana', { dueDay: true, moves: true }, ['Northwind', 'Spring campaign', 'Office move']],
    ['trello', { labels: true, moves: true }, ['House', 'Garden']],
    ['jira', { dueDay: true, labels: true }, ['Web shop', 'Mobile app']],
    ['notion', { notes: false, dueDay: true, labels: true }, ['Editorial calendar']],
  ];
  return tools.flatMap(([tool, can, names], n) => names.map((name, k) => of(100 + n * 10 + k, `c-${tool}`, 'mara@lindqvist.example', name, (n * 3 + k) % 10, { ...bare, ...can }, name === 'northwind/website' ? { can: { ...bare, ...can, write: false } } : {})));
}

export function taskLists(now: number): TaskListDto[] {
  const of = making(now);
  return [
    of(1, 'c-todoist', 'Todoist', 'Inbox', 6, ALL, { default: true }),
    of(2, 'c-todoist', 'Todoist', 'Home', 4, ALL),
    of(3, 'c-todoist', 'Todoist', 'Spring launch', 0, ALL),
    of(4, 'c-work', 'Northwind', 'My Tasks', 2, GOOGLE),
    of(5, 'c-work', 'Northwind', 'Reading', 1, GOOGLE, { shown: false }),
    of(6, 'c-choir', 'Choir of St Olav', 'Spring concert', 3, READ, { error: 'The server did not answer in time. It is tried again in ten minutes.' }),
  ];
}

/** `today`: ISO date of the window's clock. */
export function taskItems(now: number, today: string, scenario: string): Item[] {
  let id = 0;
  const day = (n: number, time: string | null = null): When => ({ day: plus(today, n), time });
  const of = (list: Id, title: string, due: When | null, over: Partial<Item> = {}): Item => ({
    id: ++id, list, parent: null, title, notes: '', due, priority: 'none', labels: [], status: 'open', repeats: null, completedAt: null, pending: null, conflict: [], message: null, event: null,
    url: list <= 3 ? `https://app.todoist.com/app/task/${String(id)}` : list <= 5 ? 'https://tasks.google.com/' : null, updatedAt: now - 3_600_000 * (id % 40), ...over,
  });
  if (scenario === 'many') {
    const what = ['Answer', 'Call', 'Review the notes of', 'Send the invoice to', 'Book a room with', 'Thank', 'Ask'];
    const who = ['Bo', 'Ingrid', 'Tomás', 'Priya', 'Amara', 'Jonas', 'the bank', 'Dr. Voss'];
    return Array.from({ length: 10_000 }, (_, n) => of((n % 4) + 1, `${what[n % 7] ?? ''} ${who[n % 8] ?? ''} (${String(n + 1)})`, n % 3 === 0 ? day(n % 9 === 0 ? 0 : (n % 90) + 1) : n % 3 === 1 ? day(0) : null, { priority: n % 11 === 0 ? 'high' : 'none' }));
  }
  const done = (daysAgo: number, hour: number): Partial<Item> => ({ status: 'done', completedAt: now - daysAgo * 86_400_000 - hour * 3_600_000 });
  const list: Item[] = [
    of(2, 'Renew the parking permit', day(-3), { priority: 'medium', labels: ['errand'] }),
    of(1, 'Send Ruth the signed lease', day(-1), { priority: 'urgent', message: 1005, notes: 'Two copies. Per signs as well.' }),
    of(3, 'Review the release notes', day(0, '09:00'), { priority: 'high', labels: ['writing'], notes: 'Draft: https://docs.example/release-notes\nTomás wants the migration named first.', url: 'https://app.todoist.com/app/task/3' }),
    of(1, 'Call Bo about the window frames', day(0, '15:00'), { labels: ['phone'] }),
    of(2, 'Water the plants', day(0), { repeats: 'every 3 days' }),
    of(4, 'Book a room for Thursday’s board meeting', day(0), { notes: 'Fjord, or Skerry if it has the big screen.' }),
    of(3, 'Prepare the launch mail', day(1, '11:00'), { priority: 'urgent', labels: ['writing', 'launch', 'mail'] }),
    of(2, 'Pick up the bicycle', day(2, '17:30'), { labels: ['errand'] }),
    of(1, 'Ingrid: slide 9 of the board deck', day(1), { pending: 'conflict', conflict: [{ field: 'due', mine: plus(today, 1), theirs: `${plus(today, 4)} 09:00` }, { field: 'priority', mine: 'none', theirs: 'high' }] }),
    of(4, 'Submit the travel expenses', day(4), { pending: 'failed' }),
    of(3, 'Ask Priya for the new screenshots', day(5), { pending: 'waiting', priority: 'low' }),
    of(2, 'Tax return: gather receipts', day(12), { priority: 'medium', notes: 'Folder on the desk, and the mails in Receipts.' }),
    of(1, 'Passport expires: make an appointment', day(26), {}),
    of(2, 'Swap the tyres', day(40), {}),
    of(6, 'Learn the second alto of the Gloria', day(3), {}),
    of(6, 'Print the programme', day(23), {}),
    of(3, 'Spring launch', null, { priority: 'high', status: 'started', notes: 'Everything that has to happen before the freeze.' }),
    of(3, 'Agree on the price list', null, { parent: 17, priority: 'medium' }),
    of(3, 'Ask Meridian for their terms', null, { parent: 18 }),
    of(3, 'Write the changelog', day(5), { parent: 17 }),
    of(3, 'Record the short film', null, { parent: 17, ...done(1, 3) }),
    of(2, 'Paint the hallway', null, { labels: ['home'] }),
    of(2, 'Find a colour that is not beige', null, { parent: 22 }),
    of(1, 'Idea: a quieter notification sound', null, {}),
    of(4, 'Read the draft of the new contract', null, { message: 2700 }),
    of(5, 'The Dispossessed', null, {}),
    of(5, 'A Pattern Language', null, { notes: 'Chapters 95 to 204.' }),
    of(1, 'Order the birthday cake', null, done(0, 1)),
    of(3, 'Freeze the strings', null, { ...done(0, 2), priority: 'high' }),
    of(2, 'Bleed the radiators', null, done(1, 5)),
    of(4, 'Answer the landlord', null, { ...done(1, 7), status: 'cancelled' }),
    of(1, 'Send the thank-you cards', null, done(4, 2)),
  ];
  return scenario === 'empty' ? [] : list;
}
