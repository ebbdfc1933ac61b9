//! Mail servers that a person names: check that they work, then store everything in one transaction. Nothing is synced here.

mod again;
mod jmap;
#[cfg(test)]
mod jmap_tests;
mod token;

use std::sync::Arc;

use domain::{
    audit::{Actor, Outcome},
    connection::{Account, Connection, ConnectionSettings, ConnectionStatus, MailAuth, MailServers, SyncSelection},
    ids::{AccountId, ConnectionId, IntegrationId},
    mail::Mailbox,
    source::{Credentials, Probe, ServerGuess},
};
use store::{AccountChange, NewAccount, NewConnection, SealedSecret};

use crate::{
    Engine, EngineError,
    core::{audit, on_connection},
    mime::address::Addressee,
    tokens,
    views::{ConnectImap, ImapAuth, ImapConnected},
};

pub use jmap::ConnectJmap;
pub use token::ConnectToken;

const IMAP: &str = "imap";
/// Hues of the interface.
const HUES: u8 = 10;

impl Engine {
    /// Finds servers for an address. `third_parties`: the person agreed that the ISPDB may be asked.
    pub async fn autoconfigure(&self, email: &str, third_parties: bool) -> Result<Vec<ServerGuess>, EngineError> {
        let address = checked_address(email)?;
        Ok(self.connector().autoconfigure(&address, third_parties).await?)
    }

    /// Connects and signs in at both servers; reads and stores nothing.
    pub async fn probe_imap(&self, request: &ConnectImap) -> Result<Probe, EngineError> {
        let (servers, credentials) = self.servers_of(request).await?;
        Ok(self.connector().probe(&servers, credentials).await?)
    }

    /// Checks the servers, then stores connection, account and password in one transaction. The first sync starts in the
    /// background, or with [`Engine::sync_now`].
    pub async fn connect_imap(&self, request: ConnectImap) -> Result<ImapConnected, EngineError> {
        let email = checked_address(&request.email)?;
        let (servers, credentials) = self.servers_of(&request).await?;
        let subject = subject_of(&servers);
        let integration = IntegrationId::from(IMAP);
        if let Some(old) = self.inner.store.connection_by_subject(&integration, &subject).await? {
            return Err(EngineError::new(
                "already_connected",
                format!("{} is connected already as {}", servers.username, old.label),
                "Change its password or settings in Integrations, or disconnect it first.",
            ));
        }
        let probe = self.connector().probe(&servers, credentials).await?;
        let now = self.now();
        let can_send = servers.smtp.is_some();
        let connection = Connection {
            id: ConnectionId::new(uuid::Uuid::now_v7().to_string()),
            integration,
            label: email.clone(),
            subject,
            email: email.clone(),
            display_name: request.display_name.clone(),
            status: ConnectionStatus::Active,
            status_reason: None,
            granted_scopes: Vec::new(),
            settings: ConnectionSettings::Mail(servers),
            paused_until: None,
            created_at: now,
        };
        let secrets: Vec<SealedSecret> = match &request.auth {
            ImapAuth::Password(password) => vec![self.inner.tokens.seal_password(&connection.id, password)?],
            ImapAuth::Oidc { .. } => Vec::new(),
        };
        let account = NewAccount { email, display_name: request.display_name, hue: self.next_hue().await?, can_send };
        let id = connection.id.clone();
        let entry = audit(request.actor, "connection.created", format!("connection:{id}"), Outcome::Ok, "integration=imap");
        self.inner.store.insert_connection(&NewConnection { connection, accounts: vec![account], secrets }, &entry, now).await?;
        self.after_connect(&id).await;
        Ok(ImapConnected { connection: self.connection(&id).await?, probe })
    }

    async fn servers_of(&self, request: &ConnectImap) -> Result<(MailServers, Arc<dyn Credentials>), EngineError> {
        for server in std::iter::once(&request.imap).chain(request.smtp.as_ref()) {
            if server.host.trim().is_empty() || server.port == 0 {
                return Err(EngineError::invalid(
                    "A server needs a host name and a port.",
                    "Write it as HOST:PORT, such as imap.example.org:993.",
                ));
            }
        }
        if request.username.is_empty() || request.username.chars().any(char::is_control) {
            return Err(EngineError::invalid(
                "The user name is missing or has characters that no server takes.",
                "Often it is the whole address.",
            ));
        }
        let (auth, credentials): (MailAuth, Arc<dyn Credentials>) = match &request.auth {
            ImapAuth::Password(password) => (MailAuth::Password, Arc::new(tokens::Given(password.clone()))),
            ImapAuth::Oidc { connection } => {
                self.inner.store.connection(connection).await?;
                (MailAuth::Oidc { connection: connection.clone() }, tokens::token_credentials(&self.inner.tokens, connection))
            }
        };
        let servers = MailServers {
            username: request.username.clone(),
            imap: request.imap.clone(),
            smtp: request.smtp.clone(),
            auth,
            selection: request.selection.clone(),
        };
        Ok((servers, credentials))
    }

