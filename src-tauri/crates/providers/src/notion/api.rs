//! Calls to the API: its version, errors mapped, replies read with a cap.

use domain::error::ProviderError;
use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    THIS_PAGE, error,
    model::{Bot, DataSource, Page, Results, User},
};
use crate::http::{Call, JSON_CAP, bearer::Bearer, host_of, json as reply};

/// The version that answers are read as (PROVIDERS 6.6): the first in which tables are data sources.
const VERSION: (HeaderName, &str) = (HeaderName::from_static("notion-version"), "2025-09-03");
const PAGE_CAP: usize = 4 * JSON_CAP;
/// Far above what a table or a workspace has.
const MOST_PAGES: usize = 10_000;

pub struct Api {
    bearer: Bearer,
    base: Url,
}

impl Api {
    pub const fn new(bearer: Bearer, base: Url) -> Self {
        Self { bearer, base }
    }

    async fn ask<T: DeserializeOwned>(&self, what: &str, method: Method, path: &[&str], body: Option<Value>) -> Result<T, ProviderError> {
        self.call(what, method, path, &[], body).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        what: &str,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<T, ProviderError> {
        let mut url = self.base.clone();
        // An https or http address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut call = Call::new(method, url).header(VERSION.0, HeaderValue::from_static(VERSION.1));
        if let Some(body) = body {
            call = call.body(HeaderValue::from_static("application/json"), body.to_string());
        }
        let reply = self.bearer.send(&call, PAGE_CAP).await?;
        if !reply.status.is_success() {
            return Err(error::from_reply(what, &reply, self.bearer.http().now()));
        }
        reply::parse(&host_of(&self.base), error::PROTOCOL, &reply.body)
    }

    pub async fn bot(&self) -> Result<Bot, ProviderError> {
        self.ask("this integration", Method::GET, &["users", "me"], None).await
    }

    /// All results of a question that is answered in pages: by a body, or (without one) by the address.
    async fn all<T: DeserializeOwned>(&self, what: &str, path: &[&str], body: Option<Value>) -> Result<Vec<T>, ProviderError> {
        let (mut found, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let page: Results<T> = match &body {
                Some(body) => self.ask(what, Method::POST, path, Some(with_cursor(body.clone(), cursor.as_deref()))).await?,
                None => {
                    let mut query = vec![("page_size", "100")];
                    query.extend(cursor.as_deref().map(|cursor| ("start_cursor", cursor)));
                    self.call(what, Method::GET, path, &query, None).await?
                }
            };
            let next = page.next();
            found.extend(page.results);
            match next {
                None => return Ok(found),
                Some(next) if cursor.as_ref() == Some(&next) => break,
                next => cursor = next,
            }
        }
        Err(error::protocol("a listing that does not end"))
    }

    /// Every data source that is shared with the integration.
    pub async fn sources(&self) -> Result<Vec<DataSource>, ProviderError> {
        let body = json!({"filter": {"property": "object", "value": "data_source"}, "page_size": 100});
        self.all("the databases", &["search"], Some(body)).await
    }

    /// Everybody in the workspace, programs too.
    pub async fn users(&self) -> Result<Vec<User>, ProviderError> {
        self.all("the people", &["users"], None).await
    }

    /// Every page of a table that a query finds.
    pub async fn every(&self, source: &str, query: Value) -> Result<Vec<Page>, ProviderError> {
        self.all("the pages", &["data_sources", source, "query"], Some(query)).await
    }

    pub async fn source(&self, id: &str) -> Result<DataSource, ProviderError> {
        self.ask("this database", Method::GET, &["data_sources", id], None).await
    }

    pub async fn query(&self, source: &str, body: Value, cursor: Option<&str>) -> Result<Results<Page>, ProviderError> {
        self.ask("the pages", Method::POST, &["data_sources", source, "query"], Some(with_cursor(body, cursor))).await
    }

    pub async fn page(&self, id: &str) -> Result<Page, ProviderError> {
        self.ask(THIS_PAGE, Method::GET, &["pages", id], None).await
    }

    pub async fn create(&self, source: &str, properties: Map<String, Value>) -> Result<Page, ProviderError> {
        let body = json!({"parent": {"type": "data_source_id", "data_source_id": source}, "properties": properties});
        self.ask("this database", Method::POST, &["pages"], Some(body)).await
    }

    pub async fn update(&self, id: &str, body: Value) -> Result<Page, ProviderError> {
        self.ask(THIS_PAGE, Method::PATCH, &["pages", id], Some(body)).await
    }
}

fn with_cursor(mut body: Value, cursor: Option<&str>) -> Value {
    if let (Value::Object(map), Some(cursor)) = (&mut body, cursor) {
        map.insert("start_cursor".to_owned(), json!(cursor));
    }
    body
}
