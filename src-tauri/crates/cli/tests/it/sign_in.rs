//! Signing in at task tools: at GitHub with a code, at Linear through the browser.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStdout, Stdio},
};

use serde_json::Value;

use crate::{World, checked, finish, id};

impl World {
    /// Begins, and reads the line that comes at once.
    fn first_line(&self, line: &[&str]) -> (Child, Value, BufReader<ChildStdout>) {
        let mut child = self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        if first.is_empty() {
            let out = child.wait_with_output().unwrap();
            panic!("no first line: {}", String::from_utf8_lossy(&out.stderr));
        }
        let first = checked("connect", first.trim_end());
        (child, first, reader)
    }

    fn answered(&self, first: &Value, allow: bool) {
        assert!(first["verification_uri"].as_str().unwrap().ends_with("/login/device"), "{first}");
        assert!(self.sandbox.enter_github_code(first["user_code"].as_str().unwrap(), allow), "{first}");
    }

    fn refused(child: Child) -> Value {
        let out = child.wait_with_output().unwrap();
        assert_eq!(out.status.code(), Some(1));
        checked("error", String::from_utf8(out.stderr).unwrap().trim_end())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_printed_waited_for_and_ends_in_a_connection_or_in_words() {
    let w = World::new().await;
    let (child, first, _reader) = w.first_line(&["connect", "github", "--device"]);
    w.answered(&first, false);
    assert_eq!(World::refused(child)["code"], "denied");

    let (child, first, reader) = w.first_line(&["connect", "github", "--device"]);
    w.answered(&first, true);
    let connection = finish(child, reader);
    assert_eq!((&connection["integration"], &connection["label"]), (&"github".into(), &"GitHub".into()));
    assert_eq!(connection["granted_scopes"], serde_json::json!(["repo", "read:user"]));
    w.ok("sync", &["sync", "--connection", id(&connection)]);

    // Somebody else at the same computer: nothing changes.
    w.sandbox.set_github_user(77);
    let (child, first, _reader) = w.first_line(&["connect", "github", "--device", "--reconnect", id(&connection)]);
    w.answered(&first, true);
    assert_eq!(World::refused(child)["code"], "other_account");

    w.sandbox.set_github(|s| s.device_flow = false);
    w.fails("device_flow_disabled", &["connect", "github", "--device"]);
    // One way or the other, and never neither.
    w.fails("usage", &["connect", "github"]);
    w.fails("usage", &["connect", "github", "--device", "--token-stdin"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn for_people_the_code_is_words_beside_the_result() {
    let w = World::new().await;
    let mut child = w.plain(&["connect", "github", "--device"]).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    let code = loop {
        let mut line = String::new();
        assert!(errors.read_line(&mut line).unwrap() > 0, "no code in {told}");
        told.push_str(&line);
        if let Some(code) = w.sandbox.github_codes().into_iter().find(|code| told.contains(code.as_str())) {
            break code;
        }
    };
    assert!(told.contains("/login/device"), "{told}");
    assert!(w.sandbox.enter_github_code(&code, true));
    let out = child.wait_with_output().unwrap();
    errors.read_to_string(&mut told).unwrap();
    assert!(out.status.success(), "{told}");
    let result = String::from_utf8(out.stdout).unwrap();
    assert!(result.contains("connected by github") && !result.contains(&code), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn linear_signs_in_through_the_browser() {
    let w = World::new().await;
    let (child, first, reader) = w.first_line(&["connect", "linear", "--sign-in", "--no-browser"]);
    host::visit(first["authorize_url"].as_str().unwrap()).await.unwrap();
    let connection = finish(child, reader);
    assert_eq!((&connection["integration"], &connection["label"]), (&"linear".into(), &"Linear".into()));
    w.ok("sync", &["sync", "--connection", id(&connection)]);
    assert_eq!(w.ok("disconnect", &["disconnect", id(&connection)])["revocation"], "revoked");
}
