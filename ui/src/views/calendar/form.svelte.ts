// The form of an event: what was there, what has been typed, what is wrong with it, and what of it is to be written.
import '../../i18n/late';
import { calendar } from '../../data/calendar.svelte';
import { session } from '../../data/session.svelte';
import { t } from '../../i18n';
import type { EventDto, EventFields, EventRow, Id } from '../../ipc/bindings';
import { format as address, parse, toChip, type Chip } from '../composer/addresses';
import { between, plus } from './days';
import { formatRule, MOST_COUNT, MOST_INTERVAL, once, parseRule, type Repeat } from './rule';
import { timeOf, wholeDays } from './place';
import type { Place } from './words';
import { instant, own, wall } from './zones';

const MOST_DAYS = 366;
/** What a new event begins with. */
export interface Fresh { place: Place; title?: string; location?: string; rule?: string; guests?: readonly string[] }
export type Wrong = 'end' | 'join' | 'guests' | 'interval' | 'count' | 'until' | 'calendar';

export class EventForm {
  /** None: it is a new one. */
  readonly event: EventDto | null;
  title = $state('');
  allDay = $state(false);
  startDay = $state('');
  startTime = $state('09:00');
  /** Of whole days the last one. */
  endDay = $state('');
  endTime = $state('10:00');
  zone = $state('');
  repeat = $state.raw<Repeat>(once('2026-01-01'));
  calendar = $state<Id | null>(null);
  location = $state('');
  join = $state('');
  /** The calendar's provider is to make a call. */
  video = $state(false);
  guests = $state.raw<Chip[]>([]);
  alarms = $state.raw<number[]>([]);
  free = $state(false);
  description = $state('');
  readonly #before: string;
  readonly #repeatBefore: string;
  readonly #dayBefore: string;

  constructor(from: EventDto | Fresh) {
    const event = 'row' in from ? from : null;
    this.event = event;
    this.zone = event?.zone ?? own();
    this.#put(event ? event.row : (from as Fresh).place);
    if (event) {
      this.title = event.row.title;
      this.calendar = event.row.calendar;
      this.location = event.row.location;
      this.join = event.join ?? '';
      this.video = event.call === 'wanted' || event.call === 'pending';
      this.guests = event.guests.map(toChip);
      this.alarms = [...event.alarms];
      this.free = event.row.free;
      this.description = event.description;
    } else {
      const fresh = from as Fresh;
      this.title = fresh.title ?? '';
      this.location = fresh.location ?? '';
      this.calendar = calendar.target?.id ?? null;
      this.guests = (fresh.guests ?? []).flatMap(parse);
    }
    this.repeat = parseRule(event ? event.rule : ((from as Fresh).rule ?? ''), this.startDay, this.allDay ? null : this.zone);
    this.#dayBefore = this.startDay;
    this.#repeatBefore = JSON.stringify(this.repeat);
    this.#before = JSON.stringify(this.#all());
  }

