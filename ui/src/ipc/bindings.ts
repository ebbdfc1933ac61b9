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
filter: ThreadFilter | null, 
/**
 * Make the archive (bin, spam folder) that the account lacks. Without it that is the error `no_archive`, `no_trash`, `no_junk`.
 */
createMissing?: boolean, };

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

export type ActivityExportReq = { filter: ActivityFilter, 
/**
 * `jsonl` (with the hashes: without a filter the chain can be verified by anybody) or `csv`.
 */
format: string, 
/**
 * An absolute path that does not exist yet; None: a free name in the Downloads folder.
 */
path: string | null, };

/**
 * All set conditions must hold.
 */
export type ActivityFilter = { 
/**
 * `person`, `engine`, `cli`, `outside`.
 */
actor: string | null, 
/**
 * What comes before the dot of an action: `mail`, `connection`, `draft`, ….
 */
area: string | null, 
/**
 * `ok`, `refused`, `failed`.
 */
outcome: string | null, 
/**
 * Begins with: `connection:`, `account:3`.
 */
target: string | null, since: Millis | null, until: Millis | null, };

export type ActivityPage = { 
/**
 * Newest first.
 */
items: Array<ActivityRow>, next: string | null, 
/**
 * Areas that occur, for the filter.
 */
areas: Array<string>, };

export type ActivityReq = { filter: ActivityFilter, after: string | null, 
/**
 * At most 500.
 */
limit: number, };

export type ActivityRow = { id: Id, at: Millis, actor: string, 
/**
 * `mail.moved`, ….
 */
action: string, target: string, outcome: string, 
/**
 * `key=value` pairs.
 */
detail: string, };

export type ActivityVerdict = { intact: boolean, entries: number, 
/**
 * The first entry that does not follow from the one before.
 */
brokenAt: Id | null, };

export type AddressDto = { name: string, email: string, };

/**
 * What every failing command answers. `code` is only there where the interface branches on it.
 */
export type ApiError = { code: string, message: string, hint: string, retryAt: Millis | null, };

/**
 * Pushed to the window as the event `aurelius://event` after commits, coalesced to one per 50 ms.
 */
export type AppEvent = { "type": "changed", entity: string, ids: Array<Id>, rev: number, } | { "type": "connections" } | { "type": "status", status: Status, } | { "type": "outbox" } | { "type": "attention", code: string, words: string, } | { "type": "bulk", job: BulkJob, } | { "type": "splits" } | { "type": "signIn", attempt: string, ok: boolean, connection: string | null, error: ApiError | null, } | { "type": "app" } | { "type": "open", thread: Id | null, } | { "type": "asked" };

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
platform: string, 
/**
 * The last start ended before its page ran: this one draws without acceleration, unasked.
 */
safeGraphics: boolean, settings: Settings, };

/**
 * What the person asked for outside the window: in the tray, or by a link. It is kept until the window takes it, so that it
 * also works from a cold start.
 */
export type Ask = { "type": "go", to: string, } | { "type": "compose", mailto: string, } | { "type": "reply", thread: Id, message: Id, };

export type AttachmentDto = { id: Id, name: string, mime: string, size: number, inline: boolean, 
/**
 * `none`, `executable`, `macro`, `html`, `archive`: warn before opening.
 */
risk: string, };

export type AttachmentOpenReq = { message: Id, attachment: Id, 
/**
 * The person has seen what `attachment_check` says; without it only a harmless file is opened.
 */
confirmed: boolean, };

export type AttachmentReq = { message: Id, attachment: Id, };

export type AttachmentRisk = { 
/**
 * As in `AttachmentDto.risk`, and judged by the file's bytes too: `locked` is an archive or document with a password.
 */
risk: string, };

export type AttachmentSaveToReq = { message: Id, attachment: Id, connection: string, };

export type AttemptReq = { attempt: string, };

export type AutoconfigureReq = { email: string, thirdParties: boolean, };

export type BlockReq = { message: Id, 
/**
 * `sender` or `domain`.
 */
scope: string, 
/**
 * Where new mail goes: `junk` or `trash`.
 */
to: string, 
/**
 * This message goes there too.
 */
moveNow: boolean, };

export type BlockedDto = { id: Id, 
/**
 * `sender` or `domain`.
 */
kind: string, 
/**
 * Address or domain.
 */
value: string, 
/**
 * `junk` or `trash`.
 */
to: string, createdAt: Millis, 
/**
 * Mails that it has moved.
 */
hits: number, };

export type BlockedReq = { id: Id, };

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
quoted: string, blockedImages: number, imagesShown: boolean, trackers: Array<TrackerDto>, warnings: Array<WarningDto>, hadForm: boolean, 
/**
 * Where the removed forms send what is typed; for the question before `original_open`.
 */
formHosts: Array<string>, 
/**
 * How to leave the list that the message came from.
 */
unsubscribe: UnsubscribeDto | null, ownBackground: boolean, 
/**
 * `smimeSigned`, `smimeEncrypted`, `pgpSigned`, `pgpEncrypted`.
 */
crypto: string | null, 
/**
 * What a calendar part of the mail says.
 */
invite: InviteDto | null, 
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
 * An act on mail, or what is kept on this device alone.
 */
export type BulkAction = Action | KeepAction;

export type BulkJob = { id: Id, 
/**
 * `running`, `done`, `cancelled`, `failed`, `undoing`, `undone`.
 */
state: string, 
/**
 * "9,800 conversations archived".
 */
words: string, 
/**
 * Conversations.
 */
done: number, total: number, 
/**
 * Why it failed, in words.
 */
error: string | null, 
/**
 * For `undo`, as soon as anything was done: takes back everything that this job did.
 */
undo: string | null, };

export type BulkJobReq = { id: Id, };

export type BulkReq = { action: BulkAction, what: BulkWhat, 
/**
 * As with `act`.
 */
createMissing?: boolean, };

/**
 * What a bulk job is about; fixed when it starts.
 */
export type BulkWhat = { "type": "threads", ids: Array<Id>, } | { "type": "filter", filter: ThreadFilter, except: Array<Id>, } | { "type": "query", query: string, };

/**
 * Time that somebody does not have.
 */
export type BusyDto = { start: Millis, 
/**
 * Exclusive.
 */
end: Millis, 
/**
 * `tentative`, `busy`, `unavailable`.
 */
kind: string, };

