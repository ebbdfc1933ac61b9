//! Where local knowledge moves a conversation to, on top of where its messages lie.

use std::collections::HashMap;

use domain::{ids::AccountId, mail::MailboxRole};
use sqlx::{Row as _, SqliteConnection};

use crate::{
    commit::Cell,
    error::StoreError,
    place::{Place, Roles, place_key},
};

#[derive(Clone, Copy, Default)]
struct Overlay {
    snoozed: bool,
    muted: bool,
    returned: i64,
    reminder: bool,
    split: i64,
}

/// What is known of the conversations that are being listed anew.
pub(crate) struct Overlays<'r> {
    account: AccountId,
    roles: &'r Roles,
    /// There are splits at all.
    split: bool,
    known: HashMap<i64, Overlay>,
}

impl<'r> Overlays<'r> {
    pub(crate) async fn load(tx: &mut SqliteConnection, account: AccountId, roles: &'r Roles, list: &str) -> Result<Self, StoreError> {
        let split = sqlx::query_scalar::<_, i64>("SELECT 1 FROM split LIMIT 1").fetch_optional(&mut *tx).await?.is_some();
        let mut known: HashMap<i64, Overlay> = HashMap::new();
        let rows = sqlx::query(
            "SELECT thread, snoozed_until IS NOT NULL, muted, returned, remind_at IS NOT NULL FROM thread_state \
             WHERE thread IN (SELECT value FROM json_each(?))",
        )
        .bind(list)
        .fetch_all(&mut *tx)
        .await?;
        for r in &rows {
            let overlay =
                Overlay { snoozed: r.try_get(1)?, muted: r.try_get(2)?, returned: r.try_get(3)?, reminder: r.try_get(4)?, split: 0 };
            known.insert(r.try_get(0)?, overlay);
        }
        if split {
            let rows = sqlx::query("SELECT thread, split FROM thread_split WHERE thread IN (SELECT value FROM json_each(?))")
                .bind(list)
                .fetch_all(&mut *tx)
                .await?;
            for r in &rows {
                known.entry(r.try_get(0)?).or_default().split = r.try_get(1)?;
            }
        }
        Ok(Self { account, roles, split, known })
    }

    fn both(&self, place: Place) -> [i64; 2] {
        [place_key(place, None), place_key(place, Some(self.account))]
    }

    /// Of one message of the conversation.
    pub(crate) fn place(&self, thread: i64, places: &mut Vec<i64>) {
        let known = self.known.get(&thread).copied();
        if known.is_none() && !self.split {
            return;
        }
        let o = known.unwrap_or_default();
        let inbox = self.both(Place::Role(MailboxRole::Inbox));
        let everywhere = places.contains(&place_key(Place::All, None));
        if o.snoozed || o.muted {
            places.retain(|p| !inbox.contains(p) && !self.roles.is_inbox(*p));
        }
        if everywhere {
            // Snoozed and muted: it is muted when it comes back.
            if o.snoozed {
                places.extend(self.both(Place::Snoozed));
            }
            if o.muted {
                places.extend(self.both(Place::Muted));
            }
            if o.reminder {
                places.extend(self.both(Place::Reminders));
            }
        }
        if self.split && inbox.iter().any(|p| places.contains(p)) {
            places.extend(self.both(Place::Split(o.split)));
        }
    }

    /// What returned stands at the top of the inbox, unread, even if no message of it lies there.
    pub(crate) fn lift(&self, cells: &mut HashMap<(i64, i64), Cell>) {
        for (&thread, o) in self.known.iter().filter(|(_, o)| o.returned != 0 && !o.snoozed && !o.muted) {
            let inbox = self.both(Place::Role(MailboxRole::Inbox));
            let splits = self.both(Place::Split(o.split));
            let here: Vec<i64> = inbox.into_iter().chain(splits.into_iter().filter(|_| self.split)).collect();
            let Some(all) = cells.get(&(thread, place_key(Place::All, None))).copied() else { continue };
            for place in &here {
                cells.entry((thread, *place)).or_insert(all);
            }
            for ((of, place), cell) in cells.iter_mut() {
                if *of == thread && (here.contains(place) || self.roles.is_inbox(*place)) {
                    cell.latest = cell.latest.max(o.returned);
                    cell.unread = cell.unread.max(1);
                }
            }
        }
    }
}
