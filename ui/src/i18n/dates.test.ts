import { describe, expect, it } from 'vitest';
import { bytes, daysAgo, listTime, messageTime } from './dates';

const at = (y: number, m: number, d: number, h = 12, min = 0) => new Date(y, m - 1, d, h, min).getTime();
const now = at(2026, 3, 17, 10, 42);

describe('listTime', () => {
  it.each([
    [at(2026, 3, 17, 9, 5), '9:05 AM'],
    [at(2026, 3, 17, 0, 0), '12:00 AM'],
    [at(2026, 3, 16, 23, 59), 'Mon'],
    [at(2026, 3, 11, 8), 'Wed'],
    [at(2026, 3, 10, 8), 'Mar 10'],
    [at(2026, 1, 1), 'Jan 1'],
    [at(2025, 12, 31), '12/31/25'],
    // From the future (a sender's wrong clock): the date, not a weekday that has not come.
    [at(2026, 3, 19), 'Mar 19'],
  ])('%s', (when, words) => {
    expect(listTime(when, now, 'en-US').replace(/\u202f/g, ' ')).toBe(words);
  });
  it('follows the locale', () => {
    expect(listTime(at(2026, 3, 17, 9, 5), now, 'de-DE')).toBe('09:05');
    expect(listTime(at(2026, 3, 10), now, 'de-DE')).toBe('10. März');
  });
});

it('counts days by the calendar, also over a change of the clocks', () => {
  expect(daysAgo(at(2026, 3, 28, 23, 59), at(2026, 3, 29, 0, 1))).toBe(1);
  expect(daysAgo(at(2026, 3, 28, 12), at(2026, 3, 30, 1))).toBe(2);
  expect(daysAgo(at(2026, 10, 24, 12), at(2026, 10, 26, 1))).toBe(2);
});
it('names the year of an old message', () => {
  expect(messageTime(at(2024, 2, 3, 8, 0), now, 'de-DE')).toContain('2024');
  expect(messageTime(at(2026, 2, 3, 8, 0), now, 'de-DE')).not.toContain('2026');
});
it('gives sizes in words', () => {
  expect(bytes(512)).toMatch(/512/);
  expect(bytes(482_133)).toMatch(/482/);
  expect(bytes(3_842_110)).toMatch(/3[.,]8/);
});
