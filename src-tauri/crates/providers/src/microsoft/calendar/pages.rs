//! Lists of Graph's, read to their end.

use domain::error::ProviderError;
use reqwest::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use url::Url;

use super::super::{
    api::{Api, broken, parse},
    endpoints::with_query,
    model::Page,
};
use crate::http::{Call, host_of};

/// Graph's largest page of events.
const PAGE: &str = "1000";
/// No person has so many events in one calendar, and all of them are in memory at once.
const MOST: usize = 400_000;
/// Also of empty pages, which Graph sends on the way.
const MOST_PAGES: usize = 5_000;
/// A page of a thousand events with a text each.
const PAGE_CAP: usize = 64 * 1024 * 1024;
pub const WHAT: &str = "this calendar";

/// What all pages held, and where to ask what changed since.
pub struct Listing<T> {
    pub values: Vec<T>,
    pub delta: Option<String>,
}

/// From `url` to the last page. Times are said in UTC.
pub async fn whole<T: DeserializeOwned>(api: &Api, what: &str, url: Url) -> Result<Listing<T>, ProviderError> {
    let endless = |url: &Url| broken(&host_of(url), "a list without end");
    let prefer = HeaderValue::from_static("outlook.timezone=\"UTC\", odata.maxpagesize=500");
    let (mut values, mut next) = (Vec::new(), url);
    for _ in 0..MOST_PAGES {
        let call = Call::get(next.clone()).header(HeaderName::from_static("prefer"), prefer.clone());
        let reply = api.reply_within(what, call, PAGE_CAP, 1).await?;
        let page: Page<T> = parse(&next, &reply.body)?;
        values.extend(page.value);
        if values.len() > MOST {
            return Err(ProviderError::Refused("This calendar has more events than can be read.".to_owned()));
        }
        match page.next {
            // A link that repeats would go round for ever.
            Some(link) if link == next.as_str() => return Err(endless(&next)),
            // Addresses of another server are refused.
            Some(link) => next = api.urls.link(&link)?,
            None => {
                let delta = page.delta.map(|link| api.urls.link(&link).map(|_| link)).transpose()?;
                return Ok(Listing { values, delta });
            }
        }
    }
    Err(endless(&next))
}

/// Every event of a calendar that is no member of a series.
pub async fn events<T: DeserializeOwned>(api: &Api, calendar: &str, select: &str) -> Result<Vec<T>, ProviderError> {
    let url = with_query(api.urls.me(["calendars", calendar, "events"]), &[("$select", select), ("$top", PAGE)]);
    Ok(whole(api, WHAT, url).await?.values)
}
