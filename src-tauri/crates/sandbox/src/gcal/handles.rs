//! What a test may look at and change in the Google calendars from outside, beside HTTP.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Event, GcalSwitches, Told,
    series::{self, text},
    world::{Calendar, GcalWorld},
    write,
};
use crate::{Sandbox, control::locked};

/// A calendar of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GcalCalendar {
    pub id: String,
    pub summary: String,
    /// The person's own name for it.
    pub summary_override: Option<String>,
    pub time_zone: String,
    /// `#rrggbb`.
    pub colour: String,
    /// `freeBusyReader`, `reader`, `writer` or `owner`.
    pub role: String,
    pub hidden: bool,
    /// Method and minutes.
    pub reminders: Vec<(String, i64)>,
    /// No call can be made for its events: `allowedConferenceSolutionTypes` is empty.
    pub no_meet: bool,
}

impl GcalCalendar {
    pub(super) fn of(calendar: &Calendar) -> Self {
        Self {
            id: calendar.id.clone(),
            summary: calendar.summary.clone(),
            summary_override: calendar.summary_override.clone(),
            time_zone: calendar.zone.clone(),
            colour: calendar.colour.clone(),
            role: calendar.role.clone(),
            hidden: calendar.hidden,
            reminders: calendar.reminders.clone(),
            no_meet: calendar.no_meet,
        }
    }

    pub(super) fn make(self, owner: &str) -> Calendar {
        let base = Calendar::new(owner, &self.id, &self.summary, &self.time_zone, &self.colour, &self.role);
        Calendar { summary_override: self.summary_override, hidden: self.hidden, reminders: self.reminders, no_meet: self.no_meet, ..base }
    }
}

/// Somebody else writes an event: a new one, or fields of one that is there (also of a member by its id). Returns its id.
pub(super) fn put(world: &mut GcalWorld, email: &str, calendar: &str, change: Value, now: Timestamp) -> Result<String, String> {
    let Value::Object(change) = change else { return Err("an event is an object".to_owned()) };
    let fresh = world.fresh_id();
    let calendar = world.calendar_mut(email, calendar).ok_or("there is no such calendar")?;
    let id = text(&change, "id").map_or(fresh, str::to_owned);
    let before = series::find(calendar, &id);
    let mut event: Event = before.clone().unwrap_or_default();
    if before.is_none() {
        event.insert("iCalUID".to_owned(), json!(format!("{id}@google.com")));
        event.insert("organizer".to_owned(), json!({"email": calendar.owner}));
    }
    for (name, value) in change {
        if value.is_null() { drop(event.remove(&name)) } else { drop(event.insert(name, value)) }
    }
    event.insert("id".to_owned(), json!(id));
    write::store(calendar, event, before.as_ref(), now).map_err(|e| e.message)?;
    Ok(id)
}

/// Somebody else deletes an event or a member. False: there is none.
pub(super) fn delete(world: &mut GcalWorld, email: &str, calendar: &str, id: &str, now: Timestamp) -> bool {
    let Some(calendar) = world.calendar_mut(email, calendar) else { return false };
    let Some(before) = series::find(calendar, id).filter(|e| !series::is_cancelled(e)) else { return false };
    write::cancel(calendar, &before, now);
    true
}

/// Every sync token that was given out is refused from now on.
pub(super) fn void(world: &mut GcalWorld, email: &str) {
    for calendar in world.calendars_mut(email) {
        calendar.serial += 1;
        calendar.void_before = calendar.serial;
    }
}

impl Sandbox {
    pub fn gcal_calendars(&self, email: &str) -> Vec<GcalCalendar> {
        locked(&self.shared.gcal).calendars(email).iter().map(GcalCalendar::of).collect()
    }

    /// Replaces one of the same id.
    pub fn add_gcal_calendar(&self, email: &str, calendar: GcalCalendar) {
        locked(&self.shared.gcal).add(calendar.make(email));
    }

    /// Every event as it is stored, cancelled ones and members that are otherwise included. Empty for an unknown calendar.
    pub fn gcal_events(&self, email: &str, calendar: &str) -> Vec<Value> {
        let world = locked(&self.shared.gcal);
        world.calendar(email, calendar).map_or_else(Vec::new, |c| c.events.values().map(|s| Value::Object(s.body.clone())).collect())
    }

    /// An event or an untouched member of a series; None where there is none.
    pub fn gcal_event(&self, email: &str, calendar: &str, id: &str) -> Option<Value> {
        series::find(locked(&self.shared.gcal).calendar(email, calendar)?, id).map(Value::Object)
    }

    /// Somebody else writes an event: a new one, or fields of the one with this `id` (null takes a field away). Returns its id, or what
    /// is wrong with it.
    pub fn put_gcal_event(&self, email: &str, calendar: &str, change: Value) -> Result<String, String> {
        let now = self.now();
        put(&mut locked(&self.shared.gcal), email, calendar, change, now)
    }

    /// Somebody else deletes an event, or one member of a series. False: there is none.
    pub fn delete_gcal_event(&self, email: &str, calendar: &str, id: &str) -> bool {
        let now = self.now();
        delete(&mut locked(&self.shared.gcal), email, calendar, id, now)
    }

    /// Whom writes told, in order.
    pub fn gcal_told(&self) -> Vec<Told> {
        locked(&self.shared.gcal).told.clone()
    }

    /// Every sync token of the account is too old from now on: 410 `fullSyncRequired`.
    pub fn void_gcal_tokens(&self, email: &str) {
        void(&mut locked(&self.shared.gcal), email);
    }

    pub fn set_gcal(&self, change: impl FnOnce(&mut GcalSwitches)) {
        change(&mut locked(&self.shared.gcal).switches);
    }
}
