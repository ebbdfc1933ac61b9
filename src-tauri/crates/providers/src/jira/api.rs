//! Calls to the API: where it is, errors mapped, replies read with a cap.

use std::sync::Arc;

use bytes::Bytes;
use domain::{error::ProviderError, source::Credentials};
use reqwest::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    THIS_ISSUE, address, error,
    model::{FIELDS, Issue, Kind, Myself, Project, Transition},
    parts,
};
use crate::http::{Call, JSON_CAP, host_of, json as reply, keyed::Keyed};

/// A page of a hundred issues, each with a long document.
const PAGE_CAP: usize = 8 * JSON_CAP;
/// Far above what a site has.
const MOST_PAGES: usize = 1_000;

pub struct Api {
    keyed: Keyed,
    credentials: Arc<dyn Credentials>,
    /// In the place of the site's own address.
    base: Option<Url>,
    me: OnceCell<String>,
}

/// What a search found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    #[serde(default, deserialize_with = "reply::or_default")]
    pub issues: Vec<Issue>,
    next_page_token: Option<String>,
}

impl Found {
    pub fn next(&self) -> Option<&str> {
        self.next_page_token.as_deref().filter(|token| !token.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Projects {
    values: Vec<Project>,
    #[serde(default, deserialize_with = "reply::or_default")]
    is_last: bool,
}

/// The list was called `values` before.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kinds {
    #[serde(default, alias = "values", deserialize_with = "reply::or_default")]
    issue_types: Vec<Kind>,
}

#[derive(Deserialize)]
struct Transitions {
    #[serde(default, deserialize_with = "reply::or_default")]
    transitions: Vec<Transition>,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

impl Api {
    pub fn new(keyed: Keyed, credentials: Arc<dyn Credentials>, base: Option<Url>) -> Self {
        Self { keyed, credentials, base, me: OnceCell::new() }
    }

    pub fn now(&self) -> domain::time::Timestamp {
        self.keyed.now()
    }

    /// The name of the site.
    pub async fn site(&self) -> Result<String, ProviderError> {
        let secret = self.credentials.password().await?;
        let parts = parts(Keyed::expose(&secret)).map(|parts| parts.site);
        parts.ok_or_else(|| ProviderError::Auth("this is not SITE/EMAIL:TOKEN of Jira Cloud".to_owned()))
    }

    async fn base(&self) -> Result<Url, ProviderError> {
        match &self.base {
            Some(base) => Ok(base.clone()),
            None => address(&self.site().await?).ok_or_else(|| error::refused("This is no site of Jira Cloud.")),
        }
    }

    /// Where issues have their pages.
    pub async fn browse(&self) -> Result<String, ProviderError> {
        Ok(format!("https://{}.atlassian.net/browse", self.site().await?))
    }

    async fn bytes(
        &self,
        what: &str,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<(Bytes, String), ProviderError> {
        let mut url = self.base().await?;
        let host = host_of(&url);
        // An https or http address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut call = Call::new(method, url).header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = body {
            call = call.body(HeaderValue::from_static("application/json"), body.to_string());
        }
        let reply = self.keyed.send(call, PAGE_CAP).await?;
        if reply.status.is_success() { Ok((reply.body, host)) } else { Err(error::from_reply(what, &reply, self.now())) }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        what: &str,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<T, ProviderError> {
        let (body, host) = self.bytes(what, method, path, query, body).await?;
        reply::parse(&host, error::PROTOCOL, &body)
    }

    pub async fn myself(&self) -> Result<Myself, ProviderError> {
        self.ask("this account", Method::GET, &["myself"], &[], None).await
    }

    /// The account of the token's owner. It is asked for once.
    pub async fn me(&self) -> Result<&str, ProviderError> {
        self.me.get_or_try_init(|| async { Ok(self.myself().await?.account_id) }).await.map(String::as_str)
    }

    pub async fn projects(&self) -> Result<Vec<Project>, ProviderError> {
        let mut found: Vec<Project> = Vec::new();
        for _ in 0..MOST_PAGES {
            let from = found.len().to_string();
            let query = [("startAt", from.as_str()), ("maxResults", "50")];
            let page: Projects = self.ask("the projects", Method::GET, &["project", "search"], &query, None).await?;
            let empty = page.values.is_empty();
            found.extend(page.values);
            if page.is_last || empty {
                return Ok(found);
            }
        }
        Err(error::protocol("a listing that does not end"))
    }

    /// Kinds of issues that a project takes.
    pub async fn kinds(&self, project: &str) -> Result<Vec<Kind>, ProviderError> {
        let kinds: Kinds = self.ask("this project", Method::GET, &["issue", "createmeta", project, "issuetypes"], &[], None).await?;
        Ok(kinds.issue_types)
    }

    /// A page of a search. Tokens are bound to it.
    pub async fn search(&self, jql: &str, fields: &[&str], most: usize, token: Option<&str>) -> Result<Found, ProviderError> {
        let mut body =
            Map::from_iter([("jql".to_owned(), json!(jql)), ("fields".to_owned(), json!(fields)), ("maxResults".to_owned(), json!(most))]);
        if let Some(token) = token {
            body.insert("nextPageToken".to_owned(), json!(token));
        }
        self.ask("the issues", Method::POST, &["search", "jql"], &[], Some(Value::Object(body))).await
    }

    pub async fn issue(&self, id: &str) -> Result<Issue, ProviderError> {
        self.ask(THIS_ISSUE, Method::GET, &["issue", id], &[("fields", &FIELDS.join(","))], None).await
    }

    /// The id of what was made.
    pub async fn create(&self, fields: Map<String, Value>) -> Result<String, ProviderError> {
        let made: Made = self.ask(THIS_ISSUE, Method::POST, &["issue"], &[], Some(json!({"fields": fields}))).await?;
        Ok(made.id)
    }

    pub async fn update(&self, id: &str, fields: Map<String, Value>) -> Result<(), ProviderError> {
        self.bytes(THIS_ISSUE, Method::PUT, &["issue", id], &[], Some(json!({"fields": fields}))).await.map(|_| ())
    }

    pub async fn delete(&self, id: &str) -> Result<(), ProviderError> {
        self.bytes(THIS_ISSUE, Method::DELETE, &["issue", id], &[], None).await.map(|_| ())
    }

    /// Where an issue may go from where it is.
    pub async fn transitions(&self, id: &str) -> Result<Vec<Transition>, ProviderError> {
        let all: Transitions = self.ask(THIS_ISSUE, Method::GET, &["issue", id, "transitions"], &[], None).await?;
        Ok(all.transitions)
    }

    pub async fn transition(&self, id: &str, way: &str) -> Result<(), ProviderError> {
        let body = json!({"transition": {"id": way}});
        self.bytes(THIS_ISSUE, Method::POST, &["issue", id, "transitions"], &[], Some(body)).await.map(|_| ())
    }
}
