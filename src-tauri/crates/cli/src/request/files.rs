//! The same for files.

use engine::{EngineError, rpc::FilesRequest};

use super::absolute;
use crate::args::files::Files;

pub fn from(files: &Files) -> Result<FilesRequest, EngineError> {
    Ok(match files {
        Files::Search { word, account, limit } => FilesRequest::Search { words: word.clone(), connection: account.clone(), limit: *limit },
        Files::Get { id, to } => FilesRequest::Get { id: id.clone(), to: absolute(to)? },
        Files::Put { file, account, later } => FilesRequest::Put { path: absolute(file)?, connection: account.clone(), queue: later.queue },
    })
}
