#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;
use crate::caldav::xml::escaped;

fn id(name: &str) -> RemoteId {
    RemoteId(format!("{CALENDAR}{name}"))
}

fn data(href: &str, etag: &str, text: &str) -> String {
    props(href, &format!("<D:getetag>{etag}</D:getetag><C:calendar-data>{}</C:calendar-data>", escaped(text).replace('\r', "&#13;")))
}

async fn fetched(source: &DavSource, ids: &[RemoteId]) -> Vec<RemoteItem> {
    source.fetch(&RemoteId::from(CALENDAR), ids).await.unwrap()
}

#[tokio::test]
async fn text_comes_back_as_it_is_and_what_is_gone_or_broken_is_left_out() {
    let (server, source) = ready().await;
    let text = event("1", "Lunch <&> \u{1f355}");
    let sent = text.clone();
    server.next(move |_| {
        let listed = [
            data("/dav/jo/home/a@x.ics", "\"1\"", &sent),
            status("/dav/jo/home/gone.ics", "404 Not Found"),
            props("/dav/jo/home/empty.ics", "<D:getetag>\"2\"</D:getetag>"),
            data("/dav/jo/home/odd.ics", "\"3\"", "<html>not a calendar</html>"),
            data("/dav/jo/home/never-asked.ics", "\"4\"", &sent),
            data("/dav/jo/home/a%40x.ics", "\"5\"", &sent),
        ];
        multistatus(&listed.concat())
    });
    let found = fetched(&source, &[id("a%40x.ics"), id("gone.ics"), id("empty.ics"), id("odd.ics"), id("b%20c.ics")]).await;
    assert_eq!(found, [RemoteItem { id: id("a%40x.ics"), etag: "\"1\"".into(), ics: Some(text) }]);
    let asked = since(&server);
    assert_eq!((asked.len(), asked[0].method.as_str(), asked[0].header("depth")), (1, "REPORT", Some("1")));
    assert!(asked[0].text().contains("<C:calendar-multiget ") && asked[0].text().contains("<D:href>/dav/jo/home/b%20c.ics</D:href>"));
    assert!(fetched(&source, &[]).await.is_empty());
}

#[tokio::test]
async fn no_request_names_more_than_fifty() {
    let (server, source) = ready().await;
    for _ in 0..3 {
        server.next(|asked| {
            let body = asked.text();
            let hrefs = body.split("<D:href>").skip(1).filter_map(|rest| rest.split('<').next());
            multistatus(&hrefs.map(|href| data(href, "\"1\"", &event("1", "x"))).collect::<String>())
        });
    }
    let ids: Vec<RemoteId> = (0..101).map(|n| id(&format!("{n}.ics"))).collect();
    let found = fetched(&source, &ids).await;
    assert_eq!(found.iter().map(|item| &item.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    let counts: Vec<usize> = since(&server).iter().map(|a| a.text().matches("<D:href>").count()).collect();
    assert_eq!(counts, [50, 50, 1]);
}

#[tokio::test]
async fn a_server_that_can_not_do_several_is_asked_one_by_one_from_then_on() {
    for code in [405, 501, 403, 400] {
        let (server, source) = ready().await;
        server.next(move |_| if code == 403 { error(403, "D:supported-report") } else { answer(code, "text/html", "<html/>") });
        let text = event("1", "x");
        for status in [200, 404] {
            let text = text.clone();
            server.next(move |_| with(answer(status, "text/calendar", text.clone()), "etag", "\"7\""));
        }
        let found = fetched(&source, &[id("a.ics"), id("b.ics")]).await;
        assert_eq!(found, [RemoteItem { id: id("a.ics"), etag: "\"7\"".into(), ics: Some(text) }], "{code}");
        server.next(|_| answer(200, "text/calendar", &b"BEGIN:VCALENDAR\r\n\xff\xfe"[..]));
        assert!(fetched(&source, &[id("c.ics")]).await.is_empty(), "not UTF-8");
        let asked: Vec<String> = since(&server).iter().map(|a| format!("{} {}", a.method, a.target)).collect();
        assert_eq!(asked, ["REPORT /dav/jo/home/", "GET /dav/jo/home/a.ics", "GET /dav/jo/home/b.ics", "GET /dav/jo/home/c.ics"]);
        assert_eq!(server.asked().last().unwrap().header("accept-encoding"), Some("identity"));
    }
}

#[tokio::test]
async fn one_member_that_makes_the_page_unreadable_costs_only_itself() {
    let (server, source) = ready().await;
    let text = event("1", "x");
    server.next(|_| answer(207, "application/xml", &b"<D:multistatus xmlns:D='DAV:'><D:response>\xff</D:response></D:multistatus>"[..]));
    let sent = text.clone();
    server.next(move |_| answer(200, "text/calendar", sent.clone())).next(|_| answer(200, "text/calendar", &b"\xff\xff"[..]));
    let found = fetched(&source, &[id("a.ics"), id("b.ics")]).await;
    assert_eq!(found, [RemoteItem { id: id("a.ics"), etag: String::new(), ics: Some(text) }]);
    // The next page is asked for as a page again.
    server.next(|_| multistatus(""));
    assert!(fetched(&source, &[id("c.ics")]).await.is_empty());
    assert_eq!(since(&server).last().unwrap().method, "REPORT");
}

#[tokio::test]
async fn trouble_is_an_error_and_not_an_absence() {
    let (server, source) = ready().await;
    server.next(|_| answer(503, "text/plain", ""));
    let error = source.fetch(&RemoteId::from(CALENDAR), &[id("a.ics")]).await.unwrap_err();
    assert_eq!(error.code(), "server");
    server.next(|_| answer(405, "text/plain", "")).next(|_| answer(500, "text/plain", ""));
    assert_eq!(source.fetch(&RemoteId::from(CALENDAR), &[id("a.ics")]).await.unwrap_err().code(), "server");
    since(&server);
}
