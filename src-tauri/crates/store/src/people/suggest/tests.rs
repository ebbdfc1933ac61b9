#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    ids::{ConnectionId, RemoteId},
    integration::Service,
    mail::Address,
    people::{PeopleList, RemotePerson},
    sync::{SyncCursor, SyncScope},
};
use sqlx::Row as _;

use super::{FOUND_SQL, words_of};
use crate::{
    PeopleBatch, PeopleReport, Store,
    testing::{address, at, home, imap, mail, note, put},
};

async fn list(store: &Store, connection: &ConnectionId, list: PeopleList) -> SyncScope {
    store.ensure_scope(connection, Service::People, Some(&RemoteId::new(list.name()))).await.unwrap()
}

fn person(id: &str, name: &str, emails: &[&str]) -> RemotePerson {
    RemotePerson::new(id.into(), name, emails.iter().map(|e| (*e).to_owned()))
}

fn page(scope: &SyncScope, upserts: Vec<RemotePerson>, cursor: &str) -> PeopleBatch {
    PeopleBatch {
        scope: scope.clone(),
        upserts,
        gone: Vec::new(),
        present: None,
        next: SyncCursor::Opaque { value: cursor.to_owned() },
        more: false,
        progress: None,
    }
}

/// Name, address, and the list of whoever was never written to.
async fn found(store: &Store, prefix: &str) -> Vec<(String, String, Option<&'static str>)> {
    let people = store.suggest_people(prefix, 20).await.unwrap();
    people.into_iter().map(|p| (p.address.name, p.address.email, p.origin.map(|o| o.list.name()))).collect()
}

fn row(name: &str, email: &str, list: Option<&'static str>) -> (String, String, Option<&'static str>) {
    (name.to_owned(), email.to_owned(), list)
}

#[tokio::test]
async fn an_address_of_several_accounts_and_lists_is_suggested_once() {
    let home = home().await;
    let s = &home.store;
    let a = imap(s, "a").await;
    let b = imap(s, "b").await;
    // Under two accounts by two names, of which the prefix meets only one: each used to be a row of its own.
    let from = |n: u32, name: &str| {
        let mut m = mail(n, "s", "t");
        m.parsed.from = vec![Address { name: name.into(), email: "Kim@x.example".into() }];
        m
    };
    put(s, &a.inbox, a.account, vec![from(1, "Kim Berg"), from(2, "Kim Berg")]).await;
    put(s, &b.inbox, b.account, vec![from(3, "Berg, Kim Sales")]).await;
    for prefix in ["kim", "berg", "sales", "KIM@"] {
        assert_eq!(found(s, prefix).await.iter().filter(|p| p.1 == "kim@x.example").count(), 1, "{prefix}");
    }
    let kim = &s.suggest_people("kim b", 9).await.unwrap()[0];
    assert_eq!((kim.seen, kim.sent, kim.address.name.as_str()), (3, 0, "Berg, Kim Sales"), "counted together, by the newest name");
    let book = list(s, &a.connection, PeopleList::Contacts).await;
    s.commit_people(page(&book, vec![person("1", "Kim from the choir", &["KIM@X.example"])], "c")).await.unwrap();
    assert_eq!(found(s, "choir").await, [row("Berg, Kim Sales", "kim@x.example", Some("contacts"))], "found by either name");
}

#[tokio::test]
async fn who_was_written_to_comes_before_the_address_book_and_that_before_others() {
    let home = home().await;
    let s = &home.store;
    let a = imap(s, "a").await;
    let mut sent = mail(1, "s", "t");
    sent.parsed.from = vec![address("a@mail.example")];
    sent.parsed.to = vec![address("ann4@x.example")];
    let mut twice = sent.clone();
    twice.parsed.to = vec![address("ann5@x.example")];
    let mut once_more = mail(2, "s", "t");
    once_more.parsed.from = sent.parsed.from.clone();
    once_more.parsed.to = twice.parsed.to.clone();
    let mut third = mail(4, "s", "t");
    third.parsed.from = sent.parsed.from.clone();
    third.parsed.to = twice.parsed.to.clone();
    let mut news = mail(3, "s", "t");
    news.parsed.from = vec![Address { name: "Ann of the Shop".into(), email: "ann1@x.example".into() }];
    put(s, &a.inbox, a.account, vec![sent, once_more, third, news]).await;
    let book = list(s, &a.connection, PeopleList::Contacts).await;
    let others = list(s, &a.connection, PeopleList::Others).await;
    let people = vec![person("1", "Ann Two", &["ann2@x.example"]), person("2", "Ann Four", &["ann4@x.example"])];
    s.commit_people(page(&book, people, "c")).await.unwrap();
    let people = vec![person("1", "Ann Zero", &["ann0@x.example"]), person("2", "Other Two", &["ann2@x.example"])];
    s.commit_people(page(&others, people, "c")).await.unwrap();
    assert_eq!(
        found(s, "ann").await,
        [
            row("", "ann5@x.example", None),
            // The address book's name, as mail knows none; who was written to needs no mark.
            row("Ann Four", "ann4@x.example", None),
            row("Ann Two", "ann2@x.example", Some("contacts")),
            row("Ann of the Shop", "ann1@x.example", None),
            row("Ann Zero", "ann0@x.example", Some("others")),
        ]
    );
    assert_eq!(s.suggest_people("ann", 2).await.unwrap().len(), 2);
    for (prefix, n) in [("", 0), ("  ", 0), ("%", 0), ("_", 0), ("'", 0), ("nn", 0), ("two", 1), ("ann t", 1), ("ANN", 5)] {
        assert_eq!(found(s, prefix).await.len(), n, "{prefix:?}");
    }
}

