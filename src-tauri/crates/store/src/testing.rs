//! A store in a temporary folder and mail to put into it, for the tests beside the code.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

use domain::{
    audit::{Actor, NewAudit, Outcome},
    connection::{Connection, ConnectionSettings, ConnectionStatus},
    ids::{AccountId, ConnectionId, IntegrationId, RemoteId},
    integration::Service,
    mail::{Address, Flags, MailboxRole, ParsedMail, RemoteMailbox},
    sync::{RemoteMail, SyncCursor, SyncScope},
    time::Timestamp,
};
use tempfile::TempDir;
use vault::{KeySource, Vault};

use crate::{CommitBatch, CommitReport, IncomingMail, NewAccount, NewConnection, RawBody, Store, StoreOptions};

/// 2026-01-01T00:00:00Z.
pub(crate) const DAY0: i64 = 1_767_225_600;

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(DAY0 + secs)
}

pub(crate) struct Home {
    pub(crate) dir: TempDir,
    pub(crate) vault: Vault,
    pub(crate) store: Store,
}

pub(crate) fn options(dir: &Path, vault: &Vault) -> StoreOptions {
    StoreOptions { path: dir.join("store.db"), files_dir: dir.join("files"), key: vault.database_key().unwrap(), sealer: vault.files() }
}

pub(crate) async fn home() -> Home {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    let store = Store::open(options(dir.path(), &vault)).await.unwrap();
    Home { dir, vault, store }
}

impl Home {
    pub(crate) fn db(&self) -> PathBuf {
        self.dir.path().join("store.db")
    }

    pub(crate) async fn reopen(self) -> Self {
        self.store.close().await;
        let store = Store::open(options(self.dir.path(), &self.vault)).await.unwrap();
        Self { store, ..self }
    }

    /// Every byte of every file in the home.
    pub(crate) fn bytes(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn walk(dir: &Path, out: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, out);
                } else {
                    let bytes = std::fs::read(&path).unwrap();
                    out.push((path, bytes));
                }
            }
        }
        let mut out = Vec::new();
        walk(self.dir.path(), &mut out);
        out
    }
}

pub(crate) fn note(action: &'static str) -> NewAudit {
    NewAudit { actor: Actor::Person, action, target: "test:1".into(), outcome: Outcome::Ok, detail: String::new() }
}

pub(crate) fn connection(id: &str, email: &str) -> NewConnection {
    NewConnection {
        connection: Connection {
            id: ConnectionId::new(id),
            integration: IntegrationId::new("imap"),
            label: email.into(),
            subject: email.into(),
            email: email.into(),
            display_name: "Mara".into(),
            status: ConnectionStatus::Active,
            status_reason: None,
            granted_scopes: vec![],
            settings: ConnectionSettings::OAuth,
            paused_until: None,
            created_at: at(0),
        },
        accounts: vec![NewAccount { email: email.into(), display_name: "Mara".into(), hue: 3, can_send: true }],
        secrets: vec![],
    }
}

pub(crate) fn folder(name: &str, role: Option<MailboxRole>) -> RemoteMailbox {
    RemoteMailbox { id: RemoteId::new(name), name: name.to_owned(), role, selectable: true, total: None, unread: None }
}

/// An account with folders and a scope per folder.
pub(crate) struct Imap {
    pub(crate) connection: ConnectionId,
    pub(crate) account: AccountId,
    pub(crate) inbox: SyncScope,
    pub(crate) archive: SyncScope,
    pub(crate) trash: SyncScope,
    pub(crate) work: SyncScope,
}

pub(crate) async fn imap(store: &Store, id: &str) -> Imap {
    let email = format!("{id}@mail.example");
    let accounts = store.insert_connection(&connection(id, &email), &note("connection.created"), at(0)).await.unwrap();
    let account = accounts[0].id;
    let folders = [
        folder("INBOX", Some(MailboxRole::Inbox)),
        folder("Archive", Some(MailboxRole::Archive)),
        folder("Trash", Some(MailboxRole::Trash)),
        folder("Work", None),
    ];
    store.upsert_mailboxes(account, &folders, at(0)).await.unwrap();
    let connection = ConnectionId::new(id);
    let scope = async |name: &str| store.ensure_scope(&connection, Service::Mail, Some(&RemoteId::new(name))).await.unwrap();
    Imap {
        account,
        inbox: scope("INBOX").await,
        archive: scope("Archive").await,
        trash: scope("Trash").await,
        work: scope("Work").await,
        connection: connection.clone(),
    }
}

/// An account whose one scope spans all labels.
pub(crate) async fn gmail(store: &Store, id: &str) -> (AccountId, SyncScope) {
    let email = format!("{id}@gmail.example");
    let accounts = store.insert_connection(&connection(id, &email), &note("connection.created"), at(0)).await.unwrap();
    let labels = [
        folder("INBOX", Some(MailboxRole::Inbox)),
        folder("SENT", Some(MailboxRole::Sent)),
        folder("TRASH", Some(MailboxRole::Trash)),
        folder("ALL_MAIL", Some(MailboxRole::All)),
        folder("Label_1", None),
    ];
    store.upsert_mailboxes(accounts[0].id, &labels, at(0)).await.unwrap();
    let scope = store.ensure_scope(&ConnectionId::new(id), Service::Mail, None).await.unwrap();
    (accounts[0].id, scope)
}

pub(crate) fn address(text: &str) -> Address {
    Address { name: String::new(), email: text.to_owned() }
}

/// A mail from its parts; `uid` gives Message-ID, date and bytes.
pub(crate) fn mail(uid: u32, subject: &str, text: &str) -> IncomingMail {
    let raw = format!("Message-ID: <m{uid}@x>\r\nSubject: {subject}\r\n\r\n{text}").into_bytes();
    let mut remote = RemoteMail::new(RemoteId(uid.to_string()));
    remote.flags = Some(Flags::default());
    remote.received = Some(at(i64::from(uid) * 60));
    remote.size = Some(raw.len() as u64);
    remote.message_id = Some(format!("m{uid}@x"));
    IncomingMail {
        parsed: ParsedMail {
            message_id: format!("m{uid}@x"),
            subject: subject.to_owned(),
            from: vec![Address { name: "Jonas Weber".into(), email: "jonas@firm.example".into() }],
            to: vec![address("mara@mail.example")],
            date: Some(at(i64::from(uid) * 60)),
            text: text.to_owned(),
            snippet: text.chars().take(100).collect(),
            ..ParsedMail::default()
        },
        remote,
        raw: RawBody::Inline(raw),
        unreadable: None,
    }
}

pub(crate) fn batch(scope: &SyncScope, account: AccountId) -> CommitBatch {
    CommitBatch {
        scope: scope.clone(),
        account,
        upserts: vec![],
        updates: vec![],
        gone: vec![],
        present: None,
        reset: false,
        next: SyncCursor::Opaque { value: "c".into() },
        more: false,
        progress: None,
        now: at(1_000_000),
    }
}

pub(crate) async fn put(store: &Store, scope: &SyncScope, account: AccountId, upserts: Vec<IncomingMail>) -> CommitReport {
    store.commit_batch(CommitBatch { upserts, ..batch(scope, account) }).await.unwrap()
}

/// Xorshift: the same numbers every time.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}
