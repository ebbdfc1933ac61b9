//! Writes: what they do there, and that they do it once.

use super::*;

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

fn to(status: TaskStatus) -> TaskPatch {
    TaskPatch { status: Some(status), ..TaskPatch::default() }
}

fn repeating(words: &str) -> Value {
    json!({"date": "2026-11-20T09:00:00", "is_recurring": true, "string": words, "lang": "en"})
}

#[tokio::test]
async fn a_known_key_is_no_second_task_with_and_without_a_mapping() {
    for repeats in [true, false] {
        let world = start().await;
        world.sandbox.set_todoist(|s| s.repeats_mapping = repeats);
        let since = world.sandbox.now();
        let fields = TaskFields { labels: vec!["a".into()], ..titled("Mail @bo the plan") };
        let write = |tried| TaskWrite::Create { list: world.project("Studio"), key: key(1), fields: fields.clone(), tried, since };
        let first = world.source.write(&write(false)).await.unwrap();
        assert_eq!(first.task.as_ref().unwrap().fields, fields, "an @ in a title is the person's own");
        world.requests();
        let again = world.source.write(&write(true)).await.unwrap();
        assert_eq!((again.id, world.count()), (first.id.clone(), 1));
        // Looked for only where it has to be.
        assert_eq!(world.requests().iter().filter(|r| *r == "POST /sync").count(), if repeats { 1 } else { 2 });
    }
}

#[tokio::test]
async fn one_of_several_alike_is_found_by_when_it_was_made() {
    let world = start().await;
    let before = world.create(1, titled("Call Bo"), false).await.unwrap().id;
    world.pass(60);
    let since = world.sandbox.now();
    world.trouble(Trouble::LostAnswer);
    world.create(2, titled("Call Bo"), false).await.unwrap_err();
    world.pass(60);
    // Somebody makes a third one, and moves ours.
    let third = world.post(json!({"content": "Call Bo", "project_id": world.project("Studio")}));
    let ours = world.sandbox.todoist_tasks().into_iter().find(|t| t.id != before.as_str() && t.id != third.as_str()).unwrap().id;
    let write = TaskWrite::Create { list: world.project("Studio"), key: key(2), fields: titled("Call Bo"), tried: true, since };
    assert_eq!(world.source.write(&write).await.unwrap().id.as_str(), ours);
    // One that was done meanwhile is found too; one that was deleted is gone, and not made again.
    world.post(json!({"id": ours, "checked": true}));
    world.sandbox.delete_todoist_task(third.as_str());
    assert_eq!(world.source.write(&write).await.unwrap().id.as_str(), ours);
    world.sandbox.delete_todoist_task(&ours);
    world.sandbox.delete_todoist_task(before.as_str());
    assert!(matches!(world.source.write(&write).await, Err(ProviderError::NotFound(_))));
    assert_eq!(world.count(), 0);
}

#[tokio::test]
async fn one_that_repeats_goes_on_when_it_is_done_and_ends_when_it_is_cancelled() {
    let world = start().await;
    let id = world.post(json!({"content": "Timesheet", "due": repeating("every day")}));
    let mirror = world.mirror().await;
    let write = mirror.write(&id, &key(1), to(TaskStatus::Done));
    let task = world.source.write(&write).await.unwrap().task.unwrap();
    let then = world.there(&id).due.unwrap();
    assert!(then.date.as_str() > "2026-11-20T09:00:00" && then.date.ends_with("T09:00:00"), "{then:?}");
    assert_eq!((task.fields.status, task.repeats.as_deref()), (TaskStatus::Open, Some("every day")));
    assert_eq!(task.fields.due, Some(Due::Floating { at: then.date.clone() }));
    // Once more is not the day after that.
    world.source.write(&write).await.unwrap();
    assert_eq!(world.there(&id).due.unwrap(), then);
    let mirror = world.mirror().await;
    world.source.write(&mirror.write(&id, &key(2), to(TaskStatus::Cancelled))).await.unwrap();
    assert!(world.there(&id).checked);
}

#[tokio::test]
async fn how_it_repeats_stays_whatever_else_changes() {
    let world = start().await;
    let id = world.post(json!({"content": "Timesheet", "due": repeating("every friday")}));
    let mirror = world.mirror().await;
    world.requests();
    let title = TaskPatch { title: Some("Hours".into()), priority: Some(Priority::High), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(1), title)).await.unwrap();
    assert_eq!(world.requests(), ["POST /sync".to_owned(), format!("GET /tasks/{id}")]);
    let there = world.there(&id);
    assert_eq!((there.content.as_str(), there.due.unwrap().string.as_str()), ("Hours", "every friday"));
    // Another date is another date, not the end of it.
    let moved = TaskPatch { due: Some(Some(Due::Day { day: "2026-11-21".into() })), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(2), moved)).await.unwrap();
    let due = world.there(&id).due.unwrap();
    assert_eq!((due.date.as_str(), due.is_recurring, due.string.as_str()), ("2026-11-21", true, "every friday"));
    // None is.
    world.source.write(&mirror.write(&id, &key(3), TaskPatch { due: Some(None), ..TaskPatch::default() })).await.unwrap();
    assert_eq!(world.there(&id).due, None);
}

