// The calendar of the mock: it lives. What is made, moved, deleted, answered or decided is so from then on, of one member, of those that
// follow or of all, and can be taken back. `?calendar=empty|none|full|error|dst|slow|many|cut|refuse`.
import { DAY, dayOf, plus, startOf } from '../../views/calendar/days';
import { flat, instant, unflat, wall } from '../../views/calendar/zones';
import type { AppEvent, CalendarDto, Commands, EventDone, EventDto, EventFields, EventRow, GuestDto, Members, RepeatsDto } from '../bindings';
import { fail } from './accounts';
import { calendars, guest, items, type Item } from './calendarData';

export { guestTimeMock } from './guestTime';

type Names =
  | 'calendars' | 'calendar_change' | 'events' | 'event_find' | 'event' | 'event_create' | 'event_update' | 'event_delete' | 'event_respond' | 'event_resolve' | 'calendar_export' | 'calendar_import';
type Handlers = { [K in Names]: (req: Commands[K][0]) => Commands[K][1] | Promise<Commands[K][1]> };

interface World {
  now: number;
  /** `?calendar=` */
  scenario: string;
  empty: boolean;
  emit: (event: AppEvent) => void;
}

const CODES = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
/** Without case and marks, as the core compares. */
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const MOST = 1000;
const isDay = (text: string): boolean => text.length === 10;

interface Member { item: Item; member: string; start: string; end: string }

function partsOf(rule: string): Map<string, string> {
  return new Map(rule.split(';').map((p) => [p.split('=')[0] ?? '', p.split('=')[1] ?? '']));
}
function repeatsOf(rule: string): RepeatsDto | null {
  if (rule === '') return null;
  const parts = partsOf(rule);
  const until = parts.get('UNTIL');
  const every = parts.has('BYSETPOS') ? 'other' : (parts.get('FREQ') ?? '').toLowerCase();
  return {
    every, interval: Number(parts.get('INTERVAL') ?? 1), weekdays: every === 'weekly' ? (parts.get('BYDAY') ?? '').split(',').filter(Boolean).map((c) => ((CODES.indexOf(c) + 6) % 7) + 1) : [],
    count: parts.has('COUNT') ? Number(parts.get('COUNT')) : null, until: until ? Date.parse(`${until.slice(0, 4)}-${until.slice(4, 6)}-${until.slice(6, 8)}T12:00:00Z`) : null,
  };
}

/** The beginnings of a series up to a day: enough of RFC 5545 for what the fixture and the form have. */
function beginnings(item: Item, until: string): string[] {
  if (item.rule === '') return [item.start];
  const parts = partsOf(item.rule);
  const interval = Number(parts.get('INTERVAL') ?? 1);
  const count = Number(parts.get('COUNT') ?? Infinity);
  const end = parts.get('UNTIL');
  const last = end ? `${end.slice(0, 4)}-${end.slice(4, 6)}-${end.slice(6, 8)}` : '9999-12-31';
  const by = (parts.get('BYDAY') ?? '').split(',').filter(Boolean);
  const first = item.start.slice(0, 10);
  const time = item.start.slice(10);
  const week = (day: string) => Math.floor((flat(day) - flat(plus(first, -((new Date(flat(first)).getUTCDay() + 6) % 7)))) / (7 * DAY));
  const months = (day: string) => (Number(day.slice(0, 4)) - Number(first.slice(0, 4))) * 12 + Number(day.slice(5, 7)) - Number(first.slice(5, 7));
  const out: string[] = [];
  for (let day = first; day <= until && day <= last && out.length < count; day = plus(day, 1)) {
    const code = CODES[new Date(flat(day)).getUTCDay()] ?? '';
    const fits = (): boolean => {
      switch (parts.get('FREQ')) {
        case 'DAILY': return ((flat(day) - flat(first)) / DAY) % interval === 0;
        case 'WEEKLY': return week(day) % interval === 0 && (by.length ? by.includes(code) : code === CODES[new Date(flat(first)).getUTCDay()]);
        case 'MONTHLY': {
          if (months(day) % interval !== 0) return false;
          // The last working day.
          if (parts.has('BYSETPOS')) return by.includes(code) && Array.from({ length: 4 }, (_, i) => plus(day, i + 1)).every((d) => d.slice(0, 7) !== day.slice(0, 7) || !by.includes(CODES[new Date(flat(d)).getUTCDay()] ?? ''));
          const nth = /^(-?\d)(\w\w)$/.exec(by[0] ?? '');
          if (nth) return nth[2] === code && (nth[1] === '-1' ? plus(day, 7).slice(0, 7) !== day.slice(0, 7) : Math.ceil(Number(day.slice(8)) / 7) === Number(nth[1]));
          return day.slice(8) === first.slice(8);
        }
        case 'YEARLY': return day.slice(5) === first.slice(5) && (Number(day.slice(0, 4)) - Number(first.slice(0, 4))) % interval === 0;
        default: return day === first;
      }
    };
    if (fits()) out.push(`${day}${time}`);
  }
  return out;
}

