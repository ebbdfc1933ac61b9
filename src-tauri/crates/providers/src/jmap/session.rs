//! The session (RFC 8620 section 2): which account, at which addresses, within which limits. And how it is found.

use std::collections::BTreeMap;

use domain::error::ProviderError;
use reqwest::{
    StatusCode,
    header::{ACCEPT, HeaderValue, LOCATION},
};
use serde::Deserialize;
use serde_json::Value;
use url::{Host, Url};

use super::{
    error,
    place::{Start, named},
};
use crate::{
    http::{Call, JSON_CAP, Reply, host_of, json, keyed::Keyed},
    service::Lookup,
};

pub const CORE: &str = "urn:ietf:params:jmap:core";
pub const MAIL: &str = "urn:ietf:params:jmap:mail";
pub const SUBMISSION: &str = "urn:ietf:params:jmap:submission";
const REDIRECTS: usize = 5;
/// One request asks for changes and for what changed: fewer calls are no use. The RFC wants at least sixteen.
const FEWEST_CALLS: usize = 3;

/// What the core capability allows; where nothing is said, what the RFC suggests as the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    pub max_objects_in_get: usize,
    pub max_objects_in_set: usize,
    pub max_calls_in_request: usize,
    pub max_concurrent_requests: u32,
    pub max_size_upload: usize,
    pub max_size_request: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_objects_in_get: 500,
            max_objects_in_set: 500,
            max_calls_in_request: 16,
            max_concurrent_requests: 4,
            max_size_upload: 50_000_000,
            max_size_request: 10_000_000,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Id of the account whose mail this is.
    pub account: String,
    /// What the server calls it.
    pub name: String,
    /// Who signed in, as the server knows them.
    pub username: String,
    pub read_only: bool,
    pub can_submit: bool,
    pub limits: Limits,
    pub state: String,
    /// For error texts.
    pub host: String,
    pub api: Url,
    /// Where the session was; templates are read against it.
    home: Url,
    download: String,
    upload: String,
    events: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    capabilities: BTreeMap<String, Value>,
    accounts: BTreeMap<String, Account>,
    #[serde(default, deserialize_with = "json::or_default")]
    primary_accounts: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "json::or_default")]
    username: String,
    api_url: String,
    download_url: String,
    upload_url: String,
    #[serde(default, deserialize_with = "json::or_default")]
    event_source_url: String,
    #[serde(default, deserialize_with = "json::or_default")]
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    #[serde(default, deserialize_with = "json::or_default")]
    name: String,
    #[serde(default)]
    is_personal: bool,
    #[serde(default)]
    is_read_only: bool,
    #[serde(default, deserialize_with = "json::or_default")]
    account_capabilities: BTreeMap<String, Value>,
}

impl Session {
    fn read(home: Url, body: &[u8]) -> Result<Self, ProviderError> {
        let host = host_of(&home);
        let resource: Resource = json::parse(&host, error::PROTOCOL, body)?;
        let limits = resource.capabilities.get(CORE).cloned().unwrap_or_default();
        let limits: Limits = serde_json::from_value(limits).map_err(|_| error::protocol(&host, "limits that are no numbers"))?;
        if limits.max_calls_in_request < FEWEST_CALLS || limits.max_objects_in_get == 0 || limits.max_objects_in_set == 0 {
            return Err(ProviderError::Unsupported(format!("{host} allows fewer calls in a request than mail needs.")));
        }
        let has_mail = |account: &Account| account.account_capabilities.contains_key(MAIL);
        let primary = resource.primary_accounts.get(MAIL).and_then(|id| resource.accounts.get_key_value(id));
        let any = || {
            let personal = resource.accounts.iter().find(|(_, a)| a.is_personal && has_mail(a));
            personal.or_else(|| resource.accounts.iter().find(|(_, a)| has_mail(a)))
        };
        let (id, account) = primary.or_else(any).ok_or_else(|| {
            ProviderError::Unsupported(format!(
                "{host} shows no mail to this sign-in. A token must be allowed to read and change mail: make one that is."
            ))
        })?;
        Ok(Self {
            account: id.clone(),
            name: account.name.clone(),
            username: resource.username.clone(),
            read_only: account.is_read_only,
            can_submit: account.account_capabilities.contains_key(SUBMISSION)
                || resource.primary_accounts.get(SUBMISSION).is_some_and(|primary| primary == id),
            limits,
            state: resource.state.clone(),
            api: named(&home, &resource.api_url)?,
            host,
            home,
            download: resource.download_url,
            upload: resource.upload_url,
            events: resource.event_source_url,
        })
    }

    pub fn download(&self, blob: &str) -> Result<Url, ProviderError> {
        let values = [("accountId", self.account.as_str()), ("blobId", blob), ("name", "mail.eml"), ("type", "message/rfc822")];
        named(&self.home, &expand(&self.download, &values))
    }

    pub fn upload(&self) -> Result<Url, ProviderError> {
        named(&self.home, &expand(&self.upload, &[("accountId", &self.account)]))
    }

    /// None: the server tells of nothing by itself. `ping`: seconds between signs of life.
    pub fn events(&self, types: &str, ping: u64) -> Result<Option<Url>, ProviderError> {
        if self.events.trim().is_empty() {
            return Ok(None);
        }
        let values = [("types", types), ("closeafter", "no"), ("ping", &ping.to_string())];
        named(&self.home, &expand(&self.events, &values)).map(Some)
    }

