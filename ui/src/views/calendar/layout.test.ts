import { describe, expect, it } from 'vitest';
import { absent, axisOf, instantAt, marks, place, shapeOf } from './axis';
import { between, daysFrom, monthDays, plusMonths, step, weekNumber, weekStart } from './days';
import { columns, lanes } from './lanes';
import { HOUR, ahead, instant, names, offset, wall } from './zones';

const OSLO = 'Europe/Oslo';
const SPRING = '2026-03-29';
const AUTUMN = '2026-10-25';
const at = (time: string) => instant(OSLO, time);

describe('clocks', () => {
  it('reads and writes what a zone shows', () => {
    expect(offset(OSLO, Date.UTC(2026, 0, 1))).toBe(60);
    expect(offset('America/New_York', Date.UTC(2026, 6, 1))).toBe(-240);
    expect(offset('Asia/Kolkata', 0)).toBe(330);
    for (const time of ['2026-01-31T23:59', '2026-03-29T01:59', '2026-03-29T03:00', '2026-10-25T12:00']) expect(wall(OSLO, instant(OSLO, time))).toBe(time);
  });
  it('takes a skipped time as later, and the first of a repeated one', () => {
    expect(wall(OSLO, at('2026-03-29T02:30'))).toBe('2026-03-29T03:30');
    expect(at('2026-10-25T02:30')).toBe(Date.UTC(2026, 9, 25, 0, 30));
  });
  it('says how far ahead a clock is', () => {
    expect(ahead('Asia/Kolkata', 0)).toBe('GMT+5:30');
    expect(ahead('America/New_York', Date.UTC(2026, 0, 1))).toBe('GMT−5');
  });
  it('offers zones, with the one that is in use', () => {
    expect(names('Etc/Odd', null)).toEqual(expect.arrayContaining(['Etc/Odd', OSLO, 'UTC']));
  });
});

describe('days', () => {
  it('are counted without hours', () => {
    expect(between(SPRING, '2026-03-30')).toBe(1);
    expect(daysFrom('2026-02-27', 3)).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
    expect(plusMonths('2026-01-31', 1)).toBe('2026-02-28');
    expect(plusMonths('2024-03-31', -1)).toBe('2024-02-29');
    expect(weekStart('2026-03-19', 1)).toBe('2026-03-16');
    expect(weekStart('2026-03-22', 0)).toBe('2026-03-22');
    expect(step('month', '2026-01-31', 1)).toBe('2026-02-28');
  });
  it('of a month come in whole weeks', () => {
    const march = monthDays('2026-03-19', 1);
    expect([march[0], march.at(-1), march.length]).toEqual(['2026-02-23', '2026-04-05', 42]);
    expect(monthDays('2026-02-10', 0)).toHaveLength(28);
  });
  it('have the week of their Thursday', () => {
    expect([weekNumber('2026-01-01'), weekNumber('2026-03-19'), weekNumber('2027-01-03'), weekNumber('2024-12-30')]).toEqual([1, 12, 53, 1]);
  });
});

describe('a day of 24 hours', () => {
  const shape = shapeOf('2026-03-19', OSLO);
  const axis = axisOf([shape]);
  it('is a scale of its minutes', () => {
    expect(axis.length).toBe(1440);
    expect(place(axis, shape, at('2026-03-19T10:30'))).toBe(630);
    expect(place(axis, shape, at('2026-03-18T22:00'))).toBe(0);
    expect(place(axis, shape, at('2026-03-20T02:00'), true)).toBe(1440);
    expect(instantAt(axis, shape, 630)).toBe(at('2026-03-19T10:30'));
    expect(marks(axis).map((m) => m.minute / 60)).toEqual(Array.from({ length: 24 }, (_, h) => h));
    expect(absent(axis, shape)).toEqual([]);
  });
});

describe('the day of 23 hours', () => {
  const shape = shapeOf(SPRING, OSLO);
  it('has no skipped hour of its own', () => {
    const axis = axisOf([shape]);
    expect((shape.end - shape.start) / HOUR).toBe(23);
    expect(axis.length).toBe(23 * 60);
    expect(marks(axis).map((m) => m.minute / 60).slice(0, 4)).toEqual([0, 1, 3, 4]);
    expect(place(axis, shape, at('2026-03-29T03:00'))).toBe(120);
    expect(place(axis, shape, at('2026-03-29T04:00'))).toBe(180);
    expect(instantAt(axis, shape, 150)).toBe(at('2026-03-29T03:30'));
  });
  it('hatches it beside days that have it', () => {
    const week = daysFrom('2026-03-23', 7).map((d) => shapeOf(d, OSLO));
    const axis = axisOf(week);
    expect(axis.length).toBe(1440);
    expect(absent(axis, shape)).toEqual([{ top: 120, length: 60 }]);
    expect(place(axis, shape, at('2026-03-29T03:00'))).toBe(180);
    // What ends as the clock is put forward does not reach over the hour that is not there.
    expect(place(axis, shape, at('2026-03-29T03:00'), true)).toBe(120);
    expect(instantAt(axis, shape, 150)).toBe(at('2026-03-29T03:00'));
  });
});

