//! A listing of events, read to its end.

use domain::error::ProviderError;
use url::Url;

use super::{
    api::CalendarApi,
    model::{Event, Page, Reminder},
};

/// Google's largest page.
const PAGE: &str = "2500";
/// No person has so many events in one calendar, and all of them are in memory at once.
const MOST_EVENTS: usize = 400_000;
/// Also of empty pages, which Google sends on the way.
const MOST_PAGES: usize = 2_000;
/// How often a listing is begun anew whose page tokens have run out.
const ROUNDS: usize = 3;
pub const WHAT: &str = "this calendar";

/// What an event does not say itself.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub zone: Option<String>,
    /// Reminders of events that have none of their own.
    pub reminders: Vec<Reminder>,
}

/// A listing from its first page to its last.
#[derive(Debug, Default)]
pub struct Listing {
    pub events: Vec<Event>,
    pub about: About,
    /// Where the next listing goes on.
    pub next: Option<String>,
}

/// Parameters that sync tokens are bound to (PROVIDERS 1.6): another set is another token.
pub const PARAMETERS: [(&str, &str); 3] = [("maxResults", PAGE), ("showDeleted", "true"), ("singleEvents", "false")];

/// Everything, or what changed since `token`.
pub async fn sync(api: &CalendarApi, calendar: &str, token: Option<&str>) -> Result<Listing, ProviderError> {
    let mut url = api.urls.events(calendar, []);
    url.query_pairs_mut().extend_pairs(PARAMETERS);
    if let Some(token) = token {
        url.query_pairs_mut().append_pair("syncToken", token);
    }
    whole(api, &url).await
}

/// All events with this UID: a master and its members.
pub async fn of_uid(api: &CalendarApi, calendar: &str, uid: &str) -> Result<Listing, ProviderError> {
    let mut url = api.urls.events(calendar, []);
    url.query_pairs_mut().extend_pairs(PARAMETERS).append_pair("iCalUID", uid);
    whole(api, &url).await
}

async fn whole(api: &CalendarApi, url: &Url) -> Result<Listing, ProviderError> {
    for _ in 1..ROUNDS {
        if let Some(listing) = round(api, url).await? {
            return Ok(listing);
        }
    }
    round(api, url).await?.ok_or(ProviderError::CursorExpired)
}

/// None: a page token was no longer valid.
async fn round(api: &CalendarApi, url: &Url) -> Result<Option<Listing>, ProviderError> {
    let endless = || ProviderError::Protocol {
        host: crate::http::host_of(url),
        protocol: "Google API",
        detail: "a listing of events without end".to_owned(),
    };
    let mut listing = Listing::default();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut url = url.clone();
        if let Some(token) = &token {
            url.query_pairs_mut().append_pair("pageToken", token);
        }
        let page: Page = match api.get(WHAT, url).await {
            // 400 and 410 of a page token; of the sync token itself it would have been the first page that said so.
            Err(ProviderError::Refused(_) | ProviderError::NotFound(_) | ProviderError::CursorExpired) if token.is_some() => {
                return Ok(None);
            }
            page => page?,
        };
        listing.events.extend(page.items);
        if listing.events.len() > MOST_EVENTS {
            return Err(ProviderError::Refused("This calendar has more events than can be read.".to_owned()));
        }
        match page.next_page_token {
            Some(next) if token.as_ref() == Some(&next) => return Err(endless()),
            Some(next) => token = Some(next),
            None => {
                listing.about = About { zone: page.time_zone, reminders: page.default_reminders };
                listing.next = page.next_sync_token;
                return Ok(Some(listing));
            }
        }
    }
    Err(endless())
}
