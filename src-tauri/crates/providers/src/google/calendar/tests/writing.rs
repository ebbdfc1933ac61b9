//! New events, changes, answers, and what others did meanwhile.

use super::*;

fn vevent(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Aurelius//EN\r\nBEGIN:VEVENT\r\nUID:our-own\r\nDTSTAMP:20261101T000000Z\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// The master without its members, unfolded.
fn alone(ics: &str) -> String {
    let ics = ics.replace("\r\n ", "");
    format!("{}END:VEVENT\r\nEND:VCALENDAR\r\n", ics.split("END:VEVENT").next().unwrap())
}

const NAME: &str = "0123456789abcdefghijklmnop";
const TIMES: &str = "DTSTART;TZID=Europe/Zurich:20261125T140000\r\nDTEND;TZID=Europe/Zurich:20261125T150000";

#[tokio::test]
async fn an_event_is_made_once_under_our_name_and_its_guests_are_told() {
    let mut fixture = Fixture::start().await;
    fixture.sync().await.unwrap();
    let ics = vevent(&format!(
        "{TIMES}\r\nSUMMARY:Review\r\nDESCRIPTION:As said\r\nORGANIZER:mailto:{MARA}\r\nATTENDEE;CN=Bo;PARTSTAT=NEEDS-ACTION:mailto:bo@x.example\r\n\
         CONFERENCE;VALUE=URI:https://video.example/room\r\nURL:https://x.example/"
    ));
    // The answer is lost: the engine asks again.
    fixture.sandbox.control().add_fault(Fault::new("*/events", FaultAction::Drop { after_commit: true }).method("POST"));
    assert!(fixture.create(NAME, &ics).await.is_err());
    assert_eq!(fixture.create(NAME, &ics).await.unwrap(), NAME);
    let event = fixture.event(NAME);
    assert_eq!((&event["summary"], &event["attendees"][0]["email"]), (&json!("Review"), &json!("bo@x.example")));
    assert_eq!(event["description"], "As said\n\nhttps://video.example/room", "Google has no field for it");
    assert_eq!(event["source"]["url"], "https://x.example/");
    let reminders = json!({"useDefault": false, "overrides": [{"method": "email", "minutes": 1440}, {"method": "popup", "minutes": 10}]});
    assert_eq!(event["reminders"], reminders);
    let told = fixture.sandbox.gcal_told();
    assert_eq!((told.len(), told[0].send.as_str(), &told[0].guests), (1, "all", &vec!["bo@x.example".to_owned()]));
    assert_eq!(read(fixture.ics(NAME)).master.unwrap().uid, format!("{NAME}@google.com"), "what Google made of it comes back");
    // What it was told of comes as it is known already.
    let known = fixture.rows.clone();
    assert_eq!(fixture.sync().await.unwrap(), [format!("+{NAME}")]);
    assert_eq!(fixture.rows, known);
}

#[tokio::test]
async fn alarms_of_the_text_win_days_stay_days_and_names_are_checked() {
    let mut fixture = Fixture::start().await;
    let alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT1H\r\nDESCRIPTION:x\r\nEND:VALARM";
    let ics = vevent(&format!("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Away\r\nTRANSP:TRANSPARENT\r\n{alarm}"));
    fixture.create(NAME, &ics).await.unwrap();
    let event = fixture.event(NAME);
    assert_eq!((&event["start"], &event["end"]), (&json!({"date": "2026-12-24"}), &json!({"date": "2026-12-27"})));
    assert_eq!(event["reminders"]["overrides"], json!([{"method": "popup", "minutes": 60}]));
    assert_eq!(event["transparency"], "transparent");
    for bad in ["", "abcd", "uppercaseX", "with-dash", "zzzzzz"] {
        assert!(matches!(fixture.create(bad, &ics).await, Err(ProviderError::Refused(_))), "{bad}");
    }
    assert!(matches!(fixture.create("abcdef", "no calendar").await, Err(ProviderError::Refused(_))));
    // Whole days become an hour, and days again.
    let timed = fixture.ics(NAME).replace("DTSTART;VALUE=DATE:20261224", "DTSTART;TZID=Europe/Zurich:20261224T090000");
    let timed = timed.replace("DTEND;VALUE=DATE:20261227", "DTEND;TZID=Europe/Zurich:20261224T100000");
    fixture.update(NAME, &timed).await.unwrap();
    assert_eq!(fixture.event(NAME)["start"], json!({"dateTime": "2026-12-24T09:00:00+01:00", "timeZone": "Europe/Zurich"}));
    fixture.update(NAME, &ics).await.unwrap();
    assert_eq!(fixture.event(NAME)["start"], json!({"date": "2026-12-24"}));
}

#[tokio::test]
async fn somebody_elses_invitation_is_kept_without_inviting_anybody() {
    let mut fixture = Fixture::start().await;
    let ics = vevent(&format!(
        "{TIMES}\r\nSUMMARY:Theirs\r\nORGANIZER;CN=Chair:mailto:chair@x.example\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{MARA}\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:chair@x.example"
    ));
    let id = fixture.create(NAME, &ics).await.unwrap();
    assert_eq!(fixture.create(NAME, &ics).await.unwrap(), id, "asking twice makes one");
    let series = read(fixture.ics(&id));
    assert_eq!(series.master.unwrap().uid, "our-own");
    assert!(fixture.sandbox.gcal_told().is_empty());
}

#[tokio::test]
async fn only_what_changed_is_sent_and_the_rest_stays() {
    let mut fixture = Fixture::start().await;
    let extra =
        json!({"extendedProperties": {"private": {"k": "v"}}, "colorId": "5", "description": "<b>bold</b>", "guestsCanModify": false});
    let mut event = standup();
    event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    fixture.put(event);
    fixture.sync().await.unwrap();
    let ics = fixture.ics("standup00").replace("SUMMARY:Stand-up", "SUMMARY:Sit-down");
    fixture.update("standup00", &ics).await.unwrap();
    let event = fixture.event("standup00");
    assert_eq!((&event["summary"], &event["description"], &event["colorId"]), (&json!("Sit-down"), &json!("<b>bold</b>"), &json!("5")));
    assert_eq!(event["extendedProperties"]["private"]["k"], "v");
    assert_eq!(event["attendees"][1]["comment"], "maybe");
    assert_eq!(event["reminders"], json!({"useDefault": true}), "the calendar's own are not made the event's");
    // Nothing to do is no call.
    fixture.sandbox.control().clear_log();
    let same = fixture.ics("standup00").to_owned();
    fixture.update("standup00", &same).await.unwrap();
    assert_eq!(fixture.sandbox.control().count("PATCH", "*"), 0);
    // What only the person sees tells nobody.
    let alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT30M\r\nDESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT";
    let told = fixture.sandbox.gcal_told().len();
    fixture.update("standup00", &same.replace("END:VEVENT", alarm)).await.unwrap();
    assert_eq!(fixture.sandbox.gcal_told()[told..].iter().map(|t| t.send.as_str()).collect::<Vec<_>>(), ["none"]);
    assert!(fixture.event("standup00")["reminders"]["overrides"].as_array().unwrap().contains(&json!({"method": "popup", "minutes": 30})));
    // A new guest goes in beside the others, a text goes away.
    let more = fixture.ics("standup00").replace("STATUS:CONFIRMED", "ATTENDEE;CN=Cy:mailto:cy@x.example\r\nSTATUS:CONFIRMED");
    let more: String = more
        .replace("\r\n ", "")
        .split_inclusive("\r\n")
        .filter(|l| !l.starts_with("DESCRIPTION:bold") && !l.starts_with("X-ALT-DESC"))
        .collect();
    fixture.update("standup00", &more).await.unwrap();
    let event = fixture.event("standup00");
    let guests: Vec<_> = event["attendees"].as_array().unwrap().iter().map(|g| g["email"].as_str().unwrap()).collect();
    assert!(guests.len() == 3 && guests.contains(&"cy@x.example"), "{guests:?}");
    assert_eq!((event["attendees"].to_string().contains("maybe"), event.get("description")), (true, None));
}

#[tokio::test]
async fn an_answer_changes_ones_own_entry_and_tells_the_organiser() {
    let mut fixture = Fixture::start().await;
    fixture.put(json!({
        "id": "theirs000", "summary": "Board", "start": at("2026-11-10T10:00:00"), "end": at("2026-11-10T11:00:00"),
        "organizer": {"email": "chair@x.example"},
        "attendees": [{"email": "chair@x.example", "responseStatus": "accepted", "comment": "hi"}, {"email": MARA, "responseStatus": "needsAction"}],
    }));
    fixture.sync().await.unwrap();
    let yes = fixture.ics("theirs000").replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED");
    fixture.update("theirs000", &yes).await.unwrap();
    let event = fixture.event("theirs000");
    assert_eq!(event["attendees"][1]["responseStatus"], "accepted");
    assert_eq!(event["attendees"][0]["comment"], "hi");
    let told = fixture.sandbox.gcal_told();
    assert_eq!((told.len(), told[0].send.as_str(), &told[0].guests), (1, "all", &vec!["chair@x.example".to_owned()]));
    // The rest is the organiser's.
    let other = fixture.ics("theirs000").replace("SUMMARY:Board", "SUMMARY:Bored");
    let error = fixture.update("theirs000", &other).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("organiser")), "{error}");
}

