//! From a draft to what the builder takes.

use domain::{connection::Account, mail::Address, time::Timestamp};
use store::Draft;
use uuid::Uuid;

use super::addressees;
use crate::{
    EngineError,
    mime::{
        address::Addressee,
        build::{HeaderText, Outgoing, OutgoingPart},
    },
    sanitize,
    views::{DraftContent, DraftView},
};

/// A file with its bytes.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub name: String,
    pub mime: String,
    /// Shown inside the HTML.
    pub content_id: Option<String>,
    pub bytes: Vec<u8>,
}

/// Whether HTML refers to this content id.
pub(super) fn shows(html: &str, cid: &str) -> bool {
    let escaped = cid.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    html.contains(&format!("\"cid:{escaped}\"")) || html.contains(&format!("\"cid:{cid}\""))
}

pub(super) fn to_store(content: DraftContent) -> store::DraftContent {
    store::DraftContent {
        to: content.to,
        cc: content.cc,
        bcc: content.bcc,
        subject: content.subject,
        html: content.html.unwrap_or_default(),
        text: content.text,
        quoted: content.quoted,
        in_reply_to: content.in_reply_to,
        forward_of: content.forward_of,
        references: Vec::new(),
    }
}

pub(super) fn view(draft: Draft) -> DraftView {
    DraftView {
        id: draft.id,
        content: DraftContent {
            account: Some(draft.account),
            to: draft.content.to,
            cc: draft.content.cc,
            bcc: draft.content.bcc,
            subject: draft.content.subject,
            text: draft.content.text,
            html: Some(draft.content.html),
            quoted: draft.content.quoted,
            in_reply_to: draft.content.in_reply_to,
            forward_of: draft.content.forward_of,
        },
        attachments: draft.attachments.into_iter().map(Into::into).collect(),
        version: draft.version,
        updated_at: draft.updated_at,
    }
}

pub(super) fn outgoing(
    account: &Account,
    content: &store::DraftContent,
    files: Vec<File>,
    now: Timestamp,
) -> Result<Outgoing, EngineError> {
    let from = Addressee::from_address(&Address { name: account.display_name.clone(), email: account.email.clone() }).map_err(|e| {
        EngineError::new("bad_address", format!("The address of this account can't be used as sender: {}", e.message), e.hint)
    })?;
    let subject = HeaderText::new(&content.subject)
        .map_err(|e| EngineError::new("bad_subject", format!("The subject can't be sent: {e}."), "Type the subject again on one line."))?;
    // What the composer made is cleaned as well: pasted HTML is somebody else's HTML.
    let rich = format!("{}{}", content.html, content.quoted);
    let html = (!rich.trim().is_empty()).then(|| sanitize::for_sending(&rich));
    let text = (!content.text.trim().is_empty()).then(|| content.text.clone());
    let (inline, attachments): (Vec<_>, Vec<_>) = files
        .into_iter()
        // A picture of a quotation that was removed has nobody who shows it.
        .filter(|f| f.content_id.as_deref().is_none_or(|cid| shows(&rich, cid)))
        .map(|f| OutgoingPart { name: f.name, mime: f.mime, content_id: f.content_id, bytes: f.bytes })
        .partition(|p| p.content_id.is_some());
    Ok(Outgoing {
        from,
        reply_to: Vec::new(),
        to: addressees(&content.to, "To")?,
        cc: addressees(&content.cc, "Cc")?,
        bcc: addressees(&content.bcc, "Bcc")?,
        subject,
        // A mail of text alone is sent as text alone; with HTML the text is made from it.
        text: if html.is_some() && content.html.trim().is_empty() { None } else { text },
        html,
        inline,
        attachments,
        calendar: None,
        in_reply_to: content.in_reply_to.and_then(|_| content.references.last().cloned()),
        references: content.references.clone(),
        date: now,
        id: Uuid::new_v4(),
    })
}

/// Media type by extension, for files given by path. What is not known is sent as bytes.
pub(crate) fn mime_of(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "txt" | "log" | "md" => "text/plain",
        "csv" => "text/csv",
        "htm" | "html" => "text/html",
        "ics" => "text/calendar",
        "pdf" => "application/pdf",
        "json" => "application/json",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "eml" => "message/rfc822",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        _ => "application/octet-stream",
    }
}
