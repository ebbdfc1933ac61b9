//! The calendars of one account: events, series with what is otherwise about their members, and what changed when.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::time::Timestamp;
use serde_json::{Map, Value};

use super::{super::error::GraphError, handles::MsTold, pattern::Recurrence, zones};

pub(super) type Fields = Map<String, Value>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Calendar {
    pub id: String,
    pub name: String,
    /// `auto`, or a name out of the palette.
    pub color: String,
    pub hex: String,
    pub can_edit: bool,
}

/// An event that happens once, or a series.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: u64,
    pub calendar: String,
    /// What was written, in Graph's own form.
    pub fields: Fields,
    pub recurrence: Option<Recurrence>,
    /// By the day on which the member would be: serial of the last change, and the fields that differ.
    pub exceptions: BTreeMap<NaiveDate, (u64, Fields)>,
    /// Serial of when it was taken out.
    pub cancelled: BTreeMap<NaiveDate, u64>,
    pub uid: String,
    /// Name and address.
    pub organizer: (String, String),
    pub own: bool,
    /// The person's answer, as in `responseStatus`.
    pub response: String,
    pub transaction: Option<String>,
    pub created: Timestamp,
    pub modified: Timestamp,
    /// Serial of the last change of anything, and of the last one of the whole.
    pub changed: u64,
    pub whole: u64,
}

/// When it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Seconds since the epoch.
    pub from: i64,
    pub to: i64,
    pub start_zone: String,
    pub end_zone: String,
}

/// Of `start` or `end`.
pub(super) fn moment(fields: &Fields, name: &str) -> (i64, String) {
    let of = |part: &str| fields.get(name).and_then(|time| time.get(part)).and_then(Value::as_str).unwrap_or_default();
    let zone = of("timeZone");
    (zones::wall(of("dateTime")).map_or(0, |wall| zones::instant(wall, zone)), zone.to_owned())
}

pub(super) fn span(fields: &Fields) -> Span {
    let ((from, start_zone), (to, end_zone)) = (moment(fields, "start"), moment(fields, "end"));
    Span { from, to, start_zone, end_zone }
}

pub(super) fn all_day(fields: &Fields) -> bool {
    fields.get("isAllDay").and_then(Value::as_bool) == Some(true)
}

impl Entry {
    /// The zone in which days of the series are counted.
    pub fn zone(&self) -> String {
        let of_rule = self.recurrence.as_ref().and_then(|r| r.range.recurrence_time_zone.clone());
        of_rule.unwrap_or_else(|| moment(&self.fields, "start").1)
    }

    pub fn etag(&self) -> String {
        format!("W/\"DwAAABYAAAC{:08x}\"", self.changed)
    }

    /// Days of its members up to `until`, those that were taken out left out.
    pub fn days(&self, until: NaiveDate) -> Vec<NaiveDate> {
        let all = self.recurrence.as_ref().map(|r| r.days(until)).unwrap_or_default();
        all.into_iter().filter(|day| !self.cancelled.contains_key(day)).collect()
    }

    /// When the member of this day would be, were it not otherwise.
    pub fn original(&self, day: NaiveDate) -> Span {
        let base = span(&self.fields);
        let zone = self.zone();
        let at = zones::instant(day.and_time(zones::wall_of(base.from, &zone).time()), &zone);
        Span { from: at, to: at + (base.to - base.from), ..base }
    }

    /// The fields of a member: the series' own, and what differs.
    pub fn member(&self, day: NaiveDate) -> Fields {
        let mut out = self.fields.clone();
        let original = self.original(day);
        for (name, at, zone) in [("start", original.from, &original.start_zone), ("end", original.to, &original.end_zone)] {
            let wall = zones::wall_of(at, zone).format("%Y-%m-%dT%H:%M:%S").to_string();
            out.insert(name.to_owned(), serde_json::json!({"dateTime": wall, "timeZone": zone}));
        }
        if let Some((_, own)) = self.exceptions.get(&day) {
            out.extend(own.clone());
        }
        out
    }
}

/// Something that is there no more: in which calendar, and its ids.
#[derive(Clone, Debug)]
pub(super) struct Removal {
    pub serial: u64,
    pub calendar: String,
    pub key: u64,
    /// Of a series, all its days.
    pub days: Vec<NaiveDate>,
}

