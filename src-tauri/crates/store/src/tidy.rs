//! Keeping the full-text index in few pieces.
//!
//! Every commit writes a segment of its own, and FTS5 itself merges only once there are a hundred and sixty (store::commit::content): what
//! is merged while a mailbox comes is merged once more afterwards. A search asks every segment, so that a word costs as many look-ups
//! where one would do. While nothing else happens the index is therefore merged on, a few pages at a time: wholly once what lies outside the
//! largest segment is more than half of it (so each word is rewritten a fixed number of times while a mailbox grows), else only where
//! four segments of a size have gathered.

use sqlx::{Row as _, SqliteConnection};

use crate::{error::StoreError, open::Store};

/// Key of FTS5's structure record in its data table.
const STRUCTURE: i64 = 10;
/// Below so many pages (of 4 KiB) an index is quick in any number of pieces.
const SMALL: u64 = 512;

/// The segments of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pieces {
    /// Pages of each, in no order.
    pages: Vec<u64>,
    /// All of them but the one that is being written are being merged: a whole merge is under way.
    whole: bool,
}

impl Pieces {
    /// FTS5's structure record (fts5_index.c, "Structure record"): a cookie of four bytes, then varints: levels, segments, writes;
    /// for each level how many of its segments are being merged and how many there are; for each segment id, first and last page.
    /// None where it is written otherwise (a later version marks itself by a second word).
    fn read(record: &[u8]) -> Option<Self> {
        let mut rest = record.get(4..)?;
        if rest.first() == Some(&0xFF) {
            return None;
        }
        let levels = varint(&mut rest)?;
        let total = varint(&mut rest)?;
        varint(&mut rest)?;
        let mut pages = Vec::new();
        let mut most = 0;
        for _ in 0..levels {
            most = most.max(varint(&mut rest)?);
            for _ in 0..varint(&mut rest)? {
                varint(&mut rest)?;
                let (first, last) = (varint(&mut rest)?, varint(&mut rest)?);
                pages.push((last + 1).saturating_sub(first));
            }
        }
        (pages.len() as u64 == total).then_some(Self { pages, whole: most > 0 && most + 1 >= total })
    }

    fn scattered(&self) -> bool {
        let all: u64 = self.pages.iter().sum();
        let largest = self.pages.iter().copied().max().unwrap_or(0);
        self.whole || self.pages.len() > 1 && all > SMALL && (all - largest) > largest / 2
    }
}

/// SQLite's variable-length integer: seven bits a byte, most significant first, all of the ninth.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for n in 0..9 {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        if n == 8 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

impl Store {
    /// Merges the full-text index by about `pages` pages of 4 KiB in one transaction. True: there is more to do.
    pub async fn tidy_index(&self, pages: u32) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let scattered = pieces(&mut tx).await?.is_some_and(|p| p.scattered());
        // A negative number takes all segments together; calls that find this begun go on with it.
        let pages = i64::from(pages.max(1));
        let sum = if scattered { -pages } else { pages };
        let before: i64 = sqlx::query_scalar("SELECT total_changes()").fetch_one(&mut *tx).await?;
        sqlx::query("INSERT INTO mail_fts (mail_fts, rank) VALUES ('merge', ?)").bind(sum).execute(&mut *tx).await?;
        let after: i64 = sqlx::query_scalar("SELECT total_changes()").fetch_one(&mut *tx).await?;
        tx.commit().await?;
        // The statement itself counts as one row.
        Ok(after - before >= 2)
    }
}

async fn pieces(tx: &mut SqliteConnection) -> Result<Option<Pieces>, StoreError> {
    let row = sqlx::query("SELECT block FROM mail_fts_data WHERE id = ?").bind(STRUCTURE).fetch_optional(tx).await?;
    Ok(match row {
        Some(row) => Pieces::read(row.try_get(0)?),
        None => None,
    })
}

