//! OData query options, as strict as Graph is with messages: what may go together, and what is not there at all.

use chrono::DateTime;
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    call::{Answer, Call},
    error::GraphError,
    mailbox::Item,
};

/// Largest page.
const MAX_TOP: usize = 1000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub select: Vec<String>,
    pub top: Option<usize>,
    pub skip: usize,
    /// (property, operator, literal), all of which must hold.
    pub filter: Vec<(String, String, String)>,
    /// (property, descending).
    pub order: Option<(String, bool)>,
    pub search: Option<String>,
}

/// Properties of a message that may be selected.
pub(super) const MESSAGE: [&str; 31] = [
    "id",
    "changeKey",
    "conversationId",
    "conversationIndex",
    "internetMessageId",
    "internetMessageHeaders",
    "subject",
    "bodyPreview",
    "body",
    "uniqueBody",
    "from",
    "sender",
    "toRecipients",
    "ccRecipients",
    "bccRecipients",
    "replyTo",
    "receivedDateTime",
    "sentDateTime",
    "createdDateTime",
    "lastModifiedDateTime",
    "hasAttachments",
    "isRead",
    "isDraft",
    "importance",
    "inferenceClassification",
    "categories",
    "flag",
    "parentFolderId",
    "webLink",
    "isDeliveryReceiptRequested",
    "isReadReceiptRequested",
];
pub(super) const FOLDER: [&str; 7] =
    ["id", "displayName", "parentFolderId", "childFolderCount", "totalItemCount", "unreadItemCount", "isHidden"];

impl Options {
    /// `properties` may be selected; `more` are the further options that the method takes.
    pub fn of(call: &Call<'_>, properties: &[&str], more: &[&str]) -> Result<Self, GraphError> {
        let mut options = Self::default();
        for (n, (name, value)) in call.query.iter().enumerate() {
            if call.query.iter().take(n).any(|(other, _)| other == name) {
                return Err(GraphError::query(format!("Query option '{name}' was specified more than once.")));
            }
            match name.as_str() {
                "$select" => options.select = select(value, properties)?,
                "$top" => options.top = Some(number(name, value).and_then(|n| in_range(name, n))?),
                "$skip" => options.skip = number(name, value)?,
                "$filter" => options.filter = filter(value)?,
                "$orderby" => options.order = Some(order(value)?),
                "$search" => options.search = Some(search(value)?),
                other if more.contains(&other) => {}
                other => return Err(GraphError::query(format!("The query option '{other}' is not supported here."))),
            }
        }
        options.check()?;
        Ok(options)
    }

    /// What may not go together.
    fn check(&self) -> Result<(), GraphError> {
        let refuse = |code, text: &str| Err(GraphError::new(400, code, text));
        if self.search.is_some() {
            if !self.filter.is_empty() {
                return refuse("SearchWithFilter", "The query parameters '$search' and '$filter' are not supported together.");
            }
            if self.order.is_some() {
                return refuse("SearchWithOrderBy", "The query parameters '$search' and '$orderby' are not supported together.");
            }
            if self.skip > 0 {
                return refuse("SearchWithSkip", "The query parameter '$skip' is not supported with '$search'.");
            }
        }
        // A property that is sorted by must be filtered by, and first.
        if let (Some((by, _)), Some((first, ..))) = (&self.order, self.filter.first())
            && by != first
        {
            return refuse("InefficientFilter", "The restriction or sort order is too complex for this operation.");
        }
        Ok(())
    }

    pub fn matches(&self, item: &Item) -> bool {
        let found = |text: &str| {
            let all = format!("{} {:?} {:?} {}", item.head.subject, item.head.from, item.head.to, item.head.body).to_lowercase();
            text.to_lowercase().split_whitespace().all(|word| all.contains(word))
        };
        self.search.as_deref().is_none_or(found) && self.filter.iter().all(|(p, op, v)| holds(item, p, op, v))
    }
}

pub(super) fn number(name: &str, value: &str) -> Result<usize, GraphError> {
    value.parse().map_err(|_| GraphError::query(format!("Invalid value '{value}' for {name}.")))
}

pub(super) fn in_range(name: &str, n: usize) -> Result<usize, GraphError> {
    if (1..=MAX_TOP).contains(&n) { Ok(n) } else { Err(GraphError::query(format!("The limit of '1000' for {name} has been exceeded."))) }
}

pub(super) fn select(value: &str, properties: &[&str]) -> Result<Vec<String>, GraphError> {
    let known = |name: &str| {
        let found = properties.iter().find(|p| **p == name).map(|p| (*p).to_owned());
        let text = format!("Parsing OData Select and Expand failed: Could not find a property named '{name}'.");
        found.ok_or_else(|| GraphError::new(400, "RequestBroker--ParseUri", text))
    };
    value.split(',').map(str::trim).filter(|s| !s.is_empty()).map(known).collect()
}

