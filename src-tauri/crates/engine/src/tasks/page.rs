//! Lists of tasks: what is due, what is not, one list, what is done, what is found.

use std::collections::HashMap;

use domain::{
    ids::{TaskId, TaskListId},
    time::{Timestamp, Zone},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use store::{PageCursor, TaskRow};

use super::{due, view::TaskView};
use crate::{Engine, EngineError, zone};

const DAY_MS: i64 = 86_400_000;
/// Open tasks with a date that are put in order at once: more than anybody has.
const MOST: u32 = 20_000;
/// Subtasks of one page.
const BELOW: u32 = 5_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TaskFilter {
    /// Due today or before, in the viewer's zone.
    Today,
    /// Due after today.
    Upcoming,
    /// Open, and due on no day.
    Anytime,
    /// The open tasks of a list in its order.
    List { id: TaskListId },
    /// Done or cancelled, the last first.
    Done {
        #[serde(default)]
        list: Option<TaskListId>,
        #[serde(default)]
        since: Option<Timestamp>,
    },
    /// With every word of `text` in title, notes or labels.
    Search {
        text: String,
        #[serde(default)]
        closed: bool,
    },
}

/// Some tasks. In `Anytime` and `List` each is followed by what stands below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPage {
    pub tasks: Vec<TaskView>,
    /// None: that was all.
    pub next: Option<PageCursor>,
}

/// How many open tasks of the lists that are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCounts {
    /// Overdue ones included.
    pub today: u64,
    pub overdue: u64,
    pub upcoming: u64,
    /// Those that stand at the top.
    pub anytime: u64,
}

fn read<T: DeserializeOwned>(after: Option<&PageCursor>) -> Result<Option<T>, EngineError> {
    let parsed = after.map(|c| serde_json::from_str(&c.0)).transpose();
    parsed.map_err(|_| EngineError::invalid("That is no place in this list.", "Start from its beginning."))
}

fn cursor<T: Serialize>(key: Option<T>) -> Option<PageCursor> {
    key.and_then(|key| serde_json::to_string(&key).ok()).map(PageCursor)
}

/// Ids of a page that was asked for with one more than it has, and whether there is more.
fn cut(mut ids: Vec<TaskId>, limit: u32) -> (Vec<TaskId>, bool) {
    let more = ids.len() > limit as usize;
    ids.truncate(limit as usize);
    (ids, more)
}

impl Engine {
    pub async fn tasks(&self, filter: &TaskFilter, after: Option<&PageCursor>, limit: u32) -> Result<TaskPage, EngineError> {
        self.tasks_for(filter, after, limit, &zone::local()).await
    }

    pub(super) async fn tasks_for(
        &self,
        filter: &TaskFilter,
        after: Option<&PageCursor>,
        limit: u32,
        viewer: &Zone,
    ) -> Result<TaskPage, EngineError> {
        let limit = limit.clamp(1, 1_000);
        match filter {
            TaskFilter::Today => self.due_page(true, after, limit, viewer).await,
            TaskFilter::Upcoming => self.due_page(false, after, limit, viewer).await,
            TaskFilter::Anytime => {
                let (list, position, id) = read::<(i64, String, i64)>(after)?.unwrap_or_default();
                let (roots, more) = cut(self.store().undated_tasks((list, &position, id), limit + 1).await?, limit);
                self.tree_page(&roots, more, |r| (r.list.0, r.position.clone(), r.id.0), viewer).await
            }
            TaskFilter::List { id: list } => {
                let (position, id) = read::<(String, i64)>(after)?.unwrap_or_default();
                let (roots, more) = cut(self.store().tasks_in(*list, (&position, id), limit + 1).await?, limit);
                self.tree_page(&roots, more, |r| (r.position.clone(), r.id.0), viewer).await
            }
            TaskFilter::Done { list, since } => {
                let before = read::<(i64, i64)>(after)?.unwrap_or((i64::MAX, i64::MAX));
                let since = since.unwrap_or(Timestamp(i64::MIN));
                let (found, more) = cut(self.store().closed_tasks(*list, since, before, limit + 1).await?, limit);
                let last = match found.last().filter(|_| more) {
                    Some(last) => self.store().task_closed_at(*last).await?.map(|at| (at.0, last.0)),
                    None => None,
                };
                self.flat_page(&found, cursor(last), viewer).await
            }
            TaskFilter::Search { text, closed } => {
                let before = read::<i64>(after)?.unwrap_or(i64::MAX);
                let (found, more) = cut(self.store().find_tasks(text, *closed, before, limit + 1).await?, limit);
                let next = cursor(found.last().filter(|_| more).map(|t| t.0));
                self.flat_page(&found, next, viewer).await
            }
        }
    }

