//! One Gmail mailbox: messages, labels, drafts, and a history record for every change.
//!
//! Ids are opaque hex to the client; inside they grow with the date, so that newest-first is the reverse of id order within
//! a millisecond. Threads follow Gmail's rule: References or In-Reply-To name a message of the thread *and* the subject fits.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use domain::time::Timestamp;
use mail_parser::{HeaderValue, MessageParser};

use super::error::ApiError;
use crate::{MessageState, rng::Rng, text};

/// Id of a message or a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MsgId(pub u64);

impl fmt::Display for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl MsgId {
    /// Exactly as written by us: lower case, no leading zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(u64::from_str_radix(text, 16).ok()?);
        (id.to_string() == text).then_some(id)
    }
}

#[derive(Clone, Debug)]
pub struct StoredMessage {
    pub id: MsgId,
    pub thread: MsgId,
    pub labels: BTreeSet<String>,
    pub raw: Vec<u8>,
    pub internal_date: Timestamp,
    pub history_id: u64,
    pub subject: String,
    /// Display form: `Name <addr>`.
    pub from: String,
    /// To, Cc and Bcc together, lower case.
    pub to: String,
    pub message_id: Option<String>,
    pub references: Vec<String>,
    /// HTML-escaped.
    pub snippet: String,
    /// Text for `q`, lower case.
    pub searchable: String,
    pub has_attachment: bool,
}

