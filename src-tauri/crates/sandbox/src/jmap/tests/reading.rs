//! Lists, windows, states and blobs.

use super::*;

#[tokio::test]
async fn one_request_lists_and_reads_by_reference() {
    let sandbox = start(Fill::Small).await;
    let calls = json!([
        ["Email/query", {"sort": [{"property": "receivedAt", "isAscending": false}], "limit": 3, "calculateTotal": true}, "0"],
        ["Email/get", {"#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}, "properties": ["subject", "mailboxIds"]}, "1"],
    ]);
    let answers = ask(&sandbox, calls).await;
    assert_eq!((&answers[0][1]["total"], &answers[0][1]["limit"]), (&json!(7), &Value::Null));
    let subjects: Vec<&str> = answers[1][1]["list"].as_array().unwrap().iter().map(|e| e["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["About the journey", "You have won", "Nøkkelen til øvingsrommet"]);
    assert_eq!(answers[1][1]["list"][0].as_object().unwrap().len(), 3, "the id and what was asked for");
}

#[tokio::test]
async fn windows_are_found_by_anchor_and_never_wider_than_the_limit() {
    let sandbox = start(Fill::Bulk(9)).await;
    sandbox.set_jmap(|s| s.query_limit = 4);
    let sort = json!([{"property": "receivedAt", "isAscending": false}]);
    let first = one(&sandbox, "Email/query", json!({"sort": sort, "limit": 100})).await;
    let ids: Vec<String> = serde_json::from_value(first["ids"].clone()).unwrap();
    assert_eq!((ids.len(), &first["limit"], &first["total"]), (4, &json!(4), &Value::Null));
    sandbox.jmap_deliver_text("a@b.example", "new", "new\n");
    let next = one(&sandbox, "Email/query", json!({"sort": sort, "anchor": ids[3], "anchorOffset": 1, "limit": 3})).await;
    assert_eq!(next["position"], 5, "what came meanwhile moved it on");
    assert!(!next["ids"].as_array().unwrap().iter().any(|id| ids.contains(&id.as_str().unwrap().to_owned())));
    let last = one(&sandbox, "Email/query", json!({"sort": sort, "position": -1})).await;
    assert_eq!((last["ids"].as_array().unwrap().len(), &last["position"]), (1, &json!(9)));
}

#[tokio::test]
async fn filters_look_into_headers_keywords_and_time() {
    let sandbox = start(Fill::Small).await;
    let count = async |filter: Value| one(&sandbox, "Email/query", json!({"filter": filter})).await["ids"].as_array().unwrap().len();
    let all = sandbox.jmap_emails();
    assert_eq!(count(json!({"header": ["message-id", all[0].message_id]})).await, 1);
    assert_eq!(count(json!({"header": ["In-Reply-To"]})).await, 1);
    assert_eq!(count(json!({"hasKeyword": "$draft"})).await, 1);
    assert_eq!(count(json!({"operator": "NOT", "conditions": [{"hasKeyword": "$draft"}, {"notKeyword": "$seen"}]})).await, 4);
    assert_eq!(count(json!({"inMailbox": sandbox.jmap_mailbox("Choir").unwrap()})).await, 1);
    assert_eq!(count(json!({"after": super::super::email::utc(all[2].received)})).await, 3);
    assert_eq!(one(&sandbox, "Email/query", json!({"filter": {"header": []}})).await["type"], "invalidArguments");
}

#[tokio::test]
async fn changes_of_mail_are_changes_of_counts_too() {
    let sandbox = start(Fill::Small).await;
    let state = one(&sandbox, "Mailbox/get", json!({"ids": []})).await["state"].clone();
    let mail = one(&sandbox, "Email/get", json!({"ids": []})).await["state"].clone();
    let id = sandbox.jmap_deliver_text("a@b.example", "new", "new\n");
    let told = one(&sandbox, "Mailbox/changes", json!({"sinceState": state})).await;
    assert_eq!(told["updated"], json!([sandbox.jmap_mailbox("Inbox").unwrap()]));
    assert_eq!(told["updatedProperties"], json!(["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"]));
    assert_eq!(one(&sandbox, "Email/changes", json!({"sinceState": mail})).await["created"], json!([id]));
    sandbox.jmap_create_mailbox("New", None, None);
    assert_eq!(one(&sandbox, "Mailbox/changes", json!({"sinceState": state})).await["created"].as_array().unwrap().len(), 1);
    sandbox.set_jmap(|s| s.changes_limit = 1);
    for n in 0..3 {
        sandbox.jmap_deliver_text("a@b.example", &format!("{n}"), "x\n");
    }
    let part = one(&sandbox, "Email/changes", json!({"sinceState": mail, "maxChanges": 50})).await;
    assert_eq!((part["created"].as_array().unwrap().len(), &part["hasMoreChanges"]), (1, &json!(true)));
    sandbox.jmap_void_states();
    assert_eq!(one(&sandbox, "Email/changes", json!({"sinceState": mail})).await["type"], "cannotCalculateChanges");
}

#[tokio::test]
async fn blobs_go_in_and_come_out_as_they_are() {
    let sandbox = start(Fill::Small).await;
    let (base, token) = (sandbox.jmap_base(), sandbox.jmap_token());
    let id = upload(&sandbox, b"any bytes \xff").await;
    let back = test_client::get(&base, &format!("/jmap/download/{ACCOUNT}/{id}/x.bin?accept=a%2Fb"), &token).await;
    assert_eq!((back.status, back.header("content-type").as_deref(), back.body.as_slice()), (200, Some("a/b"), &b"any bytes \xff"[..]));
    for (path, status) in [
        (format!("/jmap/download/{ACCOUNT}/none/x?accept=a"), 404),
        (format!("/jmap/download/u9/{id}/x?accept=a"), 404),
        (format!("/jmap/download/{ACCOUNT}/{id}/x"), 400),
    ] {
        assert_eq!(test_client::get(&base, &path, &token).await.status, status, "{path}");
    }
    assert_eq!(test_client::get(&base, &format!("/jmap/download/{ACCOUNT}/{id}/x?accept=a"), "no").await.status, 401);
    let blob = one(&sandbox, "Email/get", json!({"ids": [sandbox.jmap_emails()[0].id], "properties": ["blobId"]})).await;
    let blob = blob["list"][0]["blobId"].as_str().unwrap().to_owned();
    let mail = test_client::get(&base, &format!("/jmap/download/{ACCOUNT}/{blob}/mail.eml?accept=message%2Frfc822"), &token).await;
    assert_eq!(mail.body, sandbox.jmap_emails()[0].raw);
    sandbox.set_jmap(|s| s.max_size_upload = 3);
    let headers = [("Authorization", format!("Bearer {token}")), ("Content-Type", "a/b".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let large = test_client::send(&base, "POST", &format!("/jmap/upload/{ACCOUNT}"), &headers, b"four").await;
    assert_eq!((large.status, &large.json()["limit"]), (413, &json!("maxSizeUpload")));
}
