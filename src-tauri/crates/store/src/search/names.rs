//! The words of names and addresses, so that `from:anna` needs no prefix search.
//!
//! People are found by the beginnings of their names. The full-text index answers a prefix of two or three letters from lists
//! of their own; for a longer one it gathers, before the first hit, all mail that holds any word with that beginning, in whichever
//! column: time that grows with the mailbox. Names have few different words, so they are kept apart, and a prefix becomes an OR
//! of whole words. The words may be more than the mail has (they outlive a deleted mail until its account goes): a word too many
//! finds nothing. A word too few would lose mail, so only prefixes are widened whose folding leaves no doubt: ASCII ones.

use std::collections::{BTreeSet, HashMap};

use domain::search::{Query, Term};
use futures_util::StreamExt as _;
use sqlx::{Row as _, SqliteConnection};

use super::text::cut;
use crate::{error::StoreError, open::Store, rows::json_list};

/// Letters that the index has prefix lists for; longer prefixes are widened.
pub(crate) const INDEXED_PREFIX: usize = 3;
/// With more words than these a prefix is left to the index.
const MOST: usize = 64;

/// What each prefix of a query stands for.
pub(crate) type Widened = HashMap<String, Vec<String>>;

/// Words to be learnt.
#[derive(Default)]
pub(crate) struct Names {
    plain: BTreeSet<String>,
    /// Texts with other letters, which only the index knows how to fold and where to cut.
    others: BTreeSet<String>,
}

impl Names {
    /// A text of names and addresses.
    pub(crate) fn add(&mut self, text: &str) {
        if !text.is_ascii() {
            self.others.insert(cut(text).into_owned());
            return;
        }
        for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| w.len() > INDEXED_PREFIX) {
            if !self.plain.contains(word) {
                self.plain.insert(word.to_ascii_lowercase());
            }
        }
    }

    /// Writes what is not known yet.
    pub(crate) async fn learn(self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        let mut words = self.plain;
        if !self.others.is_empty() {
            // An index in memory, of the same tokenizer, whose words are read back.
            sqlx::raw_sql(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.name_cut USING fts5 \
                 (x, content = '', detail = none, tokenize = 'unicode61 remove_diacritics 2'); \
                 CREATE VIRTUAL TABLE IF NOT EXISTS temp.name_term USING fts5vocab (temp, name_cut, row);",
            )
            .execute(&mut *tx)
            .await?;
            let text = self.others.into_iter().collect::<Vec<_>>().join("\n");
            sqlx::query("INSERT INTO temp.name_cut (rowid, x) VALUES (1, ?)").bind(text).execute(&mut *tx).await?;
            let terms = sqlx::query_scalar::<_, String>("SELECT term FROM temp.name_term").fetch_all(&mut *tx).await?;
            sqlx::query("INSERT INTO temp.name_cut (name_cut) VALUES ('delete-all')").execute(&mut *tx).await?;
            // An ASCII prefix is all that is looked up.
            words.extend(terms.into_iter().filter(|t| t.bytes().take_while(u8::is_ascii).count() > INDEXED_PREFIX));
        }
        if !words.is_empty() {
            sqlx::query("INSERT OR IGNORE INTO name_word (word) SELECT value FROM json_each(?)")
                .bind(json_list(words.iter())?)
                .execute(tx)
                .await?;
        }
        Ok(())
    }
}

/// The last word of a value, in lower case, and what stands before it; None where it is not to be widened.
pub(crate) fn last_word(value: &str) -> Option<(&str, String)> {
    if !value.is_ascii() {
        return None;
    }
    let end = value.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let start = end.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let (head, word) = end.split_at_checked(start)?;
    (word.len() > INDEXED_PREFIX).then(|| (head, word.to_ascii_lowercase()))
}

fn prefixes(query: &Query, into: &mut BTreeSet<String>) {
    match query {
        Query::All(parts) | Query::Any(parts) => parts.iter().for_each(|p| prefixes(p, into)),
        Query::Not(inner) => prefixes(inner, into),
        Query::Term(Term::From(value) | Term::To(value) | Term::Cc(value)) => into.extend(last_word(value).map(|(_, word)| word)),
        Query::Term(_) => {}
    }
}

