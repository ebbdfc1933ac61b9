//! What a person sets, on the lines of one component.

use domain::time::Timestamp;

use crate::{
    call,
    edit::{Context, EditError, Fields, alarms, guests, times::utc},
    event::Event,
    lines::{Component, Line},
    read::JOIN,
};

const TITLE: usize = 1_000;
const TEXT: usize = 100_000;
const ADDRESS: usize = 2_000;

/// Before anything is read or written.
pub(super) fn check(fields: &Fields) -> Result<(), EditError> {
    for (name, text, most) in [
        ("title", &fields.title, TITLE),
        ("location", &fields.location, TEXT),
        ("description", &fields.description, TEXT),
        ("repetition", &fields.rule, TITLE),
        ("address to join at", &fields.join, ADDRESS),
    ] {
        if text.as_ref().is_some_and(|text| text.chars().count() > most) {
            return Err(EditError::TooLong(name, most));
        }
    }
    let odd = |url: &str| !url.starts_with("https://") || url.contains(|c: char| c.is_whitespace() || c.is_control());
    if fields.join.as_deref().is_some_and(|url| !url.is_empty() && odd(url)) {
        return Err(EditError::Join);
    }
    fields.guests.as_deref().map_or(Ok(()), guests::check)
}

/// All but the time and the rule.
pub(super) fn put(component: &mut Component, event: &Event, fields: &Fields, context: &Context<'_>) {
    if let Some(title) = &fields.title {
        text(component, "SUMMARY", title);
    }
    if let Some(location) = &fields.location
        && text(component, "LOCATION", location)
    {
        // They say where the old place is, and would be believed.
        component.remove("X-APPLE-STRUCTURED-LOCATION");
        component.remove("GEO");
    }
    if let Some(description) = &fields.description
        && text(component, "DESCRIPTION", description)
    {
        // The same text with colours, which some programs prefer (RFC 9073 section 6.5 for the second).
        component.remove("X-ALT-DESC");
        component.remove("STYLED-DESCRIPTION");
    }
    if let Some(free) = fields.free.filter(|free| *free != event.free) {
        component.set(Line::new("TRANSP", if free { "TRANSPARENT" } else { "OPAQUE" }));
        if let Some(line) = component.line_mut("X-MICROSOFT-CDO-BUSYSTATUS") {
            line.set_value(if free { "FREE" } else { "BUSY" });
        }
    }
    if let Some(join) = fields.join.as_ref().filter(|join| join.as_str() != event.join.as_deref().unwrap_or_default()) {
        component.lines.retain(|line| {
            let other = line.is("CONFERENCE") && !join.is_empty() && !line.value().trim().starts_with("https://");
            other || !(line.is("CONFERENCE") || JOIN.iter().any(|name| line.is(name)))
        });
        if !join.is_empty() {
            // RFC 7986 section 5.11.
            component.lines.push(Line::new("CONFERENCE", join).with("VALUE", "URI"));
        }
    }
    if let Some(ask) = &fields.call {
        call::put(component, event, ask);
    }
    if let Some(wanted) = &fields.guests {
        guests::set(component, wanted, context.me);
    }
    if let Some(wanted) = &fields.alarms {
        let summary = component.text("SUMMARY").unwrap_or_default();
        alarms::set(component, wanted, &summary);
    }
}

/// Whether it changed. A parameter that points to another form of the old text goes with that; its language stays.
fn text(component: &mut Component, name: &str, text: &str) -> bool {
    if component.text(name).unwrap_or_default() == text {
        return false;
    }
    if text.is_empty() {
        component.remove(name);
    } else if let Some(line) = component.line_mut(name) {
        line.set_text(text);
        line.remove_param("ALTREP");
    } else {
        component.lines.push(Line::text(name, text));
    }
    true
}

/// What of this goes into an override, too: where that says what the old master said.
pub(super) fn inherited(fields: &Fields, master: &Event, own: &Event) -> Fields {
    let guests = |event: &Event| {
        let mut all: Vec<String> = event.attendees.iter().map(|guest| guest.person.address.to_lowercase()).collect();
        all.sort_unstable();
        all
    };
    Fields {
        title: fields.title.clone().filter(|_| own.summary == master.summary),
        location: fields.location.clone().filter(|_| own.location == master.location),
        description: fields.description.clone().filter(|_| own.description == master.description),
        free: fields.free.filter(|_| own.free == master.free),
        alarms: fields.alarms.clone().filter(|_| own.alarms == master.alarms),
        guests: fields.guests.clone().filter(|_| guests(own) == guests(master)),
        join: fields.join.clone().filter(|_| own.join == master.join),
        // The provider gives the call of a series to all of its dates.
        call: None,
        time: None,
        rule: None,
    }
}

/// The lines of these names.
fn lines<'a>(component: &'a Component, names: &[&str]) -> Vec<&'a str> {
    component.lines.iter().filter(|line| names.iter().any(|name| line.is(name))).map(Line::as_str).collect()
}

/// What everybody has to know about before they come (RFC 5546 section 2.1.4).
fn weight(component: &Component) -> (Vec<&str>, Vec<String>) {
    let lines = lines(component, &["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "LOCATION"]);
    (lines, component.lines_of("ATTENDEE").map(|line| guests::address(line).to_lowercase()).collect())
}

/// What follows from a change: a new version, and guests who are asked again. Nothing where nothing changed.
pub(super) fn finish(before: &Component, component: &mut Component, context: &Context<'_>) {
    if before == component {
        return;
    }
    let times = ["DTSTART", "DTEND", "DURATION"];
    let may = guests::may_call(component, context.me);
    if may && lines(before, &times) != lines(component, &times) {
        guests::ask_again(component);
    }
    if may && weight(before) != weight(component) {
        let sequence = component.value("SEQUENCE").and_then(|n| n.trim().parse::<u32>().ok()).unwrap_or(0);
        component.set(Line::new("SEQUENCE", &sequence.saturating_add(1).to_string()));
    }
    touch(component, context.now);
}

pub(super) fn touch(component: &mut Component, now: Timestamp) {
    component.set(Line::new("DTSTAMP", &utc(now)));
    component.set(Line::new("LAST-MODIFIED", &utc(now)));
}
