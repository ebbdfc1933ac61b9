#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    mail::{Flags, ParsedAttachment},
    search::{IsFlag, Query, Term},
};
use sqlx::Row as _;

use super::compile::plan;
use crate::{
    Store,
    testing::{Seeded, address, at, gmail, home, imap, mail, put},
};

fn word(text: &str) -> Query {
    Query::Term(Term::Word { text: text.into(), prefix: false })
}

async fn found(store: &Store, query: &Query) -> Vec<String> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.search(query, after.as_ref(), 7).await.unwrap();
        all.extend(page.items.into_iter().map(|h| h.message.rfc_message_id));
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

/// Every word of a generated set of mails is found in exactly the mails that hold it.
#[tokio::test]
async fn recall_equals_the_manifest() {
    const WORDS: &[&str] = &[
        "invoice",
        "Žluťoučký",
        "café",
        "naïve",
        "Übung",
        "東京",
        "東京都庁",
        "会議室",
        "手机",
        "서울",
        "회의록",
        "ångström",
        "x9f3",
        "C3PO",
        "ПРИВЕТ",
        "Ελλάδα",
        "مرحبا",
        "ｆｕｌｌｗｉｄｔｈ",
        "ﾃｽﾄ",
        "résumé",
    ];
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let mut random = Seeded(7);
    let mut manifest: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut mails = Vec::new();
    for n in 1..=120 {
        let mut text = String::new();
        for _ in 0..=random.below(5) {
            let w = WORDS[random.below(WORDS.len() as u64) as usize];
            manifest.entry(w).or_default().insert(format!("m{n}@x"));
            // Scripts without spaces stand glued to their neighbours.
            text.push_str(["和", " ", " filler, ", "。"][random.below(4) as usize]);
            if w.chars().all(super::text::is_cjk) {
                text.push_str(w);
                text.push_str(["の", "。", " "][random.below(3) as usize]);
            } else {
                text.push(' ');
                text.push_str(w);
                text.push(' ');
            }
        }
        mails.push(mail(n, "subject", &text));
    }
    put(&home.store, &a.inbox, a.account, mails).await;
    // A longer word contains the shorter one.
    let longer = manifest["東京都庁"].clone();
    manifest.get_mut("東京").unwrap().extend(longer);
    for (w, wanted) in &manifest {
        let got: BTreeSet<String> = found(&home.store, &word(w)).await.into_iter().collect();
        assert_eq!(&got, wanted, "{w}");
    }
    for (plain, accented) in [
        ("zlutoucky", "Žluťoučký"),
        ("cafe", "café"),
        ("NAIVE", "naïve"),
        ("ubung", "Übung"),
        ("resume", "résumé"),
        ("привет", "ПРИВЕТ"),
        ("fullwidth", "ｆｕｌｌｗｉｄｔｈ"),
        ("テスト", "ﾃｽﾄ"),
    ] {
        let got: BTreeSet<String> = found(&home.store, &word(plain)).await.into_iter().collect();
        assert_eq!(got, manifest[accented], "{plain}");
    }
    // One character alone: found wherever it stands in a word.
    let got = found(&home.store, &word("庁")).await;
    assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), manifest["東京都庁"]);
    let dates = found(&home.store, &word("subject")).await;
    assert_eq!(dates.len(), 120);
    assert_eq!((dates[0].as_str(), dates[119].as_str()), ("m120@x", "m1@x"), "newest first over all pages");
}

