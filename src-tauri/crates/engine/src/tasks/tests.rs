//! Tasks against a provider in memory: what it knows is what any provider knows, and it can be told to fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod fake;
mod real;
mod tables;

use domain::{
    audit::Actor,
    error::ProviderError,
    ids::{RemoteId, TaskId},
    outbox::{OutboxState, WedgeReason},
    tasks::{Due, Priority, RemoteTask, TaskAbilities, TaskFields, TaskStatus, TaskWrite},
    time::Zone,
};

use super::*;
use crate::flow_tests::no_errors;
use fake::{Fail, World, can, named, world, world_with};

const ME: Actor = Actor::Person;

fn titled(title: &str) -> TaskChange {
    TaskChange { title: Some(title.into()), ..TaskChange::default() }
}

fn on(day: &str) -> TaskFields {
    TaskFields { due: Some(Due::Day { day: day.into() }), ..named("Due") }
}

async fn shown(w: &World, filter: TaskFilter) -> Vec<TaskView> {
    let page = w.engine.tasks_for(&filter, None, 100, &Zone::fixed(0)).await.unwrap();
    assert!(page.next.is_none());
    page.tasks
}

async fn titles(w: &World, filter: TaskFilter) -> Vec<String> {
    shown(w, filter).await.into_iter().map(|t| t.title).collect()
}

async fn create(w: &World, title: &str) -> TaskId {
    w.engine.create_task(&titled(title), ME).await.unwrap().task.unwrap()
}

async fn pending(w: &World, id: TaskId) -> Option<String> {
    w.engine.task(id).await.unwrap().row.pending
}

