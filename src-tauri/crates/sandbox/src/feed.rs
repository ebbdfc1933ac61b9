//! A calendar feed: one file that anybody may fetch and nobody may change, as holiday calendars are offered.
//!
//! It answers conditional requests (RFC 9110 section 13) and, on demand, does what such addresses do in the wild: a page of HTML
//! instead, a flood, a move, nothing at all.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, NaiveDateTime};
use domain::time::Timestamp;
use futures_util::stream;
use serde::{Deserialize, Serialize};

use crate::{Sandbox, Shared, control::locked, text};

/// Path of the feed on the CalDAV server's port.
pub const FEED_PATH: &str = "/feed/holidays.ics";
const MOVED_PATH: &str = "/feed/moved/holidays.ics";

/// Sent by [`FeedMode::TooLarge`], bytes: above any limit for such a file (PROVIDERS 5.5: 10 MB).
const FLOOD: usize = 12 * 1024 * 1024;

/// What the address answers with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FeedMode {
    #[default]
    Calendar,
    /// 200 and a sign-in page, as behind a captive portal.
    Html,
    /// 12 MB of a lawful calendar, without a Content-Length: who reads must count.
    TooLarge,
    /// To where the calendar is.
    Redirect {
        status: u16,
    },
    /// To itself.
    RedirectLoop,
    NotFound,
}

pub(crate) struct Feed {
    pub mode: FeedMode,
    ics: String,
    etag: String,
    modified: Timestamp,
}

impl Feed {
    pub fn new(ics: String, now: Timestamp) -> Self {
        let mut feed = Self { mode: FeedMode::default(), ics: String::new(), etag: String::new(), modified: now };
        feed.set(ics, now);
        feed
    }

    pub fn set(&mut self, ics: String, now: Timestamp) {
        let digest: String = text::s256(&ics).chars().take(16).collect();
        self.etag = format!("\"{digest}\"");
        self.ics = ics;
        self.modified = now;
    }
}

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route(FEED_PATH, get(feed)).route(MOVED_PATH, get(moved)).with_state(shared)
}

async fn feed(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let feed = locked(&shared.feed);
    match feed.mode {
        FeedMode::Calendar => calendar(&feed, &headers),
        FeedMode::Html => Html("<!doctype html><title>Sign in</title><h1>Welcome to Harbour Wi-Fi</h1>").into_response(),
        FeedMode::TooLarge => flood(&feed.ics),
        FeedMode::Redirect { status } => redirect(status, MOVED_PATH),
        FeedMode::RedirectLoop => redirect(302, FEED_PATH),
        FeedMode::NotFound => (StatusCode::NOT_FOUND, "there is no such calendar\n").into_response(),
    }
}

async fn moved(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    calendar(&locked(&shared.feed), &headers)
}

fn redirect(status: u16, to: &'static str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
    (status, [(header::LOCATION, HeaderValue::from_static(to))]).into_response()
}

fn calendar(feed: &Feed, headers: &HeaderMap) -> Response {
    let said = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    // RFC 9110 section 13.2.2: the date only counts where no tag is said.
    let fresh = match (said(header::IF_NONE_MATCH), said(header::IF_MODIFIED_SINCE).and_then(parse_http_date)) {
        (Some(list), _) => list.trim() == "*" || etag_listed(list, &feed.etag),
        (None, Some(since)) => feed.modified.secs() <= since.secs(),
        (None, None) => false,
    };
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], feed.ics.clone()).into_response()
    };
    for (name, value) in [(header::ETAG, feed.etag.clone()), (header::LAST_MODIFIED, http_date(feed.modified))] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The real calendar, with comments put in before its end until it is too much.
fn flood(ics: &str) -> Response {
    let head = ics.strip_suffix("END:VCALENDAR\r\n").unwrap_or(ics).to_owned();
    let line = format!("X-COMMENT:{}\r\n", "more of the same ".repeat(3));
    let piece = Bytes::from(line.repeat(65_536 / line.len()));
    let pieces = std::iter::once(Bytes::from(head))
        .chain(std::iter::repeat_n(piece.clone(), FLOOD / piece.len() + 1))
        .chain(std::iter::once(Bytes::from_static(b"END:VCALENDAR\r\n")));
    let body = Body::from_stream(stream::iter(pieces.map(Ok::<_, std::convert::Infallible>)));
    ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], body).into_response()
}

