//! A time as a calendar writes it: a day, a time on whoever's wall, or a time on the wall of one zone.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
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
