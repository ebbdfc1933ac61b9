//! Subscribed calendars: an iCalendar file at an address, read again from time to time (RFC 5545, RFC 7986 section 5.7).
//!
//! The address often is all that protects the calendar, so the whole of it is handled as a password: it comes in through the credentials
//! and never into an error or a log. It may have been written by anybody, so it is fenced as the address of a remote image is: nothing
//! inside this machine or its network unless the person allows that, checked in the resolver that the connection uses and again for every
//! redirect; never from encrypted to open; bounded in size and time.

use std::sync::Arc;

use domain::{calendar::CalendarSource, connection::FeedSettings, source::Credentials};

mod download;
mod source;

#[cfg(test)]
mod contract_tests;
#[cfg(test)]
mod tests;

pub use download::Feeds;

/// The one calendar of a subscription. Connects nothing yet; the address is the password of `credentials`.
pub fn source(settings: &FeedSettings, credentials: Arc<dyn Credentials>, feeds: Arc<Feeds>) -> Arc<dyn CalendarSource> {
    Arc::new(source::FeedSource::new(settings.clone(), credentials, feeds))
}
