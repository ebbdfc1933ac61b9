//! Folders, listings and what changes afterwards.

use super::*;

#[tokio::test]
async fn folders_have_their_roles_and_their_places() {
    let f = Fixture::start(Fill::Small).await;
    let all = f.source.mailboxes().await.unwrap();
    for role in [MailboxRole::Inbox, MailboxRole::Sent, MailboxRole::Trash, MailboxRole::Junk, MailboxRole::Drafts, MailboxRole::Archive] {
        assert_eq!(all.iter().filter(|m| m.role == Some(role)).count(), 1, "{role:?}");
    }
    let names: Vec<&str> = all.iter().map(|m| m.name.as_str()).collect();
    assert!(names.contains(&"Projects") && names.contains(&"Projects/Quay 7"), "{names:?}");
    assert!(!names.iter().any(|n| ["Outbox", "Conversation History", "Clutter"].contains(n)), "{names:?}");
    let inbox = all.iter().find(|m| m.role == Some(MailboxRole::Inbox)).unwrap();
    assert_eq!((inbox.total, inbox.unread), (Some(3), Some(1)));
    // Which is which is remembered; a folder that is not in every mailbox is no error.
    f.sandbox.control().clear_log();
    f.source.mailboxes().await.unwrap();
    assert_eq!(f.sandbox.control().count("POST", "/v1.0/$batch"), 0);
    f.sandbox.ms_drop_folder(MS_MARA, "archive");
    f.sandbox.clock().advance(3_600_000);
    assert!(f.source.mailboxes().await.unwrap().iter().all(|m| m.role != Some(MailboxRole::Archive)));
    for n in 0..230 {
        f.sandbox.ms_create_folder(MS_MARA, None, &format!("F{n}"));
    }
    assert!(f.source.mailboxes().await.unwrap().len() > 230, "all pages");
}

#[tokio::test]
async fn a_first_listing_brings_everything_newest_first_and_a_second_one_nothing() {
    let f = Fixture::start(Fill::Bulk(330)).await;
    let mut store = MailMirror::new(Some(f.folder("Inbox")));
    store.step(&f.source, 20).await.unwrap();
    let newest: BTreeSet<_> = f.sandbox.ms_messages(MS_MARA).into_iter().take(20).map(|m| m.id).collect();
    assert_eq!(store.ids(), newest);
    store.sync(&f.source, 100).await;
    store.assert_equal(&f.sandbox);
    assert_eq!(f.reads(), 330, "every body once");
    f.sandbox.control().clear_log();
    store.sync(&f.source, 100).await;
    assert_eq!(f.sandbox.control().log().len(), 1, "a sync of nothing is one call");
    assert!(f.sandbox.ms_peak() <= 4);
}

#[tokio::test]
async fn small_folders_with_drafts_files_and_flags_arrive_byte_for_byte() {
    let f = Fixture::start(Fill::Small).await;
    for name in ["Inbox", "Sent Items", "Drafts", "Junk Email", "Quay 7", "Archive"] {
        let mut store = MailMirror::new(Some(f.folder(name)));
        store.sync(&f.source, 100).await;
        store.assert_equal(&f.sandbox);
    }
}

