//! Trying again after a refusal that time heals (PROVIDERS 0.3).

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use domain::{error::ProviderError, time::Timestamp};

/// Waits; injected so that tests need no real time.
pub type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;
/// A number below the given ceiling; injected so that tests wait the same each time.
pub type Jitter = Arc<dyn Fn(u64) -> u64 + Send + Sync>;

pub fn real_sleep() -> Sleep {
    Arc::new(|duration| Box::pin(tokio::time::sleep(duration)))
}

pub fn real_jitter() -> Jitter {
    Arc::new(|ceiling| {
        let mut bytes = [0u8; 8];
        // Without randomness: the whole wait.
        if getrandom::fill(&mut bytes).is_err() || ceiling == 0 {
            return ceiling;
        }
        u64::from_le_bytes(bytes) % ceiling
    })
}

/// Attempts at one thing before the engine is told.
pub const ATTEMPTS: u32 = 5;
/// A longer wait is the engine's to keep: the lid may be closed meanwhile.
const LONGEST_MS: i64 = 60_000;

/// Whether another try may help.
pub fn passing(error: &ProviderError) -> bool {
    matches!(
        error,
        ProviderError::RateLimited { .. }
            | ProviderError::Server { .. }
            | ProviderError::Unreachable { .. }
            | ProviderError::Protocol { .. }
    )
}

/// Waits before try number `tries` + 1, or gives the error back when that is one too many.
pub async fn before_again(sleep: &Sleep, jitter: &Jitter, tries: u32, error: ProviderError, now: Timestamp) -> Result<(), ProviderError> {
    if tries >= ATTEMPTS {
        return Err(error);
    }
    let pause = match error.retry_at() {
        Some(at) if at.since(now) > LONGEST_MS => return Err(error),
        // Up to a tenth more, so that not all come back at the same moment.
        Some(at) => {
            let wait = at.since(now).max(0).unsigned_abs();
            wait + jitter(wait / 10 + 1)
        }
        // Full jitter: base 500 ms, doubled each time.
        None => jitter(1_000 << tries.saturating_sub(1).min(6)),
    };
    sleep(Duration::from_millis(pause)).await;
    Ok(())
}
