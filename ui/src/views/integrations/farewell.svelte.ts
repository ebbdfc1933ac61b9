import { session } from '../../data/session.svelte';
import type { DisconnectRes } from '../../ipc/bindings';

/** What a disconnect did, told after the account is gone from the list. */
class Farewell {
  result = $state.raw<{ email: string; done: DisconnectRes } | null>(null);

  show(email: string, done: DisconnectRes): void {
    this.result = { email, done };
    void session.readConnections();
  }
  close(): void {
    this.result = null;
  }
}
export const farewell = new Farewell();
