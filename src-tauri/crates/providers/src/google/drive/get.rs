//! What is known of a file, and its bytes.

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    files::{FileSink, RemoteFile},
};
use url::Url;

use super::{
    WHAT,
    api::DriveApi,
    model::{FIELDS, File},
};
use crate::{
    http::{Call, host_of},
    transfer::{
        checksum::{Sum, Summed},
        fetch::{self, Body, Bytes},
    },
};

pub async fn about(api: &DriveApi, id: &str) -> Result<File, ProviderError> {
    let mut url = api.urls.files([id]);
    url.query_pairs_mut().append_pair("fields", FIELDS);
    api.get(WHAT, url).await
}

struct Media<'a> {
    api: &'a DriveApi,
    url: Url,
}

#[async_trait]
impl Bytes for Media<'_> {
    async fn open(&self, offset: u64) -> Result<Body, ProviderError> {
        self.api.open(WHAT, &fetch::from(Call::get(self.url.clone()).timeout(super::put::PATIENCE), offset)).await
    }
}

pub async fn get(api: &DriveApi, id: &str, sink: &mut dyn FileSink) -> Result<RemoteFile, ProviderError> {
    let file = about(api, id).await?;
    let size = file.size().ok_or_else(|| {
        ProviderError::Unsupported(format!("{} is a document of Google's own kind and has no file: open it in the browser.", file.name))
    })?;
    let mut url = api.urls.files([id]);
    url.query_pairs_mut().append_pair("alt", "media");
    let host = host_of(&url);
    let mut summed = Summed { sink, sum: Sum::sha256() };
    fetch::fetch(&Media { api, url }, (&file.name, &host), size, &mut summed, &api.waits()).await?;
    // It was changed while it came, or damaged on the way: either way this is not the file.
    if file.sha256_checksum.as_ref().is_some_and(|there| !there.eq_ignore_ascii_case(&summed.sum.text())) {
        return Err(ProviderError::Conflict(file.name));
    }
    Ok(file.remote())
}
