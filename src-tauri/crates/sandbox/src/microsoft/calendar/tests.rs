//! Calendars over HTTP: what Graph answers, and what it refuses with which code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use super::super::tests::{Client, code};
use crate::{Fill, MS_MARA};

const SCOPE: &str = "openid Calendars.ReadWrite";

async fn client(fill: Fill) -> Client {
    Client::with(fill, SCOPE).await
}

fn at(wall: &str, zone: &str) -> Value {
    json!({"dateTime": wall, "timeZone": zone})
}

fn event(subject: &str) -> Value {
    json!({"subject": subject, "start": at("2026-11-24T14:00:00", "W. Europe Standard Time"), "end": at("2026-11-24T15:00:00", "Europe/Berlin")})
}

fn with(mut event: Value, more: Value) -> Value {
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn weekly(kind: Value) -> Value {
    let range = with(json!({"startDate": "2026-11-24", "recurrenceTimeZone": "Europe/Berlin"}), kind);
    json!({"recurrence": {"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]}, "range": range}})
}

async fn made(c: &Client, event: Value) -> Value {
    let reply = c.json("POST", "/me/events", &event).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

/// All pages of a round: values and the delta link.
async fn round(c: &Client, first: &str, page: usize) -> (Vec<Value>, String) {
    let (mut next, mut all) = (first.to_owned(), Vec::new());
    for _ in 0..200 {
        let prefer = format!("odata.maxpagesize={page}");
        let reply = c.ask("GET", &next, &[("Prefer", &prefer)], b"").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let body = reply.json();
        all.extend(body["value"].as_array().unwrap().iter().cloned());
        match (body["@odata.nextLink"].as_str(), body["@odata.deltaLink"].as_str()) {
            (Some(link), None) => next = link.to_owned(),
            (None, Some(link)) => return (all, link.to_owned()),
            other => panic!("{other:?}"),
        }
    }
    panic!("no end");
}

const VIEW: &str = "/me/calendarView/delta?startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-20T00:00:00Z";

#[tokio::test]
async fn times_are_said_in_the_zone_that_is_preferred_and_days_are_midnight_in_each() {
    let c = client(Fill::Empty).await;
    let id = made(&c, event("Review")).await["id"].as_str().unwrap().to_owned();
    let days = with(
        event("Off"),
        json!({"isAllDay": true, "start": at("2026-12-24T00:00:00", "Europe/Berlin"), "end": at("2026-12-25T00:00:00", "Europe/Berlin")}),
    );
    let day = made(&c, days).await["id"].as_str().unwrap().to_owned();
    let said = async |id: &str, prefer: &str| {
        let reply = c.ask("GET", &format!("/me/events/{id}"), &[("Prefer", prefer)], b"").await;
        (reply.status, reply.json()["start"]["dateTime"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(said(&id, "x=y").await.1, "2026-11-24T13:00:00.0000000", "UTC where nothing is preferred");
    assert_eq!(said(&id, "outlook.timezone=\"Eastern Standard Time\"").await.1, "2026-11-24T08:00:00.0000000");
    assert_eq!(said(&id, "outlook.timezone=\"America/New_York\"").await.1, "2026-11-24T08:00:00.0000000");
    assert_eq!(said(&day, "outlook.timezone=\"America/New_York\"").await.1, "2026-12-24T00:00:00.0000000");
    assert_eq!(said(&id, "outlook.timezone=\"Mars/Olympus\"").await.0, 400);
    let there = c.get(&format!("/me/events/{id}")).await.json();
    assert_eq!(
        (&there["originalStartTimeZone"], &there["originalEndTimeZone"]),
        (&json!("W. Europe Standard Time"), &json!("W. Europe Standard Time"))
    );
    // Parts of a batch have preferences of their own.
    let other = c.batch(json!([{"id": "1", "method": "GET", "url": format!("/me/events/{id}")}])).await["1"]["body"].clone();
    assert!(other["id"].as_str().unwrap().starts_with("AAMk") && other["iCalUId"] == there["iCalUId"], "an id that changes: {other}");
}

#[tokio::test]
async fn what_graph_does_not_take_is_refused_with_its_code() {
    let c = client(Fill::Empty).await;
    let id = made(&c, with(event("Series"), weekly(json!({"type": "noEnd"})))).await["id"].as_str().unwrap().to_owned();
    for (change, expected) in [
        (json!({"start": at("2026-11-24T14:00:00", "Mars/Olympus")}), "TimeZoneNotSupportedException"),
        (json!({"start": at("2026-11-24T14:00:00Z", "UTC")}), "ErrorInvalidPropertySet"),
        (json!({"start": at("2026-11-24T16:00:00", "UTC")}), "ErrorPropertyValidationFailure"),
        (json!({"isAllDay": true}), "ErrorPropertyValidationFailure"),
        (json!({"iCalUId": "x"}), "ErrorInvalidPropertySet"),
        (json!({"organizer": {}}), "ErrorInvalidPropertySet"),
        (json!({"subjekt": "x"}), "RequestBodyRead"),
        (json!({"showAs": "away"}), "ErrorInvalidPropertySet"),
        (json!({"reminderMinutesBeforeStart": -5}), "ErrorInvalidPropertySet"),
        (json!({"attendees": [{"emailAddress": {"address": "nobody"}}]}), "ErrorInvalidRecipients"),
        (
            json!({"recurrence": {"pattern": {"type": "hourly", "interval": 1}, "range": {"type": "noEnd", "startDate": "2026-11-24"}}}),
            "ErrorInvalidRecurrencePattern",
        ),
        (weekly(json!({"type": "endDate", "endDate": "2026-11-23"})), "ErrorRecurrenceEndDateTooSmall"),
    ] {
        for (method, path, body) in
            [("POST", "/me/events".to_owned(), with(event("x"), change.clone())), ("PATCH", format!("/me/events/{id}"), change.clone())]
        {
            let reply = c.json(method, &path, &body).await;
            assert_eq!((reply.status, code(&reply).as_str()), (400, expected), "{method} {change}");
        }
    }
    for (path, expected) in [
        ("/me/calendarView", "ErrorInvalidParameter"),
        ("/me/calendarView?startDateTime=2026-01-01T00:00:00Z&endDateTime=2032-01-01T00:00:00Z", "ErrorCalendarViewRangeTooBig"),
        (
            "/me/calendarView?startDateTime=2026-01-02T00:00:00Z&endDateTime=2026-01-01T00:00:00Z",
            "ErrorCalendarEndDateIsEarlierThanStartDate",
        ),
        ("/me/events?$select=cancelledOccurrences", "ErrorInvalidUrlQuery"),
        ("/me/events?$search=%22x%22", "ErrorInvalidUrlQuery"),
        ("/me/events?$select=nothing", "RequestBroker--ParseUri"),
        ("/me/events/nonsense", "ErrorInvalidIdMalformed"),
    ] {
        let reply = c.get(path).await;
        assert_eq!((reply.status, code(&reply).as_str()), (400, expected), "{path}");
    }
    for option in ["$select=id", "$filter=isAllDay%20eq%20true", "$orderby=start", "$expand=instances", "$top=3"] {
        assert_eq!(code(&c.get(&format!("{VIEW}&{option}")).await), "ErrorInvalidUrlQuery", "{option}");
    }
    let reader = Client::with(Fill::Empty, "openid Calendars.Read").await;
    assert_eq!(code(&reader.json("POST", "/me/events", &event("x")).await), "ErrorAccessDenied");
    let mail = Client::with(Fill::Empty, "openid Mail.ReadWrite").await;
    assert_eq!(mail.get("/me/calendars").await.status, 403);
    let shared = c.sandbox.ms_add_calendar(MS_MARA, "Holidays", "", false);
    assert_eq!(c.json("POST", &format!("/me/calendars/{shared}/events"), &event("x")).await.status, 403);
}

#[tokio::test]
async fn a_key_makes_one_event_and_a_tag_guards_it() {
    let c = client(Fill::Empty).await;
    let keyed = with(event("Once"), json!({"transactionId": "k1"}));
    let first = made(&c, keyed.clone()).await;
    let again = c.json("POST", "/me/events", &keyed).await;
    assert_eq!((again.status, code(&again).as_str()), (409, "ErrorDuplicateTransactionId"));
    c.sandbox.set_ms_switches(|s| s.transaction_repeats = true);
    assert_eq!(made(&c, keyed).await["id"], first["id"]);
    let path = format!("/me/events/{}", first["id"].as_str().unwrap());
    let patch = async |etag: &str| {
        let headers = [("If-Match", etag), ("Content-Type", "application/json")];
        c.ask("PATCH", &path, &headers, br#"{"subject":"Twice"}"#).await
    };
    let old = first["@odata.etag"].as_str().unwrap();
    assert_eq!(patch(old).await.status, 200);
    let late = patch(old).await;
    assert_eq!((late.status, code(&late).as_str()), (412, "ErrorIrresolvableConflict"));
    assert_eq!(c.ask("DELETE", &path, &[("If-Match", old)], b"").await.status, 412);
    assert_eq!(c.ask("DELETE", &path, &[], b"").await.status, 204);
    assert_eq!(code(&c.get(&path).await), "ErrorItemNotFound");
}

#[tokio::test]
async fn a_series_has_members_that_can_be_otherwise_and_forgets_them_when_it_moves() {
    let c = client(Fill::Empty).await;
    let series = made(&c, with(event("Stand-up"), weekly(json!({"type": "numbered", "numberOfOccurrences": 4})))).await;
    let id = series["id"].as_str().unwrap();
    let path = format!("/me/events/{id}/instances?startDateTime=2026-11-01T00:00:00Z&endDateTime=2027-01-01T00:00:00Z");
    let members = c.get(&path).await.json()["value"].as_array().unwrap().clone();
    assert_eq!(members.len(), 4);
    assert!(members.iter().all(|m| m["type"] == "occurrence" && m["seriesMasterId"] == id && m["iCalUId"] != series["iCalUId"]));
    let member = |n: usize| format!("/me/events/{}", members[n]["id"].as_str().unwrap());
    assert_eq!(c.json("PATCH", &member(1), &json!({"subject": "Long one"})).await.json()["type"], "exception");
    assert_eq!(c.json("PATCH", &member(1), &weekly(json!({"type": "noEnd"}))).await.status, 400);
    assert_eq!(c.ask("DELETE", &member(2), &[], b"").await.status, 204);
    let whole = format!("/me/events/{id}?$select=id,cancelledOccurrences,recurrence&$expand=exceptionOccurrences");
    let there = c.get(&whole).await.json();
    assert_eq!(there["cancelledOccurrences"][0], format!("OID.{id}.2026-12-08"));
    let other = &there["exceptionOccurrences"][0];
    assert_eq!((&other["subject"], &other["originalStart"]), (&json!("Long one"), &json!("2026-12-01T13:00:00Z")));
    assert_eq!(there["recurrence"]["range"]["endDate"], "0001-01-01");
    assert_ne!(there["@odata.etag"], series["@odata.etag"], "of a series and its members there is one version");
    let moved = json!({"start": at("2026-11-24T16:00:00", "Europe/Berlin"), "end": at("2026-11-24T17:00:00", "Europe/Berlin")});
    assert_eq!(c.json("PATCH", &format!("/me/events/{id}"), &moved).await.status, 200);
    let there = c.get(&whole).await.json();
    assert!(there["cancelledOccurrences"].as_array().unwrap().is_empty() && there["exceptionOccurrences"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_view_tells_of_a_series_as_its_members_and_of_what_went_away_only_the_id() {
    let c = client(Fill::Empty).await;
    let series = made(&c, with(event("Stand-up"), weekly(json!({"type": "noEnd"})))).await["id"].as_str().unwrap().to_owned();
    let single = made(&c, event("Single")).await["id"].as_str().unwrap().to_owned();
    made(&c, with(event("Far away"), json!({"start": at("2028-11-24T14:00:00", "UTC"), "end": at("2028-11-24T15:00:00", "UTC")}))).await;
    let (all, link) = round(&c, VIEW, 2).await;
    let kinds: Vec<&str> = all.iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["seriesMaster", "occurrence", "occurrence", "occurrence", "occurrence", "singleInstance"]);
    assert!(all[1].get("subject").is_none(), "of a member that is as its series says, little is told");
    assert!(round(&c, &link, 5).await.0.is_empty());
    let member = c.sandbox.ms_member(MS_MARA, &series, "2026-12-01").unwrap();
    c.sandbox.ms_delete_event(MS_MARA, &member);
    c.sandbox
        .ms_put_event(MS_MARA, "", json!({"id": c.sandbox.ms_member(MS_MARA, &series, "2026-12-08").unwrap(), "subject": "Otherwise"}))
        .unwrap();
    c.sandbox.ms_delete_event(MS_MARA, &single);
    let (changes, link) = round(&c, &link, 1).await;
    assert_eq!(changes.len(), 3, "{changes:?}");
    assert_eq!((&changes[0]["id"], &changes[0]["@removed"]["reason"]), (&json!(member), &json!("deleted")));
    assert_eq!((&changes[1]["type"], &changes[1]["seriesMasterId"]), (&json!("exception"), &json!(series)));
    assert_eq!(changes[2]["id"], single.as_str());
    // An empty page at the beginning, and what was told already.
    c.sandbox.set_ms_switches(|s| (s.delta_gaps, s.delta_repeats) = (true, true));
    c.sandbox.ms_put_event(MS_MARA, "", json!({"id": series, "subject": "Other"})).unwrap();
    assert_eq!(c.get(&link).await.json()["value"], json!([]));
    assert!(round(&c, &link, 2).await.0.len() > 4);
    c.sandbox.ms_expire_sync(MS_MARA);
    let gone = c.get(&link).await;
    assert_eq!((gone.status, code(&gone).as_str()), (410, "syncStateNotFound"));
    let second = c.sandbox.ms_add_calendar(MS_MARA, "Second", "", true);
    let path = VIEW.replace("/me/", &format!("/me/calendars/{second}/"));
    assert_eq!(c.get(&path).await.status, 400);
    c.sandbox.set_ms_switches(|s| s.secondary_views = true);
    assert_eq!(c.get(&path).await.status, 200);
}

#[tokio::test]
async fn invitations_are_answered_and_only_by_guests() {
    let c = client(Fill::Empty).await;
    let calendar = c.sandbox.ms_calendars(MS_MARA)[0].id.clone();
    let invite = || with(event("Board"), json!({"organizer": {"emailAddress": {"name": "Chair", "address": "chair@x.test"}}}));
    let id = c.sandbox.ms_put_event(MS_MARA, &calendar, invite()).unwrap();
    let answer = async |id: &str, action: &str, body: Value| c.json("POST", &format!("/me/events/{id}/{action}"), &body).await;
    let accepted = answer(&id, "accept", json!({"sendResponse": true, "comment": "Gladly"})).await;
    assert!(accepted.status == 202 && accepted.text().is_empty());
    assert_eq!(c.sandbox.ms_event(MS_MARA, &id).unwrap()["responseStatus"]["response"], "accepted");
    assert_eq!(answer(&id, "accept", json!({"sendRespons": true})).await.status, 400);
    assert_eq!(code(&c.json("PATCH", &format!("/me/events/{id}"), &json!({"subject": "Mine"})).await), "ErrorAccessDenied");
    assert_eq!(answer(&id, "decline", json!({"sendResponse": false})).await.status, 202);
    assert!(c.sandbox.ms_event(MS_MARA, &id).is_none());
    c.sandbox.set_ms_switches(|s| s.keeps_declined = true);
    let kept = c.sandbox.ms_put_event(MS_MARA, &calendar, invite()).unwrap();
    answer(&kept, "decline", json!({})).await;
    assert_eq!(c.sandbox.ms_event(MS_MARA, &kept).unwrap()["responseStatus"]["response"], "declined");
    let own = made(&c, with(event("Own"), json!({"attendees": [{"emailAddress": {"address": "bo@x.test"}}]}))).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(code(&answer(&own, "accept", json!({})).await), "ErrorInvalidRequest");
    let told: Vec<(String, String)> = c.sandbox.ms_told(MS_MARA).into_iter().map(|t| (t.what, t.whom)).collect();
    let expected = [("accepted", "chair@x.test"), ("declined", "chair@x.test"), ("invited", "bo@x.test")];
    assert_eq!(told, expected.map(|(what, whom)| (what.to_owned(), whom.to_owned())));
}

#[tokio::test]
async fn the_fixtures_are_valid_and_teams_has_its_part_of_the_text() {
    let c = client(Fill::Demo).await;
    let all = c.get("/me/events?$top=100").await.json();
    let named: Vec<&str> = all["value"].as_array().unwrap().iter().map(|e| e["subject"].as_str().unwrap()).collect();
    assert_eq!(named.len(), 5, "{named:?}");
    let planning = all["value"].as_array().unwrap().iter().find(|e| e["subject"] == "Harbour planning").unwrap();
    let link = planning["onlineMeeting"]["joinUrl"].as_str().unwrap();
    assert!(planning["body"]["content"].as_str().unwrap().contains(link));
    let path = format!("/me/events/{}", planning["id"].as_str().unwrap());
    assert_eq!(
        c.json("PATCH", &path, &json!({"body": {"contentType": "text", "content": "Other"}})).await.json()["isOnlineMeeting"],
        false
    );
    let calendars = c.get("/me/calendars?$select=name,isDefaultCalendar").await.json();
    assert_eq!(calendars["value"].as_array().unwrap().len(), 2);
    assert_eq!((&calendars["value"][0]["isDefaultCalendar"], &calendars["value"][1]["name"]), (&json!(true), &json!("Quay 7")));
}

#[tokio::test]
async fn a_meeting_on_the_net_is_one_for_good_and_of_a_kind_that_is_allowed() {
    let c = client(Fill::Empty).await;
    let first = made(&c, with(event("Call"), json!({"isOnlineMeeting": true, "onlineMeetingProvider": "teamsForBusiness"}))).await;
    let path = format!("/me/events/{}", first["id"].as_str().unwrap());
    let still = c.json("PATCH", &path, &json!({"isOnlineMeeting": false, "onlineMeetingProvider": "unknown"})).await.json();
    assert_eq!((&still["isOnlineMeeting"], &still["onlineMeeting"]), (&json!(true), &first["onlineMeeting"]), "taken and ignored");
    for other in ["skypeForConsumer", "skypeForBusiness", "zoom"] {
        let reply = c.json("POST", "/me/events", &with(event("x"), json!({"isOnlineMeeting": true, "onlineMeetingProvider": other}))).await;
        assert_eq!(reply.status, 400, "{other}");
    }
    let told = |list: &Value| list["value"][0]["allowedOnlineMeetingProviders"].clone();
    assert_eq!(told(&c.get("/me/calendars").await.json()), json!(["teamsForBusiness"]));
    c.sandbox.set_ms_switches(|s| s.no_meetings = true);
    assert_eq!(told(&c.get("/me/calendars").await.json()), json!([]));
    assert_eq!(c.json("POST", "/me/events", &with(event("x"), json!({"isOnlineMeeting": true}))).await.status, 400);
}

#[tokio::test]
async fn schedules_are_told_within_limits() {
    let c = client(Fill::Empty).await;
    made(&c, event("Own")).await;
    let ask = async |people: Vec<String>, to: &str, step: i64| {
        let body = json!({"schedules": people, "startTime": at("2026-11-24T12:00:00", "UTC"), "endTime": at(to, "UTC"), "availabilityViewInterval": step});
        c.json("POST", "/me/calendar/getSchedule", &body).await
    };
    let reply = ask(vec![MS_MARA.to_owned(), "nobody@x.example".to_owned()], "2026-11-24T15:00:00", 60).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let reply = reply.json();
    assert_eq!((&reply["value"][0]["availabilityView"], &reply["value"][0]["scheduleItems"][0]["status"]), (&json!("020"), &json!("busy")));
    assert_eq!(reply["value"][1]["error"]["responseCode"], "ErrorMailRecipientNotFound");
    let one = || vec![MS_MARA.to_owned()];
    for (people, to, step) in [
        (Vec::new(), "2026-11-24T15:00:00", 60),
        ((0..21).map(|n| format!("a{n}@x.example")).collect(), "2026-11-24T15:00:00", 60),
        (one(), "2026-11-24T11:00:00", 60),
        (one(), "2027-02-24T11:00:00", 60),
        (one(), "2026-11-24T15:00:00", 4),
    ] {
        assert_eq!(ask(people, to, step).await.status, 400, "{to} {step}");
    }
    c.sandbox.set_ms_switches(|s| s.no_schedules = true);
    assert_eq!(ask(one(), "2026-11-24T15:00:00", 60).await.status, 403);
}
