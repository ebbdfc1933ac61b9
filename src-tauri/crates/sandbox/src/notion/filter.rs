//! Filters of a query: those that are known here, nothing else.

use serde_json::{Value, json};

use super::{
    Refusal,
    page::{NotionPage, instant_of, minute},
    world::Source,
};

fn wrong(filter: &Value) -> Refusal {
    Refusal::invalid(&format!("body failed validation: body.filter {filter} is not understood"))
}

pub(super) fn takes(source: &Source, page: &NotionPage, filter: &Value) -> Result<bool, Refusal> {
    if let Some(all) = filter.get("and").and_then(Value::as_array) {
        for one in all {
            if !takes(source, page, one)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if let Some(name) = filter.get("timestamp").and_then(Value::as_str) {
        let since = filter
            .get(name)
            .and_then(|f| f.get("on_or_after"))
            .and_then(Value::as_str)
            .and_then(instant_of)
            .ok_or_else(|| wrong(filter))?;
        let at = match name {
            "last_edited_time" => page.edited,
            "created_time" => page.created,
            _ => return Err(wrong(filter)),
        };
        return Ok(minute(at) >= since.millis());
    }
    let name = filter.get("property").and_then(Value::as_str).unwrap_or_default();
    let (kind, id) = source.kind(name).ok_or_else(|| Refusal::invalid(&format!("Could not find property with name or id: {name}")))?;
    let condition = filter.get(kind).ok_or_else(|| wrong(filter))?;
    match kind {
        "checkbox" => Ok(condition.get("equals").ok_or_else(|| wrong(filter))? == &json!(page.done)),
        "status" | "select" => {
            let not = condition.get("does_not_equal").and_then(Value::as_str).ok_or_else(|| wrong(filter))?;
            let chosen = if kind == "status" { page.status.as_ref() } else { page.picked.get(id) };
            Ok(chosen.is_none_or(|chosen| chosen != not))
        }
        "people" => {
            let who = condition.get("contains").and_then(Value::as_str).ok_or_else(|| wrong(filter))?;
            Ok(page.people.iter().any(|one| one == who))
        }
        "title" => {
            let is = condition.get("equals").and_then(Value::as_str).ok_or_else(|| wrong(filter))?;
            Ok(page.title == is)
        }
        _ => Err(wrong(filter)),
    }
}
