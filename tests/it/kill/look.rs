//! The look at a home after something was done to it: how soon its inbox can be shown, whether every table of its store is sound and
//! tells the same as the others, and what lies where with which flags.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use domain::{
    mail::{Flags, MailboxRole},
    time::system_clock,
};
use engine::Engine;
use store::{AuditVerdict, MessageFilter, Place, ThreadFilter};
use vault::{KeySource, Vault};

use crate::support::{PASSPHRASE, long};

/// What the person waits for at most: from the start to the first window of the inbox, without what the passphrase costs on purpose.
const READY: Duration = Duration::from_secs(2);

/// How long starts took that came after a kill or a fault.
pub struct Ready {
    /// Deriving the key of the home from its passphrase.
    key: Duration,
    times: Vec<Duration>,
}

fn phrase() -> KeySource {
    KeySource::Passphrase(PASSPHRASE.to_owned().into())
}

impl Ready {
    /// `home`: one that is made already. The least of three measurements, so that never too much is taken off.
    pub async fn new(home: &Path) -> Self {
        let mut key = Duration::MAX;
        for _ in 0..3 {
            let started = Instant::now();
            drop(Vault::open(home, phrase()).await.unwrap());
            key = key.min(started.elapsed());
        }
        Self { key, times: Vec::new() }
    }

    /// Opens as the window does, up to the first list.
    pub async fn open(&mut self, home: &Path, what: &str) -> Engine {
        let started = Instant::now();
        let engine = host::open_engine(home, phrase(), system_clock(), false)
            .await
            .unwrap_or_else(|e| panic!("{what}: does not open: {} {e}", e.code));
        let inbox = ThreadFilter { account: None, place: Place::Role(MailboxRole::Inbox), unread_only: false, starred: false };
        engine.thread_window(inbox, 0, 50).await.unwrap();
        self.times.push(started.elapsed().saturating_sub(self.key));
        engine
    }

    /// The machine may be busy with other things: one start in twenty may be slow, and the slowest is told. The short form, which runs
    /// beside other tests, only finds out starts that hang.
    pub fn judge(mut self) {
        self.times.sort_unstable();
        let (Some(p95), Some(most)) = (self.times.get((self.times.len() * 95).div_ceil(100).saturating_sub(1)), self.times.last()) else {
            panic!("nothing was started");
        };
        println!(
            "{} starts until the first window of the inbox: p95 {} ms, most {} ms (the key, {} ms, apart)",
            self.times.len(),
            p95.as_millis(),
            most.as_millis(),
            self.key.as_millis()
        );
        let bound = if long() { READY } else { READY * 5 };
        assert!(*p95 <= bound, "{p95:?}");
    }
}

/// Every page, every table, the tables among each other, every word of the index, the log.
pub async fn sound(engine: &Engine, what: &str) {
    let store = engine.store();
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new(), "{what}");
    assert_eq!(store.index_differences().await.unwrap(), Vec::<String>::new(), "{what}");
    assert!(matches!(store.verify_audit().await.unwrap(), AuditVerdict::Intact { .. }), "{what}");
}

/// As IMAP writes them, in the order of the alphabet.
pub fn flag_names(f: Flags) -> String {
    let all = [(f.answered, "\\Answered"), (f.deleted, "\\Deleted"), (f.draft, "\\Draft"), (f.flagged, "\\Flagged"), (f.seen, "\\Seen")];
    all.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}

/// (Message-ID, flags) of everything in a mailbox here, sorted; its counts are compared on the way.
pub async fn local(engine: &Engine, name: &str) -> Vec<(String, String)> {
    let mailbox = engine.store().mailboxes(None).await.unwrap().into_iter().find(|m| m.name == name);
    let mailbox = mailbox.unwrap_or_else(|| panic!("there is no {name}"));
    let filter = MessageFilter { place: Some(Place::Mailbox(mailbox.id)), ..MessageFilter::default() };
    let mails = engine.store().messages(&filter, None, 100_000).await.unwrap().items;
    let unread = mails.iter().filter(|m| !m.flags.seen).count() as i64;
    assert_eq!((mailbox.total, mailbox.unread), (mails.len() as i64, unread), "the counts of {name}");
    let mut out: Vec<_> = mails.into_iter().map(|m| (m.rfc_message_id, flag_names(m.flags))).collect();
    out.sort();
    out
}
