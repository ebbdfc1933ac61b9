//! What an error of an OAuth endpoint means for the engine (PROVIDERS 0.2): a dead grant asks the person to sign in again, a broken
//! registration must not, and an outage changes nothing.

use domain::{error::ProviderError, oauth::OAuthError, time::Timestamp};
use oauth2::RequestTokenError;
use reqwest::{StatusCode, header::HeaderMap};

use super::reply::ErrorReply;
use crate::http::retry_after::retry_at;

/// A request that got no answer.
pub fn transport(error: ProviderError) -> OAuthError {
    match error {
        ProviderError::Unreachable { host, reason } | ProviderError::Certificate { host, reason, .. } => {
            OAuthError::Transient { host, reason, retry_at: None }
        }
        ProviderError::Protocol { host, detail, .. } => OAuthError::Invalid(format!("{host}: {detail}")),
        other => OAuthError::Config(other.to_string()),
    }
}

/// The API was asked who signed in, and said something else.
pub fn asked(error: ProviderError) -> OAuthError {
    match error {
        error @ (ProviderError::Unreachable { .. } | ProviderError::Certificate { .. } | ProviderError::Protocol { .. }) => {
            transport(error)
        }
        ProviderError::RateLimited { provider, retry_at } => {
            OAuthError::Transient { host: provider, reason: "it has too many requests".to_owned(), retry_at }
        }
        ProviderError::Server { provider, detail } => OAuthError::Transient { host: provider, reason: detail, retry_at: None },
        other => OAuthError::Invalid(other.to_string()),
    }
}

/// Some for a status that says "not now".
pub fn transient(host: &str, status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Option<OAuthError> {
    let busy = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    (busy || status.is_server_error()).then(|| OAuthError::Transient {
        host: host.to_owned(),
        reason: format!("it answered {}", status.as_u16()),
        retry_at: retry_at(headers, now),
    })
}

/// Reads an error of the token endpoint. Bodies are never quoted: a success that could not be parsed holds tokens.
pub fn token(label: &str, error: RequestTokenError<OAuthError, ErrorReply>) -> OAuthError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(reply) => classify(label, &reply),
        RequestTokenError::Parse(why, _) => {
            OAuthError::Invalid(format!("{label} answered with something that is not a token reply (at {})", why.path()))
        }
        RequestTokenError::Other(_) => OAuthError::Invalid(format!("{label} answered without saying anything")),
    }
}

/// What the `error` of a reply means.
pub fn classify(label: &str, reply: &ErrorReply) -> OAuthError {
    let text = words(label, Some(reply));
    match reply.error.as_str() {
        // `bad_refresh_token` is GitHub's word for it.
        "invalid_grant" | "bad_refresh_token" | "interaction_required" | "login_required" | "consent_required" => {
            OAuthError::GrantDead(text)
        }
        "invalid_client"
        | "incorrect_client_credentials"
        | "unauthorized_client"
        | "invalid_request"
        | "invalid_scope"
        | "unsupported_grant_type"
        | "redirect_uri_mismatch"
        | "deleted_client"
        | "disabled_client" => OAuthError::Client(text),
        "access_denied" | "admin_policy_enforced" | "org_internal" => OAuthError::Denied(text),
        "temporarily_unavailable" | "server_error" | "slow_down" => {
            OAuthError::Transient { host: label.to_owned(), reason: text, retry_at: None }
        }
        _ => OAuthError::Invalid(text),
    }
}

/// "Google says invalid_grant: Token has been expired or revoked." Text from outside, so printable and short.
pub fn words(label: &str, reply: Option<&ErrorReply>) -> String {
    let Some(reply) = reply else { return format!("{label} gave no reason") };
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    match reply.error_description.as_deref().map(clean).filter(|d| !d.is_empty()) {
        Some(description) => format!("{label} says {}: {description}", clean(&reply.error)),
        None => format!("{label} says {}", clean(&reply.error)),
    }
}
