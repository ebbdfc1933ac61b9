//! Incremental sync of one mailbox (PROVIDERS 4.4): the next page after a cursor.
//!
//! The cursor alone says where we are, so that a crash resumes and a repeated call repeats:
//!
//! | `backfill` | `mod_seq` | state |
//! |---|---|---|
//! | Some | None or > 0 | first listing, newest first, everything below `backfill` is still to come; `mod_seq` is that of its start |
//! | Some | Some(0) | flag listing of a server without CONDSTORE, everything below `backfill` is still to come |
//! | None | any | listed completely; `mod_seq` is HIGHESTMODSEQ at the start of the last round |
//!
//! `mod_seq` never advances before everything below it has been handed out. What is kept in memory (UID lists of a round in
//! progress, the count after a settled round) only saves work: it is used only when the cursor proves that it still fits.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::Flags,
    sync::{Budget, Change, ChangeBatch, RemoteMail, SyncCursor},
    time::Timestamp,
};

use super::{
    parse::{Fetched, search_date},
    select::{MAX_SET, Selected, fetch_each, message_id, search},
    session::Session,
    uids::UidSet,
};

/// Everything the store wants to know of a message it has not seen.
const DETAILS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])";
/// Bodies of one page, as the server counts them; the engine fetches them before it asks for the next page.
const PAGE_BYTES: u64 = 16 * 1024 * 1024;
/// Beyond this many vanished UIDs a full listing is cheaper than naming each.
const MAX_VANISHED: u64 = 100_000;

/// The cursor, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Position {
    pub uid_validity: u32,
    pub uid_next: u32,
    pub mod_seq: Option<u64>,
    pub backfill: Option<u32>,
}

impl Position {
    pub fn of(cursor: &SyncCursor) -> Result<Self, ProviderError> {
        match cursor {
            SyncCursor::Imap { uid_validity, uid_next, mod_seq, backfill } => {
                Ok(Self { uid_validity: *uid_validity, uid_next: *uid_next, mod_seq: *mod_seq, backfill: *backfill })
            }
            _ => Err(ProviderError::CursorExpired),
        }
    }
    pub fn cursor(self) -> SyncCursor {
        let Self { uid_validity, uid_next, mod_seq, backfill } = self;
        SyncCursor::Imap { uid_validity, uid_next, mod_seq, backfill }
    }
    /// Whether a QRESYNC select can bring the next page.
    pub fn resync(&self) -> Option<(u32, u64)> {
        match (self.backfill.filter(|b| *b > 1), self.mod_seq) {
            (None, Some(mod_seq)) if mod_seq > 0 && self.uid_validity > 0 => Some((self.uid_validity, mod_seq)),
            _ => None,
        }
    }
}

/// What one source remembers between calls, per mailbox.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// UIDs of a listing in progress, ascending, and the `since` they were searched with.
    lists: Mutex<HashMap<String, Listing>>,
    /// After a complete round: its cursor and the number of messages then.
    settled: Mutex<HashMap<String, (Position, u32)>>,
    /// Sizes of recently listed messages by (validity, UID).
    sizes: Mutex<HashMap<String, Sizes>>,
}

/// By (UIDVALIDITY, UID).
type Sizes = HashMap<(u32, u32), u64>;

#[derive(Debug)]
struct Listing {
    uid_validity: u32,
    since: Option<Timestamp>,
    uids: Vec<u32>,
}

impl Memory {
    pub fn size(&self, mailbox: &str, uid_validity: u32, uid: u32) -> Option<u64> {
        let sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        sizes.get(mailbox)?.get(&(uid_validity, uid)).copied()
    }
    /// Cursor and count of the last complete round.
    pub fn settled(&self, mailbox: &str) -> Option<(Position, u32)> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner).get(mailbox).copied()
    }
    fn settle(&self, mailbox: &str, position: Position, exists: u32) {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner).insert(mailbox.to_owned(), (position, exists));
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).remove(mailbox);
    }
    fn remember_sizes(&self, mailbox: &str, uid_validity: u32, found: &[(u32, Fetched)]) {
        let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sizes.entry(mailbox.to_owned()).or_default();
        if known.len() > 20_000 {
            known.clear();
        }
        known.extend(found.iter().filter_map(|(uid, f)| Some(((uid_validity, *uid), f.size?))));
    }
    fn listing(&self, mailbox: &str, uid_validity: u32, since: Option<Timestamp>) -> Option<Vec<u32>> {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.get(mailbox).filter(|l| l.uid_validity == uid_validity && l.since == since).map(|l| l.uids.clone())
    }
    fn keep_listing(&self, mailbox: &str, listing: Listing) {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).insert(mailbox.to_owned(), listing);
    }
}

