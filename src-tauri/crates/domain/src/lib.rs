//! Words and rules of Aurelius: what an account, a message, a scope or an outbox item *is*.
//!
//! Nothing here does I/O, reads a clock or draws randomness: time and entropy are arguments. Every other crate speaks in
//! these types, so a provider module never sees the store and the store never sees the network.

pub mod audit;
pub mod calendar;
pub mod config;
pub mod connection;
pub mod error;
pub mod files;
pub mod free_busy;
mod hex;
pub mod ids;
pub mod integration;
pub mod mail;
pub mod oauth;
pub mod outbox;
pub mod people;
pub mod search;
pub mod source;
pub mod sync;
pub mod tables;
pub mod tasks;
pub mod time;

pub use hex::hex;
pub use secrecy::{ExposeSecret, SecretString};
