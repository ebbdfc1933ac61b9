//! Which lists there are, and what the person chooses of them.

use domain::{
    ids::{ConnectionId, RemoteId, TaskListId},
    tasks::RemoteTaskList,
};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::TaskListRow;
use crate::{error::StoreError, open::Store};

const COLUMNS: &str = "SELECT id, connection, remote, name, hue, abilities, is_default, shown, preferred FROM task_list";

fn list(row: &SqliteRow) -> Result<TaskListRow, StoreError> {
    Ok(TaskListRow {
        id: TaskListId(row.try_get(0)?),
        connection: ConnectionId(row.try_get(1)?),
        remote: RemoteId(row.try_get(2)?),
        name: row.try_get(3)?,
        hue: row.try_get(4)?,
        can: serde_json::from_str(row.try_get(5)?)?,
        default: row.try_get(6)?,
        shown: row.try_get(7)?,
        preferred: row.try_get(8)?,
    })
}

impl Store {
    /// Makes the connection's lists equal to `remote`; `hue` gives a new one its colour. What is missing there goes with all that stands
    /// in it and its scope. Returns whether something changed, and whether a list is new.
    pub async fn upsert_task_lists(
        &self,
        connection: &ConnectionId,
        remote: &[RemoteTaskList],
        hue: impl Fn(&RemoteTaskList, usize) -> u8,
    ) -> Result<(bool, bool), StoreError> {
        let mut tx = self.write().await?;
        // Inside the lock: the schedule and the person may ask for a round at the same time.
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE connection = ? ORDER BY id"));
        let known = sqlx::query(sql).bind(connection.as_str()).fetch_all(&mut *tx).await?;
        let known = known.iter().map(list).collect::<Result<Vec<TaskListRow>, _>>()?;
        let (mut changed, mut added) = (false, false);
        for (n, r) in remote.iter().enumerate() {
            match known.iter().find(|k| k.remote == r.id) {
                Some(k) if k.name == r.name && k.can == r.can && k.default == r.default => {}
                Some(k) => {
                    sqlx::query("UPDATE task_list SET name = ?, abilities = ?, is_default = ? WHERE id = ?")
                        .bind(&r.name)
                        .bind(serde_json::to_string(&r.can)?)
                        .bind(r.default)
                        .bind(k.id.0)
                        .execute(&mut *tx)
                        .await?;
                    changed = true;
                }
                None => {
                    // The same id twice in one answer is one list.
                    let new = sqlx::query(
                        "INSERT INTO task_list (connection, remote, name, hue, abilities, is_default) VALUES (?, ?, ?, ?, ?, ?) \
                         ON CONFLICT (connection, remote) DO NOTHING",
                    )
                    .bind(connection.as_str())
                    .bind(r.id.as_str())
                    .bind(&r.name)
                    .bind(hue(r, n))
                    .bind(serde_json::to_string(&r.can)?)
                    .bind(r.default)
                    .execute(&mut *tx)
                    .await?;
                    added |= new.rows_affected() > 0;
                }
            }
        }
        for gone in known.iter().filter(|k| !remote.iter().any(|r| r.id == k.remote)) {
            sqlx::query("DELETE FROM scope WHERE connection = ? AND service = 'tasks' AND container = ?")
                .bind(connection.as_str())
                .bind(gone.remote.as_str())
                .execute(&mut *tx)
                .await?;
            sqlx::query("DELETE FROM outbox WHERE task IN (SELECT id FROM task WHERE list = ?)").bind(gone.id.0).execute(&mut *tx).await?;
            sqlx::query("DELETE FROM task_list WHERE id = ?").bind(gone.id.0).execute(&mut *tx).await?;
            changed = true;
        }
        if changed || added {
            tx.commit().await?;
        }
        Ok((changed || added, added))
    }

    /// In the order in which they came.
    pub async fn task_lists(&self) -> Result<Vec<TaskListRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY id"));
        sqlx::query(sql).fetch_all(&self.inner.readers).await?.iter().map(list).collect()
    }

    pub async fn task_list(&self, id: TaskListId) -> Result<TaskListRow, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = ?"));
        let row = sqlx::query(sql).bind(id.0).fetch_optional(&self.inner.readers).await?;
        list(&row.ok_or_else(|| StoreError::missing("task list", id))?)
    }

    /// What the person chooses; None stays. One list at most is preferred.
    pub async fn change_task_list(&self, id: TaskListId, shown: Option<bool>, hue: Option<u8>, preferred: bool) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE task_list SET shown = coalesce(?, shown), hue = coalesce(?, hue) WHERE id = ?")
            .bind(shown)
            .bind(hue)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("task list", id));
        }
        if preferred {
            sqlx::query("UPDATE task_list SET preferred = (id = ?)").bind(id.0).execute(&mut *tx).await?;
        }
        tx.commit().await
    }

    /// How many open tasks each list has.
    pub async fn task_list_counts(&self) -> Result<Vec<(TaskListId, u64)>, StoreError> {
        let rows = sqlx::query_as::<_, (i64, i64)>("SELECT list, count(*) FROM task WHERE closed = 0 AND removed = 0 GROUP BY list")
            .fetch_all(&self.inner.readers)
            .await?;
        Ok(rows.into_iter().map(|(id, n)| (TaskListId(id), n as u64)).collect())
    }
}
