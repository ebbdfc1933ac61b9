//! Without --json: words for people on stdout, errors on stderr, and the same exit codes.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::Output,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::time::Timestamp;
use sandbox::MARA;
use serde_json::Value;

use crate::{World, id};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl World {
    pub fn says(&self, args: &[&str]) -> String {
        let out = self.plain(args).output().unwrap();
        assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
        assert!(out.stderr.is_empty(), "{args:?} wrote to stderr: {}", text(&out.stderr));
        text(&out.stdout)
    }

    /// Nothing on stdout, `error: …` and what to do on stderr.
    pub fn complains(&self, code: i32, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.plain(args).output().unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}: {}", text(&stderr));
        assert!(stdout.is_empty(), "{args:?} printed {}", text(&stdout));
        let words = text(&stderr);
        assert!(words.starts_with("error: ") || code == 2, "{args:?}: {words}");
        assert!(words.lines().count() >= 2, "{args:?} says what to do: {words}");
        words
    }

    async fn sign_in_by_hand(&self) -> String {
        self.sandbox.consent_as(sandbox::Provider::Google, MARA);
        let mut child = self.plain(&["connect", "google", "--no-browser"]).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let line: Value = serde_json::from_str(&first).expect("the first line is for scripts, too");
        host::visit(line["authorize_url"].as_str().unwrap()).await.unwrap();
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert!(child.wait().unwrap().success());
        rest
    }
}

/// Escape sequences in every place that a stranger can write to, and bytes that are no UTF-8.
fn hostile() -> Vec<u8> {
    let mut raw = format!(
        "From: \u{1b}[31mEve <eve@evil.example>\r\nTo: {MARA}\r\nSubject: =?utf-8?Q?hostile=1B]0;owned=07?=\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n<p>h\u{1b}[2Jidden <b>caf"
    )
    .into_bytes();
    raw.push(0xE9);
    raw.extend_from_slice(
        b"</b></p>\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n",
    );
    raw.extend_from_slice(b"\x7fELF a program under the name of a document\r\n--b--\r\n");
    raw
}

