//! A time at which people can meet, out of when they have none. Pure: the same question has the same answer.

use domain::{
    free_busy::{BusyKind, BusySpan},
    time::{Timestamp, Zone},
};

const DAY_SECS: i64 = 86_400;
const DAY_MINUTES: u16 = 1_440;
/// Meetings begin on the half hour; short ones on the quarter, too. Minutes.
const STEP: u16 = 30;
const SHORT_STEP: u16 = 15;
/// Suggestions of one day: the third is no help any more.
const OF_ONE_DAY: usize = 2;

/// When somebody works, as the clock on their wall shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingHours {
    /// From Monday on.
    pub days: [bool; 7],
    /// Minutes since midnight.
    pub from: u16,
    /// Exclusive, 1,440 at most.
    pub to: u16,
}

impl WorkingHours {
    /// Whether there is any time in them.
    pub fn is_sane(&self) -> bool {
        self.from < self.to && self.to <= DAY_MINUTES && self.days.contains(&true)
    }
}

/// Somebody who is to come.
#[derive(Clone, Debug)]
pub struct Person<'a> {
    /// As [`domain::free_busy::laid`] makes them. None: nothing is known; they can at any time, as far as anybody knows.
    pub busy: Option<&'a [BusySpan]>,
    /// Without them there is no meeting; else it is a pity.
    pub required: bool,
}

impl Person<'_> {
    /// What keeps them from `start .. end`: the strongest of it.
    fn kept(&self, start: Timestamp, end: Timestamp) -> Option<BusyKind> {
        let spans = self.busy?;
        let first = spans.partition_point(|s| s.end <= start);
        spans.iter().skip(first).take_while(|s| s.start < end).map(|s| s.kind).max()
    }
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Sought<'a> {
    /// Nothing begins before it; in the past there is nothing to suggest.
    pub from: Timestamp,
    /// Nothing ends after it.
    pub to: Timestamp,
    /// Milliseconds.
    pub length: i64,
    pub hours: WorkingHours,
    /// Whose wall the working hours are on.
    pub zone: &'a Zone,
    pub people: &'a [Person<'a>],
    /// Suggestions, at most.
    pub most: usize,
}

/// A time, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub start: Timestamp,
    pub end: Timestamp,
    /// Places in [`Sought::people`] of those who can't, and of those who perhaps can't.
    pub cannot: Vec<usize>,
    pub perhaps: Vec<usize>,
}

/// Those who must come count before those who may, no before perhaps, and the sooner time before the later one.
type Cost = [usize; 4];

/// The best times inside of the working hours, best first. They don't overlap, and no day has more than two of them, so that there is
/// something to choose from. Hours that the clock leaves out don't begin anything; of one that comes twice it is the first.
pub fn find(sought: &Sought<'_>) -> Vec<Slot> {
    if sought.length <= 0 || sought.to <= sought.from || !sought.hours.is_sane() {
        return Vec::new();
    }
    let mut all: Vec<(Cost, Slot, i64)> = starts(sought).map(|(start, day)| rated(sought, start, day)).collect();
    all.sort_unstable_by(|(cost, slot, _), (other, at, _)| (cost, slot.start).cmp(&(other, at.start)));
    let mut out: Vec<(Slot, i64)> = Vec::new();
    for (_, slot, day) in all {
        let overlaps = out.iter().any(|(o, _)| o.start < slot.end && slot.start < o.end);
        if !overlaps && out.iter().filter(|(_, d)| *d == day).count() < OF_ONE_DAY {
            out.push((slot, day));
            if out.len() >= sought.most {
                break;
            }
        }
    }
    out.into_iter().map(|(slot, _)| slot).collect()
}

/// Every beginning that lies in working hours with its whole length, and the number of its day.
fn starts<'a>(sought: &'a Sought<'_>) -> impl Iterator<Item = (Timestamp, i64)> + 'a {
    let (zone, hours) = (sought.zone, sought.hours);
    let step = if sought.length < i64::from(STEP) * 60_000 { SHORT_STEP } else { STEP };
    let first = zone.wall_secs(sought.from).div_euclid(DAY_SECS);
    let last = zone.wall_secs(sought.to).div_euclid(DAY_SECS);
    // 1 January 1970 was a Thursday.
    let works = move |day: &i64| usize::try_from((day + 3).rem_euclid(7)).ok().and_then(|n| hours.days.get(n)).copied() == Some(true);
    (first..=last).filter(works).flat_map(move |day| {
        let wall = move |minute: u16| day * DAY_SECS + i64::from(minute) * 60;
        let closes = zone.instant(wall(hours.to));
        (hours.from..hours.to).step_by(usize::from(step)).filter_map(move |minute| {
            let start = zone.instant(wall(minute));
            let end = start.plus_millis(sought.length);
            let exists = zone.wall_secs(start) == wall(minute);
            (exists && start >= sought.from && end <= closes && end <= sought.to).then_some((start, day))
        })
    })
}

