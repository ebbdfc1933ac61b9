//! From Google's JSON to iCalendar and what is understood of it there.

use super::{
    super::{
        from_json::{is_html, plain},
        model::{Event, Page},
        pages::About,
        resource::{Group, gather, master_etag},
    },
    *,
};

fn group(events: Value) -> (About, Group) {
    let page: Page = serde_json::from_value(json!({"items": events, "defaultReminders": [{"method": "popup", "minutes": 10}]})).unwrap();
    let about = About { zone: Some("Europe/Zurich".to_owned()), reminders: page.default_reminders };
    (about, gather(page.items).into_values().next().unwrap())
}

fn text(events: Value) -> String {
    let (about, group) = group(events);
    group.ics(&about, MARA).unwrap()
}

#[test]
fn every_field_is_there_and_understood() {
    let ics = text(json!([{
        "kind": "calendar#event", "id": "abc", "etag": "\"1\"", "status": "tentative", "iCalUID": "abc@google.com", "sequence": 3,
        "created": "2026-10-01T08:00:00.000Z", "updated": "2026-10-02T08:00:00.123Z",
        "summary": "Review; of, things", "description": "<p>One</p><p>Two &amp; three</p>", "location": "Hall",
        "start": {"dateTime": "2026-11-25T15:00:00+01:00", "timeZone": "America/New_York"},
        "end": {"dateTime": "2026-11-25T16:00:00+01:00", "timeZone": "Europe/London"},
        "transparency": "transparent", "visibility": "private", "colorId": "5", "eventType": "default", "guestsCanModify": false,
        "extendedProperties": {"private": {"k": "v"}},
        "organizer": {"email": "chair@x.example", "displayName": "Chair, the"},
        "attendees": [
            {"email": "chair@x.example", "responseStatus": "accepted", "organizer": true},
            {"email": MARA, "responseStatus": "tentative", "self": true, "optional": true, "additionalGuests": 2, "comment": "late"},
            {"email": "room@x.example", "resource": true, "responseStatus": "declined"}],
        "hangoutLink": "https://meet.google.example/a", "conferenceData": {"conferenceId": "a", "entryPoints": [
            {"entryPointType": "video", "uri": "https://meet.google.example/a", "label": "a"},
            {"entryPointType": "phone", "uri": "tel:+41-44"}]},
        "reminders": {"useDefault": false, "overrides": [{"method": "popup", "minutes": 5}, {"method": "email", "minutes": 1440}]},
        "attachments": [{"fileUrl": "https://drive.example/1", "title": "a;b.pdf", "mimeType": "application/pdf"}],
        "source": {"url": "https://x.example/", "title": "x"},
    }]));
    let event = read(&ics).master.unwrap();
    assert_eq!((event.uid.as_str(), event.sequence, event.free), ("abc@google.com", 3, true));
    assert_eq!((event.summary.as_str(), event.location.as_str()), ("Review; of, things", "Hall"));
    assert!(event.description.contains("Two & three") && !event.description.contains('<'));
    assert!(matches!(&event.start, When::At(wall, zone) if zone.name() == "America/New_York" && wall.to_string() == "2026-11-25 09:00:00"));
    assert_eq!(event.lasts, calendar::event::Lasts::Exactly(3600));
    assert_eq!(event.status, calendar::Status::Tentative);
    let organizer = event.organizer.unwrap();
    assert_eq!((organizer.address.as_str(), organizer.name.as_str()), ("chair@x.example", "Chair, the"));
    let guests: Vec<_> = event.attendees.iter().map(|a| (a.person.address.as_str(), a.participation, a.optional, a.resource)).collect();
    assert_eq!(
        guests,
        [
            ("chair@x.example", Participation::Accepted, false, false),
            (MARA, Participation::Tentative, true, false),
            ("room@x.example", Participation::Declined, false, true)
        ]
    );
    assert_eq!((event.join.as_deref(), event.alarms.as_slice()), (Some("https://meet.google.example/a"), &[5, 1440][..]));
    let flat = ics.replace("\r\n ", "");
    for line in [
        "CLASS:PRIVATE",
        "X-GOOGLE-COLOR-ID:5",
        "X-GOOGLE-EVENT-TYPE:default",
        "X-GOOGLE-GUESTS-CAN-MODIFY:FALSE",
        "DTSTAMP:20261002T080000Z",
        "CREATED:20261001T080000Z",
        "DTEND;TZID=Europe/London:20261125T150000",
        "X-NUM-GUESTS=2",
        "X-RESPONSE-COMMENT=late",
        "URL:https://x.example/",
        "X-GOOGLE-EXTENDED-PROPERTIES:{\"private\":{\"k\":\"v\"}}",
        "CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+41-44",
        "ATTACH;FMTTYPE=application/pdf;FILENAME=\"a;b.pdf\":https://drive.example/1",
        "X-ALT-DESC;FMTTYPE=text/html:<p>One</p>",
        "X-GOOGLE-CONFERENCE-DATA:{\"conferenceId\":\"a\"}",
    ] {
        assert!(flat.contains(line), "{line}\n{flat}");
    }
}

