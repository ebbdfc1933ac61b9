//! What the tray says, worked out without a tray: the rows of its menu and the mark on its icon.

use crate::desktop::words::german;

/// What the workspace is like right now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// False while locked, or before the first account.
    pub open: bool,
    /// Unread mail in the inboxes of all accounts.
    pub unread: i64,
    pub online: bool,
    /// Share of what is being fetched, 0–1; None: nothing is, or nobody knows how much there is.
    pub progress: Option<f64>,
    pub syncing: bool,
    /// Connections that cannot go on without the person: where they are mended, and their name.
    pub broken: Vec<(String, String)>,
    /// Every source is paused.
    pub paused: bool,
    /// Notifications are off for now.
    pub quiet: bool,
    /// The language of the settings.
    pub language: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    Item { id: String, text: String, enabled: bool },
    Line,
    Sub { text: String, rows: Vec<Row> },
}

/// Drawn over the icon, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Attention,
    Off,
    Unread,
    None,
}

fn item(id: &str, text: impl Into<String>) -> Row {
    Row::Item { id: id.into(), text: text.into(), enabled: true }
}

pub fn rows(facts: &Facts) -> Vec<Row> {
    let w = Words::of(&facts.language);
    let mut rows = vec![item("open", w.open)];
    if facts.open {
        rows.push(item("inbox", if facts.unread > 0 { format!("{} ({})", w.inbox, facts.unread) } else { w.inbox.to_owned() }));
        rows.push(item("compose", w.compose));
        if !facts.broken.is_empty() {
            rows.push(Row::Line);
            rows.push(Row::Sub {
                text: format!("{} ({})", w.attention, facts.broken.len()),
                rows: facts
                    .broken
                    .iter()
                    .map(|(id, name)| item(&format!("fix:{id}"), w.reconnect.replace("{name}", &label(name))))
                    .collect(),
            });
        }
        rows.push(Row::Line);
        rows.push(match facts {
            Facts { online: false, .. } => Row::Item { id: "sync".into(), text: w.offline.into(), enabled: false },
            Facts { syncing: true, progress: Some(p), .. } => {
                let percent = (p.clamp(0.0, 1.0) * 100.0).floor();
                Row::Item { id: "sync".into(), text: format!("{} {percent} %", w.syncing), enabled: false }
            }
            Facts { syncing: true, .. } => Row::Item { id: "sync".into(), text: format!("{}…", w.syncing), enabled: false },
            _ => item("sync", w.sync),
        });
        let mut pauses = vec![item("quiet:30", w.half_hour), item("quiet:60", w.hour), item("quiet:tomorrow", w.tomorrow)];
        if facts.quiet {
            pauses = vec![item("quiet:off", w.resume)];
        }
        rows.push(Row::Sub { text: if facts.quiet { w.quiet } else { w.pause }.into(), rows: pauses });
        rows.push(item("settings", w.settings));
    }
    rows.push(Row::Line);
    rows.push(item("quit", w.quit));
    rows
}

/// An ampersand underlines the next letter in a menu, and names are as long as their owner likes.
fn label(name: &str) -> String {
    let short: String = name.chars().take(60).collect();
    short.replace('&', "&&")
}

pub fn tooltip(facts: &Facts) -> String {
    let w = Words::of(&facts.language);
    let said = match facts {
        Facts { open: false, .. } => return "Aurelius".into(),
        f if !f.broken.is_empty() => w.attention.to_owned(),
        Facts { online: false, .. } => w.offline.to_owned(),
        Facts { unread: 1.., .. } => format!("{} ({})", w.inbox, facts.unread),
        _ => return "Aurelius".into(),
    };
    format!("Aurelius – {said}")
}

pub fn mark(facts: &Facts) -> Mark {
    match facts {
        Facts { open: false, .. } => Mark::None,
        f if !f.broken.is_empty() => Mark::Attention,
        Facts { online: false, .. } | Facts { paused: true, .. } => Mark::Off,
        Facts { unread: 1.., .. } => Mark::Unread,
        _ => Mark::None,
    }
}

