//! What every [`TaskSource`] owes the engine, as tests that any of them can be run through: [`suite!`] with a function that starts a
//! [`Rig`].
//!
//! The rig is the provider's side: what somebody else does there, what there is, and what goes wrong. [`Mirror`] is the engine's: it keeps
//! rows as the store would. What a list can't hold (its [`TaskAbilities`]) is not asked of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    error::{ErrorClass, ProviderError},
    ids::{RemoteId, ScopeId},
    integration::Service,
    sync::{Budget, Change, SyncCursor, SyncScope},
    tasks::{Due, Priority, RemoteTask, TaskAbilities, TaskFields, TaskPatch, TaskSource, TaskStatus, TaskWrite, TaskWritten},
    time::Timestamp,
};

/// What goes wrong at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The next write is done, but the connection breaks before its answer.
    LostAnswer,
    /// The next request is refused with 503.
    Unavailable,
    /// The next request is refused because there were too many.
    Wait,
    /// From now on nobody is known.
    SignedOut,
}

/// The provider's side of a test. Two lists, both empty at the start.
pub(crate) trait Rig: Send + Sync {
    fn source(&self) -> &dyn TaskSource;
    /// The provider's time.
    fn now(&self) -> Timestamp;
    /// Lets so many seconds pass there.
    fn pass(&self, secs: i64);
    fn lists(&self) -> [RemoteId; 2];
    /// What becomes of fields there, apart from those that the list can't hold at all.
    fn held(&self, fields: TaskFields) -> TaskFields {
        fields
    }
    /// Somebody else writes a task: a new one, or all fields of the one with this id.
    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId;
    /// Somebody else deletes a task.
    fn remove(&self, list: &RemoteId, id: &RemoteId);
    /// A task of this list as it is there; None: it is not in it.
    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields>;
    /// Tasks of both lists, closed ones too.
    fn count(&self) -> usize;
    fn trouble(&self, trouble: Trouble);
    /// All cursors that were given out are too old.
    fn void(&self);
}

/// Rows and cursors as the engine keeps them.
#[derive(Default)]
pub(crate) struct Mirror {
    pub rows: BTreeMap<RemoteId, RemoteTask>,
    pub cursors: BTreeMap<Option<RemoteId>, SyncCursor>,
}

const BUDGET: Budget = Budget { items: 100, since: None };

fn scope(container: Option<RemoteId>) -> SyncScope {
    SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::Tasks, container }
}

impl Mirror {
    /// One round over all scopes.
    pub async fn sync(&mut self, rig: &dyn Rig) -> Result<(), ProviderError> {
        let containers = if rig.source().one_scope() { vec![None] } else { rig.lists().map(Some).to_vec() };
        for container in containers {
            self.scope(rig, container).await?;
        }
        Ok(())
    }

    async fn scope(&mut self, rig: &dyn Rig, container: Option<RemoteId>) -> Result<(), ProviderError> {
        for _ in 0..1000 {
            let cursor = self.cursors.get(&container);
            let batch = match rig.source().changes(&scope(container.clone()), cursor, BUDGET, rig.now()).await {
                Err(ProviderError::CursorExpired) if cursor.is_some() => {
                    self.cursors.remove(&container);
                    continue;
                }
                other => other?,
            };
            let here = |row: &RemoteTask| container.as_ref().is_none_or(|list| row.list == *list);
            for change in batch.changes {
                match change {
                    Change::Upsert(task) => drop(self.rows.insert(task.id.clone(), task)),
                    Change::Gone(id) if self.rows.get(&id).is_some_and(&here) => drop(self.rows.remove(&id)),
                    Change::Gone(_) => {}
                }
            }
            if let Some(present) = batch.present {
                assert!(!batch.more, "what is present is said on the last page");
                let present: BTreeSet<RemoteId> = present.into_iter().collect();
                self.rows.retain(|id, row| present.contains(id) || !here(row));
            }
            self.cursors.insert(container.clone(), batch.next);
            if !batch.more {
                return Ok(());
            }
        }
        panic!("a round without an end");
    }

