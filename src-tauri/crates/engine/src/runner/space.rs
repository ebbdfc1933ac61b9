//! While nothing is synced, free pages of the database go back to the file system.

use std::time::Duration;

use crate::Engine;

/// How often to look whether it is worth it. What a disconnect frees is given back at once, by the disconnect.
const LOOK: Duration = Duration::from_secs(120);

impl Engine {
    pub(crate) async fn space_loop(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            if self.sched().idle() {
                self.give_back().await;
            }
        }
    }

    /// Best effort: the next look tries again.
    pub(crate) async fn give_back(&self) {
        if let Err(e) = self.inner.store.give_back().await {
            tracing::warn!(code = e.code(), "free pages could not be given back");
        }
    }
}
