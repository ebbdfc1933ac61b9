//! The stand-in by itself: what it refuses, and how it counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use crate::{
    Fill, Sandbox, SandboxOptions,
    test_client::{Reply, send, try_send},
};

struct Client {
    sandbox: Sandbox,
    base: String,
    key: String,
}

impl Client {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let base = sandbox.linear_base().strip_suffix("/graphql").unwrap().to_owned();
        Self { base, key: sandbox.linear_key(), sandbox }
    }

    async fn ask(&self, query: &str, variables: Value) -> Reply {
        let headers = [("Authorization", self.key.as_str()), ("Content-Type", "application/json")];
        send(&self.base, "POST", "/graphql", &headers, json!({"query": query, "variables": variables}).to_string().as_bytes()).await
    }

    async fn data(&self, query: &str, variables: Value) -> Value {
        let reply = self.ask(query, variables).await.json();
        assert!(reply.get("errors").is_none(), "{reply}");
        reply["data"].clone()
    }

    /// Status and code of a refusal.
    async fn refused(&self, query: &str, variables: Value) -> (u16, String) {
        let reply = self.ask(query, variables).await;
        let body = reply.json();
        assert!(body["data"].is_null() && body["errors"][0]["message"].is_string(), "{body}");
        (reply.status, body["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned())
    }
}

const CREATE: &str =
    "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id state { type } labels { nodes { name } } } } }";
const UPDATE: &str = "mutation($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success issue { completedAt state { type } } } }";

#[tokio::test]
async fn who_asks_wrongly_is_refused() {
    let client = Client::start(Fill::Small).await;
    let body = json!({"query": "{ viewer { id organization { urlKey } } }"}).to_string();
    let bearer = format!("Bearer {}", client.key);
    for (headers, status) in [
        (vec![("Authorization", client.key.as_str())], 400),
        (vec![("Content-Type", "application/json")], 401),
        (vec![("Content-Type", "application/json"), ("Authorization", "lin_api_x")], 401),
        (vec![("Content-Type", "application/json"), ("Authorization", bearer.as_str())], 400),
        (vec![("Content-Type", "application/json"), ("Authorization", client.key.as_str())], 200),
    ] {
        let reply = send(&client.base, "POST", "/graphql", &headers, body.as_bytes()).await;
        assert_eq!(reply.status, status, "{headers:?}");
    }
    let none = json!({});
    assert_eq!(client.refused("{ viewer { id", none.clone()).await, (400, "GRAPHQL_PARSE_FAILED".to_owned()));
    assert_eq!(client.refused("{ viewer { password } }", none.clone()).await, (400, "GRAPHQL_VALIDATION_FAILED".to_owned()));
    let filter = "query($f: IssueFilter) { issues(filter: $f) { nodes { id } } }";
    assert_eq!(client.refused(filter, json!({"f": {"asignee": {}}})).await, (400, "GRAPHQL_VALIDATION_FAILED".to_owned()));
    assert_eq!(client.refused("{ issues(first: 251) { nodes { id } } }", none.clone()).await, (200, "INPUT_ERROR".to_owned()));
    assert_eq!(client.refused("{ issues(after: \"x\") { nodes { id } } }", none.clone()).await, (200, "INPUT_ERROR".to_owned()));
    assert_eq!(client.refused("{ issue(id: \"x\") { id } }", none).await, (200, "INPUT_ERROR".to_owned()));
}

#[tokio::test]
async fn too_much_is_refused_by_count_and_by_complexity() {
    let client = Client::start(Fill::Small).await;
    let deep = "{ issues(first: 250) { nodes { id labels { nodes { id } } } } }";
    assert_eq!(client.refused(deep, json!({})).await, (400, "INPUT_ERROR".to_owned()), "(1.1 · 50 + …) · 250 is more than 10,000");
    client.sandbox.set_linear(|s| s.calls = 1);
    client.data("{ viewer { id } }", json!({})).await;
    assert_eq!(client.refused("{ viewer { id } }", json!({})).await, (400, "RATELIMITED".to_owned()));
    client.sandbox.set_linear(|s| (s.calls, s.complexity, s.limited_status) = (10, 2.0, 429));
    assert_eq!(client.refused("{ viewer { id } }", json!({})).await, (429, "RATELIMITED".to_owned()));
    client.sandbox.clock().advance(3_600_000);
    let reply = client.ask("{ viewer { id } }", json!({})).await;
    let reset: i64 = reply.header("x-ratelimit-requests-reset").unwrap().parse().unwrap();
    assert_eq!((reply.status, reset - client.sandbox.now().millis()), (200, 3_600_000));
}

#[tokio::test]
async fn an_id_of_the_clients_own_is_taken_once_and_fields_are_checked() {
    let client = Client::start(Fill::Empty).await;
    let team = client.sandbox.linear_teams()[0].id.clone();
    let id = "0f5c0000-0000-4000-8000-000000000001";
    let made = client.data(CREATE, json!({"input": {"id": id, "teamId": team, "title": "One"}})).await;
    assert_eq!((&made["issueCreate"]["issue"]["id"], &made["issueCreate"]["issue"]["state"]["type"]), (&json!(id), &json!("backlog")));
    for input in [
        json!({"id": id, "teamId": team, "title": "Again"}),
        json!({"id": "0f5c0000-0000-7000-8000-000000000001", "teamId": team, "title": "x"}),
        json!({"teamId": "none", "title": "x"}),
        json!({"teamId": team}),
        json!({"teamId": team, "title": " "}),
        json!({"teamId": team, "title": "x", "priority": 5}),
        json!({"teamId": team, "title": "x", "dueDate": "tomorrow"}),
        json!({"teamId": team, "title": "x", "labelIds": ["none"]}),
        json!({"teamId": team, "title": "x", "labelIds": ["c0ffee00-0000-4000-8000-00000000ffff"]}),
        json!({"teamId": team, "title": "x", "stateId": client.sandbox.linear_teams()[1].states[0].id}),
        json!({"teamId": team, "title": "x", "parentId": "none"}),
        json!({"teamId": team, "title": "x", "assigneeId": "none"}),
    ] {
        assert_eq!(client.refused(CREATE, json!({"input": input})).await.1, "INPUT_ERROR", "{input}");
    }
    assert_eq!(client.refused(CREATE, json!({"input": {"teamId": team, "title": "x", "due": 1}})).await.1, "GRAPHQL_VALIDATION_FAILED");
    let done = client.sandbox.linear_teams()[0].states.iter().find(|s| s.kind == "completed").unwrap().id.clone();
    let closed = client.data(UPDATE, json!({"id": id, "input": {"stateId": done}})).await;
    assert!(closed["issueUpdate"]["issue"]["completedAt"].is_string());
    client.data("mutation($id: String!) { issueDelete(id: $id) { success } }", json!({"id": id})).await;
    assert_eq!(client.refused(UPDATE, json!({"id": id, "input": {"title": "x"}})).await.1, "FORBIDDEN");
    let listed = |archived: bool| format!("{{ issues(includeArchived: {archived}) {{ nodes {{ trashed }} }} }}");
    assert_eq!(client.data(&listed(true), json!({})).await["issues"]["nodes"], json!([{"trashed": true}]));
    assert_eq!(client.data(&listed(false), json!({})).await["issues"]["nodes"], json!([]));
}

#[tokio::test]
async fn an_answer_that_is_lost_was_a_mutation_that_is_done() {
    let client = Client::start(Fill::Empty).await;
    client.sandbox.set_linear(|s| s.lose_answers = 1);
    client.data("{ viewer { id } }", json!({})).await;
    let team = client.sandbox.linear_teams()[0].id.clone();
    let headers = [("Authorization", client.key.as_str()), ("Content-Type", "application/json")];
    let body = json!({"query": CREATE, "variables": {"input": {"teamId": team, "title": "One"}}}).to_string();
    assert!(try_send(&client.base, "POST", "/graphql", &headers, body.as_bytes()).await.is_none());
    assert_eq!(client.sandbox.linear_issues().len(), 1);
}
