//! Calls to the API: the envelope, pages, errors mapped, replies read with a cap.

use domain::error::ProviderError;
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, HeaderValue},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    error,
    model::{Event, FIELDS, Named, Task, TaskList, User},
};
use crate::http::{Call, JSON_CAP, Reply, bearer::Bearer, host_of, json as reply};

/// A page of a hundred tasks, each with a long text.
const PAGE_CAP: usize = 4 * JSON_CAP;
/// Asana's largest page.
const LARGEST: &str = "100";
/// Far above what anybody has.
const MOST_PAGES: usize = 1_000;

pub struct Api {
    bearer: Bearer,
    base: Url,
    me: OnceCell<String>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

/// A page, and where the next one begins.
#[derive(Deserialize)]
pub struct Page<T> {
    pub data: Vec<T>,
    next_page: Option<NextPage>,
}

#[derive(Deserialize)]
struct NextPage {
    offset: Option<String>,
}

impl<T> Page<T> {
    pub fn next(&self) -> Option<String> {
        self.next_page.as_ref().and_then(|page| page.offset.clone()).filter(|offset| !offset.is_empty())
    }
}

/// What became of tasks.
#[derive(Deserialize)]
pub struct Events {
    #[serde(default, deserialize_with = "reply::or_default")]
    pub data: Vec<Event>,
    #[serde(default, deserialize_with = "reply::or_default")]
    pub sync: String,
    #[serde(default, deserialize_with = "reply::or_default")]
    pub has_more: bool,
}

impl Api {
    pub fn new(bearer: Bearer, base: Url) -> Self {
        Self { bearer, base, me: OnceCell::new() }
    }

    pub fn now(&self) -> domain::time::Timestamp {
        self.bearer.http().now()
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        // An https or http address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn send(&self, call: Call) -> Result<Reply, ProviderError> {
        self.bearer.send(&call.header(ACCEPT, HeaderValue::from_static("application/json")), PAGE_CAP).await
    }

    fn read<T: DeserializeOwned>(&self, what: &str, reply: &Reply) -> Result<T, ProviderError> {
        if !reply.status.is_success() {
            return Err(error::from_reply(what, reply, self.now()));
        }
        reply::parse(&host_of(&self.base), error::PROTOCOL, &reply.body)
    }

    async fn get<T: DeserializeOwned>(&self, what: &str, path: &[&str], query: &[(&str, &str)]) -> Result<T, ProviderError> {
        let reply = self.send(Call::get(self.url(path, query))).await?;
        self.read(what, &reply)
    }

    /// Everything of a listing.
    async fn all<T: DeserializeOwned>(&self, what: &str, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<T>, ProviderError> {
        let (mut found, mut offset) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut query = query.to_vec();
            query.push(("limit", LARGEST));
            if let Some(offset) = &offset {
                query.push(("offset", offset));
            }
            let page: Page<T> = self.get(what, path, &query).await?;
            let next = page.next();
            found.extend(page.data);
            match next {
                None => return Ok(found),
                Some(next) if offset.as_ref() == Some(&next) => break,
                next => offset = next,
            }
        }
        Err(error::protocol("a listing that does not end"))
    }

    pub async fn user(&self) -> Result<User, ProviderError> {
        let user: Envelope<User> = self.get("this account", &["users", "me"], &[("opt_fields", "name,email")]).await?;
        Ok(user.data)
    }

    /// The gid of the token's owner. It is asked for once.
    pub async fn me(&self) -> Result<&str, ProviderError> {
        self.me.get_or_try_init(|| async { Ok(self.user().await?.gid) }).await.map(String::as_str)
    }

    pub async fn workspaces(&self) -> Result<Vec<Named>, ProviderError> {
        self.all("the workspaces", &["workspaces"], &[("opt_fields", "name")]).await
    }

