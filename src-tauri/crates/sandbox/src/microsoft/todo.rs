//! Microsoft To Do as Graph serves it (PROVIDERS 2.7): lists, tasks and their delta.
//!
//! What is not known of the real service: whether a title is needed, how long pages are where nothing is asked for, and that the list of
//! flagged mail takes no new tasks (unverified). What was seen in the field and is done here: the time of a due day is thrown away, and a
//! repeating task whose day is changed stays as it is while a second one is made for its next day.

use super::{
    call::{Answer, Call},
    error::GraphError,
    world::{MsSwitches, MsWorld},
};

mod delta;
mod edit;
mod fixtures;
mod handles;
mod list;
mod task;
#[cfg(test)]
mod tests;
mod world;

pub(super) use fixtures::fill;
pub use handles::MsTaskList;
pub(super) use world::Todo;

/// One call below `/me/todo`, of somebody whose token allows it.
pub(super) fn run(world: &mut MsWorld, email: &str, rest: &[&str], call: &Call<'_>) -> Result<Answer, GraphError> {
    let switches: MsSwitches = world.switches.clone();
    let todo = world.todo(email)?;
    match (call.method, rest) {
        ("GET", ["lists"]) => list::lists(todo, call),
        ("GET", ["lists", id]) => list::list(todo, id, call),
        ("GET", ["lists", id, "tasks"]) => list::tasks(todo, id, call),
        ("POST", ["lists", id, "tasks"]) => edit::create(todo, id, call),
        ("GET", ["lists", id, "tasks", "delta"]) => delta::delta(todo, id, call, &switches),
        ("GET", ["lists", id, "tasks", task]) => list::task(todo, id, task, call),
        ("PATCH", ["lists", id, "tasks", task]) => edit::change(todo, id, task, call),
        ("DELETE", ["lists", id, "tasks", task]) => edit::delete(todo, id, task, call),
        (_, ["lists", ..]) => Err(GraphError::new(405, "BadRequest", "The HTTP method or the path is not there.")),
        (_, other) => Err(GraphError::no_resource(other.first().unwrap_or(&"todo"))),
    }
}
