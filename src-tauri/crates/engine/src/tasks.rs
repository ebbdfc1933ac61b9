//! The tasks of all connections: what is to be done, what the person changes of it, and bringing both in step with the providers.
//!
//! What a list can't hold is refused with the name of the field, never dropped. A change is seen at once and written a moment later
//! (`domain::outbox`); what comes from the provider meanwhile is merged by field in the store.

mod change;
mod due;
mod edit;
mod lists;
mod page;
mod source;
mod sync;
mod tables;
mod undo;
mod view;
mod write;

pub use change::{DueChange, ParentChange, TaskChange};
pub use edit::TaskDone;
pub use lists::TaskListView;
pub use page::{TaskCounts, TaskFilter, TaskPage};
pub use tables::{TablePreview, TableView, TablesView};
pub use view::{DueView, TaskDetail, TaskView};

pub(crate) use sync::TaskJob;
pub(crate) use undo::TaskBack;

/// What is changed waits so long before it goes out: several changes in a row become one, and what is taken back at once is never seen
/// by anybody.
const TASK_DELAY_MS: i64 = 5_000;

#[cfg(test)]
mod tests;
