//! A time as a calendar writes it: a day, a time on whoever's wall, or a time on the wall of one zone.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use domain::time::{Timestamp, Zone};

use crate::zone::NamedZone;

/// A value of DTSTART, DTEND, RECURRENCE-ID and the like (RFC 5545 sections 3.3.4 and 3.3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// A whole day, wherever one is.
    Date(NaiveDate),
    /// The same time on every wall.
    Floating(NaiveDateTime),
    /// A time on the wall of one zone; UTC is one of them.
    At(NaiveDateTime, NamedZone),
}

impl When {
    pub const fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// What the wall shows; midnight for a day.
    pub const fn wall(&self) -> NaiveDateTime {
        match self {
            Self::Date(day) => day.and_time(NaiveTime::MIN),
            Self::Floating(wall) | Self::At(wall, _) => *wall,
        }
    }

    pub const fn zone(&self) -> Option<&NamedZone> {
        match self {
            Self::At(_, zone) => Some(zone),
            Self::Date(_) | Self::Floating(_) => None,
        }
    }

    /// The instant. Days and floating times are the viewer's. An hour that never comes is taken by the offset from before, one that comes
    /// twice is the first ([`Zone::instant`]).
    pub fn instant(&self, viewer: &Zone) -> Timestamp {
        match self {
            Self::At(wall, zone) => zone.zone().instant(wall.and_utc().timestamp()),
            Self::Date(_) | Self::Floating(_) => viewer.instant(self.wall().and_utc().timestamp()),
        }
    }

    /// What a member of a series is called, whatever zone its RECURRENCE-ID is written in: `20261130` for a day, `20261130T101500` for a
    /// time of any wall, and `20261130T091500Z` for an instant.
    pub fn key(&self) -> String {
        let wall = match self {
            Self::Date(day) => return day.format("%Y%m%d").to_string(),
            Self::Floating(wall) => return wall.format("%Y%m%dT%H%M%S").to_string(),
            Self::At(wall, zone) => {
                let at = zone.zone().instant(wall.and_utc().timestamp()).secs();
                DateTime::from_timestamp(at, 0).map_or(*wall, |at| at.naive_utc())
            }
        };
        wall.format("%Y%m%dT%H%M%SZ").to_string()
    }

    /// What a [key](Self::key) stands for in the series whose master starts `like` this. None where it is no key of that kind, or of an hour
    /// that the zone has twice and means the other one by.
    pub fn of_key(key: &str, like: &Self) -> Option<Self> {
        let found = match like {
            Self::Date(_) => Self::Date(NaiveDate::parse_from_str(key, "%Y%m%d").ok()?),
            Self::Floating(_) => Self::Floating(NaiveDateTime::parse_from_str(key, "%Y%m%dT%H%M%S").ok()?),
            Self::At(_, zone) => {
                let utc = NaiveDateTime::parse_from_str(key.strip_suffix('Z')?, "%Y%m%dT%H%M%S").ok()?;
                let wall = zone.zone().wall_secs(Timestamp::from_secs(utc.and_utc().timestamp()));
                Self::At(DateTime::from_timestamp(wall, 0)?.naive_utc(), zone.clone())
            }
        };
        (found.key() == key).then_some(found)
    }

    /// The same kind of value in the same zone, with another time on the wall.
    #[must_use]
    pub fn on_wall(&self, wall: NaiveDateTime) -> Self {
        match self {
            Self::Date(_) => Self::Date(wall.date()),
            Self::Floating(_) => Self::Floating(wall),
            Self::At(_, zone) => Self::At(wall, zone.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn keys_name_members_and_come_back() {
        let berlin = NamedZone::known("Europe/Berlin").unwrap();
        for (when, key) in [
            (When::Date(at("2026-11-30 00:00").date()), "20261130"),
            (When::Floating(at("2026-11-30 10:15")), "20261130T101500"),
            (When::At(at("2026-11-30 10:15"), berlin.clone()), "20261130T091500Z"),
            (When::At(at("2026-07-30 10:15"), berlin.clone()), "20260730T081500Z"),
            (When::At(at("2026-10-25 02:30"), berlin.clone()), "20261025T003000Z"),
            (When::At(at("2026-11-30 10:15"), NamedZone::utc()), "20261130T101500Z"),
        ] {
            assert_eq!(when.key(), key);
            assert_eq!(When::of_key(key, &when), Some(when));
        }
    }

    #[test]
    fn keys_of_another_kind_are_none() {
        let berlin = NamedZone::known("Europe/Berlin").unwrap();
        let (day, floating) = (When::Date(at("2026-11-30 00:00").date()), When::Floating(at("2026-11-30 10:15")));
        let zoned = When::At(at("2026-11-30 10:15"), berlin);
        for (key, like) in [
            ("20261130T101500", &day),
            ("20261130", &floating),
            ("20261130T101500Z", &floating),
            ("20261130T101500", &zoned),
            ("20261130", &zoned),
            ("2026113", &day),
            ("20261331", &day),
            ("", &day),
            // The second half past two.
            ("20261025T013000Z", &zoned),
        ] {
            assert_eq!(When::of_key(key, like), None, "{key}");
        }
        // An hour that never comes is the same member as the one that it is taken for.
        let gap = zoned.on_wall(at("2026-03-29 02:30"));
        assert_eq!(When::of_key(&gap.key(), &zoned).map(|when| (when.key(), when.wall())), Some((gap.key(), at("2026-03-29 03:30"))));
    }
}
