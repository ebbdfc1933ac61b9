import { session } from '../../data/session.svelte';
import type { DisconnectRes } from '../../ipc/bindings';

/** What a disconnect did, told after the account is gone from the list. */
class Farewell {
  /** `left`: the access itself is still there, and only the person can end it, on the account page. */
  result = $state.raw<{ email: string; left: boolean; done: DisconnectRes } | null>(null);

  show(email: string, left: boolean, done: DisconnectRes): void {
    this.result = { email, left, done };
    void session.readConnections();
  }
  close(): void {
    this.result = null;
  }
}
export const farewell = new Farewell();
