// The words of when something is due, and the lines of the views. The clock stands at Thursday 19 March 2026.
import { afterEach, describe, expect, it } from 'vitest';
import { language } from '../../i18n/language.svelte';
import type { TaskDue, TaskListDto, TaskRow } from '../../ipc/bindings';
import { cant, dueOf, fresh, held, withBelow } from './change';
import { itemsOf, likelyDays, places, stretch, unfolded } from './groups';
import type { When } from './quick';
import { coreWhen, dayHead, dueWords, saidWhen, taskName, whenShort } from './words';

const TODAY = '2026-03-19';
const NOW = '2026-03-19T10:41';
const on = (day: string, time: string | null = null): When => ({ day, time });
const due = (day: string, time: string | null = null): TaskDue => dueOf(on(day, time), NOW)!;
const can = { write: true, notes: true, dueDay: true, dueTime: true, priority: true, coarsePriority: false, labels: true, subtasks: true, moves: true, deletes: true };
const list: TaskListDto = { id: 1, connection: 'c', source: 'Todoist', name: 'Home', hue: 0, shown: true, default: true, can, open: 0, error: null, lastSync: null };
const row = (id: number, part: Partial<TaskRow> = {}): TaskRow => ({ ...fresh(list, part), id, pending: null });

afterEach(() => language.use('en'));

describe('when it is due', () => {
  it.each<[TaskDue, string, string]>([
    [due('2026-03-19'), 'Heute', 'heute'], [due('2026-03-19', '15:00'), '15:00', 'heute um 15:00'], [due('2026-03-20', '09:00'), 'Morgen 09:00', 'morgen um 09:00'], [due('2026-03-22'), 'So', 'Sonntag, 22. März'],
    [due('2026-03-30'), '30. März', 'Montag, 30. März'], [due('2027-01-04'), '4. Jan. 2027', 'Montag, 4. Januar 2027'], [due('2026-03-18'), '1 Tag überfällig', 'gestern'], [due('2026-03-16'), '3 Tage überfällig', 'Montag, 16. März'],
    [due('2026-03-19', '09:00'), '09:00, überfällig', 'heute um 09:00'],
  ])('%o', async (d, eye, ear) => {
    await language.use('de');
    expect([dueWords(d, NOW), saidWhen(d, TODAY)]).toEqual([eye, ear]);
  });
  it('is said in English', async () => {
    await language.use('en');
    expect([dueWords(due('2026-03-16'), NOW), dueWords(due('2026-03-18'), NOW), dueWords(due('2026-03-20'), NOW), saidWhen(due('2026-03-18'), TODAY)]).toEqual(['3 days overdue', '1 day overdue', 'Tomorrow', 'yesterday']);
  });
  it('stands over a day to come', async () => {
    await language.use('de');
    expect(dayHead('2026-03-20', TODAY)).toBe('Morgen · Freitag, 20. März');
    expect(whenShort(on('2026-03-20', '09:00'), TODAY)).toBe('Morgen 09:00');
  });
  it('reads what the core writes in a conflict', () => {
    expect(coreWhen('2026-03-20', TODAY)).toBe('Tomorrow');
    expect(coreWhen('soon', TODAY)).toBe('soon');
    expect(coreWhen('', TODAY)).toBe('');
  });
  it('names a task whole', async () => {
    await language.use('en');
    expect(taskName(row(1, { title: 'Call Bo', priority: 'high', due: due('2026-03-20') }), 'Home', NOW)).toBe('Call Bo, high priority, due tomorrow, Home, not done');
    expect(taskName(row(2, { title: 'Tax', status: 'done', labels: ['a', 'b'], subtasksOpen: 1, subtasksDone: 2, repeats: 'weekly', editable: false }), '', NOW)).toBe('Tax, labels a, b, repeats, 2 of 3 subtasks done, can’t be changed, done');
    expect(taskName({ ...row(3, { title: 'Late', due: due('2026-03-18') }), pending: 'failed' }, 'Home', NOW)).toBe('Late, overdue since yesterday, Home, not saved at the provider, not done');
  });
  it('offers likely days', () => {
    expect(likelyDays(TODAY).map((d) => `${d.id} ${d.day.slice(5)}`)).toEqual(['today 03-19', 'tomorrow 03-20', 'weekend 03-21', 'nextWeek 03-23']);
    expect(likelyDays('2026-03-21').map((d) => `${d.id} ${d.day.slice(5)}`)).toEqual(['today 03-21', 'tomorrow 03-22', 'nextWeekend 03-28', 'nextWeek 03-23']);
    expect(likelyDays('2026-03-22').map((d) => `${d.id} ${d.day.slice(5)}`)).toEqual(['today 03-22', 'tomorrow 03-23', 'nextWeekend 03-28', 'nextWeek 03-23']);
  });
});

