#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

/// 2026-11-22T12:00:00Z.
const NOW: Timestamp = Timestamp::from_secs(1_795_348_800);

fn q(input: &str) -> Query {
    parse(input, NOW, &Zone::fixed(0)).unwrap_or_else(|e| panic!("{input}: {e}"))
}
fn err(input: &str) -> SearchSyntaxError {
    parse(input, NOW, &Zone::fixed(0)).map_or_else(|e| e, |q| panic!("{input} parsed as {q:?}"))
}
fn word(text: &str) -> Query {
    Query::Term(Term::Word { text: text.into(), prefix: false })
}
fn prefix(text: &str) -> Query {
    Query::Term(Term::Word { text: text.into(), prefix: true })
}
fn term(t: Term) -> Query {
    Query::Term(t)
}

#[test]
fn words_phrases_negation_and_or() {
    assert_eq!(q(""), Query::All(vec![]));
    assert_eq!(q("  \t "), Query::All(vec![]));
    assert_eq!(q("invoice"), word("invoice"));
    assert_eq!(q("invoice paris"), Query::All(vec![word("invoice"), word("paris")]));
    assert_eq!(q("inv*"), prefix("inv"));
    assert_eq!(q("\"due date\""), term(Term::Phrase("due date".into())));
    assert_eq!(q("“due date”"), term(Term::Phrase("due date".into())));
    assert_eq!(q("-draft"), Query::Not(Box::new(word("draft"))));
    assert_eq!(q("a-b 2026-01"), Query::All(vec![word("a-b"), word("2026-01")]));
    assert_eq!(q("a - b"), Query::All(vec![word("a"), word("b")]));
    assert_eq!(q("paris OR london"), Query::Any(vec![word("paris"), word("london")]));
    assert_eq!(q("invoice paris OR london"), Query::All(vec![word("invoice"), Query::Any(vec![word("paris"), word("london")])]));
    assert_eq!(q("or"), word("or"));
    assert_eq!(q("(a b) OR c"), Query::Any(vec![Query::All(vec![word("a"), word("b")]), word("c")]));
    assert_eq!(q("-(a OR b)"), Query::Not(Box::new(Query::Any(vec![word("a"), word("b")]))));
    assert_eq!(q("a AND b"), Query::All(vec![word("a"), word("b")]));
    assert_eq!(q("10:30 https://x.example/a?b"), Query::All(vec![word("10:30"), word("https://x.example/a?b")]));
    assert_eq!(q("東京 OR 京都"), Query::Any(vec![word("東京"), word("京都")]));
}

#[test]
fn operators() {
    assert_eq!(q("from:ada"), term(Term::From("ada".into())));
    assert_eq!(q("FROM:\"Ada Lovelace\""), term(Term::From("Ada Lovelace".into())));
    assert_eq!(q("to:a@b.example cc:c"), Query::All(vec![term(Term::To("a@b.example".into())), term(Term::Cc("c".into()))]));
    assert_eq!(q("from:(ada OR bob)"), Query::Any(vec![term(Term::From("ada".into())), term(Term::From("bob".into()))]));
    assert_eq!(q("-from:ada"), Query::Not(Box::new(term(Term::From("ada".into())))));
    assert_eq!(q("subject:re:invoice"), term(Term::Subject("re:invoice".into())));
    assert_eq!(q("has:attachment filename:pdf"), Query::All(vec![term(Term::HasAttachment), term(Term::Filename("pdf".into()))]));
    assert_eq!(q("in:inbox label:Work/Notes"), Query::All(vec![term(Term::In("inbox".into())), term(Term::Label("Work/Notes".into()))]));
    assert_eq!(q("account:me@x.example"), term(Term::Account("me@x.example".into())));
    for (text, flag) in [
        ("unread", IsFlag::Unread),
        ("read", IsFlag::Read),
        ("starred", IsFlag::Starred),
        ("unstarred", IsFlag::Unstarred),
        ("draft", IsFlag::Draft),
        ("answered", IsFlag::Answered),
    ] {
        assert_eq!(q(&format!("is:{text}")), term(Term::Is(flag)));
    }
}

#[test]
fn dates_are_days_of_the_person() {
    let day = |s: i64| Timestamp::from_secs(s);
    assert_eq!(q("before:2026-03-09"), term(Term::Before(day(1_773_014_400))));
    assert_eq!(q("after:2026/3/9"), term(Term::After(day(1_773_014_400))));
    assert_eq!(q("after:9.3.2026"), term(Term::After(day(1_773_014_400))));
    assert_eq!(q("after:2026-03"), term(Term::After(day(1_772_323_200))));
    assert_eq!(q("after:2026"), term(Term::After(day(1_767_225_600))));
    assert_eq!(q("after:today"), term(Term::After(day(1_795_305_600))));
    assert_eq!(q("newer_than:2w"), term(Term::After(day(1_795_305_600 - 14 * 86_400))));
    assert_eq!(q("before:2024-02-29"), term(Term::Before(day(1_709_164_800))));
    // At +02:00 the day begins two hours earlier in UTC.
    assert_eq!(parse("after:2026-03-09", NOW, &Zone::fixed(7_200)).unwrap(), term(Term::After(day(1_773_014_400 - 7_200))));
    for bad in ["before:2026-13-01", "before:2025-02-29", "after:soon", "after:99d9", "before:31.4.2026", "after:-1d"] {
        let e = err(bad);
        assert!(e.hint.contains("2026-03-09"), "{bad}: {e:?}");
    }
}

