//! What goes wrong gets a clear error that says what to do, and nothing is lost.

use std::{io::Write as _, net::TcpListener, time::Duration};

use serde_json::Value;

use crate::{
    dovecot::{Dovecot, Mail, Mailbox, PASSWORD, USER, free_port},
    support::{Home, last_json},
};

fn clear(error: &Value, code: &str) {
    assert_eq!(error["code"], code, "{error}");
    assert!(error["message"].as_str().unwrap().len() > 10, "{error}");
    assert!(error["hint"].as_str().unwrap().len() > 10, "{error}");
}

fn connect(home: &Home, args: &[&str], password: &str) -> Value {
    let mut all = vec!["connect", "imap", "--email", "test@corpus.example", "--username", USER, "--password-stdin"];
    all.extend(args);
    let output = home.run_with_input(&all, &format!("{password}\n"));
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    last_json(&output.stderr)
}

#[test]
fn wrong_host_port_password_certificate_and_security() {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 1, 1_795_176_000)], "");
    let home = Home::new();
    let plain = format!("127.0.0.1:{}", server.port);
    let tls = format!("127.0.0.1:{}", server.tls_port);
    let nobody = format!("127.0.0.1:{}", free_port());

    clear(&connect(&home, &["--imap", "no-such-host.invalid:993", "--imap-security", "tls"], "x"), "unreachable");
    clear(&connect(&home, &["--imap", &nobody, "--imap-security", "tls"], "x"), "unreachable");
    clear(&connect(&home, &["--imap", &plain, "--imap-security", "none"], "wrong"), "auth");
    let error = connect(&home, &["--imap", &tls, "--imap-security", "tls"], PASSWORD);
    clear(&error, "certificate");
    assert!(home.run(&["connections"])["items"].as_array().unwrap().is_empty(), "a failed connect leaves nothing behind");

    // With its CA file the same server is fine.
    let ca = server.certificate();
    let tls_local = format!("localhost:{}", server.tls_port);
    let args = [
        "--ca-file",
        ca.to_str().unwrap(),
        "connect",
        "imap",
        "--email",
        "test@corpus.example",
        "--username",
        USER,
        "--password-stdin",
        "--imap",
        &tls_local,
        "--imap-security",
        "tls",
    ];
    let output = home.run_with_input(&args, PASSWORD);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(last_json(&output.stdout)["imap"]["security"], "tls");

    // STARTTLS at the plain port ends in the same trust; without the file it is refused as well.
    let upgraded = Home::new();
    let starttls = format!("localhost:{}", server.port);
    clear(&connect(&upgraded, &["--imap", &starttls, "--imap-security", "starttls"], PASSWORD), "certificate");
    let args = args.map(|a| match a {
        "tls" => "starttls",
        a if a == tls_local => &starttls,
        a => a,
    });
    let output = upgraded.run_with_input(&args, PASSWORD);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let connected = last_json(&output.stdout);
    assert_eq!(connected["imap"]["security"], "starttls");
    let ca = ca.to_str().unwrap();
    upgraded.run(&["--ca-file", ca, "sync"]);
    assert_eq!(upgraded.run(&["connections"])["items"][0]["imap"], connected["imap"]);
    // A round without the roots is an item with its error, in the shape that the schema promises.
    let output = upgraded.try_run(&["sync"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(last_json(&output.stdout)["items"][0]["error"]["code"], "certificate");
}

#[test]
fn plain_text_only_to_loopback() {
    let home = Home::new();
    let error = connect(&home, &["--imap", "mail.example.org:143", "--imap-security", "none"], "x");
    clear(&error, "refused");
    assert!(error["message"].as_str().unwrap().contains("unencrypted"), "{error}");
}

#[test]
fn a_server_that_talks_nonsense() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            std::thread::sleep(Duration::from_millis(300));
        }
    });
    let home = Home::new();
    clear(&connect(&home, &["--imap", &address, "--imap-security", "none"], "x"), "protocol");
}

#[test]
fn wrong_passphrase_leaves_everything_as_it_was() {
    let home = Home::new();
    home.run(&["connections"]);
    let store = home.path().join("store.db");
    let before = std::fs::read(&store).unwrap();
    let other = home.dir.path().join("other.txt");
    std::fs::write(&other, "something else entirely").unwrap();
    let mut command = home.command(&["connections"]);
    command.arg("--passphrase-file").arg(&other);
    let output = std::process::Command::new(crate::support::cli_binary())
        .args(["--json", "--home"])
        .arg(home.path())
        .arg("--passphrase-file")
        .arg(&other)
        .arg("connections")
        .output()
        .unwrap();
    assert!(!output.status.success());
    clear(&last_json(&output.stderr), "wrong_passphrase");
    assert_eq!(std::fs::read(&store).unwrap(), before);
}

#[test]
fn an_unwritable_home() {
    let home = Home::new();
    // A file where the folder should be: refused for root as well.
    std::fs::write(home.path(), b"").unwrap();
    let error = home.fail(&["connections"]);
    assert!(error["hint"].as_str().unwrap().len() > 10, "{error}");
    assert_eq!(std::fs::read(home.path()).unwrap(), b"");
}

