#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use domain::{error::ErrorClass, sync::Change};

use super::*;

const REPORTS: &str = "<D:supported-report-set><D:supported-report><D:report><D:sync-collection/></D:report></D:supported-report>\
                       </D:supported-report-set>";
const NO_SYNC: &str = "<D:supported-report-set><D:supported-report><D:report><C:calendar-multiget/></D:report></D:supported-report>\
                       </D:supported-report-set>";

fn member(href: &str, etag: &str) -> String {
    props(
        href,
        &format!("<D:getetag>{etag}</D:getetag><D:getcontenttype>text/calendar; component=vevent</D:getcontenttype><D:resourcetype/>"),
    )
}

fn token(token: &str) -> String {
    format!("<D:sync-token>{token}</D:sync-token>")
}

fn cursor(value: &str) -> SyncCursor {
    SyncCursor::Opaque { value: value.to_owned() }
}

fn value(batch: &ChangeBatch<RemoteItem>) -> &str {
    let SyncCursor::Opaque { value } = &batch.next else { panic!("{:?}", batch.next) };
    value
}

/// Changes as "+id etag" and "-id".
fn told(batch: &ChangeBatch<RemoteItem>) -> Vec<String> {
    let mut out = Vec::new();
    for change in &batch.changes {
        out.push(match change {
            Change::Upsert(item) => {
                assert!(item.ics.is_none());
                format!("+{} {}", item.id, item.etag)
            }
            Change::Gone(id) => format!("-{id}"),
        });
    }
    out
}

fn present(batch: &ChangeBatch<RemoteItem>) -> Option<Vec<&str>> {
    batch.present.as_ref().map(|ids| ids.iter().map(RemoteId::as_str).collect())
}

