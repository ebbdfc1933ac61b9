//! Files of many events, and resources of one: a calendar file taken apart by UID, and put together again.
//!
//! A resource (RFC 4791 section 4.1) holds everything of one UID: the master and all that stands for single members. It has the time zones
//! it speaks of and no METHOD, so it can be stored, moved and edited by itself.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use crate::{
    duration::Duration,
    edit::vtimezone,
    lines::{Component, Line, parse},
    read::ReadError,
    zone::NamedZone,
};

/// How this program calls itself (RFC 5545 section 3.7.3).
pub(crate) const PRODID: &str = "-//Aurelius//EN";
/// Properties of times that X-WR-TIMEZONE is about.
const TIMES: [&str; 6] = ["DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "EXDATE", "RDATE"];

/// All of one UID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    pub uid: String,
    /// One VCALENDAR.
    pub ics: String,
}

/// What a calendar file says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// NAME (RFC 7986 section 5.1) or X-WR-CALNAME.
    pub name: Option<String>,
    /// REFRESH-INTERVAL (RFC 7986 section 5.7) or X-PUBLISHED-TTL: how often it is worth asking again.
    pub refresh_secs: Option<i64>,
}

/// One resource per UID, in the order in which they are met.
///
/// Lines stay as they are, with two exceptions: what has no UID gets one that is the same every time, and times that only X-WR-TIMEZONE
/// explains get their TZID, because that line is the file's and stays behind. Components besides events, tasks and journals are taken along
/// where they have a UID; those without one cannot be told apart and are left out.
pub fn split(bytes: &[u8]) -> Result<Vec<Part>, ReadError> {
    let mut parts: Vec<(String, Component)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for calendar in parse(bytes)? {
        let zones = Zones::of(&calendar);
        for mut child in calendar.children {
            if child.is("VTIMEZONE") {
                continue;
            }
            let kept = ["VEVENT", "VTODO", "VJOURNAL"].iter().any(|kind| child.is(kind));
            let uid = match child.text("UID") {
                Some(uid) => uid,
                None if kept => {
                    let uid = fingerprint(&child);
                    child.remove("UID");
                    child.lines.insert(0, Line::text("UID", &uid));
                    uid
                }
                None => continue,
            };
            zones.explain(&mut child);
            let at = *known.entry(uid.clone()).or_insert_with(|| {
                let mut part = Component::new("VCALENDAR");
                part.lines.clone_from(&zones.header);
                parts.push((uid, part));
                parts.len() - 1
            });
            let Some((_, part)) = parts.get_mut(at) else { continue };
            zones.add(part, &child);
            part.children.push(child);
        }
    }
    Ok(parts.into_iter().map(|(uid, part)| Part { uid, ics: part.print() }).collect())
}

/// TZIDs that are used in it, in order.
pub(crate) fn labels(component: &Component) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    component.walk(&mut |line| out.extend(line.param("TZID").filter(|label| seen.insert(label.clone()))));
    out
}

/// What one VCALENDAR has for all of its components.
struct Zones {
    header: Vec<Line>,
    described: HashMap<String, Component>,
    /// X-WR-TIMEZONE, where it means something.
    default: Option<NamedZone>,
}

impl Zones {
    fn of(calendar: &Component) -> Self {
        let mut described = HashMap::new();
        for zone in calendar.children_of("VTIMEZONE") {
            if let Some(label) = zone.text("TZID") {
                described.entry(label).or_insert_with(|| zone.clone());
            }
        }
        let kept = |line: &&Line| ["VERSION", "PRODID", "CALSCALE"].iter().any(|name| line.is(name));
        Self {
            header: calendar.lines.iter().filter(kept).cloned().collect(),
            described,
            default: calendar.text("X-WR-TIMEZONE").and_then(|label| NamedZone::known(&label)),
        }
    }