    pub fn write(&self, id: &RemoteId, key: &str, patch: TaskPatch) -> TaskWrite {
        let row = &self.rows[id];
        let (list, version, before) = (row.list.clone(), row.version.clone(), row.fields.clone());
        TaskWrite::Update { list, id: id.clone(), key: key.to_owned(), version, before, patch }
    }
}

/// Keys of writes.
pub(crate) fn key(n: u32) -> String {
    format!("0f5c0000-0000-4000-8000-{n:012}")
}

async fn can(rig: &dyn Rig) -> TaskAbilities {
    let lists = rig.source().lists().await.unwrap();
    let both = rig.lists().map(|id| lists.iter().find(|l| l.id == id).unwrap_or_else(|| panic!("no list {id}")).can);
    assert_eq!(both[0], both[1], "lists of a rig are alike");
    both[0]
}

/// Without what the list can't hold.
fn within(can: TaskAbilities, mut fields: TaskFields) -> TaskFields {
    let none = TaskFields::default();
    if !can.notes {
        fields.notes = none.notes;
    }
    if !can.due_day {
        fields.due = None;
    }
    if !can.priority {
        fields.priority = none.priority;
    }
    if !can.labels {
        fields.labels = none.labels;
    }
    if !can.subtasks {
        fields.parent = None;
    }
    fields
}

/// A task with something in every field that the list has.
fn full(can: TaskAbilities, title: &str) -> TaskFields {
    let fields = TaskFields {
        title: title.to_owned(),
        notes: "First line\nand a second, with æ & <b>.".to_owned(),
        due: Some(Due::Day { day: "2026-12-24".to_owned() }),
        priority: Priority::High,
        labels: vec!["phone".to_owned(), "deep work".to_owned()],
        ..TaskFields::default()
    };
    within(can, fields)
}

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

fn done(fields: TaskFields) -> TaskFields {
    TaskFields { status: TaskStatus::Done, ..fields }
}

/// The mirror has what is there, no more and no less.
fn same(rig: &dyn Rig, mirror: &Mirror) {
    for (id, row) in &mirror.rows {
        assert_eq!(Some(&row.fields), rig.look(&row.list, id).as_ref(), "{id}");
        assert_eq!(row.fields.status.is_closed(), row.completed_at.is_some(), "{id}");
    }
    assert_eq!(mirror.rows.len(), rig.count());
}

async fn create(rig: &dyn Rig, n: u32, fields: &TaskFields, tried: bool, since: Timestamp) -> Result<TaskWritten, ProviderError> {
    let [list, _] = rig.lists();
    rig.source().write(&TaskWrite::Create { list, key: key(n), fields: fields.clone(), tried, since }).await
}

pub(crate) async fn a_first_sync_brings_what_is_there(rig: &dyn Rig) {
    let can = can(rig).await;
    let [first, second] = rig.lists();
    let above = rig.put(&first, None, &full(can, "Above"));
    if can.subtasks {
        rig.put(&first, None, &TaskFields { parent: Some(above.clone()), ..titled("Below") });
    }
    let closed = rig.put(&first, None, &done(titled("Done")));
    let other = rig.put(&second, None, &titled("Elsewhere"));
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
    assert_eq!(mirror.rows[&above].fields, rig.held(full(can, "Above")));
    assert_eq!(mirror.rows[&closed].fields.status, TaskStatus::Done);
    assert_eq!((&mirror.rows[&other].list, &mirror.rows[&above].list), (&second, &first));
}

pub(crate) async fn quiet_rounds_change_nothing(rig: &dyn Rig) {
    let [first, _] = rig.lists();
    rig.put(&first, None, &titled("One"));
    rig.put(&first, None, &done(titled("Two")));
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    let before = mirror.rows.clone();
    for _ in 0..3 {
        rig.pass(60);
        mirror.sync(rig).await.unwrap();
        assert_eq!(mirror.rows, before);
    }
}

