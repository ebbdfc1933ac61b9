//! One component as three sides have it, thing by thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    call,
    edit::{Own, guests, times::Time},
    event::{Event, Lasts},
    lines::{Component, Line},
    merge::Conflict,
    read::{JOIN, Zones},
    when::When,
};

/// Lines that say when something was written, not what.
const STAMPS: [&str; 3] = ["DTSTAMP", "LAST-MODIFIED", "CREATED"];
/// Of alarms: what happened to them since.
const RANG: [&str; 4] = ["ACKNOWLEDGED", "X-MOZ-LASTACK", "DTSTAMP", "LAST-MODIFIED"];

/// What of a component is decided together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// What a person would call one thing.
    Field(&'static str),
    /// EXDATE or RDATE: each date for itself.
    Dates(&'static str),
    /// Every other property for itself.
    Property(String),
    /// All children of one name.
    Children(String),
}

impl Thing {
    /// None: it is never decided.
    fn of(line: &Line) -> Option<Self> {
        let name = line.name().to_ascii_uppercase();
        Some(match name.as_str() {
            "UID" | "RECURRENCE-ID" | "SEQUENCE" => return None,
            stamp if STAMPS.contains(&stamp) => return None,
            "SUMMARY" => Self::Field("title"),
            "DTSTART" | "DTEND" | "DURATION" => Self::Field("time"),
            "RRULE" | "EXRULE" => Self::Field("repeats"),
            "EXDATE" => Self::Dates("EXDATE"),
            "RDATE" => Self::Dates("RDATE"),
            "LOCATION" | "X-APPLE-STRUCTURED-LOCATION" | "GEO" => Self::Field("location"),
            "DESCRIPTION" | "X-ALT-DESC" | "STYLED-DESCRIPTION" => Self::Field("description"),
            "TRANSP" | "X-MICROSOFT-CDO-BUSYSTATUS" => Self::Field("free"),
            "STATUS" => Self::Field("status"),
            "ATTENDEE" | "ORGANIZER" => Self::Field("guests"),
            "CONFERENCE" | "X-MICROSOFT-ONLINEMEETINGCONFLINK" => Self::Field("join"),
            vendor if JOIN.contains(&vendor) => Self::Field("join"),
            _ => Self::Property(name),
        })
    }

    const fn field(&self) -> &'static str {
        match self {
            Self::Field(field) => field,
            Self::Dates(_) => "repeats",
            Self::Property(_) | Self::Children(_) => "other",
        }
    }
}

/// What a component says about each thing, so that the same said in another way is equal.
type Said = BTreeMap<Thing, BTreeSet<String>>;

fn said(own: &Own, zones: &Zones) -> Said {
    let mut out = Said::new();
    for line in &own.component.lines {
        let Some(thing) = Thing::of(line) else { continue };
        let told = out.entry(thing.clone()).or_default();
        match thing {
            Thing::Dates(_) => told.extend(dates(line, zones).into_iter().map(|(key, _)| key)),
            Thing::Field("time") => drop(told.insert(time(&own.event))),
            Thing::Field("title" | "location" | "description") if !line.name().starts_with(['X', 'x']) => {
                told.extend(Some(format!("{}:{}", line.name().to_ascii_uppercase(), line.unescaped())).filter(|t| !t.ends_with(':')));
            }
            Thing::Field("free") if line.is("TRANSP") => told.extend(own.event.free.then(|| "free".to_owned())),
            // One call, however far it is.
            _ if line.is(call::LINE) => drop(told.insert(call::id_of(line.value()).to_owned())),
            _ => drop(told.insert(normal(line))),
        }
    }
    for child in &own.component.children {
        let name = child.name.to_ascii_uppercase();
        let thing = if name == "VALARM" { Thing::Field("alarms") } else { Thing::Children(name) };
        out.entry(thing).or_default().insert(told_child(child));
    }
    out.retain(|_, told| !told.is_empty());
    out
}

