//! Google's calendars to start with: Mara's own life in the first account, the studio's in the second.
//!
//! They say the same as the mail and as the other calendars of the fixtures. One meeting (the Northgate call) is under one UID both here and
//! in the CalDAV calendar, as it is for everybody who has two.

use chrono::{
    NaiveDate, NaiveDateTime, NaiveTime, TimeDelta,
    Weekday::{Fri, Mon, Sat, Thu, Tue, Wed},
};
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    handles::put,
    times::Time,
    world::{Calendar, GcalSwitches, GcalWorld, STANDARD_LIMIT},
};
use crate::{
    Fill, Quota,
    fixtures::{MARA, MARA_WORK, calendar::Around, people::person},
};

const ZONE: &str = "Europe/Stockholm";
const HOLIDAYS: &str = "sv.swedish#holiday@group.v.calendar.google.com";
const STUDIO: &str = "c_studio7k2m@group.calendar.google.com";
/// In both worlds.
const SHARED_UID: &str = "northgate-newyork@nordlysstudio.example";

pub(crate) fn world(fill: Fill, quota: Quota, now: Timestamp) -> GcalWorld {
    let limit = (quota == Quota::Standard).then_some(STANDARD_LIMIT);
    let mut world = GcalWorld::default();
    world.switches = GcalSwitches { calls_per_minute: limit, ..GcalSwitches::default() };
    let usual = vec![("popup".to_owned(), 10)];
    for (email, name, colour) in [(MARA, MARA, "#9fe1e7"), (MARA_WORK, MARA_WORK, "#9a9cff")] {
        world.add(Calendar { reminders: usual.clone(), ..Calendar::new(email, email, name, ZONE, colour, "owner") });
    }
    let holidays = Calendar::new(MARA, HOLIDAYS, "Helgdagar i Sverige", ZONE, "#16a765", "reader");
    world.add(Calendar { summary_override: Some("Holidays in Sweden".to_owned()), ..holidays });
    world.add(Calendar { reminders: usual, ..Calendar::new(MARA_WORK, STUDIO, "Studio", ZONE, "#f83a22", "writer") });
    let around = Around::new(now);
    let lists: Vec<(&str, &str, Vec<Value>)> = match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => small(around),
        Fill::Demo => vec![
            (MARA, MARA, own(around)),
            (MARA, HOLIDAYS, holiday(around)),
            (MARA_WORK, MARA_WORK, work(around)),
            (MARA_WORK, STUDIO, studio(around)),
        ],
    };
    // Written a while ago: nothing of it looks like the last minute's.
    let made = now.plus_secs(-8 * 86_400);
    for (email, calendar, events) in lists {
        for event in events {
            if let Err(error) = put(&mut world, email, calendar, event, made) {
                tracing::error!(calendar, error, "a fixture is no valid event");
            }
        }
    }
    world
}

fn wall(date: NaiveDate, clock: (u32, u32)) -> NaiveDateTime {
    date.and_time(NaiveTime::from_hms_opt(clock.0, clock.1, 0).unwrap_or_default())
}

fn at(zone: &str, wall: NaiveDateTime) -> Value {
    json!({"dateTime": wall.format("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": zone})
}

/// In Stockholm.
fn timed(id: &str, title: &str, date: NaiveDate, clock: (u32, u32), minutes: i64) -> Value {
    zoned(ZONE, id, title, date, clock, minutes)
}

fn zoned(zone: &str, id: &str, title: &str, date: NaiveDate, clock: (u32, u32), minutes: i64) -> Value {
    let start = wall(date, clock);
    json!({
        "id": id, "summary": title, "reminders": {"useDefault": true},
        "start": at(zone, start), "end": at(zone, start + TimeDelta::minutes(minutes)),
    })
}

fn days(id: &str, title: &str, first: NaiveDate, length: i64) -> Value {
    let end = first + TimeDelta::days(length);
    json!({"id": id, "summary": title, "transparency": "transparent", "start": {"date": first.to_string()}, "end": {"date": end.to_string()}})
}

/// With more fields.
fn with(mut event: Value, more: Value) -> Value {
    if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more);
    }
    event
}

