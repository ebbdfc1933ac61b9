//! All calendars of the stand-in: events by id, and the order in which they changed.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Event, times};
use crate::gmail::error::ApiError;

/// Calls per minute and user (PROVIDERS 1.2).
pub const STANDARD_LIMIT: usize = 600;

/// How Google behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GcalSwitches {
    /// Pages are never longer, whatever was asked for: Google may always send fewer.
    pub page: Option<usize>,
    /// Page tokens that were given out under another number are refused.
    pub page_generation: u32,
    /// Calls in any minute of one person. None: no limit.
    pub calls_per_minute: Option<usize>,
    /// How long Google is at a call that was asked for, milliseconds. What asks for it is always answered before.
    pub meet_ms: i64,
    /// No call can be made.
    pub meet_fails: bool,
}

/// Whom a write told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The account that wrote.
    pub by: String,
    pub event: String,
    /// `insert`, `patch`, `update`, `delete` or `move`.
    pub what: String,
    /// `sendUpdates` as it was asked for; `none` where it was not.
    pub send: String,
    /// Everybody else in the event.
    pub guests: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub body: Event,
    /// When it changed last, as a number of the calendar.
    pub changed: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    pub id: String,
    /// Whose copy this is.
    pub owner: String,
    pub summary: String,
    pub summary_override: Option<String>,
    pub zone: String,
    pub colour: String,
    pub role: String,
    pub primary: bool,
    pub hidden: bool,
    pub reminders: Vec<(String, i64)>,
    pub events: BTreeMap<String, Stored>,
    /// No call can be made for its events.
    pub no_meet: bool,
    /// Events whose call Google is at, since when.
    pub meets: Vec<(String, Timestamp)>,
    /// Counts changes.
    pub serial: u64,
    /// Sync tokens of before are too old.
    pub void_before: u64,
}

impl Calendar {
    pub fn new(owner: &str, id: &str, summary: &str, zone: &str, colour: &str, role: &str) -> Self {
        Self {
            id: id.to_owned(),
            owner: owner.to_owned(),
            summary: summary.to_owned(),
            zone: zone.to_owned(),
            colour: colour.to_owned(),
            role: role.to_owned(),
            primary: owner == id,
            ..Self::default()
        }
    }

    pub fn writable(&self) -> bool {
        matches!(self.role.as_str(), "writer" | "owner")
    }

    pub fn event(&self, id: &str) -> Option<&Event> {
        self.events.get(id).map(|stored| &stored.body)
    }

    /// Puts an event there with a new tag. `updated` is now.
    pub fn keep(&mut self, mut body: Event, now: Timestamp) -> Event {
        self.serial += 1;
        let at = times::rfc3339(now);
        body.insert("etag".to_owned(), json!(format!("\"{}\"", self.serial * 2 + 3_400_000)));
        body.entry("created").or_insert_with(|| json!(at));
        body.insert("updated".to_owned(), json!(at));
        body.insert("kind".to_owned(), json!("calendar#event"));
        let id = body.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.events.insert(id, Stored { body: body.clone(), changed: self.serial });
        body
    }

    pub fn default_reminders(&self) -> Value {
        self.reminders.iter().map(|(method, minutes)| json!({"method": method, "minutes": minutes})).collect()
    }
}

#[derive(Default)]
pub struct GcalWorld {
    /// By account, in the order in which they are listed.
    people: BTreeMap<String, Vec<Calendar>>,
    pub switches: GcalSwitches,
    pub told: Vec<Told>,
    calls: BTreeMap<String, Vec<Timestamp>>,
    made: u64,
}

impl GcalWorld {
    pub(crate) fn add(&mut self, calendar: Calendar) {
        let list = self.people.entry(calendar.owner.clone()).or_default();
        list.retain(|other| other.id != calendar.id);
        list.push(calendar);
    }

    pub(crate) fn calendars(&self, email: &str) -> &[Calendar] {
        self.people.get(email).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn calendars_mut(&mut self, email: &str) -> impl Iterator<Item = &mut Calendar> {
        self.people.get_mut(email).into_iter().flatten()
    }

    /// `primary` is the one that is named like the account.
    pub(crate) fn calendar(&self, email: &str, id: &str) -> Option<&Calendar> {
        self.calendars(email).iter().find(|c| c.id == id || (id == "primary" && c.primary))
    }

    pub(crate) fn calendar_mut(&mut self, email: &str, id: &str) -> Option<&mut Calendar> {
        self.calendars_mut(email).find(|c| c.id == id || (id == "primary" && c.primary))
    }

    /// An id as Google makes them.
    pub(crate) fn fresh_id(&mut self) -> String {
        self.made += 1;
        format!("sbx{:023}", self.made)
    }

    /// A sliding minute.
    pub(crate) fn spend(&mut self, email: &str, now: Timestamp) -> Result<(), ApiError> {
        let Some(limit) = self.switches.calls_per_minute else { return Ok(()) };
        let calls = self.calls.entry(email.to_owned()).or_default();
        calls.retain(|at| (0..60_000).contains(&now.since(*at)));
        if calls.len() >= limit {
            return Err(ApiError::new(403, "rateLimitExceeded", "Rate Limit Exceeded"));
        }
        calls.push(now);
        Ok(())
    }
}
