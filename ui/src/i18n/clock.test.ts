import { afterEach, describe, expect, it } from 'vitest';
import { parseClock, showClock, stepClock } from './clock';
import { language } from './language.svelte';

afterEach(() => language.use('en'));

describe('a time of day', () => {
  it.each([
    ['7', '07:00'], ['07:30', '07:30'], ['7.30', '07:30'], ['19h05', '19:05'], ['1930', '19:30'], ['730', '07:30'], ['7 pm', '19:00'], ['7:15PM', '19:15'], ['12 am', '00:00'], ['12pm', '12:00'],
    ['8 a.m.', '08:00'], ['22 Uhr', '22:00'], [' 0:05 ', '00:05'],
  ])('%s', (text, wanted) => expect(parseClock(text)).toBe(wanted));
  it.each(['', 'noon', '24', '7:60', '13 pm', '0 am', '7:3', '99999', '-1'])('“%s” is none', (text) => expect(parseClock(text)).toBeNull());
  it('is read back from what is shown, in every language', async () => {
    for (const tag of ['en', 'de']) {
      await language.use(tag);
      for (const value of ['00:00', '06:45', '12:00', '23:59']) expect(parseClock(showClock(value))).toBe(value);
    }
  });
  it('goes round the day', () => {
    expect(stepClock('23:50', 15)).toBe('00:05');
    expect(stepClock('00:00', -15)).toBe('23:45');
  });
});
