//! Client registrations and endpoints: `config.toml` of the home, the Integrations screen and environment variables
//! (`AURELIUS_PROVIDERS__GOOGLE__CLIENT_ID`) all fill this one shape.

use std::{collections::BTreeMap, path::PathBuf};

use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;
use url::{Host, Url};

/// The whole of `config.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default)]
    pub providers: BTreeMap<String, ProviderConfig>,
    /// PEM file with further trusted roots, for every connection.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// One `[providers.<id>]` table. Every key is optional: what is missing comes from the registry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    pub client_id: Option<String>,
    /// Google's desktop clients are issued one; it protects nothing, yet it is not printed either.
    pub client_secret: Option<SecretString>,
    pub issuer: Option<String>,
    /// `"scheme"` or `"loopback"`; only for `oidc`.
    pub redirect: Option<String>,
    /// Space-separated; only for `oidc`.
    pub scopes: Option<String>,
    pub authorize_url: Option<String>,
    /// Where a sign-in with a code begins (RFC 8628); for `github`.
    pub device_url: Option<String>,
    pub token_url: Option<String>,
    pub revoke_url: Option<String>,
    pub userinfo_url: Option<String>,
    pub gmail_url: Option<String>,
    pub calendar_url: Option<String>,
    pub tasks_url: Option<String>,
    pub drive_url: Option<String>,
    /// The People API; for `google`.
    pub people_url: Option<String>,
    /// Microsoft Graph; for `microsoft`.
    pub graph_url: Option<String>,
    /// Where the API of a provider with only one is; for the task tools (`todoist`, `github`, …).
    pub api_url: Option<String>,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    #[error("{key} is not a web address: {value}")]
    NotAUrl { key: String, value: String },
    #[error("{key} must use https (plain http is only for this machine): {value}")]
    NotHttps { key: String, value: String },
    #[error("{key} must be \"scheme\" or \"loopback\", not {value:?}")]
    Redirect { key: String, value: String },
}

impl ProviderConfig {
    fn urls(&self) -> [(&'static str, &Option<String>); 13] {
        [
            ("issuer", &self.issuer),
            ("authorize_url", &self.authorize_url),
            ("device_url", &self.device_url),
            ("token_url", &self.token_url),
            ("revoke_url", &self.revoke_url),
            ("userinfo_url", &self.userinfo_url),
            ("gmail_url", &self.gmail_url),
            ("calendar_url", &self.calendar_url),
            ("tasks_url", &self.tasks_url),
            ("drive_url", &self.drive_url),
            ("people_url", &self.people_url),
            ("graph_url", &self.graph_url),
            ("api_url", &self.api_url),
        ]
    }

    /// The keys that are given.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        let texts = [("client_id", &self.client_id), ("redirect", &self.redirect), ("scopes", &self.scopes)];
        let secret = self.client_secret.is_some().then_some("client_secret");
        let given = texts.into_iter().chain(self.urls()).filter(|(_, value)| value.is_some()).map(|(key, _)| key);
        given.chain(secret)
    }
}

impl Config {
    /// Refuses addresses that would carry tokens in the clear.
    pub fn check(&self) -> Result<(), ConfigError> {
        for (id, provider) in &self.providers {
            for (key, value) in provider.urls() {
                if let Some(value) = value {
                    check_url(&format!("providers.{id}.{key}"), value)?;
                }
            }
            if let Some(redirect) = &provider.redirect
                && redirect != "scheme"
                && redirect != "loopback"
            {
                return Err(ConfigError::Redirect { key: format!("providers.{id}.redirect"), value: redirect.clone() });
            }
        }
        Ok(())
    }
}

/// https, or http to loopback.
pub fn check_url(key: &str, value: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(value).map_err(|_| ConfigError::NotAUrl { key: key.to_owned(), value: value.to_owned() })?;
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(ConfigError::NotHttps { key: key.to_owned(), value: value.to_owned() }),
        _ => Err(ConfigError::NotAUrl { key: key.to_owned(), value: value.to_owned() }),
    }
}

/// Whether the URL's host is this machine by literal address or by the name `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn plain_http_only_to_loopback() {
        for ok in ["https://mail.example/x", "http://127.0.0.1:8080", "http://[::1]:1/", "http://localhost:3"] {
            assert!(check_url("k", ok).is_ok(), "{ok}");
        }
        for bad in [
            "http://mail.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "ftp://127.0.0.1",
            "x",
            "file:///etc/passwd",
            "http://10.0.0.1",
        ] {
            assert!(check_url("k", bad).is_err(), "{bad}");
        }
    }
}
