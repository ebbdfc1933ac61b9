//! People from history and out of the lists of providers, their conversations, and files across all mail. Pages are keyset scans along indexes in date order.

use domain::{
    ids::{AccountId, AttachmentId, MessageId, ThreadId},
    mail::{Address, ThreadSummary},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use crate::{
    error::StoreError,
    open::Store,
    page::{Page, PageCursor, first_id},
    place::{Place, place_key},
    threads::thread_rows,
};

mod lists;
mod suggest;

pub use lists::{PeopleBatch, PeopleReport};
pub use suggest::{PersonOrigin, SuggestedPerson};

/// Somebody from mail sent and received, all accounts together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub name: String,
    pub email: String,
    /// Mails to them.
    pub sent: u32,
    pub seen: u32,
    pub last_at: Timestamp,
}

/// Which files; all set conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFilter {
    /// As the schema names kinds: `image`, `pdf`, ….
    pub kind: Option<String>,
    /// Sender's address.
    pub from: Option<String>,
    pub account: Option<AccountId>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    pub id: AttachmentId,
    pub message: MessageId,
    pub thread: ThreadId,
    pub account: AccountId,
    pub name: String,
    pub mime: String,
    pub kind: String,
    pub size: u64,
    pub from: Address,
    pub subject: String,
    pub date: Timestamp,
}

/// One row per address: that of the account which was in touch last.
pub(crate) const CONTACTS_SQL: &str = "SELECT c.email, c.name, c.last_at, (SELECT sum(sent) FROM contact s WHERE s.email = c.email), \
     (SELECT sum(seen) FROM contact s WHERE s.email = c.email) FROM contact c INDEXED BY contact_recent \
     WHERE (c.last_at, c.email) < (?1, ?2) AND (?3 = '' OR c.email LIKE ?3 ESCAPE '\\' OR c.name LIKE ?3 ESCAPE '\\') \
     AND NOT EXISTS (SELECT 1 FROM contact o WHERE o.email = c.email AND (o.last_at, o.account) > (c.last_at, c.account)) \
     ORDER BY c.last_at DESC, c.email DESC LIMIT ?4";

fn contact(r: &SqliteRow) -> Result<Contact, StoreError> {
    Ok(Contact {
        email: r.try_get(0)?,
        name: r.try_get(1)?,
        last_at: Timestamp(r.try_get(2)?),
        sent: r.try_get::<Option<i64>, _>(3)?.unwrap_or_default() as u32,
        seen: r.try_get::<Option<i64>, _>(4)?.unwrap_or_default() as u32,
    })
}

/// Along the narrowest index that is in date order.
pub(crate) fn files_sql(filter: &FileFilter) -> String {
    // A sender's own mail is found by its index; the files then come per mail.
    let (from, by) = if filter.from.is_some() {
        ("mail c INDEXED BY mail_sender CROSS JOIN attachment a INDEXED BY attachment_file ON a.mail = c.id", "c.id")
    } else if filter.kind.is_some() {
        ("attachment a INDEXED BY attachment_kind CROSS JOIN mail c ON c.id = a.mail", "a.mail")
    } else {
        ("attachment a INDEXED BY attachment_file CROSS JOIN mail c ON c.id = a.mail", "a.mail")
    };
    let sender = if filter.from.is_some() {
        " AND c.account = ?6 AND lower(c.from_email) = ?7"
    } else {
        " AND (?6 IS NULL OR c.account = ?6) AND ?7 IS NULL"
    };
    let kind = if filter.kind.is_some() { " AND a.kind = ?5" } else { " AND ?5 IS NULL" };
    format!(
        "SELECT a.id, a.mail, (SELECT min(m.id) FROM message m WHERE m.mail = a.mail AND m.hidden = 0), c.thread, c.account, a.name, a.mime, a.kind, \
         a.size, c.from_name, c.from_email, c.subject, c.date FROM {from} \
         WHERE a.inline = 0{kind} AND {by} >= ?3 AND {by} <= ?1 AND ({by} < ?1 OR a.id < ?2){sender} \
         AND EXISTS (SELECT 1 FROM message m WHERE m.mail = a.mail AND m.hidden = 0) \
         AND EXISTS (SELECT 1 FROM thread_in i WHERE i.thread = c.thread AND i.place = {}) \
         ORDER BY {by} DESC, a.id DESC LIMIT ?4",
        place_key(Place::All, None)
    )
}

fn pair(after: Option<&PageCursor>) -> Result<Option<(&str, &str)>, StoreError> {
    let broken = |c: &PageCursor| StoreError::Conflict(format!("{:?} is not a cursor of this list", c.0));
    after.map(|c| c.0.split_once(' ').ok_or_else(|| broken(c))).transpose()
}

