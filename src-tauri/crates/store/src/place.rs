//! Places: where a conversation shows up.
//!
//! A place is a number, so that one small table answers every list: a mailbox id, or a negative code of role and account
//! (account 0: all of them). "Everything" is a place too; it leaves junk and trash out. Where an account has a mailbox that
//! holds everything (Gmail's "All Mail"), mail that bears no place label is archived mail, although no label says so: it gets the
//! archive's place. Where it has none (JMAP), mailboxes are folders, and mail is where they say.

use std::collections::HashMap;

use domain::{
    ids::{AccountId, MailboxId},
    mail::MailboxRole,
};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, SqliteConnection};

use crate::{error::StoreError, open::Store};

/// What a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Everything but junk and trash.
    All,
    Role(MailboxRole),
    Mailbox(MailboxId),
    /// Put off; not in the inbox.
    Snoozed,
    Muted,
    /// Comes back if nobody answers.
    Reminders,
    /// A part of the inbox; 0: what no split takes.
    Split(i64),
}

const SNOOZED: i64 = 10;
const MUTED: i64 = 11;
const REMINDERS: i64 = 12;
/// Splits lie below everything else: `-(base + split << 20 | account)`.
const SPLITS: i64 = 1 << 40;
const SPLIT_ACCOUNTS: i64 = 1 << 20;

const EVERYTHING: i64 = 15;
const PER_ACCOUNT: i64 = 16;

const fn role_code(role: MailboxRole) -> i64 {
    match role {
        MailboxRole::Inbox => 1,
        MailboxRole::Archive => 2,
        MailboxRole::All => 3,
        MailboxRole::Drafts => 4,
        MailboxRole::Sent => 5,
        MailboxRole::Junk => 6,
        MailboxRole::Trash => 7,
        MailboxRole::Flagged => 8,
        MailboxRole::Important => 9,
    }
}

const fn role_of(code: i64) -> Option<MailboxRole> {
    Some(match code {
        1 => MailboxRole::Inbox,
        2 => MailboxRole::Archive,
        3 => MailboxRole::All,
        4 => MailboxRole::Drafts,
        5 => MailboxRole::Sent,
        6 => MailboxRole::Junk,
        7 => MailboxRole::Trash,
        8 => MailboxRole::Flagged,
        9 => MailboxRole::Important,
        _ => return None,
    })
}

const fn with_account(code: i64, account: i64) -> i64 {
    -(account * PER_ACCOUNT + code)
}

/// The number that lists are kept under.
pub(crate) fn place_key(place: Place, account: Option<AccountId>) -> i64 {
    let account = account.map_or(0, |a| a.0);
    match place {
        Place::Mailbox(id) => id.0,
        Place::All => with_account(EVERYTHING, account),
        Place::Role(role) => with_account(role_code(role), account),
        Place::Snoozed => with_account(SNOOZED, account),
        Place::Muted => with_account(MUTED, account),
        Place::Reminders => with_account(REMINDERS, account),
        Place::Split(split) => -(SPLITS + split * SPLIT_ACCOUNTS + account),
    }
}

/// Whether a key is one of [`Place::Split`].
pub(crate) const fn is_split(key: i64) -> bool {
    key <= -SPLITS
}

fn decode(key: i64) -> (Option<AccountId>, Place) {
    if key > 0 {
        return (None, Place::Mailbox(MailboxId(key)));
    }
    if is_split(key) {
        let rest = -key - SPLITS;
        return (Some(rest % SPLIT_ACCOUNTS).filter(|a| *a != 0).map(AccountId), Place::Split(rest / SPLIT_ACCOUNTS));
    }
    let account = Some(-key / PER_ACCOUNT).filter(|a| *a != 0).map(AccountId);
    let place = match -key % PER_ACCOUNT {
        SNOOZED => Place::Snoozed,
        MUTED => Place::Muted,
        REMINDERS => Place::Reminders,
        code => role_of(code).map_or(Place::All, Place::Role),
    };
    (account, place)
}

/// Mailboxes with their roles, loaded once per transaction.
pub(crate) struct Roles(HashMap<i64, Option<MailboxRole>>);

