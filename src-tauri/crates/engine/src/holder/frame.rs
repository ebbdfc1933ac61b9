//! Length-prefixed JSON frames and the handshake.
//!
//! Handshake: server → `nonce_s` (32), client → `nonce_c` (32) ‖ HMAC("client" ‖ nonce_s ‖ nonce_c), server → HMAC("server" ‖
//! nonce_s ‖ nonce_c). The labels and both nonces keep either proof from being reflected or replayed.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::HandshakeKey;
use crate::error::EngineError;

/// One frame; a request with a mail of 25 MB in it fits nowhere near (files are named by path), a raw mail as answer does.
pub const MAX_FRAME: u32 = 128 * 1024 * 1024;
const NONCE: usize = 32;
const PROOF: usize = 32;

pub async fn write<T: Serialize>(to: &mut (impl AsyncWrite + Unpin), value: &T) -> Result<(), EngineError> {
    let bytes = serde_json::to_vec(value).map_err(|e| protocol(&format!("a frame can't be written: {e}")))?;
    let len = u32::try_from(bytes.len()).ok().filter(|l| *l <= MAX_FRAME).ok_or_else(|| protocol("the answer is too large"))?;
    to.write_all(&len.to_be_bytes()).await.map_err(|e| lost(&e))?;
    to.write_all(&bytes).await.map_err(|e| lost(&e))?;
    to.flush().await.map_err(|e| lost(&e))
}

/// None at a clean end.
pub async fn read<T: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin)) -> Result<Option<T>, EngineError> {
    let mut len = [0_u8; 4];
    match from.read_exact(&mut len).await {
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(e) => return Err(lost(&e)),
    }
    let len = u32::from_be_bytes(len);
    if len > MAX_FRAME {
        return Err(protocol("a frame is too large"));
    }
    // Grows with what really arrives: a lying length costs nothing.
    let mut bytes = Vec::new();
    from.take(u64::from(len)).read_to_end(&mut bytes).await.map_err(|e| lost(&e))?;
    if bytes.len() != len as usize {
        return Err(protocol("a frame was cut off"));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|e| protocol(&format!("a frame can't be read: {e}")))
}

pub async fn prove_as_server(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), key: &HandshakeKey) -> Result<(), EngineError> {
    let ours = nonce()?;
    stream.write_all(&ours).await.map_err(|e| lost(&e))?;
    let mut answer = [0_u8; NONCE + PROOF];
    stream.read_exact(&mut answer).await.map_err(|e| lost(&e))?;
    let (theirs, proof) = answer.split_at(NONCE);
    if !bool::from(mac(key, b"client", &ours, theirs)?.ct_eq(proof)) {
        return Err(refused());
    }
    stream.write_all(&mac(key, b"server", &ours, theirs)?).await.map_err(|e| lost(&e))?;
    stream.flush().await.map_err(|e| lost(&e))
}

pub async fn prove_as_client(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), key: &HandshakeKey) -> Result<(), EngineError> {
    let mut theirs = [0_u8; NONCE];
    stream.read_exact(&mut theirs).await.map_err(|e| lost(&e))?;
    let ours = nonce()?;
    let mut answer = Vec::with_capacity(NONCE + PROOF);
    answer.extend_from_slice(&ours);
    answer.extend_from_slice(&mac(key, b"client", &theirs, &ours)?);
    stream.write_all(&answer).await.map_err(|e| lost(&e))?;
    stream.flush().await.map_err(|e| lost(&e))?;
    let mut proof = [0_u8; PROOF];
    stream.read_exact(&mut proof).await.map_err(|_| refused())?;
    if bool::from(mac(key, b"server", &theirs, &ours)?.ct_eq(proof.as_slice())) { Ok(()) } else { Err(refused()) }
}

fn mac(key: &HandshakeKey, label: &[u8], server: &[u8], client: &[u8]) -> Result<Vec<u8>, EngineError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).map_err(|_| refused())?;
    mac.update(label);
    mac.update(server);
    mac.update(client);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn nonce() -> Result<[u8; NONCE], EngineError> {
    let mut bytes = [0_u8; NONCE];
    getrandom::fill(&mut bytes).map_err(|e| protocol(&format!("no random numbers: {e}")))?;
    Ok(bytes)
}

fn refused() -> EngineError {
    EngineError::new(
        "holder_refused",
        "the running Aurelius did not accept this command",
        "Use the same home and the same passphrase file as the running one, or close it first.",
    )
}

pub fn lost(e: &std::io::Error) -> EngineError {
    EngineError::new("holder_lost", format!("the running Aurelius went away: {e}"), "Run the command again.")
}

fn protocol(detail: &str) -> EngineError {
    EngineError::new(
        "holder_protocol",
        format!("the running Aurelius can't be understood: {detail}"),
        "Close it, then run the command again.",
    )
}
