#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::net::{IpAddr, Ipv4Addr};

use async_trait::async_trait;
use axum::response::Response as Answer;
use domain::{
    SecretString,
    calendar::{CalendarWrite, RemoteItem},
    error::ProviderError,
    ids::{RemoteId, ScopeId},
    integration::Service,
    sync::{Budget, Change, ChangeBatch, SyncCursor, SyncScope},
    time::Timestamp,
};

use super::*;
use crate::{
    scripted::{Asked, Scripted, answer, fixed},
    tls::TlsContext,
};

/// The address is the password.
pub(super) struct Address(pub String);

#[async_trait]
impl Credentials for Address {
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

const SECRET: &str = "private-3f9a";

/// Lets exactly one loopback address through, so that 127.0.0.2 can play the private network.
fn feeds(allowed: fn(IpAddr) -> bool) -> Arc<Feeds> {
    Arc::new(Feeds::with_policy(&TlsContext::new(None).unwrap().client_config(&[]).unwrap(), fixed(1000), allowed).unwrap())
}

fn subscribe(address: &str, name: &str, private: bool) -> Arc<dyn CalendarSource> {
    let settings = FeedSettings { host: "cal.example".into(), name: name.into(), private_allowed: private };
    source(&settings, Arc::new(Address(address.to_owned())), feeds(|ip| ip == IpAddr::V4(Ipv4Addr::LOCALHOST)))
}

async fn round(source: &dyn CalendarSource, cursor: Option<&SyncCursor>) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
    let scope = SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::Calendar, container: Some("feed".into()) };
    source.changes(&scope, cursor, Budget { items: 100, since: None }).await
}

fn event(uid: &str, title: &str, stamp: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:{stamp}\r\nDTSTART:20261124T090000Z\r\nDTEND:20261124T100000Z\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"
    )
}

fn file(head: &str, events: &[String]) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\n{head}{}END:VCALENDAR\r\n", events.concat())
}

fn sends(text: &str) -> impl Fn(&Asked) -> Answer + Send + 'static {
    let text = text.to_owned();
    move |_| answer(200, "text/calendar; charset=utf-8", text.clone())
}

fn with(mut response: Answer, name: &'static str, value: &str) -> Answer {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

fn moved(to: &str) -> impl Fn(&Asked) -> Answer + Send + 'static {
    let to = to.to_owned();
    move |_| with(answer(302, "text/plain", ""), "location", &to)
}

fn ids(batch: &ChangeBatch<RemoteItem>) -> Vec<String> {
    batch.changes.iter().map(|change| if let Change::Upsert(item) = change { item.id.0.clone() } else { panic!("{change:?}") }).collect()
}

#[tokio::test]
async fn everything_comes_once_and_then_only_what_the_server_calls_new() {
    let server = Scripted::start().await;
    let source = subscribe(&format!("{}/{SECRET}.ics", server.base), "", false);
    let text = file("", &[event("a", "Lunch", "20261101T000000Z"), event("b", "Dinner", "20261101T000000Z")]);
    let sent = text.clone();
    server.next(move |_| {
        let reply = with(answer(200, "text/calendar", sent.clone()), "etag", "W/\"7\"");
        with(reply, "last-modified", "Sun, 01 Nov 2026 00:00:00 GMT")
    });
    server.next(|_| answer(304, "text/calendar", ""));
    let first = round(&*source, None).await.unwrap();
    assert_eq!(ids(&first), ["a", "b"]);
    assert_eq!(first.present, Some(vec!["a".into(), "b".into()]));
    assert!(!first.more && !first.reset);
    let Change::Upsert(lunch) = &first.changes[0] else { panic!() };
    assert!(lunch.ics.as_ref().unwrap().contains("SUMMARY:Lunch") && lunch.etag.len() == 64, "{lunch:?}");
    let second = round(&*source, Some(&first.next)).await.unwrap();
    assert!(second.changes.is_empty() && second.present.is_none() && second.next == first.next);
    let asked = server.asked();
    assert!(asked[0].header("if-none-match").is_none() && asked[0].header("cookie").is_none() && asked[0].header("referer").is_none());
    assert_eq!(
        (asked[1].header("if-none-match"), asked[1].header("if-modified-since")),
        (Some("W/\"7\""), Some("Sun, 01 Nov 2026 00:00:00 GMT"))
    );
    assert_eq!(asked[1].method, "GET");
    assert!(!format!("{:?}", first.next).contains(SECRET));
}