#[tokio::test]
async fn members_are_moved_taken_out_and_put_back_one_by_one() {
    let mut fixture = Fixture::start().await;
    fixture.put(standup());
    fixture.sync().await.unwrap();
    let exception = |start: &str, title: &str| {
        format!(
            "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:standup00@google.com\r\nRECURRENCE-ID;TZID=Europe/Zurich:20261110T100000\r\nDTSTART;TZID=Europe/Zurich:{start}\r\n\
             DURATION:PT15M\r\nSUMMARY:{title}\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{MARA}\r\nATTENDEE;CN=Bo:mailto:bo@x.example\r\nEND:VEVENT\r\nEND:VCALENDAR"
        )
    };
    let moved = fixture.ics("standup00").replacen("END:VEVENT\r\nEND:VCALENDAR", &exception("20261111T120000", "Stand-up"), 1);
    let moved = moved.replacen("SEQUENCE:0", "SEQUENCE:0\r\nEXDATE;TZID=Europe/Zurich:20261117T100000", 1);
    fixture.update("standup00", &moved).await.unwrap();
    assert_eq!(
        members(fixture.ics("standup00"), FROM, 24).iter().map(|(k, s)| format!("{k} {s}")).collect::<Vec<_>>(),
        ["20261103T090000Z 11-03T09:00", "20261110T090000Z 11-11T11:00", "20261124T090000Z 11-24T09:00"]
    );
    assert_eq!(fixture.event("standup00")["recurrence"], json!(["RRULE:FREQ=WEEKLY;BYDAY=TU"]), "the series itself was left alone");
    assert_eq!(fixture.event("standup00_20261117T090000Z")["status"], "cancelled");
    let what: Vec<_> = fixture.sandbox.gcal_told().iter().map(|t| (t.what.clone(), t.event.clone())).collect();
    assert_eq!(
        what,
        [("delete".to_owned(), "standup00_20261117T090000Z".to_owned()), ("patch".to_owned(), "standup00_20261110T090000Z".to_owned())]
    );
    // Another change of the same member; then both are as the series has them.
    let renamed = fixture.ics("standup00").replace("\r\n ", "");
    let (master, member) = renamed.split_once("RECURRENCE-ID").unwrap();
    let renamed = format!("{master}RECURRENCE-ID{}", member.replacen("SUMMARY:Stand-up", "SUMMARY:Lunch", 1));
    fixture.update("standup00", &renamed).await.unwrap();
    assert_eq!(fixture.event("standup00_20261110T090000Z")["summary"], "Lunch");
    let plain: String = alone(fixture.ics("standup00")).split_inclusive("\r\n").filter(|l| !l.starts_with("EXDATE")).collect();
    fixture.update("standup00", &plain).await.unwrap();
    assert_eq!(
        members(fixture.ics("standup00"), FROM, 24).iter().map(|(k, s)| format!("{k} {s}")).collect::<Vec<_>>(),
        ["20261103T090000Z 11-03T09:00", "20261110T090000Z 11-10T09:00", "20261117T090000Z 11-17T09:00", "20261124T090000Z 11-24T09:00"]
    );
    assert_eq!(fixture.event("standup00_20261110T090000Z")["summary"], "Stand-up");
}