  #put(place: Place): void {
    this.allDay = place.days !== null;
    if (place.days) {
      [this.startDay] = place.days;
      this.endDay = plus(place.days[1], -1);
      return;
    }
    const [start, end] = [wall(this.zone, place.start), wall(this.zone, place.end)];
    this.startDay = start.slice(0, 10);
    this.startTime = start.slice(11);
    this.endDay = end.slice(0, 10);
    this.endTime = end.slice(11);
  }

  /** The kind of call that the chosen calendar can make. */
  get makes(): string | null {
    return (this.calendar === null ? null : calendar.calendar(this.calendar)?.video) ?? null;
  }

  /** It is to be in another calendar than it is in. */
  get moved(): boolean {
    return this.event !== null && this.calendar !== null && this.calendar !== this.event.row.calendar;
  }
  /** Its guests hear that it is cancelled, and get a new invitation: nobody simply moves it from there to there. */
  get anew(): boolean {
    if (!this.moved || this.event === null || this.guests.length === 0) return false;
    const [from, to] = [calendar.calendar(this.event.row.calendar), calendar.calendar(this.calendar ?? 0)];
    const copies = session.connections.find((c) => c.id === from?.connection)?.integration === 'microsoft';
    return copies || from?.connection !== to?.connection;
  }

  /** When it would be. */
  place = $derived.by((): Place => {
    if (this.allDay) return wholeDays(this.startDay, plus(this.endDay, 1));
    return { start: instant(this.zone, `${this.startDay}T${this.startTime}`), end: instant(this.zone, `${this.endDay}T${this.endTime}`), days: null };
  });

  /** What starts elsewhere lasts as long as before. */
  startOn(day: string): void {
    const by = between(this.startDay, day);
    this.repeat = this.#moved(day);
    this.startDay = day;
    this.endDay = plus(this.endDay, by);
  }
  startAt(time: string): void {
    const { start, end } = this.place;
    this.startTime = time;
    const to = wall(this.zone, instant(this.zone, `${this.startDay}T${time}`) + Math.max(0, end - start));
    this.endDay = to.slice(0, 10);
    this.endTime = to.slice(11);
  }
  /** As long as it is, from then on. */
  moveTo(start: number): void {
    const length = this.place.end - this.place.start;
    this.repeat = this.#moved(wall(this.zone, start).slice(0, 10));
    this.#put({ start, end: start + length, days: null });
  }
  #moved(day: string): Repeat {
    const { every, weekdays } = this.repeat;
    if (every === 'none' || every === 'other') return this.repeat.every === 'none' ? once(day) : this.repeat;
    // A weekly rule that was only about its own day goes with it.
    return every === 'weekly' && weekdays.length === 1 ? { ...this.repeat, weekdays: once(day).weekdays } : this.repeat;
  }
  /** The same clock time, in another zone. */
  useZone(zone: string): void {
    this.zone = zone;
  }
  wholeDay(on: boolean): void {
    if (on === this.allDay) return;
    this.allDay = on;
    if (!on && this.place.end <= this.place.start) {
      this.endDay = this.startDay;
      const to = wall(this.zone, this.place.start + 3_600_000);
      this.endDay = to.slice(0, 10);
      this.endTime = to.slice(11);
    }
  }

  wrong = $derived.by((): Partial<Record<Wrong, string>> => {
    const out: Partial<Record<Wrong, string>> = {};
    const { start, end } = this.place;
    if (this.allDay ? this.endDay < this.startDay : end < start) out.end = t('cal.err.end');
    else if (between(this.startDay, this.endDay) > MOST_DAYS) out.end = t('cal.err.long');
    if (this.join.trim() !== '' && !/^https:\/\/[^\s/]+\.[^\s]+/i.test(this.join.trim())) out.join = t('cal.err.join');
    if (this.guests.some((g) => !g.valid)) out.guests = t('cal.err.guests');
    if (this.calendar === null) out.calendar = t('cal.err.calendar');
    const r = this.repeat;
    if (r.every !== 'none' && r.every !== 'other') {
      const whole = (n: number, most: number): boolean => Number.isInteger(n) && n >= 1 && n <= most;
      if (!whole(r.interval, MOST_INTERVAL)) out.interval = t('cal.err.interval', { most: MOST_INTERVAL });
      if (r.end === 'count' && !whole(r.count, MOST_COUNT)) out.count = t('cal.err.interval', { most: MOST_COUNT });
      if (r.end === 'until' && r.until < this.startDay) out.until = t('cal.err.until');
    }
    return out;
  });

  get rule(): string {
    return formatRule(this.repeat, this.allDay ? this.startDay : `${this.startDay}T${this.startTime}`, this.allDay ? null : this.zone);
  }

  #all(): EventFields & { calendar: Id | null } {
    return {
      calendar: this.calendar, title: this.title.trim(), location: this.location.trim(), description: this.description, time: timeOf(this.place, this.allDay ? null : this.zone), rule: this.rule, free: this.free,
      alarms: [...this.alarms].sort((a, b) => a - b), guests: this.guests.map(address), join: this.join.trim(), video: this.video && this.makes !== null && this.join.trim() === '',
    };
  }
  get changed(): boolean {
    return JSON.stringify(this.#all()) !== this.#before;
  }

  /** Of a new event all that is said, of an old one what is other than before. */
  fields(): EventFields {
    const { calendar: _, ...now } = this.#all();
    if (this.event === null) return Object.fromEntries(Object.entries(now).filter(([k, v]) => v !== '' && !(k === 'video' && v === false) && !(Array.isArray(v) && v.length === 0))) as EventFields;
    const { calendar: __, ...before } = JSON.parse(this.#before) as ReturnType<EventForm['fields']> & { calendar: Id | null };
    const out = Object.fromEntries(Object.entries(now).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(before[k as keyof EventFields]))) as EventFields;
    // The rule is written anew only where the person changed it, or where it is about a day that is another now: so nothing of it is lost.
    const same = JSON.stringify(this.repeat) === this.#repeatBefore;
    if (same && (this.repeat.every === 'other' || this.startDay === this.#dayBefore)) delete out.rule;
    return out;
  }

  /** The row as it will be. */
  row(key: string): EventRow {
    const { start, end, days } = this.place;
    const old = this.event?.row;
    return {
      key, calendar: this.calendar ?? 0, title: this.title.trim(), location: this.location.trim(), start, end, days: days === null ? null : [...days], status: old?.status ?? 'confirmed', mine: old?.mine ?? null, free: this.free,
      repeats: this.repeat.every !== 'none', editable: true, join: this.join.trim() !== '', pending: 'waiting', also: old?.also ?? [],
    };
  }
}

