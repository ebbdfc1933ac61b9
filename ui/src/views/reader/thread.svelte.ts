// The conversation on screen: what is open, where `n` and `p` stand, and when it counts as read.
import { actions } from '../../data/actions.svelte';
import type { Id, MessageDto, ThreadDto } from '../../ipc/bindings';
import { call, asCallError, onEvent, type CallError } from '../../ipc/transport';
import { groups, openAtFirst, type Group } from './facts';

/** Walking through the list with `j` must not fetch each thread on the way. */
const SETTLE_MS = 60;
/** A glance is not reading. */
const READ_AFTER_MS = 900;

export class ThreadView {
  thread = $state.raw<ThreadDto | null>(null);
  error = $state.raw<CallError | null>(null);
  open = $state.raw<ReadonlySet<Id>>(new Set());
  unfolded = $state(false);
  /** `n` and `p` were used: where they stand is shown. */
  stepped = $state(false);
  /** Message that keys act on. */
  current = $state<Id | null>(null);
  /** The thread asked for; until `thread` is it, the old one is busy. */
  wanted = $state<Id | null>(null);

  /** How often a conversation was opened here: grows when one is gone to, also when it is the same again, not when it changes. */
  begun = $state(0);

  readonly groups: Group[] = $derived(this.thread ? groups(this.thread.messages, this.open, this.unfolded) : []);
  readonly busy = $derived(this.thread?.id !== this.wanted && this.error === null);

  #timers: ReturnType<typeof setTimeout>[] = [];

  /** Shows `id` and follows its changes; returns the way to stop. */
  watch(id: Id): () => void {
    this.wanted = id;
    let live = true;
    let again = false;
    const load = async (first: boolean) => {
      try {
        const thread = await call('thread', { id });
        if (!live) return;
        if (first) this.#begin(thread);
        else this.#update(thread);
        this.error = null;
      } catch (error) {
        if (live) this.#fail(error, first);
      }
    };
    // An open draft saves every second: without a pause each save would reload the thread.
    const reload = () => {
      if (again) return;
      again = true;
      this.#timers.push(setTimeout(() => {
        again = false;
        if (live) void load(this.thread?.id !== id);
      }, 120));
    };
    const delay = this.thread === null ? 0 : SETTLE_MS;
    this.#timers.push(setTimeout(() => void load(true), delay));
    const stop = onEvent((event) => {
      if (event.type !== 'changed' || (event.entity !== 'thread' && event.entity !== 'message')) return;
      const mine = new Set([id, ...(this.thread?.messages.map((m) => m.id) ?? [])]);
      if (event.ids.length === 0 || event.ids.some((changed) => mine.has(changed))) reload();
    });
    return () => {
      live = false;
      stop();
      this.#timers.forEach((timer) => clearTimeout(timer));
      this.#timers = [];
    };
  }

  #begin(thread: ThreadDto): void {
    this.thread = thread;
    this.begun += 1;
    this.open = openAtFirst(thread.messages);
    this.unfolded = false;
    this.stepped = false;
    this.current = thread.messages.find((m) => m.unread)?.id ?? thread.messages.findLast((m) => !m.draft)?.id ?? null;
    // The list marks what it opens; this is for a thread reached by its address or from a search.
    this.#timers.push(setTimeout(() => {
      if (this.thread?.id === thread.id && this.thread.messages.some((m) => m.unread)) actions.markRead(thread.id);
    }, READ_AFTER_MS));
  }

  /** A later version of the thread on screen: what the person opened stays open, new mail opens itself. */
  #update(thread: ThreadDto): void {
    const known = new Set(this.thread?.messages.map((m) => m.id));
    const fresh = thread.messages.filter((m) => !known.has(m.id) && !m.draft).map((m) => m.id);
    if (fresh.length > 0) this.open = new Set([...this.open, ...fresh]);
    this.thread = thread;
  }

  #fail(error: unknown, first: boolean): void {
    const failure = asCallError(error);
    // A reload that fails leaves what is on screen; only a thread that is gone goes.
    if (!first && failure.code !== 'not_found') return;
    this.thread = null;
    this.error = failure;
  }

  retry(): void {
    const id = this.wanted;
    if (id === null) return;
    this.error = null;
    call('thread', { id }).then(
      (thread) => {
        if (this.wanted === id) this.#begin(thread);
      },
      (error: unknown) => this.#fail(error, true),
    );
  }

  toggle(id: Id): void {
    const next = new Set(this.open);
    if (!next.delete(id)) next.add(id);
    this.open = next;
    this.current = id;
  }

  get allOpen(): boolean {
    return this.thread !== null && this.thread.messages.every((m) => m.draft || this.open.has(m.id));
  }

  toggleAll(): void {
    if (!this.thread) return;
    this.open = this.allOpen ? openAtFirst(this.thread.messages) : new Set(this.thread.messages.filter((m) => !m.draft).map((m) => m.id));
    this.unfolded = true;
  }

  /** Steps to the next or previous message and opens it. False at the end. */
  step(by: 1 | -1): boolean {
    const list = this.thread?.messages.filter((m) => !m.draft) ?? [];
    const at = list.findIndex((m) => m.id === this.current);
    const next = list[at + by];
    if (!next) return false;
    this.current = next.id;
    this.stepped = true;
    this.open = new Set([...this.open, next.id]);
    return true;
  }

  /** What reply and forward answer: the current message, else the last. */
  get target(): MessageDto | null {
    const list = this.thread?.messages.filter((m) => !m.draft) ?? [];
    return list.find((m) => m.id === this.current) ?? list.at(-1) ?? null;
  }
}
