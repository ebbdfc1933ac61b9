//! Connections as the person sees them: stored facts, what the scheduler knows, and words for both.

use std::borrow::Cow;

use domain::{
    audit::Actor,
    connection::{Connection, ConnectionSettings, ConnectionStatus, MailAuth},
    ids::ConnectionId,
    integration::{AuthKind, Integration, RedirectKind, Service},
    mail::Mailbox,
    people::PeopleList,
    time::Timestamp,
};
use store::MessageFilter;

use crate::{
    Engine, EngineError,
    config::ProviderSettings,
    core::{live, on_connection},
    people::list_name,
    views::{ConnectionView, FeatureView, Health, IntegrationView, ScopeView},
};

/// The end of the year 9999: exact in a JavaScript number, and later than anybody resumes.
const FOREVER: Timestamp = Timestamp(253_402_300_799_000);

/// The names of folders that are left out. One that is gone there has nothing left to leave out.
fn excluded_names(connection: &Connection, known: &[Mailbox]) -> Vec<String> {
    let excluded = connection.settings.selection().excluded;
    match &connection.settings {
        ConnectionSettings::Jmap(_) => {
            excluded.iter().filter_map(|id| known.iter().find(|m| m.remote.as_str() == id)).map(|m| m.name.clone()).collect()
        }
        _ => excluded,
    }
}

impl Engine {
    /// The catalogue.
    pub fn integrations(&self) -> Vec<IntegrationView> {
        let live = live(&self.inner.live);
        live.connector
            .integrations()
            .iter()
            .map(|i| IntegrationView {
                id: i.id.clone(),
                label: i.label.to_owned(),
                description: i.description.to_owned(),
                auth: i.auth,
                redirect: i.redirect,
                services: i.services.to_vec(),
                features: features(i, None),
                sign_in: i.sign_in.map(|sign_in| sign_in.way),
                scopes: i.scopes.iter().map(|s| (*s).to_owned()).collect(),
                revocable: i.revocable,
                account_page: i.account_page.map(str::to_owned),
                client: i.client,
            })
            .collect()
    }

    /// What config.toml says of a provider, and which of it the environment overrides: an editor that showed the merged values
    /// would write the environment into the file.
    pub fn provider_settings(&self, id: &str) -> Result<ProviderSettings, EngineError> {
        let mut settings = crate::config::edited(self.home(), id, &self.inner.environment)?;
        if settings.redirect.is_none() && !settings.overrides("redirect") {
            // What holds without a word in the file.
            settings.redirect = self.connector().integration(&id.into()).and_then(|row| row.redirect).map(|kind| {
                match kind {
                    RedirectKind::Scheme => "scheme",
                    RedirectKind::Loopback => "loopback",
                }
                .to_owned()
            });
        }
        Ok(settings)
    }

    /// Checks, writes `config.toml` and uses the new registration at once. Environment variables still win.
    pub async fn save_provider_settings(&self, id: &str, settings: ProviderSettings) -> Result<(), EngineError> {
        if self.connector().integration(&id.into()).is_none() {
            return Err(EngineError::not_found("This integration"));
        }
        let config = crate::config::save(self.home(), id, &settings, self.inner.environment.iter().cloned())?;
        let connector = (self.inner.factory)(&config)?;
        *self.inner.live.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            crate::core::Live { config: std::sync::Arc::new(config), connector };
        self.inner.sources.clear().await;
        self.audit_only(crate::core::audit(
            Actor::Person,
            "settings.provider_changed",
            format!("integration:{id}"),
            domain::audit::Outcome::Ok,
            "",
        ))
        .await;
        self.emit().changed_many(crate::events::Entity::Settings);
        Ok(())
    }

    pub async fn setting(&self, key: &str) -> Result<Option<serde_json::Value>, EngineError> {
        Ok(self.inner.store.setting(key).await?)
    }

    pub async fn save_setting(&self, key: &str, value: &serde_json::Value) -> Result<(), EngineError> {
        self.inner.store.set_setting(key, value).await?;
        self.emit().changed_many(crate::events::Entity::Settings);
        Ok(())
    }

    pub async fn connections(&self) -> Result<Vec<ConnectionView>, EngineError> {
        let mut out = Vec::new();
        for connection in self.inner.store.connections().await? {
            out.push(self.view(connection).await?);
        }
        Ok(out)
    }

    pub async fn connection(&self, id: &ConnectionId) -> Result<ConnectionView, EngineError> {
        let connection = self.inner.store.connection(id).await?;
        self.view(connection).await
    }