#[tokio::test]
async fn a_first_round_lists_everything_and_the_next_what_changed() {
    let (server, source) = ready().await;
    server.next(|_| multistatus(&props(CALENDAR, REPORTS)));
    server.next(|_| {
        let listed = [
            member("/dav/jo/home/a.ics", "\"1\""),
            member("/dav/jo/home/b%20c@x.ics", "2"),
            props("/dav/jo/home/", "<D:resourcetype><D:collection/></D:resourcetype>"),
            props("/dav/jo/home/sub/", "<D:getetag>\"x\"</D:getetag>"),
            props("/dav/jo/home/notes.txt", "<D:getetag>\"x\"</D:getetag><D:getcontenttype>text/plain</D:getcontenttype>"),
            props("/dav/jo/home/odd", "<D:getetag>\"3\"</D:getetag>"),
            member("http://127.0.0.9/elsewhere.ics", "\"x\""),
        ];
        multistatus(&(listed.concat() + &token("t&amp;1")))
    });
    let first = round(&source, None).await.unwrap();
    assert_eq!(told(&first), ["+/dav/jo/home/a.ics \"1\"", "+/dav/jo/home/b%20c%40x.ics \"2\"", "+/dav/jo/home/odd \"3\""]);
    assert_eq!(present(&first).unwrap(), ["/dav/jo/home/a.ics", "/dav/jo/home/b%20c%40x.ics", "/dav/jo/home/odd"]);
    assert_eq!((value(&first), first.more, first.reset), (r#"{"token":"t&1"}"#, false, false));
    server.next(|_| {
        let listed = [
            status("/dav/jo/home/a.ics", "404 Not Found"),
            member("/dav/jo/home/d.ics", "W/\"4\""),
            status("/dav/jo/home/sub/", "403 Forbidden"),
            "<D:response><D:href>/dav/jo/home/e.ics</D:href><D:propstat><D:prop><D:getetag/><D:resourcetype/></D:prop>\
             <D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>"
                .to_owned(),
        ];
        multistatus(&(listed.concat() + &token("t2")))
    });
    let second = round(&source, Some(&first.next)).await.unwrap();
    assert_eq!(told(&second), ["-/dav/jo/home/a.ics", "+/dav/jo/home/d.ics W/\"4\"", "-/dav/jo/home/e.ics"]);
    assert_eq!((value(&second), present(&second)), (r#"{"token":"t2"}"#, None));
    let asked = since(&server);
    assert_eq!(asked.iter().map(|a| a.method.as_str()).collect::<Vec<_>>(), ["PROPFIND", "REPORT", "REPORT"]);
    assert!(asked[1].text().contains("<D:sync-token></D:sync-token><D:sync-level>1</D:sync-level>"), "{}", asked[1].text());
    assert!(asked[2].text().contains("<D:sync-token>t&amp;1</D:sync-token>") && asked[2].header("depth") == Some("0"));
    assert!(asked.iter().all(|a| a.target == CALENDAR));
}

#[tokio::test]
async fn a_first_round_in_pages_ends_with_what_exists() {
    let (server, source) = ready().await;
    server.next(|_| multistatus(&props(CALENDAR, "")));
    for (href, next) in [("/dav/jo/home/a.ics", "t1"), ("/dav/jo/home/b.ics", "t2")] {
        server.next(move |_| multistatus(&(member(href, "\"1\"") + &status(CALENDAR, "507 Insufficient Storage") + &token(next))));
    }
    server.next(|_| multistatus(&(member("/dav/jo/home/c.ics", "\"1\"") + &token("t3"))));
    server.next(|_| multistatus(&(member("/dav/jo/home/a.ics", "\"1\"") + &member("/dav/jo/home/c.ics", "\"1\""))));
    let one = round(&source, None).await.unwrap();
    assert_eq!((told(&one), one.more, present(&one)), (vec!["+/dav/jo/home/a.ics \"1\"".to_owned()], true, None));
    let two = round(&source, Some(&one.next)).await.unwrap();
    assert_eq!((two.more, present(&two), value(&two)), (true, None, r#"{"token":"t2","first":true,"page":2}"#));
    let three = round(&source, Some(&two.next)).await.unwrap();
    assert_eq!(present(&three).unwrap(), ["/dav/jo/home/a.ics", "/dav/jo/home/c.ics"], "b went away meanwhile");
    assert_eq!((three.more, value(&three)), (false, r#"{"token":"t3"}"#));
    assert_eq!(since(&server).last().unwrap().header("depth"), Some("1"));
}

#[tokio::test]
async fn a_later_round_in_pages_sweeps_nothing_and_one_that_stands_still_fails() {
    let (server, source) = ready().await;
    let page = |next: &'static str| {
        move |_: &Asked| multistatus(&(member("/dav/jo/home/a.ics", "\"2\"") + &status("/dav/jo/home", "507 Full") + &token(next)))
    };
    server.next(page("t2")).next(page("t2"));
    let one = round(&source, Some(&cursor(r#"{"token":"t1"}"#))).await.unwrap();
    assert_eq!((one.more, value(&one)), (true, r#"{"token":"t2","page":1}"#));
    let error = round(&source, Some(&one.next)).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Protocol { detail, .. } if detail.contains("again")), "{error}");
    server.next(page("t3"));
    source_forgot(&server);
    let error = round(&source, Some(&cursor(r#"{"token":"t2","page":10000}"#))).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Protocol { detail, .. } if detail.contains("does not end")), "{error}");
}

/// After a broken protocol the place is asked for anew; its answer goes in before the others.
fn source_forgot(server: &Scripted) {
    server.first(|_| multistatus(&props("/dav/principal/", HOME)));
}

#[tokio::test]
async fn an_invalid_token_means_comparing_everything() {
    for code in [403, 409, 410, 412] {
        let (server, source) = ready().await;
        server.next(move |_| error(code, "D:valid-sync-token"));
        let error = round(&source, Some(&cursor(r#"{"token":"old"}"#))).await.unwrap_err();
        assert_eq!((error.code(), error.class()), ("cursor_expired", ErrorClass::Resync), "{code}");
        since(&server);
    }
    let (server, source) = ready().await;
    server.next(|_| answer(410, "text/plain", ""));
    assert_eq!(round(&source, Some(&cursor(r#"{"token":"old"}"#))).await.unwrap_err().code(), "cursor_expired");
    server.next(|_| answer(403, "text/plain", ""));
    assert_eq!(round(&source, Some(&cursor(r#"{"token":"old"}"#))).await.unwrap_err().code(), "refused", "not allowed is not too old");
    for odd in ["", "{}", "[1]", r#"{"token":1}"#] {
        assert_eq!(round(&source, Some(&cursor(odd))).await.unwrap_err().code(), "cursor_expired", "{odd}");
    }
    let imap = SyncCursor::Imap { uid_validity: 1, uid_next: 1, mod_seq: None, backfill: None };
    assert_eq!(round(&source, Some(&imap)).await.unwrap_err().code(), "cursor_expired");
    since(&server);
}

#[tokio::test]
async fn without_tokens_the_ctag_says_whether_to_compare() {
    let ctag = |tag: &'static str| move |_: &Asked| multistatus(&props(CALENDAR, &format!("{NO_SYNC}<CS:getctag>{tag}</CS:getctag>")));
    let (server, source) = ready().await;
    let listed = |_: &Asked| {
        multistatus(&(props(CALENDAR, "<D:resourcetype><D:collection/></D:resourcetype>") + &member("/dav/jo/home/a.ics", "\"1\"")))
    };
    server.next(ctag("c1")).next(listed).next(ctag("c1")).next(ctag("c2")).next(listed);
    let first = round(&source, None).await.unwrap();
    assert_eq!((told(&first), value(&first)), (vec!["+/dav/jo/home/a.ics \"1\"".to_owned()], r#"{"ctag":"c1"}"#));
    assert_eq!(present(&first).unwrap(), ["/dav/jo/home/a.ics"]);
    let same = round(&source, Some(&first.next)).await.unwrap();
    assert!(same.changes.is_empty() && same.present.is_none() && same.next == first.next);
    let changed = round(&source, Some(&same.next)).await.unwrap();
    assert_eq!((changed.changes.len(), present(&changed).unwrap().len(), value(&changed)), (1, 1, r#"{"ctag":"c2"}"#));
    let methods: Vec<String> = since(&server).iter().map(|a| format!("{}{}", a.method, a.header("depth").unwrap())).collect();
    assert_eq!(methods, ["PROPFIND0", "PROPFIND1", "PROPFIND0", "PROPFIND0", "PROPFIND1"]);
}

#[tokio::test]
async fn a_server_that_refuses_the_report_is_compared_and_one_without_ctag_each_time() {
    let refusals: [(u16, &str); 6] = [(405, ""), (501, ""), (403, "D:supported-report"), (400, ""), (507, ""), (207, "no token")];
    for (code, condition) in refusals {
        let (server, source) = ready().await;
        server.next(|_| multistatus(&props(CALENDAR, "")));
        server.next(move |_| match (code, condition) {
            (207, _) => multistatus(&member("/dav/jo/home/a.ics", "\"1\"")),
            (_, "") => answer(code, "text/html", "<html/>"),
            _ => error(code, condition),
        });
        server.next(|_| multistatus(&member("/dav/jo/home/a.ics", "\"1\"")));
        let first = round(&source, None).await.unwrap();
        assert_eq!((present(&first).unwrap().len(), value(&first)), (1, r#"{"ctag":null}"#), "{code}");
        server.next(|_| multistatus(&props(CALENDAR, ""))).next(|_| multistatus(""));
        let second = round(&source, Some(&first.next)).await.unwrap();
        assert_eq!(present(&second).unwrap().len(), 0, "compared without a ctag");
        since(&server);
    }
}

#[tokio::test]
async fn a_calendar_that_is_gone_and_a_reply_that_is_cut_are_no_empty_calendar() {
    let (server, source) = ready().await;
    server.next(|_| answer(404, "text/plain", ""));
    assert_eq!(round(&source, None).await.unwrap_err().code(), "not_found");
    source_forgot(&server);
    server.next(|_| multistatus(&props(CALENDAR, REPORTS)));
    server.next(|_| answer(207, "application/xml", r#"<D:multistatus xmlns:D="DAV:"><D:sync-token>t</D:sync-token>"#));
    let error = round(&source, None).await.unwrap_err();
    assert!(
        matches!(&error, ProviderError::Protocol { protocol: "CalDAV", detail, .. } if detail.contains("ends in the middle")),
        "{error}"
    );
    source_forgot(&server);
    server.next(|_| multistatus(&props(CALENDAR, REPORTS))).next(|_| answer(500, "text/plain", "boom"));
    assert_eq!(round(&source, None).await.unwrap_err().code(), "server");
    since(&server);
}