#[derive(Default)]
pub(in super::super) struct Diary {
    pub owner: (String, String),
    pub calendars: Vec<Calendar>,
    pub(super) entries: BTreeMap<u64, Entry>,
    pub(super) removals: Vec<Removal>,
    pub(super) told: Vec<MsTold>,
    pub serial: u64,
    pub void_before: u64,
    next: u64,
}

impl Diary {
    pub fn new(email: &str, name: &str) -> Self {
        let mut diary = Self { owner: (name.to_owned(), email.to_ascii_lowercase()), next: 0x100, ..Self::default() };
        diary.add("Calendar", "auto", "", true);
        diary
    }

    /// The first one is the main one. Returns its id.
    pub fn add(&mut self, name: &str, color: &str, hex: &str, can_edit: bool) -> String {
        let id = format!("AAMkAGI2-calendar-{:04x}AAA=", self.calendars.len() + 1);
        let (name, color, hex) = (name.to_owned(), color.to_owned(), hex.to_owned());
        self.calendars.push(Calendar { id: id.clone(), name, color, hex, can_edit });
        id
    }

    pub fn expire(&mut self) {
        self.serial += 1;
        self.void_before = self.serial;
    }

    pub(super) fn main(&self) -> String {
        self.calendars.first().map(|c| c.id.clone()).unwrap_or_default()
    }

    pub(super) fn calendar(&self, id: &str) -> Result<&Calendar, GraphError> {
        self.calendars
            .iter()
            .find(|c| c.id == id)
            .ok_or_else(|| if id.starts_with("AAMk") { GraphError::not_found() } else { GraphError::malformed_id() })
    }

    pub(super) fn tick(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(super) fn insert(&mut self, make: impl FnOnce(u64, u64) -> Entry) -> u64 {
        let (key, serial) = (self.next, self.tick());
        self.next += 1;
        self.entries.insert(key, make(key, serial));
        key
    }

    pub(super) fn in_calendar<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.values().filter(move |entry| entry.calendar == id)
    }

    /// By either id: the event, and the day where it is a member of a series.
    pub(super) fn find(&self, id: &str) -> Result<(&Entry, Option<NaiveDate>), GraphError> {
        let (key, day) = parse(id).ok_or_else(GraphError::malformed_id)?;
        let entry = self.entries.get(&key).ok_or_else(GraphError::not_found)?;
        let there = day.is_none_or(|day| entry.days(day).contains(&day));
        if there { Ok((entry, day)) } else { Err(GraphError::not_found()) }
    }

    pub(super) fn remove(&mut self, key: u64) {
        let Some(entry) = self.entries.remove(&key) else { return };
        let serial = self.tick();
        let until = entry.recurrence.as_ref().and_then(|r| r.range.start_date.checked_add_months(chrono::Months::new(60)));
        let days = until.map(|until| entry.days(until)).unwrap_or_default();
        self.removals.push(Removal { serial, calendar: entry.calendar, key, days });
    }
}

/// One id never changes; the other is what whoever does not ask for that gets.
pub(super) fn id(key: u64, day: Option<NaiveDate>, immutable: bool) -> String {
    let (head, tail) = if immutable { ("AAkALgAAAAAAHYQDEapmEc2b", "") } else { ("AAMkAGI2TAAA", "AAA=") };
    match day {
        None => format!("{head}EV{key:08x}{tail}"),
        Some(day) => format!("{head}OC{key:08x}{}{tail}", day.format("%Y%m%d")),
    }
}

fn parse(id: &str) -> Option<(u64, Option<NaiveDate>)> {
    let immutable = id.strip_prefix("AAkALgAAAAAAHYQDEapmEc2b");
    let rest = immutable.or_else(|| id.strip_prefix("AAMkAGI2TAAA")?.strip_suffix("AAA="))?;
    let (kind, rest) = rest.split_at_checked(2)?;
    let (key, day) = rest.split_at_checked(8)?;
    let key = u64::from_str_radix(key, 16).ok()?;
    match kind {
        "EV" if day.is_empty() => Some((key, None)),
        "OC" => Some((key, Some(NaiveDate::parse_from_str(day, "%Y%m%d").ok()?))),
        _ => None,
    }
}
