//! The desktop shell: a window, a tray icon, deep links and a table of commands over the engine. Thin by rule: anything that
//! could run without a window lives in a crate.

#[path = "commands/list.rs"]
mod list;

pub mod bindings;
pub mod dto;
