//! When something is due for somebody in a zone. Pure.

use std::cmp::Reverse;

use domain::{
    ids::TaskId,
    tasks::Due,
    time::{Timestamp, Zone},
};
use store::DueRow;

const DAY_SECS: i64 = 86_400;

/// Days since 1970 of the wall that shows `now`.
pub(super) fn today(now: Timestamp, viewer: &Zone) -> i64 {
    viewer.wall_secs(now).div_euclid(DAY_SECS)
}

/// The order in which lists show what is due: by day, whole days first, then by time, priority and age.
pub(super) type Key = (i64, bool, i64, Reverse<i64>, TaskId);

pub(super) fn key(row: &DueRow, viewer: &Zone) -> Key {
    let wall = if row.instant { viewer.wall_secs(Timestamp(row.at)) } else { row.at.div_euclid(1000) };
    (wall.div_euclid(DAY_SECS), !row.day, if row.day { 0 } else { wall }, Reverse(row.priority), row.id)
}

/// Whether that time is over; a day is over with its last moment.
pub(super) fn overdue(row: &DueRow, now: Timestamp, viewer: &Zone) -> bool {
    if row.instant {
        return row.at < now.millis();
    }
    let wall = row.at.div_euclid(1000);
    if row.day { wall.div_euclid(DAY_SECS) < today(now, viewer) } else { wall < viewer.wall_secs(now) }
}

/// Day, time where there is one, and whether it is over.
pub(super) fn shown(due: &Due, now: Timestamp, viewer: &Zone) -> (String, Option<String>, bool) {
    let wall_now = viewer.wall_secs(now);
    let of_wall = |wall: i64| {
        let at = chrono::DateTime::from_timestamp(wall, 0).unwrap_or_default();
        (at.format("%Y-%m-%d").to_string(), at.format("%H:%M").to_string())
    };
    match due {
        // ISO dates compare as text.
        Due::Day { day } => (day.clone(), None, *day < of_wall(wall_now).0),
        Due::At { at, .. } => {
            let (day, time) = of_wall(viewer.wall_secs(*at));
            (day, Some(time), *at < now)
        }
        Due::Floating { at } => match chrono::NaiveDateTime::parse_from_str(at, "%Y-%m-%dT%H:%M:%S") {
            Ok(wall) => {
                let (day, time) = of_wall(wall.and_utc().timestamp());
                (day, Some(time), wall.and_utc().timestamp() < wall_now)
            }
            // Kept as the provider wrote it.
            Err(_) => (at.clone(), None, false),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T23:30Z: the next day in Berlin.
    const NOW: Timestamp = Timestamp(1_795_390_200_000);

    fn row(id: i64, instant: bool, day: bool, at: i64) -> DueRow {
        DueRow { id: TaskId(id), instant, day, at, priority: 0 }
    }

    #[test]
    fn a_day_is_the_viewers() {
        let (berlin, utc) = (Zone::fixed(3_600), Zone::fixed(0));
        assert_eq!(today(NOW, &berlin), today(NOW, &utc) + 1);
        let midnight = today(NOW, &utc) * DAY_SECS * 1000;
        let whole = row(1, false, true, midnight);
        assert!(overdue(&whole, NOW, &berlin) && !overdue(&whole, NOW, &utc));
        // Half an hour ahead: today's in UTC, and of the day behind it on a wall in Berlin.
        let instant = row(2, true, false, NOW.millis() - 1);
        assert_eq!((key(&instant, &utc).0, key(&instant, &berlin).0), (today(NOW, &utc), today(NOW, &utc) + 1));
        assert!(overdue(&instant, NOW, &utc));
        let wall = row(3, false, false, NOW.millis() + 60_000);
        assert!(!overdue(&wall, NOW, &utc) && overdue(&wall, NOW, &berlin));
        let mut keys = [key(&wall, &utc), key(&instant, &utc), key(&whole, &utc)];
        keys.sort_unstable();
        assert_eq!(keys.iter().map(|k| k.4.0).collect::<Vec<_>>(), [1, 2, 3], "whole days first");
    }

    #[test]
    fn it_is_shown_as_the_wall_says() {
        let berlin = Zone::fixed(3_600);
        let at = |due| shown(&due, NOW, &berlin);
        assert_eq!(at(Due::At { at: NOW, zone: None }), ("2026-11-23".into(), Some("00:30".into()), false));
        assert_eq!(at(Due::Day { day: "2026-11-22".into() }), ("2026-11-22".into(), None, true));
        assert_eq!(at(Due::Floating { at: "2026-11-23T00:29:00".into() }), ("2026-11-23".into(), Some("00:29".into()), true));
        assert_eq!(at(Due::Floating { at: "soon".into() }), ("soon".into(), None, false));
    }
}
