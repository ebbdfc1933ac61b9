//! What an earlier attempt of a move has copied already. COPY can't be repeated harmlessly: where its answer was lost, the copies
//! are looked for in the target, by what a copy keeps of a message.

use std::collections::BTreeMap;

use domain::error::ProviderError;

use super::{
    parse::{Data, Fetched},
    select::{MAX_SET, fetch_each, found_by, header_id},
    session::{Command, Session},
    uids::UidSet,
};

/// The headers tell messages apart that have no Message-ID, or two messages that claim the same one.
const PRINT: &str = "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM SUBJECT RECEIVED)])";
/// Messages in the target that are compared for one that is looked for; a copy is among the newest.
const CANDIDATES: usize = 50;

/// What a copy has in common with its original.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Print {
    size: u64,
    headers: Vec<u8>,
    message_id: Option<String>,
    /// Compared only where there is no Message-ID: a server SHOULD keep it (RFC 9051 section 6.4.7), and some do not.
    date: Option<i64>,
}

impl Print {
    fn of(fetched: &Fetched) -> Option<Self> {
        let section = fetched.sections.iter().find(|s| s.name.starts_with("HEADER.FIELDS"))?;
        let Data::Bytes(headers) = &section.data else { return None };
        let named = |line: &String| line.get(..11).is_some_and(|name| name.eq_ignore_ascii_case("message-id:"));
        let message_id = unfolded(headers).iter().find(|line| named(line)).and_then(|line| header_id(line));
        let date = if message_id.is_some() { None } else { fetched.internal_date };
        Some(Self { size: fetched.size?, headers: headers.to_vec(), message_id, date })
    }

    /// Finds what may be its copy. One that is marked as deleted is what an earlier move away from there left.
    fn search(&self, utf8: bool) -> Command {
        match &self.message_id {
            Some(id) => Command::new("UID SEARCH UNDELETED HEADER Message-ID ").string(id.as_bytes(), utf8),
            None => {
                Command::new(format!("UID SEARCH UNDELETED LARGER {} SMALLER {}", self.size.saturating_sub(1), self.size.saturating_add(1)))
            }
        }
    }
}

/// Header lines with their continuations.
fn unfolded(headers: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(headers).replace("\r\n ", " ").replace("\r\n\t", " ");
    text.split("\r\n").map(str::to_owned).collect()
}

/// Messages of the selected mailbox, by what their copies can be known by.
pub(crate) struct Originals(BTreeMap<u32, Print>);

impl Originals {
    pub async fn read(session: &mut Session, uids: &[u32]) -> Result<Self, ProviderError> {
        Ok(Self(prints(session, uids).await?))
    }

    /// (UID of the original, UID of its copy) for each that has a copy in the mailbox that is selected now. No message there counts
    /// as the copy of two.
    pub async fn copies(&self, session: &mut Session) -> Result<Vec<(u32, u32)>, ProviderError> {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        if session.current.as_ref().is_none_or(|c| c.exists == 0) {
            return Ok(pairs);
        }
        let utf8 = session.utf8();
        for (original, print) in &self.0 {
            let found: Vec<u32> = found_by(session, print.search(utf8), 100_000).await?.iter().collect();
            let newest: Vec<u32> = found.into_iter().rev().take(CANDIDATES).collect();
            let there = prints(session, &newest).await?;
            let free = |uid: &u32| !pairs.iter().any(|(_, taken)| taken == uid);
            let copy = there.iter().rev().find(|(uid, other)| *other == print && free(uid)).map(|(uid, _)| *uid);
            pairs.extend(copy.map(|copy| (*original, copy)));
        }
        Ok(pairs)
    }
}

async fn prints(session: &mut Session, uids: &[u32]) -> Result<BTreeMap<u32, Print>, ProviderError> {
    let wanted = UidSet::from_uids(uids.iter().copied());
    let mut prints = BTreeMap::new();
    fetch_each(session, &wanted.chunks(MAX_SET), PRINT, |uid, fetched| {
        if wanted.contains(uid)
            && let Some(print) = Print::of(&fetched)
        {
            prints.insert(uid, print);
        }
    })
    .await?;
    Ok(prints)
}
