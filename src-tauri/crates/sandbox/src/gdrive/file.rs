//! A file as Drive keeps and says it.

use chrono::DateTime;
use domain::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(super) const FOLDER: &str = "application/vnd.google-apps.folder";
/// Types of what has no bytes of its own.
pub(super) const OWN: &str = "application/vnd.google-apps.";

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub id: String,
    pub name: String,
    pub mime: String,
    pub bytes: Vec<u8>,
    pub modified: Timestamp,
    pub parent: String,
    pub trashed: bool,
    /// Made by this client, or given to it by the person: what `drive.file` shows.
    pub given: bool,
    pub revision: u32,
}

impl File {
    /// Everything that is known of it; `fields` picks from that.
    pub fn json(&self) -> Value {
        let at = DateTime::from_timestamp_millis(self.modified.millis()).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let mut out = json!({
            "kind": "drive#file", "id": self.id, "name": self.name, "mimeType": self.mime, "trashed": self.trashed,
            "parents": [self.parent], "modifiedTime": at, "createdTime": at, "version": self.revision.to_string(),
            "webViewLink": format!("https://drive.google.example/file/d/{}/view", self.id),
        });
        if !self.mime.starts_with(OWN)
            && let Some(out) = out.as_object_mut()
        {
            out.insert("size".to_owned(), json!(self.bytes.len().to_string()));
            out.insert("headRevisionId".to_owned(), json!(format!("r{}", self.revision)));
            out.insert("sha256Checksum".to_owned(), json!(domain::hex(&Sha256::digest(&self.bytes))));
        }
        out
    }
}
