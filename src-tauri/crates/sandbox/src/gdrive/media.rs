//! The bytes of a file.

use axum::{http::HeaderMap, response::Response};

use super::{file::OWN, value, world::GdriveWorld};
use crate::{
    gmail::{Call, error::ApiError},
    ranges::ranged,
};

pub(super) fn media(world: &GdriveWorld, email: &str, id: &str, headers: &HeaderMap, call: &Call<'_>) -> Result<Response, ApiError> {
    call.only(&["supportsAllDrives", "acknowledgeAbuse"])?;
    let file = world.seen(email, id)?;
    if file.mime.starts_with(OWN) {
        let text = "Only files with binary content can be downloaded. Use Export with Docs Editors files.";
        return Err(ApiError::new(403, "fileNotDownloadable", text));
    }
    Ok(ranged(&file.bytes, &file.mime, value(headers, "range"), world.switches.ranges))
}
