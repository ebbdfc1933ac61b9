//! What the engine's store would hold of one scope: the sources of mail are driven here as the engine drives them. Batches are committed with
//! their cursor, missing bodies are fetched, marks are swept.

#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Mutex,
};

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    ids::{RemoteId, ScopeId},
    integration::Service,
    source::{MailSink, MailSource, SendWitness},
    sync::{Budget, Change, RemoteMail, SyncCursor, SyncScope},
    time::Timestamp,
};

pub struct MailMirror {
    pub scope: SyncScope,
    /// Metadata and bytes, by the provider's id.
    pub rows: BTreeMap<String, (RemoteMail, Vec<u8>)>,
    pub cursor: Option<SyncCursor>,
    pub since: Option<Timestamp>,
    /// Ids in the order in which they were told.
    pub order: Vec<String>,
    pub unreadable: Vec<String>,
    /// Listed, body not yet there.
    planned: HashMap<String, RemoteMail>,
    /// Begun, and not ended.
    pub open: Option<String>,
}

/// Of one folder, or of a whole account.
pub fn scope(container: Option<RemoteId>) -> SyncScope {
    SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::Mail, container }
}

#[async_trait]
impl MailSink for MailMirror {
    async fn begin(&mut self, mail: RemoteMail) -> Result<(), ProviderError> {
        assert!(self.open.is_none(), "begin inside a message");
        self.open = Some(mail.id.0.clone());
        self.keep(mail);
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
        self.unreadable.push(mail.id.0.clone());
        self.open = None;
        self.keep(mail);
        Ok(())
    }
}

impl MailMirror {
    /// Empty. `container`: the folder, where each is a scope of its own.
    pub fn new(container: Option<RemoteId>) -> Self {
        Self {
            scope: scope(container),
            rows: BTreeMap::new(),
            cursor: None,
            since: None,
            order: Vec::new(),
            unreadable: Vec::new(),
            planned: HashMap::new(),
            open: None,
        }
    }

    #[must_use]
    pub fn no_older_than(self, since: Timestamp) -> Self {
        Self { since: Some(since), ..self }
    }

    /// A row without bytes yet; what cannot be read stays one.
    fn keep(&mut self, mail: RemoteMail) {
        let id = mail.id.0.clone();
        let whole = match self.planned.remove(&id) {
            Some(planned) => planned.with(mail),
            None => mail,
        };
        self.rows.insert(id, (whole, Vec::new()));
    }

    /// One batch; false when there is nothing more.
    pub async fn step(&mut self, source: &dyn MailSource, items: usize) -> Result<bool, ProviderError> {
        let scope = self.scope.clone();
        let batch = source.changes(&scope, self.cursor.as_ref(), Budget { items, since: self.since }).await?;
        let (mut missing, mut known) = (Vec::new(), Vec::new());
        for change in batch.changes {
            match change {
                Change::Gone(id) => {
                    self.rows.remove(id.as_str());
                }
                Change::Upsert(mail) => {
                    self.order.push(mail.id.0.clone());
                    if self.rows.contains_key(mail.id.as_str()) {
                        known.push(mail);
                    } else {
                        missing.push(mail.id.clone());
                        self.planned.insert(mail.id.0.clone(), mail);
                    }
                }
            }
        }
        source.fetch(&scope, &missing, self).await?;
        // Gone between the listing and the fetch.
        self.planned.clear();
        for mail in known {
            let row = &mut self.rows.get_mut(mail.id.as_str()).unwrap().0;
            row.flags = mail.flags.or(row.flags);
            row.mailboxes = mail.mailboxes.or(row.mailboxes.take());
        }
        if let Some(present) = batch.present {
            let present: BTreeSet<_> = present.into_iter().map(|id| id.0).collect();
            self.rows.retain(|id, _| present.contains(id));
        }
        self.cursor = Some(batch.next);
        Ok(batch.more)
    }

    /// To the end; anew where the provider no longer knows the cursor.
    pub async fn sync(&mut self, source: &dyn MailSource, items: usize) {
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

    /// Ids of the rows.
    pub fn ids(&self) -> BTreeSet<String> {
        self.rows.keys().cloned().collect()
    }
}

/// Counts how often a mail was about to be handed over.
#[derive(Default)]
pub struct Witness(pub Mutex<u32>);

#[async_trait]
impl SendWitness for Witness {
    async fn data_sent(&self) -> Result<(), ProviderError> {
        *self.0.lock().unwrap() += 1;
        Ok(())
    }
}
