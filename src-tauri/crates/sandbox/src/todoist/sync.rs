//! `POST /sync`: what changed, and commands (PROVIDERS 6.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Asked, commands, error::Refusal, task, tokens, world::TodoistWorld};
use crate::{fixtures::MARA, text};

/// Commands in one request.
const MOST_COMMANDS: usize = 100;
/// What can be asked for; of these the stand-in has projects, items and the user.
const RESOURCES: [&str; 8] = ["all", "items", "projects", "sections", "labels", "notes", "user", "reminders"];

pub(super) fn sync(world: &mut TodoistWorld, asked: &Asked<'_>) -> Result<Value, Refusal> {
    let media = asked.content_type.and_then(|value| value.split(';').next()).map(str::trim);
    if media != Some("application/x-www-form-urlencoded") {
        return Err(Refusal::new(415, 0, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type"));
    }
    let form = text::pairs(asked.body);
    if let Some((name, _)) = form.iter().find(|(k, _)| !["sync_token", "resource_types", "commands"].contains(&k.as_str())) {
        return Err(Refusal::invalid(name, "there is no such field"));
    }
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let commands = field("commands").map(parse_commands).transpose()?;
    let wanted = match (field("sync_token"), field("resource_types")) {
        (None, None) if commands.is_some() => None,
        (None, _) => return Err(Refusal::missing("sync_token")),
        (_, None) => return Err(Refusal::missing("resource_types")),
        (Some(token), Some(types)) => {
            let types = parse_types(types)?;
            let from = tokens::open(token, &types, world.void_before)?;
            Some((from, types))
        }
    };
    world.spend(wanted.as_ref().is_some_and(|(from, _)| from.is_none()), asked.now)?;
    let mut reply = Map::new();
    if let Some(commands) = commands {
        let (mut status, mut mapping) = (Map::new(), BTreeMap::new());
        for command in &commands {
            status.insert(command.uuid.clone(), commands::run(world, command, &mut mapping, asked.now));
        }
        reply.insert("sync_status".to_owned(), Value::Object(status));
        reply.insert("temp_id_mapping".to_owned(), json!(mapping));
    } else {
        reply.insert("temp_id_mapping".to_owned(), json!({}));
    }
    if let Some((from, types)) = wanted {
        tell(world, from, &types, &mut reply);
    }
    Ok(Value::Object(reply))
}

/// Changes after `from`; None: all that is open.
fn tell(world: &TodoistWorld, from: Option<u64>, types: &[String], reply: &mut Map<String, Value>) {
    let asked = |name: &str| types.iter().any(|t| t == name || t == "all");
    if asked("items") {
        let changed = world.tasks_since(from.unwrap_or(0)).into_iter();
        // A full sync tells what is active; what is of a project that is gone or archived is not.
        let told = changed.filter(|t| from.is_some() || (!t.checked && !t.is_deleted && world.project(&t.project_id).is_some()));
        reply.insert("items".to_owned(), told.map(task::json).collect());
    }
    if asked("projects") {
        let changed = world.projects_since(from.unwrap_or(0)).into_iter();
        let told = changed.filter(|p| from.is_some() || (!p.is_deleted && !p.is_archived));
        reply.insert("projects".to_owned(), told.map(task::json).collect());
    }
    if asked("user") {
        reply.insert(
            "user".to_owned(),
            json!({
                "id": world.user,
                "email": MARA,
                "full_name": "Mara Lindqvist",
                "token": world.token,
                "inbox_project_id": world.inbox(),
                "tz_info": {"timezone": "Europe/Stockholm"},
            }),
        );
    }
    reply.insert("full_sync".to_owned(), json!(from.is_none()));
    reply.insert("sync_token".to_owned(), json!(tokens::seal(world.serial, types)));
}

fn parse_types(text: &str) -> Result<Vec<String>, Refusal> {
    let types: Vec<String> = serde_json::from_str(text).map_err(|_| Refusal::invalid("resource_types", "not a JSON list of texts"))?;
    match types.iter().find(|t| !RESOURCES.contains(&t.as_str())) {
        Some(unknown) => Err(Refusal::invalid("resource_types", unknown)),
        None if types.is_empty() => Err(Refusal::invalid("resource_types", "empty")),
        None => Ok(types),
    }
}

fn parse_commands(text: &str) -> Result<Vec<commands::Command>, Refusal> {
    let list: Vec<Value> = serde_json::from_str(text).map_err(|_| Refusal::invalid("commands", "not a JSON list"))?;
    if list.len() > MOST_COMMANDS {
        return Err(Refusal::new(400, 0, "MAX_COMMANDS_EXCEEDED", "Too many commands in one request"));
    }
    list.into_iter().map(|command| serde_json::from_value(command).map_err(|e| Refusal::invalid("commands", &e.to_string()))).collect()
}
