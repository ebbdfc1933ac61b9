#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    ids::{ConnectionId, OutboxId, RemoteId, TaskId, TaskListId},
    integration::Service,
    outbox::{OutboxItem, OutboxOp, WedgeReason},
    sync::{SyncCursor, SyncScope},
    tasks::{Due, Priority, RemoteTask, RemoteTaskList, TaskAbilities, TaskFields, TaskStatus},
    time::Timestamp,
};
use sqlx::Row as _;

use super::*;
use crate::{
    Resting,
    testing::{Home, at, connection, home, imap, mail, note, put as put_mail},
};

fn can() -> TaskAbilities {
    TaskAbilities {
        write: true,
        notes: true,
        due_day: true,
        due_time: true,
        priority: true,
        coarse_priority: false,
        labels: true,
        subtasks: true,
        moves: true,
        deletes: true,
    }
}

fn remote_list(id: &str) -> RemoteTaskList {
    RemoteTaskList { id: RemoteId::new(id), name: id.to_uppercase(), colour: None, default: id == "a", can: can() }
}

fn named(title: &str) -> TaskFields {
    TaskFields { title: title.into(), ..TaskFields::default() }
}

fn remote(id: &str, version: &str, fields: TaskFields) -> RemoteTask {
    RemoteTask {
        id: RemoteId::new(id),
        list: RemoteId::new("a"),
        version: version.into(),
        fields,
        position: id.into(),
        repeats: None,
        url: None,
        completed_at: None,
        updated_at: None,
    }
}

struct World {
    home: Home,
    connection: ConnectionId,
    lists: Vec<TaskListId>,
    scope: SyncScope,
}

async fn world() -> World {
    let home = home().await;
    let mut new = connection("todo", "me@todo.example");
    new.accounts.clear();
    home.store.insert_connection(&new, &note("connection.created"), at(0)).await.unwrap();
    let id = ConnectionId::new("todo");
    let lists = [remote_list("a"), remote_list("b")];
    assert_eq!(home.store.upsert_task_lists(&id, &lists, |_, n| n as u8).await.unwrap(), (true, true));
    assert_eq!(home.store.upsert_task_lists(&id, &lists, |_, n| n as u8).await.unwrap(), (false, false), "nothing new");
    let rows = home.store.task_lists().await.unwrap();
    assert_eq!((rows[0].can, rows[0].default, rows[1].default), (can(), true, false));
    let scope = home.store.ensure_scope(&id, Service::Tasks, None).await.unwrap();
    World { home, connection: id, lists: rows.iter().map(|l| l.id).collect(), scope }
}

impl World {
    fn store(&self) -> &Store {
        &self.home.store
    }

    fn batch(&self, upserts: Vec<RemoteTask>, gone: &[&str], present: Option<&[&str]>) -> TaskBatch {
        let ids = |list: &[&str]| list.iter().map(|r| RemoteId::new(*r)).collect();
        TaskBatch {
            scope: self.scope.clone(),
            list: None,
            upserts,
            gone: ids(gone),
            present: present.map(ids),
            next: SyncCursor::Opaque { value: "1".into() },
            more: false,
            progress: None,
            now: at(50),
        }
    }

    async fn commit(&self, upserts: Vec<RemoteTask>, gone: &[&str], present: Option<&[&str]>) -> TaskReport {
        self.store().commit_tasks(self.batch(upserts, gone, present)).await.unwrap()
    }

    fn want(&self, fields: TaskFields) -> TaskWant {
        let key = format!("key of {}", fields.title);
        TaskWant { list: self.lists[0], parent: None, fields, key, position: String::new(), source_message: None, source_event: None }
    }

    async fn edit(&self, task: Option<TaskId>, want: Option<TaskWant>) -> Option<TaskId> {
        let edit = TaskEdit { task, want, resolves: false, title: "t".into() };
        self.store().edit_tasks(&self.connection, &[edit], at(5), &note("task.changed"), at(0)).await.unwrap()[0]
    }

    async fn waiting(&self) -> Vec<String> {
        self.store().outbox(false).await.unwrap().iter().map(|o| o.op.kind().to_owned()).collect()
    }

    async fn of(&self, remote: &str) -> Option<TaskRow> {
        let all: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM task WHERE remote = ?").bind(remote).fetch_all(&self.store().inner.readers).await.unwrap();
        assert!(all.len() < 2, "twice");
        match all.first() {
            Some(id) => Some(self.store().task(TaskId(*id)).await.unwrap()),
            None => None,
        }
    }

