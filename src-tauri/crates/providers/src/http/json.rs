//! Replies in JSON.

use domain::error::ProviderError;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// serde's message may quote values of the document: only where it is unreadable, not what stands there.
pub fn parse<T: DeserializeOwned>(host: &str, protocol: &'static str, body: &[u8]) -> Result<T, ProviderError> {
    serde_json::from_slice(body).map_err(|e| ProviderError::Protocol {
        host: host.to_owned(),
        protocol,
        detail: format!("unreadable JSON at line {}, column {}", e.line(), e.column()),
    })
}

/// For fields where null says the same as nothing.
pub fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A provider's words, fit to be shown: on one line, and not endless.
pub fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(300).collect()
}
