#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    ids::MessageId,
    search::{Query, Term},
};

use super::CHUNK;
use crate::{
    MessageFilter, Place, Store, ThreadFilter,
    commit::forget_messages,
    testing::{Seeded, at, home, imap, mail, note, options, put},
};

async fn hits(store: &Store, word: &str) -> usize {
    let query = Query::Term(Term::Word { text: word.into(), prefix: false });
    store.search(&query, None, 10_000).await.unwrap().items.len()
}

/// Killed before, between and after all of its transactions (a transaction that is cut off did not happen: SQLite's part), with
/// the other account at work in between: nothing of the leaving one is ever seen, and nothing of the other one is missing.
#[tokio::test]
async fn a_kill_at_any_step_shows_nothing_half_erased() {
    // More than half of the mail leaves (a new index is built); less than half does (words are unlearned).
    for (going, staying) in [(2 * CHUNK as u32 + 30, CHUNK as u32 + 40), (40, 700)] {
        let mut home = home().await;
        let (a, b) = (imap(&home.store, "a").await, imap(&home.store, "b").await);
        put(&home.store, &a.inbox, a.account, (1..=going).map(|n| mail(n, "common", "going")).collect()).await;
        put(&home.store, &b.inbox, b.account, (1..=staying).map(|n| mail(n, "common", "staying")).collect()).await;
        home.store.hide_connection(&a.connection, None, &note("connection.disconnected"), at(1)).await.unwrap();
        let mut random = Seeded(u64::from(going));
        let mut here = staying as usize;
        let mut steps = 0;
        let mut ended = false;
        while !ended {
            let store = &home.store;
            let left = store.connections().await.unwrap();
            assert_eq!(left.iter().map(|c| &c.id).collect::<Vec<_>>(), [&b.connection]);
            assert_eq!(store.accounts().await.unwrap().len(), 1);
            assert_eq!((hits(store, "going").await, hits(store, "staying").await, hits(store, "common").await), (0, here, here), "{steps}");
            let everything = ThreadFilter { account: None, place: Place::All, unread_only: false, starred: false };
            assert_eq!(store.thread_window(&everything, 0, 10_000).await.unwrap().items.len(), here, "step {steps}");
            assert_eq!(store.count_messages(&MessageFilter::default()).await.unwrap(), here as u64);
            assert!(store.contacts("", None, 10).await.unwrap().items.len() <= 1);
            assert!(store.leaving().await.unwrap().is_some());
            // Killed, and opened again; and the other account goes on.
            if random.below(3) == 0 {
                home.store.close().await;
                home.store = Store::open(options(home.dir.path(), &home.vault)).await.unwrap();
                assert_eq!(home.store.integrity().await.unwrap(), Vec::<String>::new(), "step {steps}");
            }
            match steps % 3 {
                // Older than all others, between them, and newer.
                0 => {
                    let n = [0, 100, staying + 50][random.below(3) as usize] + 10_000 + steps;
                    put(&home.store, &b.inbox, b.account, vec![mail(n, "common", "staying")]).await;
                    here += 1;
                }
                1 => {
                    let page = home.store.messages(&MessageFilter::default(), None, 10_000).await.unwrap().items;
                    let MessageId(one) = page[random.below(page.len() as u64) as usize].id;
                    let mut tx = home.store.write().await.unwrap();
                    let threads: Vec<i64> = forget_messages(&mut tx, &[one], at(2)).await.unwrap().into_iter().collect();
                    let roles = crate::place::Roles::load(&mut tx, b.account).await.unwrap();
                    crate::commit::refresh(&mut tx, b.account, &roles, &threads).await.unwrap();
                    tx.commit().await.unwrap();
                    here -= 1;
                }
                _ => {}
            }
            steps += 1;
            ended = !home.store.erase_step().await.unwrap() || home.store.leaving().await.unwrap().is_none();
        }
        assert!(steps > 3, "{steps}");
        assert_eq!(home.store.erase_left().await.unwrap(), 0);
        assert_eq!((hits(&home.store, "going").await, hits(&home.store, "staying").await), (0, here));
        let mut tx = home.store.read().await.unwrap();
        let indexed: i64 = sqlx::query_scalar("SELECT count(*) FROM mail_fts_docsize").fetch_one(&mut *tx).await.unwrap();
        let words: i64 =
            sqlx::query_scalar("SELECT count(*) FROM mail_fts WHERE mail_fts MATCH 'going'").fetch_one(&mut *tx).await.unwrap();
        let (mails, links): (i64, i64) =
            sqlx::query_as("SELECT (SELECT count(*) FROM mail), (SELECT count(*) FROM thread WHERE account <> ?)")
                .bind(b.account.0)
                .fetch_one(&mut *tx)
                .await
                .unwrap();
        assert_eq!((indexed, words, mails, links), (here as i64, 0, here as i64, 0));
        let secure: i64 = sqlx::query_scalar("SELECT v FROM mail_fts_config WHERE k = 'secure-delete'").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(secure, 1, "the new index is set like the old one");
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE name LIKE 'mail_fts_old%' OR name LIKE 'mail_fts_next%'")
                .fetch_all(&mut *tx)
                .await
                .unwrap();
        assert_eq!(tables, Vec::<String>::new());
        drop(tx);
        assert_eq!(home.store.integrity().await.unwrap(), Vec::<String>::new());
        // The same account may come back while nothing of it is left, or at any time before.
        imap(&home.store, "a").await;
    }
}