pub(crate) async fn the_same_cursor_tells_the_same(rig: &dyn Rig) {
    let [first, _] = rig.lists();
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    rig.pass(5);
    rig.put(&first, None, &titled("One"));
    let gone = rig.put(&first, None, &titled("Two"));
    rig.remove(&first, &gone);
    let container = (!rig.source().one_scope()).then(|| first.clone());
    let mut told = Vec::new();
    for _ in 0..2 {
        let batch = rig.source().changes(&scope(container.clone()), mirror.cursors.get(&container), BUDGET, rig.now()).await.unwrap();
        told.push(batch.changes.into_iter().map(|change| match change {
            Change::Upsert(task) => format!("+{} {:?}", task.id, task.fields),
            Change::Gone(id) => format!("-{id}"),
        }));
    }
    let told: Vec<BTreeSet<String>> = told.into_iter().map(Iterator::collect).collect();
    assert_eq!(told[0], told[1]);
    assert!(told[0].iter().any(|t| t.starts_with('+')), "{told:?}");
}

pub(crate) async fn what_others_do_arrives(rig: &dyn Rig) {
    let can = can(rig).await;
    let [first, second] = rig.lists();
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    let one = rig.put(&first, None, &titled("One"));
    let two = rig.put(&second, None, &titled("Two"));
    let round = async |mirror: &mut Mirror| {
        rig.pass(5);
        mirror.sync(rig).await.unwrap();
        same(rig, mirror);
    };
    round(&mut mirror).await;
    rig.put(&first, Some(&one), &full(can, "One, otherwise"));
    round(&mut mirror).await;
    assert_eq!(mirror.rows[&one].fields, rig.held(full(can, "One, otherwise")));
    rig.put(&first, Some(&one), &done(full(can, "One, otherwise")));
    round(&mut mirror).await;
    assert_eq!(mirror.rows[&one].fields.status, TaskStatus::Done);
    rig.put(&first, Some(&one), &titled("One again"));
    round(&mut mirror).await;
    assert_eq!(mirror.rows[&one].fields, titled("One again"));
    rig.remove(&second, &two);
    round(&mut mirror).await;
    assert_eq!(mirror.rows.keys().collect::<Vec<_>>(), [&one]);
}

pub(crate) async fn void_cursors_lose_and_keep_nothing(rig: &dyn Rig) {
    let [first, second] = rig.lists();
    let kept = rig.put(&first, None, &titled("Kept"));
    let closed = rig.put(&second, None, &done(titled("Closed")));
    let gone = rig.put(&first, None, &titled("Gone"));
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    rig.pass(5);
    rig.remove(&first, &gone);
    let new = rig.put(&second, None, &titled("New"));
    rig.void();
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
    assert_eq!(mirror.rows.keys().collect::<BTreeSet<_>>(), BTreeSet::from([&kept, &closed, &new]));
    // And goes on from there.
    rig.pass(5);
    rig.put(&first, Some(&kept), &titled("Kept on"));
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
}

pub(crate) async fn a_new_task_is_made_once(rig: &dyn Rig) {
    let can = can(rig).await;
    let [list, _] = rig.lists();
    let (fields, since) = (full(can, "New"), rig.now());
    let written = create(rig, 1, &fields, false, since).await.unwrap();
    let held = rig.held(fields.clone());
    assert_eq!(rig.look(&list, &written.id), Some(held.clone()));
    if let Some(task) = &written.task {
        assert_eq!((&task.id, &task.list, &task.fields), (&written.id, &list, &held));
    }
    rig.pass(5);
    assert_eq!(create(rig, 1, &fields, true, since).await.unwrap().id, written.id);
    assert_eq!(rig.count(), 1);
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    assert_eq!(mirror.rows[&written.id].fields, held);
    // Another write that says the same is another task.
    rig.pass(5);
    let second = create(rig, 2, &fields, false, rig.now()).await.unwrap();
    assert_ne!(second.id, written.id);
    assert_eq!(rig.count(), 2);
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
}