    /// Takes the next due write, as the worker does.
    async fn claim(&self) -> Option<OutboxItem> {
        self.store().claim_next(at(100), 60_000, &Resting::default()).await.unwrap()
    }

    fn put_of(outbox: OutboxId, row: &TaskRow, remote: &str, has: Option<RemoteTask>) -> TaskPut {
        TaskPut {
            outbox,
            task: row.id,
            list: RemoteId::new("a"),
            remote: RemoteId::new(remote),
            before: row.base.as_ref().map(|b| b.fields.clone()),
            sent: row.sent.as_ref().map_or_else(|| row.fields.clone(), |s| s.fields.clone()),
            has,
        }
    }

    async fn put(&self, outbox: OutboxId, row: &TaskRow, remote: &str, has: Option<RemoteTask>) {
        self.store().task_put(&Self::put_of(outbox, row, remote, has), &note("outbox.done"), at(101)).await.unwrap();
    }
}

#[tokio::test]
async fn a_page_and_its_cursor_are_one_and_repeating_it_changes_nothing() {
    let w = world().await;
    let fields = TaskFields {
        title: "Call Bo".into(),
        notes: "before noon".into(),
        due: Some(Due::At { at: at(3_600), zone: Some("Europe/Berlin".into()) }),
        priority: Priority::High,
        labels: vec!["phone".into()],
        status: TaskStatus::Started,
        parent: None,
    };
    let page = || {
        vec![
            RemoteTask { repeats: Some("every day".into()), url: Some("https://x".into()), ..remote("1", "v1", fields.clone()) },
            remote("2", "v1", TaskFields { due: Some(Due::Day { day: "2026-11-23".into() }), ..named("Day") }),
            remote("3", "v1", TaskFields { due: Some(Due::Floating { at: "2026-11-23T09:30:00".into() }), ..named("Wall") }),
            RemoteTask { list: RemoteId::new("elsewhere"), ..remote("4", "v1", named("Lost")) },
        ]
    };
    assert_eq!(w.commit(page(), &[], None).await, TaskReport { added: 3, updated: 0, removed: 0, homeless: 1 });
    assert_eq!(w.commit(page(), &[], None).await, TaskReport { homeless: 1, ..TaskReport::default() });
    let row = w.of("1").await.unwrap();
    assert_eq!((row.fields, row.repeats.as_deref(), row.version.as_str()), (fields.clone(), Some("every day"), "v1"));
    for (id, task) in [("2", &page()[1]), ("3", &page()[2])] {
        assert_eq!(w.of(id).await.unwrap().fields, task.fields);
    }
    let state = w.store().scope(w.scope.id).await.unwrap();
    assert!(state.complete && state.cursor == Some(SyncCursor::Opaque { value: "1".into() }));
    assert_eq!(w.commit(vec![], &["1"], None).await.removed, 1);
    assert_eq!(w.commit(vec![remote("5", "v1", named("New"))], &[], Some(&["5"])).await.removed, 2, "swept");
    // What is older than what is here is left out.
    let at_time = |secs, title| RemoteTask { updated_at: Some(at(secs)), ..remote("5", "v", named(title)) };
    assert_eq!(w.commit(vec![at_time(9, "Newer")], &[], None).await.updated, 1);
    assert_eq!(w.commit(vec![at_time(8, "Older")], &[], None).await.updated, 0);
    assert_eq!(w.of("5").await.unwrap().fields.title, "Newer");
}

/// A page that can't be stored to its end leaves neither a task nor a cursor.
#[tokio::test]
async fn data_and_cursor_are_rolled_back_together() {
    let w = world().await;
    let mut tx = w.store().write().await.unwrap();
    sqlx::raw_sql("CREATE TRIGGER broken BEFORE UPDATE OF cursor ON scope BEGIN SELECT raise(ABORT, 'killed'); END")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let page = w.batch(vec![remote("1", "v1", named("Call Bo"))], &[], None);
    assert!(w.store().commit_tasks(page.clone()).await.is_err());
    assert!(w.of("1").await.is_none());
    assert_eq!(w.store().scope(w.scope.id).await.unwrap().cursor, None);
    let mut tx = w.store().write().await.unwrap();
    sqlx::raw_sql("DROP TRIGGER broken").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(w.store().commit_tasks(page).await.unwrap().added, 1);
}