fn rated(sought: &Sought<'_>, start: Timestamp, day: i64) -> (Cost, Slot, i64) {
    let end = start.plus_millis(sought.length);
    let mut slot = Slot { start, end, cannot: Vec::new(), perhaps: Vec::new() };
    let mut cost: Cost = [0; 4];
    let [must, must_perhaps, may, may_perhaps] = &mut cost;
    for (n, person) in sought.people.iter().enumerate() {
        let (counts, list) = match (person.kept(start, end), person.required) {
            (None, _) => continue,
            (Some(BusyKind::Tentative), true) => (&mut *must_perhaps, &mut slot.perhaps),
            (Some(BusyKind::Tentative), false) => (&mut *may_perhaps, &mut slot.perhaps),
            (Some(_), true) => (&mut *must, &mut slot.cannot),
            (Some(_), false) => (&mut *may, &mut slot.cannot),
        };
        *counts += 1;
        list.push(n);
    }
    (cost, slot, day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use chrono::DateTime;
    use domain::free_busy::laid;

    use super::*;
    use crate::NamedZone;

    const OFFICE: WorkingHours = WorkingHours { days: [true, true, true, true, true, false, false], from: 9 * 60, to: 17 * 60 };
    const HOUR: i64 = 3_600_000;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_secs(DateTime::parse_from_rfc3339(text).unwrap().timestamp())
    }

    fn zone(name: &str) -> Zone {
        NamedZone::known(name).unwrap().zone().clone()
    }

    fn shown(slots: &[Slot], zone: &Zone) -> Vec<String> {
        let wall = |t: Timestamp| DateTime::from_timestamp(zone.wall_secs(t), 0).unwrap().format("%a %H:%M").to_string();
        slots.iter().map(|s| format!("{} {:?} {:?}", wall(s.start), s.cannot, s.perhaps)).collect()
    }

    fn busy(spans: &[(&str, &str, BusyKind)]) -> Vec<BusySpan> {
        let spans: Vec<_> = spans.iter().map(|(s, e, k)| BusySpan::new(at(s), at(e), *k)).collect();
        laid(&spans, at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))
    }

    fn sought<'a>(people: &'a [Person<'a>], zone: &'a Zone, from: &str, to: &str) -> Sought<'a> {
        Sought { from: at(from), to: at(to), length: HOUR, hours: OFFICE, zone, people, most: 4 }
    }

    #[test]
    fn all_free_comes_first_then_the_fewest_who_cannot_and_those_who_must_come_count_more() {
        let zone = Zone::fixed(0);
        // Monday 7 December 2026.
        let ben = busy(&[("2026-12-07T09:00:00Z", "2026-12-07T15:00:00Z", BusyKind::Busy)]);
        let eva = busy(&[
            ("2026-12-07T15:00:00Z", "2026-12-07T16:00:00Z", BusyKind::Tentative),
            ("2026-12-07T16:00:00Z", "2026-12-07T17:00:00Z", BusyKind::Unavailable),
        ]);
        let person = |spans, required| Person { busy: Some(spans), required };
        let both = [person(&ben, true), person(&eva, true)];
        let find = |people: &[Person<'_>]| shown(&find(&sought(people, &zone, "2026-12-07T00:00:00Z", "2026-12-08T00:00:00Z")), &zone);
        assert_eq!(find(&both), ["Mon 15:00 [] [1]", "Mon 09:00 [0] []"], "perhaps is better than no, and two of a day are enough");
        let ben_may = [person(&ben, false), person(&eva, true)];
        assert_eq!(find(&ben_may), ["Mon 09:00 [0] []", "Mon 10:00 [0] []"], "who may come gives way to who must");
        let nobody_knows = [person(&ben, true), Person { busy: None, required: true }];
        assert_eq!(find(&nobody_knows), ["Mon 15:00 [] []", "Mon 16:00 [] []"], "who is not known stands in no list");
    }

    #[test]
    fn only_working_hours_of_working_days_and_nothing_before_now() {
        let zone = Zone::fixed(0);
        // From Friday, 16:10.
        let found = find(&sought(&[], &zone, "2026-12-04T16:10:00Z", "2026-12-08T10:30:00Z"));
        assert_eq!(shown(&found, &zone), ["Mon 09:00 [] []", "Mon 10:00 [] []", "Tue 09:00 [] []"]);
        let late = Sought { length: 8 * HOUR, ..sought(&[], &zone, "2026-12-07T00:00:00Z", "2026-12-08T00:00:00Z") };
        assert_eq!(shown(&find(&late), &zone), ["Mon 09:00 [] []"], "the whole day is just long enough");
        assert!(find(&Sought { length: 8 * HOUR + 1, ..late.clone() }).is_empty());
        assert!(find(&Sought { length: 0, ..late.clone() }).is_empty());
        assert!(find(&Sought { hours: WorkingHours { to: OFFICE.from, ..OFFICE }, ..late.clone() }).is_empty());
        let short = Sought { length: HOUR / 4, most: 2, ..late };
        assert_eq!(shown(&find(&short), &zone), ["Mon 09:00 [] []", "Mon 09:15 [] []"], "short ones begin on the quarter");
    }

    #[test]
    fn a_whole_day_and_what_touches_keep_people_as_long_as_they_last_and_no_longer() {
        let zone = zone("Europe/Berlin");
        // Tuesday 8 December is Eva's; on Wednesday she is back at eleven.
        let eva = busy(&[
            ("2026-12-07T23:00:00Z", "2026-12-08T23:00:00Z", BusyKind::Busy),
            ("2026-12-09T08:00:00Z", "2026-12-09T10:00:00Z", BusyKind::Busy),
        ]);
        let people = [Person { busy: Some(&eva), required: true }];
        let found = find(&sought(&people, &zone, "2026-12-08T00:00:00Z", "2026-12-10T00:00:00Z"));
        assert_eq!(shown(&found, &zone)[..2], ["Wed 11:00 [] []", "Wed 12:00 [] []"]);
    }

    #[test]
    fn working_hours_are_those_of_the_wall_on_the_days_when_the_clock_changes() {
        let zone = zone("Europe/Berlin");
        let nights = WorkingHours { days: [true; 7], from: 60, to: 5 * 60 };
        let of = |from: &str, to: &str| {
            let sought = Sought { hours: nights, ..sought(&[], &zone, from, to) };
            starts(&sought).map(|(t, _)| t).collect::<Vec<_>>()
        };
        let walls = |list: &[Timestamp]| {
            let wall = |t: &Timestamp| DateTime::from_timestamp(zone.wall_secs(*t), 0).unwrap().format("%H:%M").to_string();
            list.iter().map(wall).collect::<Vec<_>>()
        };
        // Two o'clock is left out: nothing begins in that hour, and three hours remain of four.
        let spring = of("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        assert_eq!(walls(&spring), ["01:00", "01:30", "03:00", "03:30", "04:00"]);
        assert_eq!(spring[2].since(spring[1]), HOUR / 2);
        // It comes twice: what begins in it begins in the first, and the day has an hour more.
        let autumn = of("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
        assert_eq!(walls(&autumn), ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30", "04:00"]);
        assert_eq!(autumn[4].since(autumn[3]), 3 * HOUR / 2);
        // The office opens at nine of the wall, whatever UTC says.
        let office = |from: &str, to: &str| find(&sought(&[], &zone, from, to))[0].start;
        assert_eq!(office("2026-03-27T23:00:00Z", "2026-03-31T22:00:00Z"), at("2026-03-30T07:00:00Z"));
        assert_eq!(office("2026-10-24T22:00:00Z", "2026-10-27T22:00:00Z"), at("2026-10-26T08:00:00Z"));
    }

    #[test]
    fn the_same_question_has_the_same_answer_and_every_answer_is_honest() {
        let zone = zone("Asia/Kolkata");
        let mut seed = 7_u64;
        let mut next = move |below: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i64::try_from(seed >> 33).unwrap() % below
        };
        let base = at("2026-10-19T00:00:00Z");
        for _ in 0..60 {
            let all: Vec<Vec<BusySpan>> = (0..4)
                .map(|_| {
                    let spans: Vec<_> = (0..30)
                        .map(|_| {
                            let start = base.plus_millis(next(14 * 96) * HOUR / 4);
                            let kind = [BusyKind::Tentative, BusyKind::Busy, BusyKind::Unavailable][usize::try_from(next(3)).unwrap()];
                            BusySpan::new(start, start.plus_millis((1 + next(20)) * HOUR / 4), kind)
                        })
                        .collect();
                    laid(&spans, base, base.plus_millis(15 * 24 * HOUR))
                })
                .collect();
            let people: Vec<_> = all.iter().enumerate().map(|(n, b)| Person { busy: Some(b), required: n < 2 }).collect();
            let sought = Sought { most: 12, ..sought(&people, &zone, "2026-10-19T00:00:00Z", "2026-11-02T00:00:00Z") };
            let found = find(&sought);
            assert_eq!(found, find(&sought));
            assert_eq!(found.len(), 12);
            for slot in &found {
                for (n, person) in all.iter().enumerate() {
                    let worst = person.iter().filter(|s| s.meets(slot.start, slot.end)).map(|s| s.kind).max();
                    assert_eq!(slot.cannot.contains(&n), worst.is_some_and(|k| k != BusyKind::Tentative));
                    assert_eq!(slot.perhaps.contains(&n), worst == Some(BusyKind::Tentative));
                }
            }
        }
    }
}
