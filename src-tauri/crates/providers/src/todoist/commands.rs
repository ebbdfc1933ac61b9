//! Commands of the Sync endpoint, and the UUIDs that make them safe to repeat (PROVIDERS 6.1).

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Priority, TaskFields, TaskPatch, TaskStatus},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    due, error,
    model::{Status, Synced, WireDue},
};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Command {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub uuid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temp_id: Option<String>,
    pub args: Map<String, Value>,
}

impl Command {
    fn new<const N: usize>(kind: &'static str, uuid: String, args: [(&str, Value); N]) -> Self {
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { kind, uuid, temp_id: None, args }
    }

    fn set(&mut self, name: &str, value: Value) {
        self.args.insert(name.to_owned(), value);
    }
}

/// A UUID (version 8) that is the same for the same key and purpose: a write that needs several is repeated with the same ones.
pub fn derived(key: &str, purpose: &str) -> String {
    let digest = Sha256::digest(format!("{key}/{purpose}"));
    let mut bytes: Vec<u8> = digest.iter().copied().take(16).collect();
    for (at, mask, bits) in [(6, 0x0f, 0x80), (8, 0x3f, 0x80)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = (*byte & mask) | bits;
        }
    }
    bytes.iter().enumerate().fold(String::with_capacity(36), |text, (at, byte)| {
        let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
        text + dash + &format!("{byte:02x}")
    })
}

/// Todoist has four steps: Low is none of its.
const fn priority(priority: Priority) -> u8 {
    match priority {
        Priority::Urgent => 4,
        Priority::High => 3,
        Priority::Medium => 2,
        Priority::Low | Priority::None => 1,
    }
}

pub fn add(list: &RemoteId, key: &str, fields: &TaskFields) -> Command {
    let mut command = Command::new(
        "item_add",
        key.to_owned(),
        // Words with an @ in the title are the person's own, not labels.
        [("content", json!(fields.title)), ("project_id", json!(list)), ("auto_parse_labels", json!(false))],
    );
    if !fields.notes.is_empty() {
        command.set("description", json!(fields.notes));
    }
    if let Some(due) = &fields.due {
        command.set("due", due::write(due, None));
    }
    if priority(fields.priority) != 1 {
        command.set("priority", json!(priority(fields.priority)));
    }
    if !fields.labels.is_empty() {
        command.set("labels", json!(fields.labels));
    }
    if let Some(parent) = &fields.parent {
        command.set("parent_id", json!(parent));
    }
    command.temp_id = Some(derived(key, "temp_id"));
    command
}

/// Ends the task for good, also one that repeats.
pub fn complete(id: &RemoteId, uuid: String) -> Command {
    Command::new("item_complete", uuid, [("id", json!(id))])
}

pub fn delete(id: &RemoteId, key: &str) -> Command {
    Command::new("item_delete", key.to_owned(), [("id", json!(id))])
}

/// What makes of a task in `list`, that was `before`, what the patch says; empty where Todoist has no such difference. The first command
/// has the key itself. `there`: what is due at Todoist.
pub fn update(list: &RemoteId, id: &RemoteId, key: &str, before: &TaskFields, patch: &TaskPatch, there: Option<&WireDue>) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut push = |kind: &'static str, args: Vec<(&'static str, Value)>| {
        let uuid = if commands.is_empty() { key.to_owned() } else { derived(key, kind) };
        let mut command = Command::new(kind, uuid, [("id", json!(id))]);
        for (name, value) in args {
            command.set(name, value);
        }
        commands.push(command);
    };
    let (was, is) = (before.status.is_closed(), patch.status.map(TaskStatus::is_closed));
    if was && is == Some(false) {
        push("item_uncomplete", Vec::new());
    }
    match (&patch.parent, &patch.list) {
        // Where the parent is, there it goes.
        (Some(Some(parent)), _) => push("item_move", vec![("parent_id", json!(parent))]),
        (_, Some(to)) => push("item_move", vec![("project_id", json!(to))]),
        (Some(None), None) => push("item_move", vec![("project_id", json!(list))]),
        (None, None) => {}
    }
    let fields = changed(patch, there);
    if !fields.is_empty() {
        push("item_update", fields);
    }
    if !was && is == Some(true) {
        // What the apps do: one that repeats goes on to its next date. Who cancels it wants no next date.
        push(if patch.status == Some(TaskStatus::Cancelled) { "item_complete" } else { "item_close" }, Vec::new());
    }
    commands
}