#[tokio::test]
async fn a_child_finds_its_parent_whichever_comes_first() {
    let w = world().await;
    let below = |parent: &str| TaskFields { parent: Some(RemoteId::new(parent)), ..named("Child") };
    w.commit(vec![remote("c", "1", below("p"))], &[], None).await;
    assert_eq!(w.of("c").await.unwrap().parent, None);
    assert_eq!(w.of("c").await.unwrap().fields.parent, Some(RemoteId::new("p")), "and it is not forgotten");
    w.commit(vec![remote("p", "1", named("Parent"))], &[], None).await;
    let parent = w.of("p").await.unwrap().id;
    assert_eq!(w.of("c").await.unwrap().parent, Some(parent));
    assert_eq!(w.store().task_tree(parent).await.unwrap(), [w.of("c").await.unwrap().id, parent]);
    assert_eq!(w.store().task_tallies(&[parent]).await.unwrap()[&parent], TaskTally { open: 1, closed: 0 });
    let list = w.lists[0];
    assert_eq!(w.store().tasks_in(list, ("", 0), 9).await.unwrap(), [parent], "one stands at the top");
    assert_eq!(w.store().tasks_below(&[parent], 9).await.unwrap(), [(w.of("c").await.unwrap().id, parent, 1)]);
    // Made here, both: the child waits for its parent.
    let p = w.edit(None, Some(w.want(named("Trip")))).await.unwrap();
    let c = w.edit(None, Some(TaskWant { parent: Some(p), ..w.want(named("Book")) })).await.unwrap();
    assert!(w.store().task(c).await.unwrap().parent_unwritten());
    // The parent's write keeps its place, although it was changed later.
    w.edit(Some(p), Some(w.want(named("Trip to Oslo")))).await;
    let first = w.claim().await.unwrap();
    assert_eq!(first.op.task(), Some(p));
    assert!(w.claim().await.is_none(), "the child waits");
    w.put(first.id, &w.store().task(p).await.unwrap(), "t", None).await;
    let child = w.store().task(c).await.unwrap();
    assert_eq!((child.fields.parent.clone(), child.parent_unwritten()), (Some(RemoteId::new("t")), false));
    assert_eq!(w.claim().await.unwrap().op.task(), Some(c));
}

#[tokio::test]
async fn several_changes_in_a_row_are_one_write() {
    let w = world().await;
    w.commit(vec![remote("1", "1", named("Lunch"))], &[], None).await;
    let task = w.of("1").await.unwrap().id;
    for title in ["One", "Two", "Three"] {
        w.edit(Some(task), Some(w.want(named(title)))).await;
    }
    assert_eq!(w.waiting().await, ["put_task"]);
    let row = w.of("1").await.unwrap();
    assert_eq!((row.fields.title.as_str(), row.base.as_ref().unwrap().fields.title.as_str()), ("Three", "Lunch"));
    // A change while the write is on its way is a write of its own, and waits for the first.
    let first = w.claim().await.unwrap();
    w.edit(Some(task), Some(w.want(TaskFields { notes: "n".into(), ..named("Three") }))).await;
    assert_eq!(w.waiting().await.len(), 2);
    assert!(w.claim().await.is_none(), "one at a time");
    // The provider keeps something else than was sent.
    w.put(first.id, &row, "1", Some(remote("1", "2", named("Three!")))).await;
    let between = w.of("1").await.unwrap();
    assert_eq!((between.fields.title.as_str(), between.fields.notes.as_str()), ("Three!", "n"), "what came since is on top");
    assert_eq!(between.base.as_ref().unwrap().fields, named("Three!"));
    let second = w.claim().await.unwrap();
    w.put(second.id, &between, "1", None).await;
    let settled = w.of("1").await.unwrap();
    assert!(settled.base.is_none() && settled.fields.notes == "n" && w.waiting().await.is_empty());
}