#[test]
fn days_defaults_and_what_stands_alone() {
    let ics = text(json!([{"id": "abc", "start": {"date": "2026-12-24"}, "end": {"date": "2026-12-27"}, "reminders": {"useDefault": true},
        "organizer": {"email": MARA, "self": true}}]));
    let event = read(&ics).master.unwrap();
    assert_eq!(event.lasts, calendar::event::Lasts::Nominally { days: 3, secs: 0 });
    assert!(event.start.is_date() && event.alarms.is_empty() && event.organizer.is_none() && event.uid == "abc@google.com");
    let timed = json!([{"id": "abc", "start": at("2026-12-24T09:00:00+01:00"), "end": at("2026-12-24T10:00:00+01:00"), "reminders": {"useDefault": true}}]);
    assert_eq!(read(&text(timed)).master.unwrap().alarms, [10]);
    let hangout =
        json!([{"id": "abc", "hangoutLink": "https://m.example/x", "start": {"date": "2026-12-24"}, "end": {"date": "2026-12-25"}}]);
    assert_eq!(read(&text(hangout)).master.unwrap().join.as_deref(), Some("https://m.example/x"));
}

#[test]
fn a_series_in_summer_and_winter_with_members_out_and_moved() {
    let ics = text(json!([
        {"id": "r1", "start": at("2026-10-13T10:00:00+02:00"), "end": at("2026-10-13T10:15:00+02:00"), "summary": "A",
            "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261201T090000Z", "EXDATE;TZID=Europe/Zurich:20261020T100000", "DTSTART:x"]},
        {"id": "r1_20261103T090000Z", "status": "cancelled", "recurringEventId": "r1", "originalStartTime": at("2026-11-03T10:00:00+01:00")},
        {"id": "r1_20261110T090000Z", "recurringEventId": "r1", "originalStartTime": {"dateTime": "2026-11-10T09:00:00Z"},
            "start": {"date": "2026-11-12"}, "end": {"date": "2026-11-13"}, "summary": "B"},
    ]));
    let keys: Vec<String> = members(&ics, "2026-10-01T00:00:00Z", 70).into_iter().map(|(key, at)| format!("{key} {at}")).collect();
    assert_eq!(
        keys,
        [
            "20261013T080000Z 10-13T08:00",
            "20261027T090000Z 10-27T09:00",
            "20261110T090000Z 11-12T00:00",
            "20261117T090000Z 11-17T09:00",
            "20261124T090000Z 11-24T09:00",
            "20261201T090000Z 12-01T09:00"
        ]
    );
    assert!(ics.contains("RECURRENCE-ID;TZID=Europe/Zurich:20261110T100000") && !ics.contains("DTSTART:x"));
    let days = text(json!([
        {"id": "d", "start": {"date": "2026-11-02"}, "end": {"date": "2026-11-03"}, "recurrence": ["RRULE:FREQ=DAILY;COUNT=4"]},
        {"id": "d_20261103", "status": "cancelled", "recurringEventId": "d", "originalStartTime": {"date": "2026-11-03"}},
    ]));
    assert!(days.contains("EXDATE;VALUE=DATE:20261103"));
    assert_eq!(members(&days, FROM, 9).into_iter().map(|(key, _)| key).collect::<Vec<_>>(), ["20261102", "20261104", "20261105"]);
}

#[test]
fn tags_change_with_every_part_and_give_the_masters_own_back() {
    let series = |master: &str, member: &str| {
        group(json!([
            {"id": "r", "etag": master, "start": {"date": "2026-11-02"}, "end": {"date": "2026-11-03"}, "recurrence": ["RRULE:FREQ=DAILY"]},
            {"id": "r_20261103", "etag": member, "recurringEventId": "r", "start": {"date": "2026-11-02"}, "end": {"date": "2026-11-03"}},
        ]))
        .1
        .etag()
    };
    let all = [series("\"1\"", "\"2\""), series("\"1\"", "\"3\""), series("\"2\"", "\"2\"")];
    assert!(all[0] != all[1] && all[0] != all[2] && all[0] == series("\"1\"", "\"2\""));
    assert_eq!(all.each_ref().map(|etag| master_etag(etag)), ["\"1\"", "\"1\"", "\"2\""]);
    assert_eq!((master_etag("\"a+b\""), master_etag("")), ("\"a+b\"", ""));
}

#[test]
fn nonsense_is_no_panic_and_no_event() {
    for odd in [
        json!([{"id": "a"}]),
        json!([{"id": "a", "start": {"date": "2026-13-99"}}]),
        json!([{"id": "a", "start": {"dateTime": "9999999-01-01T00:00:00Z"}}]),
        json!([{"id": "a", "status": "cancelled"}]),
        json!([{"id": "a_1", "recurringEventId": "a", "status": "cancelled"}]),
    ] {
        let (about, group) = group(odd.clone());
        assert!(group.ics(&about, MARA).is_none(), "{odd}");
    }
    let hostile = text(json!([{"id": "a", "start": {"date": "2026-11-02"}, "summary": "x\r\nATTENDEE:mailto:e@x", "bad name": 1,
        "recurrence": ["ATTENDEE:mailto:e@x", "RRULE:FREQ=DAILY\r\nATTENDEE:mailto:e@x"], "hangoutLink": "https://m\r\nATTENDEE:mailto:e@x"}]));
    assert!(!hostile.lines().any(|line| line.starts_with("ATTENDEE")), "{hostile}");
    let _: Event = serde_json::from_value(json!({"id": "a", "attendees": [{}], "reminders": {}})).unwrap();
}

#[test]
fn html_is_known_by_its_tags() {
    for (text, html) in [
        ("<b>x</b>", true),
        ("a<br>b", true),
        ("a < b > c", false),
        ("Mara <mara@x.example>", false),
        ("x &amp; y", true),
        ("x & y", false),
        ("<A HREF='x'>y</A>", true),
        ("<", false),
        ("</p>", true),
    ] {
        assert_eq!(is_html(text), html, "{text}");
    }
    assert_eq!(plain("a < b\nc"), "a < b\nc");
}
