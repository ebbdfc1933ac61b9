// Files at providers that are found with the words of a search: asked for when the person wants it, and forgotten with other words.
import type { RemoteFilesAt } from '../../ipc/bindings';
import { asCallError, call, type CallError } from '../../ipc/transport';

export class FileHits {
  /** Null: nobody was asked about these words. */
  places = $state.raw<readonly RemoteFilesAt[] | null>(null);
  error = $state.raw<CallError | null>(null);
  busy = $state(false);
  #words = '';
  #asked = 0;

  /** What the person searches for now. Answers about other words are of no use any more. */
  about(words: string): void {
    if (words === this.#words) return;
    this.#words = words;
    this.stop();
  }

  /** What comes yet is not looked at. */
  stop(): void {
    this.#asked += 1;
    this.places = null;
    this.error = null;
    this.busy = false;
  }

  async ask(): Promise<void> {
    const mine = ++this.#asked;
    this.busy = true;
    this.error = null;
    try {
      const places = await call('remote_files', { query: this.#words });
      if (mine === this.#asked) this.places = places;
    } catch (cause) {
      if (mine === this.#asked) this.error = asCallError(cause);
    } finally {
      if (mine === this.#asked) this.busy = false;
    }
  }
}
