//! What a test may look at and change in the drives from outside, beside HTTP: as the person would at Google.

use serde::{Deserialize, Serialize};

use super::{
    file::File,
    world::{GdriveSwitches, GdriveWorld},
};
use crate::{Sandbox, control::locked};

/// A file as the stand-in keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GdriveFile {
    pub id: String,
    pub name: String,
    pub mime: String,
    pub bytes: Vec<u8>,
    /// Whether this program made it or was given it; else it is not there for it.
    pub given: bool,
}

pub(super) fn all(world: &GdriveWorld, email: &str) -> Vec<GdriveFile> {
    let files = world.files(email).iter().filter(|f| !f.trashed);
    let file =
        |f: &File| GdriveFile { id: f.id.clone(), name: f.name.clone(), mime: f.mime.clone(), bytes: f.bytes.clone(), given: f.given };
    files.map(file).collect()
}

impl Sandbox {
    /// Every file of a person that is not in the bin, in the order in which they were made.
    pub fn gdrive_files(&self, email: &str) -> Vec<GdriveFile> {
        all(&locked(&self.shared.gdrive), email)
    }

    /// Puts a file there in Google's own program, and gives it to this one (or not). Returns its id.
    pub fn add_gdrive_file(&self, email: &str, name: &str, mime: &str, bytes: &[u8], given: bool) -> String {
        let now = self.now();
        let mut world = locked(&self.shared.gdrive);
        let id = world.hand_out(email);
        let file = File {
            id: id.clone(),
            name: name.to_owned(),
            mime: mime.to_owned(),
            bytes: bytes.to_vec(),
            modified: now,
            parent: "root".to_owned(),
            trashed: false,
            given,
            revision: 1,
        };
        world.keep(email, file);
        id
    }

    /// Somebody changes the content. False: there is no such file.
    pub fn change_gdrive_file(&self, email: &str, id: &str, bytes: &[u8]) -> bool {
        let now = self.now();
        let mut world = locked(&self.shared.gdrive);
        let Some(file) = world.files_mut(email).iter_mut().find(|f| f.id == id) else { return false };
        (file.bytes, file.modified, file.revision) = (bytes.to_vec(), now, file.revision + 1);
        true
    }

    /// Somebody throws a file away. False: there is no such file.
    pub fn trash_gdrive_file(&self, email: &str, id: &str) -> bool {
        let mut world = locked(&self.shared.gdrive);
        let file = world.files_mut(email).iter_mut().find(|f| f.id == id);
        file.map(|file| file.trashed = true).is_some()
    }

    /// Every upload that is under way is lost.
    pub fn forget_gdrive_uploads(&self) {
        locked(&self.shared.gdrive).uploads.clear();
    }

    pub fn set_gdrive(&self, change: impl FnOnce(&mut GdriveSwitches)) {
        change(&mut locked(&self.shared.gdrive).switches);
    }
}
