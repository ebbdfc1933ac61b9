//! Calls to the Gmail API: units taken first, at most ten in flight, errors mapped, replies read with a cap.

use std::sync::Arc;

use domain::{error::ProviderError, time::Timestamp};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, HeaderValue},
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::{endpoints::GmailUrls, error, quota::Bucket, shared::Shared};
use crate::http::{Call, JSON_CAP, Reply, bearer::Bearer, host_of};

pub struct Api {
    bearer: Bearer,
    pub urls: GmailUrls,
    shared: Arc<Shared>,
}

/// `messages.get`, `messages.send` and the messages inside lists; absent fields are absent on the wire too.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default, deserialize_with = "id_or_none")]
    pub thread_id: Option<String>,
    #[serde(default, deserialize_with = "few_or_none")]
    pub label_ids: Option<Vec<String>>,
    /// Milliseconds, as a string.
    #[serde(default)]
    pub internal_date: Option<String>,
    #[serde(default)]
    pub size_estimate: Option<u64>,
    #[serde(default)]
    pub raw: Option<String>,
    #[serde(default)]
    pub payload: Option<Payload>,
}

/// Of `format=metadata`: the headers asked for.
#[derive(Debug, Default, Deserialize)]
pub struct Payload {
    #[serde(default, deserialize_with = "few")]
    pub headers: Vec<Header>,
}

#[derive(Debug, Deserialize)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A reply whose body is still to be read; counts as in flight until it is dropped.
pub struct Open {
    pub response: reqwest::Response,
    _flight: Option<OwnedSemaphorePermit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageList {
    #[serde(default, deserialize_with = "few")]
    pub messages: Vec<Message>,
    #[serde(default)]
    pub next_page_token: Option<String>,
    #[serde(default)]
    pub result_size_estimate: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// An unsigned 64-bit number in a string; never parsed (PROVIDERS 10, number 30).
    pub history_id: String,
    #[serde(default)]
    pub messages_total: u64,
}

impl Api {
    pub fn new(bearer: Bearer, urls: GmailUrls, shared: Arc<Shared>) -> Self {
        Self { bearer, urls, shared }
    }

    pub fn bucket(&self) -> &Bucket {
        &self.shared.bucket
    }

    pub fn round(&self) -> &super::relist::Round {
        &self.shared.round
    }

    pub fn now(&self) -> domain::time::Timestamp {
        self.bearer.http().now()
    }

    /// A reply with a success status, body unread. `what` says in words what is asked for.
    pub async fn open(&self, units: u32, what: &str, call: &Call) -> Result<Open, ProviderError> {
        self.bucket().take(units).await;
        let flight = self.bucket().flight().await;
        let response = self.bearer.open(call).await?;
        if response.status().is_success() {
            return Ok(Open { response, _flight: flight });
        }
        let reply = crate::http::read(&call.host(), response, crate::http::SMALL_CAP).await?;
        Err(self.refusal(what, reply.status, &reply.headers, &reply.body).await)
    }

    /// As [`Self::open`], read to the end.
    pub async fn reply(&self, units: u32, what: &str, call: &Call) -> Result<Reply, ProviderError> {
        self.bucket().take(units).await;
        let reply = {
            let _flight = self.bucket().flight().await;
            self.bearer.send(call, JSON_CAP).await?
        };
        if reply.status.is_success() {
            return Ok(reply);
        }
        Err(self.refusal(what, reply.status, &reply.headers, &reply.body).await)
    }

    pub async fn json<T: DeserializeOwned>(&self, units: u32, what: &str, call: &Call) -> Result<T, ProviderError> {
        let reply = self.reply(units, what, call).await?;
        parse(&call.url, &reply.body)
    }

    pub async fn get<T: DeserializeOwned>(&self, units: u32, what: &str, url: Url) -> Result<T, ProviderError> {
        self.json(units, what, &Call::get(url).header(ACCEPT, HeaderValue::from_static("application/json"))).await
    }

    /// Maps an error, and empties the bucket when Google says that its units are used up.
    pub async fn refusal(&self, what: &str, status: StatusCode, headers: &reqwest::header::HeaderMap, body: &[u8]) -> ProviderError {
        let error = error::from_reply(what, status, headers, body, self.now());
        if matches!(error, ProviderError::RateLimited { .. }) {
            self.bucket().exhausted().await;
        }
        error
    }
}

pub fn parse<T: DeserializeOwned>(url: &Url, body: &[u8]) -> Result<T, ProviderError> {
    // serde's message may quote values of the document: only where, not what.
    serde_json::from_slice(body).map_err(|e| ProviderError::Protocol {
        host: host_of(url),
        protocol: "Google API",
        detail: format!("unreadable JSON at line {}, column {}", e.line(), e.column()),
    })
}

/// More than Gmail puts into one list (500 messages, 10,000 labels): a short text can name millions of empty things.
const MANY: usize = 20_000;
/// Gmail's ids have 16 characters. They are kept for whole mailboxes.
const MAX_ID: usize = 256;

struct Few<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Few<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of bounded length")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element()? {
            if out.len() == MANY {
                return Err(serde::de::Error::custom("a list without measure"));
            }
            out.push(item);
        }
        Ok(out)
    }
}

/// A list of at most [`MANY`] items.
pub fn few<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Few(std::marker::PhantomData))
}

/// As [`few`], where null means that nothing is said.
pub fn few_or_none<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    struct Wrapped<T>(Vec<T>);
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Wrapped<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            few(deserializer).map(Wrapped)
        }
    }
    Ok(Option::<Wrapped<T>>::deserialize(deserializer)?.map(|list| list.0))
}

pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if id.len() > MAX_ID { Err(serde::de::Error::custom("an id without measure")) } else { Ok(id) }
}

pub fn id_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id = Option::<String>::deserialize(deserializer)?;
    if id.as_ref().is_some_and(|id| id.len() > MAX_ID) { Err(serde::de::Error::custom("an id without measure")) } else { Ok(id) }
}

/// An instant as Google's JSON writes it. None: beyond the end of time, which is no bound.
pub fn rfc3339(at: Timestamp) -> Option<String> {
    let at = chrono::DateTime::from_timestamp_millis(at.millis())?;
    Some(at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

/// A request with a JSON body.
pub fn json_call<T: Serialize>(method: Method, url: Url, body: &T) -> Result<Call, ProviderError> {
    let body = serde_json::to_vec(body).map_err(|_| ProviderError::Refused("This request can't be written as JSON.".to_owned()))?;
    Ok(Call::new(method, url).body(HeaderValue::from_static("application/json"), body))
}
