//! Lists, first sync, and what changes afterwards.

use super::*;

#[tokio::test]
async fn teams_are_lists() {
    let world = start().await;
    let lists = world.source.lists().await.unwrap();
    let shown: Vec<_> = lists.iter().map(|l| (l.name.as_str(), l.colour.as_deref())).collect();
    assert_eq!(shown, [("Product", Some("#5e6ad2")), ("Brand", Some("#f2994a"))]);
    let can = lists[0].can;
    assert!(can.write && can.notes && can.due_day && can.priority && can.labels && can.subtasks && can.deletes);
    assert!(!can.due_time && !can.moves && world.source.one_scope());
}

#[tokio::test]
async fn the_demo_is_read_whole_and_nothing_of_others() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    assert_eq!((mirror.rows.len(), world.mine().len(), world.sandbox.linear_issues().len()), (5, 5, 6));
    for issue in world.mine() {
        let row = &mirror.rows[&RemoteId(issue.id.clone())];
        assert_eq!((row.list.as_str(), &row.version), (issue.team.as_str(), &issue.updated_at));
        assert!(row.url.as_deref().unwrap().contains("/issue/"));
        assert_eq!(row.fields, world.fields_of(issue));
    }
    let child = mirror.rows.values().find(|row| row.fields.parent.is_some()).unwrap();
    assert_eq!(mirror.rows[child.fields.parent.as_ref().unwrap()].fields.title, "The export forgets the bleed");
    // Siblings sort by where they are.
    let mut rows: Vec<_> = world.mine().into_iter().map(|i| (i.sort_order, mirror.rows[&RemoteId(i.id)].position.clone())).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(rows.is_sorted_by(|a, b| a.1 < b.1));
}

#[tokio::test]
async fn a_quiet_round_is_two_questions() {
    let world = filled(Fill::Small).await;
    let mut mirror = world.mirror().await;
    world.sandbox.linear_operations();
    world.pass(61);
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.sandbox.linear_operations(), ["issues", "issues"]);
}

#[tokio::test]
async fn what_is_no_longer_mine_disappears_whatever_became_of_it() {
    let world = start().await;
    let make = |title: &str| world.post(json!({"team": world.team("PRO"), "title": title, "kind": "started"}));
    let (unassigned, trashed, archived, deleted, kept) =
        (make("Unassigned"), make("Trashed"), make("Archived"), make("Deleted"), make("Kept"));
    let done = world.post(json!({"team": world.team("PRO"), "title": "Done", "kind": "completed"}));
    let mut mirror = world.mirror().await;
    assert_eq!(mirror.rows.len(), 6);
    world.pass(300);
    world.post(json!({"id": unassigned, "assignee": null}));
    world.post(json!({"id": trashed, "trashed": true, "archived_at": "2026-11-22T09:00:00.000Z"}));
    world.post(json!({"id": archived, "archived_at": "2026-11-22T09:00:00.000Z"}));
    // Put away because it is done: it stays done.
    world.post(json!({"id": done, "archived_at": "2026-11-22T09:00:00.000Z"}));
    world.sandbox.delete_linear_issue(deleted.as_str());
    mirror.sync(&world).await.unwrap();
    let mut there: Vec<_> = mirror.rows.keys().collect();
    there.sort_by_key(|id| **id == done);
    assert_eq!(there, [&kept, &done]);
    // Back again.
    world.post(json!({"id": trashed, "trashed": false, "archived_at": null}));
    world.pass(5);
    mirror.sync(&world).await.unwrap();
    assert!(mirror.rows.contains_key(&trashed));
    // A done one that goes for good is found when everything is read again.
    world.sandbox.delete_linear_issue(done.as_str());
    world.pass(86_400);
    mirror.sync(&world).await.unwrap();
    assert!(!mirror.rows.contains_key(&done));
}

#[tokio::test]
async fn a_place_that_is_forgotten_in_the_middle_begins_the_round_anew() {
    let world = start().await;
    for n in 0..150 {
        world.post(json!({"team": world.team("PRO"), "title": format!("Task {n}"), "kind": "backlog"}));
    }
    let first = polled::changes(&world.source.api, None, 100, world.now()).await.unwrap();
    assert!(first.more);
    world.sandbox.void_linear_cursors();
    let anew = polled::changes(&world.source.api, Some(&first.next), 100, world.now()).await.unwrap();
    assert!(anew.more && anew.changes.len() == 100);
    let last = polled::changes(&world.source.api, Some(&anew.next), 100, world.now()).await.unwrap();
    assert_eq!((last.more, last.present.map(|ids| ids.len())), (false, Some(150)));
}

#[tokio::test]
async fn limits_are_waited_out_as_long_as_it_takes() {
    let world = filled(Fill::Small).await;
    world.sandbox.clock().freeze(true);
    world.pass(7200);
    world.sandbox.set_linear(|s| s.complexity = 2.0);
    world.source.owner().await.unwrap();
    world.pass(600);
    for status in [400, 429] {
        world.sandbox.set_linear(|s| s.limited_status = status);
        let error = world.source.owner().await.unwrap_err();
        assert!(matches!(error, ProviderError::RateLimited { .. }), "{error}");
    }
    world.sandbox.set_linear(|s| (s.complexity, s.calls) = (250_000.0, 1));
    let error = world.source.owner().await.unwrap_err();
    assert_eq!(error.retry_at().map(|at| at.secs() - world.now().secs()), Some(3000), "{error}");
    world.pass(3000);
    world.source.owner().await.unwrap();
    assert!(LinearIssues::new(crate::scripted::http(), Arc::new(Pasted("k".into())), false, "http://api.linear.example/graphql").is_err());
}
