//! Flags, moves, deletions, copies and folders.

use super::*;

fn moving_to(from: Option<&RemoteId>, to: &RemoteId, id: &RemoteId) -> MailWrite {
    MailWrite::Move { from: from.cloned(), to: to.clone(), ids: vec![id.clone()], again: false }
}

#[tokio::test]
async fn flags_are_set_and_cleared_and_the_rest_stays() {
    let f = Fixture::start(Fill::Empty).await;
    let id = f.deliver("one");
    f.sandbox.jmap_set(id.as_str(), None, Some(&["work", "$flagged"]));
    let add = Flags { seen: true, answered: true, forwarded: true, ..Flags::default() };
    let change = FlagChange { add, remove: Flags { flagged: true, ..Flags::default() } };
    let write = MailWrite::Flags { mailbox: None, ids: vec![id.clone(), "gone".into()], change };
    f.write(write.clone()).await;
    f.write(write).await;
    assert_eq!(f.email(&id).keywords.iter().map(String::as_str).collect::<Vec<_>>(), ["$answered", "$forwarded", "$seen", "work"]);
    let gone = MailWrite::Flags { mailbox: None, ids: vec!["gone".into()], change: FlagChange::read(true) };
    assert_eq!(f.source.write(&gone).await.unwrap_err().code(), "not_found");
    let none = FlagChange { add: Flags { deleted: true, ..Flags::default() }, ..FlagChange::default() };
    let before = f.api_requests();
    f.write(MailWrite::Flags { mailbox: None, ids: vec![id], change: none }).await;
    assert_eq!(f.api_requests(), before, "there is no such keyword");
}

#[tokio::test]
async fn one_refusal_is_told_and_the_others_are_done() {
    let f = Fixture::start(Fill::Empty).await;
    let ids: Vec<RemoteId> = (0..5).map(|n| f.deliver(&n.to_string())).collect();
    f.sandbox.set_jmap(|s| (s.max_objects_in_set, s.refused) = (2, vec![(ids[1].0.clone(), "tooManyKeywords".to_owned())]));
    let write = MailWrite::Flags { mailbox: None, ids: ids.clone(), change: FlagChange::read(true) };
    assert_eq!(f.source.write(&write).await.unwrap_err().code(), "refused");
    assert_eq!(ids.iter().filter(|id| f.email(id).keywords.contains("$seen")).count(), 4);
    f.sandbox.set_jmap(|s| s.refused.clear());
    f.write(write).await;
    assert!(f.email(&ids[1]).keywords.contains("$seen"));
}

#[tokio::test]
async fn a_move_leaves_one_folder_for_another_and_keeps_the_id() {
    let f = Fixture::start(Fill::Empty).await;
    let [inbox, archive, trash, junk] = ["Inbox", "Archive", "Trash", "Spam"].map(|name| f.folder(name));
    let choir = RemoteId(f.sandbox.jmap_create_mailbox("Choir", None, None));
    let id = f.deliver("one");
    f.sandbox.jmap_set(id.as_str(), Some(&[inbox.as_str(), choir.as_str()]), None);
    for _ in 0..2 {
        assert_eq!(f.write(moving_to(Some(&inbox), &archive, &id)).await, Written::default(), "archived, and nothing has another id");
    }
    assert_eq!(f.lies_in(&id), ["Archive", "Choir"]);
    f.write(moving_to(Some(&archive), &trash, &id)).await;
    assert_eq!(f.lies_in(&id), ["Trash"], "the bin is the only place");
    f.write(moving_to(Some(&trash), &inbox, &id)).await;
    f.sandbox.jmap_set(id.as_str(), Some(&[inbox.as_str(), choir.as_str()]), None);
    f.write(moving_to(Some(&inbox), &junk, &id)).await;
    assert_eq!(f.lies_in(&id), ["Spam"]);
    f.sandbox.jmap_set(id.as_str(), Some(&[choir.as_str(), archive.as_str()]), None);
    f.write(moving_to(None, &inbox, &id)).await;
    assert_eq!(f.lies_in(&id), ["Inbox"]);
    assert_eq!(f.source.write(&moving_to(Some(&inbox), &archive, &"gone".into())).await.unwrap_err().code(), "not_found");
    let error = f.source.write(&moving_to(Some(&inbox), &"nowhere".into(), &id)).await.unwrap_err();
    assert!(error.code() == "refused" && f.lies_in(&id) == ["Inbox"], "{error}");
}

#[tokio::test]
async fn a_mail_lies_in_several_folders_and_never_in_none() {
    let f = Fixture::start(Fill::Empty).await;
    let [inbox, archive] = ["Inbox", "Archive"].map(|name| f.folder(name));
    let id = f.deliver("one");
    let labels = |add: &[&RemoteId], remove: &[&RemoteId]| MailWrite::Labels {
        ids: vec![id.clone()],
        add: add.iter().map(|id| (*id).clone()).collect(),
        remove: remove.iter().map(|id| (*id).clone()).collect(),
    };
    f.write(labels(&[&archive], &[])).await;
    assert_eq!(f.lies_in(&id), ["Inbox", "Archive"]);
    f.write(labels(&[], &[&inbox])).await;
    let error = f.source.write(&labels(&[], &[&archive])).await.unwrap_err();
    assert!(error.to_string().contains("at least one folder"), "{error}");
    assert_eq!(f.lies_in(&id), ["Archive"]);
}

