//! Flags, labels and places.

use super::*;

#[tokio::test]
async fn writes_reach_google_and_come_back_as_labels() {
    let f = Fixture::start(Fill::Bulk(30)).await;
    let inbox: Vec<RemoteId> = f.sandbox.labelled(MARA, "INBOX").into_iter().map(|m| RemoteId(m.id)).collect();
    let labels = |id: &RemoteId| f.sandbox.messages(MARA).into_iter().find(|m| m.id == id.0).unwrap().labels;
    let has = |id: &RemoteId, label: &str| labels(id).contains(label);
    let one = vec![inbox[0].clone()];
    f.write(MailWrite::Flags { mailbox: None, ids: one.clone(), change: FlagChange::read(false) }).await;
    assert!(has(&inbox[0], "UNREAD"));
    f.write(MailWrite::Flags { mailbox: None, ids: one.clone(), change: FlagChange::read(true) }).await;
    f.write(MailWrite::Flags { mailbox: None, ids: one.clone(), change: FlagChange::starred(true) }).await;
    assert!(!has(&inbox[0], "UNREAD") && has(&inbox[0], "STARRED"));
    // Archive and back.
    let move_to = |from: &str, to: &str, ids: &[RemoteId]| MailWrite::Move {
        from: Some(from.into()),
        to: to.into(),
        ids: ids.to_vec(),
        again: false,
    };
    f.write(move_to("INBOX", labels::ALL_MAIL, &one)).await;
    assert!(!has(&inbox[0], "INBOX"));
    f.write(move_to(labels::ALL_MAIL, "INBOX", &one)).await;
    assert!(has(&inbox[0], "INBOX"));
    // Bin: alone and many at once (batchModify), and out again.
    f.write(move_to("INBOX", "TRASH", &one)).await;
    assert!(has(&inbox[0], "TRASH") && !has(&inbox[0], "INBOX"));
    f.write(move_to("TRASH", "INBOX", &one)).await;
    assert!(!has(&inbox[0], "TRASH") && has(&inbox[0], "INBOX"));
    f.sandbox.control().clear_log();
    f.write(move_to("INBOX", "TRASH", &inbox[1..13])).await;
    assert!(inbox[1..13].iter().all(|id| has(id, "TRASH") && !has(id, "INBOX")));
    assert_eq!(f.sandbox.control().log().len(), 1, "one call for twelve");
    // Labels, doing it twice, and a message that is gone among others.
    let label = f.sandbox.create_label(MARA, "Projects").unwrap();
    f.sandbox.delete(MARA, inbox[14].as_str());
    let change = MailWrite::Labels { ids: inbox[13..16].to_vec(), add: vec![label.as_str().into()], remove: vec!["INBOX".into()] };
    f.write(change.clone()).await;
    f.write(change).await;
    assert!(has(&inbox[13], &label) && has(&inbox[15], &label) && !has(&inbox[15], "INBOX"));
    let gone = MailWrite::Flags { mailbox: None, ids: vec![inbox[14].clone()], change: FlagChange::read(true) };
    assert!(matches!(f.source.write(&gone).await, Err(ProviderError::NotFound(_))));
    // For ever needs a scope that is not asked for.
    let delete = MailWrite::Delete { mailbox: None, ids: one };
    assert!(matches!(f.source.write(&delete).await, Err(ProviderError::Unsupported(why)) if why.contains("mail.google.com")));
}