#[tokio::test]
async fn new_stamps_on_old_events_are_no_change_and_a_new_title_is() {
    let server = Scripted::start().await;
    let source = subscribe(&server.base, "", false);
    server.next(sends(&file("", &[event("a", "Lunch", "20261101T000000Z"), event("b", "Dinner", "20261101T000000Z")])));
    server.next(sends(&file("", &[event("b", "Dinner", "20261102T000000Z"), event("a", "Lunch", "20261102T000000Z")])));
    server.next(sends(&file("", &[event("a", "Brunch", "20261103T000000Z")])));
    let first = round(&*source, None).await.unwrap();
    let second = round(&*source, Some(&first.next)).await.unwrap();
    assert!(second.changes.is_empty() && second.present.is_none(), "in another order, with other stamps");
    let third = round(&*source, Some(&second.next)).await.unwrap();
    assert_eq!((ids(&third), third.present), (vec!["a".to_owned()], Some(vec!["a".into()])));
    let odd = SyncCursor::Opaque { value: "x".into() };
    assert_eq!(round(&*source, Some(&odd)).await.unwrap_err().code(), "cursor_expired");
}

#[tokio::test]
async fn the_pace_is_the_files_within_reason() {
    let server = Scripted::start().await;
    let source = subscribe(&server.base, "", false);
    assert_eq!(source.pace_ms(), Some(3_600_000));
    for (head, minutes) in [
        ("REFRESH-INTERVAL;VALUE=DURATION:P1D\r\n", 24 * 60),
        ("X-PUBLISHED-TTL:PT30M\r\n", 30),
        ("REFRESH-INTERVAL;VALUE=DURATION:PT1M\r\n", 15),
        ("REFRESH-INTERVAL;VALUE=DURATION:P5000W\r\n", 7 * 24 * 60),
        ("", 60),
    ] {
        server.next(sends(&file(head, &[event("a", head.get(..3).unwrap_or("x"), "20261101T000000Z")])));
        round(&*source, None).await.unwrap();
        assert_eq!(source.pace_ms(), Some(minutes * 60_000), "{head}");
    }
    // It is remembered by the cursor where nothing is read.
    let daily = file("REFRESH-INTERVAL;VALUE=DURATION:P1D\r\n", &[event("a", "x", "20261101T000000Z")]);
    server.next(move |_| with(answer(200, "text/calendar", daily.clone()), "etag", "\"1\"")).next(|_| answer(304, "text/calendar", ""));
    let cursor = round(&*source, None).await.unwrap().next;
    let later = subscribe(&server.base, "", false);
    round(&*later, Some(&cursor)).await.unwrap();
    assert_eq!(later.pace_ms(), Some(24 * 60 * 60_000));
}

