//! What only Notion has: tables of their own shapes, minutes, the trash.

use super::*;

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

#[tokio::test]
async fn tables_with_something_that_says_what_is_done_are_lists() {
    let world = start().await;
    let shown: Vec<_> = world.source.lists().await.unwrap().into_iter().map(|l| (l.name, l.can.labels)).collect();
    assert_eq!(
        shown,
        [("Studio tasks".to_owned(), true), ("Press".to_owned(), true), ("Household".to_owned(), true)],
        "books are read, not done"
    );
    let can = world.source.lists().await.unwrap()[0].can;
    assert!(can.write && can.due_day && can.deletes && !(can.notes || can.due_time || can.priority || can.subtasks || can.moves));
}

#[tokio::test]
async fn a_checkbox_says_it_as_well_as_a_status() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    let studio: Vec<_> = mirror.rows.values().filter(|row| row.list.as_str() == STUDIO).map(|row| row.fields.status).collect();
    assert_eq!(studio, [TaskStatus::Started, TaskStatus::Done], "an option of the last group is done, whatever it is called");
    assert!(mirror.rows.values().any(|row| matches!(row.fields.due, Some(Due::At { .. }))), "times are shown");
    for row in mirror.rows.values() {
        assert_eq!(row.fields, fields_of(world.there(&row.id)));
    }
    let house = world.create(HOUSE, TaskFields { status: TaskStatus::Cancelled, ..titled("Never") }, false).await.unwrap();
    assert_eq!((world.there(&house.id).done, house.task.unwrap().list.as_str()), (true, HOUSE));
    // What is there already and is not named stays.
    let id = mirror.rows.values().find(|row| row.fields.title.starts_with("Proofs")).unwrap().id.clone();
    world.post(json!({"id": id, "estimate": 5}));
    let title = TaskPatch { title: Some("Other".into()), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(1), title)).await.unwrap();
    let page = world.there(&id);
    assert_eq!((page.title.as_str(), page.estimate, page.status.as_deref(), page.tags.len()), ("Other", Some(5), Some("In progress"), 1));
}

#[tokio::test]
async fn a_round_asks_for_the_table_what_changed_and_what_is_open() {
    let world = start().await;
    let id = world.post(json!({"source": STUDIO, "title": "One", "status": "Not started"}));
    let mut mirror = world.mirror().await;
    world.requests();
    world.pass(200);
    mirror.sync(&world).await.unwrap();
    let query = |id: &str| format!("POST /data_sources/{id}/query 200");
    let studio = [format!("GET /data_sources/{STUDIO} 200"), query(STUDIO), query(STUDIO)];
    assert_eq!(world.requests()[..3], studio);
    // Two edits in one minute, with a round between them, both arrive.
    for title in ["Two", "Three"] {
        world.post(json!({"id": id, "title": title}));
        mirror.sync(&world).await.unwrap();
        assert_eq!(mirror.rows[&id].fields.title, title);
    }
    // In another table it is another list's.
    world.post(json!({"id": id, "source": PRESS}));
    mirror.sync(&world).await.unwrap();
    assert_eq!((mirror.rows.len(), mirror.rows[&id].list.as_str()), (1, PRESS));
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    let id = mirror.rows.values().find(|row| row.fields.title.starts_with("Proofs")).unwrap().id.clone();
    for patch in [
        TaskPatch { title: Some("x".repeat(2001)), ..TaskPatch::default() },
        TaskPatch { due: Some(Some(Due::Floating { at: "2027-01-01T09:00:00".into() })), ..TaskPatch::default() },
        TaskPatch { list: Some(PRESS.into()), ..TaskPatch::default() },
        TaskPatch { notes: Some("text".into()), ..TaskPatch::default() },
        TaskPatch { labels: Some(vec!["x".repeat(101)]), ..TaskPatch::default() },
    ] {
        let error = world.source.write(&mirror.write(&id, &key(1), patch.clone())).await.unwrap_err();
        assert!(matches!(error, ProviderError::Refused(_)), "{patch:?}: {error:?}");
    }
    let comma = TaskPatch { labels: Some(vec!["a,b".into()]), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(2), comma)).await.unwrap();
    assert_eq!(world.there(&id).tags, ["a b"]);
    world.sandbox.unshare_notion_source(PRESS);
    assert!(matches!(world.create(PRESS, titled("x"), false).await, Err(ProviderError::Refused(_))));
    world.sandbox.set_notion(|s| s.calls = 0);
    let limited = world.source.owner().await.unwrap_err();
    assert!(matches!(limited, ProviderError::RateLimited { retry_at: Some(_), .. }), "{limited}");
}
