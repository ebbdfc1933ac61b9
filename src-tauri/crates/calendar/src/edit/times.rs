//! Times on their lines: what is written beside the digits, so that a time can be changed and still stand as its document has it.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime};
use domain::time::{Timestamp, Zone};

use crate::{
    edit::{EditError, Span},
    event::Lasts,
    lines::{Component, Line},
    read::Zones,
    series::end_of,
    when::When,
    zone::NamedZone,
};

/// How a time is written (RFC 5545 sections 3.3.4 and 3.3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// VALUE=DATE.
    Date,
    /// Neither zone nor `Z`.
    Floating,
    /// With `Z`.
    Utc,
    /// TZID, as this document calls it.
    Zone(String),
}

/// A time and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    pub when: When,
    pub form: Form,
}

/// What the wall shows at a UTC instant, or any other count of seconds.
fn wall_of(secs: i64) -> NaiveDateTime {
    DateTime::from_timestamp(secs, 0).map_or(NaiveDateTime::MIN, |at| at.naive_utc())
}

/// So much later on the wall; where there are no such years, as it was.
pub(crate) fn later(wall: NaiveDateTime, by: Duration) -> NaiveDateTime {
    wall.checked_add_signed(by).unwrap_or(wall)
}

/// An instant as UTC is written.
pub(crate) fn utc(at: Timestamp) -> String {
    wall_of(at.secs()).format("%Y%m%dT%H%M%SZ").to_string()
}

impl Time {
    /// One value of a line.
    pub fn read(value: &str, label: Option<&str>, zones: &Zones) -> Option<Self> {
        let value = value.trim().to_ascii_uppercase();
        if value.len() == 8 {
            let day = NaiveDate::parse_from_str(&value, "%Y%m%d").ok()?;
            return Some(Self { when: When::Date(day), form: Form::Date });
        }
        let (digits, of_utc) = value.strip_suffix('Z').map_or((value.as_str(), false), |digits| (digits, true));
        // No clock on a wall shows a leap second.
        let digits = digits.strip_suffix("60").filter(|rest| rest.len() == 13).map_or(digits.to_owned(), |rest| format!("{rest}59"));
        let wall =
            NaiveDateTime::parse_from_str(&digits, "%Y%m%dT%H%M%S").or_else(|_| NaiveDateTime::parse_from_str(&digits, "%Y%m%dT%H%M"));
        let wall = wall.ok()?;
        Some(match (of_utc, label) {
            (true, _) => Self { when: When::At(wall, NamedZone::utc()), form: Form::Utc },
            (false, Some(label)) => Self { when: When::At(wall, zones.zone(label)), form: Form::Zone(label.to_owned()) },
            (false, None) => {
                let when = zones.default.clone().map_or(When::Floating(wall), |zone| When::At(wall, zone));
                Self { when, form: Form::Floating }
            }
        })
    }

    /// The first value of the first line of this name.
    pub fn of(component: &Component, name: &str, zones: &Zones) -> Option<Self> {
        let line = component.line(name)?;
        Self::read(line.value().split(',').next()?, line.param("TZID").as_deref(), zones)
    }

    /// The digits.
    pub fn value(&self) -> String {
        let wall = self.when.wall();
        match self.form {
            Form::Date => wall.format("%Y%m%d").to_string(),
            Form::Floating | Form::Zone(_) => wall.format("%Y%m%dT%H%M%S").to_string(),
            Form::Utc => wall.format("%Y%m%dT%H%M%SZ").to_string(),
        }
    }

    /// Written in the same way, with another time on the wall.
    pub fn on_wall(&self, wall: NaiveDateTime) -> Self {
        Self { when: self.when.on_wall(wall), form: self.form.clone() }
    }

    /// Written in the same way, at this instant.
    pub fn at(&self, instant: Timestamp, viewer: &Zone) -> Self {
        let zone = self.when.zone().map_or(viewer, NamedZone::zone);
        self.on_wall(wall_of(zone.wall_secs(instant)))
    }

    /// What the wall of this time's zone shows at another time.
    pub fn wall_of(&self, other: &When) -> NaiveDateTime {
        match (&self.when, other) {
            (When::At(_, own), When::At(wall, zone)) if own != zone => {
                wall_of(own.zone().wall_secs(zone.zone().instant(wall.and_utc().timestamp())))
            }
            _ => other.wall(),
        }
    }

