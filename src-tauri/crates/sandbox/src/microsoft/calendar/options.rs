//! OData query options, as strict as Graph is with events.

use super::super::{
    call::Call,
    error::GraphError,
    query::{in_range, number, select},
};

/// Properties of an event that may be selected.
pub(super) const EVENT: [&str; 44] = [
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "changeKey",
    "categories",
    "transactionId",
    "originalStartTimeZone",
    "originalEndTimeZone",
    "iCalUId",
    "reminderMinutesBeforeStart",
    "isReminderOn",
    "hasAttachments",
    "subject",
    "bodyPreview",
    "importance",
    "sensitivity",
    "isAllDay",
    "isCancelled",
    "isOrganizer",
    "responseRequested",
    "seriesMasterId",
    "showAs",
    "type",
    "webLink",
    "onlineMeetingUrl",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "allowNewTimeProposals",
    "isDraft",
    "hideAttendees",
    "recurrence",
    "responseStatus",
    "body",
    "start",
    "end",
    "location",
    "locations",
    "attendees",
    "organizer",
    "onlineMeeting",
    "originalStart",
    "occurrenceId",
    "cancelledOccurrences",
    "exceptionOccurrences",
];
pub(super) const CALENDAR: [&str; 8] =
    ["id", "name", "color", "hexColor", "canEdit", "isDefaultCalendar", "allowedOnlineMeetingProviders", "defaultOnlineMeetingProvider"];

#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub select: Vec<String>,
    pub top: Option<usize>,
    pub skip: usize,
    /// `iCalUId eq '…'`.
    pub uid: Option<String>,
    /// `exceptionOccurrences`.
    pub expand: bool,
}

impl Options {
    /// `allowed`: what this method takes.
    pub fn of(call: &Call<'_>, properties: &[&str], allowed: &[&str]) -> Result<Self, GraphError> {
        let mut options = Self::default();
        for (name, value) in &call.query {
            if !allowed.contains(&name.as_str()) {
                return Err(GraphError::query(format!("The query option '{name}' is not supported here.")));
            }
            match name.as_str() {
                "$select" => options.select = select(value, properties)?,
                "$top" => options.top = Some(number(name, value).and_then(|n| in_range(name, n))?),
                "$skip" => options.skip = number(name, value)?,
                "$filter" => options.uid = Some(of_uid(value)?),
                "$expand" if value == "exceptionOccurrences" => options.expand = true,
                "$expand" => return Err(GraphError::new(400, "RequestBroker--ParseUri", format!("'{value}' can't be expanded."))),
                _ => {}
            }
        }
        Ok(options)
    }
}

fn of_uid(filter: &str) -> Result<String, GraphError> {
    let bad = || GraphError::new(400, "ErrorInvalidUrlQueryFilter", "The query filter is invalid: only iCalUId eq '…' is known here.");
    let value = filter.strip_prefix("iCalUId eq '").and_then(|rest| rest.strip_suffix('\'')).ok_or_else(bad)?;
    Ok(value.replace("''", "'"))
}
