//! How long to wait before trying again (PROVIDERS 0.3): full jitter, `random(0, min(cap, base * 2^n))`, so that many
//! scopes that failed together do not come back together. What the provider asks for always wins.

use domain::time::Timestamp;

/// First step.
pub const BASE_MS: i64 = 500;
/// Longest wait of something the person waits for.
pub const CAP_FOREGROUND_MS: i64 = 60_000;
/// Longest wait of background work.
pub const CAP_BACKGROUND_MS: i64 = 15 * 60_000;
/// Attempts of a queued write before it wedges. Background sync never gives up.
pub const MAX_ATTEMPTS: u32 = 12;

/// Milliseconds to wait after `failures` failures in a row (1 = the first). `unit` is a random number in 0..1.
pub fn full_jitter(failures: u32, cap_ms: i64, unit: f64) -> i64 {
    let exponent = failures.saturating_sub(1).min(30);
    let ceiling = BASE_MS.saturating_mul(1_i64 << exponent).clamp(0, cap_ms);
    (ceiling as f64 * unit.clamp(0.0, 1.0)) as i64
}

/// When to try again. A wish of the provider is kept, plus up to a tenth of it, and never shortened.
pub fn next_attempt(now: Timestamp, failures: u32, retry_at: Option<Timestamp>, cap_ms: i64, unit: f64) -> Timestamp {
    match retry_at {
        Some(at) if at > now => at.plus_millis((at.since(now) as f64 * 0.1 * unit.clamp(0.0, 1.0)) as i64),
        // Never at once: a loop without a pause would burn the provider's quota and our battery.
        _ => now.plus_millis(full_jitter(failures, cap_ms, unit).max(BASE_MS / 2)),
    }
}

/// A uniform number in 0..1 from the system's generator, for the edges; inner functions take it as an argument.
pub fn unit() -> f64 {
    (getrandom::u64().unwrap_or(1 << 63) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_the_cap_and_keeps_the_jitter_inside() {
        assert_eq!(full_jitter(1, CAP_FOREGROUND_MS, 1.0), 500);
        assert_eq!(full_jitter(2, CAP_FOREGROUND_MS, 1.0), 1000);
        assert_eq!(full_jitter(5, CAP_FOREGROUND_MS, 0.5), 4000);
        assert_eq!(full_jitter(60, CAP_FOREGROUND_MS, 1.0), CAP_FOREGROUND_MS);
        assert_eq!(full_jitter(u32::MAX, CAP_BACKGROUND_MS, 1.0), CAP_BACKGROUND_MS);
        assert_eq!(full_jitter(9, CAP_FOREGROUND_MS, 0.0), 0);
    }

    #[test]
    fn the_provider_is_never_asked_earlier_than_it_said() {
        let now = Timestamp(1_000_000);
        let at = now.plus_secs(100);
        assert_eq!(next_attempt(now, 1, Some(at), CAP_FOREGROUND_MS, 0.0), at);
        assert_eq!(next_attempt(now, 1, Some(at), CAP_FOREGROUND_MS, 1.0), at.plus_secs(10));
        // A date in the past is as good as none.
        assert!(next_attempt(now, 1, Some(Timestamp(5)), CAP_FOREGROUND_MS, 0.0) > now);
    }

    #[test]
    fn unit_is_a_fraction() {
        for _ in 0..100 {
            assert!((0.0..1.0).contains(&unit()));
        }
    }
}
