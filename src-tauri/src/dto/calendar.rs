//! One calendar over all accounts.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{GuestDto, Id, Millis, RepeatsDto};

/// A calendar of a connection.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CalendarDto {
    pub id: Id,
    pub connection: String,
    /// What the person calls the connection.
    pub source: String,
    pub name: String,
    /// 0…9, index into the hues.
    pub hue: u8,
    /// Its events are shown.
    pub shown: bool,
    /// Events can be made and changed.
    pub writable: bool,
    /// New events go here unless another is chosen; one calendar at most.
    pub default: bool,
    /// The video call that its provider makes for an event: `google_meet`, `teams`, `skype_business`, `skype`.
    pub video: Option<String>,
    /// Why it was not brought up to date, in words.
    pub error: Option<String>,
    pub last_sync: Option<Millis>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CalendarChangeReq {
    pub id: Id,
    #[ts(optional)]
    pub shown: Option<bool>,
    #[ts(optional)]
    pub hue: Option<u8>,
    /// Only true means something: new events go here from now on.
    #[ts(optional)]
    pub default: Option<bool>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventsReq {
    /// Whatever touches `from .. to`; at most 400 days.
    pub from: Millis,
    pub to: Millis,
}

/// Words of the title or the place, or their beginnings.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventFindReq {
    pub text: String,
    /// At most that many to come, and as many that are over.
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventsRes {
    /// By their beginning; whole days first.
    pub events: Vec<EventRow>,
    /// There are more than are told.
    pub cut: bool,
}

/// Something to do with one member of an event.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventRow {
    /// `"<item>/<member>"`: unique in one answer, and the same in the next.
    pub key: String,
    pub calendar: Id,
    pub title: String,
    pub location: String,
    pub start: Millis,
    /// Exclusive.
    pub end: Millis,
    /// First day and the day after the last, as ISO dates, where it is about whole days.
    pub days: Option<(String, String)>,
    /// `confirmed`, `tentative`, `cancelled`.
    pub status: String,
    /// The person's own answer where they are a guest: `accepted`, `declined`, `tentative`, `delegated`, `none`.
    pub mine: Option<String>,
    /// It keeps nobody from anything.
    pub free: bool,
    pub repeats: bool,
    /// Can be changed.
    pub editable: bool,
    pub join: bool,
    /// `waiting` (not at the provider yet), `conflict` (changed on both sides), `failed`.
    pub pending: Option<String>,
    /// The same meeting in other calendars.
    pub also: Vec<Id>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventReq {
    /// [`EventRow`]'s.
    pub key: String,
}

/// Everything that is shown of one event.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventDto {
    pub row: EventRow,
    pub description: String,
    /// The zone it is in, where it is in one: an IANA name.
    pub zone: Option<String>,
    pub organizer: Option<GuestDto>,
    pub guests: Vec<GuestDto>,
    pub guest_count: u32,
    /// `https` address to join at.
    pub join: Option<String>,
    /// A call that is not there yet: `wanted` (asked for here), `pending` (the provider is at it), `failed`.
    pub call: Option<String>,
    pub repeats: Option<RepeatsDto>,
    /// The rule as it is written (RFC 5545), for what the form can't show.
    pub rule: Option<String>,
    /// Minutes before the start.
    pub alarms: Vec<i32>,
    /// The person was invited and can answer.
    pub can_respond: bool,
    /// Why it can't be changed, in words.
    pub locked: Option<String>,
    /// Both versions of what was changed on both sides.
    pub conflict: Vec<EventConflict>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EventConflict {
    /// `title`, `time`, `location`, `description`, `repeats`, `guests`, `free`, `status`, `alarms`, `deleted`.
    pub field: String,
    pub mine: String,
    pub theirs: String,
}

/// What the form of an event says. Of a change, whatever is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventFields {
    #[ts(optional)]
    pub title: Option<String>,
    #[ts(optional)]
    pub location: Option<String>,
    #[ts(optional)]
    pub description: Option<String>,
    #[ts(optional)]
    pub time: Option<EventTime>,
    /// A rule (RFC 5545) without `RRULE:`; empty: it happens once.
    #[ts(optional)]
    pub rule: Option<String>,
    #[ts(optional)]
    pub free: Option<bool>,
    /// Minutes before the start.
    #[ts(optional)]
    pub alarms: Option<Vec<i32>>,
    /// Addresses, or `Name <address>`. Who is a guest already keeps their answer.
    #[ts(optional)]
    pub guests: Option<Vec<String>>,
    /// Where to join: an https address, or empty.
    #[ts(optional)]
    pub join: Option<String>,
    /// The calendar's provider makes a call for it; false: one that was asked for is not wanted any more.
    #[ts(optional)]
    pub video: Option<bool>,
}

/// When an event is. Times are what the clock shows in `zone`; without one, in the person's own.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EventTime {
    /// ISO dates; `until` is the day after the last.
    Days { from: String, until: String },
    /// `2026-11-30T12:30`.
    Clock {
        start: String,
        end: String,
        #[ts(optional)]
        zone: Option<String>,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventCreateReq {
    /// None: the default calendar.
    pub calendar: Option<Id>,
    pub fields: EventFields,
}

/// Which members of a series: `only` this one, this one and all that `following`, or `all`. What happens once has only `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Members {
    Only,
    Following,
    All,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventUpdateReq {
    pub key: String,
    pub members: Members,
    pub fields: EventFields,
    /// Where it is to be; the whole series goes.
    #[ts(optional)]
    pub calendar: Option<Id>,
    /// The person knows that guests get a new invitation, where the provider does not simply move it.
    #[ts(optional)]
    pub anew: Option<bool>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventDeleteReq {
    pub key: String,
    pub members: Members,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventRespondReq {
    pub key: String,
    pub members: Members,
    /// `accepted`, `declined`, `tentative`.
    pub answer: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventResolveReq {
    pub key: String,
    /// Keep one's own version; else theirs.
    pub mine: bool,
}

/// What came of an act on an event.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EventDone {
    /// The event that was made or changed; None after a deletion.
    pub key: Option<String>,
    /// For `undo`.
    pub undo: Option<String>,
    pub undo_until: Option<Millis>,
    /// "Lunch moved to Friday 12:30".
    pub words: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CalendarReq {
    pub id: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CalendarImportReq {
    /// None: the default calendar.
    pub calendar: Option<Id>,
    /// The text of an .ics file.
    pub text: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CalendarImported {
    pub added: u32,
    /// They are in a calendar already.
    pub known: u32,
    /// What could not be taken, in words.
    pub problems: Vec<String>,
}

/// An answer to an invitation that lies in a mail.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct InviteRespondReq {
    pub message: Id,
    /// `accepted`, `declined`, `tentative`.
    pub answer: String,
}

/// A mail with the answer of a guest: into the meeting with it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct InviteNoteReq {
    pub message: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ConnectDavReq {
    /// The address of the server, or only its host; empty where the user name is an e-mail address whose domain says it.
    pub url: String,
    pub username: String,
    pub password: String,
    /// The connection that signs in anew.
    pub reconnect: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectFeedReq {
    /// `https:` or `webcal:`.
    pub url: String,
    /// Empty: what the calendar calls itself.
    pub name: String,
    /// An address of this machine or of a private network is allowed.
    pub private_allowed: bool,
}
