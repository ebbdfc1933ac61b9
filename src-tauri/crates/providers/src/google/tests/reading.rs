//! Listing, following, fetching.

use super::*;

#[tokio::test]
async fn a_first_sync_brings_everything_and_a_second_one_nothing() {
    let f = Fixture::start(Fill::Bulk(700)).await;
    let mut store = MailMirror::new(None);
    store.sync(&*f.source, 300).await;
    assert!(store.rows.len() >= 700);
    store.assert_equal(&f.sandbox);
    assert_eq!(f.reads(), store.rows.len(), "every body once");
    f.sandbox.control().clear_log();
    store.sync(&*f.source, 300).await;
    let asked: Vec<_> = f.sandbox.control().log().iter().map(|e| e.path.clone()).collect();
    assert_eq!(asked, ["/gmail/v1/users/me/history"], "a sync of nothing is one call");
    store.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn the_demo_mailbox_with_all_its_oddities_arrives_byte_for_byte() {
    let f = Fixture::start(Fill::Demo).await;
    let mut store = MailMirror::new(None);
    store.sync(&*f.source, 100).await;
    store.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn the_newest_mail_comes_first() {
    let f = Fixture::start(Fill::Bulk(120)).await;
    let mut store = MailMirror::new(None);
    store.step(&*f.source, 20).await.unwrap();
    let newest: BTreeSet<_> = f.sandbox.messages(MARA).into_iter().take(20).map(|m| m.id).collect();
    assert_eq!(store.ids(), newest);
}

#[tokio::test]
async fn changes_from_elsewhere_arrive_by_history() {
    let f = Fixture::start(Fill::Small).await;
    let mut store = MailMirror::new(None);
    store.sync(&*f.source, 100).await;
    let reads = f.reads();
    let ids: Vec<String> = f.sandbox.messages(MARA).into_iter().map(|m| m.id).collect();
    f.sandbox.relabel(MARA, &ids[0], &["STARRED"], &["UNREAD"]);
    f.sandbox.relabel(MARA, &ids[0], &[], &["INBOX", "STARRED"]);
    f.sandbox.relabel(MARA, &ids[1], &["TRASH"], &["INBOX"]);
    f.sandbox.delete(MARA, &ids[2]);
    let label = f.sandbox.create_label(MARA, "Work/Invoices").unwrap();
    f.sandbox.relabel(MARA, &ids[3], &[&label], &[]);
    let new = f.sandbox.deliver_text(MARA, "a@x.test", "new", "body").unwrap();
    let brief = f.sandbox.deliver_text(MARA, "a@x.test", "gone again", "body").unwrap();
    f.sandbox.delete(MARA, &brief);
    store.sync(&*f.source, 3).await;
    store.assert_equal(&f.sandbox);
    assert!(store.rows.contains_key(&new) && !store.rows.contains_key(&brief));
    assert_eq!(f.reads() - reads, 1, "only the new mail was read");
    let mailboxes = f.source.mailboxes().await.unwrap();
    assert!(mailboxes.iter().any(|m| m.id.as_str() == label && m.name == "Work/Invoices"));
}

#[tokio::test]
async fn mail_that_arrives_during_the_first_sync_is_not_late() {
    let f = Fixture::start(Fill::Bulk(200)).await;
    let mut store = MailMirror::new(None);
    store.step(&*f.source, 50).await.unwrap();
    let new = f.sandbox.deliver_text(MARA, "a@x.test", "urgent", "body").unwrap();
    store.step(&*f.source, 50).await.unwrap();
    assert!(store.rows.contains_key(&new), "with the very next page");
    let oldest = f.sandbox.messages(MARA).pop().unwrap().id;
    f.sandbox.delete(MARA, &oldest);
    store.sync(&*f.source, 50).await;
    store.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn an_expired_history_is_repaired_without_reading_anything_twice() {
    let mut f = Fixture::start(Fill::Bulk(150)).await;
    for restart in [false, true] {
        let mut store = MailMirror::new(None);
        store.sync(&*f.source, 100).await;
        let ids: Vec<String> = f.sandbox.messages(MARA).into_iter().map(|m| m.id).collect();
        f.sandbox.relabel(MARA, &ids[5], &["STARRED"], &["INBOX", "UNREAD"]);
        f.sandbox.relabel(MARA, &ids[6], &["UNREAD"], &[]);
        f.sandbox.delete(MARA, &ids[7]);
        f.sandbox.deliver_text(MARA, "a@x.test", "new", "body").unwrap();
        f.sandbox.expire_history(MARA);
        let reads = f.reads();
        assert!(matches!(store.step(&*f.source, 40).await, Err(ProviderError::CursorExpired)));
        store.cursor = None;
        // Killed in the middle of the listing, and of the reconciliation.
        for _ in 0..6 {
            store.step(&*f.source, 40).await.unwrap();
            if restart {
                f.restart();
            }
        }
        store.sync(&*f.source, 40).await;
        store.assert_equal(&f.sandbox);
        assert_eq!(f.reads() - reads, 1, "only the new mail was read");
    }
}

#[tokio::test]
async fn asking_again_with_the_same_cursor_gives_the_same() {
    let f = Fixture::start(Fill::Bulk(90)).await;
    let mut store = MailMirror::new(None);
    loop {
        let budget = Budget { items: 40, since: None };
        let ask = async || f.source.changes(&scope(None), store.cursor.as_ref(), budget).await.unwrap();
        let (first, second) = (ask().await, ask().await);
        assert_eq!(first.next, second.next);
        assert_eq!(format!("{:?}", first.changes), format!("{:?}", second.changes));
        assert_eq!(first.present, second.present);
        if !store.step(&*f.source, 40).await.unwrap() {
            break;
        }
    }
    store.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn a_time_window_is_kept_through_the_whole_listing() {
    let f = Fixture::start(Fill::Bulk(300)).await;
    let all = f.sandbox.messages(MARA);
    let since = all[99].internal_date;
    let mut store = MailMirror::new(None).no_older_than(Timestamp::from_secs(since.secs()));
    while store.step(&*f.source, 30).await.unwrap() {
        // The engine computes the window anew each time.
        store.since = store.since.map(|s| s.plus_secs(1));
    }
    let expected = all.iter().filter(|m| m.internal_date.secs() >= since.secs()).count();
    assert_eq!(store.rows.len(), expected);
    assert!(expected >= 100 && expected < all.len());
}

#[tokio::test]
async fn failed_parts_of_a_batch_are_asked_for_again_and_only_those() {
    let f = Fixture::start(Fill::Bulk(30)).await;
    let (source, _) = f.in_a_hurry();
    let ids: Vec<String> = f.sandbox.messages(MARA).into_iter().map(|m| m.id).collect();
    let path = |n: usize| format!("/gmail/v1/users/me/messages/{}", ids[n]);
    f.sandbox.control().add_fault(Fault::status(&path(1), 503, "backendError").times(2));
    f.sandbox.control().add_fault(Fault::status(&path(2), 403, "userRateLimitExceeded"));
    f.sandbox.control().add_fault(Fault::status(&path(3), 404, "notFound").times(0));
    let mut store = MailMirror::new(None);
    let wanted: Vec<RemoteId> = ids.iter().map(|id| RemoteId(id.clone())).collect();
    source.fetch(&scope(None), &wanted, &mut store).await.unwrap();
    assert_eq!(store.rows.len(), ids.len() - 1, "a message that is gone is left out silently");
    assert!(!store.rows.contains_key(&ids[3]));
    let count = |n: usize| f.sandbox.control().count("GET", &path(n));
    assert_eq!((count(0), count(1), count(2), count(3)), (1, 3, 2, 1));
    // One that fails for good ends the fetch with a reason to come back later.
    f.sandbox.control().add_fault(Fault::status(&path(4), 500, "backendError").times(0));
    let error = source.fetch(&scope(None), &wanted[4..6], &mut MailMirror::new(None)).await.unwrap_err();
    assert!(matches!(error, ProviderError::Server { .. }), "{error:?}");
}

/// The access ends between two parts of one batch: the rest is asked for with a fresh one, and nobody has to sign in.
#[tokio::test]
async fn an_access_that_ends_in_the_middle_of_a_batch_is_renewed() {
    let f = Fixture::start(Fill::Bulk(30)).await;
    let (source, _) = f.in_a_hurry();
    let ids: Vec<String> = f.sandbox.messages(MARA).into_iter().map(|m| m.id).collect();
    for id in &ids[5..20] {
        f.sandbox.control().add_fault(Fault::status(&format!("/gmail/v1/users/me/messages/{id}"), 401, "authError"));
    }
    let mut store = MailMirror::new(None);
    let wanted: Vec<RemoteId> = ids.iter().map(|id| RemoteId(id.clone())).collect();
    source.fetch(&scope(None), &wanted, &mut store).await.unwrap();
    assert_eq!(store.rows.len(), ids.len());
}

#[tokio::test]
async fn a_large_mail_is_streamed_in_pieces() {
    struct Pieces(MailMirror, usize);
    #[async_trait]
    impl MailSink for Pieces {
        async fn begin(&mut self, mail: RemoteMail) -> Result<(), ProviderError> {
            self.0.begin(mail).await
        }
        async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
            self.1 = self.1.max(bytes.len());
            self.0.chunk(bytes).await
        }
        async fn end(&mut self) -> Result<(), ProviderError> {
            self.0.end().await
        }
    }
    let f = Fixture::start(Fill::Small).await;
    let line = [&[b'x'; 76][..], b"\r\n"].concat();
    let raw = [b"From: a@x.test\r\nSubject: big\r\nMessage-ID: <big@x.test>\r\n\r\n".to_vec(), line.repeat(120_000)].concat();
    let id = f.sandbox.deliver(MARA, &raw).unwrap();
    let mut sink = Pieces(MailMirror::new(None), 0);
    let mut ids: Vec<RemoteId> = f.sandbox.messages(MARA).into_iter().map(|m| RemoteId(m.id)).collect();
    ids.push(RemoteId::from("fffffffffffffff"));
    f.source.fetch(&scope(None), &ids, &mut sink).await.unwrap();
    sink.0.assert_equal(&f.sandbox);
    assert!(sink.0.rows[&id].1.len() > 9_000_000);
    assert!(sink.1 <= 1024 * 1024, "largest piece: {}", sink.1);
}

#[tokio::test]
async fn an_expired_token_is_refreshed_in_the_middle_of_a_sync() {
    let f = Fixture::start(Fill::Bulk(100)).await;
    let mut store = MailMirror::new(None);
    store.step(&*f.source, 40).await.unwrap();
    f.sandbox.expire_access_tokens(Provider::Google);
    store.sync(&*f.source, 40).await;
    store.assert_equal(&f.sandbox);
    f.sandbox.kill_grants(Provider::Google, MARA);
    let error = store.step(&*f.source, 40).await.unwrap_err();
    assert!(matches!(error, ProviderError::Auth(_)), "{error:?}");
}

#[tokio::test]
async fn when_units_are_used_up_google_says_so_and_the_meter_starts() {
    let f = Fixture::start(Fill::Bulk(60)).await;
    f.sandbox.set_quota(Quota::Small(300));
    // Units come back with the clock: it moves by the client's waits alone, however slow the machine is.
    f.sandbox.clock().freeze(true);
    let (source, slept) = f.in_a_hurry();
    let ids: Vec<RemoteId> = f.sandbox.messages(MARA).into_iter().map(|m| RemoteId(m.id)).collect();
    let mut store = MailMirror::new(None);
    // 60 reads cost 1,200 units; 300 are there. The parts beyond come back as refusals, are asked for again at the pace of the
    // meter, and in the end the engine is told to wait.
    let outcome = source.fetch(&scope(None), &ids, &mut store).await;
    assert!(matches!(outcome, Err(ProviderError::RateLimited { .. })), "{outcome:?}");
    assert!((15..60).contains(&store.rows.len()), "what was affordable was delivered: {}", store.rows.len());
    assert!(*slept.lock().unwrap() > Duration::from_secs(1), "and it was not asked for in a hurry");
    // What was delivered is complete.
    let theirs: BTreeMap<_, _> = f.sandbox.messages(MARA).into_iter().map(|m| (m.id, m.raw)).collect();
    assert!(store.rows.iter().all(|(id, (_, raw))| theirs[id] == *raw));
}

#[tokio::test]
async fn a_batch_that_breaks_off_is_asked_for_again_without_what_came_through() {
    let f = Fixture::start(Fill::Bulk(20)).await;
    let (source, _) = f.in_a_hurry();
    let ids: Vec<RemoteId> = f.sandbox.messages(MARA).into_iter().map(|m| RemoteId(m.id)).collect();
    f.sandbox.control().add_fault(Fault::new("/batch", FaultAction::Truncate { keep: 6000 }));
    f.sandbox.control().add_fault(Fault::status("/batch", 503, "backendError").nth(2));
    let mut store = MailMirror::new(None);
    source.fetch(&scope(None), &ids, &mut store).await.unwrap();
    store.assert_equal(&f.sandbox);
    assert_eq!(f.sandbox.control().count("POST", "/batch"), 3);
}
