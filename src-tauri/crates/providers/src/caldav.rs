//! CalDAV (RFC 4791) with collection synchronisation (RFC 6578): the calendars and task lists of any server that the person names.
//!
//! A password travels with every request, so the first question about each address is whether it may have it: the host that the person
//! named, the hosts below it, or one of the same known service, over TLS or on this machine. Redirects are followed by that rule and by no
//! other, and a server that lies elsewhere is named to the person instead.
//!
//! Layers, each ignorant of the ones above: `place` (addresses, ids, whom to trust) and `xml` (bytes to responses) → `refusal` (what a
//! status means) → `wire` (one request) → `discover`, `calendars`, `changes`, `fetch`, `free_busy`, `write` (what we do) → `source` (events), `tasks`.

use std::sync::Arc;

use domain::{calendar::CalendarSource, connection::DavServer, error::ProviderError, source::Credentials, tasks::TaskSource};

use crate::http::Http;

mod calendars;
mod changes;
mod discover;
mod fetch;
mod free_busy;
mod place;
mod refusal;
mod relocate;
mod source;
mod tasks;
mod text;
mod wire;
mod write;
mod xml;

#[cfg(test)]
mod contract_tests;
#[cfg(test)]
mod radicale_tests;
#[cfg(test)]
mod sandbox_tests;
#[cfg(test)]
mod task_tests;
#[cfg(test)]
mod tests;

/// The calendars of a connection. Connects nothing yet. An address that can't work is refused here, in words.
pub fn source(server: &DavServer, credentials: Arc<dyn Credentials>, http: Http) -> Result<Arc<dyn CalendarSource>, ProviderError> {
    Ok(Arc::new(source::DavSource::new(wire(server, credentials, http)?)))
}

/// The task lists of a connection, in the same way.
pub fn tasks(server: &DavServer, credentials: Arc<dyn Credentials>, http: Http) -> Result<Arc<dyn TaskSource>, ProviderError> {
    Ok(Arc::new(tasks::DavTasks::new(wire(server, credentials, http)?, server.excluded.clone())))
}

fn wire(server: &DavServer, credentials: Arc<dyn Credentials>, http: Http) -> Result<wire::Wire, ProviderError> {
    wire::Wire::new(place::Start::of(server)?, server.username.trim(), credentials, http)
}
