//! `cargo xtask bench window`: generated mail into a home that the window opens, behind the keyring of the session it runs in.
//!
//! Reads what `tests/bench/gen_mail.py --format stream` writes. One account, all of it in the inbox; the headers that tie answers to
//! their mail are made meaningless, so that every mail is a row of the list. The connection is paused: nothing is asked of a server
//! that is not there.

#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::PathBuf,
};

use domain::{
    audit::{Actor, NewAudit, Outcome},
    connection::{Connection, ConnectionSettings, ConnectionStatus},
    ids::{ConnectionId, IntegrationId, RemoteId},
    integration::Service,
    mail::{Flags, MailboxRole, RemoteMailbox},
    sync::{RemoteMail, SyncCursor},
    time::{Timestamp, system_clock},
};
use engine::{
    home::Home,
    mime::{self, Limits},
};
use serde::Deserialize;
use store::{CommitBatch, IncomingMail, NewAccount, NewConnection, RawBody, Store, StoreOptions};
use vault::{KeySource, Vault};

const BATCH: usize = 1_000;
const DAY: i64 = 86_400_000;

/// One line of the manifest.
#[derive(Deserialize)]
struct Meta {
    i: u64,
    mid: String,
    date: i64,
    flags: String,
    size: usize,
}

/// Renames the headers that say which mail this one answers; as long as before, so that nothing else moves.
fn untie(raw: &mut [u8]) {
    let mut at = 0;
    while let Some(line) = raw.get_mut(at..).filter(|l| !l.is_empty()) {
        let end = line.iter().position(|b| *b == b'\n').map_or(line.len(), |n| n + 1);
        if end <= 2 {
            return;
        }
        for name in [&b"in-reply-to:"[..], b"references:"] {
            if let Some(start) = line.get_mut(..name.len()).filter(|s| s.eq_ignore_ascii_case(name)) {
                start.first_mut().into_iter().for_each(|b| *b = b'X');
            }
        }
        at += end;
    }
}

#[tokio::main]
async fn main() {
    let path = PathBuf::from(std::env::args().nth(1).unwrap());
    let now: Timestamp = system_clock()();
    let home = Home::open(&path).unwrap();
    let vault = Vault::create(&path, KeySource::Keyring).await.unwrap();
    let options =
        StoreOptions { path: home.database(), files_dir: home.files(), key: vault.database_key().unwrap(), sealer: vault.files() };
    let store = Store::open(options).await.unwrap();
    let (email, id) = ("bench@corpus.example".to_owned(), ConnectionId::new("bench"));
    let new = NewConnection {
        connection: Connection {
            id: id.clone(),
            integration: IntegrationId::new("imap"),
            label: email.clone(),
            subject: email.clone(),
            email: email.clone(),
            display_name: "Bench".into(),
            status: ConnectionStatus::Active,
            status_reason: None,
            granted_scopes: vec![],
            settings: ConnectionSettings::OAuth,
            paused_until: Some(Timestamp(now.0 + 365 * DAY)),
            created_at: now,
        },
        accounts: vec![NewAccount { email, display_name: "Bench".into(), hue: 1, can_send: true }],
        secrets: vec![],
    };
    let note = NewAudit {
        actor: Actor::Person,
        action: "connection.created",
        target: "bench".into(),
        outcome: Outcome::Ok,
        detail: String::new(),
    };
    let account = store.insert_connection(&new, &note, now).await.unwrap().first().unwrap().id;
    let inbox = RemoteId::new("INBOX");
    let mailbox = |name: &str, role| RemoteMailbox {
        id: RemoteId::new(name),
        name: name.to_owned(),
        role: Some(role),
        selectable: true,
        total: None,
        unread: None,
    };
    store.upsert_mailboxes(account, &[mailbox("INBOX", MailboxRole::Inbox), mailbox("Archive", MailboxRole::Archive)], now).await.unwrap();
    let scope = store.ensure_scope(&id, Service::Mail, Some(&inbox)).await.unwrap();

    let mut input = BufReader::with_capacity(1 << 20, std::io::stdin().lock());
    let mut stored = 0;
    loop {
        let mut upserts = Vec::with_capacity(BATCH);
        let mut line = String::new();
        while upserts.len() < BATCH && input.read_line(&mut line).unwrap() > 0 {
            let meta: Meta = serde_json::from_str(&line).unwrap();
            line.clear();
            let mut raw = vec![0; meta.size];
            input.read_exact(&mut raw).unwrap();
            untie(&mut raw);
            let mut remote = RemoteMail::new(RemoteId(format!("1:{}", meta.i + 1)));
            let has = |c: char| meta.flags.contains(c);
            remote.flags = Some(Flags { seen: has('S'), flagged: has('F'), answered: has('R'), ..Flags::default() });
            remote.received = Some(Timestamp::from_secs(meta.date));
            remote.size = Some(raw.len() as u64);
            remote.message_id = Some(meta.mid);
            upserts.push(IncomingMail {
                parsed: mime::parse(&raw, &Limits::default()),
                remote,
                raw: RawBody::Inline(raw),
                unreadable: None,
            });
        }
        stored += upserts.len();
        let more = !upserts.is_empty();
        let batch = CommitBatch {
            scope: scope.clone(),
            account,
            upserts,
            updates: vec![],
            gone: vec![],
            present: None,
            reset: false,
            next: SyncCursor::Opaque { value: "c".into() },
            more,
            progress: None,
            now,
        };
        store.commit_batch(batch).await.unwrap();
        if !more {
            break;
        }
    }
    store.checkpoint().await.unwrap();
    store.close().await;
    println!("{stored}");
}
