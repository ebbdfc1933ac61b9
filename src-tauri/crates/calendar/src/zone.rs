//! Which zone a label means. A TZID is only a label (RFC 5545 section 3.2.19): what it means is the IANA zone of that name, else what the
//! prefixes and the names of Windows and old programs stand for, else what the VTIMEZONE beside it says.

use std::{fmt, sync::Arc};

use chrono::{NaiveDateTime, Offset as _, TimeZone as _};
use domain::time::{Timestamp, Zone};

/// A zone and the name to show for it.
#[derive(Clone)]
pub struct NamedZone {
    name: Arc<str>,
    zone: Zone,
    understood: bool,
}

/// Two zones are equal when they are called the same: within one document a label means one thing.
impl PartialEq for NamedZone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for NamedZone {}

impl fmt::Debug for NamedZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NamedZone").field(&self.name).finish()
    }
}

impl NamedZone {
    pub fn utc() -> Self {
        Self { name: "UTC".into(), zone: Zone::fixed(0), understood: true }
    }

    /// Seconds east of UTC, as in an ISO 8601 offset.
    pub fn fixed(offset_secs: i32) -> Self {
        if offset_secs == 0 {
            return Self::utc();
        }
        let (sign, all) = (if offset_secs < 0 { '-' } else { '+' }, offset_secs.unsigned_abs());
        let name = format!("UTC{sign}{:02}:{:02}", all / 3600, all / 60 % 60);
        Self { name: name.into(), zone: Zone::fixed(offset_secs), understood: true }
    }

    /// An IANA zone of this very name, or what a prefix or another system's name stands for.
    pub fn known(label: &str) -> Option<Self> {
        let label = label.trim();
        let iana = iana(label)?;
        Some(Self { name: iana.name().into(), zone: of_iana(iana), understood: true })
    }

    /// A zone that is described and not known: by its offset at each instant.
    pub fn described(label: &str, zone: Zone) -> Self {
        Self { name: label.into(), zone, understood: true }
    }

    /// A label that nobody explains. It is taken for `instead`, and says so.
    pub fn unknown(label: &str, instead: Zone) -> Self {
        Self { name: label.into(), zone: instead, understood: false }
    }

    /// An IANA name, or the label of the document.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether every program knows it by this name.
    pub(crate) fn is_iana(&self) -> bool {
        self.name.parse::<chrono_tz::Tz>().is_ok()
    }

    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether the label meant anything. Times in a zone that was not understood may be hours away from what was meant.
    pub const fn understood(&self) -> bool {
        self.understood
    }
}

fn iana(label: &str) -> Option<chrono_tz::Tz> {
    use calcard::common::timezone::Tz;
    if let Ok(tz) = label.parse::<chrono_tz::Tz>() {
        return Some(tz);
    }
    // "/mozilla.org/20070129_1/Europe/Berlin" and its like: the name is at the end.
    let parts: Vec<&str> = label.split('/').filter(|p| !p.is_empty()).collect();
    for n in [3, 2, 1] {
        let Some(tail) = parts.len().checked_sub(n).and_then(|at| parts.get(at..)) else { continue };
        if let Ok(tz) = tail.join("/").parse::<chrono_tz::Tz>()
            && label.starts_with('/')
        {
            return Some(tz);
        }
    }
    match label.parse::<Tz>() {
        Ok(Tz::Tz(tz)) => Some(tz),
        _ => None,
    }
}

pub(crate) fn of_iana(tz: chrono_tz::Tz) -> Zone {
    if tz == chrono_tz::UTC {
        return Zone::fixed(0);
    }
    Zone::new(move |at: Timestamp| {
        let utc = chrono::DateTime::from_timestamp(at.secs(), 0).map_or(NaiveDateTime::MIN, |at| at.naive_utc());
        tz.offset_from_utc_datetime(&utc).fix().local_minus_utc()
    })
}

/// One change of a described zone, in seconds: from this time of the wall before it, the clock is `to` east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onset {
    /// Unix seconds.
    pub at: i64,
    /// Seconds east of UTC before and after.
    pub from: i32,
    pub to: i32,
}

/// A zone by its changes, which are sorted here. Before the first one the clock is where that one found it.
pub fn of_onsets(mut onsets: Vec<Onset>) -> Zone {
    onsets.sort_by_key(|o| o.at);
    let first = onsets.first().map_or(0, |o| o.from);
    Zone::new(move |at: Timestamp| {
        let after = onsets.partition_point(|o| o.at <= at.secs());
        after.checked_sub(1).and_then(|i| onsets.get(i)).map_or(first, |o| o.to)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_all_kinds_mean_their_zone() {
        for (label, name) in [
            ("Europe/Berlin", "Europe/Berlin"),
            (" Europe/Berlin ", "Europe/Berlin"),
            ("W. Europe Standard Time", "Europe/Berlin"),
            ("Eastern Standard Time", "America/New_York"),
            ("/mozilla.org/20070129_1/Europe/Berlin", "Europe/Berlin"),
            ("/freeassociation.sourceforge.net/Tzfile/Europe/Zurich", "Europe/Zurich"),
            ("/softwarestudio.org/Olson_20011030_5/America/Chicago", "America/Chicago"),
            ("/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
            ("Tokyo Standard Time", "Asia/Tokyo"),
        ] {
            assert_eq!(NamedZone::known(label).map(|z| z.name().to_owned()).as_deref(), Some(name), "{label}");
        }
        for label in ["", "Customized Time Zone", "Mars/Olympus", "Europe/Berlin/x"] {
            assert_eq!(NamedZone::known(label), None, "{label}");
        }
    }

    #[test]
    fn an_iana_zone_knows_both_seasons() {
        let berlin = NamedZone::known("Europe/Berlin").unwrap();
        assert_eq!(berlin.zone().offset_secs(Timestamp::from_secs(1_767_225_600)), 3600);
        assert_eq!(berlin.zone().offset_secs(Timestamp::from_secs(1_782_864_000)), 7200);
    }

    #[test]
    fn a_described_zone_follows_its_changes() {
        let zone = of_onsets(vec![Onset { at: 200, from: 7200, to: 3600 }, Onset { at: 100, from: 3600, to: 7200 }]);
        let at = |secs| zone.offset_secs(Timestamp::from_secs(secs));
        assert_eq!((at(99), at(100), at(199), at(200)), (3600, 7200, 7200, 3600));
        assert_eq!(of_onsets(Vec::new()).offset_secs(Timestamp(0)), 0);
    }
}
