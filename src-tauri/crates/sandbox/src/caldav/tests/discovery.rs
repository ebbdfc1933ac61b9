//! From the bare server to the calendars and what they say of themselves.

use super::*;
use crate::caldav::xml::{APPLE, CALENDARSERVER};

#[tokio::test]
async fn from_the_server_to_the_calendars() {
    let rig = Rig::new().await;
    let base = rig.sandbox.caldav_base();
    for method in ["PROPFIND", "GET", "OPTIONS"] {
        let reply = send(&base, method, "/.well-known/caldav", &[], b"").await;
        assert_eq!((reply.status, reply.header("location").as_deref()), (301, Some("/dav/")), "{method}");
    }
    let root = lines(&rig.propfind("/dav/", "0", "<D:current-user-principal/>").await);
    let principal = root[0].get(DAV, "current-user-principal").unwrap().child(DAV, "href").unwrap().text.clone();
    let props = "<C:calendar-home-set/><C:calendar-user-address-set/><C:schedule-inbox-URL/><D:displayname/>";
    let found = lines(&rig.propfind(&principal, "0", props).await).remove(0);
    assert_eq!(found.get(CALDAV, "calendar-home-set").unwrap().child(DAV, "href").unwrap().text, HOME);
    let addresses: Vec<_> = found.get(CALDAV, "calendar-user-address-set").unwrap().children.iter().map(|c| c.text.clone()).collect();
    assert_eq!(addresses[0], format!("mailto:{MARA}"));
    assert_eq!(
        (found.text(DAV, "displayname").as_str(), found.missing.as_slice()),
        ("Mara Lindqvist", &["schedule-inbox-URL".to_owned()][..])
    );
    let home = lines(&rig.propfind(HOME, "1", "<D:resourcetype/><D:displayname/>").await);
    assert_eq!(home.iter().map(|l| l.href.as_str()).collect::<Vec<_>>(), [HOME, FAMILY, PERSONAL, WORK]);
    let is_calendar = |line: &Line| line.get(DAV, "resourcetype").unwrap().child(CALDAV, "calendar").is_some();
    assert_eq!(home.iter().map(is_calendar).collect::<Vec<_>>(), [false, true, true, true]);
    assert_eq!(home[0].missing, ["displayname"]);
}

#[tokio::test]
async fn a_calendar_says_what_it_is() {
    let rig = Rig::new().await;
    let props = "<D:resourcetype/><D:displayname/><A:calendar-color/><C:supported-calendar-component-set/><CS:getctag/><D:sync-token/>\
                 <D:supported-report-set/><D:current-user-privilege-set/><C:calendar-timezone/><C:max-resource-size/>\
                 <Z:mood xmlns:Z=\"urn:example\"/><D:quota-used-bytes/>";
    let line = lines(&rig.propfind(WORK, "0", props).await).remove(0);
    assert_eq!((line.text(DAV, "displayname").as_str(), line.text(APPLE, "calendar-color").as_str()), ("Work", "#3a6ee8ff"));
    assert!(!line.text(CALENDARSERVER, "getctag").is_empty() && line.text(DAV, "sync-token").starts_with("http://"));
    let comp = &line.get(CALDAV, "supported-calendar-component-set").unwrap().children[0];
    assert_eq!(comp.attribute("name"), Some("VEVENT"));
    let zone = crate::caldav::ical::parse(line.text(CALDAV, "calendar-timezone").as_bytes()).unwrap();
    assert_eq!(zone.components[0].value("TZID"), Some("Europe/Stockholm"));
    assert_eq!(line.get(DAV, "supported-report-set").unwrap().children.len(), 3);
    assert_eq!(line.text(CALDAV, "max-resource-size"), "1048576");
    assert_eq!(line.missing, ["mood", "quota-used-bytes"]);
    let rights = |line: &Line| {
        let set = line.get(DAV, "current-user-privilege-set").unwrap();
        set.children.iter().map(|p| p.children[0].name.clone()).collect::<Vec<_>>()
    };
    assert!(rights(&line).contains(&"write".to_owned()));
    let family = lines(&rig.propfind(FAMILY, "0", "<D:current-user-privilege-set/>").await).remove(0);
    assert_eq!(rights(&family), ["read", "read-current-user-privilege-set"]);
    // Members at depth 1, with tags.
    let members = lines(&rig.propfind(WORK, "1", "<D:getetag/>").await);
    let stored = rig.sandbox.calendar_items("work");
    assert_eq!((members[1].href.as_str(), members[1].text(DAV, "getetag")), (stored[0].href.as_str(), stored[0].etag.clone()));
    // Without a body: the plain properties, not CalDAV's own (RFC 4791 section 5.2).
    let all = lines(&rig.send("PROPFIND", WORK, &[("Depth", "0")], "").await).remove(0);
    assert!(all.get(DAV, "displayname").is_some() && all.get(CALDAV, "calendar-timezone").is_none() && all.missing.is_empty());
}

