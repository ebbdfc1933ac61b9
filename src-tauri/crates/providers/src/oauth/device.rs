//! Signing in with a code that the person types in at the provider (RFC 8628). Nothing comes back to this computer: the provider is asked
//! from time to time. GitHub answers its refusals with status 200 (PROVIDERS 6.2, A.6); a status is not looked at where the body says more.

use domain::{
    ExposeSecret, SecretString,
    config::check_url,
    oauth::{DeviceCode, DevicePoll, OAuthError},
    time::Timestamp,
};
use reqwest::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use serde::Deserialize;
use url::{Url, form_urlencoded::Serializer};

use super::{Client, error, reply};
use crate::http::{Call, Http, Reply, SMALL_CAP};

/// RFC 8628 section 3.4.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 section 3.2: what holds where the provider names none.
const INTERVAL_SECS: i64 = 5;
/// Longest pause and lifetime that are believed.
const LONGEST_SECS: i64 = 3600;
/// Codes are typed in by hand.
const CODE_MAX: usize = 64;

#[derive(Deserialize)]
struct Begun {
    device_code: SecretString,
    user_code: String,
    verification_uri: String,
    expires_in: i64,
    #[serde(default)]
    interval: Option<i64>,
}

impl Client {
    /// Asks for a code.
    pub async fn device_begin(&self, http: &Http, url: &Url, scopes: &[String], now: Timestamp) -> Result<DeviceCode, OAuthError> {
        let scope = scopes.join(" ");
        let reply = self.ask(http, url, &[("client_id", &self.client_id), ("scope", &scope)]).await?;
        if let Some(refusal) = self.refusal(&reply) {
            return Err(refusal);
        }
        let invalid = |what: &str| OAuthError::Invalid(format!("{} {what}", self.label));
        let begun: Begun = serde_json::from_slice(&reply.body).map_err(|_| invalid("answered with something that is not a code"))?;
        let typed = |code: &str| !code.is_empty() && code.len() <= CODE_MAX && code.bytes().all(|b| b.is_ascii_graphic());
        if !typed(&begun.user_code) || begun.device_code.expose_secret().is_empty() || begun.expires_in <= 0 {
            return Err(invalid("gave a code that nobody can use"));
        }
        // It is opened in the browser of the person.
        let page = check_url("verification_uri", &begun.verification_uri).map_err(|_| invalid("named a page that is not safe to open"))?;
        Ok(DeviceCode {
            device_code: begun.device_code,
            user_code: begun.user_code,
            verification_uri: page.into(),
            expires_at: now.plus_secs(begun.expires_in.min(LONGEST_SECS)),
            interval_secs: begun.interval.unwrap_or(INTERVAL_SECS).clamp(1, LONGEST_SECS),
        })
    }

    /// Asks whether the person is done.
    pub async fn device_poll(&self, http: &Http, device_code: &SecretString, now: Timestamp) -> Result<DevicePoll, OAuthError> {
        let form = [("client_id", self.client_id.as_str()), ("device_code", device_code.expose_secret()), ("grant_type", GRANT)];
        let reply = self.ask(http, &self.token_url, &form).await?;
        match serde_json::from_slice::<reply::ErrorReply>(&reply.body).as_ref().map(|said| said.error.as_str()) {
            Ok("authorization_pending") => return Ok(DevicePoll::Pending),
            Ok("slow_down") => return Ok(DevicePoll::SlowDown),
            _ => {}
        }
        if let Some(refusal) = self.refusal(&reply) {
            return Err(refusal);
        }
        let tokens: reply::TokenReply = serde_json::from_slice(&reply.body)
            .map_err(|_| OAuthError::Invalid(format!("{} answered with something that is not a token reply", self.label)))?;
        Ok(DevicePoll::Granted(Box::new(self.tokens(tokens, None, now)?)))
    }

    async fn ask(&self, http: &Http, url: &Url, form: &[(&str, &str)]) -> Result<Reply, OAuthError> {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let call = Call::new(Method::POST, url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(HeaderValue::from_static("application/x-www-form-urlencoded"), body);
        let reply = http.send(&call, None, SMALL_CAP).await.map_err(error::transport)?;
        error::transient(&call.host(), reply.status, &reply.headers, http.now()).map_or(Ok(reply), Err)
    }

    fn refusal(&self, reply: &Reply) -> Option<OAuthError> {
        let Some(said) = serde_json::from_slice::<reply::ErrorReply>(&reply.body).ok() else {
            let odd = || OAuthError::Invalid(format!("{} answered the sign-in with status {}", self.label, reply.status.as_u16()));
            return (!reply.status.is_success()).then(odd);
        };
        Some(match said.error.as_str() {
            "expired_token" => OAuthError::CodeExpired,
            "incorrect_device_code" => OAuthError::CodeUnknown(self.label),
            "device_flow_disabled" => OAuthError::DeviceFlowDisabled(self.label),
            "access_denied" => OAuthError::Denied("access was not granted".to_owned()),
            // What GitHub calls a page of its own that is not there.
            "Not Found" => OAuthError::Client(format!("{} does not know its client id", self.label)),
            _ => error::classify(self.label, &said),
        })
    }
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
