//! Damage that shows only while the store is in use, and what was set aside because of it.
//!
//! Opening reads a few pages; a flipped byte in the middle of the file is met later, by whichever command comes across it. Then a
//! marker is left in the home: the next open, of the window or of a command, reads every page and says what it finds, so that
//! setting aside is offered where the person is.

use std::path::Path;

use domain::{
    audit::{Actor, NewAudit, Outcome},
    time::Timestamp,
};
use store::{Store, StoreError};

use crate::{
    Engine, EngineError,
    home::{self, DAMAGED, Home, MADE},
};

/// More folders of this kind than any home will have.
const NOTED_MAX: u32 = 10_000;

impl Engine {
    /// Leaves the marker. Best effort: the error itself is told anyway.
    pub(crate) fn note_damage(&self) {
        if let Err(e) = std::fs::write(self.home().join(DAMAGED), b"") {
            tracing::warn!("the damage could not be noted: {e}");
        }
    }
}

/// An emptied file would be taken for a store to be made, and everything that was in it forgotten without a word.
pub(crate) fn check_emptied(home: &Home) -> Result<(), EngineError> {
    let empty = |path: std::path::PathBuf| std::fs::metadata(path).is_ok_and(|m| m.len() == 0);
    // Its pages may all still be in the write-ahead log.
    let logged = std::fs::metadata(home.path().join("store.db-wal")).is_ok_and(|m| m.len() > 0);
    if home.path().join(MADE).exists() && empty(home.database()) && !logged {
        return Err(StoreError::Corrupt(format!("{} is empty", home.database().display())).into());
    }
    Ok(())
}

/// The store is set up.
pub(crate) fn note_made(home: &Home) -> Result<(), EngineError> {
    let marker = home.path().join(MADE);
    if !marker.exists() {
        std::fs::write(&marker, b"").map_err(|source| StoreError::Io { path: marker, source })?;
    }
    Ok(())
}

/// After a marker: every page is read. Sound, the marker goes; else `store_corrupt`.
pub(crate) async fn check_marked(home: &Home, store: &Store) -> Result<(), EngineError> {
    let marker = home.path().join(DAMAGED);
    if !marker.exists() {
        return Ok(());
    }
    if let Some(problem) = store.integrity().await?.into_iter().next() {
        store.close().await;
        return Err(StoreError::Corrupt(problem).into());
    }
    let _ = std::fs::remove_file(marker);
    Ok(())
}

/// The new store's log begins with what happened to the one before.
pub(crate) async fn audit_set_aside(path: &Path, store: &Store, now: Timestamp) -> Result<(), EngineError> {
    let folders = home::set_aside(path);
    if folders.is_empty() {
        return Ok(());
    }
    let noted = store.audit(None, NOTED_MAX, Some("store.set_aside")).await?.items;
    for folder in folders {
        let target = format!("home:{folder}");
        if noted.iter().any(|e| e.target == target) {
            continue;
        }
        let entry = NewAudit { actor: Actor::Person, action: "store.set_aside", target, outcome: Outcome::Ok, detail: String::new() };
        store.append_audit(&entry, now).await?;
    }
    Ok(())
}
