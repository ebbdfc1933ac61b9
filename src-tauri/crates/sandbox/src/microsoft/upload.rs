//! Upload sessions for attachments from 3 to 150 MB (PROVIDERS 2.5, Sending; 2.8).
//!
//! The address that a session gives is its own permission: a request to it that carries a bearer token is refused. Pieces come in order; all
//! but the last are multiples of 320 KiB and below 4 MB.

use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    attachments::{self, SMALL},
    call::{Answer, Call},
    error::GraphError,
    mime::File,
    world::MsWorld,
};

/// Path of the sessions on Graph's port here; the real ones are at another host.
pub(super) const PATH: &str = "/api/v2.0/AttachmentSessions";
const MAX: usize = 150 * 1024 * 1024;
const STEP: usize = 320 * 1024;
const MAX_PIECE: usize = 4 * 1024 * 1024;
const LIFE_SECS: i64 = 3600;

pub(super) struct Upload {
    email: String,
    message: String,
    file: File,
    size: usize,
    expires: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    #[serde(rename = "AttachmentItem", alias = "attachmentItem")]
    item: AttachmentItem,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AttachmentItem {
    attachment_type: String,
    name: String,
    size: usize,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    is_inline: bool,
    #[serde(default)]
    content_id: Option<String>,
}

pub(super) fn create(world: &mut MsWorld, email: &str, message: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let asked: Asked = call.json()?;
    let item = asked.item;
    if item.attachment_type != "file" {
        return Err(GraphError::property("This stand-in takes attachmentType file only."));
    }
    if item.size < SMALL {
        // (unverified) as to its code.
        let text = "The attachment is smaller than 3 MB: post it with its content.";
        return Err(GraphError::new(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", text));
    }
    if item.size > MAX {
        return Err(GraphError::new(413, "ErrorAttachmentSizeLimitExceeded", "The attachment is larger than 150 MB."));
    }
    let mailbox = world.mailbox(email)?;
    if !mailbox.item(message)?.draft {
        return Err(GraphError::new(400, "ErrorInvalidOperation", "Files can be attached to drafts only."));
    }
    let token = world.rng.token(40);
    let expires = call.now.plus_secs(LIFE_SECS);
    let content_type = item.content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    let file = File { name: item.name, content_type, bytes: Vec::new(), inline: item.is_inline, content_id: item.content_id };
    world.uploads.insert(token.clone(), Upload { email: email.to_owned(), message: message.to_owned(), file, size: item.size, expires });
    let url = format!("{}{PATH}?authtoken={token}", call.base);
    let stamp = super::resource::stamp(expires);
    Ok(Answer::Json(201, json!({"uploadUrl": url, "expirationDateTime": stamp, "nextExpectedRanges": ["0-"]})))
}

fn status(upload: &Upload) -> Value {
    let at = upload.file.bytes.len();
    json!({"expirationDateTime": super::resource::stamp(upload.expires), "nextExpectedRanges": [at.to_string()]})
}

/// A request to an address that a session gave.
pub(super) fn handle(world: &mut MsWorld, call: &Call<'_>) -> Result<Answer, GraphError> {
    if call.header("authorization").is_some() {
        return Err(GraphError::new(401, "InvalidAudience", "The upload address is pre-authenticated: send no Authorization header."));
    }
    let token = call.query.iter().find(|(n, _)| n == "authtoken").map(|(_, v)| v.clone()).unwrap_or_default();
    world.uploads.retain(|_, upload| call.now < upload.expires);
    let gone = || GraphError::new(404, "ErrorItemNotFound", "The upload session was not found.");
    let upload = world.uploads.get_mut(&token).ok_or_else(gone)?;
    match call.method {
        // (unverified) for Outlook; OneDrive's sessions answer so.
        "GET" => Ok(Answer::ok(status(upload))),
        "DELETE" => {
            world.uploads.remove(&token);
            Ok(Answer::Empty(204))
        }
        "PUT" => {
            check(upload.file.bytes.len(), upload.size, call, MAX_PIECE)?;
            upload.file.bytes.extend_from_slice(call.body);
            if upload.file.bytes.len() < upload.size {
                return Ok(Answer::ok(status(upload)));
            }
            let Some(done) = world.uploads.remove(&token) else { return Err(gone()) };
            attachments::put(world.mailbox(&done.email)?, &done.message, &done.file, call)?;
            Ok(Answer::Empty(201))
        }
        _ => Err(GraphError::new(405, "BadRequest", "The HTTP method is not allowed here.")),
    }
}

/// Whether this is the piece that comes next, in a form that is taken; `largest` is the first size that is too large.
pub(super) fn check(held: usize, size: usize, call: &Call<'_>, largest: usize) -> Result<(), GraphError> {
    let bad = |text: &str| GraphError::new(400, "ErrorInvalidContentRange", text);
    let range = call.header("content-range").and_then(|r| r.strip_prefix("bytes ")).ok_or_else(|| bad("Content-Range is missing."))?;
    let parsed = range.split_once('/').and_then(|(span, total)| {
        let (from, to) = span.split_once('-')?;
        Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?, total.parse::<usize>().ok()?))
    });
    let (from, to, total) = parsed.ok_or_else(|| bad("Content-Range is malformed."))?;
    if total != size || to < from || to >= total || to - from + 1 != call.body.len() {
        return Err(bad("Content-Range does not fit the content or the session."));
    }
    if call.body.len() >= largest {
        return Err(GraphError::new(413, "RequestEntityTooLarge", "The piece is too large."));
    }
    if to + 1 < total && !call.body.len().is_multiple_of(STEP) {
        return Err(bad("All pieces but the last must be multiples of 320 KiB."));
    }
    if from != held {
        return Err(GraphError::new(416, "ErrorInvalidContentRange", "This is not the range that is expected next."));
    }
    Ok(())
}
