//! Google Drive API v3 as far as saving and fetching files uses it (PROVIDERS 1.8), seen through the scope `drive.file`: files that another
//! program made are not there.
//!
//! Unknown parameters, fields and operators are refused, as everywhere here. Of a file, an answer says what `fields` asks for; without it,
//! the little that Drive says by itself.

use std::sync::Arc;

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};

use crate::{
    Shared,
    control::locked,
    gmail::{Call, authenticate, error::ApiError, respond},
    oauth::{Bearer, http::bearer_of},
    text,
};

mod fields;
mod file;
mod handles;
mod list;
mod media;
pub(crate) mod sbx;
#[cfg(test)]
mod tests;
mod upload;
pub(crate) mod world;

pub use handles::GdriveFile;
pub use world::GdriveSwitches;

/// Larger than any piece that a test sends.
const MAX_BODY: usize = 64 * 1024 * 1024;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/drive/v3/{*rest}", any(handle)).route("/upload/drive/v3/files", any(handle)).with_state(shared)
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return respond(Err(ApiError::new(413, "uploadTooLarge", "Request entity is too large.")));
    };
    let call = Call {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: text::pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        content_type: value(&parts.headers, "content-type"),
        body: &body,
        now: shared.clock.now(),
    };
    let outcome = authenticate(&shared, bearer_of(&parts.headers), call.now).and_then(|bearer| {
        may(&bearer)?;
        if call.path == "/upload/drive/v3/files" {
            return upload::handle(&shared, &bearer, &parts.headers, &call);
        }
        let segments = text::segments(call.path, "/drive/v3/").ok_or_else(ApiError::no_method)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut world = locked(&shared.gdrive);
        match (call.method, segments.as_slice()) {
            ("GET", ["files"]) => list::list(&world, &bearer.email, &call),
            ("GET", ["files", "generateIds"]) => list::ids(&mut world, &bearer.email, &call),
            ("GET", ["files", id]) if call.param("alt") == Some("media") => media::media(&world, &bearer.email, id, &parts.headers, &call),
            ("GET", ["files", id]) => list::get(&world, &bearer.email, id, &call),
            _ => Err(ApiError::no_method()),
        }
    });
    match outcome {
        Ok(response) => response,
        Err(error) => respond(Err(error)),
    }
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

fn may(bearer: &Bearer) -> Result<(), ApiError> {
    if bearer.scopes.contains("https://www.googleapis.com/auth/drive.file") { Ok(()) } else { Err(ApiError::scope()) }
}

/// 404 also for what is somebody else's, or another program's.
fn no_file(id: &str) -> ApiError {
    ApiError::new(404, "notFound", format!("File not found: {id}."))
}

fn invalid(parameter: &str, text: &str) -> ApiError {
    ApiError::new(400, "invalid", format!("Invalid Value '{text}' of {parameter}"))
}

/// 308, which for uploads means "go on" and never another place.
fn resume(held: usize) -> Response {
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    if held > 0
        && let Ok(range) = format!("bytes=0-{}", held - 1).parse()
    {
        response.headers_mut().insert(header::RANGE, range);
    }
    response
}
