//! What the measuring programs share: the stream of generated mail, an account to put it into, and the CPU they have used.

#![allow(clippy::unwrap_used)]

pub mod calendars;
pub mod child;

use std::{io::BufRead, time::Duration};

use domain::{
    audit::{Actor, NewAudit, Outcome},
    connection::{Connection, ConnectionSettings, ConnectionStatus},
    ids::{AccountId, ConnectionId, IntegrationId, RemoteId},
    mail::{Flags, MailboxRole, RemoteMailbox},
    sync::{RemoteMail, SyncCursor, SyncScope},
    time::Timestamp,
};
use engine::mime::{self, Limits};
use serde::Deserialize;
use store::{CommitBatch, IncomingMail, NewAccount, NewConnection, RawBody};

/// Mails of one commit.
pub const BATCH: usize = 1_000;

/// One line of the manifest.
#[derive(Deserialize)]
pub struct Meta {
    pub i: u64,
    pub mid: String,
    pub from: String,
    pub date: i64,
    flags: String,
    size: usize,
}

/// The next mail of what `gen_mail.py --format stream` writes: a line of JSON and its bytes. None: that was all.
pub fn next_mail(input: &mut impl BufRead) -> Option<(Meta, Vec<u8>)> {
    let mut line = String::new();
    if input.read_line(&mut line).unwrap() == 0 {
        return None;
    }
    let meta: Meta = serde_json::from_str(&line).unwrap();
    let mut raw = vec![0; meta.size];
    input.read_exact(&mut raw).unwrap();
    Some((meta, raw))
}

pub fn incoming(meta: &Meta, raw: Vec<u8>) -> IncomingMail {
    let mut remote = RemoteMail::new(RemoteId(format!("1:{}", meta.i + 1)));
    let has = |c: char| meta.flags.contains(c);
    remote.flags = Some(Flags { seen: has('S'), flagged: has('F'), answered: has('R'), ..Flags::default() });
    remote.received = Some(Timestamp::from_secs(meta.date));
    remote.size = Some(raw.len() as u64);
    remote.message_id = Some(meta.mid.clone());
    IncomingMail { parsed: mime::parse(&raw, &Limits::default()), remote, raw: RawBody::Inline(raw), unreadable: None }
}

/// An account that no server stands behind.
pub fn connection(id: &str, paused_until: Option<Timestamp>, now: Timestamp) -> NewConnection {
    let email = format!("{id}@corpus.example");
    NewConnection {
        connection: Connection {
            id: ConnectionId::new(id),
            integration: IntegrationId::new("imap"),
            label: email.clone(),
            subject: email.clone(),
            email: email.clone(),
            display_name: "Bench".into(),
            status: ConnectionStatus::Active,
            status_reason: None,
            granted_scopes: vec![],
            settings: ConnectionSettings::OAuth,
            paused_until,
            created_at: now,
        },
        accounts: vec![NewAccount { email, display_name: "Bench".into(), hue: 1, can_send: true }],
        secrets: vec![],
    }
}

pub fn mailbox(name: &str, role: Option<MailboxRole>) -> RemoteMailbox {
    RemoteMailbox { id: RemoteId::new(name), name: name.to_owned(), role, selectable: true, total: None, unread: None }
}

pub fn note(action: &'static str) -> NewAudit {
    NewAudit { actor: Actor::Person, action, target: "bench".into(), outcome: Outcome::Ok, detail: String::new() }
}

pub fn commit(scope: &SyncScope, account: AccountId, upserts: Vec<IncomingMail>, more: bool, now: Timestamp) -> CommitBatch {
    CommitBatch {
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
    }
}

/// CPU seconds of this process so far.
pub fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.rsplit(')').next().unwrap_or("").split_whitespace().map(|f| f.parse().unwrap_or(0.0)).collect();
    fields.get(11..13).map_or(0.0, |f| f.iter().sum::<f64>()) / 100.0
}

/// The most memory that this process has held so far, in MB of 2²⁰ bytes.
pub fn peak_memory() -> f64 {
    status("VmHWM:")
}

/// The memory that this process holds now, in MB of 2²⁰ bytes.
pub fn memory() -> f64 {
    status("VmRSS:")
}

fn status(field: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = text.lines().find_map(|l| l.strip_prefix(field)).and_then(|l| l.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kb.unwrap_or(0.0) / 1024.0
}

/// Median, 95th percentile and worst, in milliseconds.
pub fn figures(mut times: Vec<Duration>) -> (f64, f64, f64) {
    times.sort();
    let at = |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len() - 1)).map_or(0.0, |d| d.as_secs_f64() * 1e3);
    (at(0.5), at(0.95), at(1.0))
}
