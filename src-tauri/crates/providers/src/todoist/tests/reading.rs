//! Lists, first sync, and what changes afterwards.

use domain::sync::Change;

use super::*;

#[tokio::test]
async fn projects_are_lists_and_the_inbox_is_where_tasks_go() {
    let world = filled(Fill::Demo).await;
    let home = world.sandbox.todoist_projects().into_iter().find(|p| p.name == "Home").unwrap();
    world.sandbox.put_todoist_project(TodoistProject {
        id: "odd".into(),
        name: "Odd".into(),
        color: "mauve".into(),
        child_order: 9,
        ..home.clone()
    });
    world.sandbox.put_todoist_project(TodoistProject { id: "old".into(), is_archived: true, ..home.clone() });
    world.sandbox.put_todoist_project(TodoistProject { id: "gone".into(), is_deleted: true, ..home });
    let lists = world.source.lists().await.unwrap();
    let shown: Vec<_> = lists.iter().map(|l| (l.name.as_str(), l.colour.as_deref(), l.default)).collect();
    assert_eq!(
        shown,
        [("Inbox", Some("#999999"), true), ("Studio", Some("#ca3fee"), false), ("Home", Some("#949c31"), false), ("Odd", None, false)]
    );
    let can = lists[0].can;
    assert!(
        can.write && can.notes && can.due_day && can.due_time && can.priority && can.labels && can.subtasks && can.moves && can.deletes
    );
    assert!(world.source.one_scope());
}

#[tokio::test]
async fn the_demo_is_read_whole() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    let there = world.sandbox.todoist_tasks();
    assert!(there.len() >= 15 && mirror.rows.len() == there.len());
    let (mut kinds, mut repeating) = (std::collections::BTreeSet::new(), 0);
    for task in there {
        let row = &mirror.rows[&RemoteId(task.id.clone())];
        assert_eq!((row.list.as_str(), &row.version), (task.project_id.as_str(), &task.updated_at));
        assert_eq!(row.repeats, task.due.as_ref().filter(|due| due.is_recurring).map(|due| due.string.clone()));
        assert_eq!(row.completed_at.is_some(), task.checked);
        assert_eq!(row.url.as_deref().unwrap(), format!("https://app.todoist.com/app/task/{}", task.id));
        repeating += usize::from(row.repeats.is_some());
        kinds.insert(row.fields.due.as_ref().map(|due| match due {
            Due::Day { .. } => 0,
            Due::Floating { .. } => 1,
            Due::At { .. } => 2,
        }));
        assert_eq!(row.fields, fields_of(task));
    }
    assert_eq!((kinds.len(), repeating), (4, 2), "none and all three forms");
    // Siblings sort by where they are.
    let mut steps: Vec<_> = mirror.rows.values().filter(|r| r.fields.parent == Some("6XsbxNorthgateDeck".into())).collect();
    steps.sort_by(|a, b| a.position.cmp(&b.position));
    assert_eq!(
        steps.iter().map(|r| r.fields.title.as_str()).collect::<Vec<_>>(),
        ["Agree the outline with Tobias", "Redraw the charts", "Proofread, aloud"]
    );
}

#[tokio::test]
async fn a_quiet_round_is_one_request() {
    let world = filled(Fill::Small).await;
    let mut mirror = world.mirror().await;
    // One window of a day ahead and three of thirty days behind, and the tasks.
    assert_eq!(world.requests().iter().filter(|r| r.starts_with("GET /tasks/completed/")).count(), 4);
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.requests(), ["POST /sync"]);
}

#[tokio::test]
async fn completed_tasks_come_as_far_back_as_is_asked_and_over_pages() {
    let world = start().await;
    let ago = |days: i64| DateTime::from_timestamp(world.sandbox.now().secs() - days * 86_400, 0).unwrap().to_rfc3339();
    let done = |days: i64| world.post(json!({"content": format!("{days} days ago"), "checked": true, "completed_at": ago(days)}));
    let lately: Vec<RemoteId> = [0, 1, 29, 30, 31, 60, 89].map(done).to_vec();
    let long_ago = done(95);
    world.sandbox.set_todoist(|s| s.page = Some(1));
    let mirror = world.mirror().await;
    assert_eq!(mirror.rows.len(), lately.len());
    assert!(lately.iter().all(|id| mirror.rows[id].fields.status == TaskStatus::Done) && !mirror.rows.contains_key(&long_ago));
    // Done by a clock that is ahead of ours.
    let ahead = world.post(json!({"content": "x", "checked": true, "completed_at": ago(0).replace("+00:00", "Z")}));
    world.sandbox.clock().advance(-3_600_000);
    assert!(world.mirror().await.rows.contains_key(&ahead));
    // An older one that is opened again is told of.
    let mut mirror = mirror;
    world.post(json!({"id": long_ago, "checked": false}));
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows[&long_ago].fields.status, TaskStatus::Open);
}

