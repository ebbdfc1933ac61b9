//! What the window and the command line ask for and get. Plain data with serde; no secret can be in an answer, because no
//! field here has a type that could hold one (passwords come in as `SecretString`, which serialises nowhere).

use std::path::PathBuf;

use domain::{
    SecretString,
    audit::Actor,
    connection::{Account, Connection, MailServers, ServerEndpoint, SyncSelection},
    ids::{AccountId, AttachmentId, ConnectionId, DraftId, IntegrationId, MailboxId, MessageId, OutboxId, ScopeId, ThreadId},
    integration::{AuthKind, ClientSource, RedirectKind, Service, SignInWay},
    mail::{Address, Attachment, Mailbox, MailboxRole, MessageSummary},
    source::Probe,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

pub use crate::config::ProviderSettings;

/// A row of the catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct IntegrationView {
    pub id: IntegrationId,
    pub label: String,
    pub description: String,
    pub auth: AuthKind,
    /// Beside a token of the person's own.
    pub sign_in: Option<SignInWay>,
    pub redirect: Option<RedirectKind>,
    pub services: Vec<Service>,
    /// Every feature with its scope in words; `granted` is false throughout.
    pub features: Vec<FeatureView>,
    pub scopes: Vec<String>,
    pub revocable: bool,
    pub account_page: Option<String>,
    pub client: ClientSource,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureView {
    pub id: String,
    pub service: Service,
    pub label: String,
    pub granted: bool,
    /// Why it is off, when it is; else empty.
    pub why: String,
}

/// Stored status plus the two derived ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Active,
    Syncing,
    Paused,
    Offline,
    Expired,
    Error,
    Disabled,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectionView {
    pub id: ConnectionId,
    pub connection: Connection,
    pub integration_label: String,
    /// Whether the provider lets us end what this connection lives from; None where it is no sign-in.
    #[serde(default)]
    pub withdrawable: Option<bool>,
    pub health: Health,
    /// In words, when the health is not `active` or `syncing`.
    pub reason: Option<String>,
    /// What the person can do about it.
    pub hint: Option<String>,
    pub accounts: Vec<Account>,
    pub features: Vec<FeatureView>,
    pub can_send: bool,
    pub last_sync: Option<Timestamp>,
    pub next_sync: Option<Timestamp>,
    /// The provider asked to be left alone until then.
    #[serde(default)]
    pub waits_until: Option<Timestamp>,
    /// (done, total) of a running first sync.
    pub progress: Option<(u64, u64)>,
    pub error_count: u32,
    pub scopes: Vec<ScopeView>,
    pub messages: i64,
    /// Names of folders that are not synced.
    #[serde(default)]
    pub excluded: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScopeView {
    pub id: ScopeId,
    pub service: Service,
    pub name: String,
    pub role: Option<MailboxRole>,
    pub running: bool,
    pub last_sync: Option<Timestamp>,
    pub next_sync: Option<Timestamp>,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub error_count: u32,
    pub progress: Option<(u64, u64)>,
}

#[derive(Clone, Debug)]
pub struct BeginOAuth {
    pub integration: IntegrationId,
    pub intent: OAuthIntent,
    pub login_hint: Option<String>,
    pub actor: Actor,
}

/// What a sign-in is for. Sealed into the pending row, so that a callback can't change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
// One per sign-in: its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum OAuthIntent {
    New,
    Reconnect {
        connection: ConnectionId,
    },
    /// Sign in at the organisation, then use its tokens at this mail server. `servers.auth` is filled in by the engine.
    MailVia {
        servers: MailServers,
        email: String,
        #[serde(default)]
        display_name: String,
    },
}

/// A sign-in with a code, under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceStart {
    pub attempt: String,
    /// The person types it in at `verification_uri`.
    pub user_code: String,
    pub verification_uri: String,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OAuthStart {
    /// Handle for waiting and cancelling; says nothing about the state parameter.
    pub attempt: String,
    pub authorize_url: String,
    pub redirect: RedirectKind,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct ConnectImap {
    pub email: String,
    pub display_name: String,
    pub username: String,
    pub imap: ServerEndpoint,
    pub smtp: Option<ServerEndpoint>,
    pub auth: ImapAuth,
    pub selection: SyncSelection,
    pub actor: Actor,
}

#[derive(Clone, Debug)]
pub enum ImapAuth {
    Password(SecretString),
    /// Tokens of this OIDC connection.
    Oidc {
        connection: ConnectionId,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImapConnected {
    pub connection: ConnectionView,
    pub probe: Probe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationOutcome {
    /// Withdrawn at the provider, or dead already.
    Revoked,
    /// It did not work now, for want of the provider or of our registration: retried for at most 7 days.
    Queued,
    /// No revocation at this provider; see `account_page`.
    Unsupported,
    /// Passwords are not revoked.
    NotNeeded,
    /// Refused by the provider; the person should look at the account page.
    Failed,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DisconnectReport {
    pub connection: ConnectionId,
    pub revocation: RevocationOutcome,
    /// The outcome in words.
    pub message: String,
    pub erased_messages: u64,
    pub account_page: Option<String>,
}

/// What became of one grant when the workspace was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Of the connection; empty for one that was disconnected before.
    pub label: String,
    pub provider: String,
    pub outcome: RevocationOutcome,
    /// Where the person can remove the access.
    pub account_page: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SyncReport {
    pub scopes: Vec<ScopeReport>,
    pub outbox: Vec<OutboxReport>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScopeReport {
    pub connection: ConnectionId,
    pub scope: ScopeId,
    /// Mailbox name, or the service for a scope over the whole account.
    pub name: String,
    pub added: u64,
    pub updated: u64,
    pub removed: u64,
    /// Bytes of mail that came over the wire.
    pub bytes: u64,
    pub ms: u64,
    pub error: Option<crate::EngineError>,
    /// Why nothing was tried, where the person wants it so.
    #[serde(default)]
    pub skipped: Option<Skipped>,
}

/// A connection that a sync of everything leaves alone on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skipped {
    /// Switched off.
    Disabled,
    Paused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxOutcome {
    /// The provider has it.
    Done,
    /// Proof was found that the provider had it already; nothing was sent again.
    Proved,
    /// Tried again later.
    Later,
    /// Needs the person.
    Wedged,
    /// Still in its undo window, or scheduled.
    Waiting,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OutboxReport {
    pub id: OutboxId,
    pub connection: ConnectionId,
    pub kind: String,
    pub outcome: OutboxOutcome,
    pub detail: String,
    /// Recipients that the server refused, with its words; the others have the mail.
    #[serde(default)]
    pub refused: Vec<(String, String)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountMailboxes {
    pub account: Account,
    pub mailboxes: Vec<Mailbox>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnifiedCounts {
    pub inbox_unread: i64,
    pub drafts: i64,
    pub outbox_waiting: i64,
    pub outbox_wedged: i64,
    /// (account, unread in its inbox)
    pub accounts: Vec<(AccountId, i64)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ThreadDetail {
    pub id: ThreadId,
    pub account: AccountId,
    pub subject: String,
    /// Oldest first.
    pub messages: Vec<MessageSummary>,
    pub attachments: Vec<Attachment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Images {
    /// As the person's standing permissions say; blocked where they say nothing.
    Default,
    /// Shown this once.
    Once,
}

#[derive(Clone, Debug)]
pub struct AttachmentBytes {
    pub name: String,
    pub mime: String,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    Archive,
    Trash,
    Spam,
    NotSpam,
    Move { to: MailboxId },
    Read { on: bool },
    Star { on: bool },
    AddLabel { label: MailboxId },
    RemoveLabel { label: MailboxId },
    DeleteForever,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    Messages {
        ids: Vec<MessageId>,
    },
    /// All messages of these threads; with `mailbox`, only those that lie in it.
    Threads {
        ids: Vec<ThreadId>,
        #[serde(default)]
        mailbox: Option<MailboxId>,
        #[serde(default)]
        role: Option<MailboxRole>,
    },
}

/// What `undo` needs: the queued writes, and what to do where one has left already. Opaque to the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoToken {
    pub items: Vec<UndoItem>,
    /// "Archived 3 conversations".
    pub label: String,
    /// Messages that were touched.
    pub count: u64,
    pub undoable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoItem {
    pub outbox: OutboxId,
    pub account: AccountId,
    /// None: cannot be taken back once it ran.
    pub inverse: Option<domain::outbox::OutboxOp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyKind {
    Reply,
    ReplyAll,
    Forward,
}

/// What the composer edits. Everything else of the mail is made when it is sent. Not the stored form (`store::DraftContent`): there
/// the sender is a column, HTML is always there, and the References that tie an answer to its thread are nobody's to edit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftContent {
    /// Sending account; None until one is chosen.
    pub account: Option<AccountId>,
    #[serde(default)]
    pub to: Vec<Address>,
    #[serde(default)]
    pub cc: Vec<Address>,
    #[serde(default)]
    pub bcc: Vec<Address>,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub text: String,
    /// Rich text; None: plain text only.
    #[serde(default)]
    pub html: Option<String>,
    /// The mail that is answered or forwarded, cleaned, as HTML. Kept apart, so that the composer can fold it.
    #[serde(default)]
    pub quoted: String,
    /// Answered message.
    #[serde(default)]
    pub in_reply_to: Option<MessageId>,
    /// Forwarded message: \Forwarded is set on it.
    #[serde(default)]
    pub forward_of: Option<MessageId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftView {
    pub id: DraftId,
    pub content: DraftContent,
    pub attachments: Vec<DraftAttachment>,
    /// Grows with every save: a save with an older one is refused.
    pub version: i64,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftAttachment {
    pub id: AttachmentId,
    pub name: String,
    pub mime: String,
    pub size: u64,
    pub inline: bool,
    pub content_id: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendOptions {
    /// The mail stays here so long; it can be taken back until then.
    #[serde(default)]
    pub undo_seconds: u32,
    #[serde(default)]
    pub send_at: Option<Timestamp>,
}

/// A mail of the command line.
#[derive(Clone, Debug)]
pub struct SendMail {
    /// Address of an account; None when there is only one that can send.
    pub from: Option<String>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub attachments: Vec<PathBuf>,
    pub in_reply_to: Option<MessageId>,
    pub options: SendOptions,
    pub actor: Actor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Ok,
    Warn,
    Fail,
}

/// One line of `doctor`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    pub id: String,
    pub label: String,
    pub state: CheckState,
    pub detail: String,
    /// What to do; empty when all is well.
    #[serde(default)]
    pub hint: String,
}
