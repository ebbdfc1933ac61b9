//! A minimal engine over `MailSource`: applies batches the way the contract in `domain::sync` says, and nothing more. What it
//! holds after a sync is compared with what the server says through another client.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use domain::{
    SecretString,
    connection::{MailAuth, MailServers, Security, ServerEndpoint, SyncSelection},
    error::ProviderError,
    ids::{ConnectionId, RemoteId, ScopeId},
    integration::Service,
    mail::Flags,
    source::{Credentials, MailSink, MailSource},
    sync::{Budget, Change, RemoteMail, SyncCursor, SyncScope},
};

use crate::dovecot;

pub struct Password(pub &'static str);

#[async_trait]
impl Credentials for Password {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        Ok(SecretString::from(self.0.to_owned()))
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        Err(ProviderError::Unsupported("no token".into()))
    }
    async fn refreshed(&self, _: &SecretString) -> Result<SecretString, ProviderError> {
        Err(ProviderError::Unsupported("no token".into()))
    }
}

pub fn servers(port: u16, security: Security) -> MailServers {
    MailServers {
        username: dovecot::USER.into(),
        imap: ServerEndpoint { host: "127.0.0.1".into(), port, security, pinned: None },
        smtp: None,
        auth: MailAuth::Password,
        selection: SyncSelection::default(),
    }
}

pub fn source(server: &dovecot::Dovecot) -> Arc<dyn MailSource> {
    let tls = providers::tls::TlsContext::new(None).unwrap();
    providers::imap::source(&servers(server.port, Security::None), Arc::new(Password(dovecot::PASSWORD)), &tls).unwrap()
}

pub fn scope(mailbox: &str) -> SyncScope {
    SyncScope { id: ScopeId(1), connection: ConnectionId::new("c"), service: Service::Mail, container: Some(RemoteId::new(mailbox)) }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub flags: Flags,
    pub raw: Vec<u8>,
}

/// What one sync did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub pages: usize,
    pub listed: usize,
    pub downloaded: usize,
    pub adopted: usize,
    pub removed: usize,
    pub reset: bool,
}

pub struct Mirror {
    pub scope: SyncScope,
    pub cursor: Option<SyncCursor>,
    pub rows: BTreeMap<RemoteId, Row>,
    pub budget: Budget,
}

impl Mirror {
    pub fn new(mailbox: &str, items: usize) -> Self {
        Self { scope: scope(mailbox), cursor: None, rows: BTreeMap::new(), budget: Budget { items, since: None } }
    }

    /// To the end.
    pub async fn sync(&mut self, source: &dyn MailSource) -> Report {
        let mut report = Report::default();
        let mut orphans: BTreeMap<RemoteId, Row> = BTreeMap::new();
        while self.page(source, &mut report, &mut orphans).await {
            assert!(report.pages < 10_000, "a sync without an end");
        }
        report.removed += orphans.len();
        report
    }

    /// One page; true: there is more.
    pub async fn page(&mut self, source: &dyn MailSource, report: &mut Report, orphans: &mut BTreeMap<RemoteId, Row>) -> bool {
        let batch = source.changes(&self.scope, self.cursor.as_ref(), self.budget).await.unwrap();
        report.pages += 1;
        if batch.reset {
            report.reset = true;
            orphans.append(&mut self.rows);
        }
        let mut missing = Vec::new();
        for change in batch.changes {
            match change {
                Change::Gone(id) => report.removed += usize::from(self.rows.remove(&id).is_some()),
                Change::Upsert(mail) => {
                    report.listed += 1;
                    if let Some(row) = self.rows.get_mut(&mail.id) {
                        row.flags = mail.flags.unwrap_or(row.flags);
                    } else if let Some(old) = adoptable(orphans, &mail) {
                        let mut row = orphans.remove(&old).unwrap();
                        row.flags = mail.flags.unwrap_or(row.flags);
                        self.rows.insert(mail.id, row);
                        report.adopted += 1;
                    } else {
                        missing.push(mail.id);
                    }
                }
            }
        }
        if !missing.is_empty() {
            let mut sink = Collect::default();
            source.fetch(&self.scope, &missing, &mut sink).await.unwrap();
            report.downloaded += sink.mails.len();
            for (mail, raw) in sink.mails {
                assert!(missing.contains(&mail.id), "{:?} was not asked for", mail.id);
                assert_eq!(mail.size, Some(raw.len() as u64), "size and bytes of {:?}", mail.id);
                self.rows.insert(mail.id, Row { flags: mail.flags.expect("fetch tells flags"), raw });
            }
        }
        if let Some(present) = batch.present {
            let present: BTreeSet<RemoteId> = present.into_iter().collect();
            let before = self.rows.len();
            self.rows.retain(|id, _| present.contains(id));
            report.removed += before - self.rows.len();
        }
        // As the store does: through JSON.
        self.cursor = Some(serde_json::from_str(&serde_json::to_string(&batch.next).unwrap()).unwrap());
        batch.more
    }

    /// Comparable with [`dovecot::RawImap::truth`].
    pub fn truth(&self) -> Vec<(String, String)> {
        let mut out: Vec<(String, String)> = self.rows.values().map(|row| (message_id(&row.raw), flag_names(row.flags))).collect();
        out.sort();
        out
    }
}

fn adoptable(orphans: &BTreeMap<RemoteId, Row>, mail: &RemoteMail) -> Option<RemoteId> {
    let wanted = mail.message_id.as_ref()?;
    orphans.iter().find(|(_, row)| &message_id(&row.raw) == wanted && Some(row.raw.len() as u64) == mail.size).map(|(id, _)| id.clone())
}

pub fn message_id(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let at = text.find("Message-ID:").unwrap();
    let open = text[at..].find('<').unwrap() + at;
    let close = text[open..].find('>').unwrap() + open;
    text[open + 1..close].to_owned()
}

fn flag_names(flags: Flags) -> String {
    let mut names = Vec::new();
    for (on, name) in [
        (flags.answered, "\\Answered"),
        (flags.deleted, "\\Deleted"),
        (flags.draft, "\\Draft"),
        (flags.flagged, "\\Flagged"),
        (flags.seen, "\\Seen"),
    ] {
        if on {
            names.push(name);
        }
    }
    names.join(" ")
}

/// Keeps what a fetch brings, and checks the order of the calls.
#[derive(Default)]
pub struct Collect {
    pub mails: Vec<(RemoteMail, Vec<u8>)>,
    open: Option<(RemoteMail, Vec<u8>)>,
    pub largest_chunk: usize,
}

#[async_trait]
impl MailSink for Collect {
    async fn begin(&mut self, mail: RemoteMail) -> Result<(), ProviderError> {
        assert!(self.open.is_none(), "begin inside of a message");
        self.open = Some((mail, Vec::new()));
        Ok(())
    }
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.largest_chunk = self.largest_chunk.max(bytes.len());
        self.open.as_mut().expect("chunk outside of a message").1.extend_from_slice(bytes);
        Ok(())
    }
    async fn end(&mut self) -> Result<(), ProviderError> {
        self.mails.push(self.open.take().expect("end outside of a message"));
        Ok(())
    }
}