/// How many segments the index has; None where that cannot be told.
pub(crate) async fn segments(tx: &mut SqliteConnection) -> Result<Option<u64>, StoreError> {
    Ok(pieces(tx).await?.map(|p| p.pages.len() as u64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{home, imap, mail, put};
    use domain::search::{Query, Term};

    #[test]
    fn a_structure_record_is_read_and_a_strange_one_is_not() {
        // Two levels: one segment of 300 pages (1..=300 as two-byte varint 0x82 0x2C), two of 2 and 1.
        let record = [0, 0, 0, 7, 2, 3, 9, 0, 2, 5, 1, 2, 6, 1, 1, 0, 1, 4, 1, 0x82, 0x2C];
        assert_eq!(Pieces::read(&record), Some(Pieces { pages: vec![2, 1, 300], whole: false }));
        let merging = [0, 0, 0, 7, 2, 3, 9, 0, 1, 5, 1, 2, 2, 2, 1, 1, 1, 2, 1, 1];
        assert!(Pieces::read(&merging).unwrap().whole, "two of three are merged into the third");
        assert_eq!(Pieces::read(&record[..12]), None);
        assert_eq!(Pieces::read(&[0, 0, 0, 7, 0xFF, 0, 0, 1, 2]), None);
        assert_eq!(Pieces::read(&[]), None);
    }

    #[test]
    fn it_is_scattered_when_half_of_the_largest_lies_outside() {
        let scattered = |pages: &[u64], whole| Pieces { pages: pages.to_vec(), whole }.scattered();
        assert!(scattered(&[1000, 501], false));
        assert!(!scattered(&[1000, 500], false));
        assert!(!scattered(&[2000], false));
        assert!(!scattered(&[100, 100, 100], false), "small anyway");
        assert!(scattered(&[1000, 10], true), "what is begun is ended");
    }

    #[tokio::test]
    async fn a_commit_of_any_number_of_mails_is_one_piece() {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        put(&home.store, &a.inbox, a.account, (1..=77).map(|n| mail(n, "subject", &"often ".repeat(200))).collect()).await;
        let mut tx = home.store.write().await.unwrap();
        assert_eq!(pieces(&mut tx).await.unwrap().unwrap().pages.len(), 1);
        let secure: i64 = sqlx::query_scalar("SELECT v FROM mail_fts_config WHERE k = 'secure-delete'").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(secure, 1, "what is unlearnt from now on leaves nothing behind");
    }

    #[tokio::test]
    async fn nothing_is_merged_before_there_are_many_pieces() {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        let mut most = 0;
        for n in 1..=280 {
            put(&home.store, &a.inbox, a.account, vec![mail(n, "subject", "of few words")]).await;
            let mut tx = home.store.write().await.unwrap();
            let count = segments(&mut tx).await.unwrap().unwrap();
            assert!(n > 160 || count == u64::from(n), "{count} pieces of {n} commits");
            most = most.max(count);
            let own: i64 = sqlx::query_scalar("SELECT v FROM mail_fts_config WHERE k = 'automerge'").fetch_one(&mut *tx).await.unwrap();
            assert_eq!(own, 64, "whatever else feeds the index merges as ever");
        }
        assert!(most <= 257, "from then on FTS5 does, and there are never more: {most}");
    }

    /// The setting is in force on the connection as well as in the file: a commit that failed between the two of its statements must leave
    /// neither as it was for pure additions.
    #[tokio::test]
    async fn what_is_forgotten_after_a_commit_that_failed_is_overwritten_too() {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        put(&home.store, &a.inbox, a.account, vec![mail(1, "subject", "zyxwvutsrq stays not"), mail(2, "subject", "kept")]).await;
        let pages_with = async |word: &str| {
            let mut tx = home.store.write().await.unwrap();
            let sql = "SELECT count(*) FROM mail_fts_data WHERE instr(block, CAST(? AS BLOB)) > 0";
            sqlx::query_scalar::<_, i64>(sql).bind(word).fetch_one(&mut *tx).await.unwrap()
        };
        assert_eq!(pages_with("zyxwvutsrq").await, 1);
        let mut tx = home.store.write().await.unwrap();
        sqlx::query("INSERT INTO mail_fts (mail_fts, rank) VALUES ('secure-delete', 0)").execute(&mut *tx).await.unwrap();
        drop(tx);
        let mut tx = home.store.write().await.unwrap();
        let gone: i64 = sqlx::query_scalar("SELECT min(id) FROM mail").fetch_one(&mut *tx).await.unwrap();
        crate::rows::unindex(&mut tx, crate::rows::FTS, gone).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((pages_with("zyxwvutsrq").await, pages_with("kept").await), (0, 1));
    }

    #[tokio::test]
    async fn many_commits_end_as_one_piece_and_everything_is_still_found() {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        for round in 0..24u32 {
            let mails = (0..40).map(|n| {
                let words: Vec<String> = (0..400).map(|w| format!("w{}x{}", (n * 7 + w) % 900, round)).collect();
                let text = words.join(" ");
                mail(round * 40 + n + 1, "subject", &text)
            });
            put(&home.store, &a.inbox, a.account, mails.collect()).await;
        }
        let pieces = async || {
            let mut tx = home.store.write().await.unwrap();
            pieces(&mut tx).await.unwrap().unwrap()
        };
        let before = pieces().await;
        assert!(before.scattered(), "{before:?}");
        let mut steps = 0;
        while home.store.tidy_index(64).await.unwrap() {
            steps += 1;
            assert!(steps < 1_000, "it does not end: {:?}", pieces().await);
        }
        assert!(steps > 3, "in steps, not at once: {steps}");
        assert_eq!(pieces().await.pages.len(), 1);
        let word = |w: &str| Query::Term(Term::Word { text: w.into(), prefix: false });
        assert_eq!(home.store.search(&word("subject"), None, 2_000).await.unwrap().items.len(), 960);
        assert_eq!(home.store.search(&word("w0x3"), None, 2_000).await.unwrap().items.len() as u32, {
            (0..40u32).filter(|n| (0..400).any(|w| (n * 7 + w) % 900 == 0)).count() as u32
        });
        assert_eq!(home.store.integrity().await.unwrap(), Vec::<String>::new());
        assert!(!home.store.tidy_index(64).await.unwrap(), "done is done");
    }
}
