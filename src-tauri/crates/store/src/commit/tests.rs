#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{MailboxId, MessageId, OutboxId, RemoteId},
    mail::{FlagChange, Flags, MailboxRole},
    outbox::OutboxOp,
    source::Written,
    sync::{RemoteMail, SyncCursor},
};
use sqlx::Row as _;

use crate::{
    CommitBatch, MessageFilter, NewOutbox, Place, RawBody, Store, ThreadFilter,
    testing::{Imap, Seeded, address, at, batch, gmail, home, imap, mail, note, put},
};

fn inbox() -> ThreadFilter {
    ThreadFilter { account: None, place: Place::Role(MailboxRole::Inbox), unread_only: false, starred: false }
}

/// Everything that lists show, computed the slow way from the messages.
async fn check_counts(store: &Store) {
    let mut tx = store.read().await.unwrap();
    let rows = sqlx::query(
        "SELECT m.thread, m.id, m.flags, m.account, s.container = '', p.mailbox, b.role FROM message m JOIN scope s ON s.id = m.scope \
         LEFT JOIN placed p ON p.message = m.id LEFT JOIN mailbox b ON b.id = p.mailbox WHERE m.hidden = 0",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    // Only mailboxes here: roles and "everything" are checked against them below.
    let mut wanted: BTreeMap<(i64, i64), (i64, i64, i64, i64)> = BTreeMap::new();
    let mut everything: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    let mut junk: BTreeSet<i64> = BTreeSet::new();
    for r in &rows {
        let (thread, id, flags): (i64, i64, i64) = (r.get(0), r.get(1), r.get(2));
        everything.entry(thread).or_default().insert(id);
        if matches!(r.get::<Option<String>, _>(6).as_deref(), Some("junk" | "trash")) {
            junk.insert(id);
        }
        if let Some(mailbox) = r.get::<Option<i64>, _>(5) {
            let cell = wanted.entry((thread, mailbox)).or_insert((0, 0, 0, 0));
            cell.0 = cell.0.max(id);
            cell.1 += 1;
            cell.2 += i64::from(flags & 1 == 0);
            cell.3 += i64::from(flags & 2 != 0);
        }
    }
    let have: BTreeMap<(i64, i64), (i64, i64, i64, i64)> =
        sqlx::query("SELECT thread, place, latest, total, unread, starred FROM thread_in WHERE place > 0")
            .fetch_all(&mut *tx)
            .await
            .unwrap()
            .iter()
            .map(|r| ((r.get(0), r.get(1)), (r.get(2), r.get(3), r.get(4), r.get(5))))
            .collect();
    assert_eq!(have, wanted);
    let all: BTreeMap<i64, i64> = sqlx::query("SELECT thread, total FROM thread_in WHERE place = -15")
        .fetch_all(&mut *tx)
        .await
        .unwrap()
        .iter()
        .map(|r| (r.get(0), r.get(1)))
        .collect();
    let wanted_all: BTreeMap<i64, i64> =
        everything.iter().map(|(t, ids)| (*t, ids.difference(&junk).count() as i64)).filter(|(_, n)| *n > 0).collect();
    assert_eq!(all, wanted_all);
    let sums: Vec<(i64, i64, i64, i64, i64, i64)> = sqlx::query(
        "SELECT place, count(*), sum(unread > 0), sum(starred > 0), sum(total), sum(unread) FROM thread_in GROUP BY place ORDER BY place",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap()
    .iter()
    .map(|r| (r.get(0), r.get(1), r.get(2), r.get(3), r.get(4), r.get(5)))
    .collect();
    let counts: Vec<(i64, i64, i64, i64, i64, i64)> = sqlx::query(
        "SELECT place, threads, unread_threads, starred_threads, messages, unread FROM place_count WHERE threads <> 0 OR messages <> 0 ORDER BY place",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap()
    .iter()
    .map(|r| (r.get(0), r.get(1), r.get(2), r.get(3), r.get(4), r.get(5)))
    .collect();
    assert_eq!(counts, sums);
    let strays: i64 = sqlx::query_scalar("SELECT count(*) FROM message m JOIN mail c ON c.id = m.mail WHERE m.thread <> c.thread")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(strays, 0);
}

#[tokio::test]
async fn a_repeated_batch_changes_nothing() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let one = || CommitBatch {
        upserts: (1..=20).map(|n| mail(n, "Plan", "hello")).collect(),
        next: SyncCursor::Imap { uid_validity: 1, uid_next: 21, mod_seq: None, backfill: None },
        ..batch(&a.inbox, a.account)
    };
    let first = home.store.commit_batch(one()).await.unwrap();
    assert_eq!((first.added, first.updated, first.removed), (20, 0, 0));
    assert_eq!(first.new_in_inbox.len(), 20);
    let before = home.store.place_counts().await.unwrap();
    let again = home.store.commit_batch(one()).await.unwrap();
    assert_eq!((again.added, again.updated, again.removed, again.bytes), (0, 0, 0, 0));
    assert_eq!(home.store.place_counts().await.unwrap(), before);
    check_counts(&home.store).await;
    let state = home.store.scope(a.inbox.id).await.unwrap();
    assert_eq!(state.cursor, Some(one().next));
    assert!(state.complete);
}

#[tokio::test]
async fn rowids_are_in_date_order_and_raw_comes_back() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, vec![mail(5, "five", "e"), mail(2, "two", "b")]).await;
    put(&home.store, &a.inbox, a.account, vec![mail(9, "nine", "i"), mail(1, "one", "a")]).await;
    let page = home.store.messages(&MessageFilter::default(), None, 10).await.unwrap();
    let subjects: Vec<&str> = page.items.iter().map(|m| m.subject.as_str()).collect();
    assert_eq!(subjects, ["nine", "five", "two", "one"]);
    assert_eq!(page.items[0].id.0 >> 20, at(9 * 60).secs());
    let raw = home.store.raw(page.items[3].id, 1000).await.unwrap();
    let RawBody::Inline(wanted) = mail(1, "one", "a").raw else { panic!() };
    assert_eq!(raw, wanted);
    assert_eq!(home.store.raw(page.items[3].id, 3).await.unwrap_err().code(), "too_large");
}

