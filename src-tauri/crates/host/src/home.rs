//! The home and the engine in it.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{
    SecretString,
    config::{Config, ProviderConfig},
    source::Connector,
    time::{Clock, Timestamp},
};
use engine::{ConnectorFactory, Engine, EngineError, OpenOptions};
use providers::Providers;
use vault::KeySource;

/// `AURELIUS_HOME`, else the system's folder for application data.
pub fn default_home() -> PathBuf {
    std::env::var_os("AURELIUS_HOME")
        .filter(|home| !home.is_empty())
        .map_or_else(|| dirs::data_dir().unwrap_or_else(|| PathBuf::from(".")).join("aurelius"), PathBuf::from)
}

/// Opens the engine of a home with the real providers; makes home and vault where there are none.
pub async fn open_engine(home: &Path, key: KeySource, clock: Clock, background: bool) -> Result<Engine, EngineError> {
    open_engine_with_ca(home, key, clock, background, None).await
}

/// The same with a further file of trusted roots.
pub async fn open_engine_with_ca(
    home: &Path,
    key: KeySource,
    clock: Clock,
    background: bool,
    ca_file: Option<PathBuf>,
) -> Result<Engine, EngineError> {
    let connect = connector(clock.clone(), ca_file);
    Engine::open(OpenOptions { home: home.to_owned(), key, connect, clock, background, environment: true }).await
}

/// A sample workspace: these providers and no others, whatever its config.toml or the process's environment says.
pub(crate) async fn open_sample(
    home: &Path,
    key: KeySource,
    clock: Clock,
    background: bool,
    providers: BTreeMap<String, ProviderConfig>,
    ca_file: Option<PathBuf>,
) -> Result<Engine, EngineError> {
    let real = connector(clock.clone(), ca_file);
    let connect = Box::new(move |config: &Config| real(&Config { providers: providers.clone(), ..config.clone() }));
    Engine::open(OpenOptions { home: home.to_owned(), key, connect, clock, background, environment: false }).await
}

fn connector(clock: Clock, ca_file: Option<PathBuf>) -> ConnectorFactory {
    Box::new(move |config| {
        let mut config = config.clone();
        if ca_file.is_some() {
            config.ca_file.clone_from(&ca_file);
        }
        let providers = Providers::new(&config, clock.clone())?;
        Ok(Arc::new(providers) as Arc<dyn Connector>)
    })
}

/// The first line of a passphrase file.
pub fn read_passphrase(file: &Path) -> Result<SecretString, EngineError> {
    let text = fs::read_to_string(file).map_err(|e| {
        EngineError::new(
            "no_passphrase_file",
            format!("The passphrase file {} can't be read: {e}", file.display()),
            "Check its path and permissions.",
        )
    })?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(EngineError::new(
            "no_passphrase_file",
            format!("The passphrase file {} is empty.", file.display()),
            "Write the passphrase into its first line.",
        ));
    }
    Ok(SecretString::from(line.to_owned()))
}

/// Errors of opening that setting the workspace aside gets a person out of: the data, or what says how to read it, is of no use.
/// A wrong passphrase or a locked keyring is not among them: trying again helps there.
pub fn can_set_aside(code: &str) -> bool {
    ["store_corrupt", "store_foreign", "store_plaintext", "key_lost", "vault_format", "vault_missing", "tampered"].contains(&code)
}

/// A workspace that was moved out of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    pub folder: PathBuf,
    /// What lies in it now: name and bytes.
    pub moved: Vec<(String, u64)>,
}

/// Files first: a store without its files can be set aside after a crash in between, but files without their store would be
/// taken for leftovers of the next one. The vault last: without it a store is refused.
pub(crate) const PARTS: [&str; 8] =
    ["files", engine::home::DAMAGED, engine::home::MADE, "store.db-wal", "store.db-shm", "store.db-journal", "store.db", "vault.json"];

/// What [`set_aside`] would move: name and bytes.
pub fn set_aside_parts(home: &Path) -> Vec<(String, u64)> {
    PARTS.iter().filter_map(|name| Some(((*name).to_owned(), bytes(&home.join(name))?))).collect()
}

/// Moves what can't be opened into a folder of its own inside the home, so that a new workspace can begin. Nothing is deleted. No
/// engine may run there: `home_in_use`.
pub async fn set_aside(home: &Path, now: Timestamp) -> Result<SetAside, EngineError> {
    let home = home.to_owned();
    let moved = tokio::task::spawn_blocking(move || {
        let _held = engine::home::Home::open(&home)?;
        move_aside(&home, now).map_err(|e| {
            EngineError::new(
                "home_unwritable",
                format!("The old workspace could not be set aside: {e}"),
                "Check that the folder of Aurelius is writable.",
            )
        })
    })
    .await;
    moved.unwrap_or_else(|_| Err(EngineError::cancelled()))
}

fn move_aside(home: &Path, now: Timestamp) -> io::Result<SetAside> {
    let folder = home.join(format!("{}{}", engine::home::ASIDE, now.millis()));
    fs::create_dir_all(&folder)?;
    let moved = set_aside_parts(home);
    for (name, _) in &moved {
        fs::rename(home.join(name), folder.join(name))?;
    }
    Ok(SetAside { folder, moved })
}

/// Of a file, or of all files in a folder; None where there is nothing.
fn bytes(path: &Path) -> Option<u64> {
    let meta = fs::symlink_metadata(path).ok()?;
    if !meta.is_dir() {
        return Some(meta.len());
    }
    Some(fs::read_dir(path).into_iter().flatten().flatten().filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_passphrase_is_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p");
        fs::write(&file, "one two\nthree\n").unwrap();
        assert_eq!(read_passphrase(&file).unwrap().expose_secret(), "one two");
        fs::write(&file, "\n").unwrap();
        assert_eq!(read_passphrase(&file).unwrap_err().code, "no_passphrase_file");
    }

    #[tokio::test]
    async fn setting_aside_keeps_everything() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("store.db"), "x").unwrap();
        fs::write(dir.path().join("config.toml"), "y").unwrap();
        let aside = set_aside(dir.path(), Timestamp(5)).await.unwrap();
        assert_eq!(aside.moved, [("files".to_owned(), 0), ("store.db".to_owned(), 1)]);
        let held = engine::home::Home::open(dir.path()).unwrap();
        assert_eq!(set_aside(dir.path(), Timestamp(6)).await.unwrap_err().code, "home_in_use", "never under a running engine");
        drop(held);
        assert_eq!(fs::read(dir.path().join("set-aside-5/store.db")).unwrap(), b"x");
        assert!(dir.path().join("config.toml").exists(), "the configuration stays");
    }
}
