//! IMAP (RFC 3501, 9051) and SMTP submission behind one `MailSource`: an ordinary mail account.
//!
//! The protocol is spoken here and not by a library, because three things decide whether the program can be trusted with
//! a mailbox: bodies of any size stream through in bounded memory, no input makes it panic, and the sync follows RFC 7162
//! exactly while still being right on servers that know nothing of it.
//!
//! Layers, each ignorant of the ones above: `frame` (bytes to lines and literals) → `parse` (one response) → `session`
//! (commands and events) → `login`, `select`, `changes`, `fetch`, `write`, `idle` (what we do) → `pool` → `source`.

use std::sync::Arc;

use domain::{
    connection::MailServers,
    error::ProviderError,
    source::{Credentials, MailSource, Probe},
};

use crate::{refusals::Refusals, smtp, tls::TlsContext};

mod changes;
mod copied;
mod doubtful;
mod fetch;
mod folders;
mod frame;
#[cfg(any(fuzzing, test))]
mod fuzz;
#[cfg(any(fuzzing, test))]
pub(crate) use fuzz::fuzz;
mod idle;
mod login;
mod mailboxes;
mod names;
mod parse;
mod pool;
mod refusal;
mod roles;
mod select;
mod session;
mod source;
mod uids;
mod write;

#[cfg(test)]
mod tests;

/// The mail side of a connection. Connects nothing yet; `credentials` are asked when a connection is made.
pub fn source(servers: &MailServers, credentials: Arc<dyn Credentials>, tls: &TlsContext) -> Result<Arc<dyn MailSource>, ProviderError> {
    check(servers)?;
    let door = login::Door { servers: servers.clone(), credentials, tls: tls.clone(), refusals: Refusals::default() };
    Ok(Arc::new(source::ImapSource::new(door)))
}

/// Connects and signs in at IMAP and, where configured, SMTP; reads and sends nothing.
pub async fn probe(servers: &MailServers, credentials: Arc<dyn Credentials>, tls: &TlsContext) -> Result<Probe, ProviderError> {
    check(servers)?;
    let door =
        login::Door { servers: servers.clone(), credentials: Arc::clone(&credentials), tls: tls.clone(), refusals: Refusals::at_once() };
    let session = door.open().await?;
    let mut notes: Vec<String> = session.alerts.iter().map(|alert| format!("{} says: {alert}", session.host())).collect();
    let capabilities = session.capabilities.clone();
    if !session.has("CONDSTORE") && !session.has("QRESYNC") {
        notes.push("This server can't say what changed (no CONDSTORE): every sync compares all flags.".to_owned());
    }
    if !session.has("IDLE") {
        notes.push("This server can't push new mail (no IDLE): it is asked from time to time.".to_owned());
    }
    if !write::removes_single(&session) {
        notes.push("This server can't remove single messages (no UIDPLUS): what is deleted stays there, marked and hidden.".to_owned());
    }
    session.logout().await;
    if servers.smtp.is_some() {
        smtp::probe(servers, &*credentials, tls).await?;
    } else {
        notes.push("No SMTP server: this account is receive-only.".to_owned());
    }
    Ok(Probe { capabilities, notes })
}

fn check(servers: &MailServers) -> Result<(), ProviderError> {
    let bad = |what: &str| ProviderError::Refused(format!("{what} is missing or not valid."));
    for endpoint in std::iter::once(&servers.imap).chain(&servers.smtp) {
        if endpoint.host.is_empty() || endpoint.host.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(bad("The host name"));
        }
        if endpoint.port == 0 {
            return Err(bad("The port"));
        }
    }
    if servers.username.is_empty() || servers.username.contains(['\0', '\r', '\n']) {
        return Err(bad("The user name"));
    }
    Ok(())
}