impl Store {
    /// Last in touch first. `text`: a part of name or address.
    pub async fn contacts(&self, text: &str, after: Option<&PageCursor>, limit: u32) -> Result<Page<Contact>, StoreError> {
        let (at, email) = match pair(after)? {
            Some((at, email)) => (at.parse().map_err(|_| StoreError::Conflict("not a cursor of this list".to_owned()))?, email.to_owned()),
            None => (i64::MAX, String::new()),
        };
        let like = match text.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_") {
            t if t.is_empty() => String::new(),
            t => format!("%{t}%"),
        };
        let rows =
            sqlx::query(CONTACTS_SQL).bind(at).bind(email).bind(like).bind(i64::from(limit) + 1).fetch_all(&self.inner.readers).await?;
        let mut items = rows.iter().map(contact).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|c| PageCursor(format!("{} {}", c.last_at.0, c.email)));
        Ok(Page { items, next })
    }

    /// Somebody by address, whether or not there was ever mail.
    pub async fn contact(&self, email: &str) -> Result<Contact, StoreError> {
        let email = email.to_lowercase();
        let row = sqlx::query("SELECT email, name, max(last_at), sum(sent), sum(seen) FROM contact WHERE email = ? GROUP BY email")
            .bind(&email)
            .fetch_optional(&self.inner.readers)
            .await?;
        match row {
            Some(r) => contact(&r),
            None => Ok(Contact { name: String::new(), email, sent: 0, seen: 0, last_at: Timestamp(0) }),
        }
    }

    /// The latest conversations with a mail from this address.
    pub async fn person_threads(&self, email: &str, limit: u32) -> Result<Vec<ThreadSummary>, StoreError> {
        let mut tx = self.read().await?;
        let mut found: Vec<(i64, i64)> = Vec::new();
        for account in sqlx::query_scalar::<_, i64>("SELECT id FROM account").fetch_all(&mut *tx).await? {
            // Several mails of one conversation: a few more than asked for are looked at.
            let rows = sqlx::query(
                "SELECT i.thread, i.latest FROM mail c INDEXED BY mail_sender CROSS JOIN thread_in i ON i.thread = c.thread AND i.place = ?3 \
                 WHERE c.account = ?1 AND lower(c.from_email) = ?2 ORDER BY c.id DESC LIMIT ?4",
            )
            .bind(account)
            .bind(email.to_lowercase())
            .bind(place_key(Place::All, None))
            .bind(i64::from(limit) * 8)
            .fetch_all(&mut *tx)
            .await?;
            for r in &rows {
                found.push((r.try_get(0)?, r.try_get(1)?));
            }
        }
        found.sort_by_key(|(_, latest)| std::cmp::Reverse(*latest));
        found.dedup();
        found.truncate(limit as usize);
        thread_rows(&mut tx, &found).await
    }

    /// Files of mail that lies neither in junk nor in the bin, newest first. Inline images are left out.
    pub async fn mail_files(&self, filter: &FileFilter, after: Option<&PageCursor>, limit: u32) -> Result<Page<FileRow>, StoreError> {
        let broken = |_| StoreError::Conflict("not a cursor of this list".to_owned());
        let (mail, id): (i64, i64) = match pair(after)? {
            Some((mail, id)) => (mail.parse().map_err(broken)?, id.parse().map_err(broken)?),
            None => (filter.until.map_or(i64::MAX, |t| first_id(t.secs()) - 1), i64::MAX),
        };
        let since = filter.since.map_or(0, |t| first_id(t.secs()));
        let accounts: Vec<Option<i64>> = match (filter.account, &filter.from) {
            (Some(account), _) => vec![Some(account.0)],
            (None, Some(_)) => self.accounts().await?.into_iter().map(|a| Some(a.id.0)).collect(),
            (None, None) => vec![None],
        };
        let mut keyed: Vec<((i64, i64), FileRow)> = Vec::new();
        for account in accounts {
            let rows = sqlx::query(AssertSqlSafe(files_sql(filter)))
                .bind(mail)
                .bind(id)
                .bind(since)
                .bind(i64::from(limit) + 1)
                .bind(&filter.kind)
                .bind(account)
                .bind(filter.from.as_ref().map(|f| f.to_lowercase()))
                .fetch_all(&self.inner.readers)
                .await?;
            for r in &rows {
                let row = FileRow {
                    id: AttachmentId(r.try_get(0)?),
                    message: MessageId(r.try_get(2)?),
                    thread: ThreadId(r.try_get(3)?),
                    account: AccountId(r.try_get(4)?),
                    name: r.try_get(5)?,
                    mime: r.try_get(6)?,
                    kind: r.try_get(7)?,
                    size: r.try_get::<i64, _>(8)? as u64,
                    from: Address { name: r.try_get(9)?, email: r.try_get(10)? },
                    subject: r.try_get(11)?,
                    date: Timestamp(r.try_get(12)?),
                };
                keyed.push(((r.try_get(1)?, row.id.0), row));
            }
        }
        keyed.sort_by_key(|(key, _)| std::cmp::Reverse(*key));
        let more = keyed.len() > limit as usize;
        keyed.truncate(limit as usize);
        let next = keyed.last().filter(|_| more).map(|((mail, id), _)| PageCursor(format!("{mail} {id}")));
        Ok(Page { items: keyed.into_iter().map(|(_, row)| row).collect(), next })
    }
}

#[cfg(test)]
mod tests;
