//! What is Microsoft's own.

use domain::source::Connector as _;

use super::*;

fn titled(title: &str) -> TaskPatch {
    TaskPatch { title: Some(title.to_owned()), ..TaskPatch::default() }
}

fn day(day: &str) -> Due {
    Due::Day { day: day.to_owned() }
}

fn scope(list: &RemoteId) -> SyncScope {
    SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::Tasks, container: Some(list.clone()) }
}

#[tokio::test]
async fn lists_say_where_new_tasks_go_and_what_follows_the_flags_of_mail_is_read_only() {
    let w = start().await;
    for n in 0..230 {
        w.sandbox.add_ms_task_list(MS_MARA, &format!("List {n}")).unwrap();
    }
    let lists = w.source.lists().await.unwrap();
    assert_eq!(lists.len(), 233, "all pages");
    let of = |name: &str| lists.iter().find(|l| l.name == name).unwrap();
    assert!(of("Tasks").default && lists.iter().filter(|l| l.default).count() == 1);
    let can = of("Tasks").can;
    assert!(can.write && can.notes && can.due_day && can.priority && can.labels && can.deletes);
    assert!(!can.due_time && !can.subtasks && !can.moves);
    assert!(!of("Flagged Emails").can.write && of("Quay 7").can == can);
}

#[tokio::test]
async fn without_the_scope_nothing_is_asked() {
    let w = start().await;
    let [list, _] = w.lists();
    let create = TaskWrite::Create { list: list.clone(), key: key(1), fields: TaskFields::default(), tried: false, since: w.now() };
    w.requests();
    let mail_only = source(&w.sandbox, &w.credentials, &["Mail.ReadWrite".to_owned()]);
    for error in [
        mail_only.lists().await.unwrap_err(),
        mail_only.changes(&scope(&list), None, Budget { items: 10, since: None }, w.now()).await.unwrap_err(),
        mail_only.write(&create).await.unwrap_err(),
    ] {
        assert!(matches!(&error, ProviderError::Unsupported(why) if why.contains("Tasks.Read")), "{error}");
    }
    let reader = source(&w.sandbox, &w.credentials, &["Tasks.Read".to_owned()]);
    assert!(matches!(reader.write(&create).await.unwrap_err(), ProviderError::Unsupported(_)));
    assert_eq!(w.requests(), Vec::<String>::new());
    assert!(reader.lists().await.unwrap().iter().all(|list| !list.can.write));
    // Where Microsoft itself says that it was not granted.
    w.sandbox.control().add_fault(Fault::status(TASKS, 403, "ErrorAccessDenied"));
    assert!(matches!(w.source.write(&create).await.unwrap_err(), ProviderError::Unsupported(_)));
    let granted = w.tokens.scopes.as_ref().unwrap();
    assert!(granted.iter().any(|s| s == "Tasks.ReadWrite"), "{granted:?}");
}

#[tokio::test]
async fn a_connection_of_before_goes_on_without_tasks() {
    let w = start().await;
    let config = domain::config::Config { providers: w.sandbox.provider_config(), ca_file: None };
    let providers = Providers::new(&config, w.sandbox.clock().as_clock()).unwrap();
    let scopes = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let before = connection("microsoft", &scopes(&["Mail.ReadWrite", "Mail.Send"]));
    assert!(providers.tasks(&before, w.credentials.clone()).unwrap().is_none());
    assert!(providers.mail(&before, w.credentials.clone()).unwrap().is_some());
    let row = providers.integrations().iter().find(|row| row.id.as_str() == "microsoft").unwrap();
    let missing: Vec<&str> = row.granted(&before.granted_scopes).1.iter().map(|f| f.id).filter(|id| id.starts_with("tasks")).collect();
    assert_eq!(missing, ["tasks.read", "tasks.write"]);
    let only = connection("microsoft", &scopes(&["Tasks.ReadWrite"]));
    assert!(providers.tasks(&only, w.credentials.clone()).unwrap().is_some());
    assert!(providers.mail(&only, w.credentials.clone()).unwrap().is_none());
}

