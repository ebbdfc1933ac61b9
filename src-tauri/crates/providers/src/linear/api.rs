//! Questions to the API: errors mapped, also those of a reply that is a success.

use domain::{error::ProviderError, time::Timestamp};
use reqwest::{Method, header::HeaderValue};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    error,
    model::{Connection, Issue, Label, Team, Viewer},
};
use crate::http::{Call, JSON_CAP, Reply, bearer::Bearer, host_of, json as reply, keyed::Keyed};

/// A page of a hundred issues, each with a long text.
const PAGE_CAP: usize = 4 * JSON_CAP;
/// Far above what a workspace has.
const MOST_PAGES: usize = 1_000;

/// What is asked of an issue. Nobody gives more than fifty labels to one.
pub const ISSUE: &str = "id title description priority dueDate url sortOrder updatedAt completedAt canceledAt archivedAt trashed \
     state { id type } team { id } assignee { isMe } labels(first: 50) { nodes { name } } \
     parent { id team { id } assignee { isMe } trashed }";

/// How a question is signed.
pub enum Door {
    Key(Keyed),
    SignedIn(Bearer),
}

impl Door {
    async fn send(&self, call: Call, cap: usize) -> Result<Reply, ProviderError> {
        match self {
            Self::Key(keyed) => keyed.send(call, cap).await,
            Self::SignedIn(bearer) => bearer.send(&call, cap).await,
        }
    }

    fn now(&self) -> Timestamp {
        match self {
            Self::Key(keyed) => keyed.now(),
            Self::SignedIn(bearer) => bearer.http().now(),
        }
    }
}

pub struct Api {
    door: Door,
    url: Url,
    me: OnceCell<String>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    data: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "reply::or_default")]
    errors: Vec<error::Failure>,
}

impl Api {
    pub fn new(door: Door, url: Url) -> Self {
        Self { door, url, me: OnceCell::new() }
    }

    /// The root field `name` of an answer. `what` is for error texts.
    pub async fn ask<T: DeserializeOwned>(&self, what: &str, name: &str, query: &str, variables: Value) -> Result<T, ProviderError> {
        let body = json!({"query": query, "variables": variables}).to_string();
        let call = Call::new(Method::POST, self.url.clone()).body(HeaderValue::from_static("application/json"), body);
        let reply = self.door.send(call, PAGE_CAP).await?;
        let host = host_of(&self.url);
        let fail = |failures: &[error::Failure]| error::from_reply(what, reply.status.as_u16(), failures, &reply.headers, self.door.now());
        let read = reply::parse::<Answer>(&host, error::PROTOCOL, &reply.body);
        let answer = match read {
            Ok(answer) if reply.status.is_success() && answer.errors.is_empty() => answer,
            Ok(answer) if reply.status.is_success() => return Err(fail(&answer.errors)),
            Ok(answer) => return Err(fail(&answer.errors)),
            Err(error) if reply.status.is_success() => return Err(error),
            Err(_) => return Err(fail(&[])),
        };
        let value = answer.data.and_then(|mut data| data.remove(name)).filter(|value| !value.is_null());
        let value = value.ok_or_else(|| error::protocol("an answer without what was asked for"))?;
        serde_json::from_value(value).map_err(|_| error::protocol("an answer of another shape"))
    }

    pub async fn viewer(&self) -> Result<Viewer, ProviderError> {
        self.ask("this account", "viewer", "{ viewer { id name email } }", json!({})).await
    }

    /// The id of the key's owner. It is asked for once.
    pub async fn me(&self) -> Result<&str, ProviderError> {
        self.me.get_or_try_init(|| async { Ok(self.viewer().await?.id) }).await.map(String::as_str)
    }

    /// Everything of a connection.
    async fn all<T: DeserializeOwned>(&self, what: &str, name: &str, query: &str) -> Result<Vec<T>, ProviderError> {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let page: Connection<T> = self.ask(what, name, query, json!({"after": after})).await?;
            found.extend(page.nodes);
            match page.page_info.end_cursor.filter(|_| page.page_info.has_next_page) {
                None => return Ok(found),
                Some(next) if after.as_ref() == Some(&next) => break,
                next => after = next,
            }
        }
        Err(error::protocol("a listing that does not end"))
    }

    /// With the states of their workflows.
    pub async fn teams(&self) -> Result<Vec<Team>, ProviderError> {
        let query = "query($after: String) { teams(first: 50, after: $after) { nodes { id name color states(first: 100) { nodes { id type position } } } pageInfo { hasNextPage endCursor } } }";
        self.all("the teams", "teams", query).await
    }

    pub async fn labels(&self) -> Result<Vec<Label>, ProviderError> {
        let query = "query($after: String) { issueLabels(first: 250, after: $after) { nodes { id name isGroup team { id } } pageInfo { hasNextPage endCursor } } }";
        self.all("the labels", "issueLabels", query).await
    }

    /// A page of issues, newest change first. `nodes`: what is asked of each.
    pub async fn issues<T: DeserializeOwned>(
        &self,
        nodes: &str,
        first: usize,
        archived: bool,
        filter: Value,
        after: Option<&str>,
    ) -> Result<Connection<T>, ProviderError> {
        let query = format!(
            "query($first: Int, $after: String, $archived: Boolean, $filter: IssueFilter) {{ \
             issues(first: $first, after: $after, includeArchived: $archived, orderBy: updatedAt, filter: $filter) {{ \
             nodes {{ {nodes} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        self.ask("the issues", "issues", &query, json!({"first": first, "after": after, "archived": archived, "filter": filter})).await
    }

    pub async fn issue(&self, id: &str) -> Result<Issue, ProviderError> {
        let query = format!("query($id: String!) {{ issue(id: $id) {{ {ISSUE} }} }}");
        self.ask(super::THIS_ISSUE, "issue", &query, json!({"id": id})).await
    }
}
