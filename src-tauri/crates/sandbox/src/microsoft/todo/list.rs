//! Reading lists and tasks.

use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
        query::{Options, listed},
    },
    world::{List, Todo},
};

/// Of tasks, where nothing else is asked for.
const PAGE: usize = 100;

/// Only pages: which filters the real one takes is not documented, so that nobody may lean on any.
fn options(call: &Call<'_>) -> Result<Options, GraphError> {
    let options = Options::of(call, &[], &[])?;
    if !options.filter.is_empty() || options.search.is_some() || options.order.is_some() {
        return Err(GraphError::query("This stand-in neither filters nor sorts tasks."));
    }
    Ok(options)
}

fn shown(list: &List) -> Value {
    json!({
        "@odata.etag": "W/\"xzyPKP0BiUGgld+lMKXwbQAAgdhkVw==\"",
        "id": list.id,
        "displayName": list.name,
        "isOwner": true,
        "isShared": false,
        "wellknownListName": list.well_known,
    })
}

pub(super) fn lists(todo: &Todo, call: &Call<'_>) -> Result<Answer, GraphError> {
    let all: Vec<&List> = todo.lists.iter().collect();
    Ok(listed(call, &options(call)?, PAGE, "users('me')/todo/lists", &all, |list| shown(list)))
}

pub(super) fn list(todo: &Todo, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    options(call)?;
    Ok(Answer::ok(shown(todo.list(id)?)))
}

pub(super) fn tasks(todo: &Todo, list: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let list = todo.list(list)?.id.clone();
    let all: Vec<_> = todo.in_list(&list).collect();
    Ok(listed(call, &options(call)?, PAGE, "users('me')/todo/lists/tasks", &all, |task| task.resource(false)))
}

pub(super) fn task(todo: &Todo, list: &str, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    options(call)?;
    Ok(Answer::ok(todo.task(list, id)?.resource(false)))
}
