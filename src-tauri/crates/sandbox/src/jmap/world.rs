//! The account of the stand-in: mailboxes, mail, blobs, identities, what was submitted, and what changed when.

use std::collections::{BTreeMap, BTreeSet};

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::log::{Log, What};
use crate::{JMAP_MARA, microsoft::head::Head, text};

/// The id of the one account.
pub(super) const ACCOUNT: &str = "u1f3";

/// How the server behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JmapSwitches {
    pub max_objects_in_get: usize,
    pub max_objects_in_set: usize,
    pub max_calls_in_request: usize,
    pub max_concurrent_requests: u32,
    pub max_size_upload: usize,
    pub max_size_request: usize,
    /// Ids that one `Email/query` gives, whatever was asked.
    pub query_limit: usize,
    /// Records that one `/changes` tells of, whatever was asked.
    pub changes_limit: usize,
    /// How long every request takes, milliseconds.
    pub latency_ms: u64,
    pub read_only: bool,
    /// Mail can be sent.
    pub submission: bool,
    /// There is an event source.
    pub push: bool,
    /// The same mail is not imported twice (RFC 8621 section 4.8, `alreadyExists`).
    pub forbids_duplicates: bool,
    /// The person may not give mailboxes roles.
    pub keeps_roles: bool,
    /// A submission succeeds, and what was to happen to its mail does not.
    pub forgets_success: bool,
    /// Calls of this method are answered with this error, so often: `[method, type, times]`.
    pub failing: Vec<(String, String, u32)>,
    /// Changes of this mail are refused with this error: `[id, type]`.
    pub refused: Vec<(String, String)>,
    /// The answer to the next request with a call of this method is lost, though all of it is done.
    pub lose_answer_to: Option<String>,
}

