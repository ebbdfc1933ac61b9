//! Throttling, ended tokens, broken replies.

use domain::config::ProviderConfig;

use super::*;
use crate::scripted::{Scripted, Tokens, http};

fn throttled(path: &str, wait: &str) -> Fault {
    let action =
        FaultAction::Status { status: 429, retry_after: Some(wait.to_owned()), reason: Some("ApplicationThrottled".into()), body: None };
    Fault::new(path, action)
}

#[tokio::test]
async fn parts_that_are_throttled_are_asked_again_and_only_those() {
    let f = Fixture::start(Fill::Bulk(20)).await;
    f.sandbox.control().add_fault(throttled("/v1.0/me/messages/*", "7").nth(3).times(4));
    let mut store = MailMirror::new(Some(f.folder("Inbox")));
    store.sync(&f.source, 50).await;
    store.assert_equal(&f.sandbox);
    assert_eq!(f.reads(), 20, "each body once");
    let slept = *f.slept.lock().unwrap();
    assert!((7..9).contains(&slept.as_secs()), "as long as was asked: {slept:?}");
}

#[tokio::test]
async fn a_wait_for_long_is_the_engines_and_so_is_a_refusal_of_the_listing() {
    let f = Fixture::start(Fill::Bulk(20)).await;
    let mut store = MailMirror::new(Some(f.folder("Inbox")));
    f.sandbox.control().add_fault(throttled("/v1.0/me/messages/*", "600"));
    let error = store.step(&f.source, 50).await.unwrap_err();
    assert!(error.retry_at().is_some_and(|at| at.since(f.sandbox.now()) > 590_000), "{error:?}");
    f.sandbox.control().add_fault(throttled("*/messages/delta", "9"));
    assert!(matches!(store.step(&f.source, 50).await, Err(ProviderError::RateLimited { retry_at: Some(_), .. })));
    f.sandbox.control().clear_faults();
    f.sandbox.set_ms_switches(|s| s.calls = Some(3));
    f.sandbox.clock().advance(600_000);
    let mut limited = None;
    for _ in 0..5 {
        limited = limited.or(f.source.changes(&store.scope, None, Budget { items: 5, since: None }).await.err());
    }
    assert!(matches!(limited, Some(ProviderError::RateLimited { retry_at: Some(_), .. })), "{limited:?}");
}

#[tokio::test]
async fn an_ended_token_is_renewed_in_the_middle_and_a_dead_grant_is_said() {
    let f = Fixture::start(Fill::Bulk(40)).await;
    let mut store = MailMirror::new(Some(f.folder("Inbox")));
    store.step(&f.source, 15).await.unwrap();
    f.sandbox.expire_access_tokens(Provider::Microsoft);
    store.sync(&f.source, 15).await;
    store.assert_equal(&f.sandbox);
    assert_eq!(f.sandbox.counts(Provider::Microsoft).refreshes, 1);
    f.sandbox.kill_grants(Provider::Microsoft, MS_MARA);
    let error = store.step(&f.source, 15).await.unwrap_err();
    assert!(matches!(error, ProviderError::Auth(_)), "{error:?}");
}

#[tokio::test]
async fn no_more_than_three_requests_are_under_way() {
    let f = Fixture::start(Fill::Bulk(60)).await;
    f.sandbox.set_ms_switches(|s| s.latency_ms = 30);
    f.sandbox.ms_peak();
    let inbox = f.folder("Inbox");
    let looks = (0..12).map(|_| f.source.find(Some(&inbox), "bulk-3@bulk.example"));
    let all = futures_util::future::join_all(looks).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(f.sandbox.ms_peak(), 3);
    // A batch is up to four at Graph, so it goes by itself.
    let ids: Vec<RemoteId> = f.sandbox.ms_messages(MS_MARA).into_iter().take(30).map(|m| RemoteId(m.id)).collect();
    let mut store = MailMirror::new(Some(inbox.clone()));
    let here = store.scope.clone();
    let read = f.source.fetch(&here, &ids, &mut store);
    let look = f.source.changes(&here, None, Budget { items: 5, since: None });
    let (read, look) = tokio::join!(read, look);
    assert!(read.is_ok() && look.is_ok());
    assert_eq!((store.rows.len(), f.sandbox.ms_peak()), (30, 4));
    assert!(f.sandbox.control().log().iter().all(|e| e.status != 429), "nothing was refused");
}