#[tokio::test]
async fn a_patch_of_several_commands_goes_at_once_and_once() {
    let world = start().await;
    let above = world.post(json!({"content": "Above", "project_id": world.project("Home")}));
    let id = world.post(json!({"content": "Timesheet", "due": repeating("every day")}));
    let mirror = world.mirror().await;
    let patch = TaskPatch {
        title: Some("Hours".into()),
        status: Some(TaskStatus::Done),
        parent: Some(Some(above.clone())),
        list: Some(world.project("Home")),
        ..TaskPatch::default()
    };
    let write = mirror.write(&id, &key(1), patch);
    world.requests();
    world.trouble(Trouble::LostAnswer);
    assert_eq!(world.source.write(&write).await.unwrap_err().class(), ErrorClass::Retry);
    let first = world.there(&id);
    assert_eq!((first.content.as_str(), first.parent_id.as_deref()), ("Hours", Some(above.as_str())));
    assert_eq!(first.project_id, world.project("Home").0);
    world.source.write(&write).await.unwrap();
    assert_eq!(world.there(&id), first, "not a day further");
    assert_eq!(world.requests().iter().filter(|r| *r == "POST /sync").count(), 2);
}

#[tokio::test]
async fn a_command_that_fails_alone_is_done_alone_when_it_is_tried_again() {
    let world = start().await;
    let id = world.post(json!({"content": "Task"}));
    let mirror = world.mirror().await;
    let patch = TaskPatch { title: Some("Other".into()), status: Some(TaskStatus::Done), ..TaskPatch::default() };
    let write = mirror.write(&id, &key(1), patch);
    world.sandbox.set_todoist(|s| s.failing = 1);
    let error = world.source.write(&write).await.unwrap_err();
    assert!(matches!(error, ProviderError::Server { .. }), "{error:?}");
    assert_eq!((world.there(&id).content.as_str(), world.there(&id).checked), ("Task", true));
    world.source.write(&write).await.unwrap();
    assert_eq!((world.there(&id).content.as_str(), world.there(&id).checked), ("Other", true));
}

#[tokio::test]
async fn what_todoist_refuses_is_said_in_its_words() {
    let world = start().await;
    let error = world.create(1, titled(""), false).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("content")), "{error:?}");
    let error = world.create(2, titled(&"x".repeat(600)), false).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("too long")), "{error:?}");
    let bad = TaskFields { due: Some(Due::Floating { at: "soon".into() }), ..titled("x") };
    assert!(matches!(world.create(3, bad, false).await, Err(ProviderError::Refused(_))));
    let orphan = TaskFields { parent: Some("nobody".into()), ..titled("x") };
    assert!(matches!(world.create(4, orphan, false).await, Err(ProviderError::Refused(why)) if why.contains("belongs to")));
    let write = TaskWrite::Create { list: "nowhere".into(), key: key(5), fields: titled("x"), tried: false, since: world.now() };
    assert!(matches!(world.source.write(&write).await, Err(ProviderError::Refused(why)) if why.contains("Project")));
    assert_eq!(world.count(), 0);
    // Where it was to go is gone, not the task.
    let id = world.post(json!({"content": "Task"}));
    let mirror = world.mirror().await;
    for (n, patch) in [
        TaskPatch { parent: Some(Some("nobody".into())), ..TaskPatch::default() },
        TaskPatch { parent: Some(Some(id.clone())), ..TaskPatch::default() },
        TaskPatch { list: Some("nowhere".into()), ..TaskPatch::default() },
    ]
    .into_iter()
    .enumerate()
    {
        let error = world.source.write(&mirror.write(&id, &key(10 + n as u32), patch)).await.unwrap_err();
        assert!(matches!(error, ProviderError::Refused(_)), "{error:?}");
    }
    // And when it is the task itself.
    world.sandbox.delete_todoist_task(id.as_str());
    for (n, patch) in [
        TaskPatch { parent: Some(Some("nobody".into())), ..TaskPatch::default() },
        to(TaskStatus::Done),
        TaskPatch { list: Some(world.project("Home")), ..TaskPatch::default() },
    ]
    .into_iter()
    .enumerate()
    {
        let error = world.source.write(&mirror.write(&id, &key(20 + n as u32), patch)).await.unwrap_err();
        assert!(matches!(error, ProviderError::NotFound(_)), "{error:?}");
    }
}

#[tokio::test]
async fn nothing_to_do_there_is_no_command() {
    let world = start().await;
    let id = world.post(json!({"content": "Task"}));
    let mirror = world.mirror().await;
    world.requests();
    let written = world.source.write(&mirror.write(&id, &key(1), to(TaskStatus::Started))).await.unwrap();
    assert_eq!((written.task.unwrap().fields.status, world.requests()), (TaskStatus::Open, vec![format!("GET /tasks/{id}")]));
}

#[tokio::test]
async fn a_write_whose_reading_back_fails_is_written() {
    let world = start().await;
    world.sandbox.control().add_fault(Fault::status("/api/v1/tasks/*", 500, "X"));
    let written = world.create(1, titled("Task"), false).await.unwrap();
    assert_eq!((written.task, world.count()), (None, 1));
    world.there(&written.id);
}

#[tokio::test]
async fn subtasks_are_done_and_opened_as_todoist_does_it() {
    let world = start().await;
    let above = world.post(json!({"content": "Above"}));
    let below = world.post(json!({"content": "Below", "parent_id": above}));
    let mut mirror = world.mirror().await;
    world.source.write(&mirror.write(&above, &key(1), to(TaskStatus::Done))).await.unwrap();
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows[&below].fields.status, TaskStatus::Done, "with all below it");
    world.source.write(&mirror.write(&below, &key(2), to(TaskStatus::Open))).await.unwrap();
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows[&above].fields.status, TaskStatus::Open, "and all above it");
}