export type CalendarChangeReq = { id: Id, shown?: boolean, hue?: number, 
/**
 * Only true means something: new events go here from now on.
 */
default?: boolean, };

/**
 * A calendar of a connection.
 */
export type CalendarDto = { id: Id, connection: string, 
/**
 * What the person calls the connection.
 */
source: string, name: string, 
/**
 * 0…9, index into the hues.
 */
hue: number, 
/**
 * Its events are shown.
 */
shown: boolean, 
/**
 * Events can be made and changed.
 */
writable: boolean, 
/**
 * New events go here unless another is chosen; one calendar at most.
 */
default: boolean, 
/**
 * The video call that its provider makes for an event: `google_meet`, `teams`, `skype_business`, `skype`.
 */
video: string | null, 
/**
 * Why it was not brought up to date, in words.
 */
error: string | null, lastSync: Millis | null, };

export type CalendarImportReq = { 
/**
 * None: the default calendar.
 */
calendar: Id | null, 
/**
 * The text of an .ics file.
 */
text: string, };

export type CalendarImported = { added: number, 
/**
 * They are in a calendar already.
 */
known: number, 
/**
 * What could not be taken, in words.
 */
problems: Array<string>, };

export type CalendarReq = { id: Id, };

/**
 * Client registration of one integration. The secret is write-only.
 */
export type ClientConfig = { integration: string, clientId: string, 
/**
 * None on save keeps the stored one, an empty one takes it away.
 */
clientSecret: string | null, hasSecret: boolean, issuer: string, 
/**
 * `scheme` or `loopback`, as it holds where nothing is written; only for `oidc`.
 */
redirect: string, 
/**
 * Separated by spaces; only for `oidc`. Empty: the usual ones.
 */
scopes: string, 
/**
 * Empty, as all addresses may be: the provider's own.
 */
authorizeUrl: string, deviceUrl: string, tokenUrl: string, revokeUrl: string, userinfoUrl: string, gmailUrl: string, calendarUrl: string, tasksUrl: string, driveUrl: string, peopleUrl: string, graphUrl: string, 
/**
 * Keys of config.toml that the environment overrides. What is shown is the file's.
 */
overridden: Array<string>, };

export type ClientConfigReq = { integration: string, };

export type ConnectDavReq = { 
/**
 * The address of the server, or only its host; empty where the user name is an e-mail address whose domain says it.
 */
url: string, username: string, password: string, 
/**
 * The connection that signs in anew.
 */
reconnect: string | null, };

export type ConnectFeedReq = { 
/**
 * `https:` or `webcal:`.
 */
url: string, 
/**
 * Empty: what the calendar calls itself.
 */
name: string, 
/**
 * An address of this machine or of a private network is allowed.
 */
privateAllowed: boolean, };

export type ConnectJmapReq = { 
/**
 * The address of the server, its host, or the person's e-mail address.
 */
url: string, 
/**
 * None: the secret is a token.
 */
username: string | null, 
/**
 * A password, or a token of the person's own.
 */
secret: string, 
/**
 * The connection that signs in anew.
 */
reconnect: string | null, };

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

export type ConnectTokenReq = { 
/**
 * Id of a row of the catalogue that is connected by a token.
 */
integration: string, 
/**
 * From the person's settings there; what belongs to it (a key, a site and an address) stands before it, as the row says.
 */
token: string, 
/**
 * The connection that gets a new token.
 */
reconnect?: string, };

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
 * IMAP and JMAP: names of folders that are not synced, and the time window in days.
 */
excluded: Array<string>, days: number | null, 
/**
 * Of a sign-in: whether a disconnect can end the access at the provider. None: it is none.
 */
withdrawable?: boolean, 
/**
 * Notion: how many tables are shared and are no task lists. None: there are no tables to choose from.
 */
unusedTables: number | null, };

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

export type ContactDto = { name: string, email: string, 
/**
 * Mails from you to them.
 */
sent: number, 
/**
 * Mails that name them otherwise.
 */
received: number, lastAt: Millis, };

export type ContactsPage = { 
/**
 * Last in touch first.
 */
items: Array<ContactDto>, next: string | null, };

export type ContactsReq = { 
/**
 * A part of the name or address; empty: all.
 */
text: string, after: string | null, 
/**
 * At most 200.
 */
limit: number, };

export type DeviceSignIn = { attempt: string, 
/**
 * The person types it in.
 */
code: string, 
/**
 * There.
 */
url: string, expiresAt: Millis, };

export type DisconnectRes = { 
/**
 * What was done, in words (revoked, will be revoked when online, remove it yourself at …).
 */
words: string, accountPage: string | null, messagesRemoved: number, };

export type DraftAttachRemoteReq = { id: Id, key: string, };

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

export type DraftRestoreReq = { id: Id, version: number, };

export type DraftRow = { id: Id, account: Id, to: Array<AddressDto>, subject: string, snippet: string, savedAt: Millis, };

export type DraftSaveReq = { id: Id, account: Id, to: Array<AddressDto>, cc: Array<AddressDto>, bcc: Array<AddressDto>, subject: string, html: string, quoted: string, 
/**
 * The version that was edited. Another one stored meanwhile (a second window, the command line) is the error `draft_conflict`,
 * and nothing is overwritten; without it the save always wins (the older text is kept as a version).
 */
version?: number, };

export type DraftSaved = { savedAt: Millis, version: number, };

export type DraftSendReq = { id: Id, 
/**
 * Send later.
 */
sendAt: Millis | null, 
/**
 * Archive the answered conversation too.
 */
archive: boolean, 
/**
 * Bring the conversation back to the inbox then if nobody has answered.
 */
remindAt?: Millis, };

export type DraftVersionDto = { version: number, savedAt: Millis, subject: string, 
/**
 * What the person wrote, as HTML.
 */
html: string, snippet: string, };

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

export type EventConflict = { 
/**
 * `title`, `time`, `location`, `description`, `repeats`, `guests`, `free`, `status`, `alarms`, `deleted`.
 */
field: string, mine: string, theirs: string, };

export type EventCreateReq = { 
/**
 * None: the default calendar.
 */
calendar: Id | null, fields: EventFields, };

export type EventDeleteReq = { key: string, members: Members, };

/**
 * What came of an act on an event.
 */
export type EventDone = { 
/**
 * The event that was made or changed; None after a deletion.
 */
key: string | null, 
/**
 * For `undo`.
 */
undo: string | null, undoUntil: Millis | null, 
/**
 * "Lunch moved to Friday 12:30".
 */
words: string, };

