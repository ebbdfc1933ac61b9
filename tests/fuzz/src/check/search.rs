//! What a person types into the search field: a refusal must say something, and what is understood must be a query that the store can run.

use std::sync::OnceLock;

use domain::{
    audit::{Actor, NewAudit, Outcome},
    connection::{Connection, ConnectionSettings, ConnectionStatus},
    ids::{ConnectionId, IntegrationId, RemoteId},
    integration::Service,
    mail::{Address, Flags, MailboxRole, ParsedMail, RemoteMailbox},
    search::{self, Query},
    sync::{RemoteMail, SyncCursor},
    time::{Timestamp, Zone},
};
use store::{CommitBatch, IncomingMail, NewAccount, NewConnection, RawBody, StoreOptions};

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let now = Timestamp::from_secs(1_795_000_000);
    for (n, zone) in [0, 14 * 3600, -12 * 3600].map(Zone::fixed).iter().enumerate() {
        match search::parse(text, now, zone) {
            Ok(query) => {
                if n == 0 {
                    ask(&query);
                }
            }
            Err(e) => assert!(!e.to_string().is_empty()),
        }
        let typing = search::parse_typing(text, now, zone);
        if let (0, Ok(query)) = (n, typing) {
            ask(&query);
        }
    }
}

/// A store with a few mails, for the life of the process.
struct Tiny {
    runtime: tokio::runtime::Runtime,
    store: store::Store,
    _home: tempfile::TempDir,
}

static TINY: OnceLock<Tiny> = OnceLock::new();

fn ask(query: &Query) {
    let tiny = TINY.get_or_init(build);
    tiny.runtime.block_on(async {
        let page = tiny.store.search(query, None, 3).await.unwrap_or_else(|e| panic!("{query:?}: {e}"));
        assert!(page.items.len() <= 3);
        if let Some(next) = page.next {
            tiny.store.search(query, Some(&next), 3).await.unwrap_or_else(|e| panic!("{query:?}, second page: {e}"));
        }
    });
}

fn build() -> Tiny {
    let home = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let store = runtime.block_on(async {
        let vault = vault::Vault::create(home.path(), vault::KeySource::Ephemeral).await.expect("a vault");
        let (path, files_dir, key) = (home.path().join("store.db"), home.path().join("files"), vault.database_key().expect("a key"));
        let store = store::Store::open(StoreOptions { path, files_dir, key, sealer: vault.files() }).await.expect("a store");
        fill(&store).await;
        store
    });
    Tiny { runtime, store, _home: home }
}

async fn fill(store: &store::Store) {
    let at = |secs: i64| Timestamp::from_secs(1_794_000_000 + secs);
    let id = ConnectionId::new("c");
    let connection = Connection {
        id: id.clone(),
        integration: IntegrationId::new("imap"),
        label: "m".into(),
        subject: "m".into(),
        email: "mara@x.example".into(),
        display_name: "Mara".into(),
        status: ConnectionStatus::Active,
        status_reason: None,
        granted_scopes: Vec::new(),
        settings: ConnectionSettings::OAuth,
        paused_until: None,
        created_at: at(0),
    };
    let account = NewAccount { email: "mara@x.example".into(), display_name: "Mara".into(), hue: 3, can_send: true };
    let entry =
        NewAudit { actor: Actor::Engine, action: "connection.created", target: "c".into(), outcome: Outcome::Ok, detail: String::new() };
    let new = NewConnection { connection, accounts: vec![account], secrets: Vec::new() };
    let account = store.insert_connection(&new, &entry, at(0)).await.expect("an account").first().expect("one").id;
    let inbox = RemoteId::new("INBOX");
    let folder = RemoteMailbox {
        id: inbox.clone(),
        name: "INBOX".into(),
        role: Some(MailboxRole::Inbox),
        selectable: true,
        total: None,
        unread: None,
    };
    store.upsert_mailboxes(account, &[folder], at(0)).await.expect("a folder");
    let scope = store.ensure_scope(&id, Service::Mail, Some(&inbox)).await.expect("a scope");
    let words = [
        "quarterly figures",
        "Grüße aus Köln",
        "日本語 mail",
        "invoice 2026-11",
        "AND OR NOT NEAR",
        "it's \"quoted\" (here)",
        "a* b^2",
        "x:y",
    ];
    let mail = |n: usize, text: &str| {
        let raw = format!("Message-ID: <m{n}@x>\r\nSubject: {text}\r\n\r\n{text}").into_bytes();
        let mut remote = RemoteMail::new(RemoteId(n.to_string()));
        remote.flags = Some(Flags { seen: n % 2 == 0, flagged: n % 3 == 0, ..Flags::default() });
        remote.received = Some(at(n as i64 * 86_400));
        let parsed = ParsedMail {
            message_id: format!("m{n}@x"),
            subject: text.to_owned(),
            from: vec![Address { name: "Jonas Weber".into(), email: "jonas@x.example".into() }],
            to: vec![Address { name: String::new(), email: "mara@x.example".into() }],
            date: remote.received,
            text: text.to_owned(),
            ..ParsedMail::default()
        };
        IncomingMail { remote, parsed, raw: RawBody::Inline(raw), unreadable: None }
    };
    let batch = CommitBatch {
        scope,
        account,
        upserts: words.iter().enumerate().map(|(n, text)| mail(n + 1, text)).collect(),
        updates: Vec::new(),
        gone: Vec::new(),
        present: None,
        reset: false,
        next: SyncCursor::Opaque { value: "c".into() },
        more: false,
        progress: None,
        now: at(0),
    };
    store.commit_batch(batch).await.expect("mails");
}
