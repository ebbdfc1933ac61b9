//! `vault.json`: how this home's master key is protected, and nothing that helps to guess it.
//!
//! Written to a temporary file, synced and renamed, so that a crash leaves the old one or the new one. The check value is
//! sealed under a key of its own: it tells "wrong passphrase" from "damaged database" before the database is touched.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    chunk::FileSealer,
    error::VaultError,
    key::{KEY_LEN, MasterKey, Purpose, fill_random, hex_secret},
    keyring::{self, blocking},
    seal,
};

/// Name of the file in the home.
pub const VAULT_FILE: &str = "vault.json";
/// Characters that a passphrase somebody chooses in the window has at least. Argon2id makes each guess dear; this keeps the
/// guesses many. Older, shorter ones still open what they protect.
pub const PASSPHRASE_LEAST: usize = 12;
const VERSION: u32 = 1;
const CHECK: &[u8] = b"aurelius";
/// Argon2id cost (RFC 9106 section 4, second recommendation): 64 MiB, three passes, one lane.
const M_KIB: u32 = 64 * 1024;
const T_COST: u32 = 3;
const P_COST: u32 = 1;

/// Where the master key comes from.
#[derive(Clone, Debug)]
pub enum KeySource {
    Keyring,
    Passphrase(SecretString),
    /// Sample workspace: a random key that lives only in memory. Every such home is new.
    Ephemeral,
}

impl KeySource {
    const fn label(&self) -> &'static str {
        match self {
            Self::Keyring => "the system keyring",
            Self::Passphrase(_) => "a passphrase",
            Self::Ephemeral => "a key in memory",
        }
    }
}

/// What a home says about itself before any key is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultState {
    Missing,
    Keyring,
    Passphrase,
}

#[derive(Clone, Serialize, Deserialize)]
struct HomeFile {
    version: u32,
    home_id: String,
    protection: Protection,
    /// Base64 of a sealed constant.
    check: String,
    /// While a key rotation runs: the old master key sealed under the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rotating: Option<Rotating>,
    /// Keyring entries that are not the key any more, or never became it (a crash): to be removed by whoever holds the home.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stale: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Rotating {
    /// Random name of this rotation: what was done once for it (the audit entry) is not done again after a crash.
    id: String,
    /// Base64 of the old master key, sealed under the new one.
    old: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Protection {
    Keyring {
        /// Name of the entry; it changes with every key, so that a rotation never overwrites the only copy.
        entry: String,
    },
    Passphrase {
        m_kib: u32,
        t: u32,
        p: u32,
        salt: String,
        wrapped: String,
    },
}

/// An opened home. Cheap to clone; cannot be printed.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    master: MasterKey,
    home_id: String,
    /// None for an ephemeral home.
    home: Option<(PathBuf, HomeFile)>,
    secrets: Zeroizing<[u8; KEY_LEN]>,
    files: FileSealer,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("home_id", &self.inner.home_id).finish_non_exhaustive()
    }
}

/// How `home` is protected.
pub fn state(home: &Path) -> Result<VaultState, VaultError> {
    let path = home.join(VAULT_FILE);
    match std::fs::exists(&path) {
        Ok(false) => Ok(VaultState::Missing),
        Ok(true) => Ok(match read(home)?.protection {
            Protection::Keyring { .. } => VaultState::Keyring,
            Protection::Passphrase { .. } => VaultState::Passphrase,
        }),
        Err(e) => Err(VaultError::io(path, e)),
    }
}

impl Vault {
    /// Sets a new home up. The folder must exist. A home that already has a vault is refused.
    pub async fn create(home: &Path, source: KeySource) -> Result<Self, VaultError> {
        let home = home.to_owned();
        blocking(move || {
            if !matches!(source, KeySource::Ephemeral) && state(&home)? != VaultState::Missing {
                return Err(VaultError::Exists);
            }
            let mut id = [0_u8; 16];
            fill_random(&mut id)?;
            let home_id = domain::hex(&id);
            let master = MasterKey::random()?;
            let protection = match &source {
                KeySource::Ephemeral => return Self::build(master, home_id, None),
                KeySource::Keyring => protect_by_keyring(entry_name(&home_id)?, &master)?,
                KeySource::Passphrase(passphrase) => protect_by_passphrase(&home_id, &master, passphrase)?,
            };
            let check = check_value(&home_id, &master)?;
            let file = HomeFile { version: VERSION, check, home_id, protection, rotating: None, stale: Vec::new() };
            write(&home, &file)?;
            Self::build(master, file.home_id.clone(), Some((home, file)))
        })
        .await
    }

