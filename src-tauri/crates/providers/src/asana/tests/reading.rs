//! Lists, first sync, and what changes afterwards.

use super::*;

#[tokio::test]
async fn workspaces_and_their_projects_are_lists() {
    let world = start().await;
    world.sandbox.put_asana_project(AsanaProject {
        gid: "13".into(),
        name: "Old".into(),
        workspace: WORK.into(),
        color: None,
        archived: true,
    });
    let lists = world.source.lists().await.unwrap();
    let shown: Vec<_> = lists.iter().map(|l| (l.name.as_str(), l.colour.as_deref(), l.default)).collect();
    assert_eq!(
        shown,
        [
            ("Nordlys", None, true),
            ("Book fair", Some("#4ecbc4"), false),
            ("Shop", Some("#ec8d71"), false),
            ("Lindqvist family", None, false)
        ]
    );
    let can = lists[0].can;
    assert!(can.write && can.notes && can.due_day && can.moves && can.deletes);
    assert!(!(can.due_time || can.priority || can.labels || can.subtasks));
}

#[tokio::test]
async fn the_demo_is_read_whole_over_all_workspaces_and_nothing_of_others() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    assert_eq!((mirror.rows.len(), world.mine().len(), world.sandbox.asana_tasks().len()), (5, 5, 6));
    for task in world.mine() {
        let row = &mirror.rows[&RemoteId(task.gid.clone())];
        assert_eq!((row.list.as_str(), &row.version), (list_of(&task), &task.modified_at));
        assert_eq!(row.completed_at.is_some(), task.completed);
        assert!(row.url.as_deref().unwrap().ends_with(&task.gid));
        assert_eq!(row.fields, fields_of(task));
    }
    assert!(mirror.rows.values().any(|row| matches!(row.fields.due, Some(Due::At { .. }))), "times are shown");
    assert!(mirror.rows.values().any(|row| row.fields.labels == ["print"]), "and so are tags");
}

#[tokio::test]
async fn a_quiet_round_is_one_request_for_each_workspace_and_a_change_one_more() {
    let world = filled(Fill::Small).await;
    let mut mirror = world.mirror().await;
    // Whose they are is asked for once.
    world.source.api.me().await.unwrap();
    world.requests();
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.requests(), ["GET /events 200", "GET /events 200"]);
    let gid = world.mine()[0].gid.clone();
    for name in ["Once", "Twice"] {
        world.post(json!({"gid": gid, "name": name}));
    }
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.requests(), ["GET /events 200", &format!("GET /tasks/{gid} 200"), "GET /events 200"], "asked for once");
    assert_eq!(mirror.rows[&RemoteId(gid)].fields.title, "Twice");
}

#[tokio::test]
async fn what_is_no_longer_mine_disappears_whatever_became_of_it() {
    let world = start().await;
    let make = |name: &str, completed: bool| world.post(json!({"projects": [FAIR], "name": name, "completed": completed}));
    let (unassigned, deleted, back, done) = (make("Unassigned", false), make("Deleted", false), make("Back", false), make("Done", true));
    let mut mirror = world.mirror().await;
    world.post(json!({"gid": unassigned, "assignee": null}));
    world.sandbox.delete_asana_task(deleted.as_str());
    world.sandbox.delete_asana_task(done.as_str());
    world.sandbox.delete_asana_task(back.as_str());
    world.post(json!({"gid": back, "deleted": false}));
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.keys().collect::<Vec<_>>(), [&back]);
    world.post(json!({"gid": unassigned, "assignee": world.me}));
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.len(), 2);
}

#[tokio::test]
async fn a_token_that_is_too_old_means_everything_and_takes_up_a_new_one() {
    let world = filled(Fill::Demo).await;
    let mut mirror = world.mirror().await;
    world.sandbox.void_asana_tokens();
    let scope =
        SyncScope { id: domain::ids::ScopeId(1), connection: "c1".into(), service: domain::integration::Service::Tasks, container: None };
    let budget = Budget { items: 100, since: None };
    let error = world.source.changes(&scope, mirror.cursors.get(&None), budget, world.now()).await.unwrap_err();
    assert!(matches!(error, ProviderError::CursorExpired), "{error}");
    mirror.sync(&world).await.unwrap();
    world.requests();
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.requests(), ["GET /events 200", "GET /events 200"]);
    // Once a day everything is read without being told to, because an archived project says nothing of its tasks.
    let shop = world.sandbox.asana_projects().into_iter().find(|p| p.gid == SHOP).unwrap();
    world.sandbox.put_asana_project(AsanaProject { archived: true, ..shop });
    world.pass(86_400);
    mirror.sync(&world).await.unwrap();
    assert!(mirror.rows.values().all(|row| row.list.as_str() != SHOP) && mirror.rows.len() == 5);
}

#[tokio::test]
async fn a_place_that_is_forgotten_in_the_middle_begins_anew_and_events_come_in_pieces() {
    let world = start().await;
    for n in 0..150 {
        world.post(json!({"projects": [FAIR], "name": format!("Task {n}")}));
    }
    let first = changes::changes(&world.source.api, None, world.now()).await.unwrap();
    assert!(first.more && first.changes.len() == 100);
    world.sandbox.void_asana_tokens();
    let anew = changes::changes(&world.source.api, Some(&first.next), world.now()).await.unwrap();
    assert!(anew.more && anew.changes.len() == 100);
    let mut mirror = world.mirror().await;
    assert_eq!(mirror.rows.len(), 150);
    world.sandbox.set_asana(|s| s.events = 7);
    for task in world.mine() {
        world.post(json!({"gid": task.gid, "completed": true}));
    }
    mirror.sync(&world).await.unwrap();
    assert!(mirror.rows.values().all(|row| row.fields.status == TaskStatus::Done));
}

#[tokio::test]
async fn too_many_requests_are_waited_out() {
    let world = start().await;
    world.sandbox.clock().freeze(true);
    world.pass(120);
    world.sandbox.set_asana(|s| s.calls = 1);
    world.source.owner().await.unwrap();
    world.pass(20);
    let error = world.source.owner().await.unwrap_err();
    assert_eq!(error.retry_at().map(|at| at.secs() - world.now().secs()), Some(40), "{error}");
    world.pass(40);
    world.source.owner().await.unwrap();
}
