#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{ids::RemoteId, mail::MailboxRole};

use crate::{
    MessageFilter, Place, ThreadFilter,
    testing::{at, folder, home, imap, mail, put},
};

#[tokio::test]
async fn a_listing_adds_renames_changes_roles_and_removes() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.work, a.account, vec![mail(1, "s", "t"), mail(2, "s", "t")]).await;
    put(&home.store, &a.inbox, a.account, vec![mail(3, "s", "t")]).await;
    let junk = ThreadFilter { account: None, place: Place::Role(MailboxRole::Junk), unread_only: false, starred: false };
    let listing = [folder("INBOX", Some(MailboxRole::Inbox)), folder("Work", Some(MailboxRole::Junk)), folder("New", None)];
    let changes = home.store.upsert_mailboxes(a.account, &listing, at(0)).await.unwrap();
    assert_eq!(changes.added.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(), ["New"]);
    let mut removed = changes.removed;
    removed.sort();
    assert_eq!(removed, [RemoteId::new("Archive"), RemoteId::new("Trash")]);
    assert_eq!(home.store.thread_count(&junk).await.unwrap(), 2, "a new role moves its mail to other places");
    let again = home.store.upsert_mailboxes(a.account, &listing, at(0)).await.unwrap();
    assert!(again.added.is_empty() && again.removed.is_empty());
    assert_eq!(home.store.mailbox_by_name(None, "work").await.unwrap()[0].total, 2);
    home.store.upsert_mailboxes(a.account, &listing[..1], at(0)).await.unwrap();
    assert_eq!(home.store.thread_count(&junk).await.unwrap(), 0);
    assert_eq!(home.store.count_messages(&MessageFilter::default()).await.unwrap(), 1);
    assert_eq!(home.store.scope(a.work.id).await.unwrap_err().code(), "not_found");
}
