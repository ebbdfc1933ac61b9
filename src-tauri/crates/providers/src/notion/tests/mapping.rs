//! Tables as the person maps them: every kind of property, read and written, and what becomes of a mapping that no longer fits.

use domain::{
    ids::ScopeId,
    integration::Service,
    tables::{AssignedTo, DoneBy, PriorityBy, TableChoice, TableMapping},
    tasks::Priority,
};
use sandbox::NotionChange;

use super::*;

const INES: &str = "8c0f6a10-0000-4000-8000-00000000000a";
const TOM: &str = "8c0f6a10-0000-4000-8000-00000000000b";

/// A select that says what is done, with all else that a table can have. Options are `stg0`… and `imp0`….
fn editorial() -> TableMapping {
    TableMapping {
        done: DoneBy::Options { property: "stg".into(), started: vec!["stg1".into()], done: vec!["stg2".into(), "stg3".into()] },
        due: Some("dead".into()),
        priority: Some(PriorityBy {
            property: "imp".into(),
            options: [("imp0".to_owned(), Priority::Urgent), ("imp2".to_owned(), Priority::Low)].into(),
        }),
        labels: Some("tags".into()),
        assigned: None,
        notes: Some("txt".into()),
    }
}

fn studio(done: DoneBy) -> TableMapping {
    TableMapping { done, due: Some("due".into()), priority: None, labels: None, assigned: None, notes: None }
}

fn choices(tables: &[(&str, TableMapping)]) -> TableSettings {
    let used = |mapping: &TableMapping| TableChoice { used: true, mapping: Some(mapping.clone()) };
    TableSettings { tables: tables.iter().map(|(id, mapping)| ((*id).to_owned(), used(mapping))).collect(), unused: 0 }
}

async fn with(table: &str, mapping: &TableMapping) -> World {
    let world = mapped(Fill::Empty, choices(&[(table, mapping.clone())])).await;
    World { lists: [table.into(), PRESS.into()], ..world }
}

impl World {
    /// The same tables, for a client that was told other choices.
    fn choose(&mut self, chosen: TableSettings) {
        let credentials = Arc::new(Tokens { fixed: Some(self.sandbox.notion_token()), ..Tokens::default() });
        self.source = NotionTasks::new(http_at(self.sandbox.clock().as_clock()), credentials, &self.sandbox.notion_base(), chosen).unwrap();
    }

    async fn put_through(&self, id: &RemoteId, patch: TaskPatch) -> TaskFields {
        let mut mirror = self.mirror().await;
        let written = self.source.write(&mirror.write(id, &key(1), patch)).await.unwrap().task.unwrap().fields;
        mirror.sync(self).await.unwrap();
        assert_eq!(mirror.rows[id].fields, written, "the answer to a write is what the next round says");
        written
    }

    async fn refusal(&self, list: &str) -> String {
        let scope = SyncScope { id: ScopeId(1), connection: "c".into(), service: Service::Tasks, container: Some(list.into()) };
        let error = self.source.changes(&scope, None, Budget { items: 10, since: None }, self.sandbox.now()).await.unwrap_err();
        assert!(matches!(error, ProviderError::Refused(_)), "{error:?}");
        error.to_string()
    }
}

fn to(status: TaskStatus) -> TaskPatch {
    TaskPatch { status: Some(status), ..TaskPatch::default() }
}

#[tokio::test]
async fn all_that_is_shared_is_listed_with_what_it_has() {
    let world = start().await;
    let tables = world.source.tables().await.unwrap();
    let named: Vec<_> = tables.iter().map(|t| (t.name.as_str(), t.suggested.is_some())).collect();
    assert_eq!(named, [("Studio tasks", true), ("Press", true), ("Household", true), ("Editorial", false), ("Books", false)]);
    assert_eq!(editorial().problem(&tables[3].properties), None);
    assert_eq!(tables[3].properties[0].name, "Story", "the title comes first");
    let people = world.source.people().await.unwrap();
    assert_eq!(people.iter().map(|p| (p.id.as_str(), p.name.as_str())).collect::<Vec<_>>(), [(INES, "Ines Moreau"), (TOM, "Tom Weber")]);
    world.sandbox.set_notion(|s| s.people = false);
    assert!(world.source.people().await.unwrap().is_empty());
    // What nothing in it says “done” of is counted, and so is what the person leaves out; the suggestion is kept.
    world.source.lists().await.unwrap();
    let found = world.source.settings();
    assert_eq!((found.unused, found.tables.len()), (2, 3));
    assert!(found.tables.values().all(|choice| choice.used && choice.mapping.is_some()));
    let mut world = world;
    let mut fewer = found;
    fewer.tables.get_mut(PRESS).unwrap().used = false;
    world.choose(fewer);
    let lists: Vec<_> = world.source.lists().await.unwrap().into_iter().map(|l| l.name).collect();
    assert_eq!((lists, world.source.settings().unused), (vec!["Studio tasks".to_owned(), "Household".to_owned()], 3));
}