#[tokio::test]
async fn large_bodies_lie_in_sealed_files_and_go_with_their_message() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let body: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
    let mut sink = home.store.new_file().unwrap();
    for piece in body.chunks(10_000) {
        sink.write(piece).unwrap();
    }
    let file = sink.finish().unwrap();
    let path = home.dir.path().join("files").join(&file.name);
    let mut big = mail(1, "big", "x");
    big.raw = RawBody::File(file);
    big.remote.size = Some(body.len() as u64);
    put(&home.store, &a.inbox, a.account, vec![big]).await;
    let id = home.store.messages(&MessageFilter::default(), None, 1).await.unwrap().items[0].id;
    assert_eq!(home.store.raw(id, 1 << 20).await.unwrap(), body);
    assert_eq!(home.store.raw_reader(id).await.unwrap().head(5).unwrap(), &body[..5]);
    assert!(path.exists());
    let gone = CommitBatch { gone: vec![RemoteId::new("1")], ..batch(&a.inbox, a.account) };
    home.store.commit_batch(gone).await.unwrap();
    assert!(path.exists(), "kept for adoption");
    home.store.purge_orphans(a.account, at(2_000_000)).await.unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn pending_rows_keep_their_local_look() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, vec![mail(1, "one", "a")]).await;
    let message = home.store.messages(&MessageFilter::default(), None, 1).await.unwrap().items[0].id;
    let item = queue(&home.store, &a, "k1", OutboxOp::Flags { messages: vec![message], change: FlagChange::read(true) }).await;
    let detail = home.store.message(message).await.unwrap().summary;
    assert!(detail.flags.seen && detail.pending);
    // The provider says: still unseen, and starred meanwhile.
    let mut update = RemoteMail::new(RemoteId::new("1"));
    update.flags = Some(Flags { flagged: true, ..Flags::default() });
    let report = home.store.commit_batch(CommitBatch { updates: vec![update], ..batch(&a.inbox, a.account) }).await.unwrap();
    assert_eq!((report.updated, report.skipped), (0, 1));
    let shown = home.store.message(message).await.unwrap().summary.flags;
    assert!(shown.seen && shown.flagged, "both sides kept");
    check_counts(&home.store).await;
    // Undo gives exactly what the provider said last.
    assert!(home.store.cancel(item, &note("outbox.cancelled"), at(0)).await.unwrap());
    let back = home.store.message(message).await.unwrap().summary;
    assert_eq!(back.flags, Flags { flagged: true, ..Flags::default() });
    assert!(!back.pending);
    check_counts(&home.store).await;
}

