//! How the workspace's key is protected, and changing it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct VaultInfo {
    /// `keyring`, `passphrase`, or `memory` (the sample workspace: nothing to change).
    pub protection: String,
    /// The system keyring can be written and read now.
    pub keyring_usable: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct VaultRekeyReq {
    /// The present passphrase, where there is one.
    pub current: Option<String>,
    pub to: RekeyTo,
    /// The new passphrase, for `passphrase`.
    pub passphrase: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum RekeyTo {
    /// A fresh key under the present protection.
    Same,
    Passphrase,
    Keyring,
}
