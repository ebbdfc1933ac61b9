//! Sending, and proof that it happened.
//!
//! Gmail reads the recipients from the headers, so Bcc recipients, which our rendered mail does not name, get a `Bcc` header here;
//! Gmail honours it and strips it (PROVIDERS 1.5). A send has no idempotency key: the proof is a search for our own
//! Message-ID, and because one system sends and files, its absence is proof too. Gmail may replace the Message-ID, though; so
//! it travels a second time in a header of ours, which nobody rewrites, and a search that finds nothing looks there as well.

use std::collections::HashSet;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    source::{OutgoingMail, SendWitness, Submitted},
};
use mail_parser::{Address, MessageParser};
use reqwest::{Method, header::HeaderValue};
use serde_json::json;
use url::Url;

use super::{
    api::{Api, Header, Message, json_call},
    batch::MAX_PARTS,
    fetch, labels,
    quota::cost,
    raw, relist,
};
use crate::http::Call;

/// The whole mail, encoded attachments included.
pub const MAX_BYTES: usize = 36_700_160;
/// Beyond this the upload endpoint takes the bytes as they are instead of a third more as base64.
const INLINE_BYTES: usize = 5 * 1024 * 1024;
/// Holds the Message-ID once more. Says nothing that the mail does not say anyway.
const PROOF_HEADER: &str = "X-Submission-Id";
const UPLOAD_TIMEOUT: std::time::Duration = std::time::Duration::from_mins(15);
/// Bytes a second: a slower line counts as dead.
const SLOWEST: u64 = 8 * 1024;

/// 35 MB over a slow uplink take longer than a dead line should be waited for with a short mail.
fn patience(bytes: usize) -> std::time::Duration {
    UPLOAD_TIMEOUT + std::time::Duration::from_secs(bytes as u64 / SLOWEST)
}

pub async fn submit(api: &Api, mail: &OutgoingMail, witness: &dyn SendWitness) -> Result<Submitted, ProviderError> {
    let bytes = for_gmail(mail)?;
    check_size(bytes.len())?;
    let mut thread = mail.thread.as_ref().map(RemoteId::as_str);
    witness.data_sent().await?;
    loop {
        let call = message_call(api, Method::POST, &["messages", "send"], thread, &bytes, None)?;
        match api.json::<Message>(cost::SEND, "this mail", &call).await {
            Ok(sent) => return Ok(Submitted::filed(RemoteId(sent.id))),
            // The conversation was deleted meanwhile; the mail is still to be sent. Nothing was, so this is no second copy.
            Err(ProviderError::NotFound(_)) if thread.is_some() => thread = None,
            Err(error) => return Err(error),
        }
    }
}

pub fn check_size(len: usize) -> Result<(), ProviderError> {
    if len <= MAX_BYTES {
        return Ok(());
    }
    Err(ProviderError::Refused(format!(
        "This mail has {:.1} MB with its attachments encoded; Google takes at most 35 MB. Share large files as a link instead.",
        len as f64 / 1_048_576.0
    )))
}

/// A request that carries a mail: JSON with base64url while small, the upload endpoint beyond. `labels` are for inserting.
pub fn message_call(
    api: &Api,
    method: Method,
    path: &[&str],
    thread: Option<&str>,
    bytes: &[u8],
    labels: Option<&[String]>,
) -> Result<Call, ProviderError> {
    let mut meta = serde_json::Map::new();
    if let Some(thread) = thread {
        meta.insert("threadId".to_owned(), json!(thread));
    }
    if let Some(labels) = labels {
        meta.insert("labelIds".to_owned(), json!(labels));
    }
    // A draft wraps the message.
    let is_draft = path.first() == Some(&"drafts");
    let segments = || path.iter().copied();
    if bytes.len() <= INLINE_BYTES {
        meta.insert("raw".to_owned(), json!(raw::encode(bytes)));
        let body = if is_draft { json!({ "message": meta }) } else { json!(meta) };
        return Ok(json_call(method, api.urls.user(segments()), &body)?.timeout(patience(bytes.len())));
    }
    let mut url = api.urls.upload(segments());
    let rfc822 = HeaderValue::from_static("message/rfc822");
    if meta.is_empty() && !is_draft {
        url.query_pairs_mut().append_pair("uploadType", "media");
        return Ok(Call::new(method, url).body(rfc822, bytes.to_vec()).timeout(patience(bytes.len())));
    }
    let meta = if is_draft { json!({ "message": meta }) } else { json!(meta) };
    Ok(multipart(method, url, &meta, bytes)?.timeout(patience(bytes.len())))
}

