//! Unread mail that has just come to an inbox: what a notification may be about.

use domain::{
    ids::{AccountId, MessageId, ThreadId},
    mail::Address,
    time::Timestamp,
};
use sqlx::Row as _;

use crate::{error::StoreError, open::Store, page::first_id};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub message: MessageId,
    pub thread: ThreadId,
    pub account: AccountId,
    pub from: Address,
    pub subject: String,
    pub snippet: String,
    /// The person has written to the sender before.
    pub known: bool,
}

/// Along the index of unread mail, whose rowids are in date order: only what is newer than `?1` is looked at. The person's own mail, and conversations that
/// are muted or put off, make no noise.
pub(crate) const ARRIVALS_SQL: &str = "SELECT m.id, m.thread, m.account, c.from_name, c.from_email, c.subject, c.snippet, \
     EXISTS (SELECT 1 FROM contact k WHERE k.email = lower(c.from_email) AND k.sent > 0) \
     FROM message m CROSS JOIN mail c ON c.id = m.mail WHERE m.id >= ?1 AND m.flags & 1 = 0 AND m.hidden = 0 \
     AND EXISTS (SELECT 1 FROM placed p JOIN mailbox b ON b.id = p.mailbox WHERE p.message = m.id AND b.role = 'inbox') \
     AND lower(c.from_email) NOT IN (SELECT lower(email) FROM account) \
     AND NOT EXISTS (SELECT 1 FROM thread_state s WHERE s.thread = m.thread AND (s.muted = 1 OR s.snoozed_until IS NOT NULL)) \
     ORDER BY m.id DESC LIMIT ?2";

impl Store {
    /// Newest first, at most `limit`.
    pub async fn arrivals(&self, since: Timestamp, limit: u32) -> Result<Vec<Arrival>, StoreError> {
        let rows = sqlx::query(ARRIVALS_SQL).bind(first_id(since.secs())).bind(i64::from(limit)).fetch_all(&self.inner.readers).await?;
        rows.iter()
            .map(|r| {
                Ok(Arrival {
                    message: MessageId(r.try_get(0)?),
                    thread: ThreadId(r.try_get(1)?),
                    account: AccountId(r.try_get(2)?),
                    from: Address { name: r.try_get(3)?, email: r.try_get(4)? },
                    subject: r.try_get(5)?,
                    snippet: r.try_get(6)?,
                    known: r.try_get(7)?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::mail::Flags;
    use sqlx::Row as _;

    use super::*;
    use crate::testing::{at, home, imap, mail, put};

    #[tokio::test]
    async fn only_unread_mail_of_others_that_came_to_an_inbox_lately() {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        let mut seen = mail(20, "read elsewhere", "x");
        seen.remote.flags = Some(Flags { seen: true, ..Flags::default() });
        let mut own = mail(21, "from myself", "x");
        own.parsed.from = vec![Address { name: String::new(), email: "A@mail.example".into() }];
        put(&home.store, &a.inbox, a.account, vec![mail(1, "old", "x"), seen, own, mail(22, "first", "x"), mail(23, "second", "y")]).await;
        put(&home.store, &a.work, a.account, vec![mail(24, "filed by a rule", "x")]).await;

        let found = home.store.arrivals(at(600), 10).await.unwrap();
        assert_eq!(found.iter().map(|f| f.subject.as_str()).collect::<Vec<_>>(), ["second", "first"]);
        assert_eq!((found[0].from.name.as_str(), found[0].snippet.as_str(), found[0].known), ("Jonas Weber", "y", false));
        assert_eq!(home.store.arrivals(at(600), 1).await.unwrap().len(), 1);

        home.store.change_states(&[found[0].thread], crate::StateChange::Mute(true), None, at(2000)).await.unwrap();
        let left = home.store.arrivals(at(600), 10).await.unwrap();
        assert_eq!(left.iter().map(|f| f.subject.as_str()).collect::<Vec<_>>(), ["first"], "muted is silent");
    }

    #[tokio::test]
    async fn it_is_a_walk_along_the_newest_unread() {
        let home = home().await;
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {ARRIVALS_SQL}"));
        let rows = sqlx::query(sql).bind(0_i64).bind(9_i64).fetch_all(&home.store.inner.readers).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|r| r.get(3)).collect();
        assert!(plan.iter().any(|p| p == "SEARCH m USING INDEX message_unread (id>?)"), "{plan:?}");
        assert!(!plan.iter().any(|p| p.contains("TEMP B-TREE") || p.starts_with("SCAN m")), "{plan:?}");
    }
}
