//! Writes: answers, guests, Teams, and what is refused.
#![allow(clippy::string_slice, reason = "all of it is ASCII")]

use super::*;

fn invitation() -> Value {
    json!({"subject": "Board", "iCalUId": "board@x.example", "organizer": who("chair@x.example"),
        "attendees": [guest(MS_MARA), guest("bo@x.example")], "start": at("2026-11-24T10:00:00"), "end": at("2026-11-24T11:00:00")})
}

/// The text with the person's answer.
fn answered(ics: &str, answer: &str) -> String {
    let flat = ics.replace("\r\n ", "");
    let lines: Vec<String> = flat
        .lines()
        .map(|line| {
            let own = line.starts_with("ATTENDEE") && line.contains(MS_MARA);
            let Some(at) = line.find("PARTSTAT=").filter(|_| own) else { return line.to_owned() };
            let end = line[at..].find([';', ':']).unwrap() + at;
            format!("{}PARTSTAT={answer}{}", &line[..at], &line[end..])
        })
        .collect();
    lines.join("\r\n") + "\r\n"
}

#[tokio::test]
async fn answers_are_given_and_the_organiser_hears_them() {
    let rig = Microsoft::start(Fill::Empty).await;
    let id = rig.event(invitation());
    let mut mirror = rig.mirror().await;
    for (answer, response) in [("TENTATIVE", "tentativelyAccepted"), ("ACCEPTED", "accepted")] {
        let ics = answered(&mirror.rows[&id].1, answer);
        rig.update(&mut mirror, &id, &ics).await.unwrap();
        assert_eq!(rig.there(&id).unwrap()["responseStatus"]["response"], response);
        assert_eq!(rig.told().last().unwrap(), &(response.to_owned(), "chair@x.example".to_owned()));
        assert!(
            series_of(&mirror.rows[&id].1)
                .master
                .unwrap()
                .attendees
                .iter()
                .any(|a| a.person.address == MS_MARA && a.participation.as_str() == answer)
        );
    }
    let back = answered(&mirror.rows[&id].1, "NEEDS-ACTION");
    assert!(matches!(rig.update(&mut mirror, &id, &back).await, Err(ProviderError::Refused(why)) if why.contains("take an answer back")));
    // What one declines, Exchange takes away.
    let no = answered(&mirror.rows[&id].1, "DECLINED");
    let written = rig.update(&mut mirror, &id, &no).await.unwrap();
    assert!(written.ics.is_none() && rig.there(&id).is_none());
    mirror.sync(&rig).await.unwrap();
    assert!(mirror.rows.is_empty() && rig.told().len() == 3);
}

#[tokio::test]
async fn one_date_of_a_series_is_answered_by_itself() {
    let rig = Microsoft::start(Fill::Empty).await;
    let mut event = invitation();
    event["recurrence"] = weekly("2026-11-24", 4, "tuesday");
    let id = rig.event(event);
    let mut mirror = rig.mirror().await;
    let member =
        calendar::edit::Members::Only(When::of_key("20261201T090000Z", &series_of(&mirror.rows[&id].1).master.unwrap().start).unwrap());
    let context = calendar::edit::Context { now: rig.sandbox.now(), viewer: &Zone::fixed(0), me: None };
    let own = [MS_MARA.to_owned()];
    let ics = calendar::edit::respond(&mirror.rows[&id].1, &member, &own, calendar::Participation::Accepted, &context).unwrap();
    rig.update(&mut mirror, &id, &ics).await.unwrap();
    let there = rig.there(&id).unwrap();
    assert_eq!(there["responseStatus"]["response"], "notResponded");
    assert_eq!(there["exceptionOccurrences"][0]["responseStatus"]["response"], "accepted");
    assert_eq!(rig.told().len(), 1);
    mirror.sync(&rig).await.unwrap();
    assert_eq!(series_of(&mirror.rows[&id].1).overrides.len(), 1);
}

#[tokio::test]
async fn a_guest_changes_their_own_view_and_nothing_else() {
    let rig = Microsoft::start(Fill::Empty).await;
    let id = rig.event(invitation());
    let mut mirror = rig.mirror().await;
    let before = mirror.rows[&id].1.clone();
    let ics = before.replace("TRIGGER:-PT15M", "TRIGGER:-PT60M");
    rig.update(&mut mirror, &id, &ics).await.unwrap();
    assert_eq!(rig.there(&id).unwrap()["reminderMinutesBeforeStart"], 60);
    for (from, to) in [("SUMMARY:Board", "SUMMARY:Mine"), ("20261124T110000", "20261124T120000")] {
        let ics = mirror.rows[&id].1.replace(from, to);
        let error = rig.update(&mut mirror, &id, &ics).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains("Somebody calls this meeting")), "{error}");
    }
    assert!(rig.told().is_empty());
}

