//! What the command line can ask of an engine, whether that engine lives in its own process or in a running window.
//!
//! One enum with a variant per command, so that a command cannot exist on one side only, and a stream of frames as the answer.
//! Shapes of the answers are a published contract (docs/cli/*.schema.json); they are built in `shapes` and nowhere else.

mod calendar;
mod connect;
mod files;
mod mail;
mod shapes;
mod tasks;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{
    ExposeSecret, SecretString,
    audit::Actor,
    connection::{Security, ServerEndpoint},
    ids::{ConnectionId, MessageId, OutboxId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::PageCursor;
use tokio::sync::Notify;

use crate::{
    Engine, EngineError,
    holder::{Handler, Replies},
    views::{CheckState, RevocationOutcome},
};

pub use calendar::{CalendarRequest, EndWords, FieldWords, WhenWords};
pub use files::FilesRequest;
pub use tasks::{DueWords, MoveWords, TableWords, TaskWords, TasksRequest, ViewWords};

/// The most rows of one page.
pub const LIMIT_MAX: u32 = 10_000;

/// A command of `aurelius-cli`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum Request {
    ConnectOauth {
        integration: String,
        /// This connection signs in anew; it is found like any other, by id or address.
        #[serde(default)]
        reconnect: Option<String>,
    },
    /// With a code; the first line says it.
    ConnectDevice {
        integration: String,
        reconnect: Option<String>,
    },
    ConnectImap(Box<ConnectImapRequest>),
    ConnectJmap(Box<ConnectJmapRequest>),
    ConnectDav(Box<ConnectDavRequest>),
    ConnectFeed(Box<ConnectFeedRequest>),
    ConnectToken(Box<ConnectTokenRequest>),
    Connections,
    Sync {
        connection: Option<String>,
    },
    MailList {
        mailbox: Option<String>,
        connection: Option<String>,
        limit: u32,
        after: Option<String>,
    },
    MailShow {
        id: String,
        form: ShowForm,
    },
    MailSend(Box<SendRequest>),
    MailFlag {
        id: String,
        flag: FlagWord,
    },
    MailMove {
        id: String,
        to: String,
    },
    Search {
        query: String,
        limit: u32,
        after: Option<String>,
        /// Best first instead of newest first: one page.
        #[serde(default)]
        best: bool,
    },
    /// A tag of its own (`act`) beside `command`.
    Calendar(Box<CalendarRequest>),
    Tasks(Box<TasksRequest>),
    Files(Box<FilesRequest>),
    OutboxList,
    OutboxRetry {
        id: String,
    },
    OutboxDiscard {
        id: String,
    },
    Disconnect {
        id: String,
    },
    Audit {
        limit: u32,
        after: Option<String>,
    },
    Doctor,
    Open {
        url: String,
    },
}

impl Request {
    /// Whether a server has to be trusted for it. What only reads the store, or queues, needs no roots.
    const fn asks_servers(&self) -> bool {
        match self {
            Self::Calendar(request) => request.asks_servers(),
            Self::Tasks(request) => request.asks_servers(),
            Self::Files(request) => request.asks_servers(),
            Self::ConnectOauth { .. }
            | Self::ConnectDevice { .. }
            | Self::ConnectImap(_)
            | Self::ConnectJmap(_)
            | Self::ConnectDav(_)
            | Self::ConnectFeed(_)
            | Self::ConnectToken(_)
            | Self::Sync { .. }
            | Self::MailSend(_)
            | Self::MailFlag { .. }
            | Self::MailMove { .. }
            | Self::OutboxRetry { .. }
            | Self::Disconnect { .. }
            | Self::Doctor
            | Self::Open { .. } => true,
            Self::Connections
            | Self::MailList { .. }
            | Self::MailShow { .. }
            | Self::Search { .. }
            | Self::OutboxList
            | Self::OutboxDiscard { .. }
            | Self::Audit { .. } => false,
        }
    }
}

/// A request on its way to the holder, with the `--ca-file` of the command that hands it over.
#[derive(Serialize)]
pub struct Handed<'a> {
    #[serde(flatten)]
    pub request: &'a Request,
    /// Absolute. Left out where there is none, as earlier versions wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<&'a Path>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectImapRequest {
    pub email: String,
    pub display_name: String,
    pub username: String,
    /// None: sign in at the organisation (`--auth oidc`).
    pub password: Option<WireSecret>,
    pub imap: ServerEndpoint,
    pub smtp: Option<ServerEndpoint>,
    /// This connection gets the sign-in and servers; it is found like any other, by id or address.
    #[serde(default)]
    pub reconnect: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectJmapRequest {
    /// An address, a host or an e-mail address; empty where the user name is one.
    pub url: String,
    /// None: the secret is a token.
    pub username: Option<String>,
    pub secret: WireSecret,
    /// This connection signs in anew; it is found like any other, by id or address.
    pub reconnect: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectDavRequest {
    /// An address, or only a host.
    pub url: String,
    pub username: String,
    pub password: WireSecret,
    /// This connection signs in anew; it is found like any other, by id or address.
    pub reconnect: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectFeedRequest {
    /// Who knows the address can read the calendar.
    pub url: WireSecret,
    /// Empty: what the calendar calls itself.
    pub name: String,
    pub private_allowed: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectTokenRequest {
    /// One that is connected by a token: `todoist`, `github`, `linear`, `asana`, `trello`, `jira`.
    pub integration: String,
    pub token: WireSecret,
    /// This connection gets the token; it is found like any other, by id or address.
    pub reconnect: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendRequest {
    pub from: String,
    /// As typed: each may hold a list.
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// Absolute paths: both sides run as the same person on the same machine.
    pub attachments: Vec<PathBuf>,
    pub in_reply_to: Option<String>,
    pub send_at: Option<Timestamp>,
    /// Return at once.
    pub queue: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShowForm {
    /// Everything about it.
    Full,
    Raw,
    Html,
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlagWord {
    Read,
    Unread,
    Starred,
    Unstarred,
}

/// A password or token, or an address that is as good as one, on its way over the owner-only, authenticated local socket: the one place where a secret is serialised.
/// Printing it shows nothing.
#[derive(Clone)]
pub struct WireSecret(SecretString);

impl WireSecret {
    pub fn new(secret: SecretString) -> Self {
        Self(secret)
    }
    pub fn into_inner(self) -> SecretString {
        self.0
    }
}

impl std::fmt::Debug for WireSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<redacted>")
    }
}

impl Serialize for WireSecret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for WireSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SecretString::deserialize(deserializer).map(Self)
    }
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// The engine has begun: from here on the command must not be sent again.
    Accepted,
    /// Something to print at once (the address to sign in at, and the code for it).
    Line(Value),
    Done(Value),
    /// Alone, or after `Done` where a part failed.
    Error {
        code: String,
        message: String,
        hint: String,
    },
}

impl From<EngineError> for Frame {
    fn from(e: EngineError) -> Self {
        Self::Error { code: e.code, message: e.message, hint: e.hint }
    }
}

/// What a command yields: a value, and what failed of it nevertheless.
pub(crate) struct Outcome {
    value: Value,
    failed: Option<EngineError>,
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Self {
        Self { value, failed: None }
    }
}

/// Executes a request. Frames go to `sink` in order; the last one is `Done` or `Error`.
pub async fn execute(engine: &Engine, request: Request, sink: &(dyn Fn(Frame) + Send + Sync)) {
    match run(engine, request, sink).await {
        Ok(Outcome { value, failed }) => {
            sink(Frame::Done(value));
            if let Some(e) = failed {
                sink(e.into());
            }
        }
        Err(e) => sink(e.into()),
    }
}

async fn run(engine: &Engine, request: Request, sink: &(dyn Fn(Frame) + Send + Sync)) -> Result<Outcome, EngineError> {
    match request {
        Request::ConnectOauth { integration, reconnect } => connect::oauth(engine, &integration, reconnect, sink).await,
        Request::ConnectDevice { integration, reconnect } => connect::device(engine, &integration, reconnect, sink).await,
        Request::ConnectImap(request) => connect::imap(engine, *request, sink).await,
        Request::ConnectJmap(request) => connect::jmap(engine, *request).await,
        Request::ConnectDav(request) => connect::dav(engine, *request).await,
        Request::ConnectFeed(request) => connect::feed(engine, *request).await,
        Request::ConnectToken(request) => connect::token(engine, *request).await,
        Request::Connections => {
            let items: Vec<Value> = engine.connections().await?.iter().map(shapes::connection).collect();
            Ok(list(items, None).into())
        }
        Request::Sync { connection } => sync(engine, connection).await,
        Request::MailList { mailbox, connection, limit, after } => mail::list(engine, mailbox, connection, limit, after).await,
        Request::MailShow { id, form } => mail::show(engine, message_id(&id)?, form).await,
        Request::MailSend(request) => mail::send(engine, *request).await,
        Request::MailFlag { id, flag } => mail::flag(engine, message_id(&id)?, flag).await,
        Request::MailMove { id, to } => mail::move_to(engine, message_id(&id)?, &to).await,
        Request::Search { query, limit, best: true, .. } => mail::search_best(engine, &query, limit).await,
        Request::Search { query, limit, after, .. } => mail::search(engine, &query, limit, after).await,
        Request::Calendar(request) => calendar::run(engine, *request).await,
        Request::Tasks(request) => tasks::run(engine, *request).await,
        Request::Files(request) => files::run(engine, *request).await,
        Request::OutboxList => {
            let items: Vec<Value> = engine.outbox(None).await?.iter().map(shapes::outbox_item).collect();
            Ok(list(items, None).into())
        }
        Request::OutboxRetry { id } => mail::retry(engine, outbox_id(&id)?).await,
        Request::OutboxDiscard { id } => {
            let id = outbox_id(&id)?;
            let draft = engine.outbox_discard(id, Actor::Cli).await?;
            Ok(json!({"id": id.to_string(), "discarded": true, "draft": draft.map(|d| d.to_string())}).into())
        }
        Request::Disconnect { id } => {
            let report = engine.disconnect(&connection_id(engine, &id).await?, Actor::Cli).await?;
            // Everything here is gone; that the provider did not withdraw the grant is still not what was asked for.
            let failed = (report.revocation == RevocationOutcome::Failed)
                .then(|| EngineError::new("revocation_failed", report.message.clone(), revocation_hint(report.account_page.as_deref())));
            Ok(Outcome { value: shapes::disconnected(&report)?, failed })
        }
        Request::Audit { limit, after } => {
            let page = engine.store().audit(cursor(after).as_ref(), checked(limit)?, None).await?;
            let items = page.items.iter().map(shapes::audit_entry).collect();
            Ok(list(items, page.next).into())
        }
        Request::Doctor => doctor(engine).await,
        Request::Open { url } => Ok(shapes::connection(&engine.oauth_callback(&url, Actor::Cli).await?).into()),
    }
}

async fn sync(engine: &Engine, connection: Option<String>) -> Result<Outcome, EngineError> {
    let connection = match connection {
        Some(id) => Some(connection_id(engine, &id).await?),
        None => None,
    };
    // As in the window: who asks for a round means what failed before, too.
    engine.hurry_outbox(connection.as_ref()).await;
    let report = engine.sync_now(connection.as_ref()).await?;
    let failures: Vec<_> = report.scopes.iter().filter_map(|s| s.error.as_ref().map(|e| (s.name.as_str(), e))).collect();
    let wedged = report.outbox.iter().find(|o| o.outcome == crate::views::OutboxOutcome::Wedged);
    let failed = match (failures.as_slice(), wedged) {
        ([(name, first), rest @ ..], _) => {
            let more = if rest.is_empty() { String::new() } else { format!(" ({} more failed)", rest.len()) };
            Some(EngineError::new(first.code.clone(), format!("{name}: {}{more}", first.message), first.hint.clone()))
        }
        ([], Some(item)) => Some(EngineError::new(
            "outbox_wedged",
            format!("Outbox item {} could not be done: {}", item.id, item.detail),
            "See `aurelius-cli outbox list`, then retry or discard it.",
        )),
        ([], None) => None,
    };
    Ok(Outcome { value: shapes::sync_report(&report), failed })
}

fn revocation_hint(page: Option<&str>) -> String {
    match page {
        Some(page) => format!("Remove the access at {page}; nothing is left of the connection here."),
        None => "Remove the access on the account page of the provider; nothing is left of the connection here.".to_owned(),
    }
}

async fn doctor(engine: &Engine) -> Result<Outcome, EngineError> {
    let checks = engine.doctor().await?;
    let bad = checks.iter().find(|c| c.state == CheckState::Fail);
    let failed = bad.map(|c| EngineError::new("doctor", format!("{}: {}", c.label, c.detail), c.hint.clone()));
    let items = checks.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>().map_err(shape)?;
    let mut value = list(items, None);
    if let Some(map) = value.as_object_mut() {
        map.insert("ok".into(), failed.is_none().into());
    }
    Ok(Outcome { value, failed })
}

pub(crate) fn list(items: Vec<Value>, next: Option<PageCursor>) -> Value {
    json!({"items": items, "next": next.map(|c| c.0)})
}

pub(crate) fn shape(e: serde_json::Error) -> EngineError {
    EngineError::new("internal", "The answer could not be written.", "Report it.").with_source(e)
}

pub(crate) fn cursor(after: Option<String>) -> Option<PageCursor> {
    after.map(PageCursor)
}

pub(crate) fn checked(limit: u32) -> Result<u32, EngineError> {
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(EngineError::invalid(
            format!("--limit {limit} is not possible."),
            format!("Use 1 to {LIMIT_MAX}, and --after for the next page."),
        ))
    }
}

fn message_id(text: &str) -> Result<MessageId, EngineError> {
    text.trim()
        .parse()
        .map_err(|_| EngineError::invalid(format!("“{text}” is not the id of a message."), "Take the id from `mail list` or `search`."))
}

fn outbox_id(text: &str) -> Result<OutboxId, EngineError> {
    text.trim()
        .parse()
        .map_err(|_| EngineError::invalid(format!("“{text}” is not the id of an outbox item."), "Take the id from `outbox list`."))
}

/// A connection by its id; its address or label works too where it is the only one.
pub(crate) async fn connection_id(engine: &Engine, text: &str) -> Result<ConnectionId, EngineError> {
    let all = engine.connections().await?;
    if let Some(exact) = all.iter().find(|c| c.id.as_str() == text) {
        return Ok(exact.id.clone());
    }
    let named: Vec<_> = all.iter().filter(|c| c.connection.email.eq_ignore_ascii_case(text) || c.connection.label == text).collect();
    match named.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            Err(EngineError::new("not_found", format!("There is no connection “{text}”."), "Take the id from `aurelius-cli connections`."))
        }
        _ => Err(EngineError::invalid(format!("Several connections are called “{text}”."), "Use the id from `aurelius-cli connections`.")),
    }
}

