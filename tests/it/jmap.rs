//! Mail by JMAP through the command line, against the sandbox's server.

use sandbox::{JMAP_MARA, Sandbox, SandboxOptions};

use crate::support::{Home, last_json};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_or_a_password_connects_syncs_files_and_sends() {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let url = sandbox.jmap_base();
    for by_token in [true, false] {
        let home = Home::at(&sandbox);
        let (args, secret) = if by_token {
            (vec!["connect", "jmap", "--url", &url, "--token-stdin"], sandbox.jmap_token())
        } else {
            (vec!["connect", "jmap", "--url", &url, "--username", JMAP_MARA, "--password-stdin"], sandbox.jmap_password())
        };
        let refused = home.run_with_input(&args, "wrong\n");
        assert_eq!(last_json(&refused.stderr)["code"], "auth");
        let connected = home.run_with_input(&args, &format!("{secret}\n"));
        assert!(connected.status.success(), "{}", String::from_utf8_lossy(&connected.stderr));
        let connection = last_json(&connected.stdout);
        assert_eq!((&connection["integration"], &connection["email"]), (&"jmap".into(), &JMAP_MARA.into()));
        assert!(home.grep(&secret).is_empty(), "no secret is stored as it is");
        home.run(&["sync"]);
        let inbox = home.run(&["mail", "list", "--mailbox", "inbox"]);
        assert_eq!(
            inbox["items"].as_array().unwrap().len(),
            sandbox.jmap_emails().iter().filter(|m| m.mailboxes.contains(&sandbox.jmap_mailbox("Inbox").unwrap())).count()
        );
        let before = sandbox.jmap_submissions().len();
        let text = home.dir.path().join("text.txt");
        std::fs::write(&text, "Hello.\n").unwrap();
        home.run(&[
            "mail",
            "send",
            "--from",
            JMAP_MARA,
            "--to",
            "astrid@korforeningen.example",
            "--subject",
            "By JMAP",
            "--body-file",
            text.to_str().unwrap(),
        ]);
        assert_eq!(sandbox.jmap_submissions().len(), before + 1);
    }
}
