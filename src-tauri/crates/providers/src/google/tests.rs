//! Gmail against the sandbox, driven as the engine drives it: a store of rows, batches committed with their cursor, missing
//! bodies fetched, marks swept.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use domain::{
    mail::{FlagChange, Flags},
    oauth::TokenSet,
    source::Connector as _,
    time::Timestamp,
};
use sandbox::{Fault, FaultAction, Fill, MARA, Provider, Quota, Sandbox, SandboxOptions};

use super::*;
use crate::{
    Providers,
    connector::tests::{GOOGLE_REDIRECT, connection, sign_in, vault},
    mail_mirror::{MailMirror, Witness, scope},
    scripted::{half, moving},
};

mod reading;
mod sending;
mod writing;

struct Fixture {
    sandbox: Sandbox,
    tokens: TokenSet,
    credentials: Arc<dyn Credentials>,
    providers: Arc<Providers>,
    source: Arc<dyn MailSource>,
}

fn providers(sandbox: &Sandbox) -> Arc<Providers> {
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    Arc::new(Providers::new(&config, sandbox.clock().as_clock()).unwrap())
}

fn source(providers: &Providers, tokens: &TokenSet, credentials: &Arc<dyn Credentials>) -> Arc<dyn MailSource> {
    let connection = connection("google", tokens.scopes.as_ref().unwrap());
    providers.mail(&connection, credentials.clone()).unwrap().unwrap()
}

impl Fixture {
    async fn start(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
        let providers = providers(&sandbox);
        let tokens = sign_in(&providers, "google", GOOGLE_REDIRECT).await;
        let credentials = vault(&providers, "google", &tokens, sandbox.clock().as_clock());
        let source = source(&providers, &tokens, &credentials);
        Self { sandbox, tokens, credentials, providers, source }
    }

    /// As after a restart of the program: nothing is remembered but what the store holds.
    fn restart(&mut self) {
        self.providers = providers(&self.sandbox);
        self.source = source(&self.providers, &self.tokens, &self.credentials);
    }

    /// A source that sleeps by moving the sandbox's clock, and how long it slept.
    fn in_a_hurry(&self) -> (GmailSource, Arc<Mutex<Duration>>) {
        let slept = Arc::new(Mutex::new(Duration::ZERO));
        let sleep = moving(self.sandbox.clock(), &slept);
        let http = crate::scripted::http_at(self.sandbox.clock().as_clock());
        let grants = Grants::new(self.tokens.scopes.as_ref().unwrap());
        let config = self.sandbox.provider_config().remove("google").unwrap();
        let accounts = Accounts::waiting_by(sleep, half());
        (GmailSource::new(http, self.credentials.clone(), &config, grants, &accounts, &"c1".into()).unwrap(), slept)
    }

    async fn write(&self, write: MailWrite) -> Written {
        self.source.write(&write).await.unwrap()
    }

    /// Message bodies read, alone or in batches.
    fn reads(&self) -> usize {
        self.sandbox.control().log().iter().filter(|e| e.query.contains("format=raw") && e.status == 200).count()
    }
}

/// What the provider has.
trait Equal {
    fn assert_equal(&self, sandbox: &Sandbox);
}

impl Equal for MailMirror {
    /// Ids, bytes, labels and dates are those of the provider.
    fn assert_equal(&self, sandbox: &Sandbox) {
        let theirs = sandbox.messages(MARA);
        let ids: BTreeSet<_> = theirs.iter().map(|m| m.id.clone()).collect();
        assert_eq!(self.ids(), ids);
        for message in theirs {
            let (mail, raw) = &self.rows[&message.id];
            assert!(*raw == message.raw, "bytes of {} ({})", message.id, message.subject);
            let labels: Vec<String> = message.labels.iter().cloned().collect();
            assert_eq!(mail.mailboxes, Some(labels::mailboxes(&labels)), "labels of {}", message.subject);
            assert_eq!(mail.flags, Some(labels::flags(&labels)), "flags of {}", message.subject);
            assert_eq!(mail.received, Some(message.internal_date));
            assert_eq!((mail.size, mail.thread.as_ref().map(RemoteId::as_str)), (Some(raw.len() as u64), Some(message.thread_id.as_str())));
        }
    }
}
