//! Giving free pages back to the file system.
//!
//! SQLite keeps what is deleted as free pages of its own file. A disconnect and the merges of the full-text index after a first
//! sync leave many; nobody else gets that room until the file is cut. Cutting means moving the last pages into the gaps, so it is
//! done in small transactions of its own between which every waiting writer has its turn, and only where it is worth it.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{
    error::StoreError,
    open::{PAGE, Store},
};

/// So much may always lie free: the next mail fills it.
const FREE_MAX: u64 = 16 * 1024 * 1024;
/// In a smaller file: one part in so many.
const SHARE: u64 = 20;
/// Less is never worth a write; and where giving back ends.
const FREE_MIN: u64 = 512 * 1024;
/// Pages per transaction: a few milliseconds.
const STEP: u32 = 256;

/// Whether so much free room (in bytes) is worth moving pages for.
fn worth_it(free: u64, file: u64) -> bool {
    free > FREE_MAX || free > FREE_MIN && free > file / SHARE
}

/// One at a time; over when dropped, whatever became of the caller.
struct Busy<'a>(&'a AtomicBool);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Store {
    /// Gives free pages back, in bounded steps, where more than 16 MiB or a twentieth of the file is free. Returns the bytes by
    /// which the file shrinks; 0 too where somebody else is at it already.
    pub async fn give_back(&self) -> Result<u64, StoreError> {
        if self.inner.giving_back.swap(true, Ordering::AcqRel) {
            return Ok(0);
        }
        let _busy = Busy(&self.inner.giving_back);
        let (mut free, file) = self.free_and_all().await?;
        if !worth_it(free, file) {
            return Ok(0);
        }
        // Meanwhile others may free more; that is the next call's.
        let steps = free / (PAGE * u64::from(STEP)) + 1;
        for _ in 0..steps {
            self.vacuum(STEP).await?;
            free = self.free_and_all().await?.0;
            if free <= FREE_MIN {
                break;
            }
        }
        // The file itself is cut by a checkpoint. Whoever reads is not waited for: then a later checkpoint cuts it.
        let (mut conn, turn) = self.exclusive().await?;
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_all(&mut *conn).await?;
        drop((conn, turn));
        let now = self.free_and_all().await?.1;
        tracing::debug!(before = file, now, "free pages were given back");
        Ok(file.saturating_sub(now))
    }

    /// After something else, which is done whether this works or not (moving pages needs some room itself).
    pub async fn give_back_if_it_can(&self) {
        if let Err(e) = self.give_back().await {
            tracing::warn!(code = e.code(), "free pages could not be given back");
        }
    }

    /// Gives free pages back, at most `pages` of 4 KiB, in one transaction.
    async fn vacuum(&self, pages: u32) -> Result<(), StoreError> {
        let (mut conn, _turn) = self.exclusive().await?;
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA incremental_vacuum({pages})"));
        sqlx::query(sql).fetch_all(&mut *conn).await?;
        Ok(())
    }

    /// Bytes free inside the database, and bytes of all of it.
    async fn free_and_all(&self) -> Result<(u64, u64), StoreError> {
        let mut tx = self.read().await?;
        let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut *tx).await?;
        let all: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *tx).await?;
        Ok((free as u64 * PAGE, all as u64 * PAGE))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{at, home, imap, mail, note, put};

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn it_is_worth_it_above_sixteen_megabytes_or_a_twentieth() {
        assert!(worth_it(17 * MIB, 10_000 * MIB));
        assert!(!worth_it(16 * MIB, 10_000 * MIB));
        assert!(worth_it(2 * MIB, 30 * MIB));
        assert!(!worth_it(MIB, 30 * MIB));
        assert!(!worth_it(MIB / 4, MIB), "too little to write for");
    }

    #[tokio::test]
    async fn a_disconnected_account_gives_its_room_back_to_the_disk() {
        let home = home().await;
        let (a, b) = (imap(&home.store, "a").await, imap(&home.store, "b").await);
        // Text that does not shrink when it is packed: some 12 MB.
        let mut random = crate::testing::Seeded(7);
        for round in 0..6_u32 {
            let mails = (1..=100).map(|n| {
                let words: Vec<String> = (0..1_200).map(|_| format!("{:016x}", random.next())).collect();
                let text = words.join(" ");
                mail(round * 100 + n, "going", &text)
            });
            put(&home.store, &a.inbox, a.account, mails.collect()).await;
        }
        put(&home.store, &b.inbox, b.account, (1..=50).map(|n| mail(n, "staying", "staying")).collect()).await;
        home.store.checkpoint().await.unwrap();
        let length = || std::fs::metadata(home.db()).unwrap().len();
        let full = length();
        assert!(full > 10 * MIB, "{full}");
        home.store.delete_connection(&a.connection, None, &note("connection.disconnected"), at(1)).await.unwrap();
        let left = length();
        assert!(left < 2 * MIB, "{full} before, {left} after");
        let (free, all) = home.store.free_and_all().await.unwrap();
        assert!(free <= FREE_MIN && all == left, "{free} of {all} free, the file has {left}");
        assert_eq!(home.store.integrity().await.unwrap(), Vec::<String>::new());
        assert_eq!(home.store.messages(&crate::MessageFilter::default(), None, 100).await.unwrap().items.len(), 50);
        assert_eq!(home.store.give_back().await.unwrap(), 0, "nothing left to give");
    }

    /// Between two steps others write: nobody waits for the whole of it.
    #[tokio::test]
    async fn a_writer_waits_for_one_step_only() {
        let home = home().await;
        let mut tx = home.store.write().await.unwrap();
        for sql in [
            "CREATE TABLE big (b BLOB)",
            "INSERT INTO big WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 4000) SELECT randomblob(6000) FROM c",
            "DROP TABLE big",
        ] {
            sqlx::query(sql).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let free = home.store.free_and_all().await.unwrap().0;
        assert!(free > 20 * MIB, "{free}");
        let store = home.store.clone();
        let giving = tokio::spawn(async move { store.give_back().await.unwrap() });
        let mut lefts = Vec::new();
        while !giving.is_finished() {
            home.store.append_audit(&note("test.meanwhile"), at(1)).await.unwrap();
            lefts.push(home.store.free_and_all().await.unwrap().0);
        }
        assert!(lefts.iter().filter(|l| (2 * MIB..free).contains(l)).count() > 5, "writes in between: {lefts:?}");
        assert!(giving.await.unwrap() > 18 * MIB);
        // Two at once: the second leaves it to the first.
        assert!(!home.store.inner.giving_back.load(Ordering::Acquire));
        home.store.inner.giving_back.store(true, Ordering::Release);
        assert_eq!(home.store.give_back().await.unwrap(), 0);
    }
}
