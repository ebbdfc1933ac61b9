//! Instants. The clock is read in exactly two places (shell and CLI) and passed in from there.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }
    pub const fn millis(self) -> i64 {
        self.0
    }
    /// Whole seconds, rounded towards minus infinity.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }
    #[must_use]
    pub const fn plus_millis(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
    #[must_use]
    pub const fn plus_secs(self, secs: i64) -> Self {
        self.plus_millis(secs.saturating_mul(1000))
    }
    /// `self - earlier` in milliseconds; negative when the clock went backwards.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The system's clock, for the edges of the program. Inner functions take a [`Timestamp`].
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The real clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        #[allow(clippy::disallowed_methods, reason = "the one place where the clock is read")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
    })
}

const DAY: i64 = 86_400;

/// A time zone: how far the clock on the wall is from UTC *at an instant*. An offset alone says nothing about another season.
///
/// Times on the wall are seconds since 1970-01-01T00:00:00 as that clock showed them.
#[derive(Clone)]
pub struct Zone(Arc<dyn Fn(Timestamp) -> i32 + Send + Sync>);

impl Zone {
    /// From what answers with seconds east of UTC.
    pub fn new(offset_secs: impl Fn(Timestamp) -> i32 + Send + Sync + 'static) -> Self {
        Self(Arc::new(offset_secs))
    }

    /// One that never changes.
    pub fn fixed(offset_secs: i32) -> Self {
        Self::new(move |_| offset_secs)
    }

    /// Seconds east of UTC at this instant.
    pub fn offset_secs(&self, at: Timestamp) -> i32 {
        (self.0)(at)
    }

    /// What the clock on the wall shows.
    pub fn wall_secs(&self, at: Timestamp) -> i64 {
        at.secs().saturating_add(i64::from(self.offset_secs(at)))
    }

    /// When the clock on the wall shows this.
    ///
    /// A time that comes twice, as the clock is put back, is the first of both. One that never comes, as the clock is put forward, is
    /// taken by the offset from before: half past two is half past three, and a midnight that is left out is the first instant of its
    /// day. JavaScript's `Date` does the same, so window and engine agree.
    pub fn instant(&self, wall_secs: i64) -> Timestamp {
        let by = |offset: i32| Timestamp::from_secs(wall_secs.saturating_sub(i64::from(offset)));
        // No offset is a day long, and no zone changes twice in two days: these are what holds before and after.
        let around = [-DAY, DAY].map(|far| self.offset_secs(Timestamp::from_secs(wall_secs.saturating_add(far))));
        let shown = around.map(by).into_iter().filter(|at| self.wall_secs(*at) == wall_secs).min();
        shown.unwrap_or_else(|| by(around[0]))
    }
}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Zone")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One change: `before` until the instant, `after` from then on.
    fn change(at: i64, before: i32, after: i32) -> Zone {
        Zone::new(move |now| if now.secs() < at { before } else { after })
    }

    /// Seconds of a day and a time on the wall.
    const fn wall(days: i64, hour: i64, minute: i64) -> i64 {
        days * DAY + hour * 3600 + minute * 60
    }

    const SPRING: i64 = 1_774_746_000; // 2026-03-29T01:00Z
    const AUTUMN: i64 = 1_792_890_000; // 2026-10-25T01:00Z
    const DAY_OF_SPRING: i64 = 20_541;
    const DAY_OF_AUTUMN: i64 = 20_751;

    #[test]
    fn an_hour_that_never_comes_is_the_next_one() {
        let berlin = change(SPRING, 3600, 7200);
        let at = |hour, minute| berlin.instant(wall(DAY_OF_SPRING, hour, minute)).secs() - SPRING;
        assert_eq!([at(1, 59), at(2, 0), at(2, 30), at(3, 0), at(3, 30)], [-60, 0, 1800, 0, 1800]);
        // The day has 23 hours.
        assert_eq!(berlin.instant(wall(DAY_OF_SPRING + 1, 0, 0)).since(berlin.instant(wall(DAY_OF_SPRING, 0, 0))), 23 * 3_600_000);
    }

    #[test]
    fn an_hour_that_comes_twice_is_the_first_of_both() {
        let berlin = change(AUTUMN, 7200, 3600);
        let at = |hour, minute| berlin.instant(wall(DAY_OF_AUTUMN, hour, minute)).secs() - AUTUMN;
        assert_eq!([at(1, 59), at(2, 0), at(2, 30), at(3, 0)], [-3660, -3600, -1800, 3600]);
        for secs in [AUTUMN - 1800, AUTUMN + 1800] {
            assert_eq!(berlin.wall_secs(Timestamp::from_secs(secs)), wall(DAY_OF_AUTUMN, 2, 30));
        }
        assert_eq!(berlin.instant(wall(DAY_OF_AUTUMN + 1, 0, 0)).since(berlin.instant(wall(DAY_OF_AUTUMN, 0, 0))), 25 * 3_600_000);
    }

    #[test]
    fn a_midnight_that_is_left_out_is_the_first_instant_of_its_day() {
        // Beirut goes from midnight to one.
        let midnight = wall(DAY_OF_SPRING, 0, 0) - 7200;
        let beirut = change(midnight, 7200, 10_800);
        assert_eq!(beirut.instant(wall(DAY_OF_SPRING, 0, 0)).secs(), midnight);
        assert_eq!(beirut.wall_secs(Timestamp::from_secs(midnight)), wall(DAY_OF_SPRING, 1, 0));
        // Samoa left out a whole day, from west of the date line to east of it.
        let jump = wall(15_338, 10, 0);
        let samoa = change(jump, -36_000, 50_400);
        assert_eq!(samoa.instant(wall(15_338, 0, 0)).secs(), jump);
        assert_eq!(samoa.instant(wall(15_339, 0, 0)).secs(), jump);
        assert_eq!(samoa.instant(wall(15_337, 0, 0)).secs(), wall(15_337, 10, 0));
    }

    #[test]
    fn the_ends_of_time_are_no_overflow() {
        let zone = Zone::fixed(-12 * 3600);
        assert_eq!(zone.instant(i64::MAX), Timestamp(i64::MAX));
        assert_eq!(Zone::fixed(14 * 3600).instant(i64::MIN), Timestamp(i64::MIN));
        assert_eq!(zone.wall_secs(Timestamp(i64::MIN)), i64::MIN / 1000 - 1 - 12 * 3600);
    }
}