#[tokio::test]
async fn a_series_that_moves_takes_its_exceptions_along() {
    let mut fixture = Fixture::start().await;
    fixture.put(standup());
    fixture.put(json!({"id": "standup00_20261110T090000Z", "summary": "Special"}));
    fixture.sandbox.delete_gcal_event(MARA, MARA, "standup00_20261117T090000Z");
    fixture.sync().await.unwrap();
    // An hour later, all of it, as the editor writes it.
    let later = fixture.ics("standup00").replace("T100000", "T110000").replace("T101500", "T111500");
    let later = later.replace("RRULE:FREQ=WEEKLY;BYDAY=TU", "RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261208");
    fixture.update("standup00", &later).await.unwrap();
    assert_eq!(
        members(fixture.ics("standup00"), FROM, 60).iter().map(|(k, s)| format!("{k} {s}")).collect::<Vec<_>>(),
        [
            "20261103T100000Z 11-03T10:00",
            "20261110T100000Z 11-10T10:00",
            "20261124T100000Z 11-24T10:00",
            "20261201T100000Z 12-01T10:00",
            "20261208T100000Z 12-08T10:00"
        ]
    );
    assert_eq!(fixture.event("standup00_20261110T100000Z")["summary"], "Special");
    assert_eq!(fixture.event("standup00")["recurrence"][0], "RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261208T225959Z");
    // Once is enough.
    let once: String =
        alone(fixture.ics("standup00")).split_inclusive("\r\n").filter(|l| !l.starts_with("RRULE") && !l.starts_with("EXDATE")).collect();
    fixture.update("standup00", &once).await.unwrap();
    assert_eq!(members(fixture.ics("standup00"), FROM, 60).len(), 1);
}

