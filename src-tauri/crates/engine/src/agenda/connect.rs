//! Calendars that a person names: a CalDAV server, or the address of an iCalendar file. Checked first, then stored in one transaction.

use std::sync::Arc;

use domain::{
    SecretString,
    audit::{Actor, Outcome},
    connection::{Connection, ConnectionSettings, ConnectionStatus, DavServer, FeedSettings},
    ids::{ConnectionId, IntegrationId},
    source::Credentials,
};
use secrecy::ExposeSecret as _;
use store::{MailReconnect, NewConnection};
use url::Url;

use crate::{Engine, EngineError, core::audit, tokens, views::ConnectionView};

const CALDAV: &str = "caldav";
const ICS: &str = "ics";

pub struct ConnectDav {
    /// An address, or only a host; empty where the user name is an e-mail address.
    pub url: String,
    pub username: String,
    pub password: SecretString,
    /// Signs in anew.
    pub reconnect: Option<ConnectionId>,
    pub actor: Actor,
}

pub struct ConnectFeed {
    /// The whole of it is a secret.
    pub url: SecretString,
    pub name: String,
    pub private_allowed: bool,
    pub actor: Actor,
}

fn missing(what: &str, hint: &str) -> EngineError {
    EngineError::invalid(what, hint)
}

/// `https://` where no scheme was typed.
fn dav_url(text: &str) -> Result<Url, EngineError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(missing("The server's address is missing.", "Type it as the provider tells it, such as https://caldav.example.org."));
    }
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = domain::config::check_url("The address", &full)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(missing("A user name and password don't belong into the address.", "Type them into their own fields."));
    }
    Ok(url)
}

impl Engine {
    /// Signs in, lists the calendars, and stores connection and password. The first sync starts in the background.
    pub async fn connect_dav(&self, request: ConnectDav) -> Result<ConnectionView, EngineError> {
        let username = request.username.trim().to_owned();
        // The domain of an e-mail address says where to look, and the client knows the providers' own hosts.
        let domain = username.rsplit_once('@').map(|(_, domain)| domain).filter(|_| request.url.trim().is_empty());
        let url = if domain.is_some() { None } else { Some(dav_url(&request.url)?) };
        if username.is_empty() || username.chars().any(char::is_control) {
            return Err(missing("The user name is missing or has characters that no server takes.", "Often it is the e-mail address."));
        }
        let host = url.as_ref().and_then(Url::host_str).or(domain).unwrap_or_default().to_lowercase();
        let path = url.as_ref().map_or("", |url| url.path().trim_end_matches('/'));
        let subject = format!("{}@{host}{path}", username.to_lowercase());
        let integration = IntegrationId::from(CALDAV);
        let old = match &request.reconnect {
            Some(id) => Some(self.store().connection(id).await?),
            None => {
                if let Some(old) = self.store().connection_by_subject(&integration, &subject).await? {
                    return Err(EngineError::new(
                        "already_connected",
                        format!("{username} at {host} is connected already as {}", old.label),
                        "Reconnect that one in Integrations if its password changed.",
                    ));
                }
                None
            }
        };
        let excluded = match old.as_ref().map(|c| &c.settings) {
            Some(ConnectionSettings::Dav(server)) => server.excluded.clone(),
            Some(_) => return Err(EngineError::new("unsupported", "this is no CalDAV connection", "Use its own Reconnect.")),
            None => Vec::new(),
        };
        let label = if username.contains('@') { username.clone() } else { format!("{username} at {host}") };
        let settings =
            ConnectionSettings::Dav(DavServer { url: url.map(String::from).unwrap_or_default(), username: username.clone(), excluded });
        let connection = self.candidate(old.as_ref(), integration, subject.clone(), label, username, settings.clone());
        self.check_calendars(&connection, Arc::new(tokens::Given(request.password.clone()))).await?;
        let secret = self.inner.tokens.seal_password(&connection.id, &request.password)?;
        let id = connection.id.clone();
        let target = format!("connection:{id}");
        match old {
            Some(_) => {
                let entry = audit(request.actor, "connection.reconnected", target, Outcome::Ok, "cause=servers");
                let new = MailReconnect { subject, settings, secrets: vec![secret], can_send: false, display_name: None };
                self.store().reconnect_mail(&id, &new, &entry, self.now()).await?;
                self.stop_work(&id).await;
            }
            None => {
                let entry = audit(request.actor, "connection.created", target, Outcome::Ok, "integration=caldav");
                let new = NewConnection { connection, accounts: Vec::new(), secrets: vec![secret] };
                self.store().insert_connection(&new, &entry, self.now()).await?;
            }
        }
        self.after_connect(&id).await;
        self.connection(&id).await
    }

