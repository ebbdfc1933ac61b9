//! Notifications about new mail. Whether, about what and in which words is decided here; showing them is the system's.
//!
//! What arrives within a few seconds is one notification per account; nothing is said while the window has the focus, at quiet hours,
//! or about what was announced before. Notifications are kept by many systems, so the person can have them without names and words.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use domain::{
    ids::{AccountId, MessageId},
    time::{Timestamp, Zone},
};
use engine::{
    Arrival, Engine,
    events::{EngineEvent, Entity},
};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    desktop::words::german,
    dto::{Id, Settings},
    state::Shell,
};

/// What comes within this time is told together.
const TOGETHER: Duration = Duration::from_secs(5);
/// Older mail is not news: it comes from an import or a long sleep.
const NEWS_SECS: i64 = 3600;
/// More are only counted.
const MOST: u32 = 100;

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub title: String,
    /// Plain text.
    pub body: String,
    /// What a click opens; None: the inbox.
    pub thread: Option<Id>,
}

/// Watches for new mail until the engine is closed.
pub fn watch(shell: &Shell, engine: &Engine) {
    let (shell, engine) = (shell.clone(), engine.clone());
    let mut events = engine.events();
    tauri::async_runtime::spawn(async move {
        let closed = engine.cancelled();
        // What is there already was there to be seen.
        let mut told: HashSet<MessageId> = lately(&engine).await.into_iter().map(|a| a.message).collect();
        loop {
            let event = tokio::select! {
                biased;
                () = closed.cancelled() => return,
                event = events.recv() => event,
            };
            match event {
                Ok(EngineEvent::Changed { entity: Entity::Thread | Entity::Message, .. }) | Err(RecvError::Lagged(_)) => {}
                Ok(_) => continue,
                Err(RecvError::Closed) => return,
            }
            tokio::select! {
                biased;
                () = closed.cancelled() => return,
                () = tokio::time::sleep(TOGETHER) => {}
            }
            events = events.resubscribe();
            let recent = lately(&engine).await;
            let fresh: Vec<Arrival> = recent.iter().filter(|a| !told.contains(&a.message)).cloned().collect();
            told = recent.into_iter().map(|a| a.message).collect();
            let minute = minute_of_day(engine.now(), &engine::zone::local());
            if shell.focused() || shell.notifications_paused().is_some() {
                continue;
            }
            for note in notes(&fresh, &shell.settings(), minute) {
                shell.notify(note);
            }
        }
    });
}

async fn lately(engine: &Engine) -> Vec<Arrival> {
    engine.arrivals(engine.now().plus_secs(-NEWS_SECS), MOST).await.unwrap_or_default()
}

fn minute_of_day(now: Timestamp, zone: &Zone) -> u32 {
    (zone.wall_secs(now).rem_euclid(86_400) / 60) as u32
}

/// Said once, when the first closed window leaves the program in the tray.
pub fn still_running(language: &str) -> Note {
    let (title, body) = if german(language) {
        (
            "Aurelius läuft weiter",
            "Neue Mails kommen weiter an. Beenden lässt es sich über das Symbol in der Leiste; ändern lässt sich das in den Einstellungen.",
        )
    } else {
        ("Aurelius goes on running", "New mail keeps coming in. Quit from its icon in the tray, or change this in Settings.")
    };
    Note { title: title.into(), body: body.into(), thread: None }
}

/// The next day at `HH:MM` of the wall clock.
pub fn tomorrow(now: Timestamp, morning: &str, zone: &Zone) -> Timestamp {
    let minutes = morning.split_once(':').and_then(|(h, m)| Some(h.parse::<i64>().ok()? * 60 + m.parse::<i64>().ok()?)).unwrap_or(8 * 60);
    let wall = zone.wall_secs(now);
    zone.instant((wall.div_euclid(86_400) + 1) * 86_400 + minutes * 60)
}

/// From 22:00 to 7:00 spans midnight; equal ends mean never.
fn quiet(hours: Option<(u32, u32)>, minute: u32) -> bool {
    hours.is_some_and(|(from, to)| if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to })
}

fn notes(fresh: &[Arrival], settings: &Settings, minute: u32) -> Vec<Note> {
    if settings.notify == "none" || quiet(settings.quiet_hours, minute) {
        return Vec::new();
    }
    let mut accounts: BTreeMap<AccountId, Vec<&Arrival>> = BTreeMap::new();
    for arrival in fresh.iter().filter(|a| settings.notify == "all" || a.known) {
        accounts.entry(arrival.account).or_default().push(arrival);
    }
    let words = Words::of(&settings.language);
    accounts.values().map(|arrivals| note(arrivals, settings.notify_content, &words)).collect()
}