/**
 * Everything that is shown of one event.
 */
export type EventDto = { row: EventRow, description: string, 
/**
 * The zone it is in, where it is in one: an IANA name.
 */
zone: string | null, organizer: GuestDto | null, guests: Array<GuestDto>, guestCount: number, 
/**
 * `https` address to join at.
 */
join: string | null, 
/**
 * A call that is not there yet: `wanted` (asked for here), `pending` (the provider is at it), `failed`.
 */
call: string | null, repeats: RepeatsDto | null, 
/**
 * The rule as it is written (RFC 5545), for what the form can't show.
 */
rule: string | null, 
/**
 * Minutes before the start.
 */
alarms: Array<number>, 
/**
 * The person was invited and can answer.
 */
canRespond: boolean, 
/**
 * Why it can't be changed, in words.
 */
locked: string | null, 
/**
 * Both versions of what was changed on both sides.
 */
conflict: Array<EventConflict>, };

/**
 * What the form of an event says. Of a change, whatever is left out stays.
 */
export type EventFields = { title?: string, location?: string, description?: string, time?: EventTime, 
/**
 * A rule (RFC 5545) without `RRULE:`; empty: it happens once.
 */
rule?: string, free?: boolean, 
/**
 * Minutes before the start.
 */
alarms?: Array<number>, 
/**
 * Addresses, or `Name <address>`. Who is a guest already keeps their answer.
 */
guests?: Array<string>, 
/**
 * Where to join: an https address, or empty.
 */
join?: string, 
/**
 * The calendar's provider makes a call for it; false: one that was asked for is not wanted any more.
 */
video?: boolean, };

/**
 * Words of the title or the place, or their beginnings.
 */
export type EventFindReq = { text: string, 
/**
 * At most that many to come, and as many that are over.
 */
limit: number, };

export type EventReq = { 
/**
 * [`EventRow`]'s.
 */
key: string, };

export type EventResolveReq = { key: string, 
/**
 * Keep one's own version; else theirs.
 */
mine: boolean, };

export type EventRespondReq = { key: string, members: Members, 
/**
 * `accepted`, `declined`, `tentative`.
 */
answer: string, };

/**
 * Something to do with one member of an event.
 */
export type EventRow = { 
/**
 * `"<item>/<member>"`: unique in one answer, and the same in the next.
 */
key: string, calendar: Id, title: string, location: string, start: Millis, 
/**
 * Exclusive.
 */
end: Millis, 
/**
 * First day and the day after the last, as ISO dates, where it is about whole days.
 */
days: [string, string] | null, 
/**
 * `confirmed`, `tentative`, `cancelled`.
 */
status: string, 
/**
 * The person's own answer where they are a guest: `accepted`, `declined`, `tentative`, `delegated`, `none`.
 */
mine: string | null, 
/**
 * It keeps nobody from anything.
 */
free: boolean, repeats: boolean, 
/**
 * Can be changed.
 */
editable: boolean, join: boolean, 
/**
 * `waiting` (not at the provider yet), `conflict` (changed on both sides), `failed`.
 */
pending: string | null, 
/**
 * The same meeting in other calendars.
 */
also: Array<Id>, };

/**
 * When an event is. Times are what the clock shows in `zone`; without one, in the person's own.
 */
export type EventTime = { "type": "days", from: string, until: string, } | { "type": "clock", start: string, end: string, zone?: string, };

export type EventUpdateReq = { key: string, members: Members, fields: EventFields, 
/**
 * Where it is to be; the whole series goes.
 */
calendar?: Id, 
/**
 * The person knows that guests get a new invitation, where the provider does not simply move it.
 */
anew?: boolean, };

export type EventsReq = { 
/**
 * Whatever touches `from .. to`; at most 400 days.
 */
from: Millis, to: Millis, };

export type EventsRes = { 
/**
 * By their beginning; whole days first.
 */
events: Array<EventRow>, 
/**
 * There are more than are told.
 */
cut: boolean, };

/**
 * The part of a message's text that holds the words of a query, on one line.
 */
export type ExcerptDto = { message: Id, text: string, };

export type FeatureDto = { id: string, label: string, 
/**
 * What stays off without it.
 */
without: string, granted: boolean, };

export type FilePageReq = { 
/**
 * `google` or `microsoft`.
 */
integration: string, };

/**
 * A connection that files can be saved to.
 */
export type FilePlaceDto = { connection: string, 
/**
 * `google` or `microsoft`.
 */
integration: string, label: string, };

export type FileRow = { id: Id, message: Id, thread: Id, account: Id, name: string, mime: string, 
/**
 * As in `FilesReq.kind`.
 */
kind: string, size: number, 
/**
 * As in `AttachmentDto.risk`.
 */
risk: string, from: AddressDto, subject: string, date: Millis, };

export type FilesPage = { 
/**
 * Newest mail first.
 */
items: Array<FileRow>, next: string | null, };

export type FilesReq = { 
/**
 * `image`, `pdf`, `document`, `sheet`, `slides`, `archive`, `audio`, `video`, `calendar`, `other`; None: all.
 */
kind: string | null, 
/**
 * Sender's address.
 */
from: string | null, account: Id | null, since: Millis | null, until: Millis | null, after: string | null, 
/**
 * At most 200.
 */
limit: number, };

export type GrantLeft = { provider: string, label: string, accountPage: string | null, };

export type GuestDto = { name: string, email: string, 
/**
 * `accepted`, `declined`, `tentative`, `delegated`, `none`.
 */
answer: string, optional: boolean, };

/**
 * One person's time.
 */
export type GuestTimeDto = { 
/**
 * In lower case.
 */
address: string, 
/**
 * The person's own.
 */
own: boolean, 
/**
 * In order, without overlaps.
 */
busy: Array<BusyDto>, 
/**
 * Why nothing is known: `not_found`, `refused`, `unsupported`, `not_granted`, `offline`, `failed`. Then `busy` says nothing.
 */
notKnown: string | null, };

/**
 * Asks for people's time. The next question ends the one before, and `guests_time_cancel` does, too.
 */
