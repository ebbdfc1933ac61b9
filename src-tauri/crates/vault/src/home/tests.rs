#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use secrecy::{ExposeSecret as _, SecretString};

use super::*;

fn pass(text: &str) -> KeySource {
    KeySource::Passphrase(SecretString::from(text.to_owned()))
}

#[tokio::test]
async fn a_passphrase_opens_its_home_and_nothing_else_does() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(state(dir.path()).unwrap(), VaultState::Missing);
    assert!(matches!(Vault::open(dir.path(), pass("x")).await.unwrap_err(), VaultError::Missing));
    assert!(matches!(Vault::create(dir.path(), pass("")).await.unwrap_err(), VaultError::EmptyPassphrase));
    assert_eq!(state(dir.path()).unwrap(), VaultState::Missing, "a refused set-up leaves nothing");
    let made = Vault::create(dir.path(), pass("correct horse")).await.unwrap();
    assert_eq!(state(dir.path()).unwrap(), VaultState::Passphrase);
    let text = std::fs::read_to_string(dir.path().join(VAULT_FILE)).unwrap();
    assert!(text.contains("\"m_kib\": 65536") && text.contains("\"t\": 3") && !text.contains("horse"));
    let again = Vault::open(dir.path(), pass("correct horse")).await.unwrap();
    assert_eq!(again.database_key().unwrap().expose_secret(), made.database_key().unwrap().expose_secret());
    assert_eq!(made.database_key().unwrap().expose_secret().len(), 64);
    assert!(matches!(Vault::open(dir.path(), pass("wrong horse")).await.unwrap_err(), VaultError::WrongPassphrase));
    assert!(matches!(Vault::open(dir.path(), KeySource::Keyring).await.unwrap_err(), VaultError::WrongSource { .. }));
    assert!(matches!(Vault::create(dir.path(), pass("other")).await.unwrap_err(), VaultError::Exists));
    assert_eq!(std::fs::read_to_string(dir.path().join(VAULT_FILE)).unwrap(), text, "no failure touched the file");
    let weak = text.replace("65536", "8");
    std::fs::write(dir.path().join(VAULT_FILE), weak).unwrap();
    assert_eq!(Vault::open(dir.path(), pass("correct horse")).await.unwrap_err().code(), "tampered");
    std::fs::write(dir.path().join(VAULT_FILE), "{").unwrap();
    assert_eq!(Vault::open(dir.path(), pass("correct horse")).await.unwrap_err().code(), "vault_format");
}

#[tokio::test]
async fn sealed_secrets_are_bound_to_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    assert_eq!(state(dir.path()).unwrap(), VaultState::Missing, "nothing of it is on the disk");
    let sealed = vault.seal("tokens", "c1", 1, b"secret").unwrap();
    assert_eq!(&**vault.open_sealed("tokens", "c1", 1, &sealed).unwrap(), b"secret");
    assert_ne!(sealed, vault.seal("tokens", "c1", 1, b"secret").unwrap(), "a fresh nonce each time");
    for (kind, connection, version) in [("password", "c1", 1), ("tokens", "c2", 1), ("tokens", "c1", 2), ("token", "sc1", 1)] {
        let e = vault.open_sealed(kind, connection, version, &sealed).unwrap_err();
        assert_eq!(e.code(), "tampered");
        assert!(e.to_string().contains(kind) && e.to_string().contains(connection), "{e}");
    }
    for at in 0..sealed.len() {
        let mut bad = sealed.clone();
        bad[at] ^= 1;
        assert!(vault.open_sealed("tokens", "c1", 1, &bad).is_err(), "byte {at}");
        assert!(vault.open_sealed("tokens", "c1", 1, &sealed[..at]).is_err(), "cut at {at}");
    }
    let other = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    assert!(other.open_sealed("tokens", "c1", 1, &sealed).is_err());
    assert!(!format!("{vault:?} {:?}", vault.files()).contains(vault.database_key().unwrap().expose_secret()));
}

#[tokio::test]
async fn a_rotation_can_be_resumed_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let old = Vault::create(dir.path(), pass("one")).await.unwrap();
    let new = old.begin_rotation(pass("two")).await.unwrap();
    assert_ne!(old.database_key().unwrap().expose_secret(), new.database_key().unwrap().expose_secret());
    assert!(matches!(Vault::open(dir.path(), pass("one")).await.unwrap_err(), VaultError::WrongPassphrase));
    let reopened = Vault::open(dir.path(), pass("two")).await.unwrap();
    let back = reopened.rotating_from().unwrap().unwrap();
    assert_eq!(back.database_key().unwrap().expose_secret(), old.database_key().unwrap().expose_secret());
    let done = reopened.finish_rotation().await.unwrap();
    assert!(done.rotating_from().unwrap().is_none());
    let reopened = Vault::open(dir.path(), pass("two")).await.unwrap();
    assert!(reopened.rotating_from().unwrap().is_none());
    assert_eq!(reopened.database_key().unwrap().expose_secret(), new.database_key().unwrap().expose_secret());
}

