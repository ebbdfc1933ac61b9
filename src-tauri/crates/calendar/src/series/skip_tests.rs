//! Series expanded from shortly before a window beside the same ones expanded from their beginning: thousands of generated rules, in windows
//! near and far. AURELIUS_SKIPS is how many series it is to be, in place of what is enough for every day.

use chrono::{Duration, NaiveDate, NaiveDateTime};
use domain::time::{Timestamp, Zone};

use super::{DAY, MOST_MEMBERS, Series, skip};
use crate::{NamedZone, read};

const SERIES: u64 = 500;
const WINDOWS: u64 = 4;
/// The last four change their clocks at odd times, by odd steps, or by a whole day.
const ZONES: [&str; 9] = [
    "",
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
];
const WEEK: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// SplitMix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both of them possible.
    fn of(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.of(0, all.len() as i64 - 1) as usize]
    }

    /// Some of them, as a list.
    fn some(&mut self, most: i64, mut one: impl FnMut(&mut Self) -> String) -> String {
        let many = self.of(1, most);
        (0..many).map(|_| one(self)).collect::<Vec<_>>().join(",")
    }
}

fn around(random: &mut Random, most: i64) -> String {
    let n = random.of(1, most);
    if random.chance(30) { format!("-{n}") } else { n.to_string() }
}

/// A rule without its end, and in how many days it is followed from its beginning at most.
fn rule(random: &mut Random, timed: bool) -> (String, i64) {
    let freq = loop {
        let freq = random.pick(&[
            "DAILY", "DAILY", "WEEKLY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "MONTHLY", "YEARLY", "YEARLY", "HOURLY", "MINUTELY",
            "SECONDLY",
        ]);
        if timed || !["HOURLY", "MINUTELY", "SECONDLY"].contains(&freq) {
            break freq;
        }
    };
    let mut parts = vec![format!("FREQ={freq}")];
    if random.chance(50) {
        let every = match freq {
            "MINUTELY" => random.of(7, 2_000),
            "SECONDLY" => random.of(1_000, 60_000),
            _ => random.of(1, 15),
        };
        parts.push(format!("INTERVAL={every}"));
    }
    // No more of them together than leave a day: a rule without members is followed to the end of all years, and is no comparison.
    let short = ["HOURLY", "MINUTELY", "SECONDLY"].contains(&freq);
    let kinds = match freq {
        _ if random.chance(if short { 80 } else { 25 }) => "",
        "YEARLY" => random.pick(&[
            "BYDAY",
            "BYMONTHDAY",
            "BYWEEKNO",
            "BYYEARDAY",
            "BYMONTH",
            "BYMONTH BYDAY",
            "BYMONTH BYMONTHDAY",
            "BYDAY BYWEEKNO",
        ]),
        "WEEKLY" => random.pick(&["BYDAY", "BYDAY", "BYMONTH", "BYDAY BYMONTH"]),
        _ => random.pick(&["BYDAY", "BYMONTHDAY", "BYMONTH", "BYDAY BYMONTHDAY", "BYDAY BYMONTH", "BYMONTH BYMONTHDAY"]),
    };
    let mut by = !kinds.is_empty();
    for kind in kinds.split_whitespace() {
        let list = match kind {
            "BYDAY" => random.some(4, |random| {
                let ordinal = match freq {
                    "MONTHLY" if random.chance(60) => around(random, 4),
                    "YEARLY" if random.chance(60) && !kinds.contains(' ') => around(random, 52),
                    // Which means nothing here, and yet has been met.
                    "DAILY" | "WEEKLY" if random.chance(3) => "1".to_owned(),
                    _ => String::new(),
                };
                format!("{ordinal}{}", random.pick(&WEEK))
            }),
            "BYMONTHDAY" => random.some(4, |random| around(random, 31)),
            "BYWEEKNO" => random.some(3, |random| around(random, 53)),
            "BYYEARDAY" => random.some(3, |random| around(random, 366)),
            _ => random.some(4, |random| random.of(1, 12).to_string()),
        };
        parts.push(format!("{kind}={list}"));
    }
    if timed && random.chance(15) {
        by = true;
        parts.push(format!("BYHOUR={}", random.some(3, |random| random.of(0, 23).to_string())));
    }
    if timed && random.chance(10) {
        by = true;
        parts.push(format!("BYMINUTE={}", random.some(3, |random| (random.of(0, 3) * 15).to_string())));
    }
    if timed && random.chance(3) {
        by = true;
        parts.push("BYSECOND=0,30".to_owned());
    }
    if by && random.chance(20) {
        parts.push(format!("BYSETPOS={}", random.some(2, |random| random.pick(&["1", "1", "-1", "-1", "2", "-2"]).to_owned())));
    }
    if random.chance(35) {
        parts.push(format!("WKST={}", random.pick(&WEEK)));
    }
    let days = match freq {
        "SECONDLY" => 12,
        "MINUTELY" => 20,
        "HOURLY" => 60,
        "DAILY" => 900,
        "WEEKLY" => 3_000,
        _ => 9_000,
    };
    (parts.join(";"), days)
}

