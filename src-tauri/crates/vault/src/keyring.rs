//! The OS keyring. All calls block (D-Bus round trips, sometimes a prompt): callers use `spawn_blocking`.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use crate::{
    error::{KeyringFault, VaultError},
    key::{MasterKey, fill_random, hex},
};

const SERVICE: &str = "aurelius";

fn entry(home_id: &str) -> Result<Entry, VaultError> {
    Entry::new(SERVICE, home_id).map_err(fault)
}

/// Sorts the platform's errors into what the person can do about them.
///
/// Seen on Linux: `NoDefaultStore` without a bus or service; `NoStorageAccess` with "no result" for a locked collection and
/// "prompt" for a dismissed or wrong unlock.
fn classify(error: &Error) -> KeyringFault {
    match error {
        Error::NoDefaultStore => KeyringFault::Missing,
        Error::NoStorageAccess(source) => {
            let text = format!("{source:?}").to_lowercase();
            if text.contains("prompt") {
                KeyringFault::Refused
            } else if text.contains("noresult") || text.contains("locked") {
                KeyringFault::Locked
            } else {
                KeyringFault::Missing
            }
        }
        _ => KeyringFault::Broken,
    }
}

fn fault(error: Error) -> VaultError {
    match classify(&error) {
        KeyringFault::Missing | KeyringFault::Broken => VaultError::NoKeyring(Some(Box::new(error))),
        KeyringFault::Locked | KeyringFault::Refused => VaultError::KeyringLocked(Some(Box::new(error))),
    }
}

pub(crate) fn store(home_id: &str, key: &MasterKey) -> Result<(), VaultError> {
    entry(home_id)?.set_secret(key.bytes()).map_err(fault)
}

pub(crate) fn load(home_id: &str) -> Result<MasterKey, VaultError> {
    match entry(home_id)?.get_secret() {
        Ok(bytes) => {
            let bytes = Zeroizing::new(bytes);
            MasterKey::from_bytes(&bytes).ok_or_else(|| VaultError::tampered("the key in the system keyring"))
        }
        Err(Error::NoEntry) => Err(VaultError::KeyLost),
        Err(e) => Err(fault(e)),
    }
}

/// Idempotent.
pub(crate) fn remove(home_id: &str) -> Result<(), VaultError> {
    match entry(home_id)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(e) => Err(fault(e)),
    }
}

/// Writes, reads and deletes a throw-away secret: only this proves that a key put there will come back.
pub async fn probe_keyring() -> Result<(), VaultError> {
    blocking(|| {
        let mut id = [0_u8; 8];
        fill_random(&mut id)?;
        let name = format!("probe-{}", hex(&id));
        let key = MasterKey::random()?;
        store(&name, &key)?;
        let back = load(&name);
        remove(&name)?;
        match back {
            Ok(back) if back.bytes() == key.bytes() => Ok(()),
            Ok(_) | Err(VaultError::KeyLost) => Err(VaultError::NoKeyring(None)),
            Err(e) => Err(e),
        }
    })
    .await
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, VaultError> + Send + 'static) -> Result<T, VaultError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| VaultError::Derive(e.to_string()))?
}
