//! Mailboxes: folders and labels. Their counts are those of their place, kept with every change of mail.

use domain::{
    ids::{AccountId, ConnectionId, MailboxId, RemoteId},
    mail::{Mailbox, MailboxRole, RemoteMailbox},
    time::Timestamp,
};
use sqlx::{Row as _, sqlite::SqliteRow};

use crate::{commit, error::StoreError, open::Store};

/// What a listing changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxChanges {
    pub added: Vec<Mailbox>,
    pub removed: Vec<RemoteId>,
}

/// What a name that a person typed stands for: a role (`inbox`, `archive`, `starred`), a mailbox's name, or the last part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxSet {
    pub mailboxes: Vec<MailboxId>,
    /// Accounts with labels instead of folders: what bears no place of its own is their archive.
    pub archives: Vec<AccountId>,
    /// Accounts whose starred mail is meant, wherever it lies.
    pub starred: Vec<AccountId>,
}

impl MailboxSet {
    pub fn is_empty(&self) -> bool {
        self.mailboxes.is_empty() && self.archives.is_empty() && self.starred.is_empty()
    }
}

/// Whether a mailbox answers to a word: by role, by name, or by the last part of its name (`work` for `INBOX/Work`). All texts in
/// lower case. A folder of flagged mail holds the starred mail once more and is not meant: the star itself is.
pub(crate) fn called(shown: &str, role: Option<MailboxRole>, wanted: &str) -> bool {
    let meant = MailboxRole::parse(wanted);
    if meant == Some(MailboxRole::Flagged) && role == meant {
        return false;
    }
    (meant.is_some() && role == meant) || shown == wanted || shown.rsplit('/').next() == Some(wanted)
}

const COLUMNS: &str = "SELECT b.id, b.account, b.remote, b.name, b.role, b.selectable, coalesce(c.messages, 0), coalesce(c.unread, 0) \
     FROM mailbox b LEFT JOIN place_count c ON c.place = b.id";

fn mailbox(row: &SqliteRow) -> Result<Mailbox, StoreError> {
    let role: Option<String> = row.try_get(4)?;
    Ok(Mailbox {
        id: MailboxId(row.try_get(0)?),
        account: AccountId(row.try_get(1)?),
        remote: RemoteId(row.try_get(2)?),
        name: row.try_get(3)?,
        role: role.as_deref().and_then(MailboxRole::parse),
        selectable: row.try_get(5)?,
        total: row.try_get(6)?,
        unread: row.try_get(7)?,
    })
}

impl Store {
    /// Makes the account's mailboxes equal to `remote`. What is missing there is removed with its mail and its scope;
    /// content stays for a while, so that a renamed folder downloads nothing.
    pub async fn upsert_mailboxes(
        &self,
        account: AccountId,
        remote: &[RemoteMailbox],
        now: Timestamp,
    ) -> Result<MailboxChanges, StoreError> {
        let mut tx = self.write().await?;
        let known = sqlx::query("SELECT id, remote, name, role, selectable FROM mailbox WHERE account = ?")
            .bind(account.0)
            .fetch_all(&mut *tx)
            .await?;
        let mut known_rows = std::collections::HashMap::new();
        for row in &known {
            let state: (i64, String, Option<String>, bool) = (row.try_get(0)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
            known_rows.insert(row.try_get::<String, _>(1)?, state);
        }
        // One that is being made is not missing, and one that has been made meanwhile is ours.
        let mut pending: Vec<(String, i64)> = Vec::new();
        known_rows.retain(|remote, (id, name, ..)| {
            let keep = !remote.starts_with(Mailbox::PROVISIONAL);
            if !keep {
                pending.push((name.to_lowercase(), *id));
            }
            keep
        });
        let mut changes = MailboxChanges::default();
        let mut moved_roles = Vec::new();
        for r in remote {
            let role = r.role.map(|r| r.as_str().to_owned());
            let ours = pending.iter().find(|(name, _)| *name == r.name.to_lowercase()).map(|(_, id)| *id);
            match known_rows.remove(r.id.as_str()) {
                None if ours.is_some() => {
                    sqlx::query("UPDATE mailbox SET remote = ?, name = ?, role = ?, selectable = ? WHERE id = ?")
                        .bind(r.id.as_str())
                        .bind(&r.name)
                        .bind(&role)
                        .bind(r.selectable)
                        .bind(ours)
                        .execute(&mut *tx)
                        .await?;
                    moved_roles.extend(ours);
                }
                None => {
                    let id = sqlx::query("INSERT INTO mailbox (account, remote, name, role, selectable) VALUES (?, ?, ?, ?, ?)")
                        .bind(account.0)
                        .bind(r.id.as_str())
                        .bind(&r.name)
                        .bind(&role)
                        .bind(r.selectable)
                        .execute(&mut *tx)
                        .await?
                        .last_insert_rowid();
                    changes.added.push(Mailbox {
                        id: MailboxId(id),
                        account,
                        remote: r.id.clone(),
                        name: r.name.clone(),
                        role: r.role,
                        selectable: r.selectable,
                        total: 0,
                        unread: 0,
                    });
                }
                Some((id, name, old_role, selectable)) if name != r.name || old_role != role || selectable != r.selectable => {
                    sqlx::query("UPDATE mailbox SET name = ?, role = ?, selectable = ? WHERE id = ?")
                        .bind(&r.name)
                        .bind(&role)
                        .bind(r.selectable)
                        .bind(id)
                        .execute(&mut *tx)
                        .await?;
                    if old_role != role {
                        moved_roles.push(id);
                    }
                }
                Some(_) => {}
            }
        }
        for (remote, (id, ..)) in known_rows {
            commit::drop_mailbox(&mut tx, account, id, &remote, now).await?;
            changes.removed.push(RemoteId(remote));
        }
        for id in moved_roles {
            commit::replace_mailbox(&mut tx, account, id).await?;
        }
        tx.commit().await?;
        self.bury_dead_files().await?;
        Ok(changes)
    }

    pub async fn mailboxes(&self, account: Option<AccountId>) -> Result<Vec<Mailbox>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE ?1 IS NULL OR b.account = ?1 ORDER BY b.account, b.name"));
        sqlx::query(sql).bind(account.map(|a| a.0)).fetch_all(&self.inner.readers).await?.iter().map(mailbox).collect()
    }