/// Organiser and guests by their keys; `me` is the account's own address.
fn people(event: Value, me: &str, organiser: &str, guests: &[(&str, &str)]) -> Value {
    let entry = |key: &str, answer: &str| {
        let (name, address) = match person(key) {
            _ if key == "me" => ("Mara Lindqvist", me),
            Some(person) => (person.name, person.address),
            None => return Value::Null,
        };
        json!({"email": address, "displayName": name, "responseStatus": answer})
    };
    let mut organizer = entry(organiser, "accepted");
    let mut all = vec![organizer.clone()];
    all.extend(guests.iter().map(|(key, answer)| entry(key, answer)));
    if let Some(map) = organizer.as_object_mut() {
        map.remove("responseStatus");
    }
    with(event, json!({"organizer": organizer, "attendees": all}))
}

fn meet(event: Value, room: &str) -> Value {
    let link = format!("https://meet.google.example/{room}");
    let point = json!({"entryPointType": "video", "uri": link, "label": format!("meet.google.example/{room}")});
    let solution = json!({"key": {"type": "hangoutsMeet"}, "name": "Google Meet"});
    with(
        event,
        json!({"hangoutLink": link, "conferenceData": {"conferenceId": room, "conferenceSolution": solution, "entryPoints": [point]}}),
    )
}

/// Of the series `master`: the member of this day is otherwise.
fn member(master: &str, original: NaiveDateTime, mut event: Value) -> Value {
    let start = Time::parse(&at(ZONE, original), ZONE).map(|t| t.suffix()).unwrap_or_default();
    if let Some(fields) = event.as_object_mut() {
        fields.insert("id".to_owned(), json!(format!("{master}_{start}")));
        fields.insert("recurringEventId".to_owned(), json!(master));
        fields.insert("originalStartTime".to_owned(), at(ZONE, original));
    }
    event
}

/// A few events, for tests that count.
fn small(around: Around) -> Vec<(&'static str, &'static str, Vec<Value>)> {
    let standup = timed("standup00", "Stand-up", around.day(-4, Mon), (9, 15), 15);
    vec![
        (
            MARA,
            MARA,
            vec![
                timed("dentist00", "Dentist", around.day(1, Mon), (16, 20), 30),
                with(
                    days("birthda00", "Elin's birthday", Around::in_year(around.today, 2015), 1),
                    json!({"recurrence": ["RRULE:FREQ=YEARLY"]}),
                ),
            ],
        ),
        (MARA_WORK, MARA_WORK, vec![with(standup, json!({"recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"]}))]),
    ]
}

fn own(around: Around) -> Vec<Value> {
    let day = |week, weekday| around.day(week, weekday);
    let swim = |id: &str, date| with(timed(id, "Swimming lesson, Elin", date, (16, 30), 45), json!({"location": "Eriksdalsbadet"}));
    vec![
        with(swim("simning00", day(-5, Wed)), json!({"recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=WE"]})),
        member("simning00", wall(day(1, Wed), (16, 30)), swim("", day(1, Thu))),
        with(
            timed("recirkulo", "Glass and paper out", day(-2, Mon), (7, 0), 15),
            json!({"recurrence": ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"], "transparency": "transparent", "colorId": "8"}),
        ),
        people(
            with(timed("fika00000", "Fika with Noor", day(0, Thu), (15, 0), 60), json!({"location": "Café Saturnus"})),
            MARA,
            "me",
            &[("noor", "accepted")],
        ),
        people(
            timed("boardgame", "Board games at Felix's", day(0, Sat), (18, 0), 240),
            MARA,
            "felix",
            &[("me", "needsAction"), ("mei", "accepted")],
        ),
        with(
            timed("gardenda0", "Garden association: winter day", day(1, Sat), (10, 0), 180),
            json!({"description": "<p>Bring <b>gloves</b>.<br>Soup at noon.</p>", "location": "Allotment 14"}),
        ),
        with(days("hostinglv", "Sofie's at the flat", day(1, Fri), 3), json!({"description": "Keys are with Erik."})),
        with(
            timed("joga00000", "Yoga", day(-4, Tue), (7, 15), 60),
            json!({"recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=TU,TH", format!("EXDATE;TZID={ZONE}:{}T071500", day(0, Thu).format("%Y%m%d"))],
                "visibility": "private", "reminders": {"useDefault": false, "overrides": [{"method": "popup", "minutes": 45}]}}),
        ),
    ]
}

