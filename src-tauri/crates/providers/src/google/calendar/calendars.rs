//! Which calendars there are.

use domain::{
    calendar::{CallKind, RemoteCalendar},
    error::ProviderError,
};

use super::{
    api::CalendarApi,
    call,
    model::{CalendarPage, Conferences, Listed, Page},
};

const WHAT: &str = "the list of calendars";
/// Google's largest page.
const PAGE: &str = "250";
/// More pages are no list of a person: a token that leads in circles.
const MOST_PAGES: usize = 40;

pub async fn list(api: &CalendarApi) -> Result<Vec<RemoteCalendar>, ProviderError> {
    let mut out = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut url = api.urls.list([]);
        url.query_pairs_mut().append_pair("maxResults", PAGE);
        if let Some(token) = &token {
            url.query_pairs_mut().append_pair("pageToken", token);
        }
        let page: CalendarPage = api.get(WHAT, url).await?;
        out.extend(page.items.into_iter().filter(|c| !c.deleted && !c.hidden && !c.id.is_empty()).map(shown));
        match page.next_page_token {
            Some(next) => token = Some(next),
            None => return Ok(out),
        }
    }
    Err(ProviderError::Protocol { host: "Google".to_owned(), protocol: "Google API", detail: "a list of calendars without end".to_owned() })
}

/// Its zone is what times without one are in.
pub async fn zone(api: &CalendarApi, calendar: &str) -> Result<Option<String>, ProviderError> {
    let mut url = api.urls.events(calendar, []);
    url.query_pairs_mut().append_pair("maxResults", "1");
    let page: Page = api.get("this calendar", url).await?;
    Ok(page.time_zone)
}

/// The main calendar alone, for a grant that does not show the list. Its id is the account's address, as it is in the list.
pub async fn primary(api: &CalendarApi) -> Result<RemoteCalendar, ProviderError> {
    let mut url = api.urls.events(api.owner(), []);
    url.query_pairs_mut().append_pair("maxResults", "1");
    let page: Page = api.get("the main calendar", url).await?;
    Ok(RemoteCalendar {
        id: api.owner().to_owned(),
        name: page.summary.unwrap_or_else(|| api.owner().to_owned()),
        colour: None,
        zone: page.time_zone,
        writable: writes(&page.access_role),
        events: true,
        tasks: false,
        schedules: true,
        // Only the list tells, and that is not shown to this grant.
        calls: None,
    })
}

fn writes(role: &str) -> bool {
    matches!(role, "writer" | "owner")
}

fn call(can: Option<&Conferences>) -> Option<CallKind> {
    can?.allowed_conference_solution_types.iter().any(|kind| kind == call::MEET).then_some(CallKind::GoogleMeet)
}

fn shown(listed: Listed) -> RemoteCalendar {
    let named = listed.summary_override.filter(|name| !name.trim().is_empty());
    RemoteCalendar {
        name: named.unwrap_or(listed.summary),
        colour: listed.background_color.filter(|colour| colour.len() == 7 && colour.starts_with('#')),
        zone: listed.time_zone,
        writable: writes(&listed.access_role),
        // Of others only when they are busy is told: those are no events.
        events: listed.access_role != "freeBusyReader",
        tasks: false,
        schedules: true,
        calls: call(listed.conference_properties.as_ref()),
        id: listed.id,
    }
}