struct Words {
    open: &'static str,
    inbox: &'static str,
    compose: &'static str,
    attention: &'static str,
    reconnect: &'static str,
    offline: &'static str,
    syncing: &'static str,
    sync: &'static str,
    pause: &'static str,
    quiet: &'static str,
    half_hour: &'static str,
    hour: &'static str,
    tomorrow: &'static str,
    resume: &'static str,
    settings: &'static str,
    quit: &'static str,
}

impl Words {
    fn of(language: &str) -> Self {
        if german(language) {
            Self {
                open: "Aurelius öffnen",
                inbox: "Posteingang",
                compose: "Neue Nachricht",
                attention: "Braucht dich",
                reconnect: "{name} neu verbinden",
                offline: "Offline",
                syncing: "Abgleich läuft",
                sync: "Jetzt abgleichen",
                pause: "Benachrichtigungen anhalten",
                quiet: "Benachrichtigungen sind angehalten",
                half_hour: "30 Minuten",
                hour: "1 Stunde",
                tomorrow: "Bis morgen früh",
                resume: "Wieder benachrichtigen",
                settings: "Einstellungen …",
                quit: "Beenden",
            }
        } else {
            Self {
                open: "Open Aurelius",
                inbox: "Inbox",
                compose: "New message",
                attention: "Needs attention",
                reconnect: "Reconnect {name}",
                offline: "Offline",
                syncing: "Syncing",
                sync: "Sync now",
                pause: "Pause notifications",
                quiet: "Notifications are paused",
                half_hour: "30 minutes",
                hour: "1 hour",
                tomorrow: "Until tomorrow morning",
                resume: "Resume notifications",
                settings: "Settings…",
                quit: "Quit",
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn calm() -> Facts {
        Facts { open: true, online: true, language: "en".into(), ..Facts::default() }
    }

    fn texts(rows: &[Row]) -> Vec<String> {
        rows.iter()
            .flat_map(|row| match row {
                Row::Item { text, enabled, .. } => vec![if *enabled { text.clone() } else { format!("[{text}]") }],
                Row::Line => vec!["-".into()],
                Row::Sub { text, rows } => [format!("{text} >")].into_iter().chain(texts(rows)).collect(),
            })
            .collect()
    }

    #[test]
    fn a_locked_workspace_offers_nothing_that_needs_it() {
        assert_eq!(texts(&rows(&Facts { open: false, ..calm() })), ["Open Aurelius", "-", "Quit"]);
    }

    #[test]
    fn it_says_what_is_unread_what_runs_and_what_is_broken() {
        let busy = Facts { unread: 12, syncing: true, progress: Some(0.427), ..calm() };
        let said = texts(&rows(&busy));
        assert!(said.contains(&"Inbox (12)".into()) && said.contains(&"[Syncing 42 %]".into()), "{said:?}");
        assert!(texts(&rows(&Facts { online: false, ..busy })).contains(&"[Offline]".into()));
        let broken = Facts { broken: vec![("c1".into(), "R&D".into())], ..calm() };
        let said = texts(&rows(&broken));
        assert!(said.contains(&"Needs attention (1) >".into()) && said.contains(&"Reconnect R&&D".into()), "{said:?}");
    }

    #[test]
    fn paused_notifications_can_only_be_resumed() {
        let all = rows(&Facts { quiet: true, ..calm() });
        let Some(Row::Sub { rows, .. }) = all.iter().find(|r| matches!(r, Row::Sub { .. })) else { panic!("{all:?}") };
        assert_eq!(rows, &[item("quiet:off", "Resume notifications")]);
    }

    #[test]
    fn the_icon_shows_the_worst() {
        let all = Facts { unread: 1, online: false, broken: vec![(String::new(), String::new())], ..calm() };
        assert_eq!(mark(&all), Mark::Attention);
        assert_eq!(mark(&Facts { broken: Vec::new(), ..all.clone() }), Mark::Off);
        assert_eq!(mark(&Facts { online: true, broken: Vec::new(), ..all }), Mark::Unread);
        assert_eq!(mark(&calm()), Mark::None);
    }

    #[test]
    fn german_where_it_is_spoken() {
        assert!(texts(&rows(&Facts { language: "de".into(), ..calm() })).contains(&"Neue Nachricht".into()));
    }
}
