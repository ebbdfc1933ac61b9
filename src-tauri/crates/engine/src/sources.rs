//! Open mail clients by connection. They pool sockets, so one is kept per connection and dropped whenever what it was made from
//! changed: settings, secrets, the connector.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{calendar::CalendarSource, connection::Connection, error::ProviderError, ids::ConnectionId, source::MailSource};

use crate::{Engine, EngineError, tokens};

/// A client and the granted scopes that it was made from: a refresh may find that the person withdrew some.
type Made = (Vec<String>, Arc<dyn MailSource>);
type MadeCalendar = (Vec<String>, Arc<dyn CalendarSource>);

#[derive(Default)]
pub(crate) struct Sources {
    open: Mutex<HashMap<ConnectionId, Made>>,
    calendars: Mutex<HashMap<ConnectionId, MadeCalendar>>,
}

impl Sources {
    fn take(&self, id: &ConnectionId) -> Option<Arc<dyn MailSource>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(id).map(|(_, source)| source)
    }

    /// Closes and forgets one.
    pub async fn drop(&self, id: &ConnectionId) {
        self.calendars.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        if let Some(source) = self.take(id) {
            source.close().await;
        }
    }

    pub async fn clear(&self) {
        self.calendars.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let all: Vec<_> = self.open.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        for (_, (_, source)) in all {
            source.close().await;
        }
    }
}

impl Engine {
    /// The mail side of a connection; None where it has none (a pure sign-in). Does no I/O.
    pub(crate) fn mail_source(&self, connection: &Connection) -> Result<Option<Arc<dyn MailSource>>, EngineError> {
        if let Some((scopes, source)) = self.inner.sources.open.lock().unwrap_or_else(PoisonError::into_inner).get(&connection.id)
            && *scopes == connection.granted_scopes
        {
            return Ok(Some(Arc::clone(source)));
        }
        let credentials = tokens::credentials(&self.inner.tokens, connection);
        let Some(source) = self.connector().mail(connection, credentials)? else { return Ok(None) };
        let mut open = self.inner.sources.open.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = open.entry(connection.id.clone()).or_insert_with(|| (connection.granted_scopes.clone(), Arc::clone(&source)));
        if slot.0 != connection.granted_scopes {
            // The old one closes its sockets when its last user lets go of it.
            *slot = (connection.granted_scopes.clone(), source);
        }
        Ok(Some(Arc::clone(&slot.1)))
    }

    /// The calendars of a connection; None where it has none. Does no I/O.
    pub(crate) fn calendar_source(&self, connection: &Connection) -> Result<Option<Arc<dyn CalendarSource>>, EngineError> {
        let mut open = self.inner.sources.calendars.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((scopes, source)) = open.get(&connection.id)
            && *scopes == connection.granted_scopes
        {
            return Ok(Some(Arc::clone(source)));
        }
        let credentials = tokens::credentials(&self.inner.tokens, connection);
        let Some(source) = self.connector().calendar(connection, credentials)? else { return Ok(None) };
        open.insert(connection.id.clone(), (connection.granted_scopes.clone(), Arc::clone(&source)));
        Ok(Some(source))
    }

    pub(crate) fn require_calendar(&self, connection: &Connection) -> Result<Arc<dyn CalendarSource>, ProviderError> {
        match self.calendar_source(connection) {
            Ok(Some(source)) => Ok(source),
            Ok(None) => Err(ProviderError::Unsupported(format!("{} has no calendars.", connection.label))),
            Err(e) => Err(ProviderError::Refused(e.message)),
        }
    }

    pub(crate) fn require_mail(&self, connection: &Connection) -> Result<Arc<dyn MailSource>, EngineError> {
        self.mail_source(connection)?.ok_or_else(|| {
            EngineError::new(
                "unsupported",
                format!("{} has no mail", connection.label),
                "Choose an account with mail, or grant access to it.",
            )
        })
    }
}
