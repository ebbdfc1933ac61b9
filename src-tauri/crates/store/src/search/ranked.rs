//! The best hits first, in time that does not grow with the mailbox.
//!
//! bm25 has to look at every hit of a word before it knows the first (and its weights count all of them): seconds in a million
//! mails. What people mean by "best" needs less: the words in the subject or in the sender's name, side by side as typed, from
//! somebody they write to, starred, recent. So the newest hits of each of these kinds are gathered, each list as fast as any
//! search, and only these are scored. A hit that is none of them and lies behind the newest [`NEWEST`] is left to the
//! newest-first search; nothing is said to be complete here.

use std::collections::{HashMap, HashSet};

use domain::{
    search::{Query, Term},
    time::Timestamp,
};
use futures_util::StreamExt as _;
use sqlx::Row as _;

use super::{SearchHit, bind, compile};
use crate::{
    error::StoreError,
    messages::summaries,
    open::Store,
    page::{COUNTER_BITS, mail_of},
    rows::json_ids,
};

/// Hits of any kind that are looked at.
const NEWEST: usize = 400;
/// Hits with the words in the subject, in the sender, or side by side.
const SPECIAL: usize = 150;
/// So many hits of the words are looked through for the special ones. A word that all mail has and no subject would otherwise be followed
/// to the oldest mail: 0.15 µs a hit and kind.
const FAR: i64 = 150_000;
/// After so many days the bonus for being recent has halved.
const HALF_LIFE_DAYS: f64 = 120.0;

/// What is known of a candidate beyond its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Marks {
    subject: bool,
    sender: bool,
    phrase: bool,
    /// The person has written to the sender.
    known: bool,
}

/// Higher is better. The weights order the kinds: words in the subject beat a known sender, both beat mere recency.
fn score(marks: Marks, starred: bool, date: Timestamp, now: Timestamp) -> f64 {
    let days = now.since(date).max(0) as f64 / 86_400_000.0;
    let bonus = |on: bool, worth: f64| if on { worth } else { 0.0 };
    bonus(marks.subject, 4.0)
        + bonus(marks.phrase, 3.0)
        + bonus(marks.sender, 2.5)
        + bonus(marks.known, 1.5)
        + bonus(starred, 1.0)
        + 2.0 * 0.5_f64.powf(days / HALF_LIFE_DAYS)
}

/// The query with its free words asked of one column; None where it has none.
fn narrowed(query: &Query, to: fn(String) -> Term) -> Option<Query> {
    fn walk(query: &Query, to: fn(String) -> Term, changed: &mut bool) -> Query {
        match query {
            Query::Term(Term::Word { text, .. } | Term::Phrase(text)) => {
                *changed = true;
                Query::Term(to(text.clone()))
            }
            Query::All(parts) => Query::All(parts.iter().map(|p| walk(p, to, changed)).collect()),
            Query::Any(parts) => Query::Any(parts.iter().map(|p| walk(p, to, changed)).collect()),
            // What must not be there must be nowhere.
            other => other.clone(),
        }
    }
    let mut changed = false;
    let narrowed = walk(query, to, &mut changed);
    changed.then_some(narrowed)
}

