//! Notion against the sandbox: what every task source owes (the contract), and what is Notion's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use chrono::DateTime;
use domain::{
    ids::RemoteId,
    tasks::{Due, TaskFields, TaskPatch, TaskStatus},
};
use sandbox::{Fault, FaultAction, Fill, NotionPage, Provider, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::*;
use crate::{
    scripted::{Tokens, http_at},
    task_contract::{Mirror, Rig, Trouble, key},
};

mod mapping;
mod own;

const STUDIO: &str = "2f26ee68-df30-4251-aad4-8ddc420cba01";
const PRESS: &str = "2f26ee68-df30-4251-aad4-8ddc420cba02";
const EDITORIAL: &str = "2f26ee68-df30-4251-aad4-8ddc420cba05";
const HOUSE: &str = "2f26ee68-df30-4251-aad4-8ddc420cba03";

pub struct World {
    sandbox: Sandbox,
    source: NotionTasks,
    /// Those that are followed.
    lists: [RemoteId; 2],
}

async fn start() -> World {
    filled(Fill::Empty).await
}

async fn filled(fill: Fill) -> World {
    mapped(fill, TableSettings::default()).await
}

/// With these choices of tables.
async fn mapped(fill: Fill, chosen: TableSettings) -> World {
    let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
    let credentials = Arc::new(Tokens { fixed: Some(sandbox.notion_token()), ..Tokens::default() });
    let source = NotionTasks::new(http_at(sandbox.clock().as_clock()), credentials, &sandbox.notion_base(), chosen).unwrap();
    World { sandbox, source, lists: [STUDIO.into(), PRESS.into()] }
}

/// Read here by other means than the client's.
fn fields_of(page: NotionPage) -> TaskFields {
    let status = match page.status.as_deref() {
        Some("In progress") => TaskStatus::Started,
        Some("Done" | "Archived") => TaskStatus::Done,
        None if page.done => TaskStatus::Done,
        _ => TaskStatus::Open,
    };
    let due = page.date.map(|date| match date.len() {
        10 => Due::Day { day: date },
        _ => Due::At { at: Timestamp(DateTime::parse_from_rfc3339(&date).unwrap().timestamp_millis()), zone: None },
    });
    TaskFields { title: page.title, due, labels: page.tags, status, ..TaskFields::default() }
}

impl World {
    fn post(&self, page: Value) -> RemoteId {
        RemoteId(self.sandbox.put_notion_page(page).unwrap())
    }

    fn there(&self, id: &RemoteId) -> NotionPage {
        self.sandbox.notion_pages().into_iter().find(|page| page.id == id.as_str()).unwrap()
    }

    fn live(&self) -> Vec<NotionPage> {
        self.sandbox.notion_pages().into_iter().filter(|page| !page.in_trash).collect()
    }

    fn requests(&self) -> Vec<String> {
        let log = self.sandbox.control().log();
        self.sandbox.control().clear_log();
        log.into_iter().map(|e| format!("{} {} {}", e.method, e.path.trim_start_matches("/v1"), e.status)).collect()
    }

    async fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
    }

    async fn create(&self, list: &str, fields: TaskFields, tried: bool) -> Result<TaskWritten, ProviderError> {
        self.source.write(&TaskWrite::Create { list: list.into(), key: key(1), fields, tried, since: self.sandbox.now() }).await
    }
}

impl Rig for World {
    fn source(&self) -> &dyn TaskSource {
        &self.source
    }

    fn now(&self) -> Timestamp {
        self.sandbox.now()
    }

    fn pass(&self, secs: i64) {
        self.sandbox.clock().advance(secs * 1000);
    }

    fn lists(&self) -> [RemoteId; 2] {
        self.lists.clone()
    }

    /// Nothing cancelled.
    fn held(&self, mut fields: TaskFields) -> TaskFields {
        if fields.status == TaskStatus::Cancelled {
            fields.status = TaskStatus::Done;
        }
        fields
    }

    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        let date = fields.due.as_ref().map(|due| match due {
            Due::Day { day } => day.clone(),
            other => panic!("{other:?}"),
        });
        let status = match fields.status {
            TaskStatus::Open => "Not started",
            TaskStatus::Started => "In progress",
            TaskStatus::Done | TaskStatus::Cancelled => "Done",
        };
        let mut page = json!({"source": list, "title": fields.title, "tags": fields.labels, "status": status, "date": date});
        if let Some(id) = id {
            page["id"] = json!(id);
        }
        self.post(page)
    }

    fn remove(&self, _list: &RemoteId, id: &RemoteId) {
        self.post(json!({"id": id, "in_trash": true}));
    }

    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        self.live().into_iter().find(|page| page.source == list.as_str() && page.id == id.as_str()).map(fields_of)
    }

    fn count(&self) -> usize {
        self.live().len()
    }

    fn trouble(&self, trouble: Trouble) {
        let faults = match trouble {
            Trouble::LostAnswer => {
                ["POST", "PATCH"].map(|m| Fault::new("*/pages*", FaultAction::Drop { after_commit: true }).method(m)).to_vec()
            }
            Trouble::Unavailable => vec![Fault::status("*", 503, "service_unavailable")],
            Trouble::Wait => vec![Fault::status("*", 429, "rate_limited")],
            Trouble::SignedOut => return self.sandbox.set_notion_token("another"),
        };
        for fault in faults {
            self.sandbox.control().add_fault(Fault { provider: Some(Provider::Notion), ..fault });
        }
    }

    fn void(&self) {
        self.sandbox.void_notion_cursors();
    }
}

mod contract {
    crate::task_contract::suite!(super::start);
}
