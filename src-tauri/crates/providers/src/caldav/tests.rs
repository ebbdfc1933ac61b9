//! The client against a server that says what each test tells it to.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use async_trait::async_trait;
use axum::response::Response as Answer;
use domain::{
    SecretString,
    calendar::{CalendarSource, RemoteItem},
    connection::DavServer,
    error::ProviderError,
    ids::RemoteId,
    integration::Service,
    source::Credentials,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
};

use super::{place::Start, source::DavSource, wire::Wire};
use crate::scripted::{Asked, Scripted, answer, fixed, http_at};
use crate::service::Lookup;

mod changes;
mod discover;
mod fetch;
mod free_busy;
mod write;

pub const PASSWORD: &str = "correct horse";

pub struct Keys(pub String);

#[async_trait]
impl Credentials for Keys {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        Ok(self.0.clone().into())
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        Err(ProviderError::Unsupported("no token here".to_owned()))
    }
    async fn refreshed(&self, _stale: &SecretString) -> Result<SecretString, ProviderError> {
        Err(ProviderError::Unsupported("no token here".to_owned()))
    }
}

pub fn source_with(url: &str, lookup: Lookup) -> DavSource {
    let server = DavServer { url: url.to_owned(), username: "jo".to_owned(), excluded: Vec::new() };
    let start = Start::of(&server).unwrap();
    DavSource::with_lookup(Wire::new(start, "jo", Arc::new(Keys(PASSWORD.to_owned())), http_at(fixed(1000))).unwrap(), lookup)
}

pub fn source(url: &str) -> DavSource {
    source_with(url, Arc::new(|_| Box::pin(async { None })))
}

/// A multistatus around these responses. The prefixes of the properties are those of the standard's examples.
pub fn multistatus(inside: &str) -> Answer {
    answer(
        207,
        "application/xml; charset=utf-8",
        format!(
            r#"<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/">{inside}</D:multistatus>"#
        ),
    )
}

/// One response with these properties.
pub fn props(href: &str, inside: &str) -> String {
    format!(
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{inside}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
}

pub fn status(href: &str, status: &str) -> String {
    format!("<D:response><D:href>{href}</D:href><D:status>HTTP/1.1 {status}</D:status></D:response>")
}

pub fn error(status: u16, condition: &str) -> Answer {
    answer(
        status,
        "application/xml",
        format!(r#"<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><{condition}/></D:error>"#),
    )
}

pub fn with(mut response: Answer, name: &'static str, value: &str) -> Answer {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

pub const HOME: &str = "<C:calendar-home-set><D:href>/dav/jo/</D:href></C:calendar-home-set>";
pub const CALENDAR: &str = "/dav/jo/home/";

/// A server that has been discovered, and its calendars.
pub async fn ready() -> (Scripted, DavSource) {
    let server = Scripted::start().await;
    let source = source(&format!("{}/dav/principal/", server.base));
    server.next(|_| multistatus(&props("/dav/principal/", HOME))).next(|_| multistatus(""));
    assert!(source.calendars().await.unwrap().is_empty());
    (server, source)
}

/// What was asked after [`ready`].
pub fn since(server: &Scripted) -> Vec<Asked> {
    assert_eq!(server.unused(), 0, "an answer was not asked for");
    server.asked().split_off(2)
}

pub async fn round(source: &DavSource, cursor: Option<&SyncCursor>) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
    let scope = SyncScope {
        id: domain::ids::ScopeId(1),
        connection: "c1".into(),
        service: Service::Calendar,
        container: Some(RemoteId::from(CALENDAR)),
    };
    source.changes(&scope, cursor, Budget { items: 100, since: None }).await
}

pub fn event(uid: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\n\
         DTSTART:20261124T090000Z\r\nSUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}
