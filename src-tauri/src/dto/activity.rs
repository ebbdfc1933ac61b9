//! The audit log as the person reads and takes it away.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Millis};

/// All set conditions must hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct ActivityFilter {
    /// `person`, `engine`, `cli`, `outside`.
    pub actor: Option<String>,
    /// What comes before the dot of an action: `mail`, `connection`, `draft`, ….
    pub area: Option<String>,
    /// `ok`, `refused`, `failed`.
    pub outcome: Option<String>,
    /// Begins with: `connection:`, `account:3`.
    pub target: Option<String>,
    pub since: Option<Millis>,
    pub until: Option<Millis>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ActivityReq {
    pub filter: ActivityFilter,
    pub after: Option<String>,
    /// At most 500.
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ActivityPage {
    /// Newest first.
    pub items: Vec<ActivityRow>,
    pub next: Option<String>,
    /// Areas that occur, for the filter.
    pub areas: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ActivityRow {
    pub id: Id,
    pub at: Millis,
    pub actor: String,
    /// `mail.moved`, ….
    pub action: String,
    pub target: String,
    pub outcome: String,
    /// `key=value` pairs.
    pub detail: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ActivityVerdict {
    pub intact: bool,
    pub entries: f64,
    /// The first entry that does not follow from the one before.
    pub broken_at: Option<Id>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ActivityExportReq {
    pub filter: ActivityFilter,
    /// `jsonl` (with the hashes: without a filter the chain can be verified by anybody) or `csv`.
    pub format: String,
    /// An absolute path that does not exist yet; None: a free name in the Downloads folder.
    pub path: Option<String>,
}