#[tokio::test]
async fn it_is_one_calendar_with_a_name_and_can_only_be_read() {
    let server = Scripted::start().await;
    let named = file("X-WR-CALNAME:Holidays\r\n", &[event("a", "x", "20261101T000000Z")]);
    for (given, text, want) in [("", named.as_str(), "Holidays"), (" Mine ", &named, "Mine"), ("", &file("", &[]), "cal.example")] {
        let source = subscribe(&server.base, given, false);
        server.next(sends(text));
        let calendars = source.calendars().await.unwrap();
        assert_eq!(calendars.len(), 1);
        assert_eq!((calendars[0].id.as_str(), calendars[0].name.as_str()), ("feed", want));
        assert!(!calendars[0].writable && calendars[0].events);
        assert_eq!(source.calendars().await.unwrap(), calendars, "read once");
    }
    assert_eq!((server.unused(), server.asked().len()), (0, 3));
    let source = subscribe(&server.base, "", false);
    let write = CalendarWrite::Delete { calendar: "feed".into(), id: "a".into(), etag: String::new() };
    assert!(matches!(source.write(&write).await.unwrap_err(), ProviderError::Unsupported(why) if why.contains("only be read")));
    server.next(sends(&named));
    let found = source.fetch(&"feed".into(), &["a".into(), "none".into()]).await.unwrap();
    assert_eq!(found.iter().map(|item| &item.id).collect::<Vec<_>>(), [&RemoteId::from("a")]);
}

#[tokio::test]
async fn what_is_no_calendar_is_told_in_words_and_a_cut_one_sweeps_nothing() {
    let server = Scripted::start().await;
    let whole = file("", &[event("a", "x", "20261101T000000Z")]);
    let cut = whole.replace("END:VCALENDAR\r\n", "");
    for (kind, body, code, words) in [
        ("text/html; charset=utf-8", "<html><body>Sign in</body></html>", "refused", "web page"),
        ("text/plain", "  <!DOCTYPE html><p>", "refused", "web page"),
        ("application/json", "{}", "refused", "not a calendar"),
        ("text/calendar", "", "refused", "not a calendar"),
        ("text/calendar", cut.as_str(), "protocol", "ends in the middle"),
    ] {
        let body = body.to_owned();
        server.next(move |_| answer(200, kind, body.clone()));
        let error = round(&*subscribe(&server.base, "", false), None).await.unwrap_err();
        assert!(error.code() == code && error.to_string().contains(words), "{kind}: {error}");
    }
    // A calendar is one whatever it is called.
    let marked = format!("\u{feff}{whole}");
    server.next(move |_| answer(200, "text/html", marked.clone()));
    assert_eq!(ids(&round(&*subscribe(&server.base, "", false), None).await.unwrap()), ["a"]);
    let quoted = event("a", "x\r\n END:VCALENDAR", "20261101T000000Z");
    server.next(sends(&file("", &[quoted]).replace("\r\nEND:VCALENDAR\r\n", "\r\n")));
    assert_eq!(round(&*subscribe(&server.base, "", false), None).await.unwrap_err().code(), "protocol", "inside a text it ends nothing");
}

#[tokio::test]
async fn the_server_may_refuse_in_several_ways() {
    let server = Scripted::start().await;
    for (status, code) in
        [(401, "auth"), (403, "auth"), (404, "not_found"), (410, "not_found"), (500, "server"), (400, "refused"), (304, "refused")]
    {
        server.next(move |_| answer(status, "text/plain", ""));
        let error = round(&*subscribe(&format!("{}/{SECRET}.ics", server.base), "", false), None).await.unwrap_err();
        assert_eq!(error.code(), code, "{status}: {error}");
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
    }
    for status in [429, 503] {
        server.next(move |_| with(answer(status, "text/plain", ""), "retry-after", "90"));
        let error = round(&*subscribe(&server.base, "", false), None).await.unwrap_err();
        assert_eq!(error.retry_at(), Some(Timestamp::from_secs(1090)));
    }
}

#[tokio::test]
async fn more_than_ten_megabytes_are_not_read() {
    let server = Scripted::start().await;
    let padding = format!("X-PAD:{}\r\n", "a".repeat(70)).repeat((10 << 20) / 78 + 1);
    server.next(sends(&file(&padding, &[])));
    let error = round(&*subscribe(&server.base, "", false), None).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("10 MB")), "{error}");
}

