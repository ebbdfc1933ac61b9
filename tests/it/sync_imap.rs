//! The whole way of a mail, through the command line as a program: a real Dovecot, the encrypted store, search. Every
//! comparison is with what the server itself says.

use serde_json::Value;

use crate::{
    dovecot::{CONDSTORE_ONLY, Dovecot, Mailbox, PASSWORD, PLAIN_IMAP4REV1, USER},
    support::{Home, count},
};

/// 2026-11-20T12:00:00Z.
const UNTIL: u64 = 1_795_176_000;

fn connected(server: &Dovecot) -> Home {
    let home = Home::new();
    home.connect_imap("test@corpus.example", USER, PASSWORD, server.port, None);
    home
}

/// Sum of one field over all scopes of a sync report.
fn sum(report: &Value, field: &str) -> u64 {
    let scopes = report["items"].as_array().or_else(|| report["scopes"].as_array()).unwrap_or_else(|| panic!("no scopes in {report}"));
    for scope in scopes {
        assert!(scope["error"].is_null(), "{scope}");
    }
    scopes.iter().map(|s| s[field].as_u64().unwrap()).sum()
}

/// (Message-ID, flags) of one mailbox as the command line lists it, in the server's words.
fn local(home: &Home, mailbox: &str) -> Vec<(String, String)> {
    let list = home.run(&["mail", "list", "--mailbox", mailbox, "--limit", "10000"]);
    let mut out: Vec<(String, String)> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| {
            let mut flags = Vec::new();
            for (field, name) in [("answered", "\\Answered"), ("draft", "\\Draft"), ("starred", "\\Flagged")] {
                if m[field] == true {
                    flags.push(name);
                }
            }
            if m["unread"] == false {
                flags.push("\\Seen");
            }
            (m["message_id"].as_str().unwrap().to_owned(), flags.join(" "))
        })
        .collect();
    out.sort();
    out
}

/// What the server has to show. Without UIDPLUS a message that we moved away stays there, marked.
fn shown(server: &Dovecot, mailbox: &str) -> Vec<(String, String)> {
    let mut there = server.other_client().truth(mailbox);
    there.retain(|(_, flags)| !flags.contains("\\Deleted"));
    there
}

fn assert_equal(home: &Home, server: &Dovecot, mailboxes: &[&str]) {
    for mailbox in mailboxes {
        let (here, there) = (local(home, mailbox), shown(server, mailbox));
        assert_eq!(here.len(), there.len(), "{mailbox}");
        assert_eq!(here, there, "{mailbox}");
    }
}

fn counts_are_equal(size: usize) {
    let inbox = size * 3 / 4;
    let server = Dovecot::start(&[Mailbox::generate("INBOX", inbox, UNTIL), Mailbox::generate("Work", size - inbox, UNTIL)], "");
    let home = connected(&server);
    assert_eq!(count(&home, &["mail", "list"]), 0, "connecting never syncs");
    let started = std::time::Instant::now();
    assert_eq!(sum(&home.run(&["sync"]), "added"), size as u64);
    println!("{size} messages synced in {:.1} s", started.elapsed().as_secs_f64());
    assert_eq!(sum(&home.run(&["sync"]), "added"), 0, "a second sync adds nothing");
    assert_equal(&home, &server, &["INBOX", "Work"]);
}

#[test]
fn fifteen_hundred_messages_and_a_second_sync_adds_none() {
    counts_are_equal(1_500);
}

#[test]
#[ignore = "minutes; part of --long"]
fn ten_thousand_messages_and_a_second_sync_adds_none() {
    counts_are_equal(10_000);
}

/// Flags, expunges, copies and new mail from another client; the result must not depend on what the server can do.
fn changes_from_elsewhere(extra: &str) {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 300, UNTIL), Mailbox::generate("Work", 50, UNTIL)], extra);
    let home = connected(&server);
    home.run(&["sync"]);
    assert_equal(&home, &server, &["INBOX", "Work"]);

    let mut other = server.other_client();
    other.run("SELECT INBOX");
    other.run("STORE 1:20 +FLAGS (\\Seen \\Flagged)");
    other.run("STORE 21:30 -FLAGS (\\Seen)");
    other.run("STORE 5,40:49,300 +FLAGS (\\Deleted)");
    other.run("EXPUNGE");
    other.run("COPY 10:12 Work");
    other.append("INBOX", b"From: new@corpus.example\r\nMessage-ID: <fresh@corpus.example>\r\nSubject: fresh\r\n\r\nzanzibar\r\n");
    let report = home.run(&["sync"]);
    assert_equal(&home, &server, &["INBOX", "Work"]);
    assert!(sum(&report, "removed") >= 12, "{report}");
    let hits = home.run(&["search", "zanzibar"]);
    assert_eq!(hits["items"].as_array().unwrap().len(), 1);
    assert_eq!(home.run(&["search", "--best", "zanzibar"])["items"], hits["items"]);
    assert_eq!(sum(&home.run(&["sync"]), "added"), 0);
}

#[test]
fn changes_with_qresync() {
    changes_from_elsewhere("");
}

#[test]
fn changes_with_condstore_only() {
    changes_from_elsewhere(CONDSTORE_ONLY);
}

#[test]
fn changes_with_imap4rev1_alone() {
    changes_from_elsewhere(PLAIN_IMAP4REV1);
}

#[test]
fn a_new_uidvalidity_downloads_no_body_again() {
    let mut server = Dovecot::start(&[Mailbox::generate("INBOX", 200, UNTIL)], "");
    let home = connected(&server);
    let first = sum(&home.run(&["sync"]), "bytes");
    server.bump_uid_validity();
    let report = home.run(&["sync"]);
    let again = sum(&report, "bytes");
    assert!(again * 20 < first, "{again} bytes after {first}: {report}");
    assert_equal(&home, &server, &["INBOX"]);
}

#[test]
fn flags_and_moves_of_ours_reach_the_server() {
    for extra in ["", PLAIN_IMAP4REV1] {
        let server = Dovecot::start(&[Mailbox::generate("INBOX", 12, UNTIL), Mailbox::generate("Archive", 1, UNTIL)], extra);
        let home = connected(&server);
        home.run(&["sync"]);
        let list = home.run(&["mail", "list", "--mailbox", "inbox"]);
        let ids: Vec<&str> = list["items"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
        home.run(&["mail", "flag", ids[0], "starred"]);
        home.run(&["mail", "flag", ids[1], "read"]);
        home.run(&["mail", "move", ids[2], "--to", "Archive"]);
        home.run(&["sync"]);
        home.run(&["sync"]);
        assert_equal(&home, &server, &["INBOX", "Archive"]);
        assert_eq!(server.other_client().truth("Archive").len(), 2, "{extra}");
        assert_eq!(shown(&server, "INBOX").len(), 11, "{extra}");
        assert_eq!(home.run(&["outbox", "list"])["items"].as_array().unwrap().len(), 0);
    }
}
