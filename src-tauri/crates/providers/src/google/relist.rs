//! Comparing everything: what exists, and with which labels, after a first listing or an expired history.
//!
//! Gmail has no call for that, but listing each label (5 units per 500 ids) adds up to the labels of every message, some hundred
//! times cheaper than reading each message (20 units). Messages that were fetched during the round are left out: their labels came
//! with them and are newer. A first sync in one run therefore ends without any of this.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{error::ProviderError, ids::RemoteId, sync::RemoteMail};

use super::{
    api::{Api, MessageList},
    labels,
    quota::cost,
};

/// Largest page that Gmail gives.
pub const PAGE: usize = 500;
/// More than anyone has in one mailbox: a listing that goes on beyond it has no end.
pub const MAX_MESSAGES: u64 = 2_000_000;

/// What this process remembers of a running listing. Losing it costs a new listing, never correctness.
#[derive(Default)]
pub struct Round(Mutex<State>);

#[derive(Default)]
struct State {
    /// Which listing this is about; the cursor carries the same mark.
    mark: String,
    /// Everything since the listing's first page was seen here.
    whole: bool,
    seen: HashSet<String>,
    fetched: HashSet<String>,
    snapshot: Option<Arc<Snapshot>>,
}

/// Thread and labels (numbers into the list of names).
type Told = (Option<String>, Vec<u16>);

/// Everything that exists, in the order of ids, with labels where they are not known better.
pub struct Snapshot {
    /// None: fetched in this round.
    mails: BTreeMap<String, Option<Told>>,
    names: Vec<String>,
}

impl Round {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A listing starts from its first page.
    pub fn start(&self, mark: &str) {
        *self.state() = State { mark: mark.to_owned(), whole: true, ..State::default() };
    }

    /// A listing goes on; what was gathered for another one (or by another process) is of no use.
    pub fn go_on(&self, mark: &str) {
        let mut state = self.state();
        if state.mark != mark {
            *state = State { mark: mark.to_owned(), ..State::default() };
        }
    }

    pub fn seen<'a>(&self, ids: impl Iterator<Item = &'a str>) {
        let mut state = self.state();
        if !state.mark.is_empty() {
            state.seen.extend(ids.map(str::to_owned));
        }
    }

    pub fn gone(&self, id: &str) {
        let mut state = self.state();
        state.seen.remove(id);
        state.fetched.remove(id);
    }

    /// The message came with its labels.
    pub fn fetched(&self, id: &str) {
        let mut state = self.state();
        if !state.mark.is_empty() {
            state.fetched.insert(id.to_owned());
        }
    }

    pub fn end(&self) {
        *self.state() = State::default();
    }

    /// The snapshot of this round, taken once; `fresh` takes a new one.
    pub async fn snapshot(&self, api: &Api, query: Option<&str>, fresh: bool) -> Result<Arc<Snapshot>, ProviderError> {
        let (known, fetched) = {
            let mut state = self.state();
            if fresh {
                state.snapshot = None;
            }
            if let Some(snapshot) = &state.snapshot {
                return Ok(Arc::clone(snapshot));
            }
            (state.whole.then(|| state.seen.clone()), state.fetched.clone())
        };
        let snapshot = Arc::new(take(api, query, known, &fetched).await?);
        self.state().snapshot = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }
}

async fn take(
    api: &Api,
    query: Option<&str>,
    known: Option<HashSet<String>>,
    fetched: &HashSet<String>,
) -> Result<Snapshot, ProviderError> {
    let mut mails: BTreeMap<String, Option<Told>> = BTreeMap::new();
    match known {
        Some(ids) => {
            for id in ids {
                let state = if fetched.contains(&id) { None } else { Some((None, Vec::new())) };
                mails.insert(id, state);
            }
        }
        None => {
            each(api, query, None, |id, thread| {
                let state = if fetched.contains(&id) { None } else { Some((thread, Vec::new())) };
                mails.insert(id, state);
            })
            .await?;
        }
    }
    let mut names = Vec::new();
    if mails.values().any(Option::is_some) {
        names = labels::ids(api).await?;
        for (number, name) in names.iter().enumerate() {
            // Gmail allows 10,000 labels.
            let Ok(number) = u16::try_from(number) else { break };
            each(api, query, Some(name), |id, thread| {
                if let Some(Some((known_thread, labels))) = mails.get_mut(&id) {
                    labels.push(number);
                    if known_thread.is_none() {
                        *known_thread = thread;
                    }
                }
            })
            .await?;
        }
    }
    Ok(Snapshot { mails, names })
}

/// Goes through all pages of a listing.
async fn each(
    api: &Api,
    query: Option<&str>,
    label: Option<&str>,
    mut found: impl FnMut(String, Option<String>),
) -> Result<(), ProviderError> {
    let mut page: Option<String> = None;
    let mut pages = 0;
    loop {
        let list = list(api, query, label, page.as_deref(), PAGE).await?;
        pages += 1;
        within(pages * PAGE as u64)?;
        for message in list.messages {
            found(message.id, message.thread_id);
        }
        page = match list.next_page_token {
            // A token that repeats would go round for ever.
            Some(token) if page.as_deref() != Some(token.as_str()) => Some(token),
            _ => return Ok(()),
        };
    }
}

/// Refuses a listing that has gone on for so many messages that it can't be honest.
pub fn within(messages: u64) -> Result<(), ProviderError> {
    let endless = || ProviderError::Protocol {
        host: "Google".to_owned(),
        protocol: "Gmail API",
        detail: "a list of mails without an end".to_owned(),
    };
    if messages > MAX_MESSAGES { Err(endless()) } else { Ok(()) }
}

/// One page of ids, newest first, bin and spam included.
pub async fn list(
    api: &Api,
    query: Option<&str>,
    label: Option<&str>,
    page: Option<&str>,
    max: usize,
) -> Result<MessageList, ProviderError> {
    let mut url = api.urls.user(["messages"]);
    {
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("maxResults", &max.clamp(1, PAGE).to_string()).append_pair("includeSpamTrash", "true");
        for (key, value) in [("q", query), ("labelIds", label), ("pageToken", page)] {
            if let Some(value) = value {
                pairs.append_pair(key, value);
            }
        }
    }
    api.get(cost::MESSAGES_LIST, "the list of mails", url).await
}

impl Snapshot {
    /// The next `max` messages after `after` whose labels are to be told, and the id to go on from (None: that was all).
    pub fn page(&self, after: Option<&str>, max: usize) -> (Vec<RemoteMail>, Option<String>) {
        use std::ops::Bound;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut mails = Vec::new();
        for (id, state) in self.mails.range::<str, _>((from, Bound::Unbounded)) {
            let Some((thread, labels)) = state else { continue };
            if mails.len() == max.max(1) {
                let last: Option<String> = mails.last().map(|m: &RemoteMail| m.id.0.clone());
                return (mails, last);
            }
            let names: Vec<String> = labels.iter().filter_map(|n| self.names.get(usize::from(*n)).cloned()).collect();
            mails.push(labels::remote(id, thread.as_deref(), &names));
        }
        (mails, None)
    }

    pub fn present(&self) -> Vec<RemoteId> {
        self.mails.keys().map(|id| RemoteId(id.clone())).collect()
    }
}