#[tokio::test]
async fn changes_from_elsewhere_arrive_though_they_say_only_what_changed() {
    let f = Fixture::start(Fill::Bulk(20)).await;
    f.sandbox.set_ms_switches(|s| (s.delta_gaps, s.delta_repeats) = (true, true));
    let (mut inbox, mut archive) = (MailMirror::new(Some(f.folder("Inbox"))), MailMirror::new(Some(f.folder("Archive"))));
    inbox.sync(&f.source, 7).await;
    archive.sync(&f.source, 7).await;
    inbox.assert_equal(&f.sandbox);
    let reads = f.reads();
    let ids: Vec<String> = f.sandbox.ms_messages(MS_MARA).into_iter().map(|m| m.id).collect();
    f.sandbox.ms_set(MS_MARA, &ids[0], Some(false), None);
    f.sandbox.ms_set(MS_MARA, &ids[1], None, Some(true));
    f.sandbox.ms_set(MS_MARA, &ids[1], Some(true), None);
    f.sandbox.ms_move(MS_MARA, &ids[2], "archive");
    f.sandbox.ms_delete(MS_MARA, &ids[3]);
    let new = f.sandbox.ms_deliver_text(MS_MARA, "a@x.test", "new", "body").unwrap();
    let brief = f.sandbox.ms_deliver_text(MS_MARA, "a@x.test", "gone again", "body").unwrap();
    f.sandbox.ms_delete(MS_MARA, &brief);
    inbox.sync(&f.source, 3).await;
    archive.sync(&f.source, 3).await;
    inbox.assert_equal(&f.sandbox);
    archive.assert_equal(&f.sandbox);
    assert!(archive.rows.contains_key(&ids[2]), "the moved one keeps its id");
    assert!(inbox.rows.contains_key(&new) && !inbox.rows.contains_key(&ids[2]));
    assert_eq!(f.reads() - reads, 2, "the new one, and the moved one in its new place");
    // There and back between two rounds.
    f.sandbox.ms_move(MS_MARA, &ids[4], "archive");
    f.sandbox.ms_move(MS_MARA, &ids[4], "inbox");
    inbox.sync(&f.source, 3).await;
    inbox.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn a_void_token_compares_everything_and_reads_nothing_twice() {
    let f = Fixture::start(Fill::Bulk(40)).await;
    let mut store = MailMirror::new(Some(f.folder("Inbox")));
    store.sync(&f.source, 15).await;
    let ids: Vec<String> = f.sandbox.ms_messages(MS_MARA).into_iter().map(|m| m.id).collect();
    f.sandbox.ms_delete(MS_MARA, &ids[7]);
    f.sandbox.ms_set(MS_MARA, &ids[8], None, Some(true));
    f.sandbox.ms_expire_sync(MS_MARA);
    let reads = f.reads();
    assert!(matches!(store.step(&f.source, 15).await, Err(ProviderError::CursorExpired)));
    store.sync(&f.source, 15).await;
    store.assert_equal(&f.sandbox);
    assert_eq!(f.reads(), reads);
}

#[tokio::test]
async fn a_listing_that_another_run_began_starts_again() {
    let mut f = Fixture::start(Fill::Bulk(60)).await;
    let mut store = MailMirror::new(Some(f.folder("Inbox")));
    store.step(&f.source, 20).await.unwrap();
    f.restart();
    assert!(matches!(store.step(&f.source, 20).await, Err(ProviderError::CursorExpired)));
    store.sync(&f.source, 20).await;
    store.assert_equal(&f.sandbox);
    assert_eq!(f.reads(), 60, "what was read stays read");
    f.restart();
    f.sandbox.ms_deliver_text(MS_MARA, "a@x.test", "new", "body");
    store.sync(&f.source, 20).await;
    store.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn a_window_leaves_older_mail_out_and_goes_on_doing_so() {
    let f = Fixture::start(Fill::Bulk(50)).await;
    let all = f.sandbox.ms_messages(MS_MARA);
    let mut store = MailMirror::new(Some(f.folder("Inbox")));
    store.since = Some(Timestamp(all[19].received.secs() * 1000));
    store.sync(&f.source, 30).await;
    assert_eq!(store.rows.len(), 20);
    store.assert_equal(&f.sandbox);
    f.sandbox.ms_set(MS_MARA, &all[40].id, None, Some(true));
    f.sandbox.ms_set(MS_MARA, &all[3].id, Some(true), Some(true));
    store.sync(&f.source, 30).await;
    store.assert_equal(&f.sandbox);
    assert!(!store.rows.contains_key(&all[40].id));
}

#[tokio::test]
async fn a_mail_too_large_for_a_batch_is_streamed() {
    let f = Fixture::start(Fill::Small).await;
    let line = [&[b'x'; 76][..], b"\r\n"].concat();
    let raw = [b"From: a@x.test\r\nSubject: big\r\nMessage-ID: <big@x.test>\r\n\r\n".to_vec(), line.repeat(270_000)].concat();
    let id = f.sandbox.ms_deliver(MS_MARA, &raw).unwrap();
    let mut store = MailMirror::new(Some(f.folder("Inbox")));
    store.sync(&f.source, 100).await;
    store.assert_equal(&f.sandbox);
    assert!(store.rows[&id].1.len() > 20_000_000);
}
