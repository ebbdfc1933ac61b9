//! `GET /events`: what became of a person's tasks since a sync token; without one, or with one that is too old, a fresh token and 412.

use serde_json::{Value, json};

use super::{Answer, Asked, error::Refusal, world::AsanaWorld};
use crate::text;

/// Everything up to `serial` was told of this list.
fn seal(serial: u64, list: &str) -> String {
    text::b64url(format!("{serial}:{list}").as_bytes())
}

fn open(token: &str) -> Option<(u64, String)> {
    let text = String::from_utf8(text::b64url_strict(token)?).ok()?;
    let (serial, list) = text.split_once(':')?;
    Some((serial.parse().ok()?, list.to_owned()))
}

pub(super) fn events(world: &AsanaWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    asked.params(&["resource", "sync"])?;
    let list = asked.get("resource").ok_or_else(|| Refusal::new(400, "resource: Missing input"))?;
    if !world.workspaces.iter().any(|workspace| workspace.task_list == list) {
        return Err(Refusal::unknown("resource", list));
    }
    let fresh = || Refusal::sync(seal(world.serial, list));
    let (serial, _) =
        asked.get("sync").and_then(open).filter(|(serial, of)| of == list && *serial >= world.void_before).ok_or_else(fresh)?;
    let mut since = world.events.iter().filter(|event| event.serial > serial && event.task_list == list);
    let told: Vec<_> = since.by_ref().take(world.switches.events).collect();
    let more = since.next().is_some();
    let end = if more { told.last().map_or(serial, |event| event.serial) } else { world.serial };
    let data: Vec<Value> = told
        .iter()
        .map(|event| {
            json!({
                "action": event.action,
                "type": "task",
                "created_at": event.at,
                "resource": {"gid": event.gid, "resource_type": "task", "resource_subtype": "default_task"},
                "parent": null,
            })
        })
        .collect();
    Ok(Answer { status: 200, body: json!({"data": data, "sync": seal(end, list), "has_more": more}) })
}
