//! The heart: one page of changes from a provider and the cursor behind it, in one transaction.
//!
//! Repeating a batch changes nothing. A message with a queued write of ours keeps its local look; what the provider says goes
//! to its shadow. Statements are issued per batch, not per message, wherever a row is small: a round trip to the database
//! thread costs more than the row.

mod content;
mod insert;
mod places;
pub(crate) mod plan;
mod remove;
mod rowids;
pub(crate) mod shadow;
mod thread;
mod update;

use std::collections::{BTreeSet, HashMap};

use domain::{
    ids::{AccountId, MessageId, RemoteId, ThreadId},
    mail::ParsedMail,
    sync::{RemoteMail, SyncCursor, SyncScope},
    time::Timestamp,
};
use sqlx::{Row as _, SqliteConnection};

pub use self::plan::BodyPlan;
pub(crate) use self::{
    insert::Head,
    places::{Cell, refresh},
    remove::{drop_mailbox, drop_scope, forget_messages, remove_messages, replace_mailbox},
    thread::rfc_key,
};
use crate::{error::StoreError, open::Store, place::Roles, raw::StoredFile};

/// Raw bytes of a message, small ones in memory, large ones already sealed on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawBody {
    /// At most [`crate::INLINE_MAX`] bytes.
    Inline(Vec<u8>),
    /// Removed with this value, unless a commit took it.
    File(StoredFile),
}

