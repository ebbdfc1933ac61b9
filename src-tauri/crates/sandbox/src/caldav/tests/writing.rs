//! GET, PUT and DELETE.

use super::*;
use crate::NewCalendar;

#[tokio::test]
async fn creates_changes_and_deletes_under_conditions() {
    let rig = Rig::new().await;
    let path = format!("{PERSONAL}a%20b.ics");
    let made = rig.put(&path, &event("a", ""), &[("If-None-Match", "*")]).await;
    let first = made.header("etag").unwrap();
    assert!(made.status == 201 && first.starts_with('"'));
    assert_eq!(rig.put(&path, &event("a", ""), &[("If-None-Match", "*")]).await.status, 412);
    let read = rig.send("GET", &path, &[], "").await;
    assert_eq!(
        (read.text(), read.header("etag"), read.header("content-type").as_deref()),
        (event("a", ""), Some(first.clone()), Some("text/calendar; charset=utf-8"))
    );
    assert_eq!(rig.send("GET", &path, &[("If-None-Match", &first)], "").await.status, 304);
    let head = rig.send("HEAD", &path, &[], "").await;
    assert_eq!((head.status, head.header("etag"), head.body.len()), (200, Some(first.clone()), 0));
    let changed = rig.put(&path, &event("a", "LOCATION:There\r\n"), &[("If-Match", &first)]).await;
    let second = changed.header("etag").unwrap();
    assert!(changed.status == 204 && second != first);
    // An old tag, a weak one, and one for something that is not there.
    assert_eq!(rig.put(&path, &event("a", ""), &[("If-Match", &first)]).await.status, 412);
    assert_eq!(rig.put(&path, &event("a", ""), &[("If-Match", &format!("W/{second}"))]).await.status, 412);
    assert_eq!(rig.put(&format!("{PERSONAL}c.ics"), &event("c", ""), &[("If-Match", "*")]).await.status, 412);
    assert_eq!(rig.send("DELETE", &path, &[("If-Match", &first)], "").await.status, 412);
    assert!(rig.sandbox.calendar_items("personal").iter().any(|i| i.name == "a b.ics" && i.etag == second && i.ics.contains("There")));
    assert_eq!(rig.send("DELETE", &path, &[("If-Match", &second)], "").await.status, 204);
    for method in ["GET", "DELETE"] {
        assert_eq!(rig.send(method, &path, &[], "").await.status, 404);
    }
    assert_eq!(rig.sandbox.calendar_items("personal").len(), 1);
}

#[tokio::test]
async fn keeps_one_resource_for_a_uid() {
    let rig = Rig::new().await;
    let path = format!("{PERSONAL}one.ics");
    assert_eq!(rig.put(&path, &event("one", ""), &[]).await.status, 201);
    let twin = rig.put(&format!("{PERSONAL}two.ics"), &event("one", ""), &[]).await;
    assert_eq!(refusal(&twin), refused(403, "no-uid-conflict"));
    assert!(twin.text().contains("/personal/one.ics</D:href>"));
    assert_eq!(refusal(&rig.put(&path, &event("other", ""), &[]).await), refused(403, "no-uid-conflict"));
    // Another calendar may have it (RFC 4791 section 4.1).
    assert_eq!(rig.put(&format!("{WORK}one.ics"), &event("one", ""), &[]).await.status, 201);
}

