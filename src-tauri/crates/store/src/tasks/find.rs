//! Tasks as lists show them. Whoever asks gets ids in order and then the rows of those that are on the screen: what is due is put into
//! order by the engine, which knows the person's zone.

use std::collections::HashMap;

use domain::{
    ids::{TaskId, TaskListId},
    time::Timestamp,
};

use super::rows::folded;
use crate::{error::StoreError, open::Store, rows::json_ids};

/// An open task that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueRow {
    pub id: TaskId,
    /// `at` is an instant; else what the wall shows, as if in UTC.
    pub instant: bool,
    /// A day without a time.
    pub day: bool,
    /// Milliseconds since 1970.
    pub at: i64,
    /// 0 none … 4 urgent.
    pub priority: i64,
}

/// Subtasks of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskTally {
    pub open: u64,
    pub closed: u64,
}

/// Of lists that are shown.
const DUE: &str = "SELECT t.id, t.due_kind, t.due_at, t.priority FROM task t WHERE t.closed = 0 AND t.removed = 0 AND t.due_at IS NOT NULL \
     AND t.due_kind IN (0, 1, 2) AND t.due_at >= ?1 AND t.due_at < ?2 \
     AND EXISTS (SELECT 1 FROM task_list l WHERE l.id = t.list AND l.shown = 1) LIMIT ?3";

/// Not below another open task of the list: that one is shown with all that stands below it.
const ROOT: &str = "NOT EXISTS (SELECT 1 FROM task p WHERE p.id = t.parent AND p.list = t.list AND p.closed = 0 AND p.removed = 0)";

fn in_list_sql() -> String {
    format!(
        "SELECT t.id FROM task t WHERE t.list = ?1 AND t.closed = 0 AND t.removed = 0 AND (t.position, t.id) > (?2, ?3) AND {ROOT} \
         ORDER BY t.position, t.id LIMIT ?4"
    )
}

fn undated_sql() -> String {
    format!(
        "SELECT t.id FROM task t WHERE t.closed = 0 AND t.removed = 0 AND t.due_kind IS NULL AND (t.list, t.position, t.id) > (?1, ?2, ?3) \
         AND EXISTS (SELECT 1 FROM task_list l WHERE l.id = t.list AND l.shown = 1) AND {ROOT} ORDER BY t.list, t.position, t.id LIMIT ?4"
    )
}

const CLOSED: &str = "SELECT t.id FROM task t WHERE t.closed = 1 AND t.removed = 0 AND (t.closed_at, t.id) < (?1, ?2) AND t.closed_at >= ?3 \
     AND (?4 IS NULL OR t.list = ?4) ORDER BY t.closed_at DESC, t.id DESC LIMIT ?5";

/// Every word, anywhere. Tasks are few: a list of words beside a table is all the index there is, and nothing of a task stays in it.
const SEARCH: &str = "SELECT t.id FROM task t WHERE t.removed = 0 AND t.closed <= ?1 AND t.id < ?2 \
     AND NOT EXISTS (SELECT 1 FROM json_each(?3) w WHERE instr(t.words, w.value) = 0) ORDER BY t.id DESC LIMIT ?4";

fn ids(found: Vec<i64>) -> Vec<TaskId> {
    found.into_iter().map(TaskId).collect()
}

