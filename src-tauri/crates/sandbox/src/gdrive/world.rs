//! All drives of the stand-in.

use std::collections::{BTreeMap, BTreeSet};

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{file::File, no_file, upload::Upload};
use crate::{gmail::error::ApiError, rng::Rng};

/// How Google behaves, where it may behave in more than one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GdriveSwitches {
    /// Pages are never longer, whatever was asked for: Google may always send fewer.
    pub page: Option<usize>,
    /// Bytes that one person may keep. None: no limit.
    pub quota: Option<usize>,
    /// Life of an upload, in seconds.
    pub session_secs: i64,
    /// Of each piece, at most so many bytes are kept: the client is told and goes on from there.
    pub keep: Option<usize>,
    /// Whether a range of a download is looked at.
    pub ranges: bool,
    /// A byte of what is uploaded next is turned over on the way.
    pub damage: bool,
}

impl Default for GdriveSwitches {
    fn default() -> Self {
        // About a week (PROVIDERS 1.8).
        Self { page: None, quota: None, session_secs: 7 * 86_400, keep: None, ranges: true, damage: false }
    }
}

pub struct GdriveWorld {
    people: BTreeMap<String, Vec<File>>,
    /// Ids that were given out, by person, and are not used yet.
    ids: BTreeMap<String, BTreeSet<String>>,
    pub(super) uploads: BTreeMap<String, Upload>,
    pub switches: GdriveSwitches,
    pub(super) rng: Rng,
}

impl GdriveWorld {
    pub(crate) fn new(rng: Rng) -> Self {
        Self { people: BTreeMap::new(), ids: BTreeMap::new(), uploads: BTreeMap::new(), switches: GdriveSwitches::default(), rng }
    }

    pub(super) fn files(&self, email: &str) -> &[File] {
        self.people.get(email).map_or(&[], Vec::as_slice)
    }

    pub(super) fn files_mut(&mut self, email: &str) -> &mut Vec<File> {
        self.people.entry(email.to_owned()).or_default()
    }

    /// One that this program may see.
    pub(super) fn seen(&self, email: &str, id: &str) -> Result<&File, ApiError> {
        self.files(email).iter().find(|f| f.id == id && f.given).ok_or_else(|| no_file(id))
    }

    /// An id as long as Google's.
    pub(super) fn hand_out(&mut self, email: &str) -> String {
        let id = format!("1{}", self.rng.token(32));
        self.ids.entry(email.to_owned()).or_default().insert(id.clone());
        id
    }

    /// For a file that is to be made; an id of the client's own must be one that was given out to this person, and is used once.
    pub(super) fn usable(&mut self, email: &str, asked: Option<&str>) -> Result<String, ApiError> {
        let Some(id) = asked else { return Ok(self.hand_out(email)) };
        if self.files(email).iter().any(|f| f.id == id) {
            return Err(ApiError::new(409, "fileIdInUse", "A file already exists with the provided ID."));
        }
        if self.ids.get(email).is_some_and(|ids| ids.contains(id)) {
            return Ok(id.to_owned());
        }
        Err(ApiError::new(400, "invalid", "The provided file ID is not usable."))
    }

    pub(super) fn room(&self, email: &str, more: usize) -> Result<(), ApiError> {
        let held: usize = self.files(email).iter().map(|f| f.bytes.len()).sum();
        match self.switches.quota {
            Some(quota) if held + more > quota => {
                Err(ApiError::new(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded."))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn keep(&mut self, email: &str, file: File) {
        self.files_mut(email).push(file);
    }

    /// Drops what nobody went on with in time.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.uploads.retain(|_, upload| now < upload.expires);
    }
}
