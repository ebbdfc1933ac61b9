//! Sending: once, whatever becomes of the answers.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;

const SEND: &str = "/v1.0/me/messages/*/send";

fn sent(f: &Fixture, message_id: &str) -> usize {
    f.sandbox.ms_in_folder(MS_MARA, "Sent Items").iter().filter(|m| m.message_id == message_id).count()
}

fn drafts(f: &Fixture, message_id: &str) -> usize {
    f.sandbox.ms_messages(MS_MARA).iter().filter(|m| m.draft && m.message_id == message_id).count()
}

#[tokio::test]
async fn a_mail_goes_with_its_own_id_and_hides_who_is_hidden() {
    let f = Fixture::start(Fill::Small).await;
    let mut outgoing = mail("m1@x.test", sandbox::MS_MARA_HOME, b"hi\r\n");
    outgoing.recipients.push("secret@x.test".to_owned());
    let witness = Witness::default();
    let submitted = f.source.submit(&outgoing, &witness).await.unwrap();
    assert!(submitted.filed && submitted.refused.is_empty());
    assert_eq!(*witness.0.lock().unwrap(), 1);
    assert_eq!(f.source.find(None, "<m1@x.test>").await.unwrap(), submitted.remote, "the id of the draft is that of the sent mail");
    assert_eq!((sent(&f, "m1@x.test"), drafts(&f, "m1@x.test")), (1, 0));
    let copy = f.sandbox.ms_in_folder(MS_MARA, "Sent Items").remove(0);
    assert!(String::from_utf8_lossy(&copy.raw).contains("secret@x.test"), "the sender sees them");
    let there = f.sandbox.ms_in_folder(sandbox::MS_MARA_HOME, "Inbox").remove(0);
    assert!(!String::from_utf8_lossy(&there.raw).contains("secret@"));
    assert!(f.source.absence_is_proof() && !f.source.reply_decides() && f.source.can_send());
}

#[tokio::test]
async fn a_lost_answer_sends_nothing_twice() {
    let f = Fixture::start(Fill::Small).await;
    // It was sent, and the answer was lost: the draft says so.
    f.sandbox.control().add_fault(Fault::new(SEND, FaultAction::Drop { after_commit: true }));
    let outgoing = mail("l1@x.test", "bo@x.test", b"hi\r\n");
    let submitted = f.source.submit(&outgoing, &Witness::default()).await.unwrap();
    assert_eq!(f.source.find(None, "l1@x.test").await.unwrap(), submitted.remote);
    assert_eq!((sent(&f, "l1@x.test"), f.sandbox.control().count("POST", SEND)), (1, 1));
    // It was not sent: an error, no proof, and the next attempt takes the draft away before it makes another.
    f.sandbox.control().add_fault(Fault::new(SEND, FaultAction::Drop { after_commit: false }).nth(1));
    let outgoing = mail("l2@x.test", "bo@x.test", b"hi\r\n");
    let error = f.source.submit(&outgoing, &Witness::default()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable { .. }), "{error:?}");
    assert_eq!((f.source.find(None, "l2@x.test").await.unwrap(), drafts(&f, "l2@x.test")), (None, 1));
    f.source.submit(&outgoing, &Witness::default()).await.unwrap();
    assert_eq!((sent(&f, "l2@x.test"), drafts(&f, "l2@x.test")), (1, 0));
}

#[tokio::test]
async fn after_a_crash_the_mail_that_went_is_found_even_in_the_outbox() {
    let f = Fixture::start(Fill::Small).await;
    f.sandbox.set_ms_switches(|s| s.transport_ms = 60_000);
    let outgoing = mail("o1@x.test", "bo@x.test", b"hi\r\n");
    f.source.submit(&outgoing, &Witness::default()).await.unwrap();
    assert_eq!(f.sandbox.ms_in_folder(MS_MARA, "Outbox").len(), 1);
    assert!(f.source.find(None, "o1@x.test").await.unwrap().is_some(), "on its way is no draft");
    // Asked to send it once more nevertheless: it has gone.
    let witness = Witness::default();
    assert!(f.source.submit(&outgoing, &witness).await.unwrap().filed);
    assert_eq!((*witness.0.lock().unwrap(), f.sandbox.control().count("POST", SEND)), (0, 1));
    f.sandbox.clock().advance(60_000);
    assert_eq!(sent(&f, "o1@x.test"), 1);
}

#[tokio::test]
async fn what_is_lost_before_the_end_leaves_no_draft_behind_for_long() {
    let f = Fixture::start(Fill::Small).await;
    // The draft was made, and its answer was lost.
    f.sandbox.control().add_fault(Fault::new("/v1.0/me/messages", FaultAction::Drop { after_commit: true }).method("POST"));
    let outgoing = mail("p1@x.test", "bo@x.test", b"hi\r\n");
    let witness = Witness::default();
    assert!(f.source.submit(&outgoing, &witness).await.is_err());
    assert_eq!((*witness.0.lock().unwrap(), drafts(&f, "p1@x.test")), (0, 1));
    f.source.submit(&outgoing, &witness).await.unwrap();
    assert_eq!((sent(&f, "p1@x.test"), drafts(&f, "p1@x.test")), (1, 0));
    // Refused, or told to wait: nothing is left.
    let foreign =
        OutgoingMail { raw: mail("p2@x.test", "bo@x.test", b"").raw.replace_from("other@x.test"), ..mail("p2@x.test", "bo@x.test", b"") };
    let refused = f.source.submit(&foreign, &Witness::default()).await;
    assert!(matches!(refused, Err(ProviderError::Refused(ref why)) if why.contains("address")), "{refused:?}");
    f.sandbox.control().add_fault(Fault::status(SEND, 429, "ApplicationThrottled"));
    assert!(matches!(
        f.source.submit(&mail("p3@x.test", "bo@x.test", b""), &Witness::default()).await,
        Err(ProviderError::RateLimited { .. })
    ));
    assert_eq!((drafts(&f, "p2@x.test"), drafts(&f, "p3@x.test")), (0, 0));
}