/// Names and parameters in one order and case.
fn normal(line: &Line) -> String {
    let mut params: Vec<String> = line.params().iter().map(|(name, _)| name.to_ascii_uppercase()).collect();
    params.sort_unstable();
    params.dedup();
    let params: Vec<String> = params.iter().map(|name| format!(";{name}={}", line.param_values(name).join(","))).collect();
    let params = params.concat();
    let value = if line.is("RRULE") {
        let mut parts: Vec<String> = line.value().to_ascii_uppercase().split(';').map(str::to_owned).collect();
        parts.sort_unstable();
        parts.join(";")
    } else {
        line.value().to_owned()
    };
    format!("{}{params}:{value}", line.name().to_ascii_uppercase())
}

fn told_child(child: &Component) -> String {
    let mut lines: Vec<String> = child.lines.iter().filter(|line| !RANG.iter().any(|name| line.is(name))).map(normal).collect();
    lines.sort_unstable();
    lines.extend(child.children.iter().map(told_child));
    format!("{}\n{}", child.name.to_ascii_uppercase(), lines.join("\n"))
}

/// Each date of a line: what it is called, and a line with only that.
fn dates(line: &Line, zones: &Zones) -> Vec<(String, Line)> {
    let label = line.param("TZID");
    let key = |value: &str| {
        let (begin, length) = value.split_once('/').unwrap_or((value, ""));
        let begin = Time::read(begin, label.as_deref(), zones).map_or_else(|| begin.to_owned(), |time| time.when.key());
        if length.is_empty() { begin } else { format!("{begin}/{length}") }
    };
    let values = line.value().split(',').map(str::trim).filter(|value| !value.is_empty());
    values
        .map(|value| {
            let mut one = line.clone();
            one.set_value(value);
            (key(value), one)
        })
        .collect()
}

/// Equal but for who wrote it last, and how.
pub(super) fn same(a: &Own, of_a: &Zones, b: &Own, of_b: &Zones) -> bool {
    said(a, of_a) == said(b, of_b)
}

pub(super) fn title(own: &Own) -> String {
    own.component.text("SUMMARY").unwrap_or_default()
}

pub(super) struct Three<'a> {
    /// None: there was none.
    pub base: Option<&'a Own>,
    pub mine: &'a Own,
    pub theirs: &'a Own,
    /// In the same order.
    pub zones: [&'a Zones; 3],
    /// The series is at my times, and not where it was.
    pub moved: bool,
}