#[tokio::test]
async fn guests_hear_of_a_meeting_and_of_its_end() {
    let rig = Microsoft::start(Fill::Empty).await;
    let ics = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\nBEGIN:VEVENT\r\nUID:own@x.example\r\nDTSTAMP:20261101T000000Z\r\n\
         DTSTART;TZID=Europe/Berlin:20261124T100000\r\nDTEND;TZID=Europe/Berlin:20261124T110000\r\nSUMMARY:Plan\r\nORGANIZER:mailto:{MS_MARA}\r\n\
         ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:{MS_MARA}\r\n\
         ATTENDEE;CN=Bo;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bo@x.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let written = rig.create(&ics).await.unwrap();
    let there = rig.there(&written.id).unwrap();
    assert_eq!(there["attendees"].as_array().unwrap().len(), 1, "whoever calls it is no guest");
    assert_eq!((&there["attendees"][0]["type"], &there["transactionId"]), (&json!("optional"), &json!("0123456789abcdefghijklmnop")));
    assert_eq!(rig.told(), [("invited".to_owned(), "bo@x.example".to_owned())]);
    let mut mirror = rig.mirror().await;
    assert_eq!(mirror.rows[&written.id].1, written.ics.unwrap());
    let later = mirror.rows[&written.id].1.replace("20261124T11", "20261124T12");
    rig.update(&mut mirror, &written.id, &later).await.unwrap();
    let etag = mirror.rows[&written.id].0.clone();
    rig.source.write(&CalendarWrite::Delete { calendar: rig.calendar(), id: written.id.clone(), etag }).await.unwrap();
    let what: Vec<String> = rig.told().into_iter().map(|(what, _)| what).collect();
    assert_eq!(what, ["invited", "updated", "cancelled"]);
}

/// The invitation is in the mailbox, so Exchange has the meeting; or it came to another address.
#[tokio::test]
async fn an_invitation_is_answered_where_exchange_has_it_and_never_sent_again() {
    let rig = Microsoft::start(Fill::Empty).await;
    assert!(!rig.source.tells_of_new(), "the engine answers by mail");
    let ics = |uid: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\n\
             DTSTART:20261124T090000Z\r\nDTEND:20261124T100000Z\r\nSUMMARY:Board\r\nORGANIZER;CN=Chair:mailto:chair@x.example\r\n\
             ATTENDEE;PARTSTAT=ACCEPTED:mailto:{MS_MARA}\r\nATTENDEE:mailto:bo@x.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    let there = rig.event(invitation());
    let written = rig.create(&ics("board@x.example")).await.unwrap();
    assert_eq!(written.id, there);
    assert_eq!(rig.there(&there).unwrap()["responseStatus"]["response"], "accepted");
    let other = rig.create(&ics("other@x.example")).await.unwrap();
    let made = rig.there(&other.id).unwrap();
    assert!(
        made["attendees"].as_array().unwrap().is_empty()
            && made["body"]["content"].as_str().unwrap().contains("Chair <chair@x.example> invites")
    );
    assert!(rig.told().is_empty(), "nobody hears anything twice: {:?}", rig.told());
    assert_eq!(rig.count(), 2);
}

#[tokio::test]
async fn what_teams_wrote_survives_a_new_text_and_the_link_can_not_be_taken_off() {
    let rig = Microsoft::start(Fill::Empty).await;
    let id = rig.event(json!({"subject": "Call", "isOnlineMeeting": true, "body": {"contentType": "html", "content": "<p>Agenda</p>"},
        "start": at("2026-11-24T10:00:00"), "end": at("2026-11-24T11:00:00")}));
    let link = rig.there(&id).unwrap()["onlineMeeting"]["joinUrl"].as_str().unwrap().to_owned();
    let mut mirror = rig.mirror().await;
    let fields = calendar::edit::Fields { description: Some("Numbers, then lunch".to_owned()), ..calendar::edit::Fields::default() };
    let viewer = Zone::fixed(0);
    let context = calendar::edit::Context { now: rig.sandbox.now(), viewer: &viewer, me: None };
    let edited = calendar::edit::change(&mirror.rows[&id].1, &calendar::edit::Members::All, &fields, "x", &context).unwrap();
    rig.update(&mut mirror, &id, &edited.ics.unwrap()).await.unwrap();
    let there = rig.there(&id).unwrap();
    assert_eq!(there["onlineMeeting"]["joinUrl"], link.as_str());
    assert!(there["body"]["content"].as_str().unwrap().starts_with("<div>Numbers, then lunch</div>"), "{}", there["body"]);
    let fields = calendar::edit::Fields { join: Some(String::new()), ..calendar::edit::Fields::default() };
    let edited = calendar::edit::change(&mirror.rows[&id].1, &calendar::edit::Members::All, &fields, "x", &context).unwrap();
    let error = rig.update(&mut mirror, &id, &edited.ics.unwrap()).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("Teams")), "{error}");
}