#[test]
fn days_of_another_season_begin_at_their_own_midnight() {
    // Berlin in 2026: summer time from 29 March to 25 October, 01:00 UTC.
    let berlin = Zone::new(|at| if (1_774_746_000..1_792_890_000).contains(&at.secs()) { 7_200 } else { 3_600 });
    let (winter, summer) = (NOW, Timestamp::from_secs(1_783_080_000));
    for now in [winter, summer] {
        for (day, utc) in [
            ("2026-03-09", 1_773_014_400 - 3_600),
            ("2026-03-29", 1_774_738_800),
            ("2026-03-30", 1_774_738_800 + 23 * 3_600),
            ("2026-07-03", 1_783_029_600),
            ("2026-10-25", 1_792_879_200),
            ("2026-10-26", 1_792_879_200 + 25 * 3_600),
        ] {
            let q = |text: &str| parse(text, now, &berlin).unwrap();
            assert_eq!(q(&format!("after:{day}")), term(Term::After(Timestamp::from_secs(utc))), "{day} at {now:?}");
            assert_eq!(q(&format!("before:{day}")), term(Term::Before(Timestamp::from_secs(utc))), "{day} at {now:?}");
        }
    }
    // 00:30 on 26 October; the 30 days before hold the change, and "today" begins half an hour ago.
    let after = Timestamp::from_secs(1_792_879_200 + 25 * 3_600 + 1_800);
    let q = |text: &str| parse(text, after, &berlin).unwrap();
    assert_eq!(q("after:today"), term(Term::After(after.plus_secs(-1_800))));
    assert_eq!(q("after:yesterday"), term(Term::After(Timestamp::from_secs(1_792_879_200))));
    assert_eq!(q("newer_than:1m"), term(Term::After(Timestamp::from_secs(1_792_879_200 - 29 * 86_400))));
}

#[test]
fn errors_say_what_to_do_and_where() {
    for (input, at, message, hint) in [
        ("a \"b c", 2, "quotation mark", "Close the phrase"),
        ("a (b", 2, "not closed", ")"),
        ("a b)", 3, "no matching", "Remove"),
        ("from:", 0, "needs a value", "from:ada"),
        ("x from: ada", 2, "needs a value", "from:ada"),
        ("OR a", 0, "nothing before", "each side"),
        ("a OR", 2, "nothing after", "each side"),
        ("a OR OR b", 2, "nothing after", "each side"),
        ("()", 0, "nothing between", "words"),
        ("is:open", 3, "is:open", "is:unread"),
        ("has:wings", 4, "has:wings", "has:attachment"),
        ("form:ada", 0, "no form:", "from:ada"),
        ("subjct:x", 0, "no subjct:", "subject:x"),
        ("from:\"\"", 5, "needs a value", "from:ada"),
    ] {
        let e = err(input);
        assert_eq!(e.at, at, "{input}: {e:?}");
        assert!(e.message.contains(message) && e.hint.contains(hint), "{input}: {e:?}");
    }
    assert!(err(&"(".repeat(100)).message.contains("parentheses"));
    assert!(err(&"a ".repeat(300)).message.contains("more than"));
    assert!(err(&"a".repeat(10_000)).message.contains("too long"));
}

#[test]
fn typing_never_stumbles_over_its_own_end() {
    let t = |input: &str| parse_typing(input, NOW, &Zone::fixed(0)).unwrap_or_else(|e| panic!("{input}: {e}"));
    assert_eq!(t("inv"), prefix("inv"));
    assert_eq!(t("inv "), word("inv"));
    assert_eq!(t("a inv"), Query::All(vec![word("a"), prefix("inv")]));
    assert_eq!(t("from:"), Query::All(vec![]));
    assert_eq!(t("a from:"), word("a"));
    assert_eq!(t("a OR"), word("a"));
    assert_eq!(t("a -"), word("a"));
    assert_eq!(t("(a"), prefix("a"));
    assert_eq!(t("\"due da"), term(Term::Phrase("due da".into())));
    assert_eq!(t("from:ad"), term(Term::From("ad".into())));
}

#[test]
fn any_text_is_a_query_or_an_error() {
    let bits = ["a", "-", "(", ")", "\"", "OR", " ", ":", "from:", "is:unread", "*", "“", "東", "\0", "before:", "2026", "|", "−"];
    let mut seed = 7u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..8 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(bits[usize::try_from(seed >> 33).unwrap() % bits.len()]);
        }
        for result in [parse(&text, NOW, &Zone::fixed(0)), parse_typing(&text, NOW, &Zone::fixed(3_600))] {
            if let Err(e) = result {
                assert!(e.at <= text.len() && text.is_char_boundary(e.at), "{text}: {e:?}");
            }
        }
    }
}
