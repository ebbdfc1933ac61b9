//! Audit entries: who did what to what, with which outcome. Ids and counts only, never content or addresses.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    Person,
    Engine,
    Cli,
    /// Something from outside that was refused (a forged callback, say).
    Outside,
}

impl Actor {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Engine => "engine",
            Self::Cli => "cli",
            Self::Outside => "outside",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    Refused,
    Failed,
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A new entry; the store adds sequence number and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAudit {
    pub actor: Actor,
    /// Dotted verb: `connection.created`, `mail.sent`, `oauth.callback_refused`, `outbox.wedged`, ….
    pub action: &'static str,
    /// `connection:ID`, `message:123`, `outbox:7`; ids only.
    pub target: String,
    pub outcome: Outcome,
    /// Counts and codes, as `key=value` pairs; never content.
    pub detail: String,
}

/// A stored entry. `hash` = SHA-256 over the previous hash and the canonical fields; the first `prev` is 64 zeros.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub id: i64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub target: String,
    pub outcome: String,
    pub detail: String,
    pub prev: String,
    pub hash: String,
}
