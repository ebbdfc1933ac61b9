//! The list of mailboxes, with roles and counts.

use std::collections::{HashMap, HashSet};

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{MailboxRole, RemoteMailbox},
};

use super::{
    names,
    parse::{Listed, Response, Status},
    refusal::During,
    roles,
    session::{Command, Session},
};

/// A mailbox and how the server spells it.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub mailbox: RemoteMailbox,
    pub wire: Vec<u8>,
    pub delimiter: Option<char>,
}

/// What making and renaming folders needs to know of the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub delimiter: Option<char>,
    /// Whether all folders lie below INBOX; None where there is none but INBOX.
    pub below_inbox: Option<bool>,
    /// Ids and how the server spells them.
    names: Vec<(String, Vec<u8>)>,
}

impl Listing {
    pub fn of(delimiter: Option<char>, names: impl Iterator<Item = (String, Vec<u8>)>) -> Self {
        let names: Vec<_> = names.collect();
        let mut others = names.iter().map(|(id, _)| id).filter(|id| !id.eq_ignore_ascii_case("INBOX")).peekable();
        let below_inbox = match delimiter {
            Some(d) if others.peek().is_some() => {
                let prefix = format!("INBOX{d}");
                Some(others.all(|id| id.get(..prefix.len()).is_some_and(|s| s.eq_ignore_ascii_case(&prefix))))
            }
            Some(_) => None,
            None => Some(false),
        };
        Self { delimiter, below_inbox, names }
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(id, _)| id.as_str())
    }

    pub fn find(&self, id: &str) -> Option<RemoteId> {
        self.ids().find(|known| *known == id).map(RemoteId::new)
    }

    pub fn wire(&self, id: &str) -> Option<&[u8]> {
        self.names.iter().find(|(known, _)| known == id).map(|(_, wire)| wire.as_slice())
    }
}

const MAX_FOLDERS: usize = 50_000;
/// Longer names than file systems have are no names.
const MAX_NAME: usize = 4096;
/// All answers to a LIST.
const LONG_LIST: u64 = 48 * 1024 * 1024;
/// Of a folder; the registry has about a dozen.
const MAX_ATTRIBUTES: usize = 16;

pub(crate) async fn list(session: &mut Session) -> Result<Vec<Folder>, ProviderError> {
    let mut options = Vec::new();
    if session.has("LIST-EXTENDED") || session.has("IMAP4REV2") {
        if session.has("SPECIAL-USE") {
            options.push("SPECIAL-USE");
        }
        if session.has("LIST-STATUS") || session.has("IMAP4REV2") {
            options.push("STATUS (MESSAGES UNSEEN)");
        }
    }
    let mut command = Command::new("LIST \"\" \"*\"");
    if !options.is_empty() {
        command = command.text(format!(" RETURN ({})", options.join(" ")));
    }
    let mut listed: Vec<Listed> = Vec::new();
    let mut counts: HashMap<Vec<u8>, (Option<u32>, Option<u32>)> = HashMap::new();
    let said = session
        .run_within(LONG_LIST, command, |response| {
            match response {
                Response::List(folder) if folder.name.len() > MAX_NAME => return Err("a folder with a name of more than 4 KiB"),
                Response::List(mut folder) if listed.len() < MAX_FOLDERS => {
                    folder.attributes.truncate(MAX_ATTRIBUTES);
                    folder.attributes.shrink_to_fit();
                    listed.push(folder);
                }
                Response::List(_) => return Err("more folders than anyone has"),
                Response::Status(name, items) if counts.len() < MAX_FOLDERS && name.len() <= MAX_NAME => {
                    let item = |what: &str| items.iter().find(|(n, _)| n == what).and_then(|(_, v)| u32::try_from(*v).ok());
                    counts.insert(name, (item("MESSAGES"), item("UNSEEN")));
                }
                _ => {}
            }
            Ok(())
        })
        .await?;
    if said.status != Status::Ok {
        return Err(session.refused(&said, During::Read));
    }
    Ok(describe(listed, &counts, session.utf8()))
}

