//! Answers to invitations that lie in mails.

use domain::time::Timestamp;

use crate::{error::StoreError, open::Store};

impl Store {
    /// The last answer that was given to this event; None: none from here.
    pub async fn invite_answer(&self, event: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT answer FROM invite_answer WHERE event = ?").bind(event).fetch_optional(&self.inner.readers).await?)
    }

    /// The answer that a calendar has of this event, or of one member of it; None where there is none yet.
    pub async fn calendar_answer(&self, uid: &str, member: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT p.mine FROM calendar_item i JOIN calendar_part p ON p.item = i.id \
             WHERE i.uid = ?1 AND i.removed = 0 AND p.mine IS NOT NULL AND p.mine <> 'none' \
             AND p.part = coalesce((SELECT s.part FROM calendar_span s WHERE s.item = i.id AND s.member = ?2), 0) LIMIT 1",
        )
        .bind(uid)
        .bind(member)
        .fetch_optional(&self.inner.readers)
        .await?)
    }

    /// None: it is taken back.
    pub async fn set_invite_answer(&self, event: &str, answer: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        match answer {
            Some(answer) => {
                sqlx::query("INSERT OR REPLACE INTO invite_answer (event, answer, at) VALUES (?, ?, ?)")
                    .bind(event)
                    .bind(answer)
                    .bind(now.0)
                    .execute(&mut *tx)
                    .await?;
            }
            None => {
                sqlx::query("DELETE FROM invite_answer WHERE event = ?").bind(event).execute(&mut *tx).await?;
            }
        }
        tx.commit().await
    }
}
