//! What guests are told of a change by mail where no server tells them (RFC 6047): messages of RFC 5546 sections 3.2.2 and 3.2.5.

use std::collections::BTreeMap;

use crate::{
    edit::{
        Context, EditError, guests,
        resource::{Own, Resource, describe_zones},
        times::utc,
    },
    event::Person,
    file::{PRODID, labels},
    lines::{Component, Line},
};

/// One message, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    pub to: Vec<Person>,
    /// A VCALENDAR with its METHOD.
    pub ics: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// METHOD:REQUEST to whoever was not asked before.
    Invited,
    /// METHOD:REQUEST to whoever was.
    Changed,
    /// METHOD:CANCEL: it does not take place, or not with them.
    Cancelled,
}

impl NoticeKind {
    pub const fn method(self) -> &'static str {
        match self {
            Self::Invited | Self::Changed => "REQUEST",
            Self::Cancelled => "CANCEL",
        }
    }
}

/// Not what guests are asked about: the owner's own, or who else comes.
const NOT_TOLD: [&str; 10] =
    ["DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE", "ATTENDEE", "TRANSP", "CATEGORIES", "CLASS", "COLOR", "PRIORITY"];

/// Of an event before and after a change; None: it was or is not there. Nothing where `own` addresses do not call it, or nobody else comes.
/// Whoever is let go is told that it is cancelled, whoever comes anew gets all of it, and the others get all of it where anything but the
/// list of guests is another.
pub fn notices(before: Option<&str>, after: Option<&str>, own: &[String], context: &Context<'_>) -> Result<Vec<Notice>, EditError> {
    let read = |ics: Option<&str>| ics.map(|ics| Resource::read(ics, context.viewer)).transpose();
    let (before, after) = (read(before)?, read(after)?);
    // Of a meeting that nobody else comes to any more, only the text of before knows who called it.
    let Some(caller) = [&after, &before].into_iter().flatten().find_map(caller) else { return Ok(Vec::new()) };
    if !own.iter().any(|own| own.eq_ignore_ascii_case(&caller)) {
        return Ok(Vec::new());
    }
    let guests_of = |r: Option<&Resource>| r.map(|r| invited(r, own)).unwrap_or_default();
    let (old, new) = (guests_of(before.as_ref()), guests_of(after.as_ref()));
    let mut out = Vec::new();
    let gone: Vec<Person> = old.iter().filter(|(address, _)| !new.contains_key(*address)).map(|(_, who)| who.clone()).collect();
    if let Some(before) = before.as_ref().filter(|_| !gone.is_empty()) {
        out.push(Notice { kind: NoticeKind::Cancelled, ics: cancel(before, &gone, after.is_none(), context), to: gone });
    }
    if let Some(after) = &after {
        let (stayed, came): (Vec<_>, Vec<_>) = new.iter().partition(|(address, _)| old.contains_key(*address));
        let moved = before.as_ref().is_none_or(|before| told(before) != told(after));
        for (kind, who) in [(NoticeKind::Invited, came), (NoticeKind::Changed, if moved { stayed } else { Vec::new() })] {
            if !who.is_empty() {
                let to = who.into_iter().map(|(_, person)| person.clone()).collect();
                out.push(Notice { kind, to, ics: request(after, context) });
            }
        }
    }
    Ok(out)
}

fn all(resource: &Resource) -> impl Iterator<Item = &Own> {
    resource.master.iter().chain(&resource.overrides)
}

fn caller(resource: &Resource) -> Option<String> {
    all(resource).find_map(|own| guests::organizer(&own.component))
}

