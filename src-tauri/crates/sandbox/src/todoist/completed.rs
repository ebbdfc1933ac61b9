//! `GET /tasks/completed/by_completion_date`: newest first, in pages, over a window that has a longest length.

use serde_json::{Value, json};

use super::{
    Asked,
    error::Refusal,
    task::{self, TodoistTask, instant_of},
    world::TodoistWorld,
};
use crate::text;

const LARGEST_PAGE: usize = 200;
const USUAL_PAGE: usize = 50;

pub(super) fn by_completion_date(world: &mut TodoistWorld, asked: &Asked<'_>) -> Result<Value, Refusal> {
    if let Some((name, _)) = asked.query.iter().find(|(k, _)| !["since", "until", "limit", "cursor", "project_id"].contains(&k.as_str())) {
        return Err(Refusal::invalid(name, "there is no such parameter"));
    }
    let param = |name: &str| asked.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let instant = |name: &str| {
        let text = param(name).ok_or_else(|| Refusal::missing(name))?;
        instant_of(text).ok_or_else(|| Refusal::invalid(name, "not a time"))
    };
    let (since, until) = (instant("since")?, instant("until")?);
    if until < since {
        return Err(Refusal::invalid("until", "before since"));
    }
    if world.switches.completed_days.is_some_and(|days| until.since(since) > days * 86_400_000) {
        return Err(Refusal::invalid("until", "the range is longer than three months"));
    }
    let limit = match param("limit").map(str::parse::<usize>) {
        None => USUAL_PAGE,
        Some(Ok(limit @ 1..=LARGEST_PAGE)) => limit,
        Some(_) => return Err(Refusal::invalid("limit", "not from 1 to 200")),
    };
    let limit = world.switches.page.unwrap_or(limit).clamp(1, limit);
    let project = param("project_id");
    let bound = format!("{}\n{}\n{}", since.millis(), until.millis(), project.unwrap_or_default());
    let after = match param("cursor") {
        None => None,
        Some(cursor) => Some(open(cursor, &bound).ok_or_else(|| Refusal::invalid("cursor", "not of this listing"))?),
    };
    world.spend(false, asked.now)?;
    let mut found: Vec<(String, &TodoistTask)> = world
        .tasks()
        .filter(|task| task.checked && !task.is_deleted)
        .chain(&world.occurrences)
        .filter(|task| project.is_none_or(|id| task.project_id == id))
        .filter_map(|task| Some((instant_of(task.completed_at.as_deref()?)?, task)))
        .filter(|(at, _)| (since..=until).contains(at))
        .map(|(at, task)| (format!("{:016} {}", at.millis(), task.id), task))
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key < after))
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0));
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(key, _)| text::b64url(format!("{bound}\n{key}").as_bytes()));
    let items: Vec<Value> = found.iter().map(|(_, task)| task::json(task)).collect();
    Ok(json!({"items": items, "next_cursor": next}))
}

fn open(cursor: &str, bound: &str) -> Option<String> {
    let text = String::from_utf8(text::b64url_strict(cursor)?).ok()?;
    text.strip_prefix(bound)?.strip_prefix('\n').map(str::to_owned)
}
