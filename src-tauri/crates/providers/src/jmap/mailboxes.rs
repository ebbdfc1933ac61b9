//! Mailboxes with their roles. They are listed once and then kept up to date by what changed (RFC 8621 sections 2.1 and 2.2).

use std::collections::HashMap;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{MailboxRole, RemoteMailbox},
};
use serde_json::{Value, json};

use super::{
    answers::Calls,
    api::Api,
    error,
    model::{Changes, Found, Got, Mailbox, role},
    shared::Known,
};

/// In error texts.
pub const THE_FOLDERS: &str = "the folders";
const PROPERTIES: [&str; 8] = ["id", "name", "parentId", "role", "sortOrder", "totalEmails", "unreadEmails", "myRights"];
/// More than anyone has.
const MAX_MAILBOXES: usize = 20_000;
/// Folders inside of folders.
const DEEPEST: usize = 64;

pub async fn list(api: &Api) -> Result<Vec<RemoteMailbox>, ProviderError> {
    Ok(named(&current(api).await?))
}

/// As they are now.
pub async fn current(api: &Api) -> Result<Vec<Mailbox>, ProviderError> {
    let session = api.session().await?;
    let mut known = match api.shared().mailboxes(&session.account) {
        Some(known) => match renewed(api, known, session.limits.max_objects_in_get).await {
            // Too much has changed, or what changed went away meanwhile.
            Err(ProviderError::CursorExpired | ProviderError::Conflict(_)) => all(api, session.limits.max_objects_in_get).await?,
            other => other?,
        },
        None => all(api, session.limits.max_objects_in_get).await?,
    };
    known.account.clone_from(&session.account);
    let list = known.list.clone();
    api.shared().keep_mailboxes(known);
    Ok(list)
}

/// Id of the mailbox with this role; None: there is none. Roles hardly ever change: as they were last listed.
pub async fn by_role(api: &Api, wanted: MailboxRole) -> Result<Option<String>, ProviderError> {
    let session = api.session().await?;
    let list = match api.shared().mailboxes(&session.account) {
        Some(known) => known.list,
        None => current(api).await?,
    };
    Ok(list.into_iter().find(|m| role_of(m) == Some(wanted)).map(|m| m.id))
}

pub fn role_of(mailbox: &Mailbox) -> Option<MailboxRole> {
    mailbox.role.as_deref().and_then(role)
}

async fn all(api: &Api, most: usize) -> Result<Known, ProviderError> {
    let mut known = Known { account: String::new(), state: String::new(), list: Vec::new() };
    loop {
        let calls = Calls::one("Mailbox/query", json!({"position": known.list.len(), "limit": most}));
        let ids = calls.result(0, "/ids");
        let calls = calls.and("Mailbox/get", json!({"#ids": ids, "properties": PROPERTIES}));
        let mut answers = api.ask(THE_FOLDERS, &calls).await?;
        let found: Found = answers.take(THE_FOLDERS, 0, "Mailbox/query")?;
        let got: Got<Mailbox> = answers.take(THE_FOLDERS, 1, "Mailbox/get")?;
        // The state of the first page: what changes between two pages is told of afterwards.
        if known.state.is_empty() {
            known.state = got.state;
        }
        let end = found.ids.len() < found.limit.unwrap_or(most).min(most);
        known.list.extend(got.list);
        if known.list.len() > MAX_MAILBOXES {
            return Err(error::protocol(answers.host(), "more folders than anyone has"));
        }
        if end || found.ids.is_empty() {
            return Ok(known);
        }
    }
}

/// What changed since, put into what was known.
async fn renewed(api: &Api, mut known: Known, most: usize) -> Result<Known, ProviderError> {
    loop {
        let calls = Calls::one("Mailbox/changes", json!({"sinceState": known.state, "maxChanges": most}));
        let [created, updated, properties] = ["/created", "/updated", "/updatedProperties"].map(|path| calls.result(0, path));
        let calls = calls
            .and("Mailbox/get", json!({"#ids": created, "properties": PROPERTIES}))
            // Often only the counts.
            .and("Mailbox/get", json!({"#ids": updated, "#properties": properties}));
        let mut answers = api.ask(THE_FOLDERS, &calls).await?;
        let changes: Changes = answers.take(THE_FOLDERS, 0, "Mailbox/changes")?;
        if changes.has_more_changes && changes.new_state == known.state {
            return Err(error::protocol(answers.host(), "changes without an end"));
        }
        let made: Got<Mailbox> = answers.take(THE_FOLDERS, 1, "Mailbox/get")?;
        let changed: Got<Mailbox> = answers.take(THE_FOLDERS, 2, "Mailbox/get")?;
        known.list.retain(|m| !changes.destroyed.contains(&m.id) && !made.list.iter().any(|new| new.id == m.id));
        known.list.extend(made.list);
        for new in changed.list {
            let Some(old) = known.list.iter_mut().find(|m| m.id == new.id) else {
                return Err(ProviderError::Conflict(THE_FOLDERS.to_owned()));
            };
            put(old, new);
        }
        known.state = changes.new_state;
        if !changes.has_more_changes {
            return Ok(known);
        }
    }
}

