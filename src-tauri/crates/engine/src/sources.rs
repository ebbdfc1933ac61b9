//! Open mail clients by connection. They pool sockets, so one is kept per connection and dropped whenever what it was made from
//! changed: settings, secrets, the connector.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{connection::Connection, ids::ConnectionId, source::MailSource};

use crate::{Engine, EngineError, tokens};

/// A client and the granted scopes that it was made from: a refresh may find that the person withdrew some.
type Made = (Vec<String>, Arc<dyn MailSource>);

#[derive(Default)]
pub(crate) struct Sources {
    open: Mutex<HashMap<ConnectionId, Made>>,
}

impl Sources {
    fn take(&self, id: &ConnectionId) -> Option<Arc<dyn MailSource>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(id).map(|(_, source)| source)
    }

    /// Closes and forgets one.
    pub async fn drop(&self, id: &ConnectionId) {
        if let Some(source) = self.take(id) {
            source.close().await;
        }
    }

    pub async fn clear(&self) {
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
