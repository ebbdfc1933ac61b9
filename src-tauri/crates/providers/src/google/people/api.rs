//! Calls to the People API: counted first, errors mapped, replies read with a cap.

use std::sync::Arc;

use domain::{error::ProviderError, people::PeopleList};
use reqwest::header::{ACCEPT, HeaderValue};

use super::{
    super::{api::parse, endpoints::PeopleUrls, error, quota::cost, shared::Shared},
    model::Page,
};
use crate::{
    http::{Call, bearer::Bearer},
    listings::Listings,
};

/// A thousand people with some addresses each.
const PAGE_CAP: usize = 16 * 1024 * 1024;
/// What is read of a person. `metadata` says who was deleted, and who is known by another name.
const FIELDS: &str = "names,emailAddresses,metadata";

pub struct PeopleApi {
    bearer: Bearer,
    urls: PeopleUrls,
    shared: Arc<Shared>,
}

/// In errors.
pub const fn words(list: PeopleList) -> &'static str {
    match list {
        PeopleList::Contacts => "the contacts",
        PeopleList::Others => "the other contacts",
    }
}

impl PeopleApi {
    pub fn new(bearer: Bearer, urls: PeopleUrls, shared: Arc<Shared>) -> Self {
        Self { bearer, urls, shared }
    }

    pub fn listings(&self) -> &Listings {
        &self.shared.listings
    }

    /// One page. What is asked for has to be the same on every page of a list, and with every token that it gave.
    pub async fn page(&self, list: PeopleList, size: usize, sync: Option<&str>, page: Option<&str>) -> Result<Page, ProviderError> {
        let (mut url, mask) = match list {
            PeopleList::Contacts => (self.urls.connections(), "personFields"),
            PeopleList::Others => (self.urls.other_contacts(), "readMask"),
        };
        {
            let mut query = url.query_pairs_mut();
            query.append_pair(mask, FIELDS).append_pair("pageSize", &size.to_string()).append_pair("requestSyncToken", "true");
            query.extend_pairs(sync.map(|token| ("syncToken", token)));
            query.extend_pairs(page.map(|token| ("pageToken", token)));
        }
        let meter = &self.shared.people;
        meter.take(cost::PEOPLE).await;
        let call = Call::get(url).header(ACCEPT, HeaderValue::from_static("application/json"));
        let reply = {
            let _flight = meter.flight().await;
            self.bearer.send(&call, PAGE_CAP).await?
        };
        if reply.status.is_success() {
            return parse(&call.url, &reply.body);
        }
        let error = error::from_reply(words(list), reply.status, &reply.headers, &reply.body, self.bearer.http().now());
        if matches!(error, ProviderError::RateLimited { .. }) {
            meter.exhausted().await;
        }
        Err(error)
    }
}
