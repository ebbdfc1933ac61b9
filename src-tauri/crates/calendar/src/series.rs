//! Recurrence: which members a series has in a window of time (RFC 5545 sections 3.8.4.4 and 3.8.5).
//!
//! Rules are followed on the wall of the series' own zone and only then become instants, so that a meeting at ten stays at ten when the
//! clock is changed. What the standard leaves open is decided as most calendars do:
//!
//! - DTSTART is the first member, also where its rule would not name it, and COUNT counts it.
//! - UNTIL belongs to the series; one that is only a day means all of that day.
//! - An hour that the clock skips is taken by the offset from before it; one that comes twice is the first. Two members that fall on one
//!   instant that way are one.
//! - An override is where it says it is, also when that is outside of the rule; a cancelled one takes its member away.

use std::{
    collections::{BTreeMap, HashSet},
    str::FromStr as _,
};

use chrono::{Datelike as _, Duration, NaiveDate, NaiveDateTime, TimeZone as _};
use domain::time::{Timestamp, Zone};

use crate::{
    event::{Event, Lasts, Status},
    when::When,
};

mod skip;
#[cfg(test)]
mod skip_tests;

/// Members of one window: nobody looks at more, and whoever writes a rule for every second should not be answered with a full memory.
pub const MOST_MEMBERS: usize = 5_000;
/// Steps of a rule from where it is begun with to the end of the window.
const MOST_STEPS: usize = 200_000;
/// Hours, minutes or seconds that a rule of that frequency is followed for. Each of them is looked at, whether it is a member or not, so
/// "every second that is the first of a leap year" would keep a processor busy for as long as there is time.
const MOST_UNITS: i64 = 2_000_000;
const DAY: i64 = 86_400;

const ENDLESS: &str = "INTERVAL=0 never gets anywhere";

/// UNTIL of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    Day(NaiveDate),
    Wall(NaiveDateTime),
    /// Unix seconds.
    Instant(i64),
}

/// An RRULE that was understood.
#[derive(Clone, Debug)]
pub struct Rule {
    text: String,
    pattern: rrule::RRule<rrule::Unvalidated>,
    until: Option<Until>,
    count: Option<u32>,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for Rule {}

impl Rule {
    /// `FREQ=…`, without `RRULE:`. The error is fit for a person who can read rules.
    pub fn parse(text: &str, start: &When) -> Result<Self, String> {
        // No rule has another letter, and the library that reads it cuts between bytes.
        if !text.is_ascii() {
            return Err("a rule is written in ASCII".to_owned());
        }
        let (mut pattern, mut until, mut count) = (Vec::new(), None, None);
        for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(|| format!("{part} is no part of a rule"))?;
            match key.to_ascii_uppercase().as_str() {
                "UNTIL" => until = Some(parse_until(value).ok_or_else(|| format!("UNTIL={value} is no time"))?),
                "COUNT" => count = Some(value.parse().map_err(|_| format!("COUNT={value} is no number"))?),
                "INTERVAL" if value.trim().parse::<u32>().is_ok_and(|n| n == 0) => return Err(ENDLESS.to_owned()),
                // As the reader hands it on.
                "INTERVAL" if value.starts_with("NONE") => return Err(ENDLESS.to_owned()),
                // No calendar but the Gregorian is expanded, and SKIP says what to do in others.
                "RSCALE" if !value.eq_ignore_ascii_case("GREGORIAN") => return Err(format!("RSCALE={value} is not supported")),
                "RSCALE" | "SKIP" => {}
                key => pattern.push(format!("{key}={}", value.to_ascii_uppercase())),
            }
        }
        let pattern = rrule::RRule::<rrule::Unvalidated>::from_str(&pattern.join(";")).map_err(|e| e.to_string())?;
        let rule = Self { text: text.to_owned(), pattern, until, count };
        rule.walls(start.wall()).map(drop)?;
        Ok(rule)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the pattern means for a series that begins at `start`, which names whatever the pattern does not.
    fn valid(&self, start: NaiveDateTime) -> Result<rrule::RRule, String> {
        self.pattern.clone().validate(utc(start)).map_err(|e| e.to_string())
    }

    /// The walls the pattern names from `start` on, without end. `start` itself is only among them where the pattern names it.
    pub(crate) fn walls(&self, start: NaiveDateTime) -> Result<Walls, String> {
        Ok(walls_of(self.valid(start)?, start))
    }

