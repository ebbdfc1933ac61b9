//! Which tables are task lists, and what their properties mean.

use domain::{
    audit::Actor,
    tables::{TableChoice, TableMapping},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Outcome, connection_id, list as page};
use crate::{Engine, EngineError, TableView, TablesView};

/// What is to hold of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "set", rename_all = "snake_case")]
pub enum TableWords {
    Unused,
    /// As it was mapped before, else as is suggested.
    Used,
    Suggested,
    /// JSON, as the list of tables shows it.
    Mapping {
        json: String,
    },
}

pub(super) async fn run(engine: &Engine, connection: &str, change: Option<(String, TableWords)>) -> Result<Outcome, EngineError> {
    let id = connection_id(engine, connection).await?;
    let mut shown = engine.task_tables(&id).await?;
    if let Some((table, words)) = change {
        let table = named(&shown, &table)?;
        let choice = choice(table, words)?;
        engine.choose_task_tables(&id, [(table.id.clone(), choice)].into(), Actor::Cli).await?;
        shown = engine.task_tables(&id).await?;
    }
    let mut value = page(shown.tables.iter().map(shape).collect(), None);
    if let Some(map) = value.as_object_mut() {
        map.insert("unused".to_owned(), shown.unused().into());
        map.insert("people".to_owned(), json!(shown.people.iter().map(|p| json!({"id": p.id, "name": p.name})).collect::<Vec<_>>()));
    }
    Ok(value.into())
}

fn shape(table: &TableView) -> Value {
    json!({
        "id": table.id,
        "name": table.name,
        "used": table.used,
        "problem": table.problem,
        "mapping": table.mapping,
        "suggested": table.suggested,
        "properties": table.properties,
    })
}

fn named<'a>(shown: &'a TablesView, text: &str) -> Result<&'a TableView, EngineError> {
    if let Some(one) = shown.tables.iter().find(|t| t.id == text) {
        return Ok(one);
    }
    let named: Vec<_> = shown.tables.iter().filter(|t| t.name.to_lowercase() == text.trim().to_lowercase()).collect();
    match named.as_slice() {
        [one] => Ok(one),
        [] => Err(EngineError::new("not_found", format!("There is no table “{text}”."), "Take the id from `tasks tables`.")),
        _ => Err(EngineError::invalid(format!("Several tables are called “{text}”."), "Use the id from `tasks tables`.")),
    }
}

fn choice(table: &TableView, words: TableWords) -> Result<TableChoice, EngineError> {
    let mapping = match words {
        TableWords::Unused => return Ok(TableChoice { used: false, mapping: table.mapping.clone() }),
        TableWords::Used => table.mapping.clone(),
        TableWords::Suggested => table.suggested.clone(),
        TableWords::Mapping { json } => Some(serde_json::from_str::<TableMapping>(&json).map_err(|e| {
            // Only where: what stands there may be anything.
            EngineError::invalid(
                format!("This is no mapping: line {}, column {}.", e.line(), e.column()),
                "Change the `mapping` that `tasks tables --json` shows.",
            )
        })?),
    };
    Ok(TableChoice { used: true, mapping })
}
