//! The stand-in by itself: what it refuses, and what it tells.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use crate::{
    Fault, Fill, GtaskList, MARA, MARA_WORK, Sandbox, SandboxOptions,
    test_client::{Reply, get, google_token, google_tokens, post, send},
};

const TASKS: &str = "/tasks/v1/lists/@default/tasks";
const ALL: &str = "showCompleted=true&showHidden=true&showAssigned=true";
const SCOPE: &str = "https://www.googleapis.com/auth/tasks";

struct Client {
    sandbox: Sandbox,
    base: String,
    token: String,
}

impl Client {
    async fn start() -> Self {
        Self::with(SandboxOptions::default(), SCOPE).await
    }

    async fn with(options: SandboxOptions, scopes: &str) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let token = google_token(&sandbox, scopes).await;
        Self { base: sandbox.google_base(), sandbox, token }
    }

    async fn get(&self, target: &str) -> Reply {
        get(&self.base, target, &self.token).await
    }

    async fn post(&self, target: &str, body: &Value) -> Reply {
        post(&self.base, target, &self.token, body).await
    }

    async fn send(&self, method: &str, target: &str, tag: Option<&str>, body: &str) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("Authorization", bearer.as_str())];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        headers.extend(tag.map(|tag| ("If-Match", tag)));
        send(&self.base, method, target, &headers, body.as_bytes()).await
    }

    async fn make(&self, query: &str, body: Value) -> Value {
        let reply = self.post(&format!("{TASKS}{query}"), &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    async fn patch(&self, id: &str, body: Value) -> Reply {
        self.send("PATCH", &format!("{TASKS}/{id}"), None, &body.to_string()).await
    }

    async fn shift(&self, id: &str, query: &str) -> Reply {
        self.send("POST", &format!("{TASKS}/{id}/move?{query}"), None, "").await
    }

    /// Titles of one page.
    async fn titles(&self, query: &str) -> Vec<String> {
        let reply = self.get(&format!("{TASKS}?{query}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        titles(&reply.json())
    }
}

fn titles(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|t| t["title"].as_str().unwrap().to_owned()).collect()
}

fn id(task: &Value) -> &str {
    task["id"].as_str().unwrap()
}

#[tokio::test]
async fn every_call_needs_its_scope_and_things_that_are_there() {
    let client = Client::with(SandboxOptions::small(), "https://www.googleapis.com/auth/tasks.readonly").await;
    assert_eq!((client.get("/tasks/v1/users/@me/lists").await.status, client.get(TASKS).await.status), (200, 200));
    for reply in [
        client.post(TASKS, &json!({"title": "x"})).await,
        client.patch("gt-lunch", json!({"title": "x"})).await,
        client.shift("gt-lunch", "").await,
        client.send("DELETE", &format!("{TASKS}/gt-lunch"), None, "").await,
    ] {
        assert_eq!((reply.status, reply.reason().as_str()), (403, "insufficientPermissions"));
    }
    let mail = Client::with(SandboxOptions::small(), "https://www.googleapis.com/auth/gmail.modify").await;
    assert_eq!(mail.get(TASKS).await.reason(), "insufficientPermissions");
    assert_eq!(get(&client.base, TASKS, "no-token").await.status, 401);
    let client = Client::start().await;
    for target in ["/tasks/v1/lists/nowhere/tasks", "/tasks/v1/lists/@default/tasks/nothing", "/tasks/v1/nonsense"] {
        assert_eq!(client.get(target).await.status, 404, "{target}");
    }
    // Somebody else's list is none.
    let theirs = &client.sandbox.gtask_lists(MARA_WORK)[0];
    assert_eq!(client.get(&format!("/tasks/v1/lists/{}/tasks", theirs.id)).await.status, 404);
}

#[tokio::test]
async fn nonsense_is_refused_and_limits_hold_to_the_character() {
    let client = Client::start().await;
    for (body, reason) in [
        (json!({"title": "x".repeat(1025)}), "invalid"),
        (json!({"notes": "x".repeat(8193)}), "invalid"),
        (json!({"status": "done"}), "invalid"),
        (json!({"due": "2026-11-23"}), "invalid"),
        (json!({"due": 5}), "invalidArgument"),
        (json!({"titel": "x"}), "invalidArgument"),
    ] {
        let reply = client.post(TASKS, &body).await;
        assert_eq!((reply.status, reply.reason()), (400, reason.to_owned()), "{body}");
    }
    let task = client.make("", json!({"title": "å".repeat(1024), "notes": "ö".repeat(8192)})).await;
    assert_eq!(client.patch(id(&task), json!({"title": "å".repeat(1025)})).await.status, 400);
    for query in ["maxResults=101", "maxResults=0", "pageToken=x", "updatedMin=yesterday", "showAll=true", "showHidden=1"] {
        assert_eq!(client.get(&format!("{TASKS}?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(client.post(&format!("{TASKS}/{}/move", id(&task)), &json!({"parent": "x"})).await.status, 400, "a move has no body");
}

#[tokio::test]
async fn fields_are_as_google_keeps_them() {
    let client = Client::start().await;
    client.sandbox.clock().freeze(true);
    let task = client.make("", json!({"title": "Tax", "notes": "all", "due": "2026-11-23T17:30:00.000Z"})).await;
    assert_eq!((&task["due"], &task["status"]), (&json!("2026-11-23T00:00:00.000Z"), &json!("needsAction")), "no time of day");
    client.sandbox.clock().advance(1000);
    let done = client.patch(id(&task), json!({"status": "completed"})).await.json();
    assert_eq!((&done["completed"], &done["title"]), (&done["updated"], &json!("Tax")));
    assert!(done["etag"] != task["etag"] && done["updated"] != task["updated"] && done.get("hidden").is_none());
    let open = client.patch(id(&task), json!({"status": "needsAction", "completed": null, "due": null, "notes": ""})).await.json();
    assert!(["completed", "due", "notes"].iter().all(|name| open.get(name).is_none()), "{open}");
    // What is completed is put away by Google's own program, and by a clear.
    client.patch(id(&task), json!({"status": "completed"})).await;
    assert_eq!(client.send("POST", "/tasks/v1/lists/@default/clear", None, "").await.status, 204);
    assert_eq!(client.get(&format!("{TASKS}/{}", id(&task))).await.json()["hidden"], true);
    assert!(client.titles("showCompleted=true").await.is_empty());
    assert_eq!(client.titles("showHidden=true").await, ["Tax"]);
    assert!(client.titles("showHidden=true&showCompleted=false").await.is_empty());
    client.patch(id(&task), json!({"status": "needsAction"})).await;
    assert_eq!(client.titles("").await, ["Tax"]);
}

#[tokio::test]
async fn what_is_shown_follows_the_parameters() {
    let client = Client::start().await;
    client.sandbox.clock().freeze(true);
    for task in [
        json!({"id": "open", "title": "open", "due": "2026-11-23"}),
        json!({"id": "done", "title": "done", "status": "completed"}),
        json!({"id": "seen", "title": "seen", "status": "completed", "hidden": false}),
        json!({"id": "theirs", "title": "theirs", "assigned": true}),
        json!({"id": "gone", "title": "gone"}),
    ] {
        client.sandbox.put_gtask(MARA, "@default", task).unwrap();
    }
    client.sandbox.clock().advance(60_000);
    let since = super::change::rfc3339("2026-01-01T00:00:00Z").unwrap();
    assert!(client.sandbox.now().millis() > since.timestamp_millis());
    assert!(client.sandbox.delete_gtask(MARA, "@default", "gone"));
    let at = crate::gcal::rfc3339(client.sandbox.now());
    assert_eq!(client.titles("").await, ["open", "seen"]);
    assert_eq!(client.titles(ALL).await, ["open", "done", "seen", "theirs"]);
    assert_eq!(client.titles(&format!("{ALL}&showDeleted=true")).await, ["open", "done", "seen", "theirs", "gone"]);
    assert_eq!(client.titles(&format!("{ALL}&showDeleted=true&updatedMin={at}")).await, ["gone"], "the bound itself is in");
    assert!(client.titles(&format!("{ALL}&updatedMin={at}")).await.is_empty());
    assert_eq!(client.titles(&format!("{ALL}&dueMin=2026-11-23T00:00:00Z&dueMax=2026-11-24T00:00:00Z")).await, ["open"]);
    assert_eq!(client.get(&format!("{TASKS}/gone")).await.json()["deleted"], true);
    for reply in [client.patch("gone", json!({"title": "x"})).await, client.send("DELETE", &format!("{TASKS}/gone"), None, "").await] {
        assert_eq!(reply.status, 404);
    }
}

#[tokio::test]
async fn pages_are_of_twenty_and_their_tokens_are_bound_to_the_question() {
    let client = Client::start().await;
    for n in 0..45 {
        client.sandbox.put_gtask(MARA, "@default", json!({"title": format!("{n:02}")})).unwrap();
    }
    let first = client.get(TASKS).await.json();
    assert_eq!(titles(&first).len(), 20);
    let token = first["nextPageToken"].as_str().unwrap();
    let second = client.get(&format!("{TASKS}?pageToken={token}")).await.json();
    assert_eq!((titles(&second).len(), titles(&second)[0].as_str()), (20, "20"));
    let third = client.get(&format!("{TASKS}?pageToken={}", second["nextPageToken"].as_str().unwrap())).await.json();
    assert_eq!((titles(&third).len(), third.get("nextPageToken")), (5, None));
    assert_eq!(client.get(&format!("{TASKS}?pageToken={token}&showHidden=true")).await.reason(), "invalid");
    let home = &client.sandbox.gtask_lists(MARA)[1].id;
    assert_eq!(client.get(&format!("/tasks/v1/lists/{home}/tasks?pageToken={token}")).await.status, 400);
    client.sandbox.set_gtasks(|s| s.page_generation = 1);
    assert_eq!(client.get(&format!("{TASKS}?pageToken={token}")).await.status, 400);
    client.sandbox.set_gtasks(|s| s.page = Some(7));
    assert_eq!(titles(&client.get(&format!("{TASKS}?maxResults=100")).await.json()).len(), 7);
    assert_eq!(client.get("/tasks/v1/users/@me/lists?maxResults=1").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn tasks_stand_below_others_one_level_deep_and_in_an_order() {
    let client = Client::start().await;
    let b = client.make("", json!({"title": "b"})).await;
    let a = client.make("", json!({"title": "a"})).await;
    let c = client.make(&format!("?previous={}", id(&b)), json!({"title": "c"})).await;
    assert_eq!(client.titles("").await, ["a", "b", "c"], "a new one is before the others");
    let below = client.make(&format!("?parent={}", id(&a)), json!({"title": "a1"})).await;
    assert_eq!((below["parent"].as_str(), client.titles("").await.join(" ").as_str()), (Some(id(&a)), "a a1 b c"));
    let home = client.sandbox.gtask_lists(MARA)[1].id.clone();
    let other = client.sandbox.put_gtask(MARA, &home, json!({"title": "other"})).unwrap();
    for parent in [id(&below), other.as_str(), "nothing"] {
        let reply = client.post(&format!("{TASKS}?parent={parent}"), &json!({"title": "x"})).await;
        assert_eq!((reply.status, reply.reason().as_str()), (400, "invalid"), "{parent}");
    }
    for (task, query) in [
        (id(&a), format!("parent={}", id(&b))),
        (id(&b), format!("parent={}", id(&below))),
        (id(&b), format!("parent={}", id(&b))),
        (id(&b), format!("parent={other}")),
        (id(&b), format!("previous={}", id(&below))),
    ] {
        assert_eq!(client.shift(task, &query).await.status, 400, "{query}");
    }
    // Down, and up again.
    let moved = client.shift(id(&c), &format!("parent={}&previous={}", id(&a), id(&below))).await.json();
    assert!(moved["etag"] != c["etag"] && moved["parent"] == a["id"]);
    assert_eq!(client.titles("").await, ["a", "a1", "c", "b"]);
    assert_eq!(client.shift(id(&c), "").await.json().get("parent"), None);
    assert_eq!(client.titles("").await, ["c", "a", "a1", "b"]);
    // With the one above goes what is below.
    assert_eq!(client.send("DELETE", &format!("{TASKS}/{}", id(&a)), None, "").await.status, 204);
    assert_eq!(client.titles("").await, ["c", "b"]);
    assert_eq!(client.sandbox.gtask(MARA, "@default", id(&below)).unwrap()["deleted"], true);
}

#[tokio::test]
async fn a_move_to_another_list_takes_all_along_and_leaves_a_trace_or_none() {
    let client = Client::start().await;
    let home = client.sandbox.gtask_lists(MARA)[1].id.clone();
    let to_home = format!("destinationTasklist={home}");
    let a = client.make("", json!({"title": "a"})).await;
    let below = client.make(&format!("?parent={}", id(&a)), json!({"title": "a1"})).await;
    assert_eq!(client.shift(id(&a), "destinationTasklist=nowhere").await.status, 404);
    assert_eq!(id(&client.shift(id(&a), &to_home).await.json()), id(&a));
    assert!(client.titles(&format!("{ALL}&showDeleted=true")).await.is_empty(), "no trace");
    assert_eq!(client.sandbox.gtask(MARA, &home, id(&below)).unwrap()["parent"], a["id"]);
    client.sandbox.set_gtasks(|s| (s.moves_tell, s.moves_rename) = (true, true));
    let b = client.make("", json!({"title": "b"})).await;
    assert_ne!(id(&client.shift(id(&b), &to_home).await.json()), id(&b));
    assert_eq!(client.titles(&format!("{ALL}&showDeleted=true")).await, ["b"]);
    client.sandbox.put_gtask(MARA, "@default", json!({"id": "theirs", "title": "x", "assigned": true})).unwrap();
    assert_eq!(client.shift("theirs", &to_home).await.reason(), "invalid");
}

#[tokio::test]
async fn a_stale_tag_is_refused_where_tags_count() {
    let client = Client::start().await;
    let a = client.make("", json!({"title": "a"})).await;
    let (tag, at) = (a["etag"].as_str().unwrap(), format!("{TASKS}/{}", id(&a)));
    let b = client.send("PATCH", &at, Some(tag), r#"{"title":"b"}"#).await.json();
    for (method, target, body) in
        [("PATCH", at.clone(), r#"{"title":"c"}"#), ("DELETE", at.clone(), ""), ("POST", format!("{at}/move"), "")]
    {
        let reply = client.send(method, &target, Some(tag), body).await;
        assert_eq!((reply.status, reply.reason().as_str()), (412, "conditionNotMet"), "{method}");
    }
    assert_eq!(client.send("PATCH", &at, b["etag"].as_str(), r#"{"title":"c"}"#).await.status, 200);
    client.sandbox.set_gtasks(|s| s.if_match = false);
    assert_eq!(client.send("PATCH", &at, Some(tag), r#"{"title":"d"}"#).await.status, 200);
}

#[tokio::test]
async fn quotas_and_faults_reach_the_wire() {
    let client = Client::start().await;
    client.sandbox.set_gtasks(|s| s.calls_per_day = Some(2));
    assert_eq!((client.get(TASKS).await.status, client.get(TASKS).await.status), (200, 200));
    assert_eq!(client.get(TASKS).await.reason(), "dailyLimitExceeded");
    client.sandbox.clock().advance(86_400_000);
    let token = google_token(&client.sandbox, SCOPE).await;
    assert_eq!(get(&client.base, TASKS, &token).await.status, 200);
    client.sandbox.control().add_fault(Fault::status("/tasks/v1/lists/*", 429, "rateLimitExceeded"));
    assert_eq!(get(&client.base, TASKS, &token).await.status, 429);
}

#[tokio::test]
async fn the_demo_has_two_lists_for_each_account_and_they_are_whole() {
    let client = Client::with(SandboxOptions::demo(), SCOPE).await;
    let named =
        |email: &str| -> Vec<String> { client.sandbox.gtask_lists(email).into_iter().map(|GtaskList { title, .. }| title).collect() };
    assert_eq!((named(MARA), named(MARA_WORK)), (vec!["My Tasks".into(), "Home".into()], vec!["My Tasks".into(), "Launch".into()]));
    let mut all = Vec::new();
    for email in [MARA, MARA_WORK] {
        for list in client.sandbox.gtask_lists(email) {
            all.extend(client.sandbox.gtasks(email, &list.id));
        }
    }
    let count = |what: &dyn Fn(&Value) -> bool| all.iter().filter(|t| what(t)).count();
    assert_eq!(all.len(), 15, "every fixture is a valid task");
    assert_eq!(count(&|t| t.get("parent").is_some()), 5);
    assert_eq!(count(&|t| t["status"] == "completed" && t["hidden"] == true), 3);
    let today = crate::gcal::rfc3339(client.sandbox.now());
    assert!(count(&|t| t["status"] == "needsAction" && t["due"].as_str().is_some_and(|due| due < today.as_str())) >= 2, "some are overdue");
    // Over the wire, too, for the second account.
    let tokens = google_tokens(&client.sandbox, SCOPE, MARA_WORK).await;
    let launch = client.sandbox.gtask_lists(MARA_WORK)[1].id.clone();
    let page = get(&client.base, &format!("/tasks/v1/lists/{launch}/tasks?{ALL}"), tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(titles(&page), ["Field guide launch", "Book the venue", "Invitations out", "Paweł: confirm the print run"]);
    let empty = Sandbox::start(SandboxOptions { fill: Fill::Empty, ..SandboxOptions::default() }).await.unwrap();
    assert!(empty.gtask_lists(MARA).iter().all(|l| empty.gtasks(MARA, &l.id).is_empty()));
}

#[tokio::test]
async fn another_process_has_the_same_handles() {
    let client = Client::start().await;
    let lists = client.get(&format!("/_sbx/gtasks/lists?email={MARA}")).await.json();
    let list = lists["items"][1]["id"].as_str().unwrap().to_owned();
    assert_eq!(lists["items"][1]["title"], "Home");
    let put = json!({"email": MARA, "list": list, "task": {"title": "From outside", "due": "2026-11-23"}});
    let made = client.post("/_sbx/gtasks/tasks", &put).await.json()["id"].as_str().unwrap().to_owned();
    let tasks = client.get(&format!("/_sbx/gtasks/tasks?email={MARA}&list={list}")).await.json();
    assert_eq!((titles(&tasks), &tasks["items"][0]["due"]), (vec!["From outside".to_owned()], &json!("2026-11-23T00:00:00.000Z")));
    let bad = json!({"email": MARA, "list": list, "task": {"title": "x".repeat(1025)}});
    assert_eq!(client.post("/_sbx/gtasks/tasks", &bad).await.status, 422);
    let gone = json!({"email": MARA, "list": list, "id": made}).to_string();
    let status = [204, 404];
    for expected in status {
        assert_eq!(client.send("DELETE", "/_sbx/gtasks/tasks", None, &gone).await.status, expected);
    }
    assert_eq!(client.post("/_sbx/gtasks/switches", &json!({"if_match": false, "page": 1})).await.status, 204);
    assert_eq!(client.get("/_sbx/gtasks/switches").await.json()["if_match"], false);
    assert!(client.sandbox.control().log().iter().all(|entry| !entry.path.starts_with("/_sbx")));
}
