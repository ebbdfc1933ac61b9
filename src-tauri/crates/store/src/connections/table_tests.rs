//! What a round learns of tables and what the person chooses of them stand side by side.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use domain::{
    connection::ConnectionSettings,
    ids::{ConnectionId, RemoteId},
    tables::{DoneBy, TableChoice, TableMapping, TableSettings},
    tasks::{RemoteTaskList, TaskAbilities, TaskFields},
};

use crate::{
    ActivityFilter, TaskEdit, TaskWant,
    testing::{Home, at, connection, home, note},
};

fn choice(used: bool, property: &str) -> TableChoice {
    let done = DoneBy::Checkbox { property: property.into() };
    let mapping = TableMapping { done, due: None, priority: None, labels: None, assigned: None, notes: None };
    TableChoice { used, mapping: Some(mapping) }
}

fn settings(tables: &[(&str, TableChoice)], unused: u32) -> TableSettings {
    TableSettings { tables: tables.iter().map(|(id, choice)| ((*id).to_owned(), choice.clone())).collect(), unused }
}

async fn world() -> (Home, ConnectionId) {
    let home = home().await;
    let mut new = connection("pages", "me@pages.example");
    new.accounts.clear();
    new.connection.settings = ConnectionSettings::Tables(TableSettings::default());
    home.store.insert_connection(&new, &note("connection.created"), at(0)).await.unwrap();
    (home, ConnectionId::new("pages"))
}

async fn kept(home: &Home, id: &ConnectionId) -> TableSettings {
    home.store.connection(id).await.unwrap().settings.tables()
}

async fn entries(home: &Home) -> usize {
    home.store.activity(&ActivityFilter::default(), None, 100).await.unwrap().items.len()
}

#[tokio::test]
async fn what_was_chosen_is_not_learned_anew_and_what_was_learned_is_not_chosen_away() {
    let (home, id) = world().await;
    let found = settings(&[("a", choice(true, "found")), ("b", choice(true, "found"))], 3);
    assert!(home.store.learn_tables(&id, &found).await.unwrap());
    assert!(!home.store.learn_tables(&id, &found).await.unwrap(), "nothing new");

    let before = entries(&home).await;
    let mine = BTreeMap::from([("a".to_owned(), choice(true, "mine"))]);
    assert_eq!(home.store.choose_tables(&id, &mine, &note("tables.chosen"), at(1)).await.unwrap(), 0);
    assert_eq!(entries(&home).await, before + 1);
    assert_eq!(kept(&home, &id).await, settings(&[("a", choice(true, "mine")), ("b", choice(true, "found"))], 3));

    // A round that began before it suggests what it saw then, and another table.
    let later = settings(&[("a", choice(true, "found")), ("c", choice(false, "found"))], 1);
    assert!(home.store.learn_tables(&id, &later).await.unwrap());
    let all = kept(&home.reopen().await, &id).await;
    assert_eq!((all.tables["a"].clone(), all.tables.len(), all.unused), (choice(true, "mine"), 3, 1));
}

#[tokio::test]
async fn both_at_once_lose_nothing() {
    let (home, id) = world().await;
    let found = settings(&[("a", choice(true, "found"))], 2);
    let mine = BTreeMap::from([("b".to_owned(), choice(true, "mine"))]);
    let entry = note("tables.chosen");
    let (learned, chosen) = tokio::join!(home.store.learn_tables(&id, &found), home.store.choose_tables(&id, &mine, &entry, at(1)));
    assert!(learned.unwrap());
    assert_eq!(chosen.unwrap(), 0);
    assert_eq!(kept(&home, &id).await, settings(&[("a", choice(true, "found")), ("b", choice(true, "mine"))], 2));
}

#[tokio::test]
async fn a_table_with_changes_that_wait_is_not_left() {
    let (home, id) = world().await;
    home.store.learn_tables(&id, &settings(&[("a", choice(true, "p"))], 0)).await.unwrap();
    let can = TaskAbilities { write: true, ..TaskAbilities::default() };
    let list = RemoteTaskList { id: RemoteId::new("a"), name: "A".into(), colour: None, default: true, can };
    home.store.upsert_task_lists(&id, &[list], |_, n| n as u8).await.unwrap();
    let list = home.store.task_lists().await.unwrap()[0].id;
    let fields = TaskFields { title: "Quince".into(), ..TaskFields::default() };
    let want =
        TaskWant { list, parent: None, fields, key: "key".into(), position: String::new(), source_message: None, source_event: None };
    let edit = TaskEdit { task: None, want: Some(want), resolves: false, title: "Quince".into() };
    home.store.edit_tasks(&id, &[edit], at(5), &note("task.created"), at(0)).await.unwrap();

    let (before, leave) = (entries(&home).await, BTreeMap::from([("a".to_owned(), choice(false, "p"))]));
    assert_eq!(home.store.choose_tables(&id, &leave, &note("tables.chosen"), at(1)).await.unwrap(), 1);
    assert_eq!((kept(&home, &id).await.tables["a"].used, entries(&home).await), (true, before), "nothing was done");
    // Another mapping of the same table is no leaving.
    let other = BTreeMap::from([("a".to_owned(), choice(true, "q"))]);
    assert_eq!(home.store.choose_tables(&id, &other, &note("tables.chosen"), at(2)).await.unwrap(), 0);
}

#[tokio::test]
async fn nobodys_tables_are_not_found() {
    let (home, _) = world().await;
    let nobody = ConnectionId::new("nobody");
    let e = home.store.learn_tables(&nobody, &TableSettings::default()).await.unwrap_err();
    assert_eq!(e.code(), "not_found");
}
