//! Messages: summaries for lists, details for the reader, remote ids for the outbox.

use std::collections::HashMap;

use domain::{
    ids::{AccountId, AttachmentId, ConnectionId, MailboxId, MessageId, RemoteId, ScopeId, ThreadId},
    mail::{Address, Attachment, CryptoKind, Flags, MailboxRole, MessageSummary, ParsedAttachment},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{
    commit::Head,
    error::StoreError,
    mailboxes::MailboxSet,
    open::Store,
    page::{Page, PageCursor, before},
    place::Place,
    rows::{TEXT_COLUMNS, json_ids, text_of},
};

/// Which messages; no field set: all that are not hidden, junk and trash included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    pub account: Option<AccountId>,
    pub connection: Option<ConnectionId>,
    /// None and [`Place::All`]: wherever they lie.
    pub place: Option<Place>,
    pub unread_only: bool,
    pub starred: bool,
}

/// A message as the reader needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDetail {
    pub summary: MessageSummary,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    /// Decoded text, as it is indexed.
    pub text: String,
    pub has_html: bool,
    pub has_calendar: bool,
    pub crypto: Option<CryptoKind>,
    pub list_id: Option<String>,
    pub list_unsubscribe: Option<String>,
    pub list_unsubscribe_one_click: bool,
    pub defects: Vec<String>,
    pub attachments: Vec<Attachment>,
    pub scope: ScopeId,
    pub remote: RemoteId,
}

/// Where a message is at its provider, read at the moment a write runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteRef {
    pub message: MessageId,
    pub scope: ScopeId,
    /// The folder that the id belongs to (IMAP).
    pub container: Option<RemoteId>,
    pub remote: RemoteId,
    /// False while the id is unknown: after a move on a server that does not say it, until the next sync.
    pub known: bool,
}

/// A visible message and where it lies: what an action on it needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    pub message: MessageId,
    pub thread: ThreadId,
    pub account: AccountId,
    pub connection: ConnectionId,
    pub mailboxes: Vec<MailboxId>,
    pub flags: Flags,
}

const COLUMNS: &str = "m.id, a.connection, m.account, m.thread, c.rfc_id, c.subject, c.from_name, c.from_email, c.head, c.snippet, c.date, \
     c.size, m.flags, c.has_attachments, m.shadow IS NOT NULL, m.mail";

fn summary(row: &SqliteRow) -> Result<(MessageSummary, Head), StoreError> {
    let mut head: Head = serde_json::from_str(row.try_get(8)?)?;
    let take = std::mem::take;
    let summary = MessageSummary {
        id: MessageId(row.try_get(0)?),
        connection: ConnectionId(row.try_get(1)?),
        account: AccountId(row.try_get(2)?),
        thread: ThreadId(row.try_get(3)?),
        rfc_message_id: row.try_get(4)?,
        subject: row.try_get(5)?,
        from: Address { name: row.try_get(6)?, email: row.try_get(7)? },
        to: take(&mut head.to),
        cc: take(&mut head.cc),
        bcc: take(&mut head.bcc),
        reply_to: take(&mut head.reply_to),
        snippet: row.try_get(9)?,
        date: Timestamp(row.try_get(10)?),
        size: row.try_get::<i64, _>(11)? as u64,
        flags: Flags::from_bits(row.try_get(12)?),
        has_attachments: row.try_get(13)?,
        mailboxes: Vec::new(),
        pending: row.try_get(14)?,
    };
    Ok((summary, head))
}

/// Mailboxes of each message.
async fn mailboxes_of(tx: &mut SqliteConnection, list: &str) -> Result<HashMap<i64, Vec<MailboxId>>, StoreError> {
    let rows = sqlx::query("SELECT message, mailbox FROM placed WHERE message IN (SELECT value FROM json_each(?)) ORDER BY mailbox")
        .bind(list)
        .fetch_all(tx)
        .await?;
    let mut map: HashMap<i64, Vec<MailboxId>> = HashMap::new();
    for row in &rows {
        map.entry(row.try_get(0)?).or_default().push(MailboxId(row.try_get(1)?));
    }
    Ok(map)
}

