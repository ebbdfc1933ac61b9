//! What calendars that are spoken to in JSON share on the way to iCalendar and back: Google and Microsoft have other fields, and the same
//! times, series and people behind them.

pub(crate) mod doc;
pub(crate) mod lines;
pub(crate) mod times;

pub(crate) use doc::{Doc, Entry};

use domain::error::ProviderError;

/// Can't be done as it is; `why` says what to do instead.
pub(crate) fn refused(why: &str) -> ProviderError {
    ProviderError::Refused(why.to_owned())
}
