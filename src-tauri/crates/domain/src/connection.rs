//! Connections and the accounts they bring.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, ConnectionId, IntegrationId},
    tables::TableSettings,
    time::Timestamp,
};

/// Stored status. `syncing` and `paused` are derived (a running job; `paused_until`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    Active,
    /// The grant is dead: data kept, one-click reconnect.
    Expired,
    /// Something else that needs the person; `status_reason` says what.
    Error,
    /// Switched off by the person or by the plan: no sync, data kept.
    Disabled,
}

impl ConnectionStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Error => "error",
            Self::Disabled => "disabled",
        }
    }
    pub fn parse(s: &str) -> Option<Self> {
        Some(match s {
            "active" => Self::Active,
            "expired" => Self::Expired,
            "error" => Self::Error,
            "disabled" => Self::Disabled,
            _ => return None,
        })
    }
}

/// One grant by the person at one integration. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub id: ConnectionId,
    pub integration: IntegrationId,
    /// What the person calls it; the address by default.
    pub label: String,
    /// The provider's stable subject (OIDC `sub`, or `user@host` for IMAP): the key for "already connected".
    pub subject: String,
    pub email: String,
    pub display_name: String,
    pub status: ConnectionStatus,
    /// In words, when the status is not `active`.
    pub status_reason: Option<String>,
    pub granted_scopes: Vec<String>,
    pub settings: ConnectionSettings,
    /// Set while the person paused it.
    pub paused_until: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// What differs by kind of connection; stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConnectionSettings {
    /// Everything is in the provider's row of the configuration.
    OAuth,
    /// The same; the person's own token is the connection's password.
    Token,
    /// The same; its task lists are tables, and this is what was chosen of them.
    Tables(TableSettings),
    Mail(MailServers),
    Dav(DavServer),
    Jmap(JmapServer),
    Feed(FeedSettings),
}

impl ConnectionSettings {
    /// What is synced of its mail; everything where there is nothing to choose.
    pub fn selection(&self) -> SyncSelection {
        match self {
            Self::Mail(servers) => servers.selection.clone(),
            Self::Jmap(server) => server.selection.clone(),
            _ => SyncSelection::default(),
        }
    }

    /// What was chosen of tables; nothing yet where nothing was stored.
    pub fn tables(&self) -> TableSettings {
        match self {
            Self::Tables(settings) => settings.clone(),
            _ => TableSettings::default(),
        }
    }
}

/// A CalDAV server with the person's user name; the password is a secret of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DavServer {
    /// Where discovery begins: empty for the domain of the user name, else the server, its `/.well-known/caldav`, or a principal or home.
    pub url: String,
    pub username: String,
    /// Remote ids of calendars that are not synced.
    #[serde(default)]
    pub excluded: Vec<String>,
}

/// A JMAP server (RFC 8620); the password or token is a secret of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JmapServer {
    /// Where discovery begins: a host, its `/.well-known/jmap`, or the session resource; empty for the domain of the user name.
    pub url: String,
    /// None: the secret is a token of the person's own, which needs no name.
    pub username: Option<String>,
    /// Folders by their remote ids, which no new name changes.
    #[serde(default)]
    pub selection: SyncSelection,
}

impl JmapServer {
    /// The host that was named, without port; None where the user name says it.
    pub fn host(&self) -> Option<&str> {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Some(host.split(':').next().unwrap_or_default()).filter(|host| !host.is_empty())
    }
}

/// A subscribed iCalendar file. Its address often is the secret that protects it, so the whole of it is sealed as the connection's
/// password and only the host is kept in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedSettings {
    pub host: String,
    pub name: String,
    /// The person allows an address of this machine or of a private network.
    #[serde(default)]
    pub private_allowed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServers {
    pub username: String,
    pub imap: ServerEndpoint,
    /// None: receive-only.
    pub smtp: Option<ServerEndpoint>,
    pub auth: MailAuth,
    #[serde(default)]
    pub selection: SyncSelection,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailAuth {
    Password,
    /// Bearer tokens of this OIDC connection (OAUTHBEARER, else XOAUTH2).
    Oidc {
        connection: ConnectionId,
    },
}

/// Selective sync.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncSelection {
    /// Folders that are not synced: remote ids, or names where those are the same.
    #[serde(default)]
    pub excluded: Vec<String>,
    /// Only mail of the last so many days; None is everything.
    #[serde(default)]
    pub days: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerEndpoint {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// SHA-256 of the leaf certificate in hex, pinned by the person after seeing it.
    #[serde(default)]
    pub pinned: Option<String>,
}

impl std::fmt::Display for ServerEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    Starttls,
    /// Plain text; only to loopback.
    None,
}

/// What the person sees: an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub connection: ConnectionId,
    pub email: String,
    pub display_name: String,
    /// 0…9, index into the calendar/label hues of the interface.
    pub hue: u8,
    /// Whether mail can be sent from it.
    pub can_send: bool,
}
