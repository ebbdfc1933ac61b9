//! AES-256-GCM sealing of small secrets (tokens, passwords, wrapped keys).
//!
//! Sealed form: `version (1) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`. The nonce is random: at 96 bits a key may seal 2^32 times
//! before a collision reaches 2^-32 (NIST SP 800-38D section 8.3), far more than tokens are ever written.

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use zeroize::Zeroizing;

use crate::{
    error::VaultError,
    key::{KEY_LEN, fill_random},
};

const FORMAT: u8 = 1;
pub(crate) const NONCE_LEN: usize = 12;
pub(crate) const TAG_LEN: usize = 16;

/// Length-prefixed, so that no two (context, kind, version) triples share an encoding.
pub(crate) fn aad(context: &str, kind: &str, version: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(context.len() + kind.len() + 12);
    for part in [context, kind] {
        out.extend_from_slice(&(part.len() as u32).to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(&version.to_be_bytes());
    out
}

pub(crate) fn seal(key: &[u8; KEY_LEN], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0_u8; NONCE_LEN];
    fill_random(&mut nonce)?;
    let cipher = Aes256Gcm::new(key.into());
    let sealed = cipher
        .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad })
        .map_err(|_| VaultError::Derive("the value is too long to seal".to_owned()))?;
    let mut out = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
    out.push(FORMAT);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// `what` names the thing in the error.
pub(crate) fn open(key: &[u8; KEY_LEN], aad: &[u8], sealed: &[u8], what: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let tampered = || VaultError::tampered(what);
    let (&format, rest) = sealed.split_first().ok_or_else(tampered)?;
    let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or_else(tampered)?;
    if format != FORMAT {
        return Err(tampered());
    }
    let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| tampered())?;
    Aes256Gcm::new(key.into()).decrypt(&Nonce::from(nonce), Payload { msg: body, aad }).map(Zeroizing::new).map_err(|_| tampered())
}
