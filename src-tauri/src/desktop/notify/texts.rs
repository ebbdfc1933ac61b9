//! The words of notifications, and the decision about which there are.

use std::collections::BTreeMap;

use domain::ids::AccountId;
use engine::Arrival;

use super::{About, Button, Note, quiet};
use crate::{
    desktop::words::german,
    dto::{Id, Settings},
};

/// What to say about `fresh`, at this minute after midnight.
pub(super) fn notes(fresh: &[Arrival], settings: &Settings, minute: u32) -> Vec<Note> {
    if settings.notify == "none" || quiet(settings.quiet_hours, minute) {
        return Vec::new();
    }
    let mut accounts: BTreeMap<AccountId, Vec<&Arrival>> = BTreeMap::new();
    for arrival in fresh.iter().filter(|a| settings.notify == "all" || a.known) {
        accounts.entry(arrival.account).or_default().push(arrival);
    }
    let words = Words::of(settings);
    accounts.values().map(|arrivals| note(arrivals, settings.notify_content, &words)).collect()
}

fn note(arrivals: &[&Arrival], content: bool, words: &Words) -> Note {
    let (count, one) = (arrivals.len(), arrivals.first().filter(|_| arrivals.len() == 1));
    let title = if count == 1 { words.one.to_owned() } else { words.many.replace("{n}", &count.to_string()) };
    let Some(a) = one else {
        let body = if content { senders(arrivals, words) } else { String::new() };
        return Note { title, body, about: About::Inbox, buttons: Vec::new() };
    };
    let about = About::Thread { thread: Id(a.thread.0), message: Id(a.message.0) };
    let buttons = vec![(Button::Archive, words.archive), (Button::Reply, words.reply), (Button::Snooze, words.snooze)];
    if !content {
        return Note { title, body: String::new(), about, buttons };
    }
    let subject = if a.subject.trim().is_empty() { words.no_subject } else { a.subject.trim() };
    let body = [subject, a.snippet.trim()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
    Note { title: name(a).to_owned(), body: cut(&body), about, buttons }
}

fn senders(arrivals: &[&Arrival], words: &Words) -> String {
    let mut names: Vec<&str> = Vec::new();
    for arrival in arrivals {
        if !names.contains(&name(arrival)) {
            names.push(name(arrival));
        }
    }
    let rest = names.len().saturating_sub(3);
    names.truncate(3);
    let more = if rest == 0 { String::new() } else { words.more.replace("{n}", &rest.to_string()) };
    cut(&format!("{}{more}", names.join(", ")))
}

fn name(a: &Arrival) -> &str {
    if a.from.name.trim().is_empty() { &a.from.email } else { a.from.name.trim() }
}

/// Systems cut anyway, some of them badly.
fn cut(text: &str) -> String {
    if text.chars().count() <= 200 { text.to_owned() } else { text.chars().take(199).chain(['…']).collect() }
}

/// For what the person has to see to; None for what passes by itself.
pub(super) fn trouble(code: &str, message: &str, settings: &Settings) -> Option<Note> {
    let words = Words::of(settings);
    let (title, about) = match code {
        "outbox_wedged" => (words.not_sent, About::Outbox),
        "recipients_refused" => (words.refused, About::Outbox),
        "expired" => (words.expired, About::Integrations),
        _ => return None,
    };
    // The reason names addresses and subjects.
    let body = if settings.notify_content { cut(message) } else { String::new() };
    Some(Note { title: title.into(), body, about, buttons: Vec::new() })
}

/// Said once, when the first closed window leaves the program in the tray.
pub fn still_running(settings: &Settings) -> Note {
    let words = Words::of(settings);
    Note { title: words.running.into(), body: words.running_hint.into(), about: About::Inbox, buttons: Vec::new() }
}

struct Words {
    one: &'static str,
    many: &'static str,
    more: &'static str,
    no_subject: &'static str,
    archive: &'static str,
    reply: &'static str,
    snooze: &'static str,
    not_sent: &'static str,
    refused: &'static str,
    expired: &'static str,
    running: &'static str,
    running_hint: &'static str,
}

impl Words {
    fn of(settings: &Settings) -> Self {
        if german(&settings.language) {
            Self {
                one: "Neue E-Mail",
                many: "{n} neue E-Mails",
                more: " und {n} weitere",
                no_subject: "(kein Betreff)",
                archive: "Archivieren",
                reply: "Antworten",
                snooze: "Später",
                not_sent: "Eine Nachricht wurde nicht gesendet",
                refused: "Nicht an alle zugestellt",
                expired: "Ein Konto muss neu verbunden werden",
                running: "Aurelius läuft weiter",
                running_hint: "Neue Mails kommen weiter an. Beenden lässt es sich über sein Symbol in der Leiste; ändern lässt sich das in den Einstellungen.",
            }
        } else {
            Self {
                one: "New mail",
                many: "{n} new mails",
                more: " and {n} more",
                no_subject: "(no subject)",
                archive: "Archive",
                reply: "Reply",
                snooze: "Later",
                not_sent: "A message was not sent",
                refused: "Not delivered to everyone",
                expired: "An account has to be reconnected",
                running: "Aurelius is still running",
                running_hint: "New mail keeps coming in. Quit from its icon in the tray, or change this in Settings.",
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::{
        ids::{MessageId, ThreadId},
        mail::Address,
    };

    use super::*;

    fn arrival(id: i64, account: i64, from: &str, subject: &str, known: bool) -> Arrival {
        Arrival {
            message: MessageId(id),
            thread: ThreadId(id * 10),
            account: AccountId(account),
            from: Address { name: from.into(), email: format!("{}@x.example", from.to_lowercase()) },
            subject: subject.into(),
            snippet: "See you there".into(),
            known,
        }
    }

    fn english(notify: &str) -> Settings {
        Settings { notify: notify.into(), language: "en".into(), ..Settings::default() }
    }

    fn told(notes: &[Note]) -> Vec<(&str, &str, &About, usize)> {
        notes.iter().map(|n| (n.title.as_str(), n.body.as_str(), &n.about, n.buttons.len())).collect()
    }

    #[test]
    fn one_mail_says_who_and_what_and_many_are_one_per_account() {
        let fresh = [arrival(1, 1, "Ada", "Lunch", true), arrival(2, 2, "Ben", "A", true), arrival(3, 2, "Cleo", "B", true)];
        let all = notes(&fresh, &english("important"), 600);
        let ada = About::Thread { thread: Id(10), message: Id(1) };
        assert_eq!(told(&all), [("Ada", "Lunch\nSee you there", &ada, 3), ("2 new mails", "Ben, Cleo", &About::Inbox, 0)]);
        let five: Vec<Arrival> = ["A", "B", "C", "D", "E"].iter().zip(1..).map(|(n, id)| arrival(id, 1, n, "x", true)).collect();
        let [note] = notes(&five, &english("all"), 0).try_into().unwrap();
        assert_eq!((note.title.as_str(), note.body.as_str()), ("5 new mails", "A, B, C and 2 more"));
    }

    #[test]
    fn settings_are_followed() {
        let fresh = [arrival(1, 1, "Ada", "Lunch", true), arrival(2, 1, "Shop", "Sale", false)];
        assert_eq!(notes(&fresh, &english("important"), 600).len(), 1);
        assert_eq!(notes(&fresh, &english("important"), 600)[0].title, "Ada", "people one has written to");
        assert_eq!(notes(&fresh, &english("all"), 600)[0].title, "2 new mails");
        assert!(notes(&fresh, &english("none"), 600).is_empty());
        let private = Settings { notify_content: false, ..english("important") };
        let quiet_one = notes(&fresh, &private, 600);
        assert_eq!(told(&quiet_one), [("New mail", "", &About::Thread { thread: Id(10), message: Id(1) }, 3)]);
        let german = Settings { language: "de".into(), ..english("all") };
        assert_eq!(notes(&fresh, &german, 600)[0].title, "2 neue E-Mails");
        let night = Settings { quiet_hours: Some((22 * 60, 7 * 60)), ..english("all") };
        assert!(notes(&fresh, &night, 30).is_empty());
    }

    #[test]
    fn trouble_is_told_where_the_person_must_act_and_without_content_if_so_wished() {
        let note = trouble("outbox_wedged", "Lunch: no such user ada@x.example", &english("none")).unwrap();
        assert_eq!((note.about, note.body.contains("ada@")), (About::Outbox, true));
        let private = Settings { notify_content: false, ..english("all") };
        assert_eq!(trouble("recipients_refused", "ada@x.example", &private).unwrap().body, "");
        assert_eq!(trouble("expired", "", &private).unwrap().about, About::Integrations);
        assert_eq!(trouble("offline", "", &private), None);
    }
}
