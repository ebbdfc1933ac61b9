//! A message under queued writes has two states: what the provider last said (its shadow) and what the person sees (the shadow
//! with the queued writes applied in order). Recomputing the second from the first makes undo, discard, completion and a sync
//! in between one and the same operation.

use domain::{mail::Flags, outbox::OutboxOp};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, SqliteConnection};

use crate::error::StoreError;

/// Stored as JSON in `message.shadow`, only while a write is queued.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shadow {
    pub(crate) flags: i64,
    pub(crate) mailboxes: Vec<i64>,
    /// The provider no longer has it; removed when the last write has ended.
    #[serde(default)]
    pub(crate) gone: bool,
}

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) flags: i64,
    pub(crate) mailboxes: Vec<i64>,
    pub(crate) hidden: bool,
}

impl Shadow {
    /// Applies a write that the provider has accepted. `labels`: messages bear labels, else they lie in one folder.
    pub(crate) fn apply(&mut self, op: &OutboxOp, labels: bool) {
        match op {
            OutboxOp::Flags { change, .. } => self.flags = Flags::from_bits(self.flags).with(*change).bits(),
            OutboxOp::Move { from, to, .. } => {
                if labels {
                    self.mailboxes.retain(|m| Some(*m) != from.map(|f| f.0) && *m != to.0);
                } else {
                    self.mailboxes.clear();
                }
                self.mailboxes.push(to.0);
            }
            OutboxOp::Labels { add, remove, .. } => {
                self.mailboxes.retain(|m| !remove.iter().chain(add).any(|r| r.0 == *m));
                self.mailboxes.extend(add.iter().map(|a| a.0));
            }
            OutboxOp::Delete { .. } => self.gone = true,
            _ => {}
        }
        self.mailboxes.sort_unstable();
    }

    pub(crate) fn view(&self, ops: &[OutboxOp], labels: bool) -> View {
        let mut state = self.clone();
        let mut hidden = false;
        for op in ops {
            hidden |= matches!(op, OutboxOp::Delete { .. });
            state.apply(op, labels);
        }
        View { flags: state.flags, hidden: hidden || Flags::from_bits(state.flags).deleted, mailboxes: state.mailboxes }
    }
}

/// The message's shadow; made from its present state when it has none.
pub(crate) async fn load(tx: &mut SqliteConnection, message: i64) -> Result<Shadow, StoreError> {
    let row = sqlx::query("SELECT shadow, flags FROM message WHERE id = ?")
        .bind(message)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::missing("message", message))?;
    if let Some(json) = row.try_get::<Option<String>, _>(0)? {
        return Ok(serde_json::from_str(&json)?);
    }
    let mailboxes = sqlx::query_scalar("SELECT mailbox FROM placed WHERE message = ? ORDER BY mailbox").bind(message).fetch_all(tx).await?;
    Ok(Shadow { flags: row.try_get(1)?, mailboxes, gone: false })
}

/// Writes the shadow and what follows from it and the writes still queued. Returns false when the message has to go.
pub(crate) async fn settle(tx: &mut SqliteConnection, message: i64, shadow: &Shadow) -> Result<bool, StoreError> {
    let labels = sqlx::query_scalar::<_, bool>("SELECT s.container = '' FROM message m JOIN scope s ON s.id = m.scope WHERE m.id = ?")
        .bind(message)
        .fetch_one(&mut *tx)
        .await?;
    let queued = sqlx::query_scalar::<_, String>(
        "SELECT o.op FROM outbox_message x JOIN outbox o ON o.id = x.outbox WHERE x.message = ? AND o.state <> 'done' ORDER BY o.id",
    )
    .bind(message)
    .fetch_all(&mut *tx)
    .await?;
    if queued.is_empty() && shadow.gone {
        return Ok(false);
    }
    let ops = queued.iter().map(|op| serde_json::from_str(op)).collect::<Result<Vec<OutboxOp>, _>>()?;
    let view = shadow.view(&ops, labels);
    let json = if ops.is_empty() { None } else { Some(serde_json::to_string(shadow)?) };
    sqlx::query("UPDATE message SET flags = ?, hidden = ?, shadow = ? WHERE id = ?")
        .bind(view.flags)
        .bind(view.hidden)
        .bind(json)
        .bind(message)
        .execute(&mut *tx)
        .await?;
    set_placed(tx, message, &view.mailboxes).await?;
    Ok(true)
}

/// Makes the message lie in exactly these mailboxes (those that still exist).
pub(crate) async fn set_placed(tx: &mut SqliteConnection, message: i64, mailboxes: &[i64]) -> Result<(), StoreError> {
    let list = crate::rows::json_ids(mailboxes.iter().copied());
    sqlx::query("DELETE FROM placed WHERE message = ? AND mailbox NOT IN (SELECT value FROM json_each(?))")
        .bind(message)
        .bind(&list)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT OR IGNORE INTO placed (mailbox, message) \
         SELECT b.id, ? FROM json_each(?) j JOIN mailbox b ON b.id = j.value",
    )
    .bind(message)
    .bind(&list)
    .execute(tx)
    .await?;
    Ok(())
}
