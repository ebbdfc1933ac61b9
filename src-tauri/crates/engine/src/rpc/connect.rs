//! Connecting from the command line.

use domain::{
    audit::Actor,
    connection::{ConnectionStatus, MailAuth, MailServers, SyncSelection},
    ids::IntegrationId,
};
use serde_json::json;

use super::{ConnectDavRequest, ConnectFeedRequest, ConnectImapRequest, ConnectJmapRequest, ConnectTokenRequest, Frame, Outcome, shapes};
use crate::{
    ConnectDav, ConnectFeed, ConnectJmap, ConnectToken, Engine, EngineError,
    views::{BeginOAuth, ConnectImap, ImapAuth, OAuthIntent},
};

type Sink<'a> = &'a (dyn Fn(Frame) + Send + Sync);

pub(super) async fn oauth(engine: &Engine, integration: &str, reconnect: Option<String>, sink: Sink<'_>) -> Result<Outcome, EngineError> {
    sign_in(engine, integration, intent(engine, reconnect).await?, None, sink).await
}

async fn intent(engine: &Engine, reconnect: Option<String>) -> Result<OAuthIntent, EngineError> {
    Ok(match reconnect {
        Some(text) => OAuthIntent::Reconnect { connection: super::connection_id(engine, &text).await? },
        None => OAuthIntent::New,
    })
}

/// The address goes out at once; the answer follows when the browser came back, perhaps minutes later.
async fn sign_in(
    engine: &Engine,
    integration: &str,
    intent: OAuthIntent,
    login_hint: Option<String>,
    sink: Sink<'_>,
) -> Result<Outcome, EngineError> {
    let start =
        engine.begin_oauth(BeginOAuth { integration: IntegrationId::from(integration), intent, login_hint, actor: Actor::Cli }).await?;
    sink(Frame::Line(json!({"authorize_url": start.authorize_url})));
    ended(engine, &start.attempt).await
}

/// The code and where to type it in go out at once.
pub(super) async fn device(engine: &Engine, integration: &str, reconnect: Option<String>, sink: Sink<'_>) -> Result<Outcome, EngineError> {
    let integration = IntegrationId::from(integration);
    let intent = intent(engine, reconnect).await?;
    let start = engine.begin_device(BeginOAuth { integration, intent, login_hint: None, actor: Actor::Cli }).await?;
    sink(Frame::Line(json!({
        "user_code": start.user_code,
        "verification_uri": start.verification_uri,
        "expires_at": shapes::instant(start.expires_at),
    })));
    ended(engine, &start.attempt).await
}

/// A client that hangs up drops this future; then nobody waits and the attempt must not stay open.
async fn ended(engine: &Engine, attempt: &str) -> Result<Outcome, EngineError> {
    let guard = Cancel { engine, attempt: Some(attempt.to_owned()) };
    let view = engine.wait_oauth(attempt).await;
    guard.done();
    Ok(shapes::connection(&view?).into())
}

struct Cancel<'a> {
    engine: &'a Engine,
    attempt: Option<String>,
}

impl Cancel<'_> {
    fn done(mut self) {
        self.attempt = None;
    }
}

impl Drop for Cancel<'_> {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            self.engine.cancel_oauth(&attempt);
        }
    }
}

pub(super) async fn imap(engine: &Engine, request: ConnectImapRequest, sink: Sink<'_>) -> Result<Outcome, EngineError> {
    let ConnectImapRequest { email, display_name, username, password, imap, smtp, reconnect } = request;
    let again = match reconnect {
        Some(text) => Some(super::connection_id(engine, &text).await?),
        None => None,
    };
    let auth = match password {
        Some(password) => ImapAuth::Password(password.into_inner()),
        None => match signed_in(engine, &email).await? {
            Some(connection) => ImapAuth::Oidc { connection },
            None if again.is_some() => {
                return Err(EngineError::new(
                    "no_organisation",
                    "nobody is signed in at the organisation with this address",
                    "Run aurelius-cli connect oidc first, then this command again.",
                ));
            }
            None => {
                let servers = MailServers { username, imap, smtp, auth: MailAuth::Password, selection: SyncSelection::default() };
                let intent = OAuthIntent::MailVia { servers, email: email.clone(), display_name };
                return sign_in(engine, "oidc", intent, Some(email), sink).await;
            }
        },
    };
    let request = ConnectImap { email, display_name, username, imap, smtp, auth, selection: SyncSelection::default(), actor: Actor::Cli };
    let connected = match again {
        Some(id) => engine.reconnect_imap(&id, request).await?,
        None => engine.connect_imap(request).await?,
    };
    let mut value = shapes::connection(&connected.connection);
    if let Some(map) = value.as_object_mut() {
        map.insert("capabilities".into(), connected.probe.capabilities.into());
        map.insert("notes".into(), connected.probe.notes.into());
    }
    Ok(value.into())
}

pub(super) async fn jmap(engine: &Engine, request: ConnectJmapRequest) -> Result<Outcome, EngineError> {
    let ConnectJmapRequest { url, username, secret, reconnect } = request;
    let reconnect = match reconnect {
        Some(text) => Some(super::connection_id(engine, &text).await?),
        None => None,
    };
    let view = engine.connect_jmap(ConnectJmap { url, username, secret: secret.into_inner(), reconnect, actor: Actor::Cli }).await?;
    Ok(shapes::connection(&view).into())
}

pub(super) async fn dav(engine: &Engine, request: ConnectDavRequest) -> Result<Outcome, EngineError> {
    let ConnectDavRequest { url, username, password, reconnect } = request;
    let reconnect = match reconnect {
        Some(text) => Some(super::connection_id(engine, &text).await?),
        None => None,
    };
    let view = engine.connect_dav(ConnectDav { url, username, password: password.into_inner(), reconnect, actor: Actor::Cli }).await?;
    Ok(shapes::connection(&view).into())
}

pub(super) async fn feed(engine: &Engine, request: ConnectFeedRequest) -> Result<Outcome, EngineError> {
    let ConnectFeedRequest { url, name, private_allowed } = request;
    let view = engine.connect_feed(ConnectFeed { url: url.into_inner(), name, private_allowed, actor: Actor::Cli }).await?;
    Ok(shapes::connection(&view).into())
}

pub(super) async fn token(engine: &Engine, request: ConnectTokenRequest) -> Result<Outcome, EngineError> {
    let ConnectTokenRequest { integration, token, reconnect } = request;
    let reconnect = match reconnect {
        Some(text) => Some(super::connection_id(engine, &text).await?),
        None => None,
    };
    let integration = IntegrationId::new(integration);
    let view = engine.connect_token(ConnectToken { integration, token: token.into_inner(), reconnect, actor: Actor::Cli }).await?;
    Ok(shapes::connection(&view).into())
}

/// An organisation where this person is signed in already.
async fn signed_in(engine: &Engine, email: &str) -> Result<Option<domain::ids::ConnectionId>, EngineError> {
    let all = engine.connections().await?;
    let oidc = all.into_iter().filter(|c| c.connection.integration.as_str() == "oidc" && c.connection.status == ConnectionStatus::Active);
    Ok(oidc.into_iter().find(|c| c.connection.email.eq_ignore_ascii_case(email)).map(|c| c.id))
}
