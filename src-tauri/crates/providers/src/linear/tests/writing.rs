//! Creating, changing, deleting.

use super::*;

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

#[tokio::test]
async fn a_new_issue_is_mine_has_our_id_and_the_state_of_its_kind() {
    let world = start().await;
    for (n, status) in [TaskStatus::Open, TaskStatus::Started, TaskStatus::Done, TaskStatus::Cancelled].into_iter().enumerate() {
        let made = world.create(n as u32, TaskFields { status, ..titled("New") }, false).await.unwrap();
        assert_eq!((made.id.as_str(), made.task.unwrap().fields.status), (key(n as u32).as_str(), status));
        assert_eq!(world.there(&made.id).assignee.as_ref(), Some(&world.me));
    }
    let open = world.there(&RemoteId(key(0)));
    assert_eq!(world.sandbox.linear_kind(&open), "backlog", "the team's own first state");
}

#[tokio::test]
async fn an_id_that_is_there_already_is_the_issue_that_an_earlier_attempt_made() {
    let world = start().await;
    let made = world.create(1, titled("New"), false).await.unwrap();
    // Not known to have been tried: Linear refuses the id, and asking tells why.
    assert_eq!(world.create(1, titled("New"), false).await.unwrap().id, made.id);
    // Somebody finished it meanwhile: it is not made anew.
    world.post(json!({"id": made.id, "kind": "completed"}));
    let again = world.create(1, titled("New"), true).await.unwrap();
    assert_eq!((again.task.unwrap().fields.status, world.count()), (TaskStatus::Done, 1));
}

#[tokio::test]
async fn labels_are_found_whoever_has_them_and_made_where_nobody_has() {
    let world = start().await;
    let made = world.create(1, TaskFields { labels: vec!["bug".into(), "new one".into()], ..titled("New") }, false).await.unwrap();
    assert_eq!(world.there(&made.id).labels, ["Bug", "new one"]);
    assert_eq!(world.sandbox.linear_labels().iter().filter(|name| name.eq_ignore_ascii_case("bug")).count(), 1);
    // A group is no label, and its name is taken.
    let group = world.create(2, TaskFields { labels: vec!["Kind".into()], ..titled("New") }, false).await.unwrap_err();
    assert!(matches!(&group, ProviderError::Refused(words) if words.contains("already exists")), "{group}");
}

#[tokio::test]
async fn a_change_sends_what_it_names_and_a_state_only_where_it_changes() {
    let world = start().await;
    let review = world.sandbox.linear_teams()[0].states.iter().find(|s| s.name == "In Review").unwrap().id.clone();
    let id = world.post(json!({"team": world.team("PRO"), "title": "Task", "state": review, "labels": ["x"]}));
    let mut mirror = world.mirror().await;
    let title = TaskPatch { title: Some("Other".into()), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(1), title)).await.unwrap();
    assert_eq!((world.there(&id).state, world.there(&id).labels), (review, vec!["x".to_owned()]), "another step of the same kind stays");
    mirror.sync(&world).await.unwrap();
    let open = TaskPatch { status: Some(TaskStatus::Open), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(2), open)).await.unwrap();
    assert_eq!(world.sandbox.linear_kind(&world.there(&id)), "unstarted");
}

#[tokio::test]
async fn what_is_in_the_trash_is_gone_and_what_is_refused_says_why() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    let id = world.mine()[0].id.clone().as_str().into();
    let write = async |patch: TaskPatch| world.source.write(&mirror.write(&id, &key(1), patch)).await.unwrap_err();
    let time = Due::Floating { at: "2027-01-01T09:00:00".into() };
    for patch in [
        TaskPatch { due: Some(Some(time)), ..TaskPatch::default() },
        TaskPatch { list: Some(world.team("BRA")), ..TaskPatch::default() },
        TaskPatch { title: Some("x".repeat(600)), ..TaskPatch::default() },
        TaskPatch { parent: Some(Some("none".into())), ..TaskPatch::default() },
    ] {
        let error = write(patch.clone()).await;
        assert!(matches!(error, ProviderError::Refused(_)), "{patch:?}: {error:?}");
    }
    let orphan = world.create(5, TaskFields { parent: Some("none".into()), ..titled("x") }, false).await.unwrap_err();
    assert!(matches!(&orphan, ProviderError::Refused(words) if words.contains("belongs to")), "{orphan}");
    let mut teams = world.sandbox.linear_teams();
    teams[0].states.retain(|state| state.kind != "canceled");
    world.sandbox.put_linear_team(teams[0].clone());
    let never = world.create(6, TaskFields { status: TaskStatus::Cancelled, ..titled("x") }, false).await.unwrap_err();
    assert_eq!((never.class(), never.to_string().as_str()), (ErrorClass::Wedge, "This team at Linear has no state for that."));
    world.post(json!({"id": id, "trashed": true}));
    assert!(matches!(write(TaskPatch { title: Some("y".into()), ..TaskPatch::default() }).await, ProviderError::NotFound(_)));
}
