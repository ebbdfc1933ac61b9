//! Folders, deletions and forwards through the engine against a real Dovecot, seen by a second client.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    SecretString,
    audit::Actor,
    connection::{Security, ServerEndpoint, SyncSelection},
    ids::{AccountId, ConnectionId, MessageId},
    mail::{Address, MailboxRole, MessageSummary},
    outbox::{OutboxState, WedgeReason},
    time::{Timestamp, system_clock},
};
use engine::{
    Engine,
    views::{Action, ConnectImap, DraftContent, ImapAuth, OutboxOutcome, ReplyKind, SendMail, SendOptions, SyncReport, Target},
};
use sandbox::smtp_sink::{SinkFault, SinkOptions, SmtpSink};
use store::{MessageFilter, Place};
use vault::KeySource;

use crate::dovecot::{Dovecot, Mailbox, PASSWORD, PLAIN_IMAP4REV1, RawImap, USER};

pub struct Desk {
    pub engine: Engine,
    pub connection: ConnectionId,
    pub account: AccountId,
    ahead: Arc<AtomicI64>,
    _home: tempfile::TempDir,
}

impl Desk {
    pub async fn open(server: &Dovecot, smtp: Option<u16>) -> Self {
        Self::at(server.port, smtp).await
    }

    /// Where something stands between us and the server.
    pub async fn at(imap: u16, smtp: Option<u16>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let (real, moved) = (system_clock(), Arc::clone(&ahead));
        let clock: domain::time::Clock = Arc::new(move || Timestamp(real().0 + moved.load(Ordering::SeqCst)));
        let engine = host::open_engine(home.path(), KeySource::Ephemeral, clock, false).await.unwrap();
        let at = |port| ServerEndpoint { host: "127.0.0.1".into(), port, security: Security::None, pinned: None };
        let connect = ConnectImap {
            email: "test@corpus.example".into(),
            display_name: "Test".into(),
            username: USER.into(),
            imap: at(imap),
            smtp: smtp.map(at),
            auth: ImapAuth::Password(SecretString::from(PASSWORD.to_owned())),
            selection: SyncSelection::default(),
            actor: Actor::Person,
        };
        let connected = engine.connect_imap(connect).await.unwrap().connection;
        let desk = Self { engine, connection: connected.id.clone(), account: connected.accounts[0].id, ahead, _home: home };
        desk.sync().await;
        desk
    }

    pub async fn sync(&self) -> SyncReport {
        let report = self.engine.sync_now(Some(&self.connection)).await.unwrap();
        for scope in &report.scopes {
            assert!(scope.error.is_none(), "{scope:?}");
        }
        report
    }

    /// The clock of the engine goes on by so much.
    pub fn pass(&self, ms: i64) {
        self.ahead.fetch_add(ms, Ordering::SeqCst);
    }

    /// Lets undo windows end and works the outbox off.
    pub async fn settle(&self) -> Vec<engine::views::OutboxReport> {
        self.ahead.fetch_add(20_000, Ordering::SeqCst);
        self.engine.drain_outbox(None).await.unwrap()
    }

    /// The same until nothing is left for later: a server may hang up once because another connection of ours had the folder open.
    pub async fn settle_all(&self) -> Vec<engine::views::OutboxReport> {
        for _ in 0..5 {
            let reports = self.settle().await;
            if reports.iter().all(|r| r.outcome != OutboxOutcome::Later) {
                return reports;
            }
            self.ahead.fetch_add(20 * 60_000, Ordering::SeqCst);
        }
        panic!("the outbox does not come to an end: {:?}", self.engine.outbox(None).await);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(system_clock()().0 + self.ahead.load(Ordering::SeqCst))
    }

    /// So much later.
    pub fn wait_ms(&self, ms: i64) {
        self.ahead.fetch_add(ms, Ordering::SeqCst);
    }

    pub async fn list(&self, place: Place) -> Vec<MessageSummary> {
        let filter = MessageFilter { account: None, place: Some(place), ..MessageFilter::default() };
        self.engine.messages(filter, None, 1_000).await.unwrap().items
    }

    pub async fn inbox(&self) -> Vec<MessageSummary> {
        self.list(Place::Role(MailboxRole::Inbox)).await
    }