/// `HOST:PORT`, with `[::1]:993` for IPv6.
pub fn endpoint(text: &str, security: Security) -> Result<ServerEndpoint, EngineError> {
    let bad = || EngineError::invalid(format!("“{text}” is not a server."), "Write it as HOST:PORT, such as imap.example.org:993.");
    let (host, port) = text.trim().rsplit_once(':').ok_or_else(bad)?;
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let port = port.parse().ok().filter(|p| *p != 0).ok_or_else(bad)?;
    if host.is_empty() || host.chars().any(|c| c.is_whitespace() || c.is_control() || c == '/') {
        return Err(bad());
    }
    Ok(ServerEndpoint { host: host.to_owned(), port, security, pinned: None })
}

/// Serves requests that come over the local socket, and lets the holder leave without cutting one off.
pub struct Served {
    engine: Engine,
    ca_file: Option<PathBuf>,
    state: Mutex<(usize, bool)>,
    idle: Notify,
}

impl Served {
    pub fn new(engine: Engine) -> Self {
        let ca_file = engine.config().ca_file.clone();
        Self { engine, ca_file, state: Mutex::new((0, false)), idle: Notify::new() }
    }

    /// With the roots that this process was started with; None: those of the configuration.
    #[must_use]
    pub fn trusting(self, ca_file: Option<PathBuf>) -> Self {
        Self { ca_file: ca_file.or(self.ca_file), ..self }
    }