async fn queue(store: &Store, a: &Imap, key: &str, op: OutboxOp) -> OutboxId {
    let new = NewOutbox {
        connection: a.connection.clone(),
        account: a.account,
        thread: None,
        idempotency_key: key.into(),
        op,
        not_before: at(0),
        raw: None,
        draft: None,
    };
    store.enqueue(new, &note("mail.changed"), at(0)).await.unwrap()
}

#[tokio::test]
async fn a_new_uidvalidity_downloads_nothing_and_keeps_the_ids() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, (1..=10).map(|n| mail(n, "s", "t")).collect()).await;
    let before: Vec<MessageId> =
        home.store.messages(&MessageFilter::default(), None, 20).await.unwrap().items.iter().map(|m| m.id).collect();
    // New UIDs for the same mails: 101..=109 (one was expunged), in another order, and a really new one.
    let mut listed: Vec<RemoteMail> = (1..=9)
        .map(|n| {
            let mut r = mail(n, "s", "t").remote;
            r.id = RemoteId((110 - n).to_string());
            r
        })
        .collect();
    let fresh = mail(50, "new", "new");
    listed.push(fresh.remote.clone());
    let plan = home.store.plan_bodies(&a.inbox, a.account, &listed, true).await.unwrap();
    assert_eq!((plan.known.len(), plan.adoptable.len(), plan.fetch.len()), (0, 9, 1));
    let report = home
        .store
        .commit_batch(CommitBatch {
            updates: plan.adoptable,
            upserts: vec![fresh],
            reset: true,
            present: Some(listed.iter().map(|m| m.id.clone()).collect()),
            ..batch(&a.inbox, a.account)
        })
        .await
        .unwrap();
    assert_eq!((report.adopted, report.added, report.removed), (9, 1, 1));
    assert!(report.unmatched.is_empty());
    let after: Vec<MessageId> =
        home.store.messages(&MessageFilter::default(), None, 20).await.unwrap().items.iter().map(|m| m.id).collect();
    assert_eq!(&after[1..], &before[1..], "ids stay; the newest of the old ones is gone");
    check_counts(&home.store).await;
}

#[tokio::test]
async fn a_stranger_repeating_a_message_id_is_downloaded() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.archive, a.account, vec![mail(1, "real", "text")]).await;
    let mut forged = mail(1, "real", "TEXT").remote;
    forged.id = RemoteId::new("77");
    forged.received = Some(at(999_999));
    let plan = home.store.plan_bodies(&a.inbox, a.account, &[forged], false).await.unwrap();
    assert_eq!(plan.fetch.len(), 1);
    // In the same folder a second one is a mail of its own, whatever its date.
    let mut twin = mail(1, "real", "text").remote;
    twin.id = RemoteId::new("78");
    let plan = home.store.plan_bodies(&a.archive, a.account, &[twin], false).await.unwrap();
    assert_eq!(plan.fetch.len(), 1);
}

