// One sign-in at a provider: from the button to the event that ends it.
import type { ApiError, PendingSignIn } from '../../ipc/bindings';
import { asCallError, call, onEvent } from '../../ipc/transport';

/** In the system browser, which opens at once and leads back here. */
export const browserSignIn = (integration: string): SignIn => new SignIn(integration, (reconnect) => call('connect_oauth', { integration, reconnect }));

export class SignIn<P extends { attempt: string } = PendingSignIn> {
  state = $state<'idle' | 'starting' | 'waiting' | 'done' | 'failed'>('idle');
  pending = $state.raw<P | null>(null);
  error = $state.raw<ApiError | null>(null);
  connection = $state<string | null>(null);

  constructor(
    readonly integration: string,
    /** Begins it. */
    private readonly begin: (reconnect: string | null) => Promise<P>,
  ) {}

  /** Listens as long as the view is there. */
  watch(): () => void {
    return onEvent((event) => {
      if (event.type !== 'signIn' || event.attempt !== this.pending?.attempt) return;
      this.pending = null;
      this.connection = event.connection;
      this.error = event.error === null ? null : asCallError(event.error);
      // Cancelled by the person: nothing to report.
      this.state = event.ok ? 'done' : event.error?.code === 'cancelled' ? 'idle' : 'failed';
    });
  }

  async start(reconnect: string | null): Promise<void> {
    this.state = 'starting';
    this.error = null;
    try {
      this.pending = await this.begin(reconnect);
      this.state = 'waiting';
    } catch (error) {
      this.error = asCallError(error);
      this.state = 'failed';
    }
  }

  async reopen(): Promise<void> {
    if (!this.pending) return;
    try {
      await call('connect_reopen', { attempt: this.pending.attempt });
    } catch (error) {
      this.error = asCallError(error);
      this.state = 'failed';
    }
  }

  cancel(): void {
    const attempt = this.pending?.attempt;
    this.pending = null;
    this.state = 'idle';
    if (attempt !== undefined) call('connect_cancel', { attempt }).catch(() => undefined);
  }
}
