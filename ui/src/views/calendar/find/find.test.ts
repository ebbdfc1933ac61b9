// Who has time, in words and on the axis of a day; and that nobody is asked without the person's wish, or twice for the same.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { calendar } from '../../../data/calendar.svelte';
import { session } from '../../../data/session.svelte';
import { language } from '../../../i18n/language.svelte';
import type { ConnectionDto, GuestTimeDto } from '../../../ipc/bindings';
import { EventForm } from '../form.svelte';
import { HOUR, instant } from '../zones';
import { axisOf, share, ticks, workOf } from './axis';
import { DAYS, GuestTimes, MOST, timeAt, type Coming } from './times.svelte';
import { daysWords, verdict } from './words';

const at = (text: string) => instant(null, text);
const person = (address: string, name = address, own = false): Coming => ({ address, name, own });

describe('what somebody has to do with a time', () => {
  const busy: GuestTimeDto = {
    address: 'a@x.example', own: false, notKnown: null,
    busy: [{ start: 10, end: 20, kind: 'tentative' }, { start: 20, end: 30, kind: 'busy' }, { start: 30, end: 40, kind: 'unavailable' }],
  };
  it('is the worst of what lies in it; what touches is not in it', () => {
    expect([timeAt(busy, 0, 10), timeAt(busy, 5, 11), timeAt(busy, 15, 25), timeAt(busy, 0, 99), timeAt(busy, 40, 50)]).toEqual(['free', 'tentative', 'busy', 'unavailable', 'free']);
  });
  it('is not free where nobody knows', () => {
    expect(timeAt({ ...busy, busy: [], notKnown: 'refused' }, 0, 10)).toBe('unknown');
    expect(timeAt(undefined, 0, 10)).toBe('pending');
  });
});

describe('in words', () => {
  afterEach(() => language.use('en'));
  const people = [person('me@x.example', '', true), person('b@x.example', 'Ben'), person('c@x.example', 'Cleo'), person('d@x.example', 'Dora')];
  const [me, ben, cleo, dora] = people as [Coming, Coming, Coming, Coming];
  it('says how many can’t and who, and what is not known is never free', () => {
    expect(verdict(people, [], [], [])).toEqual(['Everyone is free']);
    expect(verdict(people, [ben], [], [])).toEqual(['1 of 4 can’t: Ben']);
    expect(verdict(people, [me, ben], [cleo], [dora])).toEqual(['2 of 4 can’t: You and Ben', 'Perhaps not: Cleo']);
    expect(verdict(people, [], [], [dora])).toEqual(['Everyone who is known is free']);
    expect(verdict(people, [], [], people)).toEqual(['Nobody’s time is known']);
  });
  it('in German, too', async () => {
    await language.use('de');
    expect(verdict(people, [ben], [], [])).toEqual(['1 von 4 kann nicht: Ben']);
    expect(verdict(people, [me, ben], [], [])).toEqual(['2 von 4 können nicht: Du und Ben']);
  });
  it('runs of days are short', () => {
    expect(daysWords([1, 2, 3, 4, 5], 1)).toBe('Mon–Fri');
    expect(daysWords([1, 2, 3, 4, 5], 0)).toBe('Mon–Fri');
    expect(daysWords([0, 1, 3, 4, 6], 1)).toBe('Mon, Wed, Thu, Sat, Sun');
    expect(daysWords([0, 1, 2, 3, 4, 5, 6], 1)).toBe('Mon–Sun');
  });
});

describe('the axis of a day', () => {
  it('holds the working hours, an hour around them, and the proposed time', () => {
    const axis = axisOf('2026-03-19', [540, 1020], at('2026-03-19T10:00'), at('2026-03-19T11:00'));
    expect([axis.from, axis.to]).toEqual([at('2026-03-19T08:00'), at('2026-03-19T18:00')]);
    expect(ticks(axis)).toHaveLength(10);
    expect([share(axis, at('2026-03-19T13:00')), share(axis, at('2026-03-19T07:00')), share(axis, at('2026-03-20T00:00'))]).toEqual([50, 0, 100]);
    const late = axisOf('2026-03-19', [540, 1020], at('2026-03-19T22:30'), at('2026-03-20T00:30'));
    expect(late.to).toBe(at('2026-03-20T00:00'));
    expect(ticks(late).length).toBeLessThan(10);
    expect(workOf('2026-03-19', [0, 1440])).toEqual({ from: at('2026-03-19T00:00'), to: at('2026-03-20T00:00') });
  });
  it('is real time where the clock is changed', () => {
    // Wherever this runs, days have the hours that they have.
    for (const day of ['2026-03-29', '2026-10-25', '2026-06-01']) {
      const axis = axisOf(day, [0, 1440], at(`${day}T12:00`), at(`${day}T13:00`));
      expect(axis.to - axis.from).toBe(at(`${day.slice(0, 8)}${String(Number(day.slice(8)) + 1).padStart(2, '0')}T00:00`) - at(`${day}T00:00`));
    }
  });
});