#[tokio::test]
async fn a_move_seen_from_either_side_first_downloads_nothing() {
    for source_first in [true, false] {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        put(&home.store, &a.inbox, a.account, vec![mail(1, "moves", "text")]).await;
        let gone = || CommitBatch { gone: vec![RemoteId::new("1")], ..batch(&a.inbox, a.account) };
        if source_first {
            home.store.commit_batch(gone()).await.unwrap();
        }
        let mut there = mail(1, "moves", "text").remote;
        there.id = RemoteId::new("40");
        let plan = home.store.plan_bodies(&a.archive, a.account, &[there], false).await.unwrap();
        assert_eq!(plan.adoptable.len(), 1);
        let report = home.store.commit_batch(CommitBatch { updates: plan.adoptable, ..batch(&a.archive, a.account) }).await.unwrap();
        assert_eq!((report.adopted, report.bytes), (1, 0));
        if !source_first {
            home.store.commit_batch(gone()).await.unwrap();
        }
        let all = home.store.messages(&MessageFilter::default(), None, 9).await.unwrap().items;
        assert_eq!(all.len(), 1);
        let archive = home.store.mailbox_by_role(a.account, MailboxRole::Archive).await.unwrap().unwrap();
        assert_eq!(all[0].mailboxes, [archive.id]);
        assert_eq!((archive.total, archive.unread), (1, 1));
        assert_eq!(home.store.purge_orphans(a.account, at(9_000_000)).await.unwrap(), 0, "still in use");
        check_counts(&home.store).await;
    }
}

#[tokio::test]
async fn our_own_move_is_followed_with_and_without_copyuid() {
    for copyuid in [true, false] {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        put(&home.store, &a.inbox, a.account, vec![mail(1, "moves", "text")]).await;
        let message = home.store.messages(&MessageFilter::default(), None, 1).await.unwrap().items[0].id;
        let archive = home.store.mailbox_by_role(a.account, MailboxRole::Archive).await.unwrap().unwrap().id;
        let item = queue(&home.store, &a, "mv", OutboxOp::Move { messages: vec![message], from: None, to: archive }).await;
        assert_eq!(home.store.thread_count(&inbox()).await.unwrap(), 0, "gone from the inbox at once");
        // A complete listing of the source while the move waits must not take the message away.
        let listing = CommitBatch { present: Some(vec![]), ..batch(&a.inbox, a.account) };
        assert_eq!(home.store.commit_batch(listing).await.unwrap().removed, 0);
        home.store.claim(item, at(10), 1000).await.unwrap().unwrap();
        let written = Written {
            renamed: if copyuid { vec![(RemoteId::new("1"), RemoteId::new("7"))] } else { vec![] },
            appended: None,
            ..Written::default()
        };
        home.store.complete(item, &written, &note("mail.moved"), at(10)).await.unwrap();
        let reference = home.store.remote_refs(&[message]).await.unwrap().remove(0);
        assert_eq!(reference.container, Some(RemoteId::new("Archive")));
        assert_eq!(reference.known, copyuid);
        let mut there = mail(1, "moves", "text").remote;
        there.id = RemoteId::new("7");
        let plan = home.store.plan_bodies(&a.archive, a.account, &[there], false).await.unwrap();
        assert!(plan.fetch.is_empty());
        let updates = [plan.known, plan.adoptable].concat();
        home.store.commit_batch(CommitBatch { updates, ..batch(&a.archive, a.account) }).await.unwrap();
        let all = home.store.messages(&MessageFilter::default(), None, 9).await.unwrap().items;
        assert_eq!(all.iter().map(|m| m.id).collect::<Vec<_>>(), [message]);
        assert!(!all[0].pending);
        check_counts(&home.store).await;
    }
}

#[tokio::test]
async fn deleted_for_good_leaves_nothing() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, vec![mail(1, "secretword", "text"), mail(2, "stays", "text")]).await;
    let message = home.store.messages(&MessageFilter::default(), None, 5).await.unwrap().items[1].id;
    let item = queue(&home.store, &a, "del", OutboxOp::Delete { messages: vec![message] }).await;
    assert_eq!(home.store.count_messages(&MessageFilter::default()).await.unwrap(), 1);
    home.store.claim(item, at(10), 1000).await.unwrap().unwrap();
    home.store.complete(item, &Written::default(), &note("mail.deleted"), at(10)).await.unwrap();
    assert_eq!(home.store.message(message).await.unwrap_err().code(), "not_found");
    let mut tx = home.store.read().await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM mail").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(left, 1);
    let hits: i64 =
        sqlx::query_scalar("SELECT count(*) FROM mail_fts WHERE mail_fts MATCH 'secretword'").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(hits, 0);
    check_counts(&home.store).await;
}

