//! Connecting, health, disconnecting.

use domain::{
    SecretString,
    audit::Actor,
    connection::SyncSelection,
    ids::{ConnectionId, IntegrationId},
};
use engine::{
    ConnectJmap, Engine,
    views::{BeginOAuth, ConnectImap, ConnectionView, Health, ImapAuth, OAuthIntent, ProviderSettings},
};

use crate::{
    convert,
    desktop::browser,
    dto::{
        ApiError, AppEvent, AttemptReq, AutoconfigureReq, ClientConfig, ClientConfigReq, ConnectJmapReq, ConnectMailReq, ConnectOAuthReq,
        ConnectionDto, ConnectionReq, ConnectionUpdateReq, DeviceSignIn, DisconnectRes, Empty, IntegrationDto, Millis, PendingSignIn,
        ServerGuessDto, SourceStatus, Status, SyncReq,
    },
    state::Shell,
};

pub async fn integrations(shell: &Shell, _: Empty) -> Result<Vec<IntegrationDto>, ApiError> {
    Ok(shell.engine().await?.integrations().into_iter().map(convert::integration).collect())
}

pub async fn connections(shell: &Shell, _: Empty) -> Result<Vec<ConnectionDto>, ApiError> {
    Ok(shell.engine().await?.connections().await?.into_iter().map(convert::connection).collect())
}

/// Opens the system browser and answers at once; the end comes as the event `signIn`.
pub async fn connect_oauth(shell: &Shell, req: ConnectOAuthReq) -> Result<PendingSignIn, ApiError> {
    let engine = shell.engine().await?;
    let integration = IntegrationId::new(req.integration);
    let (intent, login_hint) = match req.reconnect {
        Some(id) => {
            let connection = engine.connection(&ConnectionId::new(id)).await?;
            (OAuthIntent::Reconnect { connection: connection.id }, Some(connection.connection.email))
        }
        None => (OAuthIntent::New, None),
    };
    let start = engine.begin_oauth(BeginOAuth { integration, intent, login_hint, actor: Actor::Person }).await?;
    open_browser(&start.authorize_url);
    let pending =
        PendingSignIn { attempt: start.attempt.clone(), url: start.authorize_url.clone(), expires_at: Millis(start.expires_at.millis()) };
    shell.remember_attempt(&start.attempt, &start.authorize_url);
    tell_the_end(shell, engine, start.attempt);
    Ok(pending)
}

/// Answers with a code that the person types in at the provider, whose page opens with `connect_reopen`; the end comes as the event
/// `signIn`.
pub async fn connect_device(shell: &Shell, req: ConnectOAuthReq) -> Result<DeviceSignIn, ApiError> {
    let engine = shell.engine().await?;
    let intent = req.reconnect.map_or(OAuthIntent::New, |id| OAuthIntent::Reconnect { connection: ConnectionId::new(id) });
    let integration = IntegrationId::new(req.integration);
    let start = engine.begin_device(BeginOAuth { integration, intent, login_hint: None, actor: Actor::Person }).await?;
    shell.remember_attempt(&start.attempt, &start.verification_uri);
    let pending = DeviceSignIn {
        attempt: start.attempt.clone(),
        code: start.user_code,
        url: start.verification_uri,
        expires_at: Millis(start.expires_at.millis()),
    };
    tell_the_end(shell, engine, start.attempt);
    Ok(pending)
}

fn tell_the_end(shell: &Shell, engine: Engine, attempt: String) {
    let shell = shell.clone();
    tauri::async_runtime::spawn(async move {
        let outcome = engine.wait_oauth(&attempt).await;
        shell.forget_attempt(&attempt);
        let (connection, error) = match outcome {
            Ok(view) => {
                engine.nudge(Some(&view.id));
                (Some(view.id.to_string()), None)
            }
            Err(e) => (None, Some(ApiError::from(e))),
        };
        shell.send(AppEvent::SignIn { attempt, ok: error.is_none(), connection, error });
        shell.send(AppEvent::Connections);
    });
}

pub async fn connect_cancel(shell: &Shell, req: AttemptReq) -> Result<Empty, ApiError> {
    shell.engine().await?.cancel_oauth(&req.attempt);
    Ok(Empty {})
}

pub async fn connect_reopen(shell: &Shell, req: AttemptReq) -> Result<Empty, ApiError> {
    let url = shell.attempt_url(&req.attempt).ok_or_else(|| ApiError::new("sign_in_over", "This sign-in has ended.", "Start it again."))?;
    open_browser(&url);
    Ok(Empty {})
}

