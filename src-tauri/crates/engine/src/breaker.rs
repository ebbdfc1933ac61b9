//! Circuit breaker per connection (PROVIDERS 0.3): after five failures in a row the connection rests; then a single probe
//! is let through, each time after twice as long, from one minute to fifteen. A success closes it. Pure: time is an argument.

use domain::time::Timestamp;

const OPEN_AFTER: u32 = 5;
const FIRST_REST_MS: i64 = 60_000;
const LONGEST_REST_MS: i64 = 15 * 60_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    open_until: Option<Timestamp>,
    rest_ms: i64,
    probing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Go on.
    Closed,
    /// One probe may go; tell the outcome before the next.
    Probe,
    /// Wait until then.
    Open(Timestamp),
}

impl Breaker {
    pub fn gate(&self, now: Timestamp) -> Gate {
        match self.open_until {
            None => Gate::Closed,
            Some(until) if now < until => Gate::Open(until),
            // The probe's answer decides; until then nobody else goes.
            Some(_) if self.probing => Gate::Open(now.plus_millis(1000)),
            Some(_) => Gate::Probe,
        }
    }

    /// A probe was started.
    pub fn probe_started(&mut self) {
        self.probing = self.open_until.is_some();
    }

    pub fn success(&mut self) {
        *self = Self::default();
    }

    pub fn failure(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.probing = false;
        if self.failures >= OPEN_AFTER {
            self.rest_ms = if self.rest_ms == 0 { FIRST_REST_MS } else { (self.rest_ms * 2).min(LONGEST_REST_MS) };
            self.open_until = Some(now.plus_millis(self.rest_ms));
        }
    }

    /// The probe is over, however it ended. What says nothing about the connection (a full disk, a cancelled round, a limit) decides
    /// nothing either: the next probe may go.
    pub fn probe_ended(&mut self) {
        self.probing = false;
    }

    /// The network came back, or the machine woke up: old failures prove nothing.
    pub fn forgive(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_five_probes_once_and_doubles_its_rest() {
        let mut b = Breaker::default();
        let t = Timestamp(0);
        for _ in 0..4 {
            b.failure(t);
            assert_eq!(b.gate(t), Gate::Closed);
        }
        b.failure(t);
        assert_eq!(b.gate(t), Gate::Open(Timestamp(60_000)));
        let t = Timestamp(60_000);
        assert_eq!(b.gate(t), Gate::Probe);
        b.probe_started();
        assert!(matches!(b.gate(t), Gate::Open(_)), "only one probe at a time");
        b.failure(t);
        assert_eq!(b.gate(t), Gate::Open(Timestamp(180_000)));
        for _ in 0..10 {
            b.failure(t);
        }
        assert_eq!(b.gate(t), Gate::Open(t.plus_secs(900)));
        b.success();
        assert_eq!(b.gate(t), Gate::Closed);
    }

    #[test]
    fn a_probe_that_proved_nothing_makes_room_for_the_next() {
        let mut b = Breaker::default();
        for _ in 0..5 {
            b.failure(Timestamp(0));
        }
        let t = Timestamp(60_000);
        b.probe_started();
        b.probe_ended();
        assert_eq!(b.gate(t), Gate::Probe);
    }
}
