//! A file is made under an id that was kept before: it is there once, or not yet.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    files::{FileContent, FilePut, RemoteFile},
    ids::RemoteId,
};
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_RANGE, HeaderName, HeaderValue, LOCATION, RANGE},
};
use serde_json::json;
use url::Url;

use super::{
    WHAT,
    api::DriveApi,
    get::about,
    model::{FIELDS, File, Ids},
};
use crate::{
    google::api::{json_call, parse},
    http::{Call, Reply, host_of, patience::ATTEMPTS},
    transfer::{
        checksum::{self, Sum},
        send::{self, Stand, UploadSession},
    },
};

/// A multiple of 256 KiB, which all pieces but the last have to be.
const STEP: usize = 16 * 256 * 1024;
/// For one piece, over a slow line.
pub const PATIENCE: Duration = Duration::from_mins(15);
const GOOGLE: &str = "Google";

pub async fn reserve(api: &DriveApi) -> Result<RemoteId, ProviderError> {
    let mut url = api.urls.files(["generateIds"]);
    url.query_pairs_mut().append_pair("count", "1").append_pair("space", "drive").append_pair("type", "files");
    let host = host_of(&url);
    let ids: Ids = api.get("An id for the file", url).await?;
    ids.ids.into_iter().next().filter(|id| !id.is_empty()).map(RemoteId).ok_or_else(|| broken(&host, "no id where one was asked for"))
}

pub async fn put(api: &DriveApi, put: &FilePut, content: &mut dyn FileContent) -> Result<RemoteFile, ProviderError> {
    let id = &put.reserved;
    let sum = checksum::of(content, put.size, Sum::sha256()).await?;
    if put.tried
        && let Some(file) = there(api, id).await?
    {
        return same(file, put, &sum);
    }
    for _ in 0..ATTEMPTS {
        let made = match begin(api, put, id).await? {
            Some(session) => send::send(&session, content, put.size, STEP, &api.waits()).await?,
            // An attempt before this one got through.
            None => None,
        };
        let made = match made {
            Some(file) => Some(file),
            // The session is over: what it was for is there, or another one is begun.
            None => there(api, id).await?,
        };
        if let Some(file) = made {
            return same(file, put, &sum);
        }
    }
    Err(ProviderError::Server { provider: GOOGLE.to_owned(), detail: "the upload was lost again and again".to_owned() })
}

async fn there(api: &DriveApi, id: &RemoteId) -> Result<Option<File>, ProviderError> {
    match about(api, id.as_str()).await {
        Ok(file) => Ok(Some(file)),
        Err(ProviderError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What Google has is what was sent, or nobody is told that it was saved.
fn same(file: File, put: &FilePut, sum: &str) -> Result<RemoteFile, ProviderError> {
    if file.size() == Some(put.size) && file.sha256_checksum.as_ref().is_none_or(|there| there.eq_ignore_ascii_case(sum)) {
        return Ok(file.remote());
    }
    Err(ProviderError::Refused(format!("What Google has of {} is not what was sent: look at it there.", put.name)))
}

struct Session<'a> {
    api: &'a DriveApi,
    target: Url,
    size: u64,
}

/// None: there is a file of this id already.
async fn begin<'a>(api: &'a DriveApi, put: &FilePut, id: &RemoteId) -> Result<Option<Session<'a>>, ProviderError> {
    let mut url = api.urls.upload();
    url.query_pairs_mut().append_pair("uploadType", "resumable").append_pair("fields", FIELDS);
    let mut call = json_call(Method::POST, url, &json!({"id": id.as_str(), "name": put.name, "mimeType": put.mime}))?
        .header(HeaderName::from_static("x-upload-content-length"), HeaderValue::from(put.size));
    if let Ok(mime) = HeaderValue::from_str(&put.mime) {
        call = call.header(HeaderName::from_static("x-upload-content-type"), mime);
    }
    let reply = api.any(&call).await?;
    if reply.status == StatusCode::CONFLICT {
        return Ok(None);
    }
    if !reply.status.is_success() {
        return Err(api.refusal(WHAT, &reply).await);
    }
    let target = reply.headers.get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|link| api.urls.session(link));
    let target = target.ok_or_else(|| broken(&call.host(), "no address to upload to, or one at another place"))?;
    Ok(Some(Session { api, target, size: put.size }))
}

impl Session<'_> {
    async fn ask(&self, range: String, bytes: Vec<u8>) -> Result<Stand<File>, ProviderError> {
        let range = HeaderValue::from_str(&range).map_err(|_| broken(&host_of(&self.target), "a range that is none"))?;
        let mut call = Call::new(Method::PUT, self.target.clone()).header(CONTENT_RANGE, range).timeout(PATIENCE);
        call.body = bytes.into();
        let reply = self.api.any(&call).await?;
        match reply.status.as_u16() {
            200 | 201 => Ok(Stand::Done(parse(&self.target, &reply.body)?)),
            308 => self.next(&reply).map(Stand::At),
            404 | 410 => Ok(Stand::Over),
            _ => Err(self.api.refusal(WHAT, &reply).await),
        }
    }

    /// `Range: bytes=0-N` names what is there; without it there is nothing yet.
    fn next(&self, reply: &Reply) -> Result<u64, ProviderError> {
        let Some(range) = reply.headers.get(RANGE) else { return Ok(0) };
        let last = range.to_str().ok().and_then(|text| text.strip_prefix("bytes=0-")?.parse::<u64>().ok());
        last.map(|last| last.saturating_add(1)).ok_or_else(|| broken(&host_of(&self.target), "a range that is none"))
    }
}

#[async_trait]
impl UploadSession for Session<'_> {
    type Made = File;

    async fn piece(&self, at: u64, bytes: Vec<u8>) -> Result<Stand<File>, ProviderError> {
        let size = self.size;
        let range = match bytes.len() as u64 {
            0 => format!("bytes */{size}"),
            len => format!("bytes {at}-{}/{size}", at + len - 1),
        };
        self.ask(range, bytes).await
    }

    async fn stand(&self) -> Result<Stand<File>, ProviderError> {
        self.ask(format!("bytes */{}", self.size), Vec::new()).await
    }
}

fn broken(host: &str, detail: &str) -> ProviderError {
    ProviderError::Protocol { host: host.to_owned(), protocol: "Google API", detail: detail.to_owned() }
}
