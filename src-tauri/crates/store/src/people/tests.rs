#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::mail::ParsedAttachment;
use sqlx::Row as _;

use super::{CONTACTS_SQL, files_sql};
use crate::{
    FileFilter,
    testing::{address, at, home, imap, mail, put},
};

#[tokio::test]
async fn contacts_and_files_page_through_everything_once() {
    let home = home().await;
    let s = &home.store;
    let a = imap(s, "a").await;
    let b = imap(s, "b").await;
    let with = |n: u32, name: &str, mime: &str| {
        let mut m = mail(n, &format!("s{n}"), "text");
        m.parsed.from = vec![address(&format!("p{}@x.example", n % 7))];
        m.parsed.attachments = vec![
            ParsedAttachment { part: 1, name: name.into(), mime: mime.into(), size: 10, inline: false, content_id: None },
            ParsedAttachment { part: 2, name: "logo.png".into(), mime: "image/png".into(), size: 1, inline: true, content_id: None },
        ];
        m
    };
    put(
        s,
        &a.inbox,
        a.account,
        (1..=30).map(|n| with(n, if n % 2 == 0 { "Report.PDF" } else { "tab.xlsx" }, "application/octet-stream")).collect(),
    )
    .await;
    put(s, &b.inbox, b.account, (31..=40).map(|n| with(n, "photo.jpg", "image/jpeg")).collect()).await;
    put(s, &b.trash, b.account, vec![with(41, "gone.pdf", "application/pdf")]).await;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = s.contacts("", after.as_ref(), 3).await.unwrap();
        seen.extend(page.items.into_iter().map(|c| c.email).filter(|e| e.starts_with('p')));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let distinct: std::collections::HashSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (7, 7), "{seen:?}");
    assert_eq!(s.contacts("p3@", None, 10).await.unwrap().items.len(), 1);
    assert_eq!(s.contacts("100%", None, 10).await.unwrap().items.len(), 0);
    assert!(s.contact("P3@x.example").await.unwrap().seen >= 5);
    assert_eq!(s.person_threads("p3@x.example", 10).await.unwrap().len(), 6, "one lies in the bin or belongs to others");

    let all = async |filter: FileFilter| {
        let (mut out, mut after) = (Vec::new(), None);
        loop {
            let page = s.mail_files(&filter, after.as_ref(), 4).await.unwrap();
            out.extend(page.items);
            after = page.next;
            if after.is_none() {
                return out;
            }
        }
    };
    let everything = all(FileFilter::default()).await;
    assert_eq!(everything.len(), 40, "inline pictures and the bin are left out");
    assert!(everything.is_sorted_by(|a, b| a.date >= b.date));
    assert_eq!(all(FileFilter { kind: Some("pdf".into()), ..FileFilter::default() }).await.len(), 15);
    assert_eq!(all(FileFilter { kind: Some("sheet".into()), ..FileFilter::default() }).await.len(), 15);
    assert_eq!(all(FileFilter { account: Some(b.account), ..FileFilter::default() }).await.len(), 10);
    assert_eq!(all(FileFilter { from: Some("P1@x.example".into()), ..FileFilter::default() }).await.len(), 6);
    assert_eq!(all(FileFilter { since: Some(at(31 * 60)), ..FileFilter::default() }).await.len(), 10);
    assert_eq!(all(FileFilter { until: Some(at(31 * 60)), ..FileFilter::default() }).await.len(), 30);
}

#[tokio::test]
async fn pages_go_along_an_index() {
    let home = home().await;
    let mut statements = vec![CONTACTS_SQL.to_owned()];
    for filter in [
        FileFilter::default(),
        FileFilter { kind: Some("pdf".into()), ..FileFilter::default() },
        FileFilter { from: Some("a@b".into()), ..FileFilter::default() },
    ] {
        statements.push(files_sql(&filter));
    }
    for sql in statements {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let plan: Vec<String> = sqlx::query(explain).fetch_all(&home.store.inner.readers).await.unwrap().iter().map(|r| r.get(3)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("SEARCH"), "{sql}\n{plan}");
        assert!(!plan.contains("USE TEMP B-TREE FOR ORDER BY"), "{sql}\n{plan}");
        assert!(!plan.lines().any(|l| l.starts_with("SCAN") && !l.contains("USING")), "{sql}\n{plan}");
    }
}
