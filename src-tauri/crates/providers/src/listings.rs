//! What the pages of running listings have named so far. Losing it costs a new listing, never correctness.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// By what is listed: a folder, an account.
#[derive(Default)]
pub(crate) struct Listings(Mutex<HashMap<String, Listing>>);

#[derive(Default)]
struct Listing {
    /// Which listing this is; the cursor carries the same.
    mark: i64,
    ids: HashSet<String>,
}

impl Listings {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Listing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn start(&self, of: &str, mark: i64) {
        self.all().insert(of.to_owned(), Listing { mark, ids: HashSet::new() });
    }

    /// Notes what a page named. False: the listing is not known here (it was begun by an earlier run of the program).
    pub fn add<'a>(&self, of: &str, mark: i64, ids: impl Iterator<Item = &'a str>) -> bool {
        let mut all = self.all();
        let Some(listing) = all.get_mut(of).filter(|l| l.mark == mark) else { return false };
        listing.ids.extend(ids.map(str::to_owned));
        true
    }

    /// It went away while the listing runs.
    pub fn remove(&self, of: &str, id: &str) {
        if let Some(listing) = self.all().get_mut(of) {
            listing.ids.remove(id);
        }
    }

    /// Everything that was named, in order.
    pub fn named(&self, of: &str) -> Vec<String> {
        let all = self.all();
        let mut ids: Vec<String> = all.get(of).map(|l| l.ids.iter().cloned().collect()).unwrap_or_default();
        ids.sort();
        ids
    }

    /// The listing has been committed.
    pub fn end(&self, of: &str) {
        self.all().remove(of);
    }
}
