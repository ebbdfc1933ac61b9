#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    ids::{ConnectionId, RemoteId},
    mail::{Flags, MailboxRole},
    search::{Query, Term},
};

use crate::{
    MessageFilter, Place, Store, ThreadFilter,
    testing::{at, folder, gmail, home, imap, mail, put},
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

/// Subjects of a name's list over pages of three, each once; the search finds the same under `in:`.
async fn listed(store: &Store, connection: Option<&str>, name: &str) -> Vec<String> {
    let connection = connection.map(ConnectionId::new);
    let set = store.mailbox_set(connection.as_ref(), name).await.unwrap();
    let mut out = Vec::new();
    let mut after = None;
    loop {
        let page = store.messages_in(&set, after.as_ref(), 3).await.unwrap();
        out.extend(page.items.into_iter().map(|m| m.subject));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if connection.is_none() {
        let found = store.search(&Query::Term(Term::In(name.into())), None, 100).await.unwrap();
        assert_eq!(found.items.into_iter().map(|h| h.message.subject).collect::<Vec<_>>(), out, "in:{name}");
    }
    out
}

/// Gmail has neither an archive nor a folder of starred mail, IMAP has folders only: the words mean the same at both.
#[tokio::test]
async fn roles_without_a_mailbox_and_names_of_several_accounts() {
    let home = home().await;
    let store = &home.store;
    let (a, b) = (imap(store, "a").await, imap(store, "b").await);
    let (g, labels) = gmail(store, "g").await;
    let with = |n: u32, labels: Option<&[&str]>, starred: bool| {
        let mut m = mail(n, &format!("s{n}"), "t");
        m.remote.flags = Some(Flags { flagged: starred, ..Flags::default() });
        m.remote.mailboxes = labels.map(|l| l.iter().map(|l| RemoteId::new(*l)).collect());
        m
    };
    let here = |n, starred| vec![with(n, None, starred)];
    put(store, &a.inbox, a.account, vec![with(1, None, true), with(2, None, false)]).await;
    put(store, &a.archive, a.account, here(3, false)).await;
    put(store, &a.work, a.account, here(4, false)).await;
    put(store, &b.work, b.account, here(5, true)).await;
    put(
        store,
        &labels,
        g,
        vec![
            with(6, Some(&["INBOX"]), false),
            with(7, Some(&["Label_1"]), false),
            with(8, Some(&[]), true),
            with(9, Some(&["TRASH"]), false),
            with(10, Some(&["SENT", "Label_1"]), false),
        ],
    )
    .await;
    assert_eq!(listed(store, None, "archive").await, ["s8", "s7", "s3"]);
    assert_eq!(listed(store, None, "Archive").await, ["s8", "s7", "s3"]);
    assert_eq!(listed(store, Some("g"), "archive").await, ["s8", "s7"]);
    assert_eq!(listed(store, Some("a"), "archive").await, ["s3"]);
    assert_eq!(listed(store, None, "starred").await, ["s8", "s5", "s1"]);
    assert_eq!(listed(store, Some("b"), "flagged").await, ["s5"]);
    assert_eq!(listed(store, None, "work").await, ["s5", "s4"], "the folders of both accounts");
    assert_eq!(listed(store, Some("b"), "Work").await, ["s5"]);
    assert_eq!(listed(store, None, "label_1").await, ["s10", "s7"]);
    assert!(store.mailbox_set(None, "no such").await.unwrap().is_empty());
    for (role, wanted) in [(MailboxRole::Archive, 3), (MailboxRole::Flagged, 3)] {
        let filter = MessageFilter { place: Some(Place::Role(role)), ..MessageFilter::default() };
        assert_eq!(store.messages(&filter, None, 10).await.unwrap().items.len(), wanted, "{role:?}");
        assert_eq!(store.count_messages(&filter).await.unwrap(), wanted as u64, "{role:?}");
        let one = MessageFilter { account: Some(g), ..filter };
        assert_eq!(store.count_messages(&one).await.unwrap(), if role == MailboxRole::Archive { 2 } else { 1 });
    }
    // A label or a nested folder whose name is the role's word is in its list too.
    let listing = [folder("INBOX", Some(MailboxRole::Inbox)), folder("Trash", Some(MailboxRole::Trash)), folder("Archive", None)];
    store.upsert_mailboxes(b.account, &listing, at(0)).await.unwrap();
    let named = store.ensure_scope(&b.connection, domain::integration::Service::Mail, Some(&RemoteId::new("Archive"))).await.unwrap();
    put(store, &named, b.account, here(11, false)).await;
    assert_eq!(listed(store, Some("b"), "archive").await, ["s11"], "no mailbox of the role: the name");
    store.upsert_mailboxes(b.account, &[folder("INBOX", Some(MailboxRole::Inbox)), folder("INBOX/Work", None)], at(0)).await.unwrap();
    let nested = store.ensure_scope(&b.connection, domain::integration::Service::Mail, Some(&RemoteId::new("INBOX/Work"))).await.unwrap();
    put(store, &nested, b.account, here(12, false)).await;
    assert_eq!(listed(store, None, "work").await, ["s12", "s4"], "by the last part of its name");
    let rest = Query::Not(Box::new(Query::Term(Term::In("starred".into()))));
    assert!(store.search(&rest, None, 100).await.unwrap().items.iter().all(|h| !h.message.flags.flagged));
}
