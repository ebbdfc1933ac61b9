//! JMAP against the sandbox, driven as the engine drives it: a store of rows for the account, batches committed with their cursor, missing
//! bodies fetched, marks swept.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{collections::BTreeSet, sync::Mutex};

use domain::{
    connection::{JmapServer, SyncSelection},
    mail::{FlagChange, Flags, MailboxRole},
    time::Timestamp,
};
use sandbox::{Fault, FaultAction, Fill, JMAP_MARA, JmapEmail, Sandbox, SandboxOptions};

use super::*;
use crate::{
    mail_mirror::{MailMirror, Witness, scope},
    scripted::{Pasted, half, http_at, moving},
};

mod pushing;
mod reading;
mod sending;
mod sessions;
mod writing;

struct Fixture {
    sandbox: Sandbox,
    source: JmapMail,
    slept: Arc<Mutex<Duration>>,
}

impl Fixture {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        let slept = Arc::new(Mutex::new(Duration::ZERO));
        let source = by_token(&sandbox, &slept);
        Self { sandbox, source, slept }
    }

    /// As after a restart of the program: nothing is remembered but what the store holds.
    fn restart(&mut self) {
        self.source = by_token(&self.sandbox, &self.slept);
    }

    /// As after the person chose these folders, by id, to be left out.
    fn leave_out(&mut self, excluded: &[&str]) {
        let selection = SyncSelection { excluded: excluded.iter().map(|id| (*id).to_owned()).collect(), days: None };
        let server = JmapServer { url: self.sandbox.jmap_base(), username: None, selection };
        self.source = source(&self.sandbox, &server, &self.sandbox.jmap_token(), &self.slept).unwrap();
    }

    fn folder(&self, name: &str) -> RemoteId {
        RemoteId(self.sandbox.jmap_mailbox(name).unwrap_or_else(|| panic!("no folder {name}")))
    }

    fn email(&self, id: &RemoteId) -> JmapEmail {
        self.sandbox.jmap_email(id.as_str()).unwrap()
    }

    /// Names of the folders that a mail lies in.
    fn lies_in(&self, id: &RemoteId) -> Vec<String> {
        let all = self.sandbox.jmap_mailboxes();
        let email = self.email(id);
        all.into_iter().filter(|(id, _)| email.mailboxes.contains(id)).map(|(_, name)| name).collect()
    }

    fn api_requests(&self) -> usize {
        self.sandbox.control().count("POST", "/jmap/api")
    }

    async fn write(&self, write: MailWrite) -> Written {
        self.source.write(&write).await.unwrap()
    }

    fn deliver(&self, subject: &str) -> RemoteId {
        RemoteId(self.sandbox.jmap_deliver_text("Astrid <astrid@korforeningen.example>", subject, "Hello\n"))
    }
}

/// A source that sleeps by moving the sandbox's clock.
fn source(sandbox: &Sandbox, server: &JmapServer, secret: &str, slept: &Arc<Mutex<Duration>>) -> Result<JmapMail, ProviderError> {
    let accounts = Accounts::waiting_by(moving(sandbox.clock(), slept), half());
    let credentials = Arc::new(Pasted(secret.to_owned()));
    // What a resolver of this machine says is nobody's business here.
    let lookup: Lookup = Arc::new(|_| Box::pin(async { None }));
    JmapMail::with_lookup(http_at(sandbox.clock().as_clock()), credentials, server, &accounts, &"c1".into(), lookup)
}

fn by_token(sandbox: &Sandbox, slept: &Arc<Mutex<Duration>>) -> JmapMail {
    source(
        sandbox,
        &JmapServer { url: sandbox.jmap_base(), username: None, selection: SyncSelection::default() },
        &sandbox.jmap_token(),
        slept,
    )
    .unwrap()
}

/// What the provider has.
trait Equal {
    fn assert_equal(&self, sandbox: &Sandbox);
}

impl Equal for MailMirror {
    /// Ids, bytes, flags, folders and dates are those of the server.
    fn assert_equal(&self, sandbox: &Sandbox) {
        let theirs = sandbox.jmap_emails();
        let wanted = theirs.iter().filter(|m| self.since.is_none_or(|since| m.received >= since));
        let ids: BTreeSet<_> = wanted.clone().map(|m| m.id.clone()).collect();
        assert_eq!(self.ids(), ids);
        for message in wanted {
            let (mail, raw) = &self.rows[&message.id];
            assert!(*raw == message.raw, "bytes of {}", message.subject);
            let has = |keyword: &str| message.keywords.contains(keyword);
            let flags = Flags {
                seen: has("$seen"),
                flagged: has("$flagged"),
                answered: has("$answered"),
                draft: has("$draft"),
                forwarded: has("$forwarded"),
                deleted: false,
            };
            assert_eq!(mail.flags, Some(flags), "flags of {}", message.subject);
            let folders: BTreeSet<String> = mail.mailboxes.iter().flatten().map(|id| id.0.clone()).collect();
            assert_eq!(folders, message.mailboxes, "folders of {}", message.subject);
            assert_eq!(mail.message_id.as_deref(), Some(message.message_id.as_str()));
            assert_eq!(mail.received.map(Timestamp::secs), Some(message.received.secs()));
        }
    }
}

fn mail(message_id: &str, from: &str, to: &str) -> OutgoingMail {
    let raw = format!("From: {from}\r\nTo: {to}\r\nSubject: Hello\r\nMessage-ID: <{message_id}>\r\n\r\nHello.\r\n");
    OutgoingMail {
        from: from.to_owned(),
        recipients: vec![to.to_owned()],
        raw: raw.into_bytes(),
        message_id: message_id.to_owned(),
        thread: None,
    }
}
