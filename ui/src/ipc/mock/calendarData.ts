// A fortnight of events for the mock, dated by its clock: overlaps, whole days, other zones, answers that are still to give.
import { flat, offset, unflat } from '../../views/calendar/zones';
import type { CalendarDto, EventConflict, GuestDto, Id } from '../bindings';

export interface Item {
  id: number;
  calendar: Id;
  title: string;
  /** Wall times in `zone`, or days; the end is exclusive. */
  start: string;
  end: string;
  zone: string | null;
  location: string;
  description: string;
  rule: string;
  status: string;
  mine: string | null;
  free: boolean;
  pending: string | null;
  join: string | null;
  call: string | null;
  alarms: number[];
  organizer: GuestDto | null;
  guests: GuestDto[];
  conflict: EventConflict[];
  also: Id[];
  locked: string | null;
  /** Members by their original beginning: null is one that was taken out. */
  members: Record<string, Partial<Item> | null>;
}

export const guest = (name: string, email: string, answer = 'none', optional = false): GuestDto => ({ name, email, answer, optional });
const ME = (answer: string) => guest('Mara Lindqvist', 'mara.lindqvist@northwind.example', answer);
const ingrid = (a = 'accepted') => guest('Ingrid Solheim', 'ingrid.solheim@northwind.example', a);
const tomas = (a = 'accepted') => guest('Tomás Herrera', 'tomas.herrera@northwind.example', a);
const priya = (a = 'accepted') => guest('Priya Raman', 'priya.raman@northwind.example', a);

export function calendars(now: number): CalendarDto[] {
  const of = (id: number, connection: string, source: string, name: string, hue: number, over: Partial<CalendarDto> = {}): CalendarDto => ({ id, connection, source, name, hue, shown: true, writable: true, default: false, video: null, error: null, lastSync: now - 120_000, ...over });
  return [
    of(1, 'c-work', 'Northwind', 'Work', 0, { default: true, video: 'google_meet' }),
    of(2, 'c-work', 'Northwind', 'Launch team', 6, { video: 'google_meet' }),
    of(3, 'c-home', 'Personal', 'Mara', 2),
    of(4, 'c-home', 'Personal', 'Family', 5, { writable: false, error: 'The server cal.lindqvist.example did not answer. It is tried again in ten minutes.', lastSync: now - 7_200_000 }),
    of(5, 'c-feed', 'Holidays in Norway', 'Holidays', 4, { writable: false }),
  ];
}

/** The next two changes of the person's clock, as the days before which they are. */
function changes(now: number): string[] {
  const out: string[] = [];
  for (let at = now, last = offset(null, now); out.length < 2 && at < now + 400 * 86_400_000; at += 86_400_000) {
    const next = offset(null, at + 86_400_000);
    if (next !== last) out.push(unflat(at + 86_400_000 + next * 60_000).slice(0, 10));
    last = next;
  }
  return out;
}

