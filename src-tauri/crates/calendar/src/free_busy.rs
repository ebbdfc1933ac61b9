//! Questions for others' time and their answers: VFREEBUSY (RFC 5545 section 3.6.4) as iTIP asks with it (RFC 5546 section 3.3).

use chrono::NaiveDateTime;
use domain::{
    free_busy::{BusyKind, BusySpan, FreeBusyQuestion, MOST_SPANS, laid},
    time::Timestamp,
};

use crate::{
    duration::Duration,
    edit::times::utc,
    file::PRODID,
    lines::{Component, Line, parse},
};

/// A request of `organizer` (an address) to all people of the question. `uid` is of this request alone; `now` becomes DTSTAMP.
pub fn request(question: &FreeBusyQuestion, organizer: &str, uid: &str, now: Timestamp) -> String {
    let mut asked = Component::new("VFREEBUSY");
    asked.lines = vec![
        Line::new("UID", uid),
        Line::new("DTSTAMP", &utc(now)),
        Line::new("DTSTART", &utc(question.from)),
        Line::new("DTEND", &utc(question.to)),
        Line::new("ORGANIZER", &format!("mailto:{organizer}")),
    ];
    asked.lines.extend(question.people.iter().map(|address| Line::new("ATTENDEE", &format!("mailto:{address}"))));
    let mut calendar = Component::new("VCALENDAR");
    calendar.lines = vec![Line::new("VERSION", "2.0"), Line::new("PRODID", PRODID), Line::new("METHOD", "REQUEST")];
    calendar.children = vec![asked];
    calendar.print()
}

/// The spans that an answer names inside of `from .. to`. None where there is no VFREEBUSY in it, or a period that can't be read: half of
/// an answer would call people free who are not.
pub fn answer(text: &str, from: Timestamp, to: Timestamp) -> Option<Vec<BusySpan>> {
    let calendars = parse(text.as_bytes()).ok()?;
    let mut told = calendars.iter().flat_map(|c| c.children_of("VFREEBUSY")).peekable();
    told.peek()?;
    let mut spans = Vec::new();
    for line in told.flat_map(|c| c.lines_of("FREEBUSY")) {
        let Some(kind) = kind(line) else { continue };
        for period in line.value().split(',').map(str::trim).filter(|p| !p.is_empty()) {
            if spans.len() >= MOST_SPANS {
                return None;
            }
            let (start, end) = self::period(period)?;
            spans.push(BusySpan::new(start, end, kind));
        }
    }
    Some(laid(&spans, from, to))
}

/// None: time that is free. What has another name than those of the standard is busy (RFC 5545 section 3.2.9).
fn kind(line: &Line) -> Option<BusyKind> {
    match line.param("FBTYPE").unwrap_or_default().to_ascii_uppercase().as_str() {
        "FREE" => None,
        "BUSY-TENTATIVE" => Some(BusyKind::Tentative),
        "BUSY-UNAVAILABLE" => Some(BusyKind::Unavailable),
        _ => Some(BusyKind::Busy),
    }
}

/// `start/end` or `start/duration` (RFC 5545 section 3.3.9), in UTC.
fn period(text: &str) -> Option<(Timestamp, Timestamp)> {
    let (start, rest) = text.split_once('/')?;
    let start = instant(start)?;
    let end = match Duration::parse(rest) {
        Some(lasts) if !lasts.back => start.plus_secs(lasts.total_secs()),
        Some(_) => return None,
        None => instant(rest)?,
    };
    Some((start, end))
}

fn instant(text: &str) -> Option<Timestamp> {
    let wall = NaiveDateTime::parse_from_str(text.trim(), "%Y%m%dT%H%M%SZ").ok()?;
    Some(Timestamp::from_secs(wall.and_utc().timestamp()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// 2026-12-01T00:00:00Z.
    const DAY: Timestamp = Timestamp(1_796_083_200_000);
    const HOUR: i64 = 3_600_000;

    fn told(lines: &str) -> Option<Vec<(i64, i64, BusyKind)>> {
        let text =
            format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\nBEGIN:VFREEBUSY\r\n{lines}END:VFREEBUSY\r\nEND:VCALENDAR\r\n");
        let spans = answer(&text, DAY, DAY.plus_millis(24 * HOUR))?;
        Some(spans.into_iter().map(|s| (s.start.since(DAY) / HOUR, s.end.since(DAY) / HOUR, s.kind)).collect())
    }

    #[test]
    fn a_request_names_who_asks_whom_and_for_when() {
        let question = FreeBusyQuestion { people: vec!["a@x.test".into(), "b@x.test".into()], from: DAY, to: DAY.plus_millis(24 * HOUR) };
        let text = request(&question, "me@x.test", "u1", DAY.plus_millis(-HOUR));
        assert_eq!(
            text.split("\r\n").collect::<Vec<_>>(),
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                &format!("PRODID:{PRODID}"),
                "METHOD:REQUEST",
                "BEGIN:VFREEBUSY",
                "UID:u1",
                "DTSTAMP:20261130T230000Z",
                "DTSTART:20261201T000000Z",
                "DTEND:20261202T000000Z",
                "ORGANIZER:mailto:me@x.test",
                "ATTENDEE:mailto:a@x.test",
                "ATTENDEE:mailto:b@x.test",
                "END:VFREEBUSY",
                "END:VCALENDAR",
                ""
            ]
        );
        let hostile = FreeBusyQuestion { people: vec!["a@x.test\r\nSUMMARY:x".into()], ..question };
        assert!(!request(&hostile, "me@x.test", "u1", DAY).contains("\nSUMMARY"), "an address is no line");
    }

    #[test]
    fn periods_end_or_last_and_have_a_kind() {
        use BusyKind::{Busy, Tentative, Unavailable};
        assert_eq!(told(""), Some(Vec::new()), "an answer without periods says that all is free");
        assert_eq!(
            told("FREEBUSY;FBTYPE=BUSY:20261201T080000Z/20261201T090000Z,20261201T100000Z/PT2H\r\nFREEBUSY:20261201T150000Z/PT1H\r\n"),
            Some(vec![(8, 9, Busy), (10, 12, Busy), (15, 16, Busy)])
        );
        assert_eq!(
            told(
                "FREEBUSY;FBTYPE=busy-tentative:20261201T080000Z/PT4H\r\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261201T100000Z/P1D\r\n\
                 FREEBUSY;FBTYPE=FREE:20261201T080000Z/PT1H\r\nFREEBUSY;FBTYPE=X-LUNCH:20261201T060000Z/PT1H\r\n"
            ),
            Some(vec![(6, 7, Busy), (8, 10, Tentative), (10, 24, Unavailable)])
        );
        assert_eq!(told("FREEBUSY:20261130T080000Z/P2D\r\n"), Some(vec![(0, 24, Busy)]), "clipped");
    }

    #[test]
    fn half_an_answer_is_none() {
        for lines in ["FREEBUSY:20261201T080000/PT1H\r\n", "FREEBUSY:20261201T080000Z\r\n", "FREEBUSY:20261201T080000Z/-PT1H\r\n"] {
            assert_eq!(told(&format!("FREEBUSY:20261201T060000Z/PT1H\r\n{lines}")), None, "{lines}");
        }
        let many = "20261201T060000Z/PT1H,".repeat(MOST_SPANS + 1);
        assert_eq!(told(&format!("FREEBUSY:{many}\r\n")), None);
        assert_eq!(answer("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", DAY, DAY), None);
        assert_eq!(answer("<html>", DAY, DAY), None);
    }
}