#[tokio::test]
async fn a_change_that_is_taken_back_in_time_is_no_write() {
    let w = world().await;
    w.commit(vec![remote("1", "1", named("Lunch"))], &[], None).await;
    let task = w.of("1").await.unwrap().id;
    w.edit(Some(task), Some(w.want(named("Dinner")))).await;
    w.edit(Some(task), Some(w.want(named("Lunch")))).await;
    assert!(w.waiting().await.is_empty());
    assert!(!w.of("1").await.unwrap().waits());
    w.edit(Some(task), None).await;
    assert_eq!(w.waiting().await, ["delete_task"]);
    w.edit(Some(task), Some(w.want(named("Lunch")))).await;
    assert!(w.waiting().await.is_empty() && !w.of("1").await.unwrap().waits());
}

#[tokio::test]
async fn what_was_only_ever_here_goes_without_a_trace_and_the_rest_by_a_write() {
    let w = world().await;
    let made = w.edit(None, Some(w.want(named("New")))).await.unwrap();
    assert_eq!(w.waiting().await, ["put_task"]);
    assert_eq!(w.edit(Some(made), None).await, None);
    assert!(w.waiting().await.is_empty() && w.store().task(made).await.is_err());
    // One whose creation is on the way is deleted after it.
    let made = w.edit(None, Some(w.want(named("New")))).await.unwrap();
    let first = w.claim().await.unwrap();
    assert_eq!(w.edit(Some(made), None).await, Some(made));
    let row = w.store().task(made).await.unwrap();
    assert!(row.removed);
    w.put(first.id, &row, "n", None).await;
    let delete = w.claim().await.unwrap();
    assert!(matches!(delete.op, OutboxOp::DeleteTask { .. }));
    assert!(w.store().task(made).await.unwrap().remote.is_some(), "known to be there, so it can be deleted there");
    w.store().task_deleted(delete.id, made, "k2", &note("outbox.done"), at(102)).await.unwrap();
    assert!(w.store().task(made).await.is_err());
    // One that was refused takes its failure along.
    let made = w.edit(None, Some(w.want(named("Too long")))).await.unwrap();
    let first = w.claim().await.unwrap();
    w.store().wedge(first.id, WedgeReason::Refused, "too long", &note("outbox.wedged"), at(103)).await.unwrap();
    assert_eq!(w.store().stuck_tasks().await.unwrap(), [made]);
    assert_eq!(w.edit(Some(made), None).await, None);
    assert!(w.waiting().await.is_empty());
}

#[tokio::test]
async fn a_deletion_can_be_taken_back_while_it_goes_out() {
    let w = world().await;
    w.commit(vec![remote("1", "1", named("Lunch"))], &[], None).await;
    let task = w.of("1").await.unwrap().id;
    w.edit(Some(task), None).await;
    let delete = w.claim().await.unwrap();
    w.edit(Some(task), Some(w.want(named("Lunch")))).await;
    w.store().task_deleted(delete.id, task, "k2", &note("outbox.done"), at(102)).await.unwrap();
    let row = w.store().task(task).await.unwrap();
    assert!(row.remote.is_none() && row.base.is_none() && !row.removed && row.key.as_deref() == Some("k2"));
    assert!(matches!(w.claim().await.unwrap().op, OutboxOp::PutTask { .. }), "it is made anew");
}

#[tokio::test]
async fn an_answer_that_never_came_makes_no_second_task() {
    let w = world().await;
    let task = w.edit(None, Some(w.want(named("New")))).await.unwrap();
    let write = w.claim().await.unwrap();
    let sent = TaskSent { list: RemoteId::new("a"), fields: named("New"), since: write.created_at };
    w.store().task_trying(task, &sent).await.unwrap();
    // Changed meanwhile; and the next round sees it before the write knows that it is there, with a child of its own.
    w.edit(Some(task), Some(w.want(TaskFields { priority: Priority::High, ..named("New") }))).await;
    w.store().task_trying(task, &TaskSent { fields: named("Other"), ..sent.clone() }).await.unwrap();
    let child = remote("c", "1", TaskFields { parent: Some(RemoteId::new("n")), ..named("Child") });
    w.commit(vec![remote("n", "1", named("New")), child], &[], None).await;
    let row = w.store().task(task).await.unwrap();
    assert_eq!(row.sent.as_ref(), Some(&sent), "what was sent first is what is looked for");
    w.put(write.id, &row, "n", None).await;
    let row = w.of("n").await.unwrap();
    assert_eq!((row.id, row.fields.priority, row.version.as_str()), (task, Priority::High, "1"));
    assert_eq!(row.base.unwrap().fields, named("New"), "what was changed since is a write of its own");
    assert_eq!(w.of("c").await.unwrap().parent, Some(task));
    assert_eq!(w.waiting().await, ["put_task"]);
}

