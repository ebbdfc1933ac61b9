//! Files at a provider, as providers and engine speak of them.
//!
//! Neither Google (`drive.file`) nor Microsoft (`Files.ReadWrite.AppFolder`) shows this program all of a person's files: only what it made,
//! or was given. What a connection reaches is part of what is said about it, so that nobody takes an empty list for an empty drive.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{error::ProviderError, ids::RemoteId, time::Timestamp};

/// A file at a provider. Folders are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFile {
    pub id: RemoteId,
    pub name: String,
    /// As the provider has it; empty where it says none.
    pub mime: String,
    /// Bytes. None: a document of the provider's own kind, which has no bytes to fetch.
    pub size: Option<u64>,
    pub modified_at: Option<Timestamp>,
    /// Its page at the provider.
    pub link: Option<String>,
    /// Changes with every change of the content; empty where the provider says none. Opaque.
    pub version: String,
}

/// Which files a connection can see at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileReach {
    /// What this program made, and what the person gave to it at the provider (Google's `drive.file`).
    Given,
    /// One folder that is this program's own (Microsoft's app folder).
    OwnFolder,
}

/// What a question for files found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundFiles {
    /// Those that changed last come first.
    pub files: Vec<RemoteFile>,
    /// Further ones that were found and are not among them.
    pub left_out: u64,
    /// False: the list at the provider was longer than anybody reads to its end, so there may be more of them.
    pub complete: bool,
}

impl FoundFiles {
    /// Of what a provider listed, the files whose name holds `words` (in any case; all of them where there are none), at most `most`.
    pub fn of(mut listed: Vec<RemoteFile>, words: &str, most: usize, complete: bool) -> Self {
        let words = words.trim().to_lowercase();
        listed.retain(|file| file.name.to_lowercase().contains(&words));
        listed.sort_by(|a, b| b.modified_at.cmp(&a.modified_at).then_with(|| a.name.cmp(&b.name)));
        let left_out = listed.len().saturating_sub(most) as u64;
        listed.truncate(most);
        Self { files: listed, left_out, complete }
    }
}

/// A file on its way to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePut {
    /// What [`FileSource::reserve`] gave, kept since before the first attempt.
    pub reserved: RemoteId,
    pub name: String,
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// There was an attempt before this one, and it may have got through.
    pub tried: bool,
}

/// The bytes of a file that is sent. Any part may be asked for again: an upload goes on where it broke off.
#[async_trait]
pub trait FileContent: Send {
    /// `len` bytes from `offset`; fewer at the end alone.
    async fn read_at(&mut self, offset: u64, len: usize) -> Result<Vec<u8>, ProviderError>;
}

/// Receives a file as it arrives, in order and without gaps; an error ends the transfer.
#[async_trait]
pub trait FileSink: Send {
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError>;
}

/// The files of a connection.
#[async_trait]
pub trait FileSource: Send + Sync {
    fn reach(&self) -> FileReach;
    /// Files whose name holds `words`, in any case; all that can be seen where there are none. Lists are read to their end within a bound,
    /// and what is not among the `most` is counted.
    async fn find(&self, words: &str, most: usize) -> Result<FoundFiles, ProviderError>;
    /// What is known of one. [`ProviderError::NotFound`] also for a file that this connection may not see.
    async fn about(&self, id: &RemoteId) -> Result<RemoteFile, ProviderError>;
    /// Its bytes. A connection that breaks off is made again, and only the rest is asked for; what arrived is compared with what the
    /// provider says of the whole.
    async fn get(&self, id: &RemoteId, sink: &mut dyn FileSink) -> Result<RemoteFile, ProviderError>;
    /// What a file of this name is to be made under: an id (Google), or a name that is free (Microsoft). Kept before anything is sent, it
    /// makes every further attempt an attempt at the same file. Opaque.
    async fn reserve(&self, name: &str) -> Result<RemoteId, ProviderError>;
    /// Makes the file once, however often it is asked to: see [`FilePut`]. What the provider has afterwards was compared with what was
    /// sent.
    async fn put(&self, put: &FilePut, content: &mut dyn FileContent) -> Result<RemoteFile, ProviderError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, at: i64) -> RemoteFile {
        RemoteFile {
            id: name.into(),
            name: name.to_owned(),
            mime: String::new(),
            size: Some(1),
            modified_at: Some(Timestamp(at)),
            link: None,
            version: String::new(),
        }
    }

    #[test]
    fn names_are_found_in_any_case_newest_first_and_the_rest_is_counted() {
        let listed = || vec![file("Rechnung März.pdf", 1), file("photo.jpg", 9), file("rechnung.txt", 5)];
        let names = |found: &FoundFiles| found.files.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
        let found = FoundFiles::of(listed(), " RECHNUNG ", 10, true);
        assert_eq!((names(&found), found.left_out), (vec!["rechnung.txt".to_owned(), "Rechnung März.pdf".to_owned()], 0));
        let found = FoundFiles::of(listed(), "", 1, false);
        assert_eq!((names(&found), found.left_out, found.complete), (vec!["photo.jpg".to_owned()], 2, false));
        assert_eq!(FoundFiles::of(listed(), "MÄRZ", 10, true).files.len(), 1);
    }
}