    async fn view(&self, connection: Connection) -> Result<ConnectionView, EngineError> {
        let now = self.now();
        let id = connection.id.clone();
        let accounts = self.accounts_of(&id).await?;
        let mailboxes = match accounts.first() {
            Some(account) => self.inner.store.mailboxes(Some(account.id)).await?,
            None => Vec::new(),
        };
        let calendars: Vec<_> = self.inner.store.calendars().await?.into_iter().filter(|c| c.connection == id).collect();
        let lists: Vec<_> = self.inner.store.task_lists().await?.into_iter().filter(|l| l.connection == id).collect();
        let states = self.inner.store.scopes(Some(&id)).await?;
        let messages = self.inner.store.count_messages(&MessageFilter { connection: Some(id.clone()), ..MessageFilter::default() }).await?;
        let connector = self.connector();
        let row = connector.integration(&connection.integration);
        let (running, next, offline, dues, waits_until) = {
            let sched = self.sched();
            let dues: Vec<Option<Timestamp>> = states.iter().map(|s| sched.due_of(s.scope.id)).collect();
            (sched.running_of(&id), sched.next_of(&id), sched.offline, dues, sched.waits_until(&id, now))
        };
        let scopes: Vec<ScopeView> = states
            .iter()
            .zip(dues)
            .map(|(s, due)| {
                let mailbox = s.scope.container.as_ref().and_then(|c| mailboxes.iter().find(|m| &m.remote == c));
                let name = match (s.scope.service, &s.scope.container) {
                    (Service::Calendar, Some(c)) => {
                        calendars.iter().find(|k| &k.remote == c).map_or_else(|| "Calendar".to_owned(), |k| k.name.clone())
                    }
                    (Service::Tasks, container) => {
                        let list = lists.iter().find(|l| Some(&l.remote) == container.as_ref());
                        list.map_or_else(|| "Tasks".to_owned(), |l| l.name.clone())
                    }
                    (Service::People, _) => PeopleList::of(&s.scope).map_or("People", list_name).to_owned(),
                    _ => mailbox.map_or_else(|| "All mail".to_owned(), |m| m.name.clone()),
                };
                ScopeView {
                    id: s.scope.id,
                    service: s.scope.service,
                    name,
                    role: mailbox.and_then(|m| m.role),
                    running: running.contains(&s.scope.id),
                    last_sync: s.last_ok,
                    next_sync: due.or(s.next_at),
                    error_code: s.error_code.clone(),
                    error: s.error_message.clone(),
                    error_count: s.error_count,
                    progress: s.progress,
                }
            })
            .collect();
        let progress = scopes.iter().filter_map(|s| s.progress).reduce(|a, b| (a.0 + b.0, a.1 + b.1));
        let error = scopes.iter().filter(|s| s.error_count > 0).max_by_key(|s| s.error_count);
        let paused = connection.paused_until.is_some_and(|until| until > now);
        let (health, reason, hint) = match connection.status {
            ConnectionStatus::Expired => {
                (Health::Expired, connection.status_reason.clone(), Some("Reconnect it; nothing stored here is lost.".to_owned()))
            }
            ConnectionStatus::Disabled => (
                Health::Disabled,
                Some("Switched off: nothing is synced, the data stays.".to_owned()),
                Some("Switch it on to go on.".to_owned()),
            ),
            ConnectionStatus::Error => (Health::Error, connection.status_reason.clone(), None),
            ConnectionStatus::Active if paused => (Health::Paused, Some("Paused.".to_owned()), None),
            ConnectionStatus::Active if self.storage_full() => (
                Health::Paused,
                Some("The disk is full: sync is paused; nothing is lost.".to_owned()),
                Some("Free some disk space: a window goes on by itself, a command is run again.".to_owned()),
            ),
            ConnectionStatus::Active if !running.is_empty() => (Health::Syncing, None, None),
            ConnectionStatus::Active if offline => (Health::Offline, Some("This computer seems to be offline.".to_owned()), None),
            ConnectionStatus::Active => match error {
                Some(e) if e.error_count >= 3 || states.iter().all(|s| s.error_count > 0) => (Health::Error, e.error.clone(), None),
                _ => (Health::Active, None, None),
            },
        };
        let mut features = row.map(|r| features(r, Some(&in_force(r, &connection)))).unwrap_or_default();
        let can_send = accounts.iter().any(|a| a.can_send);
        let receives_only = match &connection.settings {
            ConnectionSettings::Mail(_) => Some("There is no SMTP server: this account is receive-only."),
            ConnectionSettings::Jmap(_) => Some("This sign-in may not send mail: this account is receive-only."),
            _ => None,
        };
        if let Some(why) = receives_only.filter(|_| !can_send) {
            for feature in features.iter_mut().filter(|f| f.id == "mail.send") {
                feature.granted = false;
                why.clone_into(&mut feature.why);
            }
        }
        let excluded = excluded_names(&connection, &mailboxes);
        Ok(ConnectionView {
            excluded,
            id,
            withdrawable: row.filter(|r| r.signed_in(&connection.settings)).map(Integration::withdrawable),
            integration_label: row.map_or_else(|| connection.integration.to_string(), |r| r.label.to_owned()),
            health,
            reason,
            hint,
            accounts,
            features,
            can_send,
            last_sync: states.iter().filter_map(|s| s.last_ok).min(),
            next_sync: next.or_else(|| states.iter().filter_map(|s| s.next_at).min()),
            waits_until,
            progress,
            error_count: scopes.iter().map(|s| s.error_count).max().unwrap_or(0),
            scopes,
            messages: i64::try_from(messages).unwrap_or(i64::MAX),
            connection,
        })
    }

