//! The time of guests: one's own from the store, others' from where the meeting is.

use domain::{
    audit::Actor,
    free_busy::{BusyKind, BusySpan, LONGEST_MS, NotKnown},
    ids::CalendarId,
    time::Timestamp,
};
use sandbox::{CaldavPerson, Fault, FaultAction, GcalCalendar, MARA, NewCalendar};
use serde_json::json;

use super::{DAY, EventFields, World, at, dav, day, google, no_errors, settle, titled, world};
use crate::{GuestTime, GuestsQuestion};

/// An instant of the day after tomorrow, as Stockholm's wall shows it.
fn on(w: &World, wall: &str) -> Timestamp {
    let text = format!("{}T{wall}:00", day(w, 2));
    let wall = chrono::NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S").unwrap();
    calendar::NamedZone::known("Europe/Stockholm").unwrap().zone().instant(wall.and_utc().timestamp())
}

fn span(w: &World, from: &str, to: &str, kind: BusyKind) -> BusySpan {
    BusySpan::new(on(w, from), on(w, to), kind)
}

fn question(w: &World, people: &[&str], calendar: Option<CalendarId>) -> GuestsQuestion {
    GuestsQuestion {
        people: people.iter().map(|p| (*p).to_owned()).collect(),
        from: on(w, "00:00"),
        to: on(w, "00:00").plus_millis(DAY),
        calendar,
        event: None,
    }
}

async fn ask(w: &World, question: &GuestsQuestion) -> Vec<GuestTime> {
    w.engine.guests_time(question, Actor::Person).await.unwrap()
}

/// An empty calendar of a server that schedules.
async fn plan(w: &World) -> CalendarId {
    w.sandbox.set_caldav(|s| s.auto_schedule = true);
    w.sandbox.add_calendar(NewCalendar::events("plan", "Plan", "#336699"));
    dav(w).await;
    w.engine.calendars().await.unwrap().into_iter().find(|c| c.name == "Plan").unwrap().id
}

async fn add(w: &World, calendar: CalendarId, title: &str, from: &str, to: &str, more: EventFields) -> String {
    let fields = EventFields { time: Some(at(&day(w, 2), from, to)), title: titled(title).title, ..more };
    w.engine.create_event(Some(calendar), &fields, Actor::Person).await.unwrap().key.unwrap()
}

#[tokio::test]
async fn ones_own_time_is_in_the_store_and_nobody_is_asked_for_it() {
    let w = world().await;
    let calendar = plan(&w).await;
    let before = ask(&w, &question(&w, &[MARA], None)).await.remove(0);
    assert!(before.own && before.not_known.is_none());
    let (from, to) = (on(&w, "20:00"), on(&w, "23:30"));
    assert!(!before.busy.iter().any(|s| s.meets(from, to)), "an evening without events: {before:?}");
    let evening = add(&w, calendar, "Review", "20:00", "21:00", EventFields::default()).await;
    add(&w, calendar, "Music", "22:00", "23:00", EventFields { free: Some(true), ..EventFields::default() }).await;
    settle(&w).await;
    w.sandbox.control().clear_log();
    let found = ask(&w, &question(&w, &["Mara@Lindqvist.example"], None)).await;
    let new: Vec<_> = found[0].busy.iter().filter(|s| s.meets(from, to)).copied().collect();
    assert_eq!(new, [span(&w, "20:00", "21:00", BusyKind::Busy)], "what is marked as free is");
    // The meeting that is being planned keeps nobody from itself.
    let found = ask(&w, &GuestsQuestion { event: Some(evening), ..question(&w, &[MARA], None) }).await;
    assert_eq!(found[0].busy, before.busy);
    assert!(w.sandbox.control().log().is_empty(), "no server was asked");
}

