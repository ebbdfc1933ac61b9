//! Whom to suggest when somebody is addressed: who is known from mail, and who stands in a list of a provider. Only what is stored here
//! is searched.

use std::{cmp::Reverse, collections::HashMap};

use domain::{
    ids::{ConnectionId, IntegrationId},
    mail::Address,
    people::PeopleList,
};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row as _};

use crate::{error::StoreError, open::Store};

/// The list that somebody is known from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonOrigin {
    pub connection: ConnectionId,
    pub integration: IntegrationId,
    pub list: PeopleList,
}

/// One address, once, however many accounts and lists know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuggestedPerson {
    pub address: Address,
    /// Mails to it and from it.
    pub sent: u32,
    pub seen: u32,
    /// Of somebody who was never written to and stands in a list.
    pub origin: Option<PersonOrigin>,
}

/// Addresses that begin like ?1 (?2 is right behind them), and names of which a word begins so: ?3 and ?4 as whole names have it, ?5 as
/// words are kept.
pub(crate) const FOUND_SQL: &str = "SELECT email FROM contact WHERE email >= ?1 AND email < ?2 \
     UNION SELECT email FROM contact WHERE name LIKE ?3 ESCAPE '\\' OR name LIKE ?4 ESCAPE '\\' \
     UNION SELECT email FROM person_address WHERE email >= ?1 AND email < ?2 \
     UNION SELECT a.email FROM person p JOIN person_address a ON a.person = p.id WHERE ?5 <> '' AND p.words LIKE ?5 ESCAPE '\\'";

/// The words of a name in lower case, a space before each.
pub(super) fn words_of(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.flat_map(|word| [" ", word]).collect()
}

/// What is known of one address.
#[derive(Default)]
struct Known {
    name: String,
    sent: i64,
    seen: i64,
    last_at: i64,
    /// From the best list.
    listed: Option<(PersonOrigin, String)>,
}

impl Known {
    /// Smaller comes first: who was written to, the address book, who wrote, whom only the provider noted.
    fn rank(&self) -> (u8, Reverse<i64>, Reverse<i64>, Reverse<i64>) {
        let list = self.listed.as_ref().map(|(origin, _)| origin.list);
        let class = match (self.sent > 0, list) {
            (true, _) => 0,
            (false, Some(PeopleList::Contacts)) => 1,
            (false, _) if self.seen > 0 => 2,
            (false, _) => 3,
        };
        (class, Reverse(self.sent), Reverse(self.last_at), Reverse(self.seen))
    }

    fn shown(self, email: String) -> SuggestedPerson {
        let (origin, listed) = self.listed.map_or((None, String::new()), |(origin, name)| (Some(origin), name));
        // Some programs put the address where the name belongs.
        let unnamed = self.name.trim().is_empty() || self.name.eq_ignore_ascii_case(&email);
        let name = if unnamed { listed } else { self.name };
        SuggestedPerson {
            address: Address { name, email },
            sent: self.sent as u32,
            seen: self.seen as u32,
            origin: origin.filter(|_| self.sent == 0),
        }
    }
}

impl Store {
    /// People whose address or a word of whose name begins with `prefix`, best first.
    pub async fn suggest_people(&self, prefix: &str, limit: u32) -> Result<Vec<SuggestedPerson>, StoreError> {
        let wanted = prefix.trim().to_lowercase();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let escape = |text: &str| text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let whole = escape(&wanted);
        // What has an @ in it is the beginning of an address, not of a name.
        let words = Some(words_of(&wanted)).filter(|words| !words.is_empty() && !wanted.contains('@'));
        let words = words.map(|words| format!("%{}%", escape(&words))).unwrap_or_default();
        let find = |sql: String| {
            sqlx::query(AssertSqlSafe(sql))
                .bind(wanted.clone())
                .bind(format!("{wanted}\u{10FFFF}"))
                .bind(format!("{whole}%"))
                .bind(format!("% {whole}%"))
                .bind(words.clone())
        };
        let mut all: HashMap<String, Known> = HashMap::new();
        let mut tx = self.read().await?;
        // All accounts together, whichever of them found it. The newest name counts.
        let history = format!(
            "SELECT email, name, sent, seen, last_at FROM contact WHERE email IN ({FOUND_SQL}) ORDER BY email, name = '', last_at DESC"
        );
        for row in find(history).fetch_all(&mut *tx).await? {
            let known = all.entry(row.try_get(0)?).or_default();
            if known.name.is_empty() {
                known.name = row.try_get(1)?;
            }
            known.sent += row.try_get::<i64, _>(2)?;
            known.seen += row.try_get::<i64, _>(3)?;
            known.last_at = known.last_at.max(row.try_get(4)?);
        }
        let lists = format!(
            "SELECT a.email, p.name, s.container, c.id, c.integration FROM person_address a JOIN person p ON p.id = a.person \
             JOIN scope s ON s.id = p.scope JOIN connection c ON c.id = s.connection WHERE a.email IN ({FOUND_SQL}) \
             ORDER BY a.email, s.container <> 'contacts', p.name = '', p.id"
        );
        for row in find(lists).fetch_all(&mut *tx).await? {
            let Some(list) = PeopleList::named(row.try_get(2)?) else { continue };
            let known = all.entry(row.try_get(0)?).or_default();
            let name: String = row.try_get(1)?;
            match &mut known.listed {
                None => {
                    let origin =
                        PersonOrigin { connection: ConnectionId(row.try_get(3)?), integration: IntegrationId(row.try_get(4)?), list };
                    known.listed = Some((origin, name));
                }
                // The address book may have no name where another list has one.
                Some((_, known)) if known.is_empty() => *known = name,
                Some(_) => {}
            }
        }
        let mut found: Vec<(String, Known)> = all.into_iter().collect();
        found.sort_by(|a, b| a.1.rank().cmp(&b.1.rank()).then_with(|| a.0.cmp(&b.0)));
        Ok(found.into_iter().take(limit as usize).map(|(email, known)| known.shown(email)).collect())
    }
}

#[cfg(test)]
mod tests;
