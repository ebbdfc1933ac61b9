//! Upload sessions: a large attachment in pieces, gone on with where it broke off.
//!
//! The address that a session gives is its own permission and may be at another host, so no token of ours ever goes there.

use std::time::Duration;

use domain::error::ProviderError;
use reqwest::{
    Method,
    header::{CONTENT_RANGE, HeaderValue},
};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{
    MICROSOFT,
    api::{Api, broken, json_call, parse},
    cut::File,
    endpoints::with_query,
    model::Page,
    wait,
};
use crate::http::{Call, Reply, SMALL_CAP, host_of};

/// A multiple of 320 KiB and below 4 MB.
const PIECE: usize = 10 * 320 * 1024;
/// Largest attachment.
const MAX: usize = 150 * 1024 * 1024;
/// For one piece, over a slow line.
pub const PATIENCE: Duration = Duration::from_mins(15);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    upload_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    #[serde(default)]
    next_expected_ranges: Vec<String>,
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(default)]
    name: String,
    #[serde(default)]
    size: u64,
}

/// What the session says of itself.
enum Stand {
    /// The byte that it wants next.
    At(usize),
    /// It is no more: complete, or lost.
    Over,
}

pub async fn upload(api: &Api, draft: &str, file: &File) -> Result<(), ProviderError> {
    if file.bytes.len() > MAX {
        return Err(ProviderError::Refused(format!("{} has more than 150 MB, which is the most that Microsoft takes.", file.name)));
    }
    let item = json!({
        "attachmentType": "file",
        "name": file.name,
        "size": file.bytes.len(),
        "contentType": file.content_type,
        "isInline": file.inline,
        "contentId": file.content_id,
    });
    let url = api.urls.me(["messages", draft, "attachments", "createUploadSession"]);
    let session: Session = api.json("this attachment", json_call(Method::POST, url.clone(), &json!({ "AttachmentItem": item }))?).await?;
    let target = Url::parse(&session.upload_url).map_err(|_| broken(&host_of(&url), "an upload address that is no address"))?;
    let (mut at, mut tries) = (0, 0);
    loop {
        let end = (at + PIECE).min(file.bytes.len());
        let error = match piece(api, &target, file, at, end).await {
            Ok(reply) if reply.status.as_u16() == 201 => return Ok(()),
            Ok(reply) if reply.status.is_success() => {
                (at, tries) = (next(&target, &reply.body, end)?, 0);
                continue;
            }
            // Another range than it wants, a session that is over, or a broken-off piece: it says where it stands.
            Ok(reply) if [404, 409, 416].contains(&reply.status.as_u16()) => {
                api.refusal("this attachment", reply.status, &reply.headers, &reply.body)
            }
            Ok(reply) => {
                let error = api.refusal("this attachment", reply.status, &reply.headers, &reply.body);
                if !wait::passing(&error) {
                    return Err(error);
                }
                error
            }
            Err(error) if wait::passing(&error) => error,
            Err(error) => return Err(error),
        };
        tries += 1;
        let lost = || ProviderError::Server { provider: MICROSOFT.to_owned(), detail: "the upload of an attachment was lost".to_owned() };
        let error = if wait::passing(&error) { error } else { lost() };
        wait::before_again(api.shared(), tries, error, api.now()).await?;
        match stand(api, &target, at).await? {
            Stand::At(next) => at = next.min(file.bytes.len()),
            // The answer to the last piece may be what was lost.
            Stand::Over if there(api, draft, file).await? => return Ok(()),
            Stand::Over => return Err(lost()),
        }
    }
}

async fn piece(api: &Api, target: &Url, file: &File, at: usize, end: usize) -> Result<Reply, ProviderError> {
    let bytes = file.bytes.get(at..end).filter(|b| !b.is_empty()).ok_or_else(|| broken(&host_of(target), "a range that is not there"))?;
    let range = format!("bytes {at}-{}/{}", end - 1, file.bytes.len());
    let range = HeaderValue::from_str(&range).map_err(|_| broken(&host_of(target), "a range that is not there"))?;
    let call = Call::new(Method::PUT, target.clone())
        .header(CONTENT_RANGE, range)
        .body(HeaderValue::from_static("application/octet-stream"), bytes.to_vec())
        .timeout(PATIENCE);
    let _flight = api.shared().flight(1).await;
    api.http().send(&call, None, SMALL_CAP).await
}

/// The start of the first range that is expected; `end` where nothing is said.
fn next(target: &Url, body: &[u8], end: usize) -> Result<usize, ProviderError> {
    let progress: Progress = parse(target, body)?;
    let Some(first) = progress.next_expected_ranges.first() else { return Ok(end) };
    let start = first.split('-').next().unwrap_or_default();
    start.parse().map_err(|_| broken(&host_of(target), "an expected range that is no range"))
}

/// Asks the session where to go on. Where it can't be asked, it goes on where it was.
async fn stand(api: &Api, target: &Url, at: usize) -> Result<Stand, ProviderError> {
    let _flight = api.shared().flight(1).await;
    match api.http().send(&Call::get(target.clone()), None, SMALL_CAP).await {
        Ok(reply) if reply.status.is_success() => next(target, &reply.body, at).map(Stand::At),
        Ok(reply) if [404, 410].contains(&reply.status.as_u16()) => Ok(Stand::Over),
        _ => Ok(Stand::At(at)),
    }
}

/// Whether the draft holds the file.
async fn there(api: &Api, draft: &str, file: &File) -> Result<bool, ProviderError> {
    let url = with_query(api.urls.me(["messages", draft, "attachments"]), &[("$select", "id,name,size")]);
    let page: Page<Attachment> = api.get("this attachment", url).await?;
    // Exchange counts some bytes of its own.
    Ok(page.value.iter().any(|a| a.name == file.name && a.size >= file.bytes.len() as u64))
}