    /// The walls of a series that begins at `start`, without those that are known to be before `low`; and how many of COUNT are passed
    /// over with those, DTSTART not being one. `start` itself is not among them.
    fn walls_from(&self, start: NaiveDateTime, low: NaiveDateTime) -> Result<(impl Iterator<Item = NaiveDateTime> + use<>, u64), String> {
        let valid = self.valid(start)?;
        let (mut begin, mut passed) = (start, 0);
        if let Some(skip) = skip::skip(&valid, start, low) {
            let known = if self.count.is_none() { Some(0) } else { skip::per_period(&valid, self.pattern.get_by_month_day()) };
            if let Some(known) = known {
                if known > 0 {
                    let first = walls_of(valid.clone(), start).filter(|wall| *wall != start).take_while(|wall| *wall < skip.second);
                    passed = u64::try_from(first.count()).unwrap_or(u64::MAX).saturating_add(known.saturating_mul(skip.periods));
                }
                begin = skip.to;
            }
        }
        Ok((walls_of(valid, begin).filter(move |wall| *wall != start), passed))
    }

    /// The first walls after `start`, at most so many; for the descriptions of zones.
    pub(crate) fn onsets(&self, start: &When, most: usize) -> Vec<NaiveDateTime> {
        let Ok(walls) = self.walls(start.wall()) else { return Vec::new() };
        let end = |wall: &NaiveDateTime| self.over(&start.on_wall(*wall), start.on_wall(*wall).instant(&Zone::fixed(0)));
        walls.take(self.count.map_or(most, |count| most.min(count as usize))).take_while(|wall| !end(wall)).collect()
    }

    /// Up to where its members are looked for, on the wall.
    fn horizon(&self, start: NaiveDateTime) -> NaiveDateTime {
        let unit = match self.pattern.get_freq() {
            rrule::Frequency::Secondly => 1,
            rrule::Frequency::Minutely => 60,
            rrule::Frequency::Hourly => 3600,
            _ => return NaiveDateTime::MAX,
        };
        let secs = unit * i64::from(self.pattern.get_interval().max(1)) * MOST_UNITS;
        Duration::try_seconds(secs).and_then(|far| start.checked_add_signed(far)).unwrap_or(NaiveDateTime::MAX)
    }

    /// Whether it names days, at most: what else would the clocks of a country follow.
    pub(crate) fn of_days(&self) -> bool {
        matches!(self.pattern.get_freq(), rrule::Frequency::Yearly | rrule::Frequency::Monthly)
    }

    /// COUNT.
    pub(crate) const fn counts(&self) -> Option<u32> {
        self.count
    }

    /// Whether a member that begins there would be after UNTIL.
    pub(crate) fn over(&self, member: &When, start: Timestamp) -> bool {
        match (self.until, member) {
            (None, _) => false,
            (Some(Until::Day(day)), _) => member.wall().date() > day,
            (Some(Until::Wall(wall)), _) => member.wall() > wall,
            (Some(Until::Instant(at)), When::At(..)) => start.secs() > at,
            (Some(Until::Instant(at)), When::Floating(wall)) => wall.and_utc().timestamp() > at,
            (Some(Until::Instant(at)), When::Date(day)) => {
                chrono::DateTime::from_timestamp(at, 0).is_some_and(|until| *day > until.date_naive())
            }
        }
    }
}

type Walls = std::iter::Map<rrule::RRuleSetIter, fn(chrono::DateTime<rrule::Tz>) -> NaiveDateTime>;

/// UTC never changes its clock, so its times do as times of any wall.
fn utc(wall: NaiveDateTime) -> chrono::DateTime<rrule::Tz> {
    rrule::Tz::UTC.from_utc_datetime(&wall)
}

fn walls_of(rule: rrule::RRule, from: NaiveDateTime) -> Walls {
    rrule::RRuleSet::new(utc(from)).rrule(rule).limit().into_iter().map(|at| at.naive_utc())
}

fn parse_until(text: &str) -> Option<Until> {
    let text = text.trim();
    if let Some(wall) = text.strip_suffix(['Z', 'z']) {
        return NaiveDateTime::parse_from_str(wall, "%Y%m%dT%H%M%S").ok().map(|at| Until::Instant(at.and_utc().timestamp()));
    }
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S")
        .map(Until::Wall)
        .or_else(|_| NaiveDate::parse_from_str(text, "%Y%m%d").map(Until::Day))
        .ok()
}

/// Everything in one document that has one UID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// None: an invitation to some members of a series that one was not invited to.
    pub master: Option<Event>,
    /// What stands for single members, or for one and all that follow.
    pub overrides: Vec<Event>,
}