#[tokio::test]
async fn what_comes_is_merged_by_field_and_spares_what_waits() {
    let w = world().await;
    w.commit(vec![remote("1", "1", named("Lunch")), remote("2", "1", named("Gone"))], &[], None).await;
    let task = w.of("1").await.unwrap().id;
    w.edit(Some(task), Some(w.want(TaskFields { priority: Priority::High, ..named("Mine") }))).await;
    w.edit(None, Some(w.want(named("Unwritten")))).await;
    let theirs = TaskFields { notes: "theirs".into(), ..named("Theirs") };
    w.commit(vec![remote("1", "2", theirs.clone())], &["1"], Some(&[])).await;
    let row = w.of("1").await.unwrap();
    let shown = TaskFields { priority: Priority::High, notes: "theirs".into(), ..named("Mine") };
    assert_eq!((&row.fields, row.version.as_str(), row.base.as_ref().map(|b| &b.fields)), (&shown, "2", Some(&theirs)));
    let conflict = row.conflict.clone().unwrap();
    assert_eq!((conflict.fields, conflict.theirs.title), (vec!["title".to_owned()], "Theirs".to_owned()));
    assert!(w.of("2").await.is_none());
    assert_eq!(w.store().tasks_in(w.lists[0], ("", 0), 9).await.unwrap().len(), 2, "neither of those that wait was swept");
    // The same again is no news, and the write goes on.
    assert_eq!(w.commit(vec![remote("1", "2", theirs)], &[], None).await.updated, 0);
    let put = w.claim().await.unwrap();
    w.put(put.id, &row, "1", None).await;
    let row = w.of("1").await.unwrap();
    assert!(row.base.is_none() && row.conflict.is_some() && row.fields == shown, "told of until the person has seen it");
    let seen = TaskEdit { task: Some(task), want: Some(w.want(named("Theirs"))), resolves: true, title: "t".into() };
    w.store().edit_tasks(&w.connection, &[seen], at(5), &note("task.resolved"), at(0)).await.unwrap();
    assert!(w.of("1").await.unwrap().conflict.is_none());
}

/// A round that came while a write was on its way, whose answer does not say what is there now.
#[tokio::test]
async fn what_others_changed_while_a_write_was_on_its_way_is_not_sent_again() {
    let w = world().await;
    w.commit(vec![remote("1", "1", named("Lunch"))], &[], None).await;
    let task = w.of("1").await.unwrap().id;
    w.edit(Some(task), Some(w.want(named("Mine")))).await;
    let put = w.claim().await.unwrap();
    let sent = w.of("1").await.unwrap();
    w.commit(vec![remote("1", "2", TaskFields { notes: "theirs".into(), ..named("Lunch") })], &[], None).await;
    w.put(put.id, &sent, "1", None).await;
    let row = w.of("1").await.unwrap();
    assert!(row.base.is_none() && row.fields.title == "Mine" && row.fields.notes == "theirs");
    assert!(w.waiting().await.is_empty());
}

#[tokio::test]
async fn changed_here_and_deleted_there_is_the_persons_to_decide() {
    let w = world().await;
    let prepare = async |id: &str| {
        w.commit(vec![remote(id, "1", named("Lunch"))], &[], None).await;
        let task = w.of(id).await.unwrap().id;
        w.edit(Some(task), Some(w.want(named("Mine")))).await;
        let put = w.claim().await.unwrap();
        w.store().task_gone_there(task).await.unwrap();
        w.store().wedge(put.id, WedgeReason::Conflict, "Lunch", &note("outbox.wedged"), at(103)).await.unwrap();
        w.store().task(task).await.unwrap()
    };
    let row = prepare("1").await;
    w.store().keep_my_task(&w.connection, &row, "k2", &note("task.resolved"), at(99)).await.unwrap();
    let kept = w.store().task(row.id).await.unwrap();
    assert!(kept.remote.is_none() && kept.conflict.is_none() && kept.fields.title == "Mine");
    let put = w.claim().await.unwrap();
    w.put(put.id, &kept, "9", None).await;
    assert!(w.waiting().await.is_empty());
    let row = prepare("2").await;
    w.store().give_up_task(row.id, &note("outbox.discarded"), at(105)).await.unwrap();
    assert!(w.store().task(row.id).await.is_err() && w.waiting().await.is_empty());
}

