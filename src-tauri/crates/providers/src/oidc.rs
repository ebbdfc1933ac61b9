//! Any organisation's OpenID provider: endpoints come from its discovery document (OpenID Connect Discovery 1.0).
//!
//! The document is cached for an hour. Every address in it must be https (or this machine), and its `issuer` must be the configured
//! one character by character: that is what ties the tokens to the issuer the person named (section 4.3).

use std::{collections::HashMap, sync::Mutex, time::Duration};

use domain::{config, oauth::OAuthError, time::Timestamp};
use serde::Deserialize;
use url::Url;

use crate::{
    http::{Http, SMALL_CAP},
    oauth::error,
};

const CACHE_MILLIS: i64 = 3_600_000;

/// What is used of a discovery document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    pub authorize_url: Url,
    pub token_url: Url,
    pub revoke_url: Option<Url>,
    pub userinfo_url: Option<Url>,
    pub iss_required: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    revocation_endpoint: Option<String>,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    response_types_supported: Option<Vec<String>>,
    /// RFC 9207 section 3.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Discovery documents by issuer.
#[derive(Default)]
pub struct Discovery {
    cache: Mutex<HashMap<String, (Timestamp, Metadata)>>,
}

impl Discovery {
    pub async fn metadata(&self, http: &Http, issuer: &str) -> Result<Metadata, OAuthError> {
        let now = http.now();
        if let Some(found) = self.cached(issuer, now) {
            return Ok(found);
        }
        let url = document_url(issuer)?;
        let host = crate::http::host_of(&url);
        let reply = http.get(url, Duration::from_secs(20), SMALL_CAP).await.map_err(error::transport)?;
        if let Some(error) = error::transient(&host, reply.status, &reply.headers, now) {
            return Err(error);
        }
        if !reply.status.is_success() {
            return Err(OAuthError::Config(format!(
                "{host} has no OpenID configuration (it answered {}): check issuer under [providers.oidc]",
                reply.status.as_u16()
            )));
        }
        let metadata = parse(issuer, &reply.body)?;
        if let Ok(mut cache) = self.cache.lock() {
            cache.insert(issuer.to_owned(), (now, metadata.clone()));
        }
        Ok(metadata)
    }

    fn cached(&self, issuer: &str, now: Timestamp) -> Option<Metadata> {
        let cache = self.cache.lock().ok()?;
        let (at, metadata) = cache.get(issuer)?;
        // A clock that went backwards ends the cache too.
        (0..CACHE_MILLIS).contains(&now.since(*at)).then(|| metadata.clone())
    }
}

/// Section 4: a terminating slash of the issuer is removed before the well-known path is appended.
fn document_url(issuer: &str) -> Result<Url, OAuthError> {
    config::check_url("providers.oidc.issuer", issuer).map_err(|e| OAuthError::Config(e.to_string()))?;
    Url::parse(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')))
        .map_err(|_| OAuthError::Config(format!("the issuer is not a web address: {issuer}")))
}

pub(crate) fn parse(issuer: &str, body: &[u8]) -> Result<Metadata, OAuthError> {
    let document: Document = serde_json::from_slice(body).map_err(|_| {
        OAuthError::Config(format!("{issuer} does not publish an OpenID configuration: check issuer under [providers.oidc]"))
    })?;
    if document.issuer != issuer {
        let named: String = document.issuer.chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(OAuthError::Config(format!("the server calls itself {named}, not {issuer}: put exactly that as issuer")));
    }
    if document.code_challenge_methods_supported.as_ref().is_some_and(|m| !m.iter().any(|m| m == "S256")) {
        return Err(OAuthError::Config(format!("{issuer} does not offer PKCE with S256, which a desktop client needs")));
    }
    if document.response_types_supported.as_ref().is_some_and(|m| !m.iter().any(|m| m == "code")) {
        return Err(OAuthError::Config(format!("{issuer} does not offer the authorization code flow")));
    }
    let safe = |key: &str, value: &str| config::check_url(key, value).map_err(|e| OAuthError::Invalid(format!("discovery document: {e}")));
    Ok(Metadata {
        authorize_url: safe("authorization_endpoint", &document.authorization_endpoint)?,
        token_url: safe("token_endpoint", &document.token_endpoint)?,
        revoke_url: document.revocation_endpoint.as_deref().map(|u| safe("revocation_endpoint", u)).transpose()?,
        userinfo_url: document.userinfo_endpoint.as_deref().map(|u| safe("userinfo_endpoint", u)).transpose()?,
        iss_required: document.authorization_response_iss_parameter_supported,
    })
}

#[cfg(test)]
mod tests;
