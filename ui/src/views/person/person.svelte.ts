// What is known about one person, beside the conversation that is open. Walking through the list must not ask for each on the way.
import { session } from '../../data/session.svelte';
import type { Id, PersonDto, UnsubscribeDto } from '../../ipc/bindings';
import { asCallError, call, onEvent, type CallError } from '../../ipc/transport';
import { whoIsThere, type Who } from './who';

const SETTLE_MS = 120;
const SLOW_MS = 150;

export class PersonView {
  /** null: not known yet. */
  people = $state.raw<readonly Who[] | null>(null);
  chosen = $state<string | null>(null);
  person = $state.raw<PersonDto | null>(null);
  error = $state.raw<CallError | null>(null);
  /** Worth a skeleton by now. */
  slow = $state(false);
  /** How to leave the list that the chosen one's mail came from. */
  leave = $state.raw<UnsubscribeDto | null>(null);

  readonly who = $derived(this.people?.find((w) => w.email === this.chosen) ?? this.people?.[0] ?? null);
  #turn = 0;

  /** Follows the conversation; returns the way to stop. */
  watch(thread: Id): () => void {
    const turn = ++this.#turn;
    const timers = [setTimeout(() => void this.#thread(thread, turn), this.people === null ? 0 : SETTLE_MS)];
    if (this.person === null) timers.push(setTimeout(() => (this.slow = true), SLOW_MS));
    let again: ReturnType<typeof setTimeout> | undefined;
    const stop = onEvent((event) => {
      if (event.type !== 'changed' || event.entity !== 'thread') return;
      // New mail of theirs belongs here; a storm of changes does not.
      again ??= setTimeout(() => { again = undefined; void this.#thread(thread, turn); }, 600);
    });
    return () => {
      timers.forEach(clearTimeout);
      clearTimeout(again);
      stop();
    };
  }

  async #thread(id: Id, turn: number): Promise<void> {
    try {
      const thread = await call('thread', { id });
      if (turn !== this.#turn) return;
      this.people = whoIsThere(thread.messages, session.accounts.map((a) => a.email));
      if (!this.people.some((w) => w.email === this.chosen)) this.chosen = null;
      await this.#read(turn);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  async choose(email: string): Promise<void> {
    this.chosen = email;
    await this.retry();
  }
  async retry(): Promise<void> {
    const turn = this.#turn;
    this.error = null;
    try {
      await this.#read(turn);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  async #read(turn: number): Promise<void> {
    const who = this.who;
    if (!who) {
      this.person = null;
      this.slow = false;
      return;
    }
    if (this.person?.contact.email !== who.email) this.leave = null;
    const person = await call('person', { email: who.email });
    if (turn !== this.#turn || this.who?.email !== who.email) return;
    this.person = person;
    this.error = null;
    this.slow = false;
    if (who.message) {
      const body = await call('message_body', { id: who.message.id, format: 'text', images: false }).catch(() => null);
      if (turn === this.#turn && this.who?.email === who.email) this.leave = body?.unsubscribe ?? null;
    }
  }

  #fail(error: unknown): void {
    this.slow = false;
    this.error = asCallError(error);
  }
}