    /// Opens an existing home.
    pub async fn open(home: &Path, source: KeySource) -> Result<Self, VaultError> {
        let home = home.to_owned();
        blocking(move || {
            let file = read(&home)?;
            let master = match (&file.protection, &source) {
                (Protection::Keyring { entry }, KeySource::Keyring) => keyring::load(entry)?,
                (Protection::Passphrase { m_kib, t, p, salt, wrapped }, KeySource::Passphrase(passphrase)) => {
                    let key = stretch(passphrase, &decode(&home, salt)?, (*m_kib, *t, *p))?;
                    let plain = seal::open(&key, &seal::aad(&file.home_id, "master", 1), &decode(&home, wrapped)?, "the key of this home")
                        .map_err(|_| VaultError::WrongPassphrase)?;
                    MasterKey::from_bytes(&plain).ok_or_else(|| VaultError::tampered("the key of this home"))?
                }
                (Protection::Keyring { .. }, _) => {
                    return Err(VaultError::WrongSource { expected: KeySource::Keyring.label(), given: source.label() });
                }
                (Protection::Passphrase { .. }, _) => {
                    return Err(VaultError::WrongSource { expected: "a passphrase", given: source.label() });
                }
            };
            verify_check(&home, &file, &master)?;
            Self::build(master, file.home_id.clone(), Some((home, file)))
        })
        .await
    }

    fn build(master: MasterKey, home_id: String, home: Option<(PathBuf, HomeFile)>) -> Result<Self, VaultError> {
        let secrets = master.derive(&home_id, Purpose::Secrets)?;
        let files = FileSealer::new(master.derive(&home_id, Purpose::Files)?);
        Ok(Self { inner: Arc::new(Inner { master, home_id, home, secrets, files }) })
    }

    /// Random, stable, not secret.
    pub fn home_id(&self) -> &str {
        &self.inner.home_id
    }

    /// 64 hex digits: SQLCipher's raw key.
    pub fn database_key(&self) -> Result<SecretString, VaultError> {
        Ok(hex_secret(self.inner.master.derive(&self.inner.home_id, Purpose::Database)?.as_ref()))
    }