#[tokio::test]
async fn deleting_is_for_ever_and_done_once() {
    let f = Fixture::start(Fill::Empty).await;
    let ids: Vec<RemoteId> = (0..3).map(|n| f.deliver(&n.to_string())).collect();
    let delete = MailWrite::Delete { mailbox: None, ids: ids[..2].to_vec() };
    f.sandbox.jmap_destroy(ids[0].as_str());
    f.write(delete.clone()).await;
    assert_eq!(f.sandbox.jmap_emails().len(), 1);
    assert_eq!(f.source.write(&delete).await.unwrap_err().code(), "not_found");
}

#[tokio::test]
async fn a_copy_is_filed_found_and_replaces_the_one_before() {
    let f = Fixture::start(Fill::Empty).await;
    let drafts = f.folder("Drafts");
    let append = |n: u32, replaces: Option<RemoteId>| MailWrite::Append {
        mailbox: drafts.clone(),
        raw: mail(&format!("d{n}@postkasse.example"), JMAP_MARA, "a@b.example").raw,
        message_id: format!("d{n}@postkasse.example"),
        flags: Flags { draft: true, seen: true, ..Flags::default() },
        replaces,
    };
    let first = f.write(append(1, None)).await.appended.unwrap();
    assert_eq!(f.email(&first).keywords.iter().map(String::as_str).collect::<Vec<_>>(), ["$draft", "$seen"]);
    assert_eq!(f.source.find(Some(&drafts), "<d1@postkasse.example>").await.unwrap(), Some(first.clone()));
    assert_eq!(f.source.find(Some(&f.folder("Inbox")), "d1@postkasse.example").await.unwrap(), None);
    assert_eq!(f.source.find(Some(&drafts), "1@postkasse.example").await.unwrap(), None, "a part of an id is none");
    let written = f.write(append(2, Some(first.clone()))).await;
    let second = written.appended.unwrap();
    assert_eq!(written.renamed, [(first.clone(), second.clone())]);
    assert!(f.sandbox.jmap_email(first.as_str()).is_none());
    assert_eq!(f.source.find(Some(&drafts), "no id").await.unwrap_err().code(), "refused");
    // A server that never holds the same bytes twice.
    f.sandbox.set_jmap(|s| s.forbids_duplicates = true);
    assert_eq!(f.write(append(2, None)).await.appended, Some(second.clone()));
    assert_eq!(f.sandbox.jmap_emails().len(), 1);
}

#[tokio::test]
async fn folders_are_made_renamed_and_deleted_while_they_are_empty() {
    let f = Fixture::start(Fill::Small).await;
    let create = |name: &str, role| MailWrite::CreateMailbox { name: name.to_owned(), role };
    let names = async || f.source.mailboxes().await.unwrap().into_iter().map(|m| m.name).collect::<Vec<_>>();
    let made = f.write(create("Choir/Travel/2027", None)).await.appended.unwrap();
    assert!(names().await.iter().any(|n| n == "Choir/Travel/2027"));
    assert_eq!(f.write(create("choir/travel/2027", None)).await.appended, Some(made.clone()), "it is there already");
    assert_eq!(f.write(create("Ablage", Some(MailboxRole::Archive))).await.appended, Some(f.folder("Archive")));
    let rename = |id: &RemoteId, name: &str| MailWrite::RenameMailbox { mailbox: id.clone(), name: name.to_owned() };
    assert_eq!(f.write(rename(&made, "Journeys/Spring")).await, Written::default());
    assert!(names().await.iter().any(|n| n == "Journeys/Spring"));
    f.write(rename(&made, "Spring")).await;
    let id = f.deliver("one");
    f.write(moving_to(Some(&f.folder("Inbox")), &made, &id)).await;
    let delete = |id: &RemoteId| MailWrite::DeleteMailbox { mailbox: id.clone() };
    for full in [made.clone(), f.folder("Choir")] {
        let error = f.source.write(&delete(&full)).await.unwrap_err();
        assert!(error.to_string().contains("not empty"), "{error}");
    }
    f.write(moving_to(Some(&made), &f.folder("Inbox"), &id)).await;
    f.write(delete(&made)).await;
    f.write(delete(&made)).await;
    assert!(!names().await.iter().any(|n| n == "Spring"));
    assert_eq!(f.source.write(&delete(&f.folder("Sent"))).await.unwrap_err().code(), "unsupported");
    assert_eq!(f.source.write(&rename(&"gone".into(), "x")).await.unwrap_err().code(), "not_found");
}

#[tokio::test]
async fn an_archive_is_made_with_its_role_or_without_where_the_server_keeps_roles() {
    for keeps in [false, true] {
        let f = Fixture::start(Fill::Empty).await;
        f.sandbox.jmap_drop_mailbox(f.folder("Archive").as_str());
        f.sandbox.set_jmap(|s| s.keeps_roles = keeps);
        let made =
            f.write(MailWrite::CreateMailbox { name: "Archive".to_owned(), role: Some(MailboxRole::Archive) }).await.appended.unwrap();
        let all = f.source.mailboxes().await.unwrap();
        let archive = all.iter().find(|m| m.id == made).unwrap();
        assert_eq!((archive.name.as_str(), archive.role), ("Archive", (!keeps).then_some(MailboxRole::Archive)));
    }
}