impl Roles {
    pub(crate) async fn load(tx: &mut SqliteConnection, account: AccountId) -> Result<Self, StoreError> {
        let rows = sqlx::query("SELECT id, role FROM mailbox WHERE account = ?").bind(account.0).fetch_all(tx).await?;
        let mut map = HashMap::with_capacity(rows.len());
        for row in rows {
            let role: Option<String> = row.try_get(1)?;
            map.insert(row.try_get(0)?, role.as_deref().and_then(MailboxRole::parse));
        }
        Ok(Self(map))
    }

    pub(crate) fn is_inbox(&self, mailbox: i64) -> bool {
        matches!(self.0.get(&mailbox), Some(Some(MailboxRole::Inbox)))
    }

    fn has_all(&self) -> bool {
        self.0.values().any(|role| *role == Some(MailboxRole::All))
    }

    /// Every place that a message in these mailboxes shows up in. `labels`: its scope spans the account.
    pub(crate) fn places(&self, account: AccountId, mailboxes: &[i64], labels: bool, out: &mut Vec<i64>) {
        out.clear();
        let labels = labels && self.has_all();
        let (mut junk, mut placed) = (false, false);
        for mailbox in mailboxes {
            out.push(*mailbox);
            if let Some(Some(role)) = self.0.get(mailbox) {
                let code = role_code(*role);
                out.push(with_account(code, 0));
                out.push(with_account(code, account.0));
                match role {
                    MailboxRole::Junk | MailboxRole::Trash => junk = true,
                    MailboxRole::Inbox | MailboxRole::Archive | MailboxRole::Sent | MailboxRole::Drafts => placed = true,
                    MailboxRole::All | MailboxRole::Flagged | MailboxRole::Important => {}
                }
            }
        }
        if labels && !placed && !junk {
            out.push(with_account(role_code(MailboxRole::Archive), 0));
            out.push(with_account(role_code(MailboxRole::Archive), account.0));
        }
        if labels && !junk {
            out.push(with_account(role_code(MailboxRole::All), 0));
            out.push(with_account(role_code(MailboxRole::All), account.0));
        }
        if !junk {
            out.push(with_account(EVERYTHING, 0));
            out.push(with_account(EVERYTHING, account.0));
        }
        out.sort_unstable();
        out.dedup();
    }
}

/// Exact counts of one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceCount {
    /// None: all accounts together (or a single mailbox).
    pub account: Option<AccountId>,
    pub place: Place,
    pub threads: i64,
    pub unread_threads: i64,
    pub starred_threads: i64,
    pub messages: i64,
    pub unread: i64,
}

impl Store {
    /// All places that hold anything.
    pub async fn place_counts(&self) -> Result<Vec<PlaceCount>, StoreError> {
        let rows =
            sqlx::query("SELECT place, threads, unread_threads, starred_threads, messages, unread FROM place_count WHERE threads > 0")
                .fetch_all(&self.inner.readers)
                .await?;
        rows.iter()
            .map(|r| {
                let (account, place) = decode(r.try_get(0)?);
                Ok(PlaceCount {
                    account,
                    place,
                    threads: r.try_get(1)?,
                    unread_threads: r.try_get(2)?,
                    starred_threads: r.try_get(3)?,
                    messages: r.try_get(4)?,
                    unread: r.try_get(5)?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_distinct_and_decode() {
        let mut seen = std::collections::HashSet::new();
        for account in [None, Some(AccountId(1)), Some(AccountId(2)), Some(AccountId(4000))] {
            for code in 1..=9 {
                let place = role_of(code).map_or(Place::All, Place::Role);
                let key = place_key(place, account);
                assert!(seen.insert(key), "{place:?} {account:?}");
                assert_eq!(decode(key), (account, place));
            }
            for place in [Place::Snoozed, Place::Muted, Place::Reminders, Place::Split(0), Place::Split(1), Place::Split(70_000)] {
                assert!(seen.insert(place_key(place, account)), "{place:?} {account:?}");
                assert_eq!(decode(place_key(place, account)), (account, place));
            }
            assert!(seen.insert(place_key(Place::All, account)));
            assert_eq!(decode(place_key(Place::All, account)), (account, Place::All));
        }
    }
}
