//! The stand-in by itself: what it refuses, and what it tells.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use crate::{
    MARA, MARA_WORK, Sandbox, SandboxOptions,
    test_client::{Reply, get, google_token, post, send},
};

const FILES: &str = "/drive/v3/files";
const UPLOAD: &str = "/upload/drive/v3/files?uploadType=resumable";
const SCOPE: &str = "https://www.googleapis.com/auth/drive.file";
const STEP: usize = 256 * 1024;

struct Client {
    sandbox: Sandbox,
    base: String,
    token: String,
}

impl Client {
    async fn start() -> Self {
        Self::with(SCOPE).await
    }

    async fn with(scope: &str) -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let token = google_token(&sandbox, scope).await;
        Self { base: sandbox.google_base(), sandbox, token }
    }

    async fn get(&self, target: &str) -> Reply {
        get(&self.base, target, &self.token).await
    }

    async fn id(&self) -> String {
        self.get(&format!("{FILES}/generateIds?count=1")).await.json()["ids"][0].as_str().unwrap().to_owned()
    }

    async fn begin(&self, body: Value) -> Reply {
        post(&self.base, UPLOAD, &self.token, &body).await
    }

    /// Path and query of a new upload.
    async fn session(&self, body: Value) -> String {
        let reply = self.begin(body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.header("location").unwrap().strip_prefix(&self.base).unwrap().to_owned()
    }

    async fn piece(&self, target: &str, range: &str, bytes: &[u8]) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        send(&self.base, "PUT", target, &[("Authorization", &bearer), ("Content-Range", range)], bytes).await
    }
}

#[tokio::test]
async fn every_call_needs_its_scope_and_other_peoples_files_are_not_there() {
    let mail = Client::with("https://www.googleapis.com/auth/gmail.modify").await;
    for reply in [mail.get(FILES).await, mail.get(&format!("{FILES}/x")).await, mail.begin(json!({"name": "x"})).await] {
        assert_eq!((reply.status, reply.reason().as_str()), (403, "insufficientPermissions"));
    }
    let client = Client::start().await;
    assert_eq!(get(&client.base, FILES, "no-token").await.status, 401);
    let own = client.sandbox.add_gdrive_file(MARA, "given.txt", "text/plain", b"given", true);
    let hidden = client.sandbox.add_gdrive_file(MARA, "hidden.txt", "text/plain", b"hidden", false);
    let theirs = client.sandbox.add_gdrive_file(MARA_WORK, "theirs.txt", "text/plain", b"theirs", true);
    let listed = client.get(FILES).await.json();
    assert_eq!(listed["files"].as_array().unwrap().len(), 1);
    assert_eq!(listed["files"][0], json!({"kind": "drive#file", "id": own, "name": "given.txt", "mimeType": "text/plain"}));
    for id in [&hidden, &theirs] {
        for query in ["", "?alt=media"] {
            let reply = client.get(&format!("{FILES}/{id}{query}")).await;
            assert_eq!((reply.status, reply.reason().as_str()), (404, "notFound"));
        }
    }
    let folder = client.begin(json!({"name": "x", "parents": [hidden]})).await;
    assert_eq!((folder.status, folder.reason().as_str()), (404, "notFound"));
    assert_eq!(client.begin(json!({"name": "x", "parents": [own]})).await.status, 403);
}

