//! The door for a second process. The engine that holds the home serves an owner-only local socket; a command line started
//! beside a running window sends its request there, so that refresh, outbox and cursors keep exactly one owner.
//!
//! File permissions alone would be enough on Unix, but not on every file system and not on Windows, so both sides also prove
//! that they know a key derived from the home's master key ([`vault::Vault::handshake_key`]): the client learns that it talks
//! to the real holder (and not to a process that squats on the address), the holder that the client belongs to the owner.

mod client;
mod frame;
mod server;
mod transport;

pub use client::{Client, FrameStream, connect};
pub use server::{Handler, HolderServer, Replies, serve};

/// 32 bytes from the vault.
pub type HandshakeKey = zeroize::Zeroizing<[u8; 32]>;

#[cfg(test)]
mod tests;
