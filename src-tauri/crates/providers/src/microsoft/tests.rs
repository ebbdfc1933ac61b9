//! Microsoft's mail against the sandbox, driven as the engine drives it: a store of rows for each folder, batches committed with their
//! cursor, missing bodies fetched, marks swept.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use domain::{
    mail::{Flags, MailboxRole},
    oauth::TokenSet,
    source::Credentials,
    time::Timestamp,
};
use sandbox::{Fault, FaultAction, Fill, MS_MARA, Provider, Sandbox, SandboxOptions};

use super::*;
use crate::{
    Providers,
    connector::tests::{MS_REDIRECT, connection, sign_in, vault},
    mail_mirror::{MailMirror, Witness, scope},
    scripted::{half, moving},
};

mod reading;
mod sending;
mod trouble;
mod writing;

struct Fixture {
    sandbox: Sandbox,
    tokens: TokenSet,
    credentials: Arc<dyn Credentials>,
    source: GraphMail,
    slept: Arc<Mutex<Duration>>,
}

impl Fixture {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
        let providers = Arc::new(Providers::new(&config, sandbox.clock().as_clock()).unwrap());
        let tokens = sign_in(&providers, "microsoft", MS_REDIRECT).await;
        let credentials = vault(&providers, "microsoft", &tokens, sandbox.clock().as_clock());
        let slept = Arc::new(Mutex::new(Duration::ZERO));
        let source = source(&sandbox, &tokens, &credentials, &slept);
        Self { sandbox, tokens, credentials, source, slept }
    }

    /// As after a restart of the program: nothing is remembered but what the store holds.
    fn restart(&mut self) {
        self.source = source(&self.sandbox, &self.tokens, &self.credentials, &self.slept);
    }

    fn folder(&self, name: &str) -> RemoteId {
        let found = self.sandbox.ms_folders(MS_MARA).into_iter().find(|(_, n)| n == name);
        RemoteId(found.unwrap_or_else(|| panic!("no folder {name}")).0)
    }

    /// Message bodies read.
    fn reads(&self) -> usize {
        self.sandbox.control().log().iter().filter(|e| e.path.ends_with("/$value") && e.status == 200).count()
    }

    async fn write(&self, write: MailWrite) -> Written {
        self.source.write(&write).await.unwrap()
    }
}

/// A source that sleeps by moving the sandbox's clock.
fn source(sandbox: &Sandbox, tokens: &TokenSet, credentials: &Arc<dyn Credentials>, slept: &Arc<Mutex<Duration>>) -> GraphMail {
    let sleep = moving(sandbox.clock(), slept);
    GraphMail::new(graph(sandbox, credentials.clone(), sleep, half()), Grants::new(tokens.scopes.as_ref().unwrap()))
}

/// Graph as the sandbox serves it, at the sandbox's time.
pub(super) fn graph(sandbox: &Sandbox, credentials: Arc<dyn Credentials>, sleep: wait::Sleep, jitter: wait::Jitter) -> Api {
    let config = sandbox.provider_config().remove("microsoft").unwrap();
    let http = crate::scripted::http_at(sandbox.clock().as_clock());
    Api::new(http, credentials, &config, &Accounts::waiting_by(sleep, jitter), &connection("microsoft", &[]).id).unwrap()
}

/// What the provider has.
trait Equal {
    fn assert_equal(&self, sandbox: &Sandbox);
}

impl Equal for MailMirror {
    /// Ids, bytes, flags and dates are those of the provider.
    fn assert_equal(&self, sandbox: &Sandbox) {
        let folder = self.scope.container.as_ref();
        let theirs: Vec<_> = sandbox.ms_messages(MS_MARA).into_iter().filter(|m| Some(&m.folder) == folder.map(|f| &f.0)).collect();
        let wanted = theirs.iter().filter(|m| self.since.is_none_or(|since| m.received >= since));
        let ids: BTreeSet<_> = wanted.clone().map(|m| m.id.clone()).collect();
        assert_eq!(self.ids(), ids);
        for message in wanted {
            let (mail, raw) = &self.rows[&message.id];
            assert!(*raw == message.raw, "bytes of {}", message.subject);
            let flags = Flags { seen: message.read, flagged: message.flagged, draft: message.draft, ..Flags::default() };
            assert_eq!(mail.flags, Some(flags), "flags of {}", message.subject);
            assert_eq!(mail.message_id.as_deref(), Some(message.message_id.as_str()));
            assert_eq!(mail.received.map(Timestamp::secs), Some(message.received.secs()));
        }
    }
}

fn mail(message_id: &str, to: &str, body: &[u8]) -> OutgoingMail {
    let head = format!("From: {MS_MARA}\r\nTo: {to}\r\nSubject: Hello\r\nMessage-ID: <{message_id}>\r\n\r\n");
    OutgoingMail {
        from: MS_MARA.to_owned(),
        recipients: vec![to.to_owned()],
        raw: [head.as_bytes(), body].concat(),
        message_id: message_id.to_owned(),
        thread: None,
    }
}