trait ReplaceFrom {
    fn replace_from(self, from: &str) -> Self;
}
impl ReplaceFrom for Vec<u8> {
    fn replace_from(self, from: &str) -> Self {
        String::from_utf8(self).unwrap().replacen(MS_MARA, from, 1).into_bytes()
    }
}

#[tokio::test]
async fn a_server_that_gives_ids_of_its_own_is_given_ours() {
    let f = Fixture::start(Fill::Small).await;
    f.sandbox.set_ms_switches(|s| s.rewrites_message_id = true);
    f.source.submit(&mail("r1@x.test", "bo@x.test", b"hi\r\n"), &Witness::default()).await.unwrap();
    assert_eq!(sent(&f, "r1@x.test"), 1);
}

/// A mail with files of these sizes.
fn with_files(message_id: &str, sizes: &[usize]) -> OutgoingMail {
    let mut raw = format!(
        "From: {MS_MARA}\r\nTo: bo@x.test\r\nSubject: files\r\nMessage-ID: <{message_id}>\r\nIn-Reply-To: <q@x.test>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nsee the files\r\n"
    )
    .into_bytes();
    for (n, size) in sizes.iter().enumerate() {
        let text = STANDARD.encode(content(n, *size));
        raw.extend_from_slice(
            format!("--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{n}.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n").as_bytes(),
        );
        for line in text.as_bytes().chunks(76) {
            raw.extend_from_slice(line);
            raw.extend_from_slice(b"\r\n");
        }
    }
    raw.extend_from_slice(b"--b--\r\n");
    OutgoingMail { raw, ..mail(message_id, "bo@x.test", b"") }
}

fn content(n: usize, size: usize) -> Vec<u8> {
    (0..size).map(|i| ((i * 7 + n) % 251) as u8).collect()
}

/// Names and bytes of what the sent mail has attached.
fn attached(f: &Fixture, message_id: &str) -> BTreeMap<String, Vec<u8>> {
    use mail_parser::MimeHeaders as _;
    let sent = f.sandbox.ms_in_folder(MS_MARA, "Sent Items").into_iter().find(|m| m.message_id == message_id).unwrap();
    let parsed = mail_parser::MessageParser::default().parse(&sent.raw).unwrap();
    assert!(parsed.in_reply_to().as_text() == Some("q@x.test"), "threading survives");
    assert_eq!(parsed.body_text(0).unwrap().trim(), "see the files");
    parsed.attachments().map(|a| (a.attachment_name().unwrap().to_owned(), a.contents().to_vec())).collect()
}

#[tokio::test]
async fn large_files_go_in_pieces_and_small_ones_with_the_mail() {
    let f = Fixture::start(Fill::Small).await;
    let sizes = [10_000, 8_000_000, 2_000_000, 1_500_000];
    f.source.submit(&with_files("f1@x.test", &sizes), &Witness::default()).await.unwrap();
    let files = attached(&f, "f1@x.test");
    assert_eq!(files.len(), 4);
    for (n, size) in sizes.iter().enumerate() {
        assert!(files[&format!("{n}.bin")] == content(n, *size), "{n}.bin");
    }
    let long = mail("f2@x.test", "bo@x.test", &b"a long line of text\r\n".repeat(200_000));
    let refused = f.source.submit(&long, &Witness::default()).await;
    assert!(matches!(refused, Err(ProviderError::Refused(ref why)) if why.contains("3 MB")), "{refused:?}");
}

#[tokio::test]
async fn a_piece_that_breaks_is_sent_again_from_where_the_session_stands() {
    let f = Fixture::start(Fill::Small).await;
    let path = "/api/v2.0/AttachmentSessions";
    // The second piece is lost on the way, the third arrives and its answer is lost, and so is that of the last.
    for (nth, after_commit) in [(2, false), (4, true), (5, true)] {
        f.sandbox.control().add_fault(Fault::new(path, FaultAction::Drop { after_commit }).method("PUT").nth(nth));
    }
    f.source.submit(&with_files("u1@x.test", &[12_000_000]), &Witness::default()).await.unwrap();
    assert!(attached(&f, "u1@x.test")["0.bin"] == content(0, 12_000_000));
    assert!(f.sandbox.control().count("GET", path) >= 3, "it asked where to go on");
    assert_eq!(sent(&f, "u1@x.test"), 1);
    // One that never gets through: the draft goes, and nothing was sent.
    f.sandbox.control().add_fault(Fault::status(path, 503, "ServiceUnavailable").method("PUT").times(0));
    let witness = Witness::default();
    assert!(f.source.submit(&with_files("u2@x.test", &[4_000_000]), &witness).await.is_err());
    assert_eq!((*witness.0.lock().unwrap(), drafts(&f, "u2@x.test")), (0, 0));
}