export type GuestsTimeReq = { 
/**
 * E-mail addresses, at most 50; the person's own may be among them.
 */
people: Array<string>, from: Millis, 
/**
 * Exclusive; at most 42 days later.
 */
to: Millis, 
/**
 * Where the event is or will be: its provider is asked. None: the default calendar.
 */
calendar: Id | null, 
/**
 * The event itself, where there is one: it keeps nobody from itself.
 */
event: string | null, };

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
 * `oauth`, `password`, or `token`: one that the person makes at the provider and pastes.
 */
auth: string, features: Array<FeatureDto>, 
/**
 * Beside the token: `device` (a code that is typed in at the provider) or `browser`.
 */
signIn: string | null, 
/**
 * A usable client id is configured (always true for password and token kinds).
 */
configured: boolean, 
/**
 * A usable client id is configured, for whoever wants to sign in.
 */
hasClient: boolean, 
/**
 * Whether a disconnect can end the access at the provider.
 */
revocable: boolean, accountPage: string | null, };

/**
 * An invitation, its cancellation, an answer, or an event that somebody passed on.
 */
export type InviteDto = { 
/**
 * `invitation`, `cancelled`, `answer`, `proposal`, `event`.
 */
kind: string, summary: string, location: string, 
/**
 * Of a series: the next one.
 */
start: Millis, 
/**
 * Exclusive.
 */
end: Millis, 
/**
 * First day and the day after the last, as ISO dates, where it is about whole days.
 */
days: [string, string] | null, 
/**
 * The zone it was written in, where its clock shows another time than the reader's, and that time, `HH:MM`.
 */
zone: string | null, there: string | null, 
/**
 * The zone means nothing: the time may be another.
 */
zoneUnknown: boolean, repeats: RepeatsDto | null, 
/**
 * Other events in the same part.
 */
more: number, organizer: GuestDto | null, guests: Array<GuestDto>, guestCount: number, 
/**
 * The reader's own answer so far: `accepted`, `declined`, `tentative`, `delegated`, `none`.
 */
mine: string | null, 
/**
 * Of an answer: what the person's own calendar says of that guest so far, where it can be noted there (`invite_note`).
 */
noted: string | null, join: string | null, over: boolean, 
/**
 * Who sent the mail is not who the event says it is from.
 */
foreign: boolean, };

/**
 * A mail with the answer of a guest: into the meeting with it.
 */
export type InviteNoteReq = { message: Id, };

/**
 * An answer to an invitation that lies in a mail.
 */
export type InviteRespondReq = { message: Id, 
/**
 * `accepted`, `declined`, `tentative`.
 */
answer: string, };

export type KeepAction = { "type": "snooze", until: Millis | null, } | { "type": "mute", on: boolean, } | { "type": "remind", at: Millis | null, };

export type KnownByDto = { 
/**
 * `google`, `microsoft`.
 */
integration: string, 
/**
 * `contacts`, `others`.
 */
list: string, };

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

export type MailboxCreateReq = { account: Id, 
/**
 * Hierarchy as `/`.
 */
name: string, };

export type MailboxDto = { id: Id, 
/**
 * Hierarchy as `/`.
 */
name: string, 
/**
 * `inbox`, `archive`, `all`, `drafts`, `sent`, `junk`, `trash`, `flagged`, `important`, or null.
 */
role: string | null, total: number, unread: number, 
/**
 * On its way to the provider; it takes mail already.
 */
pending: boolean, };

export type MailboxRenameReq = { id: Id, name: string, };

export type MailboxReq = { id: Id, };

/**
 * Which members of a series: `only` this one, this one and all that `following`, or `all`. What happens once has only `all`.
 */
export type Members = "only" | "following" | "all";

export type MessageDto = { id: Id, from: AddressDto, to: Array<AddressDto>, cc: Array<AddressDto>, date: Millis, snippet: string, unread: boolean, starred: boolean, draft: boolean, mailboxes: Array<string>, attachments: Array<AttachmentDto>, size: number, };

export type MessageReq = { id: Id, };

/**
 * Milliseconds since 1970-01-01T00:00:00Z.
 */
export type Millis = number;

export type MuteReq = { threads: Array<Id>, on: boolean, };

export type OriginalReq = { id: Id, 
/**
 * Remote pictures too: the sender learns that it was opened.
 */
images: boolean, };

export type OutboxActReq = { id: Id, 
/**
 * `retry` (send again), `discard`, `markSent`, `sendNow`, `edit` (back to a draft; of an undelivered mail to those who did not get
 * it, and `discard` only takes its row away).
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
 * `queued`, `sending`, `wedged`, `undelivered` (sent, but not to the recipients named here).
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

export type PartDto = { 
/**
 * `1`, `1.2`, …; empty for the multipart that is the whole message.
 */
path: string, depth: number, mime: string, name: string | null, 
/**
 * Bytes as they lie in the message.
 */
size: number, 
/**
 * `none`, `base64`, `quoted-printable`.
 */
encoding: string, charset: string | null, 
/**
 * `attachment`, `inline`.
 */
disposition: string | null, contentId: string | null, };

export type PendingSignIn = { attempt: string, 
/**
 * For "Copy link".
 */
url: string, expiresAt: Millis, };

export type PersonDto = { contact: ContactDto, 
/**
 * The latest ten conversations with a mail from them.
 */
threads: Array<ThreadRow>, 
/**
 * The latest ten files from them.
 */
files: Array<FileRow>, };

export type PersonReq = { email: string, };

export type PhishingReq = { message: Id, };

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

export type RemindReq = { threads: Array<Id>, 
/**
 * None: forget the reminder.
 */
at: Millis | null, };

export type RemoteFileDto = { 
/**
 * For `draft_attach_remote`.
 */
key: string, name: string, 
/**
 * Bytes; none of a document of the provider's own kind.
 */
size: number | null, modifiedAt: Millis | null, 
/**
 * For `remote_file_open`.
 */
hasPage: boolean, };

export type RemoteFileReq = { 
/**
 * Of a [`RemoteFileDto`].
 */
key: string, };

/**
 * What one place answered.
 */
export type RemoteFilesAt = { place: FilePlaceDto, files: Array<RemoteFileDto>, 
/**
 * Further ones that were found.
 */
leftOut: number, 
/**
 * False: the provider's list was not read to its end.
 */
complete: boolean, 
/**
 * Why it could not be asked.
 */
error: ApiError | null, };

export type RemoteFilesReq = { 
/**
 * A part of the name; empty: all of them.
 */
query: string, };

