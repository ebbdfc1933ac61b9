//! The stand-in by itself: what it refuses, and how it counts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use crate::{
    Fault, Fill, MARA, MARA_WORK, Sandbox, SandboxOptions,
    test_client::{Reply, get, google_token, post, send},
};

const EVENTS: &str = "/calendar/v3/calendars/primary/events";
const SCOPES: &str = "https://www.googleapis.com/auth/calendar.events https://www.googleapis.com/auth/calendar.calendarlist.readonly";

struct Client {
    sandbox: Sandbox,
    base: String,
    token: String,
}

impl Client {
    async fn start() -> Self {
        Self::with(SandboxOptions::default(), SCOPES).await
    }

    async fn with(options: SandboxOptions, scopes: &str) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let token = google_token(&sandbox, scopes).await;
        Self { base: sandbox.google_base(), sandbox, token }
    }

    async fn get(&self, target: &str) -> Reply {
        get(&self.base, target, &self.token).await
    }

    async fn post(&self, target: &str, body: &Value) -> Reply {
        post(&self.base, target, &self.token, body).await
    }

    async fn send(&self, method: &str, target: &str, tag: Option<&str>, body: &Value) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        headers.extend(tag.map(|tag| ("If-Match", tag)));
        send(&self.base, method, target, &headers, body.to_string().as_bytes()).await
    }

    /// `events.list` to its end; the events and the sync token.
    async fn list(&self, query: &str) -> (Vec<Value>, String) {
        let (mut all, mut page) = (Vec::new(), String::new());
        loop {
            let reply = self.get(&format!("{EVENTS}?{query}{page}")).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            let body = reply.json();
            all.extend(body["items"].as_array().unwrap().clone());
            match body["nextPageToken"].as_str() {
                Some(next) => page = format!("&pageToken={next}"),
                None => return (all, body["nextSyncToken"].as_str().unwrap_or_default().to_owned()),
            }
        }
    }
}

fn at(wall: &str) -> Value {
    json!({"dateTime": wall, "timeZone": "Europe/Zurich"})
}