/// Forgets everything and reads the names of all mail again.
pub(crate) async fn relearn(tx: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut names = Names::default();
    {
        let mut rows =
            sqlx::query("SELECT m.from_name, m.from_email, t.recipients, t.copied FROM mail m JOIN mail_text t ON t.mail = m.id")
                .fetch(&mut *tx);
        while let Some(row) = rows.next().await {
            let row = row?;
            for column in 0..4 {
                names.add(row.try_get(column)?);
            }
        }
    }
    sqlx::query("DELETE FROM name_word").execute(&mut *tx).await?;
    names.learn(tx).await
}

impl Store {
    /// A store from before the words were kept learns them once.
    pub(crate) async fn learn_names(&self) -> Result<(), StoreError> {
        let missing = sqlx::query_scalar::<_, i64>("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM name_word) AND EXISTS (SELECT 1 FROM mail)")
            .fetch_optional(&self.inner.readers)
            .await?;
        if missing.is_some() {
            let mut tx = self.write().await?;
            relearn(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The words that the prefixes of a query stand for.
    pub(crate) async fn widened(&self, query: &Query) -> Result<Widened, StoreError> {
        let mut wanted = BTreeSet::new();
        prefixes(query, &mut wanted);
        let mut widened = Widened::new();
        for prefix in wanted {
            let words =
                sqlx::query_scalar::<_, String>("SELECT word FROM name_word WHERE word >= ?1 AND word < ?1 || char(1114111) LIMIT ?2")
                    .bind(&prefix)
                    .bind(MOST as i64 + 1)
                    .fetch_all(&self.inner.readers)
                    .await?;
            if words.len() <= MOST {
                widened.insert(prefix, words);
            }
        }
        Ok(widened)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fmt::Write as _;

    use super::*;
    use crate::testing::home;

    #[test]
    fn the_last_word_is_widened() {
        assert_eq!(last_word("anna"), Some(("", "anna".into())));
        assert_eq!(last_word("Anna.Berg@"), Some(("Anna.", "berg".into())));
        assert_eq!(last_word("ann"), None);
        assert_eq!(last_word("jürgen"), None);
        assert_eq!(last_word("@@"), None);
    }

    /// A word that the index cuts or folds otherwise than this module would lose mail. All characters are asked.
    #[tokio::test]
    async fn every_character_is_folded_as_the_index_folds_it() {
        let home = home().await;
        let mut tx = home.store.write().await.unwrap();
        sqlx::raw_sql(
            "CREATE VIRTUAL TABLE temp.f USING fts5 (x, tokenize = 'unicode61 remove_diacritics 2'); \
             CREATE VIRTUAL TABLE temp.v USING fts5vocab (temp, f, row);",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        let mut text = String::new();
        for c in (0x80..=0x0001_FFFF_u32).filter_map(char::from_u32).filter(|c| !c.is_control()) {
            write!(text, "{c}abcd abcd{c} ").unwrap();
        }
        // Some in a text of ASCII alone, too.
        let ascii = (0x20..0x7F_u8).map(|c| format!("{0}efgh ijkl{0} MNop{0}Q9rs ", char::from(c))).collect::<Vec<_>>().concat();
        sqlx::query("INSERT INTO temp.f (x) VALUES (?1 || ' ' || ?2)")
            .bind(cut(&text).as_ref())
            .bind(&ascii)
            .execute(&mut *tx)
            .await
            .unwrap();
        let index: BTreeSet<String> =
            sqlx::query_scalar("SELECT term FROM temp.v").fetch_all(&mut *tx).await.unwrap().into_iter().collect();
        let mut names = Names::default();
        names.add(&text);
        names.add(&ascii);
        names.learn(&mut tx).await.unwrap();
        let ours: BTreeSet<String> =
            sqlx::query_scalar("SELECT word FROM name_word").fetch_all(&mut *tx).await.unwrap().into_iter().collect();
        let wanted = |t: &&String| t.len() > 3 && t.chars().take(4).all(|c| c.is_ascii_alphanumeric());
        let lost: Vec<&String> = index.iter().filter(wanted).filter(|t| !ours.contains(*t)).collect();
        assert!(index.len() > 1_000 && lost.is_empty(), "{} words, lost: {lost:?}", index.len());
        assert!(ours.is_subset(&index));
    }
}