#[tokio::test]
async fn an_occurrence_that_was_done_is_not_the_task_that_goes_on() {
    let world = start().await;
    let due = json!({"date": "2026-11-20", "is_recurring": true, "string": "every friday"});
    let id = world.post(json!({"content": "Timesheet", "due": due}));
    let mirror = world.mirror().await;
    let patch = TaskPatch { status: Some(TaskStatus::Done), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(1), patch)).await.unwrap();
    let anew = world.mirror().await;
    assert_eq!((anew.rows.len(), anew.rows[&id].fields.status), (1, TaskStatus::Open));
}

#[tokio::test]
async fn everything_unasked_sweeps_what_is_gone() {
    let world = filled(Fill::Small).await;
    let mut mirror = world.mirror().await;
    let gone = mirror.rows.values().find(|row| row.fields.title == "Call Bo").unwrap().id.clone();
    world.sandbox.delete_todoist_task(gone.as_str());
    world.sandbox.void_todoist_tokens();
    world.requests();
    let batch = world.changes(mirror.cursors.get(&None)).await.unwrap();
    let present = batch.present.unwrap();
    assert_eq!((batch.changes.len(), present.len(), batch.more, batch.reset), (2, 2, false, false));
    assert!(!present.contains(&gone));
    assert_eq!(world.requests().iter().filter(|r| *r == "POST /sync").count(), 1, "what was told unasked is used");
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.len(), 2);
    // The one after is incremental again.
    assert!(world.changes(mirror.cursors.get(&None)).await.unwrap().present.is_none());
}

#[tokio::test]
async fn a_deletion_is_told_as_gone_also_of_what_is_below() {
    let world = start().await;
    let above = world.post(json!({"content": "Above"}));
    let below = world.post(json!({"content": "Below", "parent_id": above}));
    let mirror = world.mirror().await;
    world.sandbox.delete_todoist_task(above.as_str());
    let batch = world.changes(mirror.cursors.get(&None)).await.unwrap();
    let gone: Vec<RemoteId> = batch
        .changes
        .into_iter()
        .map(|change| match change {
            Change::Gone(id) => id,
            Change::Upsert(task) => panic!("{task:?}"),
        })
        .collect();
    assert_eq!((gone, batch.present), (vec![above, below], None));
}

#[tokio::test]
async fn a_project_that_goes_takes_its_tasks_along() {
    let world = filled(Fill::Demo).await;
    let mut mirror = world.mirror().await;
    let home = world.project("Home");
    let before = mirror.rows.len();
    let of_home = mirror.rows.values().filter(|row| row.list == home).count();
    let project = world.sandbox.todoist_projects().into_iter().find(|p| p.id == home.as_str()).unwrap();
    world.sandbox.put_todoist_project(TodoistProject { is_archived: true, ..project.clone() });
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.len(), before - of_home);
    assert!(mirror.rows.values().all(|row| row.list != home), "nor its completed ones");
    world.requests();
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.requests(), ["POST /sync"], "once");
    // Another name is no reason to ask for everything.
    let studio = world.sandbox.todoist_projects().into_iter().find(|p| p.name == "Studio").unwrap();
    world.sandbox.put_todoist_project(TodoistProject { name: "Atelier".into(), ..studio });
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.requests(), ["POST /sync"]);
}

