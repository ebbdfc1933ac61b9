#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use domain::calendar::RemoteCalendar;
use url::Url;

use super::*;

const PRINCIPAL: &str = "<D:current-user-principal><D:href>/dav/principal/</D:href></D:current-user-principal>";

fn moved(status: u16, to: &str) -> Answer {
    with(answer(status, "text/html", "moved"), "location", to)
}

fn page() -> Answer {
    answer(200, "text/html", "<html><body>Welcome</body></html>")
}

/// The requests as "METHOD target".
fn lines(server: &Scripted) -> Vec<String> {
    assert_eq!(server.unused(), 0, "an answer was not asked for");
    server.asked().iter().map(|a| format!("{} {}", a.method, a.target)).collect()
}

#[tokio::test]
async fn from_the_host_to_the_principal_to_the_home_with_the_password_each_time() {
    let server = Scripted::start().await;
    server.next(|_| multistatus(&props("/", PRINCIPAL))).next(|_| multistatus(&props("/dav/principal/", HOME))).next(|_| multistatus(""));
    assert!(source(&server.base).calendars().await.unwrap().is_empty());
    assert_eq!(lines(&server), ["PROPFIND /", "PROPFIND /dav/principal/", "PROPFIND /dav/jo/"]);
    let want = format!("Basic {}", BASE64.encode(format!("jo:{PASSWORD}")));
    let asked = server.asked();
    for one in &asked {
        assert_eq!(one.header("authorization"), Some(want.as_str()));
        assert_eq!(one.header("content-type"), Some("application/xml; charset=utf-8"));
        assert!(one.text().contains(r#"xmlns:C="urn:ietf:params:xml:ns:caldav""#));
    }
    assert_eq!(asked.iter().map(|a| a.header("depth").unwrap()).collect::<Vec<_>>(), ["0", "0", "1"]);
    assert!(asked[0].text().contains("<D:current-user-principal/>"));
}

#[tokio::test]
async fn a_web_page_at_the_front_leads_to_the_well_known_address_and_redirects_keep_method_and_body() {
    let server = Scripted::start().await;
    server.next(|_| page());
    for (code, to) in [(301, "/a"), (302, "b?x=1#y"), (307, "./c"), (308, "/dav/")] {
        server.next(move |_| moved(code, to));
    }
    server.next(|_| multistatus(&props("/dav/", HOME))).next(|_| multistatus(""));
    source(&server.base).calendars().await.unwrap();
    assert_eq!(
        lines(&server),
        ["PROPFIND /", "PROPFIND /.well-known/caldav", "PROPFIND /a", "PROPFIND /b", "PROPFIND /c", "PROPFIND /dav/", "PROPFIND /dav/jo/"]
    );
    let asked = server.asked();
    assert!(asked[1..6].iter().all(|a| a.body == asked[1].body && a.header("authorization").is_some() && a.header("depth") == Some("0")));
}

#[tokio::test]
async fn the_sixth_redirect_is_one_too_many() {
    let server = Scripted::start().await;
    for _ in 0..6 {
        server.next(|_| moved(302, "/again"));
    }
    let error = source(&format!("{}/dav/", server.base)).calendars().await.unwrap_err();
    assert!(matches!(&error, ProviderError::Protocol { detail, .. } if detail.contains("redirects")), "{error}");
    assert_eq!(lines(&server).len(), 6);
}

#[tokio::test]
async fn another_host_is_named_and_never_sees_the_password() {
    let other = Scripted::on("127.0.0.2").await;
    let name = other.base.strip_prefix("http://").unwrap().to_owned();
    for way in ["redirect", "principal", "home", "calendar"] {
        let server = Scripted::start().await;
        let there = format!("{}/dav/", other.base);
        match way {
            "redirect" => server.next(move |_| moved(307, &there)),
            "principal" => server.next(move |_| {
                multistatus(&props("/", &format!("<D:current-user-principal><D:href>{there}</D:href></D:current-user-principal>")))
            }),
            "home" => server
                .next(move |_| multistatus(&props("/", &format!("<C:calendar-home-set><D:href>{there}</D:href></C:calendar-home-set>")))),
            _ => server
                .next(|_| multistatus(&props("/", HOME)))
                .next(move |_| multistatus(&props(&there, "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"))),
        };
        let found = source(&format!("{}/dav/", server.base)).calendars().await;
        if way == "calendar" {
            assert!(found.unwrap().is_empty(), "it is not listed");
        } else {
            let error = found.unwrap_err();
            assert!(matches!(&error, ProviderError::Refused(why) if why.contains(&name)), "{way}: {error}");
        }
        assert!(other.asked().is_empty(), "{way}");
    }
}

#[tokio::test]
async fn a_front_page_that_leads_elsewhere_does_not_keep_from_the_well_known_address() {
    let (server, other) = (Scripted::start().await, Scripted::on("127.0.0.2").await);
    let there = other.base.clone();
    let away = there.clone();
    server.next(move |_| moved(302, &there)).next(|_| multistatus(&props("/.well-known/caldav", HOME))).next(|_| multistatus(""));
    source(&server.base).calendars().await.unwrap();
    server.next(move |_| moved(302, &away)).next(|_| answer(404, "text/plain", ""));
    let error = source(&server.base).calendars().await.unwrap_err();
    assert!(error.to_string().contains("127.0.0.2"), "{error}");
    assert!(other.asked().is_empty() && lines(&server).len() == 5);
}

#[tokio::test]
async fn a_refused_password_is_told_at_once_where_the_address_was_written_out() {
    let server = Scripted::start().await;
    server.next(|_| with(answer(401, "text/plain", ""), "www-authenticate", "Basic realm=\"x\""));
    let error = source(&format!("{}/dav/", server.base)).calendars().await.unwrap_err();
    assert!(matches!(&error, ProviderError::Auth(why) if why.contains("app password")), "{error}");
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
    assert_eq!(lines(&server), ["PROPFIND /dav/"]);
    server.next(|_| with(answer(401, "text/plain", ""), "www-authenticate", "Digest realm=\"x\", nonce=\"y\""));
    let error = source(&format!("{}/dav/", server.base)).calendars().await.unwrap_err();
    assert!(matches!(&error, ProviderError::Unsupported(why) if why.contains("Digest")), "{error}");
}

#[tokio::test]
async fn a_locked_front_page_is_passed_by_and_said_only_when_nothing_else_helps() {
    let server = Scripted::start().await;
    let locked = |_: &Asked| answer(401, "text/plain", "");
    server.next(locked).next(|_| multistatus(&props("/.well-known/caldav", HOME))).next(|_| multistatus(""));
    source(&server.base).calendars().await.unwrap();
    server.next(locked).next(|_| answer(404, "text/plain", ""));
    assert!(matches!(source(&server.base).calendars().await.unwrap_err(), ProviderError::Auth(_)));
    assert_eq!(lines(&server).len(), 5);
}

#[tokio::test]
async fn what_is_no_calendar_server_is_told_in_words_and_trouble_is_not_taken_for_it() {
    let server = Scripted::start().await;
    for (first, second) in [(200, 404), (404, 405), (405, 403), (403, 501), (400, 410)] {
        server.next(move |_| answer(first, "text/html", "<html/>")).next(move |_| answer(second, "text/html", "<html/>"));
        let error = source(&server.base).calendars().await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains("does not answer as a calendar server")), "{error}");
    }
    server.next(|_| with(answer(503, "text/plain", ""), "retry-after", "60"));
    let error = source(&server.base).calendars().await.unwrap_err();
    assert_eq!(error.retry_at(), Some(domain::time::Timestamp::from_secs(1060)));
    server.next(|_| answer(500, "text/plain", ""));
    assert_eq!(source(&server.base).calendars().await.unwrap_err().code(), "server");
    // It knows the account, but no calendars.
    server
        .next(|_| multistatus(&props("/", PRINCIPAL)))
        .next(|_| multistatus(&props("/dav/principal/", "<D:displayname>Jo</D:displayname>")));
    let error = source(&server.base).calendars().await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("no calendars")), "{error}");
    // It did not look at the password at all.
    let nobody =
        "<D:current-user-principal><D:unauthenticated/></D:current-user-principal><D:resourcetype><D:collection/></D:resourcetype>";
    server.next(move |_| multistatus(&props("/", nobody))).next(|_| answer(404, "text/plain", ""));
    assert_eq!(source(&server.base).calendars().await.unwrap_err().code(), "refused");
    assert_eq!(server.unused(), 0);
}