#[tokio::test]
async fn names_are_found_in_any_case_by_any_word() {
    assert_eq!(words_of("O'Neil, Åsa-Märta (PhD)"), " o neil åsa märta phd");
    let home = home().await;
    let s = &home.store;
    let a = imap(s, "a").await;
    let book = list(s, &a.connection, PeopleList::Contacts).await;
    let people = vec![person("1", "O'Neil, Åsa-Märta", &["x1@x.example"]), person("2", "田中 健二", &["x2@x.example", "x3@x.example"])];
    s.commit_people(page(&book, people, "c")).await.unwrap();
    for prefix in ["ås", "ÅSA", "mär", "o'n", "neil, å", "asa"] {
        let wanted = usize::from(prefix != "asa");
        assert_eq!(found(s, prefix).await.len(), wanted, "{prefix}");
    }
    assert_eq!(found(s, "健").await.len(), 2, "every address of a person");
}

#[tokio::test]
async fn pages_commit_with_their_cursor_and_the_last_sweeps() {
    let home = home().await;
    let s = &home.store;
    let a = imap(s, "a").await;
    let book = list(s, &a.connection, PeopleList::Contacts).await;
    let first = || PeopleBatch {
        more: true,
        ..page(&book, vec![person("1", "Ann", &["ann@x.example"]), person("2", "Bo", &["bo@x.example"])], "1")
    };
    assert_eq!(s.commit_people(first()).await.unwrap(), PeopleReport { added: 2, ..PeopleReport::default() });
    assert!(!s.commit_people(first()).await.unwrap().any(), "a page that comes twice changes nothing");
    let state = s.scope(book.id).await.unwrap();
    assert_eq!((state.cursor, state.complete), (Some(SyncCursor::Opaque { value: "1".into() }), false));
    // Somebody is known by another id, somebody lost the address, somebody got another.
    let people = vec![person("3", "Ann", &["ann@x.example"]), person("2", "Bo", &[]), person("4", "Cy", &["cy@x.example"])];
    let next = PeopleBatch { gone: vec!["1".into()], ..page(&book, people, "2") };
    assert_eq!(s.commit_people(next).await.unwrap(), PeopleReport { added: 2, updated: 0, removed: 2 });
    let changed = page(&book, vec![person("4", "Cy", &["cy2@x.example"])], "3");
    assert_eq!(s.commit_people(changed).await.unwrap(), PeopleReport { added: 0, updated: 1, removed: 0 });
    assert_eq!((found(s, "cy").await.len(), found(s, "cy@").await.len()), (1, 0));
    let swept = PeopleBatch { present: Some(vec!["3".into()]), ..page(&book, Vec::new(), "4") };
    assert_eq!(s.commit_people(swept).await.unwrap().removed, 1);
    assert!(s.scope(book.id).await.unwrap().complete);
    let home = home.reopen().await;
    assert_eq!(found(&home.store, "a").await, [row("Ann", "ann@x.example", Some("contacts"))]);
}

#[tokio::test]
async fn a_list_goes_with_its_grant_and_with_its_connection() {
    let home = home().await;
    let s = &home.store;
    let (a, b) = (imap(s, "a").await, imap(s, "b").await);
    for (connection, one, id) in [(&a, PeopleList::Contacts, "ann"), (&a, PeopleList::Others, "ane"), (&b, PeopleList::Contacts, "ano")] {
        let scope = list(s, &connection.connection, one).await;
        s.commit_people(page(&scope, vec![person(id, id, &[&format!("{id}@x.example")])], "c")).await.unwrap();
    }
    assert_eq!(found(s, "an").await.len(), 3);
    assert!(!s.keep_people_lists(&a.connection, &PeopleList::ALL).await.unwrap());
    assert!(s.keep_people_lists(&a.connection, &[PeopleList::Others]).await.unwrap());
    assert_eq!(found(s, "an").await.iter().map(|p| p.0.as_str()).collect::<Vec<_>>(), ["ano", "ane"]);
    // Granted again, it is read from its beginning.
    let again = list(s, &a.connection, PeopleList::Contacts).await;
    assert!(s.scope(again.id).await.unwrap().cursor.is_none());
    s.delete_connection(&b.connection, None, &note("connection.removed"), at(0)).await.unwrap();
    assert_eq!(found(s, "an").await.iter().map(|p| p.0.as_str()).collect::<Vec<_>>(), ["ane"]);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM person_address").fetch_one(&s.inner.readers).await.unwrap();
    assert_eq!(left, 1, "nothing of it stays");
}

#[tokio::test]
async fn addresses_are_found_along_an_index() {
    let home = home().await;
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {FOUND_SQL}"));
    let plan: Vec<String> = sqlx::query(explain).fetch_all(&home.store.inner.readers).await.unwrap().iter().map(|r| r.get(3)).collect();
    let plan = plan.join("\n");
    for index in ["contact_email", "person_address_email"] {
        assert!(plan.contains(index), "{plan}");
    }
}