fn stamp(at: NaiveDateTime, timed: bool) -> String {
    at.format(if timed { "%Y%m%dT%H%M%S" } else { "%Y%m%d" }).to_string()
}

/// A calendar with one series, when it starts, and for how long it is looked at, in days.
fn series(random: &mut Random) -> (String, NaiveDateTime, i64) {
    let timed = random.chance(80);
    let zone = if timed { random.pick(&ZONES) } else { "" };
    // The last days of months and the changes of clocks are met more often than by chance.
    let day = match random.of(0, 4) {
        0 => NaiveDate::from_ymd_opt(2020, 2, 29),
        1 => NaiveDate::from_ymd_opt(random.of(1990, 2020) as i32, random.pick(&[&1, &3, &5, &7, &8, &10, &12]).to_owned(), 31),
        2 => NaiveDate::from_ymd_opt(2021, 3, random.of(10, 30) as u32),
        3 => NaiveDate::from_ymd_opt(2018, 10, random.of(15, 31) as u32),
        _ => NaiveDate::from_ymd_opt(1996, 1, 1).map(|day| day + Duration::days(random.of(0, 9_000))),
    };
    let minute = if timed { 15 * if random.chance(40) { random.of(0, 16) } else { random.of(0, 95) } } else { 0 };
    let start = day.unwrap().and_hms_opt(0, 0, 0).unwrap() + Duration::minutes(minute);
    let (mut rule, days) = rule(random, timed);
    let utc = zone == "UTC";
    let (value, tail) = match (timed, utc) {
        (false, _) => (";VALUE=DATE".to_owned(), ""),
        (true, true) => (String::new(), "Z"),
        (true, false) if zone.is_empty() => (String::new(), ""),
        (true, false) => (format!(";TZID={zone}"), ""),
    };
    let later =
        |random: &mut Random| start + Duration::days(random.of(0, days)) + Duration::minutes(if timed { 15 * random.of(0, 95) } else { 0 });
    // A time at which the rule may have a member, and if not, at least at its time of the day.
    let likely =
        |random: &mut Random| start + Duration::days(if random.chance(70) { 7 * random.of(0, days / 7) } else { random.of(0, days) });
    match random.of(0, 9) {
        0..3 => rule = format!("{rule};COUNT={}", if random.chance(50) { random.of(1, 20) } else { random.of(1, 2_000) }),
        3..5 => rule = format!("{rule};UNTIL={}{}", stamp(later(random), timed), if timed && !zone.is_empty() { "Z" } else { "" }),
        5 => rule = format!("{rule};UNTIL={}", later(random).format("%Y%m%d")),
        _ => {}
    }
    let length = match random.of(0, 9) {
        0..2 => String::new(),
        2 => format!("DURATION:P{}D\r\n", random.of(1, 40)),
        3 if timed => format!("DURATION:P{}DT{}H\r\n", random.of(0, 3), random.of(1, 30)),
        _ if timed => format!("DURATION:PT{}M\r\n", 15 * random.of(1, 12)),
        _ => String::new(),
    };
    let mut text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART{value}:{}{tail}\r\n{length}RRULE:{rule}\r\n",
        stamp(start, timed)
    );
    if random.chance(30) {
        text += &format!("EXDATE{value}:{}\r\n", random.some(4, |random| stamp(likely(random), timed) + tail));
    }
    if timed && random.chance(5) {
        text += &format!("EXDATE;VALUE=DATE:{}\r\n", stamp(likely(random), false));
    }
    if random.chance(25) {
        text += &format!("RDATE{value}:{}\r\n", random.some(3, |random| stamp(likely(random), timed) + tail));
    }
    if timed && random.chance(15) {
        let zone = value.trim_start_matches(';');
        let zone = if zone.is_empty() { String::new() } else { format!(";{zone}") };
        text += &format!("RDATE{zone};VALUE=PERIOD:{}{tail}/P{}D\r\n", stamp(likely(random), timed), random.of(1, 60));
    }
    text += "END:VEVENT\r\n";
    let overrides = if random.chance(35) { random.of(1, 3) } else { 0 };
    for _ in 0..overrides {
        let member = likely(random);
        let moved = member + Duration::minutes(if timed { 30 * random.of(-3_000, 3_000) } else { 1_440 * random.of(-60, 60) });
        let onward = if random.chance(50) { ";RANGE=THISANDFUTURE" } else { "" };
        let cancelled = if random.chance(20) { "STATUS:CANCELLED\r\n" } else { "" };
        let length = if random.chance(30) { format!("DURATION:P{}D\r\n", random.of(1, 50)) } else { String::new() };
        text += &format!(
            "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID{onward}{value}:{}{tail}\r\nDTSTART{value}:{}{tail}\r\n{length}{cancelled}END:VEVENT\r\n",
            stamp(member, timed),
            stamp(moved, timed)
        );
    }
    text += "END:VCALENDAR\r\n";
    (text, start, days)
}

