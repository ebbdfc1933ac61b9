//! One mail that its server can't deliver keeps neither the others nor the next ones from coming, and is there once it can be read.

use engine::views::Images;

use crate::{hostile_server::Spoiled, writes::Desk};

#[tokio::test(flavor = "multi_thread")]
async fn one_unreadable_mail_is_listed_with_its_reason_and_asked_for_again_later() {
    let server = Spoiled::start();
    // Its first sync has no error.
    let desk = Desk::at(server.port(), None).await;
    let subjects = |list: &[domain::mail::MessageSummary]| {
        let mut all: Vec<String> = list.iter().map(|m| m.subject.clone()).collect();
        all.sort();
        all
    };
    let all = ["number 1", "number 2", "number 3"];
    let list = desk.inbox().await;
    assert_eq!(subjects(&list), all);
    let lost = list.iter().find(|m| m.subject == "number 2").unwrap();
    let body = desk.engine.message_body(lost.id, Images::Default).await.unwrap();
    assert!(body.text.contains("the file of a message is damaged") && body.text.contains("asks for it again"), "{}", body.text);

    // Mended, but not asked for at every round.
    server.mend();
    let again = desk.engine.sync_now(Some(&desk.connection)).await.unwrap();
    assert_eq!(again.scopes.iter().map(|s| s.bytes).sum::<u64>(), 0, "{again:?}");
    desk.wait_ms(16 * 60_000);
    desk.sync().await;
    let list = desk.inbox().await;
    assert_eq!(subjects(&list), all, "in the place of the note");
    let found = list.iter().find(|m| m.subject == "number 2").unwrap();
    let body = desk.engine.message_body(found.id, Images::Default).await.unwrap();
    assert!(body.text.contains("kumquat 2") && !body.text.contains("damaged"), "{}", body.text);
    let idle = desk.sync().await;
    assert_eq!(idle.scopes.iter().map(|s| s.bytes).sum::<u64>(), 0, "{idle:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_unreadable_is_asked_for_more_and_more_rarely() {
    let server = Spoiled::start();
    let desk = Desk::at(server.port(), None).await;
    let scope = desk.engine.store().scopes(Some(&desk.connection)).await.unwrap().into_iter().next().unwrap().scope.id;
    desk.wait_ms(16 * 60_000);
    desk.sync().await;
    assert_eq!(desk.inbox().await.len(), 3);
    let store = desk.engine.store();
    let in_minutes = async |minutes: i64| store.unreadable_due(scope, desk.now().plus_secs(minutes * 60)).await.unwrap().len();
    assert_eq!((in_minutes(29).await, in_minutes(31).await), (0, 1), "twice as long as the first time");
}
