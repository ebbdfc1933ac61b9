//! The OS keyring. All calls block (D-Bus round trips, sometimes a prompt): callers use `spawn_blocking`.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use crate::{
    error::{KeyringFault, VaultError},
    key::{MasterKey, fill_random},
};

const SERVICE: &str = "aurelius";

fn entry(home_id: &str) -> Result<Entry, VaultError> {
    Entry::new(SERVICE, home_id).map_err(fault)
}

/// Sorts the platform's errors into what the person can do about them.
fn classify(error: &Error) -> KeyringFault {
    match error {
        Error::NoDefaultStore => KeyringFault::Missing,
        Error::NoStorageAccess(source) => by_type(source.as_ref()).unwrap_or_else(|| by_words(&source.to_string())),
        _ => KeyringFault::Broken,
    }
}

/// Seen with gnome-keyring: a locked collection answers a search with nothing (`NoResult`), and `Prompt` where its prompt was dismissed,
/// got a wrong password, or could not be shown.
#[cfg(target_os = "linux")]
fn by_type(source: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<KeyringFault> {
    use secret_service::Error as Service;
    Some(match source.downcast_ref::<Service>()? {
        Service::Locked | Service::NoResult => KeyringFault::Locked,
        Service::Prompt | Service::PromptDisconnected => KeyringFault::Refused,
        _ => KeyringFault::Missing,
    })
}

#[cfg(not(target_os = "linux"))]
fn by_type(_source: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<KeyringFault> {
    None
}

/// Where the type is not ours to know.
fn by_words(text: &str) -> KeyringFault {
    let text = text.to_lowercase();
    if text.contains("prompt") || text.contains("cancel") {
        KeyringFault::Refused
    } else if text.contains("locked") || text.contains("interaction is not allowed") {
        KeyringFault::Locked
    } else {
        KeyringFault::Missing
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
        let name = format!("probe-{}", domain::hex(&id));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_service_says_is_told_apart_by_its_type() {
        use secret_service::Error as Service;
        let kind = |e: Service| classify(&Error::NoStorageAccess(Box::new(e)));
        assert_eq!(kind(Service::Locked), KeyringFault::Locked);
        assert_eq!(kind(Service::NoResult), KeyringFault::Locked);
        assert_eq!(kind(Service::Prompt), KeyringFault::Refused);
        assert_eq!(kind(Service::Unavailable), KeyringFault::Missing);
        assert_eq!(classify(&Error::NoDefaultStore), KeyringFault::Missing);
        // The words of another platform.
        assert_eq!(classify(&Error::NoStorageAccess("User interaction is not allowed.".into())), KeyringFault::Locked);
    }
}
