// What the window is in: its stage, the settings, the accounts. Fed by the core's events; every list of accounts in the window
// comes from here.
import { applyLook, themeNow } from '../app/theme';
import { commands } from '../app/commands.svelte';
import type { AccountDto, AccountMailboxes, AppState, ConnectionDto, Id, MailboxDto, OutboxRow, Settings, Status } from '../ipc/bindings';
import { keysOf } from '../app/keymap';
import { t } from '../i18n';
import { language } from '../i18n/language.svelte';
import { asCallError, call, onEvent, type CallError } from '../ipc/transport';
import { gathered } from './still';
import { toasts } from './toasts.svelte';

export const DEFAULTS: Settings = {
  theme: 'system', density: 'default', undoSeconds: 10, thirdPartyLookup: false, systemFont: false, singleKeys: true,
  listWidth: 520, railCollapsed: false, onboardingDone: false, fontScale: 100, contrast: 'system', reducedMotion: 'system', language: 'system',
  keyPreset: 'gmail', keyRemaps: {}, remoteImages: 'ask', darkMail: false, afterArchive: 'older', plainText: false, notify: 'important', notifyContent: true,
  quietHours: null, laterEvening: '18:00', laterMorning: '08:00', laterHours: 3, weekStart: null, workDays: [1, 2, 3, 4, 5], workHours: [540, 1020], keepRunning: true, notifyPausedUntil: null, startDone: [], startHidden: false, railMore: false,
};

class Session {
  app = $state.raw<AppState | null>(null);
  failure = $state.raw<CallError | null>(null);
  settings = $state.raw<Settings>(DEFAULTS);
  connections = $state.raw<ConnectionDto[]>([]);
  mailboxes = $state.raw<AccountMailboxes[]>([]);
  status = $state.raw<Status | null>(null);
  outbox = $state.raw<OutboxRow[]>([]);
  outboxError = $state.raw<CallError | null>(null);
  /** False until the accounts have been read once. */
  loaded = $state(false);
  #save: ReturnType<typeof setTimeout> | undefined;
  #unsaved: Partial<Settings> = {};

  accounts = $derived<AccountDto[]>(this.connections.flatMap((c) => c.accounts));
  /** Sources that cannot go on without the person. */
  attention = $derived((this.status?.sources ?? []).filter((s) => s.state === 'expired' || s.state === 'error'));

  account(id: Id | null): AccountDto | undefined {
    return this.accounts.find((a) => a.id === id);
  }
  connectionOf(account: Id): ConnectionDto | undefined {
    return this.connections.find((c) => c.accounts.some((a) => a.id === account));
  }
  mailbox(id: Id): MailboxDto | undefined {
    return this.mailboxes.flatMap((a) => a.mailboxes).find((m) => m.id === id);
  }
  accountOfMailbox(id: Id): AccountMailboxes | undefined {
    return this.mailboxes.find((a) => a.mailboxes.some((m) => m.id === id));
  }

