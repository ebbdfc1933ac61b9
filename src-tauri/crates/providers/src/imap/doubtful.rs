//! Messages that can't be read, so that one of them does not keep its whole folder from being synced.
//!
//! A server that says NO names its message, because it is then asked for alone. One that hangs up or talks nonsense takes the
//! connection along and names nothing: what was missing then is asked for one by one the next time, and what breaks off alone
//! [`STRIKES`] times, with the engine's pauses in between, is given up. A bad line breaks off too, but not always at the same message.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{error::ProviderError, ids::RemoteId, source::MailSink, sync::RemoteMail};

use super::{
    changes::{parse_id, remote_id},
    parse::{Data, Said},
    select::fetch_each,
    session::Session,
};

/// Times that a message may break off a fetch of itself alone.
pub(crate) const STRIKES: u32 = 3;
/// Of the server's words.
const MAX_WORDS: usize = 200;

/// Strikes by (UIDVALIDITY, UID).
type Strikes = BTreeMap<(u32, u32), u32>;

/// How often each message broke off a fetch, by mailbox. In memory: a new process tries anew.
#[derive(Debug, Default)]
pub(crate) struct Doubtful(Mutex<HashMap<String, Strikes>>);

impl Doubtful {
    fn with<T>(&self, mailbox: &str, act: impl FnOnce(&mut Strikes) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(mailbox.to_owned()).or_default())
    }
    /// Strikes by UID.
    pub fn of(&self, mailbox: &str, uid_validity: u32) -> BTreeMap<u32, u32> {
        self.with(mailbox, |known| known.iter().filter(|((v, _), _)| *v == uid_validity).map(|((_, uid), n)| (*uid, *n)).collect())
    }
    pub fn suspect(&self, mailbox: &str, uid_validity: u32, uids: BTreeSet<u32>) {
        self.with(mailbox, |known| {
            known.retain(|(validity, _), _| *validity == uid_validity);
            for uid in uids {
                known.entry((uid_validity, uid)).or_insert(0);
            }
        });
    }
    pub fn strike(&self, mailbox: &str, uid_validity: u32, uid: u32) {
        self.with(mailbox, |known| *known.entry((uid_validity, uid)).or_insert(0) += 1);
    }
    pub fn clear(&self, mailbox: &str, uid_validity: u32, uid: u32) {
        self.with(mailbox, |known| {
            known.remove(&(uid_validity, uid));
        });
    }
}

/// Whether an error may be the doing of one message. Our own disk, a sign-in or a limit is not.
pub(crate) fn is_their_fault(error: &ProviderError) -> bool {
    matches!(error, ProviderError::Protocol { .. } | ProviderError::Unreachable { .. } | ProviderError::Server { .. })
}

/// The one that is given up comes last: what can be read is read first.
pub(crate) fn least_doubtful_first(mut uids: Vec<(u32, u64)>, strikes: &BTreeMap<u32, u32>) -> Vec<(u32, u64)> {
    uids.sort_by_key(|(uid, _)| (strikes.get(uid).copied().unwrap_or(0), *uid));
    uids
}

/// The server's words for the person.
pub(crate) fn refusal(host: &str, said: &Said) -> String {
    let words: String = said.text.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    if words.is_empty() { format!("{host} refused it without a reason.") } else { format!("{host} says: {words}") }
}

/// Tells the sink of a message that can't be read, with its header where that can be.
pub(crate) async fn give_up(
    session: &mut Session,
    uid_validity: u32,
    uid: u32,
    why: &str,
    header: bool,
    sink: &mut dyn MailSink,
) -> Result<(), ProviderError> {
    tracing::warn!(uid, "the server can't deliver this message");
    let mut read = Vec::new();
    if header {
        let got = fetch_each(session, &[uid.to_string()], "(UID BODY.PEEK[HEADER])", |got, fetched| {
            if got == uid
                && let Some(Data::Bytes(bytes)) = fetched.sections.first().map(|s| &s.data)
            {
                read = bytes.to_vec();
            }
        })
        .await;
        if let Err(error) = got
            && !session.is_settled()
        {
            return Err(error);
        }
    }
    sink.unreadable(RemoteMail::new(remote_id(uid_validity, uid)), &read, why).await
}

/// A sink that knows what has not come yet.
pub(crate) struct Seen<'a> {
    sink: &'a mut dyn MailSink,
    missing: BTreeSet<u32>,
    current: Option<u32>,
}

impl<'a> Seen<'a> {
    pub fn new(sink: &'a mut dyn MailSink, uids: impl Iterator<Item = u32>) -> Self {
        Self { sink, missing: uids.collect(), current: None }
    }
    pub fn missing(self) -> BTreeSet<u32> {
        self.missing
    }
    fn uid(id: &RemoteId) -> Option<u32> {
        parse_id(id).map(|(_, uid)| uid)
    }
}

#[async_trait]
impl MailSink for Seen<'_> {
    async fn begin(&mut self, mail: RemoteMail) -> Result<(), ProviderError> {
        self.current = Self::uid(&mail.id);
        self.sink.begin(mail).await
    }
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.sink.chunk(bytes).await
    }
    async fn end(&mut self) -> Result<(), ProviderError> {
        if let Some(uid) = self.current.take() {
            self.missing.remove(&uid);
        }
        self.sink.end().await
    }
    async fn unreadable(&mut self, mail: RemoteMail, header: &[u8], why: &str) -> Result<(), ProviderError> {
        if let Some(uid) = Self::uid(&mail.id) {
            self.missing.remove(&uid);
        }
        self.sink.unreadable(mail, header, why).await
    }
}
