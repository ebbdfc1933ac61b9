//! Sync and page tokens: opaque to everybody else, and bound to the parameters they were given for.

use crate::{gmail::error::ApiError, text};

/// Not allowed beside a sync token (PROVIDERS 1.6).
const FORBIDDEN: [&str; 8] =
    ["iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin"];

/// All but those that say where to go on.
pub(super) fn parameters(query: &[(String, String)]) -> String {
    let mut kept: Vec<String> =
        query.iter().filter(|(k, _)| !["pageToken", "syncToken"].contains(&k.as_str())).map(|(k, v)| format!("{k}={v}")).collect();
    kept.sort();
    kept.join("&")
}

pub(super) fn check(query: &[(String, String)]) -> Result<(), ApiError> {
    if !query.iter().any(|(k, _)| k == "syncToken") {
        return Ok(());
    }
    match query.iter().find(|(k, _)| FORBIDDEN.contains(&k.as_str())) {
        Some((name, _)) => Err(ApiError::bad(format!("The syncToken parameter can't be used with {name}."))),
        None => Ok(()),
    }
}

fn seal(parts: [&str; 3]) -> String {
    text::b64url_padded(parts.join("\n").as_bytes())
}

fn open(token: &str) -> Option<(String, String, String)> {
    let text = String::from_utf8(text::b64url_strict(token)?).ok()?;
    let mut parts = text.splitn(3, '\n').map(str::to_owned);
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// Everything up to the change `serial` of this calendar was told.
pub(super) fn sync(calendar: &str, serial: u64, parameters: &str) -> String {
    seal([&format!("s{serial}"), calendar, parameters])
}

/// The change that a sync token stands for.
pub(super) fn of_sync(token: &str, calendar: &str, void_before: u64, parameters: &str) -> Result<u64, ApiError> {
    let invalid = || ApiError::new(400, "invalid", "Invalid sync token value.");
    let (kind, whose, bound) = open(token).ok_or_else(invalid)?;
    let serial: u64 = kind.strip_prefix('s').and_then(|n| n.parse().ok()).ok_or_else(invalid)?;
    if whose != calendar || bound != parameters {
        return Err(invalid());
    }
    if serial < void_before {
        return Err(ApiError::new(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required."));
    }
    Ok(serial)
}

/// Where a page begins: after `last`, in a listing that began at the change `serial`.
pub(super) fn page(generation: u32, serial: u64, last: &str) -> String {
    seal([&format!("p{generation}"), &serial.to_string(), last])
}

pub(super) fn of_page(token: &str, generation: u32) -> Result<(u64, String), ApiError> {
    let invalid = || ApiError::new(400, "invalid", "Invalid page token value.");
    let (kind, serial, last) = open(token).ok_or_else(invalid)?;
    let given: u32 = kind.strip_prefix('p').and_then(|n| n.parse().ok()).ok_or_else(invalid)?;
    if given != generation {
        return Err(invalid());
    }
    Ok((serial.parse().map_err(|_| invalid())?, last))
}
