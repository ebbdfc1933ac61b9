//! VTIMEZONE (RFC 5545 section 3.6.5) of an IANA zone, from its offsets alone.
//!
//! Every TZID of a document has to be described in it (section 3.2.19), and programs that do not know a name go by the description. The
//! changes of the clock since 1970 are looked up one by one. Where the same change comes every year by one rule, it is written as that
//! rule; what no rule explains is written date by date. So the description is right for every instant from 1970 to the end of 2037, and
//! after that for every zone that still follows its rule.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, NaiveDateTime, NaiveTime, Offset as _, TimeZone as _, Weekday};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz};

use crate::lines::{Component, Line};

/// 1970-01-01 and 2038-01-01, in Unix seconds.
const FROM: i64 = 0;
const TO: i64 = 2_145_916_800;
const DAY: i64 = 86_400;
/// A rule has to explain so many years in a row: two dates are shorter.
const LEAST_RUN: usize = 3;

/// The description under this very name. None where it is no name of an IANA zone.
pub(crate) fn of_name(name: &str) -> Option<Component> {
    Some(of(name.parse().ok()?))
}

pub(crate) fn of(tz: Tz) -> Component {
    let mut zone = Component::new("VTIMEZONE");
    zone.lines.push(Line::text("TZID", tz.name()));
    let first = Clock::at(tz, FROM);
    let begin = DateTime::from_timestamp(FROM, 0).map_or(NaiveDateTime::MIN, |at| at.naive_utc());
    let mut observances = vec![(begin, observance(first.offset, &first, begin, vec![]))];
    let mut kinds: BTreeMap<(i32, Clock), Vec<NaiveDateTime>> = BTreeMap::new();
    for change in changes(tz) {
        // What the wall showed as it came.
        let wall = DateTime::from_timestamp(change.at + i64::from(change.from), 0);
        kinds.entry((change.from, change.to)).or_default().extend(wall.map(|at| at.naive_utc()));
    }
    for ((from, to), walls) in kinds {
        let mut single = Vec::new();
        let mut rest = walls.as_slice();
        while let Some(first) = rest.first().copied() {
            let (length, rule) = run(rest);
            let (these, others) = rest.split_at(length.min(rest.len()));
            rest = others;
            let Some(last) = these.last().filter(|_| length >= LEAST_RUN) else {
                single.extend_from_slice(these);
                continue;
            };
            let until = *last - chrono::Duration::seconds(i64::from(from));
            let end = if last.year() >= 2037 { String::new() } else { format!(";UNTIL={}Z", until.format("%Y%m%dT%H%M%S")) };
            observances.push((first, observance(from, &to, first, vec![Line::new("RRULE", &format!("{rule}{end}"))])));
        }
        if let Some((first, others)) = single.split_first() {
            let dates = others.iter().map(|wall| wall.format("%Y%m%dT%H%M%S").to_string()).collect::<Vec<_>>().join(",");
            let dates = if dates.is_empty() { vec![] } else { vec![Line::new("RDATE", &dates)] };
            observances.push((*first, observance(from, &to, *first, dates)));
        }
    }
    observances.sort_by_key(|(first, _)| *first);
    zone.children = observances.into_iter().map(|(_, observance)| observance).collect();
    zone
}

/// What a clock shows for a while.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Clock {
    /// Seconds east of UTC.
    offset: i32,
    summer: bool,
    /// `CET`, or none.
    name: Option<String>,
}

impl Clock {
    fn at(tz: Tz, secs: i64) -> Self {
        let utc = DateTime::from_timestamp(secs, 0).map_or(NaiveDateTime::MIN, |at| at.naive_utc());
        let offset = tz.offset_from_utc_datetime(&utc);
        Self {
            offset: offset.fix().local_minus_utc(),
            summer: offset.dst_offset() != chrono::Duration::zero(),
            name: offset.abbreviation().map(str::to_owned),
        }
    }
}

struct Change {
    /// Unix seconds.
    at: i64,
    /// Seconds east of UTC before it.
    from: i32,
    to: Clock,
}