#[tokio::test]
async fn giving_up_a_change_brings_back_what_the_provider_has() {
    let w = world().await;
    let child = remote("c", "1", TaskFields { parent: Some(RemoteId::new("1")), ..named("Child") });
    w.commit(vec![remote("1", "1", named("Lunch")), child.clone()], &[], None).await;
    let task = w.of("1").await.unwrap().id;
    w.edit(Some(task), Some(TaskWant { list: w.lists[1], ..w.want(named("Mine")) })).await;
    assert_eq!(w.of("c").await.unwrap().list, w.lists[1], "what stands below goes along");
    // Its old list still says so, and neither that nor a sweep of the new one takes it back.
    assert_eq!(w.commit(vec![RemoteTask { version: "2".into(), ..child }], &[], None).await.updated, 1);
    let sweep = TaskBatch { list: Some(w.lists[1]), ..w.batch(vec![], &[], Some(&[])) };
    assert_eq!(w.store().commit_tasks(sweep).await.unwrap().removed, 0);
    assert_eq!(w.of("c").await.unwrap().list, w.lists[1]);
    w.store().give_up_task(task, &note("outbox.discarded"), at(105)).await.unwrap();
    let row = w.of("1").await.unwrap();
    assert!(row.fields == named("Lunch") && !row.waits() && row.list == w.lists[0] && w.of("c").await.unwrap().list == w.lists[0]);
    // Moved by somebody else: with what stands below it.
    w.commit(vec![RemoteTask { list: RemoteId::new("b"), ..remote("1", "3", named("Lunch")) }], &[], None).await;
    assert_eq!((w.of("1").await.unwrap().list, w.of("c").await.unwrap().list), (w.lists[1], w.lists[1]));
    // The list that it left says so afterwards.
    let left = TaskBatch { list: Some(w.lists[0]), ..w.batch(vec![], &["1"], Some(&[])) };
    assert_eq!(w.store().commit_tasks(left).await.unwrap().removed, 0);
}

#[tokio::test]
async fn lists_are_read_by_an_index_and_in_order() {
    let w = world().await;
    let day = |d: &str| TaskFields { due: Some(Due::Day { day: d.into() }), ..named("Due") };
    let done = |secs| RemoteTask {
        completed_at: Some(at(secs)),
        ..remote(&format!("d{secs}"), "1", TaskFields { status: TaskStatus::Done, ..named("Done") })
    };
    let café = TaskFields { notes: "im Café\nKÄSE".into(), labels: vec!["Einkauf".into()], ..named("Shop") };
    let page = vec![
        remote("1", "1", day("2026-01-02")),
        remote("2", "1", day("2026-02-01")),
        remote("3", "1", day("nonsense")),
        remote("4", "1", café),
        done(10),
        done(20),
    ];
    w.commit(page, &[], None).await;
    let due = w.store().due_tasks(at(0), at(40 * 86_400), 9).await.unwrap();
    assert_eq!(due.iter().map(|d| (d.at - at(0).0, d.day)).collect::<Vec<_>>(), [(86_400_000, true), (31 * 86_400_000, true)]);
    assert_eq!(w.of("3").await.unwrap().fields, day("nonsense"), "kept as it is, and due on no day");
    assert_eq!(w.store().undated_tasks((0, "", 0), 9).await.unwrap().len(), 1);
    let closed = w.store().closed_tasks(None, Timestamp(0), (i64::MAX, i64::MAX), 9).await.unwrap();
    assert_eq!(closed, [w.of("d20").await.unwrap().id, w.of("d10").await.unwrap().id]);
    let found = async |text: &str, closed| w.store().find_tasks(text, closed, i64::MAX, 9).await.unwrap().len();
    assert_eq!([found("cafe kase", false).await, found("EINKAUF shop", false).await, found("cafe no", false).await], [1, 1, 0]);
    assert_eq!([found("done", false).await, found("done", true).await, found(" ", true).await], [0, 2, 0]);
    w.store().change_task_list(w.lists[0], Some(false), None, true).await.unwrap();
    assert!(
        w.store().due_tasks(at(0), at(40 * 86_400), 9).await.unwrap().is_empty() && w.store().count_undated_tasks().await.unwrap() == 0
    );
    for (sql, index) in find::queries() {
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&w.store().inner.readers).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|r| r.get::<String, _>(3)).collect();
        assert!(plan.iter().any(|l| l.contains(index)) && !plan.iter().any(|l| l.contains("TEMP B-TREE")), "{sql}\n{plan:#?}");
    }
}