/// `uploadType=multipart`: metadata and media in one `multipart/related` body.
fn multipart(method: Method, mut url: Url, meta: &serde_json::Value, bytes: &[u8]) -> Result<Call, ProviderError> {
    url.query_pairs_mut().append_pair("uploadType", "multipart");
    let mut random = [0u8; 16];
    getrandom::fill(&mut random).map_err(|_| ProviderError::Refused("The system has no randomness.".to_owned()))?;
    let boundary = format!("upload_{}", raw::encode(&random));
    let mut body = Vec::with_capacity(bytes.len() + 1024);
    body.extend_from_slice(format!("--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{meta}\r\n").as_bytes());
    body.extend_from_slice(format!("--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n").as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let content_type = HeaderValue::from_str(&format!("multipart/related; boundary={boundary}"))
        .map_err(|_| ProviderError::Refused("This mail can't be uploaded.".to_owned()))?;
    Ok(Call::new(method, url).body(content_type, body))
}

/// The mail with its Message-ID in our own header, and a `Bcc` header for every recipient that its headers do not name.
fn for_gmail(mail: &OutgoingMail) -> Result<Vec<u8>, ProviderError> {
    if mail.recipients.is_empty() {
        return Err(ProviderError::Refused("This mail has no recipient.".to_owned()));
    }
    let parsed =
        MessageParser::default().parse_headers(&mail.raw).ok_or_else(|| ProviderError::Refused("This mail has no headers.".to_owned()))?;
    let named: HashSet<String> = [parsed.to(), parsed.cc(), parsed.bcc()].into_iter().flatten().flat_map(addresses).collect();
    let mut hidden: Vec<&str> = Vec::new();
    for recipient in &mail.recipients {
        if !named.contains(&recipient.to_lowercase()) && !hidden.contains(&recipient.as_str()) {
            hidden.push(plain(recipient)?);
        }
    }
    let mut out = Vec::with_capacity(mail.raw.len() + 256);
    out.extend_from_slice(format!("{PROOF_HEADER}: <{}>\r\n", searchable(&mail.message_id)?).as_bytes());
    if !hidden.is_empty() {
        // One per line: folded, so that no line is too long.
        out.extend_from_slice(format!("Bcc: {}\r\n", hidden.join(",\r\n ")).as_bytes());
    }
    out.extend_from_slice(&mail.raw);
    Ok(out)
}

fn addresses(list: &Address<'_>) -> Vec<String> {
    list.iter().filter_map(|a| a.address.as_deref()).map(str::to_lowercase).collect()
}

/// The composer's types make this impossible; here it is the last door before a header.
fn plain(address: &str) -> Result<&str, ProviderError> {
    let unsafe_char = |c: char| c.is_control() || c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')');
    if address.contains('@') && !address.chars().any(unsafe_char) {
        Ok(address)
    } else {
        Err(ProviderError::Refused("A recipient is not a plain e-mail address.".to_owned()))
    }
}

