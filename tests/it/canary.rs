//! Nothing readable at rest: words of mails, addresses, passwords and tokens occur in no file of the home, while search
//! finds them.

use crate::{
    dovecot::{Dovecot, Mail, Mailbox, PASSWORD, USER},
    support::Home,
};

#[test]
fn no_word_of_a_mail_and_no_password_lies_in_the_home() {
    let words = ["xylograph", "quagmirette", "bezoardic", "zugzwangly"];
    let mut mails: Vec<Mail> = (0..40)
        .map(|n| {
            let raw = format!(
                "From: {} <{}@canary.example>\r\nTo: test@corpus.example\r\nMessage-ID: <{n}@canary.example>\r\nSubject: {} {n}\r\n\r\n{} number {n}\r\n",
                words[0], words[1], words[2], words[3]
            );
            Mail { message_id: format!("{n}@canary.example"), flags: "", at: 1_795_000_000 + n, raw: raw.into_bytes() }
        })
        .collect();
    // Large enough for a sealed file beside the database.
    let large = format!(
        "From: x@canary.example\r\nMessage-ID: <large@canary.example>\r\nSubject: large\r\n\r\n{}",
        format!("{} \r\n", words[3]).repeat(60_000)
    );
    mails.push(Mail { message_id: "large@canary.example".into(), flags: "", at: 1_795_000_100, raw: large.into_bytes() });
    let server = Dovecot::start(
        &[Mailbox { name: "INBOX", mails }],
        &format!("passdb {{\n driver = static\n args = password=canarypassword{PASSWORD}\n}}"),
    );
    let home = Home::new();
    home.connect_imap("test@corpus.example", USER, &format!("canarypassword{PASSWORD}"), server.port, None);
    home.run(&["sync"]);
    for word in words {
        assert!(!home.run(&["search", word])["items"].as_array().unwrap().is_empty(), "search finds {word}");
    }
    assert!(std::fs::read_dir(home.path().join("files")).unwrap().count() > 0, "a large body lies beside the database");
    for word in words.iter().chain(&["canarypassword", "canary.example", "corpus.example"]) {
        assert_eq!(home.grep(word), Vec::<std::path::PathBuf>::new(), "{word}");
    }

    // A process that is killed leaves its journal behind: nothing readable there either.
    let mut child = home.start(&["sync"]);
    std::thread::sleep(std::time::Duration::from_millis(700));
    child.kill().unwrap();
    child.wait().unwrap();
    for word in words {
        assert_eq!(home.grep(word), Vec::<std::path::PathBuf>::new(), "{word}");
    }

    // Disconnecting erases it all: the database itself gives nothing back any more.
    let id = home.run(&["connections"])["items"][0]["id"].as_str().unwrap().to_owned();
    home.run(&["disconnect", &id]);
    assert!(home.run(&["search", words[0]])["items"].as_array().unwrap().is_empty());
    assert!(home.run(&["mail", "list"])["items"].as_array().unwrap().is_empty());
    assert_eq!(std::fs::read_dir(home.path().join("files")).unwrap().count(), 0, "no sealed file is left");
}