/// One member in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub start: Timestamp,
    /// Exclusive. Equal to `start` for what takes no time.
    pub end: Timestamp,
    /// First day and the day after the last, where it is about days.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// The override it is described by; None: the master.
    pub by: Option<usize>,
    /// Which member it is: what a RECURRENCE-ID would say.
    pub member: When,
}

/// The members of a window, by their beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    pub occurrences: Vec<Occurrence>,
    /// There would be more: the rule is cut off here.
    pub cut: bool,
}

struct Window<'a> {
    from: Timestamp,
    to: Timestamp,
    viewer: &'a Zone,
    skip: bool,
}

impl Window<'_> {
    /// Whether any of it is inside. What takes no time is inside at its instant.
    fn holds(&self, start: Timestamp, end: Timestamp) -> bool {
        start < self.to && (end > self.from || (end == start && start >= self.from))
    }

    fn occurrence(&self, at: &When, lasts: Lasts, by: Option<usize>, member: When) -> Option<Occurrence> {
        let start = at.instant(self.viewer);
        let (end, last_day) = end_of(at, lasts, self.viewer);
        self.holds(start, end).then(|| Occurrence { start, end, days: last_day.map(|last| (at.wall().date(), last)), by, member })
    }
}

/// The end, and the day after the last where it is about days.
pub(crate) fn end_of(at: &When, lasts: Lasts, viewer: &Zone) -> (Timestamp, Option<NaiveDate>) {
    let start = at.instant(viewer);
    match (at, lasts) {
        (When::Date(day), Lasts::Nominally { days, .. }) => {
            let last = day.checked_add_signed(Duration::days(days.max(1))).unwrap_or(NaiveDate::MAX);
            (When::Date(last).instant(viewer), Some(last))
        }
        (When::Date(_), Lasts::Exactly(secs)) => end_of(at, Lasts::Nominally { days: (secs / DAY).max(1), secs: 0 }, viewer),
        (_, Lasts::Exactly(secs)) => (start.plus_secs(secs), None),
        (_, Lasts::Nominally { days, secs }) => {
            let wall = at.wall().checked_add_signed(Duration::days(days)).unwrap_or(NaiveDateTime::MAX);
            (at.on_wall(wall).instant(viewer).plus_secs(secs), None)
        }
    }
}

impl Series {
    /// Members of which any part is in `from .. to`.
    pub fn occurrences(&self, from: Timestamp, to: Timestamp, viewer: &Zone) -> Expansion {
        self.expand(from, to, viewer, true)
    }

    /// `skip`: begins shortly before the window, and finds the same.
    fn expand(&self, from: Timestamp, to: Timestamp, viewer: &Zone, skip: bool) -> Expansion {
        let window = Window { from, to, viewer, skip };
        let mut out = Expansion::default();
        let mut seen = HashSet::new();
        if let Some(master) = &self.master {
            self.members(master, &window, &mut out, &mut seen);
        }
        for (n, event) in self.overrides.iter().enumerate().filter(|(_, e)| e.status != Status::Cancelled) {
            let member = event.stands_for.as_ref().map_or_else(|| event.start.clone(), |(member, _)| member.clone());
            out.occurrences.extend(window.occurrence(&event.start, event.lasts, Some(n), member));
        }
        out.occurrences.sort_by_key(|o| (o.start, o.end));
        if out.occurrences.len() > MOST_MEMBERS {
            out.occurrences.truncate(MOST_MEMBERS);
            out.cut = true;
        }
        out
    }