/// Everybody who is asked by mail, by address in lower case: no rooms, nobody whom the owner tells otherwise (RFC 6638 section 7.1).
fn invited(resource: &Resource, own: &[String]) -> BTreeMap<String, Person> {
    let mut out = BTreeMap::new();
    for line in all(resource).flat_map(|own| own.component.lines_of("ATTENDEE")) {
        let address = guests::address(line);
        let silent = line.param("SCHEDULE-AGENT").is_some_and(|agent| agent.eq_ignore_ascii_case("NONE"));
        let mine = own.iter().any(|own| own.eq_ignore_ascii_case(&address));
        if guests::resource(line) || silent || mine || !address.contains('@') {
            continue;
        }
        out.entry(address.to_lowercase()).or_insert_with(|| Person { name: line.param("CN").unwrap_or_default(), address });
    }
    out
}

/// What of it a guest would notice.
fn told(resource: &Resource) -> Vec<(Option<String>, Vec<String>)> {
    let private = |line: &&Line| !NOT_TOLD.iter().any(|name| line.is(name)) && !line.name().to_ascii_uppercase().starts_with("X-");
    let mut out: Vec<_> = all(resource)
        .map(|own| {
            let mut lines: Vec<String> = own.component.lines.iter().filter(private).map(|line| line.as_str().to_owned()).collect();
            lines.sort_unstable();
            (own.key(), lines)
        })
        .collect();
    out.sort_unstable();
    out
}

/// Without what is the owner's own or between their program and its server.
fn shown(own: &Own, context: &Context<'_>) -> Component {
    let mut out = Component::new("VEVENT");
    let mine = |line: &&Line| {
        !["TRANSP", "CATEGORIES", "CLASS", "COLOR"].iter().any(|name| line.is(name)) && !line.name().to_ascii_uppercase().starts_with("X-")
    };
    out.lines = own.component.lines.iter().filter(mine).cloned().map(super::answer::between).collect();
    out.set(Line::new("DTSTAMP", &utc(context.now)));
    out
}

fn request(resource: &Resource, context: &Context<'_>) -> String {
    message(resource, "REQUEST", all(resource).map(|own| shown(own, context)).collect())
}

/// `whole`: it does not take place; else it does without these.
fn cancel(resource: &Resource, gone: &[Person], whole: bool, context: &Context<'_>) -> String {
    let let_go = |line: &Line| gone.iter().any(|who| guests::is(line, &who.address));
    // A series is one VEVENT here; of one that only has single dates, each.
    let owns: Vec<&Own> = match &resource.master {
        Some(master) => vec![master],
        None => resource.overrides.iter().collect(),
    };
    let events = owns
        .into_iter()
        .map(|own| {
            let mut event = Component::new("VEVENT");
            let keep = |name: &str| own.component.line(name).cloned();
            event.lines.extend(["UID", "RECURRENCE-ID"].into_iter().filter_map(keep));
            event.lines.push(Line::new("DTSTAMP", &utc(context.now)));
            event.lines.push(Line::new("SEQUENCE", &(own.event.sequence.max(0) + 1).to_string()));
            event.lines.extend(keep("ORGANIZER").map(super::answer::between));
            // Who is let go may be named only in an override.
            let mut seen = std::collections::BTreeSet::new();
            let named = all(resource).flat_map(|own| own.component.lines_of("ATTENDEE")).filter(|line| let_go(line));
            event.lines.extend(named.filter(|line| seen.insert(guests::address(line).to_lowercase())).cloned().map(super::answer::between));
            event.lines.extend(["SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "LOCATION"].into_iter().filter_map(keep));
            if whole {
                event.lines.push(Line::new("STATUS", "CANCELLED"));
            }
            event
        })
        .collect();
    message(resource, "CANCEL", events)
}

fn message(resource: &Resource, method: &str, events: Vec<Component>) -> String {
    let mut calendar = Component::new("VCALENDAR");
    calendar.lines = vec![Line::new("PRODID", PRODID), Line::new("VERSION", "2.0"), Line::new("METHOD", method)];
    let used: Vec<String> = events.iter().flat_map(labels).collect();
    let described = resource.calendar.children_of("VTIMEZONE").filter(|zone| zone.text("TZID").is_some_and(|label| used.contains(&label)));
    calendar.children = described.cloned().collect();
    calendar.children.extend(events);
    describe_zones(&mut calendar);
    calendar.print()
}
