//! What a calendar object resource must be before a server keeps it (RFC 4791 section 4.1 and 5.3.2.1, RFC 5545 section 3.6).
//!
//! Broken text is `valid-calendar-data`; text that is fine but must not be stored (METHOD, several UIDs) is
//! `valid-calendar-object-resource`, as the RFC parts them.

use std::collections::BTreeSet;

use super::{
    error::DavError,
    ical::{self, Component, Property},
    when::{When, duration, utc_offset},
};

/// Properties that a component has at most once (RFC 5545 sections 3.6.1 and 3.6.2).
const ONCE: [&str; 20] = [
    "DTSTART",
    "DTEND",
    "DUE",
    "DURATION",
    "RRULE",
    "RECURRENCE-ID",
    "SEQUENCE",
    "SUMMARY",
    "STATUS",
    "ORGANIZER",
    "LOCATION",
    "DESCRIPTION",
    "CLASS",
    "CREATED",
    "LAST-MODIFIED",
    "URL",
    "GEO",
    "PRIORITY",
    "TRANSP",
    "COMPLETED",
];

/// What was learnt while checking.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub uid: String,
    /// `VEVENT`, `VTODO` or `VJOURNAL`.
    pub kind: String,
    pub tree: Component,
}

pub(crate) fn check(bytes: &[u8]) -> Result<Checked, DavError> {
    let invalid = |why: String| DavError::caldav("valid-calendar-data", why);
    let forbidden = |why: &str| DavError::caldav("valid-calendar-object-resource", why);
    let tree = ical::parse(bytes).map_err(invalid)?;
    frame(&tree).map_err(invalid)?;
    if tree.get("METHOD").is_some() {
        return Err(forbidden("a stored object has no METHOD"));
    }
    let kinds: BTreeSet<&str> = tree.entries().map(|c| c.name.as_str()).collect();
    let kind = match (kinds.first(), kinds.len()) {
        (Some(kind), 1) => (*kind).to_owned(),
        (None, _) => return Err(forbidden("there is nothing but zones in it")),
        _ => return Err(forbidden("one object has components of one kind")),
    };
    if !matches!(kind.as_str(), "VEVENT" | "VTODO" | "VJOURNAL") {
        return Err(DavError::caldav("supported-calendar-component", format!("{kind} is not kept here")));
    }
    let zones: BTreeSet<&str> = tree.components.iter().filter(|c| c.name == "VTIMEZONE").filter_map(|c| c.value("TZID")).collect();
    for entry in tree.entries() {
        self::entry(entry, &zones).map_err(invalid)?;
    }
    let uids: BTreeSet<&str> = tree.entries().filter_map(|c| c.value("UID")).collect();
    let uid = match (uids.first(), uids.len()) {
        (Some(uid), 1) => (*uid).to_owned(),
        _ => return Err(forbidden("one object has one UID")),
    };
    series(&tree).map_err(invalid)?;
    Ok(Checked { uid, kind, tree })
}

pub(super) fn exactly_one<'a>(component: &'a Component, name: &'a str) -> Result<&'a Property, String> {
    let mut found = component.all(name);
    match (found.next(), found.next()) {
        (Some(property), None) => Ok(property),
        (None, _) => Err(format!("{} has no {name}", component.name)),
        _ => Err(format!("{} has more than one {name}", component.name)),
    }
}

