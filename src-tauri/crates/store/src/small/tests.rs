#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::mail::Address;
use serde_json::json;

use crate::{
    ImageRule, MessageFilter, StoreError,
    testing::{address, home, imap, mail, put},
};

#[tokio::test]
async fn settings_and_image_rules_persist() {
    let home = home().await;
    home.store.set_setting("theme", &json!({"dark": true})).await.unwrap();
    home.store.set_setting("theme", &json!({"dark": false})).await.unwrap();
    home.store.set_image_rule(&ImageRule::Sender("News@Shop.example".into()), true).await.unwrap();
    home.store.set_image_rule(&ImageRule::Domain("friends.example".into()), true).await.unwrap();
    let home = home.reopen().await;
    assert_eq!(home.store.setting("theme").await.unwrap(), Some(json!({"dark": false})));
    assert_eq!(home.store.setting("other").await.unwrap(), None);
    for (sender, allowed) in [
        ("news@shop.example", true),
        ("x@shop.example", false),
        ("Bo@Friends.example", true),
        ("x@sub.friends.example", false),
        ("", false),
    ] {
        assert_eq!(home.store.image_rule(sender).await.unwrap(), allowed, "{sender}");
    }
    home.store.set_image_rule(&ImageRule::Sender("news@shop.example".into()), false).await.unwrap();
    assert_eq!(home.store.image_rules().await.unwrap(), [ImageRule::Domain("friends.example".into())]);
}

#[tokio::test]
async fn people_written_to_come_first() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let mut sent = mail(1, "s", "t");
    sent.parsed.from = vec![address("A@mail.example")];
    sent.parsed.to = vec![Address { name: "Joan Miró".into(), email: "joan@art.example".into() }];
    put(&home.store, &a.inbox, a.account, vec![sent, mail(2, "s", "t"), mail(3, "s", "t")]).await;
    let names =
        async |prefix: &str| home.store.suggest_people(prefix, 5).await.unwrap().into_iter().map(|p| p.address.email).collect::<Vec<_>>();
    assert_eq!(names("jo").await, ["joan@art.example", "jonas@firm.example"]);
    assert_eq!(names("web").await, ["jonas@firm.example"]);
    assert_eq!(names("miró").await, ["joan@art.example"]);
    assert!(names("%").await.is_empty() && names("").await.is_empty());
    assert_eq!(home.store.written_domains().await.unwrap(), ["art.example"]);
    let items = home.store.messages(&MessageFilter::default(), None, 5).await.unwrap().items;
    assert!(!home.store.is_first_contact(items[0].id, "Jonas@firm.example").await.unwrap());
    assert!(home.store.is_first_contact(items[1].id, "jonas@firm.example").await.unwrap());
    assert!(!home.store.is_first_contact(items[1].id, "joan@art.example").await.unwrap(), "written to before");
}

/// SQLite's own limit stands in for the disk: the error is the same.
#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_lost() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, vec![mail(1, "s", "t")]).await;
    let (mut conn, turn) = home.store.exclusive().await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *conn).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"))).fetch_all(&mut *conn).await.unwrap();
    drop((conn, turn));
    let many = || (2..200).map(|n| mail(n, "s", &"word ".repeat(400))).collect::<Vec<_>>();
    let batch = crate::CommitBatch { upserts: many(), ..crate::testing::batch(&a.inbox, a.account) };
    let e = home.store.commit_batch(batch).await.unwrap_err();
    assert!(matches!(e, StoreError::Full), "{e:?}");
    assert_eq!(home.store.count_messages(&MessageFilter::default()).await.unwrap(), 1);
    let (mut conn, turn) = home.store.exclusive().await.unwrap();
    sqlx::query("PRAGMA max_page_count = 1000000").fetch_all(&mut *conn).await.unwrap();
    drop((conn, turn));
    assert_eq!(put(&home.store, &a.inbox, a.account, many()).await.added, 198, "and it goes on by itself");
}

/// A figure, not a proof: printed with --nocapture, and a limit so wide that only a blunder breaks it.
#[tokio::test]
async fn commits_are_cheap() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let started = std::time::Instant::now();
    for round in 0..10_u32 {
        put(
            &home.store,
            &a.inbox,
            a.account,
            (1..=200).map(|n| mail(round * 200 + n, "subject of this", &"some words of text ".repeat(100))).collect(),
        )
        .await;
    }
    let each = started.elapsed().as_secs_f64() * 1000.0 / 2000.0;
    println!("commit_batch: {each:.2} ms per message of 2 KB (this build)");
    assert!(each < 20.0);
}
