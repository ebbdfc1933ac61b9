// What the calendar shows and what is being done in it. One of these lives as long as the view does.
import { tick } from 'svelte';
import { calendar, itemOf, type Change } from '../../data/calendar.svelte';
import { session } from '../../data/session.svelte';
import { toasts } from '../../data/toasts.svelte';
import { router, type CalendarRoute } from '../../app/router.svelte';
import { firstDay } from '../../app/week';
import { locale, t } from '../../i18n';
import type { EventDone, EventRow, Members } from '../../ipc/bindings';
import { call } from '../../ipc/transport';
import { AGENDA_DAYS, dayOf, isDay, plus, shownDays, startOf, step, type Mode } from './days';
import { EventForm, type Fresh } from './form.svelte';
import { remembered, remember } from './memory';
import { onDay, placeOf, samePlace, timeOf, wholeDays } from './place';
import { whenWords, titleOf, type Place } from './words';
import { HOUR, MINUTE, own } from './zones';

/** Steps of the keys and of the mouse. */
export const STEP = 15;
/** A moved event is written when the keys rest for so long: four steps are one change, and one undo. */
const REST_MS = 600;
/** A day that is about to be shown is fetched with those on both sides. */
const sides = (mode: Mode, day: string, first: number) => ([1, -1] as const).map((by) => spanOf(shownDays(mode, step(mode, day, by), first)));
const spanOf = (days: readonly string[]) => ({ from: startOf(days[0] ?? ''), to: startOf(plus(days.at(-1) ?? '', 1)) });

export interface Question {
  row: EventRow;
  title: string;
  /** One alone can be meant. */
  only: boolean;
  answer: (members: Members | null) => void;
}
/** Keys of rows that the core does not have yet. */
let made = 0;
interface Nudge { from: EventRow; to: Place; drawn: ReturnType<typeof calendar.draw>; timer: ReturnType<typeof setTimeout> | undefined }

