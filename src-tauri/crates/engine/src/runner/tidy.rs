//! While nothing is synced the search index is merged on, in steps of a few milliseconds.

use std::time::Duration;

use crate::Engine;

/// How often to look whether there is something to merge.
const LOOK: Duration = Duration::from_secs(60);
/// Between two steps: half of the time at most is spent merging, and writers come first.
const PAUSE: Duration = Duration::from_millis(20);
/// Pages of 4 KiB merged in one transaction.
const PAGES: u32 = 64;

impl Engine {
    pub(super) async fn tidy_loop(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            while self.sched().idle() {
                match self.inner.store.tidy_index(PAGES).await {
                    Ok(true) => tokio::time::sleep(PAUSE).await,
                    Ok(false) => break,
                    Err(e) => {
                        tracing::warn!(code = e.code(), "the search index could not be merged");
                        break;
                    }
                }
            }
        }
    }
}
