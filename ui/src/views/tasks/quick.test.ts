import { describe, expect, it } from 'vitest';
import { parseTask, parseWhen } from './quick';

// A Thursday, 10:41.
const NOW = '2026-03-19T10:41';
const lists = [{ id: 1, name: 'Inbox' }, { id: 2, name: 'Home' }, { id: 3, name: 'Launch' }, { id: 4, name: 'Launch team' }, { id: 5, name: 'Büro' }];
const task = (text: string, without: Parameters<typeof parseTask>[2] = {}) => parseTask(text, NOW, { lists, ...without })!;
const short = (text: string) => {
  const q = task(text);
  return [q.title, q.due ? `${q.due.day.slice(5)}${q.due.time === null ? '' : ` ${q.due.time}`}` : '-', q.priority ?? '-', q.labels.join(',') || '-', String(q.list ?? '-')];
};

describe('a task in words', () => {
  it.each<[string, string, string, string, string, string]>([
    ['Call Bo tomorrow 9:00 p1 #errand @Home', 'Call Bo', '03-20 09:00', 'urgent', 'errand', '2'],
    ['Bo anrufen morgen um 9 Uhr p2 #privat @Büro', 'Bo anrufen', '03-20 09:00', 'high', 'privat', '5'],
    ['Water the plants', 'Water the plants', '-', '-', '-', '-'],
    ['Buy 2 lamps today', 'Buy 2 lamps', '03-19', '-', '-', '-'],
    ['Pay rent 1 Apr', 'Pay rent', '04-01', '-', '-', '-'],
    ['Steuer 31.5. !!', 'Steuer', '05-31', 'high', '-', '-'],
    ['Ship it fri 5pm @launch team', 'Ship it', '03-20 17:00', '-', '-', '4'],
    ['Ship it fri @launch', 'Ship it', '03-20', '-', '-', '3'],
    ['Fix the tap @ho', 'Fix the tap', '-', '-', '-', '2'],
    ['Mail @nobody about it', 'Mail @nobody about it', '-', '-', '-', '-'],
    ['write to ana@x.example', 'write to ana@x.example', '-', '-', '-', '-'],
    ['Read issue #42', 'Read issue #42', '-', '-', '-', '-'],
    ['#a #b two labels #a', 'two labels', '-', '-', 'a,b', '-'],
    ['Stand-up notes at 9', 'Stand-up notes', '03-20 09:00', '-', '-', '-'],
    ['Ring the bank at 15:00', 'Ring the bank', '03-19 15:00', '-', '-', '-'],
    ['Yoga thursday 9am', 'Yoga', '03-26 09:00', '-', '-', '-'],
    ['Tee kochen in 20 Minuten', 'Tee kochen', '03-19 11:01', '-', '-', '-'],
    ['Rezept abholen übermorgen p4', 'Rezept abholen', '03-21', 'low', '-', '-'],
    ['Review the p1 list', 'Review the list', '-', 'urgent', '-', '-'],
  ])('%s', (text, ...wanted) => expect(short(text)).toEqual(wanted));

  it('takes what repeats as its first time, and says so', () => {
    expect(task('Bins every monday')).toMatchObject({ title: 'Bins', due: { day: '2026-03-23', time: null }, repeats: true });
    expect(task('Blumen gießen jeden Freitag 8 Uhr')).toMatchObject({ title: 'Blumen gießen', due: { day: '2026-03-20', time: '08:00' }, repeats: true });
  });
  it('gives a piece back to the title', () => {
    expect(task('May release notes p1 #x', { without: new Set(['priority', 'labels']) })).toMatchObject({ title: 'May release notes p1 #x', priority: null, labels: [] });
    expect(task('Watch Tomorrow Never Dies', { without: new Set(['due']) })).toMatchObject({ title: 'Watch Tomorrow Never Dies', due: null });
    expect(task('Dinner @Home', { without: new Set(['list']) })).toMatchObject({ title: 'Dinner @Home', list: null });
  });
  it('loses nothing of what it does not understand', () => {
    for (const text of ['p5', '!!!!', '@', '#', '# heading', '99/99 party', '\u0001', 'x'.repeat(3000), 'at']) expect(parseTask(text, NOW)?.title ?? '').toBe(text.replaceAll('\u0001', '').slice(0, 1000).trim());
    expect(parseTask('   ', NOW)).toBeNull();
  });
  it('is only pieces, and has no title', () => expect(task('tomorrow p1')).toMatchObject({ title: '', due: { day: '2026-03-20' } }));
});

describe('a time in words', () => {
  it.each<[string, string | null]>([
    ['tomorrow 9:00', '2026-03-20 09:00'], ['fri', '2026-03-20'], ['Do', '2026-03-19'], ['in 3 days', '2026-03-22'], ['24.12. 18 Uhr', '2026-12-24 18:00'], ['heute abend', '2026-03-19 19:00'], ['next week', '2026-03-23'],
    ['noon', '2026-03-19 12:00'], ['lunch', null], ['', null], ['tomorrow or so', null], ['every day', null],
  ])('%s', (text, wanted) => {
    const when = parseWhen(text, NOW);
    expect(when === null ? null : `${when.day}${when.time === null ? '' : ` ${when.time}`}`).toBe(wanted);
  });
});