#[test]
fn a_foreign_or_damaged_database_is_refused_and_kept() {
    let home = Home::new();
    home.run(&["connections"]);
    let store = home.path().join("store.db");
    let mut bytes = std::fs::read(&store).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[100..middle] {
        *byte ^= 0x5a;
    }
    let _ = std::fs::remove_file(home.path().join("store.db-wal"));
    std::fs::write(&store, &bytes).unwrap();
    let error = home.fail(&["connections"]);
    assert!(error["hint"].as_str().unwrap().len() > 10, "{error}");
    assert_eq!(std::fs::read(&store).unwrap(), bytes, "nothing was overwritten");

    std::fs::write(&store, b"SQLite format 3\0 and then some more bytes that are not a database at all").unwrap();
    let error = home.fail(&["connections"]);
    assert!(error["code"].as_str().unwrap().starts_with("store_"), "{error}");
}

/// Runs a command that must succeed; its time in seconds and the most memory it held, MiB (0 where nobody tells).
fn measured(home: &Home, args: &[&str]) -> (f64, u64) {
    let started = std::time::Instant::now();
    let mut child = home.start(args);
    let mut peak = 0;
    let status = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = line.trim().trim_end_matches(" kB").parse().unwrap_or(peak);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{args:?}");
    (started.elapsed().as_secs_f64(), peak / 1024)
}

#[test]
fn hostile_shapes_of_mail_are_synced_and_shown() {
    let part = |n: usize| format!("--b{n}\r\nContent-Type: multipart/mixed; boundary=b{}\r\n\r\n", n + 1);
    let nested: String = (0..1_000).map(part).collect();
    let mails = vec![
        // 10 MB of header.
        format!("From: a@x.example\r\nMessage-ID: <header@x.example>\r\nSubject: big header\r\nX-Junk: {}\r\n\r\nbody\r\n", "x ".repeat(5_000_000)),
        format!("From: a@x.example\r\nMessage-ID: <nested@x.example>\r\nSubject: nested\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n{nested}deep\r\n"),
        // 50 MB.
        format!("From: a@x.example\r\nMessage-ID: <large@x.example>\r\nSubject: large kumquat\r\n\r\n{}", "0123456789abcdef0123456789abcdef0123456789abcdef\r\n".repeat(1_050_000)),
        "no header at all\r\n".to_owned(),
        "From: =?utf-8?B?broken\r\nSubject: =?x-unknown?Q?=FF=FE?=\r\nMessage-ID: <broken@x.example>\r\nContent-Type: text/html; charset=nonsense\r\n\r\n<p>\u{0}<script>alert(1)</script>".to_owned(),
    ];
    let count = mails.len();
    let mails = mails
        .into_iter()
        .enumerate()
        .map(|(n, raw)| Mail { message_id: n.to_string(), flags: "", at: 1_795_000_000 + n as u64, raw: raw.into_bytes() })
        .collect();
    let server = Dovecot::start(&[Mailbox { name: "INBOX", mails }], "");
    let home = Home::new();
    home.connect_imap("test@corpus.example", USER, PASSWORD, server.port, None);
    let (seconds, peak) = measured(&home, &["sync"]);
    println!("10 MB of header, 1,000 parts, 50 MB: synced in {seconds:.1} s with at most {peak} MiB");
    assert!(peak < 300, "{peak} MiB");
    let list = home.run(&["mail", "list"]);
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), count);
    for item in items {
        let id = item["id"].as_str().unwrap();
        for form in ["--text", "--html"] {
            let started = std::time::Instant::now();
            let output = home.try_run(&["mail", "show", id, form]);
            let seconds = started.elapsed().as_secs_f64();
            println!("mail show {form} of {}: {seconds:.1} s, {} bytes", item["subject"], output.stdout.len());
            assert!(output.status.success(), "{item}: {}", String::from_utf8_lossy(&output.stderr));
            // No bound on the time: in a debug build it is the decryption's, and the machine's load.
            assert!(output.stdout.len() < 6_000_000, "{item}: {} bytes", output.stdout.len());
            assert!(!String::from_utf8_lossy(&output.stdout).contains("<script"), "{item}");
        }
    }
    assert_eq!(home.run(&["search", "kumquat"])["items"].as_array().unwrap().len(), 1);
}

#[test]
fn bad_addresses_and_oversize_attachments() {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 1, 1_795_176_000)], "");
    let home = Home::new();
    home.connect_imap("test@corpus.example", USER, PASSWORD, server.port, Some(free_port()).filter(|_| false));
    let body = home.dir.path().join("body.txt");
    std::fs::write(&body, "hello").unwrap();
    let body = body.to_str().unwrap();
    let send = |to: &str, more: &[&str]| {
        let mut args = vec!["mail", "send", "--from", "test@corpus.example", "--to", to, "--subject", "x", "--body-file", body];
        args.extend(more);
        home.fail(&args)
    };
    clear(&send("not an address", &[]), "bad_address");
    clear(&send("a@b.example", &[]), "receive_only");
    let injected = send("a@b.example\r\nBcc: evil@x.example", &[]);
    assert_ne!(injected["code"], Value::Null);
}
