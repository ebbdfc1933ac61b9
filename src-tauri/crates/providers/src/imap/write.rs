//! Writes: flags, moves, deletions, filing. Each names its messages by UID and can be repeated after a lost answer.
//!
//! UNCHANGEDSINCE is not used: a change names only the flags that the person changed, so adding and removing them commutes
//! with whatever someone else did to the others. A plain EXPUNGE is never sent: it would destroy what another program has marked,
//! and what that marks between a look and the command can't be known.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{FlagChange, Flags},
    source::Written,
};

use super::{
    changes::remote_id,
    parse::{Code, Response, Status},
    refusal::During,
    select::{MAX_SET, fetch_each, found_by, message_id},
    session::{Command, Session},
    uids::{UidSet, pair_up},
};

/// The names of flags, in the order of their bits.
const NAMES: [(i64, &str); 6] = [
    (Flags::SEEN, "\\Seen"),
    (Flags::FLAGGED, "\\Flagged"),
    (Flags::ANSWERED, "\\Answered"),
    (Flags::DRAFT, "\\Draft"),
    (Flags::FORWARDED, "$Forwarded"),
    (Flags::DELETED, "\\Deleted"),
];

fn names(flags: Flags) -> Vec<&'static str> {
    NAMES.iter().filter(|(bit, _)| flags.bits() & bit != 0).map(|(_, name)| *name).collect()
}

