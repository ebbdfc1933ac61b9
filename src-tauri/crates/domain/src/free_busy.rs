//! When people have no time, as a provider tells it of those who share that much: spans of time and nothing of what is in them
//! (RFC 5545 section 3.6.4, Google `freeBusy`).

use serde::{Deserialize, Serialize};

use crate::{error::ProviderError, time::Timestamp};

/// People of one question.
pub const MOST_PEOPLE: usize = 50;
/// A question is about at most so much time, in milliseconds: a month with the weeks around it.
pub const LONGEST_MS: i64 = 42 * 86_400_000;
/// Spans that are taken of one person: a quarter of an hour each, for all of [`LONGEST_MS`].
pub const MOST_SPANS: usize = 4_096;

/// What keeps somebody (FBTYPE, RFC 5545 section 3.2.9). In this order: what lies over another is what is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BusyKind {
    /// Perhaps.
    Tentative,
    Busy,
    /// Not there at all: out of office, on leave.
    Unavailable,
}

/// Time that somebody does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusySpan {
    pub start: Timestamp,
    /// Exclusive.
    pub end: Timestamp,
    pub kind: BusyKind,
}

impl BusySpan {
    pub const fn new(start: Timestamp, end: Timestamp, kind: BusyKind) -> Self {
        Self { start, end, kind }
    }

    /// Whether it shares time with `start .. end`.
    pub fn meets(&self, start: Timestamp, end: Timestamp) -> bool {
        self.start < end && start < self.end
    }
}

/// Whose time is asked for, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeBusyQuestion {
    /// E-mail addresses in lower case, each once; at most [`MOST_PEOPLE`].
    pub people: Vec<String>,
    pub from: Timestamp,
    /// Exclusive; at most [`LONGEST_MS`] later.
    pub to: Timestamp,
}

/// Why nothing is known of somebody's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotKnown {
    /// Whoever was asked does not know this address, or does not say whether it does.
    NotFound,
    /// It is known, and the person may not see it.
    Refused,
    /// There is nobody to ask: this calendar's provider tells nothing of others.
    Unsupported,
    /// The account did not grant asking.
    NotGranted,
    /// No answer: no network, or a server that is away.
    Offline,
    /// It went wrong at the provider.
    Failed,
}

impl NotKnown {
    /// As it is said beside a name.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotFound => "The calendar of this address is not shared with you.",
            Self::Refused => "You may not see when this person has time.",
            Self::Unsupported => "This calendar can't ask when others have time.",
            Self::NotGranted => "The account of this calendar did not grant asking when others have time. Reconnect it and allow that.",
            Self::Offline => "The server could not be reached.",
            Self::Failed => "The server did not answer this.",
        }
    }

    /// What an error of the whole question means to everybody who was asked for.
    pub const fn of(error: &ProviderError) -> Self {
        match error {
            ProviderError::Unsupported(_) => Self::Unsupported,
            ProviderError::Refused(_) | ProviderError::Auth(_) | ProviderError::SignInExpired(_) => Self::Refused,
            ProviderError::NotFound(_) => Self::NotFound,
            ProviderError::Unreachable { .. } | ProviderError::Certificate { .. } => Self::Offline,
            _ => Self::Failed,
        }
    }
}

/// What was told of one person: spans as [`laid`] makes them, or why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// As it was asked for.
    pub address: String,
    pub busy: Result<Vec<BusySpan>, NotKnown>,
}

/// Spans inside of `from .. to`, in order and without overlaps: of what lies over each other the stronger kind is told, and what touches
/// with one kind is one.
pub fn laid(spans: &[BusySpan], from: Timestamp, to: Timestamp) -> Vec<BusySpan> {
    let mut edges: Vec<(Timestamp, bool, BusyKind)> = Vec::with_capacity(spans.len() * 2);
    for span in spans {
        let (start, end) = (span.start.max(from), span.end.min(to));
        if start < end {
            edges.extend([(start, true, span.kind), (end, false, span.kind)]);
        }
    }
    edges.sort_unstable_by_key(|(at, opens, kind)| (*at, *opens, *kind));
    let mut open = [0_usize; 3];
    let mut out: Vec<BusySpan> = Vec::new();
    let mut since = from;
    for (at, opens, kind) in edges {
        let strongest = [BusyKind::Unavailable, BusyKind::Busy, BusyKind::Tentative].into_iter().find(|k| *count(&mut open, *k) > 0);
        if let Some(kind) = strongest.filter(|_| since < at) {
            match out.last_mut() {
                Some(last) if last.end == since && last.kind == kind => last.end = at,
                _ => out.push(BusySpan::new(since, at, kind)),
            }
        }
        since = at;
        let open = count(&mut open, kind);
        *open = if opens { *open + 1 } else { open.saturating_sub(1) };
    }
    out
}

const fn count(open: &mut [usize; 3], kind: BusyKind) -> &mut usize {
    let [tentative, busy, unavailable] = open;
    match kind {
        BusyKind::Tentative => tentative,
        BusyKind::Busy => busy,
        BusyKind::Unavailable => unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BusyKind::{Busy, Tentative, Unavailable};

    fn lay(spans: &[(i64, i64, BusyKind)]) -> Vec<(i64, i64, BusyKind)> {
        let spans: Vec<_> = spans.iter().map(|(s, e, k)| BusySpan::new(Timestamp(*s), Timestamp(*e), *k)).collect();
        laid(&spans, Timestamp(0), Timestamp(100)).into_iter().map(|s| (s.start.0, s.end.0, s.kind)).collect()
    }

    #[test]
    fn the_stronger_kind_is_told_and_what_touches_is_one() {
        assert_eq!(lay(&[(40, 50, Busy), (10, 20, Busy), (20, 30, Busy), (12, 14, Busy)]), [(10, 30, Busy), (40, 50, Busy)]);
        assert_eq!(lay(&[(-50, 10, Busy), (90, 200, Tentative)]), [(0, 10, Busy), (90, 100, Tentative)], "clipped");
        assert_eq!(lay(&[(5, 5, Busy), (100, 120, Busy), (-5, 0, Busy), (9, 7, Busy)]), [], "takes no time, or lies outside");
        assert_eq!(
            lay(&[(10, 40, Tentative), (20, 30, Busy), (25, 50, Unavailable)]),
            [(10, 20, Tentative), (20, 25, Busy), (25, 50, Unavailable)]
        );
        assert_eq!(lay(&[(10, 40, Tentative), (20, 30, Busy)]), [(10, 20, Tentative), (20, 30, Busy), (30, 40, Tentative)]);
        assert_eq!(lay(&[(10, 20, Tentative), (20, 30, Busy), (10, 20, Tentative)]), [(10, 20, Tentative), (20, 30, Busy)]);
    }

    #[test]
    fn an_error_of_the_question_is_a_reason_for_each() {
        assert_eq!(NotKnown::of(&ProviderError::Unsupported(String::new())), NotKnown::Unsupported);
        assert_eq!(NotKnown::of(&ProviderError::SignInExpired(String::new())), NotKnown::Refused);
        assert_eq!(NotKnown::of(&ProviderError::Unreachable { host: String::new(), reason: String::new() }), NotKnown::Offline);
        assert_eq!(NotKnown::of(&ProviderError::CursorExpired), NotKnown::Failed);
    }
}
