//! The stand-in against what the RFCs say of a server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::world::ACCOUNT;
use crate::{Fault, Fill, JMAP_MARA, Sandbox, SandboxOptions, test_client};

mod changing;
mod reading;

const USING: [&str; 3] = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:submission"];

async fn start(fill: Fill) -> Sandbox {
    Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap()
}

/// One request with these calls; their arguments get the account.
async fn ask(sandbox: &Sandbox, calls: Value) -> Value {
    let mut calls = calls;
    for call in calls.as_array_mut().unwrap() {
        call[1].as_object_mut().unwrap().entry("accountId").or_insert(json!(ACCOUNT));
    }
    let body = json!({"using": USING, "methodCalls": calls});
    let reply = test_client::post(&sandbox.jmap_base(), "/jmap/api", &sandbox.jmap_token(), &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["methodResponses"].clone()
}

/// The arguments of the answer to one call.
async fn one(sandbox: &Sandbox, method: &str, arguments: Value) -> Value {
    ask(sandbox, json!([[method, arguments, "0"]])).await[0][1].clone()
}

/// The type of the problem that a body is refused with.
async fn problem(sandbox: &Sandbox, content_type: &str, body: &str) -> (u16, Value) {
    let headers = [("Authorization", format!("Bearer {}", sandbox.jmap_token())), ("Content-Type", content_type.to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let reply = test_client::send(&sandbox.jmap_base(), "POST", "/jmap/api", &headers, body.as_bytes()).await;
    (reply.status, reply.json())
}

async fn upload(sandbox: &Sandbox, raw: &[u8]) -> String {
    let headers = [("Authorization", format!("Bearer {}", sandbox.jmap_token())), ("Content-Type", "message/rfc822".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let reply = test_client::send(&sandbox.jmap_base(), "POST", &format!("/jmap/upload/{ACCOUNT}"), &headers, raw).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["blobId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_signs_in_is_told_of_the_session() {
    let sandbox = start(Fill::Empty).await;
    let base = sandbox.jmap_base();
    let found = test_client::send(&base, "GET", "/.well-known/jmap", &[], b"").await;
    assert_eq!((found.status, found.header("location").as_deref()), (301, Some("/jmap/session")));
    let refused = test_client::send(&base, "GET", "/jmap/session", &[], b"").await;
    assert_eq!((refused.status, refused.header("www-authenticate").is_some()), (401, true));
    assert_eq!(test_client::get(&base, "/jmap/session", "another").await.status, 401);
    let session = test_client::get(&base, "/jmap/session", &sandbox.jmap_token()).await.json();
    assert_eq!(session["primaryAccounts"]["urn:ietf:params:jmap:mail"], json!(ACCOUNT));
    assert_eq!(session["username"], json!(JMAP_MARA));
    assert_eq!(session["capabilities"]["urn:ietf:params:jmap:core"]["maxObjectsInGet"], json!(500));
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{JMAP_MARA}:{}", sandbox.jmap_password()));
    let basic = test_client::send(&base, "GET", "/jmap/session", &[("Authorization", &format!("Basic {pair}"))], b"").await;
    assert_eq!(basic.json(), session);
    sandbox.set_jmap(|s| s.submission = false);
    let other = test_client::get(&base, "/jmap/session", &sandbox.jmap_token()).await.json();
    assert!(other["state"] != session["state"] && other["accounts"][ACCOUNT]["accountCapabilities"].as_object().unwrap().len() == 2);
}

#[tokio::test]
async fn a_request_that_is_none_is_refused_as_a_whole() {
    let sandbox = start(Fill::Empty).await;
    sandbox.set_jmap(|s| (s.max_calls_in_request, s.max_size_request) = (2, 2_000));
    let echo = json!(["Core/echo", {}, "0"]);
    let whole = |using: &[&str], calls: usize| json!({"using": using, "methodCalls": vec![echo.clone(); calls]}).to_string();
    let urn = |kind: &str| json!(format!("urn:ietf:params:jmap:error:{kind}"));
    for (content_type, body, kind) in [
        ("text/plain", whole(&USING, 1), "notJSON"),
        ("application/json", "{".to_owned(), "notJSON"),
        ("application/json", "[]".to_owned(), "notRequest"),
        ("application/json", json!({"using": USING}).to_string(), "notRequest"),
        ("application/json", whole(&["urn:example:none"], 1), "unknownCapability"),
        ("application/json", whole(&USING, 3), "limit"),
        ("application/json", " ".repeat(3_000), "limit"),
    ] {
        let (status, problem) = problem(&sandbox, content_type, &body).await;
        assert_eq!((status, &problem["type"]), (400, &urn(kind)), "{body}");
    }
    assert_eq!(problem(&sandbox, "application/json; charset=utf-8", &whole(&USING, 2)).await.0, 200);
    sandbox.set_jmap(|s| s.max_concurrent_requests = 0);
    assert_eq!(problem(&sandbox, "application/json", &whole(&USING, 1)).await.1["limit"], json!("maxConcurrentRequests"));
    sandbox.control().add_fault(Fault::status("/jmap/api", 503, "Back soon."));
    let (status, body) = problem(&sandbox, "application/json", &whole(&USING, 1)).await;
    assert_eq!((status, &body["detail"]), (503, &json!("Back soon.")));
}

#[tokio::test]
async fn a_call_that_can_not_be_is_refused_by_itself() {
    let sandbox = start(Fill::Small).await;
    for (call, kind) in [
        (json!(["Email/frob", {}, "0"]), "unknownMethod"),
        (json!(["Email/get", {"accountId": "u9"}, "0"]), "accountNotFound"),
        (json!(["Email/get", {"ids": [], "idz": []}, "0"]), "invalidArguments"),
        (json!(["Email/get", {"ids": "x"}, "0"]), "invalidArguments"),
        (json!(["Email/get", {"ids": vec!["x"; 501]}, "0"]), "requestTooLarge"),
        (json!(["Email/changes", {"sinceState": "e999"}, "0"]), "cannotCalculateChanges"),
        (json!(["Email/query", {"filter": {"text": "x"}}, "0"]), "unsupportedFilter"),
        (json!(["Email/query", {"sort": [{"property": "size"}]}, "0"]), "unsupportedSort"),
        (json!(["Email/query", {"anchor": "none"}, "0"]), "anchorNotFound"),
        (json!(["Email/set", {"ifInState": "e0"}, "0"]), "stateMismatch"),
        (json!(["Email/set", {"destroy": vec!["x"; 501]}, "0"]), "requestTooLarge"),
        (json!(["Email/get", {"#ids": {"resultOf": "9", "name": "Email/query", "path": "/ids"}}, "0"]), "invalidResultReference"),
        (json!(["EmailSubmission/set", {"onSuccessUpdateEmail": {"#none": {}}}, "0"]), "invalidArguments"),
    ] {
        let answers = ask(&sandbox, json!([call, ["Core/echo", {"still": "here"}, "1"]])).await;
        assert_eq!((&answers[0][0], &answers[0][1]["type"]), (&json!("error"), &json!(kind)), "{call}");
        assert_eq!(answers[1][1]["still"], "here", "the other calls are done");
    }
    let mut seen = one(&sandbox, "Email/get", json!({"ids": null, "properties": ["nonsense"]})).await;
    assert_eq!(seen["type"].take(), json!("invalidArguments"));
    sandbox.set_jmap(|s| s.read_only = true);
    assert_eq!(one(&sandbox, "Email/set", json!({})).await["type"], "accountReadOnly");
    sandbox.set_jmap(|s| (s.read_only, s.failing) = (false, vec![("Email/set".to_owned(), "serverUnavailable".to_owned(), 1)]));
    assert_eq!(one(&sandbox, "Email/set", json!({})).await["type"], "serverUnavailable");
    assert_eq!(one(&sandbox, "Email/set", json!({})).await["type"], Value::Null, "only so often");
    sandbox.set_jmap(|s| s.submission = false);
    let body = json!({"using": &USING[..2], "methodCalls": [["Identity/get", {"accountId": ACCOUNT}, "0"]]});
    let reply = test_client::post(&sandbox.jmap_base(), "/jmap/api", &sandbox.jmap_token(), &body).await;
    assert_eq!(reply.json()["methodResponses"][0][1]["type"], "unknownMethod");
}

/// A stream of events, by hand.
async fn listen(sandbox: &Sandbox, query: &str) -> TcpStream {
    let host = sandbox.jmap_base().strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let token = sandbox.jmap_token();
    stream
        .write_all(format!("GET /jmap/events?{query} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    stream
}

async fn until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap();
        assert!(read > 0, "it ended with {text}");
        text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
    }
    text
}

#[tokio::test]
async fn events_tell_of_states_and_end_where_that_was_asked() {
    let sandbox = start(Fill::Empty).await;
    let mut listener = listen(&sandbox, "types=Email&closeafter=state&ping=60").await;
    until(&mut listener, "text/event-stream").await;
    sandbox.jmap_create_mailbox("Nobody asked", None, None);
    sandbox.jmap_deliver_text("Astrid <astrid@korforeningen.example>", "Hello", "Hello!\n");
    let text = until(&mut listener, "\r\n0\r\n").await;
    assert!(text.contains("event: state") && text.contains("\"Email\":\"e1\"") && !text.contains("Mailbox"), "{text}");
    let mut open = listen(&sandbox, "types=*&closeafter=no&ping=0").await;
    until(&mut open, "text/event-stream").await;
    for bad in ["types=*", "types=*&closeafter=perhaps&ping=0", "types=*&closeafter=no&ping=x", "types=*&closeafter=no&ping=0&x=y"] {
        let reply = test_client::get(&sandbox.jmap_base(), &format!("/jmap/events?{bad}"), &sandbox.jmap_token()).await;
        assert_eq!(reply.status, 400, "{bad}");
    }
    sandbox.stop().await;
    until(&mut open, "0\r\n").await;
}
