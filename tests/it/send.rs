//! Sending over SMTP to a strict sink: envelope, headers, the sent copy, refusals, and the one honest answer when a connection
//! breaks after the final dot.

use sandbox::smtp_sink::{SinkFault, SinkOptions, SmtpSink};

use crate::{
    dovecot::{Dovecot, Mailbox, PASSWORD, USER},
    support::Home,
};

struct World {
    home: Home,
    server: Dovecot,
    sink: SmtpSink,
    body: String,
    _runtime: tokio::runtime::Runtime,
}

fn world() -> World {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sink = runtime.block_on(SmtpSink::start(SinkOptions::default())).unwrap();
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 3, 1_795_176_000), Mailbox { name: "Sent", mails: Vec::new() }], "");
    let home = Home::new();
    home.connect_imap("test@corpus.example", USER, PASSWORD, server.port, Some(sink.port()));
    home.run(&["sync"]);
    let body = home.dir.path().join("body.txt");
    std::fs::write(&body, "Grüße\n.\nfrom a line with a dot\n").unwrap();
    World { body: body.to_str().unwrap().to_owned(), home, server, sink, _runtime: runtime }
}

impl World {
    fn send_args<'a>(&'a self, subject: &'a str) -> Vec<&'a str> {
        vec![
            "mail",
            "send",
            "--from",
            "test@corpus.example",
            "--to",
            "Ada <ada@elsewhere.example>",
            "--subject",
            subject,
            "--body-file",
            &self.body,
        ]
    }
}

#[test]
fn a_mail_arrives_once_without_bcc_and_is_filed_in_sent() {
    let w = world();
    let mut args = w.send_args("Grüße aus Köln");
    args.extend(["--cc", "bob@elsewhere.example", "--bcc", "secret@elsewhere.example", "--attach", &w.body]);
    w.home.run(&args);
    let received = w.sink.received();
    assert_eq!(received.len(), 1);
    let mut recipients = received[0].recipients.clone();
    recipients.sort();
    assert_eq!(recipients, ["ada@elsewhere.example", "bob@elsewhere.example", "secret@elsewhere.example"]);
    let raw = String::from_utf8_lossy(&received[0].raw);
    assert!(!raw.contains("secret@"), "Bcc is only in the envelope");
    assert!(raw.is_ascii() && raw.contains("Subject: =?"), "{raw}");
    assert_eq!(w.server.other_client().truth("Sent").len(), 1);
    w.home.run(&["sync"]);
    assert_eq!(w.server.other_client().truth("Sent").len(), 1, "filed once");
    assert_eq!(w.home.run(&["search", "subject:Köln in:sent"])["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_connection_lost_after_the_dot_wedges_and_is_never_resent_by_itself() {
    let w = world();
    w.sink.fault(SinkFault::DropAfterDot { kept: true });
    let mut args = w.send_args("may have been sent");
    args.push("--queue");
    w.home.run(&args);
    let error = w.home.fail(&["sync"]);
    assert_eq!(error["code"], "outbox_wedged", "the round that can't finish it says so: {error}");
    for _ in 0..2 {
        w.home.run(&["sync"]);
    }
    let list = w.home.run(&["outbox", "list"]);
    let item = &list["items"][0];
    assert_eq!(item["state"], "wedged", "{list}");
    assert_eq!(item["reason"], "maybe_sent", "{list}");
    let before = w.sink.received().len();
    w.sink.clear_faults();
    w.home.run(&["sync"]);
    assert_eq!(w.sink.received().len(), before, "never resent by itself");
    // The person decides.
    w.home.run(&["outbox", "retry", item["id"].as_str().unwrap()]);
    w.home.run(&["sync"]);
    assert_eq!(w.sink.received().len(), before + 1);
    assert!(w.home.run(&["outbox", "list"])["items"].as_array().unwrap().is_empty());
}

#[test]
fn a_refused_recipient_is_named_and_the_others_have_the_mail() {
    let w = world();
    w.sink.fault(SinkFault::Recipient("bob@elsewhere.example".into(), 550, "5.1.1 no such person here"));
    let mut args = w.send_args("partly refused");
    args.extend(["--cc", "bob@elsewhere.example"]);
    let output = w.home.try_run(&args);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("bob@elsewhere.example"), "{said}");
    assert_eq!(w.sink.received().len(), 1);
    assert_eq!(w.sink.received()[0].recipients, ["ada@elsewhere.example"]);
}

#[test]
fn a_temporary_refusal_is_tried_again_later() {
    let w = world();
    w.sink.fault(SinkFault::Sender(451, "4.3.0 try again later"));
    let mut args = w.send_args("later");
    args.push("--queue");
    w.home.run(&args);
    w.home.run(&["sync"]);
    let list = w.home.run(&["outbox", "list"]);
    assert_eq!(list["items"][0]["state"], "queued", "{list}");
    w.sink.clear_faults();
    w.home.run(&["outbox", "retry", list["items"][0]["id"].as_str().unwrap()]);
    w.home.run(&["sync"]);
    assert_eq!(w.sink.received().len(), 1);
}

#[test]
fn send_later_waits() {
    let w = world();
    let mut args = w.send_args("tomorrow");
    args.extend(["--send-at", "2099-01-01T09:00:00Z", "--queue"]);
    w.home.run(&args);
    w.home.run(&["sync"]);
    assert!(w.sink.received().is_empty());
    let list = w.home.run(&["outbox", "list"]);
    w.home.run(&["outbox", "discard", list["items"][0]["id"].as_str().unwrap()]);
    assert!(w.home.run(&["outbox", "list"])["items"].as_array().unwrap().is_empty());
}

#[test]
fn an_oversize_attachment_is_refused_with_figures_before_anything_is_queued() {
    let w = world();
    let big = w.home.dir.path().join("film.bin");
    std::fs::write(&big, vec![7; 26 * 1024 * 1024]).unwrap();
    let mut args = w.send_args("too large");
    args.extend(["--attach", big.to_str().unwrap()]);
    let error = w.home.fail(&args);
    assert_eq!(error["code"], "too_large", "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("film.bin") && message.contains("26.0 MB") && message.contains("25 MB"), "{error}");
    // Two that fit alone and not together.
    let half = w.home.dir.path().join("half.bin");
    std::fs::write(&half, vec![7; 14 * 1024 * 1024]).unwrap();
    let mut args = w.send_args("too large together");
    args.extend(["--attach", half.to_str().unwrap(), "--attach", half.to_str().unwrap()]);
    assert_eq!(w.home.fail(&args)["code"], "too_large");
    assert!(w.sink.received().is_empty());
    assert!(w.home.run(&["outbox", "list"])["items"].as_array().unwrap().is_empty());
}