pub(crate) async fn a_new_task_whose_answer_was_lost_is_made_once(rig: &dyn Rig) {
    let can = can(rig).await;
    let [list, _] = rig.lists();
    let (fields, since) = (full(can, "New"), rig.now());
    rig.trouble(Trouble::LostAnswer);
    let error = create(rig, 1, &fields, false, since).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Retry, "{error}");
    assert_eq!(rig.count(), 1, "the rig's trouble comes after it is done");
    rig.pass(30);
    let written = create(rig, 1, &fields, true, since).await.unwrap();
    assert_eq!(rig.count(), 1);
    assert_eq!(rig.look(&list, &written.id), Some(rig.held(fields)));
}

pub(crate) async fn new_tasks_may_be_subtasks_or_done(rig: &dyn Rig) {
    let can = can(rig).await;
    let [list, _] = rig.lists();
    let above = rig.put(&list, None, &titled("Above"));
    let mut fields = done(titled("Done already"));
    if can.subtasks {
        let below = TaskFields { parent: Some(above), ..titled("Below") };
        let written = create(rig, 1, &below, false, rig.now()).await.unwrap();
        assert_eq!(rig.look(&list, &written.id), Some(rig.held(below)));
        fields.parent = None;
    }
    let before = rig.count();
    let since = rig.now();
    let written = create(rig, 2, &fields, false, since).await.unwrap();
    assert_eq!(rig.look(&list, &written.id), Some(rig.held(fields.clone())));
    rig.pass(5);
    assert_eq!(create(rig, 2, &fields, true, since).await.unwrap().id, written.id);
    assert_eq!(rig.count(), before + 1);
}

pub(crate) async fn a_change_changes_what_it_names(rig: &dyn Rig) {
    let can = can(rig).await;
    let [list, _] = rig.lists();
    let id = rig.put(&list, None, &full(can, "Before"));
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    let one = TaskPatch::default;
    let mut patches = vec![TaskPatch { title: Some("After".to_owned()), ..one() }];
    if can.notes {
        patches.push(TaskPatch { notes: Some("Other".to_owned()), ..one() });
        patches.push(TaskPatch { notes: Some(String::new()), ..one() });
    }
    if can.due_day {
        patches.push(TaskPatch { due: Some(Some(Due::Day { day: "2027-01-31".to_owned() })), ..one() });
        patches.push(TaskPatch { due: Some(None), ..one() });
    }
    if can.due_time {
        patches.push(TaskPatch { due: Some(Some(Due::Floating { at: "2027-02-01T09:30:00".to_owned() })), ..one() });
        let at = Due::At { at: Timestamp::from_secs(1_800_000_000), zone: Some("Europe/Stockholm".to_owned()) };
        patches.push(TaskPatch { due: Some(Some(at)), ..one() });
    }
    if can.priority {
        for priority in [Priority::Urgent, Priority::Medium, Priority::Low, Priority::None] {
            patches.push(TaskPatch { priority: Some(priority), ..one() });
        }
    }
    if can.labels {
        patches.push(TaskPatch { labels: Some(vec!["home".to_owned()]), ..one() });
        patches.push(TaskPatch { labels: Some(Vec::new()), ..one() });
    }
    patches.push(TaskPatch { title: Some("After all".to_owned()), status: Some(TaskStatus::Done), ..one() });
    for (n, patch) in patches.into_iter().enumerate() {
        let mut expected = mirror.rows[&id].fields.clone();
        patch.apply(&mut expected);
        let expected = rig.held(expected);
        let write = mirror.write(&id, &key(n as u32), patch.clone());
        rig.pass(5);
        let written = rig.source().write(&write).await.unwrap();
        assert_eq!(written.id, id);
        assert_eq!(rig.look(&list, &id), Some(expected.clone()), "{patch:?}");
        if let Some(task) = written.task {
            assert_eq!(task.fields, expected, "{patch:?}");
        }
        mirror.sync(rig).await.unwrap();
        same(rig, &mirror);
    }
    assert_eq!(rig.count(), 1);
}

