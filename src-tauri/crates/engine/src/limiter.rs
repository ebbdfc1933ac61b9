//! Token bucket with a "not before": the engine's own restraint per connection, beside the quota arithmetic that each
//! provider client does for itself (a Gmail read costs 20 units, an IMAP command none). Pure: time is an argument.

use domain::time::Timestamp;

/// `capacity` calls at once, refilled evenly over `per_ms`.
#[derive(Clone, Debug)]
pub struct Limiter {
    capacity: f64,
    per_ms: f64,
    tokens: f64,
    at: Timestamp,
    blocked_until: Option<Timestamp>,
}

impl Limiter {
    pub fn new(capacity: u32, per_ms: u32, now: Timestamp) -> Self {
        Self { capacity: f64::from(capacity), per_ms: f64::from(per_ms.max(1)), tokens: f64::from(capacity), at: now, blocked_until: None }
    }

    /// Takes one token, or says when one will be there.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        if let Some(until) = self.blocked_until {
            if until > now {
                return Err(until);
            }
            self.blocked_until = None;
        }
        self.tokens = self.tokens_at(now);
        self.at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(now.plus_millis(self.wait_ms(self.tokens)))
    }

    /// A clock that went backwards refills nothing and breaks nothing.
    fn tokens_at(&self, now: Timestamp) -> f64 {
        let elapsed = now.since(self.at).max(0) as f64;
        (self.tokens + elapsed * self.capacity / self.per_ms).min(self.capacity)
    }

    fn wait_ms(&self, tokens: f64) -> i64 {
        (((1.0 - tokens) * self.per_ms / self.capacity).ceil() as i64).max(1)
    }

    /// `Retry-After`: nothing goes out before `until`.
    pub fn block(&mut self, until: Timestamp) {
        self.blocked_until = Some(self.blocked_until.map_or(until, |b| b.max(until)));
    }

    /// Until when nothing goes: the provider's wish, or the next token. None: now is fine.
    pub fn blocked_until(&self, now: Timestamp) -> Option<Timestamp> {
        let tokens = self.tokens_at(now);
        let next = (tokens < 1.0).then(|| now.plus_millis(self.wait_ms(tokens)));
        self.asked_until(now).max(next)
    }

    /// The provider's wish alone.
    pub fn asked_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.blocked_until.filter(|u| *u > now)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn spends_refills_and_waits() {
        let t0 = Timestamp(0);
        let mut l = Limiter::new(2, 1000, t0);
        assert_eq!(l.take(t0), Ok(()));
        assert_eq!(l.take(t0), Ok(()));
        assert_eq!(l.take(t0), Err(Timestamp(500)));
        assert_eq!(l.take(Timestamp(500)), Ok(()));
        assert!(l.take(Timestamp(400)).is_err(), "clock went back");
        assert_eq!(l.take(Timestamp(1500)), Ok(()));
    }

    #[test]
    fn an_empty_bucket_says_when_it_goes_on() {
        let mut l = Limiter::new(1, 1000, Timestamp(0));
        assert_eq!(l.blocked_until(Timestamp(0)), None);
        l.take(Timestamp(0)).unwrap();
        assert_eq!(l.blocked_until(Timestamp(0)), Some(Timestamp(1000)));
        assert_eq!(l.asked_until(Timestamp(0)), None);
        l.block(Timestamp(5000));
        assert_eq!(l.blocked_until(Timestamp(0)), Some(Timestamp(5000)));
        assert_eq!(l.blocked_until(Timestamp(5000)), None);
    }

    #[test]
    fn retry_after_blocks_everything_and_is_never_shortened() {
        let mut l = Limiter::new(10, 1000, Timestamp(0));
        l.block(Timestamp(5000));
        l.block(Timestamp(3000));
        assert_eq!(l.take(Timestamp(4999)), Err(Timestamp(5000)));
        assert_eq!(l.take(Timestamp(5000)), Ok(()));
    }
}
