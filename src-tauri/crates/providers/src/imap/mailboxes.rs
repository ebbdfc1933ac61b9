//! Making, renaming and deleting mailboxes.
//!
//! The person's names have `/` between their parts; the server has its own delimiter, and some keep everything below INBOX
//! (Courier, older Cyrus). Both are read from the list, not asked for: it says what really is there.

use domain::{error::ProviderError, ids::RemoteId, mail::MailboxRole, source::Written};

use super::{
    folders::Listing,
    names,
    parse::Response,
    parse::{Code, Said, Status},
    refusal::During,
    session::{Command, Session},
};

/// The name as this server spells hierarchy.
pub(crate) fn local_name(name: &str, listing: &Listing, below_inbox: bool) -> Result<String, ProviderError> {
    let refused = |why: &str| Err(ProviderError::Refused(format!("The name {name:?} can't be used here: {why}.")));
    let parts: Vec<&str> = name.split('/').map(str::trim).collect();
    if parts.iter().any(|p| p.is_empty()) {
        return refused("a part of it is empty");
    }
    // `%` and `*` are wildcards of LIST: such a folder can be made, and then hardly be addressed.
    if name.chars().any(|c| c.is_control() || matches!(c, '%' | '*')) {
        return refused("it has characters that mail servers do not take");
    }
    let Some(delimiter) = listing.delimiter else {
        return match parts.as_slice() {
            [one] => Ok((*one).to_owned()),
            _ => refused("this server has no folders in folders"),
        };
    };
    if delimiter != '/' && parts.iter().any(|p| p.contains(delimiter)) {
        return refused(&format!("this server divides folders by {delimiter:?}"));
    }
    let joined = parts.join(&delimiter.to_string());
    let inbox = format!("INBOX{delimiter}");
    let already = joined.get(..inbox.len()).is_some_and(|start| start.eq_ignore_ascii_case(&inbox));
    Ok(if below_inbox && !already { format!("{inbox}{joined}") } else { joined })
}

fn is_code(said: &Said, name: &str) -> bool {
    matches!(&said.code, Some(Code::Other(code, _)) if code == name)
}

async fn try_run(session: &mut Session, command: Command) -> Result<Said, ProviderError> {
    session.run(command, |_: Response| Ok(())).await
}

/// CREATE, with its special use where the server takes one (RFC 6154 section 3), then SUBSCRIBE, so that other programs show it
/// too. A mailbox of this name that exists is the wanted result.
pub(crate) async fn create(
    session: &mut Session,
    listing: &Listing,
    name: &str,
    role: Option<MailboxRole>,
) -> Result<RemoteId, ProviderError> {
    let mut last = None;
    // Where the list leaves it open (INBOX alone), the plain name is tried first.
    let attempts: &[bool] = match listing.below_inbox {
        Some(true) => &[true],
        Some(false) => &[false],
        None => &[false, true],
    };
    for &below in attempts {
        let id = local_name(name, listing, below)?;
        if let Some(there) = listing.find(&id) {
            return Ok(there);
        }
        let utf8 = session.utf8();
        let wire = names::to_wire(&id, utf8);
        let using = role.and_then(special_use).filter(|_| session.has("CREATE-SPECIAL-USE"));
        let plain = || Command::new("CREATE ").string(&wire, utf8);
        let mut said = match using {
            Some(attribute) => try_run(session, plain().text(format!(" (USE ({attribute}))"))).await?,
            None => try_run(session, plain()).await?,
        };
        // [USEATTR], or a server that claims more than it does: the folder matters more than its mark.
        if said.status != Status::Ok && using.is_some() && !is_code(&said, "ALREADYEXISTS") {
            said = try_run(session, plain()).await?;
        }
        if said.status == Status::Ok || is_code(&said, "ALREADYEXISTS") {
            subscribe(session, &wire).await?;
            return Ok(RemoteId(id));
        }
        last = Some(session.refused(&said, During::Write));
    }
    Err(last.unwrap_or_else(|| ProviderError::Refused("This folder could not be made.".to_owned())))
}

async fn subscribe(session: &mut Session, wire: &[u8]) -> Result<(), ProviderError> {
    let utf8 = session.utf8();
    let said = try_run(session, Command::new("SUBSCRIBE ").string(wire, utf8)).await?;
    if said.status != Status::Ok {
        tracing::debug!("a new folder could not be subscribed to");
    }
    Ok(())
}

