#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    mail::{Flags, ParsedAttachment},
    search::{IsFlag, Query, Term},
};
use sqlx::Row as _;

use super::compile::{Plan, contested, plan};
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
        let lines = explained(&home.store, &plan(&query, &world).unwrap()).await;
        let text = lines.join("\n");
        assert!(!text.contains("TEMP B-TREE FOR ORDER"), "{query:?}\n{text}");
        for line in &lines {
            let merged = line == "SCAN p" && text.contains("CO-ROUTINE p");
            assert!(merged || !line.starts_with("SCAN") || line.contains("VIRTUAL TABLE") || line.contains("USING"), "{query:?}\n{text}");
        }
        match &query {
            Query::Term(Term::Is(IsFlag::Unread)) => assert!(text.contains("message_unread"), "{text}"),
            Query::Term(Term::Is(IsFlag::Starred)) => assert!(text.contains("message_starred"), "{text}"),
            _ => {}
        }
    }
}

async fn explained(store: &Store, plan: &Plan) -> Vec<String> {
    let bound = super::arguments(&plan.args, i64::MAX).unwrap();
    let explained = sqlx::query_with(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", plan.sql)), bound);
    explained.fetch_all(&store.inner.readers).await.unwrap().iter().map(|r| r.get(3)).collect()
}

fn in_folder(name: &str, rest: Query) -> Query {
    Query::All(vec![Query::Term(Term::In(name.into())), rest])
}

/// A folder name that two accounts have, with few messages, and a word that most mail holds: the folders' own lists are walked
/// side by side and the index is asked about one mail at a time. With a rare word it is the other way around.
#[tokio::test]
async fn a_rare_folder_drives_a_common_word() {
    let home = home().await;
    let (a, b) = (imap(&home.store, "a").await, imap(&home.store, "b").await);
    let mut mails: Vec<_> = (1..=400).map(|n| mail(n, "the", "meeting")).collect();
    mails.push(mail(401, "seldom", "seen"));
    put(&home.store, &a.inbox, a.account, mails).await;
    put(&home.store, &a.work, a.account, (501..=505).map(|n| mail(n, "the", "meeting")).collect()).await;
    put(&home.store, &b.work, b.account, vec![mail(503, "the", "meeting"), mail(601, "seldom", "seen"), mail(499, "the", "old")]).await;
    let common = in_folder("Work", word("the"));
    let mut world = home.store.world().await.unwrap();
    assert_eq!(contested(&common, &world).unwrap().1, 200, "the hits of the text are counted, up to a bound");
    let folder = |lines: &[String]| lines.iter().position(|l| l.contains(" placed ") || l.starts_with("SEARCH o ")).unwrap();
    let index = |lines: &[String]| lines.iter().position(|l| l.contains("VIRTUAL TABLE")).unwrap_or_else(|| panic!("{lines:#?}"));

    let chosen = home.store.plan(&common).await.unwrap().unwrap();
    let lines = explained(&home.store, &chosen).await;
    let text = lines.join("\n");
    assert!(text.contains("MERGE") && folder(&lines) < index(&lines) && !text.contains("TEMP B-TREE FOR ORDER"), "{text}");
    assert!(lines[index(&lines)].contains('='), "one mail at a time: {text}");
    assert!(!text.contains("SCAN placed") && !text.contains("SCAN m"), "{text}");
    let found_ids = found(&home.store, &common).await;
    assert_eq!(found_ids, ["m505@x", "m504@x", "m503@x", "m503@x", "m502@x", "m501@x", "m499@x"], "newest first over both accounts");

    let rare = in_folder("Work", word("seldom"));
    let lines = explained(&home.store, &home.store.plan(&rare).await.unwrap().unwrap()).await;
    assert!(index(&lines) < folder(&lines) && !lines[index(&lines)].contains('='), "{}", lines.join("\n"));
    assert_eq!(found(&home.store, &rare).await, ["m601@x"]);

    // A long beginning would be gathered anew for each mail: it drives, whatever its hits.
    let typed = in_folder("Work", Query::Term(Term::Word { text: "meet".into(), prefix: true }));
    assert_eq!(contested(&typed, &world), None);
    world.hits = Some(i64::MAX);
    let lines = explained(&home.store, &plan(&typed, &world).unwrap()).await;
    assert!(index(&lines) < folder(&lines), "{}", lines.join("\n"));
    assert_eq!(found(&home.store, &typed).await.len(), 6);
    // So does no beginning that the index has lists for.
    let short = in_folder("Work", Query::Term(Term::Word { text: "me".into(), prefix: true }));
    assert!(contested(&short, &world).is_some());

    // A folder without any text: its own lists, too.
    let lines = explained(&home.store, &home.store.plan(&Query::Term(Term::In("Work".into()))).await.unwrap().unwrap()).await;
    assert!(lines.join("\n").contains("MERGE"), "{}", lines.join("\n"));
}

/// A sender is asked for by the whole words that begin so, within the dates as rowids: neither gathers a doclist first.
#[tokio::test]
async fn a_sender_and_dates_are_read_along_one_list() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let from = |n: u32, name: &str, email: &str| {
        let mut one = mail(n, "s", "meeting");
        one.parsed.from = vec![address(email)];
        one.parsed.from[0].name = name.into();
        one
    };
    let mails = vec![
        from(1, "Anna Berg", "anna.berg@x.example"),
        from(2, "Annabel Lee", "lee@x.example"),
        from(3, "Zoë Ångström", "za@x.example"),
        from(4, "Bert", "bert@annapurna.example"),
        from(5, "Nobody", "no@x.example"),
    ];
    put(&home.store, &a.inbox, a.account, mails).await;
    let sender = |text: &str| Query::Term(Term::From(text.into()));
    for (text, wanted) in [
        ("anna", vec!["m4@x", "m2@x", "m1@x"]),
        ("Anna.Berg", vec!["m1@x"]),
        ("anna berg@", vec!["m1@x"]),
        ("angs", vec!["m3@x"]),
        ("Ångs", vec!["m3@x"]),
        ("ann", vec!["m4@x", "m2@x", "m1@x"]),
        ("annab", vec!["m2@x"]),
        ("annz", vec![]),
    ] {
        assert_eq!(found(&home.store, &sender(text)).await, wanted, "{text}");
    }
    let query = Query::All(vec![sender("anna"), word("meeting"), Query::Term(Term::After(at(0))), Query::Term(Term::Before(at(9_999)))]);
    let chosen = home.store.plan(&query).await.unwrap().unwrap();
    let text = explained(&home.store, &chosen).await.join("\n");
    assert!(text.contains("VIRTUAL TABLE INDEX") && text.contains("><"), "{text}");
    // From the newer date on, along the order of the index: nothing is gathered or sorted.
    assert!(!text.contains("TEMP B-TREE"), "{text}");
    assert_eq!(found(&home.store, &query).await, ["m4@x", "m2@x", "m1@x"]);
    assert!(matches!(&chosen.args[0], super::Arg::Text(t) if t.contains("\"annabel\"") && !t.contains('*')), "{:?}", chosen.args);
}

