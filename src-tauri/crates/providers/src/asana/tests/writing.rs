//! Creating, changing, moving.

use super::*;

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

fn into(list: &str) -> TaskPatch {
    TaskPatch { list: Some(list.into()), ..TaskPatch::default() }
}

#[tokio::test]
async fn a_new_task_is_mine_in_its_project_or_in_none() {
    let world = start().await;
    let made = world.create(FAIR, titled("In a project"), false).await.unwrap();
    let there = world.there(&made.id);
    assert_eq!((there.assignee, there.projects, there.workspace.as_str()), (Some(world.me.clone()), vec![FAIR.to_owned()], WORK));
    let own = world.create("1400000000000002", TaskFields { status: TaskStatus::Done, ..titled("In none") }, false).await.unwrap();
    let there = world.there(&own.id);
    assert_eq!((there.projects.len(), there.workspace.as_str(), there.completed), (0, HOME, true));
    assert_eq!(own.task.unwrap().list.as_str(), "1400000000000002");
}

#[tokio::test]
async fn the_search_for_what_was_made_takes_nothing_older_and_nothing_else() {
    let world = start().await;
    world.post(json!({"projects": [FAIR], "name": "Twice"}));
    world.pass(3600);
    world.post(json!({"projects": [FAIR], "name": "Twice", "assignee": null}));
    world.post(json!({"projects": [FAIR], "name": "Twice", "notes": "with a text"}));
    let made = world.create(FAIR, titled("Twice"), true).await.unwrap();
    assert_eq!(world.sandbox.asana_tasks().len(), 4, "none of those");
    assert_eq!(world.create(FAIR, titled("Twice"), true).await.unwrap().id, made.id);
    assert_eq!(world.sandbox.asana_tasks().len(), 4);
}

#[tokio::test]
async fn tasks_move_between_projects_and_out_of_them_and_an_interrupted_move_is_finished() {
    let world = start().await;
    let id = world.post(json!({"projects": [FAIR], "name": "Task"}));
    let mut mirror = world.mirror().await;
    world.sandbox.control().add_fault(Fault::status("*/removeProject", 502, "Bad gateway"));
    world.source.write(&mirror.write(&id, &key(1), into(SHOP))).await.unwrap_err();
    assert_eq!(world.there(&id).projects, [FAIR, SHOP], "in both, for now");
    let moved = world.source.write(&mirror.write(&id, &key(1), into(SHOP))).await.unwrap();
    assert_eq!((world.there(&id).projects, moved.task.unwrap().list.as_str()), (vec![SHOP.to_owned()], SHOP));
    mirror.sync(&world).await.unwrap();
    let out = world.source.write(&mirror.write(&id, &key(2), into(OWN))).await.unwrap();
    assert_eq!((world.there(&id).projects.len(), out.task.unwrap().list.as_str()), (0, OWN));
    mirror.sync(&world).await.unwrap();
    let elsewhere = world.source.write(&mirror.write(&id, &key(3), into("1400000000000002"))).await.unwrap_err();
    assert!(matches!(elsewhere, ProviderError::Refused(_)), "{elsewhere}");
    let both = world.post(json!({"projects": [FAIR, SHOP], "name": "Both"}));
    mirror.sync(&world).await.unwrap();
    let error = world.source.write(&mirror.write(&both, &key(4), into(OWN))).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(words) if words.contains("several projects")), "{error}");
}

#[tokio::test]
async fn a_change_leaves_alone_what_it_does_not_name_and_what_is_refused_says_why() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    let timed = world.mine().into_iter().find(|task| task.due_at.is_some()).unwrap();
    let id = RemoteId(timed.gid.clone());
    let title = TaskPatch { title: Some("Other".into()), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(1), title)).await.unwrap();
    assert_eq!((world.there(&id).due_at, world.there(&id).notes), (timed.due_at, timed.notes));
    let long = TaskPatch { title: Some("x".repeat(2000)), ..TaskPatch::default() };
    let error = world.source.write(&mirror.write(&id, &key(2), long)).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(words) if words.starts_with("Asana refused this task")), "{error}");
    let nowhere = world.create("99", titled("x"), false).await.unwrap_err();
    assert!(matches!(&nowhere, ProviderError::Refused(words) if words.contains("project no longer exists")), "{nowhere}");
    world.sandbox.control().add_fault(Fault::status("*/tasks/*", 402, "This is not available on your plan."));
    let plan =
        world.source.write(&mirror.write(&id, &key(3), TaskPatch { notes: Some("n".into()), ..TaskPatch::default() })).await.unwrap_err();
    assert!(matches!(&plan, ProviderError::Unsupported(words) if words.contains("plan")), "{plan}");
}