export type RepeatsDto = { 
/**
 * `daily`, `weekly`, `monthly`, `yearly`, `other`.
 */
every: string, interval: number, 
/**
 * Monday is 1.
 */
weekdays: Array<number>, count: number | null, until: Millis | null, };

export type SavedFile = { path: string, };

export type SavedOpenReq = { message: Id, outbox: Id, };

/**
 * A file of a mail that was saved to a place, or is to be.
 */
export type SavedToDto = { 
/**
 * The write in the outbox; `outbox_act` takes it back or tries again.
 */
outbox: Id, connection: string, attachment: Id, 
/**
 * `queued`, `sending`, `failed` or `saved`.
 */
state: string, words: string, 
/**
 * Whether there is a page of it at the provider: `saved_open` opens that.
 */
hasPage: boolean, };

export type SearchExcerptsReq = { query: string, 
/**
 * At most 200.
 */
messages: Array<Id>, };

export type SearchHitDto = { message: Id, thread: Id, account: Id, from: AddressDto, subject: string, snippet: string, date: Millis, unread: boolean, starred: boolean, attachments: boolean, 
/**
 * Where it lies: the folder's own name, and what the folder is for (as in `MailboxDto.role`).
 */
mailbox: string, role: string | null, };

export type SearchPage = { hits: Array<SearchHitDto>, next: string | null, ms: number, 
/**
 * A first sync is still running, or the index is being filled anew: older mail may be missing.
 */
partial: boolean, };

export type SearchReq = { query: string, 
/**
 * The account in view; None: all of them.
 */
account: Id | null, after: string | null, limit: number, 
/**
 * Best first instead of newest first: one page.
 */
best?: boolean, };

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
 * `HH:MM` of "this evening", "tomorrow", and the "later today" distance in hours.
 */
laterEvening: string, laterMorning: string, laterHours: number, 
/**
 * 0 (Sunday) … 6; None: as the language says.
 */
weekStart: number | null, 
/**
 * The days of work, 0 (Sunday) … 6, and its minutes after midnight, `[from, to]`: a time for a meeting is looked for in them.
 */
workDays: Array<number>, workHours: [number, number], 
/**
 * A closed window leaves Aurelius in the tray, where there is one: mail goes on coming in.
 */
keepRunning: boolean, 
/**
 * No notifications before this time.
 */
notifyPausedUntil: Millis | null, 
/**
 * Steps of "Getting started" that were done or put aside.
 */
startDone: Array<string>, 
/**
 * "Getting started" is no longer in the sidebar.
 */
startHidden: boolean, 
/**
 * The places that are looked into now and then show in the sidebar.
 */
railMore: boolean, };

export type SettingsExportReq = { 
/**
 * An absolute path that does not exist yet; None: a free name in the Downloads folder.
 */
path: string | null, };

export type SettingsImportReq = { 
/**
 * What a file of exported settings holds, at most 256 KiB.
 */
json: string, };

export type SettingsResetReq = { 
/**
 * `appearance`, `mail`, `shortcuts`, `notifications`, `storage`; None: everything.
 */
section: string | null, };

export type SignatureDto = { 
/**
 * 0: a new one.
 */
id: Id, account: Id, name: string, 
/**
 * Cleaned when it is saved.
 */
html: string, 
/**
 * Put below a new mail. One per account: saving another takes it from the first.
 */
forNew: boolean, 
/**
 * The same for answers and forwards.
 */
forReply: boolean, };

export type SignatureReq = { id: Id, };

/**
 * A time, best first, and who is missing.
 */
export type SlotDto = { start: Millis, end: Millis, 
/**
 * Places in the question's list of people: who can't, and who perhaps can't.
 */
cannot: Array<number>, perhaps: Array<number>, };

export type SlotPersonDto = { 
/**
 * As they were told. None: nothing is known.
 */
busy: Array<BusyDto> | null, 
/**
 * Without them there is no meeting.
 */
required: boolean, };

/**
 * Looks for a time in the working hours of the settings, among what is known already: nobody is asked.
 */
export type SlotsReq = { people: Array<SlotPersonDto>, from: Millis, to: Millis, 
/**
 * Of the meeting.
 */
minutes: number, 
/**
 * Suggestions, at most 20.
 */
most: number, };

export type SnoozeReq = { threads: Array<Id>, 
/**
 * In the future. None: bring them back now.
 */
until: Millis | null, };

export type SourceDto = { headers: string, 
/**
 * At most 512 KiB of it.
 */
raw: string, truncated: boolean, 
/**
 * The parts in order; `depth` makes the tree.
 */
structure: Array<PartDto>, };

export type SourceState = { 
/**
 * As in `SourceStatus.state`.
 */
state: string, words: string, hint: string, progress: number | null, lastSync: Millis | null, nextSync: Millis | null, 
/**
 * While `waiting`: the provider asked to be left alone until then.
 */
retryAt: Millis | null, };

export type SourceStatus = { connection: string, label: string, 
/**
 * `ok`, `syncing`, `paused`, `expired`, `error`, `disabled`, `offline`, `waiting` (rate limited until `retryAt`).
 */
state: string, words: string, progress: number | null, lastSync: Millis | null, nextSync: Millis | null, retryAt: Millis | null, };

export type SplitDto = { 
/**
 * 0: "Other", what no split takes; it can't be edited and comes last. For `ThreadFilter.split`.
 */
id: Id, name: string, 
/**
 * None for "Other".
 */
rule: SplitRule | null, 
/**
 * Conversations, and unread ones.
 */
total: number, unread: number, };

export type SplitOrderReq = { 
/**
 * All splits but 0.
 */
ids: Array<Id>, };

export type SplitReq = { id: Id, };

/**
 * Which conversations of the inbox belong to a split. A conversation is in the first split that takes it.
 */
export type SplitRule = { "type": "people" } | { "type": "news" } | { "type": "calendar" } | { "type": "query", query: string, };

export type SplitSaveReq = { 
/**
 * None: a new one, last in order.
 */
id: Id | null, name: string, rule: SplitRule, };

/**
 * A split that the inbox's own mail suggests.
 */
export type SplitSuggestion = { name: string, rule: SplitRule, 
/**
 * So many conversations of the inbox would be in it.
 */
threads: number, };

export type SplitsReq = { 
/**
 * Counts of this account only.
 */
account: Id | null, };

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

/**
 * Somebody to address.
 */
export type SuggestionDto = { name: string, email: string, 
/**
 * Of somebody who was never written to and stands in a list of a provider.
 */
knownBy: KnownByDto | null, };

