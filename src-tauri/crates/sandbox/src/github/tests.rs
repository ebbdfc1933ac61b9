//! The stand-in by itself: what it refuses, and how it counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use crate::{
    Fill, Sandbox, SandboxOptions,
    test_client::{Reply, send},
};

const SITE: &str = "/repos/maralind/studio-site/issues";

struct Client {
    sandbox: Sandbox,
    base: String,
    bearer: String,
}

impl Client {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let base = sandbox.github_base().strip_suffix("/api/v3").unwrap().to_owned();
        Self { base, bearer: format!("Bearer {}", sandbox.github_token()), sandbox }
    }

    async fn ask(&self, method: &str, target: &str, more: &[(&str, &str)], body: &str) -> Reply {
        let mut headers = vec![("Authorization", self.bearer.as_str()), ("User-Agent", "test")];
        headers.extend_from_slice(more);
        send(&self.base, method, &format!("/api/v3{target}"), &headers, body.as_bytes()).await
    }

    async fn get(&self, target: &str) -> Reply {
        self.ask("GET", target, &[], "").await
    }

    async fn write(&self, method: &str, target: &str, body: Value) -> Reply {
        self.ask(method, target, &[], &body.to_string()).await
    }
}

/// GitHub's error body: its words.
fn refusal(reply: &Reply) -> (u16, String) {
    let body = reply.json();
    assert_eq!(body["status"], reply.status.to_string());
    assert!(body["documentation_url"].is_string());
    (reply.status, body["message"].as_str().unwrap().to_owned())
}

