import { expect, it } from 'vitest';
import { day } from '../../i18n/dates';
import { answerWords, noon, repeatWords } from './words';

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
