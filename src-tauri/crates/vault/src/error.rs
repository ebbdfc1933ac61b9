//! What can go wrong with keys. Every message names what to do, because the person sees it before anything else works.

use std::path::PathBuf;

use thiserror::Error;

/// Why the OS keyring can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyringFault {
    /// No service runs (a server, a bare window manager).
    Missing,
    /// There is one, but it is locked and nobody answered the prompt.
    Locked,
    /// The prompt was dismissed or its password was wrong.
    Refused,
    /// Anything else the platform reports.
    Broken,
}

/// `Display` is fit for the person. Data is never touched when one of these is returned.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VaultError {
    #[error("this system has no keyring that can be used")]
    NoKeyring(#[source] Option<Box<keyring::Error>>),
    #[error("the system keyring is locked")]
    KeyringLocked(#[source] Option<Box<keyring::Error>>),
    /// `vault.json` says that the keyring holds the key, but the entry is gone.
    #[error("the key of this home is no longer in the system keyring")]
    KeyLost,
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The home is protected the other way.
    #[error("this home is protected by {expected}, not by {given}")]
    WrongSource { expected: &'static str, given: &'static str },
    #[error("a passphrase must not be empty")]
    EmptyPassphrase,
    /// Decryption failed its authentication: `what` was changed, mixed up or cut off since it was written.
    #[error("{what} has been changed or damaged since it was written")]
    Tampered { what: String },
    #[error("this home has no vault yet")]
    Missing,
    #[error("this home already has a vault")]
    Exists,
    /// A change of the key was begun earlier and has to be finished before another.
    #[error("an earlier change of the key is not finished")]
    Rotating,
    /// Written by a later version of Aurelius, or not by Aurelius.
    #[error("{path} can't be understood: {reason}")]
    Format { path: PathBuf, reason: String },
    #[error("{what} is larger than the {max} bytes allowed here")]
    TooLarge { what: String, max: u64 },
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the system gave no randomness: {0}")]
    Random(String),
    #[error("key derivation failed: {0}")]
    Derive(String),
}

impl VaultError {
    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
    pub(crate) fn tampered(what: impl Into<String>) -> Self {
        Self::Tampered { what: what.into() }
    }

    /// Stable short name for the interface and `--json`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoKeyring(_) => "no_keyring",
            Self::KeyringLocked(_) => "keyring_locked",
            Self::KeyLost => "key_lost",
            Self::WrongPassphrase | Self::EmptyPassphrase => "wrong_passphrase",
            Self::WrongSource { .. } => "wrong_key_source",
            Self::Tampered { .. } => "tampered",
            Self::Missing => "vault_missing",
            Self::Exists => "vault_exists",
            Self::Rotating => "rekey_unfinished",
            Self::Format { .. } => "vault_format",
            Self::TooLarge { .. } => "too_large",
            Self::Io { source, .. } if is_full(source) => "disk_full",
            Self::Io { .. } => "io",
            Self::Random(_) | Self::Derive(_) => "crypto",
        }
    }

    /// What the person can do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoKeyring(_) => "Protect this home with a passphrase instead (--passphrase-file), or start a keyring service.",
            Self::KeyringLocked(_) => "Unlock the keyring (sign in to the desktop, or open the password app), then try again.",
            Self::KeyLost => {
                "Restore the keyring entry from a backup. Without it the stored mail can't be read; nothing was deleted. A new home syncs everything again."
            }
            Self::WrongPassphrase => "Try again; nothing was changed.",
            Self::EmptyPassphrase => "Choose a passphrase.",
            Self::WrongSource { .. } => {
                "Open it with the way it was set up: leave --passphrase-file out for the keyring, give it for a passphrase."
            }
            Self::Tampered { .. } => "Restore it from a backup, or disconnect and connect the account again.",
            Self::Missing => "Start with setting up this home.",
            Self::Exists => "Open the existing home, or choose another folder.",
            Self::Rotating => "Start Aurelius once: it finishes the change. Then try again.",
            Self::Format { .. } => "Use the newest version of Aurelius, or restore the file from a backup.",
            Self::TooLarge { .. } => "Save it to a file instead of opening it here.",
            Self::Io { source, .. } if is_full(source) => "Free some disk space, then try again.",
            Self::Io { .. } => "Check that the folder exists and can be written.",
            Self::Random(_) | Self::Derive(_) => "Restart the computer; report it if it happens again.",
        }
    }
}

fn is_full(e: &std::io::Error) -> bool {
    matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}
