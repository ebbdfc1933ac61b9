// The results of one query, page by page. A newer query makes the answers to older ones worthless; they are dropped.
import { call, asCallError, onEvent, type CallError } from '../../ipc/transport';
import { tokens } from './tokens';
import type { Id, SearchHitDto } from '../../ipc/bindings';

const TYPING_MS = 90;
const PAGE = 60;

export class Results {
  hits = $state.raw<SearchHitDto[]>([]);
  next = $state<string | null>(null);
  ms = $state(0);
  partial = $state(false);
  error = $state.raw<CallError | null>(null);
  /** The query that `hits` answer. */
  query = $state('');
  busy = $state(false);
  loadingMore = $state(false);

  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  find(text: string, { now = false } = {}): void {
    clearTimeout(this.#timer);
    // An operator without its value is still being typed: it does not narrow yet.
    const query = tokens(text).filter((x) => x.kind !== 'operator' || x.value !== '').map((x) => x.text).join('').trim();
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
    try {
      const page = await call('search', { query, after: null, limit: PAGE });
      if (turn !== this.#turn) return;
      this.#set(page.hits, page.next, page.ms, page.partial, query);
      this.error = null;
    } catch (error) {
      if (turn !== this.#turn) return;
      this.error = asCallError(error);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  async more(): Promise<void> {
    if (this.next === null || this.loadingMore) return;
    const turn = this.#turn;
    this.loadingMore = true;
    try {
      const page = await call('search', { query: this.query, after: this.next, limit: PAGE });
      if (turn !== this.#turn) return;
      this.hits = [...this.hits, ...page.hits];
      this.next = page.next;
    } catch (error) {
      if (turn === this.#turn) this.error = asCallError(error);
    } finally {
      this.loadingMore = false;
    }
  }

  /** Read, starred or moved elsewhere: the rows follow without losing their place. */
  follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onEvent((event) => {
      if (event.type !== 'changed' || event.entity === 'draft' || this.query === '' || this.hits.length > PAGE) return;
      clearTimeout(timer);
      // Not while another query is being answered: asking the old one again would make that answer look late.
      timer = setTimeout(() => {
        if (!this.busy) void this.#run(this.query);
      }, 250);
    });
    return () => {
      stop();
      clearTimeout(timer);
      clearTimeout(this.#timer);
    };
  }

  /** At once on screen, before the core answers. */
  drop(threads: readonly Id[]): void {
    this.hits = this.hits.filter((h) => !threads.includes(h.thread));
  }
  patch(thread: Id, part: Partial<SearchHitDto>): void {
    this.hits = this.hits.map((h) => (h.thread === thread ? { ...h, ...part } : h));
  }
}

export interface Section {
  label: 'today' | 'yesterday' | 'week' | 'month' | null;
  /** For older ones: first day of the month, to be named by Intl. */
  month: number;
  hits: { hit: SearchHitDto; index: number }[];
}

/** By time, newest first, as the core sends them; one hit per conversation, its newest. */
export function sections(hits: readonly SearchHitDto[], now: Date): Section[] {
  const day = (ms: number) => {
    const d = new Date(ms);
    return new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  };
  const today = day(now.getTime());
  const out: Section[] = [];
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