#[tokio::test]
async fn service_records_of_a_domain_lead_on_only_where_the_password_may_go() {
    let lookup: Lookup = Arc::new(|domain| {
        Box::pin(async move {
            assert_eq!(domain, "nowhere.invalid");
            Url::parse("https://cal.provider.invalid/dav/").ok()
        })
    });
    let error = source_with("nowhere.invalid", Arc::clone(&lookup)).calendars().await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("cal.provider.invalid")), "{error}");
    // An address that was written out asks nobody.
    let never: Lookup = Arc::new(|_| panic!("asked"));
    assert_eq!(source_with("https://nowhere.invalid/dav/", never).calendars().await.unwrap_err().code(), "unreachable");
}

#[tokio::test]
async fn a_server_without_principals_is_taken_at_its_word() {
    let collection = "<D:resourcetype><D:collection/></D:resourcetype>";
    let calendar = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:displayname>Team</D:displayname>";
    let server = Scripted::start().await;
    server
        .next(move |_| multistatus(&props("/cal/", collection)))
        .next(move |_| multistatus(&(props("/cal/", collection) + &props("/cal/team/", calendar))))
        .next(move |_| with(multistatus(&(props("/cal/", collection) + &props("/cal/team/", calendar))), "dav", "1"));
    let found = source(&format!("{}/cal", server.base)).calendars().await.unwrap();
    assert_eq!((found.len(), found[0].id.as_str()), (1, "/cal/team/"));
    let one = move |_: &Asked| with(multistatus(&props("/cal/team", calendar)), "dav", "1");
    server.next(one).next(one);
    let found = source(&format!("{}/cal/team/", server.base)).calendars().await.unwrap();
    assert_eq!((found.len(), found[0].name.as_str()), (1, "Team"));
    assert_eq!(server.asked().last().unwrap().header("depth"), Some("0"));
    assert_eq!(server.unused(), 0);
}

