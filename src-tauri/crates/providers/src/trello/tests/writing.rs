//! Creating, changing, moving.

use super::*;

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

#[tokio::test]
async fn a_new_card_is_mine_in_the_first_list_of_its_board() {
    let world = start().await;
    let made = world.create(HOUSE, TaskFields { labels: vec!["Green".into(), "new".into()], ..titled("New") }, false).await.unwrap();
    let (card, board) = (world.there(&made.id), world.board(HOUSE));
    assert_eq!((card.members, card.list, card.board.as_str()), (vec![ME.to_owned()], board.lists[0].0.clone(), HOUSE));
    assert_eq!(board.labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>(), ["", "new"], "the green one is there");
    assert_eq!(made.task.unwrap().fields.labels, ["green", "new"]);
}

#[tokio::test]
async fn the_search_for_what_was_made_takes_nothing_older_and_nothing_else() {
    let world = start().await;
    world.post(json!({"board": CLUB, "name": "Twice"}));
    world.pass(3600);
    world.post(json!({"board": CLUB, "name": "Twice", "members": []}));
    world.post(json!({"board": CLUB, "name": "Twice", "desc": "with a text"}));
    let made = world.create(CLUB, titled("Twice"), true).await.unwrap();
    assert_eq!(world.sandbox.trello_cards().len(), 4, "none of those");
    assert_eq!(world.create(CLUB, titled("Twice"), true).await.unwrap().id, made.id);
}

#[tokio::test]
async fn labels_go_along_to_another_board_and_what_is_not_named_stays() {
    let world = start().await;
    let due = "2027-01-15T08:00:00.000Z";
    let id = world.post(json!({"board": CLUB, "name": "Task", "labels": ["ink"], "due": due, "list": world.board(CLUB).lists[1].0}));
    let mut mirror = world.mirror().await;
    let title = TaskPatch { title: Some("Other".into()), ..TaskPatch::default() };
    world.source.write(&mirror.write(&id, &key(1), title)).await.unwrap();
    let card = world.there(&id);
    assert_eq!((card.due.as_deref(), card.list, card.labels.len()), (Some(due), world.board(CLUB).lists[1].0.clone(), 1));
    mirror.sync(&world).await.unwrap();
    let away = TaskPatch { list: Some(HOUSE.into()), ..TaskPatch::default() };
    let moved = world.source.write(&mirror.write(&id, &key(2), away.clone())).await.unwrap();
    assert_eq!((moved.id.clone(), moved.task.unwrap().fields.labels), (id.clone(), vec!["ink".to_owned()]));
    assert_eq!(world.there(&id).board, HOUSE);
    // Done once more, it is as it is.
    world.source.write(&mirror.write(&id, &key(2), away)).await.unwrap();
    assert_eq!((world.there(&id).board.as_str(), world.board(HOUSE).labels.len()), (HOUSE, 2));
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    let id = RemoteId(world.mine().into_iter().find(|card| card.name == "Return the atlas").unwrap().id);
    let write = async |patch: TaskPatch| world.source.write(&mirror.write(&id, &key(1), patch)).await.unwrap_err();
    let watched = write(TaskPatch { status: Some(TaskStatus::Done), ..TaskPatch::default() }).await;
    assert!(matches!(&watched, ProviderError::Unsupported(words) if words.contains("unauthorized card")), "{watched}");
    for patch in [
        TaskPatch { due: Some(Some(Due::Day { day: "2027-01-01".into() })), ..TaskPatch::default() },
        TaskPatch { title: Some("x".repeat(20_000)), ..TaskPatch::default() },
        TaskPatch { list: Some("none".into()), ..TaskPatch::default() },
    ] {
        let error = write(patch).await;
        assert!(matches!(error, ProviderError::Refused(_)), "{error:?}");
    }
    assert!(matches!(world.create("none", titled("x"), false).await, Err(ProviderError::Refused(_))));
}