#[tokio::test]
async fn what_nobody_here_knows_of_stays() {
    let w = start().await;
    let [list, _] = w.lists();
    let reminder = json!({"dateTime": "2026-12-20T08:00:00.0000000", "timeZone": "UTC"});
    let steps = json!([{"id": "s1", "displayName": "Boat", "isChecked": true}]);
    let links = json!([{"id": "l1", "displayName": "Survey", "applicationName": "Outlook"}]);
    let id = w.post(
        &list,
        json!({
            "title": "Prepare", "status": "deferred", "reminderDateTime": reminder, "checklistItems": steps, "linkedResources": links,
            "body": {"contentType": "html", "content": "<html><body><b>Bold</b> words</body></html>"},
            "dueDateTime": {"dateTime": "2026-12-23T23:00:00.0000000", "timeZone": "UTC"},
        }),
    );
    let mut mirror = w.synced().await;
    let row = mirror.rows[&id].clone();
    assert_eq!((row.fields.due, row.fields.status), (Some(day("2026-12-24")), TaskStatus::Open));
    assert!(row.fields.notes.contains("Bold words"), "{:?}", row.fields.notes);
    w.requests();
    let patch = TaskPatch { priority: Some(Priority::High), labels: Some(vec!["Quay 7".to_owned()]), ..titled("Prepare it") };
    w.source.write(&mirror.write(&id, &key(1), patch)).await.unwrap();
    assert_eq!(w.requests(), [format!("PATCH /lists/{list}/tasks/{id}")]);
    let there = w.there(&list, &id).unwrap();
    assert_eq!((&there["title"], &there["importance"], &there["categories"]), (&json!("Prepare it"), &json!("high"), &json!(["Quay 7"])));
    assert_eq!((&there["reminderDateTime"], &there["checklistItems"], &there["linkedResources"]), (&reminder, &steps, &links));
    assert_eq!((&there["status"], &there["body"]["contentType"]), (&json!("deferred"), &json!("html")));
    assert_eq!(there["dueDateTime"]["dateTime"], "2026-12-23T23:00:00.0000000", "as the other program said it");
    mirror.sync(&w).await.unwrap();
    assert_eq!(mirror.rows[&id].fields.title, "Prepare it");
}

#[tokio::test]
async fn a_change_from_an_old_version_is_a_conflict_unless_it_is_done_already() {
    let w = start().await;
    let [list, _] = w.lists();
    let id = w.put(&list, None, &TaskFields { title: "One".into(), ..TaskFields::default() });
    let mirror = w.synced().await;
    w.put(&list, Some(&id), &TaskFields { title: "Two".into(), notes: "theirs".into(), ..TaskFields::default() });
    let error = w.source.write(&mirror.write(&id, &key(1), titled("Ours"))).await.unwrap_err();
    assert!(matches!(error, ProviderError::Conflict(_)), "{error}");
    let delete = TaskWrite::Delete { list: list.clone(), id: id.clone(), key: key(2), version: mirror.rows[&id].version.clone() };
    assert!(matches!(w.source.write(&delete).await.unwrap_err(), ProviderError::Conflict(_)));
    assert_eq!(w.look(&list, &id).unwrap().title, "Two", "nothing was lost");
    let same = w.source.write(&mirror.write(&id, &key(3), titled("Two"))).await.unwrap();
    assert_eq!(same.task.unwrap().fields.notes, "theirs");
}

#[tokio::test]
async fn one_that_repeats_is_ticked_off_and_the_next_one_comes() {
    let w = start().await;
    let [list, _] = w.lists();
    let weekly = json!({"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["thursday"]}, "range": {"type": "noEnd"}});
    let due = json!({"dateTime": "2026-12-24T00:00:00.0000000", "timeZone": "UTC"});
    let id = w.post(&list, json!({"title": "Report", "dueDateTime": due, "recurrence": weekly}));
    let mut mirror = w.synced().await;
    assert_eq!(mirror.rows[&id].repeats.as_deref(), Some("every week"));
    let moved = TaskPatch { due: Some(Some(day("2026-12-31"))), ..titled("Report 2") };
    let error = w.source.write(&mirror.write(&id, &key(1), moved)).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("repeats")), "{error}");
    assert_eq!((w.count(), w.look(&list, &id).unwrap().title.as_str()), (1, "Report"), "no second one was made");
    w.source.write(&mirror.write(&id, &key(2), titled("Weekly report"))).await.unwrap();
    assert_eq!(w.there(&list, &id).unwrap()["recurrence"], weekly);
    mirror.sync(&w).await.unwrap();
    let done = TaskPatch { status: Some(TaskStatus::Done), ..TaskPatch::default() };
    w.source.write(&mirror.write(&id, &key(3), done)).await.unwrap();
    mirror.sync(&w).await.unwrap();
    assert_eq!((mirror.rows.len(), mirror.rows[&id].fields.status), (2, TaskStatus::Done));
    let next = mirror.rows.values().find(|row| row.id != id).unwrap();
    assert_eq!((next.fields.due.clone(), next.repeats.as_deref()), (Some(day("2026-12-31")), Some("every week")));
    assert_eq!((next.fields.title.as_str(), next.fields.status), ("Weekly report", TaskStatus::Open));
}