fn event(more: Value) -> Value {
    let mut event = json!({"summary": "x", "start": at("2026-11-03T10:00:00"), "end": at("2026-11-03T10:15:00")});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn ids(events: &[Value]) -> Vec<&str> {
    events.iter().map(|e| e["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_call_needs_its_scope_and_a_calendar_that_is_there() {
    let list = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
    let client = Client::with(SandboxOptions::default(), list).await;
    assert_eq!(client.get("/calendar/v3/users/me/calendarList").await.status, 200);
    for reply in [client.get(EVENTS).await, client.post(EVENTS, &event(json!({}))).await] {
        assert_eq!((reply.status, reply.reason().as_str()), (403, "insufficientPermissions"));
    }
    let client = Client::with(SandboxOptions::default(), "https://www.googleapis.com/auth/calendar.events.readonly").await;
    assert_eq!((client.get(EVENTS).await.status, client.post(EVENTS, &event(json!({}))).await.status), (200, 403));
    assert_eq!(client.get("/calendar/v3/users/me/calendarList").await.reason(), "insufficientPermissions");
    assert_eq!(client.get("/calendar/v3/calendars/nobody%40x.example/events").await.status, 404);
    assert_eq!(client.get(&format!("/calendar/v3/calendars/{}/events", MARA.replace('@', "%40"))).await.status, 200);
    assert_eq!(get(&client.base, EVENTS, "no-token").await.status, 401);
}

#[tokio::test]
async fn nonsense_is_refused_with_googles_reasons() {
    let client = Client::start().await;
    for (more, reason) in [
        (json!({"id": "ABCDE"}), "invalid"),
        (json!({"id": "abcd"}), "invalid"),
        (json!({"id": "uvwxyz"}), "invalid"),
        (json!({"start": null}), "required"),
        (json!({"start": {"dateTime": "2026-11-03T10:00:00"}}), "invalid"),
        (json!({"start": {"date": "2026-11-03", "dateTime": "2026-11-03T10:00:00Z"}}), "invalid"),
        (json!({"start": {"date": "2026-11-03"}}), "invalid"),
        (json!({"start": {"dateTime": "2026-11-03T10:00:00", "timeZone": "Europe/Atlantis"}}), "invalid"),
        (json!({"end": at("2026-11-03T09:00:00")}), "timeRangeEmpty"),
        (json!({"start": {"date": "2026-11-03"}, "end": {"date": "2026-11-03"}}), "timeRangeEmpty"),
        (
            json!({"start": {"dateTime": "2026-11-03T10:00:00Z"}, "end": {"dateTime": "2026-11-03T11:00:00Z"}, "recurrence": ["RRULE:FREQ=DAILY"]}),
            "required",
        ),
        (json!({"recurrence": ["RRULE:FREQ=DAILY;UNTIL=20261201"]}), "invalid"),
        (json!({"recurrence": ["RRULE:FREQ=DAILY;UNTIL=20261201T100000"]}), "invalid"),
        (json!({"recurrence": ["DTSTART:20261201T100000Z", "RRULE:FREQ=DAILY"]}), "invalid"),
        (json!({"recurrence": ["EXDATE;VALUE=DATE:20261201", "RRULE:FREQ=DAILY"]}), "invalid"),
        (json!({"attendees": [{"displayName": "nobody"}]}), "invalid"),
        (json!({"attendees": [{"email": "a@x.example", "responseStatus": "YES"}]}), "invalid"),
        (json!({"status": "CONFIRMED"}), "invalid"),
        (json!({"reminders": {"useDefault": false, "overrides": [{"method": "popup", "minutes": 40321}]}}), "invalid"),
        (
            json!({"reminders": {"useDefault": true, "overrides": [{"method": "popup", "minutes": 1}]}}),
            "cannotUseDefaultRemindersAndSpecifyOverride",
        ),
        (json!({"sumary": "x"}), "invalidArgument"),
    ] {
        let reply = client.post(EVENTS, &event(more.clone())).await;
        assert_eq!((reply.status, reply.reason().as_str()), (400, reason), "{more}");
    }
    for query in ["sendUpdates=everybody", "sendUpdate=all"] {
        assert_eq!(client.post(&format!("{EVENTS}?{query}"), &event(json!({}))).await.status, 400, "{query}");
    }
    assert!(client.list("").await.0.is_empty());
    let days = json!({"recurrence": ["RRULE:FREQ=DAILY;UNTIL=20261201"], "start": {"date": "2026-11-03"}, "end": {"date": "2026-11-04"}});
    assert_eq!(client.post(EVENTS, &event(days)).await.status, 200);
}

#[tokio::test]
async fn ids_are_taken_once_and_tags_guard_what_was_seen() {
    let client = Client::start().await;
    let made = event(json!({"id": "abcde", "attendees": [{"email": "bo@x.example"}, {"email": MARA}], "location": "Hall"}));
    let first = client.post(&format!("{EVENTS}?sendUpdates=all"), &made).await.json();
    assert_eq!(first["iCalUID"], "abcde@google.com");
    assert_eq!(first["start"], json!({"dateTime": "2026-11-03T10:00:00+01:00", "timeZone": "Europe/Zurich"}));
    assert_eq!(first["attendees"][1]["self"], true);
    let again = client.post(EVENTS, &made).await;
    assert_eq!((again.status, again.reason().as_str()), (409, "duplicate"));
    let one = format!("{EVENTS}/abcde");
    let tag = first["etag"].as_str().unwrap();
    let second =
        client.send("PATCH", &one, Some(tag), &json!({"summary": "y", "location": null, "attendees": [{"email": "cy@x.example"}]})).await;
    let second = second.json();
    assert_eq!((&second["summary"], second.get("location"), second["attendees"].as_array().unwrap().len()), (&json!("y"), None, 1));
    let stale = client.send("PATCH", &one, Some(tag), &json!({"summary": "z"})).await;
    assert_eq!((stale.status, stale.reason().as_str()), (412, "conditionNotMet"));
    assert_eq!(client.send("DELETE", &one, Some(tag), &json!({})).await.status, 412);
    // Objects are merged: a date beside a time is one too many.
    assert_eq!(client.send("PATCH", &one, None, &json!({"start": {"date": "2026-11-03"}})).await.status, 400);
    assert_eq!(client.send("DELETE", &one, second["etag"].as_str(), &json!({})).await.status, 204);
    let gone = client.send("DELETE", &one, None, &json!({})).await;
    assert_eq!((gone.status, gone.reason().as_str()), (410, "deleted"));
    assert_eq!(client.get(&one).await.json()["status"], "cancelled");
    let told: Vec<_> = client.sandbox.gcal_told().into_iter().map(|t| (t.what, t.send)).collect();
    assert_eq!(told, [("insert", "all"), ("patch", "none"), ("delete", "none")].map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[tokio::test]
async fn sync_tells_what_changed_and_is_bound_to_its_parameters() {
    let client = Client::start().await;
    for id in ["aaaaa", "bbbbb", "ccccc"] {
        client.post(EVENTS, &event(json!({"id": id}))).await;
    }
    client.sandbox.set_gcal(|s| s.page = Some(2));
    let (all, token) = client.list("showDeleted=true").await;
    assert_eq!(ids(&all), ["aaaaa", "bbbbb", "ccccc"]);
    client.send("DELETE", &format!("{EVENTS}/bbbbb"), None, &json!({})).await;
    client.post(EVENTS, &event(json!({"id": "ddddd"}))).await;
    let (changed, next) = client.list(&format!("showDeleted=true&syncToken={token}")).await;
    assert_eq!(
        changed.iter().map(|e| (e["id"].as_str().unwrap(), e["status"].as_str().unwrap())).collect::<Vec<_>>(),
        [("bbbbb", "cancelled"), ("ddddd", "confirmed")]
    );
    assert!(client.list(&format!("showDeleted=true&syncToken={next}")).await.0.is_empty());
    // The same question has the same answer.
    assert_eq!(client.list(&format!("showDeleted=true&syncToken={token}")).await.0.len(), 2);
    for forbidden in ["timeMin=2026-11-01T00:00:00Z", "q=x", "iCalUID=x", "orderBy=updated", "updatedMin=2026-11-01T00:00:00Z"] {
        assert_eq!(client.get(&format!("{EVENTS}?showDeleted=true&syncToken={token}&{forbidden}")).await.status, 400, "{forbidden}");
    }
    assert_eq!(client.get(&format!("{EVENTS}?syncToken={token}")).await.status, 400, "other parameters");
    assert_eq!(client.get(&format!("{EVENTS}?syncToken=x")).await.status, 400);
    assert_eq!(client.get(&format!("{EVENTS}?pageToken=x")).await.status, 400);
    assert_eq!(client.get(&format!("{EVENTS}?orderBy=startTime")).await.status, 400);
    client.sandbox.void_gcal_tokens(MARA);
    let void = client.get(&format!("{EVENTS}?showDeleted=true&syncToken={next}")).await;
    assert_eq!((void.status, void.reason().as_str()), (410, "fullSyncRequired"));
    client.sandbox.control().add_fault(Fault::status("/calendar/v3/*", 429, "rateLimitExceeded"));
    assert_eq!(client.get(EVENTS).await.status, 429);
}

#[tokio::test]
async fn members_have_ids_of_their_own_and_come_and_go() {
    let client = Client::start().await;
    let series = json!({"id": "seriesa", "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=Europe/Zurich:20261117T100000"]});
    client.post(EVENTS, &event(series)).await;
    let instances = format!("{EVENTS}/seriesa/instances");
    let now = client.get(&format!("{instances}?timeMax=2027-01-01T00:00:00Z")).await.json();
    let all = now["items"].as_array().unwrap().clone();
    assert_eq!(ids(&all), ["seriesa_20261103T090000Z", "seriesa_20261110T090000Z", "seriesa_20261124T090000Z"]);
    let member = format!("{EVENTS}/seriesa_20261110T090000Z");
    assert_eq!(client.get(&member).await.json()["recurringEventId"], "seriesa");
    for none in ["seriesa_20261117T090000Z", "seriesa_20261111T090000Z", "seriesa_20261110", "other_20261110T090000Z"] {
        assert_eq!(client.get(&format!("{EVENTS}/{none}")).await.status, 404, "{none}");
    }
    let moved = json!({"start": at("2026-11-11T12:00:00"), "end": at("2026-11-11T13:00:00")});
    assert_eq!(client.send("PATCH", &member, None, &moved).await.json()["originalStartTime"]["dateTime"], "2026-11-10T10:00:00+01:00");
    assert_eq!(client.send("PATCH", &member, None, &json!({"recurrence": ["RRULE:FREQ=DAILY"]})).await.status, 400);
    assert_eq!(client.send("DELETE", &format!("{EVENTS}/seriesa_20261124T090000Z"), None, &json!({})).await.status, 204);
    let (flat, _) = client.list("singleEvents=true&orderBy=startTime&timeMin=2026-11-05T00:00:00Z&timeMax=2027-01-01T00:00:00Z").await;
    assert_eq!(ids(&flat), ["seriesa_20261110T090000Z"]);
    let (of_uid, _) = client.list("iCalUID=seriesa%40google.com&showDeleted=true").await;
    assert_eq!(of_uid.len(), 3, "the master, the one that moved and the one that is gone");
    // Back again.
    let back = client.send("PATCH", &format!("{EVENTS}/seriesa_20261124T090000Z"), None, &json!({"status": "confirmed"})).await;
    assert_eq!(back.json()["start"]["dateTime"], "2026-11-24T10:00:00+01:00");
    // The series moves, and with it goes what stood for its members.
    let later = json!({"start": at("2026-11-03T11:00:00"), "end": at("2026-11-03T11:15:00"), "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"]});
    client.send("PATCH", &format!("{EVENTS}/seriesa"), None, &later).await;
    let now = client.get(&instances).await.json();
    assert_eq!(ids(now["items"].as_array().unwrap()), ["seriesa_20261103T100000Z", "seriesa_20261110T100000Z"]);
    assert_eq!(client.sandbox.gcal_events(MARA, MARA).len(), 1);
}

#[tokio::test]
async fn guests_change_their_answer_and_nothing_else() {
    let client = Client::start().await;
    let theirs = json!({"id": "theirs", "organizer": {"email": "chair@x.example"},
        "attendees": [{"email": "chair@x.example", "responseStatus": "accepted"}, {"email": MARA, "responseStatus": "needsAction"}]});
    client.sandbox.put_gcal_event(MARA, MARA, event(theirs)).unwrap();
    let one = format!("{EVENTS}/theirs");
    let refused = client.send("PATCH", &one, None, &json!({"summary": "mine"})).await;
    assert_eq!((refused.status, refused.reason().as_str()), (403, "forbiddenForNonOrganizer"));
    let alone = json!({"attendees": [{"email": MARA, "responseStatus": "accepted"}]});
    assert_eq!(client.send("PATCH", &one, None, &alone).await.status, 403, "the list is replaced whole");
    let mut omitted = alone;
    omitted["attendeesOmitted"] = json!(true);
    let answered = client.send("PATCH", &format!("{one}?sendUpdates=all"), None, &omitted).await.json();
    assert_eq!((answered["attendees"].as_array().unwrap().len(), &answered["attendees"][1]["responseStatus"]), (2, &json!("accepted")));
    assert_eq!(client.send("PATCH", &one, None, &json!({"colorId": "3"})).await.status, 200);
    let imported =
        client.post(&format!("{EVENTS}/import"), &event(json!({"iCalUID": "a@x", "organizer": {"email": "chair@x.example"}}))).await.json();
    let again =
        client.post(&format!("{EVENTS}/import"), &event(json!({"iCalUID": "a@x", "organizer": {"email": "chair@x.example"}}))).await.json();
    assert_eq!((&imported["id"], &imported["iCalUID"]), (&again["id"], &json!("a@x")));
    assert_eq!(client.post(&format!("{EVENTS}/import"), &event(json!({}))).await.reason(), "required");
}

#[tokio::test]
async fn busy_times_and_other_calendars() {
    let client = Client::start().await;
    assert_eq!(client.post("/calendar/v3/freeBusy", &json!({})).await.reason(), "insufficientPermissions");
    let client = Client::with(SandboxOptions::default(), &format!("{SCOPES} https://www.googleapis.com/auth/calendar.freebusy")).await;
    for (id, more) in [
        ("abcde", json!({})),
        ("fghij", json!({"start": at("2026-11-03T10:10:00"), "end": at("2026-11-03T11:00:00")})),
        ("klmno", json!({"start": {"date": "2026-11-03"}, "end": {"date": "2026-11-04"}, "transparency": "transparent"})),
        ("pqrst", json!({"recurrence": ["RRULE:FREQ=DAILY"], "start": at("2026-10-30T08:00:00"), "end": at("2026-10-30T08:30:00")})),
    ] {
        let mut made = event(more);
        made["id"] = json!(id);
        assert_eq!(client.post(EVENTS, &made).await.status, 200);
    }
    let question =
        json!({"timeMin": "2026-11-03T00:00:00Z", "timeMax": "2026-11-03T23:00:00Z", "items": [{"id": "primary"}, {"id": "nobody@x"}]});
    let answer = client.post("/calendar/v3/freeBusy", &question).await.json();
    let span = |start: &str, end: &str| json!({"start": format!("2026-11-03T{start}:00.000Z"), "end": format!("2026-11-03T{end}:00.000Z")});
    assert_eq!(answer["calendars"]["primary"]["busy"], json!([span("07:00", "07:30"), span("09:00", "10:00")]));
    assert_eq!(answer["calendars"]["nobody@x"]["errors"][0]["reason"], "notFound");
    let holidays = "sv.swedish%23holiday%40group.v.calendar.google.com";
    let denied = client.post(&format!("/calendar/v3/calendars/{holidays}/events"), &event(json!({}))).await;
    assert_eq!((denied.status, denied.reason().as_str()), (403, "requiredAccessLevel"));
    client.sandbox.add_gcal_calendar(
        MARA,
        crate::GcalCalendar { id: "second@group".into(), time_zone: "UTC".into(), role: "owner".into(), ..crate::GcalCalendar::default() },
    );
    let moved = client.post(&format!("{EVENTS}/abcde/move?destination=second%40group"), &json!({})).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(client.sandbox.gcal_event(MARA, MARA, "abcde").unwrap()["status"], "cancelled");
    assert_eq!(client.sandbox.gcal_event(MARA, "second@group", "abcde").unwrap()["status"], "confirmed");
}

#[tokio::test]
async fn a_minute_has_so_many_calls() {
    let client = Client::with(SandboxOptions { quota: crate::Quota::Standard, ..SandboxOptions::default() }, SCOPES).await;
    client.sandbox.set_gcal(|s| {
        assert_eq!(s.calls_per_minute, Some(600));
        s.calls_per_minute = Some(2);
    });
    let statuses = [client.get(EVENTS).await.status, client.get(EVENTS).await.status, client.get(EVENTS).await.status];
    assert_eq!(statuses, [200, 200, 403]);
    client.sandbox.clock().advance(60_001);
    assert_eq!(client.get(EVENTS).await.status, 200);
}

#[tokio::test]
async fn the_fixtures_are_valid_events_around_now() {
    let sandbox = Sandbox::start(SandboxOptions { fill: Fill::Demo, ..SandboxOptions::default() }).await.unwrap();
    let all = |email: &str| -> usize { sandbox.gcal_calendars(email).iter().map(|c| sandbox.gcal_events(email, &c.id).len()).sum() };
    // Written down in fixtures.rs; a fixture that is refused would be missing.
    assert_eq!((all(MARA), all(MARA_WORK)), (8 + 12, 8 + 3));
    let shared = |e: &Value| e["iCalUID"] == "northgate-newyork@nordlysstudio.example";
    assert_eq!(sandbox.gcal_events(MARA_WORK, MARA_WORK).iter().filter(|e| shared(e)).count(), 1);
    let moved = sandbox.gcal_events(MARA_WORK, MARA_WORK).into_iter().filter(|e| e.get("recurringEventId").is_some()).count();
    assert_eq!(moved, 1);
    let letters = |e: &Value| e["id"].as_str().unwrap().split('_').next().unwrap().bytes().all(|b| matches!(b, b'a'..=b'v' | b'0'..=b'9'));
    assert!(sandbox.gcal_events(MARA, MARA).iter().chain(&sandbox.gcal_events(MARA_WORK, MARA_WORK)).all(letters));
    let small = Sandbox::start(SandboxOptions::small()).await.unwrap();
    assert_eq!(small.gcal_events(MARA, MARA).len(), 2);
}

#[tokio::test]
async fn calls_are_made_only_as_google_makes_them() {
    let c = Client::start().await;
    let asks =
        |kind: &str, name: &str| json!({"conferenceData": {"createRequest": {"requestId": name, "conferenceSolutionKey": {"type": kind}}}});
    let body = |more: &Value| {
        let mut event = json!({"start": {"date": "2026-12-01"}, "end": {"date": "2026-12-02"}});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    // Without the version nothing of it is looked at.
    let reply = c.post(EVENTS, &body(&asks("hangoutsMeet", "a"))).await;
    assert!(reply.status == 200 && reply.json()["conferenceData"].is_null(), "{}", reply.text());
    let versioned = format!("{EVENTS}?conferenceDataVersion=1");
    for bad in [asks("eventHangout", "a"), asks("hangoutsMeet", "")] {
        assert_eq!(c.post(&versioned, &body(&bad)).await.status, 400, "{bad}");
    }
    let made = c.post(&versioned, &body(&asks("hangoutsMeet", "a"))).await.json();
    assert_eq!(made["conferenceData"]["createRequest"]["status"]["statusCode"], "pending");
    let one = format!("{EVENTS}/{}", made["id"].as_str().unwrap());
    let there = c.get(&one).await.json();
    assert_eq!(there["conferenceData"]["createRequest"]["status"]["statusCode"], "success");
    assert!(there["hangoutLink"].is_string() && there["etag"] != made["etag"], "{there}");
    // The same request once more is ignored; null takes the call away.
    let again = c.send("PATCH", &format!("{one}?conferenceDataVersion=1"), None, &asks("hangoutsMeet", "a")).await.json();
    assert_eq!(again["conferenceData"], there["conferenceData"]);
    let gone = c.send("PATCH", &format!("{one}?conferenceDataVersion=1"), None, &json!({"conferenceData": null})).await.json();
    assert!(gone["conferenceData"].is_null() && gone["hangoutLink"].is_null(), "{gone}");
}