describe('the day of 25 hours', () => {
  const shape = shapeOf(AUTUMN, OSLO);
  const second = at('2026-10-25T02:30') + HOUR;
  it('has the repeated hour twice', () => {
    const axis = axisOf([shape]);
    expect((shape.end - shape.start) / HOUR).toBe(25);
    expect(axis.length).toBe(25 * 60);
    expect(marks(axis).slice(1, 5).map((m) => [m.minute / 60, m.fold])).toEqual([[1, false], [2, false], [2, true], [3, false]]);
    expect(place(axis, shape, at('2026-10-25T02:30'))).toBe(150);
    expect(place(axis, shape, second)).toBe(210);
    expect(place(axis, shape, at('2026-10-25T03:00'))).toBe(240);
    for (const top of [0, 90, 150, 179, 180, 210, 239, 240, 900]) expect(place(axis, shape, instantAt(axis, shape, top))).toBe(top);
  });
  it('is beside days that skip it', () => {
    const saturday = shapeOf('2026-10-24', OSLO);
    const axis = axisOf([saturday, shape]);
    expect(axis.length).toBe(25 * 60);
    expect(absent(axis, saturday)).toEqual([{ top: 180, length: 60 }]);
    expect(place(axis, saturday, at('2026-10-24T03:00'))).toBe(240);
    expect(place(axis, saturday, at('2026-10-24T03:00'), true)).toBe(180);
    expect(instantAt(axis, saturday, 200)).toBe(at('2026-10-24T03:00'));
  });
});

describe('odd days', () => {
  it('change by half an hour', () => {
    const shape = shapeOf('2026-04-05', 'Australia/Lord_Howe');
    expect(axisOf([shape]).length).toBe(24.5 * 60);
  });
  it('begin at one where midnight is left out', () => {
    const shape = shapeOf('2026-04-24', 'Africa/Cairo');
    const axis = axisOf([shape]);
    expect(axis.length).toBe(23 * 60);
    expect(marks(axis)[0]?.minute).toBe(60);
    expect(wall('Africa/Cairo', shape.start)).toBe('2026-04-24T01:00');
  });
});

describe('columns', () => {
  const of = (list: [string, number, number][]) => columns(list.map(([id, from, to]) => ({ id, from, to })), 15);
  it('gives what is alone the whole width', () => {
    const out = of([['a', 0, 60], ['b', 60, 120]]);
    expect(out.get('a')).toEqual({ column: 0, columns: 1, span: 1 });
    expect(out.get('b')).toEqual({ column: 0, columns: 1, span: 1 });
  });
  it('puts what overlaps side by side', () => {
    const out = of([['a', 0, 60], ['b', 30, 90], ['c', 45, 50]]);
    expect([...out.values()].map((p) => p.columns)).toEqual([3, 3, 3]);
    expect(new Set([...out.values()].map((p) => p.column)).size).toBe(3);
  });
  it('takes a free column again, and widens over free ones', () => {
    const out = of([['a', 0, 120], ['b', 0, 60], ['c', 0, 60], ['d', 60, 120]]);
    expect(out.get('d')).toEqual({ column: 1, columns: 3, span: 2 });
  });
  it('treats what is too short as long as it is drawn', () => {
    const out = of([['a', 0, 1], ['b', 5, 40]]);
    expect(out.get('a')?.columns).toBe(2);
  });
  it('hides nothing, whatever comes', () => {
    let seed = 7;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    const list = Array.from({ length: 200 }, (_, i): [string, number, number] => { const from = random(1380); return [String(i), from, from + 10 + random(180)]; });
    const out = of(list);
    for (const [a, aFrom, aTo] of list) for (const [b, bFrom, bTo] of list) {
      if (a >= b || aFrom >= Math.max(bTo, bFrom + 15) || bFrom >= Math.max(aTo, aFrom + 15)) continue;
      const [p, q] = [out.get(a)!, out.get(b)!];
      expect(p.columns).toBe(q.columns);
      expect(p.column + p.span <= q.column || q.column + q.span <= p.column, `${a} and ${b}`).toBe(true);
    }
  });
});

describe('lanes', () => {
  it('keep days apart and cut what reaches out of the week', () => {
    const out = lanes([{ id: 'a', first: -3, last: 1 }, { id: 'b', first: 1, last: 2 }, { id: 'c', first: 2, last: 9 }, { id: 'd', first: 8, last: 9 }], 7);
    expect(out).toEqual([{ id: 'a', first: 0, last: 1, lane: 0 }, { id: 'b', first: 1, last: 2, lane: 1 }, { id: 'c', first: 2, last: 6, lane: 0 }]);
  });
});
