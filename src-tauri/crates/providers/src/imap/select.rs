//! Selecting a mailbox and listing what is in it.

use domain::{error::ProviderError, mail::Flags};

use super::{
    parse::{Code, Data, Fetched, Response, Status},
    refusal::During,
    session::{BRIEF, Command, Current, MAX_HEARD, Session},
    uids::UidSet,
};

/// More messages in one mailbox than any server of ours can honestly have; bounds what a hostile one can make us remember.
pub(crate) const MAX_MESSAGES: u64 = 2_000_000;
/// Changes that a SELECT may bring by itself; where there are more, the caller lists in pages.
pub(crate) const MAX_CHANGED: usize = 50_000;
/// Beyond this many vanished UIDs a full listing is cheaper than naming each.
pub(crate) const MAX_VANISHED: u64 = 100_000;
/// Answers to a SELECT with QRESYNC or to a SEARCH, which grow with the mailbox.
const LONG: u64 = 384 * 1024 * 1024;
/// Command lines stay below the 8,000 bytes that RFC 2683 section 3.2.1.5 promises.
pub(crate) const MAX_SET: usize = 4000;
/// SEARCH answers one line; without ESEARCH it is asked in windows of so many sequence numbers.
const SEARCH_WINDOW: u32 = 50_000;

/// A mailbox as SELECT or EXAMINE describes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selected {
    /// 0 where the server has none.
    pub uid_validity: u32,
    pub uid_next: Option<u32>,
    pub exists: u32,
    pub highest_mod_seq: Option<u64>,
    /// The server was asked for what happened since a MODSEQ; `vanished` and `changed` are its answer.
    pub resynced: bool,
    /// None: more than [`MAX_VANISHED`].
    pub vanished: Option<UidSet>,
    /// Complete up to [`MAX_CHANGED`].
    pub changed: Vec<(u32, Known)>,
}

/// What a FETCH says of a message, without what its answer dragged along: pages of these are held in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub flags: Option<Flags>,
    pub size: Option<u64>,
    /// Epoch seconds.
    pub internal_date: Option<i64>,
    /// None: not in the answer, or the message has none.
    pub message_id: Option<String>,
}

impl Known {
    pub fn of(fetched: &Fetched) -> Self {
        Self {
            flags: fetched.flags.as_deref().map(flags),
            size: fetched.size,
            internal_date: fetched.internal_date,
            message_id: message_id(fetched),
        }
    }

    /// Later news of the same message win, absent ones keep.
    pub fn merge(&mut self, news: Self) {
        self.flags = news.flags.or(self.flags);
        self.size = news.size.or(self.size);
        self.internal_date = news.internal_date.or(self.internal_date);
        self.message_id = news.message_id.or(self.message_id.take());
    }
}

pub(crate) fn flags(list: &[String]) -> Flags {
    let has = |name: &str| list.iter().any(|f| f.eq_ignore_ascii_case(name));
    Flags {
        seen: has("\\Seen"),
        flagged: has("\\Flagged"),
        answered: has("\\Answered"),
        draft: has("\\Draft"),
        forwarded: has("$Forwarded") || has("Forwarded"),
        deleted: has("\\Deleted"),
    }
}

