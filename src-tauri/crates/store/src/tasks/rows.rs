//! A task as columns, both ways.

use domain::{
    ids::{RemoteId, TaskId, TaskListId},
    tasks::{Due, Priority, TaskFields, TaskStatus},
    time::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::TaskRow;
use crate::{error::StoreError, rows::json_ids};

const COLUMNS: &str = "SELECT t.id, t.list, t.remote, t.created_key, t.parent, iif(t.parent IS NULL, t.parent_remote, p.remote), t.title, \
     t.notes, t.due_kind, t.due_text, t.due_at, t.due_zone, t.priority, t.status, t.labels, t.position, t.repeats, t.url, t.completed_at, \
     t.updated_at, t.version, t.base, t.sent, t.edits, t.removed, t.conflict, t.source_message, t.source_event";

const fn priority(code: i64) -> Priority {
    match code {
        1 => Priority::Low,
        2 => Priority::Medium,
        3 => Priority::High,
        4 => Priority::Urgent,
        _ => Priority::None,
    }
}

const fn priority_code(priority: Priority) -> i64 {
    match priority {
        Priority::None => 0,
        Priority::Low => 1,
        Priority::Medium => 2,
        Priority::High => 3,
        Priority::Urgent => 4,
    }
}

fn status(name: &str) -> TaskStatus {
    match name {
        "started" => TaskStatus::Started,
        "done" => TaskStatus::Done,
        "cancelled" => TaskStatus::Cancelled,
        _ => TaskStatus::Open,
    }
}

const fn status_name(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Open => "open",
        TaskStatus::Started => "started",
        TaskStatus::Done => "done",
        TaskStatus::Cancelled => "cancelled",
    }
}

fn due(row: &SqliteRow, at: usize) -> Result<Option<Due>, StoreError> {
    let text = || row.try_get::<Option<String>, _>(at + 1).map(Option::unwrap_or_default);
    Ok(match row.try_get::<Option<i64>, _>(at)? {
        None => None,
        Some(1) => Some(Due::Day { day: text()? }),
        Some(2) => Some(Due::Floating { at: text()? }),
        Some(_) => Some(Due::At { at: Timestamp(row.try_get::<Option<i64>, _>(at + 2)?.unwrap_or_default()), zone: row.try_get(at + 3)? }),
    })
}

fn json<T: DeserializeOwned>(row: &SqliteRow, at: usize) -> Result<Option<T>, StoreError> {
    Ok(row.try_get::<Option<String>, _>(at)?.map(|text| serde_json::from_str(&text)).transpose()?)
}

pub(super) fn text<T: Serialize>(value: Option<&T>) -> Result<Option<String>, StoreError> {
    Ok(value.map(serde_json::to_string).transpose()?)
}

pub(super) fn task(row: &SqliteRow) -> Result<TaskRow, StoreError> {
    let remote = |at: usize| row.try_get::<Option<String>, _>(at).map(|r| r.map(RemoteId));
    let instant = |at: usize| row.try_get::<Option<i64>, _>(at).map(|t| t.map(Timestamp));
    Ok(TaskRow {
        id: TaskId(row.try_get(0)?),
        list: TaskListId(row.try_get(1)?),
        remote: remote(2)?,
        key: row.try_get(3)?,
        parent: row.try_get::<Option<i64>, _>(4)?.map(TaskId),
        fields: TaskFields {
            title: row.try_get(6)?,
            notes: row.try_get(7)?,
            due: due(row, 8)?,
            priority: priority(row.try_get(12)?),
            labels: json(row, 14)?.unwrap_or_default(),
            status: status(row.try_get(13)?),
            parent: remote(5)?,
        },
        position: row.try_get(15)?,
        repeats: row.try_get(16)?,
        url: row.try_get(17)?,
        completed_at: instant(18)?,
        updated_at: instant(19)?,
        version: row.try_get(20)?,
        base: json(row, 21)?,
        sent: json(row, 22)?,
        edits: row.try_get(23)?,
        removed: row.try_get(24)?,
        conflict: json(row, 25)?,
        source_message: row.try_get(26)?,
        source_event: row.try_get(27)?,
    })
}