fn order(value: &str) -> Result<(String, bool), GraphError> {
    let (by, descending) = match value.split(' ').collect::<Vec<_>>().as_slice() {
        [by] | [by, "asc"] => (*by, false),
        [by, "desc"] => (*by, true),
        _ => return Err(GraphError::query(format!("Invalid $orderby '{value}'."))),
    };
    if !["receivedDateTime", "subject", "isRead"].contains(&by) {
        return Err(GraphError::query(format!("This stand-in does not sort by '{by}'.")));
    }
    Ok((by.to_owned(), descending))
}

fn search(value: &str) -> Result<String, GraphError> {
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    let text = "Syntax error: the value of $search must be in double quotes.";
    inner.filter(|v| !v.is_empty() && !v.contains('"')).map(str::to_owned).ok_or_else(|| GraphError::query(text))
}

/// `a eq 'x' and b ge 2026-01-01T00:00:00Z`.
fn filter(value: &str) -> Result<Vec<(String, String, String)>, GraphError> {
    value.split(" and ").map(clause).collect()
}

fn clause(text: &str) -> Result<(String, String, String), GraphError> {
    let bad = |why: &str| GraphError::new(400, "ErrorInvalidUrlQueryFilter", format!("The query filter is invalid: {why}."));
    let mut parts = text.trim().splitn(3, ' ');
    let (Some(property), Some(op), Some(literal)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(bad("a clause is cut off"));
    };
    if !["eq", "ne", "ge", "gt", "le", "lt"].contains(&op) {
        return Err(bad("unknown operator"));
    }
    let literal = match property {
        "receivedDateTime" => {
            let at = DateTime::parse_from_rfc3339(literal).map_err(|_| bad("not a point in time"))?;
            at.timestamp_millis().to_string()
        }
        "isRead" | "isDraft" | "hasAttachments" if ["true", "false"].contains(&literal) => literal.to_owned(),
        "internetMessageId" | "subject" | "conversationId" | "flag/flagStatus" | "from/emailAddress/address" | "parentFolderId" => {
            let inner = literal.strip_prefix('\'').and_then(|l| l.strip_suffix('\'')).ok_or_else(|| bad("a text must be in quotes"))?;
            inner.replace("''", "'")
        }
        other => return Err(bad(&format!("'{other}' can't be filtered by"))),
    };
    Ok((property.to_owned(), op.to_owned(), literal))
}

fn holds(item: &Item, property: &str, op: &str, literal: &str) -> bool {
    if property == "receivedDateTime" {
        let at: i64 = literal.parse().unwrap_or_default();
        let mine = item.received.millis();
        return match op {
            "ge" => mine >= at,
            "gt" => mine > at,
            "le" => mine <= at,
            "lt" => mine < at,
            "eq" => mine == at,
            _ => mine != at,
        };
    }
    let value = match property {
        "isRead" => item.read.to_string(),
        "isDraft" => item.draft.to_string(),
        "hasAttachments" => item.head.has_attachments.to_string(),
        "internetMessageId" => format!("<{}>", item.head.message_id),
        "subject" => item.head.subject.clone(),
        "conversationId" => item.conversation.clone(),
        "flag/flagStatus" => item.flag.clone(),
        "from/emailAddress/address" => item.head.from.first().map(|(_, a)| a.clone()).unwrap_or_default(),
        _ => item.folder.clone(),
    };
    if op == "ne" { value != literal } else { op == "eq" && value == literal }
}

/// One page of a list; `page` things where no other number is asked for.
pub(super) fn listed<T>(call: &Call<'_>, options: &Options, page: usize, context: &str, all: &[T], show: impl Fn(&T) -> Value) -> Answer {
    let top = options.top.unwrap_or(page);
    let value: Vec<Value> = all.iter().skip(options.skip).take(top).map(show).collect();
    let mut body = json!({"@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#{context}"), "value": value});
    if all.len() > options.skip + top
        && let Some(map) = body.as_object_mut()
    {
        map.insert("@odata.nextLink".to_owned(), json!(next(call, options.skip + top)));
    }
    Answer::ok(body)
}

/// The address of the next page by `$skip`.
fn next(call: &Call<'_>, skip: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(call.query.iter().filter(|(n, _)| n != "$skip"));
    query.append_pair("$skip", &skip.to_string());
    let path: Vec<String> = call.path.iter().map(|s| url::form_urlencoded::byte_serialize(s.as_bytes()).collect()).collect();
    format!("{}/v1.0/{}?{}", call.base, path.join("/"), query.finish())
}

/// `receivedDateTime ge …` alone, as delta takes it. Milliseconds.
pub(super) fn delta_since(options: &Options) -> Result<Option<Timestamp>, GraphError> {
    match options.filter.as_slice() {
        [] => Ok(None),
        [(property, op, at)] if property == "receivedDateTime" && ["ge", "gt"].contains(&op.as_str()) => {
            let at: i64 = at.parse().unwrap_or_default();
            Ok(Some(Timestamp(if op == "gt" { at + 1 } else { at })))
        }
        _ => Err(GraphError::new(400, "ErrorInvalidUrlQueryFilter", "Change tracking supports only receivedDateTime ge and gt.")),
    }
}
