//! What the sandbox does not do but Google may: missing label lists, broken replies, tokens that repeat.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use domain::mail::Flags;

use super::*;
use crate::{
    google::{GmailSource, Grants, shared::Accounts},
    registry::scope,
    scripted::{Scripted, Tokens, answer, http},
};

fn source(server: &Scripted) -> GmailSource {
    let config = domain::config::ProviderConfig { gmail_url: Some(server.base.clone()), ..Default::default() };
    let grants = Grants::new(&[scope::MODIFY.to_owned()]);
    GmailSource::new(http(), Arc::new(Tokens::default()), &config, grants, &Accounts::default(), &"c1".into()).unwrap()
}

fn steady(history: &str) -> SyncCursor {
    Cursor { v: 1, history: history.to_owned(), history_page: None, phase: Phase::Steady }.store()
}

async fn ask(source: &GmailSource, cursor: &SyncCursor) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
    changes(&source.api, Some(cursor), Budget { items: 100, since: None }).await
}

#[tokio::test]
async fn the_history_page_of_the_reference_is_read_as_it_means() {
    let server = Scripted::start().await;
    let page = r#"{"history":[
      {"id":"987655","messages":[{"id":"18c1","threadId":"18c1"}],"messagesAdded":[{"message":{"id":"18c1","threadId":"18c1","labelIds":["UNREAD","INBOX","CATEGORY_UPDATES"]}}]},
      {"id":"987661","messages":[{"id":"18b0","threadId":"18aa"}],"labelsRemoved":[{"message":{"id":"18b0","threadId":"18aa","labelIds":["INBOX"]},"labelIds":["UNREAD"]}]},
      {"id":"987670","messages":[{"id":"1800","threadId":"1800"}],"messagesDeleted":[{"message":{"id":"1800","threadId":"1800"}}]}],
     "historyId":"18446744073709551615"}"#;
    server.next_json(200, page);
    let batch = ask(&source(&server), &steady("987600")).await.unwrap();
    let [Change::Gone(gone), Change::Upsert(read), Change::Upsert(new)] = batch.changes.as_slice() else { panic!("{:?}", batch.changes) };
    assert_eq!((gone.as_str(), read.id.as_str(), new.id.as_str()), ("1800", "18b0", "18c1"));
    assert_eq!(read.flags, Some(Flags { seen: true, ..Flags::default() }));
    assert_eq!(read.thread.as_ref().unwrap().as_str(), "18aa");
    assert_eq!(new.flags, Some(Flags::default()));
    assert!(!batch.more && batch.present.is_none());
    assert_eq!(Cursor::parse(&batch.next).unwrap().history, "18446744073709551615", "ids beyond 2^53 survive, as text");
    assert_eq!(server.asked()[0].target, "/gmail/v1/users/me/history?startHistoryId=987600&maxResults=100");
}