impl Three<'_> {
    /// Theirs, with what changed here.
    pub fn merged(&self, conflicts: &mut Vec<Conflict>) -> Component {
        let [of_base, of_mine, of_theirs] = self.zones;
        let base = self.base.map(|own| said(own, of_base)).unwrap_or_default();
        let (mine, theirs) = (said(self.mine, of_mine), said(self.theirs, of_theirs));
        let mut out = self.theirs.component.clone();
        let things: BTreeSet<&Thing> = base.keys().chain(mine.keys()).chain(theirs.keys()).collect();
        let moved = self.moved || {
            let time = Thing::Field("time");
            mine.get(&time) != base.get(&time) && theirs.get(&time) == base.get(&time)
        };
        for thing in things {
            let (was, here, there) = (base.get(thing), mine.get(thing), theirs.get(thing));
            if here == was || here == there {
                continue;
            }
            match thing {
                Thing::Dates(name) => self.dates(&mut out, name, was, here),
                Thing::Field("guests") => self.guests(&mut out, moved, conflicts),
                _ if there == was => self.take(&mut out, thing),
                _ => {
                    let words = |own: &Own, told: Option<&BTreeSet<String>>| words(thing, own, told);
                    conflicts.push(Conflict { field: thing.field(), mine: words(self.mine, here), theirs: words(self.theirs, there) });
                }
            }
        }
        self.stamp(&mut out);
        out
    }

    /// As it is here.
    fn take(&self, out: &mut Component, thing: &Thing) {
        let mine = &self.mine.component;
        let name = match thing {
            Thing::Field("alarms") => "VALARM",
            Thing::Children(name) => name,
            _ => {
                let of = |line: &Line| Thing::of(line).as_ref() == Some(thing);
                replace(out, of, mine.lines.iter().filter(|line| of(line)).cloned().collect());
                return;
            }
        };
        out.children.retain(|child| !child.is(name));
        out.children.extend(mine.children_of(name).cloned());
    }

    /// The later or larger of both.
    fn stamp(&self, out: &mut Component) {
        for name in STAMPS.iter().filter(|name| **name != "CREATED") {
            let both = out.line(name).into_iter().chain(self.mine.component.line(name));
            if let Some(line) = both.max_by_key(|line| line.value().to_owned()).cloned() {
                out.set(line);
            }
        }
        let number = |line: &&Line| line.value().trim().parse::<i64>().unwrap_or(0);
        let both = out.line("SEQUENCE").into_iter().chain(self.mine.component.line("SEQUENCE"));
        if let Some(line) = both.max_by_key(number).cloned() {
            out.set(line);
        }
    }

    /// Dates that are in or out one by one: what either side added is in, what either took away is out.
    fn dates(&self, out: &mut Component, name: &str, was: Option<&BTreeSet<String>>, here: Option<&BTreeSet<String>>) {
        let [_, of_mine, of_theirs] = self.zones;
        let empty = BTreeSet::new();
        let (was, here) = (was.unwrap_or(&empty), here.unwrap_or(&empty));
        let mut there = BTreeSet::new();
        let mut lines = Vec::new();
        for line in out.lines.iter().filter(|line| line.is(name)) {
            let all = dates(line, of_theirs);
            let kept: Vec<&(String, Line)> = all.iter().filter(|(key, _)| here.contains(key) || !was.contains(key)).collect();
            there.extend(all.iter().map(|(key, _)| key.clone()));
            if kept.len() == all.len() {
                lines.push(line.clone());
            } else if !kept.is_empty() {
                let mut line = line.clone();
                line.set_value(&kept.iter().map(|(_, one)| one.value()).collect::<Vec<_>>().join(","));
                lines.push(line);
            }
        }
        for (key, line) in self.mine.component.lines_of(name).flat_map(|line| dates(line, of_mine)) {
            if !was.contains(&key) && there.insert(key) {
                lines.push(line);
            }
        }
        replace(out, |line| line.is(name), lines);
    }

    /// Guest by guest. An answer that was only taken back because the time changed here does not stand against a new one: it was to the
    /// old time.
    fn guests(&self, out: &mut Component, moved: bool, conflicts: &mut Vec<Conflict>) {
        let is = |line: &Line| line.is("ATTENDEE") || line.is("ORGANIZER");
        let key = |line: &Line| (line.is("ATTENDEE"), guests::address(line).to_lowercase());
        let by_key = |component: &Component| -> BTreeMap<(bool, String), Line> {
            component.lines.iter().filter(|line| is(line)).map(|line| (key(line), line.clone())).collect()
        };
        let (base, mine) = (self.base.map(|own| by_key(&own.component)).unwrap_or_default(), by_key(&self.mine.component));
        let theirs = by_key(out);
        let mut keys: Vec<(bool, String)> = out.lines.iter().chain(&self.mine.component.lines).filter(|line| is(line)).map(key).collect();
        let mut seen = BTreeSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        let (mut fresh, mut here, mut there) = (Vec::new(), Vec::new(), Vec::new());
        for key in &keys {
            let (was, m, t) = (base.get(key), mine.get(key), theirs.get(key));
            let told = |line: Option<&Line>| line.map(invited);
            let keep = if told(m) == told(was) || told(m) == told(t) {
                t
            } else if told(t) == told(was) {
                m
            } else if let (Some(was), Some(m)) = (was, m)
                && asked_again(was, m)
            {
                if moved && t.is_some_and(|t| unanswered(t) == unanswered(was)) { Some(m) } else { t }
            } else {
                here.extend(m.map(guest));
                there.extend(t.map(guest));
                t
            };
            fresh.extend(keep.cloned());
        }
        if !(here.is_empty() && there.is_empty()) {
            conflicts.push(Conflict { field: "guests", mine: here.join(", "), theirs: there.join(", ") });
        }
        if !out.lines.iter().filter(|line| is(line)).eq(&fresh) {
            replace(out, is, fresh);
        }
    }
}

