//! The audit log with filters, along one index each.

use domain::{audit::AuditEntry, time::Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

use crate::{
    audit::page,
    error::StoreError,
    open::Store,
    page::{Page, PageCursor, before},
};

/// All set conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityFilter {
    pub actor: Option<String>,
    /// What stands before the dot of an action.
    pub area: Option<String>,
    pub outcome: Option<String>,
    /// Begins with.
    pub target: Option<String>,
    pub since: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

/// The index of the condition that usually leaves least drives; within one value of it, rows are in the order of ids.
pub(crate) fn activity_sql(filter: &ActivityFilter) -> String {
    let (index, lead) = match filter {
        ActivityFilter { actor: Some(a), .. } if a != "engine" && a != "person" => ("audit_actor", "actor = ?2"),
        ActivityFilter { outcome: Some(o), .. } if o != "ok" => ("audit_outcome", "outcome = ?4"),
        ActivityFilter { area: Some(_), .. } => ("audit_area", "area = ?3"),
        ActivityFilter { actor: Some(_), .. } => ("audit_actor", "actor = ?2"),
        _ => ("", "true"),
    };
    let index = if index.is_empty() { "NOT INDEXED".to_owned() } else { format!("INDEXED BY {index}") };
    format!(
        "SELECT id, at, actor, action, target, outcome, detail, prev, hash FROM audit {index} WHERE {lead} AND id < ?1 \
         AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR area = ?3) AND (?4 IS NULL OR outcome = ?4) \
         AND (?5 IS NULL OR substr(target, 1, length(?5)) = ?5) AND (?6 IS NULL OR at >= ?6) AND (?7 IS NULL OR at < ?7) \
         ORDER BY id DESC LIMIT ?8"
    )
}

impl Store {
    /// Newest first.
    pub async fn activity(&self, filter: &ActivityFilter, after: Option<&PageCursor>, limit: u32) -> Result<Page<AuditEntry>, StoreError> {
        let rows = sqlx::query(AssertSqlSafe(activity_sql(filter)))
            .bind(before(after)?)
            .bind(&filter.actor)
            .bind(&filter.area)
            .bind(&filter.outcome)
            .bind(&filter.target)
            .bind(filter.since.map(|t| t.0))
            .bind(filter.until.map(|t| t.0))
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.inner.readers)
            .await?;
        page(&rows, limit)
    }

    /// Areas that occur, by name: a jump along the index, one step per area.
    pub async fn activity_areas(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(
            "WITH RECURSIVE step (area) AS (SELECT min(area) FROM audit \
             UNION ALL SELECT (SELECT min(a.area) FROM audit a WHERE a.area > step.area) FROM step WHERE step.area IS NOT NULL) \
             SELECT area FROM step WHERE area IS NOT NULL",
        )
        .fetch_all(&self.inner.readers)
        .await?)
    }
}

#[cfg(test)]
mod tests;
