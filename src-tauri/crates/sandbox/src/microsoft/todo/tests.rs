//! To Do over HTTP: what it answers, what it refuses, and what delta tells.

use serde_json::{Value, json};

use super::super::tests::{Client, code};
use crate::{Fill, MS_MARA};

const TASKS: &str = "openid offline_access User.Read Tasks.ReadWrite";

struct Todo {
    c: Client,
    list: String,
}

impl Todo {
    async fn start() -> Self {
        let c = Client::with(Fill::Empty, TASKS).await;
        let list = c.sandbox.ms_task_lists(MS_MARA)[0].id.clone();
        Self { c, list }
    }

    fn tasks(&self) -> String {
        format!("/me/todo/lists/{}/tasks", self.list)
    }

    fn put(&self, task: Value) -> String {
        self.c.sandbox.put_ms_task(MS_MARA, &self.list, task).unwrap()
    }

    fn all(&self) -> Vec<Value> {
        self.c.sandbox.ms_tasks(MS_MARA, &self.list)
    }

    async fn make(&self, body: Value) -> Value {
        let reply = self.c.json("POST", &self.tasks(), &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    async fn patch(&self, id: &str, etag: Option<&str>, body: &Value) -> crate::test_client::Reply {
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(etag.map(|tag| ("If-Match", tag)));
        self.c.ask("PATCH", &format!("{}/{id}", self.tasks()), &headers, body.to_string().as_bytes()).await
    }

    /// All pages of a round: items and the delta link.
    async fn round(&self, first: &str) -> (Vec<Value>, String) {
        let (mut next, mut items) = (first.to_owned(), Vec::new());
        for _ in 0..100 {
            let body = self.c.ask("GET", &next, &[("Prefer", "odata.maxpagesize=2")], b"").await.json();
            let page = body["value"].as_array().unwrap();
            assert!(page.len() <= 2);
            items.extend(page.iter().cloned());
            match (body["@odata.nextLink"].as_str(), body["@odata.deltaLink"].as_str()) {
                (Some(link), None) => next = link.to_owned(),
                (None, Some(link)) => return (items, link.to_owned()),
                other => panic!("{other:?}"),
            }
        }
        panic!("no end");
    }
}

#[tokio::test]
async fn lists_have_pages_and_well_known_names_and_need_a_scope() {
    let t = Todo::start().await;
    let all = t.c.get("/me/todo/lists").await.json();
    let names: Vec<&str> = all["value"].as_array().unwrap().iter().map(|l| l["displayName"].as_str().unwrap()).collect();
    assert_eq!(names, ["Tasks", "Flagged Emails", "Quay 7"]);
    assert_eq!(all["value"][1]["wellknownListName"], "flaggedEmails");
    let page = t.c.get("/me/todo/lists?$top=2").await.json();
    assert!(page["value"].as_array().unwrap().len() == 2 && page["@odata.nextLink"].as_str().unwrap().contains("skip=2"));
    assert_eq!(code(&t.c.get("/me/todo/lists/nowhere/tasks").await), "ErrorItemNotFound");
    assert_eq!(t.c.get(&format!("{}?$filter=title%20eq%20%27x%27", t.tasks())).await.status, 400);
    assert_eq!(t.c.json("POST", "/me/todo/lists", &json!({"displayName": "x"})).await.status, 405);
    let mail = Client::with(Fill::Empty, "openid Mail.ReadWrite").await;
    assert_eq!(code(&mail.get("/me/todo/lists").await), "ErrorAccessDenied");
    let reader = Client::with(Fill::Empty, "openid Tasks.Read").await;
    assert_eq!(reader.get("/me/todo/lists").await.status, 200);
    let refused = reader.json("POST", &t.tasks(), &json!({"title": "x"})).await;
    assert_eq!((refused.status, code(&refused).as_str()), (403, "ErrorAccessDenied"));
    assert_eq!(code(&t.c.get("/me/messages").await), "ErrorAccessDenied", "tasks are no mail");
}

#[tokio::test]
async fn a_task_is_kept_as_exchange_keeps_it() {
    let t = Todo::start().await;
    let made = t
        .make(json!({
            "title": "Tax", "body": {"content": "a\nb", "contentType": "text"}, "importance": "high", "categories": ["Money"],
            "dueDateTime": {"dateTime": "2026-12-24T17:30:00", "timeZone": "UTC"},
        }))
        .await;
    assert_eq!(made["dueDateTime"], json!({"dateTime": "2026-12-24T00:00:00.0000000", "timeZone": "UTC"}), "a day has no time");
    assert_eq!((&made["body"]["content"], &made["status"]), (&json!("a\r\nb"), &json!("notStarted")));
    let (id, etag) = (made["id"].as_str().unwrap(), made["@odata.etag"].as_str().unwrap());
    let done = t.patch(id, Some(etag), &json!({"status": "completed", "dueDateTime": null})).await.json();
    assert!(done["completedDateTime"]["dateTime"].as_str().unwrap().ends_with("T00:00:00.0000000") && done.get("dueDateTime").is_none());
    assert_eq!((&done["title"], &done["importance"]), (&json!("Tax"), &json!("high")), "what is not named stays");
    let stale = t.patch(id, Some(etag), &json!({"title": "x"})).await;
    assert_eq!((stale.status, code(&stale).as_str()), (412, "ErrorIrresolvableConflict"));
    assert!(t.patch(id, None, &json!({"status": "notStarted"})).await.json().get("completedDateTime").is_none());
    for (bad, expected) in [
        (json!({"title": " "}), "invalidRequest"),
        (json!({"title": "x".repeat(256)}), "invalidRequest"),
        (json!({"status": "done"}), "RequestBodyRead"),
        (json!({"importance": "urgent"}), "RequestBodyRead"),
        (json!({"createdDateTime": "2026-01-01T00:00:00Z"}), "RequestBodyRead"),
        (json!({"checklistItems": []}), "RequestBodyRead"),
        (json!({"linkedResources": []}), "ErrorInvalidRequest"),
        (json!({"dueDateTime": {"dateTime": "2026-12-24T17:00--3:00", "timeZone": "UTC"}}), "InvalidDateTime"),
        (json!({"dueDateTime": {"dateTime": "2026-12-24T00:00:00", "timeZone": "Nowhere"}}), "InvalidTimeZone"),
    ] {
        let reply = t.patch(id, None, &bad).await;
        assert_eq!((reply.status, code(&reply).as_str()), (400, expected), "{bad}");
    }
    assert_eq!(t.c.json("POST", &t.tasks(), &json!({"importance": "low"})).await.status, 400, "no title");
    assert_eq!(t.c.json("POST", "/me/todo/lists/flaggedEmails/tasks", &json!({"title": "x"})).await.status, 400);
    assert_eq!(t.c.ask("DELETE", &format!("{}/{id}", t.tasks()), &[], b"").await.status, 204);
    assert_eq!(t.c.ask("DELETE", &format!("{}/{id}", t.tasks()), &[], b"").await.status, 404);
    assert!(t.all().is_empty());
}

#[tokio::test]
async fn delta_walks_a_list_and_then_tells_what_changed() {
    let t = Todo::start().await;
    let ids: Vec<String> = (0..5).map(|n| t.put(json!({"title": format!("Task {n}")}))).collect();
    let (items, link) = t.round(&format!("{}/delta", t.tasks())).await;
    assert_eq!(items.iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), ids);
    assert!(t.round(&link).await.0.is_empty());
    t.patch(&ids[0], None, &json!({"title": "Other"})).await;
    assert!(t.c.sandbox.delete_ms_task(MS_MARA, &t.list, &ids[1]));
    let new = t.make(json!({"title": "New"})).await;
    let (changes, link) = t.round(&link).await;
    assert_eq!((changes.len(), &changes[0]["title"], &changes[2]["id"]), (3, &json!("Other"), &new["id"]));
    assert_eq!(changes[1], json!({"id": ids[1], "@removed": {"reason": "deleted"}}));
    t.c.sandbox.set_ms_switches(|s| s.todo_sparse = true);
    t.patch(&ids[0], None, &json!({"status": "inProgress"})).await;
    let (sparse, link) = t.round(&link).await;
    assert!(sparse[0]["status"] == "inProgress" && sparse[0].get("title").is_none());
    assert_eq!(t.c.get(&format!("{link}&$top=3")).await.status, 400);
    assert_eq!(t.c.get(&format!("{}/delta?$top=3", t.tasks())).await.status, 400);
    t.c.sandbox.ms_expire_sync(MS_MARA);
    let gone = t.c.get(&link).await;
    assert_eq!((gone.status, code(&gone).as_str()), (410, "syncStateNotFound"));
}

#[tokio::test]
async fn one_that_repeats_makes_the_next_one() {
    let t = Todo::start().await;
    let weekly = json!({"pattern": {"type": "weekly", "interval": 2, "daysOfWeek": ["thursday"]}, "range": {"type": "noEnd"}});
    let due = json!({"dateTime": "2026-12-23T23:00:00.0000000", "timeZone": "UTC"});
    let id = t.put(json!({"title": "Report", "dueDateTime": due, "recurrence": weekly}));
    // Its day is no one's to change: a second one comes.
    let same = t.patch(&id, None, &json!({"dueDateTime": {"dateTime": "2026-12-30T00:00:00", "timeZone": "UTC"}})).await.json();
    assert_eq!((&same["dueDateTime"], t.all().len()), (&due, 2));
    t.c.sandbox.delete_ms_task(MS_MARA, &t.list, t.all()[1]["id"].as_str().unwrap());
    let done = t.patch(&id, None, &json!({"status": "completed"})).await.json();
    assert!(done["status"] == "completed" && done.get("recurrence").is_none());
    let all = t.all();
    assert_eq!((all.len(), &all[1]["dueDateTime"]["dateTime"]), (2, &json!("2027-01-06T23:00:00.0000000")));
    assert_eq!((&all[1]["status"], &all[1]["recurrence"]), (&json!("notStarted"), &weekly));
}
