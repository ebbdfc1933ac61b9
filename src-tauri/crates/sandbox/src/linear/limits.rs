//! Limits on requests and on their complexity (PROVIDERS 6.3).

use axum::http::{HeaderMap, HeaderValue};
use domain::time::Timestamp;

use super::{error::Refusal, world::LinearSwitches};

const HOUR_MS: i64 = 3_600_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// When, and how complex.
    spent: Vec<(Timestamp, f64)>,
}

impl Limits {
    /// Counts a request, or refuses it.
    pub fn spend(&mut self, switches: &LinearSwitches, points: f64, now: Timestamp) -> Result<(), Refusal> {
        self.spent.retain(|(at, _)| (0..HOUR_MS).contains(&now.since(*at)));
        if points > switches.most_complex {
            return Err(Refusal::too_complex());
        }
        let sum: f64 = self.spent.iter().map(|(_, points)| points).sum();
        if self.spent.len() >= switches.calls || sum + points > switches.complexity {
            return Err(Refusal::limited(switches.limited_status));
        }
        self.spent.push((now, points));
        Ok(())
    }

    /// Resets are in milliseconds.
    pub fn mark(&self, switches: &LinearSwitches, now: Timestamp, headers: &mut HeaderMap) {
        let sum: f64 = self.spent.iter().map(|(_, points)| points).sum();
        let reset = self.spent.first().map_or(now, |(at, _)| *at).plus_millis(HOUR_MS).millis();
        for (name, value) in [
            ("x-ratelimit-requests-limit", switches.calls as i64),
            ("x-ratelimit-requests-remaining", switches.calls.saturating_sub(self.spent.len()) as i64),
            ("x-ratelimit-requests-reset", reset),
            ("x-ratelimit-complexity-limit", switches.complexity as i64),
            ("x-ratelimit-complexity-remaining", (switches.complexity - sum).max(0.0) as i64),
            ("x-ratelimit-complexity-reset", reset),
        ] {
            headers.insert(name, HeaderValue::from(value));
        }
    }
}
