// The one way back. Whatever can be taken back is put here in the order in which it was done, be it an act on mail, a job on a whole
// list, a mail on its way, or a setting of this window; the key takes back the last of it, as long as there is a way.
import type { ActRes } from '../ipc/bindings';
import { asCallError, call } from '../ipc/transport';
import { t } from '../i18n';
import type { Operation } from './threads.svelte';
import { toasts } from './toasts.svelte';

/** Undo is offered on screen for so long; the key goes further back. A shorter window (a mail about to leave) is shown to its end. */
const TOAST_MS = 8000;
const SHORT_MS = 60_000;
/** What only this window knows how to take back is remembered as long as an act on mail. */
const LOCAL_MS = 15 * 60_000;
const DEPTH = 40;

function shownFor(until: number | null): number {
  const left = until === null ? TOAST_MS : until - Date.now();
  return left > SHORT_MS ? TOAST_MS : Math.max(2000, left);
}

interface Entry {
  /** Of the core; none for what only this window can take back. */
  token: string | null;
  until: number;
  operations: readonly Operation[];
  toast: number | null;
  run: (() => unknown) | null;
  /** Whether there is still something to take back: a draft that was closed meanwhile is not. */
  alive: () => boolean;
}
interface Offer {
  kind?: 'info' | 'error';
  ms?: number;
  operations?: readonly Operation[];
}
const always = (): boolean => true;

class Undo {
  #stack = $state.raw<readonly Entry[]>([]);
  /** Changes whose answers are still to come: the last thing done may be among them. */
  #underWay = new Set<Promise<unknown>>();
  /** Undo by key, one after the other. */
  #turn: Promise<unknown> | null = null;
  /** Lists are asked again after something was taken back. */
  #after = new Set<() => void>();

  /** The toast whose action the key would do now: it alone shows the key. */
  readonly toast: number | null = $derived(this.#stack.at(-1)?.toast ?? null);

  track<T>(work: Promise<T>): Promise<T> {
    const known = work.finally(() => this.#underWay.delete(known));
    this.#underWay.add(known);
    return known;
  }

  /** Returns the way to stop. */
  onDone(run: () => void): () => void {
    this.#after.add(run);
    return () => this.#after.delete(run);
  }

  #push(entry: Entry): void {
    this.#stack = [...this.#stack.filter((e) => entry.token === null || e.token !== entry.token).slice(1 - DEPTH), entry];
  }

  /** What a command answered, with a way back where there is one. */
  offer(res: Pick<ActRes, 'undo' | 'undoUntil' | 'words'>, operations: readonly Operation[] = []): void {
    if (res.undo !== null) this.offerToken(res.words, res.undo, res.undoUntil, { operations });
    else toasts.show({ text: res.words });
  }

  /** Whatever answers with an undo token. */
  offerToken(words: string, token: string, until: number | null, { kind = 'info', ms = shownFor(until), operations }: Offer = {}): void {
    const toast = toasts.show({ text: words, kind, ms, action: { label: t('act.undo'), run: () => void this.undo(token) } });
    const known = this.#stack.find((e) => e.token === token);
    // A job was put in its place when it began; it is told about when it ends.
    if (known) this.#stack = this.#stack.map((e) => (e === known ? { ...e, toast } : e));
    else this.#push({ token, until: until ?? Number.MAX_SAFE_INTEGER, operations: operations ?? [], toast, run: null, alive: always });
  }

  /** Done, and to be told about later: the key already takes it back. */
  began(token: string, operations: readonly Operation[]): void {
    this.#push({ token, until: Number.MAX_SAFE_INTEGER, operations, toast: null, run: null, alive: always });
  }

  /** Something that only this window can take back. `alive`: whether it still makes sense. */
  offerLocal(words: string, run: () => unknown, alive: () => boolean = always): void {
    const toast = toasts.show({ text: words, action: { label: t('act.undo'), run: () => void this.#takeBack(entry) } });
    const entry: Entry = { token: null, until: Date.now() + LOCAL_MS, operations: [], toast, run, alive };
    this.#push(entry);
  }

  /**
   * Without a token: the last thing done. What is still on its way to the core has no token yet, so undo waits for it, and for the
   * undo before it: otherwise a quick `e e z z` takes back something older, or the same thing twice.
   */
  undo(token?: string): boolean {
    if (token !== undefined) {
      void this.take(token);
      return true;
    }
    const last = async (): Promise<void> => {
      while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
      // What has reached the provider for good is no longer the last thing that can be taken back.
      this.#stack = this.#stack.filter((e) => e.until >= Date.now() && e.alive());
      const entry = this.#stack.at(-1);
      await (entry ? this.#takeBack(entry) : this.#ask(() => call('undo_last')));
    };
    const turn: Promise<unknown> = (this.#turn === null ? last() : this.#turn.then(last)).finally(() => {
      if (this.#turn === turn) this.#turn = null;
    });
    this.#turn = turn;
    return true;
  }

  /** One thing of the list of what can be taken back. */
  take(token: string): Promise<void> {
    const entry = this.#stack.find((u) => u.token === token);
    return entry ? this.#takeBack(entry) : this.#ask(() => call('undo', { token }));
  }

  async #takeBack(entry: Entry): Promise<void> {
    this.#stack = this.#stack.filter((u) => u !== entry && (entry.token === null || u.token !== entry.token));
    if (entry.toast !== null) toasts.close(entry.toast);
    if (!entry.alive()) return;
    if (entry.run !== null) {
      try {
        await entry.run();
      } catch (error) {
        toasts.error(error);
      }
      return;
    }
    for (const op of entry.operations) op.rollback();
    const { token } = entry;
    if (token !== null) await this.#ask(() => call('undo', { token }));
  }

  /** Also what the core remembers from before a restart. */
  async #ask(how: () => Promise<ActRes>): Promise<void> {
    try {
      toasts.show({ text: (await how()).words, ms: 3000 });
    } catch (error) {
      if (asCallError(error).code === 'nothing_to_undo') toasts.show({ text: t('act.nothingToUndo'), ms: 3000 });
      else toasts.error(error);
    }
    for (const done of this.#after) done();
  }
}

export const undo = new Undo();
