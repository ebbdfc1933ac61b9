//! Static rows of the registry: what can be connected, and what it needs.

use serde::{Deserialize, Serialize};

use crate::{connection::ConnectionSettings, ids::IntegrationId};

/// How a connection proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthKind {
    /// OAuth 2.0 authorization code with PKCE.
    OAuth,
    /// User name and password (or a token of another connection) at a server that the person names.
    Password,
    /// A token that the person makes at the provider and hands over; it stays valid until they delete it there.
    Token,
}

/// Which redirect a provider accepts (PROVIDERS 0.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedirectKind {
    /// `http://127.0.0.1:{port}/cb/{integration}`, any free port.
    Loopback,
    /// `aurelius://oauth/callback`.
    Scheme,
}

/// A sign-in at a provider that takes a token of the person's own as well ([`AuthKind::Token`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SignIn {
    pub way: SignInWay,
    /// Whether the provider lets a program end what the sign-in gave.
    pub revocable: bool,
    /// Where the person sees and ends it. Their tokens are on another page, the row's `account_page`.
    pub page: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInWay {
    /// A code that the person types in at the provider (RFC 8628): nothing comes back here, so nothing has to listen.
    Device,
    /// As [`AuthKind::OAuth`].
    Browser,
}

/// A service that a connection can bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    Identity,
    Mail,
    Calendar,
    Tasks,
    Files,
    /// Lists of people to suggest.
    People,
    Chat,
}

/// Something the person can use, and the OAuth scope it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// Stable: `mail.read`, `mail.send`, ….
    pub id: &'static str,
    pub service: Service,
    /// Any one of these scopes is enough. Empty: always on.
    pub any_scope: &'static [&'static str],
    /// In words: "Read your mail and its labels".
    pub label: &'static str,
    /// Why it is asked for, or what stays off without it.
    pub without: &'static str,
}

/// One row of the registry.
#[derive(Clone, Debug, Serialize)]
pub struct Integration {
    pub id: IntegrationId,
    pub label: &'static str,
    pub description: &'static str,
    pub auth: AuthKind,
    /// Beside the token; None for every other kind.
    pub sign_in: Option<SignIn>,
    pub redirect: Option<RedirectKind>,
    pub services: &'static [Service],
    /// Requested at sign-in, in this order.
    pub scopes: &'static [&'static str],
    pub features: &'static [Feature],
    /// Whether the provider has a revocation endpoint; else `account_page` is where the person removes the grant.
    pub revocable: bool,
    pub account_page: Option<&'static str>,
    /// Registered by whoever built this program, and put in when it was built.
    pub builtin_client: Option<&'static str>,
    /// Where the client id comes from; `Missing` too where none is needed.
    pub client: ClientSource,
}

/// Whose client registration signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientSource {
    /// The person's, from config.toml, the Integrations screen or the environment.
    Own,
    /// The distributor's.
    BuiltIn,
    #[default]
    Missing,
}

impl Integration {
    /// Whether this connection lives from a sign-in, which its provider can end, and not from what the person handed over.
    pub const fn signed_in(&self, settings: &ConnectionSettings) -> bool {
        match self.auth {
            AuthKind::OAuth => true,
            AuthKind::Token => self.sign_in.is_some() && matches!(settings, ConnectionSettings::OAuth),
            AuthKind::Password => false,
        }
    }

    /// Whether a sign-in can be withdrawn from here.
    pub fn withdrawable(&self) -> bool {
        self.sign_in.map_or(self.revocable, |sign_in| sign_in.revocable)
    }

    /// Where the person ends what this connection lives from.
    pub fn page_of(&self, settings: &ConnectionSettings) -> Option<&'static str> {
        let signed_in = self.sign_in.filter(|_| self.signed_in(settings));
        signed_in.map(|sign_in| sign_in.page).or(self.account_page)
    }

    /// Splits the features into granted and missing ones.
    pub fn granted<'a>(&'a self, scopes: &[String]) -> (Vec<&'a Feature>, Vec<&'a Feature>) {
        self.features.iter().partition(|f| f.any_scope.is_empty() || f.any_scope.iter().any(|s| scopes.iter().any(|g| g == s)))
    }
}
