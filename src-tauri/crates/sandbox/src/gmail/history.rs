//! `history.list` (PROVIDERS 1.5): one record per change, 404 for an id that is too old or was never given out.

use serde_json::{Value, json};

use super::{
    Answer, Call,
    error::ApiError,
    mailbox::{Event, Mailbox, Record},
    messages::{page_start, page_token},
};

pub(super) fn list(mailbox: &Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["startHistoryId", "maxResults", "pageToken", "labelId", "historyTypes"])?;
    let max = call.max_results()?;
    let start = call.param("startHistoryId").ok_or_else(|| ApiError::bad("Missing or malformed query parameter: startHistoryId"))?;
    let start: u64 = start.parse().map_err(|_| ApiError::bad(format!("Invalid value at 'start_history_id' (TYPE_UINT64), \"{start}\"")))?;
    let types: Vec<&str> = call.params("historyTypes").flat_map(|t| t.split(',')).collect();
    if let Some(unknown) = types.iter().find(|t| !["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"].contains(t)) {
        return Err(ApiError::bad(format!("Invalid value at 'history_types' \"{unknown}\"")));
    }
    if start < mailbox.history_floor() || start > mailbox.history_id() {
        return Err(ApiError::not_found());
    }
    let label = call.param("labelId");
    let list = format!("history|{start}|{types:?}|{label:?}");
    let position = page_start(call, &list)?;
    // The position is a history id: changes made between two pages move nothing.
    let from = if position == 0 { start } else { position as u64 };
    let mut hits = mailbox.history_since(from).filter(|r| types.is_empty() || types.contains(&kind(r))).filter(|r| {
        label.is_none_or(|label| {
            let own = |list: &Vec<String>| list.iter().any(|l| l == label);
            r.labels.contains(label) || matches!(&r.event, Event::LabelsAdded(l) | Event::LabelsRemoved(l) if own(l))
        })
    });
    let page: Vec<&Record> = hits.by_ref().take(max).collect();
    let more = hits.next().is_some();
    let mut reply = json!({"historyId": mailbox.history_id().to_string()});
    if let (Some(map), Some(last)) = (reply.as_object_mut(), page.last()) {
        if more {
            map.insert("nextPageToken".into(), json!(page_token(last.id as usize, &list)));
        }
        map.insert("history".into(), page.iter().map(|r| shown(r)).collect());
    }
    Ok(Answer::Json(reply))
}

const fn kind(record: &Record) -> &'static str {
    match record.event {
        Event::Added => "messageAdded",
        Event::Deleted => "messageDeleted",
        Event::LabelsAdded(_) => "labelAdded",
        Event::LabelsRemoved(_) => "labelRemoved",
    }
}

fn shown(record: &Record) -> Value {
    let stub = json!({"id": record.message.to_string(), "threadId": record.thread.to_string()});
    let message = json!({"id": record.message.to_string(), "threadId": record.thread.to_string(), "labelIds": record.labels});
    let (key, entry) = match &record.event {
        Event::Added => ("messagesAdded", json!([{"message": message}])),
        Event::Deleted => ("messagesDeleted", json!([{"message": message}])),
        Event::LabelsAdded(labels) => ("labelsAdded", json!([{"message": message, "labelIds": labels}])),
        Event::LabelsRemoved(labels) => ("labelsRemoved", json!([{"message": message, "labelIds": labels}])),
    };
    let mut value = json!({"id": record.id.to_string(), "messages": [stub]});
    if let Some(map) = value.as_object_mut() {
        map.insert(key.to_owned(), entry);
    }
    value
}
