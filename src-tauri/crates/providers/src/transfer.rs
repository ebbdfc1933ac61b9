//! Bytes of files on their way, whoever the provider is: an upload and a download both go on where they broke off, and both are compared
//! with what the other side has.

use domain::error::ProviderError;

use crate::http::{
    Http,
    patience::{self, Jitter, Sleep},
};

pub(crate) mod checksum;
pub(crate) mod fetch;
pub(crate) mod send;

/// How one account waits between attempts.
pub(crate) struct Waits<'a> {
    pub sleep: &'a Sleep,
    pub jitter: &'a Jitter,
    pub http: &'a Http,
}

impl Waits<'_> {
    /// Before try number `tries` + 1; the error comes back when that is one too many.
    async fn again(&self, tries: u32, error: ProviderError) -> Result<(), ProviderError> {
        patience::before_again(self.sleep, self.jitter, tries, error, self.http.now()).await
    }
}

#[cfg(test)]
pub(crate) mod tests;
