//! What a test may look at and change from outside, beside HTTP.

use std::collections::BTreeSet;

use domain::time::Timestamp;

use super::{
    SESSION,
    world::{Email, JmapSubmission, JmapSwitches, JmapWorld},
};
use crate::{JMAP_MARA, Provider, Sandbox, control::locked, fixtures};

/// One mail as the server holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JmapEmail {
    pub id: String,
    pub message_id: String,
    pub subject: String,
    /// Ids.
    pub mailboxes: BTreeSet<String>,
    pub keywords: BTreeSet<String>,
    pub received: Timestamp,
    pub raw: Vec<u8>,
}

fn state(email: &Email) -> JmapEmail {
    JmapEmail {
        id: email.id.clone(),
        message_id: email.head.message_id.clone(),
        subject: email.head.subject.clone(),
        mailboxes: email.mailboxes.clone(),
        keywords: email.keywords.clone(),
        received: email.received,
        raw: email.raw.clone(),
    }
}

impl Sandbox {
    fn jmap<T>(&self, f: impl FnOnce(&mut JmapWorld, Timestamp) -> T) -> T {
        let now = self.now();
        f(&mut locked(&self.shared.jmap), now)
    }

    /// `http://127.0.0.1:PORT`: what a person would give as the server.
    pub fn jmap_base(&self) -> String {
        self.base(Provider::Jmap)
    }

    /// The session resource itself.
    pub fn jmap_session(&self) -> String {
        self.base(Provider::Jmap) + SESSION
    }

    pub fn jmap_password(&self) -> String {
        self.jmap(|world, _| world.password.clone())
    }

    pub fn jmap_token(&self) -> String {
        self.jmap(|world, _| world.token.clone())
    }

    /// The secrets that are accepted from now on.
    pub fn set_jmap_secrets(&self, password: &str, token: &str) {
        self.jmap(|world, _| {
            password.clone_into(&mut world.password);
            token.clone_into(&mut world.token);
        });
    }

    pub fn set_jmap(&self, change: impl FnOnce(&mut JmapSwitches)) {
        self.jmap(|world, _| change(&mut world.switches));
    }

    /// Every mail, newest first.
    pub fn jmap_emails(&self) -> Vec<JmapEmail> {
        let mut all: Vec<JmapEmail> = self.jmap(|world, _| world.emails.values().map(state).collect());
        all.sort_by_key(|e| std::cmp::Reverse((e.received, e.id.clone())));
        all
    }

    pub fn jmap_email(&self, id: &str) -> Option<JmapEmail> {
        self.jmap(|world, _| world.emails.get(id).map(state))
    }

    /// (id, name) of every mailbox.
    pub fn jmap_mailboxes(&self) -> Vec<(String, String)> {
        self.jmap(|world, _| world.mailboxes.iter().map(|m| (m.id.clone(), m.name.clone())).collect())
    }

    /// Id of the mailbox with this name; None: there is none.
    pub fn jmap_mailbox(&self, name: &str) -> Option<String> {
        self.jmap_mailboxes().into_iter().find(|(_, n)| n == name).map(|(id, _)| id)
    }

    /// A mail from outside arrives in the inbox, unread. Returns its id.
    pub fn jmap_deliver(&self, raw: &[u8]) -> String {
        self.jmap(|world, now| {
            let inbox = world.by_role("inbox");
            world.insert(raw.to_vec(), BTreeSet::from([inbox]), BTreeSet::new(), now)
        })
    }

    pub fn jmap_deliver_text(&self, from: &str, subject: &str, body: &str) -> String {
        self.jmap_deliver(&fixtures::plain(from, JMAP_MARA, subject, body, self.now()))
    }

    /// A mail in these mailboxes (ids) with a date of its own. Returns its id.
    pub fn jmap_insert(&self, raw: &[u8], mailboxes: &[&str], keywords: &[&str], at: Timestamp) -> String {
        let set = |items: &[&str]| items.iter().map(|i| (*i).to_owned()).collect::<BTreeSet<_>>();
        self.jmap(|world, _| world.insert(raw.to_vec(), set(mailboxes), set(keywords), at))
    }

    /// From another device: where it lies (ids) and its keywords; None leaves them. False: no such mail.
    pub fn jmap_set(&self, id: &str, mailboxes: Option<&[&str]>, keywords: Option<&[&str]>) -> bool {
        let set = |items: &[&str]| items.iter().map(|i| (*i).to_owned()).collect::<BTreeSet<_>>();
        self.jmap(|world, _| {
            let Some((old_mailboxes, old_keywords)) = world.emails.get(id).map(|e| (e.mailboxes.clone(), e.keywords.clone())) else {
                return false;
            };
            world.change_email(id, mailboxes.map_or(old_mailboxes, set), keywords.map_or(old_keywords, set));
            true
        })
    }

    /// For ever, from another device.
    pub fn jmap_destroy(&self, id: &str) -> bool {
        self.jmap(|world, _| world.destroy(id))
    }

    /// A mailbox from another device. Returns its id.
    pub fn jmap_create_mailbox(&self, name: &str, parent: Option<&str>, role: Option<&str>) -> String {
        self.jmap(|world, _| world.new_mailbox(name, parent, role))
    }

    /// Takes a mailbox away, as in an account that never had it. Mail must not lie in it alone.
    pub fn jmap_drop_mailbox(&self, id: &str) {
        self.jmap(|world, _| world.drop_mailbox(id));
    }

    /// Every state of before is too old: `cannotCalculateChanges`.
    pub fn jmap_void_states(&self) {
        self.jmap(|world, _| {
            world.mail_log.void();
            world.mailbox_log.void();
        });
    }

    /// What was handed over to be sent, in order.
    pub fn jmap_submissions(&self) -> Vec<JmapSubmission> {
        self.jmap(|world, _| world.submissions.clone())
    }

    /// The most API requests that were under way at once, since the start or the last call.
    pub fn jmap_peak(&self) -> u32 {
        self.jmap(|world, _| std::mem::take(&mut world.peak))
    }

    /// How many listen to events.
    pub fn jmap_listeners(&self) -> usize {
        self.jmap(|world, _| world.pulse.receiver_count())
    }
}
