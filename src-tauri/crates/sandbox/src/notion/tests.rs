//! The stand-in by itself: what it refuses, and how it counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use super::world::{HOUSE, STUDIO};
use crate::{
    Fill, Sandbox, SandboxOptions,
    test_client::{Reply, send},
};

struct Client {
    sandbox: Sandbox,
    base: String,
    bearer: String,
}

impl Client {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let base = sandbox.notion_base().strip_suffix("/v1").unwrap().to_owned();
        Self { base, bearer: format!("Bearer {}", sandbox.notion_token()), sandbox }
    }

    async fn ask(&self, method: &str, target: &str, body: Value) -> Reply {
        let headers = [("Authorization", self.bearer.as_str()), ("Notion-Version", "2025-09-03"), ("Content-Type", "application/json")];
        send(&self.base, method, &format!("/v1{target}"), &headers, body.to_string().as_bytes()).await
    }

    async fn refused(&self, method: &str, target: &str, body: Value) -> String {
        let reply = self.ask(method, target, body).await.json();
        assert_eq!(reply["object"], "error", "{reply}");
        reply["code"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn who_asks_wrongly_is_refused() {
    let client = Client::start(Fill::Demo).await;
    let bearer = client.bearer.as_str();
    for (headers, code) in [
        (vec![("Notion-Version", "2025-09-03")], "unauthorized"),
        (vec![("Authorization", bearer)], "missing_version"),
        (vec![("Authorization", bearer), ("Notion-Version", "2022-06-28")], "validation_error"),
    ] {
        assert_eq!(send(&client.base, "GET", "/v1/users/me", &headers, b"").await.json()["code"], code);
    }
    let query = format!("/data_sources/{STUDIO}/query");
    for body in [
        json!({"page_size": 101}),
        json!({"start_cursor": "x"}),
        json!({"filtr": {}}),
        json!({"filter": {"property": "Nothing", "checkbox": {"equals": true}}}),
        json!({"filter": {"property": "Status", "checkbox": {"equals": true}}}),
        json!({"sorts": [{"property": "Due"}]}),
    ] {
        assert_eq!(client.refused("POST", &query, body.clone()).await, "validation_error", "{body}");
    }
    assert_eq!(client.refused("POST", "/data_sources/none/query", json!({})).await, "object_not_found");
    assert_eq!(client.refused("GET", "/pages/none", Value::Null).await, "object_not_found");
    let first = client.ask("POST", &query, json!({"page_size": 1})).await.json();
    assert_eq!((first["results"].as_array().unwrap().len(), &first["has_more"]), (1, &json!(true)));
    let second = client.ask("POST", &query, json!({"page_size": 1, "start_cursor": first["next_cursor"]})).await.json();
    assert_eq!((&second["has_more"], &second["next_cursor"]), (&json!(false), &Value::Null));
    let found = client.ask("POST", "/search", json!({"filter": {"property": "object", "value": "data_source"}})).await.json();
    assert_eq!(found["results"].as_array().unwrap().len(), 5);
    let people = client.ask("GET", "/users?page_size=2", Value::Null).await.json();
    assert_eq!((people["results"].as_array().unwrap().len(), &people["has_more"]), (2, &json!(true)));
    client.sandbox.set_notion(|s| s.people = false);
    assert_eq!(client.refused("GET", "/users", Value::Null).await, "restricted_resource");
    client.sandbox.set_notion(|s| s.calls = 0);
    assert_eq!(client.ask("GET", "/users/me", Value::Null).await.header("retry-after").as_deref(), Some("1"));
}

#[tokio::test]
async fn writes_are_checked_and_times_are_minutes() {
    let client = Client::start(Fill::Empty).await;
    let parent = |id: &str| json!({"type": "data_source_id", "data_source_id": id});
    let title = |text: &str| json!({"title": [{"text": {"content": text}}]});
    for properties in [
        json!({"Name": title("x")}),
        json!({"Task": {"title": "x"}}),
        json!({"Task": title(&"x".repeat(2001))}),
        json!({"Status": {"status": {"name": "Never"}}}),
        json!({"stat": {"status": {"id": "s9"}}}),
        json!({"none": {"status": {"id": "s0"}}}),
        json!({"Due": {"date": {"start": "soon"}}}),
        json!({"Tags": {"multi_select": [{"name": "a,b"}]}}),
    ] {
        let body = json!({"parent": parent(STUDIO), "properties": properties});
        assert_eq!(client.refused("POST", "/pages", body).await, "validation_error", "{properties}");
    }
    assert_eq!(client.refused("POST", "/pages", json!({"parent": parent("none"), "properties": {}})).await, "object_not_found");
    let made = client
        .ask("POST", "/pages", json!({"parent": parent(HOUSE), "properties": {"Name": title("x"), "Done": {"checkbox": true}}}))
        .await
        .json();
    assert_eq!(made["properties"]["Done"]["checkbox"], true);
    assert!(made["last_edited_time"].as_str().unwrap().ends_with(":00.000Z"));
    let target = format!("/pages/{}", made["id"].as_str().unwrap());
    assert_eq!(client.ask("PATCH", &target, json!({"in_trash": true})).await.json()["in_trash"], true);
    assert_eq!(client.refused("PATCH", &target, json!({"properties": {"Name": title("y")}})).await, "validation_error");
    let query = client.ask("POST", &format!("/data_sources/{HOUSE}/query"), json!({})).await.json();
    assert_eq!(query["results"], json!([]), "what is in the trash is not found");
}