/// `Sun, 22 Nov 2026 22:10:07 GMT` (RFC 9110 section 5.6.7).
pub(crate) fn http_date(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn parse_http_date(text: &str) -> Option<Timestamp> {
    let at = NaiveDateTime::parse_from_str(text.trim(), "%a, %d %b %Y %H:%M:%S GMT").ok()?;
    Some(Timestamp::from_secs(at.and_utc().timestamp()))
}

/// If-None-Match compares weakly (RFC 9110 section 13.1.2).
pub(crate) fn etag_listed(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

impl Sandbox {
    /// Address of the holidays feed.
    pub fn feed_url(&self) -> String {
        format!("{}{FEED_PATH}", self.caldav_base())
    }

    pub fn set_feed_mode(&self, mode: FeedMode) {
        locked(&self.shared.feed).mode = mode;
    }

    /// Another content, modified now.
    pub fn set_feed(&self, ics: &str) {
        let now = self.now();
        locked(&self.shared.feed).set(ics.to_owned(), now);
    }

    pub fn feed(&self) -> String {
        locked(&self.shared.feed).ics.clone()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        SandboxOptions,
        caldav::ical,
        test_client::{Reply, send},
    };

    async fn fetch(sandbox: &Sandbox, headers: &[(&str, &str)]) -> Reply {
        send(&sandbox.caldav_base(), "GET", FEED_PATH, headers, b"").await
    }

    #[tokio::test]
    async fn conditional_requests() {
        let sandbox = Sandbox::start(SandboxOptions::demo()).await.unwrap();
        let first = fetch(&sandbox, &[]).await;
        assert_eq!((first.status, first.header("content-type").as_deref()), (200, Some("text/calendar; charset=utf-8")));
        assert!(ical::parse(&first.body).unwrap().entries().count() > 20);
        let (etag, modified) = (first.header("etag").unwrap(), first.header("last-modified").unwrap());
        let weak = format!("W/{etag}, \"other\"");
        for headers in [[("If-None-Match", etag.as_str())], [("If-None-Match", &weak)], [("If-Modified-Since", &modified)]] {
            let again = fetch(&sandbox, &headers).await;
            assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(etag.clone())), "{headers:?}");
        }
        // The tag wins over the date.
        assert_eq!(fetch(&sandbox, &[("If-None-Match", "\"old\""), ("If-Modified-Since", &modified)]).await.status, 200);
        sandbox.clock().advance(5000);
        sandbox.set_feed(&sandbox.feed().replace("SUMMARY:New Year's Day", "SUMMARY:First of January"));
        assert_eq!(fetch(&sandbox, &[("If-None-Match", &etag)]).await.status, 200);
        assert_eq!(fetch(&sandbox, &[("If-Modified-Since", &modified)]).await.status, 200);
        assert!(fetch(&sandbox, &[]).await.text().contains("First of January"));
    }

    #[tokio::test]
    async fn what_addresses_do_in_the_wild() {
        let sandbox = Sandbox::start(SandboxOptions::demo()).await.unwrap();
        sandbox.set_feed_mode(FeedMode::Html);
        let html = fetch(&sandbox, &[]).await;
        assert_eq!((html.status, html.header("content-type").as_deref()), (200, Some("text/html; charset=utf-8")));
        sandbox.set_feed_mode(FeedMode::TooLarge);
        let flood = fetch(&sandbox, &[]).await;
        assert!(flood.header("content-length").is_none() && flood.body.len() > 11_000_000);
        assert!(ical::parse(&flood.body).is_ok());
        sandbox.set_feed_mode(FeedMode::Redirect { status: 301 });
        let moved = fetch(&sandbox, &[]).await;
        assert_eq!((moved.status, moved.header("location").as_deref()), (301, Some(MOVED_PATH)));
        assert_eq!(send(&sandbox.caldav_base(), "GET", MOVED_PATH, &[], b"").await.text(), sandbox.feed());
        sandbox.set_feed_mode(FeedMode::RedirectLoop);
        assert_eq!(fetch(&sandbox, &[]).await.header("location").as_deref(), Some(FEED_PATH));
        let json = [("Content-Type", "application/json")];
        send(&sandbox.caldav_base(), "POST", "/_sbx/feed", &json, br#"{"mode":{"kind":"not_found"}}"#).await;
        assert_eq!(fetch(&sandbox, &[]).await.status, 404);
        assert_eq!(sandbox.control().count("GET", FEED_PATH), 5);
    }
}