/// Query of whole rows; `from` goes behind the table as `t`.
pub(super) fn select(from: &str) -> String {
    format!("{COLUMNS} FROM task t LEFT JOIN task p ON p.id = t.parent {from}")
}

pub(super) async fn load(tx: &mut SqliteConnection, id: i64) -> Result<Option<TaskRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(select("WHERE t.id = ?"));
    sqlx::query(sql).bind(id).fetch_optional(tx).await?.as_ref().map(task).transpose()
}

/// In the order of `ids`.
pub(super) async fn load_all(tx: &mut SqliteConnection, ids: &[TaskId]) -> Result<Vec<TaskRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} FROM json_each(?) j CROSS JOIN task t ON t.id = j.value LEFT JOIN task p ON p.id = t.parent ORDER BY j.key"
    ));
    sqlx::query(sql).bind(json_ids(ids.iter().map(|i| i.0))).fetch_all(tx).await?.iter().map(task).collect()
}

/// What search compares: the same of what is stored and of what is looked for.
pub(super) fn folded(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    // Without accents, as in mail.
    text.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// What the person sees, in the place of what was there. The parent: [`set_parent`].
pub(super) async fn put_fields(tx: &mut SqliteConnection, id: i64, fields: &TaskFields, closed_at: Timestamp) -> Result<(), StoreError> {
    let (kind, words, at, zone) = match &fields.due {
        None => (None, None, None, None),
        Some(Due::At { at, zone }) => (Some(0), None, Some(at.0), zone.as_deref()),
        Some(Due::Day { day }) => (Some(1), Some(day.as_str()), None, None),
        Some(Due::Floating { at }) => (Some(2), Some(at.as_str()), None, None),
    };
    let all = format!("{}\n{}\n{}", fields.title, fields.notes, fields.labels.join("\n"));
    sqlx::query(
        "UPDATE task SET title = ?2, notes = ?3, due_kind = ?4, due_text = ?5, due_at = coalesce(?6, unixepoch(?5) * 1000), due_zone = ?7, \
         priority = ?8, status = ?9, labels = ?10, words = ?11, closed_at = iif(?12, iif(closed, closed_at, ?13), 0), closed = ?12 WHERE id = ?1",
    )
    .bind(id)
    .bind(&fields.title)
    .bind(&fields.notes)
    .bind(kind)
    .bind(words)
    .bind(at)
    .bind(zone)
    .bind(priority_code(fields.priority))
    .bind(status_name(fields.status))
    .bind(serde_json::to_string(&fields.labels)?)
    .bind(folded(&all))
    .bind(fields.status.is_closed())
    .bind(closed_at.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// The parent by its row, or by the remote id that the provider says.
pub(super) async fn set_parent(
    tx: &mut SqliteConnection,
    id: i64,
    list: i64,
    parent: Option<TaskId>,
    remote: Option<&RemoteId>,
) -> Result<(), StoreError> {
    let sql = match parent {
        Some(_) => "UPDATE task SET parent = ?2, parent_remote = (SELECT remote FROM task WHERE id = ?2) WHERE id = ?1",
        None => {
            "UPDATE task SET parent = (SELECT id FROM task p WHERE p.list = ?3 AND p.remote = ?4 AND p.id <> ?1), parent_remote = ?4 WHERE id = ?1"
        }
    };
    sqlx::query(sql).bind(id).bind(parent.map(|p| p.0)).bind(list).bind(remote.map(RemoteId::as_str)).execute(tx).await?;
    Ok(())
}

/// A row has its remote id: children that came before it, or were made before it was written, find it.
pub(super) async fn adopt_children(tx: &mut SqliteConnection, id: i64, list: i64, remote: &RemoteId) -> Result<(), StoreError> {
    sqlx::query("UPDATE task SET parent = ?1 WHERE list = ?2 AND parent_remote = ?3 AND parent IS NULL AND id <> ?1")
        .bind(id)
        .bind(list)
        .bind(remote.as_str())
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE task SET parent_remote = ?2 WHERE parent = ?1").bind(id).bind(remote.as_str()).execute(tx).await?;
    Ok(())
}
