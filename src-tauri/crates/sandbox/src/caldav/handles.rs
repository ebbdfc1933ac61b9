//! What a test may look at and change in the calendars from outside, beside HTTP.

use serde::Serialize;

use super::{
    CALDAV_ROOT, CaldavPerson, CaldavSwitches, Edit, HrefStyle, NewCalendar, Scheduled,
    path::{Hrefs, Place},
};
use crate::{Sandbox, control::locked};

/// One member as the server holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CalendarItem {
    /// Path, percent-encoded with `@` as it is.
    pub href: String,
    /// Last segment, decoded.
    pub name: String,
    /// With its quotes.
    pub etag: String,
    pub uid: String,
    pub ics: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CalendarState {
    /// Segment of the path; what the calls here take.
    pub name: String,
    pub href: String,
    pub display: String,
    pub colour: String,
    pub writable: bool,
    pub members: usize,
}

impl Sandbox {
    /// `http://127.0.0.1:PORT`, no slash at the end; the feed lies there as well.
    pub fn caldav_base(&self) -> String {
        self.base(crate::Provider::Caldav)
    }

    /// The context root. What a person would type is [`Self::caldav_base`].
    pub fn caldav_url(&self) -> String {
        format!("{}{CALDAV_ROOT}", self.caldav_base())
    }

    pub fn caldav_user(&self) -> String {
        locked(&self.shared.calendars).user.clone()
    }

    pub fn caldav_password(&self) -> String {
        locked(&self.shared.calendars).password.clone()
    }

    /// The old one is refused from now on.
    pub fn set_caldav_password(&self, password: &str) {
        password.clone_into(&mut locked(&self.shared.calendars).password);
    }

    /// Changes how the server behaves.
    pub fn set_caldav(&self, change: impl FnOnce(&mut CaldavSwitches)) {
        change(&mut locked(&self.shared.calendars).switches);
    }

    pub fn caldav_switches(&self) -> CaldavSwitches {
        locked(&self.shared.calendars).switches.clone()
    }

    /// Every sync token that was given out is refused from now on.
    pub fn void_sync_tokens(&self) {
        locked(&self.shared.calendars).void_tokens();
    }

    pub fn calendars(&self) -> Vec<CalendarState> {
        super::sbx::calendars(&self.shared)
    }

    /// Replaces one of the same name.
    pub fn add_calendar(&self, made: NewCalendar) {
        locked(&self.shared.calendars).add(made);
    }

    /// False: no such calendar.
    pub fn remove_calendar(&self, name: &str) -> bool {
        locked(&self.shared.calendars).remove(name)
    }

    /// Another name, colour (`#rrggbb`) or right to write. False: no such calendar.
    pub fn change_calendar(&self, name: &str, display: Option<&str>, colour: Option<&str>, writable: Option<bool>) -> bool {
        let mut world = locked(&self.shared.calendars);
        let Some(calendar) = world.calendar_mut(name) else { return false };
        if let Some(display) = display {
            display.clone_into(&mut calendar.display);
        }
        if let Some(colour) = colour {
            colour.clone_into(&mut calendar.colour);
        }
        calendar.writable = writable.unwrap_or(calendar.writable);
        true
    }

    /// Every member of a calendar, by name; empty for an unknown calendar.
    pub fn calendar_items(&self, calendar: &str) -> Vec<CalendarItem> {
        super::sbx::items(&self.shared, calendar)
    }

    /// Somebody else puts a member there, also into a read-only calendar. Returns the ETag, or what a PUT would be refused for.
    pub fn put_calendar_item(&self, calendar: &str, name: &str, ics: &str) -> Result<String, String> {
        let now = self.now();
        locked(&self.shared.calendars).put(calendar, name, ics, now).map_err(|e| e.text())
    }

    /// Somebody else sets a property of a member's first entry (the master of a series). Returns the new ETag.
    pub fn edit_calendar_item(&self, calendar: &str, name: &str, property: &str, value: &str) -> Result<String, String> {
        let now = self.now();
        locked(&self.shared.calendars).apply(calendar, name, &Edit::new(property, value), now).map_err(|e| e.text())
    }

    /// A guest answers: the organiser's copy gets the PARTSTAT in every entry that has the guest.
    pub fn answer_calendar_item(&self, calendar: &str, name: &str, guest: &str, partstat: &str) -> Result<String, String> {
        let now = self.now();
        let guest = guest.to_ascii_lowercase();
        let edited = locked(&self.shared.calendars).edit(calendar, name, now, |tree| {
            for property in tree.entries_mut().flat_map(|e| &mut e.properties) {
                if property.name == "ATTENDEE" && property.mailto().as_deref() == Some(guest.as_str()) {
                    property.set_param("PARTSTAT", partstat);
                }
            }
        });
        edited.map_err(|e| e.text())
    }

    /// Somebody else deletes a member. False: there is none.
    pub fn delete_calendar_item(&self, calendar: &str, name: &str) -> bool {
        locked(&self.shared.calendars).calendar_mut(calendar).is_some_and(|c| c.remove(name).is_some())
    }

    /// What the server tells of somebody else's time from now on.
    pub fn set_caldav_person(&self, address: &str, person: CaldavPerson) {
        locked(&self.shared.calendars).people.insert(address.to_ascii_lowercase(), person);
    }

    /// Messages that the server sent in the person's name, in order.
    pub fn scheduled(&self) -> Vec<Scheduled> {
        locked(&self.shared.calendars).scheduled.clone()
    }
}

/// The plain path of a place.
pub(super) fn plain(user: &str, place: &Place) -> String {
    Hrefs::new(HrefStyle::Plain, user, "").of(place)
}
