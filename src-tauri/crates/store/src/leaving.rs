//! How a connection leaves: hidden at once, erased in steps.
//!
//! One durable transaction takes away all that anything is found or shown by: lists, placements, secrets, drafts, the outbox,
//! the connection itself. Its accounts stay as nameless rows of a hidden connection, because the content refers to them; from
//! then on nobody sees a trace of it. The content, which is nearly all of the bytes, goes in small transactions, so that other
//! accounts go on writing meanwhile. Every step reads from the tables how far things are: after a kill the next one goes on.
//!
//! An index of an older form is filled anew in the same steps, newest mail first.
//!
//! The words in the full-text index: few mails are unlearned one by one. Where most of the mail leaves, learning what stays costs
//! less: a second index is filled beside the first, which takes its place when it holds every mail that stays.

use domain::{audit::NewAudit, ids::ConnectionId, time::Timestamp};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::{
    audit,
    connections::account_ids,
    error::StoreError,
    open::Store,
    page::{index_row_sql, mail_sql},
    rows::{self, FTS, FTS_NEXT, json_ids},
    search::names,
    secrets::{self, NewRevocation},
};

/// Contents per transaction.
const CHUNK: i64 = 500;
/// Pages of a cast-off index, and conversations, per transaction.
const ROWS: i64 = 4_000;
/// The cast-off index.
const FTS_OLD: &str = "mail_fts_old";

/// What a disconnect erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    pub messages: u64,
    /// Sealed files removed from the disk.
    pub files: u64,
}

