//! Waiting for the server to say that something changed.

use super::*;

const LONG: Duration = Duration::from_secs(60);

/// Once somebody listens.
async fn listened_to(sandbox: &Sandbox) {
    while sandbox.jmap_listeners() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn new_mail_ends_a_wait_and_a_new_folder_does_not() {
    let f = Fixture::start(Fill::Empty).await;
    let scope = scope(None);
    let waiting = f.source.wait(&scope, LONG);
    let acting = async {
        listened_to(&f.sandbox).await;
        f.sandbox.jmap_create_mailbox("Choir", None, None);
        f.deliver("new");
    };
    let started = std::time::Instant::now();
    let (waited, ()) = tokio::join!(waiting, acting);
    waited.unwrap();
    assert!(started.elapsed() < LONG);
}

#[tokio::test]
async fn what_changed_before_anybody_listened_is_told_at_once() {
    let f = Fixture::start(Fill::Small).await;
    let mut store = MailMirror::new(None);
    store.sync(&f.source, 50).await;
    store.sync(&f.source, 50).await;
    f.source.wait(&scope(None), Duration::from_millis(1)).await.unwrap();
    f.deliver("between the round and the wait");
    let started = std::time::Instant::now();
    f.source.wait(&scope(None), LONG).await.unwrap();
    assert!(started.elapsed() < LONG);
}

#[tokio::test]
async fn a_wait_ends_by_itself_and_with_the_server_and_is_refused_where_there_are_no_events() {
    let mut f = Fixture::start(Fill::Empty).await;
    f.source.wait(&scope(None), Duration::from_millis(1)).await.unwrap();
    f.sandbox.control().add_fault(Fault::status("/jmap/events", 503, "Back soon."));
    assert_eq!(f.source.wait(&scope(None), LONG).await.unwrap_err().code(), "server");
    f.sandbox.control().add_fault(Fault::status("/jmap/events", 404, "None."));
    assert_eq!(f.source.wait(&scope(None), LONG).await.unwrap_err().code(), "unsupported");
    f.sandbox.set_jmap(|s| s.push = false);
    f.restart();
    assert_eq!(f.source.wait(&scope(None), LONG).await.unwrap_err().code(), "unsupported");
    f.sandbox.set_jmap(|s| s.push = true);
    f.restart();
    let scope = scope(None);
    let source = &f.source;
    let waiting = source.wait(&scope, LONG);
    let sandbox = f.sandbox;
    let stopping = async {
        listened_to(&sandbox).await;
        sandbox.stop().await;
    };
    let (waited, ()) = tokio::join!(waiting, stopping);
    waited.unwrap();
}
