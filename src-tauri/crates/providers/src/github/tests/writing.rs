//! Creating, changing, closing.

use super::*;

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

fn to(status: TaskStatus) -> TaskPatch {
    TaskPatch { status: Some(status), ..TaskPatch::default() }
}

#[tokio::test]
async fn a_new_issue_is_mine_and_may_be_closed_at_once() {
    let world = start().await;
    let made = world.create(1, TaskFields { labels: vec!["bug".into()], ..titled("Broken") }, false).await.unwrap();
    let there = world.there(&made.id);
    assert_eq!((there.assignees, there.author.as_str(), there.labels), (vec![ME.to_owned()], ME, vec!["bug".to_owned()]));
    let closed = world.create(2, TaskFields { status: TaskStatus::Cancelled, ..titled("Never") }, false).await.unwrap();
    assert_eq!((world.there(&closed.id).closed, world.there(&closed.id).state_reason.as_deref()), (true, Some("not_planned")));
    assert_eq!(closed.task.unwrap().fields.status, TaskStatus::Cancelled);
}

#[tokio::test]
async fn a_creation_whose_closing_was_lost_is_closed_the_second_time() {
    let world = start().await;
    let fields = TaskFields { status: TaskStatus::Done, ..titled("Done already") };
    world.sandbox.control().add_fault(Fault::status("*/issues/*", 502, "Bad gateway").method("PATCH"));
    assert_eq!(world.create(1, fields.clone(), false).await.unwrap_err().class(), ErrorClass::Retry);
    assert_eq!((world.count(), world.mine()[0].closed), (1, false));
    let made = world.create(1, fields, true).await.unwrap();
    assert_eq!((world.count(), world.there(&made.id).closed), (1, true));
}

#[tokio::test]
async fn the_search_for_what_was_made_takes_nothing_older_nothing_else_and_no_pull_request() {
    let world = start().await;
    world.post(json!({"repo": SITE, "title": "Twice"}));
    world.pass(3600);
    world.post(json!({"repo": SITE, "title": "Twice", "author": "priyar"}));
    world.post(json!({"repo": SITE, "title": "Twice", "pull_request": true}));
    world.post(json!({"repo": SITE, "title": "Twice", "body": "with a text"}));
    world.post(json!({"repo": KIT, "title": "Twice"}));
    let made = world.create(1, titled("Twice"), true).await.unwrap();
    assert_eq!(number(&made.id), 5, "none of those");
    assert_eq!(world.create(1, titled("Twice"), true).await.unwrap().id, made.id);
}

#[tokio::test]
async fn from_one_end_to_the_other_goes_over_open_because_a_reason_counts_only_then() {
    let world = start().await;
    let id = world.post(json!({"repo": SITE, "title": "Task", "closed": true, "state_reason": "duplicate"}));
    let mut mirror = world.mirror().await;
    assert_eq!(mirror.rows[&id].fields.status, TaskStatus::Cancelled);
    // What is a duplicate there stays one as long as nobody says otherwise.
    let title = TaskPatch { title: Some("Other".into()), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(1), title)).await.unwrap();
    assert_eq!(world.there(&id).state_reason.as_deref(), Some("duplicate"));
    mirror.sync(&world).await.unwrap();
    let written = world.source.write(&mirror.write(&id, &key(2), to(TaskStatus::Done))).await.unwrap();
    assert_eq!(written.task.unwrap().fields.status, TaskStatus::Done);
    assert_eq!((world.there(&id).closed, world.there(&id).state_reason.as_deref()), (true, Some("completed")));
}

#[tokio::test]
async fn a_change_leaves_alone_what_it_does_not_name() {
    let world = start().await;
    let due = "2027-01-15T08:00:00Z";
    let id = world.post(json!({"repo": SITE, "title": "Task", "labels": ["bug"], "assignees": [ME, "priyar"], "milestone_due": due}));
    let mirror = world.mirror().await;
    assert_eq!(mirror.rows[&id].fields.due, Some(Due::Day { day: "2027-01-15".into() }));
    let patch = TaskPatch { notes: Some("More".into()), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(1), patch)).await.unwrap();
    let there = world.there(&id);
    assert_eq!((there.assignees.len(), there.labels.len(), there.milestone_due.as_deref()), (2, 1, Some(due)));
    assert_eq!(there.body.as_deref(), Some("More"));
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    let write = async |id: &str, patch: TaskPatch| world.source.write(&mirror.write(&id.into(), &key(1), patch)).await.unwrap_err();
    let foreign = write("letterforms/nordlys-sans#1", to(TaskStatus::Done)).await;
    assert!(matches!(&foreign, ProviderError::Unsupported(words) if words.contains("Must have admin rights")), "{foreign}");
    let elsewhere = write("maralind/studio-site#1", TaskPatch { list: Some(KIT.into()), ..TaskPatch::default() }).await;
    assert!(matches!(elsewhere, ProviderError::Refused(_)), "{elsewhere}");
    world.sandbox.set_github(|s| s.makes_labels = false);
    let label = write("maralind/studio-site#1", TaskPatch { labels: Some(vec!["unheard of".into()]), ..TaskPatch::default() }).await;
    assert!(matches!(&label, ProviderError::Refused(words) if words.contains("labels (invalid)")), "{label}");
    let nowhere = TaskWrite::Create { list: "maralind/none".into(), key: key(2), fields: titled("x"), tried: false, since: world.now() };
    assert!(matches!(world.source.write(&nowhere).await, Err(ProviderError::Refused(_))));
    let off = TaskWrite::Create { list: "maralind/dotfiles".into(), key: key(3), fields: titled("x"), tried: false, since: world.now() };
    assert!(matches!(world.source.write(&off).await, Err(ProviderError::Refused(_))));
    // Transferred: it is not there any more.
    world.sandbox.transfer_github_issue(SITE, 1, KIT).unwrap();
    assert!(matches!(write("maralind/studio-site#1", to(TaskStatus::Done)).await, ProviderError::NotFound(_)));
}

#[tokio::test]
async fn too_many_creations_are_waited_out() {
    let world = start().await;
    world.sandbox.set_github(|s| s.creations = 1);
    world.create(1, titled("One"), false).await.unwrap();
    let error = world.create(2, titled("Two"), false).await.unwrap_err();
    let wait = error.retry_at().unwrap().since(world.now());
    assert!((55_000..=61_000).contains(&wait), "{wait}");
    world.sandbox.set_github(|s| s.says_when = false);
    let silent = world.create(2, titled("Two"), false).await.unwrap_err().retry_at().unwrap().since(world.now());
    assert!((55_000..=61_000).contains(&silent), "a minute, where nothing is said: {silent}");
    world.pass(61);
    world.create(2, titled("Two"), true).await.unwrap();
    assert_eq!(world.count(), 2);
}
