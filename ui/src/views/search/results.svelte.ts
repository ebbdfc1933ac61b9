// The results of one query, page by page: a list like any other to the triage keys. A newer query makes the answers to older ones
// worthless; they are dropped. What a person has dealt with leaves the results and stays away until something else is looked for,
// though the words are still in it.
import { FOUND } from '../../data/actions.svelte';
import type { Operation } from '../../data/threads.svelte';
import type { Id, SearchHitDto, ThreadFilter, ThreadRow } from '../../ipc/bindings';
import { asCallError, call, onEvent, type CallError } from '../../ipc/transport';
import { asked, highlight, marks } from './tokens';

const TYPING_MS = 90;
const PAGE = 60;
/** The best have no second page. */
const BEST = 100;

/** One conversation: its newest hit stands for it. */
export interface Found extends SearchHitDto {
  id: Id;
}
interface Op {
  ids: ReadonlySet<Id>;
  /** null: the rows leave. */
  patch: Partial<ThreadRow> | null;
  /** The core has taken it: it holds until an answer that was asked for later. */
  confirmed: number | null;
}

export class Results {
  hits = $state.raw<SearchHitDto[]>([]);
  next = $state<string | null>(null);
  ms = $state(0);
  partial = $state(false);
  error = $state.raw<CallError | null>(null);
  /** The query that `hits` answer. */
  query = $state('');
  account = $state<Id | null>(null);
  /** Best first instead of newest first. */
  best = $state(false);
  /** Of messages that hold the words in their text: the place. Those of an older query stand until the new ones are there. */
  excerpts = $state.raw<ReadonlyMap<Id, string>>(new Map());
  busy = $state(false);
  loadingMore = $state(false);
  readonly rev = -1;
  readonly filter: ThreadFilter = { account: null, role: FOUND, mailbox: null, unread: false };

  #ops = $state.raw<readonly Op[]>([]);
  readonly rows: readonly Found[] = $derived.by(() => {
    const away = new Set(this.#ops.flatMap((op) => (op.patch === null ? [...op.ids] : [])));
    const patches = this.#ops.filter((op) => op.patch !== null);
    return byThread(this.hits).filter((hit) => !away.has(hit.thread)).map((hit) => {
      const row: Found = { ...hit, id: hit.thread };
      for (const { ids, patch } of patches) {
        if (!ids.has(hit.thread)) continue;
        row.unread = patch?.unread ?? row.unread;
        row.starred = patch?.starred ?? row.starred;
      }
      return row;
    });
  });

  #turn = 0;
  #clock = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  find(text: string, { now = false, account = null as Id | null, best = this.best } = {}): void {
    clearTimeout(this.#timer);
    const query = asked(text);
    if (query !== this.query || account !== this.account) this.#ops = [];
    this.best = best;
    this.account = account;
    if (query === '') {
      this.#turn += 1;
      this.#set([], null, 0, false, '');
      this.busy = false;
      this.error = null;
      return;
    }
    this.busy = true;
    this.#timer = setTimeout(() => void this.#run(query), now ? 0 : TYPING_MS);
  }

  #set(hits: SearchHitDto[], next: string | null, ms: number, partial: boolean, query: string): void {
    this.hits = hits;
    this.next = next;
    this.ms = ms;
    this.partial = partial;
    this.query = query;
  }

