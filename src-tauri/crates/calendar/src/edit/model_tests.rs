//! Edits beside a model that knows nothing of iCalendar: a list of members. What an edit leaves is read and expanded, and has to be the
//! list with the same edit done to it. The series are those that two independent libraries made and expanded (see `oracle_tests`).

use chrono::{Duration, NaiveDateTime, NaiveTime};
use domain::time::{Timestamp, Zone};
use serde_json::Value;

use crate::{
    Series, When,
    edit::{Context, EditError, Edited, Fields, Members, Span, change, remove, rules::Parts},
    read,
};

const CASES: &str = include_str!("../cases/recurrence.jsonl");
/// Members that are compared, from the first one on.
const SHOWN: usize = 40;
const VIEWER: i32 = 3600;

fn viewer() -> Zone {
    Zone::fixed(VIEWER)
}

fn series(ics: &str) -> Series {
    let document = read(ics.as_bytes(), &viewer()).unwrap();
    assert!(document.problems.is_empty(), "{:?}\n{ics}", document.problems);
    document.series.into_iter().next().unwrap().1
}

/// The first members, and whether those are all of them. None where the rule is too wide to be followed.
fn members(series: &Series) -> Option<(Vec<(Timestamp, When)>, bool)> {
    let start = series.master.as_ref().unwrap().start.instant(&viewer());
    let mut found = Vec::new();
    for years in [2, 10, 60, 200] {
        let window = series.occurrences(Timestamp(i64::MIN / 4), start.plus_secs(years * 366 * 86_400), &viewer());
        if window.cut && window.occurrences.len() < SHOWN {
            return None;
        }
        found = window.occurrences;
        if found.len() >= SHOWN {
            break;
        }
    }
    // A rule without end only has none in these years.
    let ends =
        series.master.as_ref().unwrap().rule.as_ref().is_none_or(|rule| rule.text().contains("UNTIL") || rule.text().contains("COUNT"));
    let all = found.len() < SHOWN && ends;
    found.truncate(SHOWN);
    Some((found.into_iter().map(|o| (o.start, o.member)).collect(), all))
}

fn starts(ics: &str) -> (Vec<Timestamp>, bool) {
    let (found, all) = members(&series(ics)).unwrap_or_else(|| panic!("cut\n{ics}"));
    (found.into_iter().map(|(start, _)| start).collect(), all)
}

struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

/// How far a series can be moved so that every member moves by the same: by hours where that stays in the day, by days where the rule is
/// of days and weeks only.
fn shift(rule: Option<&str>, start: &When, random: &mut Random) -> Option<Duration> {
    let parts = Parts::parse(rule.unwrap_or_default());
    let freq = parts.get("FREQ").unwrap_or("DAILY").to_owned();
    let only = |known: &[&str]| {
        ["BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND"]
            .iter()
            .all(|key| known.contains(key) || parts.get(key).is_none())
    };
    let by_days = match freq.as_str() {
        "DAILY" => only(&["BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND"]),
        "WEEKLY" => only(&["BYDAY", "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND"]),
        _ => false,
    };
    if by_days && (start.is_date() || random.below(2) == 0) {
        return Some(Duration::days(random.below(29) as i64 - 14));
    }
    if start.is_date() {
        return None;
    }
    // The hours that the day of the start has left, before and after.
    let hour = i64::from(chrono::Timelike::hour(&start.wall()));
    Some(Duration::hours(random.below(24) as i64 - hour))
}

/// One hour at that time of the series' own wall, or one day.
fn span(start: &When, wall: NaiveDateTime) -> Option<Span> {
    match start {
        When::Date(_) => Some(Span::Days { from: wall.date(), until: wall.date() + Duration::days(1) }),
        When::At(_, zone) => Some(Span::Clock { start: wall, end: wall + Duration::hours(1), zone: zone.clone() }),
        When::Floating(_) => None,
    }
}

#[derive(Default, Debug)]
struct Tally {
    edits: usize,
    moved: usize,
    immovable: usize,
    by_days: usize,
    divided: usize,
}

#[test]
fn what_an_edit_leaves_is_the_list_with_the_edit_done_to_it() {
    let mut tally = Tally::default();
    // Every case is edited once; a longer run does it as often as AURELIUS_EDITS says, differently each time.
    let rounds: usize = std::env::var("AURELIUS_EDITS").ok().map_or(1, |n| n.parse().unwrap());
    let mut random = Random(41 + rounds as u64);
    let cases: Vec<String> =
        CASES.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["ics"].as_str().unwrap().to_owned()).collect();
    for (n, ics) in cases.iter().enumerate() {
        let before = series(ics);
        let Some((list, all)) = members(&before) else { continue };
        if list.is_empty() {
            continue;
        }
        for _ in 0..rounds {
            let at = random.below(list.len().min(25));
            one(n, ics, &before, &list, all, at, &mut random, &mut tally);
        }
    }
    println!("{tally:?}");
    assert!(tally.edits > 450 && tally.moved > 150 && tally.by_days > 30 && tally.divided > 45, "{tally:?}");
}

