//! What the Calendar API says, as far as something is done with it. The rest of an event is kept as it came.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::api::few;

/// `events` resource. Absent fields are absent on the wire too; of what is cancelled there may be no more than the id.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    pub id: String,
    pub etag: String,
    /// `confirmed`, `tentative` or `cancelled`.
    pub status: String,
    pub summary: Option<String>,
    /// May hold HTML.
    pub description: Option<String>,
    pub location: Option<String>,
    pub start: Option<Time>,
    /// Exclusive.
    pub end: Option<Time>,
    /// RRULE, EXRULE, RDATE and EXDATE, each a line of RFC 5545 section 3.8.5.
    #[serde(deserialize_with = "few")]
    pub recurrence: Vec<String>,
    /// The series that this one is a member of, and which member.
    pub recurring_event_id: Option<String>,
    pub original_start_time: Option<Time>,
    #[serde(rename = "iCalUID")]
    pub ical_uid: Option<String>,
    pub sequence: Option<i64>,
    pub organizer: Option<Person>,
    #[serde(deserialize_with = "few")]
    pub attendees: Vec<Attendee>,
    pub attendees_omitted: bool,
    pub transparency: Option<String>,
    pub visibility: Option<String>,
    pub reminders: Option<Reminders>,
    pub conference_data: Option<Conference>,
    pub hangout_link: Option<String>,
    #[serde(deserialize_with = "few")]
    pub attachments: Vec<Attachment>,
    pub source: Option<Source>,
    /// RFC 3339.
    pub created: Option<String>,
    pub updated: Option<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Event {
    pub fn is_cancelled(&self) -> bool {
        self.status == "cancelled"
    }

    /// The id of the resource that it belongs to.
    pub fn series(&self) -> &str {
        self.recurring_event_id.as_deref().unwrap_or(&self.id)
    }

    pub fn uid(&self) -> String {
        self.ical_uid.clone().unwrap_or_else(|| format!("{}@google.com", self.series()))
    }

    /// There is somewhere to meet on the net that Google knows of, or is to be.
    pub fn meets(&self) -> bool {
        self.conference_data.is_some() || self.hangout_link.is_some()
    }

    /// The call that was asked for last.
    pub fn call_request(&self) -> Option<&CallRequest> {
        self.conference_data.as_ref()?.create_request.as_ref()
    }

    /// There is an address.
    pub fn can_be_joined(&self) -> bool {
        self.hangout_link.is_some() || self.conference_data.as_ref().is_some_and(|c| !c.entry_points.is_empty())
    }
}

/// Either a date or a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Time {
    /// `2026-12-24`.
    pub date: Option<String>,
    /// RFC 3339. The offset is the calendar's, not that of `time_zone`.
    pub date_time: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Person {
    pub email: String,
    pub display_name: Option<String>,
    #[serde(rename = "self")]
    pub is_self: bool,
}

/// Written back whole, since Google replaces the list.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attendee {
    pub email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "self", skip_serializing_if = "no")]
    pub is_self: bool,
    #[serde(skip_serializing_if = "no")]
    pub optional: bool,
    #[serde(skip_serializing_if = "no")]
    pub resource: bool,
    /// `needsAction`, `declined`, `tentative` or `accepted`.
    pub response_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_guests: Option<i64>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn no(flag: &bool) -> bool {
    !flag
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reminders {
    pub use_default: bool,
    #[serde(deserialize_with = "few")]
    pub overrides: Vec<Reminder>,
}

/// `email` or `popup`, so many minutes before the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Reminder {
    pub method: String,
    pub minutes: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Conference {
    #[serde(deserialize_with = "few")]
    pub entry_points: Vec<EntryPoint>,
    /// What was asked for, and how far Google is with it.
    pub create_request: Option<CallRequest>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallRequest {
    pub request_id: String,
    pub status: CallStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallStatus {
    /// `pending`, `success` or `failure`.
    pub status_code: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EntryPoint {
    /// `video`, `phone`, `sip` or `more`.
    pub entry_point_type: String,
    pub uri: String,
    pub label: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attachment {
    pub file_url: String,
    pub title: Option<String>,
    pub mime_type: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Source {
    pub url: String,
}

/// `events.list`: a page, and what the calendar says about itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    #[serde(deserialize_with = "few")]
    pub items: Vec<Event>,
    pub next_page_token: Option<String>,
    pub next_sync_token: Option<String>,
    pub summary: Option<String>,
    pub time_zone: Option<String>,
    pub access_role: String,
    #[serde(deserialize_with = "few")]
    pub default_reminders: Vec<Reminder>,
}

/// `calendarList.list`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CalendarPage {
    #[serde(deserialize_with = "few")]
    pub items: Vec<Listed>,
    pub next_page_token: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listed {
    pub id: String,
    pub summary: String,
    /// The person's own name for it.
    pub summary_override: Option<String>,
    pub time_zone: Option<String>,
    pub background_color: Option<String>,
    /// `freeBusyReader`, `reader`, `writer` or `owner`; there may be others.
    pub access_role: String,
    pub hidden: bool,
    pub deleted: bool,
    pub conference_properties: Option<Conferences>,
}

/// What a calendar can make to meet in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Conferences {
    /// `hangoutsMeet`, `eventHangout`, `eventNamedHangout` (the last two are no longer made), `addOn`.
    #[serde(deserialize_with = "few")]
    pub allowed_conference_solution_types: Vec<String>,
}
