//! What a test may look at and change from outside, beside HTTP.

use domain::time::Timestamp;

use super::{
    mailbox::{Item, Mailbox},
    world::{MsSwitches, MsWorld},
};
use crate::{EntraSwitches, Sandbox, control::locked, fixtures};

/// One message as Exchange holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MsMessage {
    /// The id that never changes, and the one that does when it moves.
    pub id: String,
    pub mutable_id: String,
    pub folder: String,
    /// Display name of the folder.
    pub folder_name: String,
    pub message_id: String,
    pub subject: String,
    pub read: bool,
    pub flagged: bool,
    pub draft: bool,
    pub categories: Vec<String>,
    pub received: Timestamp,
    pub raw: Vec<u8>,
}

fn state(mailbox: &Mailbox, item: &Item) -> MsMessage {
    MsMessage {
        id: item.id(true),
        mutable_id: item.id(false),
        folder: item.folder.clone(),
        folder_name: mailbox.folder(&item.folder).map(|f| f.name.clone()).unwrap_or_default(),
        message_id: item.head.message_id.clone(),
        subject: item.head.subject.clone(),
        read: item.read,
        flagged: item.flag == "flagged",
        draft: item.draft,
        categories: item.categories.clone(),
        received: item.received,
        raw: item.raw.clone(),
    }
}

impl Sandbox {
    pub(super) fn microsoft<T>(&self, f: impl FnOnce(&mut MsWorld, Timestamp) -> T) -> T {
        let now = self.now();
        let mut world = locked(&self.shared.microsoft);
        world.settle(now);
        f(&mut world, now)
    }

    fn ms_mailbox<T>(&self, email: &str, f: impl FnOnce(&mut Mailbox, Timestamp) -> T) -> Option<T> {
        self.microsoft(|world, now| world.mailbox(email).ok().map(|m| f(m, now)))
    }

    pub fn set_ms_switches(&self, change: impl FnOnce(&mut MsSwitches)) {
        self.microsoft(|world, _| change(&mut world.switches));
    }

    pub fn set_entra_switches(&self, switches: EntraSwitches) {
        locked(&self.shared.entra).switches = switches;
    }

    /// Every message of an account, newest first; empty for an account without a mailbox.
    pub fn ms_messages(&self, email: &str) -> Vec<MsMessage> {
        let all = self.ms_mailbox(email, |m, _| m.items().map(|i| state(m, i)).collect::<Vec<_>>());
        let mut all = all.unwrap_or_default();
        all.sort_by_key(|m| std::cmp::Reverse((m.received, m.id.clone())));
        all
    }

    /// Those of one folder, by its display name.
    pub fn ms_in_folder(&self, email: &str, name: &str) -> Vec<MsMessage> {
        self.ms_messages(email).into_iter().filter(|m| m.folder_name == name).collect()
    }

    /// (id, display name) of every folder.
    pub fn ms_folders(&self, email: &str) -> Vec<(String, String)> {
        self.ms_mailbox(email, |m, _| m.folders.iter().map(|f| (f.id.clone(), f.name.clone())).collect()).unwrap_or_default()
    }

    /// A mail from outside arrives in the inbox, unread. Returns the id that never changes.
    pub fn ms_deliver(&self, email: &str, raw: &[u8]) -> Option<String> {
        self.ms_insert(email, "inbox", raw, self.now())
    }

    pub fn ms_deliver_text(&self, email: &str, from: &str, subject: &str, body: &str) -> Option<String> {
        self.ms_deliver(email, &fixtures::plain(from, email, subject, body, self.now()))
    }

    /// Unread, in a folder by id or well-known name, with a date of its own.
    pub fn ms_insert(&self, email: &str, folder: &str, raw: &[u8], at: Timestamp) -> Option<String> {
        self.ms_mailbox(email, |m, _| {
            let folder = m.folder(folder).ok()?.id.clone();
            let key = m.insert(&folder, raw.to_vec(), at, false, false);
            m.by_key(key).map(|i| i.id(true))
        })?
    }

    /// From another device. False: no such message.
    pub fn ms_set(&self, email: &str, id: &str, read: Option<bool>, flagged: Option<bool>) -> bool {
        let done = self.ms_mailbox(email, |m, now| {
            let key = m.item(id).ok()?.key;
            m.edit(key, now, flagged.is_none(), |item| {
                item.read = read.unwrap_or(item.read);
                if let Some(on) = flagged {
                    if on { "flagged" } else { "notFlagged" }.clone_into(&mut item.flag);
                }
            });
            Some(())
        });
        done.flatten().is_some()
    }

    /// To a folder by id or well-known name, from another device.
    pub fn ms_move(&self, email: &str, id: &str, to: &str) -> bool {
        let done = self.ms_mailbox(email, |m, now| {
            let (key, to) = (m.item(id).ok()?.key, m.folder(to).ok()?.id.clone());
            m.relocate(key, &to, now);
            Some(())
        });
        done.flatten().is_some()
    }

    /// For ever, from another device.
    pub fn ms_delete(&self, email: &str, id: &str) -> bool {
        let done = self.ms_mailbox(email, |m, _| {
            let key = m.item(id).ok()?.key;
            m.purge(key);
            Some(())
        });
        done.flatten().is_some()
    }

    /// A folder of the person's, below another (None: at the top). Returns its id.
    pub fn ms_create_folder(&self, email: &str, parent: Option<&str>, name: &str) -> Option<String> {
        self.ms_mailbox(email, |m, _| {
            let parent = m.folder(parent.unwrap_or("msgfolderroot")).ok()?.id.clone();
            Some(m.new_folder(name, Some(&parent), None, false))
        })?
    }

    /// Takes away one of Exchange's own folders, as in a mailbox that never had it (an archive, say).
    pub fn ms_drop_folder(&self, email: &str, id: &str) {
        let _: Option<()> = self.ms_mailbox(email, |m, _| {
            if let Ok(id) = m.folder(id).map(|f| f.id.clone()) {
                m.drop_folder(&id);
            }
        });
    }

    /// Every delta token of before is too old, of mail and of tasks: 410.
    pub fn ms_expire_sync(&self, email: &str) {
        // An account without a mailbox has no tokens.
        let _ = self.microsoft(|world, _| world.expire_sync(email));
    }

    /// The most requests that were under way at once for one mailbox, since the start or the last call.
    pub fn ms_peak(&self) -> u32 {
        self.microsoft(|world, _| std::mem::take(&mut world.peak))
    }
}