    /// The person's own list in a workspace.
    pub async fn own_list(&self, workspace: &str) -> Result<TaskList, ProviderError> {
        let list: Envelope<TaskList> = self.get("the workspace", &["users", "me", "user_task_list"], &[("workspace", workspace)]).await?;
        Ok(list.data)
    }

    /// A person's list by its own gid; None: it is none.
    pub async fn task_list(&self, gid: &str) -> Result<Option<TaskList>, ProviderError> {
        match self.get::<Envelope<TaskList>>("this list", &["user_task_lists", gid], &[]).await {
            Ok(list) => Ok(Some(list.data)),
            Err(ProviderError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Projects that are not archived.
    pub async fn projects(&self, workspace: &str) -> Result<Vec<Named>, ProviderError> {
        let query = [("workspace", workspace), ("archived", "false"), ("opt_fields", "name,color")];
        self.all("the projects", &["projects"], &query).await
    }

    /// A page of the person's tasks in a workspace, done ones too.
    pub async fn tasks(&self, workspace: &str, offset: Option<&str>) -> Result<Page<Task>, ProviderError> {
        let mut query = vec![("assignee", "me"), ("workspace", workspace), ("opt_fields", FIELDS), ("limit", LARGEST)];
        if let Some(offset) = offset {
            query.push(("offset", offset));
        }
        self.get("the tasks", &["tasks"], &query).await
    }

    /// All of the person's tasks in a workspace that changed since (RFC 3339).
    pub async fn modified(&self, workspace: &str, since: &str) -> Result<Vec<Task>, ProviderError> {
        let query = [("assignee", "me"), ("workspace", workspace), ("modified_since", since), ("opt_fields", FIELDS)];
        self.all("the tasks", &["tasks"], &query).await
    }

    pub async fn task(&self, gid: &str) -> Result<Task, ProviderError> {
        let task: Envelope<Task> = self.get(super::THIS_TASK, &["tasks", gid], &[("opt_fields", FIELDS)]).await?;
        Ok(task.data)
    }

    /// What became of the tasks of a list since `sync`. Err: the token to go on with after everything was read, where there is none or it is
    /// too old (412).
    pub async fn events(&self, list: &str, sync: Option<&str>) -> Result<Result<Events, String>, ProviderError> {
        let mut query = vec![("resource", list)];
        if let Some(sync) = sync {
            query.push(("sync", sync));
        }
        let reply = self.send(Call::get(self.url(&["events"], &query))).await?;
        if reply.status == StatusCode::PRECONDITION_FAILED {
            let fresh: Events = reply::parse(&host_of(&self.base), error::PROTOCOL, &reply.body)?;
            return if fresh.sync.is_empty() { Err(error::protocol("no position to go on from")) } else { Ok(Err(fresh.sync)) };
        }
        let events: Events = self.read("the changes", &reply)?;
        if events.sync.is_empty() { Err(error::protocol("no position to go on from")) } else { Ok(Ok(events)) }
    }

    /// Makes (POST) or changes (PUT) a task; the answer is the task.
    pub async fn write(&self, method: Method, path: &[&str], data: Map<String, Value>) -> Result<Task, ProviderError> {
        let task: Envelope<Task> = self.act(method, path, &[("opt_fields", FIELDS)], Some(data)).await?;
        Ok(task.data)
    }

    /// Does what has no answer worth reading.
    pub async fn run(&self, method: Method, path: &[&str], data: Option<Map<String, Value>>) -> Result<(), ProviderError> {
        self.act::<Value>(method, path, &[], data).await.map(|_| ())
    }

    async fn act<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        data: Option<Map<String, Value>>,
    ) -> Result<T, ProviderError> {
        let mut call = Call::new(method, self.url(path, query));
        if let Some(data) = data {
            call = call.body(HeaderValue::from_static("application/json"), json!({"data": data}).to_string());
        }
        let reply = self.send(call).await?;
        self.read(super::THIS_TASK, &reply)
    }
}
