// The form for a subscribed calendar: its address, and what came of reading it.
import { t } from '../../i18n';
import type { ConnectionDto } from '../../ipc/bindings';
import { asCallError, call, type CallError } from '../../ipc/transport';
import { feedUrl } from './addresses';
import { sentence } from './dav.svelte';

/** What the core says under these is about the address, and stands at it. */
const ABOUT_ADDRESS = new Set(['unreachable', 'not_found', 'refused', 'protocol', 'invalid', 'too_large', 'auth']);

export class FeedSetup {
  url = $state('');
  name = $state('');
  privateAllowed = $state(false);
  busy = $state(false);
  tried = $state(false);
  error = $state.raw<CallError | null>(null);
  connected = $state.raw<ConnectionDto | null>(null);

  get problem(): string | null {
    if (!this.url.trim()) return t('int.required');
    return feedUrl(this.url) === null ? t('feed.urlBad') : null;
  }
  get atUrl(): string | null {
    const own = this.tried ? this.problem : null;
    return own ?? (this.error !== null && ABOUT_ADDRESS.has(this.error.code) ? `${sentence(this.error.message)} ${this.error.hint}`.trim() : null);
  }
  get general(): CallError | null {
    return this.error !== null && ABOUT_ADDRESS.has(this.error.code) ? null : this.error;
  }

  async connect(): Promise<boolean> {
    this.tried = true;
    this.error = null;
    const url = feedUrl(this.url);
    if (url === null) return false;
    this.busy = true;
    try {
      this.connected = await call('connect_feed', { url, name: this.name.trim(), privateAllowed: this.privateAllowed });
      this.url = '';
      return true;
    } catch (error) {
      this.error = asCallError(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