fn window(random: &mut Random, start: NaiveDateTime, days: i64) -> (Timestamp, Timestamp) {
    let from = start.and_utc().timestamp() + random.of(-20 * DAY / 900, days * DAY / 900) * 900;
    let long = match random.of(0, 3) {
        0 => random.of(1, DAY),
        1 => 7 * DAY,
        // Of hours there are enough in a day.
        _ => random.of(1, if days < 100 { 2 } else { 50 }) * DAY,
    };
    (Timestamp::from_secs(from), Timestamp::from_secs(from + long))
}

/// How often something is left out, and with what COUNT.
#[derive(Default)]
struct Tally {
    rules: u64,
    members: usize,
    skipped: u64,
    counted: u64,
}

fn compare(text: &str, series: &Series, (from, to): (Timestamp, Timestamp), viewer: &Zone, tally: &mut Tally) {
    let (quick, plain) = (series.expand(from, to, viewer, true), series.expand(from, to, viewer, false));
    let shown = || format!("{text}{from:?} .. {to:?}\nplain {plain:#?}\nquick {quick:#?}");
    if plain.cut && plain.occurrences.len() < MOST_MEMBERS {
        // Who began at the beginning gave up on the way.
        assert!(plain.occurrences.iter().all(|o| quick.occurrences.contains(o)), "{}", shown());
    } else {
        assert!(quick == plain, "{}", shown());
    }
    tally.members += plain.occurrences.len();
    let master = series.master.as_ref().unwrap();
    let Some(rule) = &master.rule else { return };
    let low = series.low(master, from, std::iter::empty());
    let valid = rule.valid(master.start.wall()).unwrap();
    if skip::skip(&valid, master.start.wall(), low).is_some() {
        tally.skipped += u64::from(rule.count.is_none());
        tally.counted += u64::from(rule.count.is_some() && skip::per_period(&valid, rule.pattern.get_by_month_day()).is_some());
    }
}

#[test]
fn a_series_is_the_same_from_shortly_before_as_from_its_beginning() {
    let many = std::env::var("AURELIUS_SKIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(SERIES);
    let viewers = ["Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC"].map(|name| NamedZone::known(name).unwrap().zone().clone());
    let mut tally = Tally::default();
    for seed in 0..many {
        let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let viewer = &viewers[(seed % 4) as usize];
        let (text, start, days) = series(&mut random);
        let Ok(document) = read(text.as_bytes(), viewer) else { panic!("{text}") };
        let series = &document.series.first().unwrap().1;
        tally.rules += u64::from(series.master.as_ref().is_some_and(|m| m.rule.is_some()));
        for _ in 0..WINDOWS {
            compare(&text, series, window(&mut random, start, days), viewer, &mut tally);
        }
    }
    let Tally { rules, members, skipped, counted } = tally;
    println!("{many} series, {rules} rules, {members} members; {skipped} windows begun late, {counted} more with COUNT");
    // The comparison is about something.
    assert!(
        rules * 10 > many * 9 && skipped > many && counted * 10 > many && members as u64 > many,
        "{rules} {members} {skipped} {counted}"
    );
}

#[test]
fn a_rule_of_centuries_is_looked_at_anywhere() {
    let begin = std::time::Instant::now();
    for rule in
        ["DAILY", "WEEKLY;BYDAY=MO,FR", "MONTHLY;BYMONTHDAY=-1", "YEARLY", "HOURLY", "DAILY;COUNT=1000000", "WEEKLY;BYDAY=TU;COUNT=90000"]
    {
        let text = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Europe/Berlin:19000101T090000\r\nRRULE:FREQ={rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let document = read(text.as_bytes(), &Zone::fixed(0)).unwrap();
        // Two years of the far future; nobody can have followed a rule of hours there.
        let from = NaiveDate::from_ymd_opt(2102, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp();
        let (from, to) = (Timestamp::from_secs(from), Timestamp::from_secs(from + 366 * DAY));
        let found = document.series.first().unwrap().1.occurrences(from, to, &Zone::fixed(0));
        assert!(!found.occurrences.is_empty(), "{rule}");
        // At the end of all years, and after them.
        for from in [Timestamp::from_secs(253_370_764_800), Timestamp::from_secs(7_289_654_400_000), Timestamp(i64::MAX / 4)] {
            document.series.first().unwrap().1.occurrences(from, from.plus_secs(30 * DAY), &Zone::fixed(0));
        }
    }
    // Followed from 1900 to the year 9999, one of them alone is more.
    assert!(begin.elapsed() < std::time::Duration::from_secs(20), "{:?}", begin.elapsed());
}
