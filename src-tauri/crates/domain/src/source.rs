//! The traits that providers implement and the engine calls. Object-safe, because the engine must not know the providers.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    calendar::CalendarSource,
    connection::{Connection, MailServers},
    error::ProviderError,
    files::FileSource,
    ids::{IntegrationId, RemoteId},
    integration::Integration,
    mail::{FlagChange, Flags, MailboxRole, RemoteMailbox},
    oauth::{AuthorizeParams, DeviceCode, DevicePoll, Identity, OAuthError, Revocation, TokenSet},
    people::PeopleSource,
    sync::{Budget, ChangeBatch, RemoteMail, SyncCursor, SyncScope},
    tasks::TaskSource,
    time::Timestamp,
};

/// Secrets of one connection, handed out by the engine's token vault for the length of a call.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The password of a password connection.
    async fn password(&self) -> Result<SecretString, ProviderError>;
    /// A valid access token, refreshed ahead of expiry, single-flight.
    async fn access_token(&self) -> Result<SecretString, ProviderError>;
    /// A token that is not `stale`: called once after a 401, never twice for one request.
    async fn refreshed(&self, stale: &SecretString) -> Result<SecretString, ProviderError>;
}

/// Receives raw messages as they arrive, so that a 50 MB mail never sits in memory at once.
/// Calls come strictly as `begin, chunk*, end` per message; an error aborts the fetch.
#[async_trait]
pub trait MailSink: Send {
    async fn begin(&mut self, mail: RemoteMail) -> Result<(), ProviderError>;
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError>;
    async fn end(&mut self) -> Result<(), ProviderError>;
    /// Instead of all that, or after a part of it: this message can't be read. `header` is what could be read of its header; `why` is
    /// fit for the person. It does not abort the fetch.
    async fn unreadable(&mut self, _mail: RemoteMail, _header: &[u8], _why: &str) -> Result<(), ProviderError> {
        Ok(())
    }
}

/// Told by a sender just before the point of no return (SMTP: before the final dot). Must return only once it is durable.
#[async_trait]
pub trait SendWitness: Send + Sync {
    async fn data_sent(&self) -> Result<(), ProviderError>;
}

/// A message ready for the wire.
#[derive(Clone, Debug)]
pub struct OutgoingMail {
    /// Envelope sender and recipients (addr-specs; Bcc is only here).
    pub from: String,
    pub recipients: Vec<String>,
    /// RFC 5322 bytes with CRLF, rendered once. Has no Bcc header.
    pub raw: Vec<u8>,
    /// Without brackets.
    pub message_id: String,
    /// The provider's thread to answer in (Gmail).
    pub thread: Option<RemoteId>,
}

/// What became of one submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// Id of the sent copy where the provider made one.
    pub remote: Option<RemoteId>,
    /// True where the provider files the sent copy itself: no APPEND.
    pub filed: bool,
    /// Recipients that the server refused, with its words; the others were accepted.
    pub refused: Vec<(String, String)>,
    /// Recipients that the server puts off (RFC 5321 section 4.2.1, 4yz) while it took the others: they get the mail later.
    pub deferred: Vec<(String, String)>,
}

impl Submitted {
    /// Taken for all recipients by a provider that sends and files in one.
    pub const fn filed(sent: RemoteId) -> Self {
        Self { remote: Some(sent), filed: true, refused: Vec::new(), deferred: Vec::new() }
    }
}

/// A write to mail that is not a send. Ids are remote: the outbox worker resolves them when it runs, after earlier writes
/// of the same message may have changed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailWrite {
    /// `mailbox` is the container the ids live in (IMAP).
    Flags { mailbox: Option<RemoteId>, ids: Vec<RemoteId>, change: FlagChange },
    /// IMAP: MOVE. Gmail and JMAP: remove `from`, add `to`. `again`: an attempt before this one may have got part of the way, so what has been
    /// copied already is looked for first.
    Move { from: Option<RemoteId>, to: RemoteId, ids: Vec<RemoteId>, again: bool },
    /// Where mail bears labels, or lies in several folders at once (JMAP).
    Labels { ids: Vec<RemoteId>, add: Vec<RemoteId>, remove: Vec<RemoteId> },
    /// For ever. IMAP: \Deleted + UID EXPUNGE.
    Delete { mailbox: Option<RemoteId>, ids: Vec<RemoteId> },
    /// File a message (Sent copy, draft). `replaces` is deleted after the new one is stored.
    Append { mailbox: RemoteId, raw: Vec<u8>, message_id: String, flags: Flags, replaces: Option<RemoteId> },
    /// A folder or label; one of this name that is there already is the answer. `name`: hierarchy as `/`.
    CreateMailbox { name: String, role: Option<MailboxRole> },
    /// Says every id that changed with it (IMAP: the folders below, too) in [`Written::renamed`].
    RenameMailbox { mailbox: RemoteId, name: String },
    /// A folder only while it is empty: its mail would go with it. A label leaves its mail alone.
    DeleteMailbox { mailbox: RemoteId },
}