export type SyncReq = { 
/**
 * None: all.
 */
connection: string | null, };

export type TableChoiceDto = { table: string, used: boolean, mapping: TableMappingDto | null, };

export type TableDoneDto = { "by": "checkbox", property: string, } | { "by": "groups", property: string, } | { "by": "options", property: string, started: Array<string>, done: Array<string>, };

export type TableDto = { id: string, name: string, properties: Array<TablePropertyDto>, used: boolean, mapping: TableMappingDto | null, suggested: TableMappingDto | null, 
/**
 * What of the mapping no longer fits, in words.
 */
problem: string | null, };

export type TableMappingDto = { done: TableDoneDto, due: string | null, priority: string | null, 
/**
 * What its options mean; what is not named means nothing.
 */
priorities: Array<TablePriorityDto>, labels: string | null, notes: string | null, 
/**
 * A property of people, and whose pages alone are tasks. Both or neither.
 */
assigned: string | null, person: string | null, };

export type TableOptionDto = { id: string, name: string, 
/**
 * Of a status: `open`, `started`, `done`.
 */
step: string | null, };

export type TablePersonDto = { id: string, name: string, };

export type TablePreviewReq = { connection: string, table: string, mapping: TableMappingDto, };

export type TablePreviewRow = { title: string, status: TaskState, due: TaskDue | null, priority: TaskPriority, labels: Array<string>, };

export type TablePriorityDto = { option: string, priority: TaskPriority, };

export type TablePropertyDto = { id: string, name: string, kind: TablePropertyKind, options: Array<TableOptionDto>, };

export type TablePropertyKind = "title" | "status" | "checkbox" | "select" | "multi_select" | "date" | "people" | "text" | "other";

export type TablesDto = { tables: Array<TableDto>, people: Array<TablePersonDto>, };

/**
 * Tables that are not named stay as they are.
 */
export type TablesSaveReq = { connection: string, choices: Array<TableChoiceDto>, };

/**
 * What the tasks of a list can hold. What is false is shown where it is set, and can't be changed.
 */
export type TaskAbilitiesDto = { 
/**
 * Tasks can be made and changed at all.
 */
write: boolean, notes: boolean, dueDay: boolean, 
/**
 * A time of day, not only a day.
 */
dueTime: boolean, priority: boolean, 
/**
 * Only a low and a high one.
 */
coarsePriority: boolean, labels: boolean, subtasks: boolean, 
/**
 * To another list of the same connection.
 */
moves: boolean, deletes: boolean, };

export type TaskCompleteReq = { id: Id, 
/**
 * False: it is open again.
 */
done: boolean, };

export type TaskConflict = { 
/**
 * `title`, `notes`, `due`, `priority`, `labels`, `status`, `list`, `parent`, `deleted`.
 */
field: string, mine: string, theirs: string, };

/**
 * How many open tasks of the lists that are shown.
 */
export type TaskCountsDto = { 
/**
 * Overdue ones included.
 */
today: number, overdue: number, upcoming: number, 
/**
 * Those that stand at the top.
 */
anytime: number, };

export type TaskCreateReq = { 
/**
 * None: the default list.
 */
list?: Id, fields: TaskFieldsDto, 
/**
 * The key of the event that it is made from. Without a title: the event's.
 */
event?: string, };

/**
 * What came of an act on a task.
 */
export type TaskDone = { 
/**
 * The task that was made or changed; None after a deletion.
 */
task: Id | null, 
/**
 * For `undo`.
 */
undo: string | null, undoUntil: Millis | null, 
/**
 * "“Call Bo” done".
 */
words: string, 
/**
 * After a task was closed: those below it that are still open. To close them too is the person's to say.
 */
openSubtasks: number, };

/**
 * Everything that is shown of one task.
 */
export type TaskDto = { row: TaskRow, 
/**
 * Plain text or Markdown, as the provider has it.
 */
notes: string, 
/**
 * Its page at the provider: an https address.
 */
url: string | null, can: TaskAbilitiesDto, 
/**
 * Why it can't be changed, in words.
 */
locked: string | null, parentTitle: string | null, 
/**
 * Open ones, each behind the one that it stands below.
 */
subtasks: Array<TaskRow>, 
/**
 * The mail that it was made from, while that is here.
 */
message: Id | null, 
/**
 * The conversation of that mail.
 */
thread: Id | null, 
/**
 * The key of the event that it was made from.
 */
event: string | null, updatedAt: Millis | null, 
/**
 * Both versions of what was changed on both sides.
 */
conflict: Array<TaskConflict>, };

/**
 * When a task is due, for somebody who looks.
 */
export type TaskDue = { 
/**
 * ISO date in the person's zone.
 */
day: string, 
/**
 * `HH:MM` in the person's zone.
 */
time: string | null, 
/**
 * Open, and its time is over.
 */
overdue: boolean, 
/**
 * As it is stored, for the form; never `never`.
 */
exact: TaskWhen, };

/**
 * What the form of a task says. Of a change, whatever is left out stays.
 */
export type TaskFieldsDto = { title?: string, notes?: string, due?: TaskWhen, priority?: TaskPriority, 
/**
 * All of them.
 */
labels?: Array<string>, status?: TaskState, parent?: TaskParent, 
/**
 * To another list of the same connection, with what stands below it.
 */
list?: Id, };

/**
 * Which tasks. Days are the person's own.
 */
export type TaskFilterDto = { "type": "today" } | { "type": "upcoming" } | { "type": "anytime" } | { "type": "list", list: Id, } | { "type": "done", list?: Id, } | { "type": "search", text: string, 
/**
 * Those that are done too.
 */
closed: boolean, };

export type TaskFromMessageReq = { message: Id, 
/**
 * None: the default list.
 */
list?: Id, 
/**
 * Without a title: the mail's subject.
 */
fields: TaskFieldsDto, };

export type TaskListChangeReq = { id: Id, shown?: boolean, hue?: number, 
/**
 * Only true means something: new tasks go here from now on.
 */
default?: boolean, };

/**
 * A list of a connection.
 */
