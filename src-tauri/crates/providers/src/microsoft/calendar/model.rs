//! Events and calendars as Graph writes them (PROVIDERS 2.6).

use serde::{Deserialize, Serialize};

use super::super::model::{ItemBody, Removed, Zoned};
use crate::http::json::or_default;

/// What is asked of an event: everything that there is a place for here. `iCalUId` of a member of a series is not that of the series.
pub const SELECT: &str = "id,iCalUId,createdDateTime,lastModifiedDateTime,subject,body,location,isAllDay,start,end,\
    originalStartTimeZone,originalEndTimeZone,originalStart,isOrganizer,organizer,attendees,responseStatus,showAs,sensitivity,importance,\
    isCancelled,isReminderOn,reminderMinutesBeforeStart,type,seriesMasterId,recurrence,isOnlineMeeting,onlineMeeting,categories,\
    allowNewTimeProposals,webLink";

/// `event` resource.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    pub id: String,
    #[serde(rename = "@odata.etag", deserialize_with = "or_default")]
    pub etag: String,
    #[serde(rename = "iCalUId")]
    pub ical_uid: Option<String>,
    /// RFC 3339.
    pub created_date_time: Option<String>,
    pub last_modified_date_time: Option<String>,
    pub subject: Option<String>,
    pub body: Option<ItemBody>,
    pub location: Option<Location>,
    #[serde(deserialize_with = "or_default")]
    pub is_all_day: bool,
    pub start: Option<Zoned>,
    /// Exclusive.
    pub end: Option<Zoned>,
    /// Names of Windows, IANA's, or `tzone://Microsoft/Custom`.
    pub original_start_time_zone: Option<String>,
    pub original_end_time_zone: Option<String>,
    /// Which member of its series this one stands for; RFC 3339.
    pub original_start: Option<String>,
    pub is_organizer: Option<bool>,
    pub organizer: Option<Recipient>,
    #[serde(deserialize_with = "or_default")]
    pub attendees: Vec<Attendee>,
    pub response_status: Option<Response>,
    pub show_as: Option<String>,
    pub sensitivity: Option<String>,
    pub importance: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub is_cancelled: bool,
    #[serde(deserialize_with = "or_default")]
    pub is_reminder_on: bool,
    pub reminder_minutes_before_start: Option<i64>,
    /// `singleInstance`, `occurrence`, `exception` or `seriesMaster`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub series_master_id: Option<String>,
    pub recurrence: Option<Recurrence>,
    #[serde(deserialize_with = "or_default")]
    pub is_online_meeting: bool,
    pub online_meeting: Option<OnlineMeeting>,
    #[serde(deserialize_with = "or_default")]
    pub categories: Vec<String>,
    pub allow_new_time_proposals: Option<bool>,
    /// The key of the call that made it.
    pub transaction_id: Option<String>,
    pub web_link: Option<String>,
    /// `OID.{master}.{day}` of members that were taken out; only of a master that is asked for by its id.
    #[serde(deserialize_with = "or_default")]
    pub cancelled_occurrences: Vec<String>,
    /// Members that are otherwise; only of a master that is asked for by its id.
    #[serde(deserialize_with = "or_default")]
    pub exception_occurrences: Vec<Self>,
}

impl Event {
    pub fn is_master(&self) -> bool {
        self.kind.as_deref() == Some("seriesMaster")
    }

    /// The person calls it; or nobody else does.
    pub fn is_own(&self) -> bool {
        self.is_organizer.unwrap_or(true)
    }

    pub fn join_url(&self) -> Option<&str> {
        self.online_meeting.as_ref()?.join_url.as_deref().filter(|url| !url.is_empty())
    }
}

/// An event as far as lists and views are looked at: which it is, and that it changed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Mention {
    pub id: String,
    #[serde(rename = "@odata.etag", deserialize_with = "or_default")]
    pub etag: String,
    pub series_master_id: Option<String>,
    /// It was deleted, or only left the window.
    #[serde(rename = "@removed")]
    pub removed: Option<Removed>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Location {
    #[serde(deserialize_with = "or_default")]
    pub display_name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Recipient {
    #[serde(deserialize_with = "or_default")]
    pub email_address: Address,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub address: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attendee {
    /// `required`, `optional` or `resource`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    #[serde(deserialize_with = "or_default")]
    pub status: Response,
    #[serde(deserialize_with = "or_default")]
    pub email_address: Address,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Response {
    /// `none`, `organizer`, `tentativelyAccepted`, `accepted`, `declined` or `notResponded`.
    #[serde(deserialize_with = "or_default")]
    pub response: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OnlineMeeting {
    pub join_url: Option<String>,
}

/// `patternedRecurrence`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Recurrence {
    pub pattern: Pattern,
    pub range: Range,
}

/// Which of the fields mean something depends on `kind`; the others are not sent, and come back as zero or as the first value there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pattern {
    #[serde(rename = "type")]
    pub kind: String,
    pub interval: u32,
    #[serde(skip_serializing_if = "nothing")]
    pub month: u32,
    #[serde(skip_serializing_if = "nothing")]
    pub day_of_month: u32,
    /// `sunday` to `saturday`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub days_of_week: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_day_of_week: Option<String>,
    /// `first` to `fourth`, or `last`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Range {
    /// `endDate`, `noEnd` or `numbered`.
    #[serde(rename = "type")]
    pub kind: String,
    pub start_date: String,
    /// The last day on which a member may begin; `0001-01-01` stands for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    #[serde(skip_serializing_if = "nothing")]
    pub number_of_occurrences: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence_time_zone: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn nothing(n: &u32) -> bool {
    *n == 0
}

/// `calendar` resource.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Calendar {
    pub id: String,
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// `auto`, or a name out of Outlook's palette.
    pub color: Option<String>,
    /// `#rrggbb`; empty where `color` is `auto`.
    pub hex_color: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub can_edit: bool,
    #[serde(deserialize_with = "or_default")]
    pub is_default_calendar: bool,
    /// `teamsForBusiness`, `skypeForBusiness`, `skypeForConsumer` or `unknown`.
    #[serde(deserialize_with = "or_default")]
    pub allowed_online_meeting_providers: Vec<String>,
    pub default_online_meeting_provider: Option<String>,
}