    /// A wall before which no member has anything to do with a window from `from` on. It may be in the window by its length, by an override
    /// that moves it there, or because a date in the window is the same member.
    fn low(&self, master: &Event, from: Timestamp, shifts: impl Iterator<Item = Duration>) -> NaiveDateTime {
        // Offsets, days that are cut off from a time and hours that the clock skips: each of them is less than a day.
        const SPARE: i64 = 4 * DAY;
        let secs = |lasts: &Lasts| match lasts {
            Lasts::Exactly(secs) => *secs,
            Lasts::Nominally { days, secs } => days.saturating_mul(DAY).saturating_add(*secs),
        };
        let onward = self.overrides.iter().filter(|e| e.stands_for.as_ref().is_some_and(|(_, onward)| *onward)).map(|e| &e.lasts);
        let own = master.also.iter().filter_map(|(_, own)| own.as_ref());
        let longest = std::iter::once(&master.lasts).chain(onward).chain(own).map(secs).max().unwrap_or(0).max(0);
        let moved = shifts.map(|shift| shift.num_seconds()).max().unwrap_or(0).max(0);
        let low = from.secs().saturating_sub(longest).saturating_sub(moved).saturating_sub(SPARE);
        let beyond = if low < 0 { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
        chrono::DateTime::from_timestamp(low, 0).map_or(beyond, |at| at.naive_utc())
    }

    /// What the master's own rule, dates and exceptions name and no override stands for.
    fn members(&self, master: &Event, window: &Window<'_>, out: &mut Expansion, seen: &mut HashSet<i64>) {
        let key = |when: &When| when.instant(window.viewer).secs();
        let mut gone: HashSet<i64> = master.except.iter().filter(|e| e.is_date() == master.start.is_date()).map(key).collect();
        // A day excludes what begins on it; some programs write them so.
        let mut gone_days: HashSet<NaiveDate> = HashSet::new();
        if !master.start.is_date() {
            gone_days.extend(master.except.iter().filter(|e| e.is_date()).map(|e| e.wall().date()));
        }
        // From its member on, all that follow are as it is: the shift on the wall, and by which override.
        let mut following: BTreeMap<i64, (Duration, usize)> = BTreeMap::new();
        for (n, event) in self.overrides.iter().enumerate() {
            let Some((member, onward)) = &event.stands_for else { continue };
            if member.is_date() && !master.start.is_date() {
                gone_days.insert(member.wall().date());
            } else {
                gone.insert(key(member));
            }
            if *onward && event.status != Status::Cancelled {
                following.insert(key(member), (event.start.wall() - member.wall(), n));
            }
        }
        let earlier = following.values().map(|(shift, _)| -shift.num_seconds()).max().unwrap_or(0).max(0);
        let last = window.to.plus_secs(earlier + 2 * DAY);
        let mut emit = |member: When, own: Option<Lasts>, out: &mut Expansion| {
            let at = key(&member);
            if !seen.insert(at) || gone.contains(&at) || gone_days.contains(&member.wall().date()) {
                return;
            }
            let follows = following.range(..=at).next_back().map(|(_, f)| *f);
            let occurrence = match follows.and_then(|(shift, n)| self.overrides.get(n).map(|e| (shift, n, e))) {
                Some((shift, n, event)) => {
                    let wall = member.wall().checked_add_signed(shift).unwrap_or(NaiveDateTime::MAX);
                    window.occurrence(&event.start.on_wall(wall), own.unwrap_or(event.lasts), Some(n), member)
                }
                None => window.occurrence(&member.clone(), own.unwrap_or(master.lasts), None, member),
            };
            out.occurrences.extend(occurrence);
        };
        emit(master.start.clone(), None, out);
        if let Some(rule) = &master.rule {
            let first = master.start.wall();
            let low =
                if window.skip { self.low(master, window.from, following.values().map(|(shift, _)| *shift)) } else { NaiveDateTime::MIN };
            let Ok((walls, passed)) = rule.walls_from(first, low) else { return };
            let left = rule.count.map_or(u64::MAX, |count| u64::from(count).saturating_sub(passed.saturating_add(1)));
            let horizon = rule.horizon(first);
            let mut steps = 0;
            for wall in walls.take(usize::try_from(left).unwrap_or(usize::MAX)) {
                if wall < low && steps < MOST_STEPS && wall <= horizon {
                    // Only counted.
                    steps += 1;
                    continue;
                }
                let member = master.start.on_wall(wall);
                let start = member.instant(window.viewer);
                if start >= last || rule.over(&member, start) || wall.year() > 9999 {
                    break;
                }
                steps += 1;
                if steps > MOST_STEPS || wall > horizon || out.occurrences.len() > MOST_MEMBERS {
                    out.cut = true;
                    break;
                }
                emit(member, None, out);
            }
        }
        for (date, own) in &master.also {
            emit(date.clone(), *own, out);
        }
    }
}