export type TaskListDto = { id: Id, connection: string, 
/**
 * What the person calls the connection.
 */
source: string, name: string, 
/**
 * 0…9, index into the hues.
 */
hue: number, 
/**
 * Its tasks are among those of all lists.
 */
shown: boolean, 
/**
 * New tasks go here unless another is chosen; one list at most.
 */
default: boolean, can: TaskAbilitiesDto, 
/**
 * Open tasks.
 */
open: number, 
/**
 * Why it was not brought up to date, in words.
 */
error: string | null, lastSync: Millis | null, };

export type TaskPageDto = { tasks: Array<TaskRow>, 
/**
 * None: that was all.
 */
next: string | null, 
/**
 * How many the view has over all pages, where it is counted (subtasks only in `list`); None for `done` and `search`.
 */
total: number | null, counts: TaskCountsDto, };

/**
 * Where a task is to stand.
 */
export type TaskParent = { "type": "top" } | { "type": "below", task: Id, };

export type TaskPriority = "none" | "low" | "medium" | "high" | "urgent";

export type TaskReq = { id: Id, };

export type TaskResolveReq = { id: Id, 
/**
 * Keep one's own version; else theirs.
 */
mine: boolean, };

export type TaskRow = { id: Id, list: Id, parent: Id | null, 
/**
 * Steps below the top of what is listed.
 */
depth: number, title: string, hasNotes: boolean, due: TaskDue | null, priority: TaskPriority, labels: Array<string>, status: TaskState, 
/**
 * How it repeats, in the provider's words.
 */
repeats: string | null, completedAt: Millis | null, subtasksOpen: number, subtasksDone: number, 
/**
 * Can be changed.
 */
editable: boolean, 
/**
 * `waiting` (not at the provider yet), `conflict` (changed on both sides), `failed`.
 */
pending: string | null, 
/**
 * It was made from a mail or an event.
 */
linked: boolean, };

export type TaskState = "open" | "started" | "done" | "cancelled";

export type TaskUpdateReq = { id: Id, fields: TaskFieldsDto, };

/**
 * When a task is due.
 */
export type TaskWhen = { "type": "never" } | { "type": "day", day: string, } | { "type": "floating", at: string, } | { "type": "at", at: Millis, zone?: string, };

export type TasksReq = { view: TaskFilterDto, 
/**
 * `next` of the page before; None: from the beginning.
 */
after: string | null, 
/**
 * At most 200; what stands below a task comes with it and is not counted.
 */
limit: number, };

/**
 * A snippet (put into a text by `;` and its shortcut) or a template (a whole mail). `{first_name}`, `{name}`, `{email}`, `{subject}`,
 * `{my_name}`, `{my_first_name}`, `{my_email}` and `{date}` stand for what the draft says when it is used.
 */
export type TextDto = { 
/**
 * 0: a new one.
 */
id: Id, 
/**
 * `snippet` or `template`.
 */
kind: string, name: string, 
/**
 * A word of letters, digits, `-` and `_`; unique; may be empty.
 */
shortcut: string, 
/**
 * Templates only.
 */
subject: string, html: string, 
/**
 * How often it was used: the list is ordered by this.
 */
uses: number, };

export type TextReq = { id: Id, };

export type TextUseReq = { id: Id, 
/**
 * Whose recipient and sender the variables stand for.
 */
draft: Id, };

export type TextUsed = { html: string, subject: string, 
/**
 * Variables without a value here; they stay in the text as they are.
 */
missing: Array<string>, };

export type TextsReq = { 
/**
 * `snippet`, `template`, or None for both.
 */
kind: string | null, };

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
 * `inbox`, `starred`, `sent`, `drafts`, `archive`, `junk`, `trash`, `all`, and of this device: `snoozed`, `muted`, `reminders`.
 */
role: string | null, mailbox: Id | null, unread: boolean, 
/**
 * A split of the inbox (`role` is `inbox`); 0: "Other".
 */
split?: Id, };

export type ThreadReq = { id: Id, };

export type ThreadRow = { id: Id, account: Id, senders: Array<AddressDto>, count: number, subject: string, snippet: string, date: Millis, unread: boolean, starred: boolean, attachments: boolean, labels: Array<string>, 
/**
 * A queued change of ours.
 */
pending: boolean, 
/**
 * Absent: nothing special.
 */
state?: ThreadState, };

/**
 * What this device knows about a conversation beyond the provider. Nothing of it is written to the provider: on a phone a
 * snoozed conversation stays in the inbox.
 */
export type ThreadState = { 
/**
 * Out of the inbox until then.
 */
snoozedUntil: Millis | null, 
/**
 * Back at the top since it was last acted upon: `time` (the snooze ended), `reply` (somebody answered), `reminder` (nobody did).
 */
returned: string | null, muted: boolean, 
/**
 * Comes back then if nobody has answered.
 */
remindAt: Millis | null, };

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

/**
 * Something that can still be taken back, newest first.
 */
export type UndoRow = { 
/**
 * For `undo`.
 */
token: string, 
/**
 * `act`, `snooze`, `mute`, `remind`, `discard`, `send`, `bulk`.
 */
kind: string, 
/**
 * "3 conversations archived".
 */
words: string, count: number, at: Millis, until: Millis, };

export type UnsubscribeDto = { 
/**
 * `oneClick`, `mail` (both by the command `unsubscribe`), `link` (a link like any other: `link_check`, `link_open`).
 */
kind: string, 
/**
 * Host or address that gets the request.
 */
target: string, 
/**
 * For `link` alone.
 */
href: string | null, 
/**
 * The mail server found a valid signature.
 */
verified: boolean, };

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

/**
 * What was left after the workspace was erased.
 */
export type WipeRes = { app: AppState, 
/**
 * Access that could not be withdrawn: the person has to remove it on the account page.
 */
grants: Array<GrantLeft>, 
/**
 * Files in the folder that are not of Aurelius.
 */
kept: Array<string>, 
/**
 * The key, which opens nothing any more, is still in the keyring.
 */
keyLeft: boolean, };

/** Characters of a passphrase that is chosen now. */
export const PASSPHRASE_LEAST = 12;