describe('the tree', () => {
  const tree = [row(1), row(2, { depth: 1, parent: 1 }), row(3, { depth: 2, parent: 2 }), row(4, { depth: 1, parent: 1 }), row(5), row(6, { depth: 1, parent: 5 })];
  it('leaves out what stands below something folded', () => {
    expect(unfolded(tree, new Set([2])).map((r) => r.id)).toEqual([1, 2, 4, 5, 6]);
    expect(unfolded(tree, new Set([1, 2])).map((r) => r.id)).toEqual([1, 5, 6]);
    expect(unfolded(tree, new Set())).toHaveLength(6);
  });
  it('counts places among siblings', () => {
    expect(places(tree).map((p) => `${String(p.place)}/${String(p.of)}`)).toEqual(['1/2', '1/2', '1/1', '2/2', '2/2', '1/1']);
  });
  it('goes along with its task', () => {
    expect([...withBelow(tree[0]!, tree)]).toEqual([1, 2, 3, 4]);
    expect([...withBelow(tree[5]!, tree)]).toEqual([6]);
  });
  it('says what can be folded', () => {
    const lines = itemsOf(tree, { view: { type: 'list', list: 1 }, wall: NOW, first: 1, collapsed: new Set([2]), more: false }).filter((i) => i.kind === 'task');
    expect(lines.map((l) => `${String(l.row.id)} ${String(l.level)} ${l.parent ? (l.open ? 'open' : 'shut') : '-'}`)).toEqual(['1 1 open', '2 2 shut', '4 2 -', '5 1 open', '6 2 -']);
  });
});

describe('the lines of a view', () => {
  const heads = (rows: TaskRow[], type: 'today' | 'upcoming' | 'anytime' | 'done', more = false) =>
    itemsOf(rows, { view: { type }, wall: NOW, first: 1, collapsed: new Set(), more }).map((i) => (i.kind === 'head' ? `${i.what} ${i.day}${i.list === null ? '' : String(i.list)} ${String(i.count)}` : i.kind === 'task' ? String(i.row.id) : i.kind));
  it('puts what is overdue first', () => {
    expect(heads([row(1, { due: due('2026-03-16') }), row(2, { due: due(TODAY) }), row(3, { due: due(TODAY, '09:00') })], 'today')).toEqual(['overdue  2', '1', '3', `today ${TODAY} 1`, '2']);
    expect(heads([], 'today')).toEqual([]);
  });
  it('goes from days to weeks to months', () => {
    expect(['2026-03-20', '2026-03-26', '2026-03-27', '2026-03-30', '2026-04-23', '2026-04-24', '2027-02-01'].map((d) => Object.values(stretch(d, TODAY, 1)).join(' '))).toEqual([
      'day 2026-03-20', 'day 2026-03-26', 'week 2026-03-27', 'week 2026-03-30', 'week 2026-04-20', 'month 2026-04-01', 'month 2027-02-01',
    ]);
    expect(heads([row(1, { due: due('2026-03-20') }), row(2, { due: due('2026-03-20', '11:00') }), row(3, { due: due('2026-04-01') })], 'upcoming', true)).toEqual(['day 2026-03-20 2', '1', '2', 'week 2026-03-30 null', '3', 'bones']);
  });
  it('parts by list, with what stands below', () => {
    expect(heads([row(1), row(2, { depth: 1, parent: 1 }), row(3, { list: 2 })], 'anytime')).toEqual(['list 1 2', '1', '2', 'list 2 1', '3']);
  });
});

describe('what a list can hold', () => {
  const google = { ...list, can: { ...can, dueTime: false, priority: false, labels: false } };
  const quick = { due: on('2026-03-20', '09:00'), priority: 'urgent' as const, labels: ['a'], repeats: true };
  it('is said, and no more is written', () => {
    expect(cant(quick, google)).toEqual(['time', 'priority', 'labels', 'repeat']);
    expect(cant({ ...quick, repeats: false }, list)).toEqual([]);
    expect(held(quick, google)).toEqual({ due: on('2026-03-20'), priority: null, labels: [] });
    expect(held(quick, list)).toMatchObject({ due: on('2026-03-20', '09:00'), priority: 'urgent' });
  });
});