pub(super) fn frame(tree: &Component) -> Result<(), String> {
    if tree.name != "VCALENDAR" {
        return Err(format!("{} where VCALENDAR is due", tree.name));
    }
    if exactly_one(tree, "VERSION")?.value != "2.0" {
        return Err("VERSION is not 2.0".to_owned());
    }
    if exactly_one(tree, "PRODID")?.value.is_empty() {
        return Err("PRODID is empty".to_owned());
    }
    if tree.value("CALSCALE").is_some_and(|scale| !scale.eq_ignore_ascii_case("GREGORIAN")) {
        return Err("CALSCALE is not GREGORIAN".to_owned());
    }
    let mut seen = BTreeSet::new();
    for zone in tree.components.iter().filter(|c| c.name == "VTIMEZONE") {
        if !seen.insert(exactly_one(zone, "TZID")?.value.as_str()) {
            return Err("two VTIMEZONE have the same TZID".to_owned());
        }
        if zone.components.is_empty() {
            return Err("a VTIMEZONE without STANDARD or DAYLIGHT".to_owned());
        }
        for observance in &zone.components {
            let start = &exactly_one(observance, "DTSTART")?.value;
            if !matches!(When::parse(start), Some(When::Local(_))) {
                return Err(format!("{start} is no local time for a VTIMEZONE"));
            }
            for name in ["TZOFFSETFROM", "TZOFFSETTO"] {
                let value = &exactly_one(observance, name)?.value;
                utc_offset(value).ok_or_else(|| format!("{value} is no offset"))?;
            }
        }
    }
    Ok(())
}

fn entry(entry: &Component, zones: &BTreeSet<&str>) -> Result<(), String> {
    if exactly_one(entry, "UID")?.value.is_empty() {
        return Err("UID is empty".to_owned());
    }
    if !matches!(When::parse(&exactly_one(entry, "DTSTAMP")?.value), Some(When::Utc(_))) {
        return Err("DTSTAMP is not in UTC".to_owned());
    }
    if entry.name == "VEVENT" {
        exactly_one(entry, "DTSTART")?;
    }
    for name in ONCE {
        if entry.all(name).count() > 1 {
            return Err(format!("{} has more than one {name}", entry.name));
        }
    }
    for name in ["DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "EXDATE", "RDATE"] {
        for property in entry.all(name) {
            times(property, zones)?;
        }
    }
    length(entry)?;
    if let Some(rule) = entry.value("RRULE") {
        rrule(rule, entry)?;
    }
    for person in entry.all("ORGANIZER").chain(entry.all("ATTENDEE")) {
        if !person.value.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()) {
            return Err(format!("{} is no address of a calendar user", person.value));
        }
    }
    if entry.value("SEQUENCE").is_some_and(|n| n.parse::<u32>().is_err()) {
        return Err("SEQUENCE is no number".to_owned());
    }
    let status = entry.value("STATUS");
    if entry.name == "VEVENT" && status.is_some_and(|s| !["TENTATIVE", "CONFIRMED", "CANCELLED"].contains(&s)) {
        return Err(format!("{} is no STATUS of a VEVENT", status.unwrap_or_default()));
    }
    for alarm in entry.components.iter().filter(|c| c.name == "VALARM") {
        exactly_one(alarm, "ACTION")?;
        exactly_one(alarm, "TRIGGER")?;
    }
    Ok(())
}

/// Value type, form and TZID must agree.
fn times(property: &Property, zones: &BTreeSet<&str>) -> Result<(), String> {
    let name = &property.name;
    if let Some(id) = property.param("TZID")
        && !zones.contains(id)
    {
        return Err(format!("there is no VTIMEZONE for {id}"));
    }
    for value in property.value.split(',') {
        let (value, period) = value.split_once('/').map_or((value, false), |(start, _)| (start, true));
        let when = When::parse(value).ok_or_else(|| format!("{value} is no time for {name}"))?;
        let fits = match property.param("VALUE") {
            Some("DATE") => when.is_date() && !period,
            Some("PERIOD") => name == "RDATE" && period && !when.is_date(),
            Some("DATE-TIME") | None => !when.is_date() && !period,
            Some(_) => false,
        };
        if !fits {
            return Err(format!("{value} does not fit the VALUE of {name}"));
        }
        if property.param("TZID").is_some() && !matches!(when, When::Local(_)) {
            return Err(format!("{value} of {name} has a TZID, but is no local time"));
        }
    }
    Ok(())
}

