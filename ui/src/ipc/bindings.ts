// Generated from the command table by `cargo xtask bindings`. Do not edit.

export type AccountDto = { id: Id, email: string, name: string, 
/**
 * 0…9, index into the hues.
 */
hue: number, canSend: boolean, };

export type AccountMailboxes = { account: Id, email: string, hue: number, mailboxes: Array<MailboxDto>, };

/**
 * One of `threads` and `messages` is filled.
 */
export type ActReq = { threads: Array<Id>, messages: Array<Id>, action: Action, 
/**
 * Where the list is, so that "archive" and "move" know what to leave.
 */
filter: ThreadFilter | null, createMissing?: boolean, };

export type ActRes = { 
/**
 * For `undo`; None when there is nothing to undo.
 */
undo: string | null, undoUntil: Millis | null, count: number, 
/**
 * For the toast: "3 conversations archived".
 */
words: string, };

export type Action = { "type": "archive" } | { "type": "trash" } | { "type": "spam" } | { "type": "inbox" } | { "type": "read" } | { "type": "unread" } | { "type": "star" } | { "type": "unstar" } | { "type": "move", mailbox: Id, } | { "type": "label", mailbox: Id, on: boolean, } | { "type": "deleteForever" };

export type AddressDto = { name: string, email: string, };

/**
 * What every failing command answers. `code` is only there where the interface branches on it.
 */
export type ApiError = { code: string, message: string, hint: string, retryAt: Millis | null, };

/**
 * Pushed to the window as the event `aurelius://event` after commits, coalesced to one per 50 ms.
 */
export type AppEvent = { "type": "changed", entity: string, ids: Array<Id>, rev: number, } | { "type": "connections" } | { "type": "status", status: Status, } | { "type": "outbox" } | { "type": "signIn", attempt: string, ok: boolean, connection: string | null, error: ApiError | null, } | { "type": "app" } | { "type": "splits" } | { "type": "bulk", job: BulkJob, };

/**
 * What the window should show before anything else.
 */
export type AppState = { stage: Stage, 
/**
 * For `stage = problem`: what is wrong, in words, and what to do.
 */
problem: Problem | null, 
/**
 * The workspace is the sample one.
 */
sample: boolean, connections: number, version: string, 
/**
 * `linux`, `macos`, `windows`.
 */
platform: string, settings: Settings, };

export type AttachmentDto = { id: Id, name: string, mime: string, size: number, inline: boolean, 
/**
 * `none`, `executable`, `macro`, `html`, `archive`: warn before opening.
 */
risk: string, };

export type AttachmentReq = { message: Id, attachment: Id, };

export type AttemptReq = { attempt: string, };

export type AutoconfigureReq = { email: string, thirdParties: boolean, };

/**
 * A message body, cleaned when it is opened. Remote images point to the proxy scheme or are absent.
 */
export type BodyDto = { id: Id, 
/**
 * Cleaned HTML (a fragment), or None: show `text`.
 */
html: string | null, text: string, 
/**
 * Quoted history of the plain view, folded by default.
 */
quoted: string, blockedImages: number, imagesShown: boolean, trackers: Array<TrackerDto>, warnings: Array<WarningDto>, hadForm: boolean, formHosts: Array<string>, unsubscribe: UnsubscribeDto | null, ownBackground: boolean, 
/**
 * `smimeSigned`, `smimeEncrypted`, `pgpSigned`, `pgpEncrypted`.
 */
crypto: string | null, 
/**
 * Only the first part is shown.
 */
truncated: boolean, };

export type BodyReq = { id: Id, 
/**
 * `html`, or `text` for the plain alternative.
 */
format: string, 
/**
 * "Show once".
 */
images: boolean, };

/**
 * Client registration of one integration. The secret is write-only.
 */
export type ClientConfig = { integration: string, clientId: string, 
/**
 * None on save keeps the stored one.
 */
clientSecret: string | null, hasSecret: boolean, issuer: string, 
/**
 * `scheme` or `loopback`; only for `oidc`.
 */
redirect: string, };

export type ClientConfigReq = { integration: string, };

export type ConnectMailReq = { email: string, name: string, username: string, 
/**
 * None: sign in through the organisation (OIDC).
 */
password: string | null, imap: EndpointDto, smtp: EndpointDto | null, 
/**
 * Reconnect this connection with new credentials or servers.
 */
reconnect: string | null, };

export type ConnectOAuthReq = { integration: string, 
/**
 * Connection to sign in again.
 */
reconnect: string | null, };

