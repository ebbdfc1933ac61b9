import { describe, expect, it } from 'vitest';
import { formatRule, nthOf, once, parseRule } from './rule';

const OSLO = 'Europe/Oslo';
// The third Tuesday of the month.
const DAY = '2026-03-17';

describe('a rule', () => {
  it.each([
    ['FREQ=DAILY', { every: 'daily', interval: 1, end: 'never' }],
    ['RRULE:FREQ=DAILY;INTERVAL=3;COUNT=4', { every: 'daily', interval: 3, end: 'count', count: 4 }],
    ['FREQ=WEEKLY', { every: 'weekly', weekdays: [2] }],
    ['FREQ=WEEKLY;BYDAY=TU,FR;WKST=MO;INTERVAL=2', { every: 'weekly', weekdays: [2, 5], interval: 2 }],
    ['FREQ=MONTHLY;BYMONTHDAY=17', { every: 'monthly', by: 'day' }],
    ['FREQ=MONTHLY;BYDAY=3TU', { every: 'monthly', by: 'weekday' }],
    ['FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=17', { every: 'yearly' }],
    ['FREQ=WEEKLY;UNTIL=20260630', { end: 'until', until: '2026-06-30' }],
    // Midnight in UTC is two in the morning there.
    ['FREQ=WEEKLY;UNTIL=20260629T230000Z', { end: 'until', until: '2026-06-30' }],
  ])('%s', (raw, part) => expect(parseRule(raw, DAY, OSLO)).toMatchObject(part));

  it.each([
    'FREQ=HOURLY', 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', 'FREQ=WEEKLY;BYDAY=MO', 'FREQ=MONTHLY;BYMONTHDAY=1,15', 'FREQ=YEARLY;BYWEEKNO=20', 'FREQ=WEEKLY;INTERVAL=2;WKST=SU', 'FREQ=DAILY;COUNT=0',
    'FREQ=WEEKLY\nEXDATE:20260324', 'FREQ=MONTHLY;BYDAY=1TU', 'nonsense', 'FREQ=DAILY;UNTIL=soon', 'FREQ=DAILY;INTERVAL=1000',
  ])('%s is kept as it is', (raw) => {
    const r = parseRule(raw, DAY, OSLO);
    expect(r.every).toBe('other');
    expect(formatRule(r, `${DAY}T09:00`, OSLO)).toBe(raw);
  });

  it('is nothing for what happens once', () => {
    expect(parseRule(null, DAY, OSLO).every).toBe('none');
    expect(formatRule(once(DAY), DAY, OSLO)).toBe('');
  });

  it('is written for the form', () => {
    const of = (part: object, start = `${DAY}T09:00`) => formatRule({ ...once(DAY), ...part }, start, OSLO);
    expect(of({ every: 'weekly', weekdays: [5] })).toBe('FREQ=WEEKLY;BYDAY=TU,FR');
    expect(of({ every: 'monthly', by: 'weekday' })).toBe('FREQ=MONTHLY;BYDAY=3TU');
    expect(of({ every: 'monthly', interval: 2 })).toBe('FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=17');
    expect(of({ every: 'yearly', end: 'count', count: 3 })).toBe('FREQ=YEARLY;COUNT=3');
    // The last day counts to its end, in UTC for what has a clock time.
    expect(of({ every: 'daily', end: 'until', until: '2026-06-30' })).toBe('FREQ=DAILY;UNTIL=20260630T215900Z');
    expect(of({ every: 'daily', end: 'until', until: '2026-06-30' }, DAY)).toBe('FREQ=DAILY;UNTIL=20260630');
  });

  it('reads back what it writes', () => {
    for (const part of [{ every: 'weekly', weekdays: [2, 4], interval: 3 }, { every: 'monthly', by: 'weekday', end: 'count', count: 7 }, { every: 'daily', end: 'until', until: '2026-06-30' }] as const) {
      const r = { ...once(DAY), ...part };
      const text = formatRule(r, `${DAY}T09:00`, OSLO);
      expect(parseRule(text, DAY, OSLO)).toEqual({ ...r, raw: text, ...(r.every === 'weekly' ? {} : { weekdays: [2] }) });
    }
  });

  it('knows the last of its weekdays', () => {
    expect([nthOf('2026-03-03'), nthOf('2026-03-17'), nthOf('2026-03-24'), nthOf('2026-03-31')]).toEqual([1, 3, 4, -1]);
    expect(parseRule('FREQ=MONTHLY;BYDAY=-1TU', '2026-03-31', OSLO).by).toBe('weekday');
  });
});
