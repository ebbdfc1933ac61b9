//! Zones by their names in Windows and at IANA (CLDR's windowsZones, as far as the stand-in goes).

use chrono::NaiveDateTime;

use crate::gcal::times::Zone;

/// The name in Windows, and IANA's of which the first stands for it.
const ZONES: [(&str, &[&str]); 5] = [
    ("UTC", &["UTC", "Etc/UTC", "GMT"]),
    (
        "W. Europe Standard Time",
        &[
            "Europe/Berlin",
            "Europe/Stockholm",
            "Europe/Zurich",
            "Europe/Oslo",
            "Europe/Vienna",
            "Europe/Rome",
            "Europe/Copenhagen",
            "Europe/Amsterdam",
        ],
    ),
    ("Romance Standard Time", &["Europe/Paris", "Europe/Madrid"]),
    ("Central European Standard Time", &["Europe/Warsaw"]),
    ("Eastern Standard Time", &["America/New_York"]),
];

pub(super) fn named(name: &str) -> Option<Zone> {
    let iana = ZONES.iter().find(|(windows, _)| *windows == name).and_then(|(_, all)| all.first().copied());
    Zone::named(iana.unwrap_or(name))
}

/// As Exchange keeps it, whatever it was told.
pub(super) fn windows(name: &str) -> &str {
    ZONES.iter().find(|(_, all)| all.contains(&name)).map_or(name, |(windows, _)| windows)
}

/// `2026-11-24T14:00:00`, with up to seven digits behind the second.
pub(super) fn wall(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()
}

/// Seconds since the epoch when the wall of this zone shows that. A zone that is not known is UTC.
pub(super) fn instant(wall: NaiveDateTime, zone: &str) -> i64 {
    named(zone).map_or_else(|| wall.and_utc().timestamp(), |zone| zone.instant(wall))
}

pub(super) fn wall_of(at: i64, zone: &str) -> NaiveDateTime {
    named(zone).map_or_else(|| chrono::DateTime::from_timestamp(at, 0).unwrap_or_default().naive_utc(), |zone| zone.wall(at))
}
