//! Incremental sync of one mailbox (PROVIDERS 4.4): the next page after a cursor.
//!
//! The cursor alone says where we are, so that a crash resumes and a repeated call repeats:
//!
//! | `backfill` | `mod_seq` | state |
//! |---|---|---|
//! | Some | None or > 0 | first listing, newest first, everything below `backfill` is still to come; `mod_seq` is that of its start |
//! | Some | Some(0) | flag listing (no CONDSTORE, or no telling what changed), everything below `backfill` is still to come |
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
    sync::{Budget, Change, ChangeBatch, RemoteMail, SyncCursor},
    time::Timestamp,
};

use super::{
    doubtful::Doubtful,
    parse::search_date,
    select::{Known, MAX_CHANGED, MAX_SET, Selected, fetch_each, search},
    session::Session,
    uids::UidSet,
};

/// Everything the store wants to know of a message it has not seen.
const DETAILS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])";
/// Bodies of one page, as the server counts them; the engine fetches them before it asks for the next page.
const PAGE_BYTES: u64 = 16 * 1024 * 1024;
/// What a message counts for whose size the server keeps to itself.
const UNSIZED: u64 = 256 * 1024;

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
    /// Messages at which a fetch broke off.
    pub doubtful: Doubtful,
    /// UIDVALIDITY and HIGHESTMODSEQ at the start of a flag listing in progress, at a server that counts changes.
    compared: Mutex<HashMap<String, (u32, u64)>>,
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
    fn begin_comparison(&self, mailbox: &str, uid_validity: u32, mod_seq: Option<u64>) {
        let mut compared = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
        match mod_seq {
            Some(mod_seq) => drop(compared.insert(mailbox.to_owned(), (uid_validity, mod_seq))),
            None => drop(compared.remove(mailbox)),
        }
    }
    /// What everything that was just listed is as new as. None: no CONDSTORE, or begun by another process; then the next round lists again.
    fn end_comparison(&self, mailbox: &str, uid_validity: u32) -> Option<u64> {
        let begun = self.compared.lock().unwrap_or_else(PoisonError::into_inner).remove(mailbox);
        begun.filter(|(validity, _)| *validity == uid_validity).map(|(_, mod_seq)| mod_seq)
    }
    fn remember_sizes(&self, mailbox: &str, uid_validity: u32, found: &[(u32, Known)]) {
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

    async fn details(&mut self, uids: &[u32]) -> Result<Vec<(u32, Known)>, ProviderError> {
        let wanted = UidSet::from_uids(uids.iter().copied());
        let mut found: HashMap<u32, Known> = HashMap::with_capacity(uids.len());
        fetch_each(self.session, &wanted.chunks(MAX_SET), DETAILS, |uid, fetched| {
            // A server may send FLAGS of anything at any time; only complete answers to our question count. Updates merge.
            if wanted.contains(uid) {
                found.entry(uid).or_default().merge(Known::of(&fetched));
            }
        })
        .await?;
        let mut found: Vec<(u32, Known)> = found.into_iter().collect();
        found.sort_unstable_by_key(|(uid, _)| *uid);
        self.memory.remember_sizes(self.mailbox, self.selected.uid_validity, &found);
        Ok(found)
    }

    fn upsert(&self, uid: u32, known: &Known) -> Change<RemoteMail> {
        let mut mail = RemoteMail::new(self.id(uid));
        mail.flags = known.flags;
        mail.received = known.internal_date.map(Timestamp::from_secs);
        mail.size = known.size;
        mail.message_id.clone_from(&known.message_id);
        Change::Upsert(mail)
    }

    fn in_window(&self, known: &Known) -> bool {
        match (self.budget.since, known.internal_date) {
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
        let (mut bytes, mut listed) = (0u64, 0);
        let mut changes = Vec::with_capacity(found.len());
        for (uid, fetched) in found.iter().rev() {
            bytes = bytes.saturating_add(fetched.size.unwrap_or(UNSIZED));
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
        let mut bytes = 0u64;
        let mut changes = Vec::new();
        let mut last: Option<u32> = None;
        let mut cut = false;
        for (uid, fetched) in &found {
            bytes = bytes.saturating_add(fetched.size.unwrap_or(UNSIZED));
            if last.is_some() && bytes > PAGE_BYTES {
                cut = true;
                break;
            }
            last = Some(*uid);
            if self.in_window(fetched) {
                changes.push(self.upsert(*uid, fetched));
            }
        }
        let reached = match (cut, last) {
            (true, Some(last)) => last.saturating_add(1),
            _ if page.len() < new.len() => page.last().map_or(uid_next, |last| last.saturating_add(1)),
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
        let told = match (at.mod_seq.filter(|m| *m > 0), highest) {
            (Some(known), Some(highest)) if highest >= known => {
                self.since_mod_seq(at, known, arrived, &mut changes).await?.map(|present| (highest, present))
            }
            _ => None,
        };
        match told {
            Some((highest, present)) => {
                let next = Position { uid_next: reached, mod_seq: Some(highest), backfill: None, ..at };
                self.settle_round(next, uid_next);
                Ok(ChangeBatch { changes, present, reset: false, next: next.cursor(), more: false, progress: None })
            }
            // No CONDSTORE, or it is new here, or the server's counter went backwards (restored from a backup), or more changed than is
            // worth naming: compare every flag once, page by page.
            None => {
                self.memory.begin_comparison(self.mailbox, at.uid_validity, highest);
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

    /// Flag changes and expunges after `known`; returns the list of everything where single expunges can't be told. None: more
    /// changed than is taken at once.
    async fn since_mod_seq(
        &mut self,
        at: Position,
        known: u64,
        arrived: u32,
        changes: &mut Vec<Change<RemoteMail>>,
    ) -> Result<Option<Option<Vec<RemoteId>>>, ProviderError> {
        let resynced = self.selected.resynced;
        let mut changed = std::mem::take(&mut self.selected.changed);
        if !resynced && self.selected.highest_mod_seq.is_some_and(|h| h > known) && at.uid_next > 1 {
            let arguments = format!("{} (CHANGEDSINCE {known})", self.flag_items());
            fetch_each(self.session, &[format!("1:{}", at.uid_next - 1)], &arguments, |uid, fetched| {
                if changed.len() <= MAX_CHANGED {
                    changed.push((uid, Known::of(&fetched)));
                }
            })
            .await?;
        }
        if changed.len() > MAX_CHANGED {
            return Ok(None);
        }
        changed.retain(|(uid, known)| known.flags.is_some() && *uid < at.uid_next);
        if resynced && !changed.is_empty() && self.budget.since.is_some() {
            // What SELECT reports has no date, and a changed flag must not bring back mail from outside the window.
            let uids: Vec<u32> = changed.iter().map(|(uid, _)| *uid).collect();
            changes.extend(self.flags_of(&uids).await?);
            changed.clear();
        }
        changed.retain(|(_, known)| self.in_window(known));
        changes.extend(changed.iter().map(|(uid, known)| self.upsert(*uid, known)));
        if resynced {
            let Some(vanished) = self.selected.vanished.take() else { return Ok(Some(Some(self.present().await?))) };
            changes.extend(vanished.iter().filter(|uid| *uid < at.uid_next).map(|uid| Change::Gone(self.id(uid))));
            return Ok(Some(None));
        }
        // Nothing was expunged if the count is what it was plus what arrived: UIDs never come back.
        let unchanged = self
            .memory
            .settled(self.mailbox)
            .is_some_and(|(position, exists)| position == at && exists.checked_add(arrived) == Some(self.selected.exists));
        Ok(Some(if unchanged { None } else { Some(self.present().await?) }))
    }

    /// Flags, and the date where a time window has to be kept.
    fn flag_items(&self) -> &'static str {
        if self.budget.since.is_some() { "(UID FLAGS INTERNALDATE)" } else { "(UID FLAGS)" }
    }

    async fn flags_of(&mut self, uids: &[u32]) -> Result<Vec<Change<RemoteMail>>, ProviderError> {
        let wanted = UidSet::from_uids(uids.iter().copied());
        let mut found: HashMap<u32, Known> = HashMap::with_capacity(uids.len());
        let items = self.flag_items();
        fetch_each(self.session, &wanted.chunks(MAX_SET), items, |uid, fetched| {
            if wanted.contains(uid) {
                found.entry(uid).or_default().merge(Known::of(&fetched));
            }
        })
        .await?;
        let mut found: Vec<(u32, Known)> = found.into_iter().filter(|(_, f)| f.flags.is_some() && self.in_window(f)).collect();
        found.sort_unstable_by_key(|(uid, _)| std::cmp::Reverse(*uid));
        Ok(found.iter().map(|(uid, fetched)| self.upsert(*uid, fetched)).collect())
    }

    /// One window of a flag listing; the last one tells what exists.
    async fn flags_page(&mut self, at: Position) -> Result<Batch, ProviderError> {
        let below = at.backfill.unwrap_or(1);
        let mut window = self.window(false).await?;
        let total = window.len();
        window.retain(|uid| *uid < below);
        let start = window.len().saturating_sub(self.items());
        let page = window.get(start..).unwrap_or_default();
        let changes = self.flags_of(page).await?;
        let done = start == 0;
        let next = if done {
            let mod_seq = self.memory.end_comparison(self.mailbox, at.uid_validity);
            Position { mod_seq, backfill: None, ..at }
        } else {
            Position { backfill: page.first().copied(), ..at }
        };
        let present = if done { Some(self.present().await?) } else { None };
        if done {
            self.memory.settle(self.mailbox, next, self.selected.exists);
        }
        let progress = (!done || below < at.uid_next).then_some(((total - start.min(total)) as u64, total as u64));
        Ok(ChangeBatch { changes, present, reset: false, next: next.cursor(), more: !done, progress })
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