fn describe(listed: Vec<Listed>, counts: &HashMap<Vec<u8>, (Option<u32>, Option<u32>)>, utf8: bool) -> Vec<Folder> {
    let mut folders = Vec::with_capacity(listed.len());
    let mut seen = HashSet::new();
    let mut delimiters = Vec::new();
    for folder in listed {
        let has = |attribute: &str| folder.attributes.iter().any(|a| a.eq_ignore_ascii_case(attribute));
        // A child of nothing, or a subscription to what was deleted.
        if has("\\NonExistent") && !has("\\HasChildren") {
            continue;
        }
        let inbox = folder.name.eq_ignore_ascii_case(b"INBOX");
        let id = if inbox { "INBOX".to_owned() } else { names::to_id(&folder.name, utf8) };
        if id.is_empty() || !seen.insert(id.clone()) {
            continue;
        }
        let shown = match folder.delimiter {
            Some(d) if d != '/' => id.replace(d, "/"),
            _ => id.clone(),
        };
        let (total, unread) = counts.get(&folder.name).copied().unwrap_or_default();
        let role = if inbox { Some(MailboxRole::Inbox) } else { roles::from_attributes(&folder.attributes) };
        let selectable = !has("\\Noselect") && !has("\\NonExistent");
        delimiters.push(folder.delimiter);
        folders.push(Folder {
            mailbox: RemoteMailbox { id: RemoteId(id), name: shown, role, selectable, total, unread },
            wire: folder.name,
            delimiter: folder.delimiter,
        });
    }
    settle_roles(&mut folders, &delimiters);
    folders
}

/// Each role once: the server's word first, then the first name that fits.
fn settle_roles(folders: &mut [Folder], delimiters: &[Option<char>]) {
    let mut taken: HashSet<MailboxRole> = HashSet::new();
    for folder in folders.iter_mut() {
        if let Some(role) = folder.mailbox.role
            && (!folder.mailbox.selectable || !taken.insert(role))
        {
            folder.mailbox.role = None;
        }
    }
    for (folder, delimiter) in folders.iter_mut().zip(delimiters) {
        if folder.mailbox.role.is_none()
            && folder.mailbox.selectable
            && let Some(role) = roles::from_name(folder.mailbox.id.as_str(), *delimiter)
            && taken.insert(role)
        {
            folder.mailbox.role = Some(role);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn folder(attributes: &[&str], name: &str) -> Listed {
        Listed { attributes: attributes.iter().map(|a| (*a).to_owned()).collect(), delimiter: Some('.'), name: name.as_bytes().to_vec() }
    }

    #[test]
    fn roles_names_and_containers() {
        let counts = HashMap::from([(b"Inbox".to_vec(), (Some(7), Some(2)))]);
        let folders = describe(
            vec![
                folder(&["\\HasChildren"], "Inbox"),
                folder(&["\\Sent"], "Elsewhere"),
                folder(&[], "INBOX.Sent"),
                folder(&[], "INBOX.Entw&APw-rfe"),
                folder(&["\\Noselect"], "Projects"),
                folder(&[], "Projects.R&-D"),
                folder(&["\\NonExistent"], "Ghost"),
                folder(&[], "inbox"),
            ],
            &counts,
            false,
        );
        let seen: Vec<_> =
            folders.iter().map(|f| (f.mailbox.id.as_str(), f.mailbox.name.as_str(), f.mailbox.role, f.mailbox.selectable)).collect();
        assert_eq!(
            seen,
            [
                ("INBOX", "INBOX", Some(MailboxRole::Inbox), true),
                ("Elsewhere", "Elsewhere", Some(MailboxRole::Sent), true),
                ("INBOX.Sent", "INBOX/Sent", None, true),
                ("INBOX.Entwürfe", "INBOX/Entwürfe", Some(MailboxRole::Drafts), true),
                ("Projects", "Projects", None, false),
                ("Projects.R&D", "Projects/R&D", None, true),
            ]
        );
        assert_eq!((folders[0].mailbox.total, folders[0].mailbox.unread), (Some(7), Some(2)));
        assert_eq!(folders[0].wire, b"Inbox");
    }
}