export type ConnectionDto = { id: string, integration: string, label: string, email: string, accounts: Array<AccountDto>, features: Array<FeatureDto>, status: SourceState, messages: number, createdAt: Millis, 
/**
 * What to show beside the label: the address where the label is another, and the servers' names.
 */
detail: string, 
/**
 * IMAP: what to fill the form with when the person signs in again.
 */
servers: MailServersDto | null, 
/**
 * IMAP: remote folders that are not synced, and the time window in days.
 */
excluded: Array<string>, days: number | null, };

export type ConnectionReq = { id: string, };

/**
 * Fields that are absent stay as they are.
 */
export type ConnectionUpdateReq = { id: string, label: string | null, 
/**
 * Minutes to pause; 0 resumes; a negative number pauses until resumed.
 */
pauseMinutes: number | null, enabled: boolean | null, hue: number | null, excluded: Array<string> | null, 
/**
 * 0: everything.
 */
days: number | null, };

export type DisconnectRes = { 
/**
 * What was done, in words (revoked, will be revoked when online, remove it yourself at …).
 */
words: string, accountPage: string | null, messagesRemoved: number, };

export type DraftAttachReq = { id: Id, name: string, mime: string, 
/**
 * Standard base64.
 */
data: string, };

export type DraftAttachment = { id: Id, name: string, mime: string, size: number, };

export type DraftDetachReq = { id: Id, attachment: Id, };

export type DraftDto = { id: Id, account: Id, kind: string, to: Array<AddressDto>, cc: Array<AddressDto>, bcc: Array<AddressDto>, subject: string, 
/**
 * What the person writes, as HTML.
 */
html: string, 
/**
 * The quoted mail below it, cleaned; kept apart so that it can be folded.
 */
quoted: string, attachments: Array<DraftAttachment>, savedAt: Millis, version: number, };

export type DraftNewReq = { 
/**
 * `new`, `reply`, `replyAll`, `forward`, or `edit`: go on with a draft that lies at the provider (`message`).
 */
kind: string, message: Id | null, account: Id | null, };

export type DraftReq = { id: Id, };

export type DraftRow = { id: Id, account: Id, to: Array<AddressDto>, subject: string, snippet: string, savedAt: Millis, };

export type DraftSaveReq = { id: Id, account: Id, to: Array<AddressDto>, cc: Array<AddressDto>, bcc: Array<AddressDto>, subject: string, html: string, quoted: string, };

export type DraftSaved = { savedAt: Millis, version: number, };

export type DraftSendReq = { id: Id, 
/**
 * Send later.
 */
sendAt: Millis | null, 
/**
 * Archive the answered conversation too.
 */
archive: boolean, };

export type Empty = Record<symbol, never>;

export type EndpointDto = { host: string, port: number, 
/**
 * `tls`, `starttls`, `none`.
 */
security: string, 
/**
 * SHA-256 of a certificate that the person accepted.
 */
pinned: string | null, };

export type FeatureDto = { id: string, label: string, 
/**
 * What stays off without it.
 */
without: string, granted: boolean, };

/**
 * A local row. Fits a JavaScript number: rowids stay under 2^53 until the year 2242.
 */
export type Id = number;

export type ImagesAllowReq = { message: Id, 
/**
 * `sender` or `domain`.
 */
scope: string, };

export type IntegrationDto = { id: string, label: string, description: string, 
/**
 * `oauth` or `password`.
 */
auth: string, features: Array<FeatureDto>, 
/**
 * A usable client id is configured (always true for password kinds).
 */
configured: boolean, accountPage: string | null, };

export type LinkReq = { href: string, text: string, message: Id | null, 
/**
 * The person saw the warning and wants to go on.
 */
confirmed: boolean, };

export type LinkVerdict = { ok: boolean, host: string, 
/**
 * In words: "This link says bank.example but goes to evil.example".
 */
reasons: Array<string>, };

export type MailServersDto = { username: string, imap: EndpointDto, 
/**
 * None: receive-only.
 */
smtp: EndpointDto | null, };

export type MailboxDto = { id: Id, 
/**
 * Hierarchy as `/`.
 */
name: string, 
/**
 * `inbox`, `archive`, `all`, `drafts`, `sent`, `junk`, `trash`, `flagged`, `important`, or null.
 */
role: string | null, total: number, unread: number, pending: boolean, };

export type MessageDto = { id: Id, from: AddressDto, to: Array<AddressDto>, cc: Array<AddressDto>, date: Millis, snippet: string, unread: boolean, starred: boolean, draft: boolean, mailboxes: Array<string>, attachments: Array<AttachmentDto>, size: number, };

export type MessageReq = { id: Id, };

/**
 * Milliseconds since 1970-01-01T00:00:00Z.
 */
