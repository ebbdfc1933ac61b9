//! Lists, and what a round tells.

use super::*;

#[tokio::test]
async fn boards_are_lists_and_those_that_are_only_watched_are_read_only() {
    let world = start().await;
    let house = world.board(HOUSE);
    world.sandbox.put_trello_board(TrelloBoard { closed: true, ..house });
    let shown: Vec<_> = world.source.lists().await.unwrap().into_iter().map(|l| (l.name, l.can.write, l.colour)).collect();
    let blue = Some("#0079bf".to_owned());
    assert_eq!(shown, [("Print club".to_owned(), true, blue.clone()), ("City library".to_owned(), false, blue)]);
    let can = world.source.lists().await.unwrap()[0].can;
    assert!(can.notes && can.labels && can.moves && can.deletes && !(can.due_day || can.due_time || can.priority || can.subtasks));
}

#[tokio::test]
async fn the_demo_is_read_whole_and_nothing_archived_or_of_others() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    assert_eq!((mirror.rows.len(), world.mine().len(), world.sandbox.trello_cards().len()), (5, 5, 7));
    for card in world.mine() {
        let row = &mirror.rows[&RemoteId(card.id.clone())];
        assert_eq!((row.list.as_str(), &row.version), (card.board.as_str(), &card.date_last_activity));
        assert_eq!(row.completed_at.is_some(), card.due_complete);
        assert_eq!(row.fields, world.fields_of(card));
    }
    let due = mirror.rows.values().find(|row| row.fields.due.is_some()).unwrap();
    assert_eq!(due.fields.labels, ["green"], "a label without a name is its colour");
}

#[tokio::test]
async fn a_round_is_one_request_and_a_quiet_one_tells_nothing() {
    let world = filled(Fill::Small).await;
    let mut mirror = world.mirror().await;
    world.requests();
    let batch = changes::changes(&world.source.api, mirror.cursors.get(&None)).await.unwrap();
    assert_eq!((batch.changes.len(), batch.present, world.requests()), (0, None, vec!["GET /members/me/cards 200".to_owned()]));
    let card = world.mine()[0].clone();
    for change in [json!({"closed": true}), json!({"closed": false, "members": []}), json!({"members": [ME]})] {
        let mut change = change;
        change["id"] = json!(card.id);
        world.post(change.clone());
        mirror.sync(&world).await.unwrap();
        assert_eq!(mirror.rows.len(), world.count(), "{change}");
    }
    // What a closed board holds is no longer to be seen.
    let board = world.board(&card.board);
    world.sandbox.put_trello_board(TrelloBoard { closed: true, ..board });
    mirror.sync(&world).await.unwrap();
    assert!(mirror.rows.values().all(|row| row.list.as_str() != card.board));
}

#[tokio::test]
async fn what_a_cut_off_answer_does_not_tell_may_still_be_there() {
    let world = start().await;
    world.post(json!({"board": CLUB, "name": "First"}));
    let mut mirror = world.mirror().await;
    // Later ones that sort before it.
    for n in 0..1000 {
        world.post(json!({"id": format!("00{n:022}"), "board": CLUB, "name": format!("Card {n}")}));
    }
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.len(), 1001);
}

#[tokio::test]
async fn too_many_requests_are_waited_out_and_nobody_sees_the_key() {
    let world = start().await;
    world.sandbox.clock().freeze(true);
    world.sandbox.set_trello(|s| s.calls = 1);
    world.source.owner().await.unwrap();
    let error = world.source.owner().await.unwrap_err();
    assert_eq!(error.retry_at().map(|at| at.secs() - world.now().secs()), Some(10), "{error}");
    world.pass(10);
    world.source.owner().await.unwrap();
    let (key, token) = world.sandbox.trello_secret().split_once(':').map(|(k, t)| (k.to_owned(), t.to_owned())).unwrap();
    let log = format!("{:?}", world.sandbox.control().log());
    assert!(!log.contains(&key) && !log.contains(&token));
}