#[tokio::test]
async fn calendars_are_read_with_everything_that_is_said_of_them() {
    let server = Scripted::start().await;
    let listed = [
        props("/dav/jo/", "<D:resourcetype><D:collection/></D:resourcetype>"),
        props("/dav/jo/inbox/", "<D:resourcetype><D:collection/><C:schedule-inbox/></D:resourcetype>"),
        props("/dav/jo/book/", "<D:resourcetype><D:collection/><X:addressbook xmlns:X='urn:ietf:params:xml:ns:carddav'/></D:resourcetype>"),
        props(
            "/dav/jo/work",
            "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:displayname> Work\u{7} </D:displayname>\
             <A:calendar-color>#FF2968FF</A:calendar-color>\
             <C:calendar-timezone>BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Zurich\r\nEND:VTIMEZONE\r\nEND:VCALENDAR</C:calendar-timezone>\
             <C:supported-calendar-component-set><C:comp name=\"VEVENT\"/></C:supported-calendar-component-set>\
             <D:current-user-privilege-set><D:privilege><D:read/></D:privilege><D:privilege><D:write/></D:privilege></D:current-user-privilege-set>",
        ),
        props(
            "http://HOST/dav/jo/jo@x.test%2Fshared/",
            "<D:resourcetype><C:calendar/></D:resourcetype><D:displayname/>\
             <C:supported-calendar-component-set><C:comp name=\"VTODO\"/></C:supported-calendar-component-set>\
             <D:current-user-privilege-set><D:privilege><D:read/></D:privilege></D:current-user-privilege-set>",
        ),
    ]
    .concat()
    .replace("http://HOST", &server.base);
    let plain = listed.clone();
    server.next(|_| multistatus(&props("/dav/", HOME)));
    server.next(move |_| with(multistatus(&listed), "dav", "1, 3, calendar-access, calendar-auto-schedule"));
    let source = source(&format!("{}/dav/", server.base));
    let found = source.calendars().await.unwrap();
    let work = RemoteCalendar {
        id: "/dav/jo/work/".into(),
        name: "Work".into(),
        colour: Some("#ff2968".into()),
        zone: Some("Europe/Zurich".into()),
        writable: true,
        events: true,
        tasks: false,
        schedules: true,
        calls: None,
    };
    let shared = RemoteCalendar {
        id: "/dav/jo/jo%40x.test%2Fshared/".into(),
        name: "jo@x.test/shared".into(),
        colour: None,
        zone: None,
        writable: false,
        events: false,
        tasks: true,
        schedules: true,
        calls: None,
    };
    assert_eq!(found, [work, shared]);
    // Where the reply does not name the server's classes, they are asked for.
    server.next(move |_| multistatus(&plain)).next(|_| with(answer(200, "text/plain", ""), "dav", "1, calendar-access"));
    let again = source.calendars().await.unwrap();
    assert!(again.len() == 2 && again.iter().all(|c| !c.schedules));
    assert_eq!(lines(&server)[1..], ["PROPFIND /dav/jo/", "PROPFIND /dav/jo/", "OPTIONS /dav/jo/"], "discovered once");
}

#[tokio::test]
async fn homes_that_moved_are_found_again() {
    let (server, source) = ready().await;
    server
        .next(|_| answer(404, "text/plain", ""))
        .next(|_| multistatus(&props("/dav/principal/", "<C:calendar-home-set><D:href>/new/</D:href></C:calendar-home-set>")))
        .next(|_| multistatus(""));
    source.calendars().await.unwrap();
    let asked: Vec<String> = since(&server).iter().map(|a| a.target.clone()).collect();
    assert_eq!(asked, ["/dav/jo/", "/dav/principal/", "/new/"]);
}