#[tokio::test]
async fn a_list_that_is_gone_takes_everything_along_and_so_does_its_connection() {
    let w = world().await;
    let scope = w.store().ensure_scope(&w.connection, Service::Tasks, Some(&RemoteId::new("a"))).await.unwrap();
    w.commit(vec![remote("1", "1", named("Lunch"))], &[], None).await;
    w.edit(Some(w.of("1").await.unwrap().id), Some(w.want(named("Mine")))).await;
    assert_eq!(w.store().upsert_task_lists(&w.connection, &[remote_list("b")], |_, _| 0).await.unwrap(), (true, false));
    assert!(w.of("1").await.is_none() && w.waiting().await.is_empty() && w.store().scope(scope.id).await.is_err());
    // A mail that a task was made from leaves with its account; the task stays.
    let mailbox = imap(w.store(), "m").await;
    put_mail(w.store(), &mailbox.inbox, mailbox.account, vec![mail(1, "Subject", "text")]).await;
    let from_mail = TaskWant { list: w.lists[1], source_message: Some("m1@x".into()), ..w.want(named("Answer")) };
    let task = w.edit(None, Some(from_mail)).await.unwrap();
    assert_eq!(w.store().task(task).await.unwrap().source_message.as_deref(), Some("m1@x"));
    w.store().delete_connection(&mailbox.connection, None, &note("connection.deleted"), at(9)).await.unwrap();
    assert_eq!(w.store().task(task).await.unwrap().source_message, None);
    w.store().delete_connection(&w.connection, None, &note("connection.deleted"), at(9)).await.unwrap();
    for table in ["task", "task_list", "outbox"] {
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
            .fetch_one(&w.store().inner.readers)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[tokio::test]
async fn nothing_of_a_task_lies_open_on_the_disk() {
    let w = world().await;
    w.commit(vec![remote("1", "1", named("XKEYSCOREWORD"))], &[], None).await;
    w.store().checkpoint().await.unwrap();
    for (path, bytes) in w.home.bytes() {
        assert!(!bytes.windows(13).any(|x| x.eq_ignore_ascii_case(b"XKEYSCOREWORD")), "{}", path.display());
    }
}

/// Rows of an earlier program are read by every later one.
#[test]
fn what_is_stored_as_json_stays_readable() {
    let fields = TaskFields { due: Some(Due::Day { day: "2026-11-23".into() }), parent: Some(RemoteId::new("p")), ..named("x") };
    let json =
        r#"{"title":"x","notes":"","due":{"kind":"day","day":"2026-11-23"},"priority":"none","labels":[],"status":"open","parent":"p"}"#;
    let base = TaskBase { list: RemoteId::new("a"), fields: fields.clone() };
    assert_eq!(serde_json::to_string(&base).unwrap(), format!(r#"{{"list":"a","fields":{json}}}"#));
    let sent = TaskSent { list: RemoteId::new("a"), fields: fields.clone(), since: Timestamp(7) };
    assert_eq!(serde_json::to_string(&sent).unwrap(), format!(r#"{{"list":"a","fields":{json},"since":7}}"#));
    let conflict = TaskConflict { fields: vec!["title".into()], theirs: fields, list: None, deleted: false };
    assert_eq!(serde_json::to_string(&conflict).unwrap(), format!(r#"{{"fields":["title"],"theirs":{json},"list":null,"deleted":false}}"#));
    assert_eq!(
        serde_json::from_str::<TaskConflict>(r#"{"deleted":true}"#).unwrap(),
        TaskConflict { deleted: true, ..TaskConflict::default() }
    );
    let op = OutboxOp::PutTask { task: TaskId(7), title: "x".into() };
    assert_eq!(serde_json::to_string(&op).unwrap(), r#"{"op":"put_task","task":7,"title":"x"}"#);
    let op = OutboxOp::DeleteTask { task: TaskId(7), title: "x".into() };
    assert_eq!(serde_json::to_string(&op).unwrap(), r#"{"op":"delete_task","task":7,"title":"x"}"#);
}
