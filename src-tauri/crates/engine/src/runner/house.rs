//! Housekeeping of the store while nothing is synced: the search index is merged on, in steps of a few milliseconds, and free pages
//! (which merging leaves, too) go back to the file system. What a disconnect frees is given back at once, by the disconnect.

use std::time::Duration;

use crate::Engine;

/// How often to look whether there is something to do.
const LOOK: Duration = Duration::from_secs(60);
/// Between two steps: half of the time at most is spent merging, and writers come first.
const PAUSE: Duration = Duration::from_millis(20);
/// Pages of 4 KiB merged in one transaction.
const PAGES: u32 = 64;

impl Engine {
    pub(super) async fn house_loop(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.merge_index().await;
            if self.sched().idle() {
                self.inner.store.give_back_if_it_can().await;
            }
        }
    }

    async fn merge_index(&self) {
        while self.sched().idle() {
            match self.inner.store.tidy_index(PAGES).await {
                Ok(true) => tokio::time::sleep(PAUSE).await,
                Ok(false) => return,
                Err(e) => {
                    tracing::warn!(code = e.code(), "the search index could not be merged");
                    return;
                }
            }
        }
    }
}
