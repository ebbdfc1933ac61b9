// The form for a mailbox with a password: address → servers found (asking before a third party) → checked and connected.
import { session } from '../../data/session.svelte';
import { t } from '../../i18n';
import type { ConnectionDto, EndpointDto, ServerGuessDto } from '../../ipc/bindings';
import { asCallError, call, type CallError } from '../../ipc/transport';

export interface ServerDraft { host: string; port: string; security: string; pinned: string | null }
export const PORTS = { imap: { tls: 993, starttls: 143, none: 143 }, smtp: { tls: 465, starttls: 587, none: 25 } } as const;
const EMAIL = /^[^\s@"<>]+@[^\s@.]+(\.[^\s@.]+)+$/u;

/** Who signs in the person better than a password would, or lets nobody in by one. */
const SIGN_IN: Readonly<Record<string, readonly string[]>> = {
  google: ['gmail.com', 'googlemail.com'],
  microsoft: ['outlook.com', 'hotmail.com', 'live.com', 'msn.com', 'office365.com'],
};
/** The integration for the domain of an address, or for a server. */
export function signInAt(name: string): string | null {
  const host = name.trim().toLowerCase();
  return Object.entries(SIGN_IN).find(([, domains]) => domains.some((d) => host === d || host.endsWith(`.${d}`)))?.[0] ?? null;
}

const draft = (e: EndpointDto | null, kind: keyof typeof PORTS): ServerDraft =>
  e ? { host: e.host, port: String(e.port), security: e.security, pinned: e.pinned } : { host: '', port: String(PORTS[kind].tls), security: 'tls', pinned: null };

export class ImapSetup {
  step = $state<'address' | 'ask' | 'servers' | 'done'>('address');
  name = $state('');
  email = $state('');
  password = $state('');
  username = $state('');
  auth = $state<'password' | 'oidc'>('password');
  imap = $state<ServerDraft>(draft(null, 'imap'));
  smtp = $state<ServerDraft>(draft(null, 'smtp'));
  receiveOnly = $state(false);
  origin = $state('manual');
  foreign = $state(false);
  foreignOk = $state(false);
  oauth = $state<string | null>(null);
  editing = $state(false);
  busy = $state(false);
  tried = $state(false);
  error = $state.raw<CallError | null>(null);
  /** A search for servers that was given up must not overwrite what is typed meanwhile. */
  #search = 0;
  untrusted = $state.raw<{ host: string; fingerprint: string } | null>(null);

  constructor(readonly again: ConnectionDto | null) {
    if (!again) return;
    this.email = again.email;
    this.name = again.accounts[0]?.name ?? '';
    const servers = again.servers;
    this.username = servers?.username ?? again.email;
    this.imap = draft(servers?.imap ?? null, 'imap');
    this.smtp = draft(servers?.smtp ?? null, 'smtp');
    this.receiveOnly = !!servers && !servers.smtp;
    this.step = 'servers';
    this.editing = !servers;
  }

  get domain(): string {
    return this.email.split('@').at(-1) ?? '';
  }

  /** Told by what was found for the address, by the address itself, or by servers that were typed. */
  get better(): string | null {
    return this.oauth ?? signInAt(this.domain) ?? (this.step === 'servers' ? (signInAt(this.imap.host) ?? signInAt(this.smtp.host)) : null);
  }

  /** Words below the fields; empty when all is well. Shown only after the first try. */
  problems = $derived.by(() => {
    const out: Partial<Record<'email' | 'password' | 'username' | 'imapHost' | 'imapPort' | 'smtpHost' | 'smtpPort' | 'foreign', string>> = {};
    if (!EMAIL.test(this.email.trim())) out.email = t('imap.emailBad');
    if (this.auth === 'password' && !this.password) out.password = t('int.required');
    if (this.step === 'servers') {
      const port = (p: string) => /^\d{1,5}$/.test(p) && Number(p) >= 1 && Number(p) <= 65_535;
      if (!this.username.trim()) out.username = t('int.required');
      if (!this.imap.host.trim()) out.imapHost = t('int.required');
      if (!port(this.imap.port)) out.imapPort = t('imap.portBad');
      if (!this.receiveOnly) {
        if (!this.smtp.host.trim()) out.smtpHost = t('int.required');
        if (!port(this.smtp.port)) out.smtpPort = t('imap.portBad');
      }
      if (this.foreign && !this.foreignOk) out.foreign = t('int.required');
    }
    return out;
  });
  shown(key: keyof ImapSetup['problems']): string | null {
    return this.tried ? (this.problems[key] ?? null) : null;
  }

  /** A sentence of the core beside the field that it is about. */
  about(field: 'password' | 'imap' | 'smtp'): string | null {
    const e = this.error;
    if (!e) return null;
    if (field === 'password') return e.code === 'auth' ? `${e.message} ${e.hint}` : null;
    if (e.code !== 'unreachable') return null;
    const host = this[field].host.trim();
    const both = this.imap.host.trim() === this.smtp.host.trim();
    const here = host !== '' && e.raw.message.includes(host) && (!both || (field === 'imap') === !e.raw.message.includes(`:${this.smtp.port}`));
    return here ? `${e.message} ${e.hint}` : null;
  }
  get general(): CallError | null {
    return this.error && this.about('password') === null && this.about('imap') === null && this.about('smtp') === null ? this.error : null;
  }

  async find(thirdParties = session.settings.thirdPartyLookup): Promise<boolean> {
    this.tried = true;
    this.error = null;
    if (Object.keys(this.problems).length) return false;
    this.busy = true;
    const mine = ++this.#search;
    try {
      const [best] = await call('autoconfigure', { email: this.email.trim(), thirdParties });
      if (mine !== this.#search) return false;
      if (best) this.#take(best);
      // A guess from the name alone is only made after everything else was tried.
      if ((!best || best.origin === 'guess') && !thirdParties && best?.oauth == null) this.step = 'ask';
      else {
        this.step = 'servers';
        this.editing = !best;
      }
    } catch (error) {
      if (mine !== this.#search) return false;
      this.manual();
      this.error = asCallError(error);
    } finally {
      if (mine === this.#search) this.busy = false;
    }
    this.tried = false;
    return true;
  }

  manual(): void {
    this.#search += 1;
    this.busy = false;
    this.error = null;
    if (!this.username) this.username = this.email.trim();
    if (!this.imap.host) this.imap.host = '';
    this.step = 'servers';
    this.editing = true;
    this.tried = false;
  }

  #take(guess: ServerGuessDto): void {
    this.username = guess.username || this.email.trim();
    this.imap = draft(guess.imap, 'imap');
    this.smtp = draft(guess.smtp, 'smtp');
    this.receiveOnly = !guess.smtp;
    this.origin = guess.origin;
    this.foreign = guess.foreign;
    this.foreignOk = false;
    this.oauth = guess.oauth;
  }

  setSecurity(kind: 'imap' | 'smtp', security: string): void {
    const server = this[kind];
    // A port the person chose stays; a usual one follows the security.
    const usual = Object.values(PORTS[kind]).map(String);
    if (usual.includes(server.port)) server.port = String(PORTS[kind][security as keyof (typeof PORTS)['imap']]);
    server.security = security;
  }

  async connect(): Promise<boolean> {
    this.tried = true;
    this.error = null;
    if (Object.keys(this.problems).length) {
      this.editing ||= !!(this.problems.imapHost ?? this.problems.imapPort ?? this.problems.smtpHost ?? this.problems.smtpPort ?? this.problems.username);
      return false;
    }
    this.busy = true;
    const endpoint = (s: ServerDraft): EndpointDto => ({ host: s.host.trim(), port: Number(s.port), security: s.security, pinned: s.pinned });
    try {
      await call('connect_mail', {
        email: this.email.trim(), name: this.name.trim(), username: this.username.trim(), password: this.auth === 'oidc' ? null : this.password,
        imap: endpoint(this.imap), smtp: this.receiveOnly ? null : endpoint(this.smtp), reconnect: this.again?.id ?? null,
      });
      this.password = '';
      this.step = 'done';
      return true;
    } catch (error) {
      const e = asCallError(error);
      const fingerprint = e.code === 'certificate' ? /(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}/i.exec(`${e.raw.hint} ${e.raw.message}`)?.[0] : undefined;
      if (fingerprint) this.untrusted = { host: [this.smtp.host, this.imap.host].find((h) => h && e.raw.message.includes(h)) ?? this.imap.host, fingerprint };
      else this.error = e;
      this.editing ||= e.code === 'unreachable';
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** The person compared the fingerprint: this certificate, and no other, is accepted from now on. */
  pin(): Promise<boolean> {
    const u = this.untrusted;
    this.untrusted = null;
    if (!u) return Promise.resolve(false);
    for (const server of [this.imap, this.smtp]) if (server.host.trim() === u.host.trim()) server.pinned = u.fingerprint;
    return this.connect();
  }
}
