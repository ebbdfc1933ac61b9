//! Sync tokens: opaque to everybody else, and bound to the resources that they were given for.

use super::error::Refusal;
use crate::text;

/// Everything up to the change `serial` was told.
pub(super) fn seal(serial: u64, resources: &[String]) -> String {
    text::b64url(format!("s{serial}\n{}", bound(resources)).as_bytes())
}

fn bound(resources: &[String]) -> String {
    let mut all = resources.to_vec();
    all.sort();
    all.dedup();
    all.join(",")
}

/// The change that a token stands for; None: it is `*`, or too old, so everything is told.
pub(super) fn open(token: &str, resources: &[String], void_before: u64) -> Result<Option<u64>, Refusal> {
    if token == "*" {
        return Ok(None);
    }
    let invalid = || Refusal::new(400, 34, "INVALID_SYNC_TOKEN", "Invalid sync token");
    let text = text::b64url_strict(token).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(invalid)?;
    let (serial, of) = text.split_once('\n').ok_or_else(invalid)?;
    let serial: u64 = serial.strip_prefix('s').and_then(|n| n.parse().ok()).ok_or_else(invalid)?;
    if of != bound(resources) {
        return Err(invalid());
    }
    Ok((serial >= void_before).then_some(serial))
}