    /// Key of the local socket's challenge (HMAC-SHA-256).
    pub fn handshake_key(&self) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        self.inner.master.derive(&self.inner.home_id, Purpose::Handshake)
    }

    pub fn files(&self) -> FileSealer {
        self.inner.files.clone()
    }

    /// Seals a secret for one connection. `kind` and `version` are bound in: a value sealed as `access_token` never opens as
    /// `refresh_token`, nor for another connection.
    pub fn seal(&self, kind: &str, connection: &str, version: u32, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        seal::seal(&self.inner.secrets, &seal::aad(connection, kind, version), plain)
    }

    pub fn open_sealed(&self, kind: &str, connection: &str, version: u32, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        seal::open(
            &self.inner.secrets,
            &seal::aad(connection, kind, version),
            sealed,
            &format!("the stored {kind} of connection {connection}"),
        )
    }

    /// First step of a key rotation: a new master key under the same (or another) protection, with the old one sealed inside
    /// `vault.json` until [`Self::finish_rotation`]. Only when this has returned may anything be sealed under the new key; when
    /// it fails, nothing has changed. A rotation under way must be finished first. The caller holds the home.
    pub async fn begin_rotation(&self, source: KeySource) -> Result<Self, VaultError> {
        let old = self.clone();
        blocking(move || {
            let Some((home, file)) = &old.inner.home else {
                return Err(VaultError::WrongSource { expected: "a stored key", given: KeySource::Ephemeral.label() });
            };
            if file.rotating.is_some() {
                return Err(VaultError::Rotating);
            }
            let master = MasterKey::random()?;
            let home_id = file.home_id.clone();
            let mut stale = file.stale.clone();
            let protection = match &source {
                KeySource::Keyring => {
                    // Noted before it is made: a crash in between must not leave an entry that nobody knows of.
                    let entry = entry_name(&home_id)?;
                    let noted = [stale.as_slice(), std::slice::from_ref(&entry)].concat();
                    write(home, &HomeFile { stale: noted, ..file.clone() })?;
                    match protect_by_keyring(entry.clone(), &master) {
                        Ok(protection) => protection,
                        Err(e) => {
                            if keyring::remove(&entry).is_ok() || matches!(e, VaultError::NoKeyring(_)) {
                                write(home, file)?;
                            }
                            return Err(e);
                        }
                    }
                }
                KeySource::Passphrase(p) => protect_by_passphrase(&home_id, &master, p)?,
                KeySource::Ephemeral => {
                    return Err(VaultError::WrongSource { expected: "a stored key", given: source.label() });
                }
            };
            if let Protection::Keyring { entry } = &file.protection {
                stale.push(entry.clone());
            }
            let under = master.derive(&home_id, Purpose::Secrets)?;
            let mut id = [0_u8; 8];
            fill_random(&mut id)?;
            let sealed = seal::seal(&under, &seal::aad(&home_id, "rotating", 1), old.inner.master.bytes())?;
            let rotating = Some(Rotating { id: domain::hex(&id), old: STANDARD.encode(sealed) });
            let check = check_value(&home_id, &master)?;
            let file = HomeFile { version: VERSION, home_id: home_id.clone(), protection, check, rotating, stale };
            write(home, &file)?;
            Self::build(master, home_id, Some((home.clone(), file)))
        })
        .await
    }

    /// The vault with the old key, when a rotation was begun and not finished (a crash): the rest of the data may still be
    /// under it.
    pub fn rotating_from(&self) -> Result<Option<Self>, VaultError> {
        let Some((home, HomeFile { rotating: Some(rotating), .. })) = &self.inner.home else { return Ok(None) };
        let aad = seal::aad(&self.inner.home_id, "rotating", 1);
        let plain = seal::open(&self.inner.secrets, &aad, &decode(home, &rotating.old)?, "the previous key of this home")?;
        let master = MasterKey::from_bytes(&plain).ok_or_else(|| VaultError::tampered("the previous key of this home"))?;
        Self::build(master, self.inner.home_id.clone(), None).map(Some)
    }

    /// Random name of the rotation under way, not secret; the same after a crash.
    pub fn rotation_id(&self) -> Option<&str> {
        self.inner.home.as_ref()?.1.rotating.as_ref().map(|r| r.id.as_str())
    }

    /// Forgets the old key. Call it once nothing is sealed under it any more; the caller holds the home.
    pub async fn finish_rotation(&self) -> Result<Self, VaultError> {
        let this = self.clone();
        let done = blocking(move || {
            let Some((home, file)) = &this.inner.home else { return Ok(this.clone()) };
            let file = HomeFile { rotating: None, ..file.clone() };
            write(home, &file)?;
            Self::build(this.inner.master.clone(), file.home_id.clone(), Some((home.clone(), file)))
        })
        .await?;
        done.sweep_keyring().await
    }

    /// Removes keyring entries that are not (or no longer) the key of this home. A keyring that does not answer keeps them noted for
    /// the next time. The caller holds the home.
    pub async fn sweep_keyring(&self) -> Result<Self, VaultError> {
        let this = self.clone();
        blocking(move || {
            let Some((home, file)) = &this.inner.home else { return Ok(this.clone()) };
            if file.stale.is_empty() || file.rotating.is_some() {
                return Ok(this.clone());
            }
            let in_use = |name: &String| matches!(&file.protection, Protection::Keyring { entry } if entry == name);
            let left: Vec<String> = file.stale.iter().filter(|name| !in_use(name) && keyring::remove(name).is_err()).cloned().collect();
            if left.len() == file.stale.len() {
                return Ok(this.clone());
            }
            let file = HomeFile { stale: left, ..file.clone() };
            write(home, &file)?;
            Self::build(this.inner.master.clone(), file.home_id.clone(), Some((home.clone(), file)))
        })
        .await
    }
}

/// Removes the key of a home for good: its entries in the keyring, then the file that names them or wraps the key. From then on
/// nothing in the home can be read, by anybody. Needs no key. A folder without a vault is no error; a keyring that does not answer
/// is, and leaves the file.
pub async fn forget(home: &Path) -> Result<(), VaultError> {
    let home = home.to_owned();
    blocking(move || {
        let path = home.join(VAULT_FILE);
        if !std::fs::exists(&path).map_err(|e| VaultError::io(path.clone(), e))? {
            return Ok(());
        }
        // A file that can't be understood names no entry.
        if let Ok(file) = read(&home) {
            if let Protection::Keyring { entry } = &file.protection {
                keyring::remove(entry)?;
            }
            for entry in &file.stale {
                keyring::remove(entry)?;
            }
        }
        std::fs::remove_file(&path).map_err(|e| VaultError::io(path, e))
    })
    .await
}

/// A new name for every key: a rotation never overwrites the only copy of the old one.
fn entry_name(home_id: &str) -> Result<String, VaultError> {
    let mut tail = [0_u8; 4];
    fill_random(&mut tail)?;
    Ok(format!("{home_id}-{}", domain::hex(&tail)))
}