#[tokio::test]
async fn others_are_asked_for_at_the_calendar_of_the_meeting() {
    let w = world().await;
    let plan = plan(&w).await;
    let busy = vec![span(&w, "09:00", "10:00", BusyKind::Busy), span(&w, "13:00", "15:00", BusyKind::Tentative)];
    w.sandbox.set_caldav_person("ben@guild.example", CaldavPerson::Busy(busy.clone()));
    w.sandbox.set_caldav_person("ada@guild.example", CaldavPerson::Closed);
    let people = ["Ben@guild.example", MARA, "ada@guild.example", "who@guild.example", "ben@guild.example"];
    let found = ask(&w, &question(&w, &people, Some(plan))).await;
    let told: Vec<_> = found.iter().map(|p| (p.address.as_str(), p.own, p.not_known)).collect();
    assert_eq!(
        told,
        [
            ("ben@guild.example", false, None),
            (MARA, true, None),
            ("ada@guild.example", false, Some(NotKnown::Refused)),
            ("who@guild.example", false, Some(NotKnown::NotFound))
        ],
        "each once, in the order of the question"
    );
    assert_eq!(found[0].busy, busy);
    // At Google other people are known.
    google(&w).await;
    no_errors(&w.engine.sync_now(None).await.unwrap());
    w.sandbox.add_gcal_calendar(
        MARA,
        GcalCalendar { id: "ida@guild.example".into(), role: "freeBusyReader".into(), time_zone: "UTC".into(), ..GcalCalendar::default() },
    );
    let iso = |at: Timestamp| chrono::DateTime::from_timestamp(at.secs(), 0).unwrap().to_rfc3339();
    let event =
        json!({"id": "idas00", "summary": "x", "start": {"dateTime": iso(on(&w, "11:00"))}, "end": {"dateTime": iso(on(&w, "12:00"))}});
    w.sandbox.put_gcal_event(MARA, "ida@guild.example", event).unwrap();
    let google = w.engine.calendars().await.unwrap().into_iter().find(|c| c.writable && c.source.ends_with("Google")).unwrap().id;
    let found = ask(&w, &question(&w, &["ida@guild.example", "ben@guild.example"], Some(google))).await;
    assert_eq!((found[0].busy.clone(), found[0].not_known), (vec![span(&w, "11:00", "12:00", BusyKind::Busy)], None));
    assert_eq!(found[1].not_known, Some(NotKnown::NotFound), "another server's people");
    // Every question is in the log of what was done, and says nothing of whom it was about.
    let asked = w.engine.store().audit(None, 50, Some("event.guests_asked")).await.unwrap().items;
    assert_eq!(asked.iter().map(|e| e.detail.as_str()).collect::<Vec<_>>(), ["people=2", "people=3"]);
}

#[tokio::test]
async fn a_meeting_keeps_its_guests_from_everything_but_itself() {
    let w = world().await;
    let plan = plan(&w).await;
    let guests = Some(vec!["ben@guild.example".to_owned()]);
    let key = add(&w, plan, "Review", "20:00", "21:00", EventFields { guests, ..EventFields::default() }).await;
    settle(&w).await;
    let all = vec![span(&w, "09:00", "10:00", BusyKind::Busy), span(&w, "20:00", "21:00", BusyKind::Busy)];
    for name in ["ben", "ada"] {
        w.sandbox.set_caldav_person(&format!("{name}@guild.example"), CaldavPerson::Busy(all.clone()));
    }
    let found = ask(&w, &GuestsQuestion { event: Some(key), ..question(&w, &["ben@guild.example", "ada@guild.example"], None) }).await;
    assert_eq!((found[0].busy.as_slice(), found[1].busy.as_slice()), (&all[..1], &all[..]), "Ada is not invited: it is another meeting");
}

