//! A mail that some recipients' server refuses: said at once, kept until somebody has seen to it, and sent again to them alone.

use std::time::Duration;

use domain::{audit::Actor, mail::Address};
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

#[tokio::test(flavor = "multi_thread")]
async fn who_did_not_get_it_is_told_kept_and_sent_to_alone() {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 1, 1_795_176_000), Mailbox { name: "Sent", mails: Vec::new() }], "");
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    let desk = Desk::open(&server, Some(sink.port())).await;
    sink.fault(SinkFault::Recipient("bob@elsewhere.example".into(), 550, "5.1.1 no such person here"));
    sink.fault(SinkFault::Recipient("eve@elsewhere.example".into(), 550, "5.1.1 nobody"));
    let mut events = desk.engine.events();
    let mail = SendMail {
        from: None,
        to: to("ada@elsewhere.example"),
        cc: to("bob@elsewhere.example"),
        bcc: to("eve@elsewhere.example"),
        subject: "Agenda".into(),
        text: "Thursday".into(),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        options: SendOptions::default(),
        actor: Actor::Cli,
    };
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
    let mail = SendMail {
        from: None,
        to: [to("ada@elsewhere.example"), to("bob@elsewhere.example")].concat(),
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Agenda".into(),
        text: "Thursday".into(),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        options: SendOptions::default(),
        actor: Actor::Cli,
    };
    let item = desk.engine.send_mail(mail).await.unwrap();
    desk.settle().await;
    assert_eq!(desk.engine.undelivered().await.unwrap().len(), 1);
    assert_eq!(desk.engine.outbox_discard(item, Actor::Person).await.unwrap(), None);
    assert!(desk.engine.undelivered().await.unwrap().is_empty());
    assert!(desk.engine.outbox_discard(item, Actor::Person).await.is_err(), "it is done, and nothing is left to be seen");
}
