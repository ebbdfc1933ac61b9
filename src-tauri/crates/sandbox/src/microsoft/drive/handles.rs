//! What a test may look at and change in the OneDrives from outside, beside HTTP.

use serde::{Deserialize, Serialize};

use super::item::Item;
use crate::{Sandbox, control::locked};

/// A file as the stand-in keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MsFile {
    pub id: String,
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Sandbox {
    /// What lies in the program's folder, in the order in which it came.
    pub fn ms_files(&self, email: &str) -> Vec<MsFile> {
        let world = locked(&self.shared.microsoft);
        let files = world.drives.files(email).iter().filter(|f| !f.outside);
        files.map(|f| MsFile { id: f.id.clone(), name: f.name.clone(), bytes: f.bytes.clone() }).collect()
    }

    /// The person puts a file into the folder, or (`outside`) somewhere else. Returns its id.
    pub fn add_ms_file(&self, email: &str, name: &str, bytes: &[u8], outside: bool) -> String {
        let now = self.now();
        let mut world = locked(&self.shared.microsoft);
        let id = world.drives.fresh_id();
        let mime = "application/octet-stream".to_owned();
        let item = Item { id: id.clone(), name: name.to_owned(), mime, bytes: bytes.to_vec(), modified: now, revision: 1, outside };
        world.drives.people.entry(email.to_owned()).or_default().push(item);
        id
    }
}
