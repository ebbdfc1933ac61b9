//! Google Drive, as far as `drive.file` goes (PROVIDERS 1.8): files that Aurelius made, and files that the person gave to it at Google.
//! Every other file is, for this scope, not there; Google's own picker, in the browser, is how a person gives one.
//!
//! Names are not unique, so a file is made under an id that Google gave out beforehand and that is kept before the first byte goes out: an
//! attempt whose answer was lost is found by it, and no second file is ever made.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    config::ProviderConfig,
    connection::Connection,
    error::ProviderError,
    files::{FileContent, FilePut, FileReach, FileSink, FileSource, FoundFiles, RemoteFile},
    ids::RemoteId,
    source::Credentials,
};

use super::{Accounts, Grants, endpoints::DriveUrls};
use crate::http::{Http, bearer::Bearer};

mod api;
mod get;
mod list;
mod model;
mod put;

use api::DriveApi;

/// In words, of what is asked for.
const WHAT: &str = "This file";

/// The files of one Google account.
pub struct GoogleDrive {
    api: DriveApi,
    grants: Grants,
}

impl GoogleDrive {
    /// `accounts` holds what all sources of one connection share.
    pub fn new(
        http: Http,
        credentials: Arc<dyn Credentials>,
        config: &ProviderConfig,
        grants: Grants,
        accounts: &Accounts,
        connection: &Connection,
    ) -> Result<Self, ProviderError> {
        let urls = DriveUrls::new(config)?;
        let shared = accounts.get(&connection.id, http.clock(), !urls.is_local());
        Ok(Self { api: DriveApi::new(Bearer::new(http, credentials, "Google"), urls, shared), grants })
    }
}

#[async_trait]
impl FileSource for GoogleDrive {
    fn reach(&self) -> FileReach {
        FileReach::Given
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

    async fn reserve(&self, _name: &str) -> Result<RemoteId, ProviderError> {
        self.grants.require_files()?;
        put::reserve(&self.api).await
    }

    async fn put(&self, put: &FilePut, content: &mut dyn FileContent) -> Result<RemoteFile, ProviderError> {
        self.grants.require_files()?;
        put::put(&self.api, put, content).await
    }
}

#[cfg(test)]
mod tests;
