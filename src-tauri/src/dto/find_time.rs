//! When guests have time, and when all of them do.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Millis};

/// Asks for people's time. The next question ends the one before, and `guests_time_cancel` does, too.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct GuestsTimeReq {
    /// E-mail addresses, at most 50; the person's own may be among them.
    pub people: Vec<String>,
    pub from: Millis,
    /// Exclusive; at most 42 days later.
    pub to: Millis,
    /// Where the event is or will be: its provider is asked. None: the default calendar.
    pub calendar: Option<Id>,
    /// The event itself, where there is one: it keeps nobody from itself.
    pub event: Option<String>,
}

/// Time that somebody does not have.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct BusyDto {
    pub start: Millis,
    /// Exclusive.
    pub end: Millis,
    /// `tentative`, `busy`, `unavailable`.
    pub kind: String,
}

/// One person's time.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GuestTimeDto {
    /// In lower case.
    pub address: String,
    /// The person's own.
    pub own: bool,
    /// In order, without overlaps.
    pub busy: Vec<BusyDto>,
    /// Why nothing is known: `not_found`, `refused`, `unsupported`, `not_granted`, `offline`, `failed`. Then `busy` says nothing.
    pub not_known: Option<String>,
}

/// Looks for a time in the working hours of the settings, among what is known already: nobody is asked.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SlotsReq {
    pub people: Vec<SlotPersonDto>,
    pub from: Millis,
    pub to: Millis,
    /// Of the meeting.
    pub minutes: u32,
    /// Suggestions, at most 20.
    pub most: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SlotPersonDto {
    /// As they were told. None: nothing is known.
    pub busy: Option<Vec<BusyDto>>,
    /// Without them there is no meeting.
    pub required: bool,
}

/// A time, best first, and who is missing.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SlotDto {
    pub start: Millis,
    pub end: Millis,
    /// Places in the question's list of people: who can't, and who perhaps can't.
    pub cannot: Vec<u32>,
    pub perhaps: Vec<u32>,
}
