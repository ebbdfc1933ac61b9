//! `Email/query` (RFC 8621 section 4.4): filters, the order of time, and windows by position or by anchor.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    args::Args,
    email::instant,
    error::MethodError,
    request::{Answers, Call},
    world::{ACCOUNT, Email},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Comparator {
    property: String,
    /// The default is true.
    is_ascending: Option<bool>,
}

fn unsupported() -> MethodError {
    MethodError::new("unsupportedFilter", "This filter is not known here.")
}

/// Whether a mail passes.
fn passes(email: &Email, filter: &Map<String, Value>) -> Result<bool, MethodError> {
    if let Some(operator) = filter.get("operator").and_then(Value::as_str) {
        let conditions = filter.get("conditions").and_then(Value::as_array).ok_or_else(unsupported)?;
        let mut results = Vec::new();
        for condition in conditions {
            results.push(passes(email, condition.as_object().ok_or_else(unsupported)?)?);
        }
        return match operator {
            "AND" => Ok(results.iter().all(|r| *r)),
            "OR" => Ok(results.iter().any(|r| *r)),
            "NOT" => Ok(!results.iter().any(|r| *r)),
            _ => Err(unsupported()),
        };
    }
    for (name, value) in filter {
        let text = || value.as_str().ok_or_else(|| MethodError::arguments(&format!("{name} is of another type.")));
        let passed = match name.as_str() {
            "inMailbox" => email.mailboxes.contains(text()?),
            "inMailboxOtherThan" => {
                let ids = value.as_array().ok_or_else(|| MethodError::arguments("inMailboxOtherThan is a list of ids."))?;
                email.mailboxes.iter().any(|id| !ids.iter().any(|one| one == id))
            }
            "hasKeyword" => email.keywords.contains(text()?),
            "notKeyword" => !email.keywords.contains(text()?),
            "after" => instant(text()?).is_some_and(|at| email.received >= at),
            "before" => instant(text()?).is_some_and(|at| email.received < at),
            "header" => {
                let parts: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let [field, rest @ ..] = parts.as_slice() else { return Err(MethodError::arguments("header has one or two elements.")) };
                let wanted = rest.first().map(|text| text.to_lowercase());
                email.head.fields.iter().any(|(name, text)| {
                    name.eq_ignore_ascii_case(field) && wanted.as_ref().is_none_or(|wanted| text.to_lowercase().contains(wanted))
                })
            }
            _ => return Err(unsupported()),
        };
        if !passed {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn query(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let filter: Map<String, Value> = args.take("filter")?.unwrap_or_default();
    let sort: Vec<Comparator> = args.take("sort")?.unwrap_or_default();
    let position = args.take::<i64>("position")?.unwrap_or(0);
    let (anchor, offset) = (args.take::<String>("anchor")?, args.take::<i64>("anchorOffset")?.unwrap_or(0));
    let (limit, total) = (args.take::<usize>("limit")?, args.take::<bool>("calculateTotal")?.unwrap_or(false));
    args.end()?;
    let world = &*call.world;
    let mut found: Vec<&Email> = Vec::new();
    for email in world.emails.values() {
        if passes(email, &filter)? {
            found.push(email);
        }
    }
    match sort.as_slice() {
        [] => {}
        [one] if one.property == "receivedAt" => {
            found.sort_by_key(|e| (e.received, e.id.clone()));
            if one.is_ascending == Some(false) {
                found.reverse();
            }
        }
        _ => return Err(MethodError::new("unsupportedSort", "This order is not known here.")),
    }
    let count = found.len() as i64;
    let start = match anchor {
        Some(anchor) => {
            let at = found.iter().position(|e| e.id == anchor);
            let at = at.ok_or_else(|| MethodError::new("anchorNotFound", "The anchor is not among the results."))?;
            (at as i64).saturating_add(offset)
        }
        None if position < 0 => count + position,
        None => position,
    };
    let start = start.max(0);
    let most = limit.unwrap_or(usize::MAX).min(world.switches.query_limit);
    let ids: Vec<&str> = found.iter().skip(usize::try_from(start).unwrap_or(usize::MAX)).take(most).map(|e| e.id.as_str()).collect();
    let mut body = json!({
        "accountId": ACCOUNT, "queryState": world.mail_log.state(), "canCalculateChanges": false, "position": start, "ids": ids,
    });
    if total {
        crate::text::put(&mut body, "total", json!(count));
    }
    if limit.is_none_or(|limit| limit > most) {
        crate::text::put(&mut body, "limit", json!(most));
    }
    Ok(vec![("Email/query", body)])
}
