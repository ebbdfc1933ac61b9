//! Flags, moves, deletions, folders and drafts.

use domain::mail::FlagChange;

use super::*;

#[tokio::test]
async fn flags_and_moves_reach_microsoft_and_keep_their_ids() {
    let f = Fixture::start(Fill::Bulk(30)).await;
    let all: Vec<RemoteId> = f.sandbox.ms_messages(MS_MARA).into_iter().map(|m| RemoteId(m.id)).collect();
    let of = |id: &RemoteId| f.sandbox.ms_messages(MS_MARA).into_iter().find(|m| m.id == id.0);
    let flags = |ids: &[RemoteId], change: FlagChange| MailWrite::Flags { mailbox: None, ids: ids.to_vec(), change };
    f.write(flags(&all[..25], FlagChange::read(true))).await;
    f.write(flags(&all[..1], FlagChange::starred(true))).await;
    assert!(all[..25].iter().all(|id| of(id).unwrap().read) && of(&all[0]).unwrap().flagged);
    assert_eq!(f.sandbox.control().count("POST", "/v1.0/$batch"), 3, "twenty at a time");
    f.write(flags(&all[..1], FlagChange::starred(true).inverse())).await;
    assert!(!of(&all[0]).unwrap().flagged);
    let answered = FlagChange { add: Flags { answered: true, ..Flags::default() }, ..FlagChange::default() };
    f.sandbox.control().clear_log();
    f.write(flags(&all[..1], answered)).await;
    assert!(f.sandbox.control().log().is_empty(), "there is no such property");
    let (inbox, archive) = (f.folder("Inbox"), f.folder("Archive"));
    let to = |ids: &[RemoteId], again: bool| MailWrite::Move { from: Some(inbox.clone()), to: archive.clone(), ids: ids.to_vec(), again };
    let written = f.write(to(&all[..3], false)).await;
    let same: Vec<_> = all[..3].iter().map(|id| (id.clone(), id.clone())).collect();
    assert_eq!(written.renamed, same);
    assert!(all[..3].iter().all(|id| of(id).unwrap().folder == archive.0));
    // An answer that was lost: what is there already is not moved again.
    f.sandbox.control().add_fault(Fault::new("/v1.0/$batch", FaultAction::Drop { after_commit: true }));
    f.write(to(&all[3..5], false)).await;
    let again = f.write(to(&all[3..6], true)).await;
    assert_eq!(again.renamed.iter().map(|(old, _)| old.clone()).collect::<BTreeSet<_>>(), all[3..6].iter().cloned().collect());
    // One that is gone among others, and one that is gone alone.
    f.sandbox.ms_delete(MS_MARA, all[6].as_str());
    f.write(flags(&all[6..8], FlagChange::read(true))).await;
    assert!(matches!(f.source.write(&flags(&all[6..7], FlagChange::read(true))).await, Err(ProviderError::NotFound(_))));
    f.write(MailWrite::Delete { mailbox: Some(inbox.clone()), ids: all[8..10].to_vec() }).await;
    assert!(of(&all[8]).is_none(), "for ever, not into the bin");
    let labels = MailWrite::Labels { ids: all[..1].to_vec(), add: Vec::new(), remove: Vec::new() };
    assert!(matches!(f.source.write(&labels).await, Err(ProviderError::Unsupported(_))));
}

#[tokio::test]
async fn folders_are_made_renamed_moved_and_deleted_when_empty() {
    let f = Fixture::start(Fill::Small).await;
    let create = |name: &str| MailWrite::CreateMailbox { name: name.to_owned(), role: None };
    let id = f.write(create("Projects/Quay 9/Plans")).await.appended.unwrap();
    assert_eq!(f.write(create("projects/quay 9/plans")).await.appended.as_ref(), Some(&id), "there already");
    let name = async |id: &RemoteId| f.source.mailboxes().await.unwrap().into_iter().find(|m| m.id == *id).map(|m| m.name);
    assert_eq!(name(&id).await.as_deref(), Some("Projects/Quay 9/Plans"));
    let rename = |name: &str| MailWrite::RenameMailbox { mailbox: id.clone(), name: name.to_owned() };
    f.write(rename("Projects/Quay 9/Drawings")).await;
    assert_eq!(name(&id).await.as_deref(), Some("Projects/Quay 9/Drawings"));
    f.write(rename("Old drawings")).await;
    assert_eq!(name(&id).await.as_deref(), Some("Old drawings"));
    let delete = |id: &RemoteId| MailWrite::DeleteMailbox { mailbox: id.clone() };
    f.write(delete(&id)).await;
    f.write(delete(&id)).await;
    assert_eq!(name(&id).await, None);
    for full in ["Projects", "Quay 7", "Inbox"] {
        let refused = f.source.write(&delete(&f.folder(full))).await;
        assert!(matches!(refused, Err(ProviderError::Refused(_))), "{full}: {refused:?}");
    }
}

#[tokio::test]
async fn drafts_are_kept_replaced_and_deleted() {
    let f = Fixture::start(Fill::Small).await;
    let drafts = f.folder("Drafts");
    let append = |mailbox: &RemoteId, body: &str, replaces: Option<RemoteId>| MailWrite::Append {
        mailbox: mailbox.clone(),
        raw: mail("d1@x.test", "bo@x.test", body.as_bytes()).raw,
        message_id: "d1@x.test".to_owned(),
        flags: Flags { draft: true, seen: true, ..Flags::default() },
        replaces,
    };
    let before = f.sandbox.ms_in_folder(MS_MARA, "Drafts").len();
    let first = f.write(append(&drafts, "one", None)).await.appended.unwrap();
    assert_eq!(f.source.find(Some(&drafts), "d1@x.test").await.unwrap(), Some(first.clone()));
    assert_eq!(f.source.find(None, "d1@x.test").await.unwrap(), None, "a draft is no proof of a send");
    let written = f.write(append(&drafts, "two", Some(first.clone()))).await;
    let second = written.appended.unwrap();
    assert_eq!(written.renamed, [(first, second.clone())]);
    assert_eq!(f.sandbox.ms_in_folder(MS_MARA, "Drafts").len(), before + 1);
    f.write(MailWrite::Delete { mailbox: Some(drafts.clone()), ids: vec![second] }).await;
    assert_eq!(f.sandbox.ms_in_folder(MS_MARA, "Drafts").len(), before);
    let sent = append(&f.folder("Sent Items"), "x", None);
    assert!(matches!(f.source.write(&sent).await, Err(ProviderError::Unsupported(_))));
}
