//! Graph over HTTP: what it answers, and what it refuses with which code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use crate::{
    Fill, MS_CLIENT_ID, MS_MARA, Sandbox, SandboxOptions,
    test_client::{Reply, VERIFIER, form, query, send},
    text,
};

mod delta;
mod sending;
mod writing;

const REDIRECT: &str = "http://localhost:53682/cb/microsoft";
const ALL: &str = "openid profile offline_access User.Read Mail.ReadWrite Mail.Send";

pub(super) struct Client {
    pub sandbox: Sandbox,
    pub token: String,
}

impl Client {
    pub async fn start(fill: Fill) -> Self {
        Self::with(fill, ALL).await
    }

    pub async fn with(fill: Fill, scope: &str) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        let base = sandbox.microsoft_base();
        let challenge = text::s256(VERIFIER);
        let pairs = [
            ("client_id", MS_CLIENT_ID),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", scope),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let code =
            send(&base, "GET", &format!("/common/oauth2/v2.0/authorize?{}", query(&pairs)), &[], b"").await.location("code").unwrap();
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("client_id", MS_CLIENT_ID),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let token = form(&base, "/common/oauth2/v2.0/token", &pairs).await.json()["access_token"].as_str().unwrap().to_owned();
        Self { sandbox, token }
    }

    /// With immutable ids. `target` begins after `/v1.0`, or is a whole address.
    pub async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let base = self.sandbox.microsoft_base();
        let target = target.strip_prefix(&base).map_or_else(|| format!("/v1.0{target}"), str::to_owned);
        let auth = format!("Bearer {}", self.token);
        let mut all = vec![("Authorization", auth.as_str()), ("Prefer", "IdType=\"ImmutableId\"")];
        all.extend_from_slice(headers);
        send(&base, method, &target, &all, body).await
    }

    pub async fn get(&self, target: &str) -> Reply {
        self.ask("GET", target, &[], b"").await
    }

    pub async fn json(&self, method: &str, target: &str, body: &Value) -> Reply {
        self.ask(method, target, &[("Content-Type", "application/json")], body.to_string().as_bytes()).await
    }

    pub async fn batch(&self, requests: Value) -> Value {
        let reply = self.json("POST", "/$batch", &json!({"requests": requests})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let all = reply.json()["responses"].as_array().unwrap().clone();
        all.into_iter().map(|r| (r["id"].as_str().unwrap().to_owned(), r)).collect::<serde_json::Map<_, _>>().into()
    }
}

