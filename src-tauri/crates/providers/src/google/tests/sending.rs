//! Sending, and drafts.

use super::*;

fn mail(message_id: &str, to: &str, more: &str, body: &[u8]) -> OutgoingMail {
    let head = format!("From: {MARA}\r\nTo: {to}\r\nSubject: Hello\r\nMessage-ID: <{message_id}>\r\n{more}\r\n");
    OutgoingMail {
        from: MARA.to_owned(),
        recipients: vec![to.to_owned()],
        raw: [head.as_bytes(), body].concat(),
        message_id: message_id.to_owned(),
        thread: None,
    }
}

#[tokio::test]
async fn sending_is_filed_and_proved_and_hides_its_bcc() {
    let f = Fixture::start(Fill::Small).await;
    let mut outgoing = mail("m1@x.test", "bo@x.test", "", b"hi\r\n");
    outgoing.recipients.push("secret@x.test".to_owned());
    assert_eq!(f.source.find(None, "m1@x.test").await.unwrap(), None);
    let witness = Witness::default();
    let submitted = f.source.submit(&outgoing, &witness).await.unwrap();
    assert!(submitted.filed && submitted.refused.is_empty());
    assert_eq!(*witness.0.lock().unwrap(), 1);
    assert_eq!(f.source.find(None, "<m1@x.test>").await.unwrap(), submitted.remote);
    assert!(f.source.absence_is_proof());
    assert!(!f.source.reply_decides(), "a 503 proves nothing, with or without the right to look");
    let sent = f.sandbox.sent(MARA);
    assert_eq!(sent[0].message_id.as_deref(), Some("m1@x.test"));
    assert!(!String::from_utf8_lossy(&sent[0].raw).to_lowercase().contains("bcc"));
}

#[tokio::test]
async fn a_message_id_that_gmail_replaced_is_still_proof() {
    let f = Fixture::start(Fill::Small).await;
    f.sandbox.set_rewrite_message_id(true);
    f.sandbox.control().add_fault(Fault::new("/gmail/v1/users/me/messages/send", FaultAction::Drop { after_commit: true }));
    assert!(f.source.submit(&mail("w1@x.test", "bo@x.test", "", b"hi\r\n"), &Witness::default()).await.is_err());
    let sent = f.sandbox.sent(MARA);
    assert_ne!(sent[0].message_id.as_deref(), Some("w1@x.test"));
    assert_eq!(f.source.find(None, "w1@x.test").await.unwrap(), Some(RemoteId(sent[0].id.clone())));
    assert_eq!(f.source.find(None, "w2@x.test").await.unwrap(), None);
}

#[tokio::test]
async fn a_reply_joins_its_thread_and_a_thread_that_is_gone_does_not_stop_it() {
    let f = Fixture::start(Fill::Small).await;
    let id = f.sandbox.deliver(MARA, b"From: bo@x.test\r\nTo: mara\r\nSubject: Hello\r\nMessage-ID: <q@x.test>\r\n\r\nq\r\n").unwrap();
    let thread = f.sandbox.messages(MARA).into_iter().find(|m| m.id == id).unwrap().thread_id;
    let references = "In-Reply-To: <q@x.test>\r\nReferences: <q@x.test>\r\n";
    let mut reply = mail("r1@x.test", "bo@x.test", references, b"a\r\n");
    reply.thread = Some(RemoteId(thread.clone()));
    f.source.submit(&reply, &Witness::default()).await.unwrap();
    assert_eq!(f.sandbox.sent(MARA)[0].thread_id, thread);
    let mut reply = mail("r2@x.test", "bo@x.test", references, b"a\r\n");
    reply.thread = Some("fffffffffffffff".into());
    f.source.submit(&reply, &Witness::default()).await.unwrap();
    assert_eq!(f.sandbox.sent(MARA).iter().filter(|m| m.message_id.as_deref() == Some("r2@x.test")).count(), 1);
}

