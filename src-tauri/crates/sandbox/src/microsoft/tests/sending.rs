//! Drafts, attachments, upload sessions and sending.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;
use crate::{MS_MARA_HOME, test_client::send as raw_send};

const MIME: &[u8] =
    b"To: mara.lindqvist@outlook.example\r\nBcc: hidden@x.test\r\nSubject: s\r\nMessage-ID: <m1@x.test>\r\nX-Own: 1\r\n\r\nbody\r\n";

async fn mime(c: &Client, target: &str, raw: &[u8]) -> Reply {
    c.ask("POST", target, &[("Content-Type", "text/plain")], STANDARD.encode(raw).as_bytes()).await
}

#[tokio::test]
async fn mime_must_be_standard_base64_of_a_mail() {
    let c = Client::start(Fill::Small).await;
    let made = mime(&c, "/me/messages", MIME).await;
    let draft = made.json();
    assert_eq!((made.status, &draft["isDraft"], &draft["internetMessageId"]), (201, &json!(true), &json!("<m1@x.test>")));
    assert_eq!(draft["bccRecipients"][0]["emailAddress"]["address"], "hidden@x.test");
    let text = [("Content-Type", "text/plain")];
    let url_safe = base64::engine::general_purpose::URL_SAFE.encode([0xffu8, 0xfe, 0xfb, 0xff, 0xfe, 0xfb]);
    let bad = c.ask("POST", "/me/messages", &text, url_safe.as_bytes()).await;
    assert_eq!((bad.status, code(&bad).as_str()), (400, "ErrorMimeContentInvalidBase64String"));
    assert_eq!(c.ask("POST", "/me/messages", &text, &vec![b'A'; 4 * 1024 * 1024 + 4]).await.status, 413);
    // The draft goes, keeps its id, and nobody sees who was hidden.
    let id = draft["id"].as_str().unwrap();
    assert_eq!(c.ask("POST", &format!("/me/messages/{id}/send"), &[], b"").await.status, 202);
    let sent = c.sandbox.ms_in_folder(MS_MARA, "Sent Items").remove(0);
    assert_eq!((sent.id.as_str(), sent.message_id.as_str(), sent.draft), (id, "m1@x.test", false));
    let there = c.sandbox.ms_in_folder(MS_MARA_HOME, "Inbox").remove(0);
    assert!(!String::from_utf8_lossy(&there.raw).contains("hidden@"));
    assert_eq!(c.ask("POST", &format!("/me/messages/{id}/send"), &[], b"").await.status, 400, "no draft any more");
}

#[tokio::test]
async fn json_sends_too_and_recipients_are_checked() {
    let c = Client::start(Fill::Small).await;
    let to = |address: &str| json!([{"emailAddress": {"address": address}}]);
    let message = |to: Value| {
        json!({"message": {"subject": "Grüße", "body": {"contentType": "HTML", "content": "<p>ä</p>"}, "toRecipients": to,
        "internetMessageHeaders": [{"name": "x-own", "value": "1"}]}})
    };
    let sent = c.json("POST", "/me/sendMail", &message(to("bo@x.test"))).await;
    assert_eq!((sent.status, sent.body.len()), (202, 0));
    assert_eq!(c.sandbox.ms_in_folder(MS_MARA, "Sent Items")[0].subject, "Grüße");
    for (bad, expected) in [
        (message(to("nobody")), "ErrorInvalidRecipients"),
        (message(json!([])), "ErrorInvalidRecipients"),
        (json!({"message": {"toRecipients": to("bo@x.test"), "from": {"emailAddress": {"address": "other@x.test"}}}}), "ErrorSendAsDenied"),
        (
            json!({"message": {"toRecipients": to("bo@x.test"), "internetMessageHeaders": [{"name": "In-Reply-To", "value": "<a>"}]}}),
            "InvalidInternetMessageHeader",
        ),
        (json!({"message": {"too": 1}}), "RequestBodyRead"),
    ] {
        assert_eq!(code(&c.json("POST", "/me/sendMail", &bad).await), expected, "{bad}");
    }
    c.sandbox.set_ms_switches(|s| s.transport_ms = 5_000);
    assert_eq!(mime(&c, "/me/sendMail", MIME).await.status, 202);
    assert_eq!(c.sandbox.ms_in_folder(MS_MARA, "Outbox").len(), 1);
    c.sandbox.clock().advance(5_000);
    assert_eq!(c.sandbox.ms_in_folder(MS_MARA, "Sent Items")[0].message_id, "m1@x.test");
}