/// The message with this Message-ID in `mailbox` (None: Sent).
pub async fn find(api: &Api, mailbox: Option<&RemoteId>, message_id: &str) -> Result<Option<RemoteId>, ProviderError> {
    let id = searchable(message_id)?;
    let label = match mailbox.map(RemoteId::as_str) {
        None => Some(labels::SENT),
        Some(labels::ALL_MAIL) => None,
        Some(label) => Some(label),
    };
    let list = relist::list(api, Some(&format!("rfc822msgid:{id}")), label, None, 5).await?;
    match list.messages.into_iter().next() {
        Some(found) => Ok(Some(RemoteId(found.id))),
        None if label == Some(labels::SENT) => find_by_header(api, id).await,
        None => Ok(None),
    }
}

/// Looks through the newest sent mails for our own header.
async fn find_by_header(api: &Api, id: &str) -> Result<Option<RemoteId>, ProviderError> {
    let list = relist::list(api, None, Some(labels::SENT), None, MAX_PARTS).await?;
    let ids: Vec<String> = list.messages.into_iter().map(|m| m.id).collect();
    let wanted = format!("<{id}>");
    let states = fetch::states(api, &ids, &format!("format=metadata&metadataHeaders={PROOF_HEADER}")).await?;
    Ok(states.into_iter().filter_map(|(_, message)| message).find_map(|message| {
        let ours = |h: &Header| h.name.eq_ignore_ascii_case(PROOF_HEADER) && h.value.trim() == wanted;
        message.payload.as_ref()?.headers.iter().any(ours).then_some(RemoteId(message.id))
    }))
}

/// Without brackets; refused where it can't be part of a search expression or of a header.
fn searchable(message_id: &str) -> Result<&str, ProviderError> {
    let id = message_id.trim().trim_start_matches('<').trim_end_matches('>');
    if id.is_empty() || id.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '{' | '}' | '(' | ')' | '<' | '>')) {
        return Err(ProviderError::Refused("This Message-ID can't be searched for.".to_owned()));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mail(raw: &str, recipients: &[&str]) -> OutgoingMail {
        OutgoingMail {
            from: "me@x.test".into(),
            recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
            raw: raw.replace('\n', "\r\n").into_bytes(),
            message_id: "1@x.test".into(),
            thread: None,
        }
    }

    const RAW: &str = "From: me@x.test\nTo: \"B, Bo\" <Bo@X.test>,\n c@x.test\nCc: D <d@x.test>\nSubject: s\n\nbody\n";

    #[test]
    fn hidden_recipients_become_a_bcc_header_and_nobody_else_does() {
        let all = mail(RAW, &["bo@x.test", "c@x.test", "d@x.test", "e@x.test", "f@x.test", "e@x.test"]);
        let out = String::from_utf8(for_gmail(&all).unwrap()).unwrap();
        assert!(out.starts_with("X-Submission-Id: <1@x.test>\r\nBcc: e@x.test,\r\n f@x.test\r\nFrom: me@x.test\r\n"), "{out}");
        let none = mail(RAW, &["bo@x.test", "c@x.test"]);
        assert_eq!(for_gmail(&none).unwrap(), [&b"X-Submission-Id: <1@x.test>\r\n"[..], &none.raw].concat());
    }

    #[test]
    fn a_recipient_can_inject_nothing() {
        for bad in ["e@x.test\r\nX: y", "e@x.test, f@x.test", "E <e@x.test>", "nobody", "a b@x.test", "e@x.test\n"] {
            assert!(matches!(for_gmail(&mail(RAW, &[bad])), Err(ProviderError::Refused(_))), "{bad:?}");
        }
        assert!(for_gmail(&mail(RAW, &[])).is_err());
        for bad in ["1@x.test>\r\nX: y", "", "a b@x.test", "1@x.test\nX: y"] {
            let outgoing = OutgoingMail { message_id: bad.to_owned(), ..mail(RAW, &["bo@x.test"]) };
            assert!(for_gmail(&outgoing).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn refuses_what_google_would_refuse_after_the_upload() {
        assert!(check_size(MAX_BYTES).is_ok());
        assert!(matches!(check_size(MAX_BYTES + 1), Err(ProviderError::Refused(why)) if why.contains("35 MB")));
    }
}
