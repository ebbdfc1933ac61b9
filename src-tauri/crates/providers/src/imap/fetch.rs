//! Bodies: small ones many at a time, large ones in windows, all of them streamed on.
//!
//! Always BODY.PEEK: reading must not mark as read. Sizes come from the listing before, or are asked for first, so that
//! only messages that are small by the server's own word share a command.

use std::collections::{BTreeMap, BTreeSet};

use domain::{error::ProviderError, source::MailSink, sync::RemoteMail, time::Timestamp};

use super::{
    changes::{Memory, remote_id},
    doubtful::{self, Seen},
    parse::{Code, Data, Fetched, Response, Said, Status},
    refusal::During,
    select::{MAX_SET, fetch_each, flags},
    session::{Command, Event, MAX_HEARD, Session},
    uids::UidSet,
};
use crate::mailnet::SILENCE;

/// Larger messages are read in windows of this size.
const WINDOW: u64 = 256 * 1024;
/// Windows under way at once.
const AHEAD: usize = 4;
/// Messages in one command.
const TOGETHER: usize = 100;
/// No mail that a person was sent is larger. What stores it takes a little more.
const MAX_MESSAGE: u64 = 500 * 1024 * 1024;
/// A body that comes before its UID can't be streamed and is kept up to this size.
const MAX_NAMELESS: u64 = 8 * 1024 * 1024;
/// Servers miscount. All bodies of one page may still not be more than twice what was announced, and this: a page is in memory.
const MISCOUNT: u64 = 32 * 1024 * 1024;

pub(crate) async fn fetch(
    session: &mut Session,
    memory: &Memory,
    mailbox: &str,
    uid_validity: u32,
    uids: &[u32],
    sink: &mut dyn MailSink,
) -> Result<(), ProviderError> {
    let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
    let mut unknown = Vec::new();
    for uid in uids {
        match memory.size(mailbox, uid_validity, *uid) {
            Some(size) => drop(sizes.insert(*uid, size)),
            None => unknown.push(*uid),
        }
    }
    if !unknown.is_empty() {
        let set = UidSet::from_uids(unknown);
        fetch_each(session, &set.chunks(MAX_SET), "(UID RFC822.SIZE)", |uid, fetched| {
            if set.contains(uid)
                && let Some(size) = fetched.size
            {
                sizes.insert(uid, size);
            }
        })
        .await?;
    }
    let careful = memory.doubtful.of(mailbox, uid_validity);
    let huge: Vec<u32> = sizes.iter().filter(|(_, size)| **size > MAX_MESSAGE).map(|(uid, _)| *uid).collect();
    for uid in huge {
        sizes.remove(&uid);
        doubtful::give_up(session, uid_validity, uid, TOO_LARGE, true, sink).await?;
    }
    let alone: Vec<(u32, u64)> = sizes.iter().filter(|(uid, _)| careful.contains_key(uid)).map(|(uid, size)| (*uid, *size)).collect();
    sizes.retain(|uid, _| !careful.contains_key(uid));
    let mut seen = Seen::new(sink, sizes.keys().copied());
    let outcome = many(session, uid_validity, sizes, &mut seen).await;
    if let Err(error) = outcome {
        // Which of them it was, the next attempt finds out by asking for each alone.
        if doubtful::is_their_fault(&error) {
            memory.doubtful.suspect(mailbox, uid_validity, seen.missing());
        }
        return Err(error);
    }
    for (uid, size) in doubtful::least_doubtful_first(alone, &careful) {
        let strikes = careful.get(&uid).copied().unwrap_or(0);
        if strikes >= doubtful::STRIKES {
            // Its header alone may be what breaks the server: asked for once.
            memory.doubtful.strike(mailbox, uid_validity, uid);
            doubtful::give_up(session, uid_validity, uid, BREAKS_OFF, strikes == doubtful::STRIKES, sink).await?;
        } else {
            let only = BTreeMap::from([(uid, size)]);
            if let Err(error) = many(session, uid_validity, only, sink).await {
                if doubtful::is_their_fault(&error) {
                    memory.doubtful.strike(mailbox, uid_validity, uid);
                }
                return Err(error);
            }
        }
        memory.doubtful.clear(mailbox, uid_validity, uid);
    }
    Ok(())
}

const TOO_LARGE: &str = "it is larger than 500 MB.";
const BREAKS_OFF: &str = "the mail server breaks off, or answers with nonsense, whenever it is asked for it.";

async fn many(session: &mut Session, uid_validity: u32, sizes: BTreeMap<u32, u64>, sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    let small: Vec<u32> = sizes.iter().filter(|(_, size)| **size <= WINDOW).map(|(uid, _)| *uid).collect();
    let announced: u64 = sizes.values().filter(|size| **size <= WINDOW).sum();
    together(session, uid_validity, &small, announced * 2 + MISCOUNT, sink).await?;
    for (uid, size) in sizes.into_iter().filter(|(_, size)| *size > WINDOW) {
        in_windows(session, uid_validity, uid, size, sink).await?;
    }
    Ok(())
}