#[tokio::test]
async fn threads_join_by_reference_and_merge_when_the_link_arrives() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let reply = |n: u32, to: u32| {
        let mut m = mail(n, "Re: Plan", "text");
        m.parsed.in_reply_to = vec![format!("m{to}@x")];
        m
    };
    // 3 answers 2, which is not here yet; 1 is alone: two threads.
    put(&home.store, &a.inbox, a.account, vec![mail(1, "Plan", "text"), reply(3, 2)]).await;
    assert_eq!(home.store.thread_count(&inbox()).await.unwrap(), 2);
    // 2 answers 1 and is what 3 named.
    put(&home.store, &a.inbox, a.account, vec![reply(2, 1)]).await;
    let page = home.store.threads(&inbox(), None, 10).await.unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!((page.items[0].count, page.items[0].unread), (3, 3));
    let messages = home.store.thread_messages(page.items[0].id).await.unwrap();
    assert_eq!(messages.iter().map(|m| m.summary.rfc_message_id.as_str()).collect::<Vec<_>>(), ["m1@x", "m2@x", "m3@x"]);
    // A reply without any parent joins by subject and people; another subject does not, nor do strangers.
    let mut loose = mail(4, "AW: Plan", "text");
    loose.parsed.from = vec![address("mara@mail.example")];
    loose.parsed.to = vec![address("jonas@firm.example")];
    let mut stranger = mail(5, "Re: Plan", "text");
    stranger.parsed.from = vec![address("x@other.example")];
    stranger.parsed.to = vec![address("y@other.example")];
    put(&home.store, &a.inbox, a.account, vec![loose, stranger, mail(6, "Plan", "not a reply")]).await;
    assert_eq!(home.store.thread_count(&inbox()).await.unwrap(), 3);
    check_counts(&home.store).await;
}

#[tokio::test]
async fn labels_place_a_message_and_archive_needs_no_folder() {
    let home = home().await;
    let (account, scope) = gmail(&home.store, "g").await;
    let labelled = |n: u32, labels: &[&str]| {
        let mut m = mail(n, "s", "t");
        m.remote.mailboxes = Some(labels.iter().map(|l| RemoteId::new(*l)).collect());
        m.remote.thread = Some(RemoteId::new(format!("t{n}")));
        m
    };
    let report = put(
        &home.store,
        &scope,
        account,
        vec![
            labelled(1, &["INBOX", "ALL_MAIL", "Label_1"]),
            labelled(2, &["ALL_MAIL"]),
            labelled(3, &["TRASH"]),
            labelled(4, &["Label_9"]),
        ],
    )
    .await;
    assert_eq!(report.unknown_labels, [RemoteId::new("Label_9")]);
    let count = async |place| {
        home.store.thread_count(&ThreadFilter { account: Some(account), place, unread_only: false, starred: false }).await.unwrap()
    };
    assert_eq!(count(Place::Role(MailboxRole::Inbox)).await, 1);
    assert_eq!(count(Place::Role(MailboxRole::Archive)).await, 2);
    assert_eq!(count(Place::Role(MailboxRole::Trash)).await, 1);
    assert_eq!(count(Place::Role(MailboxRole::All)).await, 3);
    assert_eq!(count(Place::All).await, 3);
    let row = home.store.threads(&ThreadFilter { account: None, ..inbox() }, None, 5).await.unwrap().items.remove(0);
    assert_eq!(row.labels, ["Label_1"]);
    // Labels change at the provider.
    let mut update = RemoteMail::new(RemoteId::new("1"));
    update.mailboxes = Some(vec![RemoteId::new("ALL_MAIL")]);
    let report = home.store.commit_batch(CommitBatch { updates: vec![update], ..batch(&scope, account) }).await.unwrap();
    assert_eq!(report.updated, 1);
    assert_eq!(count(Place::Role(MailboxRole::Inbox)).await, 0);
    assert_eq!(count(Place::Role(MailboxRole::Archive)).await, 3);
    check_counts(&home.store).await;
}

