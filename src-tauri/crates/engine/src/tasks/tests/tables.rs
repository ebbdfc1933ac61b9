//! Tables that the person chooses, with the real client of Notion against the sandbox's server.

use std::collections::BTreeMap;

use domain::tables::{DoneBy, PriorityBy, TableChoice, TableMapping};
use sandbox::NotionChange;

use super::{real::notion, *};
use crate::{ConnectToken, tasks::TableView, tasks::tests::real::Real};

const STUDIO: &str = "2f26ee68-df30-4251-aad4-8ddc420cba01";
const EDITORIAL: &str = "2f26ee68-df30-4251-aad4-8ddc420cba05";

fn editorial() -> TableMapping {
    TableMapping {
        done: DoneBy::Options { property: "stg".into(), started: vec!["stg1".into()], done: vec!["stg2".into(), "stg3".into()] },
        due: Some("dead".into()),
        priority: Some(PriorityBy {
            property: "imp".into(),
            options: [("imp0".to_owned(), Priority::High), ("imp2".to_owned(), Priority::Low)].into(),
        }),
        labels: Some("tags".into()),
        assigned: None,
        notes: Some("txt".into()),
    }
}

fn one(table: &str, used: bool, mapping: Option<TableMapping>) -> BTreeMap<String, TableChoice> {
    [(table.to_owned(), TableChoice { used, mapping })].into()
}

impl Real {
    async fn choose(&self, choices: BTreeMap<String, TableChoice>) {
        self.engine.choose_task_tables(&self.connection, choices, ME).await.unwrap();
        self.sync().await;
    }

    async fn lists(&self) -> Vec<String> {
        self.engine.task_lists().await.unwrap().into_iter().map(|l| l.name).collect()
    }

    async fn table(&self, id: &str) -> TableView {
        self.engine.task_tables(&self.connection).await.unwrap().tables.into_iter().find(|t| t.id == id).unwrap()
    }

    async fn unused(&self) -> u32 {
        self.engine.connection(&self.connection).await.unwrap().connection.settings.tables().unused
    }

    async fn choices(&self) -> usize {
        let log = self.engine.store().audit(None, 100, None).await.unwrap();
        log.items.iter().filter(|e| e.action == "connection.selection_changed" && e.outcome == "ok").count()
    }
}

#[tokio::test]
async fn a_table_is_a_list_once_it_is_mapped_and_its_tasks_are_written_through_that() {
    let w = notion().await;
    assert_eq!((w.lists().await, w.unused().await), (["Studio tasks", "Press", "Household"].map(str::to_owned).to_vec(), 2));
    let shown = w.engine.task_tables(&w.connection).await.unwrap();
    assert_eq!((shown.tables.len(), shown.unused(), shown.people.len()), (5, 2, 2));
    let table = w.table(EDITORIAL).await;
    assert_eq!((table.used, table.mapping, table.suggested), (false, None, None));
    let preview = w.engine.preview_table(&w.connection, EDITORIAL, &editorial()).await.unwrap();
    let first: Vec<_> = preview.iter().map(|row| (row.title.as_str(), row.status, row.priority)).collect();
    assert_eq!(first, [("Paper prices", TaskStatus::Done, Priority::None), ("The last type foundry", TaskStatus::Started, Priority::High)]);
    assert!(w.here("Paper prices").await.is_empty(), "a preview keeps nothing");
    w.choose(one(EDITORIAL, true, Some(editorial()))).await;
    assert_eq!((w.lists().await.len(), w.unused().await, w.choices().await), (4, 1, 1));
    let task = w.here("The last type foundry").await.remove(0);
    assert_eq!((task.status, task.priority, task.has_notes), (TaskStatus::Started, Priority::High, true));
    let change = TaskChange { status: Some(TaskStatus::Done), priority: Some(Priority::Low), ..TaskChange::default() };
    w.engine.update_task(task.id, &change, ME).await.unwrap();
    w.settle().await;
    let page = w.sandbox.notion_pages().into_iter().find(|page| page.title == "The last type foundry").unwrap();
    assert_eq!((page.picked["stg"].as_str(), page.picked["imp"].as_str()), ("Published", "Low"));
    // A new token is of the same tables.
    let again = ConnectToken {
        integration: "notion".into(),
        token: w.sandbox.notion_token().into(),
        reconnect: Some(w.connection.clone()),
        actor: ME,
    };
    w.engine.connect_token(again).await.unwrap();
    w.sync().await;
    assert_eq!(w.lists().await.len(), 4);
}

#[tokio::test]
async fn another_meaning_is_read_anew_and_what_does_not_fit_is_refused() {
    let w = notion().await;
    let mapping = |done: &str| TableMapping {
        done: DoneBy::Options { property: "stat".into(), started: Vec::new(), done: vec![done.into()] },
        due: None,
        priority: None,
        labels: None,
        assigned: None,
        notes: None,
    };
    let letterheads = async || w.here("Sort the old letterheads").await.remove(0);
    assert_eq!(letterheads().await.status, TaskStatus::Done);
    w.choose(one(STUDIO, true, Some(mapping("s2")))).await;
    let task = letterheads().await;
    assert_eq!((task.status, task.id), (TaskStatus::Open, letterheads().await.id), "the same task, open now");
    for (choices, code) in [
        (one("none", true, Some(mapping("s2"))), "not_found"),
        (one(STUDIO, true, None), "invalid"),
        (one(STUDIO, true, Some(mapping("s9"))), "invalid"),
        (one(STUDIO, true, Some(editorial())), "invalid"),
    ] {
        let error = w.engine.choose_task_tables(&w.connection, choices, ME).await.unwrap_err();
        assert_eq!(error.code, code, "{error:?}");
    }
    assert_eq!(w.choices().await, 1);
    // What is on its way to the provider is not thrown away with the list.
    let change = TaskChange { title: Some("Sort all letterheads".into()), ..TaskChange::default() };
    w.engine.update_task(task.id, &change, ME).await.unwrap();
    let leave = || one(STUDIO, false, Some(mapping("s2")));
    assert_eq!(w.engine.choose_task_tables(&w.connection, leave(), ME).await.unwrap_err().code, "wedged");
    w.settle().await;
    w.choose(leave()).await;
    assert_eq!((w.lists().await, w.unused().await), (["Press", "Household"].map(str::to_owned).to_vec(), 3));
    assert_eq!(w.table(STUDIO).await.mapping, Some(mapping("s2")), "kept for when it is used again");
}

#[tokio::test]
async fn a_property_that_went_away_drops_nothing() {
    let w = notion().await;
    let before = w.here("Sort the old letterheads").await;
    assert!(w.sandbox.change_notion_property(STUDIO, "stat", NotionChange::Delete));
    let report = w.engine.sync_now(None).await.unwrap();
    assert_eq!(report.scopes.iter().filter(|s| s.error.is_some()).count(), 1, "{report:?}");
    let list = w.engine.task_lists().await.unwrap().remove(0);
    assert!(!list.can.write && list.error.unwrap().contains("“Done”"));
    let after = w.here("Sort the old letterheads").await;
    assert_eq!((after.len(), after[0].id, after[0].editable), (1, before[0].id, false));
    assert!(w.table(STUDIO).await.problem.unwrap().contains("Choose another one"));
    let error = w.engine.update_task(after[0].id, &titled("x"), ME).await.unwrap_err();
    assert_eq!(error.code, "read_only");
}