fn describe(uid_validity: u32, uid: u32, fetched: &Fetched) -> RemoteMail {
    let mut mail = RemoteMail::new(remote_id(uid_validity, uid));
    mail.flags = fetched.flags.as_deref().map(flags);
    mail.received = fetched.internal_date.map(Timestamp::from_secs);
    mail.size = fetched.size;
    mail
}

/// One command for many messages, the next ones sent before it is answered. What the server could not deliver (some answer NO
/// for one unreadable message) is asked for one by one, and given up if that fails too.
async fn together(
    session: &mut Session,
    uid_validity: u32,
    uids: &[u32],
    mut room: u64,
    sink: &mut dyn MailSink,
) -> Result<(), ProviderError> {
    let mut wanted: BTreeSet<u32> = uids.iter().copied().collect();
    let sets: Vec<String> = uids.chunks(TOGETHER).flat_map(|group| UidSet::from_uids(group.iter().copied()).chunks(MAX_SET)).collect();
    if bodies(session, uid_validity, &sets, &mut wanted, &mut room, sink).await?.is_some() {
        for uid in wanted.clone() {
            if let Some(said) = bodies(session, uid_validity, &[uid.to_string()], &mut wanted, &mut room, sink).await? {
                doubtful::give_up(session, uid_validity, uid, &doubtful::refusal(session.host(), &said), true, sink).await?;
            }
        }
    }
    Ok(())
}

/// What the server said where it refused at least one set.
async fn bodies(
    session: &mut Session,
    uid_validity: u32,
    sets: &[String],
    wanted: &mut BTreeSet<u32>,
    room: &mut u64,
    sink: &mut dyn MailSink,
) -> Result<Option<Said>, ProviderError> {
    let mut sets = sets.iter();
    let mut open: Vec<String> = Vec::new();
    let mut refused = None;
    let mut streamed = None;
    loop {
        while open.len() < AHEAD
            && let Some(set) = sets.next()
        {
            open.push(session.send(Command::new(format!("UID FETCH {set} (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"))).await?);
            session.allow(MAX_HEARD);
        }
        if open.is_empty() {
            return Ok(refused);
        }
        match session.next(SILENCE).await? {
            Event::Done { tag, said } => {
                if !open.contains(&tag) {
                    return Err(session.wrong("an answer to another command"));
                }
                open.retain(|t| *t != tag);
                match said.status {
                    Status::Ok => {}
                    _ if is_about_all(session, &said) => return Err(session.refused(&said, During::Read)),
                    _ => refused = Some(said),
                }
            }
            Event::Literal { fetch, size } => {
                if size > MAX_MESSAGE {
                    return Err(session.wrong("a message of more than 500 MB"));
                }
                *room = room.checked_sub(size).ok_or_else(|| session.wrong("bodies far larger than announced"))?;
                let Some(fetched) = fetch.filter(|f| f.sections.last().is_some_and(|s| s.name.is_empty())) else { continue };
                match fetched.uid {
                    Some(uid) if wanted.remove(&uid) => {
                        sink.begin(describe(uid_validity, uid, &fetched)).await?;
                        while let Some(piece) = session.piece().await? {
                            sink.chunk(&piece).await?;
                        }
                        sink.end().await?;
                        streamed = Some(uid);
                    }
                    Some(_) => {}
                    None if size <= MAX_NAMELESS => session.keep().await?,
                    None => return Err(session.wrong("a large body without a UID")),
                }
            }
            Event::Response(Response::Fetch(fetched)) => {
                let Some(uid) = fetched.uid else { continue };
                if streamed.take() == Some(uid) {
                    continue;
                }
                let Some(body) = fetched.sections.iter().find(|s| s.name.is_empty()) else { continue };
                let bytes = match &body.data {
                    Data::Bytes(bytes) => bytes.clone(),
                    // Some servers answer NIL for a message whose file they lost.
                    Data::Nil => bytes::Bytes::new(),
                    Data::Streamed(_) | Data::Pending => continue,
                };
                if wanted.remove(&uid) {
                    *room = room.checked_sub(bytes.len() as u64).ok_or_else(|| session.wrong("bodies far larger than announced"))?;
                    sink.begin(describe(uid_validity, uid, &fetched)).await?;
                    if !bytes.is_empty() {
                        sink.chunk(&bytes).await?;
                    }
                    sink.end().await?;
                }
            }
            Event::Response(_) => {}
        }
    }
}

