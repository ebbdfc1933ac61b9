//! Gmail's rules over real HTTP: what works, and above all what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use crate::{
    Fault, Fill, MARA, MARA_WORK, Quota, Sandbox, SandboxOptions,
    fixtures::{compose::Mail, oddities, plain},
    test_client::{MODIFY, Reply, get, google_token, google_tokens, post, send},
    text,
};

const ME: &str = "/gmail/v1/users/me";

struct Rig {
    sandbox: Sandbox,
    token: String,
}

impl Rig {
    async fn new(scope: &str) -> Self {
        let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
        let token = google_token(&sandbox, scope).await;
        Self { sandbox, token }
    }
    async fn get(&self, path: &str) -> Reply {
        get(&self.sandbox.google_base(), &format!("{ME}{path}"), &self.token).await
    }
    async fn post(&self, path: &str, body: &Value) -> Reply {
        post(&self.sandbox.google_base(), &format!("{ME}{path}"), &self.token, body).await
    }
    async fn send_raw(&self, raw: &[u8], thread: Option<&str>) -> Reply {
        let mut body = json!({"raw": text::b64url(raw)});
        if let Some(thread) = thread {
            body["threadId"] = json!(thread);
        }
        self.post("/messages/send", &body).await
    }
    fn find(&self, subject: &str) -> crate::MessageState {
        self.sandbox.messages(MARA).into_iter().find(|m| m.subject == subject).unwrap()
    }
}

fn ids(reply: &Value) -> Vec<String> {
    reply["messages"].as_array().map(|l| l.iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect()).unwrap_or_default()
}

#[tokio::test]
async fn lists_pages_and_hides_spam() {
    let rig = Rig::new(MODIFY).await;
    let all = rig.get("/messages").await.json();
    assert_eq!(ids(&all).len(), 4);
    assert!(all.get("nextPageToken").is_none());
    assert_eq!(ids(&rig.get("/messages?includeSpamTrash=true").await.json()).len(), 5);
    assert_eq!(ids(&rig.get("/messages?labelIds=SPAM").await.json()).len(), 1);
    assert_eq!(ids(&rig.get("/messages?labelIds=INBOX&labelIds=UNREAD").await.json()).len(), 1);
    let first = rig.get("/messages?maxResults=3").await.json();
    let next = first["nextPageToken"].as_str().unwrap();
    let second = rig.get(&format!("/messages?maxResults=3&pageToken={next}")).await.json();
    assert_eq!([ids(&first), ids(&second)].concat(), ids(&all));
    // A token belongs to its list.
    assert_eq!(rig.get(&format!("/messages?labelIds=INBOX&pageToken={next}")).await.status, 400);
    assert!(rig.get("/messages?q=subject:nothing").await.json().get("messages").is_none());
    for (q, count) in [
        ("from:jonas", 1),
        ("in:sent", 1),
        ("in:spam", 1),
        ("is:unread", 1),
        ("label:work", 1),
        ("has:attachment", 1),
        ("-in:inbox", 1),
        ("after:2000/01/01", 4),
        ("before:2000/01/01", 0),
    ] {
        assert_eq!(ids(&rig.get(&format!("/messages?q={q}")).await.json()).len(), count, "{q}");
    }
    let sent = rig.find("Re: Lunch on Thursday?");
    let proof = rig.get(&format!("/messages?q=rfc822msgid:{}", sent.message_id.unwrap())).await.json();
    assert_eq!(ids(&proof), [sent.id]);
}