    async fn flat_page(&self, ids: &[TaskId], next: Option<PageCursor>, viewer: &Zone) -> Result<TaskPage, EngineError> {
        let rows = self.store().tasks(ids).await?;
        let seen = self.seen(&rows, viewer).await?;
        Ok(TaskPage { tasks: rows.iter().map(|r| seen.view(r, 0)).collect(), next })
    }

    /// Each root with what stands below it, in its order.
    async fn tree_page<K: Serialize>(
        &self,
        roots: &[TaskId],
        more: bool,
        key: impl Fn(&TaskRow) -> K,
        viewer: &Zone,
    ) -> Result<TaskPage, EngineError> {
        let below = self.store().tasks_below(roots, BELOW).await?;
        let mut children: HashMap<TaskId, Vec<TaskId>> = HashMap::new();
        for (id, parent, _) in &below {
            children.entry(*parent).or_default().push(*id);
        }
        let ids: Vec<TaskId> = roots.iter().copied().chain(below.iter().map(|(id, ..)| *id)).collect();
        let rows = self.store().tasks(&ids).await?;
        let seen = self.seen(&rows, viewer).await?;
        let by_id: HashMap<TaskId, &TaskRow> = rows.iter().map(|r| (r.id, r)).collect();
        let mut tasks = Vec::with_capacity(rows.len());
        let mut stack: Vec<(TaskId, u32)> = roots.iter().rev().map(|id| (*id, 0)).collect();
        while let Some((id, depth)) = stack.pop() {
            let Some(row) = by_id.get(&id) else { continue };
            tasks.push(seen.view(row, depth));
            let mut own: Vec<&&TaskRow> = children.remove(&id).unwrap_or_default().iter().filter_map(|c| by_id.get(c)).collect();
            own.sort_by(|a, b| (&b.position, b.id).cmp(&(&a.position, a.id)));
            stack.extend(own.into_iter().map(|c| (c.id, depth + 1)));
        }
        let last = roots.last().filter(|_| more).and_then(|id| by_id.get(id)).map(|row| key(row));
        Ok(TaskPage { tasks, next: cursor(last) })
    }

    /// What is due up to today, or from tomorrow on, in order.
    async fn due_keys(&self, today: bool, viewer: &Zone) -> Result<Vec<due::Key>, EngineError> {
        let now = self.now();
        let day = due::today(now, viewer);
        // A day more on both sides: no zone is further from UTC.
        let (from, until) = if today { (i64::MIN, (day + 2) * DAY_MS) } else { (day * DAY_MS, i64::MAX) };
        let rows = self.store().due_tasks(Timestamp(from), Timestamp(until), MOST).await?;
        let mut keys: Vec<due::Key> = rows.iter().map(|r| due::key(r, viewer)).filter(|k| (k.0 <= day) == today).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    async fn due_page(&self, today: bool, after: Option<&PageCursor>, limit: u32, viewer: &Zone) -> Result<TaskPage, EngineError> {
        let after = read::<due::Key>(after)?;
        let mut keys: Vec<due::Key> = self.due_keys(today, viewer).await?;
        keys.retain(|k| after.is_none_or(|a| *k > a));
        let more = keys.len() > limit as usize;
        keys.truncate(limit as usize);
        let ids: Vec<TaskId> = keys.iter().map(|k| k.4).collect();
        self.flat_page(&ids, cursor(keys.last().filter(|_| more)), viewer).await
    }

    pub async fn task_counts(&self) -> Result<TaskCounts, EngineError> {
        self.task_counts_for(&zone::local()).await
    }

    pub(super) async fn task_counts_for(&self, viewer: &Zone) -> Result<TaskCounts, EngineError> {
        let now = self.now();
        let day = due::today(now, viewer);
        let rows = self.store().due_tasks(Timestamp(i64::MIN), Timestamp(i64::MAX), MOST).await?;
        let today = rows.iter().filter(|r| due::key(r, viewer).0 <= day).count() as u64;
        let overdue = rows.iter().filter(|r| due::overdue(r, now, viewer)).count() as u64;
        let anytime = self.store().count_undated_tasks().await?;
        Ok(TaskCounts { today, overdue, upcoming: rows.len() as u64 - today, anytime })
    }
}
