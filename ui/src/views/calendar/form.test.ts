import { flushSync } from 'svelte';
import { beforeEach, describe, expect, it } from 'vitest';
import { calendar } from '../../data/calendar.svelte';
import type { EventDto } from '../../ipc/bindings';
import { EventForm } from './form.svelte';
import { onDay, samePlace, timeOf, wholeDays } from './place';
import { instant } from './zones';

const at = (time: string) => instant('Europe/Oslo', time);
const row = { key: '7/2026-03-17T09:00', calendar: 1, title: 'Stand-up', location: '', start: at('2026-03-17T09:00'), end: at('2026-03-17T09:30'), days: null, status: 'confirmed', mine: null, free: false, repeats: true, editable: true, join: false, pending: null, also: [] };
const event = (over: Partial<EventDto> = {}): EventDto => ({
  row, description: '', zone: 'Europe/Oslo', organizer: null, guests: [{ name: 'Ana', email: 'ana@x.example', answer: 'accepted', optional: false }], guestCount: 1, join: null, call: null, repeats: null, rule: 'FREQ=WEEKLY;BYDAY=TU', alarms: [10], canRespond: false,
  locked: null, conflict: [], ...over,
});
beforeEach(() => { calendar.calendars = [{ id: 1, connection: 'c', source: 's', name: 'Work', hue: 0, shown: true, writable: true, default: true, video: 'google_meet', error: null, lastSync: null }]; });

describe('the form of an event', () => {
  it('writes nothing of what was not touched', () => {
    const form = new EventForm(event());
    expect(form.changed).toBe(false);
    expect(form.fields()).toEqual({});
    form.title = 'Huddle';
    expect(form.fields()).toEqual({ title: 'Huddle' });
    form.title = 'Stand-up';
    expect(form.fields()).toEqual({});
  });
  it('writes the time as the clock of its zone shows it', () => {
    const form = new EventForm(event({ zone: 'America/New_York' }));
    expect([form.startDay, form.startTime]).toEqual(['2026-03-17', '04:00']);
    form.startAt('05:00');
    flushSync();
    expect(form.fields()).toEqual({ time: { type: 'clock', start: '2026-03-17T05:00', end: '2026-03-17T05:30', zone: 'America/New_York' } });
  });
  it('keeps a rule that it cannot show, and takes a weekly one along to another day', () => {
    const odd = new EventForm(event({ rule: 'FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1' }));
    odd.startOn('2026-03-18');
    flushSync();
    expect(Object.keys(odd.fields())).toEqual(['time']);
    const weekly = new EventForm(event());
    weekly.startOn('2026-03-18');
    flushSync();
    expect(weekly.fields().rule).toBe('FREQ=WEEKLY;BYDAY=WE');
  });
  it('lasts as long as before when it starts at another time, over midnight, too', () => {
    const form = new EventForm({ place: { start: at('2026-03-19T22:00'), end: at('2026-03-19T23:30'), days: null } });
    form.zone = 'Europe/Oslo';
    [form.startDay, form.startTime, form.endDay, form.endTime] = ['2026-03-19', '22:00', '2026-03-19', '23:30'];
    flushSync();
    form.startAt('23:15');
    flushSync();
    expect([form.endDay, form.endTime]).toEqual(['2026-03-20', '00:45']);
  });
  it('asks for a call only where the calendar makes one, and for none beside an address', () => {
    const form = new EventForm(event());
    form.video = true;
    expect(form.fields()).toEqual({ video: true });
    form.join = 'https://meet.example/x';
    expect(form.fields()).toEqual({ join: 'https://meet.example/x' });
    form.join = '';
    calendar.calendars = calendar.calendars.map((c) => ({ ...c, video: null }));
    expect(form.fields()).toEqual({});
    const asked = new EventForm(event({ call: 'wanted' }));
    expect(asked.fields()).toEqual({});
  });
  it('says what is wrong', () => {
    const form = new EventForm({ place: wholeDays('2026-03-19', '2026-03-20') });
    form.endDay = '2026-03-18';
    form.join = 'meet.example';
    form.guests = [{ name: '', email: 'nobody', valid: false }];
    form.repeat = { ...form.repeat, every: 'daily', interval: 0, end: 'until', until: '2026-03-01' };
    flushSync();
    expect(Object.keys(form.wrong).sort()).toEqual(['end', 'guests', 'interval', 'join', 'until']);
    form.endDay = '2027-12-01';
    flushSync();
    expect(form.wrong.end).toContain('a year');
    calendar.calendars = [];
    expect(new EventForm({ place: wholeDays('2026-03-19', '2026-03-20') }).wrong.calendar).toBeDefined();
  });
  it('of a new event writes what was said, and the row shows it', () => {
    const form = new EventForm({ place: wholeDays('2026-03-19', '2026-03-21'), title: 'Fair', rule: 'FREQ=YEARLY', guests: ['Ana <ana@x.example>'] });
    expect(form.fields()).toEqual({ title: 'Fair', time: { type: 'days', from: '2026-03-19', until: '2026-03-21' }, rule: 'FREQ=YEARLY', free: false, guests: ['Ana <ana@x.example>'] });
    expect(form.row('new/1')).toMatchObject({ key: 'new/1', calendar: 1, days: ['2026-03-19', '2026-03-21'], repeats: true, pending: 'waiting' });
  });
});

describe('a place', () => {
  it('keeps its clock time on another day', () => {
    const moved = onDay({ start: instant(null, '2026-03-28T10:00'), end: instant(null, '2026-03-28T11:00'), days: null }, 1);
    expect(timeOf(moved, null)).toEqual({ type: 'clock', start: '2026-03-29T10:00', end: '2026-03-29T11:00' });
    expect(onDay(wholeDays('2026-03-28', '2026-03-30'), 2).days).toEqual(['2026-03-30', '2026-04-01']);
  });
  it('is the same only in all', () => {
    expect(samePlace(wholeDays('2026-03-28', '2026-03-30'), wholeDays('2026-03-28', '2026-03-30'))).toBe(true);
    expect(samePlace(wholeDays('2026-03-28', '2026-03-30'), { ...wholeDays('2026-03-28', '2026-03-30'), days: null })).toBe(false);
  });
});
