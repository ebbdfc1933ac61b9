//! RFC 6638: what the server tells others, and what it refuses to a guest.

use super::*;
use crate::{ScheduleMethod, Scheduled};

const GUESTS: &str = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:mara@lindqvist.example\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:Erik@x.example\r\n";

fn mine(guests: &str) -> String {
    event("m", &format!("ORGANIZER:mailto:mara@lindqvist.example\r\n{guests}"))
}

fn theirs(answer: &str) -> String {
    event(
        "t",
        &format!(
            "ORGANIZER:mailto:erik@x.example\r\nATTENDEE:mailto:erik@x.example\r\nATTENDEE;PARTSTAT={answer};RSVP=TRUE:MAILTO:mara@lindqvist.example\r\n"
        ),
    )
}

async fn rig() -> Rig {
    let rig = Rig::new().await;
    rig.sandbox.set_caldav(|s| s.auto_schedule = true);
    rig
}

fn said(list: &[Scheduled]) -> Vec<(ScheduleMethod, String, Option<&str>)> {
    list.iter().map(|s| (s.method, s.to.join(","), s.partstat.as_deref().or(s.recurrence_id.as_deref()))).collect()
}

#[tokio::test]
async fn guests_hear_of_an_organisers_changes() {
    use ScheduleMethod::{Cancel, Request};
    let rig = rig().await;
    let path = format!("{WORK}m.ics");
    let made = rig.put(&path, &mine(GUESTS), &[]).await;
    // The server marked what it sent: another text, no tag.
    assert_eq!((made.status, made.header("etag"), made.header("schedule-tag").is_some()), (201, None, true));
    let erik = || "erik@x.example".to_owned();
    assert_eq!(said(&rig.sandbox.scheduled()), [(Request, erik(), None)]);
    let kept = rig.send("GET", &path, &[], "").await.text();
    assert!(kept.replace("\r\n ", "").contains("ATTENDEE;PARTSTAT=NEEDS-ACTION;SCHEDULE-STATUS=1.1:mailto:Erik@x.example"), "{kept}");
    // An alarm is nobody else's business.
    let quiet = kept.replace("END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT");
    assert!(rig.put(&path, &quiet, &[]).await.header("etag").is_some());
    assert_eq!(rig.sandbox.scheduled().len(), 1);
    rig.put(&path, &quiet.replace("SUMMARY:Test", "SUMMARY:Other"), &[]).await;
    assert_eq!(rig.sandbox.scheduled().len(), 2);
    // One comes, one goes, one is told by the client itself.
    let others = "ATTENDEE:mailto:olu@x.example\r\nATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:mei@x.example\r\n";
    rig.put(&path, &mine(others), &[]).await;
    assert_eq!(said(&rig.sandbox.scheduled())[2..], [(Cancel, erik(), None), (Request, "olu@x.example".to_owned(), None)]);
    assert_eq!(rig.send("DELETE", &path, &[], "").await.status, 204);
    assert_eq!(said(&rig.sandbox.scheduled())[4..], [(Cancel, "olu@x.example".to_owned(), None)]);
}

#[tokio::test]
async fn an_instance_that_is_called_off_is_told_alone() {
    let rig = rig().await;
    let path = format!("{WORK}m.ics");
    let series = mine(&format!("{GUESTS}RRULE:FREQ=WEEKLY\r\n"));
    rig.put(&path, &series, &[]).await;
    let off = series.replace(
        "END:VCALENDAR",
        &format!(
            "BEGIN:VEVENT\r\nUID:m\r\nDTSTAMP:20261101T000000Z\r\nRECURRENCE-ID:20261201T090000Z\r\nDTSTART:20261201T090000Z\r\n\
             DTEND:20261201T100000Z\r\nSTATUS:CANCELLED\r\nORGANIZER:mailto:mara@lindqvist.example\r\n{GUESTS}END:VEVENT\r\nEND:VCALENDAR"
        ),
    );
    rig.put(&path, &off, &[]).await;
    let told = rig.sandbox.scheduled();
    assert_eq!(said(&told)[1..], [(ScheduleMethod::Cancel, "erik@x.example".to_owned(), Some("20261201T090000Z"))]);
    let split = off.replacen("ORGANIZER:mailto:mara@lindqvist.example\r\n", "", 1);
    assert_eq!(refusal(&rig.put(&path, &split, &[]).await), refused(403, "same-organizer-in-all-components"));
}

#[tokio::test]
async fn the_organiser_hears_a_guests_answer() {
    let rig = rig().await;
    let path = format!("{WORK}t.ics");
    rig.sandbox.put_calendar_item("work", "t.ics", &theirs("NEEDS-ACTION")).unwrap();
    let reply = rig.put(&path, &theirs("ACCEPTED"), &[]).await;
    assert_eq!((reply.status, reply.header("etag")), (204, None));
    rig.put(&path, &theirs("ACCEPTED"), &[]).await;
    let told = rig.sandbox.scheduled();
    assert_eq!(said(&told), [(ScheduleMethod::Reply, "erik@x.example".to_owned(), Some("ACCEPTED"))]);
    // Somebody else's meeting is not moved.
    let moved = theirs("ACCEPTED").replace("DTEND:20261124T100000Z", "DTEND:20261124T110000Z");
    assert_eq!(refusal(&rig.put(&path, &moved, &[]).await), refused(403, "allowed-attendee-scheduling-object-change"));
    // Leaving says no, unless asked to be silent.
    rig.send("DELETE", &path, &[], "").await;
    assert_eq!(said(&rig.sandbox.scheduled())[1..], [(ScheduleMethod::Reply, "erik@x.example".to_owned(), Some("DECLINED"))]);
    rig.sandbox.put_calendar_item("work", "t.ics", &theirs("NEEDS-ACTION")).unwrap();
    rig.send("DELETE", &path, &[("Schedule-Reply", "F")], "").await;
    assert_eq!(rig.sandbox.scheduled().len(), 2);
}

#[tokio::test]
async fn without_the_switch_nobody_is_told() {
    let rig = Rig::new().await;
    let path = format!("{WORK}m.ics");
    let made = rig.put(&path, &mine(GUESTS), &[]).await;
    assert!(made.header("etag").is_some() && made.header("schedule-tag").is_none());
    assert_eq!(rig.send("DELETE", &path, &[], "").await.status, 204);
    assert!(rig.sandbox.scheduled().is_empty());
}

#[tokio::test]
async fn a_guests_answer_leaves_the_schedule_tag() {
    let rig = rig().await;
    let path = format!("{WORK}m.ics");
    rig.put(&path, &mine(GUESTS), &[]).await;
    let before = rig.send("GET", &path, &[], "").await;
    let tag = before.header("schedule-tag").unwrap();
    rig.sandbox.answer_calendar_item("work", "m.ics", "erik@x.example", "ACCEPTED").unwrap();
    let after = rig.send("GET", &path, &[], "").await;
    assert_eq!(after.header("schedule-tag").as_ref(), Some(&tag));
    assert_ne!(after.header("etag"), before.header("etag"));
    assert!(after.text().contains("PARTSTAT=ACCEPTED;") || after.text().matches("PARTSTAT=ACCEPTED").count() == 2);
    let changed = after.text().replace("SUMMARY:Test", "SUMMARY:Other");
    assert_eq!(rig.put(&path, &changed, &[("If-Schedule-Tag-Match", &tag)]).await.status, 204);
    assert_eq!(rig.put(&path, &changed, &[("If-Schedule-Tag-Match", &tag)]).await.status, 412);
}
