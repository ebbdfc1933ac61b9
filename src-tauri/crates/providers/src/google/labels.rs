//! Gmail's labels as mailboxes and flags.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{Flags, MailboxRole, RemoteMailbox},
    sync::RemoteMail,
    time::Timestamp,
};
use serde::Deserialize;

use super::{
    api::{Api, Message, few},
    quota::cost,
};

/// Gmail has no label for "All Mail", yet it is where archived mail is found; this id can't collide (Google's own are
/// upper-case words of a fixed list, the person's are `Label_…`).
pub const ALL_MAIL: &str = "ALL_MAIL";
pub const INBOX: &str = "INBOX";
pub const SENT: &str = "SENT";
pub const DRAFT: &str = "DRAFT";
pub const SPAM: &str = "SPAM";
pub const TRASH: &str = "TRASH";
pub const UNREAD: &str = "UNREAD";
pub const STARRED: &str = "STARRED";

#[derive(Deserialize)]
struct LabelList {
    #[serde(default, deserialize_with = "few")]
    labels: Vec<Label>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Label {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    label_list_visibility: Option<String>,
}

/// Labels that are not shown as mailboxes: flags, chat, and the tabs of Gmail's own inbox.
fn is_hidden(id: &str) -> bool {
    matches!(id, UNREAD | STARRED | "CHAT") || id.starts_with("CATEGORY_")
}

fn role(id: &str) -> Option<MailboxRole> {
    Some(match id {
        INBOX => MailboxRole::Inbox,
        SENT => MailboxRole::Sent,
        DRAFT => MailboxRole::Drafts,
        SPAM => MailboxRole::Junk,
        TRASH => MailboxRole::Trash,
        "IMPORTANT" => MailboxRole::Important,
        ALL_MAIL => MailboxRole::All,
        _ => return None,
    })
}

/// English names of system labels, whose API names are the bare ids.
fn system_name(role: MailboxRole) -> &'static str {
    match role {
        MailboxRole::Inbox => "Inbox",
        MailboxRole::Sent => "Sent",
        MailboxRole::Drafts => "Drafts",
        MailboxRole::Junk => "Spam",
        MailboxRole::Trash => "Bin",
        MailboxRole::Important => "Important",
        MailboxRole::All | MailboxRole::Archive => "All Mail",
        MailboxRole::Flagged => "Starred",
    }
}

/// Ids of every label, flags included: what a listing by label has to go through.
pub async fn ids(api: &Api) -> Result<Vec<String>, ProviderError> {
    let list: LabelList = api.get(cost::LABELS_LIST, "the labels", api.urls.user(["labels"])).await?;
    Ok(list.labels.into_iter().map(|l| l.id).filter(|id| *id == UNREAD || *id == STARRED || !is_hidden(id)).collect())
}

pub async fn list(api: &Api) -> Result<Vec<RemoteMailbox>, ProviderError> {
    let list: LabelList = api.get(cost::LABELS_LIST, "the labels", api.urls.user(["labels"])).await?;
    let mut mailboxes: Vec<RemoteMailbox> =
        list.labels.into_iter().filter(|l| !is_hidden(&l.id) && l.id != ALL_MAIL).map(mailbox).collect();
    mailboxes.push(mailbox(Label { id: ALL_MAIL.to_owned(), name: String::new(), label_list_visibility: None }));
    Ok(mailboxes)
}

fn mailbox(label: Label) -> RemoteMailbox {
    let role = role(&label.id);
    let name = role.map_or_else(|| label.name.clone(), |r| system_name(r).to_owned());
    RemoteMailbox {
        name: if name.is_empty() { label.id.clone() } else { name },
        // A system label is shown here even where Gmail's own sidebar folds it away.
        selectable: role.is_some() || label.label_list_visibility.as_deref() != Some("labelHide"),
        role,
        id: RemoteId(label.id),
        total: None,
        unread: None,
    }
}

/// Flags that labels carry. Gmail knows no \Answered and no \Forwarded.
pub fn flags(labels: &[String]) -> Flags {
    let has = |id: &str| labels.iter().any(|l| l == id);
    Flags { seen: !has(UNREAD), flagged: has(STARRED), draft: has(DRAFT), ..Flags::default() }
}

/// Mailboxes that labels mean; everything outside bin and spam is in "All Mail" too.
pub fn mailboxes(labels: &[String]) -> Vec<RemoteId> {
    let mut out: Vec<RemoteId> = labels.iter().filter(|l| !is_hidden(l)).map(|l| RemoteId(l.clone())).collect();
    if !labels.iter().any(|l| l == TRASH || l == SPAM) {
        out.push(RemoteId::new(ALL_MAIL));
    }
    out.sort();
    out.dedup();
    out
}

/// A message whose labels are known.
pub fn remote(id: &str, thread: Option<&str>, labels: &[String]) -> RemoteMail {
    RemoteMail {
        flags: Some(flags(labels)),
        mailboxes: Some(mailboxes(labels)),
        thread: thread.map(RemoteId::new),
        ..RemoteMail::new(RemoteId::new(id))
    }
}

/// A message as `messages.get` tells it. Gmail leaves out `labelIds` where there are none.
pub fn from_message(message: &Message) -> RemoteMail {
    let labels = message.label_ids.as_deref().unwrap_or_default();
    RemoteMail {
        // Up to the year 9999; a date that makes no sense is no reason to lose the mail.
        received: message
            .internal_date
            .as_deref()
            .and_then(|ms| ms.parse().ok())
            .filter(|ms| (0..253_402_300_800_000).contains(ms))
            .map(Timestamp),
        size: message.size_estimate,
        ..remote(&message.id, message.thread_id.as_deref(), labels)
    }
}

/// Labels as mailboxes, written down, for tests/fuzz.
#[cfg(any(fuzzing, test))]
pub(super) fn fuzz(bytes: &[u8]) -> String {
    let list = serde_json::from_slice::<LabelList>(bytes).map(|list| list.labels.into_iter().map(mailbox).collect::<Vec<_>>());
    format!("{:?}", list.ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_flags_roles_and_mailboxes() {
        let labels: Vec<String> = ["UNREAD", "INBOX", "STARRED", "CATEGORY_UPDATES", "Label_7"].map(str::to_owned).into();
        let mail = remote("m1", Some("t1"), &labels);
        assert_eq!(mail.flags, Some(Flags { seen: false, flagged: true, ..Flags::default() }));
        assert_eq!(mail.mailboxes, Some([ALL_MAIL, "INBOX", "Label_7"].map(RemoteId::from).into()));
        assert_eq!(remote("m", None, &["TRASH".to_owned()]).mailboxes, Some(vec![RemoteId::from(TRASH)]), "the bin is not in All Mail");
        assert_eq!(remote("m", None, &[]).mailboxes, Some(vec![RemoteId::from(ALL_MAIL)]), "archived");
    }

    #[test]
    fn system_labels_get_roles_and_hidden_user_labels_are_not_selectable() {
        let label = |id: &str, name: &str, hide: bool| {
            mailbox(Label { id: id.to_owned(), name: name.to_owned(), label_list_visibility: hide.then(|| "labelHide".to_owned()) })
        };
        assert_eq!(
            (label("INBOX", "INBOX", false).role, label("INBOX", "INBOX", false).name.as_str()),
            (Some(MailboxRole::Inbox), "Inbox")
        );
        assert!(label("SPAM", "SPAM", true).selectable);
        let user = label("Label_1", "Work/Invoices", true);
        assert_eq!((user.role, user.name.as_str(), user.selectable), (None, "Work/Invoices", false));
    }
}
