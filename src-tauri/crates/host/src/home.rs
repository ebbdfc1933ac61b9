//! The home and the engine in it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{
    SecretString,
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

/// A sample workspace: nothing of the process's environment reaches it.
pub(crate) async fn open_sample(home: &Path, key: KeySource, clock: Clock, background: bool) -> Result<Engine, EngineError> {
    let connect = connector(clock.clone(), None);
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

/// Moves what can't be opened into a folder of its own inside the home, so that a new workspace can begin. Nothing is deleted.
pub async fn set_aside(home: &Path, now: Timestamp) -> Result<(), EngineError> {
    let home = home.to_owned();
    let moved = tokio::task::spawn_blocking(move || move_aside(&home, now)).await;
    match moved {
        Ok(Ok(())) => Ok(()),
        Ok(Err(e)) => Err(EngineError::new(
            "home_unwritable",
            format!("The old workspace could not be set aside: {e}"),
            "Check that the folder of Aurelius is writable.",
        )),
        Err(_) => Err(EngineError::cancelled()),
    }
}

fn move_aside(home: &Path, now: Timestamp) -> io::Result<()> {
    let target = home.join(format!("set-aside-{}", now.millis()));
    fs::create_dir_all(&target)?;
    for name in ["store.db", "store.db-wal", "store.db-shm", "files", "vault.json"] {
        match fs::rename(home.join(name), target.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
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
        set_aside(dir.path(), Timestamp(5)).await.unwrap();
        assert_eq!(fs::read(dir.path().join("set-aside-5/store.db")).unwrap(), b"x");
        assert!(dir.path().join("config.toml").exists(), "the configuration stays");
    }
}
