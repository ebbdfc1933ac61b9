//! `cargo xtask bench window`: generated mail into a home that the window opens, behind the keyring of the session it runs in.
//!
//! Reads what `tests/bench/gen_mail.py --format stream` writes. One account, all of it in the inbox; what ties answers to their mail
//! is made meaningless, so that every mail is a row of the list. The connection is paused: nothing is asked of a server
//! that is not there.

#![allow(clippy::unwrap_used)]

use std::{io::BufReader, path::PathBuf};

use bench::{BATCH, commit, connection, incoming, mailbox, next_mail, note};
use domain::{
    ids::RemoteId,
    integration::Service,
    mail::MailboxRole,
    time::{Timestamp, system_clock},
};
use engine::home::Home;
use store::{Store, StoreOptions};
use vault::{KeySource, Vault};

const DAY: i64 = 86_400_000;

/// Renames the headers that say which mail this one answers, and begins its subject with its number: mails of one subject are tied, too.
fn untie(number: u64, raw: &mut Vec<u8>) {
    let mut at = 0;
    let mut subject = None;
    while let Some(line) = raw.get_mut(at..).filter(|l| !l.is_empty()) {
        let end = line.iter().position(|b| *b == b'\n').map_or(line.len(), |n| n + 1);
        if end <= 2 {
            break;
        }
        for name in [&b"in-reply-to:"[..], b"references:"] {
            if let Some(start) = line.get_mut(..name.len()).filter(|s| s.eq_ignore_ascii_case(name)) {
                start.first_mut().into_iter().for_each(|b| *b = b'X');
            }
        }
        let name = b"subject:";
        if line.get(..name.len()).is_some_and(|s| s.eq_ignore_ascii_case(name)) {
            subject = Some(at + name.len());
        }
        at += end;
    }
    if let Some(at) = subject {
        raw.splice(at..at, format!(" {number}").into_bytes());
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
    let new = connection("bench", Some(Timestamp(now.0 + 365 * DAY)), now);
    let account = store.insert_connection(&new, &note("connection.created"), now).await.unwrap().first().unwrap().id;
    let folders = [mailbox("INBOX", Some(MailboxRole::Inbox)), mailbox("Archive", Some(MailboxRole::Archive))];
    store.upsert_mailboxes(account, &folders, now).await.unwrap();
    let scope = store.ensure_scope(&new.connection.id, Service::Mail, Some(&RemoteId::new("INBOX"))).await.unwrap();

    let mut input = BufReader::with_capacity(1 << 20, std::io::stdin().lock());
    let mut stored = 0;
    loop {
        let mut upserts = Vec::with_capacity(BATCH);
        while upserts.len() < BATCH
            && let Some((meta, mut raw)) = next_mail(&mut input)
        {
            untie(meta.i, &mut raw);
            upserts.push(incoming(&meta, raw));
        }
        stored += upserts.len();
        let more = !upserts.is_empty();
        store.commit_batch(commit(&scope, account, upserts, more, now)).await.unwrap();
        if !more {
            break;
        }
    }
    store.checkpoint().await.unwrap();
    store.close().await;
    println!("{stored}");
}