  async start(): Promise<void> {
    onEvent((event) => {
      switch (event.type) {
        case 'app': return void this.#readApp();
        case 'connections': return void this.#connectionsChanged();
        case 'status': this.status = event.status; return;
        case 'outbox': return void this.readOutbox();
        case 'changed': return this.#mailboxesSoon.ask();
        case 'attention': return this.#attention(event.code, event.words);
        // A notification was clicked.
        case 'open': location.hash = event.thread === null ? '#/inbox' : `#/inbox/t/${String(event.thread)}`; return;
        case 'asked': if (this.#open) this.#takeAsked(); return;
        case 'signIn': return;
      }
    });
    // The system knows before the next attempt would: what waits for a network goes at once.
    window.addEventListener('online', () => void call('network_changed').catch(() => undefined));
    // A window that is hidden may be one that ends.
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') void this.#saveNow();
    });
    await this.#readApp();
    if (this.app?.safeGraphics) toasts.show({ text: t('app.safeGraphics'), kind: 'info', ms: 15_000 });
  }

  /** What the status line does not say by itself. It stands in the outbox as well. */
  #attention(code: string, words: string): void {
    // The server's own words, which the person must see (RFC 9051, ALERT): text, never markup.
    if (code === 'alert') return void toasts.show({ text: words, kind: 'info', ms: 20_000 });
    // A button of a notification did not do what it says.
    const elsewhere = code === 'notification';
    if (!elsewhere && code !== 'recipients_refused' && code !== 'outbox_wedged') return;
    toasts.show({ text: words, kind: 'error', ms: 12_000, action: elsewhere ? undefined : { label: t('nav.outbox'), run: () => (location.hash = '#/outbox') } });
  }

  retry(): Promise<void> {
    return this.#readApp();
  }

  async #readApp(): Promise<void> {
    try {
      const state = await call('app_state');
      // The words first: a window that changes its language before one's eyes looks broken.
      await language.use(state.settings.language).catch(() => undefined);
      this.enter(state);
    } catch (error) {
      this.failure = asCallError(error);
    }
  }

  /** A command that opened, locked or replaced the workspace answers the new state. */
  enter(state: AppState): void {
    this.failure = null;
    const erased = state.stage === 'welcome' || state.stage === 'needsPassphrase';
    if (this.app && (this.app.sample !== state.sample || (erased && this.app.stage !== state.stage))) this.#otherWorkspace();
    this.app = state;
    this.#use(state.settings);
    if (this.#open) {
      void this.readConnections();
      this.#takeAsked();
    }
  }

  get #open(): boolean {
    return this.app?.stage === 'ready' || this.app?.stage === 'empty';
  }

  /** Seldom, so its code is not part of the start. */
  #takeAsked(): void {
    void import('../app/asked').then((m) => m.takeAsked(), () => undefined);
  }

  /** Into the sample workspace or out of it, or everything erased: nothing of one may show in the other. */
  #otherWorkspace(): void {
    this.connections = [];
    this.mailboxes = [];
    this.outbox = [];
    this.status = null;
    this.loaded = false;
    location.hash = '#/inbox';
  }

  async #connectionsChanged(): Promise<void> {
    await this.readConnections();
    // The first account ends the way in; the core does not say so by an event of its own.
    if (this.app?.stage === 'empty' && this.connections.length > 0) await this.#readApp();
  }

  async readConnections(): Promise<void> {
    try {
      const [connections, mailboxes, status] = await Promise.all([call('connections'), call('mailboxes'), call('status')]);
      this.connections = connections;
      this.mailboxes = mailboxes;
      this.status = status;
      this.loaded = true;
      void this.readOutbox();
    } catch (error) {
      toasts.error(error);
    }
  }

  /** Counts follow changes, but not each of five thousand: at most four times a second. */
  readonly #mailboxesSoon = gathered(250, () => void call('mailboxes').then((m) => (this.mailboxes = m), () => undefined));

  async readOutbox(): Promise<void> {
    try {
      this.outbox = await call('outbox');
      this.outboxError = null;
    } catch (error) {
      // What was read before stays; the outbox itself says that it is not the whole truth.
      this.outboxError = asCallError(error);
    }
  }

  /** `settings` is what the core has. What was chosen here and has not reached it yet stays chosen. */
  #use(settings: Settings): void {
    const full = { ...DEFAULTS, ...settings, ...this.#unsaved };
    this.settings = full;
    applyLook(full);
    commands.singleKeys = full.singleKeys;
    commands.map = keysOf(full.keyPreset, full.keyRemaps);
    language.use(full.language).catch((error: unknown) => toasts.error(error));
  }

  /** At once on screen; saved a moment later, so that a dragged pane does not write a hundred times. */
  change(part: Partial<Settings>): void {
    this.#unsaved = { ...this.#unsaved, ...part };
    this.#use(this.settings);
    clearTimeout(this.#save);
    this.#save = setTimeout(() => void this.#saveNow(), 250);
  }

  async #saveNow(): Promise<void> {
    clearTimeout(this.#save);
    const sent = this.#unsaved;
    if (Object.keys(sent).length === 0) return;
    try {
      await call('settings_save', this.settings);
      // A value that was chosen anew meanwhile is still to be saved.
      this.#unsaved = Object.fromEntries(Object.entries(this.#unsaved).filter(([key, value]) => value !== sent[key as keyof Settings]));
    } catch (error) {
      toasts.error(error);
    }
  }

  /** Back to what a new workspace has. */
  reset(keys: readonly (keyof Settings)[]): void {
    this.change(Object.fromEntries(keys.map((key) => [key, DEFAULTS[key]])));
  }

  toggleTheme(): void {
    this.change({ theme: themeNow() === 'dark' ? 'light' : 'dark' });
  }
}

export const session = new Session();