/// A machine without a browser still shows the link to copy.
fn open_browser(url: &str) {
    if let Err(e) = browser::open(url) {
        tracing::info!("the browser could not be opened: {e}");
    }
}

pub async fn autoconfigure(shell: &Shell, req: AutoconfigureReq) -> Result<Vec<ServerGuessDto>, ApiError> {
    let guesses = shell.engine().await?.autoconfigure(&req.email, req.third_parties).await?;
    Ok(guesses.into_iter().map(convert::guess).collect())
}

pub async fn connect_jmap(shell: &Shell, req: ConnectJmapReq) -> Result<ConnectionDto, ApiError> {
    let request = ConnectJmap {
        url: req.url,
        username: req.username,
        secret: SecretString::from(req.secret),
        reconnect: req.reconnect.map(ConnectionId::new),
        actor: Actor::Person,
    };
    let view = shell.engine().await?.connect_jmap(request).await?;
    shell.send(AppEvent::Connections);
    Ok(convert::connection(view))
}

pub async fn connect_mail(shell: &Shell, req: ConnectMailReq) -> Result<ConnectionDto, ApiError> {
    let engine = shell.engine().await?;
    let auth = match req.password {
        Some(password) => ImapAuth::Password(SecretString::from(password)),
        None => ImapAuth::Oidc { connection: organisation(&engine, &req.email).await? },
    };
    let connect = ConnectImap {
        email: req.email,
        display_name: req.name,
        username: req.username,
        imap: convert::endpoint_in(req.imap)?,
        smtp: req.smtp.map(convert::endpoint_in).transpose()?,
        auth,
        selection: SyncSelection::default(),
        actor: Actor::Person,
    };
    let connected = match req.reconnect {
        Some(id) => engine.reconnect_imap(&ConnectionId::new(id), connect).await?,
        None => engine.connect_imap(connect).await?,
    };
    engine.nudge(Some(&connected.connection.id));
    shell.send(AppEvent::Connections);
    Ok(convert::connection(connected.connection))
}

/// The OIDC connection whose tokens a mail server without a password takes.
async fn organisation(engine: &Engine, email: &str) -> Result<ConnectionId, ApiError> {
    let all = engine.connections().await?;
    let mut candidates: Vec<&ConnectionView> = all.iter().filter(|c| c.connection.integration.as_str() == "oidc").collect();
    if candidates.len() > 1 {
        candidates.retain(|c| c.connection.email.eq_ignore_ascii_case(email));
    }
    candidates.first().map(|c| c.id.clone()).ok_or_else(|| {
        ApiError::new(
            "no_organisation",
            "Nobody is signed in at your organisation yet.",
            "Connect your organisation first, then this mail account.",
        )
    })
}

pub async fn connection_update(shell: &Shell, req: ConnectionUpdateReq) -> Result<ConnectionDto, ApiError> {
    let engine = shell.engine().await?;
    let id = ConnectionId::new(req.id);
    if let Some(label) = &req.label {
        engine.rename(&id, label).await?;
    }
    match req.pause_minutes {
        Some(0) => engine.resume(&id).await?,
        Some(minutes) if minutes > 0 => engine.pause(&id, Some(engine.now().plus_secs(i64::from(minutes) * 60))).await?,
        Some(_) => engine.pause(&id, None).await?,
        None => {}
    }
    if let Some(on) = req.enabled {
        engine.set_enabled(&id, on).await?;
    }
    if let Some(hue) = req.hue {
        for account in engine.connection(&id).await?.accounts {
            engine.set_account(account.id, None, Some(hue)).await?;
        }
    }
    if req.excluded.is_some() || req.days.is_some() {
        let current = engine.connection(&id).await?;
        let mut selection = current.connection.settings.selection();
        if let Some(excluded) = req.excluded {
            selection.excluded = excluded;
        }
        if let Some(days) = req.days {
            selection.days = (days > 0).then_some(days);
        }
        engine.set_selection(&id, selection).await?;
    }
    shell.send(AppEvent::Connections);
    Ok(convert::connection(engine.connection(&id).await?))
}

pub async fn disconnect(shell: &Shell, req: ConnectionReq) -> Result<DisconnectRes, ApiError> {
    let report = shell.engine().await?.disconnect(&ConnectionId::new(req.id), Actor::Person).await?;
    shell.send(AppEvent::Connections);
    shell.send(AppEvent::App);
    Ok(DisconnectRes { words: report.message, account_page: report.account_page, messages_removed: report.erased_messages as u32 })
}

