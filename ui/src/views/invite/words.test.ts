import { describe, expect, it } from 'vitest';
import { day } from '../../i18n/dates';
import type { EventRow } from '../../ipc/bindings';
import { answerWords, dayOf, hoursOf, noon, repeatWords, sameTime, saidWords } from './words';

it('a day is that day wherever it is read', () => {
  const at = new Date(noon('2026-03-29'));
  expect([at.getFullYear(), at.getMonth(), at.getDate(), at.getHours()]).toEqual([2026, 2, 29, 12]);
  expect(new Date(noon('0001-01-01')).getFullYear()).toBe(1);
});

it('says how often', () => {
  const of = (part: object) => repeatWords({ every: 'weekly', interval: 1, weekdays: [], count: null, until: null, ...part });
  expect(of({})).toBe('Every week');
  expect(of({ interval: 2, weekdays: [1, 3] })).toBe('Every 2 weeks on Mon, Wed');
  expect(of({ every: 'daily', count: 5 })).toBe('Every day, 5 times');
  expect(of({ every: 'other', until: Date.UTC(2026, 11, 17, 12) })).toBe(`Repeats, until ${day(Date.UTC(2026, 11, 17, 12))}`);
});

it('an answer that is not known is none yet', () => {
  expect(answerWords('accepted')).toBe('Accepted');
  expect(answerWords('x')).toBe('No answer yet');
});

it('says what the person said', () => {
  expect(['accepted', 'tentative', 'declined', 'delegated', 'none', 'x'].map(saidWords)).toEqual(['You said yes', 'You said maybe', 'You said no', 'You passed it on', '', '']);
});

it('a day for the calendar is the day here', () => {
  expect(dayOf(new Date(2026, 2, 9, 0, 5).getTime())).toBe('2026-03-09');
  expect(dayOf(noon('0001-01-01'))).toBe('0001-01-01');
});

describe('at the same time', () => {
  const invite = { start: 1000, end: 2000, summary: 'Review' };
  const row = (part: Partial<EventRow>): EventRow => ({ key: 'k', calendar: 1, title: 'Lunch', location: '', start: 1500, end: 1600, days: null, status: 'confirmed', mine: null, free: false, repeats: false, editable: true, join: false, pending: null, also: [], ...part });
  const found = (part: Partial<EventRow>) => sameTime([row(part)], invite).length === 1;
  it('is what keeps one from coming', () => {
    for (const part of [{}, { status: 'tentative' }, { mine: 'accepted' }, { mine: 'none' }, { start: 0, end: 9000 }, { days: ['2026-03-26', '2026-03-27'] as [string, string] }, { title: 'Review' }, { start: 1000 }]) expect(found(part), JSON.stringify(part)).toBe(true);
  });
  it('is not what is free, declined, off, before, after, or the event itself', () => {
    for (const part of [{ free: true }, { mine: 'declined' }, { status: 'cancelled' }, { start: 500, end: 1000 }, { start: 2000, end: 3000 }, { start: 1000, title: ' Review' }]) expect(found(part), JSON.stringify(part)).toBe(false);
  });
  it('of a moment', () => expect(sameTime([row({ start: 1000, end: 1500 }), row({ start: 500, end: 1000 })], { ...invite, end: 1000 })).toHaveLength(1));
  it('is said with its hours', () => {
    const at = (h: number, m = 0) => new Date(2026, 2, 26, h, m).getTime();
    expect(hoursOf({ start: at(12, 30), end: at(13, 30), days: null }, 'en-GB')).toBe('12:30–13:30');
    expect(hoursOf({ start: at(12, 30), end: at(12, 30), days: null }, 'en-GB')).toBe('12:30');
    expect(hoursOf({ start: at(22), end: at(25), days: null }, 'en-GB')).toMatch(/26.*22:00.*27.*01:00/);
    expect(hoursOf({ start: at(0), end: at(24), days: ['2026-03-26', '2026-03-27'] })).toBe('all day');
  });
});