    /// Floating times, and times in a zone that nobody knows, are the default's: as they are read.
    fn explain(&self, component: &mut Component) {
        let Some(default) = &self.default else { return };
        for line in component.lines.iter_mut().filter(|line| TIMES.iter().any(|name| line.is(name))) {
            let clock = |value: &str| value.split(',').any(|v| v.contains(['T', 't']) && !v.trim_end().ends_with(['Z', 'z']));
            if !clock(line.value()) {
                continue;
            }
            let known = |label: &String| self.described.contains_key(label) || NamedZone::known(label).is_some();
            if line.param("TZID").is_some_and(|label| known(&label)) {
                continue;
            }
            if default.name() == "UTC" {
                line.remove_param("TZID");
                let utc = |time: &str| {
                    if time.starts_with(['P', '-', '+']) || time.ends_with(['Z', 'z']) { time.to_owned() } else { format!("{time}Z") }
                };
                let period = |value: &str| value.trim().split('/').map(utc).collect::<Vec<_>>().join("/");
                let utc = line.value().split(',').map(period).collect::<Vec<_>>().join(",");
                line.set_value(&utc);
            } else {
                line.set_param("TZID", default.name());
            }
        }
    }

    /// The zones that the component speaks of and the part has not.
    fn add(&self, part: &mut Component, component: &Component) {
        for label in labels(component) {
            if part.children_of("VTIMEZONE").any(|zone| zone.text("TZID").as_ref() == Some(&label)) {
                continue;
            }
            let own = || self.default.as_ref().filter(|d| d.name() == label).and_then(|_| vtimezone::of_name(&label));
            if let Some(zone) = self.described.get(&label).cloned().or_else(own) {
                let at = part.children.iter().take_while(|child| child.is("VTIMEZONE")).count();
                part.children.insert(at, zone);
            }
        }
    }
}

/// The same for the same component, whenever its file was made: without DTSTAMP, and whatever the order of its lines.
fn fingerprint(component: &Component) -> String {
    let mut lines: Vec<&str> = Vec::new();
    component.walk(&mut |line| lines.extend((!line.is("DTSTAMP")).then(|| line.as_str())));
    lines.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(component.name.to_ascii_uppercase());
    for line in lines {
        hash.update(b"\n");
        hash.update(line);
    }
    domain::hex(hash.finalize().first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// One file of many resources, with this name. What can't be read is left out. Of two time zones with one TZID the first is kept; where all
/// parts come from one program, the file is still that program's.
pub fn join<'a>(parts: impl Iterator<Item = &'a str>, name: Option<&str>) -> String {
    let mut zones: Vec<Component> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    let mut others: Vec<Component> = Vec::new();
    let mut header: Option<Vec<Line>> = None;
    for calendar in parts.filter_map(|part| parse(part.as_bytes()).ok()).flatten() {
        let own = Zones::of(&calendar);
        header = match header {
            None => Some(own.header.clone()),
            Some(header) if header == own.header => Some(header),
            Some(_) => Some(Vec::new()),
        };
        for mut child in calendar.children {
            if !child.is("VTIMEZONE") {
                own.explain(&mut child);
                others.push(child);
            } else if child.text("TZID").is_some_and(|label| known.insert(label)) {
                zones.push(child);
            }
        }
    }
    let mut out = Component::new("VCALENDAR");
    out.lines = header.filter(|header| !header.is_empty()).unwrap_or_else(self::header);
    if let Some(name) = name {
        out.lines.push(Line::text("NAME", name));
        out.lines.push(Line::text("X-WR-CALNAME", name));
    }
    out.children = zones;
    out.children.append(&mut others);
    out.print()
}

/// The lines of a VCALENDAR of ours.
pub(crate) fn header() -> Vec<Line> {
    vec![Line::new("VERSION", "2.0"), Line::new("PRODID", PRODID), Line::new("CALSCALE", "GREGORIAN")]
}

/// Nothing where it is no calendar.
pub fn about(bytes: &[u8]) -> About {
    let Ok(calendars) = parse(bytes) else { return About::default() };
    let text = |name: &str| calendars.iter().find_map(|calendar| calendar.text(name));
    let secs = |name: &str| text(name).and_then(|text| Duration::parse(&text)).map(Duration::total_secs).filter(|secs| *secs > 0);
    About {
        name: text("NAME").or_else(|| text("X-WR-CALNAME")),
        refresh_secs: secs("REFRESH-INTERVAL").or_else(|| secs("X-PUBLISHED-TTL")),
    }
}