    pub async fn mailbox(&self, id: MailboxId) -> Result<Mailbox, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE b.id = ?"));
        let row = sqlx::query(sql).bind(id.0).fetch_optional(&self.inner.readers).await?;
        mailbox(&row.ok_or_else(|| StoreError::missing("mailbox", id))?)
    }

    pub async fn mailbox_by_role(&self, account: AccountId, role: MailboxRole) -> Result<Option<Mailbox>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE b.account = ? AND b.role = ? ORDER BY b.id LIMIT 1"));
        let row = sqlx::query(sql).bind(account.0).bind(role.as_str()).fetch_optional(&self.inner.readers).await?;
        row.as_ref().map(mailbox).transpose()
    }

    pub async fn mailbox_by_remote(&self, account: AccountId, remote: &RemoteId) -> Result<Option<Mailbox>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE b.account = ? AND b.remote = ?"));
        let row = sqlx::query(sql).bind(account.0).bind(remote.as_str()).fetch_optional(&self.inner.readers).await?;
        row.as_ref().map(mailbox).transpose()
    }

    /// By its shown name, without regard to case; in one account or in all.
    pub async fn mailbox_by_name(&self, account: Option<AccountId>, name: &str) -> Result<Vec<Mailbox>, StoreError> {
        let wanted = name.to_lowercase();
        Ok(self.mailboxes(account).await?.into_iter().filter(|b| b.name.to_lowercase() == wanted).collect())
    }

    /// Every mailbox that answers to `name`, as `in:` of the search understands it; in one account or in all.
    pub async fn mailboxes_called(&self, account: Option<AccountId>, name: &str) -> Result<Vec<Mailbox>, StoreError> {
        let wanted = name.to_lowercase();
        Ok(self.mailboxes(account).await?.into_iter().filter(|b| called(&b.name.to_lowercase(), b.role, &wanted)).collect())
    }

    /// What `name` stands for, in one connection or in all. Empty: no mailbox answers to it.
    pub async fn mailbox_set(&self, connection: Option<&ConnectionId>, name: &str) -> Result<MailboxSet, StoreError> {
        let accounts = self.accounts().await?.into_iter().filter(|a| connection.is_none_or(|c| *c == a.connection));
        let accounts: Vec<AccountId> = accounts.map(|a| a.id).collect();
        let mut set = MailboxSet {
            mailboxes: self
                .mailboxes_called(None, name)
                .await?
                .into_iter()
                .filter(|b| accounts.contains(&b.account))
                .map(|b| b.id)
                .collect(),
            ..MailboxSet::default()
        };
        match MailboxRole::parse(&name.to_lowercase()) {
            Some(MailboxRole::Archive) => {
                set.archives = self.labelled().await?.into_iter().map(AccountId).filter(|a| accounts.contains(a)).collect();
            }
            Some(MailboxRole::Flagged) => set.starred = accounts,
            _ => {}
        }
        Ok(set)
    }

    /// Accounts whose mail bears labels: one scope spans them, and a mailbox holds everything.
    pub(crate) async fn labelled(&self) -> Result<Vec<i64>, StoreError> {
        Ok(sqlx::query_scalar::<_, i64>(
            "SELECT a.id FROM account a JOIN scope s ON s.connection = a.connection WHERE s.service = 'mail' AND s.container = '' \
             AND EXISTS (SELECT 1 FROM mailbox b WHERE b.account = a.id AND b.role = 'all')",
        )
        .fetch_all(&self.inner.readers)
        .await?)
    }
}

#[cfg(test)]
mod tests;
