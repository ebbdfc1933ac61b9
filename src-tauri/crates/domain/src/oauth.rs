//! OAuth words shared by the engine (which owns the flow) and the providers (which speak HTTP). RFC 6749, 7636, 8252, 9207.

use secrecy::SecretString;
use thiserror::Error;

use crate::{error::ErrorClass, integration::RedirectKind, time::Timestamp};

/// What the engine needs to build the authorization URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizeParams {
    pub authorize_url: String,
    pub client_id: String,
    /// Expected `iss` of the answer, where the provider has one.
    pub issuer: Option<String>,
    /// Whether the answer must carry `iss` (`authorization_response_iss_parameter_supported`).
    pub iss_required: bool,
    pub redirect: RedirectKind,
    /// A loopback redirect is spelled `http://localhost:{port}`: Microsoft takes no other spelling (PROVIDERS 0.1).
    pub localhost: bool,
    pub scopes: Vec<String>,
    /// They are separated by commas, not by spaces (Linear).
    pub commas: bool,
    /// Send a nonce and check it in the id_token.
    pub oidc: bool,
    /// Further fixed parameters of this provider.
    pub extra: Vec<(String, String)>,
}

/// Tokens as they came from the token endpoint. Cannot be printed or serialised.
#[derive(Clone, Debug)]
pub struct TokenSet {
    pub access_token: SecretString,
    /// Absent in most refresh replies of Google: the old one stays valid.
    pub refresh_token: Option<SecretString>,
    /// None: unknown, not infinite.
    pub expires_at: Option<Timestamp>,
    /// None where the reply has no `scope`: as requested (RFC 6749 section 5.1).
    pub scopes: Option<Vec<String>>,
    /// Verified claims of the id_token (iss, aud, exp and nonce checked).
    pub identity: Option<Identity>,
}

/// What a device authorization request gave (RFC 8628 section 3.2).
#[derive(Clone, Debug)]
pub struct DeviceCode {
    /// Goes back with every question; whoever has it gets the tokens.
    pub device_code: SecretString,
    /// The person types it in.
    pub user_code: String,
    /// https, or this machine.
    pub verification_uri: String,
    pub expires_at: Timestamp,
    /// Seconds between two questions, at least.
    pub interval_secs: i64,
}

/// What came of asking whether the person is done (RFC 8628 section 3.5).
#[derive(Clone, Debug)]
pub enum DevicePoll {
    Pending,
    /// From now on five seconds more between two questions.
    SlowDown,
    Granted(Box<TokenSet>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub subject: String,
    pub email: String,
    pub email_verified: bool,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    Revoked,
    /// It was dead already.
    AlreadyDead,
    /// The provider has no revocation endpoint.
    Unsupported,
}

#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OAuthError {
    /// `invalid_grant`: the grant is dead.
    #[error("the sign-in is no longer valid: {0}")]
    GrantDead(String),
    /// `invalid_client`, `unauthorized_client`, bad redirect: our registration, not the person.
    #[error("this client registration does not work: {0}")]
    Client(String),
    /// `access_denied` and the like.
    #[error("the sign-in was refused: {0}")]
    Denied(String),
    /// The person's organisation does not let them in this way; doing it again helps nobody.
    #[error("the sign-in was refused: {0}")]
    Organisation(&'static str),
    /// Timeouts, 5xx, 429: try again.
    #[error("{host} can't be reached: {reason}")]
    Transient { host: String, reason: String, retry_at: Option<Timestamp> },
    /// The reply breaks the specification, or a check (iss, aud, nonce, redirect) failed.
    #[error("the answer of the sign-in server was refused: {0}")]
    Invalid(String),
    /// `expired_token`: nobody typed the code in while it was valid.
    #[error("the code was not used in time")]
    CodeExpired,
    /// `incorrect_device_code`: the provider does not know what it gave out, or it was used already.
    #[error("{0} does not know this code any more")]
    CodeUnknown(&'static str),
    /// `device_flow_disabled`: a switch in the settings of the client registration.
    #[error("{0} does not let this client registration sign in with a code")]
    DeviceFlowDisabled(&'static str),
    /// Missing or senseless configuration.
    #[error("{0}")]
    Config(String),
}

impl OAuthError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Transient { .. } => ErrorClass::Retry,
            Self::GrantDead(_) => ErrorClass::Reauth,
            _ => ErrorClass::Wedge,
        }
    }
    pub fn code(&self) -> &'static str {
        match self {
            Self::GrantDead(_) => "grant_dead",
            Self::Client(_) => "client",
            Self::Denied(_) | Self::Organisation(_) => "denied",
            Self::Transient { .. } => "unreachable",
            Self::Invalid(_) => "invalid_answer",
            Self::CodeExpired | Self::CodeUnknown(_) => "code_expired",
            Self::DeviceFlowDisabled(_) => "device_flow_disabled",
            Self::Config(_) => "config",
        }
    }
    pub fn hint(&self) -> &'static str {
        match self {
            Self::GrantDead(_) => "Reconnect the account; nothing stored here is lost.",
            Self::Client(_) => "Check client_id and client_secret under Integrations or in config.toml (docs/own-client.md).",
            Self::Denied(_) => "Start the sign-in again and allow what you want to use.",
            Self::Organisation(_) => "Ask the administrator of your organisation, then start the sign-in again.",
            Self::Transient { .. } => "Check the network, then try again.",
            Self::Invalid(_) => "Start the sign-in again; if it happens twice, report it.",
            Self::CodeExpired | Self::CodeUnknown(_) => "Start the sign-in again: there is a new code then.",
            Self::DeviceFlowDisabled(_) => "Switch on its device flow at the provider (docs/own-client.md), or use a token.",
            Self::Config(_) => "Correct config.toml, then try again.",
        }
    }
}
