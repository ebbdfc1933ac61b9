import { afterEach, describe, expect, it } from 'vitest';
import { language } from '../../i18n/language.svelte';
import type { EventRow } from '../../ipc/bindings';
import { alarmWords, clockSpan, eventName, isMaybe, isOff, ruleWords, whenWords } from './words';
import { instant } from './zones';

const at = (time: string) => instant(null, time);
const row = (over: Partial<EventRow> = {}): EventRow => ({ key: 'a/', calendar: 1, title: 'Team meeting', location: '', start: at('2026-12-01T10:00'), end: at('2026-12-01T11:00'), days: null, status: 'confirmed', mine: null, free: false, repeats: false, editable: true, join: false, pending: null, also: [], ...over });
afterEach(() => language.use('en'));

describe('the name of an event', () => {
  it('says all of it', async () => {
    language.locale = 'en-GB';
    expect(eventName(row({ status: 'tentative' }), 'Work')).toMatch(/^Team meeting, Tuesday,? 1 December, 10:00 to 11:00, Work, tentative$/);
    expect(eventName(row({ title: '', days: ['2026-12-01', '2026-12-02'], pending: 'conflict', editable: false, location: 'Roof' }), 'Work')).toMatch(/^\(no title\), Tuesday,? 1 December, all day, Work, Roof, changed on both sides, can’t be changed$/);
    await language.use('de');
    language.locale = 'de-DE';
    expect(eventName(row({ mine: 'none' }), 'Arbeit')).toBe('Team meeting, Dienstag, 1. Dezember, 10:00 bis 11:00, Arbeit, noch nicht beantwortet');
  });
  it('says both days where there are two', () => {
    language.locale = 'en-GB';
    expect(whenWords(row({ end: at('2026-12-02T01:00') }))).toMatch(/^Tuesday,? 1 December, 10:00 to Wednesday,? 2 December, 01:00$/);
    expect(clockSpan(row()).replace(/\s/g, '')).toBe('10:00–11:00');
  });
  it('knows what is off and what is not certain', () => {
    expect([isOff(row({ mine: 'declined' })), isOff(row({ status: 'cancelled' })), isMaybe(row({ mine: 'declined', status: 'tentative' })), isMaybe(row({ mine: 'none' }))]).toEqual([true, true, false, true]);
  });
});

it('says reminders in the largest unit', () => {
  expect([0, 5, 60, 90, 1440, 20_160].map(alarmWords)).toEqual(['When it starts', '5 minutes before', '1 hour before', '90 minutes before', '1 day before', '2 weeks before']);
});

it('says how often', () => {
  expect(ruleWords('FREQ=MONTHLY;BYDAY=3TU', null, '2026-03-17', null)).toBe('Every month on the third Tuesday');
  expect(ruleWords('FREQ=MONTHLY;BYDAY=-1TU;COUNT=4', null, '2026-03-31', null)).toBe('Every month on the last Tuesday, 4 times');
  expect(ruleWords('FREQ=WEEKLY;INTERVAL=2;BYDAY=TU', null, '2026-03-17', null)).toBe('Every 2 weeks on Tue');
  expect(ruleWords('FREQ=HOURLY', { every: 'other', interval: 1, weekdays: [], count: null, until: null }, '2026-03-17', null)).toBe('Repeats');
  expect(ruleWords(null, null, '2026-03-17', null)).toBeNull();
});