#[tokio::test]
async fn a_large_mail_goes_through_the_upload_endpoint_with_and_without_a_thread() {
    let f = Fixture::start(Fill::Small).await;
    let body = [&[b'y'; 76][..], b"\r\n"].concat().repeat(90_000);
    let id = f.sandbox.deliver(MARA, b"From: bo@x.test\r\nTo: mara\r\nSubject: Hello\r\nMessage-ID: <q@x.test>\r\n\r\nq\r\n").unwrap();
    let thread = f.sandbox.messages(MARA).into_iter().find(|m| m.id == id).unwrap().thread_id;
    for (message_id, thread) in [("b1@x.test", None), ("b2@x.test", Some(RemoteId(thread.clone())))] {
        let mut big = mail(message_id, "bo@x.test", "References: <q@x.test>\r\n", &body);
        big.thread.clone_from(&thread);
        f.source.submit(&big, &Witness::default()).await.unwrap();
        let sent = f.sandbox.sent(MARA).into_iter().find(|m| m.message_id.as_deref() == Some(message_id)).unwrap();
        assert!(sent.raw.ends_with(&body), "not a byte was lost");
        assert!(thread.is_none_or(|t| t.0 == sent.thread_id));
    }
    assert_eq!(f.sandbox.control().count("POST", "/upload/gmail/v1/users/me/messages/send"), 2);
    let huge = mail("b3@x.test", "bo@x.test", "", &vec![b'z'; send::MAX_BYTES]);
    let witness = Witness::default();
    assert!(matches!(f.source.submit(&huge, &witness).await, Err(ProviderError::Refused(why)) if why.contains("35 MB")));
    assert_eq!(*witness.0.lock().unwrap(), 0, "nothing left this machine");
}

#[tokio::test]
async fn a_connection_lost_while_sending_leaves_proof_either_way() {
    let f = Fixture::start(Fill::Small).await;
    for (message_id, after_commit) in [("l1@x.test", true), ("l2@x.test", false)] {
        f.sandbox.control().add_fault(Fault::new("/gmail/v1/users/me/messages/send", FaultAction::Drop { after_commit }));
        let outgoing = mail(message_id, "bo@x.test", "", b"hi\r\n");
        let error = f.source.submit(&outgoing, &Witness::default()).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unreachable { .. }), "{error:?}");
        assert_eq!(f.source.find(None, message_id).await.unwrap().is_some(), after_commit);
        f.sandbox.control().clear_faults();
    }
    assert_eq!(f.sandbox.control().count("POST", "*/messages/send"), 2, "never sent again by itself");
}

#[tokio::test]
async fn drafts_are_created_replaced_and_deleted_by_message_id() {
    let f = Fixture::start(Fill::Small).await;
    let before = f.sandbox.labelled(MARA, "DRAFT").len();
    let append = |body: &str, replaces: Option<RemoteId>| MailWrite::Append {
        mailbox: "DRAFT".into(),
        raw: mail("d1@x.test", "bo@x.test", "", body.as_bytes()).raw,
        message_id: "d1@x.test".to_owned(),
        flags: Flags { draft: true, ..Flags::default() },
        replaces,
    };
    let first = f.write(append("one", None)).await.appended.unwrap();
    assert_eq!(f.source.find(Some(&"DRAFT".into()), "d1@x.test").await.unwrap(), Some(first.clone()));
    assert_eq!(f.source.find(None, "d1@x.test").await.unwrap(), None, "a draft is no proof of a send");
    let written = f.write(append("two", Some(first.clone()))).await;
    let second = written.appended.unwrap();
    assert_eq!(written.renamed, [(first.clone(), second.clone())]);
    let drafts = f.sandbox.labelled(MARA, "DRAFT");
    assert_eq!(drafts.len(), before + 1);
    assert!(drafts.iter().any(|d| d.id == second.0 && d.raw.ends_with(b"two")));
    // The old one vanished elsewhere: the text is kept in a new draft.
    let third = f.write(append("three", Some(first))).await.appended.unwrap();
    let delete = MailWrite::Delete { mailbox: Some("DRAFT".into()), ids: vec![second, third] };
    f.write(delete.clone()).await;
    f.write(delete).await;
    assert_eq!(f.sandbox.labelled(MARA, "DRAFT").len(), before);
}

#[tokio::test]
async fn a_draft_too_large_for_json_is_uploaded_and_replaced() {
    let f = Fixture::start(Fill::Small).await;
    let before = f.sandbox.labelled(MARA, "DRAFT").len();
    let large = "0123456789abcdef\r\n".repeat(340_000);
    let append = |end: &str, replaces: Option<RemoteId>| MailWrite::Append {
        mailbox: "DRAFT".into(),
        raw: mail("large@x.test", "bo@x.test", "", format!("{large}{end}").as_bytes()).raw,
        message_id: "large@x.test".to_owned(),
        flags: Flags { draft: true, ..Flags::default() },
        replaces,
    };
    let first = f.write(append("one", None)).await.appended.unwrap();
    let second = f.write(append("two", Some(first))).await.appended.unwrap();
    let drafts = f.sandbox.labelled(MARA, "DRAFT");
    assert_eq!(drafts.len(), before + 1);
    assert!(drafts.iter().any(|d| d.id == second.0 && d.raw.ends_with(b"two") && d.raw.len() > 6_000_000));
}