#[tokio::test]
async fn a_select_says_what_is_done_and_how_much_it_matters() {
    let world = with(EDITORIAL, &editorial()).await;
    let can = world.source.lists().await.unwrap().into_iter().find(|l| l.id.as_str() == EDITORIAL).unwrap().can;
    assert!(can.write && can.due_day && can.priority && can.labels && can.notes && !can.due_time);
    let picked = |stage: &str| json!({"stg": stage, "imp": "High"});
    let id =
        world.post(json!({"source": EDITORIAL, "title": "Type", "picked": picked("Writing"), "text": "Two sources.", "tags": ["print"]}));
    let mirror = world.mirror().await;
    let fields = &mirror.rows[&id].fields;
    assert_eq!((fields.status, fields.priority, fields.notes.as_str()), (TaskStatus::Started, Priority::Urgent, "Two sources."));
    assert_eq!(world.put_through(&id, to(TaskStatus::Done)).await.status, TaskStatus::Done);
    assert_eq!(world.there(&id).picked["stg"], "Published", "the first that means it");
    assert_eq!(world.put_through(&id, to(TaskStatus::Open)).await.status, TaskStatus::Open);
    assert_eq!(world.there(&id).picked["stg"], "Pitch");
    let rest = TaskPatch {
        priority: Some(Priority::Low),
        due: Some(Some(Due::Day { day: "2026-12-24".into() })),
        notes: Some("x".repeat(4500)),
        labels: Some(vec!["web".into()]),
        ..TaskPatch::default()
    };
    let fields = world.put_through(&id, rest).await;
    assert_eq!((fields.priority, fields.notes.len(), fields.labels), (Priority::Low, 4500, vec!["web".to_owned()]));
    let there = world.there(&id);
    assert_eq!((there.picked["imp"].as_str(), there.date.as_deref(), there.text.len()), ("Low", Some("2026-12-24"), 4500));
    // No priority is nothing chosen; one that no option was given is refused before anything is sent.
    let none = TaskPatch { priority: Some(Priority::None), ..TaskPatch::default() };
    assert_eq!(world.put_through(&id, none).await.priority, Priority::None);
    assert!(!world.there(&id).picked.contains_key("imp"));
    let high = TaskPatch { priority: Some(Priority::High), ..TaskPatch::default() };
    let mirror = world.mirror().await;
    world.requests();
    assert!(matches!(world.source.write(&mirror.write(&id, &key(2), high)).await, Err(ProviderError::Refused(_))));
    assert!(!world.requests().iter().any(|r| r.starts_with("PATCH")));
    // Made done: nothing of it is open, so a round that only compares finds it closed.
    let made = TaskFields { title: "Old".into(), status: TaskStatus::Done, priority: Priority::Urgent, ..TaskFields::default() };
    let made = world.create(EDITORIAL, made, false).await.unwrap();
    assert_eq!(world.there(&made.id).picked, [("imp".to_owned(), "High".to_owned()), ("stg".to_owned(), "Published".to_owned())].into());
}

#[tokio::test]
async fn options_of_a_status_mean_what_was_chosen() {
    // “Done” is only the archive here; what is in Notion's own done group is begun.
    let done = DoneBy::Options { property: "stat".into(), started: vec!["s1".into(), "s2".into()], done: vec!["s3".into()] };
    let world = with(STUDIO, &studio(done)).await;
    let id = world.post(json!({"source": STUDIO, "title": "One", "status": "Done"}));
    assert_eq!(world.mirror().await.rows[&id].fields.status, TaskStatus::Started);
    assert_eq!(world.put_through(&id, to(TaskStatus::Done)).await.status, TaskStatus::Done);
    assert_eq!(world.there(&id).status.as_deref(), Some("Archived"));
    assert_eq!(world.put_through(&id, to(TaskStatus::Open)).await.status, TaskStatus::Open);
    assert_eq!(world.there(&id).status.as_deref(), Some("Not started"));
    assert_eq!(world.put_through(&id, to(TaskStatus::Started)).await.status, TaskStatus::Started);
    let labels = TaskPatch { labels: Some(vec!["x".into()]), ..TaskPatch::default() };
    let mirror = world.mirror().await;
    let error = world.source.write(&mirror.write(&id, &key(2), labels)).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused(_)), "labels were not mapped: {error:?}");
}

#[tokio::test]
async fn a_checkbox_and_no_more() {
    let mapping = studio(DoneBy::Checkbox { property: "done".into() });
    let world = with(HOUSE, &TableMapping { due: None, ..mapping }).await;
    let id = world.post(json!({"source": HOUSE, "title": "Candles", "date": "2026-12-24"}));
    assert_eq!(world.mirror().await.rows[&id].fields.due, None, "a date that was not chosen is nobody's");
    assert_eq!(world.put_through(&id, to(TaskStatus::Done)).await.status, TaskStatus::Done);
    assert!(world.there(&id).done);
    world.put_through(&id, to(TaskStatus::Open)).await;
    assert_eq!((world.there(&id).done, world.there(&id).date.as_deref()), (false, Some("2026-12-24")));
}