#[tokio::test]
async fn a_new_series_has_its_exceptions_and_a_google_zone() {
    let mut fixture = Fixture::start().await;
    let member = "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:our-own\r\nRECURRENCE-ID:20261127T140000\r\nDTSTART:20261127T160000\r\nDTEND:20261127T170000\r\nSUMMARY:Late\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let floating =
        "DTSTART:20261125T140000\r\nDTEND:20261125T150000\r\nRRULE:FREQ=DAILY;COUNT=5\r\nEXDATE:20261126T140000\r\nSUMMARY:Daily";
    let ics = vevent(floating).replacen("END:VEVENT\r\nEND:VCALENDAR", member, 1);
    fixture.create(NAME, &ics).await.unwrap();
    assert_eq!(fixture.event(NAME)["start"]["timeZone"], "Europe/Stockholm", "the calendar's own");
    assert_eq!(
        members(fixture.ics(NAME), FROM, 60).iter().map(|(k, s)| format!("{k} {s}")).collect::<Vec<_>>(),
        ["20261125T130000Z 11-25T13:00", "20261127T130000Z 11-27T15:00", "20261128T130000Z 11-28T13:00", "20261129T130000Z 11-29T13:00"]
    );
}

#[tokio::test]
async fn what_others_changed_meanwhile_is_a_conflict_and_a_lost_answer_is_none() {
    let mut fixture = Fixture::start().await;
    fixture.put(standup());
    fixture.sync().await.unwrap();
    let ours = fixture.ics("standup00").replace("SUMMARY:Stand-up", "SUMMARY:Ours");
    fixture.put(json!({"id": "standup00", "location": "Hall"}));
    assert!(matches!(fixture.update("standup00", &ours).await, Err(ProviderError::Conflict(_))));
    assert_eq!(fixture.event("standup00")["summary"], "Stand-up");
    fixture.sync().await.unwrap();
    // Also where only a member changed.
    let ours = fixture.ics("standup00").replace("SUMMARY:Stand-up", "SUMMARY:Ours");
    fixture.put(json!({"id": "standup00_20261110T090000Z", "summary": "Theirs"}));
    assert!(matches!(fixture.update("standup00", &ours).await, Err(ProviderError::Conflict(_))));
    fixture.sync().await.unwrap();
    // Between our look and our write.
    let ours = fixture.ics("standup00").replacen("SUMMARY:Stand-up", "SUMMARY:Ours", 1);
    fixture.sandbox.control().add_fault(Fault::status("*/events/standup00", 412, "conditionNotMet").method("PATCH"));
    assert!(matches!(fixture.update("standup00", &ours).await, Err(ProviderError::Conflict(_))));
    // The answer is lost on the way: asked again, it is done already.
    fixture.sandbox.control().add_fault(Fault::new("*/events/standup00", FaultAction::Drop { after_commit: true }).method("PATCH"));
    assert!(matches!(fixture.update("standup00", &ours).await, Err(ProviderError::Unreachable { .. })));
    fixture.update("standup00", &ours).await.unwrap();
    assert_eq!(fixture.event("standup00")["summary"], "Ours");
    fixture.sandbox.delete_gcal_event(MARA, MARA, "standup00");
    assert!(matches!(fixture.update("standup00", &ours).await, Err(ProviderError::NotFound(_))));
}

