// The form for Todoist: the token of the person's own settings, and what came of asking there.
import { t } from '../../i18n';
import type { ConnectionDto } from '../../ipc/bindings';
import { call, type CallError } from '../../ipc/transport';
import { Setup, atField } from './setup.svelte';

export const TODOIST_SETTINGS = 'https://app.todoist.com/app/settings/integrations/developer';
/** People copy a line with more around it. */
export const tokenOf = (text: string): string => text.trim().replace(/^["'“]|["'”]$/g, '');

export class TodoistSetup extends Setup {
  token = $state('');

  constructor(readonly again: ConnectionDto | null) {
    super();
  }

  get problem(): string | null {
    const token = tokenOf(this.token);
    if (token === '') return t('int.required');
    return /^[0-9a-z]{20,128}$/i.test(token) ? null : t('todoist.tokenBad');
  }
  get atToken(): string | null {
    const own = this.tried ? this.problem : null;
    return own ?? (this.error?.code === 'auth' || this.error?.code === 'invalid' ? atField(this.error) : null);
  }
  get general(): CallError | null {
    return this.error?.code === 'auth' || this.error?.code === 'invalid' ? null : this.error;
  }

  async connect(): Promise<boolean> {
    const req = { token: tokenOf(this.token), ...(this.again ? { reconnect: this.again.id } : {}) };
    const ok = await this.ask(this.problem === null ? () => call('connect_todoist', req) : null);
    if (ok) this.token = '';
    return ok;
  }
}
