//! The stand-in by itself: what it refuses, and how it counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use crate::{
    Fault, FaultAction, Fill, Sandbox, SandboxOptions, TodoistProject,
    test_client::{Reply, query, send, try_send},
};

const FORM: &str = "application/x-www-form-urlencoded";
const ITEMS: &str = r#"["items"]"#;

struct Client {
    sandbox: Sandbox,
    base: String,
    bearer: String,
}

impl Client {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let base = sandbox.todoist_base().strip_suffix("/api/v1").unwrap().to_owned();
        Self { base, bearer: format!("Bearer {}", sandbox.todoist_token()), sandbox }
    }

    async fn form(&self, fields: &[(&str, &str)]) -> Reply {
        let headers = [("Authorization", self.bearer.as_str()), ("Content-Type", FORM)];
        send(&self.base, "POST", "/api/v1/sync", &headers, query(fields).as_bytes()).await
    }

    async fn sync(&self, token: &str) -> Value {
        let reply = self.form(&[("sync_token", token), ("resource_types", ITEMS)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    async fn commands(&self, commands: Value) -> Value {
        let reply = self.form(&[("commands", &commands.to_string())]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// What one command comes to: `ok`, or its error's tag.
    async fn command(&self, kind: &str, args: Value) -> String {
        let uuid = format!("u{}", self.sandbox.control().log().len());
        let reply = self.commands(json!([{"type": kind, "uuid": uuid, "args": args}])).await;
        let status = &reply["sync_status"][&uuid];
        status.as_str().or_else(|| status["error_tag"].as_str()).unwrap().to_owned()
    }

    async fn get(&self, target: &str) -> Reply {
        send(&self.base, "GET", &format!("/api/v1{target}"), &[("Authorization", &self.bearer)], b"").await
    }

    fn task(&self, id: &str) -> crate::TodoistTask {
        self.sandbox.todoist_task(id).unwrap()
    }
}

fn ids(reply: &Value) -> Vec<&str> {
    reply["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// Todoist's error body.
fn refusal(reply: &Reply) -> (u16, String) {
    let body = reply.json();
    assert_eq!(body["http_code"], reply.status);
    assert!(body["error"].is_string() && body["error_code"].is_number() && body["error_extra"].is_object(), "{body}");
    (reply.status, body["error_tag"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn who_asks_wrongly_is_refused() {
    let client = Client::start(Fill::Small).await;
    let all = query(&[("sync_token", "*"), ("resource_types", ITEMS)]);
    let bearer = client.bearer.as_str();
    for (headers, status) in [
        (vec![("Content-Type", FORM)], 401),
        (vec![("Content-Type", FORM), ("Authorization", "Bearer x")], 401),
        (vec![("Content-Type", FORM), ("Authorization", "Basic x")], 401),
        (vec![("Content-Type", "application/json"), ("Authorization", bearer)], 415),
        (vec![("Authorization", bearer)], 415),
        (vec![("Content-Type", FORM), ("Authorization", bearer)], 200),
    ] {
        let reply = send(&client.base, "POST", "/api/v1/sync", &headers, all.as_bytes()).await;
        assert_eq!(reply.status, status, "{headers:?}");
        if status != 200 {
            refusal(&reply);
        }
    }
    for (fields, tag) in [
        (vec![("sync_token", "*")], "ARGUMENT_MISSING"),
        (vec![("resource_types", ITEMS)], "ARGUMENT_MISSING"),
        (vec![], "ARGUMENT_MISSING"),
        (vec![("sync_token", "*"), ("resource_types", "items")], "INVALID_ARGUMENT_VALUE"),
        (vec![("sync_token", "*"), ("resource_types", "[]")], "INVALID_ARGUMENT_VALUE"),
        (vec![("sync_token", "*"), ("resource_types", r#"["tasks"]"#)], "INVALID_ARGUMENT_VALUE"),
        (vec![("sync_token", "*"), ("resource_types", ITEMS), ("limit", "5")], "INVALID_ARGUMENT_VALUE"),
        (vec![("sync_token", "nonsense"), ("resource_types", ITEMS)], "INVALID_SYNC_TOKEN"),
        (vec![("commands", "{}")], "INVALID_ARGUMENT_VALUE"),
        (vec![("commands", r#"[{"type":"item_add"}]"#)], "INVALID_ARGUMENT_VALUE"),
        (vec![("commands", r#"[{"type":"item_add","uuid":"u","args":{},"extra":1}]"#)], "INVALID_ARGUMENT_VALUE"),
    ] {
        assert_eq!(refusal(&client.form(&fields).await), (400, tag.to_owned()), "{fields:?}");
    }
    let many: Vec<Value> = (0..101).map(|n| json!({"type": "item_delete", "uuid": format!("u{n}"), "args": {"id": "x"}})).collect();
    let reply = client.form(&[("commands", &json!(many).to_string())]).await;
    assert_eq!(refusal(&reply), (400, "MAX_COMMANDS_EXCEEDED".to_owned()));
    assert_eq!(client.get("/tasks").await.status, 404);
    assert_eq!(client.get("/tasks/6XsbxSmallTaskOne?x=1").await.status, 400);
    assert_eq!(client.get("/tasks/nobody").await.status, 404);
    assert_eq!(client.get("/tasks/6XsbxSmallTaskOne").await.json()["content"], "Water the plants");
}

#[tokio::test]
async fn tokens_tell_what_changed_since_and_are_bound() {
    let client = Client::start(Fill::Small).await;
    let all = client.sync("*").await;
    assert_eq!((all["full_sync"].clone(), ids(&all)), (json!(true), vec!["6XsbxSmallTaskOne", "6XsbxSmallTaskTwo"]), "no completed ones");
    let token = all["sync_token"].as_str().unwrap();
    let none = client.sync(token).await;
    assert_eq!((none["full_sync"].clone(), ids(&none).len()), (json!(false), 0));
    client.sandbox.put_todoist_task(json!({"id": "6XsbxSmallTaskOne", "checked": true})).unwrap();
    client.sandbox.delete_todoist_task("6XsbxSmallTaskTwo");
    let since = client.sync(token).await;
    assert_eq!(ids(&since), ["6XsbxSmallTaskOne", "6XsbxSmallTaskTwo"]);
    assert_eq!((&since["items"][0]["checked"], &since["items"][1]["is_deleted"]), (&json!(true), &json!(true)));
    assert_eq!(client.sync(token).await, since, "asked again, told again");
    let other = client.form(&[("sync_token", token), ("resource_types", r#"["projects"]"#)]).await;
    assert_eq!(refusal(&other), (400, "INVALID_SYNC_TOKEN".to_owned()));
    client.sandbox.void_todoist_tokens();
    let anew = client.sync(token).await;
    assert_eq!((anew["full_sync"].clone(), ids(&anew).len()), (json!(true), 0));
    assert_eq!(client.sync(anew["sync_token"].as_str().unwrap()).await["full_sync"], false);
}

#[tokio::test]
async fn a_command_is_done_once_and_temporary_ids_are_replaced() {
    let client = Client::start(Fill::Empty).await;
    let two = json!([
        {"type": "item_add", "uuid": "a", "temp_id": "t1", "args": {"content": "Above"}},
        {"type": "item_add", "uuid": "b", "temp_id": "t2", "args": {"content": "Below @phone now", "parent_id": "t1"}},
        {"type": "item_close", "uuid": "c", "args": {"id": "nobody"}},
    ]);
    let reply = client.commands(two.clone()).await;
    assert_eq!((&reply["sync_status"]["a"], &reply["sync_status"]["b"]), (&json!("ok"), &json!("ok")));
    assert_eq!(reply["sync_status"]["c"]["error_tag"], "ITEM_NOT_FOUND");
    let (above, below) = (reply["temp_id_mapping"]["t1"].as_str().unwrap(), reply["temp_id_mapping"]["t2"].as_str().unwrap());
    let task = client.task(below);
    assert_eq!((task.parent_id.as_deref(), task.content.as_str(), task.labels), (Some(above), "Below now", vec!["phone".to_owned()]));
    let again = client.commands(two.clone()).await;
    assert_eq!((&again["sync_status"]["a"], &again["temp_id_mapping"]), (&json!("ok"), &json!({})));
    assert_eq!(again["sync_status"]["c"]["http_code"], 404, "what failed is tried again");
    client.sandbox.set_todoist(|s| s.repeats_mapping = true);
    assert_eq!(client.commands(two.clone()).await["temp_id_mapping"]["t2"], below);
    assert_eq!(client.sandbox.todoist_tasks().len(), 2);
    client.sandbox.forget_todoist_commands();
    client.commands(two).await;
    assert_eq!(client.sandbox.todoist_tasks().len(), 4);
}

#[tokio::test]
async fn arguments_are_checked_before_anything_is_done() {
    let client = Client::start(Fill::Small).await;
    let before = client.sandbox.todoist_tasks();
    let id = "6XsbxSmallTaskOne";
    for (kind, args, tag) in [
        ("item_add", json!({}), "ARGUMENT_MISSING"),
        ("item_add", json!({"content": "  "}), "INVALID_ARGUMENT_VALUE"),
        ("item_add", json!({"content": 5}), "INVALID_ARGUMENT_VALUE"),
        ("item_add", json!({"content": "x", "title": "x"}), "INVALID_ARGUMENT_VALUE"),
        ("item_add", json!({"content": "x", "priority": 5}), "INVALID_ARGUMENT_VALUE"),
        ("item_add", json!({"content": "x", "priority": "4"}), "INVALID_ARGUMENT_VALUE"),
        ("item_add", json!({"content": "x", "labels": "phone"}), "INVALID_ARGUMENT_VALUE"),
        ("item_add", json!({"content": "x", "labels": [5]}), "INVALID_ARGUMENT_VALUE"),
        ("item_add", json!({"content": "x", "project_id": "nowhere"}), "PROJECT_NOT_FOUND"),
        ("item_add", json!({"content": "x", "project_id": 12}), "INVALID_ARGUMENT_VALUE"),
        ("item_add", json!({"content": "x", "parent_id": "nobody"}), "ITEM_NOT_FOUND"),
        ("item_add", json!({"content": "x", "section_id": "none"}), "SECTION_NOT_FOUND"),
        ("item_add", json!({"content": "x", "parent_id": id, "project_id": "6XsbxStudioProjec"}), "INVALID_ARGUMENT_VALUE"),
        ("item_add", json!({"content": "x", "due": "tomorrow"}), "INVALID_DATE"),
        ("item_add", json!({"content": "x", "due": {}}), "INVALID_DATE"),
        ("item_add", json!({"content": "x", "due": {"date": "24.12.2026"}}), "INVALID_DATE"),
        ("item_add", json!({"content": "x", "due": {"date": "2026-02-30"}}), "INVALID_DATE"),
        ("item_add", json!({"content": "x", "due": {"date": "2026-12-24T10:00:00Z"}}), "INVALID_DATE"),
        ("item_add", json!({"content": "x", "due": {"date": "2026-12-24", "timezone": "Europe/Oslo"}}), "INVALID_DATE"),
        ("item_add", json!({"content": "x", "due": {"date": "2026-12-24", "is_recurring": true}}), "INVALID_DATE"),
        (
            "item_add",
            json!({"content": "x", "due": {"date": "2026-12-24", "is_recurring": true, "string": "now and then"}}),
            "INVALID_DATE",
        ),
        ("item_add", json!({"content": "x", "due": {"string": "when I feel like it"}}), "INVALID_DATE"),
        ("item_add", json!({"content": "x", "due": {"date": "2026-12-24", "time": "10:00"}}), "INVALID_ARGUMENT_VALUE"),
        ("item_update", json!({"content": "x"}), "ARGUMENT_MISSING"),
        ("item_update", json!({"id": "nobody", "content": "x"}), "ITEM_NOT_FOUND"),
        ("item_update", json!({"id": id, "content": "x", "priority": 0}), "INVALID_ARGUMENT_VALUE"),
        ("item_update", json!({"id": id, "project_id": "6XsbxStudioProjec"}), "INVALID_ARGUMENT_VALUE"),
        ("item_update", json!({"id": id, "checked": true}), "INVALID_ARGUMENT_VALUE"),
        ("item_move", json!({"id": id}), "INVALID_ARGUMENT_VALUE"),
        ("item_move", json!({"id": id, "parent_id": id}), "INVALID_ARGUMENT_VALUE"),
        ("item_move", json!({"id": id, "project_id": "nowhere"}), "PROJECT_NOT_FOUND"),
        ("item_move", json!({"id": id, "project_id": "6XsbxStudioProjec", "parent_id": "6XsbxSmallTaskTwo"}), "INVALID_ARGUMENT_VALUE"),
        ("item_delete", json!({"id": "nobody"}), "ITEM_NOT_FOUND"),
        ("item_close", json!({"id": id, "date_completed": "now"}), "INVALID_ARGUMENT_VALUE"),
        ("item_uncomplete", json!({"id": "nobody"}), "ITEM_NOT_FOUND"),
        ("item_vanish", json!({"id": id}), "INVALID_ARGUMENT_VALUE"),
    ] {
        assert_eq!(client.command(kind, args.clone()).await, tag, "{kind} {args}");
    }
    assert_eq!(client.sandbox.todoist_tasks(), before);
}

#[tokio::test]
async fn tasks_are_written_moved_done_and_deleted() {
    let client = Client::start(Fill::Demo).await;
    let deck = "6XsbxNorthgateDeck";
    let due = json!({"date": "2026-12-24T10:00:00Z", "timezone": "Europe/Oslo"});
    assert_eq!(client.command("item_update", json!({"id": deck, "content": "Deck", "due": due, "priority": 2})).await, "ok");
    let task = client.task(deck);
    assert_eq!((task.content.as_str(), task.priority, task.labels.len()), ("Deck", 2, 2), "only what is named");
    assert_eq!(task.due.unwrap().timezone.as_deref(), Some("Europe/Oslo"));
    assert_eq!(client.command("item_update", json!({"id": deck, "due": null})).await, "ok");
    assert_eq!(client.task(deck).due, None);
    // What is below goes along.
    assert_eq!(client.command("item_move", json!({"id": deck, "project_id": "6XsbxHomeProject0"})).await, "ok");
    assert_eq!(client.task("6XsbxDeckCharts00").project_id, "6XsbxHomeProject0");
    let loops = json!({"id": deck, "parent_id": "6XsbxDeckCharts00"});
    assert_eq!(client.command("item_move", loops).await, "INVALID_ARGUMENT_VALUE");
    assert_eq!(client.command("item_close", json!({"id": deck})).await, "ok");
    assert!(client.task("6XsbxDeckCharts00").checked && client.task(deck).completed_at.is_some());
    assert_eq!(client.command("item_uncomplete", json!({"id": "6XsbxDeckProof000"})).await, "ok");
    assert!(!client.task(deck).checked && client.task("6XsbxDeckCharts00").checked, "all above it, not what is beside it");
    assert_eq!(client.command("item_delete", json!({"id": deck})).await, "ok");
    assert_eq!(client.sandbox.todoist_task("6XsbxDeckCharts00"), None);
    assert_eq!(client.command("item_delete", json!({"id": deck})).await, "ITEM_NOT_FOUND");
    assert_eq!(client.command("item_add", json!({"content": "x", "due": {"string": "every day"}})).await, "ok");
    let made = client.sandbox.todoist_tasks().into_iter().find(|t| t.content == "x").unwrap();
    assert!(made.due.unwrap().is_recurring);
}

#[tokio::test]
async fn what_repeats_is_closed_to_its_next_date_or_completed_for_good() {
    let client = Client::start(Fill::Empty).await;
    let day = |secs: i64| chrono::DateTime::from_timestamp(client.sandbox.now().secs() + secs, 0).unwrap().date_naive().to_string();
    let put = |words: &str| {
        let due = json!({"date": day(0), "is_recurring": true, "string": words});
        client.sandbox.put_todoist_task(json!({"content": words, "due": due})).unwrap()
    };
    let daily = put("every day");
    assert_eq!(client.command("item_close", json!({"id": daily})).await, "ok");
    assert_eq!((client.task(&daily).checked, client.task(&daily).due.unwrap().date), (false, day(86_400)));
    let since = day(-86_400);
    let listed =
        client.get(&format!("/tasks/completed/by_completion_date?since={since}T00:00:00Z&until={}T00:00:00Z", day(86_400))).await.json();
    assert_eq!(ids(&listed), [daily.as_str()], "the occurrence is listed under the id of the task");
    assert_eq!(client.command("item_complete", json!({"id": daily})).await, "ok");
    assert!(client.task(&daily).checked);
    let odd = put("every blue moon");
    assert_eq!(client.command("item_close", json!({"id": odd})).await, "INVALID_DATE");
    assert!(!client.task(&odd).checked);
}

#[tokio::test]
async fn completed_tasks_are_listed_newest_first_in_pages() {
    let client = Client::start(Fill::Empty).await;
    let at = |days: i64| {
        chrono::DateTime::from_timestamp(client.sandbox.now().secs() - days * 86_400, 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let made: Vec<String> = (0..5)
        .map(|n| client.sandbox.put_todoist_task(json!({"content": "x", "checked": true, "completed_at": at(n * 10)})).unwrap())
        .collect();
    let path = "/tasks/completed/by_completion_date";
    let range = format!("{path}?since={}&until={}", at(35), at(5));
    let first = client.get(&format!("{range}&limit=2")).await.json();
    assert_eq!(ids(&first), [made[1].as_str(), &made[2]]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = client.get(&format!("{range}&limit=2&cursor={cursor}")).await.json();
    assert_eq!((ids(&second), &second["next_cursor"]), (vec![made[3].as_str()], &Value::Null));
    for wrong in [
        format!("{path}?since={}", at(5)),
        format!("{path}?since={}&until={}", at(5), at(6)),
        format!("{path}?since=yesterday&until={}", at(6)),
        format!("{path}?since={}&until={}", at(95), at(0)),
        format!("{range}&limit=201"),
        format!("{range}&limit=0"),
        format!("{range}&page=2"),
        format!("{range}&cursor=x"),
        format!("{path}?since={}&until={}&cursor={cursor}", at(34), at(5)),
    ] {
        assert_eq!(client.get(&wrong).await.status, 400, "{wrong}");
    }
    client.sandbox.set_todoist(|s| s.completed_days = None);
    assert_eq!(client.get(&format!("{path}?since={}&until={}", at(95), at(0))).await.json()["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn limits_and_faults_have_todoists_shape() {
    let client = Client::start(Fill::Small).await;
    client.sandbox.set_todoist(|s| s.full_syncs = Some(1));
    let token = client.sync("*").await["sync_token"].as_str().unwrap().to_owned();
    client.sandbox.clock().advance(60_000);
    let reply = client.form(&[("sync_token", "*"), ("resource_types", ITEMS)]).await;
    assert_eq!(refusal(&reply), (429, "LIMITS_REACHED".to_owned()));
    assert_eq!(reply.json()["error_extra"]["retry_after"], 840);
    client.sync(&token).await;
    client.sandbox.clock().advance(840_000);
    client.sync("*").await;
    client.sandbox.control().add_fault(Fault::status("/api/v1/sync", 503, "UNAVAILABLE"));
    assert_eq!(refusal(&client.form(&[]).await), (503, "UNAVAILABLE".to_owned()));
    client.sandbox.control().add_fault(Fault::new("/api/v1/sync", FaultAction::Drop { after_commit: true }));
    let add = query(&[("commands", r#"[{"type":"item_add","uuid":"u1","args":{"content":"x"}}]"#)]);
    let headers = [("Authorization", client.bearer.as_str()), ("Content-Type", FORM)];
    assert!(try_send(&client.base, "POST", "/api/v1/sync", &headers, add.as_bytes()).await.is_none());
    assert_eq!(client.sandbox.todoist_tasks().len(), 4);
}

#[tokio::test]
async fn the_demo_is_believable_and_what_is_archived_is_not_told() {
    let client = Client::start(Fill::Demo).await;
    let tasks = client.sandbox.todoist_tasks();
    assert!(
        tasks.len() >= 15 && tasks.iter().filter(|t| t.checked).count() >= 3 && tasks.iter().filter(|t| t.parent_id.is_some()).count() >= 4
    );
    let reply = client.form(&[("sync_token", "*"), ("resource_types", r#"["items","projects","user"]"#)]).await.json();
    let names: Vec<_> = reply["projects"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Inbox", "Studio", "Home"]);
    assert_eq!(reply["user"]["inbox_project_id"], reply["projects"][0]["id"]);
    let home = client.sandbox.todoist_projects().into_iter().find(|p| p.name == "Home").unwrap();
    client.sandbox.put_todoist_project(TodoistProject { is_archived: true, ..home.clone() });
    let all = client.sync("*").await;
    assert!(all["items"].as_array().unwrap().iter().all(|item| item["project_id"] != home.id));
    // Over HTTP, for other processes.
    let json = [("Content-Type", "application/json")];
    send(&client.base, "POST", "/_sbx/todoist/tasks", &json, br#"{"content":"From outside"}"#).await;
    assert!(client.sandbox.todoist_tasks().iter().any(|t| t.content == "From outside"));
    send(&client.base, "POST", "/_sbx/todoist/switches", &json, br#"{"calls":0}"#).await;
    assert_eq!(client.form(&[("sync_token", "*"), ("resource_types", ITEMS)]).await.status, 429);
}