    /// Reads the file once, then stores its address as a secret.
    pub async fn connect_feed(&self, request: ConnectFeed) -> Result<ConnectionView, EngineError> {
        let text = request.url.expose_secret().trim().to_owned();
        let full = match text.split_once("://") {
            Some(("webcal" | "webcals", rest)) => format!("https://{rest}"),
            Some(_) => text,
            None if text.is_empty() => {
                return Err(missing(
                    "The calendar's address is missing.",
                    "Copy the address that ends in .ics from where it is published.",
                ));
            }
            None => format!("https://{text}"),
        };
        // The words of a refused address would carry the secret.
        let url = domain::config::check_url("The address", &full).map_err(|_| {
            missing(
                "The calendar's address must be a web address with https.",
                "Plain http is only for this computer. Copy the address again.",
            )
        })?;
        let host = url.host_str().unwrap_or_default().to_lowercase();
        let digest = <sha2::Sha256 as sha2::Digest>::digest(full.as_bytes());
        let subject = domain::hex(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
        let integration = IntegrationId::from(ICS);
        if let Some(old) = self.store().connection_by_subject(&integration, &subject).await? {
            return Err(EngineError::new("already_connected", format!("this calendar is connected already as {}", old.label), ""));
        }
        let given = request.name.trim();
        if given.chars().count() > 100 || given.chars().any(char::is_control) {
            return Err(missing("A name has 1 to 100 characters and no line ends.", "Choose another name."));
        }
        let settings = |name: &str| {
            ConnectionSettings::Feed(FeedSettings { host: host.clone(), name: name.to_owned(), private_allowed: request.private_allowed })
        };
        let mut connection = self.candidate(None, integration, subject, given.to_owned(), host.clone(), settings(given));
        let secret = SecretString::from(full);
        let found = self.check_calendars(&connection, Arc::new(tokens::Given(secret.clone()))).await?;
        let name = if given.is_empty() {
            found.first().cloned().filter(|n| !n.is_empty()).unwrap_or_else(|| host.clone())
        } else {
            given.to_owned()
        };
        connection.label.clone_from(&name);
        connection.settings = settings(&name);
        let sealed = self.inner.tokens.seal_password(&connection.id, &secret)?;
        let id = connection.id.clone();
        let entry = audit(request.actor, "connection.created", format!("connection:{id}"), Outcome::Ok, "integration=ics");
        self.store()
            .insert_connection(&NewConnection { connection, accounts: Vec::new(), secrets: vec![sealed] }, &entry, self.now())
            .await?;
        self.after_connect(&id).await;
        self.connection(&id).await
    }

    fn candidate(
        &self,
        old: Option<&Connection>,
        integration: IntegrationId,
        subject: String,
        label: String,
        email: String,
        settings: ConnectionSettings,
    ) -> Connection {
        Connection {
            id: old.map_or_else(|| ConnectionId::new(uuid::Uuid::now_v7().to_string()), |c| c.id.clone()),
            integration,
            label: old.map_or(label, |c| c.label.clone()),
            subject,
            email,
            display_name: String::new(),
            status: ConnectionStatus::Active,
            status_reason: None,
            granted_scopes: Vec::new(),
            settings,
            paused_until: None,
            created_at: old.map_or_else(|| self.now(), |c| c.created_at),
        }
    }

    /// Names of the calendars that are there.
    async fn check_calendars(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<Vec<String>, EngineError> {
        let source = self
            .connector()
            .calendar(connection, credentials)?
            .ok_or_else(|| EngineError::new("unsupported", "this has no calendars", "Choose another integration."))?;
        let found = source.calendars().await?;
        if !found.iter().any(|c| c.events) {
            return Err(EngineError::new(
                "not_found",
                "There is no calendar at this address.",
                "Give the address that the provider tells for CalDAV.",
            ));
        }
        Ok(found.into_iter().map(|c| c.name).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_alone_is_an_address() {
        assert_eq!(dav_url(" caldav.example.org ").unwrap().as_str(), "https://caldav.example.org/");
        assert_eq!(dav_url("http://127.0.0.1:5232/me/").unwrap().as_str(), "http://127.0.0.1:5232/me/");
        for bad in ["", "http://caldav.example.org", "https://me:secret@caldav.example.org"] {
            assert!(dav_url(bad).is_err(), "{bad}");
        }
        assert!(!dav_url("https://me:secret@caldav.example.org").unwrap_err().message.contains("secret"));
    }
}
