//! The disk is full: when that begins, and when it is over. One state of the machine for all connections.

use domain::{error::ProviderError, time::Timestamp};

use super::DISK_RETRY_MS;
use crate::{Engine, home::free_space};

/// Below this many bytes nothing can be synced: a page of mail and its log take more.
const FULL: u64 = 4 * 1024 * 1024;
/// Somebody made room: go on at once instead of at the next look.
const FREED: u64 = 8 * 1024 * 1024;

impl Engine {
    /// Whether sync waits for room: it met a full disk, or there is too little left to begin.
    pub fn storage_full(&self) -> bool {
        self.sched().disk_full_since.is_some() || self.room().is_some_and(|free| free < FULL)
    }

    /// Bytes left where the home lies; None where the system does not say.
    pub(crate) fn room(&self) -> Option<u64> {
        free_space(self.home())
    }

    /// A round ended for want of room.
    pub(super) fn disk_is_full(&self, now: Timestamp) {
        let left = self.room();
        let first = {
            let mut sched = self.sched();
            sched.disk_left = left;
            sched.disk_full_since.replace(now).is_none()
        };
        if first {
            let error = ProviderError::DiskFull;
            self.emit().attention(None, error.code(), "The disk is full: sync is paused and goes on by itself when there is room.");
        }
    }

    /// Whether the pause is over. A quota can refuse where the file system shows room, so after a while it is simply tried; while the
    /// file system itself shows none, nothing is downloaded only to be thrown away.
    pub(super) fn look_for_room(&self, now: Timestamp) {
        let Some(since) = self.sched().disk_full_since else { return };
        let (left, before) = (self.room(), self.sched().disk_left);
        let over = match (left, before) {
            (Some(left), _) if left < FULL => false,
            (Some(left), Some(before)) if left >= before.saturating_add(FREED) => true,
            _ => now.since(since) >= DISK_RETRY_MS,
        };
        if over {
            tracing::info!("there is room again");
            self.sched().room_again();
            self.emit().attention(None, "disk_room", "There is room on the disk again: sync goes on.");
        }
    }
}
