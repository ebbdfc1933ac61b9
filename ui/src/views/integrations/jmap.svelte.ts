// The form for mail by JMAP: where, who, and a token or a password.
import { t } from '../../i18n';
import type { ConnectionDto } from '../../ipc/bindings';
import { call, type CallError } from '../../ipc/transport';
import { jmapProblem } from './addresses';
import { Setup } from './setup.svelte';
import { tokenOf } from './token.svelte';

export type By = 'token' | 'password';
type At = 'url' | 'username' | 'secret';

export class JmapSetup extends Setup {
  by = $state<By>('token');
  url = $state('');
  username = $state('');
  secret = $state('');

  constructor(readonly again: ConnectionDto | null) {
    super();
    if (!again) return;
    // Its server is the last of what is said about an account; without one it follows from the address.
    this.url = again.detail.split(' · ').at(-1) || again.email;
    this.username = again.email;
  }

  /** What was said of a token is not true of a password. */
  choose(by: By): void {
    this.by = by;
    this.secret = '';
    this.error = null;
    this.tried = false;
  }

  /** Words below the fields; empty when all is well. Shown only after the first try. */
  problems = $derived.by(() => {
    const out: Partial<Record<At, string>> = {};
    const username = this.by === 'password' ? this.username : '';
    const url = jmapProblem(this.url, username);
    if (url !== null) out.url = url === 'needed' ? t('int.required') : url === 'bad' ? t('jmap.urlBad') : t('dav.urlPassword');
    if (this.by === 'password' && username.trim() === '') out.username = t('int.required');
    if (this.secret.trim() === '') out.secret = t('int.required');
    return out;
  });

  at(field: At): string | null {
    return this.stands(field, this.problems[field]);
  }
  protected override about(error: CallError): At | null {
    if (error.code === 'auth' || error.code === 'invalid') return 'secret';
    return error.code === 'unreachable' ? 'url' : null;
  }

  async connect(): Promise<boolean> {
    const right = Object.keys(this.problems).length === 0;
    const token = this.by === 'token';
    const req = { url: this.url.trim(), username: token ? null : this.username.trim(), secret: token ? tokenOf(this.secret) : this.secret, reconnect: this.again?.id ?? null };
    const ok = await this.ask(right ? () => call('connect_jmap', req) : null);
    if (ok) this.secret = '';
    return ok;
  }
}