#[tokio::test]
async fn options_name_the_features() {
    let rig = Rig::new().await;
    let dav = rig.send("OPTIONS", HOME, &[], "").await.header("dav").unwrap();
    assert!(dav.contains("calendar-access") && !dav.contains("calendar-auto-schedule"), "{dav}");
    rig.sandbox.set_caldav(|s| s.auto_schedule = true);
    let reply = rig.send("OPTIONS", PERSONAL, &[], "").await;
    assert!(reply.header("dav").unwrap().contains("calendar-auto-schedule") && reply.header("allow").unwrap().contains("REPORT"));
    let home = lines(&rig.propfind(HOME, "1", "<D:resourcetype/>").await);
    assert!(home.iter().any(|l| l.get(DAV, "resourcetype").unwrap().child(CALDAV, "schedule-inbox").is_some()));
    let principal = lines(&rig.propfind("/dav/principals/mara%40lindqvist.example/", "0", "<C:schedule-inbox-URL/>").await);
    assert!(principal[0].missing.is_empty());
}

#[tokio::test]
async fn refuses_strangers_and_bad_requests() {
    let rig = Rig::new().await;
    let base = rig.sandbox.caldav_base();
    let user = rig.sandbox.caldav_user();
    for auth in
        [None, Some(basic(&user, "wrong")), Some(basic("else@x.example", &rig.sandbox.caldav_password())), Some("Bearer x".to_owned())]
    {
        let headers: Vec<(&str, &str)> = auth.as_deref().map(|a| ("Authorization", a)).into_iter().collect();
        let reply = send(&base, "PROPFIND", HOME, &headers, b"").await;
        assert_eq!(reply.status, 401, "{auth:?}");
        assert!(reply.header("www-authenticate").unwrap().starts_with("Basic realm="));
    }
    rig.sandbox.set_caldav_password("another");
    assert_eq!(rig.propfind(HOME, "0", "<D:displayname/>").await.status, 401);
    rig.sandbox.set_caldav_password("sandbox-app-password");
    for depth in [&[("Depth", "infinity")][..], &[]] {
        assert_eq!(refusal(&rig.send("PROPFIND", HOME, depth, "").await), refused(403, "propfind-finite-depth"));
    }
    for (depth, body) in
        [("2", ""), ("0", "<D:propfind xmlns:D=\"DAV:\">"), ("0", "<propfind/>"), ("0", "no xml"), ("0", &wrap("D:propfind", ""))]
    {
        assert_eq!(rig.send("PROPFIND", HOME, &[("Depth", depth)], body).await.status, 400, "{body}");
    }
    for path in ["/", "/dav/nothing/", "/dav/calendars/else%40x.example/", "/dav/calendars/mara@lindqvist.example/none/"] {
        assert_eq!(rig.propfind(path, "0", "<D:displayname/>").await.status, 404, "{path}");
    }
    for (method, path) in [("MKCALENDAR", WORK), ("POST", HOME), ("PUT", WORK), ("DELETE", WORK), ("GET", WORK)] {
        let reply = rig.send(method, path, &[], "").await;
        assert_eq!(reply.status, 405, "{method}");
        assert!(reply.header("allow").is_some());
    }
    assert_eq!(refusal(&rig.report(HOME, "1", &sync_body("", "")).await), refused(403, "supported-report"));
    assert_eq!(refusal(&rig.report(WORK, "1", &wrap("D:expand-property", "")).await), refused(403, "supported-report"));
}