pub(crate) async fn a_change_whose_answer_was_lost_is_done_once(rig: &dyn Rig) {
    let can = can(rig).await;
    let [list, _] = rig.lists();
    let id = rig.put(&list, None, &full(can, "Before"));
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    let patch = TaskPatch { title: Some("After".to_owned()), ..TaskPatch::default() };
    let mut expected = mirror.rows[&id].fields.clone();
    patch.apply(&mut expected);
    let write = mirror.write(&id, &key(1), patch);
    rig.pass(5);
    rig.trouble(Trouble::LostAnswer);
    assert_eq!(rig.source().write(&write).await.unwrap_err().class(), ErrorClass::Retry);
    // A provider that can tell that it is not what it was made from any more says so; else it is done, and stays as it is.
    match rig.source().write(&write).await {
        Ok(_) | Err(ProviderError::Conflict(_)) => {}
        Err(error) => panic!("{error}"),
    }
    assert_eq!((rig.look(&list, &id), rig.count()), (Some(expected), 1));
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
}

pub(crate) async fn done_is_done_and_can_be_undone(rig: &dyn Rig) {
    let [list, _] = rig.lists();
    let id = rig.put(&list, None, &titled("Task"));
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    let to = |status| TaskPatch { status: Some(status), ..TaskPatch::default() };
    for (n, status) in [TaskStatus::Done, TaskStatus::Open, TaskStatus::Cancelled, TaskStatus::Started].into_iter().enumerate() {
        rig.pass(5);
        rig.source().write(&mirror.write(&id, &key(n as u32), to(status))).await.unwrap();
        let expected = rig.held(TaskFields { status, ..titled("Task") });
        assert_eq!(rig.look(&list, &id), Some(expected), "{status:?}");
        mirror.sync(rig).await.unwrap();
        same(rig, &mirror);
    }
}

pub(crate) async fn what_is_deleted_is_gone(rig: &dyn Rig) {
    let [list, _] = rig.lists();
    let id = rig.put(&list, None, &titled("Task"));
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    let update = mirror.write(&id, &key(1), TaskPatch { title: Some("Too late".to_owned()), ..TaskPatch::default() });
    let delete = TaskWrite::Delete { list: list.clone(), id: id.clone(), key: key(2), version: mirror.rows[&id].version.clone() };
    let again = TaskWrite::Delete { list: list.clone(), id: id.clone(), key: key(3), version: mirror.rows[&id].version.clone() };
    rig.pass(5);
    if can(rig).await.deletes {
        for write in [&delete, &delete, &again] {
            assert_eq!(rig.source().write(write).await.unwrap(), TaskWritten { id: id.clone(), task: None });
            assert_eq!((rig.look(&list, &id), rig.count()), (None, 0));
        }
    } else {
        let error = rig.source().write(&delete).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unsupported(_)), "{error}");
        assert_eq!(rig.count(), 1, "what can't be deleted stays");
        rig.remove(&list, &id);
    }
    let error = rig.source().write(&update).await.unwrap_err();
    assert!(matches!(error, ProviderError::NotFound(_)), "{error}");
    assert_eq!(rig.count(), 0);
    mirror.sync(rig).await.unwrap();
    assert!(mirror.rows.is_empty());
}

