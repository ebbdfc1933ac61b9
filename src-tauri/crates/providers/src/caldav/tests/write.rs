#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use domain::calendar::{CalendarWrite, ItemWritten};

use super::*;

const NAME: &str = "0123456789abcdefghijklmnop";

fn create(ics: &str) -> CalendarWrite {
    CalendarWrite::Create { calendar: CALENDAR.into(), name: NAME.into(), ics: ics.to_owned() }
}

fn id() -> RemoteId {
    RemoteId(format!("{CALENDAR}{NAME}.ics"))
}

fn update(etag: &str, before: &str, ics: &str) -> CalendarWrite {
    CalendarWrite::Update { calendar: CALENDAR.into(), id: id(), etag: etag.into(), before: before.to_owned(), ics: ics.to_owned() }
}

fn delete(etag: &str) -> CalendarWrite {
    CalendarWrite::Delete { calendar: CALENDAR.into(), id: id(), etag: etag.into() }
}

fn written(etag: &str, ics: Option<&str>) -> ItemWritten {
    ItemWritten { id: id(), etag: etag.into(), ics: ics.map(str::to_owned) }
}

/// An answer with this status and entity tag.
fn tagged(status: u16, etag: &'static str) -> impl Fn(&Asked) -> Answer + Send + 'static {
    move |_| with(answer(status, "text/plain", ""), "etag", etag)
}

fn plain(status: u16) -> impl Fn(&Asked) -> Answer + Send + 'static {
    move |_| answer(status, "text/plain", "")
}