/// New remote ids after a write, where the provider says them (COPYUID, APPENDUID, draft ids): (old, new).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub renamed: Vec<(RemoteId, RemoteId)>,
    /// Id of an appended message, or of a mailbox that was made.
    pub appended: Option<RemoteId>,
    /// Messages that were marked as deleted and could not be removed: the server can't expunge only them (no UIDPLUS).
    pub left_marked: u64,
}

/// A mail account at a provider.
#[async_trait]
pub trait MailSource: Send + Sync {
    /// Every mailbox, with roles.
    async fn mailboxes(&self) -> Result<Vec<RemoteMailbox>, ProviderError>;
    /// Gmail and JMAP answer false: one scope for the account.
    fn scope_per_mailbox(&self) -> bool;
    /// Whether mailboxes are folders: mail lies in them, and deleting one deletes what lies in it alone. Gmail's are labels, which leave mail
    /// alone. JMAP's are folders although there is one scope.
    fn folders(&self) -> bool {
        self.scope_per_mailbox()
    }
    /// The next page after `cursor` (None: first sync, newest first). Idempotent: asking again with the same cursor repeats it.
    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
    ) -> Result<ChangeBatch<RemoteMail>, ProviderError>;
    /// Streams the raw bytes of these messages into `sink`. Ids that no longer exist are left out silently.
    async fn fetch(&self, scope: &SyncScope, ids: &[RemoteId], sink: &mut dyn MailSink) -> Result<(), ProviderError>;
    async fn write(&self, write: &MailWrite) -> Result<Written, ProviderError>;
    /// Proof of a send or an append: the id of a message with this Message-ID in `mailbox` (None: Sent).
    async fn find(&self, mailbox: Option<&RemoteId>, message_id: &str) -> Result<Option<RemoteId>, ProviderError>;
    /// Whether [`Self::find`] is proof of absence of a *sent* mail too: after [`SendWitness::data_sent`] and `None` it may be
    /// sent again (Gmail: yes, one system sends and files; SMTP + IMAP: no).
    fn absence_is_proof(&self) -> bool {
        false
    }
    /// Whether a reply to a submission decides about the mail even where it says "try later": SMTP says so after the final dot; a 5xx of a
    /// web service may come from something in between, after the mail was taken.
    fn reply_decides(&self) -> bool {
        true
    }
    /// False for a receive-only account.
    fn can_send(&self) -> bool;
    async fn submit(&self, mail: &OutgoingMail, witness: &dyn SendWitness) -> Result<Submitted, ProviderError>;
    /// Waits until the provider says that something changed (IDLE), at most `max`. Sources without push return at once with
    /// `Unsupported`.
    async fn wait(&self, scope: &SyncScope, max: std::time::Duration) -> Result<(), ProviderError>;
    /// What the provider wants the person to see (IMAP: `[ALERT]`), the newest; each text once.
    fn take_alert(&self) -> Option<String> {
        None
    }
    /// Closes pooled connections.
    async fn close(&self);
}

/// What a check of servers and credentials found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Probe {
    pub capabilities: Vec<String>,
    /// In words: "No SMTP server: this account is receive-only".
    pub notes: Vec<String>,
}

/// A guess of the servers for an address, best first. Nothing secret has been sent to any of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerGuess {
    /// Where it was found: `autoconfig`, `well-known`, `ispdb`, `srv`, `guess`.
    pub origin: String,
    pub servers: MailServers,
    /// The host is outside the address's domain: the person must confirm.
    pub foreign: bool,
    /// The provider wants OAuth for this (Gmail, Outlook): offer that instead.
    pub oauth: Option<IntegrationId>,
}

