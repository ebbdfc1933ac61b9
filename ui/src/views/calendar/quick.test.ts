import { describe, expect, it } from 'vitest';
import { parseDay, parseQuick, type Quick } from './quick';

// A Thursday, 10:41.
const NOW = '2026-03-19T10:41';
const quick = (text: string, monthFirst = false) => parseQuick(text, NOW, { monthFirst })!;
/** "start–end", what is left, and where. */
const short = (q: Quick) => [`${q.start.slice(5)}–${q.end.slice(q.start.slice(0, 10) === q.end.slice(0, 10) && !q.allDay ? 11 : 5)}`, q.title, ...(q.location ? [q.location] : [])];

describe('English', () => {
  it.each<[string, ...string[]]>([
    ['lunch with Ana fri 12:30 at Kafka', '03-20T12:30–13:30', 'lunch with Ana', 'Kafka'],
    ['Call Tomás tomorrow 3pm', '03-20T15:00–16:00', 'Call Tomás'],
    ['call at 9', '03-20T09:00–10:00', 'call'],
    ['call at 3', '03-19T15:00–16:00', 'call'],
    ['Design review today 2-3pm in Room Fjord', '03-19T14:00–15:00', 'Design review', 'Room Fjord'],
    ['Workshop 11-1pm monday', '03-23T11:00–13:00', 'Workshop'],
    ['Office hours from 9 to 5 on tuesday', '03-24T09:00–17:00', 'Office hours'],
    ['standup 9:15am for 15 min', '03-20T09:15–09:30', 'standup'],
    ['Deep work tomorrow 14:00 for 2.5 hours', '03-20T14:00–16:30', 'Deep work'],
    ['Night train fri 23:10-06:30', '03-20T23:10–03-21T06:30', 'Night train'],
    ['Dinner saturday', '03-21T19:00–20:00', 'Dinner'],
    ['breakfast with dad sun at Åpent Bakeri', '03-22T08:00–09:00', 'breakfast with dad', 'Åpent Bakeri'],
    ['Dentist 24 dec 8:30', '12-24T08:30–09:30', 'Dentist'],
    ['Dentist December 24th at 8.30', '12-24T08:30–09:30', 'Dentist'],
    ['Review 2026-04-02 16:00', '04-02T16:00–17:00', 'Review'],
    ['Board meeting next friday 10am', '03-27T10:00–11:00', 'Board meeting'],
    ['Sync next monday at 11', '03-23T11:00–12:00', 'Sync'],
    ['Yoga thursday 9am', '03-26T09:00–10:00', 'Yoga'],
    ['Yoga thursday 6pm', '03-19T18:00–19:00', 'Yoga'],
    ['Coffee in 20 min', '03-19T11:01–12:01', 'Coffee'],
    ['Coffee in 2 hours @ Fuglen', '03-19T12:41–13:41', 'Coffee', 'Fuglen'],
    ['drinks tonight', '03-19T19:00–20:00', 'drinks'],
    ['movie tomorrow at 7 in the evening', '03-20T19:00–20:00', 'movie'],
    ['run tomorrow morning', '03-20T09:00–10:00', 'run'],
    ['handover fri noon', '03-20T12:00–13:00', 'handover'],
    ['quarter to 9 alarm check monday', '03-23T08:45–09:45', 'alarm check'],
    ['half past 4 tea tomorrow', '03-20T16:30–17:30', 'tea'],
    ['3 hour hackathon saturday 10:00', '03-21T10:00–13:00', 'hackathon'],
    ['Do taxes fri 9:00', '03-20T09:00–10:00', 'Do taxes'],
    ['so many things tomorrow 8am', '03-20T08:00–09:00', 'so many things'],
    ['12:30 lunch at the office with Priya', '03-19T12:30–13:30', 'lunch with Priya', 'the office'],
    ['plan the may release mon 9', '03-23T09:00–10:00', 'plan the may release'],
    ['Interview the 3rd of April at 14:00', '04-03T14:00–15:00', 'Interview'],
    ['midnight launch tomorrow', '03-21T00:00–01:00', 'launch'],
  ])('%s', (text, ...wanted) => expect(short(quick(text))).toEqual(wanted));
});

describe('German', () => {
  it.each<[string, ...string[]]>([
    ['Mittag mit Ana Fr 12:30 im Kafka', '03-20T12:30–13:30', 'Mittag mit Ana', 'Kafka'],
    ['Mittagessen mit Jonas morgen', '03-20T12:30–13:30', 'Mittagessen mit Jonas'],
    ['Zahnarzt Di 9:10', '03-24T09:10–10:10', 'Zahnarzt'],
    ['Zahnarzt am 14. April um 9 Uhr', '04-14T09:00–10:00', 'Zahnarzt'],
    ['Elternabend 24.12. 19 Uhr', '12-24T19:00–20:00', 'Elternabend'],
    ['Besprechung übermorgen von 15 bis 16 Uhr', '03-21T15:00–16:00', 'Besprechung'],
    ['Besprechung morgen 10-11:30 Uhr in der Kantine', '03-20T10:00–11:30', 'Besprechung', 'Kantine'],
    ['Kino heute um halb acht', '03-19T19:30–20:30', 'Kino'],
    ['Abendessen bei Oma Sonntag um 18 Uhr', '03-22T18:00–19:00', 'Abendessen', 'Oma'],
    ['Laufen morgen früh', '03-20T09:00–10:00', 'Laufen'],
    ['Montag morgen Jour fixe', '03-23T09:00–10:00', 'Jour fixe'],
    ['Fahrt nach Köln nächsten Mittwoch 8 Uhr', '03-25T08:00–09:00', 'Fahrt nach Köln'],
    ['Telefonat in 2 Stunden', '03-19T12:41–13:41', 'Telefonat'],
    ['Probe Mittwoch 18:30 für 2 Stunden', '03-25T18:30–20:30', 'Probe'],
    ['Handwerker Mo 8', '03-23T08:00–09:00', 'Handwerker'],
    ['viertel nach acht Kita Montag', '03-23T08:15–09:15', 'Kita'],
    ['Treffen 10.12', '12-10–12-11', 'Treffen'],
    ['Treffen um 10.12', '03-20T10:12–11:12', 'Treffen'],
  ])('%s', (text, ...wanted) => expect(short(quick(text))).toEqual(wanted));
});