impl Default for JmapSwitches {
    fn default() -> Self {
        Self {
            max_objects_in_get: 500,
            max_objects_in_set: 500,
            max_calls_in_request: 16,
            max_concurrent_requests: 4,
            max_size_upload: 50_000_000,
            max_size_request: 10_000_000,
            query_limit: 500,
            changes_limit: 500,
            latency_ms: 0,
            read_only: false,
            submission: true,
            push: true,
            forbids_duplicates: false,
            keeps_roles: false,
            forgets_success: false,
            failing: Vec::new(),
            refused: Vec::new(),
            lose_answer_to: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    pub id: String,
    pub name: String,
    pub parent: Option<String>,
    pub role: Option<String>,
    pub sort_order: u32,
    pub subscribed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Email {
    pub id: String,
    pub blob: String,
    pub thread: String,
    pub mailboxes: BTreeSet<String>,
    /// In lower case.
    pub keywords: BTreeSet<String>,
    pub received: Timestamp,
    pub raw: Vec<u8>,
    pub head: Head,
}

/// One mail that was handed over to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JmapSubmission {
    pub id: String,
    pub email: String,
    pub from: String,
    pub recipients: Vec<String>,
    pub raw: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub id: String,
    pub name: String,
    /// `*@domain` stands for every address there.
    pub email: String,
}

pub(crate) struct JmapWorld {
    pub username: String,
    pub password: String,
    pub token: String,
    pub switches: JmapSwitches,
    pub(super) mailboxes: Vec<Mailbox>,
    pub(super) emails: BTreeMap<String, Email>,
    /// What was uploaded, by id.
    pub(super) uploads: BTreeMap<String, Vec<u8>>,
    pub(super) identities: Vec<Identity>,
    pub(super) submissions: Vec<JmapSubmission>,
    pub(super) mail_log: Log,
    pub(super) mailbox_log: Log,
    pub(super) submission_log: Log,
    pub(super) in_flight: u32,
    /// The most requests that were under way at once.
    pub(super) peak: u32,
    next: u64,
    /// Counts changes; None once the sandbox stops.
    pub(super) pulse: watch::Sender<Option<u64>>,
}

/// By the bytes: the same ones are the same blob.
pub(super) fn blob_id(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    format!("G{}", text::b64url(&Sha256::digest(bytes)))
}

impl JmapWorld {
    pub fn new(token: String) -> Self {
        let mut world = Self {
            username: JMAP_MARA.to_owned(),
            password: "kaffe og kringle".to_owned(),
            token,
            switches: JmapSwitches::default(),
            mailboxes: Vec::new(),
            emails: BTreeMap::new(),
            uploads: BTreeMap::new(),
            identities: vec![
                Identity { id: "i1".to_owned(), name: "Mara Lindqvist".to_owned(), email: JMAP_MARA.to_owned() },
                Identity { id: "i2".to_owned(), name: "Mara".to_owned(), email: "*@mara.example".to_owned() },
            ],
            submissions: Vec::new(),
            mail_log: Log::new('e'),
            mailbox_log: Log::new('m'),
            submission_log: Log::new('s'),
            in_flight: 0,
            peak: 0,
            next: 0,
            pulse: watch::Sender::new(Some(0)),
        };
        for (order, (name, role)) in
            [("Inbox", "inbox"), ("Archive", "archive"), ("Drafts", "drafts"), ("Sent", "sent"), ("Spam", "junk"), ("Trash", "trash")]
                .into_iter()
                .enumerate()
        {
            let id = world.new_mailbox(name, None, Some(role));
            if let Some(mailbox) = world.mailboxes.iter_mut().find(|m| m.id == id) {
                mailbox.sort_order = order as u32 + 1;
            }
        }
        world
    }

    pub(super) fn fresh(&mut self, letter: char) -> String {
        self.next += 1;
        format!("{letter}{:05x}", self.next)
    }

    fn beat(&self) {
        self.pulse.send_modify(|count| *count = count.map(|n| n + 1));
    }

    /// No event goes out any more.
    pub fn close(&self) {
        self.pulse.send_replace(None);
    }

    pub(super) fn new_mailbox(&mut self, name: &str, parent: Option<&str>, role: Option<&str>) -> String {
        let id = self.fresh('P');
        self.mailboxes.push(Mailbox {
            id: id.clone(),
            name: name.to_owned(),
            parent: parent.map(str::to_owned),
            role: role.map(str::to_owned),
            sort_order: 10,
            subscribed: true,
        });
        self.mailbox_log.note(&id, What::Created);
        self.beat();
        id
    }

    pub(super) fn mailbox(&self, id: &str) -> Option<&Mailbox> {
        self.mailboxes.iter().find(|m| m.id == id)
    }

    /// Id of the mailbox with this role; empty where there is none.
    pub(super) fn by_role(&self, role: &str) -> String {
        self.mailboxes.iter().find(|m| m.role.as_deref() == Some(role)).map(|m| m.id.clone()).unwrap_or_default()
    }

    pub(super) fn change_mailbox(&mut self, id: &str, change: impl FnOnce(&mut Mailbox)) {
        if let Some(mailbox) = self.mailboxes.iter_mut().find(|m| m.id == id) {
            change(mailbox);
            self.mailbox_log.note(id, What::Updated);
            self.beat();
        }
    }

    pub(super) fn drop_mailbox(&mut self, id: &str) {
        self.mailboxes.retain(|m| m.id != id);
        self.mailbox_log.note(id, What::Destroyed);
        self.beat();
    }

    fn count(&mut self, mailboxes: &BTreeSet<String>) {
        for id in mailboxes {
            if self.mailbox(id).is_some() {
                self.mailbox_log.note(id, What::Counted);
            }
        }
    }

    /// Files a mail. Returns its id.
    pub(super) fn insert(&mut self, raw: Vec<u8>, mailboxes: BTreeSet<String>, keywords: BTreeSet<String>, at: Timestamp) -> String {
        let id = self.fresh('M');
        let head = Head::of(&raw);
        let parent = self.emails.values().find(|e| !e.head.message_id.is_empty() && head.references.contains(&e.head.message_id));
        let thread = parent.map_or_else(|| format!("T{id}"), |e| e.thread.clone());
        self.count(&mailboxes);
        let email = Email { id: id.clone(), blob: blob_id(&raw), thread, mailboxes, keywords, received: at, raw, head };
        self.emails.insert(id.clone(), email);
        self.mail_log.note(&id, What::Created);
        self.beat();
        id
    }

    pub(super) fn change_email(&mut self, id: &str, mailboxes: BTreeSet<String>, keywords: BTreeSet<String>) {
        let Some(email) = self.emails.get_mut(id) else { return };
        if email.mailboxes == mailboxes && email.keywords == keywords {
            return;
        }
        let both = email.mailboxes.union(&mailboxes).cloned().collect();
        (email.mailboxes, email.keywords) = (mailboxes, keywords);
        self.mail_log.note(id, What::Updated);
        self.count(&both);
        self.beat();
    }

    /// For ever. False: there is none.
    pub(super) fn destroy(&mut self, id: &str) -> bool {
        let Some(email) = self.emails.remove(id) else { return false };
        self.mail_log.note(id, What::Destroyed);
        self.count(&email.mailboxes);
        self.beat();
        true
    }

    /// What was uploaded, or the bytes of a mail.
    pub(super) fn blob(&self, id: &str) -> Option<&[u8]> {
        let uploaded = self.uploads.get(id).map(Vec::as_slice);
        uploaded.or_else(|| self.emails.values().find(|e| e.blob == id).map(|e| e.raw.as_slice()))
    }

    /// Whether an error was scripted for a call of this method; counts it.
    pub(super) fn fails(&mut self, method: &str) -> Option<String> {
        let (_, kind, left) = self.switches.failing.iter_mut().find(|(name, _, left)| name == method && *left > 0)?;
        *left -= 1;
        Some(kind.clone())
    }
}