    pub fn target(ids: &[MessageId]) -> Target {
        Target::Messages { ids: ids.to_vec() }
    }
}

fn server(extra: &str, mailboxes: &[&'static str]) -> Dovecot {
    let boxes: Vec<Mailbox> =
        mailboxes.iter().enumerate().map(|(n, name)| Mailbox::generate(name, if n == 0 { 5 } else { 0 }, 1_795_176_000)).collect();
    Dovecot::start(&boxes, extra)
}

/// What a server without UIDPLUS had to leave there is marked.
fn standing(other: &mut RawImap, mailbox: &str) -> usize {
    other.truth(mailbox).iter().filter(|(_, flags)| !flags.contains("Deleted")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn archiving_without_an_archive_asks_and_then_makes_one() {
    for extra in ["", PLAIN_IMAP4REV1] {
        let server = server(extra, &["INBOX", "Sent"]);
        let desk = Desk::open(&server, None).await;
        let first = desk.inbox().await[0].id;
        let refused = desk.engine.act(Action::Archive, Desk::target(&[first]), Actor::Person).await.unwrap_err();
        assert_eq!(refused.code, "no_archive");
        assert!(refused.message.contains("test@corpus.example") && refused.hint.contains("Archive"), "{refused:?}");
        assert_eq!(desk.inbox().await.len(), 5, "nothing moved");

        let token = desk.engine.act_with(Action::Archive, Desk::target(&[first]), Actor::Person, true).await.unwrap();
        assert!(token.undoable);
        assert_eq!(desk.inbox().await.len(), 4, "shown at once");
        assert_eq!(desk.list(Place::Role(MailboxRole::Archive)).await.len(), 1);
        let pending =
            desk.engine.mailboxes().await.unwrap()[0].mailboxes.iter().find(|m| m.role == Some(MailboxRole::Archive)).cloned().unwrap();
        assert!(pending.is_pending());
        for report in desk.settle().await {
            assert_eq!(report.outcome, OutboxOutcome::Done, "{report:?}");
        }
        assert!(desk.engine.outbox(None).await.unwrap().is_empty());
        let mut other = server.other_client();
        assert_eq!(other.truth("Archive").len(), 1, "{extra}");
        assert_eq!(standing(&mut other, "INBOX"), 4);
        assert!(other.run("LSUB \"\" \"*\"").iter().any(|l| l.contains("Archive")), "other programs see it");
        let report = desk.sync().await;
        assert_eq!(report.scopes.iter().map(|s| s.bytes).sum::<u64>(), 0, "nothing is downloaded again: {report:?}");
        assert_eq!(desk.list(Place::Role(MailboxRole::Archive)).await.len(), 1);
        // Back where it came from; the folder stays.
        desk.engine.undo(token).await.unwrap();
        desk.settle().await;
        desk.sync().await;
        desk.settle().await;
        assert_eq!((standing(&mut other, "INBOX"), standing(&mut other, "Archive")), (5, 0), "{extra}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_made_renamed_and_deleted_with_their_mail_kept() {
    let server = server("", &["INBOX"]);
    let desk = Desk::open(&server, None).await;
    let made = desk.engine.create_mailbox(desk.account, "Reisen/Köln & Umgebung", None, Actor::Person).await.unwrap();
    assert_eq!(
        desk.engine.create_mailbox(desk.account, "reisen/köln & umgebung", None, Actor::Person).await.unwrap_err().code,
        "mailbox_exists"
    );
    let mail = desk.inbox().await[0].id;
    desk.engine.act(Action::Move { to: made.id }, Desk::target(&[mail]), Actor::Person).await.unwrap();
    desk.settle_all().await;
    desk.sync().await;
    // A client that has a mailbox open loses its connection when that is renamed: each look is by a new one.
    let look = || server.other_client();
    assert_eq!(look().truth("Reisen/K&APY-ln &- Umgebung").len(), 1);
    assert_eq!(desk.list(Place::Mailbox(made.id)).await.len(), 1, "the row that took the mail is the row that has it");

    let parent = desk.engine.mailboxes().await.unwrap()[0].mailboxes.iter().find(|m| m.name == "Reisen").cloned();
    let (id, new) = match parent {
        Some(parent) => (parent.id, "Fahrten"),
        None => (made.id, "Fahrten/Köln"),
    };
    desk.engine.rename_mailbox(id, new, Actor::Person).await.unwrap();
    desk.settle_all().await;
    let report = desk.sync().await;
    assert_eq!(report.scopes.iter().map(|s| s.bytes).sum::<u64>(), 0, "a rename downloads nothing: {report:?}");
    assert_eq!(desk.list(Place::Mailbox(made.id)).await.len(), 1, "and keeps its row");
    assert!(desk.engine.store().mailbox(made.id).await.unwrap().name.starts_with("Fahrten/K"));

    let full = desk.engine.delete_mailbox(made.id, Actor::Person).await.unwrap_err();
    assert_eq!(full.code, "mailbox_not_empty");
    let inbox = desk.engine.mailbox_by_name(desk.account, "inbox").await.unwrap();
    assert_eq!(desk.engine.delete_mailbox(inbox, Actor::Person).await.unwrap_err().code, "mailbox_in_use");
    desk.engine.act(Action::Move { to: inbox }, Desk::target(&[mail]), Actor::Person).await.unwrap();
    desk.settle_all().await;
    desk.sync().await;
    // Somebody files a mail there that we have not seen: the server is asked, not our counts.
    let remote = desk.engine.store().mailbox(made.id).await.unwrap().remote;
    let wire = if remote.as_str().contains("Umgebung") { "Fahrten/K&APY-ln &- Umgebung" } else { "Fahrten/K&APY-ln" };
    look().append(wire, b"Message-ID: <late@corpus.example>\r\nSubject: late\r\n\r\nlate\r\n");
    desk.engine.delete_mailbox(made.id, Actor::Person).await.unwrap();
    let reports = desk.settle_all().await;
    assert_eq!(reports[0].outcome, OutboxOutcome::Wedged, "{reports:?}");
    let item = desk.engine.outbox(None).await.unwrap().remove(0);
    assert!(matches!(item.state, OutboxState::Wedged { reason: WedgeReason::Refused, .. }), "{item:?}");
    desk.engine.outbox_discard(item.id, Actor::Person).await.unwrap();
    assert!(desk.engine.store().mailbox(made.id).await.unwrap().selectable, "it is back");
    assert_eq!(look().truth(wire).len(), 1, "nothing was deleted");
    let mut other = look();
    other.run(&format!("SELECT \"{wire}\""));
    other.run("STORE 1 +FLAGS (\\Deleted)");
    other.run("EXPUNGE");
    drop(other);
    desk.sync().await;
    desk.engine.delete_mailbox(made.id, Actor::Person).await.unwrap();
    for report in desk.settle_all().await {
        assert_eq!(report.outcome, OutboxOutcome::Done, "{report:?}");
    }
    assert!(desk.engine.store().mailbox(made.id).await.is_err());
    assert!(!look().run("LIST \"\" \"*\"").iter().any(|l| l.contains("ln")));
    let log = serde_json::to_string(&desk.engine.store().audit(None, 200, Some("mailbox.")).await.unwrap()).unwrap();
    for action in ["mailbox.created", "mailbox.renamed", "mailbox.deleted"] {
        assert!(log.contains(action), "{log}");
    }
}

/// Without UIDPLUS nothing can be removed but everything that anybody marked, so nothing is.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_expunge_only_ours_keeps_them_marked_and_hidden() {
    for others_mark in [true, false] {
        let server = server(PLAIN_IMAP4REV1, &["INBOX", "Trash"]);
        let desk = Desk::open(&server, None).await;
        let mut other = server.other_client();
        other.run("SELECT INBOX");
        if others_mark {
            other.run("STORE 5 +FLAGS (\\Deleted)");
        }
        let rest = if others_mark { 4 } else { 5 };
        let ours: Vec<_> = desk.inbox().await.iter().rev().take(2).map(|m| m.id).collect();
        desk.engine.act(Action::Trash, Desk::target(&ours[..1]), Actor::Person).await.unwrap();
        desk.engine.act(Action::DeleteForever, Desk::target(&ours[1..]), Actor::Person).await.unwrap();
        let reports = desk.settle_all().await;
        assert_eq!(reports.len(), 2, "{reports:?}");
        for report in &reports {
            assert!(report.outcome == OutboxOutcome::Done && report.detail.contains("UIDPLUS"), "{report:?}");
        }
        let log = serde_json::to_string(&desk.engine.store().audit(None, 20, Some("outbox.")).await.unwrap()).unwrap();
        assert_eq!(log.matches("left_marked=1").count(), 2, "{log}");
        let marked =
            |other: &mut crate::dovecot::RawImap| other.truth("INBOX").iter().filter(|(_, flags)| flags.contains("Deleted")).count();
        assert_eq!((other.truth("INBOX").len(), marked(&mut other)), (5, 7 - rest), "nothing was expunged, ours or theirs");
        // However often it is looked at, what is marked does not come back here.
        for _ in 0..2 {
            desk.sync().await;
            assert_eq!((desk.inbox().await.len(), desk.list(Place::Role(MailboxRole::Trash)).await.len()), (rest - 2, 1));
        }
        // Someone takes the marks off again.
        other.run("SELECT INBOX");
        other.run("STORE 1:5 -FLAGS (\\Deleted)");
        desk.sync().await;
        desk.sync().await;
        assert_eq!((desk.inbox().await.len(), desk.list(Place::Role(MailboxRole::Trash)).await.len()), (5, 1), "{others_mark}");
    }
}

/// A newsletter with a picture inside, a picture beside and a file.
fn picture_mail() -> Vec<u8> {
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    format!(
        "From: Ada <ada@elsewhere.example>\r\nTo: test@corpus.example\r\nSubject: Plans\r\nMessage-ID: <plans@elsewhere.example>\r\n\
         Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=mix\r\n\r\n\
         --mix\r\nContent-Type: multipart/related; boundary=rel\r\n\r\n\
         --rel\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Look: <img src=\"cid:logo@x&amp;1\" width=40></p><script>alert(1)</script>\r\n\
         --rel\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <logo@x&1>\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n{png}\r\n\
         --rel\r\nContent-Type: image/png; name=unused.png\r\nContent-ID: <unused@x>\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n{png}\r\n\
         --rel--\r\n--mix\r\nContent-Type: text/csv; name=plan.csv\r\nContent-Disposition: attachment; filename=plan.csv\r\n\r\na,b\r\n\
         --mix--\r\n"
    )
    .into_bytes()
}

async fn with_sink(size: u64) -> (Dovecot, SmtpSink, Desk) {
    let sink = SmtpSink::start(SinkOptions { size, ..SinkOptions::default() }).await.unwrap();
    let server = server("", &["INBOX", "Sent"]);
    server.other_client().append("INBOX", &picture_mail());
    let desk = Desk::open(&server, Some(sink.port())).await;
    (server, sink, desk)
}

fn to_ada() -> Vec<Address> {
    vec![Address { name: String::new(), email: "ada@elsewhere.example".into() }]
}

/// Keywords, which `truth` leaves out.
fn flags_of(server: &Dovecot, message_id: &str) -> String {
    let mut other = server.other_client();
    other.run("SELECT INBOX");
    let found = other.run(&format!("UID SEARCH HEADER Message-ID {message_id}"));
    let uid = found.iter().find_map(|l| l.strip_prefix("* SEARCH ")).unwrap().trim().to_owned();
    other.run(&format!("UID FETCH {uid} (FLAGS)")).join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forward_takes_pictures_and_files_along_and_marks_what_it_forwards() {
    let (server, sink, desk) = with_sink(0).await;
    let plans = desk.inbox().await.into_iter().find(|m| m.subject == "Plans").unwrap().id;
    let draft = desk.engine.reply_draft(plans, ReplyKind::Forward).await.unwrap();
    let files: Vec<(&str, bool)> = draft.attachments.iter().map(|a| (a.name.as_str(), a.inline)).collect();
    assert_eq!(files, [("logo.png", true), ("plan.csv", false)], "an inline picture that nobody shows stays behind");
    let shown = engine::show_inline(&draft.content.quoted, plans);
    assert!(shown.contains(&format!("/cid/{plans}?u=logo%40x%261")) && !shown.contains("alert"), "{shown}");
    // The window sends its own view of the quotation back; what is sent is ours.
    let content = DraftContent { to: to_ada(), quoted: shown, html: Some("<p>See below</p>".into()), ..draft.content.clone() };
    desk.engine.save_draft(draft.id, content).await.unwrap();
    desk.engine.send_draft(draft.id, SendOptions::default()).await.unwrap();
    for _ in 0..3 {
        for report in desk.settle().await {
            assert!(matches!(report.outcome, OutboxOutcome::Done | OutboxOutcome::Proved), "{report:?}");
        }
    }
    let received = sink.received();
    assert_eq!(received.len(), 1);
    let parsed = engine::mime::bodies(&received[0].raw);
    let html = parsed.html.unwrap();
    assert!(html.contains("cid:logo@x&amp;1") && html.contains("See below"), "{html}");
    let part = engine::mime::part(&received[0].raw, parsed.inline["logo@x&1"].part).unwrap();
    assert!(part.mime == "image/png" && part.bytes.starts_with(b"\x89PNG"));
    let raw = String::from_utf8_lossy(&received[0].raw).into_owned();
    assert!(raw.contains("multipart/related") && raw.contains("plan.csv") && !raw.contains("unused.png"), "{raw}");
    assert!(flags_of(&server, "plans@elsewhere.example").contains("$Forwarded"));
    desk.sync().await;
    assert!(desk.engine.message(plans).await.unwrap().flags.forwarded);

    let answer = desk.engine.reply_draft(plans, ReplyKind::Reply).await.unwrap();
    desk.engine.send_draft(answer.id, SendOptions::default()).await.unwrap();
    for _ in 0..3 {
        desk.settle().await;
    }
    let flags = flags_of(&server, "plans@elsewhere.example");
    assert!(flags.contains("\\Answered") && flags.contains("$Forwarded"), "{flags}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_with_figures_and_the_draft_stays() {
    let (_server, sink, desk) = with_sink(200_000).await;
    let draft = desk.engine.new_draft(DraftContent { to: to_ada(), subject: "Large".into(), ..DraftContent::default() }).await.unwrap();
    let small = desk.engine.attach(draft.id, "ok.bin", "application/octet-stream", vec![1; 300_000]).await.unwrap();
    let error = desk.engine.attach(draft.id, "huge.bin", "application/octet-stream", vec![1; 26 * 1024 * 1024]).await.unwrap_err();
    assert_eq!(error.code, "too_large");
    assert!(error.message.contains("huge.bin") && error.message.contains("25 MB") && error.message.contains("26."), "{error:?}");
    assert_eq!(desk.engine.draft(draft.id).await.unwrap().attachments, small.attachments, "the draft is as it was");

    // Within our limit, above the server's (RFC 1870): refused before a byte of it is sent.
    let item = desk.engine.send_draft(draft.id, SendOptions::default()).await.unwrap();
    let reports = desk.settle().await;
    assert_eq!(reports[0].outcome, OutboxOutcome::Wedged, "{reports:?}");
    assert!(reports[0].detail.contains("0.2 MB") && reports[0].detail.contains("0.4 MB"), "{reports:?}");
    assert!(sink.received().is_empty());
    let back = desk.engine.outbox_edit(item).await.unwrap();
    assert_eq!((back.id, &back.attachments), (draft.id, &small.attachments));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_person_knows_to_have_arrived_is_filed_like_any_sent_mail() {
    let (server, sink, desk) = with_sink(0).await;
    sink.fault(SinkFault::DropAfterDot { kept: true });
    let mail = SendMail {
        from: None,
        to: to_ada(),
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Did it arrive?".into(),
        text: "Yes.".into(),
        html: None,
        attachments: Vec::new(),
        in_reply_to: Some(desk.inbox().await.into_iter().find(|m| m.subject == "Plans").unwrap().id),
        options: SendOptions::default(),
        actor: Actor::Person,
    };
    let id = desk.engine.send_mail(mail).await.unwrap();
    assert_eq!(desk.settle().await[0].outcome, OutboxOutcome::Wedged);
    assert_eq!((sink.received().len(), server.other_client().truth("Sent").len()), (1, 0));
    desk.engine.outbox_mark_sent(id, Actor::Person).await.unwrap();
    desk.settle_all().await;
    assert_eq!((sink.received().len(), server.other_client().truth("Sent").len()), (1, 1), "not sent again, and filed");
    assert!(flags_of(&server, "plans@elsewhere.example").contains("\\Answered"));
}