export type Millis = number;

export type OutboxActReq = { id: Id, 
/**
 * `retry` (send again), `discard`, `markSent`, `sendNow`, `edit` (back to a draft).
 */
action: string, };

export type OutboxActRes = { 
/**
 * The draft that a mail became again, after `edit` and `discard`.
 */
draft: Id | null, };

export type OutboxRow = { id: Id, account: Id, 
/**
 * `send`, `flags`, `move`, ….
 */
kind: string, 
/**
 * `queued`, `sending`, `wedged`.
 */
state: string, subject: string, recipients: Array<string>, 
/**
 * Why it waits or failed, in words.
 */
words: string, 
/**
 * `maybeSent`, `refused`, `reauth`, …, when wedged.
 */
reason: string | null, notBefore: Millis, attempts: number, createdAt: Millis, };

export type PendingSignIn = { attempt: string, 
/**
 * For "Copy link".
 */
url: string, expiresAt: Millis, };

export type Problem = { 
/**
 * `keyring_locked`, `key_lost`, `store_corrupt`, `store_foreign`, `home_unwritable`, `home_in_use`, `wrong_passphrase`, …
 */
code: string, message: string, hint: string, 
/**
 * The store can be set aside and everything synced again.
 */
canSetAside: boolean, };

export type RekeyTo = "same" | "passphrase" | "keyring";

export type SavedFile = { path: string, };

export type SearchHitDto = { message: Id, thread: Id, account: Id, from: AddressDto, subject: string, snippet: string, date: Millis, unread: boolean, starred: boolean, attachments: boolean, mailbox: string, };

export type SearchPage = { hits: Array<SearchHitDto>, next: string | null, ms: number, 
/**
 * A first sync is still running: older mail may be missing.
 */
partial: boolean, };

export type SearchReq = { query: string, after: string | null, limit: number, };

export type ServerGuessDto = { 
/**
 * `autoconfig`, `well-known`, `ispdb`, `srv`, `guess`.
 */
origin: string, username: string, imap: EndpointDto, smtp: EndpointDto | null, 
/**
 * Outside the address's domain: confirm.
 */
foreign: boolean, 
/**
 * Better connected as this integration.
 */
oauth: string | null, };

export type Settings = { 
/**
 * `system`, `light`, `dark`.
 */
theme: string, 
/**
 * `compact`, `default`, `relaxed`.
 */
density: string, 
/**
 * Seconds in which a sent mail can be taken back, 0–30.
 */
undoSeconds: number, 
/**
 * Look up mail servers at third parties (the ISPDB) without asking each time.
 */
thirdPartyLookup: boolean, systemFont: boolean, 
/**
 * Single-key shortcuts (WCAG 2.1.4).
 */
singleKeys: boolean, listWidth: number, railCollapsed: boolean, onboardingDone: boolean, 
/**
 * Percent, 90–150.
 */
fontScale: number, 
/**
 * `system`, `normal`, `more`.
 */
contrast: string, 
/**
 * `system`, `on` (no motion), `off`.
 */
reducedMotion: string, 
/**
 * `system`, `en`, `de`, or a test locale.
 */
language: string, 
/**
 * `gmail`, `superhuman`.
 */
keyPreset: string, 
/**
 * Command → keys, over the preset; an empty text takes the keys away.
 */
keyRemaps: { [key in string]: string }, 
/**
 * `ask` (blocked until the person says so) or `always`; trackers are never loaded.
 */
remoteImages: string, 
/**
 * Lightness of mails without a background of their own is turned round in the dark theme.
 */
darkMail: boolean, 
/**
 * After archiving from the reader: `list`, `newer`, `older`.
 */
afterArchive: string, 
/**
 * Mails open as plain text.
 */
plainText: boolean, 
/**
 * `all`, `important` (people you have written to), `none`.
 */
notify: string, 
/**
 * Notifications say who and what.
 */
notifyContent: boolean, 
/**
 * Minutes after midnight, `[from, to]`; None: never quiet.
 */
quietHours: [number, number] | null, 
/**
 * Offered for new accounts: mail of the last so many days; None: everything.
 */
syncDays: number | null, 
/**
 * Megabytes of cached remote images kept in memory, 8–512.
 */
cacheMb: number, 
/**
 * `HH:MM` of "this evening", "tomorrow", and the "later today" distance in hours.
 */
laterEvening: string, laterMorning: string, laterHours: number, 
/**
 * 0 (Sunday) … 6; None: as the language says.
 */
weekStart: number | null, };

export type SourceDto = { headers: string, raw: string, truncated: boolean, structure: Array<PartDto>, };