#[tokio::test]
async fn answers_are_drafts_in_the_same_conversation() {
    let c = Client::start(Fill::Small).await;
    let ask = c.sandbox.ms_in_folder(MS_MARA, "Inbox").into_iter().find(|m| m.subject.starts_with("Berth")).unwrap();
    let origin = c.get(&format!("/me/messages/{}", ask.id)).await.json();
    let draft = c.json("POST", &format!("/me/messages/{}/createReply", ask.id), &json!({"comment": "Yes."})).await;
    let reply = draft.json();
    assert_eq!(
        (draft.status, &reply["conversationId"], &reply["subject"]),
        (201, &origin["conversationId"], &json!("RE: Berth plan for the autumn"))
    );
    assert_eq!(reply["toRecipients"][0]["emailAddress"]["address"], "signe.dahl@havnegruppen.example");
    assert_eq!(
        c.json(
            "POST",
            &format!("/me/messages/{}/createReply", ask.id),
            &json!({"comment": "a", "message": {"body": {"contentType": "text", "content": "b"}}})
        )
        .await
        .status,
        400
    );
    let survey = c.sandbox.ms_in_folder(MS_MARA, "Quay 7").remove(0);
    let forward = c.ask("POST", &format!("/me/messages/{}/createForward", survey.id), &[], b"").await.json();
    assert_eq!((&forward["subject"], &forward["hasAttachments"]), (&json!("FW: Survey of quay 7"), &json!(true)));
}

#[tokio::test]
async fn files_are_posted_while_small_and_uploaded_in_pieces_beyond() {
    let c = Client::start(Fill::Small).await;
    let id = mime(&c, "/me/messages", MIME).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/me/messages/{id}/attachments");
    let file =
        |bytes: &[u8]| json!({"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.bin", "contentBytes": STANDARD.encode(bytes)});
    assert_eq!(c.json("POST", &path, &file(b"small")).await.status, 201);
    assert_eq!(code(&c.json("POST", &path, &file(&vec![1; 3 * 1024 * 1024])).await), "ErrorAttachmentSizeLimitExceeded");
    let session = |size: usize| json!({"AttachmentItem": {"attachmentType": "file", "name": "big.bin", "size": size}});
    let create = format!("{path}/createUploadSession");
    assert_eq!(code(&c.json("POST", &create, &session(1000)).await), "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize");
    let bytes: Vec<u8> = (0..5_000_000u32).map(|n| (n % 251) as u8).collect();
    let url = c.json("POST", &create, &session(bytes.len())).await.json()["uploadUrl"].as_str().unwrap().to_owned();
    let base = c.sandbox.microsoft_base();
    let target = url.strip_prefix(&base).unwrap().to_owned();
    let put = async |from: usize, to: usize, more: &[(&str, &str)]| {
        let range = format!("bytes {from}-{}/{}", to - 1, bytes.len());
        let headers = [&[("Content-Range", range.as_str())], more].concat();
        raw_send(&base, "PUT", &target, &headers, &bytes[from..to]).await
    };
    let step = 320 * 1024;
    assert_eq!(put(0, step * 2, &[("Authorization", "Bearer x")]).await.status, 401, "no token at this address");
    assert_eq!(put(0, step + 1, &[]).await.status, 400, "not a multiple");
    assert_eq!(put(0, 13 * step, &[]).await.status, 413, "larger than 4 MB");
    assert_eq!(put(step, 2 * step, &[]).await.status, 416, "out of order");
    assert_eq!(put(0, 10 * step, &[]).await.json()["nextExpectedRanges"][0], (10 * step).to_string());
    assert_eq!(raw_send(&base, "GET", &target, &[], b"").await.json()["nextExpectedRanges"][0], (10 * step).to_string());
    assert_eq!(put(10 * step, bytes.len(), &[]).await.status, 201);
    assert_eq!(put(10 * step, bytes.len(), &[]).await.status, 404, "the session is over");
    let all = c.get(&format!("{path}?$select=name,size")).await.json();
    assert_eq!(all["value"].as_array().unwrap().iter().map(|a| a["size"].as_u64().unwrap()).collect::<Vec<_>>(), [5, 5_000_000]);
    let second = all["value"][1]["id"].as_str().unwrap();
    assert_eq!(c.get(&format!("{path}/{second}/$value")).await.body, bytes);
    assert_eq!(c.ask("DELETE", &format!("{path}/{second}"), &[], b"").await.status, 204);
    assert_eq!(c.get(&path).await.json()["value"].as_array().unwrap().len(), 1);
}
