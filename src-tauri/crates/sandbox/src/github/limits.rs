//! Rate limits (PROVIDERS 6.2): requests in an hour, and a secondary limit on what makes content.

use axum::{
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use domain::time::Timestamp;

use super::{error::Refusal, world::GithubSwitches};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// When the hour began that is counted in.
    began: Option<Timestamp>,
    used: usize,
    /// When content was made lately.
    made: Vec<Timestamp>,
}

impl Limits {
    pub fn admit(&self, switches: &GithubSwitches, now: Timestamp) -> Result<(), Refusal> {
        if self.remaining(switches, now) == 0 { Err(Refusal::exhausted()) } else { Ok(()) }
    }

    /// Whether a reply was a refusal of this kind.
    pub fn refused(response: &Response) -> bool {
        matches!(response.status().as_u16(), 401 | 429) || response.headers().contains_key("retry-after")
    }

    pub fn spend(&mut self, now: Timestamp) {
        if self.began.is_none_or(|began| !(0..HOUR_MS).contains(&now.since(began))) {
            (self.began, self.used) = (Some(now), 0);
        }
        self.used += 1;
    }

    fn remaining(&self, switches: &GithubSwitches, now: Timestamp) -> usize {
        let used = if self.began.is_some_and(|began| (0..HOUR_MS).contains(&now.since(began))) { self.used } else { 0 };
        switches.calls.saturating_sub(used)
    }

    /// Counts what makes content, or refuses it.
    pub fn make(&mut self, switches: &GithubSwitches, now: Timestamp) -> Result<(), Refusal> {
        self.made.retain(|at| (0..MINUTE_MS).contains(&now.since(*at)));
        if self.made.len() >= switches.creations {
            let oldest = self.made.first().copied().unwrap_or(now);
            let after = ((MINUTE_MS - now.since(oldest) + 999) / 1000).max(1);
            return Err(Refusal::secondary(switches.says_when.then_some(after)));
        }
        self.made.push(now);
        Ok(())
    }

    pub fn mark(&self, switches: &GithubSwitches, now: Timestamp, headers: &mut HeaderMap) {
        let remaining = self.remaining(switches, now);
        let reset = self.began.unwrap_or(now).plus_millis(HOUR_MS).secs();
        for (name, value) in [
            ("x-ratelimit-limit", switches.calls as i64),
            ("x-ratelimit-remaining", remaining as i64),
            ("x-ratelimit-used", (switches.calls - remaining) as i64),
            ("x-ratelimit-reset", reset),
        ] {
            headers.insert(name, HeaderValue::from(value));
        }
        headers.insert("x-ratelimit-resource", HeaderValue::from_static("core"));
    }
}