#[tokio::test]
async fn dates_come_back_and_the_others_stay_out() {
    let rig = Microsoft::start(Fill::Empty).await;
    let mut plan = Plan { weekly: Some(6), ..Plan::clock("Stand-up", "2026-11-24 10:00", 15) };
    for day in ["2026-12-01", "2026-12-08"] {
        plan.out.insert(day.parse().unwrap());
    }
    plan.moved.insert("2026-12-15".parse().unwrap(), crate::calendar_contract::wall("2026-12-16 14:00"));
    let id = rig.put(None, &plan);
    let mut mirror = rig.mirror().await;
    plan.out.remove(&"2026-12-01".parse().unwrap());
    let ics = plan.onto(&mirror.rows[&id].1);
    rig.update(&mut mirror, &id, &ics).await.unwrap();
    assert_eq!(rig.look(&id), Some(plan.clone()));
    // The series moves by an hour; what was otherwise about it stays.
    let moved = Plan { start: crate::calendar_contract::wall("2026-11-24 11:00"), ..plan };
    let ics = moved.onto(&mirror.rows[&id].1);
    rig.update(&mut mirror, &id, &ics).await.unwrap();
    assert_eq!(rig.look(&id), Some(moved.clone()));
    // And becomes one event.
    let single = Plan { weekly: None, out: BTreeSet::new(), moved: BTreeMap::new(), ..moved };
    let ics = single.onto(&mirror.rows[&id].1);
    rig.update(&mut mirror, &id, &ics).await.unwrap();
    assert_eq!(rig.look(&id), Some(single));
}

#[tokio::test]
async fn what_graph_can_not_hold_is_refused_before_anything_is_sent() {
    let rig = Microsoft::start(Fill::Empty).await;
    let event = |start: &str, more: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\nBEGIN:VEVENT\r\nUID:a@x.example\r\nDTSTAMP:20261101T000000Z\r\nDTSTART{start}\r\nDURATION:PT1H\r\n\
             SUMMARY:x\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    let zoned = ";TZID=Europe/Berlin:20261124T100000";
    let alarm = |trigger: &str| format!("BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:{trigger}\r\nDESCRIPTION:x\r\nEND:VALARM\r\n");
    for (ics, word) in [
        (event(zoned, "RRULE:FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-2\r\n"), "Choose another repetition"),
        (event(zoned, "RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15\r\n"), "Choose another repetition"),
        (event(zoned, "RRULE:FREQ=HOURLY\r\n"), "hourly"),
        (event(zoned, "RDATE;TZID=Europe/Berlin:20261126T100000\r\n"), "event of its own"),
        (event(":20261124T100000", ""), "choose a city's zone"),
        (event(zoned, &(alarm("-PT5M") + &alarm("-PT1H"))), "one reminder"),
        (event(zoned, &alarm("PT5M")), "before it begins"),
    ] {
        let error = rig.create(&ics).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains(word)), "{word}: {error}");
    }
    assert_eq!(rig.count(), 0);
    assert!(rig.sandbox.control().log().iter().all(|e| e.method != "POST" || e.path.contains("oauth2")));
}

#[tokio::test]
async fn somebody_who_is_faster_is_not_written_over() {
    let rig = Microsoft::start(Fill::Empty).await;
    let id = rig.put(None, &Plan { weekly: Some(4), ..Plan::clock("Stand-up", "2026-11-24 10:00", 15) });
    let mut mirror = rig.mirror().await;
    // Between the look and the write.
    rig.sandbox.control().add_fault(Fault::status("/v1.0/me/calendars/*", 412, "ErrorIrresolvableConflict").method("PATCH"));
    let ics = mirror.rows[&id].1.replace("SUMMARY:Stand-up", "SUMMARY:Mine");
    assert!(matches!(rig.update(&mut mirror, &id, &ics).await, Err(ProviderError::Conflict(_))));
    rig.sandbox.control().add_fault(Fault::status("/v1.0/me/calendars/*", 412, "ErrorIrresolvableConflict").method("DELETE"));
    let etag = mirror.rows[&id].0.clone();
    let delete = CalendarWrite::Delete { calendar: rig.calendar(), id: id.clone(), etag };
    assert!(matches!(rig.source.write(&delete).await, Err(ProviderError::Conflict(_))));
    assert_eq!(rig.look(&id).unwrap().title, "Stand-up");
}
