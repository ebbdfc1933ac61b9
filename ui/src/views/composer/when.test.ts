// Over both changes of the clock in Berlin: on 29 March 2026 two o'clock is three, on 25 October three o'clock is two again.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { remindTime } from './remind';
import { ahead, parseWhen, presets } from './when';

beforeAll(() => {
  vi.stubEnv('TZ', 'Europe/Berlin');
  // Otherwise nothing below would be about a change at all.
  expect([new Date(2026, 0, 1), new Date(2026, 6, 1)].map((d) => d.getTimezoneOffset())).toEqual([-60, -120]);
});
afterAll(() => void vi.unstubAllEnvs());

const utc = (d: Date | null | undefined): string | undefined => d?.toISOString().slice(0, 16);
const after = (now: string, words: string): string | undefined => utc(parseWhen(words, new Date(`${now}Z`)));

describe('as the clock is put forward', () => {
  // Saturday, 09:41 in winter time.
  const saturday = '2026-03-28T08:41';
  it.each([
    ['tomorrow', '2026-03-29T06:00'], ['tomorrow 8am', '2026-03-29T06:00'], ['monday', '2026-03-30T06:00'], ['next week', '2026-03-30T06:00'], ['sunday 1:30', '2026-03-29T00:30'],
    // Hours are hours; days and weeks are the calendar's.
    ['in 24 h', '2026-03-29T08:41'], ['in 1 day', '2026-03-29T07:41'], ['in 2 tagen', '2026-03-30T07:41'], ['a week', '2026-04-04T07:41'], ['in 1.5 days', '2026-03-29T19:41'],
    // Never comes: an hour later it is half past three.
    ['29 mar 2:30', '2026-03-29T01:30'], ['tomorrow 2:30', '2026-03-29T01:30'], ['tomorrow 3:30', '2026-03-29T01:30'],
  ])('%s', (words, wanted) => expect(after(saturday, words)).toBe(wanted));
  it('a moment before, and in the missing hour itself', () => {
    expect(after('2026-03-29T00:59', '3:00')).toBe('2026-03-29T01:00');
    expect(after('2026-03-29T00:59', 'in 2 min')).toBe('2026-03-29T01:01');
    expect(after('2026-03-29T01:00', '2:30')).toBe('2026-03-29T01:30');
    expect(after('2026-03-29T01:45', '2:30')).toBe('2026-03-30T00:30');
  });
  it('likely times', () => {
    const list = Object.fromEntries(presets(new Date('2026-03-28T23:30Z')).map((p) => [p.id, utc(p.at)]));
    // 00:30 on the day itself: three hours later it is 04:30.
    expect(list).toEqual({ laterToday: '2026-03-29T02:30', tonight: '2026-03-29T16:00', tomorrow: '2026-03-30T06:00' });
  });
});

describe('as the clock is put back', () => {
  // Saturday, 09:41 in summer time.
  const saturday = '2026-10-24T07:41';
  it.each([
    ['tomorrow', '2026-10-25T07:00'], ['mon 9:30', '2026-10-26T08:30'], ['in 24 h', '2026-10-25T07:41'], ['in 1 day', '2026-10-25T08:41'], ['in 2 weeks', '2026-11-07T08:41'],
    // Comes twice: the first of both.
    ['25 oct 2:30', '2026-10-25T00:30'], ['tomorrow 2:00', '2026-10-25T00:00'], ['tomorrow 3:00', '2026-10-25T02:00'],
  ])('%s', (words, wanted) => expect(after(saturday, words)).toBe(wanted));
  it('in the doubled hour, what has passed once comes once more', () => {
    expect(after('2026-10-25T00:40', '2:45')).toBe('2026-10-25T00:45');
    expect(after('2026-10-25T00:40', '2:30')).toBe('2026-10-25T01:30');
    expect(after('2026-10-25T00:40', 'today 2:30')).toBe('2026-10-25T01:30');
    expect(after('2026-10-25T01:40', '2:45')).toBe('2026-10-25T01:45');
    expect(after('2026-10-25T01:40', '2:30')).toBe('2026-10-26T01:30');
    expect(after('2026-10-25T01:40', 'today 2:30')).toBeUndefined();
    expect(utc(ahead(new Date(2026, 9, 25), { hour: 2, minute: 30 }, new Date('2026-10-25T00:40Z')))).toBe('2026-10-25T01:30');
  });
  it('likely times', () => {
    const list = Object.fromEntries(presets(new Date('2026-10-25T00:40Z')).map((p) => [p.id, utc(p.at)]));
    expect(list).toEqual({ laterToday: '2026-10-25T04:00', tonight: '2026-10-25T17:00', tomorrow: '2026-10-26T07:00' });
  });
});

it('reminds in the morning of a day of the calendar', () => {
  const morning = { hour: 8, minute: 0 };
  const sent = (at: string, days: number): string | undefined => utc(new Date(remindTime({ days }, new Date(`${at}Z`).getTime(), morning)));
  expect([sent('2026-03-28T20:00', 1), sent('2026-03-28T20:00', 3), sent('2026-10-24T20:00', 1), sent('2026-10-22T22:30', 3)])
    .toEqual(['2026-03-29T06:00', '2026-03-31T06:00', '2026-10-25T07:00', '2026-10-26T07:00']);
});