/// `wire` is the quoted or literal-ready name as the server knows it.
pub(crate) async fn select(
    session: &mut Session,
    id: &str,
    wire: &[u8],
    writable: bool,
    resync: Option<(u32, u64)>,
) -> Result<Selected, ProviderError> {
    let utf8 = session.utf8();
    let mut command = Command::new(if writable { "SELECT " } else { "EXAMINE " }).string(wire, utf8);
    if let Some((validity, mod_seq)) = resync {
        command = command.text(format!(" (QRESYNC ({validity} {mod_seq}))"));
    } else if session.has("CONDSTORE") && !session.is_enabled("CONDSTORE") && !session.is_enabled("QRESYNC") {
        command = command.text(" (CONDSTORE)");
    }
    session.current = None;
    let mut out = Selected { resynced: resync.is_some(), ..Selected::default() };
    let mut permanent_flags = None;
    let mut vanished = Vec::new();
    let mut gone = 0;
    let most = if resync.is_some() { LONG } else { BRIEF };
    let said = session
        .run_within(most, command, |response| {
            match response {
                Response::Exists(n) if u64::from(n) > MAX_MESSAGES => return Err("more mails than a folder can hold"),
                Response::Exists(n) => out.exists = n,
                Response::Said(said) => match said.code {
                    Some(Code::UidValidity(v)) => out.uid_validity = v,
                    Some(Code::UidNext(n)) if n > 0 => out.uid_next = Some(n),
                    Some(Code::HighestModSeq(m)) if m > 0 => out.highest_mod_seq = Some(m),
                    Some(Code::PermanentFlags(flags)) => permanent_flags = Some(flags),
                    _ => {}
                },
                Response::Vanished { uids, .. } if gone <= MAX_VANISHED => {
                    gone = gone.saturating_add(uids.len());
                    vanished.push(uids);
                }
                Response::Fetch(fetched) if resync.is_some() && out.changed.len() <= MAX_CHANGED => {
                    if let Some(uid) = fetched.uid {
                        out.changed.push((uid, Known::of(&fetched)));
                    }
                }
                _ => {}
            }
            Ok(())
        })
        .await?;
    if said.status != Status::Ok {
        // Without a code, a folder that can't be opened is almost always one that is gone.
        let missing = said.code.is_none() && {
            let t = said.text.to_ascii_lowercase();
            ["exist", "unknown mailbox", "not found", "no such"].iter().any(|w| t.contains(w))
        };
        return Err(match session.refused(&said, During::Read) {
            ProviderError::NotFound(_) => ProviderError::NotFound(format!("The folder {id}")),
            _ if missing => ProviderError::NotFound(format!("The folder {id}")),
            other => other,
        });
    }
    out.vanished = (gone <= MAX_VANISHED).then(|| UidSet::union(vanished));
    session.current = Some(Current {
        id: id.to_owned(),
        uid_validity: out.uid_validity,
        exists: out.exists,
        writable: writable && said.code != Some(Code::ReadOnly),
        // RFC 3501 section 7.1: without the code every flag may be changed for good.
        permanent_flags: permanent_flags
            .unwrap_or_else(|| ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\*"].map(str::to_owned).to_vec()),
        expunged: false,
    });
    Ok(out)
}

/// UIDs that match `criteria` (`ALL`, `SINCE 1-Jan-2026`), ascending.
pub(crate) async fn search(session: &mut Session, criteria: &str) -> Result<Vec<u32>, ProviderError> {
    let exists = session.current.as_ref().map_or(0, |c| c.exists);
    if exists == 0 {
        return Ok(Vec::new());
    }
    if session.has("ESEARCH") || session.has("IMAP4REV2") {
        return search_once(session, &format!("UID SEARCH RETURN (ALL) {criteria}")).await;
    }
    if exists <= SEARCH_WINDOW {
        return search_once(session, &format!("UID SEARCH {criteria}")).await;
    }
    // Windows of sequence numbers, started over if an expunge moved them meanwhile.
    for _ in 0..3 {
        if let Some(current) = &mut session.current {
            current.expunged = false;
        }
        let exists = session.current.as_ref().map_or(0, |c| c.exists);
        let mut all = Vec::new();
        let mut from = 1;
        while from <= exists {
            let to = from.saturating_add(SEARCH_WINDOW - 1).min(exists);
            all.extend(search_once(session, &format!("UID SEARCH {from}:{to} {criteria}")).await?);
            if all.len() as u64 > MAX_MESSAGES {
                return Err(session.wrong("a search result larger than the folder"));
            }
            from = to.saturating_add(1);
        }
        if session.current.as_ref().is_some_and(|c| !c.expunged) {
            all.sort_unstable();
            all.dedup();
            return Ok(all);
        }
    }
    Err(ProviderError::Server { provider: session.host().to_owned(), detail: "the folder keeps changing while it is listed".to_owned() })
}

async fn search_once(session: &mut Session, command: &str) -> Result<Vec<u32>, ProviderError> {
    // Mail may arrive meanwhile, hence the slack.
    let limit = (session.current.as_ref().map_or(0, |c| u64::from(c.exists)) * 2 + 10_000).min(MAX_MESSAGES);
    Ok(found_by(session, Command::new(command), limit).await?.iter().collect())
}

/// The UIDs that a SEARCH finds, at most `limit`.
pub(crate) async fn found_by(session: &mut Session, command: Command, limit: u64) -> Result<UidSet, ProviderError> {
    let mut found = Vec::new();
    let mut count = 0u64;
    let said = session
        .run_within(LONG, command, |response| {
            let set = match response {
                Response::Search(uids) => UidSet::from_uids(uids),
                Response::ESearch(set) => set,
                _ => return Ok(()),
            };
            count = count.saturating_add(set.len());
            if count > limit {
                return Err("a search result larger than the folder");
            }
            found.push(set);
            Ok(())
        })
        .await?;
    if said.status == Status::Ok { Ok(UidSet::union(found)) } else { Err(session.refused(&said, During::Read)) }
}

/// `UID FETCH set (items)` for every chunk of `uids`, pipelined; `see` gets every FETCH that has a UID.
pub(crate) async fn fetch_each(
    session: &mut Session,
    sets: &[String],
    arguments: &str,
    mut see: impl FnMut(u32, Fetched) + Send,
) -> Result<(), ProviderError> {
    use super::session::Event;
    let mut open = Vec::new();
    let mut sets = sets.iter();
    let mut count = 0u64;
    let mut refused = None;
    loop {
        while open.len() < 4
            && let Some(set) = sets.next()
        {
            open.push(session.send(Command::new(format!("UID FETCH {set} {arguments}"))).await?);
            session.allow(MAX_HEARD);
        }
        if open.is_empty() {
            return refused.map_or(Ok(()), Err);
        }
        match session.next(crate::mailnet::SILENCE).await? {
            Event::Done { tag, said } => {
                if !open.contains(&tag) {
                    return Err(session.wrong("an answer to another command"));
                }
                open.retain(|t| *t != tag);
                if said.status != Status::Ok {
                    refused = Some(session.refused(&said, During::Read));
                }
            }
            Event::Response(Response::Fetch(fetched)) => {
                count += 1;
                if count > MAX_MESSAGES {
                    return Err(session.wrong("more answers than a mailbox can hold"));
                }
                if let Some(uid) = fetched.uid {
                    see(uid, *fetched);
                }
            }
            Event::Response(_) | Event::Literal { .. } => {}
        }
    }
}

/// Message-ID without brackets, from the section `HEADER.FIELDS (MESSAGE-ID)`.
pub(crate) fn message_id(fetched: &Fetched) -> Option<String> {
    let section = fetched.sections.iter().find(|s| s.name.starts_with("HEADER.FIELDS"))?;
    let Data::Bytes(bytes) = &section.data else { return None };
    header_id(&String::from_utf8_lossy(bytes))
}

/// The same from one header with its name.
pub(crate) fn header_id(text: &str) -> Option<String> {
    let (_, value) = text.split_once(':')?;
    let value: String = value.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let value = value.trim();
    let value = match (value.find('<'), value.rfind('>')) {
        (Some(open), Some(close)) if open < close => value.get(open + 1..close)?,
        _ => value,
    };
    let value = value.trim();
    (!value.is_empty() && value.len() <= 998).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::parse::Section, *};

    #[test]
    fn message_ids_as_they_occur() {
        let id = |text: &'static [u8]| {
            let data = Data::Bytes(bytes::Bytes::from_static(text));
            message_id(&Fetched {
                sections: vec![Section { name: "HEADER.FIELDS (MESSAGE-ID)".into(), origin: None, data }],
                ..Fetched::default()
            })
        };
        assert_eq!(id(b"Message-ID: <a@b>\r\n\r\n").as_deref(), Some("a@b"));
        assert_eq!(id(b"Message-Id:\r\n <a@b>\r\n\r\n").as_deref(), Some("a@b"));
        assert_eq!(id(b"MESSAGE-ID: bare@id\r\n\r\n").as_deref(), Some("bare@id"));
        assert_eq!(id(b"\r\n"), None);
        assert_eq!(id(b"Message-ID: \r\n\r\n"), None);
    }
}