/// Looked for day by day, and then to the second: no zone changes twice in two days. A change of the name alone is none.
fn changes(tz: Tz) -> Vec<Change> {
    let mut out = Vec::new();
    let mut before = Clock::at(tz, FROM);
    let mut day = FROM;
    while day < TO {
        let next = day + DAY;
        let after = Clock::at(tz, next);
        if after.offset != before.offset {
            let (mut low, mut high) = (day, next);
            while high - low > 1 {
                let middle = low.midpoint(high);
                if Clock::at(tz, middle).offset == before.offset {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            out.push(Change { at: high, from: before.offset, to: after.clone() });
        }
        before = after;
        day = next;
    }
    out
}

/// How many of these, from the first on, come in successive years by one yearly rule, and that rule.
fn run(walls: &[NaiveDateTime]) -> (usize, String) {
    let Some((first, others)) = walls.split_first() else { return (0, String::new()) };
    let mut rule = Yearly::of(*first);
    let mut length = 1;
    for (year, wall) in (first.year() + 1..).zip(others) {
        let Some(wider) = rule.also(*wall).filter(|_| wall.year() == year) else { break };
        rule = wider;
        length += 1;
    }
    (length, rule.text())
}

/// Rules that are still possible for the dates so far: a weekday on or after one of some days, the last of its month, or a date.
#[derive(Clone, Copy)]
struct Yearly {
    month: u32,
    time: NaiveTime,
    weekday: Weekday,
    /// The days of the month that the weekday may be "on or after".
    days: Option<(u32, u32)>,
    last: bool,
    date: Option<u32>,
}

impl Yearly {
    fn of(wall: NaiveDateTime) -> Self {
        let day = wall.day();
        let length = u32::from(wall.date().num_days_in_month());
        Self {
            month: wall.month(),
            time: wall.time(),
            weekday: wall.weekday(),
            // Seven days from the last one that every month has room for.
            days: Some((day.saturating_sub(6).max(1), day.min(22))).filter(|(low, high)| low <= high),
            last: day + 7 > length,
            date: Some(day),
        }
    }

    fn also(self, wall: NaiveDateTime) -> Option<Self> {
        let other = Self::of(wall);
        if (other.month, other.time) != (self.month, self.time) {
            return None;
        }
        let same = other.weekday == self.weekday;
        let days = self.days.zip(other.days).map(|((a, b), (c, d))| (a.max(c), b.min(d))).filter(|(low, high)| same && low <= high);
        let out = Self { days, last: self.last && other.last && same, date: self.date.filter(|date| Some(*date) == other.date), ..self };
        (out.days.is_some() || out.last || out.date.is_some()).then_some(out)
    }

    fn text(self) -> String {
        let weekday = match self.weekday {
            Weekday::Mon => "MO",
            Weekday::Tue => "TU",
            Weekday::Wed => "WE",
            Weekday::Thu => "TH",
            Weekday::Fri => "FR",
            Weekday::Sat => "SA",
            Weekday::Sun => "SU",
        };
        let by = match (self.last, self.days, self.date) {
            (true, ..) => format!("BYDAY=-1{weekday}"),
            (_, Some((low, high)), _) => match (low..=high).find(|day| day % 7 == 1) {
                Some(day) => format!("BYDAY={}{weekday}", day / 7 + 1),
                None => {
                    let days = (low..low + 7).map(|day| day.to_string()).collect::<Vec<_>>().join(",");
                    format!("BYDAY={weekday};BYMONTHDAY={days}")
                }
            },
            (.., date) => format!("BYMONTHDAY={}", date.unwrap_or(1)),
        };
        format!("FREQ=YEARLY;BYMONTH={};{by}", self.month)
    }
}

fn observance(from: i32, to: &Clock, first: NaiveDateTime, dates: Vec<Line>) -> Component {
    let mut out = Component::new(if to.summer { "DAYLIGHT" } else { "STANDARD" });
    out.lines.push(Line::new("DTSTART", &first.format("%Y%m%dT%H%M%S").to_string()));
    out.lines.push(Line::new("TZOFFSETFROM", &offset(from)));
    out.lines.push(Line::new("TZOFFSETTO", &offset(to.offset)));
    out.lines.extend(to.name.as_deref().map(|name| Line::text("TZNAME", name)));
    out.lines.extend(dates);
    out
}

/// UTC-OFFSET (RFC 5545 section 3.3.14).
fn offset(secs: i32) -> String {
    let (sign, all) = (if secs < 0 { '-' } else { '+' }, secs.unsigned_abs());
    let rest = if all % 60 == 0 { String::new() } else { format!("{:02}", all % 60) };
    format!("{sign}{:02}{:02}{rest}", all / 3600, all / 60 % 60)
}

#[cfg(test)]
mod tests {
    use domain::time::{Timestamp, Zone};

    use super::*;
    use crate::{NamedZone, read, zone};

    /// The zone as somebody reads it who does not know its name.
    fn read_back(tz: Tz) -> Zone {
        let text = of(tz).print().replace(&format!("TZID:{}\r\n", tz.name()), "TZID:Our office\r\n");
        let event = "BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Our office:20260115T100000\r\nEND:VEVENT";
        let document = read(format!("BEGIN:VCALENDAR\r\n{text}{event}\r\nEND:VCALENDAR\r\n").as_bytes(), &Zone::fixed(0)).unwrap();
        assert!(document.problems.is_empty(), "{:?}", document.problems);
        let start = document.series[0].1.master.as_ref().unwrap().start.clone();
        let zone = start.zone().unwrap();
        assert_eq!(zone.name(), "Our office");
        zone.zone().clone()
    }

    #[test]
    fn every_zone_that_is_described_is_read_as_itself() {
        let known: Vec<Tz> = chrono_tz::TZ_VARIANTS.iter().copied().filter(|tz| tz.name().contains('/')).step_by(9).collect();
        let named = [
            "Europe/Berlin",
            "Europe/London",
            "Europe/Dublin",
            "Europe/Istanbul",
            "Europe/Moscow",
            "America/New_York",
            "America/Sao_Paulo",
            "America/Santiago",
            "America/Havana",
            "America/Caracas",
            "America/St_Johns",
            "America/Nuuk",
            "America/Asuncion",
            "Asia/Kolkata",
            "Asia/Tehran",
            "Asia/Gaza",
            "Asia/Amman",
            "Asia/Jerusalem",
            "Asia/Pyongyang",
            "Asia/Kathmandu",
            "Asia/Tokyo",
            "Australia/Lord_Howe",
            "Australia/Sydney",
            "Africa/Casablanca",
            "Africa/Cairo",
            "Africa/Windhoek",
            "Africa/Monrovia",
            "Pacific/Apia",
            "Pacific/Chatham",
            "Pacific/Kiritimati",
            "Pacific/Easter",
            "Antarctica/Troll",
            "UTC",
        ];
        let named = named.iter().map(|name| name.parse::<Tz>().unwrap());
        let (mut zones, mut longest) = (0, 0);
        for tz in named.chain(known) {
            let (described, real) = (read_back(tz), zone::of_iana(tz));
            // From when Monrovia, the last one to count seconds, went by whole minutes.
            let mut at = 63_072_000 + 7 * DAY;
            while at < TO {
                let now = Timestamp::from_secs(at);
                assert_eq!(described.offset_secs(now), real.offset_secs(now), "{tz} at {at}\n{}", of(tz).print());
                at += 4 * 3600 - 1;
            }
            zones += 1;
            longest = longest.max(of(tz).print().len());
        }
        println!("{zones} zones, the longest of {longest} bytes");
        assert!(zones > 80 && longest < 8_000, "{zones} {longest}");
    }

    #[test]
    fn the_second_of_a_change_is_right() {
        for tz in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"].map(|name| name.parse::<Tz>().unwrap())
        {
            let described = read_back(tz);
            let changes = changes(tz);
            assert!(changes.len() > 60);
            for change in changes {
                assert_eq!(described.offset_secs(Timestamp::from_secs(change.at)), change.to.offset, "{tz} {}", change.at);
                assert_eq!(described.offset_secs(Timestamp::from_secs(change.at - 1)), change.from, "{tz} {}", change.at);
            }
        }
    }

    #[test]
    fn yearly_changes_are_rules() {
        let berlin = of("Europe/Berlin".parse().unwrap()).print();
        assert!(berlin.contains("BEGIN:DAYLIGHT\r\nDTSTART:19810329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"), "{berlin}");
        assert!(of("America/New_York".parse().unwrap()).print().contains("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\n"));
        assert!(!of("Asia/Kolkata".parse().unwrap()).print().contains("RRULE"));
        assert!(of_name("W. Europe Standard Time").is_none() && of_name("Europe/Berlin").is_some());
        assert_eq!((offset(-16_200), offset(-2_670), offset(0)), ("-0430".to_owned(), "-004430".to_owned(), "+0000".to_owned()));
        assert!(NamedZone::known("Europe/Berlin").is_some());
    }
}