    pub fn require_write(&self) -> Result<(), ProviderError> {
        if self.read_only {
            return Err(ProviderError::Unsupported(format!("This account can only be read at {}.", self.host)));
        }
        Ok(())
    }
}

/// Level 1 of URI templates (RFC 6570): `{name}` becomes the value, everything but unreserved characters escaped.
fn expand(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = template.to_owned();
    for (name, value) in values {
        let mut escaped = String::with_capacity(value.len());
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                escaped.push(char::from(byte));
            } else {
                escaped.push_str(&format!("%{byte:02X}"));
            }
        }
        out = out.replace(&format!("{{{name}}}"), &escaped);
    }
    out
}

/// Asks the address that was named, and for a bare domain what its service records say where that has nothing.
pub async fn discover(keyed: &Keyed, start: &Start, lookup: &Lookup) -> Result<Session, ProviderError> {
    let first = ask(keyed, start, start.url.clone()).await;
    let away = matches!(&first, Err(ProviderError::Unreachable { .. }) | Ok(None));
    if let (true, true, Some(Host::Domain(domain))) = (away, start.bare, start.url.host())
        && domain.contains('.')
        && let Some(url) = lookup(domain.to_owned()).await
        && let Some(session) = ask(keyed, start, url).await?
    {
        return Ok(session);
    }
    first?.ok_or_else(|| {
        ProviderError::Refused(format!(
            "{} does not answer as a mail server with JMAP. Give the address that your provider names for it; not every provider has it.",
            host_of(&start.url)
        ))
    })
}

/// The session at an address or where it leads; None: there is nothing of JMAP.
async fn ask(keyed: &Keyed, start: &Start, mut url: Url) -> Result<Option<Session>, ProviderError> {
    for _ in 0..=REDIRECTS {
        if !start.trusts(&url) {
            return Err(start.elsewhere(&url));
        }
        let call = Call::get(url.clone()).header(ACCEPT, HeaderValue::from_static("application/json"));
        let reply: Reply = keyed.send(call, JSON_CAP).await?;
        match reply.status {
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::METHOD_NOT_ALLOWED => return Ok(None),
            status if status.is_redirection() => {
                let next = reply.headers.get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| url.join(l).ok());
                url = next.ok_or_else(|| error::protocol(&host_of(&url), "a redirect to nowhere"))?;
            }
            status if !status.is_success() => return Err(error::from_reply(&host_of(&url), &reply, keyed.now())),
            // A page for people.
            _ if !reply.content_type().contains("json") => return Ok(None),
            _ => return Session::read(url, &reply.body).map(Some),
        }
    }
    Err(error::protocol(&host_of(&url), "more than five redirects"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn session(change: impl FnOnce(&mut Value)) -> Result<Session, ProviderError> {
        let mut body = json!({
            "capabilities": {(CORE): {"maxObjectsInGet": 7, "maxCallsInRequest": 3}, (MAIL): {}},
            "accounts": {
                "s": {"name": "shared", "isPersonal": false, "accountCapabilities": {(MAIL): {}}},
                "p": {"name": "mine", "isPersonal": true, "isReadOnly": true, "accountCapabilities": {(MAIL): {}, (SUBMISSION): {}}},
            },
            "primaryAccounts": {}, "username": "me", "apiUrl": "/api", "state": "1",
            "downloadUrl": "https://content.example/{accountId}/{blobId}/{name}?type={type}", "uploadUrl": "/up/{accountId}/",
            "eventSourceUrl": "/events?types={types}&closeafter={closeafter}&ping={ping}",
        });
        change(&mut body);
        Session::read(Url::parse("https://api.mail.example/s").unwrap(), body.to_string().as_bytes())
    }

    #[test]
    fn the_account_the_limits_and_the_addresses_are_the_sessions() {
        let found = session(|_| {}).unwrap();
        assert_eq!((found.account.as_str(), found.read_only, found.can_submit), ("p", true, true), "a personal one first");
        assert_eq!((found.limits.max_objects_in_get, found.limits.max_objects_in_set), (7, 500));
        assert_eq!(found.download("G/1 ä").unwrap().as_str(), "https://content.example/p/G%2F1%20%C3%A4/mail.eml?type=message%2Frfc822");
        assert_eq!(found.upload().unwrap().as_str(), "https://api.mail.example/up/p/");
        let events = found.events("Email,Mailbox", 60).unwrap().unwrap();
        assert_eq!(events.query(), Some("types=Email%2CMailbox&closeafter=no&ping=60"));
        assert_eq!(session(|s| s["primaryAccounts"] = json!({(MAIL): "s"})).unwrap().account, "s");
        assert_eq!(session(|s| s["eventSourceUrl"] = Value::Null).unwrap().events("*", 1).unwrap(), None);
    }

    #[test]
    fn a_session_without_mail_or_with_unsafe_addresses_is_none() {
        assert_eq!(session(|s| s["accounts"] = json!({})).unwrap_err().code(), "unsupported");
        assert_eq!(session(|s| s["capabilities"][CORE]["maxCallsInRequest"] = json!(2)).unwrap_err().code(), "unsupported");
        assert_eq!(session(|s| s["capabilities"][CORE]["maxCallsInRequest"] = json!("x")).unwrap_err().code(), "protocol");
        assert_eq!(session(|s| s["apiUrl"] = json!("http://api.mail.example/")).unwrap_err().code(), "protocol");
        assert_eq!(session(|s| s["apiUrl"] = Value::Null).unwrap_err().code(), "protocol");
    }
}