#[tokio::test]
async fn only_what_is_given_to_one_person() {
    let mapping = TableMapping { assigned: Some(AssignedTo { property: "who".into(), person: INES.into() }), ..editorial() };
    let world = with(EDITORIAL, &mapping).await;
    let mine = world.post(json!({"source": EDITORIAL, "title": "Mine", "people": [INES, TOM]}));
    world.post(json!({"source": EDITORIAL, "title": "Toms", "people": [TOM]}));
    world.post(json!({"source": EDITORIAL, "title": "Nobodys"}));
    let mut mirror = world.mirror().await;
    assert_eq!(mirror.rows.keys().collect::<Vec<_>>(), [&mine]);
    assert_eq!(world.source.preview(&EDITORIAL.into(), &mapping).await.unwrap().len(), 1);
    let made = world.create(EDITORIAL, TaskFields { title: "New".into(), ..TaskFields::default() }, false).await.unwrap();
    assert_eq!(world.there(&made.id).people, [INES], "else it would not be seen again");
    world.pass(120);
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.len(), 2);
    // Given to somebody else it is no longer hers.
    world.post(json!({"id": mine, "people": [TOM]}));
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.keys().collect::<Vec<_>>(), [&made.id]);
}

#[tokio::test]
async fn another_mapping_reads_everything_again() {
    let done = |option: &str| DoneBy::Options { property: "stat".into(), started: Vec::new(), done: vec![option.into()] };
    let mut world = with(STUDIO, &studio(done("s2"))).await;
    let ids = ["Done", "Archived"].map(|status| world.post(json!({"source": STUDIO, "title": status, "status": status})));
    world.pass(7200);
    let mut mirror = world.mirror().await;
    let says = |mirror: &Mirror| ids.clone().map(|id| mirror.rows[&id].fields.status);
    assert_eq!(says(&mirror), [TaskStatus::Done, TaskStatus::Open]);
    // Nobody touched the pages, so that no question for what changed would bring them.
    world.choose(choices(&[(STUDIO, studio(done("s3")))]));
    mirror.sync(&world).await.unwrap();
    assert_eq!(says(&mirror), [TaskStatus::Open, TaskStatus::Done]);
    // A cursor of before there were mappings is one of another.
    assert!(poll::Mapped::read(&SyncCursor::Opaque { value: "{}".into() }, "").is_none());
}

#[tokio::test]
async fn new_names_change_nothing_and_what_is_gone_is_said() {
    let world = with(EDITORIAL, &editorial()).await;
    let id = world.post(json!({"source": EDITORIAL, "title": "Type", "picked": {"stg": "Published"}}));
    let mut mirror = world.mirror().await;
    let change = |property: &str, change: NotionChange| assert!(world.sandbox.change_notion_property(EDITORIAL, property, change));
    change("stg", NotionChange::Rename("Where it is".into()));
    change("stg", NotionChange::RenameOption { option: "stg2".into(), name: "In print".into() });
    change("title", NotionChange::Rename("Headline".into()));
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows[&id].fields.status, TaskStatus::Done);
    world.put_through(&id, to(TaskStatus::Open)).await;
    world.put_through(&id, to(TaskStatus::Done)).await;
    assert_eq!(world.there(&id).picked["stg"], "In print");
    let listed = async || world.source.lists().await.unwrap().into_iter().find(|l| l.id.as_str() == EDITORIAL).unwrap().can;
    assert!(listed().await.write);
    change("dead", NotionChange::Retype("rich_text".into()));
    assert!(!listed().await.write, "it is kept, to be read");
    assert!(world.refusal(EDITORIAL).await.contains("“Deadline” can no longer be used for “Due”"));
    change("stg", NotionChange::Delete);
    assert!(world.refusal(EDITORIAL).await.contains("The property for “Done” is no longer in this table"));
    let error = world.source.write(&mirror.write(&id, &key(2), to(TaskStatus::Open))).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused(_)), "{error:?}");
    assert!(world.source.preview(&EDITORIAL.into(), &editorial()).await.is_err());
    // The same of a table that nobody mapped: what was suggested is kept, and nothing else is put in its place.
    world.source.lists().await.unwrap();
    assert!(world.sandbox.change_notion_property(HOUSE, "done", NotionChange::Delete));
    let house = world.source.lists().await.unwrap().into_iter().find(|l| l.id.as_str() == HOUSE).unwrap();
    assert!(!house.can.write);
    assert!(world.refusal(HOUSE).await.contains("“Done”"));
}
