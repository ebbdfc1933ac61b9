#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::mail::Flags;

use crate::testing::{gmail, home, imap, mail, put};

/// A store with mail in folders and under labels, in conversations, read, unread and starred.
async fn filled() -> crate::testing::Home {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let (account, scope) = gmail(&home.store, "g").await;
    let mails = |from: u32| -> Vec<_> {
        (from..from + 12)
            .map(|n| {
                let mut m = mail(n, &format!("Subject {n}"), &format!("Grüße an 東京都 and word{n} in a text"));
                m.remote.flags = Some(Flags { seen: n % 3 == 0, flagged: n % 4 == 0, ..Flags::default() });
                if n % 5 == 0 {
                    m.parsed.in_reply_to = vec![format!("m{}@x", n - 1)];
                }
                m
            })
            .collect()
    };
    put(&home.store, &a.inbox, a.account, mails(1)).await;
    put(&home.store, &a.archive, a.account, mails(100)).await;
    put(&home.store, &scope, account, mails(200)).await;
    home
}

#[tokio::test]
async fn a_store_agrees_with_itself() {
    let home = filled().await;
    assert_eq!(home.store.integrity().await.unwrap(), Vec::<String>::new());
    assert_eq!(home.store.index_differences().await.unwrap(), Vec::<String>::new());
    // And once more: the second index has left nothing behind.
    assert_eq!(home.store.index_differences().await.unwrap(), Vec::<String>::new());
}

/// What each slip is, and a word of what must be said about it.
const SLIPS: &[(&str, &str)] = &[
    ("DELETE FROM mail_fts_docsize WHERE id = (SELECT min(id) FROM mail_fts_docsize)", "not in the search index"),
    ("INSERT INTO mail_fts (rowid, subject) VALUES (5, 'nobody')", "belong to no mail"),
    ("DELETE FROM mail_text WHERE mail = (SELECT max(id) FROM mail)", "have lost the text"),
    ("UPDATE message SET flags = flags | 1 WHERE id = (SELECT max(id) FROM message WHERE flags & 1 = 0)", "not what the messages say"),
    ("DELETE FROM placed WHERE message = (SELECT max(message) FROM placed)", "not what the messages say"),
    ("DELETE FROM thread_in WHERE (thread, place) = (SELECT thread, place FROM thread_in LIMIT 1)", "the first of"),
    ("UPDATE place_count SET unread = unread + 1 WHERE place = -15", "the counts of place -15"),
    ("DELETE FROM place_count WHERE place = -15", "place -15 has no counts"),
    ("INSERT INTO thread_in VALUES (999999, -15, 7, 1, 0, 0)", "belong to no conversation"),
];

#[tokio::test]
async fn every_slip_is_seen() {
    for (sql, words) in SLIPS {
        let home = filled().await;
        let mut tx = home.store.write().await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe((*sql).to_owned())).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let found = home.store.integrity().await.unwrap();
        assert!(found.iter().any(|p| p.contains(words)), "{sql}: {found:?}");
    }
}

#[tokio::test]
async fn an_index_with_other_words_than_the_text_is_seen() {
    let slips = [
        ("UPDATE mail SET subject = 'another' WHERE id = (SELECT max(id) FROM mail)", 2),
        ("UPDATE mail_text SET copied = 'somebody' WHERE mail = (SELECT max(id) FROM mail)", 1),
    ];
    for (sql, least) in slips {
        let home = filled().await;
        let mut tx = home.store.write().await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        // The tables are in order, and so is the index: only together they lie.
        assert_eq!(home.store.integrity().await.unwrap(), Vec::<String>::new(), "{sql}");
        let found = home.store.index_differences().await.unwrap();
        assert!(found.iter().filter(|p| p.starts_with("the index ")).count() >= least, "{sql}: {found:?}");
    }
}
