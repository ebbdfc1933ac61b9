//! One event of Graph's as a VEVENT. What iCalendar has no property for is written as Outlook writes it into files ([MS-OXCICAL]).

use calendar::{
    When,
    lines::{Component, Line, escape},
    zone::NamedZone,
};

use super::{
    body, call,
    model::{Attendee, Event},
    recurrence, times,
};
use crate::ical::{
    lines::{note, text, who},
    times::{line, stamp},
};

/// What comes from around the event.
pub struct Context<'a> {
    /// Whose account it is.
    pub owner: &'a str,
    /// Of the series, for members: its start, and its zone.
    pub series: Option<(&'a When, Option<NamedZone>)>,
    pub uid: &'a str,
}

/// The zone that the event was made in. That of its repetition comes first: the days of a series are counted on its wall.
pub fn zone(event: &Event) -> Option<NamedZone> {
    let of_rule = event.recurrence.as_ref().and_then(|r| r.range.recurrence_time_zone.as_deref());
    let own = event.original_start_time_zone.as_deref();
    of_rule.and_then(NamedZone::known).or_else(|| own.and_then(NamedZone::known))
}

pub fn start(event: &Event, series: Option<&NamedZone>) -> Option<When> {
    times::when(event.start.as_ref()?, zone(event).or_else(|| series.cloned()), event.is_all_day)
}

/// Which member of a series that begins at `start` this one stands for.
pub fn stands_for(event: &Event, start: &When, zone: Option<&NamedZone>) -> Option<When> {
    times::of_instant(event.original_start.as_deref()?, zone.cloned(), start.is_date())
}

/// None where it has no start that can be read.
pub fn vevent(event: &Event, context: &Context<'_>) -> Option<Component> {
    let series_zone = context.series.as_ref().and_then(|(_, zone)| zone.as_ref());
    let start = start(event, series_zone)?;
    let mut out = Component::new("VEVENT");
    let mut put = |line: Line| out.lines.push(line);
    put(Line::text("UID", context.uid));
    let modified = event.last_modified_date_time.as_deref().and_then(stamp);
    // No clock is asked: the same event is the same text every time.
    put(Line::new("DTSTAMP", modified.as_deref().unwrap_or("19700101T000000Z")));
    if let Some(created) = event.created_date_time.as_deref().and_then(stamp) {
        put(Line::new("CREATED", &created));
    }
    if let Some(modified) = modified {
        put(Line::new("LAST-MODIFIED", &modified));
    }
    if let Some((series, zone)) = &context.series {
        put(line("RECURRENCE-ID", &stands_for(event, series, zone.as_ref()).unwrap_or_else(|| start.clone())));
    }
    put(line("DTSTART", &start));
    let end_zone = event.original_end_time_zone.as_deref().and_then(NamedZone::known).or_else(|| start.zone().cloned());
    if let Some(end) = event.end.as_ref().and_then(|end| times::when(end, end_zone, event.is_all_day)) {
        put(line("DTEND", &end));
    }
    if let Some(rule) = event.recurrence.as_ref().and_then(|recurrence| recurrence::rule(recurrence, &start)) {
        put(Line::new("RRULE", &rule));
    }
    text(&mut put, "SUMMARY", event.subject.as_deref());
    event.body.iter().flat_map(body::lines).for_each(&mut put);
    text(&mut put, "LOCATION", event.location.as_ref().map(|place| place.display_name.as_str()));
    put(Line::new("STATUS", if event.is_cancelled { "CANCELLED" } else { "CONFIRMED" }));
    busy(&mut put, event.show_as.as_deref().unwrap_or_default());
    let class = event.sensitivity.as_deref().filter(|s| ["personal", "private", "confidential"].contains(s));
    if let Some(class) = class {
        put(Line::new("CLASS", &class.to_ascii_uppercase()));
    }
    match event.importance.as_deref() {
        Some("high") => put(Line::new("PRIORITY", "1")),
        Some("low") => put(Line::new("PRIORITY", "9")),
        _ => {}
    }
    if !event.categories.is_empty() {
        let all: Vec<String> = event.categories.iter().map(|category| escape(category)).collect();
        put(Line::new("CATEGORIES", &all.join(",")));
    }
    people(&mut put, event, context.owner);
    if let Some(link) = event.join_url() {
        // RFC 7986 section 5.11.
        put(Line::new("CONFERENCE", link).with("VALUE", "URI").with("FEATURE", "VIDEO"));
    }
    call::line(event).into_iter().for_each(&mut put);
    if event.allow_new_time_proposals == Some(false) {
        put(Line::new("X-MICROSOFT-DISALLOW-COUNTER", "TRUE"));
    }
    text(&mut put, "URL", event.web_link.as_deref());
    let minutes = event.reminder_minutes_before_start.filter(|_| event.is_reminder_on);
    out.children = minutes.map(|minutes| note(minutes, event.subject.as_deref().unwrap_or_default())).into_iter().collect();
    Some(out)
}