fn note(arrivals: &[&Arrival], content: bool, words: &Words) -> Note {
    let (count, one) = (arrivals.len(), arrivals.first().filter(|_| arrivals.len() == 1));
    let title = if count == 1 { words.one.to_owned() } else { words.many.replace("{n}", &count.to_string()) };
    match one {
        Some(a) if content => {
            let subject = if a.subject.trim().is_empty() { words.no_subject } else { a.subject.trim() };
            let body = [subject, a.snippet.trim()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
            Note { title: name(a).to_owned(), body: cut(&body), thread: Some(Id(a.thread.0)) }
        }
        Some(a) => Note { title, body: String::new(), thread: Some(Id(a.thread.0)) },
        None if content => {
            let mut names: Vec<&str> = Vec::new();
            for arrival in arrivals {
                if !names.contains(&name(arrival)) {
                    names.push(name(arrival));
                }
            }
            let rest = names.len().saturating_sub(3);
            names.truncate(3);
            let more = if rest == 0 { String::new() } else { words.more.replace("{n}", &rest.to_string()) };
            Note { title, body: cut(&format!("{}{more}", names.join(", "))), thread: None }
        }
        None => Note { title, body: String::new(), thread: None },
    }
}

fn name(a: &Arrival) -> &str {
    if a.from.name.trim().is_empty() { &a.from.email } else { a.from.name.trim() }
}

/// Systems cut anyway, some of them badly.
fn cut(text: &str) -> String {
    if text.chars().count() <= 200 { text.to_owned() } else { text.chars().take(199).chain(['…']).collect() }
}

/// The few words that are said where no page is.
struct Words {
    one: &'static str,
    many: &'static str,
    more: &'static str,
    no_subject: &'static str,
}

impl Words {
    fn of(language: &str) -> Self {
        if german(language) {
            Self { one: "Neue E-Mail", many: "{n} neue E-Mails", more: " und {n} weitere", no_subject: "(kein Betreff)" }
        } else {
            Self { one: "New mail", many: "{n} new mails", more: " and {n} more", no_subject: "(no subject)" }
        }
    }
}

/// Shows it; `open` runs if the person clicks it. Returns at once.
pub fn show(note: Note, open: impl FnOnce(Option<Id>) + Send + 'static) {
    // Asks the system over its own connection and then waits for the click, which may never come.
    std::thread::spawn(move || {
        let mut system = notify_rust::Notification::new();
        system.appname("Aurelius").summary(&note.title);
        #[cfg(target_os = "linux")]
        {
            let markup = notify_rust::get_capabilities().is_ok_and(|c| c.iter().any(|c| c == "body-markup"));
            system
                .body(&if markup { escaped(&note.body) } else { note.body.clone() })
                .icon("aurelius")
                .hint(notify_rust::Hint::DesktopEntry("aurelius".into()))
                .hint(notify_rust::Hint::Category("email.arrived".into()))
                .action("default", "Open");
        }
        #[cfg(not(target_os = "linux"))]
        system.body(&note.body);
        match system.show() {
            #[cfg(target_os = "linux")]
            Ok(shown) => shown.wait_for_action(|action| {
                if action == "default" {
                    open(note.thread);
                }
            }),
            #[cfg(not(target_os = "linux"))]
            Ok(_) => drop(open),
            Err(e) => tracing::info!("no notification: {e}"),
        }
    });
}

/// Servers that know markup would read a sender's name as such.
#[cfg(target_os = "linux")]
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::{ids::ThreadId, mail::Address};

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

    #[test]
    fn one_mail_says_who_and_what_and_many_are_one_per_account() {
        let fresh = [arrival(1, 1, "Ada", "Lunch", true), arrival(2, 2, "Ben", "A", true), arrival(3, 2, "Cleo", "B", true)];
        assert_eq!(
            notes(&fresh, &english("important"), 600),
            [
                Note { title: "Ada".into(), body: "Lunch\nSee you there".into(), thread: Some(Id(10)) },
                Note { title: "2 new mails".into(), body: "Ben, Cleo".into(), thread: None },
            ]
        );
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
        assert_eq!(notes(&fresh, &private, 600)[0], Note { title: "New mail".into(), body: String::new(), thread: Some(Id(10)) });
        let german = Settings { language: "de".into(), ..english("all") };
        assert_eq!(notes(&fresh, &german, 600)[0].title, "2 neue E-Mails");
    }

    #[test]
    fn quiet_hours_span_midnight() {
        let night = Some((22 * 60, 7 * 60));
        assert!(quiet(night, 23 * 60) && quiet(night, 0) && quiet(night, 6 * 60 + 59));
        assert!(!quiet(night, 7 * 60) && !quiet(night, 12 * 60));
        assert!(quiet(Some((720, 780)), 750) && !quiet(Some((720, 780)), 780) && !quiet(Some((60, 60)), 60) && !quiet(None, 0));
        let settings = Settings { quiet_hours: night, ..english("all") };
        assert!(notes(&[arrival(1, 1, "Ada", "x", true)], &settings, 30).is_empty());
    }

    #[test]
    fn an_hour_is_the_persons_own() {
        assert_eq!(minute_of_day(Timestamp::from_secs(0), &Zone::fixed(3600)), 60);
        assert_eq!(minute_of_day(Timestamp::from_secs(0), &Zone::fixed(-3600)), 23 * 60);
    }

    #[test]
    fn quiet_hours_follow_the_clock_on_the_wall_over_its_changes() {
        const SPRING: i64 = 1_774_746_000;
        const AUTUMN: i64 = 1_792_890_000;
        // Berlin in 2026: at 2:00 it is 3:00, at 3:00 it is 2:00 again.
        let berlin = Zone::new(|at| if (SPRING..AUTUMN).contains(&at.secs()) { 7200 } else { 3600 });
        let quiet_at = |secs: i64| quiet(Some((22 * 60, 3 * 60)), minute_of_day(Timestamp::from_secs(secs), &berlin));
        assert!(quiet_at(SPRING - 60) && !quiet_at(SPRING), "1:59 is followed by 3:00");
        assert!(quiet_at(AUTUMN - 60) && quiet_at(AUTUMN) && quiet_at(AUTUMN + 3599) && !quiet_at(AUTUMN + 3600), "2:00 comes twice");
        // 22:00 of the evening before and of the evening after.
        for (evening, hours) in [(SPRING - 4 * 3600, 0), (SPRING, 19), (AUTUMN - 5 * 3600, 0), (AUTUMN, 20)] {
            let at = evening + hours * 3600;
            assert!(!quiet_at(at - 60) && quiet_at(at), "{evening}");
        }
    }
}
