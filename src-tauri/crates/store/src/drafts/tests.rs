#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::audit::{Actor, NewAudit, Outcome};

use crate::{
    DraftContent, NewAttachment, RawBody,
    testing::{at, home, imap},
};

fn text(subject: &str) -> DraftContent {
    DraftContent { subject: subject.into(), ..DraftContent::default() }
}

#[tokio::test]
async fn the_last_ten_versions_are_kept() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let id = home.store.create_draft(a.account, &text("v0"), at(0)).await.unwrap();
    for n in 1..=15 {
        assert_eq!(home.store.save_draft(id, None, &text(&format!("v{n}")), at(n * 60)).await.unwrap(), n + 1);
    }
    // Typing on: many saves within seconds push nothing out.
    for n in 0..20 {
        home.store.save_draft(id, None, &text(&format!("typing {n}")), at(15 * 60 + n)).await.unwrap();
    }
    let versions: Vec<String> = home.store.draft_versions(id).await.unwrap().into_iter().map(|v| v.content.subject).collect();
    assert_eq!(versions.len(), 10);
    assert_eq!((versions[0].as_str(), versions[9].as_str()), ("v15", "v6"));
    let home = home.reopen().await;
    assert_eq!(home.store.draft(id).await.unwrap().content.subject, "typing 19");
}

#[tokio::test]
async fn attachments_come_back_and_go_with_their_draft() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let id = home.store.create_draft(a.account, &text("x"), at(0)).await.unwrap();
    let mut sink = home.store.new_file().unwrap();
    sink.write(&vec![3; 300_000]).unwrap();
    let mut new = NewAttachment {
        name: "big.bin".into(),
        mime: "application/octet-stream".into(),
        inline: false,
        content_id: None,
        data: RawBody::File(sink.finish().unwrap()),
    };
    let big = home.store.add_draft_attachment(id, &new).await.unwrap();
    new.data = RawBody::Inline(b"small".to_vec());
    let small = home.store.add_draft_attachment(id, &new).await.unwrap();
    assert_eq!(home.store.draft(id).await.unwrap().attachments, [big.clone(), small.clone()]);
    assert_eq!(home.store.draft_attachment(big.id, 1 << 20).await.unwrap(), vec![3; 300_000]);
    assert_eq!(home.store.draft_attachment(small.id, 4).await.unwrap_err().code(), "too_large");
    home.store.remove_draft_attachment(small.id).await.unwrap();
    let entry = || NewAudit {
        actor: Actor::Person,
        action: "draft.discarded",
        target: "draft:1".into(),
        outcome: Outcome::Ok,
        detail: String::new(),
    };
    home.store.discard_draft(id, &entry(), at(10)).await.unwrap();
    assert!(home.store.drafts().await.unwrap().is_empty());
    assert_eq!(home.store.draft(id).await.unwrap_err().code(), "not_found");
    assert!(home.store.save_draft(id, None, &text("typed on"), at(11)).await.is_err(), "out of sight is out of reach");
    // Taken back, also after a restart: files and all.
    assert_eq!(home.store.purge_discarded(at(10)).await.unwrap(), 0);
    let home = home.reopen().await;
    home.store.restore_draft(id, &entry(), at(12)).await.unwrap();
    assert_eq!(home.store.draft(id).await.unwrap().attachments, std::slice::from_ref(&big));
    assert!(home.store.restore_draft(id, &entry(), at(12)).await.is_err());
    home.store.discard_draft(id, &entry(), at(20)).await.unwrap();
    assert_eq!(home.store.purge_discarded(at(21)).await.unwrap(), 1);
    assert_eq!(std::fs::read_dir(home.dir.path().join("files")).unwrap().count(), 0);
}
