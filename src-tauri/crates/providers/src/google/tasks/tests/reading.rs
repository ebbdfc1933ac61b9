//! The lists, first sync, what changes afterwards, and everything again.

use super::*;

/// How many listings were asked for since the log was cleared.
fn listings(fixture: &Fixture) -> usize {
    let count = fixture.sandbox.control().count("GET", "/tasks/v1/lists/*/tasks");
    fixture.sandbox.control().clear_log();
    count
}

#[tokio::test]
async fn lists_have_names_one_is_the_default_and_rights_follow_the_grant() {
    let sandbox = Sandbox::start(SandboxOptions::demo()).await.unwrap();
    let ours: Vec<String> = (0..130).map(|n| sandbox.add_gtask_list(MARA, &format!("List {n}"))).collect();
    let all = source(&sandbox, &[scope::TASKS]).await;
    assert!(!all.one_scope());
    let lists = all.lists().await.unwrap();
    assert_eq!(lists.len(), 132, "over two pages");
    assert_eq!(lists.iter().map(|l| (l.name.as_str(), l.default)).take(2).collect::<Vec<_>>(), [("My Tasks", true), ("Home", false)]);
    assert!(lists[131].id.as_str() == ours[129] && lists.iter().filter(|l| l.default).count() == 1);
    let can = lists[0].can;
    assert!(can.write && can.notes && can.due_day && can.subtasks && can.moves && can.deletes);
    assert!(!can.due_time && !can.priority && !can.labels);
    let look = source(&sandbox, &[scope::TASKS_READONLY]).await;
    assert!(look.lists().await.unwrap().iter().all(|l| !l.can.write));
    let list = RemoteId(ours[0].clone());
    let write = TaskWrite::Create { list, key: String::new(), fields: titled("x"), tried: false, since: Timestamp(0) };
    assert!(matches!(look.write(&write).await, Err(ProviderError::Unsupported(why)) if why.contains("auth/tasks)")));
    // Nothing granted: nothing is asked.
    let none = with(&sandbox, Arc::new(Tokens::default()), &["openid".to_owned()]);
    sandbox.control().clear_log();
    assert!(matches!(none.lists().await, Err(ProviderError::Unsupported(_))));
    assert_eq!(sandbox.control().log().len(), 0);
}

#[tokio::test]
async fn what_google_refuses_for_want_of_a_scope_or_a_sign_in_is_said() {
    let mut fixture = Fixture::filled(Fill::Small).await;
    // Here it is believed to be granted.
    let readonly = source(&fixture.sandbox, &[scope::TASKS_READONLY]).await;
    fixture.source = GoogleTasks { grants: Grants::new(&[scope::TASKS.to_owned()]), ..readonly };
    fixture.sync().await.unwrap();
    let error = fixture.delete("gt-lunch").await.unwrap_err();
    assert!(matches!(&error, ProviderError::Unsupported(why) if why.contains("did not grant")), "{error}");
    assert!(fixture.task("gt-lunch").get("deleted").is_none());
    // A stale token is refreshed once; a dead grant ends the account after several fresh ones.
    fixture.sandbox.kill_grants(Provider::Google, MARA);
    let tokens = Arc::new(Tokens::default());
    fixture.source = with(&fixture.sandbox, tokens.clone(), &[scope::TASKS.to_owned()]);
    let mut last = None;
    for _ in 0..3 {
        last = Some(fixture.sync().await.unwrap_err());
    }
    assert_eq!((last.unwrap().class(), *tokens.refreshes.lock().unwrap()), (ErrorClass::Reauth, 3));
}

#[tokio::test]
async fn too_many_calls_are_waited_for() {
    let mut fixture = Fixture::filled(Fill::Small).await;
    let busy = FaultAction::Status { status: 429, retry_after: Some("30".into()), reason: Some("rateLimitExceeded".into()), body: None };
    fixture.sandbox.control().add_fault(Fault::new(TASKS, busy));
    let error = fixture.sync().await.unwrap_err();
    assert_eq!(error.retry_at(), Some(fixture.sandbox.now().plus_secs(30)));
    let before = fixture.sandbox.now();
    fixture.sync().await.unwrap();
    assert!(fixture.sandbox.now() > before, "the units begin at nothing");
    for (status, reason, code) in
        [(403, "rateLimitExceeded", "rate_limited"), (403, "dailyLimitExceeded", "rate_limited"), (503, "backendError", "server")]
    {
        fixture.sandbox.control().add_fault(Fault::status(TASKS, status, reason));
        assert_eq!(fixture.sync().await.unwrap_err().code(), code);
    }
    fixture.sync().await.unwrap();
    fixture.same();
}

