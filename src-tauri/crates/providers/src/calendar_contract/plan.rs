//! What the tests speak of: an event as far as every provider holds it.

use std::collections::{BTreeMap, BTreeSet};

use calendar::{
    When,
    event::Lasts,
    lines::{Component, Line, parse},
};
use chrono::{Datelike as _, NaiveDate, NaiveDateTime, TimeDelta};
use domain::time::Zone;

/// Where all clocks of the plans are.
pub(crate) const ZONE: &str = "Europe/Berlin";

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn wall(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub title: String,
    pub place: String,
    /// Midnight where it is about days.
    pub start: NaiveDateTime,
    /// Whole days, or minutes.
    pub days: Option<i64>,
    pub minutes: i64,
    /// So many, every week on the weekday of the start.
    pub weekly: Option<u32>,
    /// Members that are left out.
    pub out: BTreeSet<NaiveDate>,
    /// Members that begin at another time; only of clocks.
    pub moved: BTreeMap<NaiveDate, NaiveDateTime>,
}

impl Plan {
    pub fn clock(title: &str, start: &str, minutes: i64) -> Self {
        let (title, start) = (title.to_owned(), wall(start));
        Self { title, place: String::new(), start, days: None, minutes, weekly: None, out: BTreeSet::new(), moved: BTreeMap::new() }
    }

    pub fn days(title: &str, first: &str, days: i64) -> Self {
        Self { days: Some(days), minutes: 0, ..Self::clock(title, &format!("{first} 00:00"), 0) }
    }

    /// The end of what begins here.
    pub fn end(&self, start: NaiveDateTime) -> NaiveDateTime {
        start + self.days.map_or_else(|| TimeDelta::minutes(self.minutes), TimeDelta::days)
    }

    /// Start of the member of this day.
    pub fn member(&self, day: NaiveDate) -> NaiveDateTime {
        day.and_time(self.start.time())
    }

    /// `TU`.
    pub fn weekday(&self) -> String {
        self.start.weekday().to_string().get(..2).unwrap().to_uppercase()
    }

    fn time(&self, name: &str, at: NaiveDateTime) -> Line {
        match self.days {
            Some(_) => Line::new(name, &at.format("%Y%m%d").to_string()).with("VALUE", "DATE"),
            None => Line::new(name, &at.format("%Y%m%dT%H%M%S").to_string()).with("TZID", ZONE),
        }
    }

    fn describe(&self, component: &mut Component, start: NaiveDateTime) {
        for (name, text) in [("SUMMARY", &self.title), ("LOCATION", &self.place)] {
            if text.is_empty() { component.remove(name) } else { component.set(Line::text(name, text)) }
        }
        component.remove("DURATION");
        component.set(self.time("DTSTART", start));
        component.set(self.time("DTEND", self.end(start)));
    }

    /// As a text of its own.
    pub fn ics(&self, uid: &str) -> String {
        let mut event = Component::new("VEVENT");
        event.lines = vec![Line::text("UID", uid), Line::new("DTSTAMP", "20261101T000000Z")];
        let mut calendar = Component::new("VCALENDAR");
        calendar.lines = vec![Line::new("VERSION", "2.0"), Line::new("PRODID", "-//T//EN")];
        calendar.children.push(event);
        self.onto(&calendar.print())
    }

    /// The text `before` with this plan in the place of the one that it has; lines that the plan says nothing of stay.
    pub fn onto(&self, before: &str) -> String {
        let mut calendar = parse(before.as_bytes()).unwrap().remove(0);
        let events = calendar.children.iter().filter(|c| c.is("VEVENT"));
        let master = events.clone().find(|c| c.line("RECURRENCE-ID").is_none()).unwrap().clone();
        let others: Vec<Component> = events.filter(|c| c.line("RECURRENCE-ID").is_some()).cloned().collect();
        calendar.children.retain(|c| !c.is("VEVENT") && !c.is("VTIMEZONE"));
        if self.days.is_none() {
            // Servers want every zone described (RFC 5545 section 3.2.19).
            let zone = include_str!("berlin.ics").replace('\n', "\r\n");
            calendar
                .children
                .insert(0, parse(format!("BEGIN:VCALENDAR\r\n{zone}END:VCALENDAR\r\n").as_bytes()).unwrap().remove(0).children.remove(0));
        }
        let mut whole = master.clone();
        self.describe(&mut whole, self.start);
        whole.remove("EXDATE");
        match self.weekly {
            // The rule stays as the provider writes it where it means the same.
            Some(_)
                if whole.line("RRULE").is_some()
                    && Self::of(&master).weekly == self.weekly
                    && Self::of(&master).weekday() == self.weekday() => {}
            Some(count) => whole.set(Line::new("RRULE", &format!("FREQ=WEEKLY;COUNT={count};BYDAY={}", self.weekday()))),
            None => whole.remove("RRULE"),
        }
        whole.lines.extend(self.out.iter().map(|day| self.time("EXDATE", self.member(*day))));
        calendar.children.push(whole.clone());
        for (day, start) in &self.moved {
            let of_day = |c: &&Component| Self::start_of_id(c) == Some(*day);
            let mut member = others.iter().find(of_day).cloned().unwrap_or_else(|| {
                let mut member = whole.clone();
                for name in ["RRULE", "EXDATE"] {
                    member.remove(name);
                }
                member
            });
            // It follows its series.
            member.set(self.time("RECURRENCE-ID", self.member(*day)));
            self.describe(&mut member, *start);
            calendar.children.push(member);
        }
        calendar.print()
    }

    fn start_of_id(component: &Component) -> Option<NaiveDate> {
        component.value("RECURRENCE-ID").and_then(|id| NaiveDate::parse_from_str(id.get(..8)?, "%Y%m%d").ok())
    }

    /// Of one component alone.
    fn of(component: &Component) -> Self {
        let mut calendar = Component::new("VCALENDAR");
        let mut alone = component.clone();
        alone.remove("RECURRENCE-ID");
        calendar.children.push(alone);
        Self::read(&calendar.print())
    }

    pub fn read(ics: &str) -> Self {
        let document = calendar::read(ics.as_bytes(), &Zone::fixed(0)).unwrap();
        let series = &document.series.first().unwrap_or_else(|| panic!("{ics}")).1;
        let master = series.master.as_ref().unwrap_or_else(|| panic!("{ics}"));
        let day_of = |when: &When| when.wall().date();
        let (days, minutes) = match master.lasts {
            Lasts::Nominally { days, .. } if master.start.is_date() => (Some(days), 0),
            Lasts::Nominally { days, secs } => (None, days * 1440 + secs / 60),
            Lasts::Exactly(secs) => (None, secs / 60),
        };
        let count = |text: &str| text.split(';').find_map(|part| part.strip_prefix("COUNT=")).and_then(|n| n.parse().ok());
        let mut plan = Self {
            title: master.summary.clone(),
            place: master.location.clone(),
            start: master.start.wall(),
            days,
            minutes,
            weekly: master.rule.as_ref().map(|rule| count(rule.text()).unwrap_or_else(|| panic!("{}", rule.text()))),
            out: master.except.iter().map(day_of).collect(),
            moved: BTreeMap::new(),
        };
        for member in &series.overrides {
            let day = day_of(&member.stands_for.as_ref().unwrap().0);
            if member.status == calendar::Status::Cancelled {
                plan.out.insert(day);
            } else if member.start.wall() != plan.member(day) {
                plan.moved.insert(day, member.start.wall());
            }
        }
        plan
    }
}