impl StoredMessage {
    pub(crate) fn state(&self) -> MessageState {
        MessageState {
            id: self.id.to_string(),
            thread_id: self.thread.to_string(),
            message_id: self.message_id.clone(),
            subject: self.subject.clone(),
            from: self.from.clone(),
            labels: self.labels.clone(),
            internal_date: self.internal_date,
            raw: self.raw.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub id: String,
    pub name: String,
    pub user: bool,
    pub message_list_visibility: Option<String>,
    pub label_list_visibility: Option<String>,
    /// (text, background).
    pub color: Option<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Added,
    Deleted,
    LabelsAdded(Vec<String>),
    LabelsRemoved(Vec<String>),
}

#[derive(Clone, Debug)]
pub struct Record {
    pub id: u64,
    pub message: MsgId,
    pub thread: MsgId,
    /// Labels after the change.
    pub labels: BTreeSet<String>,
    pub event: Event,
}

/// (id, shown in the label list)
const SYSTEM: [&str; 14] = [
    "INBOX",
    "SENT",
    "DRAFT",
    "TRASH",
    "SPAM",
    "STARRED",
    "IMPORTANT",
    "UNREAD",
    "CHAT",
    "CATEGORY_PERSONAL",
    "CATEGORY_SOCIAL",
    "CATEGORY_PROMOTIONS",
    "CATEGORY_UPDATES",
    "CATEGORY_FORUMS",
];

pub struct Mailbox {
    pub email: String,
    pub name: String,
    messages: BTreeMap<MsgId, StoredMessage>,
    order: BTreeSet<(Timestamp, MsgId)>,
    by_message_id: HashMap<String, MsgId>,
    labels: BTreeMap<String, Label>,
    history: Vec<Record>,
    /// History ids below this are forgotten.
    history_floor: u64,
    history_id: u64,
    pub(super) drafts: BTreeMap<String, MsgId>,
    next_label: u64,
    counter: u64,
    rng: Rng,
}

impl Mailbox {
    pub fn new(email: &str, name: &str, mut rng: Rng) -> Self {
        let history_id = 900_000 + rng.draw() % 90_000;
        let labels = SYSTEM.iter().map(|&id| {
            let label = Label {
                id: id.to_owned(),
                name: id.to_owned(),
                user: false,
                message_list_visibility: None,
                label_list_visibility: None,
                color: None,
            };
            (id.to_owned(), label)
        });
        Self {
            email: email.to_ascii_lowercase(),
            name: name.to_owned(),
            messages: BTreeMap::new(),
            order: BTreeSet::new(),
            by_message_id: HashMap::new(),
            labels: labels.collect(),
            history: Vec::new(),
            history_floor: history_id,
            history_id,
            drafts: BTreeMap::new(),
            next_label: 1,
            counter: 0,
            rng,
        }
    }

    pub fn get(&self, id: MsgId) -> Option<&StoredMessage> {
        self.messages.get(&id)
    }

    /// By the id as the client wrote it.
    pub fn find(&self, id: &str) -> Result<&StoredMessage, ApiError> {
        let parsed = MsgId::parse(id).ok_or_else(|| ApiError::bad("Invalid id value"))?;
        self.messages.get(&parsed).ok_or_else(ApiError::not_found)
    }

    pub fn len(&self) -> usize {
        self.messages.len()
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub fn newest_first(&self) -> impl Iterator<Item = &StoredMessage> {
        self.order.iter().rev().filter_map(|(_, id)| self.messages.get(id))
    }

    /// Oldest first, as `threads.get` lists them.
    pub fn thread(&self, thread: MsgId) -> impl Iterator<Item = &StoredMessage> {
        self.order.iter().filter_map(|(_, id)| self.messages.get(id)).filter(move |m| m.thread == thread)
    }

    pub fn labels(&self) -> impl Iterator<Item = &Label> {
        self.labels.values()
    }

    pub fn label(&self, id: &str) -> Result<&Label, ApiError> {
        self.labels.get(id).ok_or_else(ApiError::not_found)
    }

    pub(super) fn label_mut(&mut self, id: &str) -> Option<&mut Label> {
        self.labels.get_mut(id)
    }

    pub const fn history_id(&self) -> u64 {
        self.history_id
    }

    pub const fn history_floor(&self) -> u64 {
        self.history_floor
    }

    pub fn history_since(&self, start: u64) -> impl Iterator<Item = &Record> {
        let at = self.history.partition_point(|r| r.id <= start);
        self.history.iter().skip(at)
    }

    pub fn expire_history(&mut self) {
        self.history.clear();
        // The current id itself must be too old as well, hence the step.
        self.history_id += 1;
        self.history_floor = self.history_id;
    }

    /// Forgets how the fixtures came about: a client starts after them.
    pub(crate) fn settle(&mut self) {
        self.history.clear();
        self.history_floor = self.history_id;
    }

    fn record(&mut self, id: MsgId, event: Event) {
        // Ids grow with gaps.
        self.history_id += 1 + self.rng.draw() % 7;
        let history_id = self.history_id;
        if let Some(message) = self.messages.get_mut(&id) {
            message.history_id = history_id;
            let record = Record { id: history_id, message: id, thread: message.thread, labels: message.labels.clone(), event };
            self.history.push(record);
        }
    }

    /// Files a message. `thread`: only where it is known to fit; else the thread is found by References and subject.
    pub fn insert(&mut self, raw: &[u8], labels: Vec<String>, at: Timestamp, thread: Option<MsgId>) -> MsgId {
        self.counter += 1;
        let mut id = MsgId(((at.millis().max(0) as u64) << 20) | (self.counter & 0xf_ffff));
        while self.messages.contains_key(&id) {
            id = MsgId(id.0 + 1);
        }
        let mut message = index(id, raw);
        message.internal_date = at;
        message.labels = labels.into_iter().collect();
        message.thread = thread.or_else(|| self.thread_for(&message)).unwrap_or(id);
        if let Some(message_id) = &message.message_id {
            self.by_message_id.entry(message_id.clone()).or_insert(id);
        }
        self.order.insert((at, id));
        self.messages.insert(id, message);
        self.record(id, Event::Added);
        id
    }

    fn thread_for(&self, message: &StoredMessage) -> Option<MsgId> {
        let subject = base_subject(&message.subject);
        message
            .references
            .iter()
            .rev()
            .filter_map(|reference| self.messages.get(self.by_message_id.get(reference)?))
            .find(|parent| base_subject(&parent.subject) == subject)
            .map(|parent| parent.thread)
    }

    /// Whether a message may be filed in `thread` (PROVIDERS 1.5, Sending): a parent of the thread is named, the subject fits.
    pub(super) fn fits_thread(&self, raw: &[u8], thread: MsgId) -> bool {
        self.thread_for(&index(MsgId(0), raw)) == Some(thread)
    }

    /// Adds and removes labels; a record for each kind that changed something.
    pub fn relabel(&mut self, id: &str, add: &[String], remove: &[String]) -> Result<MsgId, ApiError> {
        let id = self.find(id)?.id;
        if let Some(unknown) = add.iter().chain(remove).find(|l| !self.labels.contains_key(*l)) {
            return Err(ApiError::bad(format!("Invalid label: {unknown}")));
        }
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        if let Some(message) = self.messages.get_mut(&id) {
            added = add.iter().filter(|l| message.labels.insert((*l).clone())).cloned().collect();
            removed = remove.iter().filter(|l| !add.contains(l) && message.labels.remove(*l)).cloned().collect();
        }
        if !added.is_empty() {
            self.record(id, Event::LabelsAdded(added));
        }
        if !removed.is_empty() {
            self.record(id, Event::LabelsRemoved(removed));
        }
        Ok(id)
    }

    /// For ever.
    pub fn delete(&mut self, id: &str) -> Result<(), ApiError> {
        let id = self.find(id)?.id;
        self.record(id, Event::Deleted);
        if let Some(message) = self.messages.remove(&id) {
            self.order.remove(&(message.internal_date, id));
            if let Some(message_id) = message.message_id
                && self.by_message_id.get(&message_id) == Some(&id)
            {
                self.by_message_id.remove(&message_id);
            }
        }
        self.drafts.retain(|_, message| *message != id);
        Ok(())
    }

    pub fn create_label(&mut self, name: &str) -> Result<Label, ApiError> {
        if name.trim().is_empty() || name.len() > 225 {
            return Err(ApiError::bad("Invalid label name"));
        }
        self.check_label_name(name, None)?;
        let label = Label {
            id: format!("Label_{}", self.next_label),
            name: name.to_owned(),
            user: true,
            message_list_visibility: Some("show".to_owned()),
            label_list_visibility: Some("labelShow".to_owned()),
            color: None,
        };
        self.next_label += 1;
        self.labels.insert(label.id.clone(), label.clone());
        Ok(label)
    }

    pub(crate) fn colour(&mut self, id: &str, text: &str, background: &str) {
        if let Some(label) = self.labels.get_mut(id) {
            label.color = Some((text.to_owned(), background.to_owned()));
        }
    }

    /// A draft with an id of its own.
    pub(crate) fn insert_draft(&mut self, raw: &[u8], at: Timestamp) {
        let message = self.insert(raw, vec!["DRAFT".to_owned()], at, None);
        let draft = self.new_draft_id();
        self.drafts.insert(draft, message);
    }

    pub(super) fn check_label_name(&self, name: &str, own: Option<&str>) -> Result<(), ApiError> {
        if self.labels.values().any(|l| l.name.eq_ignore_ascii_case(name) && Some(l.id.as_str()) != own) {
            return Err(ApiError::new(409, "aborted", "Label name exists or conflicts"));
        }
        Ok(())
    }

    pub(super) fn delete_label(&mut self, id: &str) -> Result<(), ApiError> {
        if !self.label(id)?.user {
            return Err(ApiError::bad("Invalid delete request"));
        }
        let holders: Vec<String> = self.messages.values().filter(|m| m.labels.contains(id)).map(|m| m.id.to_string()).collect();
        for message in holders {
            self.relabel(&message, &[], &[id.to_owned()])?;
        }
        self.labels.remove(id);
        Ok(())
    }

    pub(super) fn new_draft_id(&mut self) -> String {
        format!("r{}", self.rng.draw() >> 1)
    }

    /// Changes with every call: attachment ids are not stable between gets.
    pub(super) fn nonce(&mut self) -> u64 {
        self.rng.draw()
    }
}

/// Reply and forward prefixes taken off, case folded.
pub(super) fn base_subject(subject: &str) -> String {
    let mut rest = subject.trim();
    while let Some((prefix, tail)) = rest.split_once(':') {
        if !["re", "fwd", "fw", "aw", "wg", "sv", "vs", "rv", "tr", "odp"].contains(&prefix.trim().to_ascii_lowercase().as_str()) {
            break;
        }
        rest = tail.trim_start();
    }
    rest.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What lists and searches need to know, read once.
fn index(id: MsgId, raw: &[u8]) -> StoredMessage {
    let parsed = MessageParser::default().parse(raw);
    let parsed = parsed.as_ref();
    let addresses = |list: Option<&mail_parser::Address<'_>>| {
        list.map(|list| {
            list.iter()
                .map(|a| match (a.name(), a.address()) {
                    (Some(name), Some(address)) => format!("{name} <{address}>"),
                    (_, Some(address)) => address.to_owned(),
                    (name, None) => name.unwrap_or_default().to_owned(),
                })
                .collect::<Vec<_>>()
                .join(", ")
        })
        .unwrap_or_default()
    };
    let ids = |value: Option<&HeaderValue<'_>>| match value {
        Some(HeaderValue::Text(one)) => vec![one.to_string()],
        Some(HeaderValue::TextList(many)) => many.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let subject = parsed.and_then(|m| m.subject()).unwrap_or_default().to_owned();
    let from = addresses(parsed.and_then(|m| m.from()));
    let to =
        [parsed.and_then(|m| m.to()), parsed.and_then(|m| m.cc()), parsed.and_then(|m| m.bcc())].map(addresses).join(" ").to_lowercase();
    let body = parsed.and_then(|m| m.body_text(0)).unwrap_or_default();
    let words = body.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = words.char_indices().nth(200).map_or(words.len(), |(at, _)| at);
    let mut references = ids(parsed.map(mail_parser::Message::references));
    references.extend(ids(parsed.map(mail_parser::Message::in_reply_to)));
    StoredMessage {
        id,
        thread: id,
        labels: BTreeSet::new(),
        raw: raw.to_vec(),
        internal_date: Timestamp(0),
        history_id: 0,
        searchable: format!("{subject} {from} {to} {words}").to_lowercase(),
        subject,
        from,
        to,
        message_id: parsed.and_then(|m| m.message_id()).map(str::to_owned),
        references,
        snippet: text::html(words.get(..cut).unwrap_or_default()),
        has_attachment: parsed.is_some_and(|m| m.attachment_count() > 0),
    }
}