#[allow(clippy::too_many_arguments, reason = "one step of one test")]
fn one(n: usize, ics: &str, before: &Series, list: &[(Timestamp, When)], all: bool, at: usize, random: &mut Random, tally: &mut Tally) {
    let zone = viewer();
    let context = Context { now: Timestamp::from_secs(1_790_000_000), viewer: &zone, me: None };
    let master = before.master.as_ref().unwrap();
    let (member, what) = (list[at].1.clone(), random.below(6));
    // Members are asked for by their keys, as the program does.
    let member = When::of_key(&member.key(), &master.start).unwrap_or(member);
    let old: Vec<Timestamp> = list.iter().map(|(start, _)| *start).collect();
    let wall_of = |when: &When| match (&master.start, when) {
        (When::At(_, zone), When::At(..)) => {
            let secs = zone.zone().wall_secs(when.instant(&viewer()));
            // A wall that never comes stays what it is.
            if when.zone() == Some(zone) { when.wall() } else { chrono::DateTime::from_timestamp(secs, 0).unwrap().naive_utc() }
        }
        _ => when.wall(),
    };
    let moved_by = |when: &When, by: Duration| master.start.on_wall(wall_of(when) + by).instant(&viewer());
    let told = |edited: &Edited| format!("case {n}, member {at}, edit {what}\n{ics}\n{edited:#?}");
    let same = |ics: Option<&str>, mut wanted: Vec<Timestamp>, edited: &Edited| {
        wanted.sort_unstable();
        let Some(ics) = ics else {
            assert!(wanted.is_empty() && all, "all is gone: {}", told(edited));
            return;
        };
        let (mut found, all_found) = starts(ics);
        // There were more than are shown, and now others come into view.
        if !all {
            found.truncate(wanted.len());
        }
        assert_eq!(found, wanted, "{}", told(edited));
        assert!(!all || all_found, "{}", told(edited));
    };
    let named = format!("case {n}, edit {what}, member {at}: {member:?}\n{ics}");
    let done = |edited: Result<Edited, EditError>| edited.unwrap_or_else(|why| panic!("{why}: {named}"));
    tally.edits += 1;
    match what {
        0 => {
            let edited = done(remove(ics, &Members::Only(member), &context));
            let wanted = old.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, at)| *at).collect();
            same(edited.ics.as_deref(), wanted, &edited);
        }
        1 => {
            let edited = done(remove(ics, &Members::Following(member), &context));
            match &edited.ics {
                Some(ics) => assert_eq!(starts(ics), (old[..at].to_vec(), true), "{}", told(&edited)),
                None => assert_eq!(at, 0, "{}", told(&edited)),
            }
        }
        2 => {
            let fields = Fields { title: Some("new".to_owned()), ..Fields::default() };
            let edited = done(change(ics, &Members::All, &fields, "new@x", &context));
            same(edited.ics.as_deref(), old, &edited);
            assert_eq!(series(edited.ics.as_deref().unwrap()).master.unwrap().summary, "new");
        }
        3 => {
            let by = Duration::minutes(random.below(4_000) as i64 - 2_000);
            let by = if master.start.is_date() { Duration::days(by.num_hours()) } else { by };
            let Some(time) = span(&master.start, wall_of(&list[at].1) + by) else { return };
            let fields = Fields { time: Some(time), ..Fields::default() };
            let edited = done(change(ics, &Members::Only(member), &fields, "new@x", &context));
            let mut wanted = old;
            wanted[at] = moved_by(&list[at].1, by);
            tally.moved += 1;
            if list.len() == SHOWN && wanted[at] > wanted[SHOWN - 1] {
                return;
            }
            same(edited.ics.as_deref(), wanted, &edited);
        }
        _ => {
            let rule = master.rule.as_ref().map(crate::series::Rule::text);
            let Some(by) = shift(rule, &master.start, random) else { return };
            let following = what == 5;
            let from = if following { wall_of(&list[at].1) } else { master.start.wall() };
            // The hours of a day are counted from the start; a member of another hour may leave its day.
            if following && by.num_seconds() % 86_400 != 0 && (from + by).date() != from.date() {
                return;
            }
            let Some(time) = span(&master.start, from + by) else { return };
            let fields = Fields { time: Some(time), ..Fields::default() };
            let members = if following { Members::Following(member) } else { Members::All };
            let edited = match change(ics, &members, &fields, "new@x", &context) {
                Err(EditError::Immovable) => {
                    // Only a rule that names hours, or days in a way that has no name elsewhere.
                    assert!(rule.is_some_and(|rule| rule.contains("BY")), "{ics}");
                    tally.immovable += 1;
                    return;
                }
                edited => done(edited),
            };
            tally.moved += 1;
            tally.by_days += usize::from(by.num_days() != 0 && (from + by).time() == from.time());
            if by.is_zero() && from.time() != NaiveTime::MIN && edited.new.is_none() && following {
                return;
            }
            let begin = if following && edited.new.is_some() { at } else { 0 };
            let shifted: Vec<Timestamp> = list[begin..].iter().map(|(_, when)| moved_by(when, by)).collect();
            if let Some((uid, new)) = &edited.new {
                tally.divided += 1;
                assert_eq!(uid, "new@x");
                assert_eq!(starts(edited.ics.as_deref().unwrap()), (old[..at].to_vec(), true), "{}", told(&edited));
                same(Some(new), shifted, &edited);
            } else {
                same(edited.ics.as_deref(), shifted, &edited);
            }
        }
    }
}