fn kept(etag: &'static str, text: &str) -> impl Fn(&Asked) -> Answer + Send + 'static {
    let text = text.to_owned();
    move |_| with(answer(200, "text/calendar", text.clone()), "etag", etag)
}

/// Methods with their condition.
fn asked(server: &Scripted) -> Vec<String> {
    since(server)
        .iter()
        .map(|a| match (a.header("if-match"), a.header("if-none-match")) {
            (Some(tag), None) => format!("{} ={tag}", a.method),
            (None, Some(tag)) => format!("{} !{tag}", a.method),
            (None, None) => a.method.clone(),
            both => panic!("{both:?}"),
        })
        .collect()
}

#[tokio::test]
async fn an_event_is_made_once_under_its_name() {
    let (server, source) = ready().await;
    let ics = event("1", "Lunch");
    server.next(tagged(201, "\"e1\""));
    assert_eq!(source.write(&create(&ics)).await.unwrap(), written("\"e1\"", None));
    let put = &since(&server)[0];
    assert_eq!((put.target.as_str(), put.text()), (id().as_str(), ics.clone()));
    assert_eq!((put.header("content-type"), put.header("if-none-match")), (Some("text/calendar; charset=utf-8"), Some("*")));
    // The answer to an earlier attempt was lost.
    server.next(plain(412)).next(kept("\"e2\"", &ics));
    assert_eq!(source.write(&create(&ics)).await.unwrap(), written("\"e2\"", None));
    let theirs = ics.replace("SUMMARY:Lunch", "SUMMARY:Lunch\r\nX-SERVER:1");
    server.next(plain(412)).next(kept("\"e3\"", &theirs));
    assert_eq!(source.write(&create(&ics)).await.unwrap(), written("\"e3\"", Some(&theirs)));
    // Another event of that name.
    server.next(plain(412)).next(kept("\"e4\"", &event("2", "Other")));
    assert_eq!(source.write(&create(&ics)).await.unwrap_err().code(), "conflict");
    server.next(plain(412)).next(plain(404));
    assert_eq!(source.write(&create(&ics)).await.unwrap_err().code(), "conflict");
    assert_eq!(asked(&server), ["PUT !*", "PUT !*", "GET", "PUT !*", "GET", "PUT !*", "GET", "PUT !*", "GET"]);
    let outside = CalendarWrite::Create { calendar: CALENDAR.into(), name: "../../other".into(), ics };
    assert_eq!(source.write(&outside).await.unwrap_err().code(), "refused");
}

#[tokio::test]
async fn what_the_server_made_of_it_is_read_back_where_it_does_not_promise_to_keep_it() {
    let (server, source) = ready().await;
    let ics = event("1", "Lunch");
    let theirs = ics.replace("SUMMARY:Lunch", "SUMMARY:LUNCH");
    server.next(plain(204)).next(kept("\"e1\"", &theirs));
    assert_eq!(source.write(&create(&ics)).await.unwrap(), written("\"e1\"", Some(&theirs)));
    server.next(tagged(201, "W/\"e1\"")).next(kept("\"e2\"", &ics.replace("\r\n", "\n")));
    assert_eq!(source.write(&create(&ics)).await.unwrap(), written("\"e2\"", None), "line ends are no difference");
    server.next(plain(201)).next(plain(404));
    assert_eq!(source.write(&create(&ics)).await.unwrap(), written("", None));
    server.next(plain(201)).next(plain(500));
    assert_eq!(source.write(&create(&ics)).await.unwrap_err().code(), "server", "it is asked again, and finds its first attempt");
    // A name of the server's own.
    server.next(|_| with(answer(201, "text/plain", ""), "location", "/dav/jo/home/own%2ename.ics")).next(kept("\"e5\"", &ics));
    let own = source.write(&create(&ics)).await.unwrap();
    assert_eq!((own.id.as_str(), own.etag.as_str(), own.ics), ("/dav/jo/home/own.name.ics", "\"e5\"", None));
    since(&server);
}

#[tokio::test]
async fn an_update_writes_only_over_what_was_seen() {
    let (server, source) = ready().await;
    let (before, ics) = (event("1", "Lunch"), event("1", "Dinner"));
    let change = update("\"e1\"", &before, &ics);
    server.next(tagged(204, "\"e2\""));
    assert_eq!(source.write(&change).await.unwrap(), written("\"e2\"", None));
    server.next(plain(412)).next(kept("\"e9\"", &event("1", "Breakfast")));
    assert_eq!(source.write(&change).await.unwrap_err().code(), "conflict");
    // The answer to an earlier attempt was lost.
    server.next(plain(412)).next(kept("\"e2\"", &ics));
    assert_eq!(source.write(&change).await.unwrap(), written("\"e2\"", None));
    server.next(plain(412)).next(plain(404));
    assert_eq!(source.write(&change).await.unwrap_err().code(), "not_found");
    server.next(plain(404));
    assert_eq!(source.write(&change).await.unwrap_err().code(), "not_found");
    assert_eq!(asked(&server), ["PUT =\"e1\"", "PUT =\"e1\"", "GET", "PUT =\"e1\"", "GET", "PUT =\"e1\"", "GET", "PUT =\"e1\""]);
}

#[tokio::test]
async fn a_weak_tag_proves_nothing_and_the_bytes_are_compared() {
    for etag in ["W/\"e1\"", ""] {
        let (server, source) = ready().await;
        let (before, ics) = (event("1", "Lunch"), event("1", "Dinner"));
        let change = update(etag, &before, &ics);
        server.next(kept("W/\"e1\"", &before.replace("\r\n", "\n"))).next(tagged(204, "\"e2\""));
        assert_eq!(source.write(&change).await.unwrap(), written("\"e2\"", None));
        server.next(kept("\"strong\"", &before)).next(tagged(204, "\"e3\""));
        assert_eq!(source.write(&change).await.unwrap(), written("\"e3\"", None));
        server.next(kept("W/\"e1\"", &event("1", "Breakfast")));
        assert_eq!(source.write(&change).await.unwrap_err().code(), "conflict");
        server.next(kept("W/\"e4\"", &ics));
        assert_eq!(source.write(&change).await.unwrap(), written("W/\"e4\"", None), "an earlier attempt");
        server.next(plain(404));
        assert_eq!(source.write(&change).await.unwrap_err().code(), "not_found");
        assert_eq!(asked(&server), ["GET", "PUT", "GET", "PUT =\"strong\"", "GET", "GET", "GET"]);
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_what_was_changed_stays() {
    let (server, source) = ready().await;
    for code in [200, 204, 404, 410] {
        server.next(plain(code));
        assert_eq!(source.write(&delete("\"e1\"")).await.unwrap(), written("", None), "{code}");
    }
    server.next(plain(412)).next(kept("\"e2\"", &event("1", "x")));
    assert_eq!(source.write(&delete("\"e1\"")).await.unwrap_err().code(), "conflict");
    server.next(plain(412)).next(plain(404));
    source.write(&delete("\"e1\"")).await.unwrap();
    server.next(kept("W/\"e1\"", &event("1", "x"))).next(plain(204));
    source.write(&delete("W/\"e1\"")).await.unwrap();
    server.next(kept("W/\"e2\"", &event("1", "x")));
    assert_eq!(source.write(&delete("W/\"e1\"")).await.unwrap_err().code(), "conflict");
    server.next(plain(204));
    source.write(&delete("")).await.unwrap();
    let asked = asked(&server);
    assert_eq!(asked[..4], ["DELETE =\"e1\"", "DELETE =\"e1\"", "DELETE =\"e1\"", "DELETE =\"e1\""]);
    assert_eq!(asked[4..], ["DELETE =\"e1\"", "GET", "DELETE =\"e1\"", "GET", "GET", "DELETE", "GET", "DELETE"]);
}

#[tokio::test]
async fn refusals_have_words_and_waiting_has_an_end() {
    let (server, source) = ready().await;
    let ics = event("1", "Secret party");
    for (status, condition, words) in [
        (409, "C:no-uid-conflict", "identifier"),
        (403, "C:valid-calendar-data", "valid"),
        (403, "C:supported-calendar-component", "another calendar"),
        (403, "C:max-resource-size", "larger"),
        (403, "C:min-date-time", "past"),
        (409, "C:max-date-time", "future"),
    ] {
        server.next(move |_| error(status, condition));
        let error = source.write(&create(&ics)).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains(words)), "{condition}: {error}");
    }
    server.next(plain(507));
    assert!(matches!(source.write(&create(&ics)).await.unwrap_err(), ProviderError::Refused(why) if why.contains("room")));
    server.next(plain(423));
    assert!(source.write(&create(&ics)).await.unwrap_err().to_string().contains("locked"));
    for status in [429, 503] {
        server.next(move |_| with(answer(status, "text/plain", ""), "retry-after", "30"));
        let error = source.write(&update("\"e\"", &ics, &ics)).await.unwrap_err();
        assert_eq!((error.code(), error.retry_at()), ("rate_limited", Some(domain::time::Timestamp::from_secs(1030))));
    }
    server.next(plain(401));
    let error = source.write(&create(&ics)).await.unwrap_err();
    assert!(error.code() == "auth" && !format!("{error} {error:?}").contains(PASSWORD), "{error}");
    since(&server);
}