fn protect_by_keyring(entry: String, master: &MasterKey) -> Result<Protection, VaultError> {
    keyring::store(&entry, master)?;
    // Read back before anything is encrypted with it: a keyring that forgets is found out now, not at the next start.
    let back = keyring::load(&entry).map_err(|e| match e {
        VaultError::KeyLost => VaultError::NoKeyring(None),
        e => e,
    })?;
    if back.bytes() != master.bytes() {
        return Err(VaultError::NoKeyring(None));
    }
    Ok(Protection::Keyring { entry })
}

fn protect_by_passphrase(home_id: &str, master: &MasterKey, passphrase: &SecretString) -> Result<Protection, VaultError> {
    if passphrase.expose_secret().is_empty() {
        return Err(VaultError::EmptyPassphrase);
    }
    let mut salt = [0_u8; 16];
    fill_random(&mut salt)?;
    let key = stretch(passphrase, &salt, (M_KIB, T_COST, P_COST))?;
    let wrapped = seal::seal(&key, &seal::aad(home_id, "master", 1), master.bytes())?;
    Ok(Protection::Passphrase { m_kib: M_KIB, t: T_COST, p: P_COST, salt: STANDARD.encode(salt), wrapped: STANDARD.encode(wrapped) })
}

fn stretch(passphrase: &SecretString, salt: &[u8], (m_kib, t, p): (u32, u32, u32)) -> Result<Zeroizing<[u8; KEY_LEN]>, VaultError> {
    // A file that asks for less was not written by us; one that asks for gigabytes would only exhaust the machine.
    if m_kib < M_KIB || t < T_COST || m_kib > 4 * 1024 * 1024 || t > 64 || p > 16 {
        return Err(VaultError::tampered("the passphrase settings of this home"));
    }
    let params = Params::new(m_kib, t, p, Some(KEY_LEN)).map_err(|e| VaultError::Derive(e.to_string()))?;
    let mut key = Zeroizing::new([0_u8; KEY_LEN]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose_secret().as_bytes(), salt, key.as_mut())
        .map_err(|e| VaultError::Derive(e.to_string()))?;
    Ok(key)
}

fn check_value(home_id: &str, master: &MasterKey) -> Result<String, VaultError> {
    let key = master.derive(home_id, Purpose::Check)?;
    Ok(STANDARD.encode(seal::seal(&key, &seal::aad(home_id, "check", 1), CHECK)?))
}

fn verify_check(home: &Path, file: &HomeFile, master: &MasterKey) -> Result<(), VaultError> {
    let key = master.derive(&file.home_id, Purpose::Check)?;
    let what = "vault.json, or the key it is meant for,";
    seal::open(&key, &seal::aad(&file.home_id, "check", 1), &decode(home, &file.check)?, what).map(|_| ())
}

fn decode(home: &Path, text: &str) -> Result<Vec<u8>, VaultError> {
    STANDARD.decode(text).map_err(|e| VaultError::Format { path: home.join(VAULT_FILE), reason: e.to_string() })
}

fn read(home: &Path) -> Result<HomeFile, VaultError> {
    let path = home.join(VAULT_FILE);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(VaultError::Missing),
        Err(e) => return Err(VaultError::io(path, e)),
    };
    let file: HomeFile = serde_json::from_slice(&text).map_err(|e| VaultError::Format { path: path.clone(), reason: e.to_string() })?;
    if file.version != VERSION {
        return Err(VaultError::Format { path, reason: format!("version {} is not known", file.version) });
    }
    Ok(file)
}

fn write(home: &Path, file: &HomeFile) -> Result<(), VaultError> {
    use std::io::Write as _;
    let path = home.join(VAULT_FILE);
    let temporary = home.join("vault.json.new");
    let text = serde_json::to_vec_pretty(file).map_err(|e| VaultError::Format { path: path.clone(), reason: e.to_string() })?;
    let io = |e| VaultError::io(&temporary, e);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut out = options.open(&temporary).map_err(io)?;
    out.write_all(&text).map_err(io)?;
    out.sync_all().map_err(io)?;
    drop(out);
    std::fs::rename(&temporary, &path).map_err(|e| VaultError::io(&path, e))?;
    #[cfg(unix)]
    std::fs::File::open(home).and_then(|d| d.sync_all()).map_err(|e| VaultError::io(home, e))?;
    Ok(())
}

#[cfg(test)]
mod tests;