#[tokio::test]
async fn a_first_sync_has_all_that_is_there_and_then_nothing_comes_twice() {
    for (email, index) in [(MARA, 0), (MARA, 1), (MARA_WORK, 0), (MARA_WORK, 1)] {
        let mut fixture = Fixture::filled(Fill::Demo).await;
        if email == MARA_WORK {
            fixture.source = source_of(&fixture.sandbox, email, &[scope::TASKS]).await;
        }
        fixture.list = fixture.sandbox.gtask_lists(email)[index].id.clone();
        fixture.sync().await.unwrap();
        if email == MARA {
            fixture.same();
        }
        assert_eq!(fixture.rows.len(), fixture.sandbox.gtasks(email, &fixture.list).len(), "completed, hidden and assigned ones too");
        listings(&fixture);
        fixture.sync().await.unwrap();
        assert_eq!(listings(&fixture), 1);
    }
}

#[tokio::test]
async fn many_come_in_pages_and_each_can_be_asked_for_again() {
    let mut fixture = Fixture::start().await;
    for n in 0..250 {
        fixture.put(json!({"title": format!("{n:03}"), "status": if n % 4 == 0 { "completed" } else { "needsAction" }}));
    }
    let gone = fixture.put(json!({"title": "gone"}));
    fixture.sandbox.delete_gtask(MARA, &fixture.list, &gone);
    let mut told = 0;
    for page in 0..3 {
        let (once, again) = (fixture.page().await.unwrap(), fixture.page().await.unwrap());
        let ids = |batch: &ChangeBatch<RemoteTask>| format!("{:?}", batch.changes);
        assert_eq!((ids(&once), &once.next, once.more), (ids(&again), &again.next, page < 2));
        assert_eq!(once.present.map(|all| all.len()), (page == 2).then_some(250));
        told += once.changes.len();
        fixture.cursor = Some(once.next);
    }
    assert_eq!(told, 250);
    // All of them changed a moment ago, so they come once more; a minute later they don't.
    fixture.pass(30);
    assert_eq!(fixture.sync().await.unwrap().len(), 251);
    fixture.same();
    fixture.pass(60);
    fixture.sync().await.unwrap();
    listings(&fixture);
    fixture.pass(60);
    assert_eq!((fixture.sync().await.unwrap().len(), listings(&fixture)), (0, 1));
    // A small budget makes small pages, from the first to the last.
    (fixture.cursor, fixture.items) = (None, 60);
    assert_eq!((fixture.sync().await.unwrap().len(), listings(&fixture)), (250, 5));
    fixture.same();
}

#[tokio::test]
async fn what_changes_is_told() {
    let mut fixture = Fixture::start().await;
    let old = fixture.put(json!({"id": "old", "title": "Old"}));
    fixture.pass(600);
    fixture.put(json!({"id": "one", "title": "One"}));
    assert_eq!(fixture.sync().await.unwrap(), ["+old", "+one"]);
    fixture.pass(90);
    fixture.put(json!({"id": "two", "title": "Two", "due": "2026-12-01", "parent": "one"}));
    assert_eq!(fixture.sync().await.unwrap(), ["+one", "+two"], "a minute over");
    for change in [
        json!({"id": "two", "notes": "n", "due": null}),
        json!({"id": "two", "status": "completed"}),
        json!({"id": "two", "status": "needsAction"}),
    ] {
        fixture.pass(90);
        fixture.put(change);
        listings(&fixture);
        assert_eq!((fixture.sync().await.unwrap(), listings(&fixture)), (vec!["+two".to_owned()], 1));
        fixture.same();
    }
    fixture.pass(90);
    fixture.sandbox.move_gtask(MARA, &fixture.list, "two", None, None).unwrap();
    assert_eq!(fixture.sync().await.unwrap(), ["+two"]);
    fixture.sandbox.move_gtask(MARA, &fixture.list, "two", None, Some("one")).unwrap();
    fixture.pass(90);
    fixture.sandbox.delete_gtask(MARA, &fixture.list, "one");
    assert_eq!(fixture.sync().await.unwrap(), ["-one", "-two"], "what is below goes along");
    fixture.same();
    assert_eq!(fixture.rows.keys().collect::<Vec<_>>(), [&old]);
    // Told once more, it is gone once more.
    assert_eq!(fixture.sync().await.unwrap(), ["-one", "-two"]);
}

