//! Gmail against the sandbox, driven as the engine drives it: a store of rows, batches committed with their cursor, missing
//! bodies fetched, marks swept.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use domain::{
    ids::ScopeId,
    integration::Service,
    mail::{FlagChange, Flags},
    oauth::TokenSet,
    source::Connector as _,
    sync::Change,
    time::Timestamp,
};
use sandbox::{Fault, FaultAction, Fill, MARA, Provider, Quota, Sandbox, SandboxOptions};

use super::*;
use crate::{
    Providers,
    connector::tests::{GOOGLE_REDIRECT, connection, sign_in, vault},
    scripted::moving,
};

struct Fixture {
    sandbox: Sandbox,
    tokens: TokenSet,
    credentials: Arc<dyn Credentials>,
    providers: Arc<Providers>,
    source: Arc<dyn MailSource>,
}

fn providers(sandbox: &Sandbox) -> Arc<Providers> {
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    Arc::new(Providers::new(&config, sandbox.clock().as_clock()).unwrap())
}

fn source(providers: &Providers, tokens: &TokenSet, credentials: &Arc<dyn Credentials>) -> Arc<dyn MailSource> {
    let connection = connection("google", tokens.scopes.as_ref().unwrap());
    providers.mail(&connection, credentials.clone()).unwrap().unwrap()
}

impl Fixture {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        let providers = providers(&sandbox);
        let tokens = sign_in(&providers, "google", GOOGLE_REDIRECT).await;
        let credentials = vault(&providers, "google", &tokens, sandbox.clock().as_clock());
        let source = source(&providers, &tokens, &credentials);
        Self { sandbox, tokens, credentials, providers, source }
    }

    /// As after a restart of the program: nothing is remembered but what the store holds.
    fn restart(&mut self) {
        self.providers = providers(&self.sandbox);
        self.source = source(&self.providers, &self.tokens, &self.credentials);
    }

    /// A source that sleeps by moving the sandbox's clock, and how long it slept.
    fn in_a_hurry(&self) -> (GmailSource, Arc<Mutex<Duration>>) {
        let slept = Arc::new(Mutex::new(Duration::ZERO));
        let sleep = moving(self.sandbox.clock(), &slept);
        let http = crate::scripted::http_at(self.sandbox.clock().as_clock());
        let grants = Grants::new(self.tokens.scopes.as_ref().unwrap());
        let config = self.sandbox.provider_config().remove("google").unwrap();
        let accounts = Accounts::waiting_by(sleep, Arc::new(|ceiling| ceiling / 2));
        (GmailSource::new(http, self.credentials.clone(), &config, grants, &accounts, &"c1".into()).unwrap(), slept)
    }

    /// Message bodies read, alone or in batches.
    fn reads(&self) -> usize {
        self.sandbox.control().log().iter().filter(|e| e.query.contains("format=raw") && e.status == 200).count()
    }
}

fn scope() -> SyncScope {
    SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::Mail, container: None }
}

/// What the engine's store would hold.
#[derive(Default)]
struct Store {
    rows: BTreeMap<String, (RemoteMail, Vec<u8>)>,
    cursor: Option<SyncCursor>,
    since: Option<Timestamp>,
    open: Option<String>,
}

#[async_trait]
impl MailSink for Store {
    async fn begin(&mut self, mail: RemoteMail) -> Result<(), ProviderError> {
        assert!(self.open.is_none(), "begin inside a message");
        self.open = Some(mail.id.0.clone());
        self.rows.insert(mail.id.0.clone(), (mail, Vec::new()));
        Ok(())
    }
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.rows.get_mut(self.open.as_ref().unwrap()).unwrap().1.extend_from_slice(bytes);
        Ok(())
    }
    async fn end(&mut self) -> Result<(), ProviderError> {
        self.open.take().unwrap();
        Ok(())
    }
}

