//! Mara's work at the harbour, in her Microsoft 365 calendars.
//!
//! It says the same as the mail there. One meeting (the Northgate call) is also in her calendars at Google and on the CalDAV server, as it is
//! for everybody who has several; Exchange keeps it under an identifier of its own that has the UID inside.

use chrono::{
    NaiveDate, NaiveDateTime, TimeDelta,
    Weekday::{Fri, Mon, Thu, Tue, Wed},
};
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{diary::Diary, handles::put};
use crate::{Fill, fixtures::calendar::Around};

/// In all worlds.
const SHARED_UID: &str = "northgate-newyork@nordlysstudio.example";
const SIGNE: (&str, &str) = ("Signe Dahl", "signe.dahl@havnegruppen.example");
const TOR: (&str, &str) = ("Tor Vik", "tor@kaivakt.example");
const SAM: (&str, &str) = ("Sam Okafor", "sam.okafor@northgate.example");

pub(in super::super) fn fill(diary: &mut Diary, fill: Fill, now: Timestamp) {
    let main = diary.main();
    let around = Around::new(now);
    // Written a while ago: nothing of it looks like the last minute's.
    let made = now.plus_secs(-7 * 86_400);
    let mut all: Vec<(String, Value)> = match fill {
        Fill::Empty | Fill::Bulk(_) => return,
        Fill::Small => small(around).into_iter().map(|event| (main.clone(), event)).collect(),
        Fill::Demo => work(diary, around).into_iter().map(|event| (main.clone(), event)).collect(),
    };
    if fill == Fill::Demo {
        let quay = diary.add("Quay 7", "lightTeal", "", true);
        let crane = days("Crane 2 is serviced", around.day(1, Mon), 3);
        all.push((quay, with(crane, json!({"showAs": "free", "location": {"displayName": "Quay 7"}}))));
    }
    for (calendar, event) in all {
        if let Err(error) = put(diary, &calendar, event, made) {
            tracing::error!(calendar, error, "a fixture is no valid event");
        }
    }
    if fill == Fill::Demo {
        moved(diary, around, made);
    }
}

fn at(zone: &str, wall: NaiveDateTime) -> Value {
    json!({"dateTime": wall.format("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": zone})
}

fn zoned(zone: &str, title: &str, date: NaiveDate, clock: (u32, u32), minutes: i64) -> Value {
    let start = date.and_hms_opt(clock.0, clock.1, 0).unwrap_or_default();
    json!({"subject": title, "start": at(zone, start), "end": at(zone, start + TimeDelta::minutes(minutes))})
}

fn timed(title: &str, date: NaiveDate, clock: (u32, u32), minutes: i64) -> Value {
    zoned("W. Europe Standard Time", title, date, clock, minutes)
}

fn days(title: &str, first: NaiveDate, length: i64) -> Value {
    let at = |day: NaiveDate| json!({"dateTime": format!("{day}T00:00:00"), "timeZone": "UTC"});
    json!({"subject": title, "isAllDay": true, "isReminderOn": false, "start": at(first), "end": at(first + TimeDelta::days(length))})
}

fn with(mut event: Value, more: Value) -> Value {
    if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more);
    }
    event
}

fn who((name, address): (&str, &str)) -> Value {
    json!({"emailAddress": {"name": name, "address": address}})
}

fn guests(all: &[(&str, &str)]) -> Value {
    all.iter().map(|guest| with(who(*guest), json!({"type": "required", "status": {"response": "accepted"}}))).collect()
}

fn weekly(day: &str, from: NaiveDate) -> Value {
    json!({"recurrence": {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [day], "firstDayOfWeek": "monday"},
        "range": {"type": "noEnd", "startDate": from.to_string(), "recurrenceTimeZone": "W. Europe Standard Time"},
    }})
}

/// One event and one series, for tests that count.
fn small(around: Around) -> Vec<Value> {
    let first = around.day(-4, Tue);
    vec![
        timed("Survey of quay 7", around.day(1, Mon), (13, 0), 60),
        with(timed("Harbour planning", first, (9, 0), 45), weekly("tuesday", first)),
    ]
}

fn work(diary: &Diary, around: Around) -> Vec<Value> {
    let day = |week, weekday| around.day(week, weekday);
    let (name, address) = diary.owner.clone();
    let me = (name.as_str(), address.as_str());
    let first = day(-6, Tue);
    let of_month = day(-8, Mon);
    let inside = [&b"vCal-Uid\x01\0\0\0"[..], SHARED_UID.as_bytes(), &[0]].concat();
    let wrapped = inside.iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"));
    let call = zoned("Eastern Standard Time", "Northgate: call with the New York warehouse", day(0, Fri), (9, 30), 45);
    vec![
        with(
            with(timed("Harbour planning", first, (9, 0), 45), weekly("tuesday", first)),
            json!({"isOnlineMeeting": true, "onlineMeetingProvider": "teamsForBusiness", "attendees": guests(&[SIGNE, TOR]),
                "body": {"contentType": "html", "content": "<p>Berths of the week, then the cranes.</p>"}}),
        ),
        with(
            timed("Berth plan for the autumn", day(0, Thu), (13, 0), 60),
            json!({"organizer": who(SIGNE), "attendees": guests(&[me, TOR]), "location": {"displayName": "Kaikontoret"}}),
        ),
        with(
            timed("Survey of quay 7, on site", day(1, Wed), (8, 0), 240),
            json!({"showAs": "oof", "categories": ["Quay 7"], "reminderMinutesBeforeStart": 60, "location": {"displayName": "Quay 7"}}),
        ),
        with(
            days("Tide tables out", of_month, 1),
            json!({"showAs": "free", "recurrence": {
                "pattern": {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["monday"], "index": "first"},
                "range": {"type": "noEnd", "startDate": of_month.to_string(), "recurrenceTimeZone": "UTC"},
            }}),
        ),
        with(
            call,
            json!({"iCalUId": format!("040000008200E00074C5B7101A82E008{}{wrapped}", "00".repeat(24)), "organizer": who(SAM),
                "attendees": guests(&[me]), "body": {"contentType": "text", "content": "Half past nine there."}}),
        ),
    ]
}

/// Next week the planning is on a Wednesday, and in the week after that there is none.
fn moved(diary: &mut Diary, around: Around, made: Timestamp) {
    let series = diary.entries.values().find(|entry| entry.recurrence.is_some() && entry.own).map(|entry| entry.key);
    let Some(key) = series else { return };
    let main = diary.main();
    let id = super::diary::id(key, Some(around.day(1, Tue)), true);
    let later = timed("Harbour planning", around.day(1, Wed), (14, 0), 45);
    if let Err(error) = put(diary, &main, with(later, json!({"id": id})), made) {
        tracing::error!(error, "a fixture is no valid member");
    }
    super::write::take(diary, key, Some(around.day(2, Tue)), made);
}
