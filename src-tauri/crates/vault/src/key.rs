//! The master key and what is derived from it.

use hkdf::Hkdf;
use secrecy::SecretString;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::VaultError;

pub(crate) const KEY_LEN: usize = 32;

/// 32 random bytes. No Debug, no Serialize, zeroised on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct MasterKey([u8; KEY_LEN]);

/// Purposes. The text is the HKDF `info`: never change one, add a new one.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Database,
    Secrets,
    Files,
    Handshake,
    Check,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Database => b"aurelius/v1/database",
            Self::Secrets => b"aurelius/v1/secrets",
            Self::Files => b"aurelius/v1/files",
            Self::Handshake => b"aurelius/v1/handshake",
            Self::Check => b"aurelius/v1/check",
        }
    }
}

impl MasterKey {
    pub(crate) fn random() -> Result<Self, VaultError> {
        let mut bytes = [0_u8; KEY_LEN];
        fill_random(&mut bytes)?;
        let key = Self(bytes);
        bytes.zeroize();
        Ok(key)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        <[u8; KEY_LEN]>::try_from(bytes).ok().map(Self)
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    /// HKDF-SHA-256; the home's id is the salt, so that equal master keys of two homes (a copied keyring) still differ.
    pub(crate) fn derive(&self, home_id: &str, purpose: Purpose) -> Result<Zeroizing<[u8; KEY_LEN]>, VaultError> {
        let mut out = Zeroizing::new([0_u8; KEY_LEN]);
        Hkdf::<Sha256>::new(Some(home_id.as_bytes()), &self.0)
            .expand(purpose.info(), out.as_mut())
            .map_err(|e| VaultError::Derive(e.to_string()))?;
        Ok(out)
    }
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|e| VaultError::Random(e.to_string()))
}

pub(crate) fn hex_secret(bytes: &[u8]) -> SecretString {
    SecretString::from(domain::hex(bytes))
}
