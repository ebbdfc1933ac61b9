// Files of one mail on their way to Google Drive or OneDrive: what waits, what is there, and the way back while it waits.
import { toasts } from '../../data/toasts.svelte';
import type { AttachmentDto, FilePlaceDto, Id, SavedToDto } from '../../ipc/bindings';
import { call, onEvent } from '../../ipc/transport';

export class Saving {
  all = $state.raw<SavedToDto[]>([]);
  /** The file that is being queued, or the write that is being changed. */
  busy = $state<Id>(0);
  #message: Id = 0;

  /** Follows the outbox until what it returns is called. */
  follow(message: Id): () => void {
    this.#message = message;
    void this.#read();
    return onEvent((event) => {
      if (event.type === 'outbox') void this.#read();
    });
  }

  /** The last word about a file at each place, in the order of the places' first. */
  of(file: Id): SavedToDto[] {
    const last = new Map<string, SavedToDto>();
    for (const saved of this.all) if (saved.attachment === file) last.set(saved.connection, saved);
    return [...last.values()];
  }

  async save(file: AttachmentDto, place: FilePlaceDto): Promise<void> {
    await this.#while(file.id, async () => {
      this.all = await call('attachment_save_to', { message: this.#message, attachment: file.id, connection: place.connection });
    });
  }

  /** Taken back while it waits, or given up. */
  async discard(saved: SavedToDto): Promise<void> {
    await this.#act(saved, 'discard');
  }

  async retry(saved: SavedToDto): Promise<void> {
    await this.#act(saved, 'retry');
  }

  async open(saved: SavedToDto): Promise<void> {
    await this.#while(saved.outbox, async () => void (await call('saved_open', { message: this.#message, outbox: saved.outbox })));
  }

  async #act(saved: SavedToDto, action: string): Promise<void> {
    await this.#while(saved.outbox, async () => {
      await call('outbox_act', { id: saved.outbox, action });
      await this.#read();
    });
  }

  async #read(): Promise<void> {
    const message = this.#message;
    try {
      const all = await call('saved_to', { id: message });
      if (message === this.#message) this.all = all;
    } catch {
      // What was known before stays; the next change of the outbox asks again.
    }
  }

  async #while(id: Id, work: () => Promise<void>): Promise<void> {
    this.busy = id;
    try {
      await work();
    } catch (error) {
      toasts.error(error);
      await this.#read();
    } finally {
      this.busy = 0;
    }
  }
}
