//! One mailbox of the stand-in: folders, messages, and what changed when.
//!
//! A message has two ids, as in Exchange: one that never changes, and one that is another after every move. Which of them an answer holds
//! is the caller's to say (`Prefer: IdType="ImmutableId"`).

use std::collections::BTreeMap;

use domain::time::Timestamp;

use super::{error::GraphError, head::Head};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    pub id: String,
    pub name: String,
    /// None: the root of what the person sees.
    pub parent: Option<String>,
    pub well_known: Option<&'static str>,
    pub hidden: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub key: u64,
    pub folder: String,
    /// How often it was moved: part of the id that changes.
    moves: u32,
    pub raw: Vec<u8>,
    pub head: Head,
    pub conversation: String,
    pub received: Timestamp,
    pub modified: Timestamp,
    pub draft: bool,
    pub read: bool,
    /// `notFlagged`, `flagged` or `complete`.
    pub flag: String,
    pub categories: Vec<String>,
    pub importance: String,
    pub inference: String,
    /// Serial of the last change of anything, of the last one beside the read state, and of its coming into its folder.
    pub changed: u64,
    pub full: u64,
    pub arrived: u64,
}

impl Item {
    pub fn immutable(&self) -> String {
        format!("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A{:016x}", self.key)
    }

    fn mutable(&self) -> String {
        let place = self.folder.bytes().fold(0u32, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(b)));
        format!("AAMkAGI2{:016x}{place:08x}{:04x}AAA=", self.key, self.moves)
    }

    pub fn id(&self, immutable: bool) -> String {
        if immutable { self.immutable() } else { self.mutable() }
    }

    /// Of this version.
    pub fn change_key(&self) -> String {
        format!("CQAAABYAAAB{:08x}", self.changed)
    }

    pub fn etag(&self) -> String {
        format!("W/\"{}\"", self.change_key())
    }
}

/// It was in a folder and is there no more.
#[derive(Clone, Debug)]
pub(super) struct Removal {
    pub serial: u64,
    pub folder: String,
    /// Both ids as they were there.
    pub ids: (String, String),
    pub key: u64,
    /// `deleted`, or `changed` where it only left.
    pub reason: &'static str,
}

/// (well-known name, display name), in the order in which Exchange makes them. `archive` only where it was asked for once.
const FOLDERS: [(&str, &str); 8] = [
    ("archive", "Archive"),
    ("conversationhistory", "Conversation History"),
    ("deleteditems", "Deleted Items"),
    ("drafts", "Drafts"),
    ("inbox", "Inbox"),
    ("junkemail", "Junk Email"),
    ("outbox", "Outbox"),
    ("sentitems", "Sent Items"),
];
const HIDDEN: (&str, &str) = ("clutter", "Clutter");

pub(super) struct Mailbox {
    pub email: String,
    pub name: String,
    pub folders: Vec<Folder>,
    items: BTreeMap<u64, Item>,
    pub removals: Vec<Removal>,
    /// Counts changes.
    pub serial: u64,
    /// Sync tokens from before are too old.
    pub void_before: u64,
    next_key: u64,
    next_folder: u64,
}

pub(super) const ROOT: &str = "msgfolderroot";

impl Mailbox {
    /// Every delta token of before is too old from now on.
    pub fn expire_sync(&mut self) {
        self.serial += 1;
        self.void_before = self.serial;
    }

    pub fn new(email: &str, name: &str) -> Self {
        let mut mailbox = Self {
            email: email.to_ascii_lowercase(),
            name: name.to_owned(),
            folders: Vec::new(),
            items: BTreeMap::new(),
            removals: Vec::new(),
            serial: 0,
            void_before: 0,
            next_key: 0x1000,
            next_folder: 1,
        };
        let root = mailbox.new_folder("Top of Information Store", None, Some(ROOT), false);
        for (known, name) in FOLDERS {
            mailbox.new_folder(name, Some(&root), Some(known), false);
        }
        mailbox.new_folder(HIDDEN.1, Some(&root), Some(HIDDEN.0), true);
        mailbox
    }

    pub fn new_folder(&mut self, name: &str, parent: Option<&str>, well_known: Option<&'static str>, hidden: bool) -> String {
        let id = format!("AAMkAGI2-folder-{:06x}AAA=", self.next_folder);
        self.next_folder += 1;
        self.folders.push(Folder { id: id.clone(), name: name.to_owned(), parent: parent.map(str::to_owned), well_known, hidden });
        id
    }

    /// By id or well-known name.
    pub fn folder(&self, id: &str) -> Result<&Folder, GraphError> {
        let found = self.folders.iter().find(|f| f.id == id || f.well_known.is_some_and(|k| k.eq_ignore_ascii_case(id)));
        found.ok_or_else(|| if id.starts_with("AAMk") || is_well_known(id) { GraphError::not_found() } else { GraphError::malformed_id() })
    }

