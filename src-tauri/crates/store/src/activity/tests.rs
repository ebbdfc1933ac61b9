#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::audit::{Actor, NewAudit, Outcome};
use sqlx::Row as _;

use super::activity_sql;
use crate::{
    ActivityFilter, AuditVerdict,
    testing::{at, home},
};

#[tokio::test]
async fn filters_find_what_they_name_and_pages_lose_nothing() {
    let home = home().await;
    let s = &home.store;
    for n in 0..60_i64 {
        let entry = NewAudit {
            actor: if n % 3 == 0 { Actor::Engine } else { Actor::Person },
            action: if n % 2 == 0 { "mail.moved" } else { "draft.discarded" },
            target: format!("account:{}", n % 4),
            outcome: if n % 10 == 0 { Outcome::Failed } else { Outcome::Ok },
            detail: String::new(),
        };
        s.append_audit(&entry, at(n)).await.unwrap();
    }
    let count = async |filter: ActivityFilter| {
        let (mut n, mut after) = (0, None);
        loop {
            let page = s.activity(&filter, after.as_ref(), 7).await.unwrap();
            n += page.items.len();
            after = page.next;
            if after.is_none() {
                return n;
            }
        }
    };
    let some = |t: &str| Some(t.to_owned());
    assert_eq!(count(ActivityFilter::default()).await, 60);
    assert_eq!(count(ActivityFilter { area: some("mail"), ..ActivityFilter::default() }).await, 30);
    assert_eq!(count(ActivityFilter { actor: some("engine"), ..ActivityFilter::default() }).await, 20);
    assert_eq!(count(ActivityFilter { outcome: some("failed"), ..ActivityFilter::default() }).await, 6);
    assert_eq!(count(ActivityFilter { outcome: some("failed"), area: some("draft"), ..ActivityFilter::default() }).await, 0);
    assert_eq!(count(ActivityFilter { target: some("account:1"), ..ActivityFilter::default() }).await, 15);
    assert_eq!(count(ActivityFilter { since: Some(at(10)), until: Some(at(20)), ..ActivityFilter::default() }).await, 10);
    assert_eq!(s.activity_areas().await.unwrap(), ["draft", "mail"]);
    assert_eq!(s.verify_audit().await.unwrap(), AuditVerdict::Intact { entries: 60 });
}

#[tokio::test]
async fn no_filter_sorts() {
    let home = home().await;
    let one = Some("x".to_owned());
    for filter in [
        ActivityFilter::default(),
        ActivityFilter { area: one.clone(), ..ActivityFilter::default() },
        ActivityFilter { actor: one.clone(), ..ActivityFilter::default() },
        ActivityFilter { outcome: one, ..ActivityFilter::default() },
    ] {
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", activity_sql(&filter)));
        let plan: Vec<String> = sqlx::query(sql).fetch_all(&home.store.inner.readers).await.unwrap().iter().map(|r| r.get(3)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("SEARCH audit") && !plan.contains("TEMP B-TREE"), "{filter:?}\n{plan}");
    }
}
