//! Microsoft's mail against the sandbox, driven as the engine drives it: a store of rows for each folder, batches committed with their
//! cursor, missing bodies fetched, marks swept.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use domain::{
    ids::ScopeId,
    integration::Service,
    mail::{Flags, MailboxRole},
    oauth::TokenSet,
    sync::Change,
    time::Timestamp,
};
use sandbox::{Fault, FaultAction, Fill, MS_MARA, Provider, Sandbox, SandboxOptions};

use super::*;
use crate::{
    Providers,
    connector::tests::{MS_REDIRECT, connection, sign_in, vault},
    scripted::moving,
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
    let http = crate::scripted::http_at(sandbox.clock().as_clock());
    let grants = Grants::new(tokens.scopes.as_ref().unwrap());
    let config = sandbox.provider_config().remove("microsoft").unwrap();
    let accounts = Accounts::waiting_by(sleep, Arc::new(|ceiling| ceiling / 2));
    GraphMail::new(http, credentials.clone(), &config, grants, &accounts, &connection("microsoft", &[]).id).unwrap()
}

fn scope(folder: &RemoteId) -> SyncScope {
    SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::Mail, container: Some(folder.clone()) }
}

/// What the engine's store would hold of one folder.
struct Store {
    folder: RemoteId,
    rows: BTreeMap<String, (RemoteMail, Vec<u8>)>,
    cursor: Option<SyncCursor>,
    since: Option<Timestamp>,
    open: Option<String>,
    unreadable: Vec<String>,
}

#[async_trait]
impl MailSink for Store {
    async fn begin(&mut self, mail: RemoteMail) -> Result<(), ProviderError> {
        assert!(self.open.is_none(), "begin inside a message");
        self.open = Some(mail.id.0.clone());
        self.rows.entry(mail.id.0.clone()).or_insert_with(|| (mail, Vec::new())).1.clear();
        Ok(())
    }
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.rows.get_mut(self.open.as_ref().unwrap()).unwrap().1.extend_from_slice(bytes);
        Ok(())
    }
    async fn end(&mut self) -> Result<(), ProviderError> {
        self.open.take().unwrap();
        Ok(())
    }
    async fn unreadable(&mut self, mail: RemoteMail, _header: &[u8], _why: &str) -> Result<(), ProviderError> {
        self.unreadable.push(mail.id.0);
        Ok(())
    }
}

impl Store {
    fn new(folder: RemoteId) -> Self {
        Self { folder, rows: BTreeMap::new(), cursor: None, since: None, open: None, unreadable: Vec::new() }
    }

    /// One batch; false when there is nothing more.
    async fn step(&mut self, source: &GraphMail, items: usize) -> Result<bool, ProviderError> {
        let batch = source.changes(&scope(&self.folder), self.cursor.as_ref(), Budget { items, since: self.since }).await?;
        let mut missing = Vec::new();
        for change in batch.changes {
            match change {
                Change::Gone(id) => {
                    self.rows.remove(id.as_str());
                }
                Change::Upsert(mail) => {
                    if let Some((row, _)) = self.rows.get_mut(mail.id.as_str()) {
                        row.flags = mail.flags.or(row.flags);
                    } else {
                        missing.push(mail);
                    }
                }
            }
        }
        let ids: Vec<RemoteId> = missing.iter().map(|m| m.id.clone()).collect();
        for mail in missing {
            self.rows.insert(mail.id.0.clone(), (mail, Vec::new()));
        }
        source.fetch(&scope(&self.folder), &ids, self).await?;
        if let Some(present) = batch.present {
            let present: BTreeSet<_> = present.into_iter().map(|id| id.0).collect();
            self.rows.retain(|id, _| present.contains(id));
        }
        self.cursor = Some(batch.next);
        Ok(batch.more)
    }

    async fn sync(&mut self, source: &GraphMail, items: usize) {
        for _ in 0..1000 {
            match self.step(source, items).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(ProviderError::CursorExpired) => self.cursor = None,
                Err(error) => panic!("{error:?}"),
            }
        }
        panic!("the sync does not end");
    }

    /// Ids, bytes, flags and dates are those of the provider.
    fn assert_equal(&self, sandbox: &Sandbox) {
        let theirs: Vec<_> = sandbox.ms_messages(MS_MARA).into_iter().filter(|m| m.folder == self.folder.0).collect();
        let wanted = theirs.iter().filter(|m| self.since.is_none_or(|since| m.received >= since));
        let ids: BTreeSet<_> = wanted.clone().map(|m| m.id.clone()).collect();
        assert_eq!(self.rows.keys().cloned().collect::<BTreeSet<_>>(), ids);
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

#[derive(Default)]
struct Witness(Mutex<u32>);
#[async_trait]
impl SendWitness for Witness {
    async fn data_sent(&self) -> Result<(), ProviderError> {
        *self.0.lock().unwrap() += 1;
        Ok(())
    }
}
