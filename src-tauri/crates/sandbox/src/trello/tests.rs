//! The stand-in by itself: what it refuses, and how it counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

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
        let base = sandbox.trello_base().strip_suffix("/1").unwrap().to_owned();
        let secret = sandbox.trello_secret();
        let (key, token) = secret.split_once(':').unwrap();
        Self { base, auth: format!("OAuth oauth_consumer_key=\"{key}\", oauth_token=\"{token}\""), sandbox }
    }

    async fn ask(&self, method: &str, target: &str, body: Value) -> Reply {
        let headers = [("Authorization", self.auth.as_str()), ("Content-Type", "application/json")];
        send(&self.base, method, &format!("/1{target}"), &headers, body.to_string().as_bytes()).await
    }

    async fn get(&self, target: &str) -> Reply {
        self.ask("GET", target, Value::Null).await
    }
}

#[tokio::test]
async fn who_asks_wrongly_is_refused_in_plain_text() {
    let client = Client::start(Fill::Demo).await;
    let wrong = client.auth.replace("oauth_token=\"", "oauth_token=\"x");
    for (auth, words) in [
        ("", "unauthorized permission requested"),
        ("OAuth oauth_consumer_key=\"x\", oauth_token=\"y\"", "invalid key"),
        (&wrong, "invalid token"),
    ] {
        let reply = send(&client.base, "GET", "/1/members/me", &[("Authorization", auth)], b"").await;
        assert_eq!((reply.status, reply.text().as_str()), (401, words));
    }
    for (target, status) in [
        ("/nothing", 404),
        ("/cards/none", 404),
        ("/members/me/cards", 400),
        ("/members/me/cards?filter=visible&fields=nam", 400),
        ("/members/me/cards?filter=visible&since=1", 400),
        ("/members/me/boards?filter=some", 400),
        ("/members/me", 200),
    ] {
        assert_eq!(client.get(target).await.status, status, "{target}");
    }
    let cards = client.get("/members/me/cards?filter=visible&fields=name").await.json();
    assert_eq!(cards.as_array().unwrap().len(), 5, "neither archived ones nor those of others");
    assert_eq!(cards[0].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn writes_are_checked_and_counted() {
    let client = Client::start(Fill::Demo).await;
    let boards = client.sandbox.trello_boards();
    let list = boards[0].lists[0].0.clone();
    for body in [
        json!({"name": "x"}),
        json!({"name": "", "idList": list}),
        json!({"name": "x", "idList": "none"}),
        json!({"name": "x", "idList": list, "due": "soon"}),
        json!({"name": "x", "idList": list, "idMembers": ["nobody"]}),
        json!({"name": "x", "idList": list, "idLabels": [boards[1].labels[0].id]}),
        json!({"name": "x", "idList": list, "titel": "y"}),
    ] {
        assert_eq!(client.ask("POST", "/cards", body.clone()).await.status, 400, "{body}");
    }
    let watched = client.ask("POST", "/cards", json!({"name": "x", "idList": boards[2].lists[0].0})).await;
    assert_eq!((watched.status, watched.text().as_str()), (401, "unauthorized card permission requested"));
    let made = client.ask("POST", "/cards", json!({"name": "x", "idList": list, "idLabels": [boards[0].labels[0].id]})).await.json();
    let id = made["id"].as_str().unwrap();
    assert_eq!(i64::from_str_radix(id.get(..8).unwrap(), 16).unwrap(), client.sandbox.now().secs());
    let moved = client.ask("PUT", &format!("/cards/{id}"), json!({"idBoard": boards[1].id, "idList": boards[1].lists[1].0})).await.json();
    assert_eq!((&moved["idBoard"], &moved["labels"]), (&json!(boards[1].id), &json!([])), "labels stay behind");
    assert_eq!(client.ask("DELETE", &format!("/cards/{id}"), json!({})).await.status, 200);
    assert_eq!(client.ask("DELETE", &format!("/cards/{id}"), json!({})).await.status, 404);
    client.sandbox.set_trello(|s| s.calls = 1);
    assert_eq!(client.get("/members/me").await.status, 429);
    client.sandbox.clock().advance(10_000);
    assert_eq!(client.get("/members/me").await.status, 200);
}
