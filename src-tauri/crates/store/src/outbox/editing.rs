//! From the outbox back into the composer, and mail that was sent but not to everybody. In one transaction each: a mail is at every
//! instant either still here or a draft.

use domain::{
    audit::NewAudit,
    ids::{AccountId, DraftId, OutboxId},
    outbox::{OutboxItem, OutboxState},
    time::Timestamp,
};
use sqlx::Row as _;

use super::{COLUMNS, item, load, local};
use crate::{
    audit,
    drafts::{self, DraftContent, NewAttachment},
    error::StoreError,
    open::Store,
};

/// A draft to be made from a mail that has none.
#[derive(Clone, Debug)]
pub struct NewDraft {
    pub account: AccountId,
    pub content: DraftContent,
    pub files: Vec<NewAttachment>,
}

/// Recipients that the server refused, each with its reason.
pub type Refused = Vec<(String, String)>;

/// The column holds words of other states too; of a done item, a list.
fn told(detail: &str) -> Refused {
    serde_json::from_str(detail).unwrap_or_default()
}

impl Store {
    /// The draft that an item carries.
    pub async fn draft_of(&self, id: OutboxId) -> Result<Option<DraftId>, StoreError> {
        let found =
            sqlx::query_scalar::<_, i64>("SELECT id FROM draft WHERE outbox = ?").bind(id.0).fetch_optional(&self.inner.readers).await?;
        Ok(found.map(DraftId))
    }

    /// Takes a send out of the outbox and gives its draft back, or `fresh` where it has none. Of a mail that is done and was refused by
    /// some, the row stays and says nothing any more. Refused while a worker has it.
    pub async fn edit_send(&self, id: OutboxId, fresh: Option<&NewDraft>, entry: &NewAudit, now: Timestamp) -> Result<DraftId, StoreError> {
        let mut tx = self.write_durably().await?;
        let item = load(&mut tx, id).await?;
        let done = match item.state {
            OutboxState::Sending { lease_until } if lease_until > now => {
                return Err(StoreError::Conflict("it is being sent at this moment".to_owned()));
            }
            OutboxState::Done => true,
            _ => false,
        };
        let own = sqlx::query_scalar::<_, i64>("UPDATE draft SET outbox = NULL WHERE outbox = ? RETURNING id")
            .bind(id.0)
            .fetch_optional(&mut *tx)
            .await?;
        let draft = match (own, fresh) {
            (Some(draft), _) => DraftId(draft),
            (None, Some(fresh)) => {
                let draft = drafts::insert(&mut tx, fresh.account, &fresh.content, now).await?;
                for file in &fresh.files {
                    tx.takes(&file.data);
                    drafts::insert_file(&mut tx, draft, file).await?;
                }
                draft
            }
            // Nothing is committed: the mail stays where it is.
            (None, None) => return Err(StoreError::missing("draft of the outbox item", id)),
        };
        if done {
            let told = sqlx::query("UPDATE outbox SET detail = '', raw = NULL, raw_file = NULL WHERE id = ? AND detail <> ''")
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
            if told.rows_affected() == 0 {
                return Err(StoreError::Conflict("it is done already".to_owned()));
            }
        } else {
            local::drop_item(&mut tx, &item, now).await?;
            sqlx::query("DELETE FROM outbox WHERE id = ?").bind(id.0).execute(&mut *tx).await?;
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        self.bury_dead_files().await?;
        Ok(draft)
    }

    /// Who did not get a mail that is done; empty: everybody did.
    pub async fn refused(&self, id: OutboxId) -> Result<Refused, StoreError> {
        let detail = sqlx::query_scalar::<_, String>("SELECT detail FROM outbox WHERE id = ? AND state = 'done' AND detail <> ''")
            .bind(id.0)
            .fetch_optional(&self.inner.readers)
            .await?;
        Ok(detail.map(|json| told(&json)).unwrap_or_default())
    }

    /// Mail that did not reach everybody and that nobody has looked after yet, in the order it was queued.
    pub async fn undelivered(&self) -> Result<Vec<(OutboxItem, Refused)>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE state = 'done' AND detail <> '' ORDER BY id"));
        let rows = sqlx::query(sql).fetch_all(&self.inner.readers).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let refused = told(row.try_get(9)?);
            if !refused.is_empty() {
                out.push((item(row)?, refused));
            }
        }
        Ok(out)
    }

    /// The person has seen who did not get it: the row goes, and with it what was kept to send again.
    pub async fn forget_refused(&self, id: OutboxId, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let done =
            sqlx::query("UPDATE outbox SET detail = '', raw = NULL, raw_file = NULL WHERE id = ? AND state = 'done' AND detail <> ''")
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("mail that was not delivered", id));
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        self.bury_dead_files().await?;
        Ok(())
    }
}
