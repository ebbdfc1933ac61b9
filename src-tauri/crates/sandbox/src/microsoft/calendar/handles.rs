//! What a test may look at and change in the calendars from outside, beside HTTP.

use serde_json::Value;

use super::{
    check::{self, Target},
    diary::{Calendar, Diary, Fields},
    options::Options,
    shown::Manner,
    view, write,
};
use crate::{Sandbox, control::locked};

/// A calendar of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MsCalendar {
    pub id: String,
    pub name: String,
    /// `#rrggbb`, or empty.
    pub hex: String,
    pub can_edit: bool,
}

/// Somebody was told of something: `invited`, `updated`, `cancelled`, or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MsTold {
    pub what: String,
    pub whom: String,
    pub subject: String,
}

/// Times in UTC, ids that don't change, everything about the members.
fn manner() -> Manner {
    Manner { zone: "UTC".to_owned(), immutable: true }
}

fn options() -> Options {
    let mut select: Vec<String> = super::options::EVENT.map(str::to_owned).to_vec();
    select.retain(|name| name != "exceptionOccurrences");
    Options { select, expand: true, ..Options::default() }
}

/// Beside what a program may write: `id` of what is to be changed, and `organizer` and `iCalUId` of what somebody else calls.
pub(super) fn put(diary: &mut Diary, calendar: &str, event: Value, now: domain::time::Timestamp) -> Result<String, String> {
    let Value::Object(mut event) = event else { return Err("an event is an object".to_owned()) };
    let text = |value: Option<Value>| value.and_then(|v| v.as_str().map(str::to_owned));
    let message = |error: super::super::error::GraphError| error.message;
    if let Some(id) = text(event.remove("id")) {
        let (entry, day) = diary.find(&id).map_err(message)?;
        let key = entry.key;
        let target = if day.is_some() { Target::Member { own: true } } else { Target::Whole { own: true } };
        let body = check::body(event, target).map_err(message)?;
        write::change(diary, key, day, body, now).map_err(message)?;
        return Ok(id);
    }
    let organizer = event.remove("organizer");
    let uid = text(event.remove("iCalUId")).unwrap_or_else(|| format!("040000008200E00074C5B7101A82E00800000000{:016X}", diary.serial));
    let kept: Fields = ["attendees"].iter().filter_map(|name| Some(((*name).to_owned(), event.get(*name)?.clone()))).collect();
    let mut body = check::body(event, Target::New).map_err(message)?;
    let origin = match organizer {
        Some(who) => {
            // Here the answers of others are known.
            body.extend(kept);
            let of = |part: &str| who.get("emailAddress").and_then(|w| w.get(part)).and_then(Value::as_str).unwrap_or_default().to_owned();
            write::Origin { organizer: (of("name"), of("address")), own: false, uid, response: "notResponded".to_owned() }
        }
        None => write::Origin { organizer: diary.owner.clone(), own: true, uid, response: "organizer".to_owned() },
    };
    let key = write::store(diary, calendar, body, origin, now).map_err(message)?;
    Ok(super::diary::id(key, None, true))
}

impl Sandbox {
    fn ms_diary<T>(&self, email: &str, f: impl FnOnce(&mut Diary, domain::time::Timestamp) -> T) -> T {
        let now = self.now();
        f(locked(&self.shared.microsoft).diary(email), now)
    }

    /// The main one first.
    pub fn ms_calendars(&self, email: &str) -> Vec<MsCalendar> {
        let shown = |c: &Calendar| MsCalendar { id: c.id.clone(), name: c.name.clone(), hex: c.hex.clone(), can_edit: c.can_edit };
        self.ms_diary(email, |diary, _| diary.calendars.iter().map(shown).collect())
    }

    /// Returns its id.
    pub fn ms_add_calendar(&self, email: &str, name: &str, hex: &str, can_edit: bool) -> String {
        self.ms_diary(email, |diary, _| diary.add(name, "auto", hex, can_edit))
    }

    /// Every event and series of a calendar, with what is otherwise about members and which were taken out.
    pub fn ms_events(&self, email: &str, calendar: &str) -> Vec<Value> {
        self.ms_diary(email, |diary, _| diary.in_calendar(calendar).map(|entry| view::whole(entry, None, &manner(), &options())).collect())
    }

    /// An event, a series or a member of one, by its id; None where there is none.
    pub fn ms_event(&self, email: &str, id: &str) -> Option<Value> {
        self.ms_diary(email, |diary, _| diary.find(id).ok().map(|(entry, day)| view::whole(entry, day, &manner(), &options())))
    }

    /// The id of the member of a series that would be on this day.
    pub fn ms_member(&self, email: &str, series: &str, day: &str) -> Option<String> {
        let day = chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
        self.ms_diary(email, |diary, _| diary.find(series).ok().map(|(entry, _)| super::diary::id(entry.key, Some(day), true)))
    }

    /// Somebody else writes an event: a new one, or fields of the one with this `id`. With an `organizer` it is an invitation. Returns its
    /// id, or what is wrong with it.
    pub fn ms_put_event(&self, email: &str, calendar: &str, event: Value) -> Result<String, String> {
        self.ms_diary(email, |diary, now| put(diary, calendar, event, now))
    }

    /// Somebody else deletes an event or a member. False: there is none.
    pub fn ms_delete_event(&self, email: &str, id: &str) -> bool {
        self.ms_diary(email, |diary, now| {
            let Ok((entry, day)) = diary.find(id) else { return false };
            let key = entry.key;
            write::take(diary, key, day, now);
            true
        })
    }

    /// What somebody of the organisation shows of their time, by their address.
    pub fn ms_set_schedule(&self, address: &str, schedule: super::MsSchedule) {
        locked(&self.shared.microsoft).schedules.insert(address.to_ascii_lowercase(), schedule);
    }

    /// Who was told of what, in order.
    pub fn ms_told(&self, email: &str) -> Vec<MsTold> {
        self.ms_diary(email, |diary, _| diary.told.clone())
    }
}
