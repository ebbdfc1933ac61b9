//! Mailboxes, people and tasks at the start.

use domain::time::Timestamp;

use super::{mailbox::Mailbox, people, todo, world::MsWorld};
use crate::{
    Fill, MS_MARA, MS_MARA_HOME,
    fixtures::{compose::Mail, plain},
    rng::Rng,
};

pub(crate) fn world(fill: Fill, rng: Rng, now: Timestamp) -> MsWorld {
    let mut world = MsWorld::new(rng);
    world.add(MS_MARA_HOME, "Mara Lindqvist");
    let mailbox = world.add(MS_MARA, "Mara Lindqvist");
    match fill {
        Fill::Empty => {}
        Fill::Small | Fill::Demo => small(mailbox, now),
        Fill::Bulk(count) => bulk(mailbox, count, now),
    }
    if let Ok(todo) = world.todo(MS_MARA) {
        todo::fill(todo, fill, now);
    }
    if let Ok(circle) = world.circle(MS_MARA) {
        people::fill(circle, fill);
    }
    super::calendar::fill(world.diary(MS_MARA), fill, now);
    world
}

/// Seven messages in four folders, one unread, one flagged, one draft.
fn small(mailbox: &mut Mailbox, now: Timestamp) {
    let hours = |h: i64| now.plus_secs(-h * 3600);
    let root = mailbox.known("msgfolderroot");
    let projects = mailbox.new_folder("Projects", Some(&root), None, false);
    let quay = mailbox.new_folder("Quay 7", Some(&projects), None, false);
    let (inbox, sent, drafts, junk) =
        (mailbox.known("inbox"), mailbox.known("sentitems"), mailbox.known("drafts"), mailbox.known("junkemail"));
    let ask = Mail::new("Signe Dahl <signe.dahl@havnegruppen.example>", MS_MARA, "Berth plan for the autumn", hours(52))
        .text("Could you look at the berth plan by Friday?\n");
    mailbox.insert(&inbox, ask.render(), hours(52), false, true);
    let answer = Mail::new(
        "Mara Lindqvist <mara.lindqvist@havnegruppen.example>",
        "signe.dahl@havnegruppen.example",
        "RE: Berth plan for the autumn",
        hours(51),
    )
    .header("In-Reply-To", &format!("<{}>", ask.id()))
    .header("References", &format!("<{}>", ask.id()))
    .text("Yes, by Thursday.\n");
    mailbox.insert(&sent, answer.render(), hours(51), false, true);
    let survey = Mail::new("Tor Vik <tor@kaivakt.example>", MS_MARA, "Survey of quay 7", hours(30))
        .text("The survey is attached.\n")
        .attach("survey.csv", "text/csv", b"pile,depth\n1,11.2\n2,10.9\n");
    let key = mailbox.insert(&quay, survey.render(), hours(30), false, true);
    mailbox.edit(key, hours(30), false, |item| "flagged".clone_into(&mut item.flag));
    let logo: Vec<u8> = (0..200u8).collect();
    let news = Mail::new("Harbour News <news@harbour.example>", MS_MARA, "Tides of the week", hours(6))
        .html("<p>High water at nine.</p><img src=\"cid:logo@harbour\">")
        .inline("logo@harbour", "logo.png", "image/png", &logo);
    mailbox.insert(&inbox, news.render(), hours(6), false, false);
    let note = plain("Signe Dahl <signe.dahl@havnegruppen.example>", MS_MARA, "Lunsj på torsdag?", "Klokka tolv?\n", hours(4));
    mailbox.insert(&inbox, note, hours(4), false, true);
    let spam = plain("Prize Desk <win@prizes.example>", MS_MARA, "You have won", "Claim now.\n", hours(3));
    mailbox.insert(&junk, spam, hours(3), false, false);
    let begun = plain(MS_MARA, "tor@kaivakt.example", "Thanks for the survey", "Dear Tor,\n", hours(2));
    mailbox.insert(&drafts, begun, hours(2), true, true);
}

/// Plain messages in the inbox, one every ten minutes back from now.
fn bulk(mailbox: &mut Mailbox, count: usize, now: Timestamp) {
    let inbox = mailbox.known("inbox");
    for n in 0..count {
        let at = now.plus_secs(-600 * (count - n) as i64);
        let mail = Mail::new(&format!("Person {0} <person{0}@bulk.example>", n % 50), MS_MARA, &format!("message {n}"), at)
            .message_id(&format!("bulk-{n}@bulk.example"))
            .text(&format!("This is number {n}.\n"));
        mailbox.insert(&inbox, mail.render(), at, false, n % 3 != 0);
    }
}
