//! When the person has no time, out of what is on.

use domain::{
    free_busy::{BusyKind, BusySpan, laid},
    time::Timestamp,
};

use super::EventView;

/// What keeps the person from other things in `from .. to`, in order and without overlaps.
///
/// What is marked as free, was declined or is cancelled keeps nobody from anything, and neither does what takes no time. What is not
/// certain, or was answered with perhaps, keeps them perhaps.
pub(crate) fn kept(rows: &[EventView], from: Timestamp, to: Timestamp) -> Vec<BusySpan> {
    let busy = |r: &&EventView| !r.free && r.status != "cancelled" && r.mine.as_deref() != Some("declined");
    let perhaps = |r: &EventView| r.status == "tentative" || r.mine.as_deref() == Some("tentative");
    let span = |r: &EventView| BusySpan::new(r.start, r.end, if perhaps(r) { BusyKind::Tentative } else { BusyKind::Busy });
    laid(&rows.iter().filter(busy).map(span).collect::<Vec<_>>(), from, to)
}

/// The same without a difference between certain and perhaps: blocks that touch are one.
pub(crate) fn blocks(rows: &[EventView], from: Timestamp, to: Timestamp) -> Vec<BusySpan> {
    let all: Vec<_> = kept(rows, from, to).into_iter().map(|s| BusySpan { kind: BusyKind::Busy, ..s }).collect();
    laid(&all, from, to)
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
        let mut rows = vec![row(1, 2), row(3, 4), row(5, 6), row(7, 8), row(9, 10), row(10, 12), row(14, 14), row(95, 120)];
        rows[0].free = true;
        rows[1].status = "cancelled".to_owned();
        rows[2].mine = Some("declined".to_owned());
        rows[3].mine = Some("none".to_owned());
        rows[4].status = "tentative".to_owned();
        rows[5].mine = Some("tentative".to_owned());
        let of = |spans: Vec<BusySpan>| spans.into_iter().map(|s| (s.start.0, s.end.0, s.kind)).collect::<Vec<_>>();
        let (from, to) = (Timestamp(0), Timestamp(100));
        assert_eq!(
            of(kept(&rows, from, to)),
            [(7, 8, BusyKind::Busy), (9, 12, BusyKind::Tentative), (95, 100, BusyKind::Busy)],
            "nobody said no to these"
        );
        rows.push(row(12, 13));
        assert_eq!(of(blocks(&rows, from, to)), [(7, 8, BusyKind::Busy), (9, 13, BusyKind::Busy), (95, 100, BusyKind::Busy)]);
    }
}