    /// Which folders and how far back. Folders left out are erased here (not at the provider) with the next sync.
    pub async fn set_selection(&self, id: &ConnectionId, selection: SyncSelection) -> Result<(), EngineError> {
        let mut connection = self.inner.store.connection(id).await?;
        match &mut connection.settings {
            ConnectionSettings::Mail(servers) => servers.selection = selection,
            ConnectionSettings::Jmap(server) => {
                server.selection = SyncSelection { excluded: self.folder_ids(id, selection.excluded).await?, ..selection };
            }
            _ => {
                let hint = "Its provider decides what is synced.";
                return Err(EngineError::new("unsupported", "this account has no servers of its own", hint));
            }
        }
        self.inner.store.set_connection_settings(id, &connection.settings).await?;
        self.audit_only(on_connection(Actor::Person, "connection.selection_changed", id, "")).await;
        self.inner.sources.drop(id).await;
        self.after_connect(id).await;
        // A wider window has mail that no cursor points at: compare everything.
        for scope in self.inner.store.scopes(Some(id)).await? {
            self.inner.store.reset_cursor(scope.scope.id).await?;
        }
        Ok(())
    }

    /// Folders by their remote ids, where they were given by name; what is no name here is an id already.
    async fn folder_ids(&self, id: &ConnectionId, named: Vec<String>) -> Result<Vec<String>, EngineError> {
        let known = self.folders_of(id).await?;
        let of = |text: String| known.iter().find(|m| m.name == text).map_or(text, |m| m.remote.0.clone());
        Ok(named.into_iter().map(of).collect())
    }

    async fn folders_of(&self, id: &ConnectionId) -> Result<Vec<Mailbox>, EngineError> {
        match self.accounts_of(id).await?.first() {
            Some(account) => Ok(self.inner.store.mailboxes(Some(account.id)).await?),
            None => Ok(Vec::new()),
        }
    }

    pub async fn accounts(&self) -> Result<Vec<Account>, EngineError> {
        Ok(self.inner.store.accounts().await?)
    }

    pub(crate) async fn accounts_of(&self, id: &ConnectionId) -> Result<Vec<Account>, EngineError> {
        Ok(self.inner.store.accounts().await?.into_iter().filter(|a| &a.connection == id).collect())
    }

    pub async fn set_account(&self, id: AccountId, display_name: Option<String>, hue: Option<u8>) -> Result<(), EngineError> {
        if hue.is_some_and(|h| h >= HUES) {
            return Err(EngineError::invalid("There is no such colour.", "Choose one of the ten."));
        }
        if display_name.as_deref().is_some_and(|n| n.chars().any(char::is_control)) {
            return Err(EngineError::invalid("A name can't have line ends.", ""));
        }
        let detail = format!("name={} hue={}", u8::from(display_name.is_some()), u8::from(hue.is_some()));
        self.inner.store.update_account(id, &AccountChange { display_name, hue, can_send: None }).await?;
        self.audit_only(audit(Actor::Person, "account.changed", format!("account:{id}"), Outcome::Ok, detail)).await;
        self.emit().changed(crate::events::Entity::Account, [id.0]);
        Ok(())
    }

    /// The least used colour.
    pub(crate) async fn next_hue(&self) -> Result<u8, EngineError> {
        let accounts = self.inner.store.accounts().await?;
        Ok((0..HUES).min_by_key(|hue| (accounts.iter().filter(|a| a.hue == *hue).count(), *hue)).unwrap_or(0))
    }

    /// New or signed in again: its scopes are due now.
    pub(crate) async fn after_connect(&self, id: &ConnectionId) {
        self.sched().forget_failures(id);
        self.emit().connection(id);
        self.emit().changed_many(crate::events::Entity::Account);
        self.nudge(Some(id));
        self.hurry_outbox(Some(id)).await;
    }
}

/// Who at which server: two connections never share one.
fn subject_of(servers: &MailServers) -> String {
    format!("{}@{}:{}", servers.username.to_lowercase(), servers.imap.host.to_lowercase(), servers.imap.port)
}

fn checked_address(email: &str) -> Result<String, EngineError> {
    Addressee::parse(email)
        .map(|a| a.email())
        .map_err(|e| EngineError::invalid(format!("{email:?} is not an address: {}", e.message), e.hint))
}
