// The tabs of the inbox with their counts. They follow the mail, but not each change of a storm of them.
import type { Id, SplitDto } from '../ipc/bindings';
import { call, onEvent } from '../ipc/transport';
import { gathered } from './still';

const PAUSE_MS = 300;

class Splits {
  items = $state.raw<readonly SplitDto[]>([]);
  #account: Id | null = null;
  readonly #soon = gathered(PAUSE_MS, () => void this.read());

  /** Counts of one account, or of all; returns the way to stop. */
  watch(account: Id | null): () => void {
    this.#account = account;
    void this.read();
    const stop = onEvent((event) => {
      if (event.type === 'splits' || (event.type === 'changed' && event.entity === 'thread')) this.#soon.ask();
    });
    return () => {
      stop();
      this.#soon.stop();
    };
  }

  async read(): Promise<void> {
    try {
      const items = await call('splits', { account: this.#account });
      // "Other" alone is the whole inbox.
      this.items = items.length > 1 ? items : [];
    } catch {
      // The inbox works without its tabs; they are asked for again with the next change.
    }
  }
}

export const splits = new Splits();
