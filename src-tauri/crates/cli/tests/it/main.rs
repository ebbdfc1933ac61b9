//! The contract of `aurelius-cli`, by its real binary against the sandbox: every result is checked against its schema in docs/cli.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod calendar;
mod codes;
mod files;
mod human;
#[cfg(target_os = "linux")]
mod keyring;
mod keys;
mod lists;
mod schema;
mod sign_in;
mod tasks;
mod tools;
mod zone;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use domain::time::system_clock;
use sandbox::{Fault, MARA, Sandbox};
use serde_json::Value;

struct World {
    dir: tempfile::TempDir,
    env: BTreeMap<String, String>,
    sandbox: Sandbox,
}

impl World {
    async fn new() -> Self {
        let sandbox = host::demo::start_sandbox(system_clock()).await.unwrap();
        let env = sandbox.environment();
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("pass"), "correct horse\n").unwrap();
        Self { dir, env, sandbox }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aurelius-cli"));
        command
            .envs(&self.env)
            .arg("--home")
            .arg(self.path("home"))
            .arg("--passphrase-file")
            .arg(self.path("pass"))
            .arg("--json")
            .args(args);
        command
    }

    /// As a person types it: no --json.
    fn plain(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aurelius-cli"));
        command.envs(&self.env).arg("--home").arg(self.path("home")).arg("--passphrase-file").arg(self.path("pass"));
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs, wants success, checks the result against its schema.
    fn ok(&self, schema: &str, args: &[&str]) -> Value {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        assert!(out.stderr.is_empty(), "{args:?} wrote to stderr: {}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).unwrap();
        assert_eq!(text.trim_end().lines().count(), 1, "{args:?}: {text}");
        // The same rule that every other test finds the schema by.
        assert_eq!(schema::of(args), schema, "{args:?}");
        schema::check_output(&docs(), args, text.as_bytes(), &[]).unwrap_or_else(|e| panic!("{args:?}: {e}"));
        checked(schema, text.trim_end())
    }

    /// Runs, wants failure with this code; the error follows its schema.
    fn fails(&self, code: &str, args: &[&str]) -> Value {
        let out = self.run(args);
        assert!(!out.status.success(), "{args:?} succeeded: {}", String::from_utf8_lossy(&out.stdout));
        let wrong_line = ["usage"].contains(&code);
        assert_eq!(out.status.code(), Some(if wrong_line { 2 } else { 1 }), "{args:?}");
        let text = String::from_utf8(out.stderr).unwrap();
        assert_eq!(text.trim_end().lines().count(), 1, "{args:?}: {text}");
        let error = checked("error", text.trim_end());
        assert_eq!(error["code"], code, "{args:?}: {error}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{args:?}: {error}");
        error
    }

    /// `connect google`, with the test as the browser.
    async fn connect(&self, email: &str) -> Value {
        let (child, url, reader) = self.begin_connect(email);
        host::visit(&url).await.unwrap();
        finish(child, reader)
    }

    fn begin_connect(&self, email: &str) -> (Child, String, BufReader<std::process::ChildStdout>) {
        self.sandbox.consent_as(sandbox::Provider::Google, email);
        let mut child = self.command(&["connect", "google", "--no-browser"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.is_empty() {
            let out = child.wait_with_output().unwrap();
            panic!("no first line: {}", String::from_utf8_lossy(&out.stderr));
        }
        let first = checked("connect", line.trim_end());
        (child, first["authorize_url"].as_str().unwrap().to_owned(), reader)
    }
}

fn finish(child: Child, mut reader: BufReader<std::process::ChildStdout>) -> Value {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    checked("connect", line.trim_end())
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/cli")
}

fn checked(name: &str, text: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}: {text}"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(docs().join(format!("{name}.schema.json"))).unwrap()).unwrap();
    schema::check(&schema, &value).unwrap_or_else(|e| panic!("{name}: {e}"));
    value
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[test]
fn every_schema_is_one_that_the_validator_understands() {
    let mut seen = 0;
    for entry in fs::read_dir(docs()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") {
            let schema: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            // A value of no kind at all: an answer that complains of the value and not of the schema.
            let answer = schema::check(&schema, &Value::Null).unwrap_err();
            assert!(!answer.contains("does not know"), "{}: {answer}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 18);
    let list: Value = serde_json::from_str(&fs::read_to_string(docs().join("audit.schema.json")).unwrap()).unwrap();
    assert!(schema::check(&list, &serde_json::json!({"items": [{"id": 5}], "next": null})).is_err());
    assert!(schema::check(&list, &serde_json::json!({"items": [], "next": null, "more": 1})).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_holds_against_the_sandbox() {
    let w = World::new().await;
    assert_eq!(w.ok("connections", &["connections"])["items"].as_array().unwrap().len(), 0);
    let connection = w.connect(MARA).await;
    assert_eq!(connection["email"], MARA);
    let all = w.ok("connections", &["connections"]);
    assert_eq!(id(&all["items"][0]), id(&connection));

    let first = w.ok("sync", &["sync", "--connection", id(&connection)]);
    // Google's calendars are scopes of their own.
    let mail = first["items"].as_array().unwrap().iter().filter(|s| s["scope"] == "mail");
    let added: i64 = mail.map(|s| s["added"].as_i64().unwrap()).sum();
    assert_eq!(added as usize, w.sandbox.messages(MARA).len());
    let again = w.ok("sync", &["sync"]);
    assert!(again["items"].as_array().unwrap().iter().all(|s| s["added"] == 0), "{again}");

    let list = w.ok("mail-list", &["mail", "list", "--limit", "10000"]);
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), added as usize);
    assert_eq!(list["next"], Value::Null);
    assert!(items.windows(2).all(|p| p[0]["date"].as_str() >= p[1]["date"].as_str()), "newest first");
    let page = w.ok("mail-list", &["mail", "list", "--mailbox", "inbox", "--limit", "3"]);
    let next = page["next"].as_str().unwrap();
    let second = w.ok("mail-list", &["mail", "list", "--mailbox", "inbox", "--limit", "3", "--after", next]);
    assert_ne!(page["items"][2]["id"], second["items"][0]["id"]);
    assert!(page["items"][2]["date"].as_str() >= second["items"][0]["date"].as_str());

    let message = &page["items"][0];
    let full = w.ok("mail-show", &["mail", "show", id(message)]);
    assert_eq!(full["subject"], message["subject"]);
    for form in ["--raw", "--html", "--text"] {
        assert_eq!(id(&w.ok("mail-show", &["mail", "show", id(message), form])), id(message));
    }
    flags_and_moves(&w, message);
    let outbox = sending(&w);
    assert_eq!(w.ok("outbox-list", &["outbox", "list"])["items"].as_array().unwrap().len(), 0, "{outbox}");

    let word = "subject:\"Re: \" OR in:inbox -is:draft";
    assert!(!w.ok("search", &["search", word, "--limit", "5"])["items"].as_array().unwrap().is_empty());
    assert!(w.ok("search", &["search", "from:nobody@nowhere.example"])["items"].as_array().unwrap().is_empty());
    let audit = w.ok("audit", &["audit", "--limit", "2"]);
    assert!(audit["next"].is_string());
    assert_eq!(w.ok("doctor", &["doctor"])["ok"], true);
    errors(&w, id(&connection));

    let gone = w.ok("disconnect", &["disconnect", id(&connection)]);
    assert_eq!(gone["revocation"], "revoked");
    assert_eq!(w.ok("mail-list", &["mail", "list"])["items"].as_array().unwrap().len(), 0);
    assert_eq!(w.sandbox.live_grants(sandbox::Provider::Google, MARA), 0);
}

fn flags_and_moves(w: &World, message: &Value) {
    let labels = || {
        let mine = |m: &sandbox::MessageState| m.message_id.as_deref().is_some_and(|i| i.trim_matches(['<', '>']) == message["message_id"]);
        w.sandbox.messages(MARA).into_iter().find(mine).unwrap().labels
    };
    for (flag, label, there) in
        [("starred", "STARRED", true), ("unstarred", "STARRED", false), ("unread", "UNREAD", true), ("read", "UNREAD", false)]
    {
        let done = w.ok("mail-flag", &["mail", "flag", id(message), flag]);
        assert_eq!(done["state"], "done");
        assert_eq!(labels().contains(label), there, "{flag}: {:?}", labels());
    }
    assert_eq!(w.ok("mail-move", &["mail", "move", id(message), "--to", "archive"])["state"], "done");
    assert!(!labels().contains("INBOX"));
    w.ok("mail-move", &["mail", "move", id(message), "--to", "Inbox"]);
    assert!(labels().contains("INBOX"), "{:?}", labels());
    w.ok("sync", &["sync"]);
}

fn sending(w: &World) -> Value {
    fs::write(w.path("body"), "Grüße aus Bergen\n").unwrap();
    fs::write(w.path("a file.txt"), "attached").unwrap();
    let (body, file) = (w.path("body"), w.path("a file.txt"));
    let base = [
        "mail",
        "send",
        "--from",
        MARA,
        "--to",
        "Ida Holm <ida@fjellbakeriet.example>, b@c.example",
        "--body-file",
        body.to_str().unwrap(),
    ];
    let with = |more: &[&'static str]| -> Vec<String> { base.iter().chain(more).map(|s| (*s).to_owned()).collect() };
    let run = |schema: &str, args: &[String]| w.ok(schema, &args.iter().map(String::as_str).collect::<Vec<_>>());
    let before = w.sandbox.sent(MARA).len();
    let mut args = with(&["--subject", "Grüße", "--bcc", "secret@d.example"]);
    args.extend(["--attach".to_owned(), file.to_str().unwrap().to_owned()]);
    let sent = run("mail-send", &args);
    assert_eq!(sent["state"], "sent");
    let copies: Vec<_> = w.sandbox.sent(MARA).into_iter().filter(|m| m.subject == "Grüße").collect();
    assert_eq!((copies.len(), w.sandbox.sent(MARA).len()), (1, before + 1));

    // Queued, discarded; queued, sent by the next sync; refused, seen, sent again.
    let queued = run("mail-send", &with(&["--subject", "later", "--queue"]));
    assert_eq!(queued["state"], "queued");
    assert_eq!(id(&w.ok("outbox-list", &["outbox", "list"])["items"][0]), id(&queued));
    assert_eq!(w.ok("outbox-discard", &["outbox", "discard", id(&queued)])["discarded"], true);
    run("mail-send", &with(&["--subject", "with the sync", "--queue"]));
    let report = w.ok("sync", &["sync"]);
    assert_eq!(report["outbox"][0]["outcome"], "done", "{report}");
    let scheduled = run("mail-send", &with(&["--subject", "much later", "--send-at", "2090-01-01T00:00:00Z"]));
    assert_eq!(scheduled["state"], "scheduled");
    w.ok("outbox-discard", &["outbox", "discard", id(&scheduled)]);
    w.sandbox.control().add_fault(Fault::status("*/messages/send", 400, "invalidArgument").method("POST"));
    let refused = with(&["--subject", "refused at first"]);
    w.fails("wedged", &refused.iter().map(String::as_str).collect::<Vec<_>>());
    w.sandbox.control().clear_faults();
    let stuck = w.ok("outbox-list", &["outbox", "list"]);
    assert_eq!(stuck["items"][0]["state"], "wedged", "{stuck}");
    w.ok("outbox-retry", &["outbox", "retry", id(&stuck["items"][0])]);
    assert_eq!(w.sandbox.sent(MARA).iter().filter(|m| m.subject == "refused at first").count(), 1);
    stuck
}

fn errors(w: &World, connection: &str) {
    w.fails("invalid", &["mail", "show", "not-a-number"]);
    w.fails("not_found", &["mail", "show", "1"]);
    w.fails("invalid", &["mail", "list", "--limit", "10001"]);
    w.fails("no_mailbox", &["mail", "list", "--mailbox", "no such box"]);
    w.fails("not_found", &["sync", "--connection", "nobody"]);
    w.fails("not_found", &["disconnect", "nobody"]);
    let syntax = w.fails("search_syntax", &["search", "form:ada"]);
    assert!(syntax["hint"].as_str().unwrap().contains("from:ada"));
    w.fails("usage", &["mail", "send"]);
    w.fails("usage", &["no-such-command"]);
    w.fails(
        "bad_address",
        &["mail", "send", "--from", MARA, "--to", "not an address", "--subject", "x", "--body-file", w.path("body").to_str().unwrap()],
    );
    w.fails("no_file", &["mail", "send", "--from", MARA, "--to", "a@b.example", "--subject", "x", "--body-file", "/no/such/file"]);
    w.fails(
        "no_sender",
        &[
            "mail",
            "send",
            "--from",
            "x@y.example",
            "--to",
            "a@b.example",
            "--subject",
            "x",
            "--body-file",
            w.path("body").to_str().unwrap(),
        ],
    );
    w.fails("real_workspace", &["demo"]);
    assert_eq!(id(&w.ok("connections", &["connections"])["items"][0]), connection, "a refused demo touches nothing");
    let forged = w.run(&["open", "aurelius://oauth/callback?code=x&state=forged"]);
    assert!(!forged.status.success());
    checked("error", String::from_utf8(forged.stderr).unwrap().trim_end());
    // A header can't be injected by a subject.
    let injected = ["mail", "send", "--from", MARA, "--to", "a@b.example", "--subject", "x\r\nBcc: evil@d.example", "--body-file"];
    let body = w.path("body");
    let out = w.run(&injected.iter().copied().chain([body.to_str().unwrap()]).collect::<Vec<_>>());
    assert!(!out.status.success());
    // Another passphrase, and none.
    fs::write(w.path("wrong"), "no\n").unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_aurelius-cli"))
        .arg("--home")
        .arg(w.path("home"))
        .arg("--passphrase-file")
        .arg(w.path("wrong"))
        .args(["--json", "connections"])
        .output()
        .unwrap();
    assert_eq!(checked("error", String::from_utf8(out.stderr).unwrap().trim_end())["code"], "wrong_passphrase");
    let out = Command::new(env!("CARGO_BIN_EXE_aurelius-cli"))
        .arg("--home")
        .arg(w.path("home"))
        .args(["--json", "connections"])
        .output()
        .unwrap();
    assert_eq!(checked("error", String::from_utf8(out.stderr).unwrap().trim_end())["code"], "passphrase_needed");
    // A server that is not there; the password goes in by standard input and nowhere else.
    let mut child = w
        .command(&[
            "connect",
            "imap",
            "--email",
            "a@b.example",
            "--username",
            "a",
            "--password-stdin",
            "--imap",
            "127.0.0.1:1",
            "--imap-security",
            "none",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"hunter2\n").unwrap();
    let out = child.wait_with_output().unwrap();
    let error = checked("error", String::from_utf8(out.stderr).unwrap().trim_end());
    assert_eq!(error["code"], "unreachable");
    assert!(!error.to_string().contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_command_talks_to_the_holder() {
    let w = World::new().await;
    w.ok("connections", &["connections"]);
    // The first command waits for its browser and so holds the home.
    let (child, url, reader) = w.begin_connect(MARA);
    let started = Instant::now();
    assert_eq!(w.ok("connections", &["connections"])["items"].as_array().unwrap().len(), 0);
    w.fails("invalid", &["mail", "show", "x"]);
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    host::visit(&url).await.unwrap();
    finish(child, reader);
    // Many at once, each with its answer, whoever holds the home.
    let w = &w;
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|_| scope.spawn(|| w.ok("connections", &["connections"]))).collect();
        for one in all {
            assert_eq!(one.join().unwrap()["items"].as_array().unwrap().len(), 1);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_runs_leaves_its_workspace_and_runs_again() {
    let w = World::new().await;
    for _ in 0..2 {
        let report = w.ok("demo", &["demo"]);
        assert_eq!(report["ok"], true);
        assert!(report["ms"].as_u64().unwrap() <= 20_000, "the demo takes at most 20 s: {}", report["ms"]);
        assert!(report["steps"].as_array().unwrap().len() >= 12);
        // Two accounts for mail, the calendars of one server, a subscribed calendar, one for tasks; none of the time before.
        let left = w.ok("connections", &["connections"]);
        let mut kinds: Vec<_> = left["items"].as_array().unwrap().iter().map(|c| c["integration"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["caldav", "google", "ics", "microsoft", "todoist"]);
        assert!(w.ok("mail-list", &["mail", "list", "--limit", "10000"])["items"].as_array().unwrap().len() > 500);
    }
}

/// A real fault in the middle: no file may grow beyond some 1.5 MB, so the store can't take in the mail. The steps before
/// are reported, the one that failed says why, and the exit code tells a script.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_demo_with_a_step_that_fails_says_which_and_exits_with_1() {
    let w = World::new().await;
    let limited = |home: &str, json: &str| {
        let line = format!("trap '' XFSZ; ulimit -f 3600; exec \"$0\" --home \"$1\" --passphrase-file \"$2\" {json} demo");
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).arg(env!("CARGO_BIN_EXE_aurelius-cli")).arg(w.path(home)).arg(w.path("pass"));
        command.stdin(Stdio::null()).output().unwrap()
    };
    let out = limited("home", "--json");
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stdout));
    let report = checked("demo", String::from_utf8(out.stdout).unwrap().trim_end());
    assert_eq!(report["ok"], false);
    let steps = report["steps"].as_array().unwrap();
    let (last, before) = steps.split_last().unwrap();
    assert!(last["ok"] == false && before.iter().all(|s| s["ok"] == true), "{report}");
    let error = checked("error", String::from_utf8(out.stderr).unwrap().trim_end());
    assert_eq!(error["code"], "demo");
    assert!(error["message"].as_str().unwrap().contains(last["label"].as_str().unwrap()), "{error}");
    let out = limited("another", "");
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stdout).contains("FAIL"));
}

/// Somebody's own set-up is refused before anything is laid into it.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_refuses_a_home_with_a_configuration_of_its_own() {
    let w = World::new().await;
    let own = "[providers.google]\nclient_id = \"mine\"\n";
    fs::create_dir(w.path("home")).unwrap();
    fs::write(w.path("home").join("config.toml"), own).unwrap();
    w.fails("real_workspace", &["demo"]);
    assert_eq!(fs::read_dir(w.path("home")).unwrap().count(), 1);
    // Not even a roots file goes unread.
    let ca = w.path("no.pem");
    let elsewhere = w.path("elsewhere");
    let out = w.run(&["--ca-file", ca.to_str().unwrap(), "--home", elsewhere.to_str().unwrap(), "demo"]);
    assert!(!out.status.success(), "a CA file that is not there");
}