export type SourceState = { 
/**
 * As in `SourceStatus.state`.
 */
state: string, words: string, hint: string, progress: number | null, lastSync: Millis | null, nextSync: Millis | null, };

export type SourceStatus = { connection: string, label: string, 
/**
 * `ok`, `syncing`, `paused`, `expired`, `error`, `disabled`, `offline`, `waiting` (rate limited until `retryAt`).
 */
state: string, words: string, progress: number | null, lastSync: Millis | null, nextSync: Millis | null, retryAt: Millis | null, };

export type Stage = "opening" | "welcome" | "needsPassphrase" | "locked" | "empty" | "ready" | "problem";

/**
 * One line at the bottom of the rail, and every source behind it.
 */
export type Status = { online: boolean, sources: Array<SourceStatus>, queued: number, wedged: number, 
/**
 * Local storage is full: sync waits.
 */
storageFull: boolean, };

export type SuggestReq = { prefix: string, };

export type SyncReq = { 
/**
 * None: all.
 */
connection: string | null, };

export type ThreadDto = { id: Id, account: Id, subject: string, labels: Array<string>, starred: boolean, state?: ThreadState, 
/**
 * Oldest first.
 */
messages: Array<MessageDto>, };

/**
 * What a list shows. Exactly one of `role` and `mailbox` is set.
 */
export type ThreadFilter = { 
/**
 * None: all accounts together.
 */
account: Id | null, 
/**
 * `inbox`, `starred`, `sent`, `drafts`, `archive`, `junk`, `trash`, `all`.
 */
role: string | null, mailbox: Id | null, unread: boolean, split?: Id, };

export type ThreadReq = { id: Id, };

export type ThreadRow = { id: Id, account: Id, senders: Array<AddressDto>, count: number, subject: string, snippet: string, date: Millis, unread: boolean, starred: boolean, attachments: boolean, labels: Array<string>, 
/**
 * A queued change of ours.
 */
pending: boolean, state?: ThreadState, };

export type ThreadsPage = { total: number, unread: number, 
/**
 * Grows with every change of the list; a page of another revision is refetched.
 */
rev: number, rows: Array<ThreadRow>, };

export type ThreadsReq = { filter: ThreadFilter, offset: number, 
/**
 * At most 500.
 */
limit: number, };

export type TrackerDto = { host: string, 
/**
 * `pixel`, `known`, `redirect`.
 */
kind: string, };

export type UndoReq = { token: string, };

export type VaultCreateReq = { 
/**
 * None: the OS keyring.
 */
passphrase: string | null, };

export type VaultInfo = { 
/**
 * `keyring`, `passphrase`, or `memory` (the sample workspace: nothing to change).
 */
protection: string, 
/**
 * The system keyring can be written and read now.
 */
keyringUsable: boolean, };

export type VaultRekeyReq = { 
/**
 * The present passphrase, where there is one.
 */
current: string | null, to: RekeyTo, 
/**
 * The new passphrase, for `passphrase`.
 */
passphrase: string | null, };

export type VaultUnlockReq = { passphrase: string, };

export type WarningDto = { 
/**
 * `sender`, `lookalike`, `replyTo`, `auth`, `defect`, ….
 */
kind: string, 
/**
 * In words.
 */
message: string, 
/**
 * `info`, `warning`, `danger`.
 */
level: string, };

export type ThreadState = { snoozedUntil: Millis | null, returned: string | null, muted: boolean, remindAt: Millis | null, };

export type SnoozeReq = { threads: Array<Id>, until: Millis | null, };

export type MuteReq = { threads: Array<Id>, on: boolean, };

export type RemindReq = { threads: Array<Id>, at: Millis | null, };

export type UndoRow = { token: string, kind: string, words: string, count: number, at: Millis, until: Millis, };

export type BulkWhat = { "type": "threads", ids: Array<Id>, } | { "type": "filter", filter: ThreadFilter, except: Array<Id>, } | { "type": "query", query: string, };

export type BulkReq = { action: Action, what: BulkWhat, createMissing?: boolean, };

export type BulkJob = { id: Id, state: string, words: string, done: number, total: number, error: string | null, undo: string | null, };

export type BulkJobReq = { id: Id, };

export type SplitRule = { "type": "people" } | { "type": "news" } | { "type": "calendar" } | { "type": "query", query: string, };

export type SplitDto = { id: Id, name: string, rule: SplitRule | null, total: number, unread: number, };

export type SplitsReq = { account: Id | null, };

export type SplitSaveReq = { id: Id | null, name: string, rule: SplitRule, };

export type SplitReq = { id: Id, };

export type SplitOrderReq = { ids: Array<Id>, };

