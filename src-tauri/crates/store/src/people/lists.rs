//! Lists of people of providers: each page with its cursor in one transaction, and gone with its list.

use domain::{
    ids::{ConnectionId, RemoteId},
    people::{PeopleList, RemotePerson},
    sync::{SyncCursor, SyncScope},
};
use sqlx::SqliteConnection;

use super::suggest::words_of;
use crate::{error::StoreError, open::Store};

/// One page of a round.
#[derive(Clone, Debug)]
pub struct PeopleBatch {
    pub scope: SyncScope,
    pub upserts: Vec<RemotePerson>,
    pub gone: Vec<RemoteId>,
    /// When set, everybody else in the list is removed.
    pub present: Option<Vec<RemoteId>>,
    pub next: SyncCursor,
    pub more: bool,
    pub progress: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeopleReport {
    pub added: u64,
    pub updated: u64,
    pub removed: u64,
}

impl PeopleReport {
    pub const fn any(&self) -> bool {
        self.added + self.updated + self.removed > 0
    }
}

async fn remove(tx: &mut SqliteConnection, scope: i64, remote: &RemoteId) -> Result<u64, StoreError> {
    let gone = sqlx::query("DELETE FROM person WHERE scope = ? AND remote = ?").bind(scope).bind(remote.as_str()).execute(tx).await?;
    Ok(gone.rows_affected())
}

/// Leaves alone what is the same.
async fn put(tx: &mut SqliteConnection, scope: i64, new: &RemotePerson, report: &mut PeopleReport) -> Result<(), StoreError> {
    // Lower case may make two of them one.
    let emails: std::collections::BTreeSet<String> = new.emails.iter().map(|e| e.to_lowercase()).collect();
    if emails.is_empty() {
        report.removed += remove(tx, scope, &new.id).await?;
        return Ok(());
    }
    let known = sqlx::query_as::<_, (i64, String)>("SELECT id, name FROM person WHERE scope = ? AND remote = ?")
        .bind(scope)
        .bind(new.id.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    let id = if let Some((id, name)) = known {
        let before: Vec<String> =
            sqlx::query_scalar("SELECT email FROM person_address WHERE person = ? ORDER BY email").bind(id).fetch_all(&mut *tx).await?;
        let same = before.iter().eq(emails.iter());
        if same && name == new.name {
            return Ok(());
        }
        report.updated += 1;
        sqlx::query("UPDATE person SET name = ?, words = ? WHERE id = ?")
            .bind(&new.name)
            .bind(words_of(&new.name))
            .bind(id)
            .execute(&mut *tx)
            .await?;
        if same {
            return Ok(());
        }
        sqlx::query("DELETE FROM person_address WHERE person = ?").bind(id).execute(&mut *tx).await?;
        id
    } else {
        report.added += 1;
        sqlx::query("INSERT INTO person (scope, remote, name, words) VALUES (?, ?, ?, ?)")
            .bind(scope)
            .bind(new.id.as_str())
            .bind(&new.name)
            .bind(words_of(&new.name))
            .execute(&mut *tx)
            .await?
            .last_insert_rowid()
    };
    for email in &emails {
        sqlx::query("INSERT INTO person_address (person, email) VALUES (?, ?)").bind(id).bind(email).execute(&mut *tx).await?;
    }
    Ok(())
}

impl Store {
    /// Data and cursor together. Who is gone goes first: a page may tell that somebody is known by another id from now on.
    pub async fn commit_people(&self, batch: PeopleBatch) -> Result<PeopleReport, StoreError> {
        let PeopleBatch { scope, upserts, gone, present, next, more, progress } = batch;
        let mut tx = self.write().await?;
        let mut report = PeopleReport::default();
        for remote in &gone {
            report.removed += remove(&mut tx, scope.id.0, remote).await?;
        }
        for person in &upserts {
            put(&mut tx, scope.id.0, person, &mut report).await?;
        }
        if let Some(present) = &present {
            let swept = sqlx::query("DELETE FROM person WHERE scope = ? AND remote NOT IN (SELECT value FROM json_each(?))")
                .bind(scope.id.0)
                .bind(serde_json::to_string(present)?);
            report.removed += swept.execute(&mut *tx).await?.rows_affected();
        }
        sqlx::query("UPDATE scope SET cursor = ?, progress_done = ?, progress_total = ?, complete = ? WHERE id = ?")
            .bind(serde_json::to_string(&next)?)
            .bind(progress.map(|p| p.0 as i64))
            .bind(progress.map(|p| p.1 as i64))
            .bind(!more)
            .bind(scope.id.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(report)
    }

    /// Forgets the lists of a connection that are not among `kept`, with everybody in them: what is not granted any more is not used
    /// any more. False: there was nothing to forget.
    pub async fn keep_people_lists(&self, connection: &ConnectionId, kept: &[PeopleList]) -> Result<bool, StoreError> {
        let kept = serde_json::to_string(&kept.iter().map(|list| list.name()).collect::<Vec<_>>())?;
        let which = "FROM scope WHERE connection = ? AND service = 'people' AND container NOT IN (SELECT value FROM json_each(?))";
        let some = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(format!("SELECT count(*) {which}")))
            .bind(connection.as_str())
            .bind(&kept)
            .fetch_one(&self.inner.readers)
            .await?;
        if some == 0 {
            return Ok(false);
        }
        let mut tx = self.write().await?;
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE {which}"))).bind(connection.as_str()).bind(&kept).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}