  async #run(query: string): Promise<void> {
    const turn = (this.#turn += 1);
    const began = (this.#clock += 1);
    try {
      const page = await call('search', { query, account: this.account, after: null, limit: this.best ? BEST : PAGE, ...(this.best ? { best: true } : {}) });
      if (turn !== this.#turn) return;
      this.#ops = this.#ops.filter((op) => op.patch === null || op.confirmed === null || op.confirmed > began);
      this.#set(page.hits, page.next, page.ms, page.partial, query);
      this.error = null;
      void this.#explain(query, page.hits, false);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.error = asCallError(error);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  /** Why these were found. Without it the rows show how their mails begin, as any list does: nothing to tell a person of. */
  async #explain(query: string, hits: readonly SearchHitDto[], more: boolean): Promise<void> {
    const turn = this.#turn;
    const words = marks(query);
    const messages = hits.filter((hit) => !highlight(hit.snippet, words).some((piece) => piece.hit)).map((hit) => hit.message);
    const found = words.length === 0 || messages.length === 0 ? [] : await call('search_excerpts', { query, messages }).catch(() => []);
    if (turn !== this.#turn) return;
    this.excerpts = new Map([...(more ? this.excerpts : []), ...found.map(({ message, text }) => [message, text] as const)]);
  }

  async more(): Promise<void> {
    if (this.next === null || this.loadingMore) return;
    const turn = this.#turn;
    this.loadingMore = true;
    try {
      const page = await call('search', { query: this.query, account: this.account, after: this.next, limit: PAGE });
      if (turn !== this.#turn) return;
      this.hits = [...this.hits, ...page.hits];
      this.next = page.next;
      void this.#explain(this.query, page.hits, true);
    } catch (error) {
      if (turn === this.#turn) this.error = asCallError(error);
    } finally {
      this.loadingMore = false;
    }
  }

  /** Read, starred or moved elsewhere: the rows follow without losing their place. */
  follow(): () => void {
    const stop = onEvent((event) => {
      if (event.type === 'changed' && event.entity !== 'draft') this.refresh();
    });
    return () => {
      stop();
      this.close();
    };
  }

  refresh(): void {
    // Pages below the first would be lost.
    if (this.query === '' || (!this.best && this.hits.length > PAGE)) return;
    clearTimeout(this.#again);
    // Not while another query is being answered: asking the old one again would make that answer look late.
    this.#again = setTimeout(() => {
      if (!this.busy) void this.#run(this.query);
    }, 250);
  }
  close(): void {
    clearTimeout(this.#again);
    clearTimeout(this.#timer);
  }

  get count(): number {
    return this.rows.length;
  }
  row(index: number): Found | undefined {
    return this.rows[index];
  }
  indexOf(id: Id): number {
    return this.rows.findIndex((r) => r.id === id);
  }
  loaded(): readonly Found[] {
    return this.rows;
  }

  hide(ids: Iterable<Id>): Operation {
    return this.#operate(new Set(ids), null);
  }
  patch(ids: Iterable<Id>, patch: Partial<ThreadRow>): Operation {
    return this.#operate(new Set(ids), patch);
  }
  #operate(ids: ReadonlySet<Id>, patch: Partial<ThreadRow> | null): Operation {
    const op: Op = { ids, patch, confirmed: null };
    this.#ops = [...this.#ops, op];
    return {
      confirm: () => {
        op.confirmed = this.#clock += 1;
        this.refresh();
      },
      rollback: () => {
        this.#ops = this.#ops.filter((o) => o !== op);
      },
    };
  }
}

export interface Section<H extends SearchHitDto = SearchHitDto> {
  label: 'today' | 'yesterday' | 'week' | 'month' | 'best' | null;
  /** For older ones: first day of the month, to be named by Intl. */
  month: number;
  hits: { hit: H; index: number }[];
}

/** By time, newest first, as the core sends them; one hit per conversation, its newest. */
export function sections<H extends SearchHitDto>(hits: readonly H[], now: Date): Section<H>[] {
  const day = (ms: number) => {
    const d = new Date(ms);
    return new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  };
  const today = day(now.getTime());
  const out: Section<H>[] = [];
  hits.forEach((hit, index) => {
    const at = day(hit.date);
    const days = Math.round((today - at) / 86_400_000);
    const month = new Date(new Date(hit.date).getFullYear(), new Date(hit.date).getMonth(), 1).getTime();
    const sameMonth = new Date(now.getFullYear(), now.getMonth(), 1).getTime() === month;
    const label = days <= 0 ? 'today' : days === 1 ? 'yesterday' : days < 7 ? 'week' : sameMonth ? 'month' : null;
    const last = out.at(-1);
    if (last && last.label === label && (label !== null || last.month === month)) last.hits.push({ hit, index });
    else out.push({ label, month, hits: [{ hit, index }] });
  });
  return out;
}

/** One row per conversation: the newest hit stands for it. */
export function byThread(hits: readonly SearchHitDto[]): SearchHitDto[] {
  const seen = new Set<Id>();
  return hits.filter((h) => !seen.has(h.thread) && seen.add(h.thread));
}