    /// A command's `--ca-file` counts only where this engine trusts the same roots: its connections live longer than the command, and
    /// roots that nobody here chose must not come in by a side door. Going on without them would fail with a riddle.
    fn trusts(&self, request: &Request, theirs: &Path) -> Result<(), EngineError> {
        let same = |ours: &PathBuf| ours == theirs || std::fs::read(ours).ok().is_some_and(|o| std::fs::read(theirs).is_ok_and(|t| o == t));
        if !request.asks_servers() || self.ca_file.as_ref().is_some_and(same) {
            return Ok(());
        }
        Err(EngineError::new(
            "ca_file_unknown",
            format!("The running Aurelius does not trust the roots in {}.", theirs.display()),
            format!(
                "Close it and run the command again; or write ca_file = {:?} into {}, then start it again.",
                theirs.display().to_string(),
                self.engine.home().join("config.toml").display()
            ),
        ))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, (usize, bool)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses new requests and waits for the running ones. Afterwards the engine may close: who was refused asks again and
    /// finds the home free.
    pub async fn drain(&self) {
        self.state().1 = true;
        loop {
            let waiting = self.idle.notified();
            if self.state().0 == 0 {
                return;
            }
            waiting.await;
        }
    }

    fn enter(&self) -> Option<Entered<'_>> {
        let mut state = self.state();
        if state.1 {
            return None;
        }
        state.0 += 1;
        Some(Entered(self))
    }
}

