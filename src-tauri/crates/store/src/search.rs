//! Search, newest first, in time that does not grow with the mailbox.
//!
//! Content rowids are in date order, and every FTS5 doclist is in the opposite one ([`crate::page::index_row`]): the newest hits of a word
//! come first without sorting, and from any date on without passing those that are newer. A query is split into one full-text expression that drives the scan and plain conditions checked per hit. A query with no
//! such expression (`is:unread`) walks the messages themselves, newest first, along the narrowest index there is.

pub(crate) mod compile;
pub(crate) mod names;
mod ranked;
pub(crate) mod text;

use domain::{
    ids::{AccountId, MessageId},
    mail::MessageSummary,
    search::Query,
};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use crate::{
    error::StoreError,
    messages::summaries,
    open::Store,
    page::{Page, PageCursor, before},
    rows::{TEXT_COLUMNS, json_ids, text_of},
};
use compile::{Arg, Plan, Sizes, World, arguments};

/// One found message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    pub message: MessageSummary,
}

impl Store {
    /// Newest first. Copies of one mail (in several folders) are one hit.
    pub async fn search(&self, query: &Query, after: Option<&PageCursor>, limit: u32) -> Result<Page<SearchHit>, StoreError> {
        let start = before(after)?;
        let Some(plan) = self.plan(query).await? else { return Ok(Page { items: Vec::new(), next: None }) };
        // With words widened as for the plan: the question is whether the same query found a mail before.
        let told = if plan.by_message && after.is_some() {
            let mut world = self.world().await?;
            world.names = self.widened(query).await?;
            Some(compile::predicate(query, &world))
        } else {
            None
        };
        let limit = limit as usize;
        let mut tx = self.read().await?;
        let mut ids: Vec<i64> = Vec::new();
        let mut mails = std::collections::HashSet::new();
        let mut last_key = i64::MAX;
        let mut from = start;
        let mut more = false;
        loop {
            // One beyond the page, which says whether there is another.
            let mut found: Vec<(i64, i64, i64)> = Vec::new();
            {
                let mut rows = bind(&plan, from)?.fetch(&mut *tx);
                while found.len() + ids.len() <= limit
                    && let Some(row) = rows.next().await
                {
                    let row = row?;
                    let (key, message, mail): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
                    if mails.insert(mail) {
                        found.push((key, message, mail));
                    }
                }
            }
            let full = found.len() + ids.len() > limit;
            let end = found.last().map(|f| f.0);
            if let Some(told) = &told
                && !found.is_empty()
            {
                let known = on_earlier_pages(&mut tx, told, start, &found).await?;
                found.retain(|(.., mail)| !known.contains(mail));
            }
            for (key, message, _) in found {
                if ids.len() == limit {
                    more = true;
                    break;
                }
                ids.push(message);
                last_key = key;
            }
            match end {
                Some(end) if full && !more => from = end,
                _ => break,
            }
        }
        let items = summaries(&mut tx, &ids).await?.into_iter().map(|message| SearchHit { message }).collect();
        Ok(Page { items, next: more.then(|| PageCursor::of(last_key)) })
    }

    /// The text of each of these messages, as it is indexed and shown; of a missing message nothing.
    pub async fn texts_of(&self, messages: &[MessageId]) -> Result<Vec<(MessageId, String)>, StoreError> {
        let sql = format!(
            "SELECT m.id, {TEXT_COLUMNS} FROM json_each(?) j CROSS JOIN message m ON m.id = j.value CROSS JOIN mail_text t ON t.mail = m.mail \
             LEFT JOIN raw r ON r.mail = m.mail WHERE m.hidden = 0"
        );
        let ids = json_ids(messages.iter().map(|m| m.0));
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch_all(&self.inner.readers).await?;
        rows.iter().map(|row| Ok((MessageId(row.try_get(0)?), text_of(row, 1)?))).collect()
    }

    /// How a query is answered, with what has to be known for choosing; None where it can find nothing.
    pub(crate) async fn plan(&self, query: &Query) -> Result<Option<Plan>, StoreError> {
        let mut world = self.world().await?;
        world.names = self.widened(query).await?;
        if let Some((expression, most)) = compile::contested(query, &world) {
            let hits = sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM mail_fts WHERE mail_fts MATCH ? LIMIT ?)")
                .bind(expression)
                .bind(most)
                .fetch_one(&self.inner.readers)
                .await?;
            world.hits = Some(hits);
        }
        Ok(compile::plan(query, &world))
    }

    /// Names that `in:`, `label:` and `account:` are resolved against.
    pub(crate) async fn world(&self) -> Result<World, StoreError> {
        let mailboxes = self.mailboxes(None).await?.into_iter().map(|b| (b.id.0, b.name.to_lowercase(), b.role)).collect();
        let accounts = self
            .accounts()
            .await?
            .into_iter()
            .map(|a| (a.id, a.email.to_lowercase(), a.display_name.to_lowercase()))
            .collect::<Vec<(AccountId, String, String)>>();
        Ok(World {
            mailboxes,
            accounts,
            labelled: self.labelled().await?,
            sizes: self.sizes().await?,
            names: names::Widened::new(),
            hits: None,
        })
    }

    /// From the counts that are kept per place: a few rows.
    async fn sizes(&self) -> Result<Sizes, StoreError> {
        let rows = sqlx::query("SELECT place, messages, unread, starred_threads FROM place_count WHERE place > 0")
            .fetch_all(&self.inner.readers)
            .await?;
        let mut sizes = Sizes::default();
        for row in &rows {
            let (place, messages): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            sizes.messages += messages;
            sizes.unread += row.try_get::<i64, _>(2)?;
            sizes.starred += row.try_get::<i64, _>(3)?;
            sizes.mailboxes.push((place, messages));
        }
        Ok(sizes)
    }
}

/// Those of these mails that a copy nearer than `start` was a hit for: they stood on a page before.
async fn on_earlier_pages(
    tx: &mut SqliteConnection,
    (condition, args): &(String, Vec<Arg>),
    start: i64,
    found: &[(i64, i64, i64)],
) -> Result<std::collections::HashSet<i64>, StoreError> {
    let sql = format!(
        "SELECT m.mail FROM json_each(?) j CROSS JOIN message m ON m.mail = j.value CROSS JOIN mail c ON c.id = m.mail \
         WHERE m.id >= ? AND m.hidden = 0 AND {condition}"
    );
    let first = [Arg::Text(json_ids(found.iter().map(|f| f.2))), Arg::Start];
    let bound = arguments(first.iter().chain(args), start)?;
    Ok(sqlx::query_scalar_with::<_, i64, _>(AssertSqlSafe(sql), bound).fetch_all(tx).await?.into_iter().collect())
}

type Bound<'q> = sqlx::query::Query<'q, sqlx::Sqlite, <sqlx::Sqlite as sqlx::Database>::Arguments>;

pub(crate) fn bind(plan: &Plan, start: i64) -> Result<Bound<'static>, StoreError> {
    Ok(sqlx::query_with(AssertSqlSafe(plan.sql.clone()), arguments(&plan.args, start)?))
}

#[cfg(test)]
mod tests;
