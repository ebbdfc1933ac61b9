//! Lists by the words that people type, and their pages.

use std::{fs, process::Stdio};

use domain::time::Timestamp;
use sandbox::{Fault, FaultAction, MARA, MARA_WORK};
use serde_json::Value;

use crate::{World, id};

fn subjects(value: &Value) -> Vec<&str> {
    value["items"].as_array().unwrap().iter().map(|m| m["subject"].as_str().unwrap()).collect()
}

impl World {
    fn all(&self, mailbox: &str) -> Value {
        self.ok("mail-list", &["mail", "list", "--mailbox", mailbox, "--limit", "10000"])
    }
}

/// Gmail has neither an archive nor a folder of stars, and two accounts have the same label.
#[tokio::test(flavor = "multi_thread")]
async fn words_for_places_mean_the_same_in_lists_searches_and_moves() {
    let w = World::new().await;
    for account in [MARA, MARA_WORK] {
        w.sandbox.create_label(account, "Deals");
        w.sandbox.create_label(account, "Deals/Nested");
    }
    let put = |account: &str, subject: &str, labels: &[&str], at: i64| {
        let raw = format!("From: Ada <ada@elsewhere.example>\r\nTo: {account}\r\nSubject: {subject}\r\n\r\nx\r\n");
        w.sandbox.insert(account, raw.as_bytes(), labels, Timestamp::from_secs(1_900_000_000 + at)).unwrap();
    };
    put(MARA, "archived", &[], 1);
    put(MARA, "star", &["INBOX", "STARRED"], 2);
    put(MARA_WORK, "archived at work", &[], 3);
    w.connect(MARA).await;
    w.connect(MARA_WORK).await;
    w.ok("sync", &["sync"]);
    for name in ["archive", "Archive"] {
        assert_eq!(subjects(&w.all(name))[..2], ["archived at work", "archived"]);
    }
    let archive = w.ok("search", &["search", "in:archive", "--limit", "10000"]);
    assert_eq!(subjects(&archive), subjects(&w.all("archive")), "in: lists the same");
    let starred = w.all("starred");
    assert_eq!(subjects(&starred)[0], "star");
    assert!(starred["items"].as_array().unwrap().iter().all(|m| m["starred"] == true));
    assert_eq!(subjects(&w.ok("search", &["search", "in:starred", "--limit", "10000"])), subjects(&starred));
    let one = w.ok("mail-list", &["mail", "list", "--mailbox", "archive", "--connection", MARA, "--limit", "1"]);
    assert_eq!(subjects(&one), ["archived"]);

    // Moved into the label of each account; the list of the name shows both.
    for subject in ["archived", "archived at work"] {
        let found = w.ok("search", &["search", &format!("subject:\"{subject}\""), "--limit", "10"]);
        let found = found["items"].as_array().unwrap().iter().find(|m| m["subject"] == subject).unwrap().clone();
        let moved = w.ok("mail-move", &["mail", "move", id(&found), "--to", "deals"]);
        assert_eq!((&moved["state"], &moved["subject"]), (&"done".into(), &subject.into()));
    }
    assert_eq!(subjects(&w.all("Deals")), ["archived at work", "archived"]);
    let star = w.all("starred")["items"][0].clone();
    w.ok("mail-move", &["mail", "move", id(&star), "--to", "nested"]);
    assert_eq!(subjects(&w.all("nested")), ["star"], "the last part of a name");
    assert_eq!(subjects(&w.all("Deals/Nested")), ["star"]);
    assert_eq!(subjects(&w.ok("search", &["search", "in:nested"])), ["star"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_where_they_ended() {
    let w = World::new().await;
    w.connect(MARA).await;
    w.ok("sync", &["sync"]);
    let lists: [(&str, &[&str]); 4] = [
        ("search", &["search", "in:inbox", "--limit", "7"]),
        ("search", &["search", "the", "--limit", "7"]),
        ("audit", &["audit", "--limit", "1"]),
        ("mail-list", &["mail", "list", "--mailbox", "archive", "--limit", "7"]),
    ];
    for (schema, args) in lists {
        let (mut seen, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut args = args.to_vec();
            if let Some(after) = &after {
                args.extend(["--after", after]);
            }
            let page = w.ok(schema, &args);
            seen.extend(page["items"].as_array().unwrap().iter().map(|i| id(i).to_owned()));
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                break;
            }
        }
        let mut whole = args.to_vec();
        *whole.last_mut().unwrap() = "10000";
        let whole = w.ok(schema, &whole);
        let whole: Vec<&str> = whole["items"].as_array().unwrap().iter().map(id).collect();
        assert!(whole.len() > 1, "{args:?}");
        assert_eq!(seen, whole, "{args:?}");
        let mut bad = args.to_vec();
        bad.extend(["--after", "garbage"]);
        assert!(w.fails("invalid", &bad)["hint"].as_str().unwrap().contains("next"));
    }
}

/// What can't be done now waits, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn offline_is_queued_or_not_yet_and_a_revocation_that_fails_is_tried_again() {
    let w = World::new().await;
    let connection = w.connect(MARA).await;
    w.ok("sync", &["sync"]);
    let message = w.all("inbox")["items"][0].clone();
    fs::write(w.path("body"), "x\n").unwrap();
    let gone = |path: &str| Fault::new(path, FaultAction::Drop { after_commit: false }).times(0);
    w.sandbox.control().add_fault(gone("/gmail/*"));
    w.sandbox.control().add_fault(gone("/batch/*"));
    let flagged = w.ok("mail-flag", &["mail", "flag", id(&message), "starred"]);
    assert_eq!((&flagged["state"], &flagged["starred"], &flagged["subject"]), (&"queued".into(), &true.into(), &message["subject"]));
    let body = w.path("body");
    let send = ["mail", "send", "--from", MARA, "--to", "a@b.example", "--subject", "waits", "--body-file", body.to_str().unwrap()];
    let error = w.fails("not_yet", &send);
    let list = w.ok("outbox-list", &["outbox", "list"]);
    let waiting = list["items"].as_array().unwrap().iter().find(|i| i["kind"] == "send").unwrap();
    assert!(error["hint"].as_str().unwrap().contains(&format!("outbox discard {}", id(waiting))), "{error}");
    w.ok("outbox-discard", &["outbox", "discard", id(waiting)]);
    w.sandbox.control().clear_faults();
    w.ok("sync", &["sync"]);
    assert!(w.sandbox.sent(MARA).iter().all(|m| m.subject != "waits"));

    // A revocation that does not succeed is tried for seven days: the connection is gone, and that is no failure.
    w.sandbox.control().add_fault(Fault::status("/revoke", 403, "forbidden").times(0));
    let report = w.ok("disconnect", &["disconnect", id(&connection)]);
    assert_eq!(report["revocation"], "queued", "{report}");
    assert!(w.ok("connections", &["connections"])["items"].as_array().unwrap().is_empty());
}

/// Roots that the holder does not know are not silently left out; and the passphrase is read once, so that it may come from a pipe.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_handed_over_takes_its_roots_along() {
    let w = World::new().await;
    w.ok("connections", &["connections"]);
    let (child, url, reader) = w.begin_connect(MARA);
    let ca = w.path("roots.pem");
    fs::write(&ca, "not read: the holder does not know it").unwrap();
    let ca = ca.to_str().unwrap();
    let error = w.fails("ca_file_unknown", &["--ca-file", ca, "sync"]);
    assert!(error["hint"].as_str().unwrap().contains("ca_file = "), "{error}");
    w.ok("connections", &["--ca-file", ca, "connections"]);
    #[cfg(unix)]
    {
        let line = "cat \"$2\" | \"$0\" --home \"$1\" --passphrase-file /dev/stdin --json connections";
        let out = std::process::Command::new("sh")
            .args(["-c", line, env!("CARGO_BIN_EXE_aurelius-cli")])
            .arg(w.path("home"))
            .arg(w.path("pass"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    host::visit(&url).await.unwrap();
    crate::finish(child, reader);
}