#[tokio::test]
async fn refuses_what_must_not_be_stored() {
    let rig = Rig::new().await;
    let path = format!("{PERSONAL}x.ics");
    let plain = event("x", "");
    let weekly = |more: &str| event("x", &format!("RRULE:FREQ=WEEKLY{more}\r\n"));
    let second = |lines: &str| {
        plain.replace(
            "END:VCALENDAR",
            &format!("BEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261125T090000Z\r\n{lines}END:VEVENT\r\nEND:VCALENDAR"),
        )
    };
    let broken = [
        String::new(),
        "hello".to_owned(),
        plain.replace("\r\n", "\n"),
        plain.replace("END:VEVENT\r\n", ""),
        plain.replace("VERSION:2.0\r\n", ""),
        plain.replace("VERSION:2.0", "VERSION:1.0"),
        plain.replace("PRODID:-//Test//EN\r\n", ""),
        plain.replace("UID:x\r\n", ""),
        plain.replace("DTSTAMP:20261101T000000Z\r\n", ""),
        plain.replace("DTSTAMP:20261101T000000Z", "DTSTAMP:20261101T000000"),
        plain.replace("DTSTART:20261124T090000Z\r\n", ""),
        plain.replace("DTSTART:20261124T090000Z", "DTSTART:20261131T090000Z"),
        plain.replace("DTSTART:20261124T090000Z", "DTSTART:20261124"),
        plain.replace("DTSTART:20261124T090000Z", "DTSTART;TZID=Europe/Stockholm:20261124T090000"),
        plain.replace("DTEND:20261124T100000Z", "DTEND:20261124T080000Z"),
        plain.replace("DTEND:20261124T100000Z", "DTEND;VALUE=DATE:20261125"),
        event("x", "DURATION:PT1H\r\n"),
        event("x", "SUMMARY:Again\r\n"),
        event("x", "STATUS:MAYBE\r\n"),
        event("x", "SEQUENCE:one\r\n"),
        event("x", "ATTENDEE:nobody\r\n"),
        event("x", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\n"),
        event("x", "RRULE:BYDAY=MO\r\n"),
        event("x", "EXDATE;VALUE=DATE:20261124\r\nRRULE:FREQ=DAILY\r\n"),
        weekly(";COUNT=2;UNTIL=20271124T090000Z"),
        weekly(";UNTIL=20271124"),
        weekly(";INTERVAL=0"),
        weekly(";FREQ=DAILY"),
        weekly(";BYMOON=FULL"),
        second(""),
        second(
            "RECURRENCE-ID:20261125T090000Z\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261125T090000Z\r\nRECURRENCE-ID:20261125T090000Z\r\n",
        ),
    ];
    for bad in broken {
        assert_eq!(refusal(&rig.put(&path, &bad, &[]).await), refused(403, "valid-calendar-data"), "{bad}");
    }
    let todo = plain.replace("VEVENT", "VTODO").replace("DTEND", "DUE");
    let unlawful = [
        (plain.replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST"), "valid-calendar-object-resource"),
        (
            second("")
                .replace("UID:x\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261125", "UID:y\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261125"),
            "valid-calendar-object-resource",
        ),
        (
            format!("{}{}", plain.trim_end_matches("END:VCALENDAR\r\n"), todo.split_once("PRODID:-//Test//EN\r\n").unwrap().1),
            "valid-calendar-object-resource",
        ),
        ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n".to_owned(), "valid-calendar-object-resource"),
        (todo.clone(), "supported-calendar-component"),
        (plain.replace("VEVENT", "VFREEBUSY"), "supported-calendar-component"),
        (event("x", &format!("DESCRIPTION:{}\r\n", "x".repeat(1_100_000))), "max-resource-size"),
    ];
    for (bad, condition) in unlawful {
        assert_eq!(refusal(&rig.put(&path, &bad, &[]).await), refused(403, condition), "{}", bad.get(..400).unwrap_or(&bad));
    }
    for kind in ["application/json", "text/calendar; charset=latin1", ""] {
        let reply = rig.send("PUT", &path, &[("Content-Type", kind)], &plain).await;
        assert_eq!(refusal(&reply), refused(403, "supported-calendar-data"), "{kind}");
    }
    assert_eq!(rig.put("/dav/calendars/mara@lindqvist.example/none/x.ics", &plain, &[]).await.status, 409);
    assert!(rig.sandbox.calendar_items("personal").len() == 1, "nothing of all that was kept");
    rig.sandbox.add_calendar(NewCalendar { components: vec!["VTODO".to_owned()], ..NewCalendar::events("todo", "To do", "#000000") });
    assert_eq!(rig.put(&format!("{HOME}todo/x.ics"), &todo, &[]).await.status, 201);
}

/// RFC 5545 section 3.1 lets a fold part a code point: nothing of the text may be lost.
#[tokio::test]
async fn a_rude_fold_loses_nothing() {
    let rig = Rig::new().await;
    let whole = event("rude", "LOCATION:Åre\r\n");
    let at = whole.find('Å').unwrap() + 1;
    let body = [&whole.as_bytes()[..at], b"\r\n ", &whole.as_bytes()[at..]].concat();
    let headers = [("Authorization", rig.auth.as_str()), ("Content-Type", "text/calendar")];
    let made = send(&rig.sandbox.caldav_base(), "PUT", &format!("{PERSONAL}rude.ics"), &headers, &body).await;
    assert_eq!((made.status, made.header("etag")), (201, None));
    assert_eq!(rig.send("GET", &format!("{PERSONAL}rude.ics"), &[], "").await.text(), whole);
}

#[tokio::test]
async fn a_series_with_its_instances_and_zone_is_one_resource() {
    let rig = Rig::new().await;
    let demo = Sandbox::start(SandboxOptions::demo()).await.unwrap();
    for item in ["work", "personal", "family"].iter().flat_map(|c| demo.calendar_items(c)) {
        let reply = rig.put(&format!("{WORK}copy-{}", item.name), &item.ics, &[("If-None-Match", "*")]).await;
        // The one that is there already under another name.
        let expected = if item.uid.starts_with("standup@") { 403 } else { 201 };
        assert_eq!(reply.status, expected, "{}", item.name);
    }
}

#[tokio::test]
async fn a_read_only_calendar_stays_as_it_is() {
    let rig = Rig::new().await;
    let before = rig.sandbox.calendar_items("family");
    let there = format!("{FAMILY}{}", before[0].name);
    for (method, path) in
        [("PUT", there.as_str()), ("PUT", "/dav/calendars/mara@lindqvist.example/family/new.ics"), ("DELETE", there.as_str())]
    {
        let reply = rig.send(method, path, &[("Content-Type", "text/calendar")], &event("n", "")).await;
        assert_eq!(refusal(&reply), refused(403, "need-privileges"), "{method}");
    }
    assert_eq!(rig.sandbox.calendar_items("family"), before);
    assert!(rig.sandbox.change_calendar("family", None, None, Some(true)));
    assert_eq!(rig.send("DELETE", &there, &[], "").await.status, 204);
}

#[tokio::test]
async fn a_member_is_moved_under_conditions() {
    let rig = Rig::new().await;
    let path = format!("{PERSONAL}a.ics");
    let tag = rig.put(&path, &event("a", ""), &[]).await.header("etag").unwrap();
    let to = format!("{}{WORK}b.ics", rig.sandbox.caldav_base().trim_end_matches("/dav/").trim_end_matches('/'));
    let there = format!("{WORK}b.ics");
    let send = async |headers: &[(&str, &str)]| rig.send("MOVE", &path, headers, "").await;
    assert_eq!(send(&[]).await.status, 400, "it says nowhere");
    assert_eq!(send(&[("Destination", "http://elsewhere.example/x.ics")]).await.status, 502);
    assert_eq!(send(&[("Destination", HOME)]).await.status, 403);
    assert_eq!(send(&[("Destination", &there), ("If-Match", "\"old\"")]).await.status, 412);
    assert_eq!(rig.put(&there, &event("other", ""), &[]).await.status, 201);
    assert_eq!(send(&[("Destination", &there), ("Overwrite", "F")]).await.status, 412);
    assert_eq!(rig.send("DELETE", &there, &[], "").await.status, 204);
    assert_eq!(rig.put(&format!("{WORK}twin.ics"), &event("a", ""), &[]).await.status, 201);
    assert_eq!(refusal(&send(&[("Destination", &there)]).await), refused(403, "no-uid-conflict"));
    assert_eq!(rig.send("DELETE", &format!("{WORK}twin.ics"), &[], "").await.status, 204);
    assert_eq!(send(&[("Destination", &to), ("Overwrite", "F"), ("If-Match", &tag)]).await.status, 201);
    assert_eq!((rig.send("GET", &path, &[], "").await.status, rig.send("GET", &there, &[], "").await.text()), (404, event("a", "")));
    assert_eq!(send(&[("Destination", &there)]).await.status, 404);
}