#[tokio::test]
async fn redirects_are_followed_five_times_and_no_more() {
    let server = Scripted::start().await;
    for _ in 0..5 {
        server.next(moved("/next"));
    }
    server.next(sends(&file("", &[event("a", "x", "20261101T000000Z")])));
    assert_eq!(ids(&round(&*subscribe(&server.base, "", false), None).await.unwrap()), ["a"]);
    for _ in 0..6 {
        server.next(moved("/next"));
    }
    let error = round(&*subscribe(&server.base, "", false), None).await.unwrap_err();
    assert!(error.to_string().contains("too often"), "{error}");
    assert_eq!(server.unused(), 0);
}

#[tokio::test]
async fn nothing_inside_is_reached_unless_the_person_allows_it() {
    let (server, inside) = (Scripted::start().await, Scripted::on("127.0.0.2").await);
    let text = file("", &[event("a", "x", "20261101T000000Z")]);
    server.next(moved(&format!("{}/x.ics", inside.base)));
    for address in [server.base.as_str(), inside.base.as_str()] {
        let error = round(&*subscribe(address, "", false), None).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains("allow private")), "{error}");
    }
    assert!(inside.asked().is_empty());
    // By name: the resolver says so.
    let port = inside.base.rsplit_once(':').unwrap().1;
    let named = source(
        &FeedSettings { host: "localhost".into(), name: String::new(), private_allowed: false },
        Arc::new(Address(format!("http://localhost:{port}/"))),
        feeds(crate::image::is_public),
    );
    let error = round(&*named, None).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("allow private")), "{error}");
    inside.next(sends(&text));
    assert_eq!(ids(&round(&*subscribe(&inside.base, "", true), None).await.unwrap()), ["a"]);
}

#[tokio::test]
async fn addresses_that_can_not_work_are_told_without_being_repeated() {
    for (address, words) in [
        ("http://cal.example/private-3f9a.ics", "https"),
        ("ftp://cal.example/private-3f9a.ics", "webcal"),
        ("private-3f9a", "webcal"),
        ("webcal:private 3f9a", "webcal"),
        ("https://jo:private-3f9a@cal.example/x.ics", "user name or password"),
        ("https://10.0.0.1/private-3f9a.ics", "allow private"),
        ("webcal://127.0.0.3/private-3f9a.ics", "allow private"),
        ("WEBCALS://[::1]/private-3f9a.ics", "allow private"),
    ] {
        let error = round(&*subscribe(address, "", false), None).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains(words)), "{address}: {error}");
        assert!(!format!("{error} {error:?}").contains("3f9a"), "{error:?}");
    }
}

/// Written from the same rules by other hands.
#[tokio::test]
async fn the_sandboxs_feed_is_read_and_its_tricks_are_not_fallen_for() {
    use sandbox::{FeedMode, Sandbox, SandboxOptions};
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let source = subscribe(&sandbox.feed_url(), "", false);
    let first = round(&*source, None).await.unwrap();
    assert!(!first.changes.is_empty() && first.present.as_ref().unwrap().len() == first.changes.len());
    let same = round(&*source, Some(&first.next)).await.unwrap();
    assert!(same.changes.is_empty() && same.present.is_none() && same.next == first.next);
    sandbox.set_feed(&file("", &[event("only@x.test", "x", "20261101T000000Z")]));
    assert_eq!(round(&*source, Some(&same.next)).await.unwrap().present, Some(vec!["only@x.test".into()]));
    sandbox.set_feed_mode(FeedMode::Redirect { status: 308 });
    assert_eq!(ids(&round(&*source, None).await.unwrap()), ["only@x.test"]);
    for (mode, code, words) in [
        (FeedMode::Html, "refused", "web page"),
        (FeedMode::TooLarge, "refused", "10 MB"),
        (FeedMode::RedirectLoop, "refused", "too often"),
        (FeedMode::NotFound, "not_found", "no longer exists"),
    ] {
        sandbox.set_feed_mode(mode);
        let error = round(&*source, None).await.unwrap_err();
        assert!(error.code() == code && error.to_string().contains(words), "{mode:?}: {error}");
    }
}