/// Summaries in the order of `ids`.
pub(crate) async fn summaries(tx: &mut SqliteConnection, ids: &[i64]) -> Result<Vec<MessageSummary>, StoreError> {
    let list = json_ids(ids.iter().copied());
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM json_each(?) j CROSS JOIN message m ON m.id = j.value CROSS JOIN mail c ON c.id = m.mail \
         CROSS JOIN account a ON a.id = m.account"
    ));
    let rows = sqlx::query(sql).bind(&list).fetch_all(&mut *tx).await?;
    let mut mailboxes = mailboxes_of(tx, &list).await?;
    rows.iter()
        .map(|row| {
            let (mut summary, _) = summary(row)?;
            summary.mailboxes = mailboxes.remove(&summary.id.0).unwrap_or_default();
            Ok(summary)
        })
        .collect()
}

/// Details in the order of `ids`.
pub(crate) async fn details(tx: &mut SqliteConnection, ids: &[i64]) -> Result<Vec<MessageDetail>, StoreError> {
    let list = json_ids(ids.iter().copied());
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS}, m.scope, m.remote, {TEXT_COLUMNS} FROM json_each(?) j CROSS JOIN message m ON m.id = j.value \
         CROSS JOIN mail c ON c.id = m.mail CROSS JOIN account a ON a.id = m.account LEFT JOIN mail_text t ON t.mail = m.mail \
         LEFT JOIN raw r ON r.mail = m.mail"
    ));
    let rows = sqlx::query(sql).bind(&list).fetch_all(&mut *tx).await?;
    let mut mailboxes = mailboxes_of(tx, &list).await?;
    let mut attachments = attachments_of(tx, &list).await?;
    rows.iter()
        .map(|row| {
            let (mut summary, head) = summary(row)?;
            summary.mailboxes = mailboxes.remove(&summary.id.0).unwrap_or_default();
            Ok(MessageDetail {
                in_reply_to: head.in_reply_to,
                references: head.references,
                text: text_of(row, 18)?,
                has_html: head.has_html,
                has_calendar: head.has_calendar,
                crypto: head.crypto,
                list_id: head.list_id,
                list_unsubscribe: head.list_unsubscribe,
                list_unsubscribe_one_click: head.one_click,
                defects: head.defects,
                attachments: attachments.remove(&summary.id.0).unwrap_or_default(),
                scope: ScopeId(row.try_get(16)?),
                remote: RemoteId(row.try_get(17)?),
                summary,
            })
        })
        .collect()
}

async fn placements_of(tx: &mut SqliteConnection, ids: &[i64]) -> Result<Vec<Placement>, StoreError> {
    let list = json_ids(ids.iter().copied());
    let rows = sqlx::query(
        "SELECT m.id, m.thread, m.account, a.connection, m.flags FROM json_each(?) j CROSS JOIN message m ON m.id = j.value \
         CROSS JOIN account a ON a.id = m.account WHERE m.hidden = 0",
    )
    .bind(&list)
    .fetch_all(&mut *tx)
    .await?;
    let mut mailboxes = mailboxes_of(tx, &list).await?;
    rows.iter()
        .map(|r| {
            let id: i64 = r.try_get(0)?;
            Ok(Placement {
                message: MessageId(id),
                thread: ThreadId(r.try_get(1)?),
                account: AccountId(r.try_get(2)?),
                connection: ConnectionId(r.try_get(3)?),
                mailboxes: mailboxes.remove(&id).unwrap_or_default(),
                flags: Flags::from_bits(r.try_get(4)?),
            })
        })
        .collect()
}

