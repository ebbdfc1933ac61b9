//! Open clients by connection. Those of mail pool sockets, so one is kept per connection and dropped whenever what it was made from
//! changed: settings, secrets, the connector.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    calendar::CalendarSource, connection::Connection, error::ProviderError, files::FileSource, ids::ConnectionId, people::PeopleSource,
    source::MailSource, tasks::TaskSource,
};

use crate::{Engine, EngineError, files, tokens};

/// A client and the granted scopes that it was made from: a refresh may find that the person withdrew some.
type Made<S> = (Vec<String>, Arc<S>);

/// Clients by connection.
struct Cache<S: ?Sized>(Mutex<HashMap<ConnectionId, Made<S>>>);

impl<S: ?Sized> Default for Cache<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S: ?Sized> Cache<S> {
    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Made<S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that is there, else what `make` gives; it does no I/O.
    fn get(
        &self,
        connection: &Connection,
        make: impl FnOnce() -> Result<Option<Arc<S>>, ProviderError>,
    ) -> Result<Option<Arc<S>>, EngineError> {
        let mut open = self.lock();
        if let Some((scopes, source)) = open.get(&connection.id)
            && *scopes == connection.granted_scopes
        {
            return Ok(Some(Arc::clone(source)));
        }
        let Some(source) = make()? else { return Ok(None) };
        // An old one closes its sockets when its last user lets go of it.
        open.insert(connection.id.clone(), (connection.granted_scopes.clone(), Arc::clone(&source)));
        Ok(Some(source))
    }
}

#[derive(Default)]
pub(crate) struct Sources {
    mail: Cache<dyn MailSource>,
    calendars: Cache<dyn CalendarSource>,
    tasks: Cache<dyn TaskSource>,
    files: Cache<dyn FileSource>,
    people: Cache<dyn PeopleSource>,
}

impl Sources {
    /// Closes and forgets one.
    pub async fn drop(&self, id: &ConnectionId) {
        self.calendars.lock().remove(id);
        self.tasks.lock().remove(id);
        self.files.lock().remove(id);
        self.people.lock().remove(id);
        let mail = self.mail.lock().remove(id);
        if let Some((_, source)) = mail {
            source.close().await;
        }
    }

    pub async fn clear(&self) {
        self.calendars.lock().clear();
        self.tasks.lock().clear();
        self.files.lock().clear();
        self.people.lock().clear();
        let all: Vec<_> = self.mail.lock().drain().collect();
        for (_, (_, source)) in all {
            source.close().await;
        }
    }
}

impl Engine {
    /// The mail side of a connection; None where it has none (a pure sign-in). Does no I/O.
    pub(crate) fn mail_source(&self, connection: &Connection) -> Result<Option<Arc<dyn MailSource>>, EngineError> {
        let credentials = || tokens::credentials(&self.inner.tokens, connection);
        self.inner.sources.mail.get(connection, || self.connector().mail(connection, credentials()))
    }

    /// The calendars of a connection; None where it has none. Does no I/O.
    pub(crate) fn calendar_source(&self, connection: &Connection) -> Result<Option<Arc<dyn CalendarSource>>, EngineError> {
        let credentials = || tokens::credentials(&self.inner.tokens, connection);
        self.inner.sources.calendars.get(connection, || self.connector().calendar(connection, credentials()))
    }

    pub(crate) fn require_calendar(&self, connection: &Connection) -> Result<Arc<dyn CalendarSource>, ProviderError> {
        match self.calendar_source(connection) {
            Ok(Some(source)) => Ok(source),
            Ok(None) => Err(ProviderError::Unsupported(format!("{} has no calendars.", connection.label))),
            Err(e) => Err(ProviderError::Refused(e.message)),
        }
    }

    /// The task lists of a connection; None where it has none. Does no I/O.
    pub(crate) fn task_source(&self, connection: &Connection) -> Result<Option<Arc<dyn TaskSource>>, EngineError> {
        let credentials = || tokens::credentials(&self.inner.tokens, connection);
        self.inner.sources.tasks.get(connection, || self.connector().tasks(connection, credentials()))
    }

    pub(crate) fn require_tasks(&self, connection: &Connection) -> Result<Arc<dyn TaskSource>, ProviderError> {
        match self.task_source(connection) {
            Ok(Some(source)) => Ok(source),
            Ok(None) => Err(ProviderError::Unsupported(format!("{} has no task lists.", connection.label))),
            Err(e) => Err(ProviderError::Refused(e.message)),
        }
    }

    /// The files of a connection; None where it has none, or was not allowed to. Does no I/O.
    pub(crate) fn file_source(&self, connection: &Connection) -> Result<Option<Arc<dyn FileSource>>, EngineError> {
        let credentials = || tokens::credentials(&self.inner.tokens, connection);
        self.inner.sources.files.get(connection, || self.connector().files(connection, credentials()))
    }

    pub(crate) fn require_files(&self, connection: &Connection) -> Result<Arc<dyn FileSource>, ProviderError> {
        match self.file_source(connection) {
            Ok(Some(source)) => Ok(source),
            Ok(None) => Err(files::no_files(connection)),
            Err(e) => Err(ProviderError::Refused(e.message)),
        }
    }

    /// The lists of people of a connection; None where it has none, or none was granted. Does no I/O.
    pub(crate) fn people_source(&self, connection: &Connection) -> Result<Option<Arc<dyn PeopleSource>>, EngineError> {
        let credentials = || tokens::credentials(&self.inner.tokens, connection);
        self.inner.sources.people.get(connection, || self.connector().people(connection, credentials()))
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
