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
        // A clock that went backwards refills nothing and breaks nothing.
        let elapsed = now.since(self.at).max(0) as f64;
        self.at = now;
        self.tokens = (self.tokens + elapsed * self.capacity / self.per_ms).min(self.capacity);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = ((1.0 - self.tokens) * self.per_ms / self.capacity).ceil() as i64;
        Err(now.plus_millis(wait.max(1)))
    }

    /// `Retry-After`: nothing goes out before `until`.
    pub fn block(&mut self, until: Timestamp) {
        self.blocked_until = Some(self.blocked_until.map_or(until, |b| b.max(until)));
    }

    pub fn blocked_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.blocked_until.filter(|u| *u > now)
    }
}

#[cfg(test)]
mod tests {
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
    fn retry_after_blocks_everything_and_is_never_shortened() {
        let mut l = Limiter::new(10, 1000, Timestamp(0));
        l.block(Timestamp(5000));
        l.block(Timestamp(3000));
        assert_eq!(l.take(Timestamp(4999)), Err(Timestamp(5000)));
        assert_eq!(l.take(Timestamp(5000)), Ok(()));
    }
}
