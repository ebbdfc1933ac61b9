//! The stand-in by itself: what it refuses, and how it counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use crate::{
    Fill, Sandbox, SandboxOptions,
    test_client::{Reply, send},
};

const WORK: &str = "1100000000000001";
const HOME: &str = "1100000000000002";
const LIST: &str = "1400000000000001";
const FAIR: &str = "1300000000000001";

struct Client {
    sandbox: Sandbox,
    base: String,
    bearer: String,
}

impl Client {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let base = sandbox.asana_base().strip_suffix("/api/1.0").unwrap().to_owned();
        Self { base, bearer: format!("Bearer {}", sandbox.asana_token()), sandbox }
    }

    async fn ask(&self, method: &str, target: &str, body: Option<Value>) -> Reply {
        let headers = [("Authorization", self.bearer.as_str()), ("Content-Type", "application/json")];
        let body = body.map(|data| json!({"data": data}).to_string()).unwrap_or_default();
        send(&self.base, method, &format!("/api/1.0{target}"), &headers, body.as_bytes()).await
    }

    async fn get(&self, target: &str) -> Reply {
        self.ask("GET", target, None).await
    }

    async fn status(&self, method: &str, target: &str, body: Value) -> u16 {
        let reply = self.ask(method, target, Some(body)).await;
        assert!(reply.status < 300 || reply.json()["errors"][0]["message"].is_string());
        reply.status
    }
}

fn names(reply: &Reply) -> Vec<String> {
    reply.json()["data"].as_array().unwrap().iter().map(|task| task["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn who_asks_wrongly_is_refused() {
    let client = Client::start(Fill::Demo).await;
    assert_eq!(send(&client.base, "GET", "/api/1.0/users/me", &[], b"").await.status, 401);
    let mine = format!("/tasks?assignee=me&workspace={WORK}");
    for (target, status) in [
        ("/nothing".to_owned(), 404),
        ("/tasks".to_owned(), 400),
        ("/tasks?assignee=me".to_owned(), 400),
        (format!("{mine}&project={FAIR}"), 400),
        (format!("{mine}&limit=101"), 400),
        (format!("{mine}&offset=x"), 400),
        (format!("{mine}&opt_fields=nam"), 400),
        (format!("{mine}&modified_since=yesterday"), 400),
        (format!("{mine}&complete=1"), 400),
        ("/tasks/1".to_owned(), 404),
        (format!("/projects?workspace={WORK}&archived=maybe"), 400),
        ("/events?resource=1".to_owned(), 404),
        (mine.clone(), 200),
    ] {
        assert_eq!(client.get(&target).await.status, status, "{target}");
    }
    let task = client.get(&mine).await.json()["data"][0].clone();
    assert_eq!(task.as_object().unwrap().keys().collect::<Vec<_>>(), ["gid", "name", "resource_subtype", "resource_type"], "compact");
    let fields = client.get(&format!("{mine}&opt_fields=name,projects.archived&limit=1")).await.json();
    assert_eq!(fields["data"][0]["projects"][0], json!({"gid": FAIR, "resource_type": "project", "archived": false}));
    let next = fields["next_page"]["offset"].as_str().unwrap();
    assert_eq!(names(&client.get(&format!("{mine}&limit=1&offset={next}")).await), ["Photograph the notebooks"]);
    assert_eq!(client.get(&format!("{mine}&limit=2&offset={next}")).await.status, 200);
    assert_eq!(names(&client.get(&format!("{mine}&completed_since=now")).await).len(), 3);
}

#[tokio::test]
async fn events_need_a_token_and_tell_what_became_of_mine() {
    let client = Client::start(Fill::Small).await;
    let events = |sync: &str| format!("/events?resource={LIST}&sync={sync}");
    let first = client.get(&format!("/events?resource={LIST}")).await;
    assert_eq!((first.status, client.get(&events("nonsense")).await.status), (412, 412));
    let sync = first.json()["sync"].as_str().unwrap().to_owned();
    let gid = client.sandbox.put_asana_task(json!({"projects": [FAIR], "name": "New"})).unwrap();
    client.sandbox.put_asana_task(json!({"gid": gid, "assignee": null})).unwrap();
    client.sandbox.put_asana_task(json!({"gid": gid, "name": "Of nobody"})).unwrap();
    client.sandbox.put_asana_task(json!({"workspace": HOME, "name": "Elsewhere"})).unwrap();
    let told = client.get(&events(&sync)).await.json();
    let actions: Vec<_> =
        told["data"].as_array().unwrap().iter().map(|e| (e["action"].as_str().unwrap(), e["resource"]["gid"] == gid)).collect();
    assert_eq!((actions, told["has_more"].clone()), (vec![("added", true), ("removed", true)], json!(false)));
    assert_eq!(client.get(&events(&sync)).await.json(), told, "asked again, told again");
    client.sandbox.set_asana(|s| s.events = 1);
    let one = client.get(&events(&sync)).await.json();
    assert_eq!((one["data"].as_array().unwrap().len(), &one["has_more"]), (1, &json!(true)));
    let rest = client.get(&events(one["sync"].as_str().unwrap())).await.json();
    assert_eq!((rest["data"][0]["action"].as_str(), &rest["has_more"]), (Some("removed"), &json!(false)));
    client.sandbox.void_asana_tokens();
    assert_eq!(client.get(&events(&sync)).await.status, 412);
}

#[tokio::test]
async fn writes_are_checked() {
    let client = Client::start(Fill::Empty).await;
    for body in [
        json!({}),
        json!({"name": "x"}),
        json!({"name": "x", "workspace": "1"}),
        json!({"name": "x", "projects": [FAIR], "workspace": HOME}),
        json!({"name": 1, "workspace": WORK}),
        json!({"name": "x", "workspace": WORK, "due": "2026-12-24"}),
        json!({"name": "x", "workspace": WORK, "due_on": "soon"}),
        json!({"name": "x", "workspace": WORK, "due_on": "2026-12-24", "due_at": "2026-12-24T10:00:00Z"}),
        json!({"name": "x", "workspace": WORK, "assignee": "1"}),
    ] {
        assert!((400..500).contains(&client.status("POST", "/tasks", body.clone()).await), "{body}");
    }
    let made = client.ask("POST", "/tasks", Some(json!({"name": "x", "projects": [FAIR], "assignee": "me"}))).await;
    assert_eq!((made.status, &made.json()["data"]["workspace"]["gid"]), (201, &json!(WORK)));
    let target = format!("/tasks/{}", made.json()["data"]["gid"].as_str().unwrap());
    let done = client.ask("PUT", &target, Some(json!({"completed": true}))).await.json();
    assert!(done["data"]["completed_at"].is_string());
    assert_eq!(client.status("PUT", &target, json!({"projects": []})).await, 400, "projects are left by their own way");
    assert_eq!(client.status("POST", &format!("{target}/removeProject"), json!({"project": FAIR})).await, 200);
    assert_eq!(client.ask("DELETE", &target, None).await.json(), json!({"data": {}}));
    assert_eq!((client.ask("DELETE", &target, None).await.status, client.get(&target).await.status), (404, 404));
    client.sandbox.set_asana(|s| s.calls = 1);
    client.sandbox.clock().advance(60_000);
    assert_eq!(client.get("/users/me").await.json()["data"]["name"], "Mara Lindqvist");
    let limited = client.get("/users/me").await;
    assert_eq!((limited.status, limited.header("retry-after").as_deref()), (429, Some("60")));
}
