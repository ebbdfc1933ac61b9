//! Resetting and taking away settings; the settings themselves are in `app`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SettingsResetReq {
    /// `appearance`, `mail`, `shortcuts`, `notifications`, `storage`; None: everything.
    pub section: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SettingsImportReq {
    /// What a file of exported settings holds, at most 256 KiB.
    pub json: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SettingsExportReq {
    /// An absolute path that does not exist yet; None: a free name in the Downloads folder.
    pub path: Option<String>,
}