/// At the opening: the old index of a store without mail is no work for the background.
pub(crate) async fn drop_old_if_empty(store: &Store) -> Result<(), StoreError> {
    let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'mail_fts_old') AND NOT EXISTS (SELECT 1 FROM mail)";
    if sqlx::query_scalar::<_, i64>(sql).fetch_optional(&store.inner.readers).await?.is_some() {
        let mut tx = store.write().await?;
        sqlx::query("DROP TABLE mail_fts_old").execute(&mut *tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn exists(tx: &mut SqliteConnection, table: &str) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar::<_, i64>("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").bind(table);
    Ok(found.fetch_optional(tx).await?.is_some())
}

/// Whether a second full-text index is being filled: who forgets a mail must forget it there, too.
pub(crate) async fn rebuilding(tx: &mut SqliteConnection) -> Result<bool, StoreError> {
    exists(tx, FTS_NEXT).await
}

async fn run(tx: &mut SqliteConnection, sql: &str, accounts: &str) -> Result<u64, StoreError> {
    Ok(sqlx::query(AssertSqlSafe(sql.to_owned())).bind(accounts).execute(tx).await?.rows_affected())
}

impl Store {
    /// Hides the connection in one durable transaction, then erases everything it brought, and its sealed files. Only the audit
    /// log keeps its id. `revoke` is the token that could not be revoked yet.
    pub async fn delete_connection(
        &self,
        id: &ConnectionId,
        revoke: Option<&NewRevocation>,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<Erased, StoreError> {
        let messages = self.hide_connection(id, revoke, entry, now).await?;
        let files = self.erase_left().await?;
        Ok(Erased { messages, files })
    }

    /// The first transaction. Returns how many messages are gone from every list.
    pub(crate) async fn hide_connection(
        &self,
        id: &ConnectionId,
        revoke: Option<&NewRevocation>,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut tx = self.write_durably().await?;
        let known = sqlx::query_scalar::<_, i64>("SELECT 1 FROM connection WHERE id = ? AND id <> '~leaving'").bind(id.as_str());
        if known.fetch_optional(&mut *tx).await?.is_none() {
            return Err(StoreError::missing("connection", id));
        }
        let list = json_ids(account_ids(&mut tx, id).await?);
        for sql in [
            // Tasks of other connections that were made from its mail.
            "UPDATE task SET source_message = NULL WHERE source_message IN (SELECT iif(c.rfc_id = '', 'local:' || m.id, c.rfc_id) \
             FROM message m JOIN mail c ON c.id = m.mail WHERE m.account IN (SELECT value FROM json_each(?)))",
            "UPDATE place_count SET threads = place_count.threads - g.threads, unread_threads = place_count.unread_threads - g.unread_threads, \
             starred_threads = place_count.starred_threads - g.starred_threads, messages = place_count.messages - g.messages, unread = place_count.unread - g.unread \
             FROM (SELECT i.place, count(*) AS threads, sum(i.unread > 0) AS unread_threads, sum(i.starred > 0) AS starred_threads, \
             sum(i.total) AS messages, sum(i.unread) AS unread FROM thread t CROSS JOIN thread_in i ON i.thread = t.id \
             WHERE t.account IN (SELECT value FROM json_each(?)) GROUP BY i.place) AS g WHERE g.place = place_count.place",
            "DELETE FROM thread_in WHERE thread IN (SELECT id FROM thread WHERE account IN (SELECT value FROM json_each(?)))",
            "DELETE FROM placed WHERE mailbox IN (SELECT id FROM mailbox WHERE account IN (SELECT value FROM json_each(?)))",
            "DELETE FROM message WHERE account IN (SELECT value FROM json_each(?))",
        ] {
            run(&mut tx, sql, &list).await?;
        }
        let messages = sqlx::query_scalar::<_, i64>("SELECT changes()").fetch_one(&mut *tx).await?;
        // Whatever else belongs to an account, in tables that may come later, too.
        let tables = sqlx::query_scalar::<_, String>(
            "SELECT m.name FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f ON f.\"table\" = 'account' \
             WHERE m.type = 'table' AND f.\"from\" = 'account' AND m.name NOT IN ('mail', 'thread', 'thread_link')",
        )
        .fetch_all(&mut *tx)
        .await?;
        for table in tables {
            run(&mut tx, &format!("DELETE FROM {table} WHERE account IN (SELECT value FROM json_each(?))"), &list).await?;
        }
        sqlx::query(
            "INSERT OR IGNORE INTO connection (id, integration, subject, label, email, display_name, status, settings, created_at) \
             VALUES ('~leaving', '~', '~leaving', '', '~', '', 'disconnected', '{}', 0)",
        )
        .execute(&mut *tx)
        .await?;
        run(
            &mut tx,
            "UPDATE account SET connection = '~leaving', email = '~', display_name = '', can_send = 0 \
             WHERE id IN (SELECT value FROM json_each(?))",
            &list,
        )
        .await?;
        // Scopes, secrets and outbox follow by foreign key.
        sqlx::query("DELETE FROM connection WHERE id = ?").bind(id.as_str()).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM place_count WHERE threads <= 0").execute(&mut *tx).await?;
        if let Some(job) = revoke {
            secrets::insert_revocation(&mut tx, job).await?;
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(messages as u64)
    }

    /// How many contents of hidden connections are still to be erased; None: nothing is leaving.
    pub async fn leaving(&self) -> Result<Option<u64>, StoreError> {
        let mut tx = self.read().await?;
        let left = sqlx::query_scalar::<_, i64>(
            "SELECT (SELECT count(*) FROM mail WHERE account IN (SELECT id FROM account WHERE connection = c.id)) FROM connection c \
             WHERE c.id = '~leaving'",
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(left.map(|n| n as u64))
    }

    /// Whether the index is being filled anew: what is older than the mail it has come to is not found yet.
    pub async fn relearning(&self) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar::<_, i64>("SELECT 1 FROM unlearnt").fetch_optional(&self.inner.readers).await?.is_some())
    }

    /// Whether [`Self::erase_left`] has something to do.
    pub async fn unsettled(&self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM unlearnt) OR EXISTS (SELECT 1 FROM connection WHERE id = '~leaving') \
             OR EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name IN ('mail_fts_old', 'mail_fts_next'))";
        Ok(sqlx::query_scalar::<_, i64>(sql).fetch_optional(&self.inner.readers).await?.is_some())
    }

    /// Erases what hidden connections left, step by step, and fills an index of an older form anew; also what a kill left over.
    /// Returns the sealed files removed.
    pub async fn erase_left(&self) -> Result<u64, StoreError> {
        let mut files = 0;
        let mut steps = 0_u32;
        while self.erase_step().await? {
            steps += 1;
            if steps.is_multiple_of(20) {
                files += self.bury_dead_files().await?;
                let left = self.leaving().await?;
                tracing::debug!(?left, "erasing");
            }
        }
        if steps > 0 {
            files += self.bury_dead_files().await?;
            self.give_back_if_it_can().await;
            // Erased pages are overwritten (secure_delete), but old copies of them may still stand in the WAL.
            self.checkpoint().await?;
        }
        Ok(files)
    }

    /// One bounded transaction. False: there is nothing left to do.
    pub(crate) async fn erase_step(&self) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        if learn(&mut tx).await? {
            tx.commit().await?;
            return Ok(true);
        }
        let list = json_ids(account_ids(&mut tx, &ConnectionId::new("~leaving")).await?);
        if exists(&mut tx, FTS_OLD).await? {
            cast_off(&mut tx).await?;
        } else if rebuilding(&mut tx).await? {
            rebuild(&mut tx, &list).await?;
        } else if list == "[]" {
            let gone = sqlx::query("DELETE FROM connection WHERE id = '~leaving'").execute(&mut *tx).await?.rows_affected();
            tx.commit().await?;
            return Ok(gone > 0);
        } else {
            forget(&mut tx, &list).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Some of the content; behind the last of it the conversations, the words of names, and the accounts.
async fn forget(tx: &mut SqliteConnection, accounts: &str) -> Result<(), StoreError> {
    let of = "account IN (SELECT value FROM json_each(?1))";
    let next = format!(
        "SELECT m.id, EXISTS (SELECT 1 FROM mail_fts_docsize d WHERE d.id = {}) FROM mail m WHERE {of} LIMIT {CHUNK}",
        index_row_sql("m.id")
    );
    let mails = sqlx::query_as::<_, (i64, bool)>(AssertSqlSafe(next)).bind(accounts).fetch_all(&mut *tx).await?;
    if mails.iter().any(|m| m.1) {
        let (going, all) = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(format!(
            "SELECT (SELECT count(*) FROM mail WHERE {of}), (SELECT count(*) FROM mail)"
        )))
        .bind(accounts)
        .fetch_one(&mut *tx)
        .await?;
        // Unlearning a mail costs about as much as learning one: whichever is less.
        if going * 2 > all {
            return begin_rebuild(tx).await;
        }
    }
    for (mail, indexed) in &mails {
        if *indexed {
            rows::unindex(tx, FTS, *mail).await?;
        }
    }
    if !mails.is_empty() {
        sqlx::query("DELETE FROM mail WHERE id IN (SELECT value FROM json_each(?))")
            .bind(json_ids(mails.iter().map(|m| m.0)))
            .execute(tx)
            .await?;
        return Ok(());
    }
    for (table, key) in [("thread_link", "account, key"), ("thread", "id")] {
        let sql = format!("DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {of} LIMIT {ROWS})");
        if run(tx, &sql, accounts).await? > 0 {
            return Ok(());
        }
    }
    names::relearn(tx).await?;
    run(tx, "DELETE FROM account WHERE id IN (SELECT value FROM json_each(?))", accounts).await?;
    Ok(())
}

/// The next mails that the index does not have since its form changed, newest first. False: it has them all.
async fn learn(tx: &mut SqliteConnection) -> Result<bool, StoreError> {
    let Some(below) = sqlx::query_scalar::<_, i64>("SELECT below FROM unlearnt").fetch_optional(&mut *tx).await? else { return Ok(false) };
    let leaving = "account IN (SELECT id FROM account WHERE connection = '~leaving')";
    let sql = format!("SELECT id, {leaving} FROM mail WHERE id < ? ORDER BY id DESC LIMIT {CHUNK}");
    let mails = sqlx::query_as::<_, (i64, bool)>(AssertSqlSafe(sql)).bind(below).fetch_all(&mut *tx).await?;
    for (mail, leaves) in &mails {
        // One that came meanwhile has been learnt; what is about to be forgotten is not.
        if !leaves && !rows::indexed_in(tx, FTS, *mail).await? {
            rows::index(tx, FTS, *mail).await?;
        }
    }
    let sql = if mails.is_empty() { "DELETE FROM unlearnt WHERE ? IS NULL" } else { "UPDATE unlearnt SET below = ?" };
    sqlx::query(sql).bind(mails.last().map(|m| m.0)).execute(tx).await?;
    Ok(true)
}

/// An empty index that is just like the one in use.
async fn begin_rebuild(tx: &mut SqliteConnection) -> Result<(), StoreError> {
    let sql = sqlx::query_scalar::<_, String>("SELECT sql FROM sqlite_schema WHERE name = 'mail_fts'").fetch_one(&mut *tx).await?;
    let sql = sql.replacen("mail_fts", FTS_NEXT, 1);
    sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    let options = sqlx::query_as::<_, (String, i64)>("SELECT k, v FROM mail_fts_config WHERE k <> 'version'").fetch_all(&mut *tx).await?;
    for (option, value) in options {
        sqlx::query("INSERT INTO mail_fts_next (mail_fts_next, rank) VALUES (?, ?)").bind(option).bind(value).execute(&mut *tx).await?;
    }
    Ok(())
}

/// The next mails that stay, newest first as the index has them; where there are none behind the last one, those that came meanwhile, and
/// where there are none of these either, the new index takes the place of the old one.
async fn rebuild(tx: &mut SqliteConnection, accounts: &str) -> Result<(), StoreError> {
    let stays = "t.mail IN (SELECT id FROM mail WHERE account NOT IN (SELECT value FROM json_each(?1)))";
    let behind = format!(
        "SELECT t.mail FROM mail_text t WHERE t.mail < coalesce((SELECT {} FROM mail_fts_next_docsize), {}) \
         AND (SELECT account FROM mail m WHERE m.id = t.mail) NOT IN (SELECT value FROM json_each(?1)) ORDER BY t.mail DESC LIMIT {CHUNK}",
        mail_sql("max(id)"),
        i64::MAX
    );
    let between = format!(
        "SELECT t.mail FROM mail_text t WHERE {stays} AND NOT EXISTS (SELECT 1 FROM mail_fts_next_docsize d WHERE d.id = {}) \
         ORDER BY t.mail DESC LIMIT {CHUNK}",
        index_row_sql("t.mail")
    );
    for sql in [behind, between] {
        let mails = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).bind(accounts).fetch_all(&mut *tx).await?;
        for mail in &mails {
            rows::index(tx, FTS_NEXT, *mail).await?;
        }
        if !mails.is_empty() {
            return Ok(());
        }
    }
    // The old one becomes an index of nothing: its pages, which go little by little, are no part of it any more.
    for sql in [
        "ALTER TABLE mail_fts RENAME TO mail_fts_old",
        "ALTER TABLE mail_fts_next RENAME TO mail_fts",
        "CREATE VIRTUAL TABLE mail_fts_none USING fts5 (x, content = '')",
        "DELETE FROM mail_fts_old_idx",
        "DELETE FROM mail_fts_old_docsize",
        "REPLACE INTO mail_fts_old_data (id, block) SELECT id, block FROM mail_fts_none_data",
        "DROP TABLE mail_fts_none",
    ] {
        sqlx::query(sql).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Some pages of the old index; the table behind the last ones.
async fn cast_off(tx: &mut SqliteConnection) -> Result<(), StoreError> {
    // The first rows are its (empty) structure.
    let sql = format!("DELETE FROM mail_fts_old_data WHERE id IN (SELECT id FROM mail_fts_old_data WHERE id > 10 LIMIT {ROWS})");
    if sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?.rows_affected() == 0 {
        sqlx::query("DROP TABLE mail_fts_old").execute(tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
