//! The IMAP client against a real Dovecot, through the same trait that the engine uses.

use std::{sync::Arc, time::Duration};

use domain::{
    connection::Security,
    error::ProviderError,
    ids::RemoteId,
    mail::{FlagChange, Flags, MailboxRole},
    source::MailWrite,
    time::Timestamp,
};

use crate::{
    dovecot::{CONDSTORE_ONLY, Dovecot, Mailbox, PASSWORD, PLAIN_IMAP4REV1},
    mail_mirror::{Collect, Mirror, Password, message_id, scope, servers, source},
};

const UNTIL: u64 = 1_795_000_000;

fn corpus(count: usize) -> [Mailbox; 5] {
    [
        Mailbox::generate("INBOX", count, UNTIL),
        Mailbox::generate("Sent", 20, UNTIL),
        Mailbox::generate("Archive", 10, UNTIL),
        Mailbox::generate("Entw&APw-rfe", 3, UNTIL),
        Mailbox::generate("Work/R&-D", 5, UNTIL),
    ]
}

/// Flags, expunges and arrivals by another client.
fn stir(server: &Dovecot) {
    let mut other = server.other_client();
    other.run("SELECT INBOX");
    other.run("STORE 1:50 +FLAGS (\\Flagged)");
    other.run("STORE 20:30 -FLAGS (\\Seen)");
    other.run("STORE 100:140 +FLAGS (\\Deleted)");
    other.run("EXPUNGE");
    other.run("STORE 200:210 +FLAGS (\\Answered)");
    other.run("COPY 5 Archive");
    for n in 0..3 {
        other.append("INBOX", format!("Message-ID: <new{n}@corpus.example>\r\nSubject: new {n}\r\n\r\nnew\r\n").as_bytes());
    }
    // Arrives and goes before we look.
    other.append("INBOX", b"Message-ID: <brief@corpus.example>\r\n\r\nx\r\n");
    other.run("STORE * +FLAGS (\\Deleted)");
    other.run("EXPUNGE");
}