impl Store {
    /// Open tasks of shown lists that are due in a span of time, in no order. Of instants and walls alike, because no zone is known here:
    /// ask for a day more on both sides.
    pub async fn due_tasks(&self, from: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<DueRow>, StoreError> {
        let rows = sqlx::query_as::<_, (i64, i64, i64, i64)>(DUE)
            .bind(from.0)
            .bind(until.0)
            .bind(i64::from(limit))
            .fetch_all(&self.inner.readers)
            .await?;
        let row = |(id, kind, at, priority)| DueRow { id: TaskId(id), instant: kind == 0, day: kind == 1, at, priority };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Open tasks of a list in its order, those that stand at the top; behind the one at `after` (position and id).
    pub async fn tasks_in(&self, list: TaskListId, after: (&str, i64), limit: u32) -> Result<Vec<TaskId>, StoreError> {
        let found = sqlx::query_scalar(sqlx::AssertSqlSafe(in_list_sql())).bind(list.0).bind(after.0).bind(after.1).bind(i64::from(limit));
        Ok(ids(found.fetch_all(&self.inner.readers).await?))
    }

    /// The same of all shown lists, of tasks without a date; behind the one at `after` (list, position, id).
    pub async fn undated_tasks(&self, after: (i64, &str, i64), limit: u32) -> Result<Vec<TaskId>, StoreError> {
        let found = sqlx::query_scalar(sqlx::AssertSqlSafe(undated_sql()))
            .bind(after.0)
            .bind(after.1)
            .bind(after.2)
            .bind(i64::from(limit))
            .fetch_all(&self.inner.readers)
            .await?;
        Ok(ids(found))
    }

    /// Closed tasks, the last first: since an instant, before the one at `before` (when, and id).
    pub async fn closed_tasks(
        &self,
        list: Option<TaskListId>,
        since: Timestamp,
        before: (i64, i64),
        limit: u32,
    ) -> Result<Vec<TaskId>, StoreError> {
        let found = sqlx::query_scalar(CLOSED).bind(before.0).bind(before.1).bind(since.0).bind(list.map(|l| l.0)).bind(i64::from(limit));
        Ok(ids(found.fetch_all(&self.inner.readers).await?))
    }

    /// Tasks with every word of `text`, the newest row first, before the row `before`.
    pub async fn find_tasks(&self, text: &str, closed: bool, before: i64, limit: u32) -> Result<Vec<TaskId>, StoreError> {
        let words: Vec<String> = folded(text).split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let found = sqlx::query_scalar(SEARCH).bind(closed).bind(before).bind(serde_json::to_string(&words)?).bind(i64::from(limit));
        Ok(ids(found.fetch_all(&self.inner.readers).await?))
    }

    /// Open tasks below these, each behind its parent, with how deep they stand (1: right below one of `roots`).
    pub async fn tasks_below(&self, roots: &[TaskId], limit: u32) -> Result<Vec<(TaskId, TaskId, u32)>, StoreError> {
        // Depth first: what was put in last, which stands deepest, is taken out first.
        let found = sqlx::query_as::<_, (i64, i64, u32)>(
            "WITH RECURSIVE below (id, parent, depth, list, position) AS (SELECT t.id, t.parent, 0, t.list, '' FROM json_each(?1) j \
             CROSS JOIN task t ON t.id = j.value UNION ALL SELECT t.id, t.parent, b.depth + 1, t.list, t.position FROM below b \
             JOIN task t ON t.parent = b.id AND t.list = b.list WHERE t.closed = 0 AND t.removed = 0 AND b.depth < 20 \
             ORDER BY 3 DESC, 5, 1 LIMIT ?2) SELECT id, parent, depth FROM below WHERE depth > 0",
        )
        .bind(json_ids(roots.iter().map(|t| t.0)))
        .bind(i64::from(limit))
        .fetch_all(&self.inner.readers)
        .await?;
        Ok(found.into_iter().map(|(id, parent, depth)| (TaskId(id), TaskId(parent), depth)).collect())
    }

    /// How many subtasks each of these has, where it has any.
    pub async fn task_tallies(&self, tasks: &[TaskId]) -> Result<HashMap<TaskId, TaskTally>, StoreError> {
        let rows = sqlx::query_as::<_, (i64, i64, i64)>(
            "SELECT t.parent, sum(t.closed = 0), sum(t.closed = 1) FROM json_each(?) j CROSS JOIN task t ON t.parent = j.value \
             WHERE t.removed = 0 GROUP BY t.parent",
        )
        .bind(json_ids(tasks.iter().map(|t| t.0)))
        .fetch_all(&self.inner.readers)
        .await?;
        Ok(rows.into_iter().map(|(id, open, closed)| (TaskId(id), TaskTally { open: open as u64, closed: closed as u64 })).collect())
    }

    /// How many open tasks of shown lists are due on no day, those that stand at the top.
    pub async fn count_undated_tasks(&self) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM task t WHERE t.closed = 0 AND t.removed = 0 AND t.due_kind IS NULL \
             AND EXISTS (SELECT 1 FROM task_list l WHERE l.id = t.list AND l.shown = 1) AND {ROOT}"
        );
        let n: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&self.inner.readers).await?;
        Ok(n as u64)
    }
}

#[cfg(test)]
pub(super) fn queries() -> Vec<(String, &'static str)> {
    vec![(DUE.to_owned(), "task_due"), (in_list_sql(), "task_in_list"), (undated_sql(), "task_undated"), (CLOSED.to_owned(), "task_closed")]
}