#[tokio::test]
async fn a_record_without_labels_is_looked_up_and_a_message_that_is_gone_by_then_is_gone() {
    let server = Scripted::start().await;
    server.next_json(
        200,
        r#"{"history":[{"id":"1","labelsRemoved":[{"message":{"id":"a","threadId":"a"},"labelIds":["INBOX"]}]},
                       {"id":"2","messagesAdded":[{"message":{"id":"b","threadId":"b"}}]}],"historyId":"3"}"#,
    );
    server.next(|asked| {
        assert!(asked.text().contains("GET /gmail/v1/users/me/messages/a?format=minimal HTTP/1.1"));
        let part = |n: u8, status: &str, body: &str| {
            format!("--x\nContent-Type: application/http\nContent-ID: <response-item{n}>\n\nHTTP/1.1 {status}\nContent-Type: application/json\n\n{body}\n")
        };
        let body = format!(
            "{}{}--x--",
            part(1, "404 Not Found", r#"{"error":{"code":404,"errors":[{"reason":"notFound"}]}}"#),
            part(0, "200 OK", r#"{"id":"a","threadId":"a","labelIds":["SENT"]}"#)
        );
        answer(200, "multipart/mixed; boundary=\"x\"", body)
    });
    let batch = ask(&source(&server), &steady("0")).await.unwrap();
    let [Change::Upsert(a), Change::Gone(b)] = batch.changes.as_slice() else { panic!("{:?}", batch.changes) };
    assert_eq!((a.id.as_str(), b.as_str()), ("a", "b"));
    assert!(a.mailboxes.as_ref().unwrap().contains(&"SENT".into()));
}

#[tokio::test]
async fn nothing_new_still_moves_the_cursor() {
    let server = Scripted::start().await;
    server.next_json(200, r#"{"historyId":"50"}"#).next_json(200, "{}");
    let source = source(&server);
    let batch = ask(&source, &steady("40")).await.unwrap();
    assert!(batch.changes.is_empty());
    assert_eq!(Cursor::parse(&batch.next).unwrap().history, "50");
    assert_eq!(ask(&source, &batch.next).await.unwrap().next, batch.next, "no id in the reply: the old one stays");
}

#[tokio::test]
async fn cursors_that_are_void_or_not_ours_ask_for_a_comparison() {
    let server = Scripted::start().await;
    server.next_json(404, r#"{"error":{"code":404,"errors":[{"reason":"notFound"}]}}"#);
    let source = source(&server);
    for cursor in [
        steady("1"),
        SyncCursor::Opaque { value: "{}".into() },
        SyncCursor::Opaque { value: r#"{"v":2,"history":"1","phase":{"kind":"steady"}}"#.into() },
        SyncCursor::Since { at: domain::time::Timestamp(0) },
    ] {
        assert!(matches!(ask(&source, &cursor).await, Err(ProviderError::CursorExpired)), "{cursor:?}");
    }
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_page_token_that_repeats_or_expired_does_not_go_round_for_ever() {
    let server = Scripted::start().await;
    let cursor = Cursor { v: 1, history: "1".into(), history_page: Some("p".into()), phase: Phase::Steady };
    server.next_json(200, r#"{"nextPageToken":"p","historyId":"2"}"#);
    let source = source(&server);
    let batch = ask(&source, &cursor.store()).await.unwrap();
    assert!(!batch.more);
    server.next_json(400, r#"{"error":{"code":400,"message":"Invalid pageToken"}}"#);
    assert!(matches!(ask(&source, &cursor.store()).await, Err(ProviderError::CursorExpired)));
}

#[tokio::test]
async fn malformed_replies_are_protocol_errors_that_quote_nothing() {
    let server = Scripted::start().await;
    let source = source(&server);
    for body in ["<html>private</html>", r#"{"history":"private"}"#, r#"{"history":[{"messagesAdded":[{"message":{"id":7}}]}]}"#, ""] {
        server.next_json(200, body);
        let error = ask(&source, &steady("1")).await.unwrap_err();
        assert!(matches!(error, ProviderError::Protocol { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("private"), "{error:?}");
    }
}

#[test]
fn stored_cursors_keep_their_shape() {
    let text = |cursor: &Cursor| match cursor.store() {
        SyncCursor::Opaque { value } => value,
        other => panic!("{other:?}"),
    };
    let listing = Cursor {
        v: 1,
        history: "5".into(),
        history_page: None,
        phase: Phase::Listing { mark: "5".into(), page: Some("t".into()), done: 3, total: 9, since: Some(7) },
    };
    assert_eq!(text(&listing), r#"{"v":1,"history":"5","phase":{"kind":"listing","mark":"5","page":"t","done":3,"total":9,"since":7}}"#);
    let reconcile = Cursor {
        v: 1,
        history: "5".into(),
        history_page: Some("h".into()),
        phase: Phase::Reconcile { mark: "5".into(), after: None, since: None },
    };
    assert_eq!(text(&reconcile), r#"{"v":1,"history":"5","history_page":"h","phase":{"kind":"reconcile","mark":"5"}}"#);
    for cursor in [listing, reconcile] {
        assert_eq!(Cursor::parse(&cursor.store()), Some(cursor));
    }
}
