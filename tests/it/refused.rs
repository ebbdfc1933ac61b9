//! A mail that some recipients' server refuses: said at once, kept until somebody has seen to it, and sent again to them alone.

use std::time::Duration;

use domain::{
    audit::Actor,
    mail::Address,
    outbox::{OutboxItem, OutboxOp, OutboxState, WedgeReason},
};
use engine::{
    EngineEvent,
    views::{SendMail, SendOptions},
};
use sandbox::smtp_sink::{SinkFault, SinkOptions, SmtpSink};

use crate::{
    dovecot::{Dovecot, Mailbox},
    writes::Desk,
};

fn to(email: &str) -> Vec<Address> {
    vec![Address { name: String::new(), email: email.into() }]
}

/// To ada, with bob in copy.
fn agenda() -> SendMail {
    SendMail {
        from: None,
        to: to("ada@elsewhere.example"),
        cc: to("bob@elsewhere.example"),
        bcc: Vec::new(),
        subject: "Agenda".into(),
        text: "Thursday".into(),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        options: SendOptions::default(),
        actor: Actor::Cli,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_not_get_it_is_told_kept_and_sent_to_alone() {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 1, 1_795_176_000), Mailbox { name: "Sent", mails: Vec::new() }], "");
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    let desk = Desk::open(&server, Some(sink.port())).await;
    sink.fault(SinkFault::Recipient("bob@elsewhere.example".into(), 550, "5.1.1 no such person here"));
    sink.fault(SinkFault::Recipient("eve@elsewhere.example".into(), 550, "5.1.1 nobody"));
    let mut events = desk.engine.events();
    let mail = SendMail { bcc: to("eve@elsewhere.example"), ..agenda() };
    let item = desk.engine.send_mail(mail).await.unwrap();
    desk.settle().await;
    assert_eq!(sink.received()[0].recipients, ["ada@elsewhere.example"]);
    let said = tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            if let EngineEvent::Attention { code, message, .. } = events.recv().await.unwrap()
                && code == "recipients_refused"
            {
                return message;
            }
        }
    });
    let said = said.await.unwrap();
    assert!(said.contains("bob@elsewhere.example") && said.contains("no such person here"), "{said}");

    let left = desk.engine.undelivered().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].0.id, item);
    let mut who: Vec<&str> = left[0].1.iter().map(|(who, _)| who.as_str()).collect();
    who.sort_unstable();
    assert_eq!(who, ["bob@elsewhere.example", "eve@elsewhere.example"]);

    sink.clear_faults();
    let draft = desk.engine.outbox_edit(item).await.unwrap();
    assert!(draft.content.to.is_empty(), "{draft:?}");
    assert_eq!((draft.content.cc.len(), draft.content.bcc.len()), (1, 1), "{draft:?}");
    assert!(draft.content.html.as_deref().unwrap_or_default().contains("Thursday"));
    assert!(desk.engine.undelivered().await.unwrap().is_empty());
    assert!(desk.engine.outbox_edit(item).await.is_err(), "once");
    desk.engine.send_draft(draft.id, SendOptions::default()).await.unwrap();
    desk.settle_all().await;
    let mut again = sink.received()[1].recipients.clone();
    again.sort_unstable();
    assert_eq!(again, ["bob@elsewhere.example", "eve@elsewhere.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_seen_goes_and_takes_its_mail_with_it() {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 1, 1_795_176_000)], "");
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    let desk = Desk::open(&server, Some(sink.port())).await;
    sink.fault(SinkFault::Recipient("bob@elsewhere.example".into(), 550, "5.1.1 no such person here"));
    let mail = agenda();
    let item = desk.engine.send_mail(mail).await.unwrap();
    desk.settle().await;
    assert_eq!(desk.engine.undelivered().await.unwrap().len(), 1);
    assert_eq!(desk.engine.outbox_discard(item, Actor::Person).await.unwrap(), None);
    assert!(desk.engine.undelivered().await.unwrap().is_empty());
    assert!(desk.engine.outbox_discard(item, Actor::Person).await.is_err(), "it is done, and nothing is left to be seen");
}

/// A desk that has sent to ada, while bob was put off.
async fn put_off() -> (Dovecot, SmtpSink, Desk) {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 1, 1_795_176_000), Mailbox { name: "Sent", mails: Vec::new() }], "");
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    let desk = Desk::open(&server, Some(sink.port())).await;
    sink.fault(SinkFault::Recipient("bob@elsewhere.example".into(), 451, "4.7.1 greylisted, try again in five minutes"));
    let item = desk.engine.send_mail(agenda()).await.unwrap();
    desk.settle().await;
    assert_eq!(desk.engine.outbox_item(item).await.unwrap().state, OutboxState::Done);
    assert_eq!(sink.received()[0].recipients, ["ada@elsewhere.example"]);
    assert!(desk.engine.undelivered().await.unwrap().is_empty(), "nobody was refused");
    (server, sink, desk)
}

/// The item that waits for bob.
async fn rest(desk: &Desk) -> OutboxItem {
    let waiting = desk.engine.outbox(None).await.unwrap();
    let is_rest =
        |i: &&OutboxItem| matches!(&i.op, OutboxOp::Send { recipients, rest: true, .. } if recipients == &["bob@elsewhere.example"]);
    waiting.iter().find(is_rest).unwrap_or_else(|| panic!("{waiting:?}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_put_off_gets_it_later_and_the_others_not_again() {
    let (server, sink, desk) = put_off().await;
    assert!(rest(&desk).await.not_before.since(desk.engine.now()) > 4 * 60_000, "the server is left alone for a while");
    desk.settle().await;
    assert_eq!(sink.received().len(), 1);

    desk.pass(6 * 60_000);
    desk.settle().await;
    let tried = rest(&desk).await;
    assert!(tried.attempts > 0 && tried.state == OutboxState::Queued, "{tried:?}");
    sink.clear_faults();
    desk.settle_all().await;
    let received = sink.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[1].recipients, ["bob@elsewhere.example"]);
    let id = |n: usize| String::from_utf8_lossy(&received[n].raw).lines().find(|l| l.starts_with("Message-ID:")).map(str::to_owned);
    assert_eq!(id(0), id(1), "the same mail");
    assert_eq!(server.other_client().truth("Sent").len(), 1, "one copy of one mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copy_of_the_others_is_no_proof_for_who_was_put_off() {
    let (_server, sink, desk) = put_off().await;
    desk.settle_all().await;
    sink.clear_faults();
    sink.fault(SinkFault::DropAfterDot { kept: false });
    desk.pass(6 * 60_000);
    desk.settle().await;
    let item = rest(&desk).await;
    assert!(matches!(item.state, OutboxState::Wedged { reason: WedgeReason::MaybeSent, .. }), "{item:?}");
    assert!(desk.engine.outbox_check(item.id).await.unwrap_err().hint.contains("Ask them"));
}