fn holiday(around: Around) -> Vec<Value> {
    use chrono::Datelike as _;
    let year = around.today.year();
    let days_of = |year: i32| {
        [
            ("narsdag00", "Nyårsdagen", 1, 1),
            ("nationald", "Sveriges nationaldag", 6, 6),
            ("julafton0", "Julafton", 12, 24),
            ("juldagen0", "Juldagen", 12, 25),
        ]
        .into_iter()
        .filter_map(move |(id, title, month, day)| {
            Some(with(days(&format!("{id}{year}"), title, NaiveDate::from_ymd_opt(year, month, day)?, 1), json!({"visibility": "public"})))
        })
    };
    (year - 1..=year + 1).flat_map(days_of).collect()
}

fn work(around: Around) -> Vec<Value> {
    let day = |week, weekday| around.day(week, weekday);
    let me = MARA_WORK;
    let one = |id: &str, date| {
        let event = meet(timed(id, "Ingrid / Mara", date, (11, 0), 30), "ing-mara-one");
        people(event, me, "ingrid", &[("me", "accepted")])
    };
    let call = meet(
        zoned("America/New_York", "northgate", "Northgate: call with the New York warehouse", day(0, Fri), (9, 30), 45),
        "nor-thga-teny",
    );
    vec![
        with(one("oneonone0", day(-4, Tue)), json!({"recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=TU"]})),
        member("oneonone0", wall(day(1, Tue), (11, 0)), one("", day(1, Wed))),
        with(people(call, me, "sam", &[("me", "accepted")]), json!({"iCalUID": SHARED_UID, "description": "Half past nine there."})),
        people(
            meet(timed("portfolio", "Portfolio page: text and pictures", day(0, Tue), (14, 30), 45), "por-tfol-iopg"),
            me,
            "me",
            &[("tomas", "accepted"), ("priya", "tentative")],
        ),
        people(
            with(timed("pricelist", "New price list", day(0, Thu), (9, 45), 60), json!({"location": "Room Polaris", "colorId": "5"})),
            me,
            "ingrid",
            &[("me", "needsAction"), ("marta", "accepted"), ("tomas", "accepted")],
        ),
        people(timed("onboardin", "Onboarding: where everything is", day(1, Mon), (10, 0), 60), me, "priya", &[("me", "accepted")]),
        with(
            timed("focus0000", "Focus time", day(1, Thu), (13, 0), 180),
            json!({"eventType": "focusTime", "focusTimeProperties": {"autoDeclineMode": "declineNone", "chatStatus": "doNotDisturb"}}),
        ),
        people(
            meet(timed("retro0000", "Retrospective", day(1, Fri), (15, 0), 60), "ret-rosp-ecti"),
            me,
            "tomas",
            &[("me", "tentative"), ("ingrid", "accepted"), ("priya", "accepted")],
        ),
    ]
}

fn studio(around: Around) -> Vec<Value> {
    let day = |week, weekday| around.day(week, weekday);
    vec![
        days("paelprint", "Paweł prints the field guide", day(1, Wed), 2),
        with(days("quartals0", "Invoices out", day(-8, Mon), 1), json!({"recurrence": ["RRULE:FREQ=MONTHLY;BYDAY=-1FR"]})),
        with(
            timed("cake00000", "Cake", day(-4, Fri), (15, 30), 30),
            json!({"recurrence": ["RRULE:FREQ=WEEKLY;INTERVAL=2"], "location": "Kitchen"}),
        ),
    ]
}