/// The body of the next tests, run inside a private session bus.
#[tokio::test]
async fn keyring_child() {
    let Ok(mode) = std::env::var("AURELIUS_KEYRING_TEST") else { return };
    let home = std::path::PathBuf::from(std::env::var("AURELIUS_KEYRING_HOME").unwrap());
    match mode.as_str() {
        "unlocked" => {
            crate::probe_keyring().await.unwrap();
            let made = Vault::create(&home, KeySource::Keyring).await.unwrap();
            assert_eq!(state(&home).unwrap(), VaultState::Keyring);
            let again = Vault::open(&home, KeySource::Keyring).await.unwrap();
            assert_eq!(again.database_key().unwrap().expose_secret(), made.database_key().unwrap().expose_secret());
            assert!(matches!(Vault::open(&home, pass("x")).await.unwrap_err(), VaultError::WrongSource { .. }));
            let text = std::fs::read_to_string(home.join(VAULT_FILE)).unwrap();
            forget(&home).await.unwrap();
            assert_eq!(state(&home).unwrap(), VaultState::Missing);
            // The file back in its place, as from a backup: the key stays gone.
            std::fs::write(home.join(VAULT_FILE), &text).unwrap();
            assert_eq!(Vault::open(&home, KeySource::Keyring).await.unwrap_err().code(), "key_lost");
            assert_eq!(std::fs::read_to_string(home.join(VAULT_FILE)).unwrap(), text);
            forget(&home).await.unwrap();
            forget(&home).await.unwrap();
        }
        "locked" => {
            let made = Vault::create(&home, KeySource::Keyring).await.unwrap();
            let text = std::fs::read_to_string(home.join(VAULT_FILE)).unwrap();
            lock_keyring();
            // Nobody is there to type the password.
            for _ in 0..2 {
                assert_eq!(Vault::open(&home, KeySource::Keyring).await.unwrap_err().code(), "keyring_locked");
            }
            assert_eq!(crate::probe_keyring().await.unwrap_err().code(), "keyring_locked", "it is there, but locked");
            assert_eq!(state(&home).unwrap(), VaultState::Keyring);
            assert_eq!(std::fs::read_to_string(home.join(VAULT_FILE)).unwrap(), text);
            drop(made);
        }
        // No service on the bus at all.
        _ => {
            assert_eq!(crate::probe_keyring().await.unwrap_err().code(), "no_keyring");
            assert_eq!(Vault::create(&home, KeySource::Keyring).await.unwrap_err().code(), "no_keyring");
            assert_eq!(state(&home).unwrap(), VaultState::Missing, "never a silent fallback");
        }
    }
    println!("KEYRING TEST RAN");
}

fn run(script: &str) {
    let output = std::process::Command::new("sh").args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// As a screen lock or a log-out does it.
fn lock_keyring() {
    run("dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
         org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login");
}

/// A real gnome-keyring on a bus of its own.
#[cfg(target_os = "linux")]
fn in_session(mode: &str, before: &str) {
    let found = |name: &str| std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|d| d.join(name).exists());
    for program in ["dbus-run-session", "dbus-send", "gnome-keyring-daemon"] {
        if !found(program) {
            assert!(std::env::var_os("CI").is_none(), "{program} is not installed, and here nothing may be skipped");
            println!("skipped: {program} is not installed");
            return;
        }
    }
    let home = tempfile::tempdir().unwrap();
    let exe = std::env::current_exe().unwrap();
    let script = format!("{before} exec \"$0\" --exact home::tests::keyring_child --nocapture");
    let mut command = std::process::Command::new("dbus-run-session");
    // Private folders before the session starts: the daemon must never see the person's own keyring.
    command
        .args(["--", "sh", "-c", &script])
        .arg(exe)
        .env("HOME", home.path())
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("DISPLAY");
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
        let dir = home.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        command.env(name, dir);
    }
    command.env("AURELIUS_KEYRING_TEST", mode).env("AURELIUS_KEYRING_HOME", home.path());
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("KEYRING TEST RAN"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_real_keyring_keeps_the_key() {
    in_session("unlocked", "printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null;");
}

#[cfg(target_os = "linux")]
#[test]
fn a_locked_keyring_says_so_and_touches_nothing() {
    in_session("locked", "printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null;");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_keyring_it_says_so() {
    // A bus that can start nothing.
    in_session("missing", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent; export DBUS_SESSION_BUS_ADDRESS;");
}