#[tokio::test]
async fn what_to_do_can_not_hold_is_refused_before_anything_is_sent() {
    let w = start().await;
    let [list, other] = w.lists();
    let id = w.put(&list, None, &TaskFields { title: "One".into(), ..TaskFields::default() });
    let mirror = w.synced().await;
    w.requests();
    let none = TaskPatch::default;
    for (patch, word) in [
        (TaskPatch { list: Some(other), ..none() }, "stays in its list"),
        (TaskPatch { parent: Some(Some("x".into())), ..none() }, "subtasks"),
        (TaskPatch { due: Some(Some(Due::Floating { at: "2026-12-24T10:00:00".into() })), ..none() }, "day without a time"),
    ] {
        let error = w.source.write(&mirror.write(&id, &key(1), patch)).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains(word)), "{error}");
    }
    assert_eq!(w.requests(), Vec::<String>::new());
    // To where it is already.
    let stays = TaskPatch { list: Some(list.clone()), ..none() };
    assert_eq!(w.source.write(&mirror.write(&id, &key(2), stays)).await.unwrap().id, id);
    // What only Microsoft knows, it says.
    let error = w.source.write(&mirror.write(&id, &key(3), titled(&"x".repeat(300)))).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("too long")), "{error}");
}

#[tokio::test]
async fn delta_that_tells_only_what_changed_is_read_up() {
    let w = start().await;
    w.sandbox.set_ms_switches(|s| s.todo_sparse = true);
    let [list, _] = w.lists();
    let fields =
        |title: &str| TaskFields { title: title.to_owned(), notes: "n".into(), due: Some(day("2026-12-24")), ..TaskFields::default() };
    let ids: Vec<RemoteId> = (0..30).map(|n| w.put(&list, None, &fields(&format!("Task {n}")))).collect();
    let mut mirror = w.synced().await;
    for (n, id) in ids.iter().enumerate().skip(1) {
        w.put(&list, Some(id), &fields(&format!("Task {n}, otherwise")));
    }
    w.requests();
    mirror.sync(&w).await.unwrap();
    assert_eq!(mirror.rows[&ids[29]].fields, fields("Task 29, otherwise"));
    assert_eq!(mirror.rows[&ids[0]].fields, fields("Task 0"));
    assert_eq!(w.requests().iter().filter(|request| request.contains("$batch")).count(), 2, "29 tasks");
}

#[tokio::test]
async fn an_attempt_is_looked_for_only_where_there_was_one() {
    let w = start().await;
    let [list, _] = w.lists();
    let fields = TaskFields { title: "New".into(), notes: "a\nb".into(), priority: Priority::Urgent, ..TaskFields::default() };
    w.put(&list, None, &fields);
    w.pass(3600);
    let since = w.now();
    let create = |tried| TaskWrite::Create { list: list.clone(), key: key(1), fields: fields.clone(), tried, since };
    w.sandbox.control().add_fault(Fault::new(TASKS, FaultAction::Drop { after_commit: false }).method("POST"));
    assert_eq!(w.source.write(&create(false)).await.unwrap_err().class(), ErrorClass::Retry);
    assert_eq!(w.count(), 1, "it never arrived");
    // The older one that says the same is another one.
    let made = w.source.write(&create(true)).await.unwrap();
    assert_eq!(w.count(), 2);
    assert_eq!(w.source.write(&create(true)).await.unwrap().id, made.id, "and is found again");
    let gone = TaskWrite::Create { list: "nowhere".into(), key: key(2), fields, tried: false, since };
    assert!(matches!(w.source.write(&gone).await.unwrap_err(), ProviderError::NotFound(what) if what == "this list"));
}

#[tokio::test]
async fn a_listing_of_an_earlier_run_begins_anew() {
    let w = filled(Fill::Demo).await;
    let [list, _] = w.lists();
    let few = Budget { items: 2, since: None };
    let first = w.source.changes(&scope(&list), None, few, w.now()).await.unwrap();
    assert!(first.more && first.present.is_none());
    let again = source(&w.sandbox, &w.credentials, w.tokens.scopes.as_ref().unwrap());
    assert!(matches!(again.changes(&scope(&list), Some(&first.next), few, w.now()).await, Err(ProviderError::CursorExpired)));
    let second = w.source.changes(&scope(&list), Some(&first.next), few, w.now()).await.unwrap();
    assert_eq!((second.more, second.present.map(|all| all.len())), (false, Some(4)));
}