#[tokio::test]
async fn deleting_tells_the_guests_and_twice_is_once() {
    let mut fixture = Fixture::start().await;
    fixture.put(standup());
    fixture.put(json!({"id": "single000", "summary": "One", "start": at("2026-11-05T08:00:00"), "end": at("2026-11-05T09:00:00")}));
    fixture.sync().await.unwrap();
    fixture.put(json!({"id": "single000", "summary": "Two"}));
    assert!(matches!(fixture.delete("single000").await, Err(ProviderError::Conflict(_))));
    fixture.sync().await.unwrap();
    fixture.delete("single000").await.unwrap();
    fixture.delete("single000").await.unwrap();
    // A series of which only a member changed.
    fixture.put(json!({"id": "standup00_20261110T090000Z", "summary": "Theirs"}));
    fixture.sync().await.unwrap();
    fixture.put(json!({"id": "standup00_20261110T090000Z", "summary": "Theirs again"}));
    assert!(matches!(fixture.delete("standup00").await, Err(ProviderError::Conflict(_))));
    fixture.sync().await.unwrap();
    fixture.delete("standup00").await.unwrap();
    fixture.delete("standup00").await.unwrap();
    let told = fixture.sandbox.gcal_told();
    assert_eq!(told.iter().map(|t| (t.what.as_str(), t.send.as_str())).collect::<Vec<_>>(), [("delete", "all")]);
    assert_eq!(fixture.sync().await.unwrap(), ["-standup00"]);
}

#[tokio::test]
async fn what_google_has_no_way_for_is_said() {
    let mut fixture = Fixture::start().await;
    fixture.put(standup());
    fixture.sync().await.unwrap();
    let onward = "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Zurich:20261110T100000\r\nDTSTART;TZID=Europe/Zurich:20261110T110000\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let ics = fixture.ics("standup00").replacen("END:VEVENT\r\nEND:VCALENDAR", onward, 1);
    assert!(matches!(fixture.update("standup00", &ics).await, Err(ProviderError::Refused(why)) if why.contains("split")));
    let cancelled = fixture.ics("standup00").replace("STATUS:CONFIRMED", "STATUS:CANCELLED");
    assert!(matches!(fixture.update("standup00", &cancelled).await, Err(ProviderError::Refused(why)) if why.contains("delete")));
}