/// The query with its free words as one phrase, in the order typed; None with fewer than two.
fn side_by_side(query: &Query) -> Option<Query> {
    let Query::All(parts) = query else { return None };
    let words: Vec<&str> = parts
        .iter()
        .filter_map(|p| match p {
            Query::Term(Term::Word { text, .. }) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if words.len() < 2 {
        return None;
    }
    let phrase = Query::Term(Term::Phrase(words.join(" ")));
    let rest = parts.iter().filter(|p| !matches!(p, Query::Term(Term::Word { .. }))).cloned();
    Some(Query::All(std::iter::once(phrase).chain(rest).collect()))
}

impl Store {
    /// The best of the hits, best first; at most `limit`. `now` weighs recency. A query without free words has nothing to rank
    /// by but people, stars and dates.
    pub async fn search_best(&self, query: &Query, limit: u32, now: Timestamp) -> Result<Vec<SearchHit>, StoreError> {
        let any = self.newest(query, NEWEST).await?;
        let since = self.since(query, FAR).await?;
        let subject = self.newest_of(narrowed(query, Term::Subject), since).await?;
        let sender = self.newest_of(narrowed(query, Term::From), since).await?;
        let phrase = self.newest_of(side_by_side(query), since).await?;

        let mut message_of: HashMap<i64, i64> = HashMap::new();
        let mut marks: HashMap<i64, Marks> = HashMap::new();
        for (list, mark) in [
            (&any, (|_: &mut Marks| {}) as fn(&mut Marks)),
            (&subject, |m| m.subject = true),
            (&sender, |m| m.sender = true),
            (&phrase, |m| m.phrase = true),
        ] {
            for (message, mail) in list {
                message_of.entry(*mail).or_insert(*message);
                mark(marks.entry(*mail).or_default());
            }
        }
        let mut tx = self.read().await?;
        let mut scored: Vec<(f64, i64, i64)> = Vec::with_capacity(message_of.len());
        let rows = sqlx::query(
            "SELECT m.id, m.mail, c.date, m.flags & 2, EXISTS (SELECT 1 FROM contact k WHERE k.email = lower(c.from_email) AND k.sent > 0) \
             FROM json_each(?) j CROSS JOIN message m ON m.id = j.value CROSS JOIN mail c ON c.id = m.mail",
        )
        .bind(json_ids(message_of.values().copied()))
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let (message, mail, date): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let mut own = marks.get(&mail).copied().unwrap_or_default();
            own.known = row.try_get(4)?;
            let starred = row.try_get::<i64, _>(3)? != 0;
            scored.push((score(own, starred, Timestamp(date), now), date, message));
        }
        // Equal scores: the newer one, then the id, so that the order is the same each time.
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(b.2.cmp(&a.2)));
        scored.truncate(limit as usize);
        let ids: Vec<i64> = scored.into_iter().map(|(_, _, message)| message).collect();
        Ok(summaries(&mut tx, &ids).await?.into_iter().map(|message| SearchHit { message }).collect())
    }

    /// The date of the `far`th newest mail that holds the words; None where fewer do.
    async fn since(&self, query: &Query, far: i64) -> Result<Option<Timestamp>, StoreError> {
        // Most mailboxes are smaller: nothing else is asked for then.
        if self.sizes().await?.messages <= far {
            return Ok(None);
        }
        let mut world = self.world().await?;
        world.names = self.widened(query).await?;
        let Some(expression) = compile::streamed(query, &world) else { return Ok(None) };
        let rowid: Option<i64> = sqlx::query_scalar("SELECT rowid FROM mail_fts WHERE mail_fts MATCH ? ORDER BY rowid LIMIT 1 OFFSET ?")
            .bind(expression)
            .bind(far)
            .fetch_optional(&self.inner.readers)
            .await?;
        Ok(rowid.map(|r| Timestamp((mail_of(r) >> COUNTER_BITS) * 1000)))
    }

    async fn newest_of(&self, query: Option<Query>, since: Option<Timestamp>) -> Result<Vec<(i64, i64)>, StoreError> {
        let Some(query) = query else { return Ok(Vec::new()) };
        let within = since.map(|at| Query::Term(Term::After(at)));
        self.newest(&Query::All(std::iter::once(query).chain(within).collect()), SPECIAL).await
    }

    /// (message, mail) of the newest hits; one message of each mail.
    async fn newest(&self, query: &Query, most: usize) -> Result<Vec<(i64, i64)>, StoreError> {
        let Some(plan) = self.plan(query).await? else { return Ok(Vec::new()) };
        let mut tx = self.read().await?;
        let mut out = Vec::new();
        let mut seen = HashSet::new();
        let mut rows = bind(&plan, i64::MAX)?.fetch(&mut *tx);
        while out.len() < most
            && let Some(row) = rows.next().await
        {
            let row = row?;
            let (message, mail): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
            if seen.insert(mail) {
                out.push((message, mail));
            }
        }
        drop(rows);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn word(text: &str) -> Query {
        Query::Term(Term::Word { text: text.into(), prefix: false })
    }

    #[test]
    fn kinds_of_hits_rank_as_people_expect() {
        let year = NOW.plus_secs(-365 * 86_400);
        let plain = Marks::default();
        let subject = Marks { subject: true, ..plain };
        let phrase = Marks { phrase: true, ..plain };
        let known = Marks { known: true, ..plain };
        assert!(score(subject, false, year, NOW) > score(plain, false, NOW, NOW), "an old subject beats a new mention");
        assert!(score(subject, false, NOW, NOW) > score(phrase, false, NOW, NOW));
        assert!(score(known, false, NOW, NOW) > score(plain, true, NOW, NOW));
        assert!(score(plain, false, NOW, NOW) > score(plain, false, year, NOW));
        // A mail from the future is no newer than now.
        assert!((score(plain, false, NOW.plus_secs(86_400), NOW) - score(plain, false, NOW, NOW)).abs() < f64::EPSILON);
    }

    #[tokio::test]
    async fn how_far_back_is_the_date_of_a_hit_of_the_words() {
        let home = crate::testing::home().await;
        let a = crate::testing::imap(&home.store, "a").await;
        let mails = (1..=20u32).map(|n| crate::testing::mail(n, "subject", if n % 2 == 0 { "even words" } else { "odd words" })).collect();
        crate::testing::put(&home.store, &a.inbox, a.account, mails).await;
        let newest = home.store.newest(&word("even"), 100).await.unwrap();
        let date = |at: usize| Timestamp((newest[at].1 >> COUNTER_BITS) * 1000);
        assert_eq!(newest.len(), 10);
        assert_eq!(home.store.since(&word("even"), 4).await.unwrap(), Some(date(4)));
        assert_eq!(home.store.since(&word("even"), 10).await.unwrap(), None, "there are ten");
        assert_eq!(home.store.since(&Query::Term(Term::HasAttachment), 4).await.unwrap(), None, "no words");
        let began = Query::Term(Term::Word { text: "word".into(), prefix: true });
        assert_eq!(home.store.since(&began, 4).await.unwrap(), None, "all hits would have to be gathered first");
        let within = home.store.newest_of(Some(word("words")), Some(date(4))).await.unwrap();
        assert_eq!(within.len(), newest.iter().take(5).count() * 2 - 1, "every mail from that one on");
    }

    #[test]
    fn free_words_are_asked_of_one_column_and_side_by_side() {
        let query = Query::All(vec![word("budget"), word("review"), Query::Not(Box::new(word("draft"))), Query::Term(Term::HasAttachment)]);
        let subject = narrowed(&query, Term::Subject).unwrap();
        let Query::All(parts) = &subject else { panic!("{subject:?}") };
        assert_eq!(parts.first(), Some(&Query::Term(Term::Subject("budget".into()))));
        assert_eq!(parts.get(2), Some(&Query::Not(Box::new(word("draft")))), "what must be nowhere stays so");
        let Query::All(parts) = side_by_side(&query).unwrap() else { panic!() };
        assert_eq!(parts.first(), Some(&Query::Term(Term::Phrase("budget review".into()))));
        assert_eq!(parts.len(), 3);
        assert!(side_by_side(&word("budget")).is_none());
        assert!(narrowed(&Query::Term(Term::HasAttachment), Term::From).is_none());
    }
}
