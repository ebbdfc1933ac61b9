//! Files of a mail from a real server: what their bytes say, and how they come to lie on the disk.

use engine::mime::Risk;

use crate::{
    dovecot::{Dovecot, Mailbox},
    writes::Desk,
};

/// Three files whose names and types are harmless: a program, an archive with a password, a table.
const MAIL: &str = "From: Ada <ada@elsewhere.example>\r\nTo: test@corpus.example\r\nSubject: Files\r\nMessage-ID: <files@elsewhere.example>\r\n\
    Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=mix\r\n\r\n\
    --mix\r\nContent-Type: text/plain\r\n\r\nThe password is 1234.\r\n\
    --mix\r\nContent-Type: application/pdf; name=invoice.pdf\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    f0VMRgIBAQAAAAAAAAAAAA==\r\n\
    --mix\r\nContent-Type: application/zip; name=scan.zip\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    UEsDBAoAAAAAANktd116em/tAwAAAAMAAAAFAAAAYS50eHRoaQpQSwMECgAJAAAA2S13XXp6b+0PAAAAAwAAAAUAAABiLnR4dNxfhlS2pIdpZ+udclTvA1BLBwh6em/t\r\n\
    DwAAAAMAAABQSwECHgMKAAAAAADZLXddenpv7QMAAAADAAAABQAAAAAAAAABAAAApIEAAAAAYS50eHRQSwECHgMKAAkAAADZLXddenpv7Q8AAAADAAAABQAAAAAAAAAB\r\n\
    AAAApIEmAAAAYi50eHRQSwUGAAAAAAIAAgBmAAAAaAAAAAAA\r\n\
    --mix\r\nContent-Type: text/csv; name=plan.csv\r\nContent-Disposition: attachment\r\n\r\na,b\r\n--mix--\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_judged_by_its_bytes_and_saved_where_nobody_can_run_it() {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 2, 1_795_176_000)], "");
    server.other_client().append("INBOX", MAIL.as_bytes());
    let desk = Desk::open(&server, None).await;
    let mail = desk.inbox().await.into_iter().find(|m| m.subject == "Files").unwrap().id;
    let files = desk.engine.attachments(mail).await.unwrap();
    let mut seen = Vec::new();
    for file in &files {
        let by_name = engine::mime::risk(&file.part.name, &file.part.mime);
        seen.push((file.part.name.as_str(), by_name, desk.engine.attachment_risk(file.id).await.unwrap()));
    }
    assert_eq!(
        seen,
        [("invoice.pdf", Risk::None, Risk::Executable), ("scan.zip", Risk::Archive, Risk::Locked), ("plan.csv", Risk::None, Risk::None)]
    );

    let folder = tempfile::tempdir().unwrap();
    let path = desk.engine.save_attachment(files[0].id, folder.path()).await.unwrap();
    assert!(std::fs::read(&path).unwrap().starts_with(b"\x7fELF"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o111, 0, "no system may run it");
    }
    let again = desk.engine.save_attachment(files[0].id, folder.path()).await.unwrap();
    assert_eq!(again.file_name().unwrap(), "invoice (1).pdf", "nothing is overwritten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_link_of_somebody_new_is_asked_about_and_of_somebody_known_is_not() {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", 2, 1_795_176_000)], "");
    let mail = |n: u32| {
        format!("From: <help@new.example>\r\nTo: test@corpus.example\r\nSubject: New {n}\r\nMessage-ID: <{n}@new.example>\r\n\r\nx\r\n")
    };
    server.other_client().append("INBOX", mail(1).as_bytes());
    let desk = Desk::open(&server, None).await;
    server.other_client().append("INBOX", mail(2).as_bytes());
    desk.sync().await;
    let list = desk.inbox().await;
    let id = |subject: &str| list.iter().find(|m| m.subject == subject).unwrap().id;
    let asked = async |subject: &str, text: &str| {
        desk.engine.check_link(Some(id(subject)), text, "https://portal.new.example/start").await.unwrap().reasons
    };
    assert_eq!(asked("New 1", "Sign in").await, ["help@new.example has not written to you before, and this link leads to a sign-in."]);
    assert!(asked("New 1", "Read more").await.is_empty());
    assert!(asked("New 2", "Sign in").await.is_empty(), "the second mail is not the first contact");
}
