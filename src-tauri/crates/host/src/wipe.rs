//! The end of a workspace: everything of it that lies on this device, gone. Mail at the providers is not touched.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use engine::{
    EngineError,
    home::{self, CONFIG, Home, LOCK},
};

use crate::home::PARTS;

/// What lies in a home beside the workspace: the window's own files, the socket, halves of a write that was cut short.
const BESIDE: [&str; 10] = [
    CONFIG,
    "window.json",
    "window.json.new",
    "place.json",
    "place.json.new",
    "engine.sock",
    "demo-passphrase",
    "window.starting",
    "vault.new",
    "config.new",
];
/// An engine that was told to close lets go of the home once its last task has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// What [`erase`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Bytes that are no longer on the disk.
    pub bytes: u64,
    /// Names of what is not ours and was left in the folder. Empty: the folder is gone too.
    pub kept: Vec<String>,
    /// The keyring did not answer: the key is still in it. It opens nothing any more.
    pub key_left: bool,
}

/// Erases a home, the folders in it that were set aside included. The key goes first: whatever happens then, nothing of the rest can
/// be read. No engine may run there: `home_in_use`. Can be repeated after an error.
pub async fn erase(home: &Path) -> Result<Erased, EngineError> {
    if !home.exists() {
        return Ok(Erased::default());
    }
    let held = hold(home.to_owned()).await?;
    let mut erased = Erased::default();
    let mut vaults = folders_aside(home);
    vaults.push(home.to_owned());
    for folder in &vaults {
        if let Err(e) = vault::forget(folder).await {
            tracing::warn!(code = e.code(), "the key could not be taken out of the keyring");
            erased.key_left = true;
            // Without it the key that stays there opens nothing; before anything else can fail.
            if let Err(e) = remove(&folder.join(vault::VAULT_FILE)) {
                tracing::warn!("the file of the key could not be removed yet: {e}");
            }
        }
    }
    let home = home.to_owned();
    tokio::task::spawn_blocking(move || {
        let failed = |e: io::Error| {
            EngineError::new(
                "home_unwritable",
                format!("Not everything in {} could be erased: {e}", home.display()),
                "Check the permissions of the folder and erase again, or delete the folder yourself. What is left can't be read any more.",
            )
        };
        for aside in folders_aside(&home) {
            erased.bytes += remove(&aside).map_err(failed)?;
        }
        for name in PARTS.iter().chain(&BESIDE) {
            erased.bytes += remove(&home.join(name)).map_err(failed)?;
        }
        drop(held);
        erased.bytes += remove(&home.join(LOCK)).map_err(failed)?;
        erased.kept = names(&home);
        // Also where the folder itself can't be removed it is empty now.
        if erased.kept.is_empty() {
            let _ = fs::remove_dir(&home);
        }
        Ok(erased)
    })
    .await
    .unwrap_or_else(|_| Err(EngineError::cancelled()))
}

async fn hold(home: PathBuf) -> Result<Home, EngineError> {
    let since = Instant::now();
    loop {
        let at = home.clone();
        let held = tokio::task::spawn_blocking(move || Home::open(&at)).await.unwrap_or_else(|_| Err(EngineError::cancelled()));
        match held {
            Err(e) if e.is("home_in_use") && since.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(100)).await,
            held => return held,
        }
    }
}

fn names(home: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(home).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn folders_aside(home: &Path) -> Vec<PathBuf> {
    home::set_aside(home).into_iter().map(|name| home.join(name)).collect()
}

/// Idempotent. A link is removed, never followed.
fn remove(path: &Path) -> io::Result<u64> {
    let meta = match fs::symlink_metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
        meta => meta?,
    };
    if !meta.is_dir() {
        fs::remove_file(path)?;
        return Ok(meta.len());
    }
    let mut bytes = 0;
    for entry in fs::read_dir(path)? {
        bytes += remove(&entry?.path())?;
    }
    fs::remove_dir(path)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn everything_of_ours_goes_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        fs::create_dir_all(home.join("files/sub")).unwrap();
        fs::create_dir_all(home.join("set-aside-5")).unwrap();
        for name in ["store.db", "store.db-wal", "config.toml", "window.json", "files/sub/a", "set-aside-5/store.db", "holiday.jpg"] {
            fs::write(home.join(name), "four").unwrap();
        }
        let held = Home::open(&home).unwrap();
        let in_use = tokio::time::timeout(Duration::from_millis(500), erase(&home)).await;
        assert!(in_use.is_err(), "it waits for a running engine");
        assert!(home.join("store.db").exists(), "nothing is taken from under it");
        drop(held);
        let erased = erase(&home).await.unwrap();
        assert_eq!((erased.kept.as_slice(), erased.key_left), (["holiday.jpg".to_owned()].as_slice(), false));
        assert_eq!(erased.bytes, 6 * 4);
        assert_eq!(names(&home), ["holiday.jpg"]);
        fs::remove_file(home.join("holiday.jpg")).unwrap();
        erase(&home).await.unwrap();
        assert!(!home.exists());
        assert_eq!(erase(&home).await.unwrap(), Erased::default(), "once more is no error");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_goes_and_what_it_leads_to_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (home, other) = (dir.path().join("home"), dir.path().join("other"));
        fs::create_dir_all(&home).unwrap();
        fs::create_dir_all(&other).unwrap();
        fs::write(other.join("mine"), "x").unwrap();
        std::os::unix::fs::symlink(&other, home.join("files")).unwrap();
        erase(&home).await.unwrap();
        assert!(other.join("mine").exists() && !home.exists());
    }
}
