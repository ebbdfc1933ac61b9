//! A resource of iCalendar taken apart: its components beside what each of them means.

use std::collections::{BTreeMap, BTreeSet};

use calendar::{
    Event, When,
    event::Lasts,
    lines::{Component, Line, parse},
    zone::NamedZone,
};
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use domain::error::ProviderError;

use super::{refused, times::utc_zone};

/// A component beside what it means.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub component: Component,
    pub event: Event,
    pub end: When,
}

/// A resource taken apart; members by the key of what they stand for ([`When::key`]), which is also how Google ends their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doc {
    pub master: Option<Entry>,
    pub members: BTreeMap<String, Entry>,
}

/// `floating`: the zone that times without one are in, where it is known; members are called by instants then. `provider`: who can't take it.
pub(crate) fn read(ics: &str, floating: Option<&str>, provider: &str) -> Result<Doc, ProviderError> {
    let unreadable = || refused(&format!("This event can't be read, so it can't be written to {provider}. Make it anew."));
    let calendar = parse(ics.as_bytes()).map_err(|_| unreadable())?.into_iter().next().ok_or_else(unreadable)?;
    let zones: Vec<Component> = calendar.children_of("VTIMEZONE").cloned().collect();
    let mut doc = Doc::default();
    for component in calendar.children_of("VEVENT") {
        let mut alone = Component { name: calendar.name.clone(), lines: calendar.lines.clone(), children: zones.clone() };
        alone.children.push(component.clone());
        if let Some(zone) = floating.filter(|_| alone.line("X-WR-TIMEZONE").is_none()) {
            alone.lines.push(Line::text("X-WR-TIMEZONE", zone));
        }
        let read = calendar::read(alone.print().as_bytes(), &utc_zone()).map_err(|_| unreadable())?;
        let (_, series) = read.series.into_iter().next().ok_or_else(unreadable)?;
        let event = series.master.or_else(|| series.overrides.into_iter().next()).ok_or_else(unreadable)?;
        let entry = Entry { end: end(&event, component), component: component.clone(), event };
        match &entry.event.stands_for {
            None => doc.master = Some(entry),
            Some((_, true)) => {
                return Err(refused(&format!("{provider} can't change “this and all that follow” in one event: split the series.")));
            }
            Some((member, false)) => drop(doc.members.insert(member.key(), entry)),
        }
    }
    if doc.master.is_none() && doc.members.is_empty() { Err(unreadable()) } else { Ok(doc) }
}

/// In the zone of DTEND, which a flight has of its own.
fn end(event: &Event, component: &Component) -> When {
    let (start, lasts) = (&event.start, event.lasts);
    let (days, secs) = match lasts {
        Lasts::Exactly(secs) => (0, secs),
        Lasts::Nominally { days, secs } => (days, secs),
    };
    let later = |wall: NaiveDateTime, delta: Option<TimeDelta>| delta.and_then(|d| wall.checked_add_signed(d)).unwrap_or(wall);
    let wall = later(start.wall(), TimeDelta::try_days(days));
    let When::At(_, zone) = start else { return start.on_wall(later(wall, TimeDelta::try_seconds(secs))) };
    let at = zone.zone().instant(wall.and_utc().timestamp()).plus_secs(secs);
    let line = component.line("DTEND");
    let own =
        line.and_then(|line| if line.value().ends_with('Z') { Some(NamedZone::utc()) } else { NamedZone::known(&line.param("TZID")?) });
    let zone = own.unwrap_or_else(|| zone.clone());
    let wall = DateTime::from_timestamp(zone.zone().wall_secs(at), 0).map_or(wall, |at| at.naive_utc());
    When::At(wall, zone)
}

impl Entry {
    /// The member `key` of this series as the series itself would have it.
    pub fn member(&self, key: &str) -> Option<Self> {
        let start = When::of_key(key, &self.event.start)?;
        let mut entry = self.clone();
        for name in ["RRULE", "RDATE", "EXDATE", "EXRULE", "DURATION"] {
            entry.component.remove(name);
        }
        entry.event.start = start;
        entry.event.rule = None;
        // Of DTEND only its zone is looked at.
        entry.end = end(&entry.event, &entry.component);
        Some(entry)
    }

    pub fn is_series(&self) -> bool {
        self.event.rule.is_some() || !self.event.also.is_empty()
    }

    /// Where one meets on the net.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.component.lines_of("CONFERENCE").map(Line::value)
    }

    /// Keys of the members that are left out.
    pub fn left_out(&self) -> BTreeSet<String> {
        self.event.except.iter().map(When::key).collect()
    }
}
