// Events that are found with the words of a search. Operators ask for mail: with one of them there are none.
import { asCallError, call } from '../../ipc/transport';
import type { EventRow } from '../../ipc/bindings';
import { tokens } from './tokens';

const MOST = 20;

/** The words that an event could have; empty where something else is asked for. */
export function eventWords(query: string): string {
  const list = tokens(query).filter((x) => x.kind !== 'space');
  if (list.some((x) => x.negated || (x.kind !== 'word' && x.kind !== 'phrase'))) return '';
  return list.map((x) => x.value).join(' ').trim();
}

export class EventHits {
  rows = $state.raw<readonly EventRow[]>([]);
  #asked = '';

  find(query: string): void {
    const text = eventWords(query);
    if (text === this.#asked) return;
    this.#asked = text;
    if (text === '') {
      this.rows = [];
      return;
    }
    call('event_find', { text, limit: MOST }).then(
      (rows) => { if (this.#asked === text) this.rows = rows; },
      // The search of mail beside it says what is wrong with the store.
      (error: unknown) => { if (this.#asked === text) this.rows = []; console.debug(asCallError(error).code); },
    );
  }
}