#[tokio::test]
async fn what_is_there_is_here_and_a_further_round_finds_nothing() {
    for one_scope in [true, false] {
        let w = world_with(one_scope).await;
        w.put("1", "a", named("Call Bo"));
        w.put("2", "b", on("2026-11-22"));
        let report = w.sync().await;
        assert_eq!(report.scopes.iter().map(|s| s.added).sum::<u64>(), 2);
        let lists = w.engine.task_lists().await.unwrap();
        assert_eq!(
            lists.iter().take(2).map(|l| (l.name.as_str(), l.open, l.preferred)).collect::<Vec<_>>(),
            [("A", 1, true), ("B", 1, false)]
        );
        assert!(lists.iter().all(|l| l.last_sync.is_some() && l.error.is_none() && l.source == "me@todo.example"));
        let names: Vec<String> = w.engine.connections().await.unwrap()[0].scopes.iter().map(|s| s.name.clone()).collect();
        assert_eq!(names, if one_scope { vec!["Tasks"] } else { vec!["A", "B"] });
        let again = w.sync().await;
        assert!(again.scopes.iter().all(|s| s.added + s.updated + s.removed == 0), "{again:?}");
        // A cursor that means nothing any more costs a comparison and nothing else.
        w.state().void_cursors = true;
        w.gone("2");
        let again = w.sync().await;
        let sum = again.scopes.iter().map(|s| (s.added, s.updated, s.removed)).fold((0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
        assert_eq!(sum, (0, 0, 1));
    }
}

#[tokio::test]
async fn a_list_that_is_made_later_comes_with_what_stands_in_it() {
    let w = world().await;
    w.sync().await;
    w.state().hidden_list = Some(RemoteId::new("b"));
    w.sync().await;
    w.put("1", "b", named("Early"));
    w.sync().await;
    assert!(titles(&w, TaskFilter::Anytime).await.is_empty());
    // It comes back with a task that was told of long ago, and one that is told of now, in the middle of a round.
    w.state().hidden_list = None;
    w.put("2", "b", named("Late"));
    w.sync().await;
    assert_eq!(titles(&w, TaskFilter::Anytime).await, ["Early", "Late"]);
}

#[tokio::test]
async fn lists_are_the_viewers() {
    let w = world().await;
    // It is 2026-11-22, 23:30 UTC.
    for (id, fields) in [
        ("1", on("2026-11-20")),
        ("2", TaskFields { title: "Today".into(), ..on("2026-11-22") }),
        ("3", TaskFields { title: "Tomorrow".into(), ..on("2026-11-23") }),
        ("4", TaskFields { due: Some(Due::At { at: w.engine.now().plus_secs(600), zone: None }), ..named("Soon") }),
        ("5", named("Some day")),
        ("6", TaskFields { parent: Some(RemoteId::new("5")), ..named("A part") }),
        ("7", TaskFields { status: TaskStatus::Done, ..named("Over") }),
    ] {
        w.put(id, "a", fields);
    }
    w.sync().await;
    assert_eq!(titles(&w, TaskFilter::Today).await, ["Due", "Today", "Soon"]);
    assert_eq!(titles(&w, TaskFilter::Upcoming).await, ["Tomorrow"]);
    let tree = shown(&w, TaskFilter::Anytime).await;
    assert_eq!(
        tree.iter().map(|t| (t.title.as_str(), t.depth, t.subtasks_open)).collect::<Vec<_>>(),
        [("Some day", 0, 1), ("A part", 1, 0)]
    );
    let list = w.list("a").await;
    assert_eq!(titles(&w, TaskFilter::List { id: list }).await, ["Due", "Today", "Tomorrow", "Soon", "Some day", "A part"]);
    assert_eq!(titles(&w, TaskFilter::Done { list: None, since: None }).await, ["Over"]);
    assert_eq!(titles(&w, TaskFilter::Search { text: "some DAY".into(), closed: false }).await, ["Some day"]);
    let counts = w.engine.task_counts_for(&Zone::fixed(0)).await.unwrap();
    assert_eq!(counts, TaskCounts { today: 3, overdue: 1, upcoming: 1, anytime: 1 });
    // An hour further east it is the next day: what was today's is overdue, and tomorrow's is today's.
    let east = Zone::fixed(3_600);
    let page = w.engine.tasks_for(&TaskFilter::Today, None, 100, &east).await.unwrap().tasks;
    assert_eq!(page.iter().filter(|t| t.due.as_ref().unwrap().overdue).count(), 2);
    assert_eq!(page.last().unwrap().due.as_ref().unwrap().time.as_deref(), Some("00:40"));
    // Pages agree with the whole.
    for filter in [
        TaskFilter::Today,
        TaskFilter::Upcoming,
        TaskFilter::Anytime,
        TaskFilter::List { id: list },
        TaskFilter::Search { text: "o".into(), closed: true },
    ] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = w.engine.tasks_for(&filter, after.as_ref(), 1, &east).await.unwrap();
            all.extend(page.tasks);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(all, w.engine.tasks_for(&filter, None, 100, &east).await.unwrap().tasks, "{filter:?}");
    }
    let wrong = store::PageCursor("x".into());
    assert_eq!(w.engine.tasks(&TaskFilter::Today, Some(&wrong), 1).await.unwrap_err().code, "invalid");
    w.engine.change_task_list(list, Some(false), Some(3), false).await.unwrap();
    assert_eq!(w.engine.task_counts_for(&east).await.unwrap(), TaskCounts::default());
    assert_eq!(w.engine.change_task_list(list, None, Some(10), false).await.unwrap_err().code, "invalid");
}

#[tokio::test]
async fn several_changes_in_a_row_reach_the_provider_as_one_task() {
    let w = world().await;
    w.sync().await;
    let id = create(&w, "Call  Bo\n").await;
    assert!(w.there("Call Bo").is_empty() && pending(&w, id).await.as_deref() == Some("waiting"), "it can still be taken back");
    w.engine.update_task(id, &titled("Call Ida"), ME).await.unwrap();
    w.engine.update_task(id, &TaskChange { priority: Some(Priority::High), ..TaskChange::default() }, ME).await.unwrap();
    w.settle().await;
    assert_eq!((w.there("Call Ida").len(), w.state().writes.len()), (1, 1));
    assert_eq!(pending(&w, id).await, None);
    w.sync().await;
    assert_eq!(titles(&w, TaskFilter::Anytime).await, ["Call Ida"], "its own task does not come back as another");
    // A change writes only what it changes, and what others changed stays.
    w.change("Call Ida", |t| t.fields.notes = "theirs".into());
    w.engine.update_task(id, &titled("Call Ada"), ME).await.unwrap();
    w.engine.update_task(id, &titled("Call Eva"), ME).await.unwrap();
    w.settle().await;
    let there = w.there("Call Eva").remove(0);
    assert_eq!(there.fields.notes, "theirs");
    let last = w.state().writes.last().cloned().unwrap();
    let TaskWrite::Update { patch, .. } = last else { panic!("{last:?}") };
    assert_eq!((patch.title.as_deref(), patch.priority), (Some("Call Eva"), None));
    assert_eq!(w.engine.task(id).await.unwrap().notes, "theirs", "merged by the round that the conflict asked for");
    w.engine.delete_task(id, ME).await.unwrap();
    assert!(titles(&w, TaskFilter::Anytime).await.is_empty());
    w.settle().await;
    assert!(w.there("Call Eva").is_empty());
}

#[tokio::test]
async fn everything_can_be_taken_back_before_and_after_it_went_out() {
    let w = world().await;
    w.sync().await;
    // Making one.
    for later in [false, true] {
        let made = w.engine.create_task(&titled("Eye doctor"), ME).await.unwrap();
        if later {
            w.settle().await;
        }
        w.engine.undo_record(made.undo.unwrap()).await.unwrap();
        w.settle().await;
        assert!(w.there("Eye doctor").is_empty() && titles(&w, TaskFilter::Anytime).await.is_empty(), "{later}");
    }
    // Changing one: what others changed since stays.
    let id = create(&w, "Dentist").await;
    w.settle().await;
    for later in [false, true] {
        let change = TaskChange {
            title: Some("Surgeon".into()),
            due: Some(DueChange::On(Due::Day { day: "2026-12-01".into() })),
            ..TaskChange::default()
        };
        let done = w.engine.update_task(id, &change, ME).await.unwrap();
        if later {
            w.settle().await;
            w.change("Surgeon", |t| t.fields.priority = Priority::Low);
            w.sync().await;
        }
        w.engine.undo_record(done.undo.unwrap()).await.unwrap();
        let writes = w.state().writes.len();
        w.settle().await;
        assert_eq!(w.state().writes.len(), writes + usize::from(later), "taken back in time it is no write");
        let there = w.there("Dentist").remove(0);
        assert_eq!((there.fields.due.clone(), there.fields.priority == Priority::Low), (None, later));
    }
    // Closing one.
    for later in [false, true] {
        let done = w.engine.complete_task(id, ME).await.unwrap();
        assert_eq!(titles(&w, TaskFilter::Done { list: None, since: None }).await, ["Dentist"]);
        if later {
            w.settle().await;
            assert_eq!(w.there("Dentist")[0].fields.status, TaskStatus::Done);
        }
        w.engine.undo_record(done.undo.unwrap()).await.unwrap();
        w.settle().await;
        assert_eq!(w.there("Dentist")[0].fields.status, TaskStatus::Open);
    }
    w.engine.complete_task(id, ME).await.unwrap();
    w.engine.reopen_task(id, ME).await.unwrap();
    w.settle().await;
    assert_eq!(pending(&w, id).await, None);
    assert_eq!(w.engine.undo_last().await.unwrap().words, "Undone: “Dentist” reopened");
    assert_eq!(w.engine.update_task(id, &titled("Dentist"), ME).await.unwrap().undo, None, "nothing changed");
}

#[tokio::test]
async fn a_deletion_takes_what_stands_below_along_and_brings_it_back() {
    let w = world().await;
    w.sync().await;
    let trip = create(&w, "Trip").await;
    let below = |title: &str, parent| TaskChange { parent: Some(ParentChange::Below(parent)), ..titled(title) };
    let hotel = w.engine.create_task(&below("Hotel", trip), ME).await.unwrap().task.unwrap();
    w.engine.create_task(&below("Ask for a cot", hotel), ME).await.unwrap();
    w.settle().await;
    assert_eq!(w.there("Hotel")[0].fields.parent, Some(w.there("Trip")[0].id.clone()), "parents are made first");
    for later in [false, true] {
        let gone = w.engine.delete_task(w.id_of("Trip").await, ME).await.unwrap();
        assert!(titles(&w, TaskFilter::Anytime).await.is_empty());
        if later {
            w.settle().await;
            assert!(w.state().tasks.is_empty());
        }
        w.engine.undo_record(gone.undo.unwrap()).await.unwrap();
        w.settle().await;
        let tree = shown(&w, TaskFilter::Anytime).await;
        assert_eq!(tree.iter().map(|t| (t.title.as_str(), t.depth)).collect::<Vec<_>>(), [("Trip", 0), ("Hotel", 1), ("Ask for a cot", 2)]);
        assert_eq!(w.there("Ask for a cot")[0].fields.parent, Some(w.there("Hotel")[0].id.clone()));
        w.sync().await;
        assert_eq!(titles(&w, TaskFilter::Anytime).await.len(), 3);
    }
    // Closing the first closes it alone, and says what is left.
    let done = w.engine.complete_task(w.id_of("Trip").await, ME).await.unwrap();
    assert_eq!(done.open_subtasks, 2);
    assert_eq!(titles(&w, TaskFilter::Anytime).await, ["Hotel", "Ask for a cot"]);
    // Taken back while the provider has it already, and its answer was lost.
    w.engine.reopen_task(w.id_of("Trip").await, ME).await.unwrap();
    w.settle().await;
    let gone = w.engine.delete_task(w.id_of("Ask for a cot").await, ME).await.unwrap();
    w.fail(Fail::After);
    w.settle().await;
    assert!(w.there("Ask for a cot").is_empty());
    w.engine.undo_record(gone.undo.unwrap()).await.unwrap();
    w.settle().await;
    w.sync().await;
    assert_eq!((w.there("Ask for a cot").len(), titles(&w, TaskFilter::Anytime).await.len()), (1, 3));
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_task() {
    let w = world().await;
    w.sync().await;
    let id = create(&w, "Call Bo").await;
    w.fail(Fail::After);
    w.settle_once().await;
    assert_eq!((w.there("Call Bo").len(), pending(&w, id).await.as_deref()), (1, Some("waiting")));
    // The next round is faster than the second try, and the person goes on writing.
    w.engine.update_task(id, &titled("Call Ida"), ME).await.unwrap();
    w.sync_only().await;
    w.settle().await;
    w.sync().await;
    assert_eq!((w.there("Call Bo").len(), w.there("Call Ida").len()), (0, 1));
    assert_eq!(titles(&w, TaskFilter::Anytime).await, ["Call Ida"]);
    let tries: Vec<(bool, String)> = w
        .state()
        .writes
        .iter()
        .filter_map(|w| match w {
            TaskWrite::Create { tried, fields, .. } => Some((*tried, fields.title.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(tries, [(false, "Call Bo".to_owned()), (true, "Call Bo".to_owned())], "what is looked for is what was sent");
    // The same of a change.
    w.engine.update_task(id, &titled("Call Ada"), ME).await.unwrap();
    w.fail(Fail::After);
    w.settle().await;
    assert_eq!((w.there("Call Ada").len(), pending(&w, id).await), (1, None));
    assert!(w.engine.outbox(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn both_sides_of_a_field_are_kept_until_one_is_chosen() {
    let w = world().await;
    w.put("1", "a", named("Lunch"));
    w.sync().await;
    let id = w.id_of("Lunch").await;
    for mine in [true, false] {
        w.engine.update_task(id, &TaskChange { notes: Some(format!("n{mine}")), ..titled("Mine") }, ME).await.unwrap();
        let now = w.there_by_id("1").fields.title.clone();
        w.change(&now, |t| t.fields.title = "Theirs".into());
        w.settle().await;
        let detail = w.engine.task(id).await.unwrap();
        assert_eq!(detail.row.pending.as_deref(), Some("conflict"));
        assert_eq!(
            (detail.conflict[0].field.as_str(), detail.conflict[0].mine.as_str(), detail.conflict[0].theirs.as_str()),
            ("title", "Mine", "Theirs")
        );
        assert_eq!(w.there_by_id("1").fields.title, "Mine", "the person's is written");
        w.engine.resolve_task(id, mine, ME).await.unwrap();
        w.settle().await;
        assert_eq!((w.there_by_id("1").fields.title.as_str(), pending(&w, id).await), (if mine { "Mine" } else { "Theirs" }, None));
        assert_eq!(w.engine.resolve_task(id, mine, ME).await.unwrap_err().code, "not_found");
        w.engine.update_task(id, &titled("Lunch"), ME).await.unwrap();
        w.settle().await;
    }
}

#[tokio::test]
async fn changed_here_and_deleted_there_is_put_to_the_person() {
    let w = world().await;
    let prepare = async |id: &str| {
        w.put(id, "a", named("Lunch"));
        w.sync().await;
        let task = w.id_of("Lunch").await;
        w.engine.update_task(task, &titled("Mine"), ME).await.unwrap();
        w.gone(id);
        w.sync_only().await;
        w.settle().await;
        let item = w.engine.outbox(None).await.unwrap().remove(0);
        assert!(matches!(item.state, OutboxState::Wedged { reason: WedgeReason::Conflict, .. }), "{item:?}");
        assert_eq!(w.engine.task(task).await.unwrap().conflict[0].field, "deleted");
        assert_eq!(w.engine.update_task(task, &titled("x"), ME).await.unwrap_err().code, "conflict");
        (task, item.id)
    };
    let (task, _) = prepare("1").await;
    w.engine.resolve_task(task, true, ME).await.unwrap();
    w.settle().await;
    assert_eq!((w.there("Mine").len(), pending(&w, task).await), (1, None));
    w.engine.delete_task(task, ME).await.unwrap();
    w.settle().await;
    let (task, _) = prepare("2").await;
    w.engine.resolve_task(task, false, ME).await.unwrap();
    assert_eq!(w.engine.task(task).await.unwrap_err().code, "not_found");
    let (task, item) = prepare("3").await;
    w.engine.outbox_discard(item, ME).await.unwrap();
    assert_eq!(w.engine.task(task).await.unwrap_err().code, "not_found");
    assert!(w.engine.outbox(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_list_cannot_hold_is_refused_and_what_the_provider_refuses_is_shown_as_failed() {
    let w = world().await;
    w.state().lists[1].can = TaskAbilities { write: true, ..TaskAbilities::default() };
    w.state().lists[2].can = TaskAbilities::default();
    w.put("1", "a", TaskFields { notes: "n".into(), ..named("Noted") });
    w.sync().await;
    let (a, b, c) = (w.list("a").await, w.list("b").await, w.list("c").await);
    let in_list = |list, change: TaskChange| TaskChange { list: Some(list), ..change };
    let refused = async |new: TaskChange| {
        let e = w.engine.create_task(&new, ME).await.unwrap_err();
        (e.code, e.message)
    };
    assert_eq!(refused(in_list(c, titled("x"))).await, ("read_only".to_owned(), "C can only be read.".to_owned()));
    assert_eq!(
        refused(in_list(b, TaskChange { priority: Some(Priority::Low), ..titled("x") })).await,
        ("unsupported".to_owned(), "B can't hold a priority.".to_owned())
    );
    assert_eq!(refused(in_list(a, titled(" "))).await.0, "invalid");
    assert_eq!(refused(in_list(a, TaskChange::default())).await.0, "invalid");
    let noted = w.id_of("Noted").await;
    let e = w.engine.move_task(noted, Some(b), None, ME).await.unwrap_err();
    assert_eq!((e.code.as_str(), e.message.as_str()), ("unsupported", "B can't hold notes."));
    let e = w.engine.move_task(noted, None, Some(ParentChange::Below(noted)), ME).await.unwrap_err();
    assert_eq!(e.code, "invalid");
    // In B there is no deleting; what never went there can be thrown away.
    let made = w.engine.create_task(&in_list(b, titled("Plain")), ME).await.unwrap().task.unwrap();
    w.engine.delete_task(made, ME).await.unwrap();
    let made = w.engine.create_task(&in_list(b, titled("Plain")), ME).await.unwrap().task.unwrap();
    w.settle().await;
    assert_eq!(w.engine.delete_task(made, ME).await.unwrap_err().message, "B can't delete tasks.");
    // Longer than the provider takes; then shorter.
    let long = create(&w, &"x".repeat(600)).await;
    w.settle().await;
    assert_eq!(pending(&w, long).await.as_deref(), Some("failed"));
    let item = w.engine.outbox(None).await.unwrap().remove(0);
    assert!(matches!(&item.state, OutboxState::Wedged { reason: WedgeReason::Refused, detail } if detail == "too long"), "{item:?}");
    w.engine.outbox_retry(item.id, ME).await.unwrap();
    w.settle().await;
    assert_eq!(pending(&w, long).await.as_deref(), Some("failed"));
    w.engine.update_task(long, &titled("short"), ME).await.unwrap();
    w.settle().await;
    assert_eq!((w.there("short").len(), pending(&w, long).await), (1, None));
    assert!(w.engine.outbox(None).await.unwrap().is_empty());
    // Given up, it is what the provider has.
    w.engine.update_task(long, &titled(&"y".repeat(600)), ME).await.unwrap();
    w.settle().await;
    let item = w.engine.outbox(None).await.unwrap().remove(0);
    w.engine.outbox_discard(item.id, ME).await.unwrap();
    assert_eq!((w.engine.task(long).await.unwrap().row.title.as_str(), pending(&w, long).await), ("short", None));
}

#[tokio::test]
async fn a_task_moves_with_what_stands_below_it() {
    for one_scope in [true, false] {
        let w = world_with(one_scope).await;
        w.put("1", "a", named("Trip"));
        w.put("2", "a", TaskFields { parent: Some(RemoteId::new("1")), ..named("Hotel") });
        w.sync().await;
        let (a, b) = (w.list("a").await, w.list("b").await);
        let moved = w.engine.move_task(w.id_of("Trip").await, Some(b), None, ME).await.unwrap();
        assert_eq!(moved.words, "“Trip” moved");
        w.sync_only().await;
        assert_eq!(titles(&w, TaskFilter::List { id: b }).await, ["Trip", "Hotel"], "what A still says changes nothing");
        w.settle().await;
        w.sync().await;
        assert_eq!((w.there_by_id("1").list.as_str().to_owned(), w.there_by_id("2").list.as_str().to_owned()), ("b".into(), "b".into()));
        assert_eq!(titles(&w, TaskFilter::List { id: b }).await, ["Trip", "Hotel"]);
        w.engine.undo_record(moved.undo.unwrap()).await.unwrap();
        w.settle().await;
        w.sync().await;
        assert_eq!(titles(&w, TaskFilter::List { id: a }).await, ["Trip", "Hotel"]);
        assert!(titles(&w, TaskFilter::List { id: b }).await.is_empty());
        // Somebody else moves it.
        w.change("Trip", |t| t.list = RemoteId::new("b"));
        w.change("Hotel", |t| t.list = RemoteId::new("b"));
        w.sync().await;
        assert_eq!(titles(&w, TaskFilter::List { id: b }).await, ["Trip", "Hotel"]);
    }
}

#[tokio::test]
async fn closing_one_that_repeats_moves_it_on_and_is_taken_back() {
    let w = world().await;
    w.put("1", "a", on("2026-11-22"));
    w.change("Due", |t| t.repeats = Some("every day".into()));
    w.sync().await;
    let done = w.engine.complete_task(w.id_of("Due").await, ME).await.unwrap();
    w.settle().await;
    let view = shown(&w, TaskFilter::Upcoming).await.remove(0);
    assert_eq!((view.status, view.due.unwrap().day.as_str(), view.repeats.as_deref()), (TaskStatus::Open, "2026-11-23", Some("every day")));
    w.engine.undo_record(done.undo.unwrap()).await.unwrap();
    w.settle().await;
    assert_eq!(w.there_by_id("1").fields, on("2026-11-22"));
}

#[tokio::test]
async fn a_task_from_a_mail_knows_the_way_back() {
    let w = world().await;
    w.sync().await;
    let mail = w.mail().await;
    let done = w.engine.make_task_from(mail, None, TaskChange::default(), ME).await.unwrap();
    assert_eq!(done.words, "“subject 1” added");
    let detail = w.engine.task(done.task.unwrap()).await.unwrap();
    let way = Some((mail, w.engine.store().message(mail).await.unwrap().summary.thread));
    assert_eq!((detail.message, detail.row.linked, detail.notes.as_str()), (way, true, ""));
    // What is not there can't be led back to.
    let gone = w.engine.make_task_from_event("7/", None, titled("Prepare"), ME).await.unwrap_err();
    assert_eq!((gone.code.as_str(), w.engine.tasks(&TaskFilter::Anytime, None, 50).await.unwrap().tasks.len()), ("not_found", 1));
    w.settle().await;
    w.sync().await;
    assert_eq!(w.engine.task(done.task.unwrap()).await.unwrap().message, way);
    // Made anew after it was deleted for good, it still does.
    let gone = w.engine.delete_task(done.task.unwrap(), ME).await.unwrap();
    w.settle().await;
    w.engine.undo_record(gone.undo.unwrap()).await.unwrap();
    assert_eq!(w.engine.task(w.id_of("subject 1").await).await.unwrap().message, way);
}

#[tokio::test]
async fn a_disconnect_leaves_nothing_and_the_log_says_no_word() {
    let w = world().await;
    w.put("1", "a", named("Secret lunch"));
    w.sync().await;
    let id = w.id_of("Secret lunch").await;
    w.engine.update_task(id, &titled("Secret dinner"), ME).await.unwrap();
    w.engine.complete_task(id, ME).await.unwrap();
    let log = w.engine.store().audit(None, 100, None).await.unwrap().items;
    let actions: Vec<&str> = log.iter().map(|e| e.action.as_str()).collect();
    assert!(actions.contains(&"task.changed") && actions.contains(&"task.completed"), "{actions:?}");
    assert!(log.iter().all(|e| !format!("{e:?}").contains("ecret")), "{log:?}");
    w.engine.disconnect(&w.connection, ME).await.unwrap();
    assert!(w.engine.task_lists().await.unwrap().is_empty() && w.engine.outbox(None).await.unwrap().is_empty());
    assert_eq!(w.engine.task(id).await.unwrap_err().code, "not_found");
    assert!(titles(&w, TaskFilter::Search { text: "secret".into(), closed: true }).await.is_empty());
    assert_eq!(w.engine.create_task(&titled("x"), ME).await.unwrap_err().code, "no_list");
}

#[tokio::test]
async fn an_error_of_a_round_is_told_and_what_waits_goes_out_later() {
    let w = world().await;
    w.put("1", "a", named("Lunch"));
    w.sync().await;
    create(&w, "Dinner").await;
    w.fail(Fail::Before(|| ProviderError::Server { provider: "Todo".into(), detail: "503".into() }));
    w.settle_once().await;
    assert!(w.there("Dinner").is_empty());
    w.settle().await;
    assert_eq!(w.there("Dinner").len(), 1);
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let remote: Vec<RemoteTask> = w.there("Lunch");
    assert_eq!(remote.len(), 1);
    let _ = can();
}
