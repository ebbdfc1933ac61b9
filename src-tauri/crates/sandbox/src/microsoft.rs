//! Microsoft: the sign-in ([`entra`]) and Microsoft Graph v1.0 as far as a client of mail, calendars and tasks uses it (PROVIDERS 2, A.2).
//!
//! Unknown query options, properties and parameters are refused, as Graph refuses them: a misspelt one must not pass a test. What is not
//! known of the real service is a switch ([`MsSwitches`], [`EntraSwitches`]) or says so.

use std::sync::Arc;

use axum::Router;

use crate::Shared;

mod attachments;
mod batch;
pub(crate) mod calendar;
mod call;
mod delta;
mod drafts;
mod drive;
pub(crate) mod entra;
pub(crate) mod error;
mod fixtures;
mod folders;
mod graph;
mod handles;
pub(crate) mod head;
mod mailbox;
mod messages;
mod mime;
mod people;
mod query;
mod resource;
pub(crate) mod sbx;
mod send;
#[cfg(test)]
mod tests;
mod todo;
mod upload;
pub(crate) mod world;

pub use calendar::{MsCalendar, MsSchedule, MsTold};
pub use drive::MsFile;
pub use entra::{ConditionalAccess, EntraSwitches, MS_CLIENT_ID, MS_PERSONAL_TENANT, MS_TENANT};
pub(crate) use error::scripted;
pub(crate) use fixtures::world as new_world;
pub use handles::MsMessage;
pub use people::MsPerson;
pub use todo::MsTaskList;
pub use world::MsSwitches;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    entra::http::routes(shared.clone()).merge(graph::routes(shared))
}