#[tokio::test]
async fn a_change_that_shows_late_is_not_missed() {
    let mut fixture = Fixture::start().await;
    fixture.put(json!({"id": "late", "title": "Late"}));
    fixture.pass(50);
    fixture.put(json!({"id": "seen", "title": "Seen"}));
    // For now Google does not show the older change.
    let page = json!({"items": [fixture.task("seen")]});
    let action = FaultAction::Status { status: 200, retry_after: None, reason: None, body: Some(page) };
    fixture.sandbox.control().add_fault(Fault::new(TASKS, action));
    assert_eq!(fixture.sync().await.unwrap(), ["+seen"]);
    fixture.pass(20);
    assert_eq!(fixture.sync().await.unwrap(), ["+late", "+seen"]);
    fixture.same();
}

#[tokio::test]
async fn a_week_later_everything_is_read_and_what_was_missed_is_found() {
    let mut fixture = Fixture::start().await;
    for id in ["kept", "forgotten", "moved"] {
        fixture.put(json!({"id": id, "title": id}));
    }
    fixture.sync().await.unwrap();
    // Google tells nothing of these.
    let home = fixture.home();
    fixture.sandbox.forget_gtask(MARA, &fixture.list, "forgotten");
    fixture.sandbox.move_gtask(MARA, &fixture.list, "moved", Some(&home), None).unwrap();
    fixture.pass(6 * 86_400);
    fixture.sync().await.unwrap();
    assert_eq!(fixture.rows.len(), 3);
    fixture.pass(86_400);
    listings(&fixture);
    assert_eq!((fixture.sync().await.unwrap(), listings(&fixture)), (vec!["+kept".to_owned()], 1));
    fixture.same();
    fixture.pass(90);
    assert_eq!(fixture.sync().await.unwrap(), [""; 0], "and then goes on as before");
}

#[tokio::test]
async fn a_void_page_begins_the_round_anew_and_a_void_cursor_all() {
    let mut fixture = Fixture::start().await;
    for n in 0..5 {
        fixture.put(json!({"id": format!("t{n}"), "title": "x"}));
    }
    fixture.sandbox.set_gtasks(|s| s.page = Some(2));
    let batch = fixture.page().await.unwrap();
    assert!(batch.more);
    fixture.cursor = Some(batch.next);
    fixture.sandbox.set_gtasks(|s| s.page_generation = 1);
    fixture.sandbox.delete_gtask(MARA, &fixture.list, "t0");
    assert_eq!(fixture.sync().await.unwrap(), ["+t1", "+t2", "+t3", "+t4"]);
    fixture.same();
    fixture.sandbox.control().add_fault(Fault::status(TASKS, 410, "updatedMinTooLongAgo"));
    assert!(matches!(fixture.sync().await, Err(ProviderError::CursorExpired)));
    for value in ["x".to_owned(), json!({"v": 9}).to_string()] {
        fixture.cursor = Some(SyncCursor::Opaque { value });
        assert!(matches!(fixture.sync().await, Err(ProviderError::CursorExpired)));
    }
    // A list that is gone, in the middle of it.
    fixture.cursor = None;
    let batch = fixture.page().await.unwrap();
    fixture.cursor = Some(batch.next);
    fixture.sandbox.remove_gtask_list(MARA, &fixture.list);
    assert!(matches!(fixture.sync().await, Err(ProviderError::NotFound(_))));
}

#[tokio::test]
async fn tokens_that_lead_nowhere_are_no_round() {
    let mut fixture = Fixture::start().await;
    let action =
        FaultAction::Status { status: 200, retry_after: None, reason: None, body: Some(json!({"items": [], "nextPageToken": "t"})) };
    fixture.sandbox.control().add_fault(Fault::new(TASKS, action).times(0));
    assert!(matches!(fixture.sync().await, Err(ProviderError::Protocol { .. })));
}
