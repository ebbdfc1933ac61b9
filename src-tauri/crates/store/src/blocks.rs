//! Blocked senders and domains.

use domain::{audit::NewAudit, mail::MailboxRole, time::Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, sqlite::SqliteRow};

use crate::{audit, error::StoreError, open::Store};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// One address.
    Sender,
    /// Everybody at this domain and below it.
    Domain,
}

impl BlockKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Domain => "domain",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRule {
    pub id: i64,
    pub kind: BlockKind,
    /// Lower case.
    pub value: String,
    /// Junk or trash.
    pub target: MailboxRole,
    pub created_at: Timestamp,
    /// Mails that it has moved.
    pub hits: i64,
}

impl BlockRule {
    /// Whether mail from this address falls under the rule.
    pub fn covers(&self, email: &str) -> bool {
        let email = email.to_lowercase();
        match self.kind {
            BlockKind::Sender => email == self.value,
            BlockKind::Domain => email.rsplit_once('@').is_some_and(|(_, domain)| {
                domain == self.value || domain.strip_suffix(self.value.as_str()).is_some_and(|rest| rest.ends_with('.'))
            }),
        }
    }
}

fn rule(row: &SqliteRow) -> Result<BlockRule, StoreError> {
    let (kind, target): (String, String) = (row.try_get(1)?, row.try_get(3)?);
    Ok(BlockRule {
        id: row.try_get(0)?,
        kind: if kind == "domain" { BlockKind::Domain } else { BlockKind::Sender },
        value: row.try_get(2)?,
        target: if target == "trash" { MailboxRole::Trash } else { MailboxRole::Junk },
        created_at: Timestamp(row.try_get(4)?),
        hits: row.try_get(5)?,
    })
}

impl Store {
    /// Blocking again changes where the mail goes. Returns the rule's id.
    pub async fn block(
        &self,
        kind: BlockKind,
        value: &str,
        target: MailboxRole,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let mut tx = self.write_durably().await?;
        let id = sqlx::query_scalar::<_, i64>(
            "INSERT INTO block_rule (kind, value, target, created_at) VALUES (?, ?, ?, ?) \
             ON CONFLICT (kind, value) DO UPDATE SET target = excluded.target RETURNING id",
        )
        .bind(kind.as_str())
        .bind(value.to_lowercase())
        .bind(target.as_str())
        .bind(now.0)
        .fetch_one(&mut *tx)
        .await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// False: there is no such rule.
    pub async fn unblock(&self, id: i64, entry: &NewAudit, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query("DELETE FROM block_rule WHERE id = ?").bind(id).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Newest first.
    pub async fn blocks(&self) -> Result<Vec<BlockRule>, StoreError> {
        sqlx::query("SELECT id, kind, value, target, created_at, hits FROM block_rule ORDER BY created_at DESC, id DESC")
            .fetch_all(&self.inner.readers)
            .await?
            .iter()
            .map(rule)
            .collect()
    }

    pub async fn count_block(&self, id: i64, hits: u64) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE block_rule SET hits = hits + ? WHERE id = ?").bind(hits as i64).bind(id).execute(&mut *tx).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{at, home, note};

    #[tokio::test]
    async fn rules_cover_what_they_name_and_can_go_again() {
        let home = home().await;
        let block = |kind, value| {
            let store = home.store.clone();
            async move { store.block(kind, value, MailboxRole::Junk, &note("sender.blocked"), at(0)).await.unwrap() }
        };
        let one = block(BlockKind::Sender, "Spam@Bad.example").await;
        assert_eq!(block(BlockKind::Sender, "spam@bad.example").await, one);
        block(BlockKind::Domain, "evil.example").await;
        let rules = home.store.blocks().await.unwrap();
        let covered = |email: &str| rules.iter().any(|r| r.covers(email));
        for email in ["spam@bad.example", "SPAM@bad.example", "x@evil.example", "x@news.evil.example"] {
            assert!(covered(email), "{email}");
        }
        for email in ["other@bad.example", "x@notevil.example", "evil.example@good.example", "evil.example", ""] {
            assert!(!covered(email), "{email}");
        }
        home.store.count_block(one, 2).await.unwrap();
        assert_eq!(home.store.blocks().await.unwrap().iter().find(|r| r.id == one).unwrap().hits, 2);
        assert!(home.store.unblock(one, &note("sender.unblocked"), at(1)).await.unwrap());
        assert!(!home.store.unblock(one, &note("sender.unblocked"), at(1)).await.unwrap());
    }
}
