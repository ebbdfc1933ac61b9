// The person's answer to an invitation: on screen at once, taken back where the core refuses it or the person thinks again.
import { toasts } from '../../data/toasts.svelte';
import { undo } from '../../data/undo.svelte';
import type { Id } from '../../ipc/bindings';
import { call } from '../../ipc/transport';

export const ANSWERS = ['accepted', 'tentative', 'declined'] as const;
export type Answer = (typeof ANSWERS)[number];

/** What was answered in this window. A mail may be read anew while an answer is under way, and what was read may be from before it. */
const given = new Map<Id, Rsvp>();
const KEPT = 100;

/** `mine`: as the mail was read. */
export function rsvpOf(message: Id, mine: string): Rsvp {
  const known = given.get(message);
  if (!known) return new Rsvp(message, mine);
  known.compare(mine);
  return known;
}

export class Rsvp {
  /** As it is shown. */
  mine = $state('');
  /** As the core has it. */
  #settled: string;
  /** One answer after the other: the organiser must not get the last one first. */
  #turn: Promise<void> = Promise.resolve();
  #asked = 0;
  #underWay = 0;

  constructor(private readonly message: Id, mine: string) {
    this.mine = this.#settled = mine;
  }

  give(answer: Answer): Promise<void> {
    // Pressed again it stays: there is no way to have said nothing.
    if (answer === this.mine) return this.#turn;
    this.mine = answer;
    const asked = ++this.#asked;
    given.set(this.message, this);
    if (given.size > KEPT) for (const oldest of [...given.keys()].slice(0, given.size - KEPT)) given.delete(oldest);
    this.#underWay += 1;
    this.#turn = this.#turn.then(() => this.#send(answer, asked)).finally(() => (this.#underWay -= 1));
    return undo.track(this.#turn);
  }

  async #send(answer: Answer, asked: number): Promise<void> {
    // Thought again before it was its turn: only the last of them is an answer.
    if (asked !== this.#asked) return;
    if (answer === this.#settled) return;
    const before = this.#settled;
    try {
      const done = await call('invite_respond', { message: this.message, answer });
      this.#settled = answer;
      undo.offer(done, [{ confirm: () => undefined, rollback: () => this.#set(before) }]);
    } catch (error) {
      if (asked === this.#asked) this.mine = before;
      toasts.error(error);
    }
  }

  #set(mine: string): void {
    this.#asked += 1;
    this.mine = this.#settled = mine;
  }

  /** The mail says something else: it was read before the answer, or somebody answered elsewhere. Only reading it now tells. */
  compare(mine: string): void {
    if (mine !== this.#settled) void this.reread();
  }

  /** Also after something was taken back: an undo that came too late leaves the answer as it is. */
  async reread(): Promise<void> {
    if (this.#underWay > 0) return;
    const asked = this.#asked;
    try {
      const { invite } = await call('message_body', { id: this.message, format: 'text', images: false });
      if (invite !== null && invite.mine !== null && asked === this.#asked && invite.mine !== this.#settled) this.#set(invite.mine);
    } catch {
      // The mail itself says what is wrong with it.
    }
  }
}
