// What a message body tells its card, and what the card may ask the person about the sender.
import type { UnsubscribeDto } from '../../ipc/bindings';

export type Ask = 'unsubscribe' | 'block' | 'phishing' | 'original';

export interface BodyState {
  /** There is a styled form. */
  html: boolean;
  /** On white in the dark theme. */
  onCard: boolean;
  unsubscribe: UnsubscribeDto | null;
  formHosts: readonly string[];
}
