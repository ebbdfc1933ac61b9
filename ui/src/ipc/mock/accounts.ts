// Connections, sign-in and settings of the mock.
import type { AppState, ConnectionDto, FeatureDto, OutboxRow, Problem, Settings, SourceState, Stage, Status } from '../bindings';
import { DAV, FEED, GOOGLE, IMAP, JMAP, MICROSOFT, TOOLS } from './catalogue';
import { ACCOUNTS } from './people';

const DAY = 86_400_000;

export const SCENARIOS = [
  'full', 'empty', 'nothing', 'welcome', 'needs-passphrase', 'locked', 'corrupt', 'key-lost', 'error', 'expired', 'offline', 'importing', 'large', 'sample', 'outbox', 'slow', 'throttled', 'broken', 'storage-full', 'calendars', 'tasks', 'tools', 'microsoft',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

export const fail = (code: string, message: string, hint = '', retryAt: number | null = null) => ({ code, message, hint, retryAt });

export function settings(): Settings {
  return { theme: 'system', density: 'default', undoSeconds: 10, thirdPartyLookup: false, systemFont: false, singleKeys: true, listWidth: 520, railCollapsed: false, onboardingDone: false,
    fontScale: 100, contrast: 'system', reducedMotion: 'system', language: 'system', keyPreset: 'gmail', keyRemaps: {}, remoteImages: 'ask', darkMail: false, afterArchive: 'older', plainText: false,
    notify: 'important', notifyContent: true, quietHours: null, laterEvening: '18:00', laterMorning: '08:00', laterHours: 3, weekStart: null, workDays: [1, 2, 3, 4, 5], workHours: [540, 1020], keepRunning: true, notifyPausedUntil: null, startDone: [], startHidden: true, railMore: false };
}

const PROBLEMS: Partial<Record<Scenario, Problem>> = {
  corrupt: { code: 'store_corrupt', message: 'The mail store on this device is damaged.', hint: 'Your mail is still at your providers. The damaged file can be set aside, nothing is deleted, and everything is synced again.', canSetAside: true },
  'key-lost': { code: 'key_lost', message: 'The key of your mail store is no longer in the system keyring.', hint: 'Restore the keyring from a backup, or set the store aside and connect your accounts again. Nothing is deleted.', canSetAside: true },
};
const STAGES: Partial<Record<Scenario, Stage>> = { welcome: 'welcome', nothing: 'empty', 'needs-passphrase': 'needsPassphrase', locked: 'locked', corrupt: 'problem', 'key-lost': 'problem' };

export function appState(scenario: Scenario, connections: number, s: Settings): AppState {
  return { stage: STAGES[scenario] ?? 'ready', problem: PROBLEMS[scenario] ?? null, sample: scenario === 'sample', connections, version: '0.1.0', platform: 'linux', safeGraphics: false, settings: s };
}

function sourceState(scenario: Scenario, now: number, index: number): SourceState {
  const ok: SourceState = { state: 'ok', words: 'Up to date', hint: '', progress: null, lastSync: now - 2 * 60_000, nextSync: now + 3 * 60_000, retryAt: null };
  if (scenario === 'offline') return { ...ok, state: 'offline', words: 'No connection', hint: 'Mail on this device stays usable. Changes wait until you are online.' };
  if (scenario === 'expired' && index === 0) return { ...ok, state: 'expired', words: 'Google needs you to sign in again', hint: 'Your mail is kept. Changes wait until you have signed in.', lastSync: now - 5 * 3_600_000 };
  if (scenario === 'broken' && index === 1) return { ...ok, state: 'error', words: 'The server imap.lindqvist.example does not answer.', hint: '', lastSync: now - 3 * 3_600_000, nextSync: now + 45_000 };
  if (scenario === 'importing' && index === 0) return { ...ok, state: 'syncing', words: 'Importing, newest first', progress: 0.42, lastSync: null };
  if (scenario === 'throttled' && index === 0) return { ...ok, state: 'waiting', words: 'Google asked us to wait', hint: 'Sync goes on by itself.', retryAt: now + 30_000 };
  return ok;
}

export function connections(scenario: Scenario, now: number): ConnectionDto[] {
  return [
    ...mailboxes(scenario, now), ...(scenario === 'calendars' ? [calDav(now), feed(now)] : []), ...(scenario === 'tasks' ? [tool('todoist', now)] : []), ...(scenario === 'tools' ? Object.keys(TOOLS).map((id) => tool(id, now)) : []), ...(scenario === 'microsoft' ? [microsoft(now)] : []),
  ];
}

function mailboxes(scenario: Scenario, now: number): ConnectionDto[] {
  return ACCOUNTS.map((a, i) => ({
    id: a.connection, integration: a.integration, label: a.label, email: a.email,
    accounts: [{ id: a.id, email: a.email, name: a.name, hue: i, canSend: true }],
    features: a.integration === 'google' ? GOOGLE : IMAP,
    status: sourceState(scenario, now, i), messages: [48_211, 12_094][i] ?? 0, createdAt: now - 90 * DAY,
    detail: a.integration === 'imap' ? 'imap.lindqvist.example:993 · smtp.lindqvist.example:465' : '',
    servers: a.integration === 'imap' ? { username: a.email, imap: { host: 'imap.lindqvist.example', port: 993, security: 'tls', pinned: null }, smtp: { host: 'smtp.lindqvist.example', port: 465, security: 'tls', pinned: null } } : null,
    excluded: a.integration === 'imap' ? ['Old/2009'] : [], days: null, unusedTables: null,
  }));
}

const calendars = (id: string, label: string, email: string, detail: string, features: FeatureDto[], integration: string, now: number): ConnectionDto => ({
  id, integration, label, email, accounts: [], features, status: sourceState('full', now, 0), messages: 0, createdAt: now - 12 * DAY, detail, servers: null, excluded: [], days: null, unusedTables: integration === 'notion' ? 2 : null,
});
export const calDav = (now: number, server = 'https://dav.lindqvist.example', user = 'mara@lindqvist.example'): ConnectionDto =>
  calendars('c-dav', new URL(server).hostname, user, `${user} · ${server}`, DAV, 'caldav', now);
export const jmap = (now: number, server: string): ConnectionDto => ({
  ...calendars('c-jmap', 'mara@postkasse.example', 'mara@postkasse.example', server, JMAP, 'jmap', now),
  accounts: [{ id: 4, email: 'mara@postkasse.example', name: 'Mara Lindqvist', hue: 2, canSend: true }],
});
/** Named by the account's address, as the core does; Todoist's was renamed. */
export const tool = (id: string, now: number): ConnectionDto => calendars(`c-${id}`, id === 'todoist' ? 'Todoist' : 'mara@lindqvist.example', 'mara@lindqvist.example', id === 'todoist' ? 'mara@lindqvist.example' : '', TOOLS[id]?.features ?? [], id, now);
export const microsoft = (now: number): ConnectionDto => ({
  ...calendars('c-outlook', 'mara.lindqvist@outlook.example', 'mara.lindqvist@outlook.example', '', MICROSOFT, 'microsoft', now),
  accounts: [{ id: 3, email: 'mara.lindqvist@outlook.example', name: 'Mara Lindqvist', hue: 6, canSend: true }], messages: 3_204,
});
export const feed = (now: number, label = 'Public holidays', host = 'feeds.almanac.example'): ConnectionDto => calendars('c-feed', label, '', host, FEED, 'ics', now);

export function status(scenario: Scenario, list: ConnectionDto[], outbox: OutboxRow[], now: number): Status {
  return {
    online: scenario !== 'offline',
    sources: list.map((c) => ({
      connection: c.id, label: c.label, state: c.status.state, words: c.status.words, progress: c.status.progress,
      lastSync: c.status.lastSync, nextSync: c.status.nextSync, retryAt: c.status.state === 'waiting' ? now + 30_000 : null,
    })),
    queued: outbox.filter((o) => o.state === 'queued' || o.state === 'sending').length, wedged: outbox.filter((o) => o.state === 'wedged' || o.state === 'undelivered').length,
    storageFull: scenario === 'storage-full',
  };
}

export function outbox(scenario: Scenario, now: number): OutboxRow[] {
  const row = (id: number, rest: Partial<OutboxRow>): OutboxRow => ({
    id, account: 1, kind: 'send', state: 'queued', subject: 'Re: Launch plan for the spring release', recipients: ['Ingrid Solheim'], words: 'Waits for its turn', reason: null,
    notBefore: now, attempts: 0, createdAt: now - 120_000, ...rest,
  });
  if (scenario === 'offline') return [row(1, { words: 'Will be sent when you are online' })];
  if (scenario !== 'outbox') return [];
  return [
    row(1, { state: 'sending', words: 'Sending now' }),
    row(2, { subject: 'Keys for the cabin', recipients: ['Hanna Bergström'], account: 2, words: 'Will be sent tomorrow at 08:00', notBefore: now + DAY }),
    row(3, { state: 'wedged', subject: 'Lease agreement: one clause left', recipients: ['Ruth Abelson', 'Per Lindqvist'], account: 2, words: 'The connection broke after the whole message was handed over. It may have been sent.', reason: 'maybeSent', attempts: 1 }),
    row(4, { state: 'wedged', subject: 'Receipts for March', recipients: ['accounts@nowhere.example'], words: 'The server refused the recipient accounts@nowhere.example: no such mailbox.', reason: 'refused', attempts: 3 }),
    row(5, { state: 'undelivered', subject: 'Agenda for Thursday', recipients: ['bob@elsewhere.example'], words: 'bob@elsewhere.example: 5.1.1 no such person here', attempts: 1 }),
  ];
}
