//! Requests to the server: the session found and renewed, its limits kept, refusals that pass waited out, replies read with a cap.

use std::{sync::Arc, time::Duration};

use domain::{error::ProviderError, time::Timestamp};
use reqwest::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    answers::{Answers, Calls},
    error,
    place::Start,
    session::{self, Session},
    shared::Shared,
};
use crate::{
    http::{Call, JSON_CAP, SMALL_CAP, json, keyed::Keyed, patience, read},
    service::Lookup,
};

/// A page of five hundred mails, or the list of a thousand mailboxes.
const PAGE_CAP: usize = 4 * JSON_CAP;
/// For mail on a slow line; silence inside of it is bounded by the client.
const LARGE_TIMEOUT: Duration = Duration::from_mins(30);

pub struct Api {
    keyed: Keyed,
    pub start: Start,
    lookup: Lookup,
    shared: Arc<Shared>,
}

/// A reply whose body is still to be read; counts as under way until it is dropped.
pub struct Open {
    pub response: reqwest::Response,
    pub host: String,
    _flight: Option<OwnedSemaphorePermit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Uploaded {
    blob_id: String,
}

impl Api {
    pub fn new(keyed: Keyed, start: Start, lookup: Lookup, shared: Arc<Shared>) -> Self {
        Self { keyed, start, lookup, shared }
    }

    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    pub fn now(&self) -> Timestamp {
        self.keyed.now()
    }

    /// The session as far as it was asked for already.
    pub fn known_session(&self) -> Option<Arc<Session>> {
        self.shared.session(&self.start)
    }

    pub async fn session(&self) -> Result<Arc<Session>, ProviderError> {
        let _one_asks = self.shared.asking.lock().await;
        if let Some(known) = self.known_session() {
            return Ok(known);
        }
        let session = Arc::new(session::discover(&self.keyed, &self.start, &self.lookup).await?);
        self.shared.keep_session(&self.start, &session);
        Ok(session)
    }

    /// One request that may be made again: what it asks for, or states, is the same however often it is said.
    pub async fn ask(&self, what: &str, calls: &Calls) -> Result<Answers, ProviderError> {
        let mut tries = 0;
        loop {
            let error = match self.once(calls).await {
                Ok(answers) => match answers.passing(what) {
                    None => return Ok(answers),
                    Some(error) => error,
                },
                Err(error) => error,
            };
            tries += 1;
            self.before_again(tries, error).await?;
        }
    }

    /// Waits, or gives the error back where another try is no use.
    async fn before_again(&self, tries: u32, error: ProviderError) -> Result<(), ProviderError> {
        if !patience::passing(&error) {
            return Err(error);
        }
        patience::before_again(&self.shared.sleep, &self.shared.jitter, tries, error, self.now()).await
    }

    /// One request, made once.
    pub async fn once(&self, calls: &Calls) -> Result<Answers, ProviderError> {
        let session = self.session().await?;
        let body = calls.body(&session.account).to_string();
        if body.len() > session.limits.max_size_request || calls.len() > session.limits.max_calls_in_request {
            return Err(error::too_large(&session.host));
        }
        let json = HeaderValue::from_static("application/json");
        let call = Call::new(Method::POST, session.api.clone()).header(ACCEPT, json.clone()).body(json, body);
        let reply = {
            let _flight = self.shared.flight(session.limits.max_concurrent_requests).await;
            self.keyed.send(call, PAGE_CAP).await?
        };
        if !reply.status.is_success() {
            let refused = error::from_reply(&session.host, &reply, self.now());
            // The API is elsewhere by now, or does other things than the session says.
            if matches!(refused, ProviderError::NotFound(_) | ProviderError::Unsupported(_)) {
                self.shared.forget_session(&session);
            }
            return Err(match refused {
                ProviderError::NotFound(_) => {
                    ProviderError::Server { provider: session.host.clone(), detail: "its API has moved".to_owned() }
                }
                refused => refused,
            });
        }
        let answers = Answers::read(&session.host, self.now(), &reply.body)?;
        let moved = (0..calls.len()).any(|number| answers.error(number).is_some_and(|error| error.kind == "accountNotFound"));
        if moved || answers.session_state != session.state {
            self.shared.forget_session(&session);
        }
        Ok(answers)
    }

    /// A blob with these bytes. Its id.
    pub async fn upload(&self, bytes: &[u8]) -> Result<String, ProviderError> {
        let session = self.session().await?;
        session.require_write()?;
        if bytes.len() > session.limits.max_size_upload {
            let most = session.limits.max_size_upload / 1_000_000;
            return Err(ProviderError::Refused(format!("This mail is larger than the {most} MB that {} takes.", session.host)));
        }
        let mut tries = 0;
        loop {
            let call = Call::new(Method::POST, session.upload()?)
                .header(ACCEPT, HeaderValue::from_static("application/json"))
                .body(HeaderValue::from_static("message/rfc822"), bytes.to_vec())
                .timeout(LARGE_TIMEOUT);
            let reply = {
                let _flight = self.shared.flight(session.limits.max_concurrent_requests).await;
                self.keyed.send(call, SMALL_CAP).await
            };
            let error = match reply {
                Ok(reply) if reply.status.is_success() => {
                    return json::parse::<Uploaded>(&session.host, error::PROTOCOL, &reply.body).map(|uploaded| uploaded.blob_id);
                }
                Ok(reply) => error::from_reply(&session.host, &reply, self.now()),
                Err(error) => error,
            };
            tries += 1;
            self.before_again(tries, error).await?;
        }
    }

    /// A blob as it arrives.
    pub async fn download(&self, blob: &str) -> Result<Open, ProviderError> {
        let session = self.session().await?;
        let url = session.download(blob)?;
        let mut tries = 0;
        loop {
            let flight = self.shared.flight(session.limits.max_concurrent_requests).await;
            let error = match self.keyed.open(Call::get(url.clone()).timeout(LARGE_TIMEOUT)).await {
                Ok(response) if response.status().is_success() => {
                    return Ok(Open { response, host: session.host.clone(), _flight: flight });
                }
                Ok(response) => error::from_reply(&session.host, &read(&session.host, response, SMALL_CAP).await?, self.now()),
                Err(error) => error,
            };
            drop(flight);
            tries += 1;
            self.before_again(tries, error).await?;
        }
    }

    /// The stream of events, for at most so long; None: the server has none.
    pub async fn events(&self, types: &str, ping_secs: u64, most: Duration) -> Result<Option<Open>, ProviderError> {
        let session = self.session().await?;
        let Some(url) = session.events(types, ping_secs)? else { return Ok(None) };
        let call = Call::get(url).header(ACCEPT, HeaderValue::from_static("text/event-stream")).timeout(most);
        let response = self.keyed.open(call).await?;
        if response.status().is_success() {
            // Not one of the requests that are counted: it would hold its place for minutes.
            return Ok(Some(Open { response, host: session.host.clone(), _flight: None }));
        }
        match error::from_reply(&session.host, &read(&session.host, response, SMALL_CAP).await?, self.now()) {
            ProviderError::NotFound(_) | ProviderError::Refused(_) => Ok(None),
            error => Err(error),
        }
    }
}