/// The selected mailbox of one call.
pub(crate) struct Round<'a> {
    pub session: &'a mut Session,
    pub memory: &'a Memory,
    pub mailbox: &'a str,
    pub selected: Selected,
    pub budget: Budget,
}

type Batch = ChangeBatch<RemoteMail>;

impl Round<'_> {
    pub async fn page(&mut self, prior: Option<Position>) -> Result<Batch, ProviderError> {
        let uid_next = self.uid_next(prior).await?;
        let void = prior.is_some_and(|p| p.uid_validity != self.selected.uid_validity);
        match prior {
            Some(prior) if !void => match (prior.backfill, prior.mod_seq) {
                (Some(_), Some(0)) => self.flags_page(prior).await,
                (Some(below), _) if below > 1 => self.backfill_page(prior, uid_next, false).await,
                (Some(_), _) => self.incremental(Position { backfill: None, ..prior }, uid_next).await,
                (None, _) => self.incremental(prior, uid_next).await,
            },
            _ => {
                let start = Position {
                    uid_validity: self.selected.uid_validity,
                    uid_next,
                    mod_seq: self.selected.highest_mod_seq,
                    backfill: Some(uid_next),
                };
                self.backfill_page(start, uid_next, void).await
            }
        }
    }

    /// UIDNEXT, or one more than the highest UID where the server does not say.
    async fn uid_next(&mut self, prior: Option<Position>) -> Result<u32, ProviderError> {
        if let Some(next) = self.selected.uid_next {
            return Ok(next);
        }
        let mut highest = 0;
        if self.selected.exists > 0 {
            fetch_each(self.session, &["*".to_owned()], "(UID)", |uid, _| highest = highest.max(uid)).await?;
        }
        let known = prior.filter(|p| p.uid_validity == self.selected.uid_validity).map_or(1, |p| p.uid_next);
        Ok(highest.saturating_add(1).max(known))
    }

    fn id(&self, uid: u32) -> RemoteId {
        remote_id(self.selected.uid_validity, uid)
    }

    fn items(&self) -> usize {
        self.budget.items.max(1)
    }

    fn criteria(&self) -> String {
        match self.budget.since {
            // INTERNALDATE is compared by calendar day in the server's zone: a day of margin, and exact dates below.
            Some(since) => format!("SINCE {}", search_date(since.secs() - 86_400)),
            None => "ALL".to_owned(),
        }
    }

    /// UIDs of the mailbox inside the time window, ascending.
    async fn window(&mut self, fresh: bool) -> Result<Vec<u32>, ProviderError> {
        let (validity, since) = (self.selected.uid_validity, self.budget.since);
        if !fresh && let Some(uids) = self.memory.listing(self.mailbox, validity, since) {
            return Ok(uids);
        }
        let criteria = self.criteria();
        let uids = search(self.session, &criteria).await?;
        self.memory.keep_listing(self.mailbox, Listing { uid_validity: validity, since, uids: uids.clone() });
        Ok(uids)
    }

    /// Every UID that exists now: what is in the store and not here is gone. The whole mailbox, whatever the time window:
    /// mail that grew older than the window has not been deleted.
    async fn present(&mut self) -> Result<Vec<RemoteId>, ProviderError> {
        let uids = search(self.session, "ALL").await?;
        Ok(uids.into_iter().map(|uid| self.id(uid)).collect())
    }

    async fn details(&mut self, uids: &[u32]) -> Result<Vec<(u32, Fetched)>, ProviderError> {
        let wanted = UidSet::from_uids(uids.iter().copied());
        let mut found: HashMap<u32, Fetched> = HashMap::with_capacity(uids.len());
        fetch_each(self.session, &wanted.chunks(MAX_SET), DETAILS, |uid, fetched| {
            // A server may send FLAGS of anything at any time; only complete answers to our question count. Updates merge.
            if wanted.contains(uid) {
                merge(found.entry(uid).or_default(), fetched);
            }
        })
        .await?;
        let mut found: Vec<(u32, Fetched)> = found.into_iter().collect();
        found.sort_unstable_by_key(|(uid, _)| *uid);
        self.memory.remember_sizes(self.mailbox, self.selected.uid_validity, &found);
        Ok(found)
    }

    fn upsert(&self, uid: u32, fetched: &Fetched) -> Change<RemoteMail> {
        let mut mail = RemoteMail::new(self.id(uid));
        mail.flags = fetched.flags.as_deref().map(flags);
        mail.received = fetched.internal_date.map(Timestamp::from_secs);
        mail.size = fetched.size;
        mail.message_id = message_id(fetched);
        Change::Upsert(mail)
    }

    fn in_window(&self, fetched: &Fetched) -> bool {
        match (self.budget.since, fetched.internal_date) {
            (Some(since), Some(received)) => Timestamp::from_secs(received) >= since,
            _ => true,
        }
    }

    /// First listing, from new to old. Mail that arrived since it began comes first, on a page of its own.
    async fn backfill_page(&mut self, at: Position, uid_next: u32, reset: bool) -> Result<Batch, ProviderError> {
        if uid_next > at.uid_next {
            let new = self.uids_from(at.uid_next).await?;
            let (changes, reached) = self.new_mail(&new, uid_next).await?;
            let next = Position { uid_next: reached, ..at };
            return Ok(ChangeBatch { changes, present: None, reset, next: next.cursor(), more: true, progress: None });
        }
        let below = at.backfill.unwrap_or(1);
        let first_page = below >= at.uid_next;
        let mut window = self.window(first_page).await?;
        let total = window.len();
        window.retain(|uid| *uid < below);
        let page = window.get(window.len().saturating_sub(self.items())..).unwrap_or_default().to_vec();
        let found = self.details(&page).await?;

        // Cut where the bodies would get too many, from the newest on.
        let mut lowest = page.first().copied().unwrap_or(1);
        let (mut bytes, mut listed) = (0, 0);
        let mut changes = Vec::with_capacity(found.len());
        for (uid, fetched) in found.iter().rev() {
            bytes += fetched.size.unwrap_or(0);
            if listed > 0 && bytes > PAGE_BYTES {
                break;
            }
            listed += 1;
            if self.in_window(fetched) {
                changes.push(self.upsert(*uid, fetched));
            }
        }
        if listed < found.len() {
            lowest = found.get(found.len() - listed).map_or(lowest, |(uid, _)| *uid);
        }
        let left = window.iter().filter(|uid| **uid < lowest).count();
        let done = left == 0;
        let next = Position { backfill: (!done).then_some(lowest), ..at };
        let present = if done { Some(self.present().await?) } else { None };
        if done {
            self.settle_round(next, uid_next);
        }
        Ok(ChangeBatch {
            changes,
            present,
            reset,
            next: next.cursor(),
            // A long first listing is followed at once by what happened meanwhile.
            more: !done || (!first_page && at.mod_seq.is_some()),
            progress: Some(((total - left) as u64, total as u64)),
        })
    }

    /// UIDs from `from` on, ascending. `n:*` names the last message even where its UID is below n (RFC 3501 section 6.4.8).
    async fn uids_from(&mut self, from: u32) -> Result<Vec<u32>, ProviderError> {
        let mut uids = search(self.session, &format!("UID {from}:*")).await?;
        uids.retain(|uid| *uid >= from);
        Ok(uids)
    }

    fn exists(&self) -> u32 {
        self.session.current.as_ref().map_or(0, |c| c.exists)
    }

    /// The first page of `new` (ascending); also says up to which UID everything is listed now.
    async fn new_mail(&mut self, new: &[u32], uid_next: u32) -> Result<(Vec<Change<RemoteMail>>, u32), ProviderError> {
        let page = new.get(..self.items().min(new.len())).unwrap_or_default();
        let found = self.details(page).await?;
        let mut bytes = 0;
        let mut changes = Vec::new();
        let mut last = None;
        let mut cut = false;
        for (uid, fetched) in &found {
            if last.is_some() && bytes + fetched.size.unwrap_or(0) > PAGE_BYTES {
                cut = true;
                break;
            }
            bytes += fetched.size.unwrap_or(0);
            last = Some(*uid);
            if self.in_window(fetched) {
                changes.push(self.upsert(*uid, fetched));
            }
        }
        let reached = match (cut, last) {
            (true, Some(last)) => last + 1,
            _ if page.len() < new.len() => page.last().map_or(uid_next, |last| last + 1),
            _ => uid_next.max(new.last().map_or(0, |last| last.saturating_add(1))),
        };
        Ok((changes, reached))
    }

    async fn incremental(&mut self, at: Position, uid_next: u32) -> Result<Batch, ProviderError> {
        let mut changes = Vec::new();
        let mut reached = at.uid_next;
        let mut arrived = 0u32;
        if uid_next > at.uid_next {
            let new = self.uids_from(at.uid_next).await?;
            arrived = u32::try_from(new.len()).unwrap_or(u32::MAX);
            let (listed, up_to) = self.new_mail(&new, uid_next).await?;
            changes = listed;
            reached = up_to;
            if reached < uid_next {
                let next = Position { uid_next: reached, ..at };
                return Ok(ChangeBatch { changes, present: None, reset: false, next: next.cursor(), more: true, progress: None });
            }
        }
        let highest = self.selected.highest_mod_seq;
        match (at.mod_seq.filter(|m| *m > 0), highest) {
            (Some(known), Some(highest)) if highest >= known => {
                let present = self.since_mod_seq(at, known, arrived, &mut changes).await?;
                let next = Position { uid_next: reached, mod_seq: Some(highest), backfill: None, ..at };
                self.settle_round(next, uid_next);
                Ok(ChangeBatch { changes, present, reset: false, next: next.cursor(), more: false, progress: None })
            }
            // CONDSTORE is new here, or the server's counter went backwards (restored from a backup): compare every flag once.
            (_, Some(highest)) => {
                let window = self.window(true).await?;
                let old: Vec<u32> = window.into_iter().filter(|uid| *uid < at.uid_next).collect();
                changes.extend(self.flags_of(&old).await?);
                let present = Some(self.present().await?);
                let next = Position { uid_next: reached, mod_seq: Some(highest), backfill: None, ..at };
                self.settle_round(next, uid_next);
                Ok(ChangeBatch { changes, present, reset: false, next: next.cursor(), more: false, progress: None })
            }
            (_, None) => {
                let start = Position { uid_next: reached, mod_seq: Some(0), backfill: Some(at.uid_next), ..at };
                self.window(true).await?;
                let mut batch = self.flags_page(start).await?;
                changes.append(&mut batch.changes);
                Ok(ChangeBatch { changes, ..batch })
            }
        }
    }

    fn settle_round(&self, next: Position, uid_next: u32) {
        // Only a count that belongs to this very position helps the next round.
        if self.exists() == self.selected.exists && next.uid_next == uid_next {
            self.memory.settle(self.mailbox, next, self.selected.exists);
        }
    }

    /// Flag changes and expunges after `known`; returns the list of everything where single expunges can't be told.
    async fn since_mod_seq(
        &mut self,
        at: Position,
        known: u64,
        arrived: u32,
        changes: &mut Vec<Change<RemoteMail>>,
    ) -> Result<Option<Vec<RemoteId>>, ProviderError> {
        let resynced = self.selected.resynced;
        let mut changed = std::mem::take(&mut self.selected.changed);
        if !resynced && self.selected.highest_mod_seq.is_some_and(|h| h > known) && at.uid_next > 1 {
            let arguments = format!("{} (CHANGEDSINCE {known})", self.flag_items());
            fetch_each(self.session, &[format!("1:{}", at.uid_next - 1)], &arguments, |uid, mut fetched| {
                fetched.uid = Some(uid);
                changed.push(fetched);
            })
            .await?;
        }
        changed.retain(|f| f.flags.is_some() && f.uid.is_some_and(|uid| uid < at.uid_next));
        if resynced && !changed.is_empty() && self.budget.since.is_some() {
            // What SELECT reports has no date, and a changed flag must not bring back mail from outside the window.
            let uids: Vec<u32> = changed.iter().filter_map(|f| f.uid).collect();
            changes.extend(self.flags_of(&uids).await?);
            changed.clear();
        }
        changed.retain(|f| self.in_window(f));
        for fetched in &changed {
            if let Some(uid) = fetched.uid {
                changes.push(self.upsert(uid, fetched));
            }
        }
        if resynced {
            let vanished = std::mem::take(&mut self.selected.vanished);
            if vanished.len() > MAX_VANISHED {
                return self.present().await.map(Some);
            }
            changes.extend(vanished.iter().filter(|uid| *uid < at.uid_next).map(|uid| Change::Gone(self.id(uid))));
            return Ok(None);
        }
        // Nothing was expunged if the count is what it was plus what arrived: UIDs never come back.
        let unchanged = self
            .memory
            .settled(self.mailbox)
            .is_some_and(|(position, exists)| position == at && exists.checked_add(arrived) == Some(self.selected.exists));
        if unchanged { Ok(None) } else { self.present().await.map(Some) }
    }

    /// Flags, and the date where a time window has to be kept.
    fn flag_items(&self) -> &'static str {
        if self.budget.since.is_some() { "(UID FLAGS INTERNALDATE)" } else { "(UID FLAGS)" }
    }

    async fn flags_of(&mut self, uids: &[u32]) -> Result<Vec<Change<RemoteMail>>, ProviderError> {
        let wanted = UidSet::from_uids(uids.iter().copied());
        let mut found: HashMap<u32, Fetched> = HashMap::with_capacity(uids.len());
        let items = self.flag_items();
        fetch_each(self.session, &wanted.chunks(MAX_SET), items, |uid, fetched| {
            if wanted.contains(uid) {
                merge(found.entry(uid).or_default(), fetched);
            }
        })
        .await?;
        let mut found: Vec<(u32, Fetched)> = found.into_iter().filter(|(_, f)| f.flags.is_some() && self.in_window(f)).collect();
        found.sort_unstable_by_key(|(uid, _)| std::cmp::Reverse(*uid));
        Ok(found.iter().map(|(uid, fetched)| self.upsert(*uid, fetched)).collect())
    }

    /// One window of the flag listing of a server without CONDSTORE; the last one tells what exists.
    async fn flags_page(&mut self, at: Position) -> Result<Batch, ProviderError> {
        let below = at.backfill.unwrap_or(1);
        let mut window = self.window(false).await?;
        let total = window.len();
        window.retain(|uid| *uid < below);
        let start = window.len().saturating_sub(self.items());
        let page = window.get(start..).unwrap_or_default();
        let changes = self.flags_of(page).await?;
        let done = start == 0;
        let next = if done { Position { mod_seq: None, backfill: None, ..at } } else { Position { backfill: page.first().copied(), ..at } };
        let present = if done { Some(self.present().await?) } else { None };
        if done {
            self.memory.settle(self.mailbox, next, self.selected.exists);
        }
        let progress = (!done || below < at.uid_next).then_some(((total - start.min(total)) as u64, total as u64));
        Ok(ChangeBatch { changes, present, reset: false, next: next.cursor(), more: !done, progress })
    }
}

/// Later news of the same message win, absent ones keep.
fn merge(into: &mut Fetched, news: Fetched) {
    into.flags = news.flags.or(into.flags.take());
    into.size = news.size.or(into.size);
    into.internal_date = news.internal_date.or(into.internal_date);
    if !news.sections.is_empty() {
        into.sections = news.sections;
    }
}

pub(crate) fn remote_id(uid_validity: u32, uid: u32) -> RemoteId {
    RemoteId(format!("{uid_validity}:{uid}"))
}

/// (UIDVALIDITY, UID); None for an id that is not ours.
pub(crate) fn parse_id(id: &RemoteId) -> Option<(u32, u32)> {
    let (validity, uid) = id.as_str().split_once(':')?;
    Some((validity.parse().ok()?, uid.parse().ok().filter(|u| *u > 0)?))
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