impl Store {
    /// One batch; false when there is nothing more.
    async fn step(&mut self, source: &dyn MailSource, items: usize) -> Result<bool, ProviderError> {
        let budget = Budget { items, since: self.since };
        let batch = source.changes(&scope(), self.cursor.as_ref(), budget).await?;
        let mut missing = Vec::new();
        let mut apply = Vec::new();
        for change in batch.changes {
            match change {
                Change::Gone(id) => {
                    self.rows.remove(id.as_str());
                }
                Change::Upsert(mail) if self.rows.contains_key(mail.id.as_str()) => apply.push(mail),
                Change::Upsert(mail) => missing.push(mail.id),
            }
        }
        source.fetch(&scope(), &missing, self).await?;
        for mail in apply {
            let row = &mut self.rows.get_mut(mail.id.as_str()).unwrap().0;
            row.flags = mail.flags.or(row.flags);
            row.mailboxes = mail.mailboxes.or(row.mailboxes.take());
        }
        if let Some(present) = batch.present {
            let present: BTreeSet<_> = present.into_iter().map(|id| id.0).collect();
            self.rows.retain(|id, _| present.contains(id));
        }
        self.cursor = Some(batch.next);
        Ok(batch.more)
    }

    async fn sync(&mut self, source: &dyn MailSource, items: usize) {
        for _ in 0..1000 {
            match self.step(source, items).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(ProviderError::CursorExpired) => self.cursor = None,
                Err(error) => panic!("{error:?}"),
            }
        }
        panic!("the sync does not end");
    }

    /// Ids, bytes, labels and dates are those of the provider.
    fn assert_equal(&self, sandbox: &Sandbox) {
        let theirs = sandbox.messages(MARA);
        let ids: BTreeSet<_> = theirs.iter().map(|m| m.id.clone()).collect();
        assert_eq!(self.rows.keys().cloned().collect::<BTreeSet<_>>(), ids);
        for message in theirs {
            let (mail, raw) = &self.rows[&message.id];
            assert!(*raw == message.raw, "bytes of {} ({})", message.id, message.subject);
            let labels: Vec<String> = message.labels.iter().cloned().collect();
            assert_eq!(mail.mailboxes, Some(labels::mailboxes(&labels)), "labels of {}", message.subject);
            assert_eq!(mail.flags, Some(labels::flags(&labels)), "flags of {}", message.subject);
            assert_eq!(mail.received, Some(message.internal_date));
            assert_eq!((mail.size, mail.thread.as_ref().map(RemoteId::as_str)), (Some(raw.len() as u64), Some(message.thread_id.as_str())));
        }
    }
}

#[tokio::test]
async fn a_first_sync_brings_everything_and_a_second_one_nothing() {
    let f = Fixture::start(Fill::Bulk(700)).await;
    let mut store = Store::default();
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
    let mut store = Store::default();
    store.sync(&*f.source, 100).await;
    store.assert_equal(&f.sandbox);
}

#[tokio::test]
async fn the_newest_mail_comes_first() {
    let f = Fixture::start(Fill::Bulk(120)).await;
    let mut store = Store::default();
    store.step(&*f.source, 20).await.unwrap();
    let newest: BTreeSet<_> = f.sandbox.messages(MARA).into_iter().take(20).map(|m| m.id).collect();
    assert_eq!(store.rows.keys().cloned().collect::<BTreeSet<_>>(), newest);
}