struct Entered<'a>(&'a Served);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.state().0 -= 1;
        self.0.idle.notify_waiters();
    }
}

/// The holder is leaving: ask again.
pub const CLOSING: &str = "holder_closing";

#[async_trait]
impl Handler for Served {
    async fn handle(&self, request: Value, replies: Replies) {
        // Frames are few and small but one (a raw mail); an unbounded queue between a synchronous sink and the socket is fine.
        let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel::<Frame>();
        let forward = async {
            while let Some(frame) = rx.recv().await {
                let Ok(value) = serde_json::to_value(&frame) else { continue };
                if replies.send(value).await.is_err() {
                    break;
                }
            }
        };
        let work = async {
            let sink = move |frame: Frame| {
                let _ = tx.send(frame);
            };
            let Some(_entered) = self.enter() else {
                sink(EngineError::new(CLOSING, "The running Aurelius is closing.", "Run the command again.").into());
                return;
            };
            let theirs = request.get("ca_file").and_then(Value::as_str).map(PathBuf::from);
            match serde_json::from_value::<Request>(request) {
                Ok(request) => {
                    if let Some(theirs) = theirs
                        && let Err(e) = self.trusts(&request, &theirs)
                    {
                        sink(e.into());
                        return;
                    }
                    sink(Frame::Accepted);
                    execute(&self.engine, request, &sink).await;
                }
                Err(e) => {
                    // The error text could repeat a part of the request.
                    tracing::warn!(line = e.line(), "a request over the local socket was not understood");
                    sink(
                        EngineError::new(
                            "other_version",
                            "The running Aurelius is of another version.",
                            "Close it, then run the command again.",
                        )
                        .into(),
                    );
                }
            }
        };
        tokio::join!(forward, work);
    }
}

#[cfg(test)]
mod tests;