describe('whole days', () => {
  it.each<[string, string, string, string]>([
    ['Holiday 24 dec', '2026-12-24', '2026-12-25', 'Holiday'],
    ['Offsite 24-26 March', '2026-03-24', '2026-03-27', 'Offsite'],
    ['Offsite March 30 - April 2', '2026-03-30', '2026-04-03', 'Offsite'],
    ['Urlaub 24.12.-2.1.2027', '2026-12-24', '2027-01-03', 'Urlaub'],
    ['Urlaub vom 3.-7.8.', '2026-08-03', '2026-08-08', 'Urlaub'],
    ['Fair mon-wed', '2026-03-23', '2026-03-26', 'Fair'],
    ['Messe Montag bis Mittwoch', '2026-03-23', '2026-03-26', 'Messe'],
    ['Trip saturday for 3 days', '2026-03-21', '2026-03-24', 'Trip'],
    ['Birthday 1 Feb', '2027-02-01', '2027-02-02', 'Birthday'],
    ['Leap 29 feb', '2028-02-29', '2028-03-01', 'Leap'],
  ])('%s', (text, start, end, title) => expect(quick(text)).toMatchObject({ allDay: true, start, end, title, rule: '' }));
  it('reads 3/4 as the region does', () => {
    expect(quick('Fair 3/4').start).toBe('2026-04-03');
    expect(quick('Fair 5/4', true).start).toBe('2026-05-04');
    expect(quick('Fair 3/24').start).toBe('2026-03-24');
  });
});

describe('what repeats', () => {
  it.each<[string, string, string, string]>([
    ['Stand-up every weekday 9:15', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '2026-03-23T09:15', 'Stand-up'],
    ['Gym every tuesday and thursday at 7am', 'FREQ=WEEKLY;BYDAY=TU,TH', '2026-03-24T07:00', 'Gym'],
    ['Jour fixe jeden Montag 10 Uhr', 'FREQ=WEEKLY;BYDAY=MO', '2026-03-23T10:00', 'Jour fixe'],
    ['Water plants every 3 days', 'FREQ=DAILY;INTERVAL=3', '2026-03-19', 'Water plants'],
    ['Müll alle 2 Wochen', 'FREQ=WEEKLY;INTERVAL=2', '2026-03-19', 'Müll'],
    ['Choir wednesdays 18:30', 'FREQ=WEEKLY;BYDAY=WE', '2026-03-25T18:30', 'Choir'],
    ['Miete monatlich 1.4.', 'FREQ=MONTHLY', '2026-04-01', 'Miete'],
    ['Standup daily 9am 5 times', 'FREQ=DAILY;COUNT=5', '2026-03-20T09:00', 'Standup'],
    ['Course every monday 9:00 until 4 May', 'FREQ=WEEKLY;BYDAY=MO;UNTIL=20260504', '2026-03-23T09:00', 'Course'],
    ['Course every monday until 4 May', 'FREQ=WEEKLY;BYDAY=MO;UNTIL=20260504', '2026-03-23', 'Course'],
  ])('%s', (text, rule, start, title) => expect(quick(text)).toMatchObject({ rule, start, title }));
});

it('finds who is invited', () => {
  expect(quick('Sync with ana@x.example and tom@y.example fri 9:00')).toMatchObject({ guests: ['ana@x.example', 'tom@y.example'], title: 'Sync', start: '2026-03-20T09:00' });
});

it('is the next full hour when no time is said, and says so', () => {
  expect(quick('Write the letter')).toMatchObject({ dated: false, start: '2026-03-19T11:00', title: 'Write the letter' });
});

it('loses nothing of what it does not understand', () => {
  for (const text of ['at', '25:99', '99/99 party', 'x'.repeat(3000), '((((', '\u0001', 'every', 'from to', '12-', '31 feb 2026']) {
    const q = parseQuick(text, NOW);
    if (q) expect(q.end > q.start).toBe(true);
  }
  expect(quick('99/99 party').title).toContain('99/99');
  expect(parseQuick('   ', NOW)).toBeNull();
});

it('reads a day alone', () => {
  for (const [text, day] of [['fri', '2026-03-20'], ['Do', '2026-03-19'], ['do', '2026-03-19'], ['tomorrow', '2026-03-20'], ['24 dec', '2026-12-24'], ['24.12.', '2026-12-24'], ['24.12', '2026-12-24'], ['in 3 days', '2026-03-22'], ['2027-01-02', '2027-01-02'], ['20 Mar 2026', '2026-03-20'], ['next week', '2026-03-23']]) expect(parseDay(text!, '2026-03-19')).toBe(day);
  for (const text of ['', 'lunch', 'fri 12:30', '31 feb']) expect(parseDay(text, '2026-03-19')).toBeNull();
});
