//! A finished sealed file on its way to a row.
//!
//! Between the file and the commit lies everything that can go wrong: a full disk, a scope that is gone, a caller that is
//! dropped. So the file is owned by a value: dropped before a transaction took it, it removes the file at once. From the moment
//! a commit begins nobody can say from outside whether the row exists (the database thread finishes what a dropped caller had
//! begun), so then a drop only notes the name, and the next transaction looks whether there is a row.

use std::{
    ops::Deref,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

use vault::SealedFile;

use super::RawBody;

const LOOSE: u8 = 0;
const COMMITTING: u8 = 1;
const TAKEN: u8 = 2;

/// A finished sealed file. When its last clone is dropped without a committed row, so is the file.
#[derive(Clone, Debug)]
pub struct StoredFile {
    sealed: SealedFile,
    fate: Arc<Fate>,
}

#[derive(Debug)]
struct Fate {
    name: String,
    path: PathBuf,
    state: AtomicU8,
    claimed: AtomicBool,
    doubtful: Arc<Doubtful>,
}

impl StoredFile {
    pub(super) fn new(sealed: SealedFile, path: PathBuf, doubtful: Arc<Doubtful>) -> Self {
        let fate = Fate { name: sealed.name.clone(), path, state: AtomicU8::new(LOOSE), claimed: AtomicBool::new(false), doubtful };
        Self { sealed, fate: Arc::new(fate) }
    }

    /// Its name goes into a row. Where no transaction claimed the file, nobody will tell it of a commit: whether there is a row is
    /// then asked once it is dropped.
    pub(super) fn named(&self) -> &str {
        if !self.fate.claimed.load(Ordering::Acquire) {
            self.fate.state.store(COMMITTING, Ordering::Release);
        }
        &self.sealed.name
    }
}

impl Deref for StoredFile {
    type Target = SealedFile;
    fn deref(&self) -> &SealedFile {
        &self.sealed
    }
}

impl PartialEq for StoredFile {
    fn eq(&self, other: &Self) -> bool {
        self.sealed == other.sealed
    }
}
impl Eq for StoredFile {}

impl Drop for Fate {
    fn drop(&mut self) {
        match *self.state.get_mut() {
            LOOSE => {
                // Else the sweep of the next start finds it.
                let _ = std::fs::remove_file(&self.path);
            }
            COMMITTING => self.doubtful.note(std::mem::take(&mut self.name)),
            _ => {}
        }
    }
}

/// Files whose commit may or may not have happened.
#[derive(Debug, Default)]
pub(crate) struct Doubtful(Mutex<Vec<String>>);

impl Doubtful {
    fn note(&self, name: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    }
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub(crate) fn settled(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|n| n != name);
    }
}

/// The files that one transaction takes.
#[derive(Default)]
pub(crate) struct Claims(Vec<Arc<Fate>>);

impl Claims {
    pub(crate) fn add(&mut self, raw: &RawBody) {
        if let RawBody::File(file) = raw {
            file.fate.claimed.store(true, Ordering::Release);
            self.0.push(Arc::clone(&file.fate));
        }
    }
    /// The commit is about to begin.
    pub(crate) fn committing(&self) {
        self.set(COMMITTING);
    }
    /// The rows are there: the files are theirs.
    pub(crate) fn committed(self) {
        self.set(TAKEN);
    }
    fn set(&self, state: u8) {
        for fate in &self.0 {
            fate.state.store(state, Ordering::Release);
        }
    }
}
