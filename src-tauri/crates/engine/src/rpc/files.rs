//! Files from the command line. A file that is put is queued like one of the window and then worked on at once.

use std::path::PathBuf;

use domain::{
    audit::Actor,
    files::{FileReach, RemoteFile},
    ids::ConnectionId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Outcome, calendar::settle, checked, connection_id, shapes::instant};
use crate::{
    Engine, EngineError, FilesAt,
    files::{key, parse_key},
};

/// The commands under `files`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum FilesRequest {
    /// Of every connection that has files, unless one is named.
    Search {
        words: String,
        connection: Option<String>,
        limit: u32,
    },
    /// `to` is absolute: both sides run as the same person on the same machine. So is `path` below.
    Get {
        id: String,
        to: PathBuf,
    },
    Put {
        path: PathBuf,
        connection: Option<String>,
        queue: bool,
    },
}

impl FilesRequest {
    /// Whether a provider is talked to: always, but where a file is only queued.
    pub(super) const fn asks_servers(&self) -> bool {
        !matches!(self, Self::Put { queue: true, .. })
    }
}

pub(super) async fn run(engine: &Engine, request: FilesRequest) -> Result<Outcome, EngineError> {
    match request {
        FilesRequest::Search { words, connection, limit } => {
            let connection = named(engine, connection).await?;
            let found = engine.find_files(connection.as_ref(), &words, checked(limit)? as usize).await?;
            if found.is_empty() {
                // The words of what is missing.
                engine.file_place(None).await?;
            }
            let items = found.iter().flat_map(|at| at.files.iter().map(|file| row(at, file))).collect::<Vec<_>>();
            let failed = found.iter().find_map(|at| at.error.clone());
            Ok(Outcome { value: json!({"items": items, "places": found.iter().map(place).collect::<Vec<_>>()}), failed })
        }
        FilesRequest::Get { id, to } => {
            let (connection, file) = parse_key(&id)
                .ok_or_else(|| EngineError::invalid(format!("“{id}” is not the id of a file."), "Take the id from `files search`."))?;
            let got = engine.fetch_file(&connection, &file, &to, Actor::Cli).await?;
            let value = json!({"id": id, "name": got.name, "mime": got.mime, "file": to.display().to_string(), "bytes": got.size});
            Ok(value.into())
        }
        FilesRequest::Put { path, connection, queue } => {
            let connection = named(engine, connection).await?;
            let outbox = engine.put_file(&path, connection.as_ref(), Actor::Cli).await?;
            let (state, failed) = if queue { ("queued", None) } else { settle(engine, &[outbox]).await? };
            let saved = engine.store().saved_file(outbox).await?;
            let there = saved.remote.as_ref().filter(|_| saved.saved_at.is_some());
            let value = json!({
                "id": there.map(|id| key(&saved.connection, id)),
                "outbox": outbox.to_string(),
                "connection": saved.connection,
                "state": state,
                "name": super::shapes::title(&engine.outbox_item(outbox).await?.op),
                "link": saved.link,
            });
            Ok(Outcome { value, failed })
        }
    }
}

async fn named(engine: &Engine, connection: Option<String>) -> Result<Option<ConnectionId>, EngineError> {
    match connection {
        Some(text) => connection_id(engine, &text).await.map(Some),
        None => Ok(None),
    }
}

fn row(at: &FilesAt, file: &RemoteFile) -> Value {
    json!({
        "id": key(&at.place.connection, &file.id),
        "connection": at.place.connection,
        "source": at.place.label,
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        "modified_at": file.modified_at.map(instant),
        "link": file.link,
    })
}

fn place(at: &FilesAt) -> Value {
    let reach = match at.place.reach {
        FileReach::Given => "given",
        FileReach::OwnFolder => "own_folder",
    };
    json!({
        "connection": at.place.connection,
        "source": at.place.label,
        "integration": at.place.integration,
        "reach": reach,
        "left_out": at.left_out,
        "complete": at.complete,
        "error": at.error.as_ref().map(|e| e.code.clone()),
    })
}