#[tokio::test]
async fn changes_from_elsewhere_arrive_by_history() {
    let f = Fixture::start(Fill::Small).await;
    let mut store = Store::default();
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
    let mut store = Store::default();
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
        let mut store = Store::default();
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
    let mut store = Store::default();
    loop {
        let budget = Budget { items: 40, since: None };
        let ask = async || f.source.changes(&scope(), store.cursor.as_ref(), budget).await.unwrap();
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
    let mut store = Store { since: Some(Timestamp::from_secs(since.secs())), ..Store::default() };
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
    let mut store = Store::default();
    let wanted: Vec<RemoteId> = ids.iter().map(|id| RemoteId(id.clone())).collect();
    source.fetch(&scope(), &wanted, &mut store).await.unwrap();
    assert_eq!(store.rows.len(), ids.len() - 1, "a message that is gone is left out silently");
    assert!(!store.rows.contains_key(&ids[3]));
    let count = |n: usize| f.sandbox.control().count("GET", &path(n));
    assert_eq!((count(0), count(1), count(2), count(3)), (1, 3, 2, 1));
    // One that fails for good ends the fetch with a reason to come back later.
    f.sandbox.control().add_fault(Fault::status(&path(4), 500, "backendError").times(0));
    let error = source.fetch(&scope(), &wanted[4..6], &mut Store::default()).await.unwrap_err();
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
    let mut store = Store::default();
    let wanted: Vec<RemoteId> = ids.iter().map(|id| RemoteId(id.clone())).collect();
    source.fetch(&scope(), &wanted, &mut store).await.unwrap();
    assert_eq!(store.rows.len(), ids.len());
}

#[tokio::test]
async fn a_large_mail_is_streamed_in_pieces() {
    struct Pieces(Store, usize);
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
    let mut sink = Pieces(Store::default(), 0);
    let mut ids: Vec<RemoteId> = f.sandbox.messages(MARA).into_iter().map(|m| RemoteId(m.id)).collect();
    ids.push(RemoteId::from("fffffffffffffff"));
    f.source.fetch(&scope(), &ids, &mut sink).await.unwrap();
    sink.0.assert_equal(&f.sandbox);
    assert!(sink.0.rows[&id].1.len() > 9_000_000);
    assert!(sink.1 <= 1024 * 1024, "largest piece: {}", sink.1);
}

#[tokio::test]
async fn an_expired_token_is_refreshed_in_the_middle_of_a_sync() {
    let f = Fixture::start(Fill::Bulk(100)).await;
    let mut store = Store::default();
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
    let mut store = Store::default();
    // 60 reads cost 1,200 units; 300 are there. The parts beyond come back as refusals, are asked for again at the pace of the
    // meter, and in the end the engine is told to wait.
    let outcome = source.fetch(&scope(), &ids, &mut store).await;
    assert!(matches!(outcome, Err(ProviderError::RateLimited { .. })), "{outcome:?}");
    assert!((15..60).contains(&store.rows.len()), "what was affordable was delivered: {}", store.rows.len());
    assert!(*slept.lock().unwrap() > Duration::from_secs(1), "and it was not asked for in a hurry");
    // What was delivered is complete.
    let theirs: BTreeMap<_, _> = f.sandbox.messages(MARA).into_iter().map(|m| (m.id, m.raw)).collect();
    assert!(store.rows.iter().all(|(id, (_, raw))| theirs[id] == *raw));
}

async fn write(f: &Fixture, write: MailWrite) -> Written {
    f.source.write(&write).await.unwrap()
}

#[tokio::test]
async fn writes_reach_google_and_come_back_as_labels() {
    let f = Fixture::start(Fill::Bulk(30)).await;
    let inbox: Vec<RemoteId> = f.sandbox.labelled(MARA, "INBOX").into_iter().map(|m| RemoteId(m.id)).collect();
    let labels = |id: &RemoteId| f.sandbox.messages(MARA).into_iter().find(|m| m.id == id.0).unwrap().labels;
    let has = |id: &RemoteId, label: &str| labels(id).contains(label);
    let one = vec![inbox[0].clone()];
    write(&f, MailWrite::Flags { mailbox: None, ids: one.clone(), change: FlagChange::read(false) }).await;
    assert!(has(&inbox[0], "UNREAD"));
    write(&f, MailWrite::Flags { mailbox: None, ids: one.clone(), change: FlagChange::read(true) }).await;
    write(&f, MailWrite::Flags { mailbox: None, ids: one.clone(), change: FlagChange::starred(true) }).await;
    assert!(!has(&inbox[0], "UNREAD") && has(&inbox[0], "STARRED"));
    // Archive and back.
    let move_to = |from: &str, to: &str, ids: &[RemoteId]| MailWrite::Move {
        from: Some(from.into()),
        to: to.into(),
        ids: ids.to_vec(),
        again: false,
    };
    write(&f, move_to("INBOX", labels::ALL_MAIL, &one)).await;
    assert!(!has(&inbox[0], "INBOX"));
    write(&f, move_to(labels::ALL_MAIL, "INBOX", &one)).await;
    assert!(has(&inbox[0], "INBOX"));
    // Bin: alone and many at once (batchModify), and out again.
    write(&f, move_to("INBOX", "TRASH", &one)).await;
    assert!(has(&inbox[0], "TRASH") && !has(&inbox[0], "INBOX"));
    write(&f, move_to("TRASH", "INBOX", &one)).await;
    assert!(!has(&inbox[0], "TRASH") && has(&inbox[0], "INBOX"));
    f.sandbox.control().clear_log();
    write(&f, move_to("INBOX", "TRASH", &inbox[1..13])).await;
    assert!(inbox[1..13].iter().all(|id| has(id, "TRASH") && !has(id, "INBOX")));
    assert_eq!(f.sandbox.control().log().len(), 1, "one call for twelve");
    // Labels, doing it twice, and a message that is gone among others.
    let label = f.sandbox.create_label(MARA, "Projects").unwrap();
    f.sandbox.delete(MARA, inbox[14].as_str());
    let change = MailWrite::Labels { ids: inbox[13..16].to_vec(), add: vec![label.as_str().into()], remove: vec!["INBOX".into()] };
    write(&f, change.clone()).await;
    write(&f, change).await;
    assert!(has(&inbox[13], &label) && has(&inbox[15], &label) && !has(&inbox[15], "INBOX"));
    let gone = MailWrite::Flags { mailbox: None, ids: vec![inbox[14].clone()], change: FlagChange::read(true) };
    assert!(matches!(f.source.write(&gone).await, Err(ProviderError::NotFound(_))));
    // For ever needs a scope that is not asked for.
    let delete = MailWrite::Delete { mailbox: None, ids: one };
    assert!(matches!(f.source.write(&delete).await, Err(ProviderError::Unsupported(why)) if why.contains("mail.google.com")));
}

fn mail(message_id: &str, to: &str, more: &str, body: &[u8]) -> OutgoingMail {
    let head = format!("From: {MARA}\r\nTo: {to}\r\nSubject: Hello\r\nMessage-ID: <{message_id}>\r\n{more}\r\n");
    OutgoingMail {
        from: MARA.to_owned(),
        recipients: vec![to.to_owned()],
        raw: [head.as_bytes(), body].concat(),
        message_id: message_id.to_owned(),
        thread: None,
    }
}

#[derive(Default)]
struct Witness(Mutex<u32>);
#[async_trait]
impl SendWitness for Witness {
    async fn data_sent(&self) -> Result<(), ProviderError> {
        *self.0.lock().unwrap() += 1;
        Ok(())
    }
}

#[tokio::test]
async fn sending_is_filed_and_proved_and_hides_its_bcc() {
    let f = Fixture::start(Fill::Small).await;
    let mut outgoing = mail("m1@x.test", "bo@x.test", "", b"hi\r\n");
    outgoing.recipients.push("secret@x.test".to_owned());
    assert_eq!(f.source.find(None, "m1@x.test").await.unwrap(), None);
    let witness = Witness::default();
    let submitted = f.source.submit(&outgoing, &witness).await.unwrap();
    assert!(submitted.filed && submitted.refused.is_empty());
    assert_eq!(*witness.0.lock().unwrap(), 1);
    assert_eq!(f.source.find(None, "<m1@x.test>").await.unwrap(), submitted.remote);
    assert!(f.source.absence_is_proof());
    assert!(!f.source.reply_decides(), "a 503 proves nothing, with or without the right to look");
    let sent = f.sandbox.sent(MARA);
    assert_eq!(sent[0].message_id.as_deref(), Some("m1@x.test"));
    assert!(!String::from_utf8_lossy(&sent[0].raw).to_lowercase().contains("bcc"));
}

#[tokio::test]
async fn a_message_id_that_gmail_replaced_is_still_proof() {
    let f = Fixture::start(Fill::Small).await;
    f.sandbox.set_rewrite_message_id(true);
    f.sandbox.control().add_fault(Fault::new("/gmail/v1/users/me/messages/send", FaultAction::Drop { after_commit: true }));
    assert!(f.source.submit(&mail("w1@x.test", "bo@x.test", "", b"hi\r\n"), &Witness::default()).await.is_err());
    let sent = f.sandbox.sent(MARA);
    assert_ne!(sent[0].message_id.as_deref(), Some("w1@x.test"));
    assert_eq!(f.source.find(None, "w1@x.test").await.unwrap(), Some(RemoteId(sent[0].id.clone())));
    assert_eq!(f.source.find(None, "w2@x.test").await.unwrap(), None);
}

#[tokio::test]
async fn a_batch_that_breaks_off_is_asked_for_again_without_what_came_through() {
    let f = Fixture::start(Fill::Bulk(20)).await;
    let (source, _) = f.in_a_hurry();
    let ids: Vec<RemoteId> = f.sandbox.messages(MARA).into_iter().map(|m| RemoteId(m.id)).collect();
    f.sandbox.control().add_fault(Fault::new("/batch", FaultAction::Truncate { keep: 6000 }));
    f.sandbox.control().add_fault(Fault::status("/batch", 503, "backendError").nth(2));
    let mut store = Store::default();
    source.fetch(&scope(), &ids, &mut store).await.unwrap();
    store.assert_equal(&f.sandbox);
    assert_eq!(f.sandbox.control().count("POST", "/batch"), 3);
}

#[tokio::test]
async fn a_reply_joins_its_thread_and_a_thread_that_is_gone_does_not_stop_it() {
    let f = Fixture::start(Fill::Small).await;
    let id = f.sandbox.deliver(MARA, b"From: bo@x.test\r\nTo: mara\r\nSubject: Hello\r\nMessage-ID: <q@x.test>\r\n\r\nq\r\n").unwrap();
    let thread = f.sandbox.messages(MARA).into_iter().find(|m| m.id == id).unwrap().thread_id;
    let references = "In-Reply-To: <q@x.test>\r\nReferences: <q@x.test>\r\n";
    let mut reply = mail("r1@x.test", "bo@x.test", references, b"a\r\n");
    reply.thread = Some(RemoteId(thread.clone()));
    f.source.submit(&reply, &Witness::default()).await.unwrap();
    assert_eq!(f.sandbox.sent(MARA)[0].thread_id, thread);
    let mut reply = mail("r2@x.test", "bo@x.test", references, b"a\r\n");
    reply.thread = Some("fffffffffffffff".into());
    f.source.submit(&reply, &Witness::default()).await.unwrap();
    assert_eq!(f.sandbox.sent(MARA).iter().filter(|m| m.message_id.as_deref() == Some("r2@x.test")).count(), 1);
}

#[tokio::test]
async fn a_large_mail_goes_through_the_upload_endpoint_with_and_without_a_thread() {
    let f = Fixture::start(Fill::Small).await;
    let body = [&[b'y'; 76][..], b"\r\n"].concat().repeat(90_000);
    let id = f.sandbox.deliver(MARA, b"From: bo@x.test\r\nTo: mara\r\nSubject: Hello\r\nMessage-ID: <q@x.test>\r\n\r\nq\r\n").unwrap();
    let thread = f.sandbox.messages(MARA).into_iter().find(|m| m.id == id).unwrap().thread_id;
    for (message_id, thread) in [("b1@x.test", None), ("b2@x.test", Some(RemoteId(thread.clone())))] {
        let mut big = mail(message_id, "bo@x.test", "References: <q@x.test>\r\n", &body);
        big.thread.clone_from(&thread);
        f.source.submit(&big, &Witness::default()).await.unwrap();
        let sent = f.sandbox.sent(MARA).into_iter().find(|m| m.message_id.as_deref() == Some(message_id)).unwrap();
        assert!(sent.raw.ends_with(&body), "not a byte was lost");
        assert!(thread.is_none_or(|t| t.0 == sent.thread_id));
    }
    assert_eq!(f.sandbox.control().count("POST", "/upload/gmail/v1/users/me/messages/send"), 2);
    let huge = mail("b3@x.test", "bo@x.test", "", &vec![b'z'; send::MAX_BYTES]);
    let witness = Witness::default();
    assert!(matches!(f.source.submit(&huge, &witness).await, Err(ProviderError::Refused(why)) if why.contains("35 MB")));
    assert_eq!(*witness.0.lock().unwrap(), 0, "nothing left this machine");
}

#[tokio::test]
async fn a_connection_lost_while_sending_leaves_proof_either_way() {
    let f = Fixture::start(Fill::Small).await;
    for (message_id, after_commit) in [("l1@x.test", true), ("l2@x.test", false)] {
        f.sandbox.control().add_fault(Fault::new("/gmail/v1/users/me/messages/send", FaultAction::Drop { after_commit }));
        let outgoing = mail(message_id, "bo@x.test", "", b"hi\r\n");
        let error = f.source.submit(&outgoing, &Witness::default()).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unreachable { .. }), "{error:?}");
        assert_eq!(f.source.find(None, message_id).await.unwrap().is_some(), after_commit);
        f.sandbox.control().clear_faults();
    }
    assert_eq!(f.sandbox.control().count("POST", "*/messages/send"), 2, "never sent again by itself");
}

