// When the guests of an event have time, as it was told: for this form, and gone with it. Nobody is asked before the person wants it;
// from then on the answer is kept in step with who comes and when.
import { calendar } from '../../../data/calendar.svelte';
import { session } from '../../../data/session.svelte';
import type { GuestTimeDto, Id } from '../../../ipc/bindings';
import { asCallError, call, type CallError } from '../../../ipc/transport';
import { dayOf, plus, startOf } from '../days';
import type { EventForm } from '../form.svelte';

/** People of one question, the person included. */
export const MOST = 50;
/** Days that are asked for at once, from the one of the event on. */
export const DAYS = 14;

/** Somebody who is to come. */
export interface Coming { address: string; name: string; own: boolean }
/** What somebody has to do with a stretch of time. */
export type Time = 'free' | 'tentative' | 'busy' | 'unavailable' | 'unknown' | 'pending';
const WORST: readonly Time[] = ['unavailable', 'busy', 'tentative'];

/** The worst of what lies in `start … end`; what is not known is not free. */
export function timeAt(person: GuestTimeDto | undefined, start: number, end: number): Time {
  if (person === undefined) return 'pending';
  if (person.notKnown !== null) return 'unknown';
  const kinds = new Set(person.busy.filter((b) => b.start < end && start < b.end).map((b) => b.kind));
  return WORST.find((kind) => kinds.has(kind)) ?? 'free';
}

/** The address by which the person is invited from this calendar. */
function ownAddress(id: Id | null): string | null {
  const connection = session.connections.find((c) => c.id === calendar.calendar(id ?? -1)?.connection);
  const all = [connection?.email, ...(connection?.accounts.map((a) => a.email) ?? []), ...session.accounts.map((a) => a.email)];
  return all.find((a) => a?.includes('@'))?.toLowerCase() ?? null;
}

interface Asked { key: string; from: number; to: number }

export class GuestTimes {
  readonly form: EventForm;
  /** The person wants to know. */
  wanted = $state(false);
  loading = $state(false);
  error = $state.raw<CallError | null>(null);
  stopped = $state(false);
  /** What is told is about this stretch. */
  range = $state.raw<{ from: number; to: number } | null>(null);
  #told = $state.raw<readonly GuestTimeDto[]>([]);
  #asked = $state.raw<Asked | null>(null);
  #turn = 0;

  constructor(form: EventForm, private readonly ask: typeof call = call) {
    this.form = form;
  }

  /** The person first, then the guests. */
  coming = $derived.by((): Coming[] => {
    const me = ownAddress(this.form.calendar);
    const out: Coming[] = me === null ? [] : [{ address: me, name: '', own: true }];
    for (const { email, name, valid } of this.form.guests) {
      const address = email.toLowerCase();
      if (valid && !out.some((p) => p.address === address)) out.push({ address, name: name || email, own: false });
    }
    return out;
  });
  asked = $derived(this.coming.slice(0, MOST));
  of(person: Coming): GuestTimeDto | undefined {
    return this.#told.find((p) => p.address === person.address);
  }
  at(person: Coming, start: number, end: number): Time {
    return timeAt(this.of(person), start, end);
  }

  get #key(): string {
    return JSON.stringify([this.form.calendar, this.asked.map((p) => p.address)]);
  }
  /** Whether what is known holds `start … end` for everybody who comes now. */
  covers(start: number, end: number): boolean {
    const { range } = this;
    return range !== null && this.#asked?.key === this.#key && range.from <= start && end <= range.to;
  }

  /** Asks for the days from that of `start` on, unless it is known or has just been asked. */
  cover(start: number, end: number): void {
    if (!this.wanted || this.asked.length === 0 || this.covers(start, end)) return;
    const from = startOf(dayOf(start));
    const to = Math.max(startOf(plus(dayOf(start), DAYS)), end);
    const last = this.#asked;
    // What was asked and not answered is asked again when the person says so.
    if (last?.key === this.#key && last.from <= start && end <= last.to) return;
    void this.#load({ key: this.#key, from, to });
  }
  again(): void {
    const last = this.#asked;
    if (last) void this.#load({ ...last, key: this.#key });
  }

  async #load(asked: Asked): Promise<void> {
    const turn = ++this.#turn;
    this.#asked = asked;
    this.loading = true;
    this.error = null;
    this.stopped = false;
    try {
      const told = await this.ask('guests_time', { people: this.asked.map((p) => p.address), from: asked.from, to: asked.to, calendar: this.form.calendar, event: this.form.event?.row.key ?? null });
      if (turn !== this.#turn) return;
      this.#told = told;
      this.range = { from: asked.from, to: asked.to };
    } catch (error) {
      if (turn !== this.#turn) return;
      this.error = asCallError(error);
    }
    this.loading = false;
  }

  /** Nobody waits any more: the question at the core ends, too. */
  stop(): void {
    if (!this.loading) return;
    this.#turn++;
    this.loading = false;
    this.stopped = true;
    this.ask('guests_time_cancel').catch(() => undefined);
  }
}