describe('asking', () => {
  const start = at('2026-03-20T10:00');
  let asked: { command: string; req: unknown }[];
  let answers: ((told: GuestTimeDto[]) => void)[];
  const call = ((command: string, req: unknown) => {
    asked.push({ command, req });
    return new Promise((resolve) => answers.push(resolve as never));
  }) as never;
  const form = (guests: string[]) => new EventForm({ place: { start, end: start + HOUR, days: null }, guests });
  const told = (address: string): GuestTimeDto => ({ address, own: false, busy: [], notKnown: null });

  beforeEach(() => {
    [asked, answers] = [[], []];
    calendar.calendars = [{ id: 1, connection: 'c1', source: '', name: '', hue: 0, shown: true, writable: true, default: true, video: null, error: null, lastSync: null }];
    session.connections = [{ id: 'c1', email: 'Me@x.example', accounts: [] } as unknown as ConnectionDto];
  });
  afterEach(() => {
    calendar.calendars = [];
    session.connections = [];
  });

  it('waits for the wish, asks for a fortnight of everybody once, and again for others', async () => {
    const f = form(['Ben <Ben@x.example>', 'nobody']);
    const times = new GuestTimes(f, call);
    times.cover(start, start + HOUR);
    expect(asked).toEqual([]);
    times.wanted = true;
    times.cover(start, start + HOUR);
    times.cover(start, start + HOUR);
    expect(asked).toEqual([{ command: 'guests_time', req: { people: ['me@x.example', 'ben@x.example'], from: at('2026-03-20T00:00'), to: at('2026-04-03T00:00'), calendar: 1, event: null } }]);
    expect(times.at(times.asked[1] as Coming, start, start + HOUR)).toBe('pending');
    answers[0]?.([told('me@x.example'), told('ben@x.example')]);
    await vi.waitFor(() => expect(times.loading).toBe(false));
    expect(times.at(times.asked[1] as Coming, start, start + HOUR)).toBe('free');
    times.cover(start + DAYS * 12 * HOUR, start + DAYS * 12 * HOUR + HOUR);
    expect(asked).toHaveLength(1);
    f.guests = [...f.guests, { name: '', email: 'cleo@x.example', valid: true }];
    times.cover(start, start + HOUR);
    expect(asked).toHaveLength(2);
  });

  it('an answer that nobody waits for is dropped, and the core is told', async () => {
    const times = new GuestTimes(form(['ben@x.example']), call);
    times.wanted = true;
    times.cover(start, start + HOUR);
    times.stop();
    expect(asked.map((a) => a.command)).toEqual(['guests_time', 'guests_time_cancel']);
    answers[0]?.([told('ben@x.example')]);
    await Promise.resolve();
    expect([times.loading, times.stopped, times.range]).toEqual([false, true, null]);
    times.cover(start, start + HOUR);
    expect(asked).toHaveLength(2);
    times.again();
    expect(asked).toHaveLength(3);
  });

  it('is bounded', () => {
    const times = new GuestTimes(form(Array.from({ length: 80 }, (_, n) => `a${String(n)}@x.example`)), call);
    times.wanted = true;
    times.cover(start, start + HOUR);
    expect((asked[0]?.req as { people: string[] }).people).toHaveLength(MOST);
    expect(times.coming.length).toBe(81);
  });

  it('a time that is taken moves the form, as long as it was', () => {
    const f = form([]);
    f.moveTo(at('2026-03-23T15:30'));
    expect([f.startDay, f.startTime, f.endDay, f.endTime]).toEqual(['2026-03-23', '15:30', '2026-03-23', '16:30']);
    f.useZone('Asia/Tokyo');
    f.moveTo(start);
    expect(f.place).toEqual({ start, end: start + HOUR, days: null });
  });
});