#[tokio::test]
async fn drafts_are_created_replaced_and_deleted_by_message_id() {
    let f = Fixture::start(Fill::Small).await;
    let before = f.sandbox.labelled(MARA, "DRAFT").len();
    let append = |body: &str, replaces: Option<RemoteId>| MailWrite::Append {
        mailbox: "DRAFT".into(),
        raw: mail("d1@x.test", "bo@x.test", "", body.as_bytes()).raw,
        message_id: "d1@x.test".to_owned(),
        flags: Flags { draft: true, ..Flags::default() },
        replaces,
    };
    let first = write(&f, append("one", None)).await.appended.unwrap();
    assert_eq!(f.source.find(Some(&"DRAFT".into()), "d1@x.test").await.unwrap(), Some(first.clone()));
    assert_eq!(f.source.find(None, "d1@x.test").await.unwrap(), None, "a draft is no proof of a send");
    let written = write(&f, append("two", Some(first.clone()))).await;
    let second = written.appended.unwrap();
    assert_eq!(written.renamed, [(first.clone(), second.clone())]);
    let drafts = f.sandbox.labelled(MARA, "DRAFT");
    assert_eq!(drafts.len(), before + 1);
    assert!(drafts.iter().any(|d| d.id == second.0 && d.raw.ends_with(b"two")));
    // The old one vanished elsewhere: the text is kept in a new draft.
    let third = write(&f, append("three", Some(first))).await.appended.unwrap();
    let delete = MailWrite::Delete { mailbox: Some("DRAFT".into()), ids: vec![second, third] };
    write(&f, delete.clone()).await;
    write(&f, delete).await;
    assert_eq!(f.sandbox.labelled(MARA, "DRAFT").len(), before);
}

#[tokio::test]
async fn a_draft_too_large_for_json_is_uploaded_and_replaced() {
    let f = Fixture::start(Fill::Small).await;
    let before = f.sandbox.labelled(MARA, "DRAFT").len();
    let large = "0123456789abcdef\r\n".repeat(340_000);
    let append = |end: &str, replaces: Option<RemoteId>| MailWrite::Append {
        mailbox: "DRAFT".into(),
        raw: mail("large@x.test", "bo@x.test", "", format!("{large}{end}").as_bytes()).raw,
        message_id: "large@x.test".to_owned(),
        flags: Flags { draft: true, ..Flags::default() },
        replaces,
    };
    let first = write(&f, append("one", None)).await.appended.unwrap();
    let second = write(&f, append("two", Some(first))).await.appended.unwrap();
    let drafts = f.sandbox.labelled(MARA, "DRAFT");
    assert_eq!(drafts.len(), before + 1);
    assert!(drafts.iter().any(|d| d.id == second.0 && d.raw.ends_with(b"two") && d.raw.len() > 6_000_000));
}
