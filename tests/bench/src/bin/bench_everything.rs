//! `cargo xtask bench everything`: one home with every kind of account at once. A hundred thousand mails lie in it; two Google accounts,
//! Microsoft 365, JMAP, CalDAV, seven task tools and forty subscribed calendars are connected, brought over real HTTP, and then looked at.
//! Prints the table of docs/benchmarks.md.
//!
//! `bench_everything fill HOME` stores what `tests/bench/gen_mail.py --format stream` writes; `bench_everything HOME` does the rest in
//! another process, so that its memory is that of a program that was started with this mail. The servers are a process of their own.

#![allow(clippy::unwrap_used)]

use std::{
    io::BufReader,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bench::{
    BATCH,
    calendars::{CALENDARS, files, month, serve, subscribe},
    child::{Served, answer, is_server},
    commit, connection, cpu, figures, incoming, mailbox, memory, next_mail, note, peak_memory,
};
use domain::{
    SecretString,
    audit::Actor,
    ids::{IntegrationId, RemoteId},
    integration::Service,
    mail::MailboxRole,
    time::{Timestamp, system_clock},
};
use engine::{
    ConnectDav, ConnectJmap, ConnectToken, Engine,
    home::Home,
    views::{BeginOAuth, OAuthIntent, SyncReport},
};
use sandbox::{MARA, MARA_WORK, MS_MARA, Provider, Sandbox};
use serde_json::{Value, json};
use store::{Store, StoreOptions};
use vault::{KeySource, Vault};

/// Tools that are connected by a token.
const TOOLS: [&str; 7] = ["todoist", "github", "linear", "asana", "trello", "jira", "notion"];
const YEAR_MS: i64 = 365 * 86_400_000;
/// Between two looks of a person.
const LOOK: Duration = Duration::from_millis(100);

fn key() -> KeySource {
    KeySource::Passphrase(SecretString::from("a passphrase for the bench"))
}

/// All the servers.
async fn server() {
    let sandbox: Sandbox = host::demo::start_sandbox(system_clock()).await.unwrap();
    let (port, _) = serve(files()).await;
    let hello = json!({
        "port": port,
        "config": sandbox.config_toml(),
        "caldav_url": sandbox.caldav_base(),
        "caldav_user": sandbox.caldav_user(),
        "caldav_password": sandbox.caldav_password(),
        "jmap_url": sandbox.jmap_base(),
        "jmap_token": sandbox.jmap_token(),
        "todoist": sandbox.todoist_token(),
        "github": sandbox.github_token(),
        "linear": sandbox.linear_key(),
        "asana": sandbox.asana_token(),
        "trello": sandbox.trello_secret(),
        "jira": sandbox.jira_secret(),
        "notion": sandbox.notion_token(),
    });
    answer(&hello, |line| {
        let (provider, email) = line.split_once(' ').unwrap();
        let provider = if provider == "microsoft" { Provider::Microsoft } else { Provider::Google };
        sandbox.consent_as(provider, email);
        Value::Null
    });
    sandbox.stop().await;
}

/// One account with the generated mail, all of it in the inbox; no server stands behind it.
async fn fill(path: &Path) {
    let now: Timestamp = system_clock()();
    let home = Home::open(path).unwrap();
    let vault = Vault::create(path, key()).await.unwrap();
    let options =
        StoreOptions { path: home.database(), files_dir: home.files(), key: vault.database_key().unwrap(), sealer: vault.files() };
    let store = Store::open(options).await.unwrap();
    let new = connection("bench", Some(Timestamp(now.0 + YEAR_MS)), now);
    let account = store.insert_connection(&new, &note("connection.created"), now).await.unwrap().first().unwrap().id;
    store.upsert_mailboxes(account, &[mailbox("INBOX", Some(MailboxRole::Inbox))], now).await.unwrap();
    let scope = store.ensure_scope(&new.connection.id, Service::Mail, Some(&RemoteId::new("INBOX"))).await.unwrap();
    let mut input = BufReader::with_capacity(1 << 20, std::io::stdin().lock());
    loop {
        let mut upserts = Vec::with_capacity(BATCH);
        while upserts.len() < BATCH
            && let Some((meta, raw)) = next_mail(&mut input)
        {
            upserts.push(incoming(&meta, raw));
        }
        let more = !upserts.is_empty();
        store.commit_batch(commit(&scope, account, upserts, more, now)).await.unwrap();
        if !more {
            break;
        }
    }
    store.checkpoint().await.unwrap();
    store.close().await;
}

async fn sign_in(engine: &Engine, served: &mut Served, integration: &str, email: &str) {
    served.ask(&format!("{integration} {email}"));
    let begin = BeginOAuth { integration: IntegrationId::new(integration), intent: OAuthIntent::New, login_hint: None, actor: Actor::Cli };
    let start = engine.begin_oauth(begin).await.unwrap();
    host::visit(&start.authorize_url).await.unwrap();
    engine.wait_oauth(&start.attempt).await.unwrap();
}

async fn connect(engine: &Engine, served: &mut Served) {
    for (integration, email) in [("google", MARA), ("google", MARA_WORK), ("microsoft", MS_MARA)] {
        sign_in(engine, served, integration, email).await;
    }
    let dav = ConnectDav {
        url: served.text("caldav_url"),
        username: served.text("caldav_user"),
        password: SecretString::from(served.text("caldav_password")),
        reconnect: None,
        actor: Actor::Cli,
    };
    engine.connect_dav(dav).await.unwrap();
    let jmap = ConnectJmap {
        url: served.text("jmap_url"),
        username: None,
        secret: SecretString::from(served.text("jmap_token")),
        reconnect: None,
        actor: Actor::Cli,
    };
    engine.connect_jmap(jmap).await.unwrap();
    for tool in TOOLS {
        let token = SecretString::from(served.text(tool));
        let request = ConnectToken { integration: IntegrationId::new(tool), token, reconnect: None, actor: Actor::Cli };
        engine.connect_token(request).await.unwrap();
    }
    subscribe(engine, served.port(), 0, 2 * CALENDARS).await;
}

fn row(what: &str, figure: &str, budget: &str) {
    println!("| {what} | {figure} | {budget} |");
}

async fn round(engine: &Engine) -> (SyncReport, f64, f64) {
    let (begin, before) = (Instant::now(), cpu());
    let report = engine.sync_now(None).await.unwrap();
    (report, begin.elapsed().as_secs_f64(), cpu() - before)
}

#[tokio::main]
async fn main() {
    if is_server() {
        return server().await;
    }
    let first = std::env::args().nth(1).unwrap();
    if first == "fill" {
        return fill(Path::new(&std::env::args().nth(2).unwrap())).await;
    }
    let home = PathBuf::from(first);
    let mut served = Served::start();
    std::fs::write(home.join("config.toml"), served.text("config")).unwrap();
    let engine = host::open_engine(&home, key(), system_clock(), false).await.unwrap();
    let at_start = memory();
    connect(&engine, &mut served).await;
    let (report, wall, spent) = round(&engine).await;
    let failed: Vec<String> = report.scopes.iter().filter(|s| s.error.is_some()).map(|s| format!("{s:?}")).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let after_first = peak_memory();
    let (again, wall_again, _) = round(&engine).await;

    let mut new_months = Vec::new();
    let mut months = Vec::new();
    let mut searches = Vec::new();
    for n in 0..60 {
        tokio::time::sleep(LOOK).await;
        let (from, to) = month(n % 20);
        let begin = Instant::now();
        let (rows, _) = engine.agenda(Timestamp(from), Timestamp(to), false).await.unwrap();
        assert!(!serde_json::to_string(&rows).unwrap().is_empty());
        // The first time, ten thousand series are worked out for it.
        if n < 20 {
            new_months.push(begin.elapsed());
        } else {
            months.push(begin.elapsed());
        }
        let begin = Instant::now();
        engine.search("meeting", true, None, 50).await.unwrap();
        searches.push(begin.elapsed());
    }
    let connections = engine.connections().await.unwrap().len();
    println!("{connections} connections, {} scopes. Release build; the servers in a process of their own.\n", report.scopes.len());
    println!("| what | | budget |\n|---|---|---|");
    let added: u64 = report.scopes.iter().map(|s| s.added).sum();
    row("first round of all of them", &format!("{added} items, {wall:.1} s, {spent:.1} s CPU"), "");
    row("a round without changes", &format!("{} scopes, {wall_again:.1} s", again.scopes.len()), "");
    let (p50, p95, _) = figures(months);
    row("six weeks of a month view, seen before", &format!("p50 {p50:.1} ms, p95 {p95:.1} ms"), "≤ 16 ms");
    let (p50, p95, _) = figures(new_months);
    row("the same where nobody has looked", &format!("p50 {p50:.1} ms, p95 {p95:.1} ms"), "≤ 2,000 ms");
    let (p50, p95, _) = figures(searches);
    row("search for a common word, newest 50", &format!("p50 {p50:.1} ms, p95 {p95:.1} ms"), "≤ 10 ms");
    row("memory when it was opened", &format!("{at_start:.0} MB"), "");
    row("most memory up to the end of the first round", &format!("{after_first:.0} MB"), "≤ 150 MB");
    row("most memory up to the end", &format!("{:.0} MB", peak_memory()), "≤ 150 MB");
    engine.close().await;
}
