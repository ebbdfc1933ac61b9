//! New tasks, changes, moves, and what others did meanwhile.

use super::*;

fn lose(fixture: &Fixture, method: &str) {
    fixture.sandbox.control().add_fault(Fault::new(TASKS, FaultAction::Drop { after_commit: true }).method(method));
}

fn title(title: &str) -> TaskPatch {
    TaskPatch { title: Some(title.to_owned()), ..TaskPatch::default() }
}

#[tokio::test]
async fn a_new_task_has_all_its_fields_and_comes_back_as_it_is() {
    let mut fixture = Fixture::start().await;
    let above = fixture.put(json!({"title": "Above"}));
    fixture.sync().await.unwrap();
    let fields = TaskFields { notes: "a\nb".into(), due: Some(day("2026-12-01")), parent: Some(above.as_str().into()), ..titled("Below") };
    let written = fixture.create(&fields, false, Timestamp(0)).await.unwrap();
    let task = fixture.task(written.id.as_str());
    assert_eq!((&task["title"], &task["notes"], &task["parent"]), (&json!("Below"), &json!("a\nb"), &json!(above)));
    assert_eq!((&task["due"], &task["status"]), (&json!("2026-12-01T00:00:00.000Z"), &json!("needsAction")));
    let row = written.task.unwrap();
    assert_eq!((row.fields.clone(), row.version.as_str()), (fields, task["etag"].as_str().unwrap()));
    fixture.sync().await.unwrap();
    assert_eq!(fixture.rows[row.id.as_str()], row, "the next round brings the same");
    // One that is done from the start.
    let done = fixture.create(&TaskFields { status: TaskStatus::Done, ..titled("Done") }, false, Timestamp(0)).await.unwrap();
    assert!(fixture.task(done.id.as_str())["completed"].is_string());
    // A list that is gone.
    let list = RemoteId::from("nowhere");
    let write = TaskWrite::Create { list, key: "k".into(), fields: titled("x"), tried: true, since: Timestamp(0) };
    assert!(matches!(fixture.source.write(&write).await, Err(ProviderError::NotFound(what)) if what.contains("list")));
    // No subtask of a subtask: Google says so.
    let fields = TaskFields { parent: Some(row.id), ..titled("Too deep") };
    assert!(matches!(fixture.create(&fields, false, Timestamp(0)).await, Err(ProviderError::Refused(_))));
}