#[tokio::test]
async fn a_batch_that_breaks_off_and_a_message_that_can_not_be_rendered_stop_nothing() {
    let f = Fixture::start(Fill::Bulk(15)).await;
    let ids: Vec<RemoteId> = f.sandbox.ms_messages(MS_MARA).into_iter().map(|m| RemoteId(m.id)).collect();
    f.sandbox.control().add_fault(Fault::new("/v1.0/$batch", FaultAction::Truncate { keep: 4000 }));
    f.sandbox.control().add_fault(Fault::status("/v1.0/$batch", 503, "ServiceUnavailable").nth(2));
    let broken = Fault::status(&format!("/v1.0/me/messages/{}/$value", ids[4].as_str()), 400, "ErrorMimeContentInvalid").times(0);
    f.sandbox.control().add_fault(broken);
    let mut store = MailMirror::new(Some(f.folder("Inbox")));
    f.source
        .fetch(
            &store.scope.clone(),
            &[&ids[..], &[RemoteId::from("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A00000000000fffff")]].concat(),
            &mut store,
        )
        .await
        .unwrap();
    assert_eq!((store.rows.len(), store.unreadable.as_slice()), (15, &[ids[4].0.clone()][..]));
}

/// A source over what a test scripts.
fn over(server: &Scripted) -> GraphMail {
    let config = ProviderConfig { graph_url: Some(server.base.clone()), ..ProviderConfig::default() };
    let grants = Grants::new(&["Mail.ReadWrite".to_owned(), "Mail.Send".to_owned()]);
    let accounts = Accounts::waiting_by(Arc::new(|_| Box::pin(std::future::ready(()))), half());
    GraphMail::new(Api::new(http(), Arc::new(Tokens::default()), &config, &accounts, &"c1".into()).unwrap(), grants)
}

#[tokio::test]
async fn a_token_never_follows_a_link_to_another_place() {
    let server = Scripted::start().await;
    let source = over(&server);
    let folder = RemoteId::from("f");
    for page in [
        r#"{"value":[],"@odata.nextLink":"https://evil.example/v1.0/me/x"}"#,
        r#"{"value":[],"@odata.deltaLink":"http://127.0.0.1:1/v1.0/me/x"}"#,
        r#"{"value":[]}"#,
        r#"{"value":{}}"#,
        "<html>private</html>",
    ] {
        server.next_json(200, r#"{"id":"f","totalItemCount":1}"#).next_json(200, page);
        let error = source.changes(&scope(Some(folder.clone())), None, Budget { items: 10, since: None }).await.unwrap_err();
        assert!(matches!(error, ProviderError::Protocol { .. }), "{page}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("private"));
    }
    assert!(server.asked().iter().all(|a| a.header("prefer").is_some_and(|p| p.contains("IdType=\"ImmutableId\""))));
    let stored = SyncCursor::Opaque { value: r#"{"v":1,"phase":{"kind":"steady","link":"https://evil.example/x"}}"#.into() };
    assert!(source.changes(&scope(Some(folder.clone())), Some(&stored), Budget { items: 10, since: None }).await.is_err());
    let before = server.asked().len();
    let foreign = SyncCursor::Opaque { value: r#"{"v":9}"#.into() };
    assert!(matches!(
        source.changes(&scope(Some(folder.clone())), Some(&foreign), Budget { items: 10, since: None }).await,
        Err(ProviderError::CursorExpired)
    ));
    assert_eq!(server.asked().len(), before);
}
