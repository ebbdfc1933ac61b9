//! Folders, listings and what changes afterwards.

use super::*;

#[tokio::test]
async fn folders_have_roles_and_paths_and_are_kept_up_to_date() {
    let f = Fixture::start(Fill::Small).await;
    let roles = |list: &[RemoteMailbox]| list.iter().map(|m| (m.name.clone(), m.role)).collect::<Vec<_>>();
    let all = f.source.mailboxes().await.unwrap();
    assert_eq!(
        roles(&all),
        [
            ("Inbox".to_owned(), Some(MailboxRole::Inbox)),
            ("Archive".to_owned(), Some(MailboxRole::Archive)),
            ("Drafts".to_owned(), Some(MailboxRole::Drafts)),
            ("Sent".to_owned(), Some(MailboxRole::Sent)),
            ("Spam".to_owned(), Some(MailboxRole::Junk)),
            ("Trash".to_owned(), Some(MailboxRole::Trash)),
            ("Choir".to_owned(), None),
            ("Choir/Scores".to_owned(), None),
        ]
    );
    assert_eq!((all[0].total, all[0].unread), (Some(3), Some(1)));
    f.deliver("new");
    let again = f.source.mailboxes().await.unwrap();
    assert_eq!((again[0].total, again[0].unread, again.len()), (Some(4), Some(2), 8), "only counts were told");
    let choir = f.folder("Choir");
    f.sandbox.jmap_create_mailbox("Programmes", Some(choir.as_str()), None);
    f.deliver("newer");
    let more = f.source.mailboxes().await.unwrap();
    assert!(more.iter().any(|m| m.name == "Choir/Programmes") && more[0].total == Some(5));
    f.sandbox.jmap_drop_mailbox(f.folder("Programmes").as_str());
    assert_eq!(f.source.mailboxes().await.unwrap().len(), 8);
    f.sandbox.jmap_void_states();
    assert_eq!(f.source.mailboxes().await.unwrap().len(), 8, "listed anew");
}

#[tokio::test]
async fn a_first_listing_brings_everything_newest_first_and_a_second_one_nothing() {
    let f = Fixture::start(Fill::Small).await;
    let mut store = MailMirror::new(None);
    store.sync(&f.source, 3).await;
    store.assert_equal(&f.sandbox);
    let newest: Vec<String> = f.sandbox.jmap_emails().into_iter().map(|m| m.id).collect();
    assert_eq!(store.order[..3].iter().collect::<BTreeSet<_>>(), newest[..3].iter().collect::<BTreeSet<_>>());
    let both = f.sandbox.jmap_emails().into_iter().find(|m| m.mailboxes.len() == 2).unwrap();
    assert_eq!(store.rows[&both.id].0.mailboxes.as_ref().unwrap().len(), 2, "a mail may lie in several folders");
    let (told, before) = (store.order.len(), f.api_requests());
    store.sync(&f.source, 3).await;
    assert_eq!((store.order.len() - told, f.api_requests() - before), (0, 1), "one request says that nothing changed");
    assert!(f.source.folders() && !f.source.scope_per_mailbox());
}