/// What a line of a guest says, but for whether the server told them.
fn invited(line: &Line) -> String {
    let mut line = line.clone();
    for name in ["RSVP", "SCHEDULE-STATUS", "SCHEDULE-FORCE-SEND"] {
        line.remove_param(name);
    }
    normal(&line)
}

fn unanswered(line: &Line) -> String {
    let mut line = line.clone();
    line.remove_param("PARTSTAT");
    invited(&line)
}

/// Nothing but the answer was taken back.
fn asked_again(was: &Line, now: &Line) -> bool {
    unanswered(was) == unanswered(now) && now.param("PARTSTAT").is_none_or(|answer| answer.eq_ignore_ascii_case("NEEDS-ACTION"))
}

fn guest(line: &Line) -> String {
    let answer = line.param("PARTSTAT").unwrap_or_default().to_lowercase();
    let address = guests::address(line);
    match answer.as_str() {
        _ if line.is("ORGANIZER") => format!("{address}: organizer"),
        "" | "needs-action" => address,
        answer => format!("{address}: {answer}"),
    }
}

/// Puts lines in the place of those that are meant; at the end where there were none.
fn replace(out: &mut Component, of: impl Fn(&Line) -> bool, fresh: Vec<Line>) {
    let at = out.lines.iter().position(&of).unwrap_or(out.lines.len());
    // None of those before it is meant.
    out.lines.retain(|line| !of(line));
    out.lines.splice(at..at, fresh);
}

/// A thing in words. `told`: as it is written, for what has no better ones.
fn words(thing: &Thing, own: &Own, told: Option<&BTreeSet<String>>) -> String {
    let (component, event) = (&own.component, &own.event);
    let text = |name: &str| component.text(name).unwrap_or_default();
    match thing {
        Thing::Field("title") => text("SUMMARY"),
        Thing::Field("location") => text("LOCATION"),
        Thing::Field("description") => text("DESCRIPTION"),
        Thing::Field("time") => time(event),
        Thing::Field("repeats") => component.value("RRULE").unwrap_or_default().to_owned(),
        Thing::Field("free") => if event.free { "free" } else { "busy" }.to_owned(),
        Thing::Field("status") => text("STATUS").to_lowercase(),
        Thing::Field("alarms") => event.alarms.iter().map(|minutes| format!("{minutes} min")).collect::<Vec<_>>().join(", "),
        Thing::Field("join") => event.join.clone().unwrap_or_default(),
        _ => told.map(|told| told.iter().cloned().collect::<Vec<_>>().join("\n")).unwrap_or_default(),
    }
}

/// `2026-11-30 10:00 – 11:00 Europe/Berlin`.
pub(super) fn time(event: &Event) -> String {
    let wall = event.start.wall();
    let (days, secs) = match event.lasts {
        Lasts::Exactly(secs) => (0, secs),
        Lasts::Nominally { days, secs } => (days, secs),
    };
    let late = days.saturating_mul(86_400).saturating_add(secs);
    let end = chrono::Duration::try_seconds(late).and_then(|late| wall.checked_add_signed(late)).unwrap_or(wall);
    match &event.start {
        When::Date(day) => {
            let last = end.date().pred_opt().unwrap_or(*day);
            if last <= *day { day.to_string() } else { format!("{day} – {last}") }
        }
        start => {
            let until = if end.date() == wall.date() { end.format("%H:%M").to_string() } else { end.format("%Y-%m-%d %H:%M").to_string() };
            let zone = start.zone().map(|zone| format!(" {}", zone.name())).unwrap_or_default();
            format!("{} – {until}{zone}", wall.format("%Y-%m-%d %H:%M"))
        }
    }
}