async fn attachments_of(tx: &mut SqliteConnection, messages: &str) -> Result<HashMap<i64, Vec<Attachment>>, StoreError> {
    let rows = sqlx::query(
        "SELECT m.id, x.id, x.part, x.name, x.mime, x.size, x.inline, x.content_id FROM json_each(?) j \
         CROSS JOIN message m ON m.id = j.value CROSS JOIN attachment x ON x.mail = m.mail ORDER BY x.id",
    )
    .bind(messages)
    .fetch_all(tx)
    .await?;
    let mut map: HashMap<i64, Vec<Attachment>> = HashMap::new();
    for row in &rows {
        let attachment = attachment(row)?;
        map.entry(attachment.message.0).or_default().push(attachment);
    }
    Ok(map)
}

fn attachment(row: &SqliteRow) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        message: MessageId(row.try_get(0)?),
        id: AttachmentId(row.try_get(1)?),
        part: ParsedAttachment {
            part: row.try_get(2)?,
            name: row.try_get(3)?,
            mime: row.try_get(4)?,
            size: row.try_get::<i64, _>(5)? as u64,
            inline: row.try_get(6)?,
            content_id: row.try_get(7)?,
        },
    })
}

pub(crate) const BY_MAILBOX: &str = "SELECT p.message FROM placed p CROSS JOIN message m ON m.id = p.message \
     WHERE p.mailbox = ?1 AND p.message < ?2 AND m.hidden = 0 AND (?3 = 0 OR m.flags & 1 = 0) AND (?4 = 0 OR m.flags & 2 = 2) \
     ORDER BY p.message DESC LIMIT ?5";
pub(crate) const BY_ACCOUNT: &str = "SELECT m.id FROM message m WHERE m.account = ?1 AND m.id < ?2 AND m.hidden = 0 \
     AND (?3 = 0 OR m.flags & 1 = 0) AND (?4 = 0 OR m.flags & 2 = 2) ORDER BY m.id DESC LIMIT ?5";
pub(crate) const BY_DATE: &str = "SELECT m.id FROM message m WHERE ?1 = 0 AND m.id < ?2 AND m.hidden = 0 \
     AND (?3 = 0 OR m.flags & 1 = 0) AND (?4 = 0 OR m.flags & 2 = 2) ORDER BY m.id DESC LIMIT ?5";
/// Starred mail wherever it lies; account 0: of all of them.
pub(crate) const STARRED: &str = "SELECT m.id FROM message m INDEXED BY message_starred WHERE (?1 = 0 OR m.account = ?1) AND m.id < ?2 \
     AND m.flags & 2 = 2 AND m.hidden = 0 AND (?3 = 0 OR m.flags & 1 = 0) AND (?4 = 0 OR m.flags & 2 = 2) ORDER BY m.id DESC LIMIT ?5";
/// The archive of an account with labels: what lies in no place of its own, as in [`crate::place`].
pub(crate) const ARCHIVED: &str = "SELECT m.id FROM message m WHERE m.account = ?1 AND m.id < ?2 AND m.hidden = 0 \
     AND (?3 = 0 OR m.flags & 1 = 0) AND (?4 = 0 OR m.flags & 2 = 2) AND NOT EXISTS (SELECT 1 FROM placed q WHERE q.message = m.id \
     AND q.mailbox IN (SELECT b.id FROM mailbox b WHERE b.account = ?1 \
     AND b.role IN ('inbox', 'archive', 'sent', 'drafts', 'junk', 'trash'))) ORDER BY m.id DESC LIMIT ?5";