pub(crate) async fn tasks_move_under_others_and_to_other_lists(rig: &dyn Rig) {
    let can = can(rig).await;
    let [first, second] = rig.lists();
    let above = rig.put(&first, None, &titled("Above"));
    let below = rig.put(&first, None, &titled("Below"));
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    if can.subtasks {
        for (n, parent) in [Some(above.clone()), None, Some(above.clone())].into_iter().enumerate() {
            rig.pass(5);
            let patch = TaskPatch { parent: Some(parent.clone()), ..TaskPatch::default() };
            let write = mirror.write(&below, &key(n as u32), patch);
            rig.source().write(&write).await.unwrap();
            assert_eq!(rig.look(&first, &below).unwrap().parent, parent);
            mirror.sync(rig).await.unwrap();
            same(rig, &mirror);
        }
    }
    if can.moves {
        rig.pass(5);
        let patch = TaskPatch { list: Some(second.clone()), ..TaskPatch::default() };
        let moved = rig.source().write(&mirror.write(&above, &key(9), patch)).await.unwrap().id;
        assert_eq!((rig.look(&first, &above), rig.look(&second, &moved)), (None, Some(titled("Above"))));
        mirror.sync(rig).await.unwrap();
        same(rig, &mirror);
        assert_eq!(mirror.rows[&moved].list, second);
        if can.subtasks {
            let children: Vec<&RemoteTask> = mirror.rows.values().filter(|row| row.fields.title == "Below").collect();
            assert_eq!(children.len(), 1);
            assert_eq!((&children[0].list, &children[0].fields.parent), (&second, &Some(moved)), "subtasks go along");
        }
    }
    assert_eq!(rig.count(), 2);
}

pub(crate) async fn trouble_is_named_and_passes(rig: &dyn Rig) {
    let [first, _] = rig.lists();
    let id = rig.put(&first, None, &titled("Task"));
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    rig.put(&first, Some(&id), &titled("Task, otherwise"));
    for trouble in [Trouble::Unavailable, Trouble::Wait] {
        rig.pass(5);
        rig.trouble(trouble);
        let read = mirror.sync(rig).await.unwrap_err();
        rig.trouble(trouble);
        let write = create(rig, 1, &titled("New"), false, rig.now()).await.unwrap_err();
        for error in [read, write] {
            match trouble {
                Trouble::Wait => assert!(matches!(error, ProviderError::RateLimited { .. }), "{error:?}"),
                _ => assert!(matches!(error, ProviderError::Server { .. }), "{error:?}"),
            }
        }
        assert_eq!(rig.count(), 1, "what was refused was not done");
    }
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
    let written = create(rig, 1, &titled("New"), true, rig.now()).await.unwrap();
    assert_eq!((rig.look(&first, &written.id), rig.count()), (Some(titled("New")), 2));
    rig.trouble(Trouble::SignedOut);
    // One fresh token that is refused may be a hiccup; several in a row are not.
    let mut last = None;
    for _ in 0..3 {
        last = Some(mirror.sync(rig).await.unwrap_err());
    }
    let last = last.unwrap();
    assert_eq!(last.class(), ErrorClass::Reauth, "{last:?}");
}

pub(crate) async fn many_tasks_all_arrive(rig: &dyn Rig) {
    let lists = rig.lists();
    for n in 0..430 {
        let fields = titled(&format!("Task {n}"));
        rig.put(&lists[n % 2], None, &if n % 3 == 0 { done(fields) } else { fields });
    }
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    assert_eq!(mirror.rows.len(), 430);
    same(rig, &mirror);
}

/// The tests, each with a rig of its own: `suite!(start)`, where `start` is an async function that returns one.
macro_rules! suite {
    ($start:path) => {
        $crate::task_contract::suite!(
            $start:
            a_first_sync_brings_what_is_there,
            quiet_rounds_change_nothing,
            the_same_cursor_tells_the_same,
            what_others_do_arrives,
            void_cursors_lose_and_keep_nothing,
            a_new_task_is_made_once,
            a_new_task_whose_answer_was_lost_is_made_once,
            new_tasks_may_be_subtasks_or_done,
            a_change_changes_what_it_names,
            a_change_whose_answer_was_lost_is_done_once,
            done_is_done_and_can_be_undone,
            what_is_deleted_is_gone,
            tasks_move_under_others_and_to_other_lists,
            trouble_is_named_and_passes,
            many_tasks_all_arrive
        );
    };
    ($start:path: $($name:ident),+) => {
        $(
            #[tokio::test]
            async fn $name() {
                let rig = $start().await;
                $crate::task_contract::$name(&rig).await;
            }
        )+
    };
}
pub(crate) use suite;
