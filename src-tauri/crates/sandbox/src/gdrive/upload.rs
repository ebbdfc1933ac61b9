//! Resumable uploads (PROVIDERS 1.8): an address for one file, pieces in order, and a word on where it stands.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::time::Timestamp;
use serde::Deserialize;

use super::{fields, file::File, invalid, list, no_file, resume, value, world::GdriveWorld};
use crate::{
    Shared,
    control::locked,
    gmail::{Call, error::ApiError},
    oauth::Bearer,
};

/// All pieces but the last are multiples of this.
const STEP: usize = 256 * 1024;
/// Drive's own limit for a file.
const MAX: usize = 5_120 * 1024 * 1024 * 1024;

pub(crate) struct Upload {
    email: String,
    meta: Meta,
    id: String,
    /// What the session was begun for; None where that was left open.
    size: Option<usize>,
    bytes: Vec<u8>,
    pub expires: Timestamp,
    /// What it became: asked again, it says so again.
    made: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Meta {
    id: Option<String>,
    name: Option<String>,
    mime_type: Option<String>,
    parents: Vec<String>,
}

pub(super) fn handle(shared: &Shared, bearer: &Bearer, headers: &HeaderMap, call: &Call<'_>) -> Result<Response, ApiError> {
    call.only(&["upload_id"])?;
    if let Some(other) = call.param("uploadType").filter(|t| *t != "resumable") {
        return Err(invalid("uploadType", other));
    }
    let mut world = locked(&shared.gdrive);
    world.settle(call.now);
    match (call.method, call.param("upload_id")) {
        ("POST", None) => begin(&mut world, &bearer.email, headers, call),
        ("PUT", Some(id)) => piece(&mut world, &bearer.email, id, headers, call),
        _ => Err(ApiError::no_method()),
    }
}

fn begin(world: &mut GdriveWorld, email: &str, headers: &HeaderMap, call: &Call<'_>) -> Result<Response, ApiError> {
    let meta: Meta = call.json()?;
    // Whether the selection can be answered is looked at now: the last piece must not be what fails.
    fields::file(call, &serde_json::Value::Null)?;
    let size = match value(headers, "x-upload-content-length") {
        None => None,
        Some(text) => Some(text.parse::<usize>().ok().filter(|n| *n <= MAX).ok_or_else(|| invalid("X-Upload-Content-Length", text))?),
    };
    for parent in &meta.parents {
        list::parent(world, email, parent)?;
    }
    if meta.parents.len() > 1 {
        return Err(ApiError::new(403, "multipleParentsNotAllowed", "A file may only have one parent."));
    }
    world.room(email, size.unwrap_or_default())?;
    let id = world.usable(email, meta.id.as_deref())?;
    let upload_id = world.rng.token(48);
    let expires = call.now.plus_secs(world.switches.session_secs);
    let kept = call.param("fields").map(|f| format!("&fields={}", f.replace(',', "%2C"))).unwrap_or_default();
    world.uploads.insert(upload_id.clone(), Upload { email: email.to_owned(), meta, id, size, bytes: Vec::new(), expires, made: false });
    let host = value(headers, "host").unwrap_or_default();
    let place = format!("http://{host}/upload/drive/v3/files?uploadType=resumable&upload_id={upload_id}{kept}");
    let mut response = StatusCode::OK.into_response();
    response.headers_mut().extend(HeaderValue::from_str(&place).ok().map(|place| (header::LOCATION, place)));
    Ok(response)
}

fn bad_range(text: &str) -> ApiError {
    ApiError::new(400, "badContentRange", format!("Failed to parse Content-Range header: {text}"))
}

/// `bytes a-b/N`, or `bytes */N` for a question.
fn range(text: &str) -> Option<(Option<(usize, usize)>, usize)> {
    let (span, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let total = total.parse().ok()?;
    if span == "*" {
        return Some((None, total));
    }
    let (from, to) = span.split_once('-')?;
    Some((Some((from.parse().ok()?, to.parse().ok()?)), total))
}

fn piece(world: &mut GdriveWorld, email: &str, upload_id: &str, headers: &HeaderMap, call: &Call<'_>) -> Result<Response, ApiError> {
    let (keep, damage) = (world.switches.keep, world.switches.damage);
    let gone = || ApiError::new(404, "notFound", "Upload session not found.");
    let upload = world.uploads.get_mut(upload_id).filter(|u| u.email == email).ok_or_else(gone)?;
    let id = upload.id.clone();
    if !upload.made {
        let text = value(headers, "content-range").unwrap_or_default();
        let (span, total) = range(text).ok_or_else(|| bad_range(text))?;
        if upload.size.is_some_and(|size| size != total) {
            return Err(bad_range(text));
        }
        match span {
            None if !call.body.is_empty() => return Err(bad_range(text)),
            None => {}
            Some((from, to)) => {
                let fits = to >= from && to < total && to - from + 1 == call.body.len() && from == upload.bytes.len();
                if !fits {
                    return Err(bad_range(text));
                }
                if to + 1 < total && !call.body.len().is_multiple_of(STEP) {
                    let text = "The number of bytes uploaded is required to be equal or greater than 262144, except for the final request \
                                (it's recommended to be the exact multiple of 262144).";
                    return Err(ApiError::new(400, "badRequest", text));
                }
                let kept = call.body.len().min(keep.unwrap_or(usize::MAX));
                upload.bytes.extend(call.body.iter().take(kept));
            }
        }
        if upload.bytes.len() < total {
            return Ok(resume(upload.bytes.len()));
        }
        upload.made = true;
        let mut bytes = std::mem::take(&mut upload.bytes);
        if let Some(first) = bytes.first_mut().filter(|_| damage) {
            *first ^= 1;
        }
        let meta = upload.meta.clone();
        finish(world, email, (&id, &meta), bytes, call.now)?;
    }
    let file = world.seen(email, &id).map_err(|_| no_file(&id))?;
    Ok(Json(fields::file(call, &file.json())?).into_response())
}

fn finish(world: &mut GdriveWorld, email: &str, (id, meta): (&str, &Meta), bytes: Vec<u8>, now: Timestamp) -> Result<(), ApiError> {
    // Another upload may have taken the id, or the room, meanwhile.
    world.room(email, bytes.len())?;
    world.usable(email, Some(id))?;
    let file = File {
        id: id.to_owned(),
        name: meta.name.clone().unwrap_or_else(|| "Untitled".to_owned()),
        mime: meta.mime_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned()),
        bytes,
        modified: now,
        parent: meta.parents.first().cloned().unwrap_or_else(|| "root".to_owned()),
        trashed: false,
        given: true,
        revision: 1,
    };
    world.keep(email, file);
    Ok(())
}
