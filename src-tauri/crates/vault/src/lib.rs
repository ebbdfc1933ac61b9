//! Keys and sealing: everything that must stay secret passes through here, and nothing here knows what it is.
//!
//! One random master key per home. It lives in the OS keyring, or wrapped by a passphrase where the person chose so; nothing
//! is ever derived from an empty or built-in secret. From it HKDF-SHA-256 (RFC 5869) derives one key per purpose, so that a
//! leak of one (the database key is handed to SQLCipher as text) says nothing about the others.

mod chunk;
mod error;
mod home;
mod key;
mod keyring;
mod seal;

pub use chunk::{CHUNK_LEN, ChunkReader, ChunkWriter, FileSealer, SealedFile};
pub use error::{KeyringFault, VaultError};
pub use home::{KeySource, PASSPHRASE_LEAST, VAULT_FILE, Vault, VaultState, forget, state};
pub use keyring::probe_keyring;
