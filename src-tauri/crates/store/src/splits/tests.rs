#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{mail::MailboxRole, search};

use crate::{
    Place, SplitRule, StateChange, Store, ThreadFilter, depends_on_state,
    testing::{at, home, imap, mail, note, put},
};

fn query(text: &str) -> SplitRule {
    SplitRule::Query { text: text.into(), query: search::parse(text, at(0), &domain::time::Zone::fixed(0)).unwrap() }
}

async fn subjects(store: &Store, split: i64) -> Vec<String> {
    let filter = ThreadFilter { account: None, place: Place::Split(split), unread_only: false, starred: false };
    store.thread_window(&filter, 0, 100).await.unwrap().items.into_iter().map(|t| t.subject).collect()
}

#[tokio::test]
async fn the_inbox_falls_apart_into_splits_old_mail_and_new() {
    let home = home().await;
    let s = &home.store;
    let a = imap(s, "a").await;
    let news = |n: u32| {
        let mut m = mail(n, &format!("news {n}"), "read this");
        m.parsed.list_id = Some("weekly.example".into());
        m
    };
    put(s, &a.inbox, a.account, vec![mail(1, "invoice 1", "pay"), news(2), mail(3, "hello", "there")]).await;
    let first = s.save_split(None, "Money", &query("subject:invoice"), &note("split.saved"), at(1)).await.unwrap();
    let second = s.save_split(None, "News", &SplitRule::News, &note("split.saved"), at(1)).await.unwrap();
    assert_eq!(s.sort_splits().await.unwrap(), 3);
    assert_eq!((subjects(s, first).await, subjects(s, second).await), (vec!["invoice 1".to_owned()], vec!["news 2".to_owned()]));
    assert_eq!(subjects(s, 0).await, ["hello"]);
    // New mail is sorted as it comes, by words of its own body too, and by the first split that takes it.
    let body = s.save_split(None, "Ships", &query("harbour"), &note("split.saved"), at(1)).await.unwrap();
    s.sort_splits().await.unwrap();
    let mut both = news(5);
    both.parsed.subject = "invoice 5".into();
    put(s, &a.inbox, a.account, vec![mail(4, "boat", "leaves the harbour at nine"), both]).await;
    assert_eq!(subjects(s, body).await, ["boat"]);
    assert_eq!(subjects(s, first).await, ["invoice 5", "invoice 1"]);
    let counts = s.split_counts(None).await.unwrap();
    let total: i64 = counts.iter().map(|c| c.threads).sum();
    let inbox = ThreadFilter { account: None, place: Place::Role(MailboxRole::Inbox), unread_only: false, starred: false };
    assert_eq!(total as u64, s.thread_count(&inbox).await.unwrap(), "{counts:?}");
    assert_eq!(s.split_counts(Some(a.account)).await.unwrap(), counts);
    // What is put off leaves its split, and comes back into it.
    let boat = s.thread_window(&ThreadFilter { place: Place::Split(body), ..inbox }, 0, 1).await.unwrap().items[0].id;
    s.change_states(&[boat], StateChange::Snooze(Some(at(99_000))), None, at(2)).await.unwrap();
    assert_eq!(subjects(s, body).await, Vec::<String>::new());
    s.wake(&note("thread.returned"), at(99_000)).await.unwrap();
    assert_eq!(subjects(s, body).await, ["boat"]);
    // Order decides; a deleted split gives its mail back.
    s.order_splits(&[second, first, body], &note("split.ordered"), at(3)).await.unwrap();
    s.sort_splits().await.unwrap();
    assert_eq!(subjects(s, second).await, ["invoice 5", "news 2"]);
    s.delete_split(second, &note("split.deleted"), at(4)).await.unwrap();
    s.sort_splits().await.unwrap();
    assert_eq!(subjects(s, first).await, ["invoice 5", "invoice 1"]);
    assert_eq!(subjects(s, 0).await, ["hello", "news 2"]);
    assert_eq!(s.count_rule(&SplitRule::News, 100).await.unwrap(), 2);
}

#[test]
fn splits_must_not_ask_for_what_changes_by_itself() {
    for (text, bad) in [("from:a", false), ("a OR is:unread", true), ("-in:archive b", true), ("label:x has:attachment", false)] {
        assert_eq!(depends_on_state(&search::parse(text, at(0), &domain::time::Zone::fixed(0)).unwrap()), bad, "{text}");
    }
}