#[tokio::test]
async fn two_thousand_tasks() {
    let world = start().await;
    let (studio, home) = (world.project("Studio"), world.project("Home"));
    for n in 0..2000 {
        let list = if n % 2 == 0 { &studio } else { &home };
        world.post(json!({"content": format!("Task {n}"), "description": "words ".repeat(20), "project_id": list, "checked": n % 4 == 3}));
    }
    let mut mirror = world.mirror().await;
    assert_eq!(mirror.rows.len(), 2000);
    assert_eq!(mirror.rows.values().filter(|row| row.fields.status == TaskStatus::Done).count(), 500);
    world.requests();
    world.post(json!({"content": "One more"}));
    mirror.sync(&world).await.unwrap();
    assert_eq!((mirror.rows.len(), world.requests().len()), (2001, 1));
}

#[tokio::test]
async fn a_cursor_of_another_kind_is_none() {
    let world = filled(Fill::Small).await;
    let mirror = world.mirror().await;
    let SyncCursor::Opaque { value } = mirror.cursors[&None].clone() else { panic!() };
    let other = value.replace("items", "notes");
    for value in ["x".to_owned(), other] {
        let error = world.changes(Some(&SyncCursor::Opaque { value })).await.unwrap_err();
        assert!(matches!(error, ProviderError::CursorExpired), "{error:?}");
    }
    // One that Todoist itself does not know.
    let mut broken: Value = serde_json::from_str(&value).unwrap();
    broken["token"] = json!("nonsense");
    let error = world.changes(Some(&SyncCursor::Opaque { value: broken.to_string() })).await.unwrap_err();
    assert!(matches!(error, ProviderError::CursorExpired), "{error:?}");
}

#[tokio::test]
async fn limits_say_when_to_come_back() {
    let world = filled(Fill::Small).await;
    let mut mirror = world.mirror().await;
    world.sandbox.clock().freeze(true);
    world.sandbox.set_todoist(|s| s.calls = Some(0));
    let error = mirror.sync(&world).await.unwrap_err();
    assert!(matches!(error, ProviderError::RateLimited { .. }), "{error:?}");
    assert_eq!(error.retry_at().unwrap().since(world.sandbox.now()), 900_000, "in the body, not in a header");
    world.sandbox.set_todoist(|s| s.calls = None);
    mirror.sync(&world).await.unwrap();
}

#[tokio::test]
async fn what_breaks_on_the_way_is_said_and_tried_again() {
    let world = filled(Fill::Small).await;
    let faults = [
        (Fault::new("*/sync", FaultAction::Truncate { keep: 10 }), "unreachable"),
        (Fault::new("*/sync", FaultAction::Drop { after_commit: false }), "unreachable"),
        (Fault::status("*/sync", 500, "X"), "server"),
        (Fault::status("*/by_completion_date", 503, "X").nth(2), "server"),
        (
            Fault::new("*/sync", FaultAction::Status { status: 200, retry_after: None, reason: None, body: Some(json!({"items": 5})) }),
            "protocol",
        ),
        (
            Fault::new(
                "*/sync",
                FaultAction::Status { status: 200, retry_after: None, reason: None, body: Some(json!({"full_sync": true})) },
            ),
            "protocol",
        ),
    ];
    for (fault, code) in faults {
        world.sandbox.control().clear_faults();
        world.sandbox.control().add_fault(fault);
        let error = world.changes(None).await.unwrap_err();
        assert_eq!((error.code(), error.class()), (code, ErrorClass::Retry), "{error:?}");
    }
    world.sandbox.control().clear_faults();
    assert_eq!(world.mirror().await.rows.len(), 3);
}

#[tokio::test]
async fn a_token_that_may_not_is_no_sign_in() {
    let world = filled(Fill::Small).await;
    world.sandbox.control().add_fault(Fault::status("*/sync", 403, "FORBIDDEN"));
    assert!(matches!(world.source.lists().await, Err(ProviderError::Auth(_))));
    let http = http_at(world.sandbox.clock().as_clock());
    assert!(TodoistTasks::new(http, Arc::new(Tokens::default()), "http://todoist.example/api/v1").is_err(), "https, or this machine");
}

#[tokio::test]
async fn a_listing_that_goes_in_circles_is_left() {
    let world = start().await;
    let body = json!({"items": [], "next_cursor": "again"});
    let action = FaultAction::Status { status: 200, retry_after: None, reason: None, body: Some(body) };
    world.sandbox.control().add_fault(Fault::new("*/by_completion_date", action).times(0));
    assert!(matches!(world.changes(None).await, Err(ProviderError::Protocol { .. })));
    assert_eq!(world.requests().len(), 3);
}
