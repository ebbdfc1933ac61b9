//! The clock went back: what was queued while it ran ahead must not wait until that time comes again.
//!
//! Told apart by the row alone, so that it also works after a restart: a row that was made in the future was made under a wrong clock.
//! A time that the person chose ("tomorrow at eight") stays what it is.

use domain::time::Timestamp;

use crate::{error::StoreError, open::Store};

/// A mail waits this long at most because of an undo window; a longer wait was chosen by a person. Milliseconds.
const UNDO_MAX: i64 = 60_000;
/// No retry is put off further, and no worker holds a row longer.
const WAIT_MAX: i64 = 3_600_000;

impl Store {
    /// Moves due times of the outbox back to where they belong under a clock that says `now`; returns how many rows changed. Durable.
    pub async fn outbox_clock_went_back(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write_durably().await?;
        let fresh = sqlx::query(
            "UPDATE outbox SET not_before = ?1 + (not_before - created_at), created_at = ?1 \
             WHERE state = 'queued' AND attempts = 0 AND created_at > ?1 AND not_before - created_at <= ?2",
        )
        .bind(now.0)
        .bind(UNDO_MAX)
        .execute(&mut *tx)
        .await?;
        let retries = sqlx::query("UPDATE outbox SET not_before = ?1 WHERE state = 'queued' AND attempts > 0 AND not_before > ?1 + ?2")
            .bind(now.0)
            .bind(WAIT_MAX)
            .execute(&mut *tx)
            .await?;
        // An attempt was due when it began.
        let leases = sqlx::query(
            "UPDATE outbox SET not_before = min(not_before, ?1), lease_until = ?1 + ?2 WHERE state = 'sending' AND lease_until > ?1 + ?2",
        )
        .bind(now.0)
        .bind(WAIT_MAX)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(fresh.rows_affected() + retries.rows_affected() + leases.rows_affected())
    }
}
