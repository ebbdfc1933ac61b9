//! From Graph's JSON to iCalendar, what is understood of it there, and back again.

use super::{
    super::{
        model::Event,
        resource::There,
        to_json::{self, fields},
    },
    *,
};

fn there(master: Value, members: Value, cancelled: &[&str]) -> There {
    There {
        master: serde_json::from_value(master).unwrap(),
        exceptions: serde_json::from_value(members).unwrap(),
        cancelled: cancelled.iter().map(|day| day.parse().unwrap()).collect(),
    }
}

fn utc(wall: &str) -> Value {
    json!({"dateTime": format!("{wall}.0000000"), "timeZone": "UTC"})
}

fn with(mut value: Value, more: Value) -> Value {
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

fn meeting() -> Value {
    json!({
        "@odata.etag": "W/\"1\"", "id": "AAk1", "iCalUId": "040000008200E00074C5B7101A82E0080000", "type": "singleInstance",
        "createdDateTime": "2026-10-01T08:00:00Z", "lastModifiedDateTime": "2026-10-02T08:00:00.1234567Z",
        "subject": "Review; of, things", "body": {"contentType": "html", "content": "<html><body><p>One</p><p>Two &amp; three</p></body></html>"},
        "location": {"displayName": "Hall\\left"}, "isAllDay": false,
        "start": utc("2026-11-25T14:00:00"), "end": utc("2026-11-25T15:00:00"),
        "originalStartTimeZone": "Eastern Standard Time", "originalEndTimeZone": "GMT Standard Time",
        "isOrganizer": false, "organizer": {"emailAddress": {"name": "Chair, the", "address": "chair@x.example"}},
        "attendees": [
            {"type": "required", "status": {"response": "none"}, "emailAddress": {"name": "Mara", "address": MS_MARA}},
            {"type": "optional", "status": {"response": "accepted"}, "emailAddress": {"name": "Bo", "address": "bo@x.example"}},
            {"type": "resource", "status": {"response": "declined"}, "emailAddress": {"name": "Room", "address": "room@x.example"}}],
        "responseStatus": {"response": "tentativelyAccepted", "time": "2026-10-02T08:00:00Z"},
        "showAs": "oof", "sensitivity": "confidential", "importance": "high", "categories": ["Red, of course", "Quay;7"],
        "isCancelled": false, "isReminderOn": true, "reminderMinutesBeforeStart": 45, "allowNewTimeProposals": false,
        "isOnlineMeeting": true, "onlineMeeting": {"joinUrl": "https://teams.microsoft.example/l/a?x=1"}, "webLink": "https://outlook.example/1",
        "recurrence": null, "seriesMasterId": null,
    })
}

#[test]
fn every_field_is_there_and_understood() {
    let ics = there(meeting(), json!([]), &[]).ics(MS_MARA).unwrap();
    let event = series_of(&ics).master.unwrap();
    assert_eq!((event.summary.as_str(), event.location.as_str()), ("Review; of, things", "Hall\\left"));
    assert!(event.description.contains("Two & three") && !event.description.contains('<'));
    assert!(matches!(&event.start, When::At(wall, zone) if zone.name() == "America/New_York" && wall.to_string() == "2026-11-25 09:00:00"));
    assert_eq!(event.lasts, calendar::event::Lasts::Exactly(3600));
    let people: Vec<_> =
        event.attendees.iter().map(|a| (a.person.address.as_str(), a.participation.as_str(), a.optional, a.resource)).collect();
    assert_eq!(
        people,
        [(MS_MARA, "TENTATIVE", false, false), ("bo@x.example", "ACCEPTED", true, false), ("room@x.example", "DECLINED", false, true)]
    );
    let caller = event.organizer.unwrap();
    assert_eq!((caller.address.as_str(), caller.name.as_str()), ("chair@x.example", "Chair, the"));
    assert_eq!((event.join.as_deref(), event.alarms.as_slice()), (Some("https://teams.microsoft.example/l/a?x=1"), &[45][..]));
    let flat = ics.replace("\r\n ", "");
    for line in [
        "DTEND;TZID=Europe/London:20261125T150000",
        "DTSTAMP:20261002T080000Z",
        "CREATED:20261001T080000Z",
        "CLASS:CONFIDENTIAL",
        "PRIORITY:1",
        "CATEGORIES:Red\\, of course,Quay\\;7",
        "TRANSP:OPAQUE",
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
        "URL:https://outlook.example/1",
        "X-ALT-DESC;FMTTYPE=text/html:<html>",
    ] {
        assert!(flat.contains(line), "{line}\n{flat}");
    }
}

/// The field that Graph has, as this client would write it.
fn meant(event: &Value, name: &str) -> Value {
    let value = event[name].clone();
    match name {
        "location" => json!({"displayName": value["displayName"]}),
        // Answers are no field; whoever calls the meeting is no guest.
        "attendees" => value.as_array().unwrap().iter().map(|g| json!({"type": g["type"], "emailAddress": g["emailAddress"]})).collect(),
        "body" => json!({"contentType": value["contentType"], "content": value["content"]}),
        _ => value,
    }
}

/// What Graph says of an event → iCalendar → what Graph would be told: every field that can be written is the same.
#[test]
fn what_graph_says_comes_back_equal() {
    let variants = |name: &str, all: Value| -> Vec<Value> {
        all.as_array().unwrap().iter().map(|value| with(meeting(), json!({name: value}))).collect()
    };
    let mut events = vec![meeting(), with(meeting(), json!({"isOrganizer": true}))];
    events.extend(variants("showAs", json!(["free", "tentative", "busy", "oof", "workingElsewhere"])));
    events.extend(variants("sensitivity", json!(["normal", "personal", "private", "confidential"])));
    events.extend(variants("importance", json!(["low", "normal", "high"])));
    events.extend(variants("categories", json!([[], ["One"], ["a\\b", "c,d", "e;f"]])));
    events.extend(variants("subject", json!(["", "Ünï 🎉", "two\nlines", "x:y;z=\"q\""])));
    events.extend(variants(
        "body",
        json!([{"contentType": "text", "content": "Plain < text\nof & two"}, {"contentType": "text", "content": ""}]),
    ));
    events.extend(variants("reminderMinutesBeforeStart", json!([0, 15, 1440, 20160])));
    events.push(with(meeting(), json!({"isReminderOn": false})));
    events.push(with(meeting(), json!({"onlineMeeting": null, "isOnlineMeeting": false})));
    for event in events {
        let ics = there(event.clone(), json!([]), &[]).ics(MS_MARA).unwrap();
        let doc = to_json::read(&ics).unwrap();
        let told = fields(doc.master.as_ref().unwrap(), event["onlineMeeting"]["joinUrl"].as_str()).unwrap();
        for name in
            ["subject", "body", "location", "isAllDay", "showAs", "sensitivity", "importance", "categories", "isReminderOn", "attendees"]
        {
            assert_eq!(told[name], meant(&event, name), "{name}\n{ics}");
        }
        if event["isReminderOn"] == true {
            assert_eq!(told["reminderMinutesBeforeStart"], event["reminderMinutesBeforeStart"], "{ics}");
        }
        assert_eq!(told["start"], json!({"dateTime": "2026-11-25T09:00:00", "timeZone": "America/New_York"}));
        assert_eq!(told["end"], json!({"dateTime": "2026-11-25T15:00:00", "timeZone": "Europe/London"}));
        assert_eq!(told["recurrence"], Value::Null);
    }
}

#[test]
fn a_series_in_summer_and_winter_with_members_out_and_moved() {
    let master = with(
        meeting(),
        json!({"type": "seriesMaster", "originalStartTimeZone": "W. Europe Standard Time", "originalEndTimeZone": "W. Europe Standard Time",
            "start": utc("2026-10-13T08:00:00"), "end": utc("2026-10-13T08:15:00"), "recurrence": {
                "pattern": {"type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "sunday", "index": "first"},
                "range": {"type": "endDate", "startDate": "2026-10-13", "endDate": "2026-12-01", "recurrenceTimeZone": "W. Europe Standard Time", "numberOfOccurrences": 0}}}),
    );
    let member = with(
        meeting(),
        json!({"id": "AAk2", "type": "exception", "iCalUId": "another", "seriesMasterId": "AAk1", "originalStart": "2026-11-10T09:00:00Z",
            "start": utc("2026-11-11T13:00:00"), "end": utc("2026-11-11T13:15:00"), "subject": "Moved"}),
    );
    let whole = there(master, json!([member]), &["2026-10-20", "2026-11-03"]);
    let ics = whole.ics(MS_MARA).unwrap();
    assert!(ics.contains("EXDATE;TZID=Europe/Berlin:20261020T100000,20261103T100000"), "{ics}");
    assert!(ics.contains("RECURRENCE-ID;TZID=Europe/Berlin:20261110T100000"), "{ics}");
    let all = series_of(&ics);
    let found = all.occurrences(Timestamp::from_secs(1_790_000_000), Timestamp::from_secs(1_800_000_000), &Zone::fixed(0));
    let keys: Vec<String> = found.occurrences.iter().map(|o| o.member.key()).collect();
    assert_eq!(
        keys,
        ["20261013T080000Z", "20261027T090000Z", "20261110T090000Z", "20261117T090000Z", "20261124T090000Z", "20261201T090000Z"]
    );
    assert_eq!(all.overrides[0].uid, all.master.unwrap().uid, "one UID for all");
    assert_eq!(whole.member("20261110T090000Z").map(|event| event.id.as_str()), Some("AAk2"));
    assert!(whole.member("20261117T090000Z").is_none());
    let doc = to_json::read(&ics).unwrap();
    let told = fields(doc.master.as_ref().unwrap(), None).unwrap();
    assert_eq!(
        told["recurrence"]["range"],
        json!({"type": "endDate", "startDate": "2026-10-13", "endDate": "2026-12-01", "recurrenceTimeZone": "Europe/Berlin"})
    );
}

#[test]
fn whole_days_are_days_and_a_meeting_without_guests_has_no_caller() {
    let days = with(
        meeting(),
        json!({"isAllDay": true, "start": utc("2026-12-24T00:00:00"), "end": utc("2026-12-27T00:00:00"), "attendees": [], "isOrganizer": true,
            "showAs": "workingElsewhere", "isReminderOn": false, "onlineMeeting": null, "sensitivity": "normal", "importance": "normal"}),
    );
    let ics = there(days, json!([]), &[]).ics(MS_MARA).unwrap();
    let event = series_of(&ics).master.unwrap();
    assert_eq!(event.lasts, calendar::event::Lasts::Nominally { days: 3, secs: 0 });
    assert!(event.start.is_date() && event.organizer.is_none() && event.free && event.alarms.is_empty() && event.join.is_none());
    assert!(!ics.contains("CLASS") && !ics.contains("PRIORITY") && ics.contains("BUSYSTATUS:WORKINGELSEWHERE"));
}

#[test]
fn nonsense_is_no_panic_and_no_event() {
    for odd in [
        json!({"id": "a"}),
        json!({"id": "a", "start": {"dateTime": "soon", "timeZone": "UTC"}}),
        json!({"id": "a", "start": null, "attendees": null}),
    ] {
        assert!(there(odd.clone(), json!([]), &[]).ics(MS_MARA).is_none(), "{odd}");
    }
    let hostile = with(
        meeting(),
        json!({"subject": "x\r\nATTENDEE:mailto:e@x", "iCalUId": "u\r\nATTENDEE:mailto:e@x", "attendees": [], "isOrganizer": true,
            "webLink": "https://x\r\nATTENDEE:mailto:e@x", "onlineMeeting": {"joinUrl": "https://x\r\nATTENDEE:mailto:e@x"}, "categories": ["x\r\nATTENDEE:mailto:e@x"]}),
    );
    let ics = there(hostile, json!([]), &[]).ics(MS_MARA).unwrap();
    assert!(!ics.lines().any(|line| line.starts_with("ATTENDEE")), "{ics}");
    let _: Event = serde_json::from_value(json!({"id": "a", "attendees": [{}], "recurrence": {}, "onlineMeeting": {}})).unwrap();
}
