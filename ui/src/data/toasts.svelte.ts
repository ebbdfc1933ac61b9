// Short words at the bottom of the window, and the voice of the screen reader. A toast stays 8 seconds and waits while it is
// looked at; it is never the only place of a message that matters.
import { fromCore } from '../i18n/core';
import { asCallError } from '../ipc/transport';

export interface Toast {
  id: number;
  text: string;
  detail: string;
  kind: 'info' | 'success' | 'error';
  action: { label: string; run: () => void } | null;
  /** Milliseconds; 0 keeps it until it is closed. */
  ms: number;
}
type NewToast = Partial<Omit<Toast, 'id'>> & { text: string };

class Toasts {
  items = $state<Toast[]>([]);
  polite = $state('');
  assertive = $state('');
  #next = 1;

  show(toast: NewToast): number {
    const id = this.#next++;
    // What was done is mostly said by the core.
    const full: Toast = { detail: '', kind: 'info', action: null, ms: 8000, ...toast, text: fromCore(toast.text), id };
    // Three at most: more would cover the list.
    this.items = [...this.items.slice(-2), full];
    this.announce(full.detail ? `${full.text} ${full.detail}` : full.text, full.kind === 'error');
    return id;
  }

  error(error: unknown): void {
    const e = asCallError(error);
    this.show({ text: e.message, detail: e.hint, kind: 'error', ms: 12_000 });
  }

  close(id: number): void {
    this.items = this.items.filter((t) => t.id !== id);
  }

  /** For the screen reader alone. The same words twice are spoken twice. */
  announce(text: string, urgent = false): void {
    const again = urgent ? this.assertive : this.polite;
    const words = again === text ? `${text}\u00a0` : text;
    if (urgent) this.assertive = words;
    else this.polite = words;
  }
}

export const toasts = new Toasts();
