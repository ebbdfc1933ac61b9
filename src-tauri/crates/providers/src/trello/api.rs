//! Calls to the API: errors mapped, replies read with a cap.

use bytes::Bytes;
use domain::error::ProviderError;
use reqwest::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    error,
    model::{Board, Card, Column, FIELDS, Label, Member},
};
use crate::http::{Call, JSON_CAP, host_of, json, keyed::Keyed};

/// All cards of a person, each with a long text.
const CARDS_CAP: usize = 8 * JSON_CAP;

pub struct Api {
    keyed: Keyed,
    base: Url,
    me: OnceCell<String>,
}

impl Api {
    pub fn new(keyed: Keyed, base: Url) -> Self {
        Self { keyed, base, me: OnceCell::new() }
    }

    async fn bytes(
        &self,
        what: &str,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Map<String, Value>>,
    ) -> Result<Bytes, ProviderError> {
        let mut url = self.base.clone();
        // An https or http address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut call = Call::new(method, url).header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = body {
            call = call.body(HeaderValue::from_static("application/json"), Value::Object(body).to_string());
        }
        let reply = self.keyed.send(call, CARDS_CAP).await?;
        if reply.status.is_success() { Ok(reply.body) } else { Err(error::from_reply(what, &reply, self.keyed.now())) }
    }

    fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ProviderError> {
        json::parse(&host_of(&self.base), error::PROTOCOL, body)
    }

    async fn get<T: DeserializeOwned>(&self, what: &str, path: &[&str], query: &[(&str, &str)]) -> Result<T, ProviderError> {
        self.read(&self.bytes(what, Method::GET, path, query, None).await?)
    }

    pub async fn me(&self) -> Result<Member, ProviderError> {
        self.get("this account", &["members", "me"], &[("fields", "username,fullName,email")]).await
    }

    /// The id of the token's owner. It is asked for once.
    pub async fn member(&self) -> Result<&str, ProviderError> {
        self.me.get_or_try_init(|| async { Ok(self.me().await?.id) }).await.map(String::as_str)
    }

    /// Boards that are not closed.
    pub async fn boards(&self) -> Result<Vec<Board>, ProviderError> {
        self.get("the boards", &["members", "me", "boards"], &[("filter", "open"), ("fields", "name,prefs,memberships")]).await
    }

    /// The columns of a board that are not archived.
    pub async fn columns(&self, board: &str) -> Result<Vec<Column>, ProviderError> {
        self.get("this board", &["boards", board, "lists"], &[("filter", "open"), ("fields", "pos")]).await
    }

    pub async fn labels(&self, board: &str) -> Result<Vec<Label>, ProviderError> {
        self.get("this board", &["boards", board, "labels"], &[("limit", "1000"), ("fields", "name,color")]).await
    }

    /// All cards of the person that are not archived, as they were answered.
    pub async fn cards(&self) -> Result<(Vec<Card>, Bytes), ProviderError> {
        let query = [("filter", "visible"), ("fields", FIELDS)];
        let body = self.bytes("the cards", Method::GET, &["members", "me", "cards"], &query, None).await?;
        Ok((self.read(&body)?, body))
    }

    pub async fn card(&self, id: &str) -> Result<Card, ProviderError> {
        self.get(super::THIS_CARD, &["cards", id], &[("fields", FIELDS)]).await
    }

    pub async fn write(&self, method: Method, path: &[&str], body: Map<String, Value>) -> Result<Card, ProviderError> {
        self.read(&self.bytes(super::THIS_CARD, method, path, &[], Some(body)).await?)
    }

    pub async fn delete(&self, id: &str) -> Result<(), ProviderError> {
        self.bytes(super::THIS_CARD, Method::DELETE, &["cards", id], &[], None).await.map(|_| ())
    }

    pub async fn new_label(&self, body: Map<String, Value>) -> Result<Label, ProviderError> {
        self.read(&self.bytes("this label", Method::POST, &["labels"], &[], Some(body)).await?)
    }
}
