//! Mailboxes to start with: a believable one for the demo workspace, small ones for tests, and awkward single messages.
//!
//! Everything follows from the seed and the time of the start: dates are spread over the sixty days before it, texts are
//! chosen by a generator, so that a screenshot can be repeated and the newest mail is always from today.
//! All domains end in `.example` (RFC 2606): nothing here can reach anyone.

use chrono::DateTime;
use domain::time::Timestamp;

use crate::{Fill, gmail::world::MailWorld, oauth::User, rng::Rng};

pub(crate) mod calendar;
pub mod compose;
mod demo;
mod letters;
mod media;
mod notices;
pub mod oddities;
pub(crate) mod people;
mod specials;
mod talks;

use compose::Mail;

/// The person of the demo workspace.
pub const MARA: &str = "mara@lindqvist.example";
/// Her second, small account.
pub const MARA_WORK: &str = "mara.work@nordlysstudio.example";
/// Her account at an organisation that uses Microsoft 365.
pub const MS_MARA: &str = "mara.lindqvist@havnegruppen.example";
/// Her personal account at Microsoft.
pub const MS_MARA_HOME: &str = "mara.lindqvist@outlook.example";
/// Her private account at a provider that speaks JMAP; also her user name there.
pub const JMAP_MARA: &str = "mara@postkasse.example";
/// Her account at the organisation with the OIDC provider.
pub const OIDC_MARA: &str = "mara.lindqvist@fjordkraft.example";

pub fn google_users() -> Vec<User> {
    vec![
        User::new("104629385017263548190", MARA, "Mara Lindqvist"),
        User::new("117730492855160274413", MARA_WORK, "Mara Lindqvist (Nordlys)"),
    ]
}

pub fn oidc_users() -> Vec<User> {
    vec![
        User::new("fk-7f3a2b", OIDC_MARA, "Mara Lindqvist"),
        User::new("fk-19c0de", "jonas.berg@fjordkraft.example", "Jonas Berg"),
        User::new("fk-alice0", "alice@fjordkraft.example", "Alice Moen"),
    ]
}

/// `Sun, 22 Nov 2026 22:10:07 +0000`.
pub fn rfc2822(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().to_rfc2822()
}

/// A plain text mail.
pub fn plain(from: &str, to: &str, subject: &str, body: &str, at: Timestamp) -> Vec<u8> {
    Mail::new(from, to, subject, at).text(body).render()
}

pub(crate) fn fill(world: &mut MailWorld, fill: Fill, rng: &Rng, now: Timestamp) {
    world.add_account(MARA, "Mara Lindqvist");
    world.add_account(MARA_WORK, "Mara Lindqvist");
    match fill {
        Fill::Empty => {}
        Fill::Small => small(world, now),
        Fill::Demo => demo::fill(world, rng, now),
        Fill::Bulk(count) => bulk(world, count, &mut rng.fork("bulk"), now),
    }
    for email in [MARA, MARA_WORK] {
        if let Some(mailbox) = world.mailbox_mut(email) {
            mailbox.settle();
        }
    }
}

/// Five messages in four threads, a label, one unread, one starred; one message in the second account.
fn small(world: &mut MailWorld, now: Timestamp) {
    let hours = |h: i64| now.plus_secs(-h * 3600);
    let Some(mailbox) = world.mailbox_mut(MARA) else { return };
    let labels = |list: &[&str]| list.iter().map(|&l| l.to_owned()).collect::<Vec<_>>();
    let work = mailbox.create_label("Work").map(|l| l.id).unwrap_or_default();
    let first = Mail::new("Jonas Berg <jonas.berg@fjordkraft.example>", MARA, "Lunch on Thursday?", hours(50))
        .text("Are you free on Thursday at noon?\n");
    mailbox.insert(&first.render(), labels(&["INBOX"]), hours(50), None);
    let reply = Mail::new("Mara Lindqvist <mara@lindqvist.example>", "jonas.berg@fjordkraft.example", "Re: Lunch on Thursday?", hours(49))
        .header("In-Reply-To", &format!("<{}>", first.id()))
        .header("References", &format!("<{}>", first.id()))
        .text("Yes, the usual place.\n");
    mailbox.insert(&reply.render(), labels(&["SENT"]), hours(49), None);
    let report = Mail::new("Ingrid Solberg <ingrid@nordlysstudio.example>", MARA, "Quarterly figures", hours(20))
        .text("The figures are attached.\n")
        .attach("figures.csv", "text/csv", b"quarter,revenue\nQ1,1200\nQ2,1350\n");
    mailbox.insert(&report.render(), labels(&["INBOX", "STARRED", &work]), hours(20), None);
    let news = Mail::new("Harbour Coffee <hello@harbourcoffee.example>", MARA, "New beans have landed", hours(5))
        .html("<p>Three new <b>single origins</b>.</p><img src=\"https://track.harbourcoffee.example/o.gif?u=1\" width=1 height=1>");
    mailbox.insert(&news.render(), labels(&["INBOX", "UNREAD", "CATEGORY_PROMOTIONS"]), hours(5), None);
    let spam = plain("Prize Desk <win@prizes.example>", MARA, "You have won", "Claim now.\n", hours(3));
    mailbox.insert(&spam, labels(&["SPAM", "UNREAD"]), hours(3), None);
    if let Some(second) = world.mailbox_mut(MARA_WORK) {
        let hello = plain("Ingrid Solberg <ingrid@nordlysstudio.example>", MARA_WORK, "Welcome aboard", "Your desk is ready.\n", hours(2));
        second.insert(&hello, labels(&["INBOX", "UNREAD"]), hours(2), None);
    }
}

/// Plain messages, four to a thread, one every ten minutes back from now.
fn bulk(world: &mut MailWorld, count: usize, rng: &mut Rng, now: Timestamp) {
    const WORDS: [&str; 24] = [
        "budget",
        "harbour",
        "meeting",
        "draft",
        "invoice",
        "garden",
        "printer",
        "schedule",
        "offer",
        "ticket",
        "concert",
        "summary",
        "review",
        "delivery",
        "keyboard",
        "translation",
        "contract",
        "museum",
        "bicycle",
        "window",
        "forecast",
        "recipe",
        "deposit",
        "train",
    ];
    let Some(mailbox) = world.mailbox_mut(MARA) else { return };
    let mut parent: Option<(String, String)> = None;
    for n in 0..count {
        let at = now.plus_secs(-600 * (count - n) as i64);
        let (subject, reference) = match (&parent, n % 4) {
            (Some((id, subject)), 1..) => (format!("Re: {subject}"), Some(id.clone())),
            _ => (format!("{} {} {n}", rng.word(&WORDS), rng.word(&WORDS)), None),
        };
        let from = format!("Person {0} <person{0}@bulk.example>", rng.below(200));
        let body: String = (0..40).map(|_| rng.word(&WORDS)).collect::<Vec<_>>().join(" ");
        let mut mail = Mail::new(&from, MARA, &subject, at).message_id(&format!("bulk-{n}@bulk.example")).text(&format!("{body}\n"));
        if let Some(id) = &reference {
            mail = mail.header("In-Reply-To", &format!("<{id}>")).header("References", &format!("<{id}>"));
        } else {
            parent = Some((mail.id().to_owned(), subject.clone()));
        }
        let mut labels = vec!["INBOX".to_owned()];
        if n % 3 == 0 {
            labels.push("UNREAD".to_owned());
        }
        mailbox.insert(&mail.render(), labels, at, None);
    }
}