export function calendarMock(w: World) {
  let list: CalendarDto[] = w.empty || w.scenario === 'none' ? [] : calendars(w.now);
  let all: Item[] = w.scenario === 'empty' || list.length === 0 ? [] : items(w.now, w.scenario);
  let next = 1000;
  const kept = new Map<string, Item[]>();
  const changed = () => w.emit({ type: 'changed', entity: 'event', ids: [], rev: ++next });
  const wait = (ms: number) => new Promise((go) => setTimeout(go, ms));

  const length = (item: Pick<Item, 'start' | 'end'>) => flat(item.end) - flat(item.start);
  function members(item: Item, until: string): Member[] {
    return beginnings(item, until).flatMap((start) => {
      const own = item.members[start];
      if (own === null) return [];
      const end = isDay(start) ? plus(start, length(item) / DAY) : unflat(flat(start) + length(item));
      const it = { ...item, ...own, start: own?.start ?? start, end: own?.end ?? end };
      return [{ item: it, member: item.rule === '' ? '' : start, start: it.start, end: it.end }];
    });
  }
  const moment = (item: Item, at: string) => (isDay(at) ? startOf(at) : instant(item.zone, at));
  const calendarOf = (id: number) => list.find((c) => c.id === id);
  function row({ item, member, start, end }: Member): EventRow {
    return {
      key: `${String(item.id)}/${member}`, calendar: item.calendar, title: item.title, location: item.location, start: moment(item, start), end: moment(item, end), days: isDay(start) ? [start, end] : null, status: item.status,
      mine: item.mine, free: item.free, repeats: item.rule !== '', editable: calendarOf(item.calendar)?.writable === true && item.locked === null, join: item.join !== null, pending: item.pending, also: item.also,
    };
  }
  function found(key: string): { item: Item; member: string } {
    const item = all.find((i) => String(i.id) === key.slice(0, key.indexOf('/')));
    if (!item) throw fail('not_found', 'This event is gone.', 'It was deleted elsewhere.');
    return { item, member: key.slice(key.indexOf('/') + 1) };
  }
  const one = (key: string): Member => {
    const { item, member } = found(key);
    const m = members(item, member ? member.slice(0, 10) : item.start.slice(0, 10)).find((x) => x.member === member);
    if (!m) throw fail('not_found', 'This event is gone.', 'It was deleted elsewhere.');
    return m;
  };
  /** Does it, remembers how it was, and says so. */
  function act(words: string, key: string | null, work: () => void): EventDone {
    if (w.scenario === 'refuse') throw fail('conflict', 'This event was changed elsewhere meanwhile.', 'Look at it again; nothing of yours was saved.');
    const token = `event:${String(++next)}`;
    kept.set(token, structuredClone(all));
    work();
    changed();
    return { key, undo: token, undoUntil: Date.now() + 900_000, words };
  }
  const put = (item: Item) => (all = [...all.filter((i) => i.id !== item.id), item]);

  const parsed = (text: string): GuestDto => {
    const m = /^(.*?)\s*<([^<>]+)>$/.exec(text);
    return guest((m?.[1] ?? '').replace(/^"|"$/g, ''), m?.[2] ?? text);
  };
  function fieldsOf(old: Item, f: EventFields): Partial<Item> {
    const part: Partial<Item> = {};
    if (f.title !== undefined) part.title = f.title;
    if (f.location !== undefined) part.location = f.location;
    if (f.description !== undefined) part.description = f.description;
    if (f.free !== undefined) part.free = f.free;
    if (f.alarms !== undefined) part.alarms = f.alarms;
    if (f.join !== undefined) part.join = f.join || null;
    if (f.video !== undefined) part.call = f.video ? 'wanted' : null;
    if (f.guests !== undefined) part.guests = f.guests.map(parsed).map((g) => old.guests.find((o) => o.email === g.email) ?? g);
    if (f.time?.type === 'days') Object.assign(part, { start: f.time.from, end: f.time.until, zone: null });
    if (f.time?.type === 'clock') Object.assign(part, { start: f.time.start, end: f.time.end, zone: f.time.zone ?? null });
    return part;
  }
  const untilBefore = (rule: string, member: string) => [...rule.split(';').filter((p) => !/^(?:UNTIL|COUNT)=/.test(p)), `UNTIL=${plus(member.slice(0, 10), -1).replaceAll('-', '')}`].join(';');
  /** A change of one member that is meant for its series: the series begins as much earlier or later. */
  function shifted(item: Item, member: string, part: Partial<Item>): Partial<Item> {
    if (member === '' || part.start === undefined || part.end === undefined) return part;
    if (isDay(part.start) !== isDay(item.start)) return { ...part, start: `${item.start.slice(0, 10)}${part.start.slice(10)}`, end: unflat(flat(`${item.start.slice(0, 10)}${part.start.slice(10)}`) + flat(part.end) - flat(part.start)).slice(0, part.end.length) };
    const by = flat(part.start) - flat(member);
    const moved = (text: string) => unflat(flat(text) + by).slice(0, text.length);
    return { ...part, start: moved(item.start), end: unflat(flat(moved(item.start)) + flat(part.end) - flat(part.start)).slice(0, part.end.length) };
  }
  function change(key: string, which: Members, part: Partial<Item>, rule?: string): string {
    const { item, member } = found(key);
    const ruled = rule === undefined ? {} : { rule };
    if (member === '' || which === 'all') {
      const to = { ...item, ...shifted(item, member, part), ...ruled, members: part.start === undefined && rule === undefined ? item.members : {} };
      put(to);
      return member === '' ? key : `${String(item.id)}/${part.start ?? member}`;
    }
    if (which === 'only') {
      put({ ...item, members: { ...item.members, [member]: { ...item.members[member], ...part } } });
      return key;
    }
    put({ ...item, rule: untilBefore(item.rule, member) });
    const id = ++next;
    const end = isDay(member) ? plus(member, length(item) / DAY) : unflat(flat(member) + length(item));
    const begun = { ...item, id, start: member, end, members: {}, ...part, ...ruled };
    put(begun);
    return `${String(id)}/${begun.rule === '' ? '' : begun.start}`;
  }
  const when = (part: Partial<Item>) => (part.start === undefined ? null : new Intl.DateTimeFormat('en-GB', isDay(part.start) ? { weekday: 'long', day: 'numeric', month: 'long' } : { weekday: 'long', hour: '2-digit', minute: '2-digit' }).format(moment({ zone: part.zone ?? null } as Item, part.start)));

  function create(calendar: number | null, f: EventFields, more: Partial<Item> = {}): Item {
    const to = calendar === null ? list.find((c) => c.default) : calendarOf(calendar);
    if (!to?.writable) throw fail('read_only', 'This calendar can’t be changed.', 'Choose another calendar.');
    const empty: Item = {
      id: ++next, calendar: to.id, title: '', start: '', end: '', zone: null, location: '', description: '', rule: f.rule ?? '', status: 'confirmed', mine: null, free: false, pending: 'waiting', join: null, call: null, alarms: [], organizer: null,
      guests: [], conflict: [], also: [], locked: null, members: {},
    };
    const item = { ...empty, ...fieldsOf(empty, f), ...more };
    put(item);
    // The provider has it a moment later.
    setTimeout(() => { all = all.map((i) => (i.id === item.id ? { ...i, pending: null, ...(i.call === 'wanted' ? { call: null, join: `https://meet.example/call-${String(i.id)}` } : {}) } : i)); changed(); }, 900);
    return item;
  }

  const handlers: Handlers = {
    calendars: () => list,
    calendar_change: ({ id, ...part }) => {
      list = list.map((c) => (c.id === id ? { ...c, ...part } : part.default === true ? { ...c, default: false } : c));
      return list;
    },
    events: async ({ from, to }) => {
      if (to - from > 400 * DAY) throw fail('bad_request', 'That is too long a time.', 'Ask for 400 days at most.');
      if (w.scenario === 'error') throw fail('store', 'The calendar could not be read.', 'Try again. If it stays so, restart Aurelius; nothing is lost.');
      if (w.scenario === 'slow') await wait(2500);
      const shown = new Set(list.filter((c) => c.shown).map((c) => c.id));
      const rows = all.filter((i) => shown.has(i.calendar) || i.also.some((c) => shown.has(c))).flatMap((i) => members(i, plus(dayOf(to), 1))).map(row).filter((r) => r.start < to && (r.end > from || r.start >= from));
      rows.sort((a, b) => Number(b.days !== null) - Number(a.days !== null) || a.start - b.start);
      return { events: rows.slice(0, MOST), cut: rows.length > MOST || w.scenario === 'cut' };
    },
    event_find: ({ text, limit }) => {
      const words = plain(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
      const has = (r: EventRow): boolean => words.every((word) => plain(`${r.title} ${r.location}`).split(/[^\p{L}\p{N}]+/u).some((x) => x.startsWith(word)));
      const shown = new Set(list.filter((c) => c.shown).map((c) => c.id));
      const found = all.filter((i) => shown.has(i.calendar)).flatMap((i) => {
        const rows = members(i, plus(dayOf(w.now + 60 * DAY), 1)).map(row).filter(has).sort((a, b) => a.start - b.start);
        return rows.find((r) => r.end > w.now) ?? rows.at(-1) ?? [];
      });
      const coming = found.filter((r) => r.end > w.now).sort((a, b) => a.start - b.start);
      return words.length === 0 ? [] : [...coming.slice(0, limit), ...found.filter((r) => r.end <= w.now).sort((a, b) => b.start - a.start).slice(0, limit)];
    },
    event: ({ key }): EventDto => {
      const m = one(key);
      const { item } = m;
      const own = calendarOf(item.calendar);
      return {
        row: row(m), description: item.description, zone: isDay(item.start) ? null : (item.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone), organizer: item.organizer, guests: item.guests, guestCount: item.guests.length,
        join: item.join, call: item.call, repeats: repeatsOf(item.rule), rule: item.rule || null, alarms: item.alarms, canRespond: item.mine !== null && own?.writable === true, conflict: item.conflict,
        locked: item.locked ?? (own?.writable === false ? 'This calendar is for reading only.' : null),
      };
    },
    event_create: ({ calendar, fields }) => {
      let key = '';
      const done = act(`${fields.title || 'Event'} added`, null, () => {
        const item = create(calendar, fields);
        key = `${String(item.id)}/${item.rule === '' ? '' : item.start}`;
      });
      return { ...done, key };
    },
    event_update: ({ key, members: which, fields, calendar }) => {
      const { item } = one(key);
      const goes = calendar === undefined ? undefined : calendarOf(calendar);
      const part = { ...fieldsOf(item, fields), ...(goes ? { calendar: goes.id } : {}) };
      let to = key;
      const at = when(part);
      const done = act(goes ? `“${part.title ?? item.title}” moved to ${goes.name}` : at === null ? `${part.title ?? item.title} changed` : `${part.title ?? item.title} moved to ${at}`, key, () => (to = change(key, which, part, fields.rule)));
      return { ...done, key: to };
    },
    event_delete: ({ key, members: which }) => {
      const { item, member } = found(key);
      return act(`${item.title} deleted`, null, () => {
        if (member === '' || which === 'all') all = all.filter((i) => i.id !== item.id);
        else if (which === 'only') put({ ...item, members: { ...item.members, [member]: null } });
        else put({ ...item, rule: untilBefore(item.rule, member) });
      });
    },
    event_respond: ({ key, members: which, answer }) => {
      const { item } = one(key);
      const said = { accepted: 'Accepted', declined: 'Declined', tentative: 'Maybe' }[answer] ?? 'Answered';
      let to = key;
      const guests = item.guests.map((g) => (g.email.startsWith('mara') ? { ...g, answer } : g));
      const done = act(`${said}: ${item.title}`, key, () => (to = change(key, which, { mine: answer, guests })));
      return { ...done, key: to };
    },
    event_resolve: ({ key, mine }) => {
      const { item } = one(key);
      return act(mine ? `Kept your version of ${item.title}` : `Kept the other version of ${item.title}`, key, () => {
        const theirs: Partial<Item> = mine ? {} : { location: item.conflict.find((c) => c.field === 'location')?.theirs ?? item.location, start: unflat(flat(item.start) + 5_400_000), end: unflat(flat(item.end) + 5_400_000) };
        put({ ...item, ...theirs, pending: mine ? 'waiting' : null, conflict: [] });
      });
    },
    calendar_export: ({ id }) => ({ path: `~/Downloads/${calendarOf(id)?.name ?? 'calendar'}.ics` }),
    calendar_import: ({ calendar, text }) => {
      if (!text.includes('BEGIN:VCALENDAR')) throw fail('bad_calendar', 'This is not a calendar file.', 'Choose a file that ends in .ics.');
      const titles = [...text.matchAll(/^SUMMARY:(.*)$/gm)].map((m) => (m[1] ?? '').trim());
      const fresh = titles.filter((title) => !all.some((i) => i.title === title));
      const at = wall(null, w.now + 86_400_000).slice(0, 11);
      for (const title of fresh) create(calendar, { title, time: { type: 'clock', start: `${at}16:00`, end: `${at}17:00` } });
      changed();
      return { added: fresh.length, known: titles.length - fresh.length, problems: text.includes('X-BROKEN') ? ['One event has no beginning.'] : [] };
    },
  };

  return {
    handlers,
    /** What is on in the person's own calendars. */
    own: (from: number, to: number): EventRow[] => all.filter((i) => calendarOf(i.calendar)?.writable === true).flatMap((i) => members(i, plus(dayOf(to), 1))).map(row).filter((r) => r.start < to && r.end > from),
    /** Whether the token was one of an event. */
    undo: (token: string): boolean => {
      const before = kept.get(token);
      if (!before) return false;
      kept.delete(token);
      all = before;
      changed();
      return true;
    },
  };
}
