//! Uploads and downloads (RFC 8620 section 6).

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    Ctx, MAX_BODY,
    error::Problem,
    signed_in,
    world::{ACCOUNT, blob_id},
};
use crate::control::locked;

pub(super) async fn upload(State(shared): Ctx, Path(account): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(problem) = signed_in(&locked(&shared.jmap), &parts.headers) {
        return problem.into_response();
    }
    if account != ACCOUNT {
        return Problem::plain(404, "There is no such account.").into_response();
    }
    let Some(kind) = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned) else {
        return Problem::plain(400, "The type is missing.").into_response();
    };
    let bytes = axum::body::to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let mut world = locked(&shared.jmap);
    if world.switches.read_only {
        return Problem::plain(403, "This account can only be read.").into_response();
    }
    if bytes.len() > world.switches.max_size_upload {
        return Problem::limit("maxSizeUpload").with_status(413).into_response();
    }
    let id = blob_id(&bytes);
    world.uploads.insert(id.clone(), bytes.to_vec());
    (StatusCode::CREATED, Json(json!({"accountId": account, "blobId": id, "type": kind, "size": bytes.len()}))).into_response()
}

pub(super) async fn download(
    State(shared): Ctx,
    Path((account, blob, name)): Path<(String, String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let world = locked(&shared.jmap);
    if let Err(problem) = signed_in(&world, &headers) {
        return problem.into_response();
    }
    let Some(kind) = query.get("accept").filter(|_| query.len() == 1) else {
        return Problem::plain(400, "The type is missing.").into_response();
    };
    match world.blob(&blob).filter(|_| account == ACCOUNT && !name.is_empty()) {
        Some(bytes) => ([(header::CONTENT_TYPE, kind.clone())], Body::from(bytes.to_vec())).into_response(),
        None => Problem::plain(404, "There is no such blob.").into_response(),
    }
}