/// Best first: words in the subject, side by side, from the sender, from a known person; then recent. Conditions still hold.
#[tokio::test]
async fn the_best_hits_come_first() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let mut sender = mail(2, "Hello", "no such word here");
    sender.parsed.from = vec![address("budget@x.example")];
    let mut starred = mail(6, "Misc", "the budget, at length");
    starred.remote.flags = Some(Flags { flagged: true, ..Flags::default() });
    let mails = vec![
        mail(1, "Budget review", "numbers"),
        sender,
        mail(3, "Notes", "a budget review was held"),
        mail(4, "Notes", "a review of the budget"),
        mail(5, "Misc", "review the budget"),
        starred,
    ];
    put(&home.store, &a.inbox, a.account, mails).await;
    let best = async |query: &Query, limit: u32| -> Vec<String> {
        let hits = home.store.search_best(query, limit, at(10_000)).await.unwrap();
        hits.into_iter().map(|h| h.message.rfc_message_id).collect()
    };
    assert_eq!(best(&word("budget"), 50).await, ["m1@x", "m2@x", "m6@x", "m5@x", "m4@x", "m3@x"]);
    let both = Query::All(vec![word("budget"), word("review")]);
    assert_eq!(best(&both, 50).await, ["m1@x", "m3@x", "m5@x", "m4@x"]);
    assert_eq!(best(&both, 2).await, ["m1@x", "m3@x"]);
    let restricted = Query::All(vec![word("budget"), Query::Not(Box::new(word("numbers"))), Query::Term(Term::Is(IsFlag::Starred))]);
    assert_eq!(best(&restricted, 50).await, ["m6@x"]);
    assert_eq!(best(&word("nowhere"), 50).await, Vec::<String>::new());
    // Without free words there is still an order.
    assert_eq!(best(&Query::Term(Term::Is(IsFlag::Starred)), 50).await, ["m6@x"]);
}

/// A mail in two folders is two messages. Where messages are walked, the second can fall on the next page: it must not come again.
#[tokio::test]
async fn a_copy_does_not_come_again_on_the_next_page() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let mails = || (1..=9).map(|n| mail(n, &format!("s{n}"), "t")).collect::<Vec<_>>();
    put(&home.store, &a.inbox, a.account, mails()).await;
    put(&home.store, &a.work, a.account, mails()).await;
    put(&home.store, &a.archive, a.account, vec![mail(5, "s5", "t")]).await;
    let t = Query::Term;
    let wanted: Vec<String> = (1..=9).rev().map(|n| format!("s{n}")).collect();
    for query in [
        t(Term::Is(IsFlag::Unread)),
        t(Term::In("inbox".into())),
        t(Term::In("work".into())),
        Query::Any(vec![t(Term::In("inbox".into())), t(Term::In("archive".into())), t(Term::In("work".into()))]),
        Query::Not(Box::new(t(Term::In("archive".into())))),
        Query::All(vec![word("t"), Query::Not(Box::new(t(Term::In("trash".into()))))]),
        t(Term::Account("a@".into())),
    ] {
        for limit in [1, 2, 3, 4] {
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let page = home.store.search(&query, after.as_ref(), limit).await.unwrap();
                assert!(page.items.len() == limit as usize || page.next.is_none(), "{query:?}: a page that is not the last is full");
                found.extend(page.items.into_iter().map(|h| h.message.subject));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, wanted, "{query:?} by {limit}");
        }
    }
}