/// RENAME takes the folders below along (RFC 3501 section 6.3.5); all of them are told.
pub(crate) async fn rename(session: &mut Session, listing: &Listing, old: &str, name: &str) -> Result<Written, ProviderError> {
    let delimiter = listing.delimiter;
    let below = delimiter.is_some_and(|d| old.get(..6).is_some_and(|s| s.eq_ignore_ascii_case(&format!("INBOX{d}"))));
    let new = local_name(name, listing, below)?;
    if new == old {
        return Ok(Written::default());
    }
    if let Some(wire) = listing.wire(old) {
        let utf8 = session.utf8();
        let target = names::to_wire(&new, utf8);
        let command = Command::new("RENAME ").string(wire, utf8).text(" ").string(&target, utf8);
        session.ok(command, During::Write, |_| Ok(())).await?;
        let gone = try_run(session, Command::new("UNSUBSCRIBE ").string(wire, utf8)).await?;
        tracing::debug!(ok = gone.status == Status::Ok, "unsubscribed the old name");
        subscribe(session, &target).await?;
    } else if listing.find(&new).is_none() {
        return Err(ProviderError::NotFound(format!("The folder {old}")));
    }
    // Else an earlier attempt got through.
    let mut renamed = vec![(RemoteId::new(old), RemoteId::new(&new))];
    if let Some(delimiter) = delimiter {
        let prefix = format!("{old}{delimiter}");
        renamed.extend(
            listing.ids().filter_map(|id| Some((RemoteId::new(id), RemoteId(format!("{new}{delimiter}{}", id.strip_prefix(&prefix)?))))),
        );
    }
    Ok(Written { renamed, ..Written::default() })
}

/// DELETE, only while it is empty and has nothing below. Between the look and the command somebody could file a mail; servers
/// have no "delete if empty".
pub(crate) async fn delete(session: &mut Session, listing: &Listing, id: &str) -> Result<(), ProviderError> {
    let Some(wire) = listing.wire(id) else { return Ok(()) };
    if listing.delimiter.is_some_and(|d| listing.ids().any(|other| other.starts_with(&format!("{id}{d}")))) {
        return Err(ProviderError::Refused("This folder has folders in it: delete those first.".to_owned()));
    }
    let utf8 = session.utf8();
    let mut messages = None;
    let command = Command::new("STATUS ").string(wire, utf8).text(" (MESSAGES)");
    session
        .ok(command, During::Write, |response| {
            if let Response::Status(_, items) = response {
                messages = items.iter().find(|(n, _)| n == "MESSAGES").map(|(_, v)| *v);
            }
            Ok(())
        })
        .await?;
    if messages != Some(0) {
        return Err(ProviderError::Refused("This folder is not empty: move its mail first.".to_owned()));
    }
    let _ = try_run(session, Command::new("UNSUBSCRIBE ").string(wire, utf8)).await?;
    session.ok(Command::new("DELETE ").string(wire, utf8), During::Write, |_| Ok(())).await.map(drop)
}

const fn special_use(role: MailboxRole) -> Option<&'static str> {
    Some(match role {
        MailboxRole::Archive => "\\Archive",
        MailboxRole::Trash => "\\Trash",
        MailboxRole::Junk => "\\Junk",
        MailboxRole::Sent => "\\Sent",
        MailboxRole::Drafts => "\\Drafts",
        MailboxRole::Inbox | MailboxRole::All | MailboxRole::Flagged | MailboxRole::Important => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn listing(delimiter: Option<char>, names: &[&str]) -> Listing {
        Listing::of(delimiter, names.iter().map(|n| ((*n).to_owned(), n.as_bytes().to_vec())))
    }

    #[test]
    fn names_take_the_servers_shape() {
        let slash = listing(Some('/'), &["INBOX", "Sent"]);
        assert_eq!(slash.below_inbox, Some(false));
        assert_eq!(local_name("Work/2026", &slash, false).unwrap(), "Work/2026");
        let courier = listing(Some('.'), &["INBOX", "INBOX.Sent", "INBOX.Trash"]);
        assert_eq!(courier.below_inbox, Some(true));
        assert_eq!(local_name("Work/2026", &courier, true).unwrap(), "INBOX.Work.2026");
        assert_eq!(local_name("INBOX/Work", &courier, true).unwrap(), "INBOX.Work");
        assert!(local_name("v1.2", &courier, true).is_err(), "a dot would make a folder in a folder");
        assert_eq!(listing(Some('.'), &["INBOX"]).below_inbox, None);
        let flat = listing(None, &["INBOX"]);
        assert_eq!(local_name("Archive", &flat, false).unwrap(), "Archive");
        for bad in ["a/b", "", "a//b", "100%", "x\r\ny"] {
            assert!(local_name(bad, &flat, false).is_err(), "{bad}");
        }
    }
}