    pub fn known(&self, well_known: &str) -> String {
        self.folders.iter().find(|f| f.well_known == Some(well_known)).map(|f| f.id.clone()).unwrap_or_default()
    }

    pub fn items(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.items.values()
    }

    pub fn in_folder<'a>(&'a self, folder: &'a str) -> impl DoubleEndedIterator<Item = &'a Item> {
        self.items.values().filter(move |i| i.folder == folder)
    }

    pub fn by_key(&self, key: u64) -> Option<&Item> {
        self.items.get(&key)
    }

    /// By either id as it is now.
    pub fn item(&self, id: &str) -> Result<&Item, GraphError> {
        let tail = id.strip_prefix("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A").or_else(|| id.strip_prefix("AAMkAGI2"));
        let key = tail.and_then(|t| t.get(..16)).and_then(|hex| u64::from_str_radix(hex, 16).ok()).ok_or_else(GraphError::malformed_id)?;
        self.items.get(&key).filter(|i| i.immutable() == id || i.mutable() == id).ok_or_else(GraphError::not_found)
    }

    fn tick(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Files a message. Returns its key.
    pub fn insert(&mut self, folder: &str, raw: Vec<u8>, at: Timestamp, draft: bool, read: bool) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        let serial = self.tick();
        let head = Head::of(&raw);
        let conversation = self.conversation(&head, key);
        let item = Item {
            key,
            folder: folder.to_owned(),
            moves: 0,
            raw,
            head,
            conversation,
            received: at,
            modified: at,
            draft,
            read,
            flag: "notFlagged".to_owned(),
            categories: Vec::new(),
            importance: "normal".to_owned(),
            inference: "focused".to_owned(),
            changed: serial,
            full: serial,
            arrived: serial,
        };
        self.items.insert(key, item);
        key
    }

    fn conversation(&self, head: &Head, key: u64) -> String {
        let parent = self.items.values().rev().find(|i| !i.head.message_id.is_empty() && head.references.contains(&i.head.message_id));
        parent.map_or_else(|| format!("AAQkAGI2-conv-{key:08x}"), |p| p.conversation.clone())
    }

    /// Changes a message. `only_read`: nothing but the read state, of which delta says less.
    pub fn edit(&mut self, key: u64, now: Timestamp, only_read: bool, change: impl FnOnce(&mut Item)) {
        let serial = self.tick();
        if let Some(item) = self.items.get_mut(&key) {
            change(item);
            item.changed = serial;
            item.modified = now;
            if !only_read {
                item.full = serial;
            }
        }
    }

    /// New bytes for a draft.
    pub fn rewrite(&mut self, key: u64, raw: Vec<u8>, now: Timestamp) {
        let head = Head::of(&raw);
        self.edit(key, now, false, |item| {
            item.raw = raw;
            item.head = head;
        });
    }

    /// To another folder, which must exist. The same folder: nothing happens.
    pub fn relocate(&mut self, key: u64, to: &str, now: Timestamp) {
        let Some(item) = self.items.get(&key).filter(|i| i.folder != to) else { return };
        let (from, ids) = (item.folder.clone(), (item.immutable(), item.mutable()));
        let serial = self.tick();
        self.removals.push(Removal { serial, folder: from, ids, key, reason: "changed" });
        let serial = self.tick();
        if let Some(item) = self.items.get_mut(&key) {
            to.clone_into(&mut item.folder);
            item.moves += 1;
            item.modified = now;
            (item.changed, item.full, item.arrived) = (serial, serial, serial);
        }
    }

    /// For ever.
    pub fn purge(&mut self, key: u64) {
        let Some(item) = self.items.remove(&key) else { return };
        let serial = self.tick();
        let ids = (item.immutable(), item.mutable());
        self.removals.push(Removal { serial, folder: item.folder, ids, key, reason: "deleted" });
    }

    /// The folder, all below it, and the mail in them.
    pub fn drop_folder(&mut self, id: &str) {
        let below: Vec<String> = self.folders.iter().filter(|f| f.parent.as_deref() == Some(id)).map(|f| f.id.clone()).collect();
        for child in below {
            self.drop_folder(&child);
        }
        let held: Vec<u64> = self.in_folder(id).map(|i| i.key).collect();
        for key in held {
            self.purge(key);
        }
        self.folders.retain(|f| f.id != id);
    }
}

fn is_well_known(name: &str) -> bool {
    FOLDERS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) || name.eq_ignore_ascii_case(ROOT) || name == HIDDEN.0
}