fn titles(reply: &Reply) -> Vec<String> {
    reply.json().as_array().unwrap().iter().map(|i| i["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn who_asks_wrongly_is_refused() {
    let client = Client::start(Fill::Small).await;
    let bearer = client.bearer.clone();
    for (headers, status) in [
        (vec![("Authorization", bearer.as_str())], 403),
        (vec![("User-Agent", "t")], 401),
        (vec![("User-Agent", "t"), ("Authorization", "Bearer x")], 401),
        (vec![("User-Agent", "t"), ("Authorization", bearer.as_str()), ("X-GitHub-Api-Version", "2020-01-01")], 400),
        (vec![("User-Agent", "t"), ("Authorization", bearer.as_str()), ("Accept", "text/html")], 415),
        (vec![("User-Agent", "t"), ("Authorization", bearer.as_str()), ("Accept", "application/vnd.github+json")], 200),
    ] {
        let reply = send(&client.base, "GET", "/api/v3/user", &headers, b"").await;
        assert_eq!(reply.status, status, "{headers:?}");
        if status != 200 {
            refusal(&reply);
        }
    }
    assert_eq!(client.get("/user").await.json()["login"], "maralind");
    for target in ["/issues?state=done", "/issues?since=yesterday", "/issues?sort=name", "/issues?per_pag=3", "/issues?page=1&page=2"] {
        assert_eq!(client.get(target).await.status, 422, "{target}");
    }
    for target in ["/nothing", "/repos/nobody/x/issues", "/repos/maralind/studio-site/issues/99", "/repos/maralind/studio-site/issues/x"] {
        assert_eq!(refusal(&client.get(target).await), (404, "Not Found".to_owned()), "{target}");
    }
    assert_eq!(client.get("/repos/maralind/dotfiles/issues").await.status, 410);
    assert_eq!(client.ask("DELETE", &format!("{SITE}/1"), &[], "").await.status, 404, "issues are not deleted over REST");
}

#[tokio::test]
async fn what_is_assigned_has_pull_requests_and_pages_with_links() {
    let client = Client::start(Fill::Small).await;
    let all = client.get("/issues?state=all").await;
    assert_eq!(titles(&all).len(), 3);
    assert_eq!(all.json().as_array().unwrap().iter().filter(|i| i["pull_request"].is_object()).count(), 1);
    assert!(all.header("link").is_none());
    assert_eq!(titles(&client.get("/issues").await).len(), 2, "open ones, unless it is said");
    let first = client.get("/issues?state=all&per_page=2").await;
    let link = first.header("link").unwrap();
    assert!(link.contains(&format!("<{}/issues?state=all&per_page=2&page=2>; rel=\"next\"", client.sandbox.github_base())), "{link}");
    let last = client.get("/issues?state=all&per_page=2&page=2").await;
    assert_eq!((titles(&last).len(), last.header("link").unwrap().contains("next")), (1, false));
    client.sandbox.clock().advance(5000);
    let later = crate::github::issue::stamp(client.sandbox.now());
    client.sandbox.put_github_issue(json!({"repo": "northgate/brand-kit", "number": 1, "title": "Changed"})).unwrap();
    assert_eq!(titles(&client.get(&format!("/issues?state=all&since={later}")).await), ["Changed"]);
}

#[tokio::test]
async fn what_is_unchanged_costs_nothing_and_what_is_too_much_is_refused() {
    let client = Client::start(Fill::Small).await;
    client.sandbox.set_github(|s| s.calls = 2);
    let first = client.get("/issues").await;
    let tag = first.header("etag").unwrap();
    assert!(tag.starts_with("W/\"") && first.header("x-ratelimit-remaining").as_deref() == Some("1"));
    for _ in 0..3 {
        let again = client.ask("GET", "/issues", &[("If-None-Match", &tag)], "").await;
        assert_eq!((again.status, again.body.len(), again.header("x-ratelimit-remaining").as_deref()), (304, 0, Some("1")));
    }
    assert_eq!(client.get("/user").await.status, 200);
    let refused = client.get("/user").await;
    assert!(refusal(&refused).1.starts_with("API rate limit exceeded"));
    let reset: i64 = refused.header("x-ratelimit-reset").unwrap().parse().unwrap();
    assert_eq!((refused.header("x-ratelimit-remaining").as_deref(), reset - client.sandbox.now().secs()), (Some("0"), 3600));
    client.sandbox.clock().advance(3_600_000);
    assert_eq!(client.get("/user").await.status, 200);
    client.sandbox.set_github(|s| (s.calls, s.creations) = (5000, 1));
    assert_eq!(client.write("POST", SITE, json!({"title": "One"})).await.status, 201);
    let refused = client.write("POST", SITE, json!({"title": "Two"})).await;
    assert_eq!((refused.status, refused.header("retry-after").as_deref()), (403, Some("60")));
    assert!(refusal(&refused).1.contains("secondary rate limit"));
}

#[tokio::test]
async fn writes_are_checked_and_reasons_count_where_the_state_changes() {
    let client = Client::start(Fill::Small).await;
    for (body, status) in [
        (json!({}), 422),
        (json!({"title": " "}), 422),
        (json!({"title": "x".repeat(257)}), 422),
        (json!({"title": "x", "body": "x".repeat(65_537)}), 422),
        (json!({"title": "x", "labels": "bug"}), 422),
        (json!({"title": "x", "labels": ["x".repeat(51)]}), 422),
        (json!({"title": "x", "assignees": ["nobody"]}), 422),
        (json!({"title": "x", "state": "closed"}), 422),
        (json!([]), 400),
    ] {
        assert_eq!(refusal(&client.write("POST", SITE, body.clone()).await).0, status, "{body}");
    }
    assert_eq!(client.ask("POST", SITE, &[], "{").await.status, 400);
    let made = client.write("POST", SITE, json!({"title": "x", "labels": ["Bug", "new"], "assignees": ["maralind"]})).await;
    assert_eq!(made.status, 201);
    let names: Vec<Value> = made.json()["labels"].as_array().unwrap().iter().map(|l| l["name"].clone()).collect();
    assert_eq!(names, ["bug", "new"], "under the names that there are");
    let target = format!("{SITE}/{}", made.json()["number"]);
    let state = async |body: Value| {
        let reply = client.write("PATCH", &target, body).await.json();
        (
            reply["state"].as_str().unwrap().to_owned(),
            reply["state_reason"].as_str().unwrap_or_default().to_owned(),
            reply["closed_at"].is_string(),
        )
    };
    assert_eq!(state(json!({"state": "closed", "state_reason": "not_planned"})).await, ("closed".into(), "not_planned".into(), true));
    assert_eq!(state(json!({"state": "closed", "state_reason": "completed"})).await.1, "not_planned");
    assert_eq!(state(json!({"state": "open"})).await, ("open".into(), "reopened".into(), false));
    assert_eq!(state(json!({"state": "closed"})).await.1, "completed");
    client.sandbox.set_github(|s| s.makes_labels = false);
    assert_eq!(client.write("PATCH", &target, json!({"labels": ["unheard of"]})).await.status, 422);
}

#[tokio::test]
async fn gone_moved_archived_and_foreign() {
    let client = Client::start(Fill::Demo).await;
    assert!(client.sandbox.delete_github_issue("maralind/studio-site", 1));
    assert_eq!(client.get(&format!("{SITE}/1")).await.status, 410);
    let number = client.sandbox.transfer_github_issue("maralind/studio-site", 2, "northgate/brand-kit").unwrap();
    let moved = client.get(&format!("{SITE}/2")).await;
    let to = format!("{}/repos/northgate/brand-kit/issues/{number}", client.sandbox.github_base());
    assert_eq!((moved.status, moved.header("location"), moved.json()["url"].as_str()), (301, Some(to.clone()), Some(to.as_str())));
    assert_eq!(client.write("POST", "/repos/maralind/old-portfolio/issues", json!({"title": "x"})).await.status, 403);
    // Nobody who may not push sets who does it; it is dropped without a word.
    let made = client
        .write("POST", "/repos/letterforms/nordlys-sans/issues", json!({"title": "x", "assignees": ["maralind"], "labels": ["y"]}))
        .await;
    assert_eq!((made.status, &made.json()["assignees"], &made.json()["labels"]), (201, &json!([]), &json!([])));
    let foreign = client.write("PATCH", "/repos/letterforms/nordlys-sans/issues/1", json!({"state": "closed"})).await;
    assert_eq!(refusal(&foreign), (403, "Must have admin rights to Repository.".to_owned()));
}