#[tokio::test]
async fn a_page_for_an_erased_connection_is_refused() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    home.store.delete_connection(&a.connection, None, &note("connection.deleted"), at(0)).await.unwrap();
    let late = CommitBatch { upserts: vec![mail(1, "late", "x")], ..batch(&a.inbox, a.account) };
    assert_eq!(home.store.commit_batch(late).await.unwrap_err().code(), "not_found");
}

/// Random operations of every kind, and after each the kept counts equal the counted ones.
#[tokio::test]
async fn counts_stay_exact_under_random_operations() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let boxes: Vec<MailboxId> = home.store.mailboxes(Some(a.account)).await.unwrap().iter().map(|b| b.id).collect();
    let scopes = [&a.inbox, &a.archive, &a.trash, &a.work];
    let mut random = Seeded(0x5eed_2026);
    let mut next_uid = 1;
    for step in 0..150 {
        let scope = scopes[random.below(4) as usize];
        let messages = home.store.messages(&MessageFilter::default(), None, 500).await.unwrap().items;
        let pick = |random: &mut Seeded| (!messages.is_empty()).then(|| messages[random.below(messages.len() as u64) as usize].clone());
        match random.below(8) {
            0..=2 => {
                let mut batch = vec![];
                for _ in 0..=random.below(4) {
                    let mut m = mail(next_uid, "s", "t");
                    if next_uid > 3 && random.below(2) == 0 {
                        m.parsed.in_reply_to = vec![format!("m{}@x", 1 + random.below(u64::from(next_uid)))];
                    }
                    m.remote.flags = Some(Flags::from_bits((random.below(64) & random.below(64)) as i64));
                    next_uid += 1;
                    batch.push(m);
                }
                put(&home.store, scope, a.account, batch).await;
            }
            3 => {
                if let Some(m) = pick(&mut random) {
                    let detail = home.store.message(m.id).await.unwrap();
                    let scope = scopes.iter().find(|s| s.id == detail.scope).unwrap();
                    let mut update = RemoteMail::new(detail.remote);
                    update.flags = Some(Flags::from_bits(random.below(64) as i64));
                    home.store.commit_batch(CommitBatch { updates: vec![update], ..batch(scope, a.account) }).await.unwrap();
                }
            }
            4 => {
                if let Some(m) = pick(&mut random) {
                    let detail = home.store.message(m.id).await.unwrap();
                    let scope = scopes.iter().find(|s| s.id == detail.scope).unwrap();
                    home.store.commit_batch(CommitBatch { gone: vec![detail.remote], ..batch(scope, a.account) }).await.unwrap();
                }
            }
            5 => {
                if let Some(m) = pick(&mut random) {
                    let op = match random.below(3) {
                        0 => OutboxOp::Flags { messages: vec![m.id], change: FlagChange::starred(random.below(2) == 0) },
                        1 => OutboxOp::Move { messages: vec![m.id], from: None, to: boxes[random.below(4) as usize] },
                        _ => OutboxOp::Delete { messages: vec![m.id] },
                    };
                    queue(&home.store, &a, &format!("k{step}"), op).await;
                }
            }
            6 => {
                if let Some(item) = home.store.outbox(false).await.unwrap().first() {
                    home.store.claim(item.id, at(10), 1000).await.unwrap();
                    home.store.complete(item.id, &Written::default(), &note("mail.changed"), at(10)).await.unwrap();
                }
            }
            _ => {
                if let Some(item) = home.store.outbox(false).await.unwrap().last() {
                    home.store.discard(item.id, &note("outbox.discarded"), at(99_999)).await.unwrap();
                }
            }
        }
        check_counts(&home.store).await;
    }
    assert!(next_uid > 50, "the test did something");
    assert_eq!(home.store.integrity().await.unwrap(), Vec::<String>::new());
}