#[tokio::test]
async fn nobody_to_ask_and_nobody_who_answers_are_reasons_and_no_errors() {
    let w = world().await;
    let others = ["ben@guild.example", MARA];
    let found = ask(&w, &question(&w, &others[..1], None)).await;
    assert_eq!(found[0].not_known, Some(NotKnown::Unsupported), "without any calendar");
    dav(&w).await;
    let found = ask(&w, &question(&w, &others, None)).await;
    assert_eq!(found[0].not_known, Some(NotKnown::Unsupported), "a server that does not schedule");
    w.sandbox.set_caldav(|s| s.auto_schedule = true);
    w.sandbox.control().add_fault(Fault::new("/dav/*", FaultAction::Drop { after_commit: false }).times(0));
    let found = ask(&w, &question(&w, &others, None)).await;
    assert_eq!((found[0].not_known, found[1].not_known), (Some(NotKnown::Offline), None), "one's own is here");
    w.sandbox.control().clear_faults();
    w.sandbox.set_caldav_password("another");
    let found = ask(&w, &question(&w, &others, None)).await;
    assert_eq!(found[0].not_known, Some(NotKnown::Refused));
}

#[tokio::test]
async fn a_question_without_measure_is_none() {
    let w = world().await;
    let fine = question(&w, &[MARA], None);
    for bad in [
        GuestsQuestion { people: Vec::new(), ..fine.clone() },
        GuestsQuestion { people: (0..60).map(|n| format!("a{n}@x.example")).collect(), ..fine.clone() },
        GuestsQuestion { to: fine.from, ..fine.clone() },
        GuestsQuestion { to: fine.from.plus_millis(LONGEST_MS + 1), ..fine.clone() },
    ] {
        assert!(w.engine.guests_time(&bad, Actor::Person).await.unwrap_err().is("invalid"), "{bad:?}");
    }
    assert!(w.engine.guests_time(&GuestsQuestion { event: Some("99/".into()), ..fine }, Actor::Person).await.unwrap_err().is("not_found"));
}

#[tokio::test]
async fn times_are_found_among_what_is_known_and_never_in_the_past() {
    use crate::{SlotPerson, SlotsQuestion, WorkingHours};
    let w = world().await;
    let hours = WorkingHours { days: [true; 7], from: 9 * 60, to: 12 * 60 };
    let ben = vec![span(&w, "09:00", "10:00", BusyKind::Busy), span(&w, "10:00", "11:00", BusyKind::Tentative)];
    let fine = SlotsQuestion {
        people: vec![SlotPerson { busy: Some(ben.clone()), required: true }, SlotPerson { busy: None, required: true }],
        from: on(&w, "00:00"),
        to: on(&w, "00:00").plus_millis(DAY),
        length: 3_600_000,
        hours,
        zone: Some("Europe/Stockholm".into()),
        most: 5,
    };
    let found = w.engine.find_slots(fine.clone()).await.unwrap();
    let told: Vec<_> = found.iter().map(|s| (s.start, s.cannot.len(), s.perhaps.len())).collect();
    assert_eq!(told, [(on(&w, "11:00"), 0, 0), (on(&w, "10:00"), 0, 1)]);
    let past = SlotsQuestion { from: on(&w, "00:00").plus_millis(-7 * DAY), to: w.engine.now(), ..fine.clone() };
    assert!(w.engine.find_slots(past).await.unwrap().is_empty());
    let of = |spans: Vec<BusySpan>| vec![SlotPerson { busy: Some(spans), required: true }];
    for bad in [
        SlotsQuestion { hours: WorkingHours { days: [false; 7], ..hours }, ..fine.clone() },
        SlotsQuestion { hours: WorkingHours { to: 9 * 60, ..hours }, ..fine.clone() },
        SlotsQuestion { zone: Some("Mars/Olympus".into()), ..fine.clone() },
        SlotsQuestion { people: of(ben.iter().rev().copied().collect()), ..fine.clone() },
        SlotsQuestion { to: fine.from.plus_millis(LONGEST_MS + 1), ..fine.clone() },
    ] {
        assert!(w.engine.find_slots(bad.clone()).await.unwrap_err().is("invalid"), "{bad:?}");
    }
}
