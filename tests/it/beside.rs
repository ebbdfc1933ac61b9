//! Commands beside each other in one home. Each becomes the holder, or asks the one that is there, starting or leaving; the person
//! must never see which.

use std::{
    io::{BufRead as _, BufReader},
    process::Output,
};

use sandbox::{Sandbox, SandboxOptions};

use crate::{dovecot::certificate, support::Home};

#[test]
fn commands_that_start_at_the_same_moment_all_succeed() {
    let home = Home::new();
    // The first of them makes the home, too.
    for round in 0..2 {
        let children: Vec<_> = (0..16).map(|n| home.start(if n % 2 == 0 { &["connections"] } else { &["audit"] })).collect();
        let outputs: Vec<Output> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let failed: Vec<_> =
            outputs.iter().filter(|o| !o.status.success()).map(|o| String::from_utf8_lossy(&o.stderr).into_owned()).collect();
        assert!(failed.is_empty(), "round {round}: {} of {} failed: {failed:?}", failed.len(), outputs.len());
    }
}

/// Who holds the home trusts what it was started with: a command with the same roots is served, one with others is told so.
#[test]
fn a_command_with_the_roots_of_the_holder_is_served() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(SandboxOptions::default())).unwrap();
    let home = Home::at(&sandbox);
    for name in ["one", "other"] {
        std::fs::create_dir(home.dir.path().join(name)).unwrap();
        certificate(&home.dir.path().join(name));
    }
    let (one, other) = (home.dir.path().join("one/cert.pem"), home.dir.path().join("other/cert.pem"));
    let copy = home.dir.path().join("copy.pem");
    std::fs::copy(&one, &copy).unwrap();
    let path = |p: &std::path::Path| p.to_str().unwrap().to_owned();
    // Holds the home until its browser comes back, which is never.
    let mut holder = home.start(&["--ca-file", &path(&one), "connect", "google", "--no-browser"]);
    let mut first = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("authorize_url"), "{first}");
    for known in [&one, &copy] {
        home.run(&["--ca-file", &path(known), "sync"]);
    }
    assert_eq!(home.fail(&["--ca-file", &path(&other), "sync"])["code"], "ca_file_unknown");
    home.run(&["sync"]);
    holder.kill().unwrap();
    holder.wait().unwrap();
}
