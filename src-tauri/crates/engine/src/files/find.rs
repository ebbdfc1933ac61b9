//! Which connections have files, and which files those are.

use domain::{
    connection::{Connection, ConnectionStatus},
    error::ProviderError,
    files::{FileReach, RemoteFile},
    ids::{ConnectionId, RemoteId},
};

use crate::{Engine, EngineError};

/// A connection whose files can be saved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    pub connection: ConnectionId,
    /// Row of the registry: `google`, `microsoft`.
    pub integration: String,
    pub label: String,
    pub reach: FileReach,
}

/// What one connection answered.
#[derive(Clone, Debug)]
pub struct FilesAt {
    pub place: FilePlace,
    /// Those that changed last come first.
    pub files: Vec<RemoteFile>,
    /// Further ones that were found.
    pub left_out: u64,
    /// False: the provider's list was longer than it is read.
    pub complete: bool,
    /// Its files could not be asked for.
    pub error: Option<EngineError>,
}

/// Ids of files are the provider's, so one that is shown names its connection, too.
pub fn key(connection: &ConnectionId, file: &RemoteId) -> String {
    format!("{connection}:{file}")
}

/// None: it is no such id.
pub fn parse_key(text: &str) -> Option<(ConnectionId, RemoteId)> {
    let (connection, file) = text.trim().split_once(':').filter(|(c, f)| !c.is_empty() && !f.is_empty())?;
    Some((ConnectionId::new(connection), RemoteId::new(file)))
}

impl Engine {
    /// In the order in which they were connected. One without the scope for it is none.
    pub async fn file_places(&self) -> Result<Vec<FilePlace>, EngineError> {
        let mut places = Vec::new();
        for connection in self.store().connections().await? {
            if connection.status != ConnectionStatus::Active {
                continue;
            }
            if let Some(source) = self.file_source(&connection)? {
                places.push(place(&connection, source.reach()));
            }
        }
        Ok(places)
    }

    /// Of one connection or of all that have files: those whose name holds `words`, at most `most` of each. What one of several can't
    /// answer is said in its place.
    pub async fn find_files(&self, connection: Option<&ConnectionId>, words: &str, most: usize) -> Result<Vec<FilesAt>, EngineError> {
        let places = match connection {
            Some(id) => {
                let connection = self.store().connection(id).await?;
                vec![place(&connection, self.require_files(&connection)?.reach())]
            }
            None => self.file_places().await?,
        };
        // Beside each other: nobody waits for the slower of two providers before the other one.
        futures_util::future::join_all(places.into_iter().map(|place| self.find_at(place, words, most))).await.into_iter().collect()
    }

    async fn find_at(&self, place: FilePlace, words: &str, most: usize) -> Result<FilesAt, EngineError> {
        let connection = self.store().connection(&place.connection).await?;
        let found = match self.require_files(&connection) {
            Ok(source) => source.find(words, most).await,
            Err(e) => Err(e),
        };
        Ok(match found {
            Ok(found) => FilesAt { place, files: found.files, left_out: found.left_out, complete: found.complete, error: None },
            Err(e) => {
                self.note_provider_error(&connection, &e).await;
                FilesAt { place, files: Vec::new(), left_out: 0, complete: false, error: Some(EngineError::told(&e)) }
            }
        })
    }

    /// The page of a file at its provider, as the provider says it now. Refused where it is no web page: what a server says is opened by the
    /// person's browser.
    pub async fn file_link(&self, connection: &ConnectionId, id: &RemoteId) -> Result<String, EngineError> {
        let connection = self.store().connection(connection).await?;
        let about = self.require_files(&connection)?.about(id).await?;
        let link = about.link.filter(|link| link.starts_with("https://"));
        link.ok_or_else(|| EngineError::new("no_page", "This file has no page at its provider.", "Look for it at the provider itself."))
    }

    /// The one connection that files go to where nobody says which; several are named.
    pub async fn file_place(&self, connection: Option<&ConnectionId>) -> Result<FilePlace, EngineError> {
        let places = self.file_places().await?;
        if let Some(id) = connection {
            let connection = self.store().connection(id).await?;
            return places.into_iter().find(|p| &p.connection == id).ok_or_else(|| no_files(&connection).into());
        }
        match places.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(EngineError::new(
                "no_files",
                "No connection can save files.",
                "Connect a Google or a Microsoft account and allow it there; one that is connected already is asked when it is reconnected.",
            )),
            several => {
                let names: Vec<&str> = several.iter().map(|p| p.label.as_str()).collect();
                Err(EngineError::invalid("Several connections can save files.", format!("Name one of them: {}.", names.join(", "))))
            }
        }
    }
}

fn place(connection: &Connection, reach: FileReach) -> FilePlace {
    FilePlace {
        connection: connection.id.clone(),
        integration: connection.integration.as_str().to_owned(),
        label: connection.label.clone(),
        reach,
    }
}

pub(crate) fn no_files(connection: &Connection) -> ProviderError {
    ProviderError::Unsupported(format!("{} has no files here: reconnect it and allow that.", connection.label))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_leads_back_whatever_the_provider_calls_its_files() {
        let (connection, file) = (ConnectionId::new("0191-a"), RemoteId::new("01ABC!12:x"));
        assert_eq!(parse_key(&key(&connection, &file)).unwrap(), (connection, file));
        for bad in ["", "x", ":x", "x:"] {
            assert_eq!(parse_key(bad), None, "{bad}");
        }
    }
}
