#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::mail::{Flags, MailboxRole};
use sqlx::Row as _;

use super::ThreadFilter;
use crate::{
    MessageFilter, Place, Store, audit, commit, messages,
    testing::{home, imap, mail, put},
};

const INBOX: Place = Place::Role(MailboxRole::Inbox);

fn filters() -> Vec<ThreadFilter> {
    let mut all = Vec::new();
    for unread_only in [false, true] {
        for starred in [false, true] {
            all.push(ThreadFilter { account: None, place: INBOX, unread_only, starred });
        }
    }
    all
}

async fn explain(store: &Store, sql: &str) -> String {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&store.inner.readers).await.unwrap();
    rows.iter().map(|r| r.get::<String, _>(3)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn lists_are_index_only_or_keyset() {
    let home = home().await;
    for filter in filters() {
        for sql in [filter.page_sql(), filter.window_sql()] {
            let plan = explain(&home.store, &sql).await;
            assert!(plan.contains("SEARCH thread_in USING COVERING INDEX") && !plan.contains("TEMP B-TREE"), "{filter:?}\n{plan}");
        }
    }
    for sql in [
        messages::BY_MAILBOX,
        messages::BY_ACCOUNT,
        messages::BY_DATE,
        messages::STARRED,
        messages::ARCHIVED,
        audit::PAGE_SQL,
        commit::plan::CANDIDATE_SQL,
    ] {
        let plan = explain(&home.store, sql).await;
        assert!(!plan.contains("TEMP B-TREE") && plan.contains("SEARCH"), "{sql}\n{plan}");
        assert!(!plan.lines().any(|l| l.starts_with("SCAN") && !l.contains("VIRTUAL TABLE")), "{sql}\n{plan}");
    }
    for (sql, index) in [(messages::STARRED, "message_starred"), (messages::ARCHIVED, "message_account")] {
        assert!(explain(&home.store, sql).await.contains(index), "{sql}");
    }
    let plan = explain(&home.store, crate::outbox::CLAIM_SQL).await;
    assert!(plan.contains("outbox_due") && plan.contains("outbox_thread") && !plan.contains("TEMP B-TREE"), "{plan}");
}

#[tokio::test]
async fn pages_and_windows_agree() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let b = imap(&home.store, "b").await;
    let flagged = |n: u32| {
        let mut m = mail(n, &format!("subject {n}"), "text");
        m.remote.flags = Some(Flags { seen: n.is_multiple_of(2), flagged: n.is_multiple_of(3), ..Flags::default() });
        m
    };
    put(&home.store, &a.inbox, a.account, (1..=40).map(flagged).collect()).await;
    put(&home.store, &b.inbox, b.account, (41..=60).map(flagged).collect()).await;
    put(&home.store, &b.work, b.account, (61..=70).map(flagged).collect()).await;
    for filter in filters() {
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let page = home.store.threads(&filter, after.as_ref(), 7).await.unwrap();
            paged.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let wanted: Vec<String> = (1..=60_u32)
            .rev()
            .filter(|n| (!filter.unread_only || n % 2 == 1) && (!filter.starred || n % 3 == 0))
            .map(|n| format!("subject {n}"))
            .collect();
        assert_eq!(paged.iter().map(|t| t.subject.clone()).collect::<Vec<_>>(), wanted, "{filter:?}");
        let window = home.store.thread_window(&filter, 3, 4).await.unwrap();
        assert_eq!(window.total as usize, wanted.len());
        assert_eq!(window.items[..], paged[3..7]);
        assert_eq!(home.store.thread_count(&filter).await.unwrap() as usize, wanted.len());
        assert_eq!(home.store.thread_summary(paged[0].id, &filter).await.unwrap().as_ref(), Some(&paged[0]));
    }
    let one = ThreadFilter { account: Some(b.account), place: Place::All, unread_only: false, starred: false };
    assert_eq!(home.store.thread_count(&one).await.unwrap(), 30);
    let page = home
        .store
        .messages(&MessageFilter { connection: Some(b.connection.clone()), ..MessageFilter::default() }, None, 100)
        .await
        .unwrap();
    assert_eq!(page.items.len(), 30);
    let inbox = MessageFilter { place: Some(INBOX), unread_only: true, ..MessageFilter::default() };
    assert_eq!(home.store.count_messages(&inbox).await.unwrap(), 30);
    let first = home.store.messages(&inbox, None, 12).await.unwrap();
    let second = home.store.messages(&inbox, first.next.as_ref(), 100).await.unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next), (12, 18, None));
    assert!(first.items[11].id > second.items[0].id);
}
