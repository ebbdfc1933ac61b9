//! Notifications: about new mail, and about what waits for the person. Whether, about what and in which words is decided here; showing
//! them is the system's.
//!
//! What arrives within a few seconds is one notification per account; nothing is said while the window has the focus, at quiet hours,
//! or about what was announced before. Notifications are kept by many systems, so the person can have them without names and words.

mod chosen;
mod show;
mod texts;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use domain::{
    ids::MessageId,
    time::{Timestamp, Zone},
};
use engine::{
    Arrival, Engine,
    events::{EngineEvent, Entity},
};
use tokio::sync::broadcast::error::RecvError;

pub use self::{chosen::act, show::show, texts::still_running};
use crate::{dto::Id, state::Shell};

/// What comes within this time is told together.
const TOGETHER: Duration = Duration::from_secs(5);
/// Older mail is not news: it comes from an import or a long sleep.
const NEWS_SECS: i64 = 3600;
/// More are only counted.
const MOST: u32 = 100;
/// The same trouble is told once in this time: a server that comes and goes is not told each time.
const TROUBLE_AGAIN_SECS: i64 = 1800;

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub title: String,
    /// Plain text.
    pub body: String,
    pub about: About,
    /// What else it offers, where the system shows such buttons.
    pub buttons: Vec<(Button, &'static str)>,
}

/// What a click opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    Thread { thread: Id, message: Id },
    Inbox,
    Outbox,
    Integrations,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    Archive,
    Reply,
    /// Put off by the "later today" of the settings.
    Snooze,
}

/// Watches until the engine is closed.
pub fn watch(shell: &Shell, engine: &Engine) {
    tauri::async_runtime::spawn(watch_mail(shell.clone(), engine.clone()));
    tauri::async_runtime::spawn(watch_trouble(shell.clone(), engine.clone()));
}

async fn watch_mail(shell: Shell, engine: Engine) {
    let mut events = engine.events();
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
        for note in texts::notes(&fresh, &shell.settings(), minute) {
            shell.notify(note, Some(&engine));
        }
    }
}

/// What stays undone unless the person does something. New mail can be switched off and these stay: they are few.
async fn watch_trouble(shell: Shell, engine: Engine) {
    let mut events = engine.events();
    let closed = engine.cancelled();
    let mut told: HashMap<String, Timestamp> = HashMap::new();
    loop {
        let event = tokio::select! {
            biased;
            () = closed.cancelled() => return,
            event = events.recv() => event,
        };
        let (code, message) = match event {
            Ok(EngineEvent::Attention { code, message, .. }) => (code, message),
            Err(RecvError::Closed) => return,
            _ => continue,
        };
        let (now, settings) = (engine.now(), shell.settings());
        let Some(note) = texts::trouble(&code, &message, &settings) else { continue };
        let minute = minute_of_day(now, &engine::zone::local());
        if shell.focused() || shell.notifications_paused().is_some() || quiet(settings.quiet_hours, minute) {
            continue;
        }
        told.retain(|_, at| now.secs() - at.secs() < TROUBLE_AGAIN_SECS);
        if told.insert(format!("{code}\n{message}"), now).is_none() {
            shell.notify(note, Some(&engine));
        }
    }
}

async fn lately(engine: &Engine) -> Vec<Arrival> {
    engine.arrivals(engine.now().plus_secs(-NEWS_SECS), MOST).await.unwrap_or_default()
}

fn minute_of_day(now: Timestamp, zone: &Zone) -> u32 {
    (zone.wall_secs(now).rem_euclid(86_400) / 60) as u32
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_span_midnight() {
        let night = Some((22 * 60, 7 * 60));
        assert!(quiet(night, 23 * 60) && quiet(night, 0) && quiet(night, 6 * 60 + 59));
        assert!(!quiet(night, 7 * 60) && !quiet(night, 12 * 60));
        assert!(quiet(Some((720, 780)), 750) && !quiet(Some((720, 780)), 780) && !quiet(Some((60, 60)), 60) && !quiet(None, 0));
    }

    #[test]
    fn an_hour_is_the_persons_own() {
        assert_eq!(minute_of_day(Timestamp::from_secs(0), &Zone::fixed(3600)), 60);
        assert_eq!(minute_of_day(Timestamp::from_secs(0), &Zone::fixed(-3600)), 23 * 60);
    }

    #[test]
    fn a_pause_until_tomorrow_ends_on_the_persons_morning() {
        // 1970-01-01 23:30 in a zone an hour ahead.
        let late = Timestamp::from_secs(22 * 3600 + 1800);
        assert_eq!(tomorrow(late, "07:15", &Zone::fixed(3600)), Timestamp::from_secs(86_400 + 6 * 3600 + 900));
        assert_eq!(tomorrow(late, "nonsense", &Zone::fixed(3600)), Timestamp::from_secs(86_400 + 7 * 3600));
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
