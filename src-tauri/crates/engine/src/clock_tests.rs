//! The clock jumps while the engine works: an hour forward and back, ten years back. (Ten years forward the sandbox, whose clock it is too,
//! rightly ends a sign-in that was idle for so long; tests/it/weather gives it a clock of its own.) Sync goes on, a mail in its undo window goes out
//! once and soon, one for a chosen time waits for that time, and nobody is signed out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use domain::{audit::Actor, connection::ConnectionStatus, mail::Address, time::Timestamp};
use sandbox::MARA;
use store::MessageFilter;

use crate::{
    flow_tests::{World, google, world_with},
    views::{SendMail, SendOptions},
};

const HOUR: i64 = 3_600_000;
const YEARS: i64 = 10 * 365 * 24 * HOUR;

fn letter(subject: &str, options: SendOptions) -> SendMail {
    SendMail {
        from: None,
        to: vec![Address { name: String::new(), email: "friend@example.org".into() }],
        cc: vec![],
        bcc: vec![],
        subject: subject.into(),
        text: "words".into(),
        html: None,
        attachments: vec![],
        in_reply_to: None,
        options,
        actor: Actor::Person,
    }
}

async fn until(w: &World, what: &str, condition: impl AsyncFn() -> bool) {
    for _ in 0..300 {
        if condition().await {
            return;
        }
        // As the window does when it comes to the front: looks at the clock, asks for nothing.
        w.engine.set_focused(true);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: not within 30 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn jumps_of_the_clock_stop_nothing() {
    let w = world_with(true).await;
    let view = google(&w).await;
    until(&w, "the first sync", async || {
        let found = w.engine.store().count_messages(&MessageFilter::default()).await.unwrap();
        found as usize == w.sandbox.messages(MARA).len()
    })
    .await;
    let sent = |subject: &str| w.sandbox.sent(MARA).iter().filter(|m| m.subject == subject).count();
    let start = w.sandbox.clock().now();
    // Later than every place of the clock.
    let chosen = Timestamp(start.0 + 3 * HOUR);
    w.engine.send_mail(letter("chosen", SendOptions { send_at: Some(chosen), ..SendOptions::default() })).await.unwrap();
    for (n, jump) in [HOUR, -HOUR, -YEARS].into_iter().enumerate() {
        let subject = format!("jump {n}");
        w.engine.send_mail(letter(&subject, SendOptions { undo_seconds: 20, ..SendOptions::default() })).await.unwrap();
        assert_eq!(sent(&subject), 0, "its undo window runs");
        w.sandbox.clock().advance(jump);
        let raw = format!("From: a@x.example\r\nTo: {MARA}\r\nSubject: came {n}\r\nMessage-ID: <came{n}@x.example>\r\n\r\nhello\r\n");
        w.sandbox.deliver(MARA, raw.as_bytes()).unwrap();
        let account = w.engine.store().accounts().await.unwrap()[0].id;
        until(&w, &format!("a mail after a jump of {jump} ms"), async || {
            w.engine.store().message_by_rfc_id(account, &format!("came{n}@x.example")).await.unwrap().is_some()
        })
        .await;
        w.sandbox.clock().advance(21_000);
        until(&w, &format!("the queued mail after a jump of {jump} ms"), async || sent(&subject) == 1).await;
        let now = w.sandbox.clock().now();
        assert_eq!(sent("chosen"), 0, "a chosen time is a time: {now:?}");
        let connection = w.engine.store().connection(&view.id).await.unwrap();
        assert_eq!(connection.status, ConnectionStatus::Active, "after {jump} ms");
    }
    for n in 0..3 {
        assert_eq!(sent(&format!("jump {n}")), 1, "once");
    }
    w.engine.close().await;
}
