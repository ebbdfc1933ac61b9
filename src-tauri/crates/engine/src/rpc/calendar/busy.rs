//! When the person has no time: what is on, laid together.

use domain::time::Timestamp;

use crate::EventView;

/// Blocks of `from .. to` in which something is on that keeps the person from other things, in order; blocks that touch are one.
///
/// What is marked as free, was declined or is cancelled keeps nobody from anything, and neither does what takes no time.
pub(super) fn blocks(rows: &[EventView], from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let busy = |r: &&EventView| !r.free && r.status != "cancelled" && r.mine.as_deref() != Some("declined");
    let mut spans: Vec<_> =
        rows.iter().filter(busy).map(|r| (r.start.max(from), r.end.min(to))).filter(|(start, end)| start < end).collect();
    spans.sort_unstable();
    let mut out: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (start, end) in spans {
        match out.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use domain::ids::CalendarId;

    use super::*;

    fn row(start: i64, end: i64) -> EventView {
        EventView {
            key: String::new(),
            calendar: CalendarId(1),
            title: String::new(),
            location: String::new(),
            start: Timestamp(start),
            end: Timestamp(end),
            days: None,
            status: "confirmed".to_owned(),
            mine: None,
            free: false,
            repeats: false,
            editable: true,
            join: false,
            pending: None,
            also: Vec::new(),
        }
    }

    #[test]
    fn what_touches_is_one_block_and_what_binds_nobody_is_none() {
        let at = |spans: &[(i64, i64)]| {
            let rows: Vec<_> = spans.iter().map(|(s, e)| row(*s, *e)).collect();
            blocks(&rows, Timestamp(0), Timestamp(100)).into_iter().map(|(s, e)| (s.0, e.0)).collect::<Vec<_>>()
        };
        assert_eq!(at(&[(40, 50), (10, 20), (20, 30), (12, 14)]), [(10, 30), (40, 50)]);
        assert_eq!(at(&[(-50, 10), (90, 200)]), [(0, 10), (90, 100)], "clipped");
        assert_eq!(at(&[(5, 5), (100, 120), (-5, 0)]), [], "takes no time, or lies outside");
        let mut rows = vec![row(1, 2), row(3, 4), row(5, 6), row(7, 8), row(9, 10)];
        rows[0].free = true;
        rows[1].status = "cancelled".to_owned();
        rows[2].mine = Some("declined".to_owned());
        rows[3].mine = Some("none".to_owned());
        rows[4].status = "tentative".to_owned();
        let found: Vec<_> = blocks(&rows, Timestamp(0), Timestamp(100)).into_iter().map(|(s, _)| s.0).collect();
        assert_eq!(found, [7, 9], "nobody said no to these");
    }
}