pub async fn client_config(shell: &Shell, req: ClientConfigReq) -> Result<ClientConfig, ApiError> {
    let settings = shell.engine().await?.provider_settings(&req.integration)?;
    Ok(ClientConfig {
        integration: req.integration,
        client_id: settings.client_id.unwrap_or_default(),
        client_secret: None,
        has_secret: settings.has_client_secret,
        issuer: settings.issuer.unwrap_or_default(),
        redirect: settings.redirect.unwrap_or_default(),
        scopes: settings.scopes.unwrap_or_default(),
        authorize_url: settings.authorize_url.unwrap_or_default(),
        device_url: settings.device_url.unwrap_or_default(),
        token_url: settings.token_url.unwrap_or_default(),
        revoke_url: settings.revoke_url.unwrap_or_default(),
        userinfo_url: settings.userinfo_url.unwrap_or_default(),
        gmail_url: settings.gmail_url.unwrap_or_default(),
        calendar_url: settings.calendar_url.unwrap_or_default(),
        tasks_url: settings.tasks_url.unwrap_or_default(),
        drive_url: settings.drive_url.unwrap_or_default(),
        people_url: settings.people_url.unwrap_or_default(),
        graph_url: settings.graph_url.unwrap_or_default(),
        overridden: settings.overridden,
    })
}

pub async fn client_config_save(shell: &Shell, req: ClientConfig) -> Result<ClientConfig, ApiError> {
    let engine = shell.engine().await?;
    // Only an organisation chooses these; at Google a written value would be refused.
    let organisation = req.integration == "oidc";
    let settings = ProviderSettings {
        client_id: Some(req.client_id),
        client_secret: req.client_secret.map(SecretString::from),
        has_client_secret: false,
        issuer: Some(req.issuer),
        redirect: organisation.then_some(req.redirect),
        scopes: organisation.then_some(req.scopes),
        authorize_url: Some(req.authorize_url),
        device_url: Some(req.device_url),
        token_url: Some(req.token_url),
        revoke_url: Some(req.revoke_url),
        userinfo_url: Some(req.userinfo_url),
        gmail_url: Some(req.gmail_url),
        calendar_url: Some(req.calendar_url),
        tasks_url: Some(req.tasks_url),
        drive_url: Some(req.drive_url),
        people_url: Some(req.people_url),
        graph_url: Some(req.graph_url),
        api_url: None,
        overridden: Vec::new(),
    };
    engine.save_provider_settings(&req.integration, settings).await?;
    client_config(shell, ClientConfigReq { integration: req.integration }).await
}

/// Starts a sync in the background; progress and errors come as status events.
pub async fn sync_now(shell: &Shell, req: SyncReq) -> Result<Empty, ApiError> {
    let id = req.connection.map(ConnectionId::new);
    shell.engine().await?.sync_soon(id.as_ref()).await;
    Ok(Empty {})
}

/// The system told the window that there is a network again, or another one.
pub async fn network_changed(shell: &Shell, _: Empty) -> Result<Empty, ApiError> {
    // Before a workspace is open nothing waits for a network.
    if let Ok(engine) = shell.engine().await {
        engine.network_changed().await;
    }
    Ok(Empty {})
}

pub async fn status(shell: &Shell, _: Empty) -> Result<Status, ApiError> {
    read_status(&shell.engine().await?).await
}

pub async fn read_status(engine: &Engine) -> Result<Status, ApiError> {
    let connections = engine.connections().await?;
    let counts = engine.unified_counts().await?;
    let online = connections.is_empty() || connections.iter().any(|c| c.health != Health::Offline);
    let storage_full = engine.storage_full();
    let sources = connections
        .into_iter()
        .map(|c| {
            let state = convert::source_state(&c);
            SourceStatus {
                connection: c.id.to_string(),
                label: c.connection.label,
                state: state.state,
                words: state.words,
                progress: state.progress,
                last_sync: state.last_sync,
                next_sync: state.next_sync,
                retry_at: c.waits_until.map(convert::millis),
            }
        })
        .collect();
    let undelivered = engine.undelivered().await?.len();
    Ok(Status {
        online,
        sources,
        queued: counts.outbox_waiting as u32,
        wedged: counts.outbox_wedged as u32 + undelivered as u32,
        storage_full,
    })
}