/// A request that broke off is no large one: 413 would be an answer about the mail, and final.
#[tokio::test]
async fn a_request_that_breaks_off_may_be_made_again() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let rig = Rig::new(MODIFY).await;
    let base = rig.sandbox.google_base();
    let host = base.trim_start_matches("http://").trim_end_matches('/');
    let mut line = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST {ME}/messages/send HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{\"raw\": \"",
        rig.token
    );
    line.write_all(head.as_bytes()).await.unwrap();
    line.shutdown().await.unwrap();
    let mut answer = String::new();
    // Without an answer is as well.
    let _ = line.read_to_string(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn refuses_bad_parameters() {
    let rig = Rig::new(MODIFY).await;
    for path in [
        "/messages?maxResults=501",
        "/messages?maxResults=0",
        "/messages?maxResults=x",
        "/messages?maxresults=5",
        "/messages?labelIds=Nowhere",
        "/messages?pageToken=abc",
        "/messages?includeSpamTrash=yes",
        "/messages/zz",
        "/history",
        "/history?startHistoryId=abc",
        "/history?startHistoryId=1&historyTypes=moved",
    ] {
        let reply = rig.get(path).await;
        assert!(reply.status == 400, "{path}: {}", reply.text());
        assert_eq!(reply.json()["error"]["status"], "INVALID_ARGUMENT");
    }
    let id = rig.find("Quarterly figures").id;
    assert_eq!(rig.get(&format!("/messages/{id}?format=xml")).await.status, 400);
    assert_eq!(rig.get("/messages/1").await.reason(), "notFound");
    assert_eq!(rig.get("/nothing").await.status, 404);
    assert_eq!(get(&rig.sandbox.google_base(), "/gmail/v1/users/else%40x.example/profile", &rig.token).await.status, 403);
    let wrong = send(&rig.sandbox.google_base(), "GET", &format!("{ME}/profile"), &[], b"").await;
    assert_eq!((wrong.status, wrong.reason().as_str()), (401, "authError"));
}

#[tokio::test]
async fn gets_in_every_format() {
    let rig = Rig::new(MODIFY).await;
    let state = rig.find("Quarterly figures");
    let id = &state.id;
    let raw = rig.get(&format!("/messages/{id}?format=raw")).await.json();
    assert_eq!(text::b64url_strict(raw["raw"].as_str().unwrap()).unwrap(), state.raw);
    assert!(raw["internalDate"].is_string() && raw["historyId"].is_string() && raw["sizeEstimate"].is_u64());
    let minimal = rig.get(&format!("/messages/{id}?format=minimal")).await.json();
    assert!(minimal.get("payload").is_none() && minimal.get("raw").is_none());
    let metadata = rig.get(&format!("/messages/{id}?format=metadata&metadataHeaders=subject")).await.json();
    assert_eq!(metadata["payload"]["headers"], json!([{"name": "Subject", "value": "Quarterly figures"}]));
    let full = rig.get(&format!("/messages/{id}")).await.json();
    let part = &full["payload"]["parts"][1];
    assert_eq!((part["filename"].as_str(), part["partId"].as_str()), (Some("figures.csv"), Some("1")));
    let attachment = part["body"]["attachmentId"].as_str().unwrap();
    let again = rig.get(&format!("/messages/{id}")).await.json();
    assert_ne!(again["payload"]["parts"][1]["body"]["attachmentId"], attachment, "not stable between gets");
    let data = rig.get(&format!("/messages/{id}/attachments/{attachment}")).await.json();
    assert!(text::b64url_strict(data["data"].as_str().unwrap()).unwrap().starts_with(b"quarter,revenue"));
    assert_eq!(rig.get(&format!("/messages/{id}/attachments/nonsense")).await.status, 400);
    let other = rig.find("You have won").id;
    assert_eq!(rig.get(&format!("/messages/{other}/attachments/{attachment}")).await.status, 400);
    rig.sandbox.deliver_text(MARA, "a@b.example", "quoting", "It's <b> & \"c\"");
    let quoting = rig.find("quoting").id;
    let shown = rig.get(&format!("/messages/{quoting}")).await.json();
    assert_eq!(shown["snippet"], "It&#39;s &lt;b&gt; &amp; &quot;c&quot;");
}

#[tokio::test]
async fn odd_mail_is_served_in_every_format() {
    let rig = Rig::new(MODIFY).await;
    for (name, raw) in oddities::all() {
        let id = rig.sandbox.insert(MARA, &raw, &["INBOX"], rig.sandbox.now()).unwrap();
        for format in ["minimal", "metadata", "full", "raw"] {
            assert_eq!(rig.get(&format!("/messages/{id}?format={format}")).await.status, 200, "{name} {format}");
        }
    }
}

#[tokio::test]
async fn history_tells_each_change_once() {
    let rig = Rig::new(MODIFY).await;
    let start: u64 = rig.get("/profile").await.json()["historyId"].as_str().unwrap().parse().unwrap();
    let empty = rig.get(&format!("/history?startHistoryId={start}")).await.json();
    assert!(empty.get("history").is_none());
    let id = rig.find("New beans have landed").id;
    rig.post(&format!("/messages/{id}/modify"), &json!({"removeLabelIds": ["UNREAD"], "addLabelIds": ["STARRED"]})).await;
    // Nothing new the second time.
    rig.post(&format!("/messages/{id}/modify"), &json!({"removeLabelIds": ["UNREAD"], "addLabelIds": ["STARRED"]})).await;
    let new = rig.sandbox.deliver_text(MARA, "a@b.example", "fresh", "x").unwrap();
    rig.post(&format!("/messages/{new}/trash"), &json!({})).await;
    assert!(rig.sandbox.delete(MARA, &new));
    let records = rig.get(&format!("/history?startHistoryId={start}")).await.json();
    let list = records["history"].as_array().unwrap();
    let kinds: Vec<&str> = list
        .iter()
        .map(|r| ["messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved"].into_iter().find(|k| r.get(k).is_some()).unwrap())
        .collect();
    assert_eq!(kinds, ["labelsAdded", "labelsRemoved", "messagesAdded", "labelsAdded", "labelsRemoved", "messagesDeleted"]);
    assert_eq!(list[3]["labelsAdded"][0]["labelIds"], json!(["TRASH"]));
    let mut last = start;
    for record in list {
        let id: u64 = record["id"].as_str().unwrap().parse().unwrap();
        assert!(id > last);
        last = id;
    }
    assert_eq!(records["historyId"], last.to_string());
    // Pages and filters.
    let page = rig.get(&format!("/history?startHistoryId={start}&maxResults=4")).await.json();
    let next = page["nextPageToken"].as_str().unwrap();
    let rest = rig.get(&format!("/history?startHistoryId={start}&maxResults=4&pageToken={next}")).await.json();
    assert_eq!(rest["history"].as_array().unwrap().len(), 2);
    assert!(rest.get("nextPageToken").is_none());
    let added = rig.get(&format!("/history?startHistoryId={start}&historyTypes=messageAdded")).await.json();
    assert_eq!(added["history"].as_array().unwrap().len(), 1);
    // Too old, or never given out.
    rig.sandbox.expire_history(MARA);
    let old = rig.get(&format!("/history?startHistoryId={last}")).await;
    assert_eq!((old.status, old.reason().as_str()), (404, "notFound"));
    assert_eq!(rig.get("/history?startHistoryId=99999999999").await.status, 404);
}

#[tokio::test]
async fn modify_refuses_what_gmail_refuses() {
    let rig = Rig::new(MODIFY).await;
    let id = rig.find("Quarterly figures").id;
    for body in [
        json!({"addLabelIds": ["SENT"]}),
        json!({"removeLabelIds": ["DRAFT"]}),
        json!({"addLabelIds": ["Label_99"]}),
        json!({"addLabelIds": []}),
        json!({"addLabelIds": ["INBOX"], "removeLabelIds": ["INBOX"]}),
        json!({"addLabels": ["INBOX"]}),
        json!({"addLabelIds": (0..101).map(|n| format!("L{n}")).collect::<Vec<_>>()}),
    ] {
        assert_eq!(rig.post(&format!("/messages/{id}/modify"), &body).await.status, 400, "{body}");
    }
    let plain = [("Authorization", format!("Bearer {}", rig.token)), ("Content-Type", "text/plain".to_owned())];
    let headers: Vec<(&str, &str)> = plain.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let path = format!("{ME}/messages/{id}/modify");
    assert_eq!(send(&rig.sandbox.google_base(), "POST", &path, &headers, br#"{"addLabelIds":["STARRED"]}"#).await.status, 400);
    let many: Vec<String> = (0..1001).map(|n| format!("{n:x}")).collect();
    assert_eq!(rig.post("/messages/batchModify", &json!({"ids": many, "addLabelIds": ["STARRED"]})).await.status, 400);
    let both = json!({"ids": [id, "1"], "addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]});
    assert_eq!(rig.post("/messages/batchModify", &both).await.status, 204);
    assert!(!rig.find("Quarterly figures").labels.contains("INBOX"));
    // Permanent deletion needs the full scope.
    let auth = format!("Bearer {}", rig.token);
    let reply = send(&rig.sandbox.google_base(), "DELETE", &format!("{ME}/messages/{id}"), &[("Authorization", &auth)], b"").await;
    assert_eq!((reply.status, reply.reason().as_str()), (403, "insufficientPermissions"));
}

#[tokio::test]
async fn scopes_open_only_their_doors() {
    let scope = |name: &str| format!("https://www.googleapis.com/auth/{name}");
    let rig = Rig::new(&scope("gmail.metadata")).await;
    let id = rig.find("Quarterly figures").id;
    assert_eq!(rig.get("/messages").await.status, 200);
    for path in ["/messages?q=x".to_owned(), format!("/messages/{id}"), format!("/messages/{id}?format=raw")] {
        assert_eq!(rig.get(&path).await.status, 403, "{path}");
    }
    assert_eq!(rig.get(&format!("/messages/{id}?format=metadata")).await.status, 200);
    let rig = Rig::new(&scope("gmail.readonly")).await;
    let id = rig.find("Quarterly figures").id;
    assert_eq!(rig.get(&format!("/messages/{id}?format=raw")).await.status, 200);
    let refused = rig.post(&format!("/messages/{id}/modify"), &json!({"addLabelIds": ["STARRED"]})).await;
    assert_eq!((refused.status, refused.reason().as_str()), (403, "insufficientPermissions"));
    let rig = Rig::new(&scope("gmail.send")).await;
    assert_eq!(rig.get("/messages").await.status, 403);
    assert_eq!(rig.send_raw(&plain(MARA, "x@y.example", "s", "b", rig.sandbox.now()), None).await.status, 200);
    let rig = Rig::new("openid").await;
    assert_eq!(rig.get("/profile").await.status, 403);
}

#[tokio::test]
async fn sending_files_delivers_and_strips_bcc() {
    let rig = Rig::new(MODIFY).await;
    let now = rig.sandbox.now();
    let raw = format!(
        "From: Mara <{MARA}>\r\nTo: out@elsewhere.example\r\nBcc: {MARA_WORK}\r\nSubject: plan\r\nMessage-ID: <own-1@lindqvist.example>\r\n\r\nhello\r\n"
    );
    let sent = rig.send_raw(raw.as_bytes(), None).await.json();
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    let copy = rig.find("plan");
    let text = String::from_utf8(copy.raw).unwrap();
    assert!(!text.contains("Bcc") && text.contains("Message-ID: <own-1@lindqvist.example>") && text.contains("\r\nDate: "));
    let there = rig.sandbox.messages(MARA_WORK);
    assert_eq!(there[0].subject, "plan");
    assert!(there[0].labels.contains("UNREAD") && !String::from_utf8_lossy(&there[0].raw).contains("Bcc"));
    // To oneself: one message in both places.
    rig.send_raw(&plain(MARA, MARA, "note to self", "x", now), None).await;
    let own = rig.find("note to self").labels;
    assert!(own.contains("SENT") && own.contains("INBOX"));
    // A sender that is not ours becomes ours.
    rig.send_raw(&plain("boss@elsewhere.example", "x@y.example", "spoof", "x", now), None).await;
    assert_eq!(rig.find("spoof").from, format!("Mara Lindqvist <{MARA}>"));
}

#[tokio::test]
async fn sending_refuses_bad_mail() {
    let rig = Rig::new(MODIFY).await;
    let now = rig.sandbox.now();
    let good = plain(MARA, "x@y.example", "ÿÿÿ???>>>", "body ÿ?>", now);
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD.encode([&good[..], &[0xfb, 0xff, 0xbf]].concat());
    assert!(standard.contains('+') || standard.contains('/'));
    for body in [
        json!({"raw": standard}),
        json!({"raw": ""}),
        json!({}),
        json!({"raw": text::b64url(&good), "thread": "x"}),
        json!({"raw": text::b64url(b"Subject: nobody\r\n\r\nx")}),
        json!({"raw": text::b64url(b"To: not an address\r\nSubject: x\r\n\r\nx")}),
    ] {
        let reply = rig.post("/messages/send", &body).await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.text());
    }
    assert_eq!(rig.send_raw(&good, Some("1")).await.status, 404);
    assert_eq!(rig.sandbox.sent(MARA).len(), 1);
}

#[tokio::test]
async fn upload_takes_the_message_itself() {
    let rig = Rig::new(MODIFY).await;
    let raw = plain(MARA, "x@y.example", "uploaded", "x", rig.sandbox.now());
    let auth = format!("Bearer {}", rig.token);
    let base = rig.sandbox.google_base();
    let path = "/upload/gmail/v1/users/me/messages/send?uploadType=media";
    let wrong = [("Authorization", auth.as_str()), ("Content-Type", "application/json")];
    assert_eq!(send(&base, "POST", path, &wrong, &raw).await.status, 400);
    let right = [("Authorization", auth.as_str()), ("Content-Type", "message/rfc822")];
    assert_eq!(send(&base, "POST", path, &right, &raw).await.status, 200);
    let parent = rig.find("Quarterly figures");
    let reply = Mail::new(MARA, "ingrid@nordlysstudio.example", "Re: Quarterly figures", rig.sandbox.now())
        .header("In-Reply-To", &format!("<{}>", parent.message_id.unwrap()))
        .text("thanks")
        .render();
    let mut body = format!(
        "--b\r\nContent-Type: application/json\r\n\r\n{{\"threadId\":\"{}\"}}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n",
        parent.thread_id
    )
    .into_bytes();
    body.extend(&reply);
    body.extend(b"\r\n--b--\r\n");
    let multi = [("Authorization", auth.as_str()), ("Content-Type", "multipart/related; boundary=b")];
    let sent = send(&base, "POST", "/upload/gmail/v1/users/me/messages/send?uploadType=multipart", &multi, &body).await.json();
    assert_eq!(sent["threadId"], parent.thread_id);
}

#[tokio::test]
async fn a_reply_needs_thread_references_and_subject() {
    let rig = Rig::new(MODIFY).await;
    let parent = rig.find("Lunch on Thursday?");
    let parent_id = format!("<{}>", parent.message_id.clone().unwrap());
    let mail = |subject: &str, reference: Option<&str>| {
        let mail = Mail::new(MARA, "jonas.berg@fjordkraft.example", subject, rig.sandbox.now()).text("x");
        let mail = match reference {
            Some(id) => mail.header("In-Reply-To", id).header("References", id),
            None => mail,
        };
        mail.render()
    };
    let thread = Some(parent.thread_id.as_str());
    let joined = rig.send_raw(&mail("Re: Lunch on Thursday?", Some(&parent_id)), thread).await.json();
    assert_eq!(joined["threadId"], parent.thread_id);
    for raw in [mail("Re: Lunch on Thursday?", None), mail("Dinner instead", Some(&parent_id))] {
        let alone = rig.send_raw(&raw, thread).await.json();
        assert_ne!(alone["threadId"], parent.thread_id);
        assert_eq!(alone["threadId"], alone["id"]);
    }
    let shown = rig.get(&format!("/threads/{}?format=minimal", parent.thread_id)).await.json();
    assert_eq!(shown["messages"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn echo_answers_in_the_thread() {
    let rig = Rig::new(MODIFY).await;
    let sent = rig.send_raw(&plain(MARA, "echo@sandbox.example", "ping", "are you there", rig.sandbox.now()), None).await.json();
    let answer = rig.find("Re: ping");
    assert_eq!(answer.thread_id, sent["threadId"].as_str().unwrap());
    assert!(answer.labels.contains("INBOX"));
}

#[tokio::test]
async fn drafts_change_their_message_and_leave_on_sending() {
    let rig = Rig::new(MODIFY).await;
    let raw = |text: &str| text::b64url(&plain(MARA, "x@y.example", "draft", text, rig.sandbox.now()));
    let draft = rig.post("/drafts", &json!({"message": {"raw": raw("one")}})).await.json();
    let id = draft["id"].as_str().unwrap();
    let auth = format!("Bearer {}", rig.token);
    let headers = [("Authorization", auth.as_str()), ("Content-Type", "application/json")];
    let body = json!({"message": {"raw": raw("two")}}).to_string();
    let base = rig.sandbox.google_base();
    let updated = send(&base, "PUT", &format!("{ME}/drafts/{id}"), &headers, body.as_bytes()).await.json();
    assert_eq!(updated["id"], id);
    assert_ne!(updated["message"]["id"], draft["message"]["id"]);
    assert_eq!(rig.get("/drafts").await.json()["drafts"].as_array().unwrap().len(), 1);
    let sent = rig.post("/drafts/send", &json!({"id": id})).await.json();
    assert_ne!(sent["id"], updated["message"]["id"]);
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    assert_eq!(rig.get(&format!("/drafts/{id}")).await.status, 404);
    assert!(rig.get("/drafts").await.json().get("drafts").is_none());
}

#[tokio::test]
async fn labels_are_made_counted_and_refused() {
    let rig = Rig::new(MODIFY).await;
    let made = rig.post("/labels", &json!({"name": "Travel/2026"})).await.json();
    assert_eq!(made["type"], "user");
    let id = made["id"].as_str().unwrap();
    assert_eq!(rig.post("/labels", &json!({"name": "travel/2026"})).await.status, 409);
    assert_eq!(rig.post("/labels", &json!({"name": ""})).await.status, 400);
    assert_eq!(rig.post("/labels", &json!({"name": "x", "labelListVisibility": "never"})).await.status, 400);
    let message = rig.find("New beans have landed").id;
    rig.post(&format!("/messages/{message}/modify"), &json!({"addLabelIds": [id]})).await;
    let shown = rig.get(&format!("/labels/{id}")).await.json();
    assert_eq!((shown["messagesTotal"].as_u64(), shown["messagesUnread"].as_u64()), (Some(1), Some(1)));
    let listed = rig.get("/labels").await.json();
    assert!(listed["labels"].as_array().unwrap().iter().all(|l| l.get("messagesTotal").is_none()));
    assert_eq!(rig.get("/settings/sendAs").await.json()["sendAs"][0]["sendAsEmail"], MARA);
}

fn batch_body(paths: &[String]) -> Vec<u8> {
    let mut out = String::new();
    for (n, path) in paths.iter().enumerate() {
        out.push_str(&format!("--b_1\r\nContent-Type: application/http\r\nContent-ID: <item{n}>\r\n\r\nGET {path} HTTP/1.1\r\n\r\n\r\n"));
    }
    out.push_str("--b_1--\r\n");
    out.into_bytes()
}

#[tokio::test]
async fn batch_answers_each_part() {
    let rig = Rig::new(MODIFY).await;
    let base = rig.sandbox.google_base();
    let auth = format!("Bearer {}", rig.token);
    let headers = [("Authorization", auth.as_str()), ("Content-Type", "multipart/mixed; boundary=\"b_1\"")];
    let id = rig.find("Quarterly figures").id;
    let paths = [format!("{ME}/messages/{id}?format=minimal"), format!("{ME}/messages/1"), format!("{ME}/labels")];
    rig.sandbox.control().add_fault(Fault::status(&format!("{ME}/labels"), 429, "rateLimitExceeded"));
    let reply = send(&base, "POST", "/batch", &headers, &batch_body(&paths)).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").unwrap().starts_with("multipart/mixed; boundary="));
    let text = reply.text();
    for part in [
        "Content-ID: <response-item0>\r\n\r\nHTTP/1.1 200 OK",
        "<response-item1>\r\n\r\nHTTP/1.1 404",
        "<response-item2>\r\n\r\nHTTP/1.1 429",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(rig.sandbox.control().log().iter().filter(|e| e.batched).count(), 3);
    let many: Vec<String> = (0..101).map(|_| format!("{ME}/labels")).collect();
    assert_eq!(send(&base, "POST", "/batch", &headers, &batch_body(&many)).await.status, 400);
    assert_eq!(send(&base, "POST", "/batch", &headers, b"--b_1\r\nunclosed").await.status, 400);
    let plain = [("Authorization", auth.as_str()), ("Content-Type", "application/json")];
    assert_eq!(send(&base, "POST", "/batch", &plain, b"{}").await.status, 400);
}

#[tokio::test]
async fn quota_runs_dry_and_refills() {
    let rig = Rig::new(MODIFY).await;
    let id = rig.find("Quarterly figures").id;
    rig.sandbox.clock().freeze(true);
    rig.sandbox.set_quota(Quota::Small(60));
    for _ in 0..3 {
        assert_eq!(rig.get(&format!("/messages/{id}")).await.status, 200);
    }
    let dry = rig.get(&format!("/messages/{id}")).await;
    assert_eq!((dry.status, dry.reason().as_str()), (403, "userRateLimitExceeded"));
    rig.sandbox.clock().advance(20_000);
    assert_eq!(rig.get(&format!("/messages/{id}")).await.status, 200);
    rig.sandbox.set_quota(Quota::Off);
    assert_eq!(rig.get(&format!("/messages/{id}")).await.status, 200);
}

#[tokio::test]
async fn a_big_mailbox_lists_to_the_end() {
    let sandbox = Sandbox::start(SandboxOptions { fill: Fill::Bulk(1200), ..SandboxOptions::default() }).await.unwrap();
    let token = google_tokens(&sandbox, MODIFY, MARA).await["access_token"].as_str().unwrap().to_owned();
    let mut seen = std::collections::HashSet::new();
    let mut page = String::new();
    loop {
        let reply = get(&sandbox.google_base(), &format!("{ME}/messages?maxResults=500&pageToken={page}"), &token).await.json();
        seen.extend(ids(&reply));
        match reply["nextPageToken"].as_str() {
            Some(next) => next.clone_into(&mut page),
            None => break,
        }
    }
    assert_eq!(seen.len(), 1200);
    let threads = get(&sandbox.google_base(), &format!("{ME}/profile"), &token).await.json()["threadsTotal"].as_u64();
    assert_eq!(threads, Some(300));
}