type Source = (&'static str, i64);

impl Store {
    /// Newest first; `limit` at most 10,000.
    pub async fn messages(
        &self,
        filter: &MessageFilter,
        after: Option<&PageCursor>,
        limit: u32,
    ) -> Result<Page<MessageSummary>, StoreError> {
        self.merged(self.sources(filter).await?, (filter.unread_only, filter.starred), after, limit).await
    }

    /// What a name stands for, newest first; `limit` at most 10,000.
    pub async fn messages_in(&self, set: &MailboxSet, after: Option<&PageCursor>, limit: u32) -> Result<Page<MessageSummary>, StoreError> {
        let boxes = set.mailboxes.iter().map(|b| (BY_MAILBOX, b.0));
        let archives = set.archives.iter().map(|a| (ARCHIVED, a.0));
        let starred = set.starred.iter().map(|a| (STARRED, a.0));
        self.merged(boxes.chain(archives).chain(starred).collect(), (false, false), after, limit).await
    }

    async fn merged(
        &self,
        sources: Vec<Source>,
        (unread, starred): (bool, bool),
        after: Option<&PageCursor>,
        limit: u32,
    ) -> Result<Page<MessageSummary>, StoreError> {
        let limit = limit.min(10_000) as usize;
        let start = before(after)?;
        let mut tx = self.read().await?;
        // A sorted list per mailbox (or account), merged: every one of them starts at the cursor by index.
        let mut ids: Vec<i64> = Vec::new();
        for (sql, key) in sources {
            ids.extend(
                sqlx::query_scalar::<_, i64>(sql)
                    .bind(key)
                    .bind(start)
                    .bind(unread)
                    .bind(starred)
                    .bind(limit as i64 + 1)
                    .fetch_all(&mut *tx)
                    .await?,
            );
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.dedup();
        let more = ids.len() > limit;
        ids.truncate(limit);
        let next = if more { ids.last().map(|id| PageCursor::of(*id)) } else { None };
        Ok(Page { items: summaries(&mut tx, &ids).await?, next })
    }

    /// Exact, from the kept counts; `starred` has none for messages, so it is counted.
    pub async fn count_messages(&self, filter: &MessageFilter) -> Result<u64, StoreError> {
        let mut total = 0;
        for (sql, key) in self.sources(filter).await? {
            let counted = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM ({sql})"));
            total += sqlx::query_scalar::<_, i64>(counted)
                .bind(key)
                .bind(i64::MAX)
                .bind(filter.unread_only)
                .bind(filter.starred)
                .bind(i64::MAX)
                .fetch_one(&self.inner.readers)
                .await?;
        }
        Ok(total as u64)
    }

    async fn sources(&self, filter: &MessageFilter) -> Result<Vec<Source>, StoreError> {
        let accounts: Vec<i64> = self
            .accounts()
            .await?
            .into_iter()
            .filter(|a| filter.account.is_none_or(|f| f == a.id) && filter.connection.as_ref().is_none_or(|c| *c == a.connection))
            .map(|a| a.id.0)
            .collect();
        let everything = filter.account.is_none() && filter.connection.is_none();
        Ok(match filter.place {
            Some(Place::Mailbox(id)) => vec![(BY_MAILBOX, id.0)],
            // Neither needs a mailbox: a star is a flag, and where mail bears labels the archive is their absence.
            Some(Place::Role(MailboxRole::Flagged)) if everything => vec![(STARRED, 0)],
            Some(Place::Role(MailboxRole::Flagged)) => accounts.into_iter().map(|a| (STARRED, a)).collect(),
            Some(Place::Role(MailboxRole::Archive)) => {
                let labelled = self.labelled().await?.into_iter().filter(|a| accounts.contains(a)).map(|a| (ARCHIVED, a));
                let boxes = self.mailboxes(None).await?.into_iter();
                let boxes = boxes.filter(|b| b.role == Some(MailboxRole::Archive) && accounts.contains(&b.account.0));
                boxes.map(|b| (BY_MAILBOX, b.id.0)).chain(labelled).collect()
            }
            Some(Place::Role(role)) if role != MailboxRole::All || self.has_role(role).await? => self
                .mailboxes(None)
                .await?
                .into_iter()
                .filter(|b| b.role == Some(role) && accounts.contains(&b.account.0))
                .map(|b| (BY_MAILBOX, b.id.0))
                .collect(),
            _ if everything => vec![(BY_DATE, 0)],
            _ => accounts.into_iter().map(|a| (BY_ACCOUNT, a)).collect(),
        })
    }

    async fn has_role(&self, role: MailboxRole) -> Result<bool, StoreError> {
        Ok(self.mailboxes(None).await?.iter().any(|b| b.role == Some(role)))
    }

    pub async fn message(&self, id: MessageId) -> Result<MessageDetail, StoreError> {
        let mut tx = self.read().await?;
        details(&mut tx, &[id.0]).await?.pop().ok_or_else(|| StoreError::missing("message", id))
    }

    pub async fn message_summaries(&self, ids: &[MessageId]) -> Result<Vec<MessageSummary>, StoreError> {
        let mut tx = self.read().await?;
        summaries(&mut tx, &ids.iter().map(|i| i.0).collect::<Vec<_>>()).await
    }

    pub async fn attachments(&self, message: MessageId) -> Result<Vec<Attachment>, StoreError> {
        let mut tx = self.read().await?;
        Ok(attachments_of(&mut tx, &json_ids([message.0])).await?.remove(&message.0).unwrap_or_default())
    }

    pub async fn attachment(&self, id: AttachmentId) -> Result<Attachment, StoreError> {
        let row = sqlx::query(
            "SELECT m.id, x.id, x.part, x.name, x.mime, x.size, x.inline, x.content_id FROM attachment x \
             JOIN message m ON m.mail = x.mail WHERE x.id = ? ORDER BY m.id LIMIT 1",
        )
        .bind(id.0)
        .fetch_optional(&self.inner.readers)
        .await?;
        attachment(&row.ok_or_else(|| StoreError::missing("attachment", id))?)
    }

    /// Every visible message of these threads, copies included, oldest first.
    pub async fn thread_placements(&self, threads: &[ThreadId]) -> Result<Vec<Placement>, StoreError> {
        let mut tx = self.read().await?;
        let ids = sqlx::query_scalar::<_, i64>(
            "SELECT id FROM message WHERE thread IN (SELECT value FROM json_each(?)) AND hidden = 0 ORDER BY id",
        )
        .bind(json_ids(threads.iter().map(|t| t.0)))
        .fetch_all(&mut *tx)
        .await?;
        placements_of(&mut tx, &ids).await
    }

    /// These messages as far as they are visible, in the order given.
    pub async fn placements(&self, messages: &[MessageId]) -> Result<Vec<Placement>, StoreError> {
        let mut tx = self.read().await?;
        placements_of(&mut tx, &messages.iter().map(|m| m.0).collect::<Vec<_>>()).await
    }

    /// The newest message that bears this Message-ID (without brackets).
    pub async fn message_by_rfc_id(&self, account: AccountId, rfc_id: &str) -> Result<Option<MessageId>, StoreError> {
        let id = sqlx::query_scalar::<_, i64>(
            "SELECT m.id FROM mail c JOIN message m ON m.mail = c.id \
             WHERE c.account = ? AND c.rfc_key <> 0 AND c.rfc_key = ? AND c.rfc_id = ? ORDER BY m.id DESC LIMIT 1",
        )
        .bind(account.0)
        .bind(crate::commit::rfc_key(rfc_id))
        .bind(rfc_id)
        .fetch_optional(&self.inner.readers)
        .await?;
        Ok(id.map(MessageId))
    }

    /// Remote ids at this moment, in the order given; messages that are gone are left out.
    pub async fn remote_refs(&self, messages: &[MessageId]) -> Result<Vec<RemoteRef>, StoreError> {
        let rows = sqlx::query(
            "SELECT m.id, m.scope, s.container, m.remote, m.orphan = 0 FROM json_each(?) j CROSS JOIN message m ON m.id = j.value \
             CROSS JOIN scope s ON s.id = m.scope",
        )
        .bind(json_ids(messages.iter().map(|m| m.0)))
        .fetch_all(&self.inner.readers)
        .await?;
        rows.iter()
            .map(|r| {
                let container: String = r.try_get(2)?;
                Ok(RemoteRef {
                    message: MessageId(r.try_get(0)?),
                    scope: ScopeId(r.try_get(1)?),
                    container: if container.is_empty() { None } else { Some(RemoteId(container)) },
                    remote: RemoteId(r.try_get(3)?),
                    known: r.try_get(4)?,
                })
            })
            .collect()
    }
}
