//! The folder over HTTP: what it answers, and what it refuses with which code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use super::super::tests::Client;
use crate::{
    Fill, MS_MARA,
    test_client::{Reply, send},
};

const SCOPES: &str = "openid profile offline_access User.Read Files.ReadWrite.AppFolder";
const FOLDER: &str = "/me/drive/special/approot";
const STEP: usize = 320 * 1024;

async fn start() -> Client {
    Client::with(Fill::Empty, SCOPES).await
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
}

async fn begin(client: &Client, name: &str, conflict: &str) -> Reply {
    let body = json!({"item": {"@microsoft.graph.conflictBehavior": conflict, "name": name}});
    client.json("POST", &format!("{FOLDER}:/{name}:/createUploadSession"), &body).await
}

async fn session(client: &Client, name: &str) -> String {
    let reply = begin(client, name, "fail").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["uploadUrl"].as_str().unwrap().strip_prefix(&client.sandbox.microsoft_base()).unwrap().to_owned()
}

/// Without a token, as it has to be.
async fn piece(client: &Client, target: &str, range: &str, bytes: &[u8]) -> Reply {
    send(&client.sandbox.microsoft_base(), "PUT", target, &[("Content-Range", range)], bytes).await
}

#[tokio::test]
async fn the_folder_needs_its_scope_and_shows_nothing_else() {
    let mail = Client::start(Fill::Empty).await;
    assert_eq!(mail.get(&format!("{FOLDER}/children")).await.status, 403);
    assert_eq!(begin(&mail, "a", "fail").await.status, 403);
    let client = start().await;
    assert_eq!(client.get("/me/messages").await.status, 403, "files are no mail");
    client.sandbox.add_ms_file(MS_MARA, "a.txt", b"a", false);
    let outside = client.sandbox.add_ms_file(MS_MARA, "secret.txt", b"b", true);
    let listed = client.get(&format!("{FOLDER}/children?$select=id,name")).await.json();
    assert_eq!((listed["value"].as_array().unwrap().len(), &listed["value"][0]["name"]), (1, &json!("a.txt")));
    assert_eq!(code(&client.get(&format!("/me/drive/items/{outside}")).await), (403, "accessDenied".to_owned()));
    assert_eq!(code(&client.get(&format!("/me/drive/items/{outside}/content")).await), (403, "accessDenied".to_owned()));
    assert_eq!(code(&client.get("/me/drive/items/nothing").await), (404, "itemNotFound".to_owned()));
    assert_eq!(code(&client.get(&format!("{FOLDER}:/secret.txt")).await), (404, "itemNotFound".to_owned()));
    assert_eq!(client.get("/me/drive/root/children").await.status, 400);
    assert_eq!(client.get(&format!("{FOLDER}/children?$select=colour")).await.status, 400);
}

#[tokio::test]
async fn pieces_come_in_order_without_a_token_and_in_multiples() {
    let client = start().await;
    let at = session(&client, "a.bin").await;
    let size = STEP + 7;
    let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
    let bearer = format!("Bearer {}", client.token);
    let base = client.sandbox.microsoft_base();
    let with = send(&base, "PUT", &at, &[("Authorization", &bearer), ("Content-Range", "bytes 0-0/1")], b"x").await;
    assert_eq!(code(&with), (401, "unauthenticated".to_owned()));
    let first = format!("bytes 0-{}/{size}", STEP - 1);
    for (range, part) in
        [(format!("bytes 0-{STEP}/{size}"), &bytes[..=STEP]), (first.clone(), &bytes[..5]), ("bytes 0-".to_owned(), &bytes[..5])]
    {
        assert_eq!(piece(&client, &at, &range, part).await.status, 400, "{range}");
    }
    let taken = piece(&client, &at, &first, &bytes[..STEP]).await;
    assert_eq!((taken.status, taken.json()["nextExpectedRanges"][0].as_str().unwrap()), (202, format!("{STEP}-").as_str()));
    assert_eq!(piece(&client, &at, &first, &bytes[..STEP]).await.status, 416, "not twice");
    let asked = send(&base, "GET", &at, &[], b"").await;
    assert_eq!(asked.json()["nextExpectedRanges"], json!([format!("{STEP}-")]));
    let done = piece(&client, &at, &format!("bytes {STEP}-{}/{size}", size - 1), &bytes[STEP..]).await;
    assert_eq!((done.status, done.json()["name"].as_str().unwrap()), (201, "a.bin"));
    assert_eq!(send(&base, "GET", &at, &[], b"").await.status, 404, "the session is over");
    assert!(client.sandbox.ms_files(MS_MARA)[0].bytes == bytes);
    // Its content is at an address that is its own permission.
    let id = done.json()["id"].as_str().unwrap().to_owned();
    let found = client.get(&format!("/me/drive/items/{id}/content")).await;
    let place = found.header("location").unwrap().strip_prefix(&base).unwrap().to_owned();
    let rest = send(&base, "GET", &place, &[("Range", "bytes=10-")], b"").await;
    assert_eq!((found.status, rest.status, rest.body == bytes[10..]), (302, 206, true));
    assert_eq!(send(&base, "GET", &place, &[("Authorization", &bearer)], b"").await.status, 401);
}

#[tokio::test]
async fn names_are_unique_and_room_ends() {
    let client = start().await;
    client.sandbox.clock().freeze(true);
    client.sandbox.add_ms_file(MS_MARA, "a.txt", b"a", false);
    assert_eq!(code(&begin(&client, "A.TXT", "fail").await), (409, "nameAlreadyExists".to_owned()));
    assert_eq!(begin(&client, "b", "perhaps").await.status, 400);
    assert_eq!(begin(&client, "a%3Ab", "fail").await.status, 400);
    // Taken while the upload was under way.
    let at = session(&client, "b.txt").await;
    client.sandbox.add_ms_file(MS_MARA, "b.txt", b"b", false);
    assert_eq!(code(&piece(&client, &at, "bytes 0-0/1", b"x").await), (409, "nameAlreadyExists".to_owned()));
    let put = |name: &str| format!("{FOLDER}:/{name}:/content?@microsoft.graph.conflictBehavior=fail");
    let text = [("Content-Type", "text/plain")];
    assert_eq!(client.ask("PUT", &put("empty"), &text, b"").await.status, 201);
    assert_eq!(code(&client.ask("PUT", &put("empty"), &text, b"").await), (409, "nameAlreadyExists".to_owned()));
    let late = session(&client, "c").await;
    client.sandbox.set_ms_switches(|s| s.drive_quota = Some(2));
    assert_eq!(code(&piece(&client, &late, "bytes 0-0/1", b"x").await), (507, "quotaLimitReached".to_owned()));
    assert_eq!(code(&begin(&client, "d", "fail").await), (507, "quotaLimitReached".to_owned()));
    client.sandbox.set_ms_switches(|s| s.drive_quota = None);
    let late = session(&client, "c").await;
    client.sandbox.clock().advance(25 * 3600 * 1000);
    assert_eq!(code(&piece(&client, &late, "bytes 0-0/1", b"x").await), (404, "itemNotFound".to_owned()));
    let names: Vec<Value> = client.sandbox.ms_files(MS_MARA).into_iter().map(|f| json!(f.name)).collect();
    assert_eq!(names, ["a.txt", "b.txt", "empty"]);
}