#[tokio::test]
async fn every_term_restricts() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let (g, gscope) = gmail(&home.store, "g").await;
    let mut one = mail(1, "Quarterly report", "numbers inside");
    one.parsed.attachments = vec![ParsedAttachment {
        part: 1,
        name: "budget-2026.pdf".into(),
        mime: "application/pdf".into(),
        size: 5,
        inline: false,
        content_id: None,
    }];
    one.remote.flags = Some(Flags { seen: true, flagged: true, ..Flags::default() });
    let mut two = mail(2, "Lunch", "report of the canteen");
    two.parsed.from = vec![address("alice@food.example")];
    two.parsed.cc = vec![address("bob@food.example")];
    put(&home.store, &a.inbox, a.account, vec![one, two]).await;
    put(&home.store, &a.work, a.account, vec![mail(3, "Numbers", "nothing")]).await;
    let mut four = mail(4, "Archived", "report");
    four.remote.mailboxes = Some(vec!["ALL_MAIL".into()]);
    put(&home.store, &gscope, g, vec![four]).await;
    let t = Query::Term;
    let text = |s: &str| s.to_owned();
    for (query, wanted) in [
        (word("report"), vec!["m4@x", "m2@x", "m1@x"]),
        (t(Term::Subject(text("report"))), vec!["m1@x"]),
        (t(Term::From(text("ali"))), vec!["m2@x"]),
        (t(Term::From(text("alice@food.example"))), vec!["m2@x"]),
        (t(Term::Cc(text("bob"))), vec!["m2@x"]),
        (t(Term::To(text("mara"))), vec!["m4@x", "m3@x", "m2@x", "m1@x"]),
        (t(Term::Filename(text("budget"))), vec!["m1@x"]),
        (t(Term::HasAttachment), vec!["m1@x"]),
        (t(Term::In(text("inbox"))), vec!["m2@x", "m1@x"]),
        (t(Term::In(text("Work"))), vec!["m3@x"]),
        (t(Term::In(text("archive"))), vec!["m4@x"]),
        (t(Term::Label(text("nowhere"))), vec![]),
        (t(Term::Is(IsFlag::Unread)), vec!["m4@x", "m3@x", "m2@x"]),
        (t(Term::Is(IsFlag::Starred)), vec!["m1@x"]),
        (t(Term::Is(IsFlag::Read)), vec!["m1@x"]),
        (t(Term::Before(at(120))), vec!["m1@x"]),
        (t(Term::After(at(120))), vec!["m4@x", "m3@x", "m2@x"]),
        (t(Term::Account(text("gmail"))), vec!["m4@x"]),
        (t(Term::Phrase(text("quarterly report"))), vec!["m1@x"]),
        (t(Term::Word { text: text("quart"), prefix: true }), vec!["m1@x"]),
        (Query::All(vec![word("report"), Query::Not(Box::new(word("canteen")))]), vec!["m4@x", "m1@x"]),
        (Query::Not(Box::new(word("report"))), vec!["m3@x"]),
        (Query::Any(vec![word("lunch"), word("nothing")]), vec!["m3@x", "m2@x"]),
        (Query::Any(vec![word("lunch"), t(Term::Is(IsFlag::Starred))]), vec!["m2@x", "m1@x"]),
        (Query::All(vec![word("report"), t(Term::In(text("inbox"))), t(Term::Is(IsFlag::Unread))]), vec!["m2@x"]),
        (Query::Not(Box::new(t(Term::In(text("inbox"))))), vec!["m4@x", "m3@x"]),
        (Query::Not(Box::new(t(Term::HasAttachment))), vec!["m4@x", "m3@x", "m2@x"]),
        (word("\" OR * ^ ("), vec!["m4@x"; 0]),
        (word("NEAR(a b)"), vec![]),
    ] {
        if matches!(&query, Query::Term(Term::Word { text, .. }) if text.starts_with('"')) {
            found(&home.store, &query).await; // no error is all that is asked
            continue;
        }
        assert_eq!(found(&home.store, &query).await, wanted, "{query:?}");
    }
}

/// No search sorts, and none scans a table outside of date order.
#[tokio::test]
async fn searches_are_keyset() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    imap(&home.store, "b").await;
    put(&home.store, &a.inbox, a.account, (1..50).map(|n| mail(n, "s", "t")).collect()).await;
    let world = home.store.world().await.unwrap();
    let t = Query::Term;
    for query in [
        word("s"),
        Query::All(vec![word("s"), t(Term::In("inbox".into())), t(Term::HasAttachment)]),
        t(Term::In("inbox".into())),
        t(Term::Is(IsFlag::Unread)),
        t(Term::Is(IsFlag::Starred)),
        t(Term::HasAttachment),
        Query::Not(Box::new(word("s"))),
        Query::Any(vec![word("s"), t(Term::Is(IsFlag::Starred))]),
        t(Term::After(at(0))),
        t(Term::Account("a@".into())),
        t(Term::Account("mail".into())),
    ] {
        let plan = plan(&query, &world).unwrap();
        let mut explained = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", plan.sql)));
        for arg in &plan.args {
            explained = match arg {
                super::Arg::Start => explained.bind(i64::MAX),
                super::Arg::Int(n) => explained.bind(*n),
                super::Arg::Text(text) => explained.bind(text.clone()),
            };
        }
        let lines: Vec<String> = explained.fetch_all(&home.store.inner.readers).await.unwrap().iter().map(|r| r.get(3)).collect();
        let text = lines.join("\n");
        assert!(!text.contains("TEMP B-TREE FOR ORDER"), "{query:?}\n{text}");
        for line in &lines {
            assert!(!line.starts_with("SCAN") || line.contains("VIRTUAL TABLE") || line.contains("USING"), "{query:?}\n{text}");
        }
        match &query {
            Query::Term(Term::Is(IsFlag::Unread)) => assert!(text.contains("message_unread"), "{text}"),
            Query::Term(Term::Is(IsFlag::Starred)) => assert!(text.contains("message_starred"), "{text}"),
            _ => {}
        }
    }
}