/// Sync, stir, sync: equal to the server each time. Returns the rows by Message-ID and flags.
async fn follows(extra: &str, count: usize, items: usize) -> Vec<(String, String)> {
    let server = Dovecot::start(&corpus(count), extra);
    let source = source(&server);
    let mut mirror = Mirror::new("INBOX", items);
    let first = mirror.sync(&*source).await;
    assert_eq!((first.downloaded, mirror.rows.len()), (count, count), "{extra}");
    assert!(first.pages >= count / items, "newest first in pages");
    assert_eq!(mirror.truth(), server.other_client().truth("INBOX"), "{extra}");

    let again = mirror.sync(&*source).await;
    assert_eq!((again.downloaded, again.removed, again.adopted), (0, 0, 0), "{extra}: nothing happened");

    stir(&server);
    let after = mirror.sync(&*source).await;
    assert_eq!((after.downloaded, after.removed), (3, 41), "{extra}");
    assert_eq!(mirror.truth(), server.other_client().truth("INBOX"), "{extra}");

    // A new process knows only the cursor.
    let fresh = self::source(&server);
    server.other_client().run("SELECT INBOX");
    let mut other = server.other_client();
    other.run("SELECT INBOX");
    other.run("STORE 1 +FLAGS (\\Deleted)");
    other.run("EXPUNGE");
    let expunged = mirror.sync(&*fresh).await;
    assert_eq!((expunged.downloaded, expunged.removed), (0, 1), "{extra}");
    assert_eq!(mirror.truth(), server.other_client().truth("INBOX"), "{extra}");
    source.close().await;
    fresh.close().await;
    mirror.truth()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_every_kind_of_server_gives_the_same_result() {
    let with_everything = follows("", 1500, 200).await;
    let condstore = follows(CONDSTORE_ONLY, 1500, 200).await;
    let with_nothing = follows(PLAIN_IMAP4REV1, 1500, 200).await;
    assert_eq!(with_everything.len(), 1500 - 41 + 3 - 1);
    assert_eq!(with_everything, condstore);
    assert_eq!(with_everything, with_nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_a_first_sync_is_newest_first_and_resumes() {
    for extra in ["", PLAIN_IMAP4REV1] {
        let server = Dovecot::start(&corpus(500), extra);
        let mut mirror = Mirror::new("INBOX", 100);
        let mut report = crate::mail_mirror::Report::default();
        let mut orphans = std::collections::BTreeMap::new();
        let first = source(&server);
        assert!(mirror.page(&*first, &mut report, &mut orphans).await);
        let ids: Vec<String> = mirror.rows.values().map(|r| message_id(&r.raw)).collect();
        assert!(
            ids.iter().all(|id| id.split('.').nth(1).unwrap().split('@').next().unwrap().parse::<usize>().unwrap() >= 400),
            "newest first"
        );
        // The process dies; meanwhile mail arrives, changes and goes, on both sides of the line.
        drop(first);
        let mut other = server.other_client();
        other.append("INBOX", b"Message-ID: <late@corpus.example>\r\n\r\nlate\r\n");
        other.run("SELECT INBOX");
        other.run("STORE 450:460 +FLAGS (\\Flagged)");
        other.run("STORE 100:110 +FLAGS (\\Flagged)");
        other.run("STORE 470,90 +FLAGS (\\Deleted)");
        other.run("EXPUNGE");
        let second = source(&server);
        mirror.sync(&*second).await;
        if extra.is_empty() {
            assert_eq!(mirror.truth(), other.truth("INBOX"), "one sync is enough where the server can say what changed");
        }
        mirror.sync(&*second).await;
        assert_eq!(mirror.truth(), other.truth("INBOX"));
        assert_eq!(mirror.rows.len(), 499);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_a_new_uid_validity_downloads_nothing_again() {
    let mut server = Dovecot::start(&corpus(300), "");
    let mut mirror = Mirror::new("INBOX", 50);
    mirror.sync(&*source(&server)).await;
    server.bump_uid_validity();
    server.other_client().append("INBOX", b"Message-ID: <after@corpus.example>\r\n\r\nafter\r\n");
    let report = mirror.sync(&*source(&server)).await;
    assert!(report.reset);
    assert_eq!((report.adopted, report.downloaded, report.removed), (300, 1, 0));
    assert_eq!(mirror.truth(), server.other_client().truth("INBOX"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_folders_have_roles_and_readable_names() {
    for extra in ["", PLAIN_IMAP4REV1] {
        let server = Dovecot::start(&corpus(5), extra);
        let source = source(&server);
        let folders = source.mailboxes().await.unwrap();
        let role = |role| folders.iter().find(|f| f.role == Some(role)).map(|f| f.id.0.clone());
        assert_eq!(role(MailboxRole::Inbox).as_deref(), Some("INBOX"));
        assert_eq!(role(MailboxRole::Sent).as_deref(), Some("Sent"));
        assert_eq!(role(MailboxRole::Archive).as_deref(), Some("Archive"));
        // The server announces \Drafts where it can; else the name decides.
        let announced = folders.iter().any(|f| f.id.0 == "Drafts");
        assert_eq!(role(MailboxRole::Drafts).as_deref(), Some(if announced { "Drafts" } else { "Entwürfe" }));
        // Names that need modified UTF-7 can be used as they are shown, also by a process that has listed nothing.
        for (mailbox, count) in [("Entwürfe", 3), ("Work/R&D", 5)] {
            let mut mirror = Mirror::new(mailbox, 100);
            mirror.sync(&*self::source(&server)).await;
            assert_eq!(mirror.rows.len(), count, "{mailbox}");
        }
        let error = source.changes(&scope("Nowhere"), None, Mirror::new("x", 10).budget).await.unwrap_err();
        assert!(matches!(error, ProviderError::NotFound(_)), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_a_time_window_is_kept() {
    for extra in ["", CONDSTORE_ONLY, PLAIN_IMAP4REV1] {
        let server = Dovecot::start(&[Mailbox::generate("INBOX", 5000, UNTIL)], extra);
        let source = source(&server);
        let mut mirror = Mirror::new("INBOX", 500);
        // 5,000 minutes are three and a half days.
        mirror.budget.since = Some(Timestamp::from_secs(UNTIL as i64 - 86_400));
        let first = mirror.sync(&*source).await;
        assert_eq!((first.downloaded, mirror.rows.len()), (1440, 1440), "{extra}");
        let mut other = server.other_client();
        other.run("SELECT INBOX");
        other.run("STORE 1:10,4990:5000 +FLAGS (\\Flagged)");
        let again = mirror.sync(&*source).await;
        assert_eq!(again.downloaded, 0, "{extra}: a changed flag brings no old mail back");
        let newest = mirror.rows.values().rev().take(11);
        assert!(newest.into_iter().all(|r| r.flags.flagged), "{extra}: changes inside of the window arrive");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_writes_reach_the_server() {
    for (extra, tells_uids) in [("", true), (CONDSTORE_ONLY, true), (PLAIN_IMAP4REV1, false)] {
        let server = Dovecot::start(&corpus(60), extra);
        let source = source(&server);
        let mut inbox = Mirror::new("INBOX", 100);
        inbox.sync(&*source).await;
        let ids: Vec<RemoteId> = inbox.rows.keys().take(4).cloned().collect();
        let mailbox = Some(RemoteId::new("INBOX"));

        // Flags.
        let change = FlagChange {
            add: Flags { flagged: true, forwarded: true, ..Flags::default() },
            remove: Flags { seen: true, ..Flags::default() },
        };
        source.write(&MailWrite::Flags { mailbox: mailbox.clone(), ids: ids.clone(), change }).await.unwrap();
        inbox.sync(&*source).await;
        assert!(
            ids.iter().all(|id| inbox.rows[id].flags.flagged && inbox.rows[id].flags.forwarded && !inbox.rows[id].flags.seen),
            "{extra}"
        );

        // Move: gone here, there with the id that was told.
        let moved = message_id(&inbox.rows[&ids[0]].raw);
        let to = RemoteId::new("Work/R&D");
        let write = MailWrite::Move { from: mailbox.clone(), to: to.clone(), ids: ids[..2].to_vec(), again: false };
        let written = source.write(&write).await.unwrap();
        assert_eq!(written.renamed.len(), if extra == PLAIN_IMAP4REV1 { written.renamed.len() } else { 2 }, "{extra}");
        inbox.sync(&*source).await;
        assert!(inbox.rows.get(&ids[0]).is_none_or(|row| row.flags.deleted && !tells_uids), "{extra}: moved away");
        let found = source.find(Some(&to), &moved).await.unwrap().expect("it is there");
        if tells_uids {
            assert!(written.renamed.contains(&(ids[0].clone(), found)), "{extra}");
        }
        // Again, as after a lost answer: nothing more happens.
        let MailWrite::Move { from, to, ids: moved, .. } = write else { unreachable!() };
        source.write(&MailWrite::Move { from, to, ids: moved, again: true }).await.unwrap();
        assert_eq!(server.other_client().truth("Work/R&-D").len(), 7, "{extra}");

        // Delete, while somebody else has marked a mail as deleted: that one stays.
        let mut other = server.other_client();
        other.run("SELECT INBOX");
        other.run("STORE 30 +FLAGS (\\Deleted)");
        source.write(&MailWrite::Delete { mailbox: mailbox.clone(), ids: ids[2..].to_vec() }).await.unwrap();
        let truth = server.other_client().truth("INBOX");
        let marked = truth.iter().filter(|(_, flags)| flags.contains("Deleted")).count();
        // Without UIDPLUS ours stay marked beside it, rather than taking it along.
        let expected = if tells_uids { (56, 1) } else { (60, 5) };
        assert_eq!((truth.len(), marked), expected, "{extra}");

        // Append, with and without a replaced draft.
        let drafts = RemoteId::new("Entwürfe");
        let draft = |n: u32| format!("Message-ID: <draft{n}@us.example>\r\nSubject: {n}\r\n\r\n{}\r\n", "x".repeat(50_000)).into_bytes();
        let append = |n: u32, replaces| MailWrite::Append {
            mailbox: drafts.clone(),
            raw: draft(n),
            message_id: format!("draft{n}@us.example"),
            flags: Flags { draft: true, seen: true, ..Flags::default() },
            replaces,
        };
        let first = source.write(&append(1, None)).await.unwrap().appended.expect("found by Message-ID where not told");
        let second = source.write(&append(2, Some(first.clone()))).await.unwrap().appended.unwrap();
        assert_ne!(first, second);
        assert_eq!(source.find(Some(&drafts), "draft2@us.example").await.unwrap(), Some(second.clone()), "{extra}");
        assert_eq!(source.find(Some(&drafts), "raft2@us.example").await.unwrap(), None, "a part of an id is no proof");
        let truth = other.truth("Entw&APw-rfe");
        assert!(truth.contains(&("draft2@us.example".to_owned(), "\\Draft \\Seen".to_owned())), "{truth:?}");
        let old = truth.iter().find(|(id, _)| id == "draft1@us.example");
        assert!(old.is_none_or(|(_, flags)| !tells_uids && flags.contains("Deleted")), "{extra}: replaced");
        let mut sink = Collect::default();
        source.fetch(&scope("Entwürfe"), &[second], &mut sink).await.unwrap();
        assert_eq!(sink.mails[0].1, draft(2), "what was stored is what was sent");

        // Proof of a send looks into Sent by itself.
        assert!(source.find(None, "sent.3@corpus.example").await.unwrap().is_some());
        assert!(source.find(None, "nobody@corpus.example").await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_large_bodies_stream_in_small_pieces() {
    let mut large = Mailbox::generate("INBOX", 3, UNTIL);
    let line = b"0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnop\r\n";
    for (n, size) in [(0usize, 20_000_000usize), (1, 262_144), (2, 262_145)] {
        let mail = &mut large.mails[n];
        let mut raw = format!("Message-ID: <{}>\r\n\r\n", mail.message_id).into_bytes();
        while raw.len() < size {
            raw.extend_from_slice(line);
        }
        raw.truncate(size - 2);
        raw.extend_from_slice(b"\r\n");
        mail.raw = raw;
    }
    let expected: Vec<Vec<u8>> = large.mails.iter().map(|m| m.raw.clone()).collect();
    let server = Dovecot::start(&[large], "");
    let source = source(&server);
    // Pages are bounded by bytes too: the large mail has one of its own.
    let budget = Mirror::new("x", 10).budget;
    let mut batch = source.changes(&scope("INBOX"), None, budget).await.unwrap();
    let mut listed = batch.changes.len();
    while batch.more {
        batch = source.changes(&scope("INBOX"), Some(&batch.next), budget).await.unwrap();
        listed += batch.changes.len();
    }
    assert_eq!(listed, 3);
    let ids: Vec<RemoteId> = (1..=4).map(|uid| RemoteId(format!("{}:{uid}", batch_validity(&batch.next)))).collect();
    let mut sink = Collect::default();
    source.fetch(&scope("INBOX"), &ids, &mut sink).await.unwrap();
    assert_eq!(sink.mails.len(), 3, "an id that is gone is left out");
    for (mail, raw) in &sink.mails {
        assert!(expected.contains(raw), "{:?} differs ({} bytes)", mail.id, raw.len());
    }
    assert!(sink.largest_chunk <= 300_000, "{}", sink.largest_chunk);
}

fn batch_validity(cursor: &domain::sync::SyncCursor) -> u32 {
    match cursor {
        domain::sync::SyncCursor::Imap { uid_validity, .. } => *uid_validity,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_idle_tells_of_news() {
    let server = Dovecot::start(&corpus(20), "");
    let source = source(&server);
    let mut mirror = Mirror::new("INBOX", 100);
    mirror.sync(&*source).await;
    let started = std::time::Instant::now();
    source.wait(&mirror.scope, Duration::from_secs(1)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(900), "nothing happened, so it waited");

    let waiting = {
        let source = Arc::clone(&source);
        tokio::spawn(async move { source.wait(&scope("INBOX"), Duration::from_secs(30)).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    // The other connection still works meanwhile; a second watch is refused rather than taking it.
    source.mailboxes().await.unwrap();
    assert!(matches!(source.wait(&scope("Sent"), Duration::from_secs(1)).await, Err(ProviderError::Unsupported(_))));
    server.other_client().append("INBOX", b"Message-ID: <idle@corpus.example>\r\n\r\nx\r\n");
    let started = std::time::Instant::now();
    waiting.await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(mirror.sync(&*source).await.downloaded, 1);

    // What came between the sync and the wait is not slept over.
    server.other_client().append("INBOX", b"Message-ID: <idle2@corpus.example>\r\n\r\nx\r\n");
    let started = std::time::Instant::now();
    source.wait(&mirror.scope, Duration::from_secs(30)).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2));

    let plain = Dovecot::start(&corpus(1), PLAIN_IMAP4REV1);
    assert!(matches!(self::source(&plain).wait(&scope("INBOX"), Duration::from_secs(1)).await, Err(ProviderError::Unsupported(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_signing_in_and_certificates() {
    let server = Dovecot::start(&corpus(1), "");
    let no_file = providers::tls::TlsContext::new(None).unwrap();
    let with_file = providers::tls::TlsContext::new(Some(&server.certificate())).unwrap();
    let probe = |servers, password, tls: providers::tls::TlsContext| async move {
        providers::imap::probe(&servers, Arc::new(Password(password)), &tls).await
    };

    for (port, security) in [(server.tls_port, Security::Tls), (server.port, Security::Starttls)] {
        // Unknown certificate: refused, with the fingerprint; pinned, it is accepted; another pin is not.
        let mut endpoint = servers(port, security);
        let Err(ProviderError::Certificate { fingerprint: Some(fingerprint), .. }) =
            probe(endpoint.clone(), PASSWORD, no_file.clone()).await
        else {
            panic!("{security:?}: expected a certificate error")
        };
        endpoint.imap.pinned = Some(fingerprint.to_uppercase());
        probe(endpoint.clone(), PASSWORD, no_file.clone()).await.unwrap();
        endpoint.imap.pinned = Some(fingerprint.replace(|c: char| c.is_ascii_digit(), "0"));
        assert!(matches!(probe(endpoint, PASSWORD, no_file.clone()).await, Err(ProviderError::Certificate { .. })));

        // With the CA file it is trusted, for its own names.
        let mut endpoint = servers(port, security);
        let found = probe(endpoint.clone(), PASSWORD, with_file.clone()).await.unwrap();
        assert!(found.capabilities.iter().any(|c| c == "IDLE"));
        assert!(found.notes.iter().any(|n| n.contains("receive-only")));
        endpoint.imap.host = "localhost".into();
        probe(endpoint.clone(), PASSWORD, with_file.clone()).await.unwrap();
        endpoint.imap.host = "127.0.0.2".into();
        assert!(probe(endpoint, PASSWORD, with_file.clone()).await.is_err());

        let wrong = probe(servers(port, security), "wrong", with_file.clone()).await.unwrap_err();
        assert!(matches!(wrong, ProviderError::Auth(_)), "{wrong:?}");
    }
    // TLS at a plain port, and plain IMAP at a TLS port.
    let error = probe(servers(server.port, Security::Tls), PASSWORD, with_file.clone()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Protocol { protocol: "TLS", .. }), "{error:?}");
    let source = source(&server);
    assert!(!source.can_send());
}
