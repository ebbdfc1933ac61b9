//! Small tables: settings, who was written to, senders whose images may load.

use domain::ids::MessageId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row as _;

use crate::{error::StoreError, open::Store};

/// Whose remote images are loaded without asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum ImageRule {
    /// One address.
    Sender(String),
    /// Every address at this domain (not its subdomains).
    Domain(String),
}

impl ImageRule {
    fn columns(&self) -> (&'static str, String) {
        match self {
            Self::Sender(s) => ("sender", s.to_lowercase()),
            Self::Domain(d) => ("domain", d.to_lowercase()),
        }
    }
}

impl Store {
    pub async fn setting(&self, key: &str) -> Result<Option<Value>, StoreError> {
        let text = sqlx::query_scalar::<_, String>("SELECT value FROM setting WHERE key = ?")
            .bind(key)
            .fetch_optional(&self.inner.readers)
            .await?;
        Ok(text.map(|t| serde_json::from_str(&t)).transpose()?)
    }

    pub async fn set_setting(&self, key: &str, value: &Value) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            .bind(key)
            .bind(value.to_string())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Domains of the addresses that the person has written to, most used first, at most 500: what a look-alike is compared
    /// with.
    pub async fn written_domains(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT substr(email, instr(email, '@') + 1) AS domain FROM contact WHERE sent > 0 GROUP BY domain ORDER BY sum(sent) DESC LIMIT 500",
        )
        .fetch_all(&self.inner.readers)
        .await?)
    }

    /// Whether the account holds no mail of `email` older than `message`, and the person has never written there.
    pub async fn is_first_contact(&self, message: MessageId, email: &str) -> Result<bool, StoreError> {
        let email = email.to_lowercase();
        let known = sqlx::query_scalar::<_, i64>(
            "SELECT 1 FROM message m JOIN contact x ON x.account = m.account AND x.email = ?2 AND x.sent > 0 WHERE m.id = ?1 \
             UNION ALL SELECT 1 FROM message m JOIN mail c ON c.account = m.account AND lower(c.from_email) = ?2 AND c.id < m.mail WHERE m.id = ?1 LIMIT 1",
        )
        .bind(message.0)
        .bind(email)
        .fetch_optional(&self.inner.readers)
        .await?;
        Ok(known.is_none())
    }

    /// Whether images in mail from `sender` load without asking.
    pub async fn image_rule(&self, sender: &str) -> Result<bool, StoreError> {
        let sender = sender.to_lowercase();
        let domain = sender.rsplit_once('@').map_or("", |(_, d)| d).to_owned();
        let hit = sqlx::query_scalar::<_, i64>(
            "SELECT 1 FROM image_rule WHERE (kind = 'sender' AND value = ?) OR (kind = 'domain' AND value = ?) LIMIT 1",
        )
        .bind(sender)
        .bind(domain)
        .fetch_optional(&self.inner.readers)
        .await?;
        Ok(hit.is_some())
    }

    pub async fn set_image_rule(&self, rule: &ImageRule, allow: bool) -> Result<(), StoreError> {
        let (kind, value) = rule.columns();
        let sql = if allow {
            "INSERT OR IGNORE INTO image_rule (kind, value) VALUES (?, ?)"
        } else {
            "DELETE FROM image_rule WHERE kind = ? AND value = ?"
        };
        let mut tx = self.write().await?;
        sqlx::query(sql).bind(kind).bind(value).execute(&mut *tx).await?;
        tx.commit().await
    }

    pub async fn image_rules(&self) -> Result<Vec<ImageRule>, StoreError> {
        let rows = sqlx::query("SELECT kind, value FROM image_rule ORDER BY kind, value").fetch_all(&self.inner.readers).await?;
        rows.iter()
            .map(|r| {
                let (kind, value): (String, String) = (r.try_get(0)?, r.try_get(1)?);
                Ok(if kind == "domain" { ImageRule::Domain(value) } else { ImageRule::Sender(value) })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