fn changed(patch: &TaskPatch, there: Option<&WireDue>) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    if let Some(title) = &patch.title {
        fields.push(("content", json!(title)));
    }
    if let Some(notes) = &patch.notes {
        fields.push(("description", json!(notes)));
    }
    if let Some(due) = &patch.due {
        fields.push(("due", due.as_ref().map_or(Value::Null, |due| due::write(due, there))));
    }
    if let Some(to) = patch.priority {
        fields.push(("priority", json!(priority(to))));
    }
    if let Some(labels) = &patch.labels {
        fields.push(("labels", json!(labels)));
    }
    fields
}

/// The first command that was not done.
pub fn check(what: &str, commands: &[Command], synced: &Synced, now: Timestamp) -> Result<(), ProviderError> {
    for command in commands {
        match synced.sync_status.get(&command.uuid) {
            Some(Status::Done(ok)) if ok == "ok" => {}
            Some(Status::Failed(failure)) => return Err(error::of_command(what, failure, now)),
            Some(Status::Done(_)) | None => return Err(error::protocol("a command without an outcome")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::tasks::Due;

    use super::*;

    const KEY: &str = "0f5c0000-0000-4000-8000-000000000001";

    fn commands(before: &TaskFields, patch: TaskPatch, there: Option<&WireDue>) -> Vec<(&'static str, Value)> {
        let made = update(&"p".into(), &"t".into(), KEY, before, &patch, there);
        let uuids: std::collections::BTreeSet<&str> = made.iter().map(|c| c.uuid.as_str()).collect();
        assert_eq!(uuids.len(), made.len());
        assert_eq!(made, update(&"p".into(), &"t".into(), KEY, before, &patch, there), "repeated with the same uuids");
        made.into_iter().map(|c| (c.kind, Value::Object(c.args))).collect()
    }

    #[test]
    fn uuids_are_the_keys_own_and_derived_from_it() {
        let uuid = derived(KEY, "item_close");
        assert_eq!(uuid, derived(KEY, "item_close"));
        assert_ne!(uuid, derived(KEY, "item_move"));
        assert_ne!(uuid, derived("other", "item_close"));
        let shape: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!((shape, uuid.as_bytes()[14]), (vec![8, 4, 4, 4, 12], b'8'));
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }

    #[test]
    fn only_what_changed_is_named() {
        let before = TaskFields { title: "A".into(), due: Some(Due::Day { day: "2026-11-20".into() }), ..TaskFields::default() };
        let title = TaskPatch { title: Some("B".into()), ..TaskPatch::default() };
        assert_eq!(commands(&before, title, None), [("item_update", json!({"id": "t", "content": "B"}))]);
        let rest = TaskPatch {
            notes: Some(String::new()),
            due: Some(None),
            priority: Some(Priority::Low),
            labels: Some(vec![]),
            ..TaskPatch::default()
        };
        let args = json!({"id": "t", "description": "", "due": null, "priority": 1, "labels": []});
        assert_eq!(commands(&before, rest, None), [("item_update", args)]);
        assert_eq!(commands(&before, TaskPatch::default(), None), []);
        let started = TaskPatch { status: Some(TaskStatus::Started), ..TaskPatch::default() };
        assert_eq!(commands(&before, started, None), []);
    }

    #[test]
    fn a_repeating_due_goes_on_repeating() {
        let there = WireDue { date: "2026-11-20".into(), is_recurring: true, string: "every friday".into(), ..WireDue::default() };
        let patch = TaskPatch { due: Some(Some(Due::Day { day: "2026-11-21".into() })), ..TaskPatch::default() };
        let args = json!({"id": "t", "due": {"date": "2026-11-21", "is_recurring": true, "string": "every friday"}});
        assert_eq!(commands(&TaskFields::default(), patch, Some(&there)), [("item_update", args)]);
    }

    #[test]
    fn moves_and_ends_come_in_their_order() {
        let open = TaskFields::default();
        let done = TaskFields { status: TaskStatus::Done, ..TaskFields::default() };
        let patch = |status, parent, list: Option<&str>| TaskPatch {
            title: Some("B".into()),
            status,
            parent,
            list: list.map(RemoteId::from),
            ..TaskPatch::default()
        };
        let kinds = |before: &TaskFields, patch| commands(before, patch, None).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
        assert_eq!(kinds(&open, patch(Some(TaskStatus::Done), None, Some("q"))), ["item_move", "item_update", "item_close"]);
        assert_eq!(kinds(&open, patch(Some(TaskStatus::Cancelled), None, None)), ["item_update", "item_complete"]);
        assert_eq!(kinds(&done, patch(Some(TaskStatus::Open), None, None)), ["item_uncomplete", "item_update"]);
        assert_eq!(kinds(&done, patch(Some(TaskStatus::Cancelled), None, None)), ["item_update"]);
        for (parent, list, to) in [
            (Some(Some(RemoteId::from("a"))), Some("q"), json!({"id": "t", "parent_id": "a"})),
            (Some(None), Some("q"), json!({"id": "t", "project_id": "q"})),
            (Some(None), None, json!({"id": "t", "project_id": "p"})),
            (None, Some("q"), json!({"id": "t", "project_id": "q"})),
        ] {
            assert_eq!(commands(&open, patch(None, parent, list), None)[0], ("item_move", to));
        }
    }

    #[test]
    fn a_new_task_names_what_it_has() {
        let bare = add(&"p".into(), KEY, &TaskFields { title: "Mail @bo".into(), ..TaskFields::default() });
        assert_eq!((bare.kind, bare.uuid.as_str()), ("item_add", KEY));
        assert_eq!(Value::Object(bare.args), json!({"content": "Mail @bo", "project_id": "p", "auto_parse_labels": false}));
        let fields = TaskFields {
            title: "A".into(),
            notes: "n".into(),
            due: Some(Due::Day { day: "2026-11-20".into() }),
            priority: Priority::Urgent,
            labels: vec!["l".into()],
            status: TaskStatus::Open,
            parent: Some("a".into()),
        };
        let command = add(&"p".into(), KEY, &fields);
        let args = json!({
            "content": "A", "project_id": "p", "auto_parse_labels": false, "description": "n", "due": {"date": "2026-11-20"},
            "priority": 4, "labels": ["l"], "parent_id": "a",
        });
        assert_eq!(Value::Object(command.args), args);
        assert_eq!(command.temp_id, add(&"p".into(), KEY, &fields).temp_id);
    }

    #[test]
    fn every_command_needs_its_outcome() {
        let made = [delete(&"t".into(), "k")];
        let outcome = |text: &str| check("x", &made, &serde_json::from_str::<Synced>(text).unwrap(), Timestamp(0)).map_err(|e| e.code());
        assert_eq!(outcome(r#"{"sync_status":{"k":"ok"}}"#), Ok(()));
        assert_eq!(outcome(r#"{"sync_status":{"k":"later"}}"#), Err("protocol"));
        assert_eq!(outcome(r#"{"sync_status":{"other":"ok"}}"#), Err("protocol"));
        assert_eq!(outcome(r#"{"sync_status":{"k":{"http_code":404,"error_tag":"ITEM_NOT_FOUND"}}}"#), Err("not_found"));
    }
}
