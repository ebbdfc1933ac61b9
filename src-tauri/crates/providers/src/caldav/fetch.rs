//! The text of resources: fifty at a time (RFC 4791 section 7.9), else one by one where a server can't do that or one member makes its
//! reply unreadable.

use std::collections::{HashMap, HashSet};

use domain::{calendar::RemoteItem, error::ProviderError, ids::RemoteId};
use reqwest::{Method, StatusCode};
use url::Url;

use super::{
    changes::Collection,
    place::{id_of, join, url_of},
    text::{etag, etag_of, is_calendar},
    wire::{Depth, ITEM_CAP, PAGE_CAP, Wire},
    xml::{MAX_RESPONSES, Ns, conditions, escaped, multistatus},
};
use crate::http::host_of;

/// Resources of one request (PROVIDERS 5.2).
pub const PAGE: usize = 50;

/// What a page of several came to.
pub enum Many {
    Items(Vec<RemoteItem>),
    /// This reply can't be used.
    Unreadable,
    /// The server does not do this.
    Without,
}

impl Collection<'_> {
    /// At most [`PAGE`] resources in one request.
    pub async fn many(&self, ids: &[RemoteId]) -> Result<Many, ProviderError> {
        let mut inside = "<D:prop><D:getetag/><C:calendar-data/></D:prop>".to_owned();
        let mut asked: HashMap<RemoteId, &RemoteId> = HashMap::with_capacity(ids.len());
        for id in ids {
            let Some(url) = url_of(self.base, id.as_str()) else { continue };
            // Whole addresses only where they are needed: some servers compare these as text.
            let href = if url.origin() == self.url.origin() { url.path().to_owned() } else { url.to_string() };
            inside.push_str(&format!("<D:href>{}</D:href>", escaped(&href)));
            asked.insert(id_of(self.base, &url), id);
        }
        if asked.is_empty() {
            return Ok(Many::Items(Vec::new()));
        }
        let call = self.wire.report(self.url.clone(), Depth::One, "C:calendar-multiget", &inside);
        let (url, reply) = match self.wire.send(call, PAGE_CAP).await {
            // Fifty of the largest: one by one each has its own measure.
            Err(ProviderError::Protocol { protocol: "HTTP", .. }) => return Ok(Many::Unreadable),
            answer => answer?,
        };
        match reply.status.as_u16() {
            207 => {}
            400 | 405 | 415 | 422 | 501 => return Ok(Many::Without),
            403 | 409 if conditions(&reply.body).iter().any(|(ns, name)| *ns == Ns::Dav && name == "supported-report") => {
                return Ok(Many::Without);
            }
            _ => return Err(self.wire.refused("This calendar", &url, &reply)),
        }
        let Ok(found) = multistatus(&reply.body, MAX_RESPONSES) else { return Ok(Many::Unreadable) };
        let mut seen = HashSet::new();
        let mut out = Vec::with_capacity(ids.len());
        for response in &found.responses {
            let Some(id) = join(&url, &response.href).map(|at| id_of(self.base, &at)) else { continue };
            let Some(id) = asked.get(&id).filter(|id| seen.insert((**id).clone())) else { continue };
            if matches!(response.status, Some(404 | 410)) {
                continue;
            }
            match response.prop(Ns::CalDav, "calendar-data").map(|data| data.text.as_str()).filter(|text| is_calendar(text)) {
                Some(text) => out.push(RemoteItem {
                    id: (*id).clone(),
                    etag: response.text(Ns::Dav, "getetag").map(etag).unwrap_or_default(),
                    ics: Some(text.to_owned()),
                }),
                None => unreadable(&url, response.status),
            }
        }
        Ok(Many::Items(out))
    }

    /// One resource, by its own address. None: it is gone, or nothing that can be read.
    pub async fn one(&self, id: &RemoteId) -> Result<Option<RemoteItem>, ProviderError> {
        let Some(url) = url_of(self.base, id.as_str()) else { return Ok(None) };
        let found = get(self.wire, url).await?;
        Ok(found.map(|(etag, text)| RemoteItem { id: id.clone(), etag, ics: Some(text) }))
    }
}

/// Entity tag and text of a resource; None where it is gone or nothing that can be read.
pub async fn get(wire: &Wire, url: Url) -> Result<Option<(String, String)>, ProviderError> {
    let (url, reply) = wire.send(Wire::item(Method::GET, url), ITEM_CAP).await?;
    match reply.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        _ => return Err(wire.refused(wire.what(), &url, &reply)),
    }
    let text = String::from_utf8(reply.body.to_vec()).ok().filter(|text| is_calendar(text));
    if text.is_none() {
        unreadable(&url, Some(reply.status.as_u16()));
    }
    Ok(text.map(|text| (etag_of(&reply.headers), text)))
}

/// One bad member must not keep the others away. Neither its name nor its text belongs into a log.
fn unreadable(url: &Url, status: Option<u16>) {
    tracing::warn!(host = host_of(url), ?status, "an event without readable text is left out");
}