impl RawBody {
    pub fn len(&self) -> u64 {
        match self {
            Self::Inline(bytes) => bytes.len() as u64,
            Self::File(file) => file.len,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A message whose body was fetched.
#[derive(Clone, Debug)]
pub struct IncomingMail {
    pub remote: RemoteMail,
    pub parsed: ParsedMail,
    pub raw: RawBody,
    /// Why the server can't deliver it; then `raw` is a note in its place, and it is asked for again.
    pub unreadable: Option<String>,
}

/// One page of a round.
#[derive(Clone, Debug)]
pub struct CommitBatch {
    pub scope: SyncScope,
    pub account: AccountId,
    /// With body.
    pub upserts: Vec<IncomingMail>,
    /// Without: known messages, and those that [`Store::plan_bodies`] called adoptable.
    pub updates: Vec<RemoteMail>,
    pub gone: Vec<RemoteId>,
    /// When set, everything else in the scope is removed.
    pub present: Option<Vec<RemoteId>>,
    /// All ids of the scope changed meaning; set on the first page only.
    pub reset: bool,
    pub next: SyncCursor,
    pub more: bool,
    pub progress: Option<(u64, u64)>,
    pub now: Timestamp,
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitReport {
    pub added: u64,
    pub updated: u64,
    pub removed: u64,
    /// Placed without a download.
    pub adopted: u64,
    /// Kept their local look because a write of ours is queued.
    pub skipped: u64,
    /// Raw bytes stored.
    pub bytes: u64,
    pub threads: Vec<ThreadId>,
    /// New unread messages in an inbox, for notifications.
    pub new_in_inbox: Vec<MessageId>,
    /// `updates` that match nothing here: fetch their bodies.
    pub unmatched: Vec<RemoteId>,
    /// Labels that are not in the list of mailboxes yet: list them again, then these messages.
    pub unknown_labels: Vec<RemoteId>,
}

/// State of one running commit.
pub(crate) struct Run {
    pub(crate) scope: i64,
    pub(crate) account: AccountId,
    /// The scope spans the account: messages bring their labels.
    pub(crate) labels: bool,
    /// The scope's own mailbox.
    pub(crate) container: Option<i64>,
    pub(crate) mailboxes: HashMap<String, i64>,
    pub(crate) roles: Roles,
    pub(crate) now: Timestamp,
    pub(crate) threads: BTreeSet<i64>,
    pub(crate) report: CommitReport,
}

impl Run {
    /// Local ids of the labels that a message bears; the container's for a folder.
    fn placing(&mut self, remote: &RemoteMail) -> Option<Vec<i64>> {
        if !self.labels {
            return self.container.map(|c| vec![c]);
        }
        let labels = remote.mailboxes.as_ref()?;
        let mut ids = Vec::with_capacity(labels.len());
        for label in labels {
            match self.mailboxes.get(label.as_str()) {
                Some(id) => ids.push(*id),
                None if self.report.unknown_labels.contains(label) => {}
                None => self.report.unknown_labels.push(label.clone()),
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Some(ids)
    }
}

pub(crate) async fn mailbox_ids(tx: &mut SqliteConnection, account: AccountId) -> Result<HashMap<String, i64>, StoreError> {
    let rows = sqlx::query("SELECT remote, id FROM mailbox WHERE account = ?").bind(account.0).fetch_all(tx).await?;
    rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect()
}

impl Store {
    /// Commits one page and its cursor. See the module's text.
    pub async fn commit_batch(&self, batch: CommitBatch) -> Result<CommitReport, StoreError> {
        let CommitBatch { scope, account, upserts, updates, gone, present, reset, next, more, progress, now } = batch;
        let mut tx = self.write().await?;
        for mail in &upserts {
            tx.takes(&mail.raw);
        }
        let exists = sqlx::query_scalar::<_, i64>("SELECT 1 FROM scope WHERE id = ?").bind(scope.id.0).fetch_optional(&mut *tx).await?;
        if exists.is_none() {
            // Disconnected while the page was under way: nothing may come back to life.
            return Err(StoreError::missing("scope", scope.id));
        }
        let mailboxes = mailbox_ids(&mut tx, account).await?;
        let container = scope.container.as_ref().and_then(|c| mailboxes.get(c.as_str()).copied());
        if scope.container.is_some() && container.is_none() {
            return Err(StoreError::missing("mailbox", scope.id));
        }
        let mut run = Run {
            scope: scope.id.0,
            account,
            labels: scope.container.is_none(),
            container,
            mailboxes,
            roles: Roles::load(&mut tx, account).await?,
            now,
            threads: BTreeSet::new(),
            report: CommitReport::default(),
        };
        if reset {
            sqlx::query("UPDATE message SET remote = '~' || id, orphan = 1 WHERE scope = ? AND orphan = 0")
                .bind(run.scope)
                .execute(&mut *tx)
                .await?;
        }
        update::gone(&mut tx, &mut run, &gone).await?;
        let unreadable: Vec<(RemoteId, String)> =
            upserts.iter().filter_map(|mail| Some((mail.remote.id.clone(), mail.unreadable.clone()?))).collect();
        let upserts = update::existing(&mut tx, &mut run, upserts).await?;
        update::updates(&mut tx, &mut run, &updates).await?;
        let mut words = insert::all(&mut tx, &mut run, upserts).await?;
        crate::unreadable::note(&mut tx, run.scope, &unreadable, now).await?;
        if let Some(present) = &present {
            update::sweep(&mut tx, &mut run, present).await?;
        }
        if !more {
            update::drop_orphans(&mut tx, &mut run).await?;
            remove::purge(&mut tx, account, now.plus_secs(-remove::ORPHAN_SECS), remove::PURGE_PER_COMMIT).await?;
        }
        sqlx::query("UPDATE scope SET cursor = ?, progress_done = ?, progress_total = ?, complete = ? WHERE id = ?")
            .bind(serde_json::to_string(&next)?)
            .bind(progress.map(|p| p.0 as i64))
            .bind(progress.map(|p| p.1 as i64))
            .bind(!more)
            .bind(run.scope)
            .execute(&mut *tx)
            .await?;
        let threads: Vec<i64> = run.threads.iter().copied().collect();
        crate::triage::arrivals(&mut tx, &run.report.new_in_inbox, now).await?;
        let splits = crate::splits::load(&mut tx).await?;
        if splits.is_empty() {
            refresh(&mut tx, account, &run.roles, &threads).await?;
        } else {
            // Splits ask the full-text index about this very mail.
            content::index(&mut tx, &mut words).await?;
            self.assign_splits(&mut tx, &splits, &threads).await?;
            refresh(&mut tx, account, &run.roles, &threads).await?;
        }
        let dead = sqlx::query_scalar::<_, i64>("SELECT 1 FROM dead_file LIMIT 1").fetch_optional(&mut *tx).await?;
        if splits.is_empty() {
            content::index(&mut tx, &mut words).await?;
        }
        tx.commit().await?;
        if dead.is_some() {
            self.bury_dead_files().await?;
        }
        run.report.threads = threads.into_iter().map(ThreadId).collect();
        Ok(run.report)
    }

    /// Forgets content that no message points to since before `before`. A commit that ends a round does this by itself for
    /// what is older than an hour.
    pub async fn purge_orphans(&self, account: AccountId, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let purged = remove::purge(&mut tx, account, before, i64::MAX).await?;
        tx.commit().await?;
        self.bury_dead_files().await?;
        if purged > 0 {
            self.give_back_if_it_can().await;
        }
        Ok(purged)
    }
}

#[cfg(test)]
mod tests;
