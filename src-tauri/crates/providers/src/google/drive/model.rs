//! A file as Drive says it.

use domain::{files::RemoteFile, ids::RemoteId, time::Timestamp};
use serde::Deserialize;

use super::super::api::{few, id, id_or_none};

/// What is asked for of a file: Drive answers with little unless it is told to say more.
pub const FIELDS: &str = "id,name,mimeType,size,modifiedTime,webViewLink,headRevisionId,sha256Checksum";
/// Types of what has no bytes of its own: documents, folders, shortcuts.
pub const GOOGLES_OWN: &str = "application/vnd.google-apps.";
pub const FOLDER: &str = "application/vnd.google-apps.folder";

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct File {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub mime_type: String,
    /// An int64 as text.
    #[serde(default)]
    size: Option<String>,
    #[serde(default)]
    modified_time: Option<String>,
    #[serde(default)]
    web_view_link: Option<String>,
    #[serde(default, deserialize_with = "id_or_none")]
    head_revision_id: Option<String>,
    #[serde(default)]
    pub sha256_checksum: Option<String>,
}

impl File {
    /// None: it has no bytes.
    pub fn size(&self) -> Option<u64> {
        self.size.as_deref().filter(|_| !self.mime_type.starts_with(GOOGLES_OWN))?.parse().ok()
    }

    pub fn remote(self) -> RemoteFile {
        let modified = self.modified_time.as_deref().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
        RemoteFile {
            size: self.size(),
            modified_at: modified.map(|at| Timestamp(at.timestamp_millis())),
            // Opened in the browser: only where it is a web address.
            link: self.web_view_link.filter(|link| link.starts_with("https://") || link.starts_with("http://127.0.0.1")),
            version: self.head_revision_id.unwrap_or_default(),
            id: RemoteId(self.id),
            name: self.name,
            mime: self.mime_type,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    #[serde(default, deserialize_with = "few")]
    pub files: Vec<File>,
    #[serde(default)]
    pub next_page_token: Option<String>,
    /// Google did not search everywhere.
    #[serde(default)]
    pub incomplete_search: bool,
}

#[derive(Deserialize)]
pub struct Ids {
    #[serde(default, deserialize_with = "few")]
    pub ids: Vec<String>,
}
