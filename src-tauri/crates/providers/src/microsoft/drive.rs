//! OneDrive, as far as `Files.ReadWrite.AppFolder` goes (PROVIDERS 2.8): one folder that is this program's own. Whatever else lies in a
//! person's OneDrive is not to be seen.
//!
//! Files are known by their names there. One that is to be made gets a name that is free, and that name is kept before the first byte goes
//! out: after an attempt whose answer was lost, a file of that name is the one that the attempt made, and no second one is.

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    files::{FileContent, FilePut, FileReach, FileSink, FileSource, FoundFiles, RemoteFile},
    ids::RemoteId,
};

use super::{Grants, api::Api};

mod get;
mod list;
mod model;
mod name;
mod put;

/// In words, of what is asked for.
const WHAT: &str = "This file";

/// The folder of this program in one OneDrive.
pub struct OneDrive {
    api: Api,
    grants: Grants,
}

impl OneDrive {
    pub(crate) const fn new(api: Api, grants: Grants) -> Self {
        Self { api, grants }
    }
}

#[async_trait]
impl FileSource for OneDrive {
    fn reach(&self) -> FileReach {
        FileReach::OwnFolder
    }

    async fn find(&self, words: &str, most: usize) -> Result<FoundFiles, ProviderError> {
        self.grants.require_files()?;
        list::find(&self.api, words, most).await
    }

    async fn about(&self, id: &RemoteId) -> Result<RemoteFile, ProviderError> {
        self.grants.require_files()?;
        Ok(get::about(&self.api, id.as_str()).await?.remote())
    }

    async fn get(&self, id: &RemoteId, sink: &mut dyn FileSink) -> Result<RemoteFile, ProviderError> {
        self.grants.require_files()?;
        get::get(&self.api, id.as_str(), sink).await
    }

    async fn reserve(&self, name: &str) -> Result<RemoteId, ProviderError> {
        self.grants.require_files()?;
        put::reserve(&self.api, name).await
    }

    async fn put(&self, put: &FilePut, content: &mut dyn FileContent) -> Result<RemoteFile, ProviderError> {
        self.grants.require_files()?;
        put::put(&self.api, put, content).await
    }
}

#[cfg(test)]
mod tests;