/// With `updatedProperties` only those are there.
fn put(old: &mut Mailbox, new: Mailbox) {
    old.total_emails = new.total_emails.or(old.total_emails);
    old.unread_emails = new.unread_emails.or(old.unread_emails);
    // A whole record has a name; then a missing role or parent means that there is none.
    if new.name.is_some() {
        *old = new;
    }
}

/// With the names of the mailboxes above them, in the server's order.
pub fn named(list: &[Mailbox]) -> Vec<RemoteMailbox> {
    let by_id: HashMap<&str, &Mailbox> = list.iter().map(|m| (m.id.as_str(), m)).collect();
    let mut all: Vec<(Vec<(u32, String)>, &Mailbox)> = list
        .iter()
        .map(|mailbox| {
            let mut path = Vec::new();
            let mut at = Some(mailbox);
            while let Some(one) = at.filter(|_| path.len() < DEEPEST) {
                // A slash is between names here, and never in one.
                let name = one.name.as_deref().unwrap_or_default().replace('/', "\u{2215}");
                path.push((one.sort_order.unwrap_or(0), name));
                at = one.parent_id.as_deref().and_then(|id| by_id.get(id)).copied();
            }
            path.reverse();
            (path, mailbox)
        })
        .collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let remote = |(path, mailbox): (Vec<(u32, String)>, &Mailbox)| RemoteMailbox {
        id: RemoteId::new(&mailbox.id),
        name: path.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join("/"),
        role: role_of(mailbox),
        selectable: mailbox.my_rights.as_ref().is_none_or(|rights| rights.may_read_items),
        total: mailbox.total_emails,
        unread: mailbox.unread_emails,
    };
    all.into_iter().map(remote).collect()
}

/// Changes of mailboxes. The answer is looked at by the caller.
pub async fn set(api: &Api, arguments: Value) -> Result<super::model::Set, ProviderError> {
    const THIS_FOLDER: &str = "this folder";
    api.session().await?.require_write()?;
    let mut answers = api.ask(THIS_FOLDER, &Calls::one("Mailbox/set", arguments)).await?;
    answers.take(THIS_FOLDER, 0, "Mailbox/set")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(id: &str, name: &str, parent: Option<&str>, order: u32) -> Mailbox {
        Mailbox {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            parent_id: parent.map(str::to_owned),
            sort_order: Some(order),
            ..Mailbox::default()
        }
    }

    #[test]
    fn names_are_paths_and_a_circle_has_an_end() {
        let list = [
            mailbox("c", "2026/27", Some("b"), 1),
            mailbox("b", "Tax", Some("a"), 1),
            mailbox("a", "Home", None, 2),
            mailbox("z", "Inbox", None, 1),
            mailbox("x", "X", Some("y"), 3),
            mailbox("y", "Y", Some("x"), 3),
        ];
        let names: Vec<String> = named(&list).into_iter().map(|m| m.name).collect();
        assert_eq!(names[..4], ["Inbox", "Home", "Home/Tax", "Home/Tax/2026\u{2215}27"]);
        assert!(names[4].len() <= 2 * DEEPEST);
    }

    #[test]
    fn counts_alone_leave_the_rest() {
        let mut old = Mailbox { role: Some("archive".to_owned()), ..mailbox("a", "Archive", None, 1) };
        put(&mut old, Mailbox { id: "a".to_owned(), total_emails: Some(7), ..Mailbox::default() });
        assert_eq!((old.total_emails, old.role.as_deref()), (Some(7), Some("archive")));
        put(&mut old, mailbox("a", "Old", None, 1));
        assert_eq!((old.name.as_deref(), old.role), (Some("Old"), None));
    }
}
