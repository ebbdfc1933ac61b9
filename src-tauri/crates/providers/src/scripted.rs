//! A server on this machine that answers what a test tells it to and remembers what it was asked.

#![allow(clippy::unwrap_used)]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use domain::{
    ExposeSecret, SecretString,
    error::ProviderError,
    source::Credentials,
    time::{Clock, Timestamp, system_clock},
};
use reqwest::header::HeaderMap;
use url::Url;

use crate::{
    http::{
        Http,
        patience::{Jitter, Sleep},
    },
    tls::TlsContext,
};

#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

type Answer = Box<dyn Fn(&Asked) -> Response + Send>;

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

pub struct Scripted {
    script: Script,
    pub base: String,
}

pub fn answer(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    Response::builder().status(status).header("content-type", content_type).body(body.into()).unwrap()
}

pub fn json(status: u16, body: &str) -> Response {
    answer(status, "application/json", body.to_owned())
}

impl Scripted {
    pub async fn start() -> Self {
        Self::on("127.0.0.1").await
    }

    pub async fn on(host: &str) -> Self {
        let script = Script::default();
        let listener = tokio::net::TcpListener::bind((host, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(serve).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { script, base }
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.base)).unwrap()
    }

    /// The next request gets this.
    pub fn next(&self, answer: impl Fn(&Asked) -> Response + Send + 'static) -> &Self {
        self.script.answers.lock().unwrap().push_back(Box::new(answer));
        self
    }

    /// The next request gets this, before all that was scripted already.
    pub fn first(&self, answer: impl Fn(&Asked) -> Response + Send + 'static) -> &Self {
        self.script.answers.lock().unwrap().push_front(Box::new(answer));
        self
    }

    pub fn next_json(&self, status: u16, body: &str) -> &Self {
        let body = body.to_owned();
        self.next(move |_| json(status, &body))
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap().clone()
    }

    /// Answers left over: a test that expects fewer requests than it scripted is wrong.
    pub fn unused(&self) -> usize {
        self.script.answers.lock().unwrap().len()
    }
}

async fn serve(State(script): State<Script>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 * 1024 * 1024).await.unwrap();
    let asked = Asked { method: parts.method.to_string(), target: parts.uri.to_string(), headers: parts.headers, body };
    let answer = script.answers.lock().unwrap().pop_front();
    let response = answer.map_or_else(|| json(500, r#"{"error":"nothing scripted"}"#), |answer| answer(&asked));
    script.asked.lock().unwrap().push(asked);
    response
}

pub fn http() -> Http {
    http_at(system_clock())
}

pub fn http_at(clock: Clock) -> Http {
    Http::new(&TlsContext::new(None).unwrap().client_config(&[b"h2", b"http/1.1"]).unwrap(), clock).unwrap()
}

pub fn fixed(secs: i64) -> Clock {
    Arc::new(move || Timestamp::from_secs(secs))
}

/// The middle of what chance could choose.
pub fn half() -> Jitter {
    Arc::new(|ceiling| ceiling / 2)
}

/// Sleeps by moving the sandbox's clock; `slept` tells how long.
pub fn moving(clock: &sandbox::SandboxClock, slept: &Arc<Mutex<Duration>>) -> Sleep {
    let (clock, slept) = (clock.clone(), Arc::clone(slept));
    Arc::new(move |time| {
        clock.advance(time.as_millis() as i64);
        *slept.lock().unwrap() += time;
        Box::pin(std::future::ready(()))
    })
}

/// Hands out `token-0`, and `token-1`, … after each refresh.
#[derive(Default)]
pub struct Tokens {
    pub refreshes: Mutex<u32>,
    pub fixed: Option<String>,
}

#[async_trait]
impl Credentials for Tokens {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        Err(ProviderError::Unsupported("no password here".to_owned()))
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        let n = *self.refreshes.lock().unwrap();
        Ok(self.fixed.clone().unwrap_or_else(|| format!("token-{n}")).into())
    }
    async fn refreshed(&self, stale: &SecretString) -> Result<SecretString, ProviderError> {
        assert_eq!(stale.expose_secret(), self.access_token().await?.expose_secret());
        *self.refreshes.lock().unwrap() += 1;
        self.access_token().await
    }
}

/// What the person pasted: kept as a password.
pub struct Pasted(pub String);

#[async_trait]
impl Credentials for Pasted {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        Ok(self.0.clone().into())
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        Err(ProviderError::Auth("nobody signed in".to_owned()))
    }
    async fn refreshed(&self, _: &SecretString) -> Result<SecretString, ProviderError> {
        self.access_token().await
    }
}
