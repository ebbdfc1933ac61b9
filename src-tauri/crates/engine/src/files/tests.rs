//! The engine with the real clients against the sandbox's drives.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    audit::Actor,
    ids::{AttachmentId, ConnectionId, MessageId, OutboxId, RemoteId},
    outbox::{OutboxState, WedgeReason},
};
use sandbox::{AutoConsent, Fault, FaultAction, MARA, Provider};
use store::MessageFilter;

use crate::{
    flow_tests::{World, google, no_errors, world},
    parse_file_key,
    views::DraftContent,
};

const ME: Actor = Actor::Person;
const UPLOAD: &str = "/upload/drive/v3/files";

/// A mail with one file of `bytes`, synced.
async fn mail_with(w: &World, bytes: &[u8]) -> (MessageId, AttachmentId) {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> = body.as_bytes().chunks(76).map(|l| std::str::from_utf8(l).unwrap()).collect();
    let raw = format!(
        "From: Bo <bo@print.example>\r\nTo: {MARA}\r\nSubject: the invoice\r\nMessage-ID: <inv@x>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhere\r\n--b\r\n\
         Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"../Invoice 7.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        lines.join("\r\n")
    );
    w.sandbox.deliver(MARA, raw.as_bytes()).unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let all = w.engine.messages(MessageFilter::default(), None, 100).await.unwrap().items;
    let message = all.iter().find(|m| m.subject == "the invoice").unwrap().id;
    (message, w.engine.attachments(message).await.unwrap()[0].id)
}

async fn start() -> (World, ConnectionId) {
    let w = world().await;
    let connection = google(&w).await.id;
    (w, connection)
}

/// Lets the time of undo pass and writes what waits; failed attempts are made again.
async fn settle(w: &World) {
    for _ in 0..4 {
        w.sandbox.clock().advance(60_000);
        w.engine.drain_outbox(None).await.unwrap();
    }
}

async fn state(w: &World, message: MessageId) -> Vec<&'static str> {
    w.engine.saved_files(message).await.unwrap().iter().map(|f| f.state).collect()
}

fn there(w: &World) -> Vec<(String, Vec<u8>)> {
    w.sandbox.gdrive_files(MARA).into_iter().map(|f| (f.name, f.bytes)).collect()
}

