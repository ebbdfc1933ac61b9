//! Days that people type, in their own time zone.

use crate::time::{Timestamp, Zone};

const DAY: i64 = 86_400;

/// Start of a day: `2026-03-09`, `2026/3/9`, `9.3.2026`, `2026-03`, `2026`, `today`, `yesterday`, or so long ago: `7d`, `2w`,
/// `3m`, `1y`. None for anything else.
pub(super) fn day(text: &str, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
    let today = zone.wall_secs(now).div_euclid(DAY);
    let low = text.trim().to_lowercase();
    let local_day = match low.as_str() {
        "today" => today,
        "yesterday" => today - 1,
        _ => ago(&low, today).or_else(|| calendar(&low))?,
    };
    Some(zone.instant(local_day * DAY))
}

fn ago(text: &str, today: i64) -> Option<i64> {
    let unit = text.chars().last()?;
    let n: i64 = text.strip_suffix(unit)?.parse().ok().filter(|n| (0..100_000).contains(n))?;
    let days = match unit {
        'd' => 1,
        'w' => 7,
        'm' => 30,
        'y' => 365,
        _ => return None,
    };
    Some(today - n * days)
}

fn calendar(text: &str) -> Option<i64> {
    let number =
        |s: &str| (!s.is_empty() && s.len() <= 4 && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<i64>().ok()).flatten();
    let parts: Vec<i64> = text.split(['-', '/', '.']).filter(|p| !p.is_empty()).map(number).collect::<Option<_>>()?;
    let (y, m, d) = match (parts.as_slice(), text.contains('.')) {
        ([y], _) if *y > 999 => (*y, 1, 1),
        ([y, m], false) if *y > 999 => (*y, *m, 1),
        ([y, m, d], false) if *y > 999 => (*y, *m, *d),
        ([d, m, y], true) if *y > 999 => (*y, *m, *d),
        _ => return None,
    };
    let leap = y % 4 == 0 && y % 100 != 0 || y % 400 == 0;
    let last = match m {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    (1..=last).contains(&d).then(|| days_from_civil(y, m, d))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}
