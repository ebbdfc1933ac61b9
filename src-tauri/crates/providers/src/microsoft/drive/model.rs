//! A file as Graph says it (`driveItem`).

use chrono::DateTime;
use domain::{files::RemoteFile, ids::RemoteId, time::Timestamp};
use serde::Deserialize;

/// What is asked of a file.
pub const SELECT: &str = "id,name,size,cTag,lastModifiedDateTime,webUrl,file";

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub size: u64,
    /// Changes with the content alone, unlike `eTag`.
    #[serde(default)]
    c_tag: String,
    #[serde(default)]
    last_modified_date_time: Option<String>,
    #[serde(default)]
    web_url: Option<String>,
    /// None: a folder.
    #[serde(default)]
    pub file: Option<Facet>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Facet {
    mime_type: Option<String>,
    hashes: Option<Hashes>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Hashes {
    quick_xor_hash: Option<String>,
}

impl Item {
    /// Microsoft's own checksum, where it is said.
    pub fn sum(&self) -> Option<&str> {
        self.file.as_ref()?.hashes.as_ref()?.quick_xor_hash.as_deref()
    }

    pub fn remote(self) -> RemoteFile {
        let modified = self.last_modified_date_time.as_deref().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        RemoteFile {
            id: RemoteId(self.id),
            name: self.name,
            mime: self.file.and_then(|f| f.mime_type).unwrap_or_default(),
            size: Some(self.size),
            modified_at: modified.map(|at| Timestamp(at.timestamp_millis())),
            // Opened in the browser: only where it is a web address.
            link: self.web_url.filter(|link| link.starts_with("https://")),
            version: self.c_tag,
        }
    }
}
