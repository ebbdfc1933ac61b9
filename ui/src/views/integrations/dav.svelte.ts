// The form for calendars behind a password: which provider, who, and what came of asking there.
import { t } from '../../i18n';
import type { ConnectionDto } from '../../ipc/bindings';
import { call, type CallError } from '../../ipc/transport';
import { SERVERS, davProblem, davUrl, presetOf, type Preset } from './addresses';
import { Setup, atField } from './setup.svelte';

type At = 'url' | 'username' | 'password';

export class DavSetup extends Setup {
  preset = $state<Preset>('icloud');
  url = $state('');
  username = $state('');
  password = $state('');

  constructor(readonly again: ConnectionDto | null) {
    super();
    if (!again) return;
    // The last of what is said about an account is its server, where the e-mail address does not say it.
    const server = again.detail.split(' · ').at(-1) ?? '';
    this.url = server.includes('://') ? server : '';
    this.username = again.email;
    this.preset = presetOf(this.url);
  }

  /** The person gives it; else it is the provider's. */
  get asksUrl(): boolean {
    return SERVERS[this.preset] === undefined;
  }
  get host(): string {
    return new URL(SERVERS[this.preset] ?? 'https://invalid').hostname;
  }

  /** What one provider said is not true of the next. */
  choose(preset: Preset): void {
    this.preset = preset;
    this.error = null;
    this.tried = false;
  }

  /** Words below the fields; empty when all is well. Shown only after the first try. */
  problems = $derived.by(() => {
    const out: Partial<Record<At, string>> = {};
    const url = davProblem(this.preset, this.url, this.username);
    if (url !== null) out.url = url === 'needed' ? (this.username.trim() === '' || this.preset !== 'other' ? t('int.required') : t('dav.urlNeeded')) : url === 'bad' ? t('dav.urlBad') : t('dav.urlPassword');
    if (!this.username.trim()) out.username = t('int.required');
    if (!this.password) out.password = t('int.required');
    return out;
  });

  at(field: At): string | null {
    return this.stands(field, this.problems[field]);
  }
  protected override about(error: CallError): At | null {
    if (error.code === 'auth') return 'password';
    return error.code === 'unreachable' && this.asksUrl ? 'url' : null;
  }
  /** What helps with a password stands below it already. */
  protected override words(error: CallError, field: At): string {
    return field === 'password' ? error.message : atField(error);
  }

  async connect(): Promise<boolean> {
    const right = Object.keys(this.problems).length === 0;
    const ok = await this.ask(right ? () => call('connect_dav', { url: davUrl(this.preset, this.url), username: this.username.trim(), password: this.password, reconnect: this.again?.id ?? null }) : null);
    if (ok) this.password = '';
    return ok;
  }
}
