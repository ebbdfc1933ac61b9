// The form for a subscribed calendar: its address, and what came of reading it.
import { t } from '../../i18n';
import { call, type CallError } from '../../ipc/transport';
import { feedUrl } from './addresses';
import { Setup } from './setup.svelte';

/** What the core says under these is about the address, and stands at it. */
const ABOUT_ADDRESS = new Set(['unreachable', 'not_found', 'refused', 'protocol', 'invalid', 'too_large', 'auth']);

export class FeedSetup extends Setup {
  url = $state('');
  name = $state('');
  privateAllowed = $state(false);

  get problem(): string | null {
    if (!this.url.trim()) return t('int.required');
    return feedUrl(this.url) === null ? t('feed.urlBad') : null;
  }
  get atUrl(): string | null {
    return this.stands('url', this.problem);
  }
  protected override about(error: CallError): string | null {
    return ABOUT_ADDRESS.has(error.code) ? 'url' : null;
  }

  async connect(): Promise<boolean> {
    const url = feedUrl(this.url);
    const ok = await this.ask(url === null ? null : () => call('connect_feed', { url, name: this.name.trim(), privateAllowed: this.privateAllowed }));
    if (ok) this.url = '';
    return ok;
  }
}