export type SplitSuggestion = { name: string, rule: SplitRule, threads: number, };

export type MailboxCreateReq = { account: Id, name: string, };

export type MailboxRenameReq = { id: Id, name: string, };

export type MailboxReq = { id: Id, };

export type UnsubscribeDto = { kind: string, target: string, href: string | null, verified: boolean, };

export type PartDto = { path: string, depth: number, mime: string, name: string | null, size: number, encoding: string, charset: string | null, disposition: string | null, contentId: string | null, };

export type BlockReq = { message: Id, scope: string, to: string, moveNow: boolean, };

export type BlockedDto = { id: Id, kind: string, value: string, to: string, createdAt: Millis, hits: number, };

export type BlockedReq = { id: Id, };

export type PhishingReq = { message: Id, };

export type OriginalReq = { id: Id, images: boolean, };

/** Every command: [request, response]. */
export interface Commands {
  app_state: [Empty, AppState];
  vault_create: [VaultCreateReq, AppState];
  vault_unlock: [VaultUnlockReq, AppState];
  vault_info: [Empty, VaultInfo];
  vault_rekey: [VaultRekeyReq, AppState];
  store_set_aside: [Empty, AppState];
  sample_start: [Empty, AppState];
  sample_leave: [Empty, AppState];
  settings: [Empty, Settings];
  settings_save: [Settings, Settings];
  integrations: [Empty, Array<IntegrationDto>];
  connections: [Empty, Array<ConnectionDto>];
  connect_oauth: [ConnectOAuthReq, PendingSignIn];
  connect_cancel: [AttemptReq, Empty];
  connect_reopen: [AttemptReq, Empty];
  autoconfigure: [AutoconfigureReq, Array<ServerGuessDto>];
  connect_mail: [ConnectMailReq, ConnectionDto];
  connection_update: [ConnectionUpdateReq, ConnectionDto];
  disconnect: [ConnectionReq, DisconnectRes];
  client_config: [ClientConfigReq, ClientConfig];
  client_config_save: [ClientConfig, ClientConfig];
  sync_now: [SyncReq, Empty];
  status: [Empty, Status];
  mailboxes: [Empty, Array<AccountMailboxes>];
  threads: [ThreadsReq, ThreadsPage];
  thread: [ThreadReq, ThreadDto];
  message_body: [BodyReq, BodyDto];
  message_source: [MessageReq, SourceDto];
  attachment_save: [AttachmentReq, SavedFile];
  attachment_open: [AttachmentReq, SavedFile];
  act: [ActReq, ActRes];
  undo: [UndoReq, ActRes];
  mailbox_create: [MailboxCreateReq, MailboxDto];
  mailbox_rename: [MailboxRenameReq, MailboxDto];
  mailbox_delete: [MailboxReq, Empty];
  undo_last: [Empty, ActRes];
  undo_list: [Empty, Array<UndoRow>];
  snooze: [SnoozeReq, ActRes];
  mute: [MuteReq, ActRes];
  remind: [RemindReq, ActRes];
  bulk_start: [BulkReq, BulkJob];
  bulk_jobs: [Empty, Array<BulkJob>];
  bulk_cancel: [BulkJobReq, BulkJob];
  splits: [SplitsReq, Array<SplitDto>];
  split_save: [SplitSaveReq, SplitDto];
  split_delete: [SplitReq, Empty];
  split_order: [SplitOrderReq, Array<SplitDto>];
  split_suggestions: [Empty, Array<SplitSuggestion>];
  unsubscribe: [MessageReq, ActRes];
  block_sender: [BlockReq, ActRes];
  blocked: [Empty, Array<BlockedDto>];
  unblock: [BlockedReq, Empty];
  report_phishing: [PhishingReq, ActRes];
  original_open: [OriginalReq, Empty];
  print: [Empty, Empty];
  link_check: [LinkReq, LinkVerdict];
  link_open: [LinkReq, Empty];
  images_allow: [ImagesAllowReq, Empty];
  draft_new: [DraftNewReq, DraftDto];
  draft: [DraftReq, DraftDto];
  drafts: [Empty, Array<DraftRow>];
  draft_save: [DraftSaveReq, DraftSaved];
  draft_attach: [DraftAttachReq, DraftDto];
  draft_detach: [DraftDetachReq, DraftDto];
  draft_discard: [DraftReq, ActRes];
  draft_send: [DraftSendReq, ActRes];
  suggest_addresses: [SuggestReq, Array<AddressDto>];
  search: [SearchReq, SearchPage];
  outbox: [Empty, Array<OutboxRow>];
  outbox_act: [OutboxActReq, OutboxActRes];
}
