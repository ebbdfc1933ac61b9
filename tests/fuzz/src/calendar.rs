//! iCalendar from strangers: read, and expanded over windows near and far. Members are in their window and in order, and there are never
//! more than are shown.
#![no_main]

use domain::time::{Timestamp, Zone};
use libfuzzer_sys::fuzz_target;

const DAY: i64 = 86_400_000;

fuzz_target!(|data: &[u8]| {
    let viewer = Zone::fixed(3600);
    let Ok(document) = calendar::read(data, &viewer) else { return };
    for (_, series) in document.series.iter().take(4) {
        let first = series.master.as_ref().or(series.overrides.first()).map_or(Timestamp(0), |e| e.start.instant(&viewer));
        for (from, days) in [(first, 30), (Timestamp(1_774_000_000_000), 7), (Timestamp(i64::MIN / 8), i64::MAX / 16 / DAY)] {
            let to = from.plus_millis(days * DAY);
            let found = series.occurrences(from, to, &viewer).occurrences;
            assert!(found.len() <= calendar::series::MOST_MEMBERS);
            assert!(found.windows(2).all(|w| w[0].start <= w[1].start));
            assert!(found.iter().all(|o| o.start < to && o.end >= from && o.end >= o.start));
        }
    }
});