export class CalendarView {
  readonly #route: () => CalendarRoute;
  #now: () => number;
  mode = $derived.by((): Mode => this.#route().mode ?? this.#lastMode);
  #lastMode = $state<Mode>(remembered().mode);
  today = $derived.by(() => dayOf(this.#now()));
  day = $derived.by(() => { const { day } = this.#route(); return day !== null && isDay(day) ? day : this.today; });
  first = $derived(firstDay(session.settings.weekStart, locale()));
  agendaDays = $state(AGENDA_DAYS);
  days = $derived.by(() => shownDays(this.mode, this.day, this.first, this.agendaDays));
  /** An IANA name; null: one zone is enough. */
  zone2 = $state<string | null>(remembered().zone);
  /** The event that the keys are about. */
  selected = $state<string | null>(null);
  panel = $state.raw<string | null>(null);
  form = $state.raw<EventForm | null>(null);
  quick = $state(false);
  /** The event that a task is to be made of. */
  tasking = $state.raw<EventRow | null>(null);
  question = $state.raw<Question | null>(null);
  /** It takes long enough to be told. */
  late = $state(false);
  /** The pointer has just been dragging: the click that follows opens nothing. */
  dragged = false;
  /** The press that closed a panel. */
  #closedAt = -Infinity;
  #nudge: Nudge | null = null;
  /** What was said of a series, as long as the keys stay with it. */
  #said: { item: string; members: Members } | null = null;

  constructor(route: () => CalendarRoute, now: () => number) {
    this.#route = route;
    this.#now = now;
  }
  get now(): number {
    return this.#now();
  }

  /** Asks for what is shown; run again whenever that changes. */
  load(): void {
    calendar.show(spanOf(this.days), this.mode === 'agenda' ? [] : sides(this.mode, this.day, this.first));
  }

  go(day: string | null, mode: Mode = this.mode, replace = true): void {
    void this.settle();
    this.#lastMode = mode;
    remember({ ...remembered(), mode, zone: this.zone2 });
    this.panel = null;
    router.go({ view: 'calendar', mode, day: day === this.today ? null : day, event: null }, { replace });
  }
  step(by: 1 | -1): void {
    this.go(step(this.mode, this.day, by));
  }
  useZone(zone: string | null): void {
    this.zone2 = zone;
    remember({ mode: this.mode, zone, last: zone ?? remembered().last });
  }

  toggleZone(): void {
    this.useZone(this.zone2 === null ? (remembered().last ?? (own() === 'UTC' ? 'Europe/London' : 'UTC')) : null);
  }

  select(key: string): void {
    if (this.selected === key) return;
    if (this.#nudge && this.#nudge.from.key !== key) void this.settle();
    this.selected = key;
    this.#said = null;
  }
  open(key: string): void {
    this.select(key);
    this.panel = key;
  }
  close(): void {
    const key = this.panel;
    this.panel = null;
    if (key !== null) this.focus(key);
  }
  /** By a press beside it. */
  dismiss(at: number): void {
    this.#closedAt = at;
    this.panel = null;
  }
  /** Whether that press is this one. */
  closed(at: number): boolean {
    return at === this.#closedAt;
  }
  /** The one event that Tab comes to; from there it is the arrows. */
  stop = $derived.by(() => {
    const { rows } = calendar;
    if (this.selected !== null && rows.some((r) => r.key === this.selected)) return this.selected;
    return (rows.find((r) => r.days === null && r.end > this.#now()) ?? rows[0])?.key ?? null;
  });
  focus(key: string): void {
    void tick().then(() => document.querySelector<HTMLElement>(`[data-event="${CSS.escape(key)}"]`)?.focus());
  }
  /** What was just made has the focus as soon as it is drawn, unless the person is at something else by then. */
  #land(key: string, tries = 20): void {
    if (this.form !== null || this.selected !== key || document.activeElement?.closest('input, textarea, [role=dialog]')) return;
    const drawn = document.querySelector<HTMLElement>(`[data-event="${CSS.escape(key)}"]`);
    if (drawn) drawn.focus();
    else if (tries > 0) setTimeout(() => this.#land(key, tries - 1), 50);
  }
  get row(): EventRow | undefined {
    return this.selected === null ? undefined : calendar.find(this.selected);
  }

  /** A new event at the next full hour of the day that is shown, or at a place. */
  create(fresh: Partial<Fresh> = {}): void {
    this.panel = null;
    const day = this.days.includes(this.today) ? this.today : (this.mode === 'month' ? this.day : (this.days[0] ?? this.today));
    const start = day === this.today ? Math.ceil((this.now + 1) / HOUR) * HOUR : startOf(day) + 9 * HOUR;
    this.form = new EventForm({ place: { start, end: start + HOUR, days: null }, ...fresh });
  }
  async edit(key: string): Promise<void> {
    await this.settle();
    const row = calendar.find(key);
    if (row && !row.editable) return this.explain(row);
    try {
      this.form = new EventForm(await call('event', { key }));
      this.panel = null;
    } catch (error) {
      toasts.error(error);
    }
  }
  /** Why an event does not move. */
  explain(row: EventRow): void {
    const say = (reason: string): void => void toasts.show({ text: t('cal.locked', { title: titleOf(row), reason }) });
    call('event', { key: row.key }).then((e) => say(e.locked ?? t('cal.lockedShort')), () => say(t('cal.lockedShort')));
  }

  /** Which members of a series are meant; null: none, after all. */
  ask(row: EventRow, title: string, only = true): Promise<Members | null> {
    if (!row.repeats) return Promise.resolve('all');
    if (only && this.#said?.item === itemOf(row.key)) return Promise.resolve(this.#said.members);
    return new Promise((answer) => {
      this.question = { row, title, only, answer: (members) => { this.question = null; answer(members); } };
    });
  }

  /** What a change of one does to all that it is meant for. */
  #change(row: EventRow, members: Members, apply: (r: EventRow) => EventRow | null): Change {
    const item = itemOf(row.key);
    return { touches: (r) => r.key === row.key || (members !== 'only' && row.repeats && itemOf(r.key) === item && (members === 'all' || r.start >= row.start)), apply };
  }
  #moving(row: EventRow, to: Place, members: Members): Change {
    return this.#change(row, members, (r) => {
      if (r.key === row.key) return { ...r, start: to.start, end: to.end, days: to.days === null ? null : [...to.days] };
      if (to.days !== null || r.days !== null) return r;
      return { ...r, start: r.start + to.start - row.start, end: r.end + to.end - row.end };
    });
  }

  /** To another time: drawn at once, then asked which members, then written. */
  async move(row: EventRow, to: Place, drawn = calendar.draw(this.#moving(row, to, 'only'))): Promise<void> {
    if (samePlace(placeOf(row), to)) return drawn.drop();
    const members = await this.ask(row, t('cal.seriesChange'));
    if (members === null) {
      drawn.drop();
      return this.focus(row.key);
    }
    this.#said = { item: itemOf(row.key), members };
    const change = this.#moving(row, to, members);
    drawn.drop();
    const done = await calendar.act(change, async () => {
      // A series keeps the zone it is in.
      const zone = to.days ? null : (await call('event', { key: row.key })).zone;
      return call('event_update', { key: row.key, members, fields: { time: timeOf(to, zone) } });
    });
    this.#follow(row.key, done);
  }
  /** The key of what was changed may be another one. */
  #follow(before: string, done: EventDone | null): void {
    if (done?.key == null || done.key === before) return;
    const held = document.activeElement?.getAttribute('data-event') === before;
    if (this.selected === before) this.selected = done.key;
    if (this.panel === before) this.panel = done.key;
    if (this.#said && itemOf(before) !== itemOf(done.key)) this.#said = { ...this.#said, item: itemOf(done.key) };
    if (held) setTimeout(() => { if (document.activeElement === document.body && done.key !== null) this.focus(done.key); }, 120);
  }

  /** A step of the keys. False: there is nothing to move. */
  nudge(by: (place: Place) => Place): boolean {
    const row = this.row;
    if (!row) return false;
    if (!row.editable) {
      this.explain(row);
      return true;
    }
    if (this.question) return true;
    const old = this.#nudge?.from.key === row.key ? this.#nudge : null;
    const from = old?.from ?? row;
    const to = by(old?.to ?? placeOf(row));
    if (to.end < to.start || (to.days && to.days[1] <= to.days[0])) return true;
    old?.drawn.drop();
    clearTimeout(old?.timer);
    this.#nudge = { from, to, drawn: calendar.draw(this.#moving(from, to, 'only')), timer: setTimeout(() => void this.settle(), REST_MS) };
    toasts.announce(t('cal.movedTo', { title: titleOf(row), when: whenWords(to) }));
    const seen = to.days?.[0] ?? dayOf(to.start);
    if (!this.days.includes(seen)) router.go({ view: 'calendar', mode: this.mode, day: seen === this.today ? null : seen, event: null }, { replace: true });
    // Within its panel the focus stays where it is.
    if (document.activeElement?.closest('[data-event-panel]') == null) this.focus(row.key);
    return true;
  }
  later(minutes: number): boolean {
    return this.nudge((p) => (p.days ? p : { ...p, start: p.start + minutes * MINUTE, end: p.end + minutes * MINUTE }));
  }
  longer(minutes: number): boolean {
    return this.nudge((p) => (p.days ? wholeDays(p.days[0], plus(p.days[1], Math.sign(minutes))) : { ...p, end: Math.max(p.start, p.end + minutes * MINUTE) }));
  }
  shift(days: number): boolean {
    return this.nudge((p) => onDay(p, days));
  }
  /** The view goes: what was asked is not answered any more, and what the keys have moved of a series is this one. */
  leave(): void {
    this.question?.answer(null);
    if (this.#nudge) this.#said = { item: itemOf(this.#nudge.from.key), members: 'only' };
    void this.settle();
  }
  /** Writes what the keys have moved. */
  async settle(): Promise<void> {
    const nudge = this.#nudge;
    if (!nudge) return;
    this.#nudge = null;
    clearTimeout(nudge.timer);
    await this.move(nudge.from, nudge.to, nudge.drawn);
  }

  /** Writes the form. What the core refuses is not lost: the form is there again, as it was. */
  async save(form: EventForm): Promise<void> {
    const fields = form.fields();
    this.form = null;
    if (form.event === null) {
      const key = `new/${String(++made)}`;
      const seen = form.place.days?.[0] ?? dayOf(form.place.start);
      if (!this.days.includes(seen)) this.go(seen);
      const done = await calendar.act({ touches: () => false, apply: (r) => r, add: [form.row(key)] }, () => call('event_create', { calendar: form.calendar, fields }));
      if (done === null) this.form = form;
      else if (done.key !== null) {
        this.select(done.key);
        this.#land(done.key);
      }
      return;
    }
    const { row } = form.event;
    if (Object.keys(fields).length === 0 && !form.moved) return this.focus(row.key);
    const ruled = fields.rule !== undefined;
    // Into another calendar goes all of a series; the form says so.
    const members = form.moved ? 'all' : await this.ask(row, t('cal.seriesChange'), !ruled);
    if (members === null) {
      this.form = form;
      return;
    }
    const to = form.place;
    const change = this.#change(row, members, (r) => {
      const next = form.row(r.key);
      if (r.key === row.key) return next;
      return { ...next, days: r.days, start: r.days ? r.start : r.start + to.start - row.start, end: r.days ? r.end : r.end + to.end - row.end };
    });
    const done = await calendar.act(change, () => call('event_update', { key: row.key, members, fields, ...(form.moved && form.calendar !== null ? { calendar: form.calendar, anew: form.anew } : {}) }));
    if (done === null) this.form = form;
    else this.#follow(row.key, done);
  }

  async remove(row: EventRow): Promise<void> {
    await this.settle();
    if (!row.editable) return this.explain(row);
    const members = await this.ask(row, t('cal.seriesDelete'));
    if (members === null) return this.focus(row.key);
    this.panel = null;
    const next = this.#beside(row);
    const change = this.#change(row, members, () => null);
    const act = calendar.act(change, () => call('event_delete', { key: row.key, members }));
    if (next) {
      this.select(next);
      this.focus(next);
    }
    await act;
  }
  /** Where the focus goes when the event is gone: the next one, else the one before. */
  #beside(row: EventRow): string | null {
    const rows = calendar.rows.filter((r) => itemOf(r.key) !== itemOf(row.key) || r.key === row.key);
    const at = rows.findIndex((r) => r.key === row.key);
    return (rows[at + 1] ?? rows[at - 1])?.key ?? null;
  }

  async respond(row: EventRow, answer: string): Promise<void> {
    await this.settle();
    const members = await this.ask(row, t('cal.seriesAnswer'));
    if (members === null) return;
    const change = this.#change(row, members, (r) => ({ ...r, mine: answer }));
    this.#follow(row.key, await calendar.act(change, () => call('event_respond', { key: row.key, members, answer })));
  }
  async resolve(row: EventRow, mine: boolean): Promise<void> {
    const change = this.#change(row, 'all', (r) => ({ ...r, pending: mine ? 'waiting' : null }));
    this.#follow(row.key, await calendar.act(change, () => call('event_resolve', { key: row.key, mine })));
  }
}

