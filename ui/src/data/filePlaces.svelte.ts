// Where files can be saved to: read once, and again when the connections change.
import type { FilePlaceDto } from '../ipc/bindings';
import { call, onEvent } from '../ipc/transport';

const NAMES: Readonly<Record<string, string>> = { google: 'Google Drive', microsoft: 'OneDrive' };
/** What the provider calls it. */
export const placeName = (place: Pick<FilePlaceDto, 'integration'>): string => NAMES[place.integration] ?? place.integration;

class FilePlaces {
  all = $state.raw<FilePlaceDto[]>([]);
  #asked = false;

  /** To be called by whoever shows them; what could not be read is none, and is asked for again with the next change. */
  use(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.#read();
    onEvent((event) => {
      if (event.type === 'connections') void this.#read();
    });
  }

  of(connection: string): FilePlaceDto | undefined {
    return this.all.find((place) => place.connection === connection);
  }

  /** With its label where several would be called the same. */
  full(place: FilePlaceDto): string {
    const alone = this.all.filter((p) => p.integration === place.integration).length < 2;
    return alone ? placeName(place) : `${placeName(place)} (${place.label})`;
  }

  async #read(): Promise<void> {
    try {
      this.all = await call('file_places');
    } catch {
      this.all = [];
    }
  }
}

export const filePlaces = new FilePlaces();