/** Every command: [request, response]. */
export interface Commands {
  app_state: [Empty, AppState];
  vault_create: [VaultCreateReq, AppState];
  vault_unlock: [VaultUnlockReq, AppState];
  vault_info: [Empty, VaultInfo];
  vault_rekey: [VaultRekeyReq, AppState];
  store_set_aside: [Empty, AppState];
  workspace_wipe: [Empty, WipeRes];
  sample_start: [Empty, AppState];
  sample_leave: [Empty, AppState];
  asked: [Empty, Array<Ask>];
  settings: [Empty, Settings];
  settings_save: [Settings, Settings];
  settings_reset: [SettingsResetReq, Settings];
  settings_export: [SettingsExportReq, SavedFile];
  settings_import: [SettingsImportReq, Settings];
  integrations: [Empty, Array<IntegrationDto>];
  connections: [Empty, Array<ConnectionDto>];
  connect_oauth: [ConnectOAuthReq, PendingSignIn];
  connect_device: [ConnectOAuthReq, DeviceSignIn];
  connect_cancel: [AttemptReq, Empty];
  connect_reopen: [AttemptReq, Empty];
  autoconfigure: [AutoconfigureReq, Array<ServerGuessDto>];
  connect_mail: [ConnectMailReq, ConnectionDto];
  connect_jmap: [ConnectJmapReq, ConnectionDto];
  connection_update: [ConnectionUpdateReq, ConnectionDto];
  disconnect: [ConnectionReq, DisconnectRes];
  client_config: [ClientConfigReq, ClientConfig];
  client_config_save: [ClientConfig, ClientConfig];
  sync_now: [SyncReq, Empty];
  network_changed: [Empty, Empty];
  status: [Empty, Status];
  mailboxes: [Empty, Array<AccountMailboxes>];
  mailbox_create: [MailboxCreateReq, MailboxDto];
  mailbox_rename: [MailboxRenameReq, MailboxDto];
  mailbox_delete: [MailboxReq, Empty];
  threads: [ThreadsReq, ThreadsPage];
  thread: [ThreadReq, ThreadDto];
  message_body: [BodyReq, BodyDto];
  message_source: [MessageReq, SourceDto];
  attachment_save: [AttachmentReq, SavedFile];
  attachment_check: [AttachmentReq, AttachmentRisk];
  attachment_open: [AttachmentOpenReq, SavedFile];
  attachment_save_to: [AttachmentSaveToReq, Array<SavedToDto>];
  saved_to: [MessageReq, Array<SavedToDto>];
  saved_open: [SavedOpenReq, Empty];
  file_places: [Empty, Array<FilePlaceDto>];
  file_page: [FilePageReq, Empty];
  remote_files: [RemoteFilesReq, Array<RemoteFilesAt>];
  remote_file_open: [RemoteFileReq, Empty];
  act: [ActReq, ActRes];
  undo: [UndoReq, ActRes];
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
  link_check: [LinkReq, LinkVerdict];
  link_open: [LinkReq, Empty];
  images_allow: [ImagesAllowReq, Empty];
  unsubscribe: [MessageReq, ActRes];
  block_sender: [BlockReq, ActRes];
  blocked: [Empty, Array<BlockedDto>];
  unblock: [BlockedReq, Empty];
  report_phishing: [PhishingReq, ActRes];
  original_open: [OriginalReq, Empty];
  print: [Empty, Empty];
  draft_new: [DraftNewReq, DraftDto];
  draft: [DraftReq, DraftDto];
  drafts: [Empty, Array<DraftRow>];
  draft_save: [DraftSaveReq, DraftSaved];
  draft_attach: [DraftAttachReq, DraftDto];
  draft_attach_remote: [DraftAttachRemoteReq, DraftDto];
  draft_detach: [DraftDetachReq, DraftDto];
  draft_discard: [DraftReq, ActRes];
  draft_send: [DraftSendReq, ActRes];
  draft_versions: [DraftReq, Array<DraftVersionDto>];
  draft_restore: [DraftRestoreReq, DraftDto];
  signatures: [Empty, Array<SignatureDto>];
  signature_save: [SignatureDto, SignatureDto];
  signature_delete: [SignatureReq, Empty];
  texts: [TextsReq, Array<TextDto>];
  text_save: [TextDto, TextDto];
  text_delete: [TextReq, Empty];
  text_use: [TextUseReq, TextUsed];
  contacts: [ContactsReq, ContactsPage];
  person: [PersonReq, PersonDto];
  files: [FilesReq, FilesPage];
  activity: [ActivityReq, ActivityPage];
  activity_verify: [Empty, ActivityVerdict];
  activity_export: [ActivityExportReq, SavedFile];
  suggest_addresses: [SuggestReq, Array<SuggestionDto>];
  calendars: [Empty, Array<CalendarDto>];
  calendar_change: [CalendarChangeReq, Array<CalendarDto>];
  events: [EventsReq, EventsRes];
  event_find: [EventFindReq, Array<EventRow>];
  event: [EventReq, EventDto];
  event_create: [EventCreateReq, EventDone];
  event_update: [EventUpdateReq, EventDone];
  event_delete: [EventDeleteReq, EventDone];
  event_respond: [EventRespondReq, EventDone];
  event_resolve: [EventResolveReq, EventDone];
  guests_time: [GuestsTimeReq, Array<GuestTimeDto>];
  guests_time_cancel: [Empty, Empty];
  slots: [SlotsReq, Array<SlotDto>];
  calendar_export: [CalendarReq, SavedFile];
  calendar_import: [CalendarImportReq, CalendarImported];
  invite_respond: [InviteRespondReq, EventDone];
  invite_note: [InviteNoteReq, EventDone];
  connect_dav: [ConnectDavReq, ConnectionDto];
  connect_feed: [ConnectFeedReq, ConnectionDto];
  task_lists: [Empty, Array<TaskListDto>];
  task_list_change: [TaskListChangeReq, Array<TaskListDto>];
  tasks: [TasksReq, TaskPageDto];
  task: [TaskReq, TaskDto];
  task_create: [TaskCreateReq, TaskDone];
  task_update: [TaskUpdateReq, TaskDone];
  task_complete: [TaskCompleteReq, TaskDone];
  task_delete: [TaskReq, TaskDone];
  task_resolve: [TaskResolveReq, TaskDone];
  task_from_message: [TaskFromMessageReq, TaskDone];
  task_tables: [ConnectionReq, TablesDto];
  task_table_preview: [TablePreviewReq, Array<TablePreviewRow>];
  task_tables_save: [TablesSaveReq, ConnectionDto];
  connect_token: [ConnectTokenReq, ConnectionDto];
  search: [SearchReq, SearchPage];
  search_excerpts: [SearchExcerptsReq, Array<ExcerptDto>];
  outbox: [Empty, Array<OutboxRow>];
  outbox_act: [OutboxActReq, OutboxActRes];
}
