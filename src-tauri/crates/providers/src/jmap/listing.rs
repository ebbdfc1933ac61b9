//! One page of all mail, newest first (RFC 8621 section 4.4).
//!
//! New mail comes in at the front and moves every position on, so a page begins after a mail that the one before named (RFC 8620 section 5.5,
//! `anchor`). That mail may have gone meanwhile: then one before it will do, and what is named twice does no harm.

use domain::{error::ProviderError, time::Timestamp};
use serde_json::{Map, Value, json};

use super::{
    answers::{Answers, Calls},
    api::Api,
    model::{Email, Found, Got, PROPERTIES},
};

const THE_MAIL: &str = "the list of mails";
/// Mails of a page that the next one may begin after.
const ANCHORS: usize = 5;

pub struct Page {
    pub mails: Vec<Email>,
    /// Where the next page begins: the last mail of this one, and those before it.
    pub anchors: Vec<String>,
    pub total: u64,
    pub end: bool,
}

/// Which mail is listed.
pub struct Wanted<'a> {
    /// Only what came since.
    pub since: Option<Timestamp>,
    /// Only what lies in another folder than these.
    pub excluded: &'a [String],
}

/// The page after the newest of `anchors` that is still there (none: the first page). [`ProviderError::CursorExpired`] where all of them are
/// gone.
pub async fn page(api: &Api, wanted: &Wanted<'_>, anchors: &[String], items: usize) -> Result<Page, ProviderError> {
    let mut tried = anchors.iter();
    loop {
        let anchor = tried.next();
        if anchor.is_none() && !anchors.is_empty() {
            return Err(ProviderError::CursorExpired);
        }
        let mut answers = api.ask(THE_MAIL, &calls(wanted, anchor, items)).await?;
        if answers.error(0).is_some_and(|error| error.kind == "anchorNotFound") {
            continue;
        }
        return read(&mut answers, items);
    }
}

fn calls(wanted: &Wanted<'_>, anchor: Option<&String>, items: usize) -> Calls {
    let mut query = Map::from_iter([
        ("sort".to_owned(), json!([{"property": "receivedAt", "isAscending": false}])),
        ("limit".to_owned(), json!(items)),
        ("calculateTotal".to_owned(), json!(true)),
    ]);
    let mut filter = Map::new();
    if let Some(since) = wanted.since {
        let at = chrono::DateTime::from_timestamp_millis(since.millis()).unwrap_or_default();
        filter.insert("after".to_owned(), json!(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)));
    }
    if !wanted.excluded.is_empty() {
        filter.insert("inMailboxOtherThan".to_owned(), json!(wanted.excluded));
    }
    if !filter.is_empty() {
        query.insert("filter".to_owned(), Value::Object(filter));
    }
    if let Some(anchor) = anchor {
        query.insert("anchor".to_owned(), json!(anchor));
        query.insert("anchorOffset".to_owned(), json!(1));
    }
    let calls = Calls::one("Email/query", Value::Object(query));
    let ids = calls.result(0, "/ids");
    calls.and("Email/get", json!({"#ids": ids, "properties": PROPERTIES}))
}

fn read(answers: &mut Answers, items: usize) -> Result<Page, ProviderError> {
    let found: Found = answers.take(THE_MAIL, 0, "Email/query")?;
    let got: Got<Email> = answers.take(THE_MAIL, 1, "Email/get")?;
    // A server may give fewer at a time, and says so.
    let end = found.ids.is_empty() || found.ids.len() < found.limit.unwrap_or(items).min(items);
    let anchors = found.ids.iter().rev().take(ANCHORS).cloned().collect();
    Ok(Page { mails: got.list, anchors, total: found.total.unwrap_or(0), end })
}