/// TRANSP knows two of the states that Exchange has; the other property all of them.
fn busy(put: &mut impl FnMut(Line), show_as: &str) {
    let (free, state) = match show_as {
        "free" => (true, Some("FREE")),
        "workingElsewhere" => (true, Some("WORKINGELSEWHERE")),
        "tentative" => (false, Some("TENTATIVE")),
        "oof" => (false, Some("OOF")),
        "busy" => (false, Some("BUSY")),
        _ => (false, None),
    };
    put(Line::new("TRANSP", if free { "TRANSPARENT" } else { "OPAQUE" }));
    if let Some(state) = state {
        put(Line::new("X-MICROSOFT-CDO-BUSYSTATUS", state));
    }
}

fn people(put: &mut impl FnMut(Line), event: &Event, owner: &str) {
    // Of an event without guests everybody is the organiser, and as a line that would make it a meeting (RFC 5545 section 3.8.4.3).
    if event.attendees.is_empty() && event.is_own() {
        return;
    }
    let caller = event.organizer.as_ref().map(|who| &who.email_address).filter(|who| !who.address.is_empty());
    if let Some(caller) = caller {
        put(who("ORGANIZER", &caller.address, Some(&caller.name)));
    }
    // Only here the person's own answer is always said.
    let answer = event.response_status.as_ref().map(|own| own.response.as_str()).filter(|_| !event.is_own());
    let mine = |guest: &&Attendee| guest.email_address.address.eq_ignore_ascii_case(owner);
    for guest in event.attendees.iter().filter(|guest| !guest.email_address.address.is_empty()) {
        let said = answer.filter(|_| mine(&guest)).unwrap_or(&guest.status.response);
        put(attendee(guest, said));
    }
    // Invited by a list.
    if let Some(answer) = answer.filter(|_| !event.attendees.iter().any(|guest| mine(&guest))) {
        put(who("ATTENDEE", owner, None).with("ROLE", "REQ-PARTICIPANT").with("PARTSTAT", partstat(answer)));
    }
}

fn attendee(guest: &Attendee, said: &str) -> Line {
    let line = who("ATTENDEE", &guest.email_address.address, Some(&guest.email_address.name));
    let line = if guest.kind == "resource" { line.with("CUTYPE", "RESOURCE") } else { line };
    line.with("ROLE", if guest.kind == "optional" { "OPT-PARTICIPANT" } else { "REQ-PARTICIPANT" }).with("PARTSTAT", partstat(said))
}

/// PARTSTAT (RFC 5545 section 3.2.12) of a `response`.
fn partstat(response: &str) -> &'static str {
    match response {
        "accepted" | "organizer" => "ACCEPTED",
        "declined" => "DECLINED",
        "tentativelyAccepted" => "TENTATIVE",
        _ => "NEEDS-ACTION",
    }
}