async fn audited(w: &World, action: &str) -> usize {
    w.engine.store().audit(None, 200, None).await.unwrap().items.iter().filter(|e| e.action == action).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_mail_goes_to_the_drive_once_and_survives_a_restart() {
    let (mut w, connection) = start().await;
    let bytes: Vec<u8> = (0..400_000_u32).map(|n| (n % 253) as u8).collect();
    let (message, attachment) = mail_with(&w, &bytes).await;
    let id = w.engine.save_attachment_to(attachment, &connection, ME).await.unwrap();
    assert_eq!(w.engine.save_attachment_to(attachment, &connection, ME).await.unwrap(), id, "one that waits is not queued twice");
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!((state(&w, message).await, there(&w).len()), (vec!["queued"], 0), "the person may still take it back");
    w.restart().await;
    // The answer to the upload is lost after the file was made.
    w.sandbox.control().add_fault(Fault::new(UPLOAD, FaultAction::Drop { after_commit: true }).method("PUT"));
    settle(&w).await;
    assert_eq!(there(&w), [("Invoice 7.pdf".to_owned(), bytes)]);
    let saved = w.engine.saved_files(message).await.unwrap().remove(0);
    assert_eq!((saved.state, saved.attachment, &saved.connection), ("saved", attachment, &connection));
    assert!(saved.link.unwrap().starts_with("https://drive.google.example/file/d/"));
    assert_eq!((audited(&w, "file.queued").await, audited(&w, "file.saved").await), (1, 1));
    // Asked for again, it is saved again: Drive has files of one name.
    w.engine.save_attachment_to(attachment, &connection, ME).await.unwrap();
    settle(&w).await;
    assert_eq!((state(&w, message).await, there(&w).len()), (vec!["saved", "saved"], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_was_cut_off_leaves_one_file() {
    let (mut w, connection) = start().await;
    let (message, attachment) = mail_with(&w, b"%PDF-1.7 once").await;
    let id = w.engine.save_attachment_to(attachment, &connection, ME).await.unwrap();
    // The answer is lost after the file was made, and Google asks to wait with every further question.
    w.sandbox.control().add_fault(Fault::new(UPLOAD, FaultAction::Drop { after_commit: true }).method("PUT"));
    let wait = FaultAction::Status { status: 429, retry_after: Some("120".to_owned()), reason: None, body: None };
    w.sandbox.control().add_fault(Fault::new(UPLOAD, wait).method("PUT").nth(2).times(0));
    w.sandbox.clock().advance(5_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!((state(&w, message).await, there(&w).len()), (vec!["queued"], 1));
    w.restart().await;
    w.sandbox.control().clear_faults();
    settle(&w).await;
    assert_eq!((state(&w, message).await, there(&w).len()), (vec!["saved"], 1));
    assert_eq!(w.engine.outbox_item(id).await.unwrap().state, OutboxState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_taken_back_and_a_refusal_says_why() {
    let (w, connection) = start().await;
    let (message, attachment) = mail_with(&w, b"%PDF-1.7 full").await;
    let id = w.engine.save_attachment_to(attachment, &connection, ME).await.unwrap();
    w.engine.outbox_discard(id, ME).await.unwrap();
    settle(&w).await;
    assert!(state(&w, message).await.is_empty() && there(&w).is_empty());
    assert_eq!(audited(&w, "outbox.discarded").await, 1);
    w.sandbox.set_gdrive(|s| s.quota = Some(3));
    let id = w.engine.save_attachment_to(attachment, &connection, ME).await.unwrap();
    settle(&w).await;
    let item = w.engine.outbox_item(id).await.unwrap();
    assert!(matches!(&item.state, OutboxState::Wedged { reason: WedgeReason::Refused, detail } if detail.contains("no room")), "{item:?}");
    let failed = w.engine.saved_files(message).await.unwrap().remove(0);
    assert!(failed.state == "failed" && failed.words.contains("no room"));
    w.sandbox.set_gdrive(|s| s.quota = None);
    w.engine.outbox_retry(id, ME).await.unwrap();
    settle(&w).await;
    assert_eq!((state(&w, message).await, there(&w).len()), (vec!["saved"], 1));
    assert!(w.engine.outbox_discard(id, ME).await.unwrap_err().is("outbox_state"), "what is there is not taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_the_scope_goes_on_and_says_what_is_missing() {
    let w = world().await;
    let scopes = ["openid", "https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/gmail.modify"];
    let scopes = Some(scopes.map(str::to_owned).to_vec());
    w.sandbox.set_auto_consent(Provider::Google, Some(AutoConsent { scopes, ..AutoConsent::default() }));
    let view = google(&w).await;
    let feature = view.features.iter().find(|f| f.id == "files").unwrap();
    assert!(!feature.granted);
    let (_, attachment) = mail_with(&w, b"x").await;
    assert!(w.engine.file_places().await.unwrap().is_empty());
    let error = w.engine.save_attachment_to(attachment, &view.id, ME).await.unwrap_err();
    assert!(error.is("unsupported") && error.message.contains("reconnect"), "{error:?}");
    assert!(w.engine.file_place(None).await.unwrap_err().is("no_files"));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_this_computer_are_put_found_and_fetched() {
    let (w, connection) = start().await;
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n % 241) as u8).collect();
    std::fs::write(dir.path().join("Plan März.txt"), &bytes).unwrap();
    let id: OutboxId = w.engine.put_file(&dir.path().join("Plan März.txt"), None, Actor::Cli).await.unwrap();
    // What lies here is sealed.
    std::fs::remove_file(dir.path().join("Plan März.txt")).unwrap();
    settle(&w).await;
    assert_eq!(w.engine.outbox_item(id).await.unwrap().state, OutboxState::Done);
    assert_eq!(there(&w), [("Plan März.txt".to_owned(), bytes.clone())]);
    let found = w.engine.find_files(None, "märz", 10).await.unwrap().remove(0);
    assert_eq!((found.files.len(), found.left_out, found.complete), (1, 0, true));
    assert_eq!(found.files[0].mime, "text/plain");
    let key = super::key(&connection, &found.files[0].id);
    let (of, file) = parse_file_key(&key).unwrap();
    let to = dir.path().join("back.txt");
    let page = w.engine.file_link(&of, &file).await.unwrap();
    assert!(page.starts_with("https://drive.google.example/") && page.contains(file.as_str()), "{page}");
    assert!(w.engine.file_link(&of, &"nothing".into()).await.unwrap_err().is("not_found"));
    w.engine.fetch_file(&of, &file, &to, Actor::Cli).await.unwrap();
    assert!(std::fs::read(&to).unwrap() == bytes);
    assert!(w.engine.fetch_file(&of, &file, &to, Actor::Cli).await.unwrap_err().is("save_failed"), "nothing is overwritten");
    // It goes into a mail, too; one that is too large is not even fetched.
    let draft = w.engine.new_draft(DraftContent::default()).await.unwrap().id;
    let attached = w.engine.attach_remote(draft, &of, &file).await.unwrap().attachments.remove(0);
    assert_eq!((attached.name.as_str(), attached.mime.as_str(), attached.size), ("Plan März.txt", "text/plain", 300_000));
    let large = w.sandbox.add_gdrive_file(MARA, "large.bin", "application/x-a", &vec![0; 26 * 1024 * 1024], true);
    let asked = |w: &World| w.sandbox.control().log().iter().filter(|e| e.query.contains("alt=media")).count();
    let before = asked(&w);
    assert!(w.engine.attach_remote(draft, &of, &RemoteId(large)).await.unwrap_err().is("too_large"));
    assert_eq!(asked(&w), before);
    // One that is not there leaves nothing behind.
    let error = w.engine.fetch_file(&of, &"nothing".into(), &dir.path().join("none"), Actor::Cli).await.unwrap_err();
    assert!(error.is("not_found") && !dir.path().join("none").exists());
    for bad in [dir.path().to_owned(), dir.path().join("no such file")] {
        assert!(w.engine.put_file(&bad, None, Actor::Cli).await.unwrap_err().is("no_file"));
    }
    // A drive that can't be asked is an answer, too.
    w.sandbox.control().add_fault(Fault::status("/drive/v3/files", 403, "accessNotConfigured"));
    let found = w.engine.find_files(None, "", 10).await.unwrap().remove(0);
    assert!(found.error.unwrap().is("refused") && found.files.is_empty() && !found.complete);
}
