//! The stand-in by itself: what it refuses, and how it counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    Fill, Sandbox, SandboxOptions,
    test_client::{Reply, send},
};

struct Client {
    sandbox: Sandbox,
    base: String,
    auth: String,
}

impl Client {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let base = sandbox.jira_base().strip_suffix("/rest/api/3").unwrap().to_owned();
        let secret = sandbox.jira_secret();
        Self { base, auth: format!("Basic {}", STANDARD.encode(secret.split_once('/').unwrap().1)), sandbox }
    }

    async fn ask(&self, method: &str, target: &str, body: Value) -> Reply {
        let headers = [("Authorization", self.auth.as_str()), ("Content-Type", "application/json")];
        send(&self.base, method, &format!("/rest/api/3{target}"), &headers, body.to_string().as_bytes()).await
    }

    async fn search(&self, body: Value) -> Reply {
        self.ask("POST", "/search/jql", body).await
    }
}

#[tokio::test]
async fn who_asks_wrongly_is_refused() {
    let client = Client::start(Fill::Demo).await;
    assert_eq!(send(&client.base, "GET", "/rest/api/3/myself", &[("Authorization", "Basic eDp5")], b"").await.status, 401);
    assert_eq!(client.ask("GET", "/myself", Value::Null).await.json()["displayName"], "Mara Lindqvist");
    assert_eq!(client.ask("GET", "/search?jql=x", Value::Null).await.status, 410);
    for jql in [
        "",
        "ORDER BY updated DESC",
        "asignee = currentUser()",
        "assignee = currentUser() ORDER BY rank",
        "updated >= \"soon\"",
        "updated >= \"-1x\"",
    ] {
        let reply = client.search(json!({"jql": jql})).await;
        assert_eq!((reply.status, reply.json()["errorMessages"][0].is_string()), (400, true), "{jql}");
    }
    let mine = "assignee = currentUser() ORDER BY created DESC";
    for body in [json!({"jql": mine, "startAt": 1}), json!({"jql": mine, "nextPageToken": "x"}), json!({"jql": mine, "fields": ["sumary"]})]
    {
        assert_eq!(client.search(body.clone()).await.status, 400, "{body}");
    }
    let first = client.search(json!({"jql": mine, "maxResults": 2})).await.json();
    assert_eq!((first["issues"].as_array().unwrap().len(), &first["isLast"]), (2, &json!(false)));
    let second = client.search(json!({"jql": mine, "maxResults": 2, "nextPageToken": first["nextPageToken"]})).await.json();
    assert_eq!((second["issues"].as_array().unwrap().len(), &second["isLast"], second.get("nextPageToken")), (1, &json!(true), None));
    assert_eq!(
        client.search(json!({"jql": "project = 10100", "nextPageToken": first["nextPageToken"]})).await.status,
        400,
        "bound to the search"
    );
    client.sandbox.set_jira(|s| s.calls = 0);
    assert_eq!(client.ask("GET", "/myself", Value::Null).await.header("retry-after").as_deref(), Some("60"));
}

#[tokio::test]
async fn writes_are_checked_and_workflows_are_kept() {
    let client = Client::start(Fill::Empty).await;
    let whole = json!({"project": {"id": "10100"}, "issuetype": {"id": "10001"}, "summary": "x"});
    let with = |name: &str, value: Value| {
        let mut fields = whole.clone();
        fields[name] = value;
        json!({"fields": fields})
    };
    let text =
        |text: &str| json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]});
    for body in [
        json!({}),
        with("project", json!({"id": "1"})),
        with("issuetype", json!({"id": "10003"})),
        with("summary", json!("")),
        with("summary", json!("two\nlines")),
        with("summary", json!("x".repeat(256))),
        with("description", json!("plain")),
        with("description", text("")),
        with("description", text("two\nlines")),
        with("duedate", json!("24.12.2026")),
        with("labels", json!(["two words"])),
        with("assignee", json!({"accountId": "x"})),
        with("points", json!(3)),
    ] {
        assert_eq!(client.ask("POST", "/issue", body.clone()).await.status, 400, "{body}");
    }
    let made = client.ask("POST", "/issue", with("description", text("fine"))).await;
    assert_eq!((made.status, &made.json()["key"]), (201, &json!("WEB-1")));
    let target = format!("/issue/{}", made.json()["id"].as_str().unwrap());
    let go = async |id: &str| client.ask("POST", &format!("{target}/transitions"), json!({"transition": {"id": id}})).await.status;
    assert_eq!((go("11").await, go("31").await, go("31").await), (400, 204, 400), "only from where it is");
    let done = client.ask("GET", &target, Value::Null).await.json();
    assert!(done["fields"]["resolutiondate"].is_string() && done["fields"]["status"]["statusCategory"]["key"] == "done");
    client.sandbox.set_jira(|s| s.reopens = false);
    assert_eq!(client.ask("GET", &format!("{target}/transitions"), Value::Null).await.json()["transitions"], json!([]));
    assert_eq!(client.ask("PUT", &target, json!({"fields": {"summary": "y"}})).await.status, 204);
    assert_eq!(client.ask("DELETE", &target, Value::Null).await.status, 204);
    assert_eq!(client.ask("GET", &target, Value::Null).await.status, 404);
}
