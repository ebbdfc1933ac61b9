//! Questions to the outbox: when others have no time (RFC 6638 section 5, RFC 5546 section 3.3.2).
//!
//! The server knows of other people what tests tell it ([`CaldavPerson`]); of an address that it has never heard of it says so. Half of the
//! periods that it names end, the others last: both are lawful, and a client has to read both.

use std::fmt::Write as _;

use domain::{
    free_busy::{BusyKind, BusySpan},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    Call, Reply,
    error::DavError,
    ical::{self, Component, Property},
    rules::{exactly_one, frame},
    when::{When, instant},
    world::CalWorld,
    write::is_calendar_text,
    xml::{self, CALDAV, DAV, tag},
};

/// What the server tells of somebody else's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaldavPerson {
    /// These spans, in milliseconds.
    Busy(Vec<BusySpan>),
    /// Known, and not to be seen by this account (3.8).
    Closed,
    /// Lives on another server, which does not answer (5.1).
    Away,
}

struct Asked {
    from: i64,
    until: i64,
    organizer: Property,
    uid: String,
    guests: Vec<Property>,
}

pub(super) fn post(world: &CalWorld, call: &Call<'_>) -> Result<Reply, DavError> {
    if !world.switches.auto_schedule {
        return Err(DavError::not_found());
    }
    if !is_calendar_text(call.headers) {
        return Err(DavError::caldav("supported-calendar-data", "the body is not text/calendar in UTF-8"));
    }
    if call.body.len() > world.switches.max_resource {
        return Err(DavError::caldav("max-resource-size", format!("at most {} bytes", world.switches.max_resource)));
    }
    let invalid = |why: String| DavError::caldav("valid-calendar-data", why);
    let tree = ical::parse(call.body).map_err(invalid)?;
    frame(&tree).map_err(invalid)?;
    let asked = asked(&tree).map_err(|why| DavError::caldav("valid-scheduling-message", why))?;
    if !asked.organizer.mailto().is_some_and(|address| world.addresses.contains(&address)) {
        return Err(DavError::caldav("organizer-allowed", "the organiser is somebody else"));
    }
    let responses: String = asked.guests.iter().map(|guest| response(world, &asked, guest, call.now)).collect();
    Ok(Reply::text(200, "application/xml; charset=utf-8", xml::document_in(CALDAV, "schedule-response", &responses)))
}

/// RFC 5546 section 3.3.2: one VFREEBUSY with everything that a request has, and nothing that only an answer has.
fn asked(tree: &Component) -> Result<Asked, String> {
    if tree.value("METHOD") != Some("REQUEST") {
        return Err("METHOD is not REQUEST".to_owned());
    }
    let mut entries = tree.entries();
    let (Some(entry), None) = (entries.next(), entries.next()) else { return Err("there is not one component".to_owned()) };
    if entry.name != "VFREEBUSY" {
        return Err(format!("{} is no question for time", entry.name));
    }
    if entry.get("FREEBUSY").is_some() {
        return Err("a request names no periods".to_owned());
    }
    let at = |name: &str| match When::parse(&exactly_one(entry, name)?.value) {
        Some(when @ When::Utc(_)) => Ok(instant(when, None)),
        _ => Err(format!("{name} is not in UTC")),
    };
    at("DTSTAMP")?;
    let (from, until) = (at("DTSTART")?, at("DTEND")?);
    if from >= until {
        return Err("the end is not after the start".to_owned());
    }
    let guests: Vec<Property> = entry.all("ATTENDEE").cloned().collect();
    if guests.is_empty() {
        return Err("nobody is asked for".to_owned());
    }
    let organizer = exactly_one(entry, "ORGANIZER")?.clone();
    Ok(Asked { from, until, organizer, uid: exactly_one(entry, "UID")?.value.clone(), guests })
}

fn response(world: &CalWorld, asked: &Asked, guest: &Property, now: Timestamp) -> String {
    let known = guest.mailto().and_then(|address| world.people.get(&address));
    let (status, data) = match known {
        None => ("3.7;Invalid calendar user", None),
        Some(CaldavPerson::Closed) => ("3.8;No authority", None),
        Some(CaldavPerson::Away) => ("5.1;Service unavailable", None),
        Some(CaldavPerson::Busy(spans)) => ("2.0;Success", Some(reply(asked, guest, spans, now))),
    };
    let mut inner = tag(CALDAV, "recipient", &tag(DAV, "href", &xml::escape(&guest.value)));
    inner.push_str(&tag(CALDAV, "request-status", status));
    if let Some(data) = data {
        inner.push_str(&tag(CALDAV, "calendar-data", &xml::escape(&data)));
    }
    tag(CALDAV, "response", &inner)
}

fn reply(asked: &Asked, guest: &Property, spans: &[BusySpan], now: Timestamp) -> String {
    let mut out = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sandbox//EN\r\nMETHOD:REPLY\r\nBEGIN:VFREEBUSY\r\n".to_owned();
    let utc = |secs: i64| chrono::DateTime::from_timestamp(secs, 0).unwrap_or_default().format("%Y%m%dT%H%M%SZ").to_string();
    let mut line = |text: String| ical::fold(&text, &mut out);
    line(format!("UID:{}", asked.uid));
    line(format!("DTSTAMP:{}", utc(now.secs())));
    line(format!("DTSTART:{}", utc(asked.from)));
    line(format!("DTEND:{}", utc(asked.until)));
    line(format!("ORGANIZER:{}", asked.organizer.value));
    line(format!("ATTENDEE:{}", guest.value));
    for (n, span) in spans.iter().enumerate() {
        let (start, end) = (span.start.secs().max(asked.from), span.end.secs().min(asked.until));
        if start >= end {
            continue;
        }
        let kind = match span.kind {
            // The default goes without saying now and then.
            BusyKind::Busy if n % 2 == 0 => "",
            BusyKind::Busy => ";FBTYPE=BUSY",
            BusyKind::Tentative => ";FBTYPE=BUSY-TENTATIVE",
            BusyKind::Unavailable => ";FBTYPE=BUSY-UNAVAILABLE",
        };
        let mut text = format!("FREEBUSY{kind}:{}/", utc(start));
        let _ = if n % 2 == 0 { write!(text, "{}", utc(end)) } else { write!(text, "PT{}M{}S", (end - start) / 60, (end - start) % 60) };
        line(text);
    }
    out.push_str("END:VFREEBUSY\r\nEND:VCALENDAR\r\n");
    out
}