    /// No sync until then (None: until resumed). Queued mail waits too.
    pub async fn pause(&self, id: &ConnectionId, until: Option<Timestamp>) -> Result<(), EngineError> {
        let until = until.unwrap_or(FOREVER);
        self.inner.store.connection(id).await?;
        self.inner.store.set_paused_until(id, Some(until)).await?;
        self.audit_only(on_connection(Actor::Person, "connection.paused", id, "")).await;
        self.stop_work(id).await;
        // Nothing is said to the provider any more: not by an open line either.
        self.inner.sources.drop(id).await;
        self.emit().connection(id);
        Ok(())
    }

    pub async fn resume(&self, id: &ConnectionId) -> Result<(), EngineError> {
        self.inner.store.connection(id).await?;
        self.inner.store.set_paused_until(id, None).await?;
        self.audit_only(on_connection(Actor::Person, "connection.resumed", id, "")).await;
        self.after_connect(id).await;
        Ok(())
    }

    /// Off: no sync, data kept. On again: active, unless the sign-in died meanwhile (the next sync finds out).
    pub async fn set_enabled(&self, id: &ConnectionId, enabled: bool) -> Result<(), EngineError> {
        let (status, action) =
            if enabled { (ConnectionStatus::Active, "connection.enabled") } else { (ConnectionStatus::Disabled, "connection.disabled") };
        let entry = on_connection(Actor::Person, action, id, "");
        self.inner.store.set_connection_status(id, status, None, Some(&entry), self.now()).await?;
        if enabled {
            self.after_connect(id).await;
        } else {
            self.stop_work(id).await;
            self.emit().connection(id);
        }
        Ok(())
    }

    pub async fn rename(&self, id: &ConnectionId, label: &str) -> Result<(), EngineError> {
        let label = label.trim();
        if label.is_empty() || label.chars().count() > 100 || label.chars().any(char::is_control) {
            return Err(EngineError::invalid("A name has 1 to 100 characters and no line ends.", "Choose another name."));
        }
        self.inner.store.set_connection_label(id, label).await?;
        self.audit_only(on_connection(Actor::Person, "connection.renamed", id, "")).await;
        self.emit().connection(id);
        Ok(())
    }

    /// Cancels running rounds and closes the connection's sockets.
    pub(crate) async fn stop_work(&self, id: &ConnectionId) {
        self.sched().cancel(id);
        self.inner.sources.drop(id).await;
    }

    /// Connections that sign in with the tokens of this one.
    pub(crate) async fn dependents(&self, id: &ConnectionId) -> Result<Vec<Connection>, EngineError> {
        let all = self.inner.store.connections().await?;
        Ok(all
            .into_iter()
            .filter(|c| matches!(&c.settings, ConnectionSettings::Mail(s) if s.auth == MailAuth::Oidc { connection: id.clone() }))
            .collect())
    }
}

impl Engine {
    /// Refuses what the person did not grant, before anything changes here.
    pub(crate) async fn require_feature(&self, id: &ConnectionId, feature: &str) -> Result<(), EngineError> {
        let connection = self.inner.store.connection(id).await?;
        let connector = self.connector();
        let Some(row) = connector.integration(&connection.integration) else { return Ok(()) };
        match features(row, Some(&in_force(row, &connection))).into_iter().find(|f| f.id == feature && !f.granted) {
            None => Ok(()),
            Some(off) => Err(EngineError::new(
                "not_granted",
                off.why,
                format!("Reconnect {} from Integrations and grant “{}”.", connection.label, off.label),
            )),
        }
    }
}

/// What a connection may do. Of a token of the person's own nobody says what it was made for: everything is tried.
fn in_force<'a>(row: &Integration, connection: &'a Connection) -> Cow<'a, [String]> {
    match (row.auth, row.signed_in(&connection.settings)) {
        (AuthKind::Token, false) => row.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        _ => Cow::Borrowed(&connection.granted_scopes),
    }
}

/// Each feature, whether it is granted, and why not. `granted`: None before anything is connected, when there is nothing to connect anew.
fn features(row: &Integration, granted: Option<&[String]>) -> Vec<FeatureView> {
    row.features
        .iter()
        .map(|f| {
            let on = f.any_scope.is_empty() || f.any_scope.iter().any(|s| granted.unwrap_or_default().iter().any(|g| g == s));
            let why = match (on, granted) {
                (true, _) => String::new(),
                (false, Some(_)) => format!("{} Reconnect and allow it to switch it on.", f.without),
                (false, None) => f.without.to_owned(),
            };
            FeatureView { id: f.id.to_owned(), service: f.service, label: f.label.to_owned(), granted: on, why }
        })
        .collect()
}
