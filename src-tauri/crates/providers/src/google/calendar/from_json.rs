//! One event of Google's as a VEVENT.
//!
//! What iCalendar has a property for goes there. Every other field of the event becomes a line `X-GOOGLE-…` of its own name, so that
//! nothing is lost on the way to a file; [`super::to_json`] reads of those only what a person may change here.

use calendar::{
    When,
    lines::{Component, Line},
};
use serde_json::Value;

use super::{
    call,
    model::{Attendee, Event, Person, Reminder},
    pages::About,
    times,
};
use crate::ical::{
    lines::{self, text, who},
    times::{line, stamp},
};

/// Fields that say nothing about the event.
const LEFT_OUT: [&str; 1] = ["kind"];
/// Tags that descriptions are made of. Anything else in angle brackets is text.
const TAGS: [&str; 29] = [
    "a",
    "b",
    "blockquote",
    "body",
    "br",
    "code",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "html",
    "html-blob",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "table",
    "td",
    "u",
    "ul",
];

/// What comes from around the event.
pub struct Context<'a> {
    pub about: &'a About,
    /// Whose account it is: alarms by mail go there.
    pub owner: &'a str,
    /// The master's zone, for members.
    pub zone: Option<&'a str>,
}

/// None where it has no start that can be read.
pub fn vevent(event: &Event, context: &Context<'_>) -> Option<Component> {
    let zone = context.zone.or(context.about.zone.as_deref());
    let start = times::when(event.start.as_ref()?, zone)?;
    let mut out = Component::new("VEVENT");
    let mut put = |line: Line| out.lines.push(line);
    put(Line::text("UID", &event.uid()));
    let updated = event.updated.as_deref().and_then(stamp);
    // No clock is asked: the same event is the same text every time.
    put(Line::new("DTSTAMP", updated.as_deref().unwrap_or("19700101T000000Z")));
    if let Some(created) = event.created.as_deref().and_then(stamp) {
        put(Line::new("CREATED", &created));
    }
    if let Some(updated) = updated {
        put(Line::new("LAST-MODIFIED", &updated));
    }
    put(Line::new("SEQUENCE", &event.sequence.unwrap_or(0).to_string()));
    if event.recurring_event_id.is_some() {
        let member = event.original_start_time.as_ref().and_then(|time| times::when(time, zone)).unwrap_or_else(|| start.clone());
        put(line("RECURRENCE-ID", &member));
    }
    put(line("DTSTART", &start));
    if let Some(end) = event.end.as_ref().and_then(|end| times::when(end, zone)) {
        put(line("DTEND", &end));
    }
    for rule in &event.recurrence {
        if let Some((head, value)) = rule.split_once(':')
            && ["RRULE", "EXRULE", "RDATE", "EXDATE"].iter().any(|name| head.split(';').next() == Some(name))
        {
            put(Line::new(head, value));
        }
    }
    text(&mut put, "SUMMARY", event.summary.as_deref());
    if let Some(description) = event.description.as_deref().filter(|text| !text.trim().is_empty()) {
        put(Line::text("DESCRIPTION", &plain(description)));
        if is_html(description) {
            put(Line::text("X-ALT-DESC", description).with("FMTTYPE", "text/html"));
        }
    }
    text(&mut put, "LOCATION", event.location.as_deref());
    put(Line::new("STATUS", if event.status == "tentative" { "TENTATIVE" } else { "CONFIRMED" }));
    put(Line::new("TRANSP", if event.transparency.as_deref() == Some("transparent") { "TRANSPARENT" } else { "OPAQUE" }));
    if let Some(class) = event.visibility.as_deref().filter(|v| ["public", "private", "confidential"].contains(v)) {
        put(Line::new("CLASS", &class.to_ascii_uppercase()));
    }
    people(&mut put, event);
    conference(&mut put, event);
    for file in event.attachments.iter().filter(|file| !file.file_url.is_empty()) {
        let mut line = Line::new("ATTACH", &file.file_url);
        if let Some(mime) = &file.mime_type {
            line.set_param("FMTTYPE", mime);
        }
        if let Some(title) = &file.title {
            line.set_param("FILENAME", title);
        }
        put(line);
    }
    if let Some(source) = event.source.as_ref().filter(|source| !source.url.is_empty()) {
        put(Line::new("URL", &source.url));
    }
    for (name, value) in &event.rest {
        if !LEFT_OUT.contains(&name.as_str()) {
            other(&mut put, name, value);
        }
    }
    let title = event.summary.as_deref().unwrap_or_default();
    out.children = reminders(event, &start, context.about).iter().filter_map(|r| valarm(r, title, context.owner)).collect();
    Some(out)
}

/// `guestsCanModify` becomes X-GOOGLE-GUESTS-CAN-MODIFY; what is no plain value is written as JSON.
fn other(put: &mut impl FnMut(Line), name: &str, value: &Value) {
    if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return;
    }
    let mut property = "X-GOOGLE-".to_owned();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            property.push('-');
        }
        property.push(c.to_ascii_uppercase());
    }
    match value {
        Value::Null => {}
        Value::Bool(flag) => put(Line::new(&property, if *flag { "TRUE" } else { "FALSE" })),
        Value::String(value) => put(Line::text(&property, value)),
        value => put(Line::text(&property, &value.to_string())),
    }
}