/// The one door from the engine to the internet; `providers::Providers` is it.
#[async_trait]
pub trait Connector: Send + Sync {
    fn integrations(&self) -> &[Integration];
    fn integration(&self, id: &IntegrationId) -> Option<&Integration> {
        self.integrations().iter().find(|i| &i.id == id)
    }
    /// Endpoints and client of a provider, discovered where need be.
    async fn authorize_params(&self, id: &IntegrationId) -> Result<AuthorizeParams, OAuthError>;
    /// Begins a sign-in with a code ([`crate::integration::SignInWay::Device`]).
    async fn device_begin(&self, id: &IntegrationId, _now: Timestamp) -> Result<DeviceCode, OAuthError> {
        Err(OAuthError::Config(format!("{id} has no sign-in with a code.")))
    }
    /// Whether the person has typed the code in. An error ends the attempt, unless it is one to retry.
    async fn device_poll(&self, id: &IntegrationId, _device_code: &SecretString, _now: Timestamp) -> Result<DevicePoll, OAuthError> {
        Err(OAuthError::Config(format!("{id} has no sign-in with a code.")))
    }
    async fn exchange(
        &self,
        id: &IntegrationId,
        code: &SecretString,
        verifier: &SecretString,
        redirect_uri: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<TokenSet, OAuthError>;
    async fn refresh(&self, id: &IntegrationId, refresh_token: &SecretString, now: Timestamp) -> Result<TokenSet, OAuthError>;
    async fn revoke(&self, id: &IntegrationId, token: &SecretString) -> Result<Revocation, OAuthError>;
    /// Who signed in.
    async fn identity(&self, id: &IntegrationId, tokens: &TokenSet) -> Result<Identity, OAuthError>;
    /// The mail side of a connection; None where it has none.
    fn mail(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<Option<Arc<dyn MailSource>>, ProviderError>;
    /// The calendars of a connection; None where it has none.
    fn calendar(
        &self,
        connection: &Connection,
        credentials: Arc<dyn Credentials>,
    ) -> Result<Option<Arc<dyn CalendarSource>>, ProviderError>;
    /// The task lists of a connection; None where it has none.
    fn tasks(&self, _connection: &Connection, _credentials: Arc<dyn Credentials>) -> Result<Option<Arc<dyn TaskSource>>, ProviderError> {
        Ok(None)
    }
    /// The files of a connection; None where it has none.
    fn files(&self, _connection: &Connection, _credentials: Arc<dyn Credentials>) -> Result<Option<Arc<dyn FileSource>>, ProviderError> {
        Ok(None)
    }
    /// The lists of people of a connection; None where it has none, or none was granted.
    fn people(&self, _connection: &Connection, _credentials: Arc<dyn Credentials>) -> Result<Option<Arc<dyn PeopleSource>>, ProviderError> {
        Ok(None)
    }
    /// Whose token the credentials hold, where the person gives one themselves ([`crate::integration::AuthKind::Token`]), or whose account a
    /// password opens where the server knows (JMAP).
    async fn owner(&self, connection: &Connection, _credentials: Arc<dyn Credentials>) -> Result<Identity, ProviderError> {
        Err(ProviderError::Unsupported(format!("{} is not connected by a token.", connection.integration)))
    }
    /// Connects and signs in at IMAP and SMTP, reads nothing.
    async fn probe(&self, servers: &MailServers, credentials: Arc<dyn Credentials>) -> Result<Probe, ProviderError>;
    /// Finds servers for an address (PROVIDERS 4.1). Third parties (the ISPDB, the mail exchanger's provider)
    /// are only asked when `third_parties`.
    async fn autoconfigure(&self, email: &str, third_parties: bool) -> Result<Vec<ServerGuess>, ProviderError>;
    /// Fetches a remote image for the reader: no cookies, no referrer, at most `max` bytes, no private addresses.
    async fn fetch_image(&self, url: &str, max: usize) -> Result<RemoteImage, ProviderError>;
    /// One-click unsubscribe (RFC 8058 section 3.2): POST `List-Unsubscribe=One-Click` to an https address that a mail named. No
    /// cookies, no credentials, no private addresses, no redirect away from https.
    async fn unsubscribe(&self, url: &str) -> Result<(), ProviderError>;
}

#[derive(Clone, Debug)]
pub struct RemoteImage {
    pub mime: String,
    pub bytes: Vec<u8>,
}