export function items(now: number, scenario: string): Item[] {
  const today = unflat(now + offset(null, now) * 60_000).slice(0, 10);
  const monday = flat(today) - ((new Date(flat(today)).getUTCDay() + 6) % 7) * 86_400_000;
  /** `3 10:30`: Thursday of this week. */
  const at = (text: string): string => {
    const [day = '0', time] = text.split(' ');
    const date = unflat(monday + Number(day) * 86_400_000).slice(0, 10);
    return time === undefined ? date : `${date}T${time}`;
  };
  let id = 0;
  const of = (calendar: Id, title: string, start: string, end: string, over: Partial<Item> = {}): Item => ({
    id: ++id, calendar, title, start: at(start), end: at(end), zone: null, location: '', description: '', rule: '', status: 'confirmed', mine: null, free: false, pending: null, join: null, call: null, alarms: [], organizer: null, guests: [],
    conflict: [], also: [], locked: null, members: {}, ...over,
  });
  const readOnly = 'This calendar is shared with you for reading only.';
  const list = [
    of(1, 'Stand-up', '-7 09:15', '-7 09:30', { rule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', join: 'https://meet.example/standup', alarms: [5] }),
    of(1, 'Focus: release notes', '0 13:00', '0 16:00', { free: true, description: 'No meetings, please.' }),
    of(1, 'Planning', '0 10:00', '0 11:30', { location: 'Room Fjord', organizer: ingrid(), guests: [ingrid(), tomas(), priya('tentative')], alarms: [10], also: [2] }),
    of(1, '1:1 with Tomás', '1 13:00', '1 13:30', { rule: 'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU', guests: [tomas()], organizer: ME('accepted') }),
    of(1, 'Interview debrief', '1 14:00', '1 15:00', { location: 'Room Skerry', guests: [priya(), ingrid('none')], organizer: priya(), mine: 'accepted' }),
    of(2, 'Board preparation', '1 14:30', '1 16:00', { description: 'Slides: https://docs.example/board-spring\nSlide 9 is still open, write to ingrid.solheim@northwind.example.' }),
    of(1, 'Hiring sync', '1 14:45', '1 15:15', { mine: 'tentative', guests: [priya()], organizer: priya() }),
    of(1, 'Vendor webinar', '2 11:00', '2 12:00', { mine: 'declined', organizer: guest('Meridian Cloud', 'events@meridian.example', 'accepted'), guests: [ME('declined')] }),
    of(2, 'Call with New York', '2 10:00', '2 11:00', { zone: 'America/New_York', join: 'https://meet.example/ny', alarms: [10], description: 'Pricing, then the launch date.' }),
    of(3, 'Choir', '2 18:30', '2 20:30', { rule: 'FREQ=WEEKLY;BYDAY=WE', location: 'St Olav, side door', alarms: [60] }),
    of(3, 'Dentist', '3 09:10', '3 09:50', { location: 'Dr. Voss, Torggata 8' }),
    of(1, 'Design review', '3 10:30', '3 11:30', {
      location: 'Room Fjord', mine: 'none', join: 'https://meet.example/design-review', organizer: ingrid(), guests: [ingrid(), tomas('tentative'), priya('declined'), ME('none')], alarms: [10],
      description: 'Agenda\n– empty states\n– the new composer\n– whether we keep the second toolbar',
    }),
    of(1, 'Board deck', '3 14:00', '3 15:00', {
      pending: 'conflict', location: 'Library', conflict: [{ field: 'time', mine: 'Thu 19 Mar, 14:00–15:00', theirs: 'Thu 19 Mar, 15:30–16:30' }, { field: 'location', mine: 'Library', theirs: 'Room Skerry' }],
    }),
    of(1, 'Lunch with Ana', '4 12:30', '4 13:30', { pending: 'waiting', location: 'Kafka' }),
    of(3, 'Night train to Bergen', '4 23:10', '5 06:30', { location: 'Oslo S, track 4', status: 'confirmed', alarms: [60, 1440] }),
    of(3, 'Dinner with Amara', '5 19:00', '5 22:00', { status: 'tentative', location: 'The place with the lemon trees' }),
    of(4, 'Football, Nils', '5 10:00', '5 11:30', { locked: readOnly }),
    of(5, 'First day of spring', '4', '5', { locked: readOnly, free: true }),
    of(4, 'Grandmother visits', '5', '8', { locked: readOnly }),
    of(1, 'Offsite by the lake', '9', '12', { location: 'Utøya', guests: [ingrid(), tomas(), priya()], organizer: priya() }),
    of(1, 'Handover, on-call', '7 09:30', '7 10:00', { rule: 'FREQ=WEEKLY;BYDAY=MO' }),
    of(2, 'Kenji: next steps', '8 15:00', '8 16:00', { zone: 'Asia/Tokyo', organizer: guest('田中 健二', 'kenji.tanaka@hoshino.example', 'accepted'), mine: 'none', guests: [ME('none')] }),
    of(1, 'Payday', '11', '12', { rule: 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', free: true }),
    of(1, 'Retrospective', '11 15:00', '11 16:30', { pending: 'failed', description: 'What went well, what did not.' }),
    of(3, 'Cabin', '12', '14', {}),
  ];
  if (scenario === 'dst') {
    for (const day of changes(now)) {
      const on = (time: string, next = false): string => `${next ? unflat(flat(day) + 86_400_000).slice(0, 10) : day}T${time}`;
      list.push({ ...of(1, 'Night shift', '0', '0'), start: on('00:30'), end: on('05:30') }, { ...of(2, 'Backup run', '0', '0'), start: on('01:30'), end: on('03:30') }, { ...of(3, 'Sunday swim', '0', '0'), start: on('09:00'), end: on('10:00') });
    }
  }
  if (scenario === 'many') {
    for (let n = 0; n < 600; n++) {
      const hour = String(7 + (n % 12)).padStart(2, '0');
      list.push(of((n % 3) + 1, `Meeting ${String(n + 1)}`, `${String(Math.floor(n / 8))} ${hour}:00`, `${String(Math.floor(n / 8))} ${hour}:45`));
    }
  }
  return list;
}
