// The form for what is connected by a token that the person makes at the provider: the token, what belongs to it there, and what came of
// asking.
import { t, type MessageKey } from '../../i18n';
import type { ConnectionDto, IntegrationDto } from '../../ipc/bindings';
import { call, type CallError } from '../../ipc/transport';
import { Setup } from './setup.svelte';

/** What stands before the token, in the order in which the core wants it. */
export type Extra = 'key' | 'site' | 'email';
interface Way {
  label: MessageKey;
  hint: MessageKey;
  before: readonly Extra[];
  /** Looser than the provider: only what can't be one. */
  shape: RegExp;
}
const SOME = /^[\x21-\x7e]{16,512}$/;
export const WAYS: Readonly<Record<string, Way>> = {
  todoist: { label: 'token.api', hint: 'token.todoistHint', before: [], shape: /^[0-9a-z]{20,128}$/i },
  github: { label: 'token.personal', hint: 'token.githubHint', before: [], shape: SOME },
  linear: { label: 'token.apiKey', hint: 'token.linearHint', before: [], shape: SOME },
  asana: { label: 'token.personal', hint: 'token.asanaHint', before: [], shape: SOME },
  trello: { label: 'token.token', hint: 'token.trelloHint', before: ['key'], shape: /^\w{32,128}$/ },
  notion: { label: 'token.token', hint: 'token.notionHint', before: [], shape: SOME },
  jira: { label: 'token.api', hint: 'token.jiraHint', before: ['site', 'email'], shape: SOME },
};
/** Integrations of tasks alone. */
export const holdsTasks = (integration: string): boolean => Object.hasOwn(WAYS, integration);

/** People copy a line with more around it. */
export const tokenOf = (text: string): string => text.trim().replace(/^["'“]|["'”]$/g, '');
/** The name of a site, out of whatever was copied of its address. */
export const siteOf = (text: string): string => text.trim().replace(/^https?:\/\//i, '').replace(/[/?#].*$/, '').toLowerCase();

const SHAPES: Readonly<Record<Extra, RegExp>> = { key: /^[0-9a-f]{32}$/i, site: /^[a-z0-9][a-z0-9-]*(?:\.atlassian\.net)?$/, email: /^\S+@\S+$/ };
const BAD: Readonly<Record<Extra, MessageKey>> = { key: 'token.keyBad', site: 'token.siteBad', email: 'token.emailBad' };

export class TokenSetup extends Setup {
  token = $state('');
  extras = $state<Record<Extra, string>>({ key: '', site: '', email: '' });
  readonly way: Way;

  constructor(readonly integration: IntegrationDto, readonly again: ConnectionDto | null) {
    super();
    // Nobody is asked again for what is known.
    if (again) this.extras.email = again.email;
    this.way = WAYS[integration.id] ?? { label: 'token.token', hint: 'token.otherHint', before: [], shape: SOME };
  }

  #value(extra: Extra): string {
    const text = this.extras[extra];
    return extra === 'site' ? siteOf(text) : text.trim();
  }
  #missing(extra: Extra): string | null {
    const value = this.#value(extra);
    if (value === '') return t('int.required');
    return SHAPES[extra].test(value) ? null : t(BAD[extra] as 'token.keyBad');
  }
  #problem(): string | null {
    const token = tokenOf(this.token);
    if (token === '') return t('int.required');
    return this.way.shape.test(token) ? null : t('token.bad', { name: this.integration.label });
  }
  at(extra: Extra): string | null {
    return this.stands(extra, this.#missing(extra));
  }
  get atToken(): string | null {
    return this.stands('token', this.#problem());
  }
  protected override about(error: CallError): string | null {
    return error.code === 'auth' || error.code === 'invalid' ? 'token' : null;
  }

  /** As the core takes it: `KEY:TOKEN`, `SITE/EMAIL:TOKEN`, or the token alone. */
  get whole(): string {
    const [first, second] = this.way.before;
    const before = first === undefined ? '' : second === undefined ? `${this.#value(first)}:` : `${this.#value(first)}/${this.#value(second)}:`;
    return before + tokenOf(this.token);
  }

  async connect(): Promise<boolean> {
    const right = this.#problem() === null && this.way.before.every((extra) => this.#missing(extra) === null);
    const req = { integration: this.integration.id, token: this.whole, ...(this.again ? { reconnect: this.again.id } : {}) };
    const ok = await this.ask(right ? () => call('connect_token', req) : null);
    if (ok) this.token = '';
    return ok;
  }
}