pub(super) fn code(reply: &Reply) -> String {
    let body = reply.json();
    assert!(body["error"]["innerError"]["request-id"].is_string(), "{body}");
    body["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn who_asks_and_for_what_is_checked_first() {
    let c = Client::start(Fill::Small).await;
    assert_eq!(c.get("/me").await.json()["mail"], MS_MARA);
    let base = c.sandbox.microsoft_base();
    let nobody = send(&base, "GET", "/v1.0/me", &[("Authorization", "Bearer x")], b"").await;
    assert_eq!((nobody.status, code(&nobody).as_str()), (401, "InvalidAuthenticationToken"));
    assert!(nobody.header("www-authenticate").unwrap().starts_with("Bearer "));
    let reply = c.ask("GET", "/me/messages", &[("client-request-id", "mine")], b"").await;
    assert!(reply.header("request-id").is_some() && reply.header("client-request-id").as_deref() == Some("mine"));
    c.sandbox.set_ms_switches(|s| s.claims = Some(r#"{"access_token":{}}"#.to_owned()));
    let challenged = c.get("/me/messages").await;
    assert!(challenged.status == 401 && challenged.header("www-authenticate").unwrap().contains("insufficient_claims"));
    c.sandbox.set_ms_switches(|s| s.claims = None);
    assert_eq!(code(&c.get("/users/other@havnegruppen.example/messages").await), "ErrorAccessDenied");
    assert_eq!(code(&c.get("/me/onenote").await), "ResourceNotFound");
    let reader = Client::with(Fill::Small, "openid Mail.Read").await;
    let id = reader.sandbox.ms_messages(MS_MARA)[0].id.clone();
    assert_eq!(reader.get(&format!("/me/messages/{id}")).await.status, 200);
    for (method, path) in [("PATCH", format!("/me/messages/{id}")), ("POST", "/me/sendMail".to_owned()), ("GET", "/me".to_owned())] {
        let reply = reader.json(method, &path, &json!({"isRead": true})).await;
        assert_eq!((reply.status, code(&reply).as_str()), (403, "ErrorAccessDenied"), "{path}");
    }
}

#[tokio::test]
async fn folders_come_in_pages_and_by_their_well_known_names() {
    let c = Client::start(Fill::Small).await;
    let mut names = Vec::new();
    let mut next = "/me/mailFolders?$top=4".to_owned();
    loop {
        let page = c.get(&next).await.json();
        names.extend(page["value"].as_array().unwrap().iter().map(|f| f["displayName"].as_str().unwrap().to_owned()));
        assert!(page["value"].as_array().unwrap().len() <= 4);
        match page["@odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    assert_eq!(names.len(), 9, "{names:?}");
    assert!(names.contains(&"Projects".to_owned()) && !names.contains(&"Quay 7".to_owned()) && !names.contains(&"Clutter".to_owned()));
    let hidden = c.get("/me/mailFolders?includeHiddenFolders=true&$top=100").await.json();
    assert!(hidden["value"].as_array().unwrap().iter().any(|f| f["displayName"] == "Clutter" && f["isHidden"] == true));
    let inbox = c.get("/me/mailFolders/inbox").await.json();
    assert_eq!((&inbox["totalItemCount"], &inbox["unreadItemCount"]), (&json!(3), &json!(1)));
    assert!(inbox.get("wellKnownName").is_none(), "of the beta only");
    let projects = c.sandbox.ms_folders(MS_MARA).into_iter().find(|(_, n)| n == "Projects").unwrap().0;
    let below = c.get(&format!("/me/mailFolders/{projects}/childFolders")).await.json();
    assert_eq!(below["value"][0]["displayName"], "Quay 7");
    c.sandbox.ms_drop_folder(MS_MARA, "archive");
    assert_eq!(code(&c.get("/me/mailFolders/archive").await), "ErrorItemNotFound");
    assert_eq!(code(&c.get("/me/mailFolders/nonsense").await), "ErrorInvalidIdMalformed");
    assert_eq!(code(&c.get("/me/mailFolders?$select=wellKnownName").await), "RequestBroker--ParseUri");
    // Made, renamed, moved, taken away.
    let made = c.json("POST", &format!("/me/mailFolders/{projects}/childFolders"), &json!({"displayName": "Quay 8"})).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let again = c.json("POST", &format!("/me/mailFolders/{projects}/childFolders"), &json!({"displayName": "quay 8"})).await;
    assert_eq!((made.status, again.status, code(&again).as_str()), (201, 409, "ErrorFolderExists"));
    assert_eq!(c.json("PATCH", &format!("/me/mailFolders/{id}"), &json!({"displayName": "Quay 9"})).await.json()["displayName"], "Quay 9");
    assert_eq!(c.json("POST", &format!("/me/mailFolders/{id}/move"), &json!({"destinationId": "msgfolderroot"})).await.status, 201);
    assert_eq!(c.json("PATCH", "/me/mailFolders/inbox", &json!({"displayName": "x"})).await.status, 400);
    assert_eq!(c.ask("DELETE", &format!("/me/mailFolders/{id}"), &[], b"").await.status, 204);
}

#[tokio::test]
async fn query_options_that_do_not_go_together_are_refused() {
    let c = Client::start(Fill::Bulk(30)).await;
    let count = async |query: &str| c.get(&format!("/me/messages?{query}")).await.json()["value"].as_array().map_or(0, Vec::len);
    assert_eq!(count("").await, 10, "a page of ten");
    assert_eq!(count("$top=25").await, 25);
    assert_eq!(count("$search=%22message%207%22").await, 3, "7, 17, 27");
    assert_eq!(count("$filter=internetMessageId%20eq%20%27%3Cbulk-3@bulk.example%3E%27").await, 1);
    assert_eq!(count("$filter=isRead%20eq%20false&$top=100").await, 10);
    for (query, expected) in [
        ("$top=1001", "ErrorInvalidUrlQuery"),
        ("$select=nothing", "RequestBroker--ParseUri"),
        ("$search=%22a%22&$filter=isRead%20eq%20true", "SearchWithFilter"),
        ("$search=%22a%22&$orderby=receivedDateTime", "SearchWithOrderBy"),
        ("$search=a", "ErrorInvalidUrlQuery"),
        ("$filter=isRead%20eq%20true&$orderby=receivedDateTime%20desc", "InefficientFilter"),
        ("$filter=body%20eq%20%27x%27", "ErrorInvalidUrlQueryFilter"),
        ("$filter=subject%20eq%20x", "ErrorInvalidUrlQueryFilter"),
        ("top=3", "ErrorInvalidUrlQuery"),
        ("$top=3&$top=4", "ErrorInvalidUrlQuery"),
    ] {
        let reply = c.get(&format!("/me/messages?{query}")).await;
        assert_eq!((reply.status, code(&reply).as_str()), (400, expected), "{query}");
    }
}

#[tokio::test]
async fn a_batch_answers_each_part_by_itself() {
    let c = Client::start(Fill::Small).await;
    let inbox = c.sandbox.ms_in_folder(MS_MARA, "Inbox");
    let url = |id: &str| format!("/me/messages/{id}?$select=isRead");
    let get =
        |id: &str, message: &str| json!({"id": id, "method": "GET", "url": url(message), "headers": {"Prefer": "IdType=\"ImmutableId\""}});
    c.sandbox.control().add_fault(crate::Fault::status("/v1.0/me/messages/AAk*", 429, "ApplicationThrottled").nth(2));
    let answers = c
        .batch(json!([
            get("1", &inbox[0].id),
            get("2", &inbox[1].id),
            get("3", "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A00000000000fffff"),
            {"id": "4", "method": "PATCH", "url": url(&inbox[2].id).split('?').next().unwrap(), "body": {"isRead": true}, "headers": {"Content-Type": "application/json"}},
            {"id": "5", "method": "GET", "url": "/me/mailFolders/inbox", "dependsOn": ["3"]},
            {"id": "6", "method": "GET", "url": format!("/me/messages/{}/$value", inbox[0].id)},
            {"id": "7", "method": "GET", "url": url(&inbox[0].id)},
        ]))
        .await;
    let status = |id: &str| answers[id]["status"].as_u64().unwrap();
    assert_eq!([1, 2, 3, 4, 5, 6].map(|n| status(&n.to_string())), [200, 429, 404, 200, 424, 200]);
    let mime = answers["6"]["body"].as_str().unwrap();
    assert_eq!(base64::Engine::decode(&base64::engine::general_purpose::STANDARD, mime).unwrap(), inbox[0].raw);
    assert_eq!(answers["1"]["body"]["id"], inbox[0].id);
    assert_eq!(answers["7"]["body"]["id"], inbox[0].mutable_id, "a preference of the batch is none of its parts'");
    let many: Vec<Value> = (0..21).map(|n| get(&n.to_string(), &inbox[0].id)).collect();
    for bad in [
        json!(many),
        json!([]),
        json!([get("1", "x"), get("1", "x")]),
        json!([{"id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/me"}]),
        json!([{"id": "1", "method": "PATCH", "url": "/me/messages/x", "body": {}}]),
        json!([{"id": "1", "method": "GET", "url": "/me", "dependsOn": ["2"]}, {"id": "2", "method": "GET", "url": "/me"}]),
    ] {
        assert_eq!(c.json("POST", "/$batch", &json!({"requests": bad})).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn five_at_a_time_are_one_too_many_and_calls_are_counted() {
    let c = Client::start(Fill::Small).await;
    c.sandbox.set_ms_switches(|s| s.latency_ms = 150);
    let all = futures_util::future::join_all((0..5).map(|_| c.get("/me/mailFolders/inbox"))).await;
    let refused: Vec<&Reply> = all.iter().filter(|r| r.status == 429).collect();
    assert_eq!((refused.len(), code(refused[0]).as_str()), (1, "ApplicationThrottled"));
    assert!(refused[0].header("retry-after").is_some());
    assert_eq!(c.sandbox.ms_peak(), 5);
    c.sandbox.set_ms_switches(|s| (s.latency_ms, s.calls) = (0, Some(2)));
    c.sandbox.clock().advance(600_000);
    let statuses = [c.get("/me/messages").await.status, c.get("/me/messages").await.status];
    let third = c.get("/me/messages").await;
    assert_eq!((statuses, third.status, code(&third).as_str()), ([200, 200], 429, "TooManyRequests"));
    c.sandbox.clock().advance(601_000);
    assert_eq!(c.get("/me/messages").await.status, 200);
}
