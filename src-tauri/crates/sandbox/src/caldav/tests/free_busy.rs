//! RFC 6638 section 5: who is told what of others' time, and what is no question.

use domain::{
    free_busy::{BusyKind, BusySpan},
    time::Timestamp,
};

use super::*;
use crate::CaldavPerson;

const OUTBOX: &str = "/dav/calendars/mara@lindqvist.example/outbox/";

fn question(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:q\r\nDTSTAMP:20261101T000000Z\r\n\
         DTSTART:20261124T000000Z\r\nDTEND:20261125T000000Z\r\nORGANIZER:mailto:mara@lindqvist.example\r\n{lines}END:VFREEBUSY\r\n\
         END:VCALENDAR\r\n"
    )
}

const ERIK: &str = "ATTENDEE:mailto:Erik@x.example\r\n";

async fn rig() -> Rig {
    let rig = Rig::new().await;
    rig.sandbox.set_caldav(|s| s.auto_schedule = true);
    rig
}

async fn post(rig: &Rig, body: &str) -> Reply {
    rig.send("POST", OUTBOX, &[("Content-Type", "text/calendar; charset=utf-8")], body).await
}

#[tokio::test]
async fn everybody_is_answered_for_alone() {
    let rig = rig().await;
    let at = |hour: i64| Timestamp::from_secs(1_795_478_400 + hour * 3600); // 2026-11-24T00:00:00Z
    let spans = vec![
        BusySpan::new(at(-3), at(1), BusyKind::Busy),
        BusySpan::new(at(9), at(11), BusyKind::Tentative),
        BusySpan::new(at(23), at(40), BusyKind::Unavailable),
        BusySpan::new(at(24), at(25), BusyKind::Busy),
    ];
    rig.sandbox.set_caldav_person("erik@x.example", CaldavPerson::Busy(spans));
    rig.sandbox.set_caldav_person("olu@x.example", CaldavPerson::Closed);
    rig.sandbox.set_caldav_person("mei@x.example", CaldavPerson::Away);
    let guests = ["Olu", "mei", "nobody"].map(|n| format!("ATTENDEE:mailto:{n}@x.example\r\n")).concat();
    let reply = post(&rig, &question(&format!("{ERIK}{guests}"))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let root = xml::parse(&reply.body).unwrap();
    assert!(root.is(CALDAV, "schedule-response"));
    let told: Vec<(String, String, Option<String>)> = root
        .children
        .iter()
        .map(|r| {
            let href = r.child(CALDAV, "recipient").unwrap().child(DAV, "href").unwrap().text.clone();
            let status = r.child(CALDAV, "request-status").unwrap().text.clone();
            (href, status, r.child(CALDAV, "calendar-data").map(|d| d.text.clone()))
        })
        .collect();
    let said: Vec<_> =
        told.iter().map(|(href, status, data)| (href.as_str(), status.get(..3).unwrap_or_default(), data.is_some())).collect();
    assert_eq!(
        said,
        [
            ("mailto:Erik@x.example", "2.0", true),
            ("mailto:Olu@x.example", "3.8", false),
            ("mailto:mei@x.example", "5.1", false),
            ("mailto:nobody@x.example", "3.7", false)
        ]
    );
    let data = told[0].2.as_deref().unwrap();
    let periods: Vec<&str> = data.lines().filter(|l| l.starts_with("FREEBUSY")).collect();
    assert_eq!(
        periods,
        [
            "FREEBUSY:20261124T000000Z/20261124T010000Z",
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261124T090000Z/PT120M0S",
            "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261124T230000Z/20261125T000000Z"
        ]
    );
    assert!(rig.sandbox.scheduled().is_empty(), "nobody hears of it");
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let rig = rig().await;
    let fine = question(ERIK);
    for (body, condition) in [
        (fine.replace("METHOD:REQUEST", "METHOD:PUBLISH"), "valid-scheduling-message"),
        (fine.replace("VFREEBUSY", "VTODO"), "valid-scheduling-message"),
        (fine.replace(ERIK, ""), "valid-scheduling-message"),
        (fine.replace("DTEND:20261125T000000Z", "DTEND:20261124T000000Z"), "valid-scheduling-message"),
        (fine.replace("DTSTART:20261124T000000Z", "DTSTART:20261124T000000"), "valid-scheduling-message"),
        (fine.replace("UID:q\r\n", ""), "valid-scheduling-message"),
        (fine.replace("mailto:mara@lindqvist.example", "mailto:erik@x.example"), "organizer-allowed"),
        (fine.replace("VERSION:2.0\r\n", ""), "valid-calendar-data"),
        (fine.replace("\r\n", "\n"), "valid-calendar-data"),
    ] {
        assert_eq!(refusal(&post(&rig, &body).await), refused(403, condition), "{body}");
    }
    let plain = rig.send("POST", OUTBOX, &[("Content-Type", "text/plain")], &fine).await;
    assert_eq!(refusal(&plain), refused(403, "supported-calendar-data"));
    assert_eq!(rig.send("POST", WORK, &[("Content-Type", "text/calendar")], &fine).await.status, 405);
    assert_eq!(rig.send("GET", OUTBOX, &[], "").await.status, 405);
    rig.sandbox.set_caldav(|s| s.auto_schedule = false);
    assert_eq!(post(&rig, &fine).await.status, 404, "a server that does not schedule has no outbox");
}