#[tokio::test]
async fn nonsense_is_refused() {
    let client = Client::start().await;
    for query in [
        "pageSize=0",
        "pageSize=1001",
        "q=owner%20%3D%20me",
        "orderBy=size",
        "spaces=photos",
        "pageToken=x",
        "fields=files(colour)",
        "limit=5",
    ] {
        assert_eq!(client.get(&format!("{FILES}?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(client.get(&format!("{FILES}/generateIds?count=1001")).await.status, 400);
    for body in [json!({"nam": "x"}), json!({"name": "x", "id": "of-my-own"})] {
        assert_eq!(client.begin(body.clone()).await.status, 400, "{body}");
    }
    let multipart = post(&client.base, "/upload/drive/v3/files?uploadType=multipart", &client.token, &json!({"name": "x"})).await;
    assert_eq!(multipart.status, 400);
}

#[tokio::test]
async fn pieces_come_in_order_and_in_multiples() {
    let client = Client::start().await;
    let id = client.id().await;
    let at = client.session(json!({"id": id, "name": "a.bin", "mimeType": "application/x-a"})).await;
    let size = STEP * 2 + 5;
    let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
    let whole = |from: usize, to: usize| format!("bytes {from}-{}/{size}", to - 1);
    for (range, piece) in [
        (whole(0, STEP + 1), &bytes[..=STEP]),
        (whole(0, STEP), &bytes[..STEP - 1]),
        (whole(STEP, STEP * 2), &bytes[STEP..STEP * 2]),
        ("bytes 0-".to_owned(), &bytes[..STEP]),
        (format!("bytes 0-{}/*", STEP - 1), &bytes[..STEP]),
    ] {
        assert_eq!(client.piece(&at, &range, piece).await.status, 400, "{range}");
    }
    let asked = client.piece(&at, &format!("bytes */{size}"), b"").await;
    assert_eq!((asked.status, asked.header("range")), (308, None));
    let first = client.piece(&at, &whole(0, STEP), &bytes[..STEP]).await;
    assert_eq!((first.status, first.header("range").unwrap()), (308, format!("bytes=0-{}", STEP - 1)));
    assert!(client.sandbox.gdrive_files(MARA).is_empty(), "nothing is there before all of it is");
    let last = client.piece(&at, &whole(STEP, size), &bytes[STEP..]).await;
    assert_eq!((last.status, last.json()["id"].as_str().unwrap()), (200, id.as_str()));
    assert_eq!(client.piece(&at, &format!("bytes */{size}"), b"").await.status, 200, "asked again, it says the same");
    let files = client.sandbox.gdrive_files(MARA);
    assert_eq!((files.len(), files[0].bytes == bytes, files[0].mime.as_str()), (1, true, "application/x-a"));
    let again = client.begin(json!({"id": id, "name": "a.bin"})).await;
    assert_eq!((again.status, again.reason().as_str()), (409, "fileIdInUse"));
    let rest = {
        let bearer = format!("Bearer {}", client.token);
        let range = format!("bytes={STEP}-");
        send(&client.base, "GET", &format!("{FILES}/{id}?alt=media"), &[("Authorization", &bearer), ("Range", &range)], b"").await
    };
    assert_eq!((rest.status, rest.body == bytes[STEP..]), (206, true));
}

#[tokio::test]
async fn an_upload_ends_with_its_time_and_with_the_room() {
    let client = Client::start().await;
    client.sandbox.clock().freeze(true);
    let at = client.session(json!({"name": "a"})).await;
    client.sandbox.clock().advance(7 * 86_400 * 1000);
    // The token is as old, and another one is asked for.
    let token = google_token(&client.sandbox, SCOPE).await;
    let client = Client { token, ..client };
    let late = client.piece(&at, "bytes 0-0/1", b"x").await;
    assert_eq!((late.status, late.reason().as_str()), (404, "notFound"));
    client.sandbox.set_gdrive(|s| s.quota = Some(2));
    let at = client.session(json!({"name": "a"})).await;
    let full = client.piece(&at, "bytes 0-2/3", b"xyz").await;
    assert_eq!((full.status, full.reason().as_str()), (403, "storageQuotaExceeded"));
    let bearer = format!("Bearer {}", client.token);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("X-Upload-Content-Length", "3")];
    let refused = send(&client.base, "POST", UPLOAD, &headers, b"{\"name\":\"a\"}").await;
    assert_eq!(refused.reason(), "storageQuotaExceeded");
    assert!(client.sandbox.gdrive_files(MARA).is_empty());
}
