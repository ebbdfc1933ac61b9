//! Trying again after a refusal that time heals, with the waits that all sources of one account share.

use domain::{error::ProviderError, time::Timestamp};

use super::shared::Shared;
use crate::http::patience;

pub use patience::{ATTEMPTS, Jitter, Sleep, passing};

/// Waits before try number `tries` + 1, or gives the error back when that is one too many.
pub async fn before_again(shared: &Shared, tries: u32, error: ProviderError, now: Timestamp) -> Result<(), ProviderError> {
    patience::before_again(&shared.sleep, &shared.jitter, tries, error, now).await
}