#[tokio::test]
async fn what_happens_during_a_listing_is_seen_within_a_page() {
    let f = Fixture::start(Fill::Bulk(20)).await;
    let mut store = MailMirror::new(None);
    assert!(store.step(&f.source, 5).await.unwrap());
    let fresh = f.deliver("while it runs");
    let all = f.sandbox.jmap_emails();
    // One that was listed goes, one that was not goes, and all mails that the next page could begin after go.
    for n in [2, 15] {
        f.sandbox.jmap_destroy(&all[n].id);
    }
    f.sandbox.jmap_destroy(&all[5].id);
    assert!(store.step(&f.source, 5).await.unwrap());
    assert!(store.rows.contains_key(fresh.as_str()) && !store.rows.contains_key(&all[2].id));
    store.sync(&f.source, 5).await;
    store.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn a_listing_whose_place_is_lost_starts_again() {
    let mut f = Fixture::start(Fill::Bulk(20)).await;
    let mut store = MailMirror::new(None);
    assert!(store.step(&f.source, 4).await.unwrap());
    for mail in &f.sandbox.jmap_emails()[..4] {
        f.sandbox.jmap_destroy(&mail.id);
    }
    assert!(matches!(store.step(&f.source, 4).await, Err(ProviderError::CursorExpired)), "no mail is left to begin after");
    store.sync(&f.source, 4).await;
    store.assert_equal(&f.sandbox);
    let mut other = MailMirror::new(None);
    assert!(other.step(&f.source, 4).await.unwrap());
    f.restart();
    assert!(matches!(other.step(&f.source, 4).await, Err(ProviderError::CursorExpired)), "begun by another run");
    other.sync(&f.source, 4).await;
    other.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn changes_elsewhere_arrive_and_moves_need_no_download() {
    let f = Fixture::start(Fill::Small).await;
    let mut store = MailMirror::new(None);
    store.sync(&f.source, 50).await;
    let downloads = || f.sandbox.control().count("GET", "/jmap/download/*");
    let before = downloads();
    let all = f.sandbox.jmap_emails();
    let archive = f.folder("Archive");
    assert!(f.sandbox.jmap_set(&all[2].id, Some(&[archive.as_str()]), Some(&["$seen", "$flagged", "$forwarded"])));
    assert!(f.sandbox.jmap_destroy(&all[1].id));
    f.deliver("one");
    f.deliver("two");
    f.sandbox.set_jmap(|s| s.changes_limit = 2);
    store.sync(&f.source, 50).await;
    store.assert_equal(&f.sandbox);
    assert_eq!(downloads() - before, 2, "only what is new");
    let gone = f.deliver("comes and goes");
    f.sandbox.jmap_destroy(gone.as_str());
    store.sync(&f.source, 50).await;
    store.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn a_state_that_is_too_old_is_compared_by_mark_and_sweep() {
    let f = Fixture::start(Fill::Small).await;
    let mut store = MailMirror::new(None);
    store.sync(&f.source, 50).await;
    let all = f.sandbox.jmap_emails();
    f.sandbox.jmap_destroy(&all[0].id);
    f.sandbox.jmap_set(&all[3].id, None, Some(&["$seen"]));
    f.sandbox.jmap_void_states();
    let reads = f.sandbox.control().count("GET", "/jmap/download/*");
    assert!(matches!(store.step(&f.source, 50).await, Err(ProviderError::CursorExpired)));
    store.cursor = None;
    store.sync(&f.source, 2).await;
    store.assert_equal(&f.sandbox);
    assert_eq!(f.sandbox.control().count("GET", "/jmap/download/*"), reads, "what is here is not read again");
    let cursor = SyncCursor::Opaque { value: r#"{"v":1,"account":"another","state":"e1","phase":{"kind":"steady"}}"#.to_owned() };
    store.cursor = Some(cursor);
    assert!(matches!(store.step(&f.source, 50).await, Err(ProviderError::CursorExpired)), "ids of another account");
}

#[tokio::test]
async fn only_the_window_is_listed_and_old_mail_that_is_filed_stays_outside() {
    let f = Fixture::start(Fill::Bulk(20)).await;
    let all = f.sandbox.jmap_emails();
    let mut store = MailMirror::new(None).no_older_than(all[9].received);
    store.sync(&f.source, 4).await;
    store.assert_equal(&f.sandbox);
    assert_eq!(store.rows.len(), 10);
    let inbox = f.folder("Inbox");
    f.sandbox.jmap_insert(&all[19].raw, &[inbox.as_str()], &[], all[19].received);
    f.deliver("new");
    store.sync(&f.source, 4).await;
    store.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn mail_that_can_not_be_read_stops_nothing_and_a_broken_line_is_an_error() {
    let f = Fixture::start(Fill::Small).await;
    let mut store = MailMirror::new(None);
    let refused = FaultAction::Status { status: 400, retry_after: None, reason: Some("Broken.".to_owned()), body: None };
    f.sandbox.control().add_fault(Fault::new("/jmap/download/*", refused));
    store.sync(&f.source, 50).await;
    assert_eq!((store.unreadable.len(), store.rows.len()), (1, 7));
    let mut other = MailMirror::new(None);
    f.sandbox.control().add_fault(Fault::new("/jmap/download/*", FaultAction::Truncate { keep: 20 }));
    assert_eq!(other.step(&f.source, 50).await.unwrap_err().code(), "unreachable");
    other.open = None;
    other.rows.clear();
    other.sync(&f.source, 50).await;
    other.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn a_folder_that_is_left_out_is_not_read_and_comes_when_it_is_wanted_again() {
    let mut f = Fixture::start(Fill::Small).await;
    let (choir, inbox, archive) = (f.folder("Choir"), f.folder("Inbox"), f.folder("Archive"));
    let all = f.sandbox.jmap_emails();
    let (alone, both) = (all[1].id.clone(), all[2].id.clone());
    f.sandbox.jmap_set(&alone, Some(&[choir.as_str()]), None);
    f.sandbox.jmap_set(&both, Some(&[choir.as_str(), inbox.as_str()]), None);
    let there = |f: &Fixture| {
        f.sandbox
            .jmap_emails()
            .into_iter()
            .filter(|m| m.mailboxes.iter().any(|id| id != choir.as_str()))
            .map(|m| m.id)
            .collect::<BTreeSet<_>>()
    };
    f.leave_out(&[choir.as_str()]);
    let mut store = MailMirror::new(None);
    store.sync(&f.source, 3).await;
    assert_eq!(store.ids(), there(&f));
    assert!(store.rows.contains_key(&both) && !store.rows.contains_key(&alone));
    assert_eq!(f.sandbox.control().count("GET", "/jmap/download/*"), store.rows.len(), "nothing of it was fetched");
    // Into it alone: gone. Out of it: here. Made in it: never told of.
    f.sandbox.jmap_set(&both, Some(&[choir.as_str()]), None);
    f.sandbox.jmap_set(&alone, Some(&[archive.as_str()]), None);
    let fresh = f.deliver("for the choir");
    f.sandbox.jmap_set(fresh.as_str(), Some(&[choir.as_str()]), None);
    store.sync(&f.source, 3).await;
    assert_eq!(store.ids(), there(&f));
    assert!(!store.rows.contains_key(&both) && store.rows.contains_key(&alone) && !store.rows.contains_key(fresh.as_str()));
    // The cursor is of another choice: everything is compared.
    f.leave_out(&[]);
    assert!(matches!(store.step(&f.source, 3).await, Err(ProviderError::CursorExpired)));
    store.sync(&f.source, 3).await;
    store.assert_equal(&f.sandbox);
    f.leave_out(&[choir.as_str()]);
    store.sync(&f.source, 3).await;
    assert_eq!(store.ids(), there(&f), "and goes again");
}
