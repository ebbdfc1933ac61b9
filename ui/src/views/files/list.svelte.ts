// The window of files that is shown: pages come as they are scrolled to. The core finds by kind and account; words are looked for here,
// in what is loaded, and more is loaded until a screen is full or everything has been seen.
import type { FileRow, Id } from '../../ipc/bindings';
import { asCallError, call, type CallError } from '../../ipc/transport';
import { plain } from '../../app/palette/match';

const PAGE = 100;
const FULL = 60;

export class FileWindow {
  kind = $state<string | null>(null);
  account = $state<Id | null>(null);
  query = $state('');
  loading = $state(false);
  error = $state.raw<CallError | null>(null);
  /** Null until the first page is there. */
  all = $state.raw<readonly FileRow[] | null>(null);
  next = $state.raw<string | null>(null);
  readonly rows: readonly FileRow[] = $derived.by(() => {
    const words = plain(this.query).split(/\s+/).filter(Boolean);
    if (words.length === 0) return this.all ?? [];
    return (this.all ?? []).filter((f) => {
      const hay = plain(`${f.name} ${f.from.name} ${f.from.email} ${f.subject}`);
      return words.every((word) => hay.includes(word));
    });
  });
  #round = 0;

  /** From the start; what is shown stays until the answer is there. */
  async read(): Promise<void> {
    this.#round += 1;
    await this.#load(null);
  }

  /** The next page, where there is one and none is on its way. */
  async more(): Promise<void> {
    if (this.loading || this.error || this.next === null) return;
    await this.#load(this.next);
  }

  /** Words may find nothing on the first pages. */
  get wanting(): boolean {
    return this.query.trim() !== '' && this.rows.length < FULL && this.next !== null && !this.loading && this.error === null;
  }

  async #load(after: string | null): Promise<void> {
    const mine = this.#round;
    this.loading = true;
    try {
      const page = await call('files', { kind: this.kind, from: null, account: this.account, since: null, until: null, after, limit: PAGE });
      if (mine !== this.#round) return;
      this.all = after === null ? page.items : [...(this.all ?? []), ...page.items];
      this.next = page.next;
      this.error = null;
    } catch (failure) {
      if (mine === this.#round) this.error = asCallError(failure);
    } finally {
      if (mine === this.#round) this.loading = false;
    }
  }
}
