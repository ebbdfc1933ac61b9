//! What is known of a file, and its bytes.
//!
//! Graph answers with an address that is its own permission and may be at another host: no token of ours goes there, and for every attempt
//! another one is asked for.

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    files::{FileSink, RemoteFile},
};
use reqwest::header::LOCATION;
use url::Url;

use super::{
    super::{
        api::{Api, broken},
        endpoints::with_query,
        session::PATIENCE,
    },
    WHAT,
    model::{Item, SELECT},
};
use crate::{
    http::{Call, SMALL_CAP, host_of, read},
    transfer::{
        checksum::{Sum, Summed},
        fetch::{self, Body, Bytes},
    },
};

pub async fn about(api: &Api, id: &str) -> Result<Item, ProviderError> {
    let item: Item = api.get(WHAT, with_query(api.urls.me(["drive", "items", id]), &[("$select", SELECT)])).await?;
    if item.file.is_some() { Ok(item) } else { Err(ProviderError::NotFound(WHAT.to_owned())) }
}

struct Content<'a> {
    api: &'a Api,
    url: Url,
}

#[async_trait]
impl Bytes for Content<'_> {
    async fn open(&self, offset: u64) -> Result<Body, ProviderError> {
        let reply = self.api.any(Call::get(self.url.clone())).await?;
        if !reply.status.is_redirection() {
            return Err(self.api.refusal(WHAT, reply.status, &reply.headers, &reply.body));
        }
        let target = reply.headers.get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|link| Url::parse(link).ok());
        let target = target.ok_or_else(|| broken(&host_of(&self.url), "no address of the content"))?;
        let call = fetch::from(Call::get(target).timeout(PATIENCE), offset);
        let flight = self.api.shared().flight(1).await;
        let response = self.api.http().open(&call, None).await?;
        if response.status().is_success() {
            return Ok(Body { response, flight });
        }
        let reply = read(&call.host(), response, SMALL_CAP).await?;
        Err(self.api.refusal(WHAT, reply.status, &reply.headers, &reply.body))
    }
}

pub async fn get(api: &Api, id: &str, sink: &mut dyn FileSink) -> Result<RemoteFile, ProviderError> {
    let item = about(api, id).await?;
    let url = api.urls.me(["drive", "items", id, "content"]);
    let host = host_of(&url);
    let mut summed = Summed { sink, sum: Sum::quick_xor() };
    fetch::fetch(&Content { api, url }, (&item.name, &host), item.size, &mut summed, &api.waits()).await?;
    // It was changed while it came, or damaged on the way: either way this is not the file.
    if item.sum().is_some_and(|there| there != summed.sum.text()) {
        return Err(ProviderError::Conflict(item.name));
    }
    Ok(item.remote())
}