/// What of `wanted` the mailbox keeps for good. A keyword that it does not keep is left out; a system flag is an error,
/// because the person would see it come back.
fn permitted(session: &Session, wanted: Vec<&'static str>) -> Result<Vec<&'static str>, ProviderError> {
    let Some(current) = &session.current else { return Ok(wanted) };
    let kept = |flag: &str| current.permanent_flags.iter().any(|p| p.eq_ignore_ascii_case(flag));
    let any_keyword = kept("\\*");
    let mut out = Vec::new();
    for flag in wanted {
        if kept(flag) || (!flag.starts_with('\\') && any_keyword) {
            out.push(flag);
        } else if flag.starts_with('\\') {
            return Err(ProviderError::Unsupported(format!("{} does not keep {flag} in this folder.", session.host())));
        }
    }
    Ok(out)
}

pub(crate) async fn store_flags(session: &mut Session, uids: &[u32], change: FlagChange) -> Result<(), ProviderError> {
    let remove = change.remove.bits();
    let add = permitted(session, names(Flags::from_bits(change.add.bits() & !remove)))?;
    let remove = permitted(session, names(change.remove))?;
    let set = UidSet::from_uids(uids.iter().copied());
    for (sign, flags) in [('+', add), ('-', remove)] {
        if flags.is_empty() {
            continue;
        }
        for chunk in set.chunks(MAX_SET) {
            let command = Command::new(format!("UID STORE {chunk} {sign}FLAGS.SILENT ({})", flags.join(" ")));
            session.ok(command, During::Write, |_| Ok(())).await?;
        }
    }
    Ok(())
}

/// Whether a move is one command.
pub(crate) fn moves(session: &Session) -> bool {
    session.has("MOVE") || session.has("IMAP4REV2")
}

/// Moves messages of the selected mailbox; `from_validity` is its UIDVALIDITY. `copied` are those that are in the target already: what
/// is left to do is to delete them here.
pub(crate) async fn relocate(
    session: &mut Session,
    from_validity: u32,
    uids: &[u32],
    to: &[u8],
    copied: Vec<(u32, RemoteId)>,
) -> Result<Written, ProviderError> {
    let set = UidSet::from_uids(uids.iter().copied().filter(|uid| !copied.iter().any(|(there, _)| there == uid)));
    let mut written = Written::default();
    written.renamed.extend(copied.into_iter().map(|(old, new)| (remote_id(from_validity, old), new)));
    let by_move = moves(session);
    let utf8 = session.utf8();
    for chunk in set.chunks(MAX_SET) {
        let verb = if by_move { "UID MOVE" } else { "UID COPY" };
        let command = Command::new(format!("{verb} {chunk} ")).string(to, utf8);
        let mut copied = None;
        let mut note = |code: &Option<Code>| {
            if let Some(Code::CopyUid(validity, from, to)) = code {
                copied = pair_up(from, to, uids.len() as u64).map(|pairs| (*validity, pairs));
            }
        };
        // COPYUID comes untagged with MOVE (RFC 6851 section 4.3), in the tagged OK with COPY.
        let said = session
            .ok(command, During::Write, |response| {
                if let Response::Said(said) = response {
                    note(&said.code);
                }
                Ok(())
            })
            .await?;
        note(&said.code);
        if let Some((validity, pairs)) = copied {
            written.renamed.extend(pairs.into_iter().map(|(old, new)| (remote_id(from_validity, old), remote_id(validity, new))));
        }
    }
    if !by_move {
        written.left_marked = delete(session, uids).await?;
    }
    Ok(written)
}

/// Marks messages as deleted and removes exactly those. Without UIDPLUS they stay marked: hidden here, removed by whoever expunges
/// next. Returns how many stay.
pub(crate) async fn delete(session: &mut Session, uids: &[u32]) -> Result<u64, ProviderError> {
    let set = UidSet::from_uids(uids.iter().copied());
    let deleted = permitted(session, vec!["\\Deleted"])?;
    for chunk in set.chunks(MAX_SET) {
        let command = Command::new(format!("UID STORE {chunk} +FLAGS.SILENT ({})", deleted.join(" ")));
        session.ok(command, During::Write, |_| Ok(())).await?;
    }
    if !removes_single(session) {
        return Ok(set.len());
    }
    for chunk in set.chunks(MAX_SET) {
        session.ok(Command::new(format!("UID EXPUNGE {chunk}")), During::Write, |_| Ok(())).await?;
    }
    Ok(0)
}

/// UID EXPUNGE (RFC 4315; part of RFC 9051).
pub(crate) fn removes_single(session: &Session) -> bool {
    session.has("UIDPLUS") || session.has("IMAP4REV2")
}

/// Files a message. Returns its id where the server tells (APPENDUID).
pub(crate) async fn append(session: &mut Session, wire: &[u8], raw: &[u8], flags: Flags) -> Result<Option<RemoteId>, ProviderError> {
    if let Some(limit) = append_limit(session)
        && raw.len() as u64 > limit
    {
        return Err(ProviderError::Refused(format!(
            "{} takes messages of at most {limit} bytes; this one has {}.",
            session.host(),
            raw.len()
        )));
    }
    if raw.contains(&0) {
        return Err(ProviderError::Refused("This message contains a NUL byte, which no mail server takes.".to_owned()));
    }
    let mut created = false;
    loop {
        let utf8 = session.utf8();
        let command = Command::new("APPEND ")
            .string(wire, utf8)
            .text(format!(" ({}) ", names(flags).into_iter().filter(|f| f.starts_with('\\')).collect::<Vec<_>>().join(" ")))
            .literal(raw.to_vec());
        // The refusal may come instead of the go-ahead for the literal; then it is an error with the same meaning.
        let said = match session.run(command, |_| Ok(())).await {
            Ok(said) if said.status == Status::Ok => said,
            Ok(said) => match session.refused(&said, During::Write) {
                ProviderError::NotFound(_) if !created => {
                    created = true;
                    create(session, wire).await?;
                    continue;
                }
                other => return Err(other),
            },
            Err(ProviderError::NotFound(_)) if !created && session.is_settled() => {
                created = true;
                create(session, wire).await?;
                continue;
            }
            Err(other) => return Err(other),
        };
        return Ok(match said.code {
            Some(Code::AppendUid(validity, uid)) => Some(remote_id(validity, uid)),
            _ => None,
        });
    }
}

async fn create(session: &mut Session, wire: &[u8]) -> Result<(), ProviderError> {
    let utf8 = session.utf8();
    session.ok(Command::new("CREATE ").string(wire, utf8), During::Write, |_| Ok(())).await.map(drop)
}

/// APPENDLIMIT=n (RFC 7889).
fn append_limit(session: &Session) -> Option<u64> {
    session.capabilities.iter().find_map(|c| c.strip_prefix("APPENDLIMIT=")?.parse().ok())
}

/// The newest message of the selected mailbox with exactly this Message-ID. SEARCH HEADER matches substrings (and some
/// servers' indexes match words), so candidates are compared. Not one that is marked as deleted: it may be what a move left.
pub(crate) async fn find(session: &mut Session, uid_validity: u32, wanted: &str) -> Result<Option<RemoteId>, ProviderError> {
    if session.current.as_ref().is_none_or(|c| c.exists == 0) {
        return Ok(None);
    }
    let utf8 = session.utf8();
    let command = Command::new("UID SEARCH UNDELETED HEADER Message-ID ").string(wanted.as_bytes(), utf8);
    let found = found_by(session, command, 100_000).await?;
    let candidates: Vec<u32> = found.iter().collect();
    let newest: Vec<u32> = candidates.into_iter().rev().take(20).collect();
    if newest.is_empty() {
        return Ok(None);
    }
    let sets = UidSet::from_uids(newest).chunks(MAX_SET);
    let mut best = None;
    fetch_each(session, &sets, "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", |uid, fetched| {
        if message_id(&fetched).as_deref() == Some(wanted) {
            best = best.max(Some(uid));
        }
    })
    .await?;
    Ok(best.map(|uid| remote_id(uid_validity, uid)))
}