fn people(put: &mut impl FnMut(Line), event: &Event) {
    // Of an event without guests everybody is the organiser, and as a line that would make it a meeting (RFC 5545 section 3.8.4.3).
    let named = |who: &Person| !who.email.is_empty() && (!who.is_self || !event.attendees.is_empty());
    if let Some(organizer) = event.organizer.as_ref().filter(|who| named(who)) {
        put(who("ORGANIZER", &organizer.email, organizer.display_name.as_deref()));
    }
    for guest in event.attendees.iter().filter(|guest| !guest.email.is_empty()) {
        put(attendee(guest));
    }
    if event.attendees_omitted {
        put(Line::new("X-GOOGLE-ATTENDEES-OMITTED", "TRUE"));
    }
}

fn attendee(guest: &Attendee) -> Line {
    let mut line = who("ATTENDEE", &guest.email, guest.display_name.as_deref());
    if guest.resource {
        line.set_param("CUTYPE", "RESOURCE");
    }
    line.set_param("ROLE", if guest.optional { "OPT-PARTICIPANT" } else { "REQ-PARTICIPANT" });
    line.set_param("PARTSTAT", partstat(&guest.response_status));
    if let Some(others) = guest.additional_guests.filter(|n| *n > 0) {
        line.set_param("X-NUM-GUESTS", &others.to_string());
    }
    if let Some(comment) = &guest.comment {
        line.set_param("X-RESPONSE-COMMENT", comment);
    }
    line
}

/// PARTSTAT (RFC 5545 section 3.2.12) of a `responseStatus`.
fn partstat(status: &str) -> &'static str {
    match status {
        "accepted" => "ACCEPTED",
        "declined" => "DECLINED",
        "tentative" => "TENTATIVE",
        _ => "NEEDS-ACTION",
    }
}

/// CONFERENCE (RFC 7986 section 5.11); the first is where one joins by video.
fn conference(put: &mut impl FnMut(Line), event: &Event) {
    let mut met = false;
    for point in event.conference_data.iter().flat_map(|c| &c.entry_points).filter(|point| !point.uri.is_empty()) {
        let feature = match point.entry_point_type.as_str() {
            "video" => "VIDEO",
            "phone" => "PHONE",
            _ => continue,
        };
        met |= feature == "VIDEO";
        let mut line = Line::new("CONFERENCE", &point.uri).with("VALUE", "URI").with("FEATURE", feature);
        if let Some(label) = &point.label {
            line.set_param("LABEL", label);
        }
        put(line);
    }
    if let Some(link) = event.hangout_link.as_deref().filter(|_| !met) {
        put(Line::new("CONFERENCE", link).with("VALUE", "URI").with("FEATURE", "VIDEO"));
    }
    call::line(event).into_iter().for_each(&mut *put);
    if let Some(rest) = event.conference_data.as_ref().map(|c| &c.rest).filter(|rest| !rest.is_empty()) {
        put(Line::text("X-GOOGLE-CONFERENCE-DATA", &Value::Object(rest.clone()).to_string()));
    }
}

/// The calendar's own are for times of a clock: what it says about whole days, the API does not tell.
fn reminders<'a>(event: &'a Event, start: &When, about: &'a About) -> &'a [Reminder] {
    match &event.reminders {
        Some(own) if !own.use_default => &own.overrides,
        Some(_) if !start.is_date() => &about.reminders,
        _ => &[],
    }
}

fn valarm(reminder: &Reminder, title: &str, owner: &str) -> Option<Component> {
    match reminder.method.as_str() {
        "popup" => Some(lines::note(reminder.minutes, title)),
        // RFC 5545 section 3.6.6: a mail has somebody to go to.
        "email" => {
            let mut out = Component::new("VALARM");
            let title = lines::spoken(title);
            out.lines = vec![
                Line::new("ACTION", "EMAIL"),
                lines::before(reminder.minutes),
                Line::text("SUMMARY", title),
                Line::text("DESCRIPTION", title),
                who("ATTENDEE", owner, None),
            ];
            Some(out)
        }
        _ => None,
    }
}

/// A description is HTML where it has a tag or a character by its name.
pub fn is_html(text: &str) -> bool {
    let tag = |rest: &str| {
        let name = rest.trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(name.len());
        rest.contains('>') && name.get(..end).is_some_and(|name| TAGS.contains(&name.to_ascii_lowercase().as_str()))
    };
    text.match_indices('<').any(|(at, _)| text.get(at + 1..).is_some_and(tag))
        || ["&amp;", "&lt;", "&gt;", "&quot;", "&nbsp;", "&#"].iter().any(|name| text.contains(name))
}

/// What a description says without its tags.
pub fn plain(description: &str) -> String {
    if is_html(description) { lines::untagged(description) } else { description.to_owned() }
}
