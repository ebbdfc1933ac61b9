//! The mailbox at the start.

use std::collections::BTreeSet;

use domain::time::Timestamp;

use super::world::JmapWorld;
use crate::{
    Fill, JMAP_MARA,
    fixtures::{compose::Mail, plain},
    rng::Rng,
};

pub(crate) fn world(fill: Fill, mut rng: Rng, now: Timestamp) -> JmapWorld {
    let mut world = JmapWorld::new(format!("fmu1-{}", rng.token(32)));
    match fill {
        Fill::Empty => {}
        Fill::Small | Fill::Demo => small(&mut world, now),
        Fill::Bulk(count) => bulk(&mut world, count, now),
    }
    world
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|i| (*i).to_owned()).collect()
}

/// Seven messages; one of them lies in two mailboxes, one is a draft, one is spam.
fn small(world: &mut JmapWorld, now: Timestamp) {
    let hours = |h: i64| now.plus_secs(-h * 3600);
    let choir = world.new_mailbox("Choir", None, None);
    let scores = world.new_mailbox("Scores", Some(&choir), None);
    let [inbox, sent, drafts, junk] = ["inbox", "sent", "drafts", "junk"].map(|role| world.by_role(role));
    let ask = Mail::new("Astrid Nygaard <astrid@korforeningen.example>", JMAP_MARA, "Rehearsal moved to Wednesday", hours(40))
        .text("Can you make it at seven?\n");
    world.insert(ask.render(), set(&[&inbox, &choir]), set(&["$seen", "$answered"]), hours(40));
    let answer =
        Mail::new(&format!("Mara Lindqvist <{JMAP_MARA}>"), "astrid@korforeningen.example", "Re: Rehearsal moved to Wednesday", hours(39))
            .header("In-Reply-To", &format!("<{}>", ask.id()))
            .header("References", &format!("<{}>", ask.id()))
            .text("Yes, I can.\n");
    world.insert(answer.render(), set(&[&sent]), set(&["$seen"]), hours(39));
    let score = Mail::new("Astrid Nygaard <astrid@korforeningen.example>", JMAP_MARA, "Score for the spring concert", hours(28))
        .text("The alto part is attached.\n")
        .attach("alto.csv", "text/csv", b"bar,note\n1,g\n2,a\n");
    world.insert(score.render(), set(&[&scores]), set(&["$seen", "$flagged"]), hours(28));
    let news = Mail::new("Korforeningen <post@korforeningen.example>", JMAP_MARA, "The season at a glance", hours(7))
        .html("<p>Four concerts, one journey.</p>");
    world.insert(news.render(), set(&[&inbox]), BTreeSet::new(), hours(7));
    let note = plain("Jonas Berg <jonas.berg@fjordkraft.example>", JMAP_MARA, "Nøkkelen til øvingsrommet", "Ligger i skapet.\n", hours(5));
    world.insert(note, set(&[&inbox]), set(&["$seen"]), hours(5));
    let spam = plain("Prize Desk <win@prizes.example>", JMAP_MARA, "You have won", "Claim now.\n", hours(3));
    world.insert(spam, set(&[&junk]), BTreeSet::new(), hours(3));
    let begun = plain(JMAP_MARA, "astrid@korforeningen.example", "About the journey", "Dear Astrid,\n", hours(2));
    world.insert(begun, set(&[&drafts]), set(&["$draft", "$seen"]), hours(2));
}

/// Plain messages in the inbox, one every ten minutes back from now.
fn bulk(world: &mut JmapWorld, count: usize, now: Timestamp) {
    let inbox = world.by_role("inbox");
    for n in 0..count {
        let at = now.plus_secs(-600 * (count - n) as i64);
        let mail = Mail::new(&format!("Person {0} <person{0}@bulk.example>", n % 50), JMAP_MARA, &format!("message {n}"), at)
            .message_id(&format!("bulk-{n}@bulk.example"))
            .text(&format!("This is number {n}.\n"));
        let keywords = if n % 3 == 0 { BTreeSet::new() } else { set(&["$seen"]) };
        world.insert(mail.render(), set(&[&inbox]), keywords, at);
    }
}