#[tokio::test(flavor = "multi_thread")]
async fn words_for_people() {
    let w = World::new().await;
    assert_eq!(w.says(&["connections"]), "nothing\n");
    let raw = hostile();
    w.sandbox.insert(MARA, &raw, &["INBOX"], Timestamp::from_secs(1_900_000_000)).unwrap();
    let connected = w.sign_in_by_hand().await;
    assert!(connected.starts_with(&format!("{MARA} connected by google (reads and sends)\nid ")), "{connected}");
    let connections = w.says(&["connections"]);
    assert!(connections.starts_with("ID ") && connections.contains(MARA), "{connections}");
    let synced = w.says(&["sync"]);
    assert!(synced.starts_with("SCOPE ") && synced.contains("mail"), "{synced}");
    let connection = w.ok("connections", &["connections"])["items"][0]["id"].as_str().unwrap().to_owned();

    let list = w.says(&["mail", "list", "--connection", &connection, "--mailbox", "inbox", "--limit", "2"]);
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(list.lines().next().unwrap().contains("hostile") && list.contains("more: --after "), "{list}");
    assert_eq!(list, w.says(&["mail", "list", "--connection", MARA, "--mailbox", "inbox", "--limit", "2"]), "an address will do");
    let one = w.ok("mail-list", &["mail", "list", "--limit", "1"]);
    let message = id(&one["items"][0]);
    for args in [&["mail", "list", "--limit", "1"][..], &["mail", "show", message], &["mail", "show", message, "--html"]] {
        let shown = w.says(args);
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{args:?}: {shown:?}");
        assert!(shown.contains("idden") || shown.contains("hostile"), "{args:?}: {shown}");
    }
    let shown = w.says(&["mail", "show", message]);
    assert!(shown.contains("Subject: hostile") && shown.contains("File:    a.pdf") && shown.contains("café"), "{shown}");
    assert!(w.says(&["mail", "show", message, "--html"]).contains("<b>café</b>"));
    assert!(w.says(&["mail", "show", message, "--text"]).contains("café"));
    assert!(w.says(&["search", "hostile"]).contains("hostile"));

    // The bytes as they came, to a pipe and in JSON.
    let out = w.plain(&["mail", "show", message, "--raw"]).output().unwrap();
    assert_eq!(out.stdout, raw, "byte for byte");
    let wrapped = w.ok("mail-show", &["mail", "show", message, "--raw"]);
    assert_eq!(wrapped["encoding"], "base64");
    assert_eq!(STANDARD.decode(wrapped["raw"].as_str().unwrap()).unwrap(), raw);
    let plain = w.sandbox.messages(MARA).into_iter().find(|m| m.raw.is_ascii() && m.message_id.is_some()).unwrap();
    let key = plain.message_id.as_deref().unwrap().trim_matches(['<', '>']).to_owned();
    let all = w.ok("mail-list", &["mail", "list", "--limit", "10000"]);
    let listed = all["items"].as_array().unwrap().iter().find(|m| m["message_id"] == *key).unwrap();
    let wrapped = w.ok("mail-show", &["mail", "show", id(listed), "--raw"]);
    assert_eq!((&wrapped["encoding"], wrapped["raw"].as_str().unwrap().as_bytes()), (&"utf-8".into(), &plain.raw[..]));
    // What the bytes say counts as much as the name.
    let full = w.ok("mail-show", &["mail", "show", message]);
    assert_eq!(full["attachments"][0]["risk"], "executable", "{}", full["attachments"]);

    assert!(w.says(&["mail", "flag", message, "starred"]).contains("(done): hostile"));
    assert!(w.says(&["mail", "move", message, "--to", "archive"]).contains("(done): hostile"));
    fs::write(w.path("body"), "plain words\n").unwrap();
    fs::write(w.path("body.html"), "<p>words in <b>bold</b></p>").unwrap();
    let (body, html) = (w.path("body"), w.path("body.html"));
    let sent = w.says(&[
        "mail",
        "send",
        "--from",
        MARA,
        "--to",
        "ada@elsewhere.example",
        "--subject",
        "two forms",
        "--body-file",
        body.to_str().unwrap(),
        "--html-file",
        html.to_str().unwrap(),
    ]);
    assert!(sent.starts_with("sent: two forms (outbox "), "{sent}");
    let there = w.sandbox.sent(MARA).into_iter().find(|m| m.subject == "two forms").unwrap();
    let raw = String::from_utf8_lossy(&there.raw).into_owned();
    assert!(raw.contains("multipart/alternative") && raw.contains("<b>bold</b>") && raw.contains("plain words"), "{raw}");
    assert_eq!(w.says(&["outbox", "list"]), "nothing\n");
    assert!(w.says(&["audit"]).starts_with("ID "));
    assert!(w.says(&["doctor"]).starts_with("STATE "));

    assert!(w.complains(1, &["mail", "show", "1"]).contains("message"));
    let names = w.complains(1, &["mail", "list", "--mailbox", "no such box"]);
    assert!(names.contains("There are: ") && names.contains("Inbox"), "{names}");
    let names = w.complains(1, &["mail", "move", message, "--to", "no such box"]);
    assert!(names.contains("There are: ") && names.contains("Inbox"), "{names}");
    w.complains(1, &["mail", "list", "--after", "garbage"]);
    w.complains(1, &["sync", "--connection", "nobody"]);
    assert!(w.complains(2, &["mail", "send"]).contains("--subject"));
    w.complains(2, &["no-such-command"]);

    let gone = w.says(&["disconnect", &connection]);
    assert!(gone.contains("messages erased here"), "{gone}");
}

/// A result that could not be printed is no success; a reader that has enough is none of our business.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_output_is_told_and_a_closed_one_is_not() {
    let w = World::new().await;
    for args in [&["connections"][..], &["--json", "connections"], &["--json", "--help"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let out = w.plain(args).stdout(full).output().unwrap();
        assert_eq!(out.status.code(), Some(1), "{args:?}");
        let told = text(&out.stderr);
        assert!(told.contains("standard output"), "{args:?}: {told}");
        if args[0] == "--json" {
            assert_eq!(crate::checked("error", told.trim_end())["code"], "io");
        }
        let mut child = w.plain(args).spawn().unwrap();
        drop(child.stdout.take());
        assert!(child.wait().unwrap().success(), "{args:?}: a closed pipe");
    }
}