/// One large message. Windows are asked for ahead of their arrival; the first short one is the last.
async fn in_windows(session: &mut Session, uid_validity: u32, uid: u32, size: u64, sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    let mut asked = 0u64;
    let mut taken = 0u64;
    let mut open: Vec<String> = Vec::new();
    let mut begun = false;
    let mut complete = false;
    let mut refused = None;
    loop {
        // Ahead as far as the announced size goes; beyond it (servers miscount) one window at a time until one comes short.
        while !complete && open.len() < AHEAD && (asked < size || asked == taken) {
            let also = if asked == 0 { "UID FLAGS INTERNALDATE RFC822.SIZE" } else { "UID" };
            open.push(session.send(Command::new(format!("UID FETCH {uid} ({also} BODY.PEEK[]<{asked}.{WINDOW}>)"))).await?);
            session.allow(MAX_HEARD);
            asked += WINDOW;
        }
        if open.is_empty()
            && let Some(said) = &refused
        {
            return doubtful::give_up(session, uid_validity, uid, &doubtful::refusal(session.host(), said), true, sink).await;
        }
        if open.is_empty() {
            if !begun {
                // Gone since it was listed.
                return Ok(());
            }
            return sink.end().await;
        }
        match session.next(SILENCE).await? {
            Event::Done { tag, said } => {
                if !open.contains(&tag) {
                    return Err(session.wrong("an answer to another command"));
                }
                open.retain(|t| *t != tag);
                if said.status != Status::Ok {
                    if is_about_all(session, &said) {
                        return Err(session.refused(&said, During::Read));
                    }
                    // The windows that are under way are waited for; nothing of them counts.
                    complete = true;
                    refused.get_or_insert(said);
                    continue;
                }
                if open.is_empty() && !complete && taken < asked {
                    // The command succeeded and brought nothing: the end, or the message is gone.
                    if begun && taken >= size {
                        complete = true;
                    } else if begun {
                        return Err(ProviderError::Server {
                            provider: session.host().to_owned(),
                            detail: "a message disappeared while it was read".to_owned(),
                        });
                    } else {
                        return Ok(());
                    }
                }
            }
            Event::Literal { fetch, size: length } => {
                let Some((fetched, origin)) = window_of(fetch.as_deref(), uid, begun) else { continue };
                if complete {
                    continue;
                }
                if origin.unwrap_or(0) != taken {
                    return Err(session.wrong("a part of a message that was not asked for"));
                }
                if !begun {
                    begun = true;
                    sink.begin(describe(uid_validity, uid, fetched)).await?;
                }
                while let Some(piece) = session.piece().await? {
                    sink.chunk(&piece).await?;
                }
                taken += length;
                // No origin: the server does not know partial fetches and sent everything.
                complete = length < WINDOW || origin.is_none() || length > WINDOW;
            }
            Event::Response(Response::Fetch(fetched)) => {
                let Some((_, origin)) = window_of(Some(&fetched), uid, begun) else { continue };
                let data = fetched.sections.iter().find(|s| s.name.is_empty()).map(|s| &s.data);
                let bytes = match data {
                    Some(Data::Bytes(bytes)) => bytes.clone(),
                    Some(Data::Nil) => bytes::Bytes::new(),
                    _ => continue,
                };
                if complete {
                    continue;
                }
                if origin.unwrap_or(0) != taken && !bytes.is_empty() {
                    return Err(session.wrong("a part of a message that was not asked for"));
                }
                if !begun {
                    begun = true;
                    sink.begin(describe(uid_validity, uid, &fetched)).await?;
                }
                if !bytes.is_empty() {
                    sink.chunk(&bytes).await?;
                }
                taken += bytes.len() as u64;
                complete = (bytes.len() as u64) < WINDOW || origin.is_none();
            }
            Event::Response(_) => {}
        }
        if taken > MAX_MESSAGE {
            return Err(session.wrong("a message of more than 500 MB"));
        }
    }
}

/// A refusal that is not about the messages that were asked for: the server is overloaded, or the account has a limit.
fn is_about_all(session: &Session, said: &Said) -> bool {
    let code = match &said.code {
        Some(Code::Other(name, _)) => name.as_str(),
        _ => "",
    };
    matches!(code, "UNAVAILABLE" | "INUSE" | "NONEXISTENT" | "AUTHENTICATIONFAILED" | "EXPIRED")
        || matches!(session.refused(said, During::Read), ProviderError::RateLimited { .. } | ProviderError::Auth(_))
}

/// The body section of this message in a FETCH, with its origin. After the first window the UID may be left out by sloppy
/// servers; another UID is never taken.
fn window_of(fetched: Option<&Fetched>, uid: u32, begun: bool) -> Option<(&Fetched, Option<u64>)> {
    let fetched = fetched?;
    match fetched.uid {
        Some(got) if got == uid => {}
        None if begun => {}
        _ => return None,
    }
    let section = fetched.sections.iter().find(|s| s.name.is_empty())?;
    Some((fetched, section.origin))
}