fn length(entry: &Component) -> Result<(), String> {
    let Some(start) = entry.get("DTSTART") else { return Ok(()) };
    let begins = When::parse(&start.value);
    let end = entry.get(if entry.name == "VTODO" { "DUE" } else { "DTEND" });
    match (end, entry.value("DURATION")) {
        (Some(_), Some(_)) => Err(format!("{} has an end and a DURATION", entry.name)),
        (None, Some(text)) => match duration(text) {
            Some(0..) => Ok(()),
            Some(_) => Err("DURATION is negative".to_owned()),
            None => Err(format!("{text} is no duration")),
        },
        (Some(end), None) => {
            let (Some(from), Some(to)) = (begins, When::parse(&end.value)) else { return Ok(()) };
            if from.is_date() != to.is_date() {
                return Err("start and end are a date and a time".to_owned());
            }
            // Across zones the wall says nothing.
            let comparable = start.param("TZID") == end.param("TZID") && matches!(from, When::Utc(_)) == matches!(to, When::Utc(_));
            let over = if from.is_date() { to.wall() <= from.wall() } else { to.wall() < from.wall() };
            if comparable && over { Err("the end is before the start".to_owned()) } else { Ok(()) }
        }
        (None, None) => Ok(()),
    }
}

/// RFC 5545 section 3.3.10: FREQ, COUNT or UNTIL, and an UNTIL of DTSTART's kind.
fn rrule(rule: &str, entry: &Component) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for part in rule.split(';') {
        let (name, value) = part.split_once('=').ok_or_else(|| format!("{part} is no part of a rule"))?;
        if value.is_empty() || !names.insert(name) {
            return Err(format!("{name} is empty or said twice in the rule"));
        }
        match name {
            "FREQ" if ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"].contains(&value) => {}
            "COUNT" | "INTERVAL" if value.parse::<u32>().is_ok_and(|n| n > 0) => {}
            "FREQ" | "COUNT" | "INTERVAL" => return Err(format!("{value} is no {name}")),
            "UNTIL" => until(value, entry)?,
            "BYDAY" | "BYMONTHDAY" | "BYMONTH" | "BYSETPOS" | "BYWEEKNO" | "BYYEARDAY" | "BYHOUR" | "BYMINUTE" | "BYSECOND" | "WKST" => {}
            _ => return Err(format!("{name} is no part of a rule")),
        }
    }
    if !names.contains("FREQ") {
        return Err("the rule has no FREQ".to_owned());
    }
    if names.contains("COUNT") && names.contains("UNTIL") {
        return Err("the rule has COUNT and UNTIL".to_owned());
    }
    Ok(())
}

fn until(value: &str, entry: &Component) -> Result<(), String> {
    let until = When::parse(value).ok_or_else(|| format!("{value} is no UNTIL"))?;
    let Some(start) = entry.get("DTSTART") else { return Ok(()) };
    let fits = match When::parse(&start.value) {
        Some(When::Date(_)) => until.is_date(),
        Some(When::Utc(_)) => matches!(until, When::Utc(_)),
        Some(When::Local(_)) if start.param("TZID").is_some() => matches!(until, When::Utc(_)),
        Some(When::Local(_)) => matches!(until, When::Local(_)),
        None => true,
    };
    if fits { Ok(()) } else { Err("UNTIL is of another kind than DTSTART".to_owned()) }
}

/// One master at most, each instance once, and all of one value type.
fn series(tree: &Component) -> Result<(), String> {
    let mut masters = 0;
    let mut ids = BTreeSet::new();
    for entry in tree.entries() {
        match entry.get("RECURRENCE-ID") {
            None => masters += 1,
            Some(id) if !ids.insert((id.param("TZID"), id.value.as_str())) => {
                return Err(format!("the instance {} is there twice", id.value));
            }
            Some(_) => {}
        }
    }
    if masters > 1 {
        return Err("two components without RECURRENCE-ID have the same UID".to_owned());
    }
    let Some(master) = tree.entries().find(|c| c.get("RECURRENCE-ID").is_none()) else { return Ok(()) };
    let Some(dated) = master.value("DTSTART").and_then(When::parse).map(When::is_date) else { return Ok(()) };
    let exceptions = master.all("EXDATE").chain(tree.entries().filter_map(|c| c.get("RECURRENCE-ID")));
    for value in exceptions.flat_map(|p| p.value.split(',')) {
        if When::parse(value).is_some_and(|w| w.is_date() != dated) {
            return Err(format!("{value} is of another kind than DTSTART"));
        }
    }
    Ok(())
}