    /// Puts values of this form on a line that has others; its other parameters stay.
    pub fn put(&self, line: &mut Line, values: &str) {
        line.remove_param("VALUE");
        match &self.form {
            Form::Zone(label) => line.set_param("TZID", label),
            Form::Date | Form::Floating | Form::Utc => line.remove_param("TZID"),
        }
        if self.form == Form::Date {
            line.set_param("VALUE", "DATE");
        }
        line.set_value(values);
    }

    /// A new line.
    pub fn line(&self, name: &str) -> Line {
        let mut line = Line::new(name, "");
        self.put(&mut line, &self.value());
        line
    }
}

/// Start and end of a VEVENT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub start: Time,
    pub end: Time,
}

impl Times {
    /// As the start and the length say. The end is written as the start is.
    pub fn lasting(start: &Time, lasts: Lasts, viewer: &Zone) -> Self {
        let (end, last_day) = end_of(&start.when, lasts, viewer);
        let end = last_day.map_or_else(|| start.at(end, viewer), |day| start.on_wall(When::Date(day).wall()));
        Self { start: start.clone(), end }
    }

    /// A span in the form in which this document can write it. `now`: how it was written so far.
    pub fn of_span(span: &Span, now: Option<&Time>, described: &dyn Fn(&str) -> bool) -> Result<Self, EditError> {
        let times = match span {
            Span::Days { from, until } => {
                let day = |day: &NaiveDate| Time { when: When::Date(*day), form: Form::Date };
                if until <= from {
                    return Err(EditError::EndsBefore);
                }
                Self { start: day(from), end: day(until) }
            }
            Span::Clock { start, end, zone } => {
                let form = form_of(zone, now, described)?;
                let instant = |wall: &NaiveDateTime| zone.zone().instant(wall.and_utc().timestamp());
                if end < start || instant(end) < instant(start) {
                    return Err(EditError::EndsBefore);
                }
                let time = |wall: &NaiveDateTime| match form {
                    Form::Utc => Time { when: When::At(wall_of(instant(wall).secs()), NamedZone::utc()), form: Form::Utc },
                    _ => Time { when: When::At(*wall, zone.clone()), form: form.clone() },
                };
                Self { start: time(start), end: time(end) }
            }
        };
        let years = [&times.start, &times.end].map(|time| chrono::Datelike::year(&time.when.wall()));
        if years.iter().all(|year| (1..=9999).contains(year)) { Ok(times) } else { Err(EditError::OutOfRange) }
    }

    /// Puts them on the component: DTEND instead of DURATION, and none where it takes no time (RFC 5545 section 3.8.2.2 wants it later).
    pub fn put(&self, component: &mut Component) {
        match component.line_mut("DTSTART") {
            Some(line) => self.start.put(line, &self.start.value()),
            None => component.lines.push(self.start.line("DTSTART")),
        }
        if self.end.when == self.start.when {
            component.remove("DTEND");
            component.remove("DURATION");
            return;
        }
        if let Some(line) = component.line_mut("DTEND") {
            self.end.put(line, &self.end.value());
            component.remove("DURATION");
            return;
        }
        let line = self.end.line("DTEND");
        if let Some(place) = component.line_mut("DURATION") {
            *place = line;
            component.remove("DURATION");
        } else {
            let at = component.lines.iter().position(|line| line.is("DTSTART")).map_or(component.lines.len(), |at| at + 1);
            component.lines.insert(at, line);
        }
    }
}

/// How a time in this zone is written in the document. A zone that neither the world nor the document knows can't be.
fn form_of(zone: &NamedZone, now: Option<&Time>, described: &dyn Fn(&str) -> bool) -> Result<Form, EditError> {
    let name = zone.name();
    if let Some(Time { when: When::At(_, own), form }) = now
        && own == zone
    {
        return Ok(form.clone());
    }
    // "UTC+02:00" and its like are offsets, and no names.
    if name == "UTC" || (name.starts_with("UTC") && zone.understood() && !described(name)) {
        return Ok(Form::Utc);
    }
    if zone.is_iana() || described(name) { Ok(Form::Zone(name.to_owned())) } else { Err(EditError::Zone(name.to_owned())) }
}