#[tokio::test]
async fn what_a_list_can_not_hold_is_refused_before_anything_is_sent() {
    let mut fixture = Fixture::start().await;
    fixture.put(json!({"id": "one", "title": "One"}));
    fixture.sync().await.unwrap();
    fixture.sandbox.control().clear_log();
    let long = "x".repeat(1025);
    for fields in [
        titled(&long),
        TaskFields { notes: "x".repeat(8193), ..titled("x") },
        TaskFields { priority: Priority::High, ..titled("x") },
        TaskFields { labels: vec!["a".into()], ..titled("x") },
        TaskFields { due: Some(Due::Floating { at: "2026-12-01T10:00:00".into() }), ..titled("x") },
    ] {
        assert!(matches!(fixture.create(&fields, false, Timestamp(0)).await, Err(ProviderError::Refused(_))));
        let patch = TaskPatch::between(&fixture.rows["one"].fields, &fields);
        assert!(matches!(fixture.update("one", patch).await, Err(ProviderError::Refused(_))));
    }
    assert_eq!(fixture.sandbox.control().log().len(), 0);
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_task() {
    let fixture = Fixture::start().await;
    let fields = TaskFields { notes: "n".into(), due: Some(day("2026-12-01")), ..titled("New") };
    let since = fixture.sandbox.now();
    lose(&fixture, "POST");
    assert_eq!(fixture.create(&fields, false, since).await.unwrap_err().class(), ErrorClass::Retry);
    assert_eq!(fixture.count(), 1);
    fixture.pass(300);
    let written = fixture.create(&fields, true, since).await.unwrap();
    assert_eq!((fixture.count(), written.task.unwrap().fields), (1, fields.clone()));
    // Our clock is half a minute ahead of Google's.
    assert_eq!(fixture.create(&fields, true, since.plus_secs(30)).await.unwrap().id, written.id);
    // An attempt that never arrived is made.
    let other = TaskFields { status: TaskStatus::Cancelled, ..titled("Other") };
    fixture.create(&other, true, fixture.sandbox.now()).await.unwrap();
    assert_eq!(fixture.count(), 2);
    // It is found again although its status has another name here.
    fixture.create(&other, true, fixture.sandbox.now()).await.unwrap();
    assert_eq!(fixture.count(), 2);
}

#[tokio::test]
async fn only_what_says_exactly_the_same_since_then_is_taken_for_our_own() {
    let fixture = Fixture::start().await;
    let since = fixture.sandbox.now();
    let above = fixture.put(json!({"title": "Above"}));
    for other in [
        json!({"title": "new", "notes": "n", "due": "2026-12-01"}),
        json!({"title": "New", "notes": "m", "due": "2026-12-01"}),
        json!({"title": "New", "notes": "n", "due": "2026-12-02"}),
        json!({"title": "New", "notes": "n"}),
        json!({"title": "New", "notes": "n", "due": "2026-12-01", "status": "completed"}),
        json!({"title": "New", "notes": "n", "due": "2026-12-01", "parent": above}),
    ] {
        fixture.put(other);
    }
    let deleted = fixture.put(json!({"title": "New", "notes": "n", "due": "2026-12-01"}));
    fixture.sandbox.delete_gtask(MARA, &fixture.list, &deleted);
    let before = fixture.count();
    let fields = TaskFields { notes: "n".into(), due: Some(day("2026-12-01")), ..titled("New") };
    let made = fixture.create(&fields, true, since).await.unwrap().id;
    assert_eq!(fixture.count(), before + 1);
    // Of many it is found on whatever page; an older one is another task.
    fixture.sandbox.set_gtasks(|s| s.page = Some(3));
    assert_eq!(fixture.create(&fields, true, since).await.unwrap().id, made);
    fixture.pass(120);
    assert_ne!(fixture.create(&fields, true, fixture.sandbox.now()).await.unwrap().id, made);
    assert_eq!(fixture.count(), before + 2);
}

#[tokio::test]
async fn only_what_changed_is_sent_and_what_nobody_here_knows_stays() {
    let mut fixture = Fixture::start().await;
    let links = json!([{"type": "email", "description": "d", "link": "https://x.example"}]);
    fixture.put(json!({"id": "one", "title": "One", "notes": "n", "due": "2026-12-01", "links": links, "assigned": true}));
    fixture.sync().await.unwrap();
    fixture.pass(5);
    // Somebody else changed another field, and Google does not mind our tag.
    fixture.put(json!({"id": "one", "notes": "theirs"}));
    fixture.sandbox.set_gtasks(|s| s.if_match = false);
    let row = fixture.update("one", title("Two")).await.unwrap().task.unwrap();
    assert_eq!((row.fields.title.as_str(), row.fields.notes.as_str()), ("Two", "theirs"));
    let task = fixture.task("one");
    assert!(task["links"] == links && task["assignmentInfo"].is_object() && task["due"] == "2026-12-01T00:00:00.000Z");
    fixture.sandbox.set_gtasks(|s| s.if_match = true);
    for (patch, name, value) in [
        (TaskPatch { notes: Some(String::new()), ..TaskPatch::default() }, "notes", Value::Null),
        (TaskPatch { due: Some(Some(day("2027-01-01"))), ..TaskPatch::default() }, "due", json!("2027-01-01T00:00:00.000Z")),
        (TaskPatch { due: Some(None), ..TaskPatch::default() }, "due", Value::Null),
        (TaskPatch { status: Some(TaskStatus::Done), ..TaskPatch::default() }, "status", json!("completed")),
        (TaskPatch { status: Some(TaskStatus::Open), ..TaskPatch::default() }, "completed", Value::Null),
    ] {
        fixture.sync().await.unwrap();
        fixture.pass(5);
        let row = fixture.update("one", patch).await.unwrap().task.unwrap();
        assert_eq!(fixture.task("one").get(name).cloned().unwrap_or_default(), value);
        fixture.sync().await.unwrap();
        assert_eq!(fixture.rows["one"], row);
    }
    // Nothing to do is nothing done, and says how it is.
    fixture.sandbox.control().clear_log();
    assert_eq!(fixture.update("one", TaskPatch::default()).await.unwrap().task.as_ref(), Some(&fixture.rows["one"]));
    assert_eq!((fixture.sandbox.control().count("PATCH", "*"), fixture.sandbox.control().count("POST", "*")), (0, 0));
}

#[tokio::test]
async fn one_that_google_has_put_away_can_be_opened_again() {
    let mut fixture = Fixture::start().await;
    fixture.put(json!({"id": "one", "title": "One", "status": "completed"}));
    assert_eq!(fixture.task("one")["hidden"], true);
    fixture.sync().await.unwrap();
    fixture.pass(5);
    fixture.update("one", TaskPatch { status: Some(TaskStatus::Started), ..TaskPatch::default() }).await.unwrap();
    let task = fixture.task("one");
    assert!(task["status"] == "needsAction" && task.get("hidden").is_none() && task.get("completed").is_none());
}

#[tokio::test]
async fn what_others_changed_meanwhile_is_a_conflict_and_a_lost_answer_is_none() {
    let mut fixture = Fixture::start().await;
    fixture.put(json!({"id": "one", "title": "One"}));
    fixture.sync().await.unwrap();
    fixture.pass(5);
    fixture.put(json!({"id": "one", "notes": "theirs"}));
    assert!(matches!(fixture.update("one", title("Ours")).await, Err(ProviderError::Conflict(_))));
    assert!(matches!(fixture.delete("one").await, Err(ProviderError::Conflict(_))));
    let below = TaskPatch { parent: Some(Some("x".into())), ..TaskPatch::default() };
    assert!(matches!(fixture.update("one", below).await, Err(ProviderError::Conflict(_))));
    assert_eq!(fixture.task("one")["title"], "One");
    fixture.sync().await.unwrap();
    lose(&fixture, "PATCH");
    assert_eq!(fixture.update("one", title("Ours")).await.unwrap_err().class(), ErrorClass::Retry);
    let written = fixture.update("one", title("Ours")).await.unwrap().task.unwrap();
    assert_eq!(written.version, fixture.task("one")["etag"]);
    // Somebody changed it after that, in the same field.
    fixture.put(json!({"id": "one", "title": "Theirs"}));
    assert!(matches!(fixture.update("one", title("Ours")).await, Err(ProviderError::Conflict(_))));
    // It is gone, as Google says it in one way or the other.
    fixture.sandbox.delete_gtask(MARA, &fixture.list, "one");
    assert!(matches!(fixture.update("one", title("Ours")).await, Err(ProviderError::NotFound(_))));
    let body = Some(json!({"id": "one", "deleted": true}));
    let action = FaultAction::Status { status: 200, retry_after: None, reason: None, body };
    fixture.sandbox.control().add_fault(Fault::new(TASKS, action).method("PATCH"));
    assert!(matches!(fixture.update("one", title("Ours")).await, Err(ProviderError::NotFound(_))));
}

#[tokio::test]
async fn tasks_go_below_others_and_up_again_together_with_a_change() {
    let mut fixture = Fixture::start().await;
    fixture.put(json!({"id": "above", "title": "Above"}));
    fixture.put(json!({"id": "one", "title": "One"}));
    fixture.sync().await.unwrap();
    let below = |with: TaskPatch| TaskPatch { parent: Some(Some("above".into())), ..with };
    let row = fixture.update("one", below(title("Two"))).await.unwrap().task.unwrap();
    assert_eq!((row.fields.title.as_str(), row.fields.parent.as_ref().unwrap().as_str()), ("Two", "above"));
    assert_eq!(fixture.task("one")["etag"], row.version);
    // Asked again from before: all of it is done.
    fixture.sandbox.control().clear_log();
    assert_eq!(fixture.update("one", below(title("Two"))).await.unwrap().task, Some(row.clone()));
    assert_eq!(fixture.update("one", below(TaskPatch::default())).await.unwrap().task, Some(row));
    assert_eq!(fixture.sandbox.control().count("POST", "*/move"), 1, "refused, for the tag is old");
    fixture.sync().await.unwrap();
    // Broken off between the change and the move.
    fixture.sandbox.control().add_fault(Fault::status("*/move", 503, "backendError"));
    let up = TaskPatch { parent: Some(None), ..title("Three") };
    assert_eq!(fixture.update("one", up.clone()).await.unwrap_err().code(), "server");
    assert_eq!((&fixture.task("one")["title"], &fixture.task("one")["parent"]), (&json!("Three"), &json!("above")));
    fixture.update("one", up).await.unwrap();
    assert_eq!(fixture.task("one").get("parent"), None);
}

#[tokio::test]
async fn tasks_move_to_another_list_with_all_below_them_once() {
    let mut fixture = Fixture::start().await;
    fixture.put(json!({"id": "one", "title": "One"}));
    fixture.put(json!({"id": "below", "title": "Below", "parent": "one"}));
    fixture.sync().await.unwrap();
    let home = fixture.home();
    let away = TaskPatch { list: Some(home.as_str().into()), ..title("Two") };
    lose(&fixture, "POST");
    assert_eq!(fixture.update("one", away.clone()).await.unwrap_err().class(), ErrorClass::Retry);
    let written = fixture.update("one", away.clone()).await.unwrap();
    assert_eq!((written.id.as_str(), written.task.unwrap().list.as_str()), ("one", home.as_str()));
    let there = |id: &str| fixture.sandbox.gtask(MARA, &home, id).unwrap();
    assert_eq!((&there("one")["title"], &there("below")["parent"], fixture.count()), (&json!("Two"), &json!("one"), 2));
    // Somebody changed it there since: that is another task's business now.
    fixture.sandbox.put_gtask(MARA, &home, json!({"id": "one", "title": "Theirs"})).unwrap();
    assert!(matches!(fixture.update("one", away).await, Err(ProviderError::NotFound(_))));
    // Where Google gives it another id, that one is said.
    fixture.sandbox.set_gtasks(|s| s.moves_rename = true);
    fixture.put(json!({"id": "three", "title": "Three"}));
    fixture.sync().await.unwrap();
    let move_only = TaskPatch { list: Some(home.as_str().into()), ..TaskPatch::default() };
    let written = fixture.update("three", move_only).await.unwrap();
    assert!(written.id.as_str() != "three" && fixture.sandbox.gtask(MARA, &home, written.id.as_str()).is_some());
    // To the list where it is already is nowhere.
    fixture.put(json!({"id": "four", "title": "Four"}));
    fixture.sync().await.unwrap();
    fixture.update("four", TaskPatch { list: Some(fixture.list.as_str().into()), ..title("4") }).await.unwrap();
    assert_eq!(fixture.task("four")["title"], "4");
}

#[tokio::test]
async fn deleting_twice_is_once_and_takes_what_is_below_along() {
    let mut fixture = Fixture::start().await;
    fixture.put(json!({"id": "one", "title": "One"}));
    fixture.put(json!({"id": "below", "title": "Below", "parent": "one"}));
    fixture.sync().await.unwrap();
    lose(&fixture, "DELETE");
    assert_eq!(fixture.delete("one").await.unwrap_err().class(), ErrorClass::Retry);
    assert_eq!(fixture.delete("one").await.unwrap(), TaskWritten { id: "one".into(), task: None });
    fixture.sandbox.control().add_fault(Fault::status(TASKS, 410, "deleted").method("DELETE"));
    fixture.delete("one").await.unwrap();
    assert_eq!(fixture.count(), 0);
    fixture.sync().await.unwrap();
    fixture.same();
}
