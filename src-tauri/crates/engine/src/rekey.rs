//! Changing the key of a home: a fresh master key under the same protection, under another passphrase, or moved between keyring
//! and passphrase. The data goes along ([`store::Store::rekey`]).
//!
//! It needs the home for itself, so it runs without an engine: nothing may read or seal under a key that is about to go. What could
//! stop it half way (a damaged page, too little room) is looked for before the first byte changes. A crash after that is
//! finished by [`resume`] when any program opens the home the next time; until then both keys are kept, one inside the other.

use std::{path::PathBuf, time::Instant};

use domain::{
    audit::{Actor, NewAudit, Outcome},
    time::{Clock, Timestamp},
};
use serde::{Deserialize, Serialize};
use store::{Rekeyed, Store, StoreOptions};
use vault::{KeySource, Vault, VaultState};

use crate::{
    error::EngineError,
    home::{Home, free_space},
};

/// Room that the change takes beside the journal of the database: vault.json, file headers, rounding.
const MARGIN: u64 = 8 * 1024 * 1024;

pub struct RekeyOptions {
    pub home: PathBuf,
    /// Opens the home as it is now.
    pub current: KeySource,
    /// How the new key is protected.
    pub to: KeySource,
    pub actor: Actor,
    pub clock: Clock,
}

/// What was put under the new key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RekeyReport {
    /// `keyring` or `passphrase`.
    pub protection: String,
    pub secrets: u64,
    pub files: u64,
    pub database_bytes: u64,
    /// Files and secrets that could not be read before either; left as they were.
    pub unreadable: u64,
    pub ms: u64,
}

/// Changes the key of a home in which no engine runs.
///
/// Errors before anything changed: `vault_missing`, `home_in_use`, `wrong_passphrase` and the other codes of the vault, `no_keyring`,
/// `store_corrupt` and the other codes of the store, `disk_full`. Once begun, it is finished here or at the next open.
pub async fn rekey(options: RekeyOptions) -> Result<RekeyReport, EngineError> {
    let RekeyOptions { home, current, to, actor, clock } = options;
    let started = Instant::now();
    if vault::state(&home)? == VaultState::Missing {
        return Err(EngineError::new(
            "vault_missing",
            format!("there is no workspace in {} whose key could be changed", home.display()),
            "Check --home, or connect an account first.",
        ));
    }
    let home = Home::open(&home)?;
    crate::aside::check_emptied(&home)?;
    let vault = resume(&home, Vault::open(home.path(), current).await?, clock()).await?;
    sound(&home, &vault).await?;
    room(&home)?;
    let to_words = words(&to);
    let new = vault.begin_rotation(to).await?;
    let done = carry(&home, &vault, &new, actor, clock()).await?;
    new.finish_rotation().await?;
    Ok(RekeyReport {
        protection: to_words.to_owned(),
        secrets: done.secrets,
        files: done.files,
        database_bytes: done.pages * 4096,
        unreadable: done.unreadable,
        ms: started.elapsed().as_millis() as u64,
    })
}

/// Finishes a change that was begun and cut off. The vault that comes back is the one to go on with.
pub(crate) async fn resume(home: &Home, vault: Vault, now: Timestamp) -> Result<Vault, EngineError> {
    let Some(old) = vault.rotating_from()? else {
        // Entries of the keyring that an earlier change could not remove.
        return Ok(vault.sweep_keyring().await?);
    };
    tracing::info!("an unfinished change of the key is finished first");
    carry(home, &old, &vault, Actor::Engine, now).await.map_err(|e| {
        let hint = format!("A change of this home's key was cut off and goes on at the next start; nothing is lost. {}", e.hint);
        EngineError { hint, ..e }
    })?;
    Ok(vault.finish_rotation().await?)
}

async fn carry(home: &Home, old: &Vault, new: &Vault, actor: Actor, now: Timestamp) -> Result<Rekeyed, EngineError> {
    let entry = NewAudit {
        actor,
        action: "vault.rekeyed",
        target: format!("vault:{}", new.rotation_id().unwrap_or_default()),
        outcome: Outcome::Ok,
        detail: format!("protection={}", protection(home)),
    };
    Ok(Store::rekey(&home.database(), &home.files(), old, new, &entry, now).await?)
}

/// Every page is read once: one that can't be read would stop the change in its middle.
async fn sound(home: &Home, vault: &Vault) -> Result<(), EngineError> {
    if !home.database().exists() {
        return Ok(());
    }
    let options = StoreOptions { path: home.database(), files_dir: home.files(), key: vault.database_key()?, sealer: vault.files() };
    let store = Store::open(options).await?;
    let problems = store.integrity().await;
    store.close().await;
    match problems?.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(store::StoreError::Corrupt(first.clone()).into()),
    }
}

/// While the pages are rewritten, the old ones lie in a journal of the same size.
fn room(home: &Home) -> Result<(), EngineError> {
    let size = std::fs::metadata(home.database()).map_or(0, |m| m.len());
    let needed = size + MARGIN;
    match free_space(home.path()) {
        Some(free) if free < needed => {
            let mib = (needed - free).div_ceil(1024 * 1024);
            Err(EngineError::new(
                "disk_full",
                format!("changing the key needs {mib} MiB more room on the disk"),
                "Free some disk space, then try again; nothing was changed.",
            ))
        }
        _ => Ok(()),
    }
}

fn protection(home: &Home) -> &'static str {
    match vault::state(home.path()) {
        Ok(VaultState::Keyring) => "keyring",
        _ => "passphrase",
    }
}

const fn words(source: &KeySource) -> &'static str {
    match source {
        KeySource::Keyring => "keyring",
        KeySource::Passphrase(_) => "passphrase",
        KeySource::Ephemeral => "memory",
    }
}
