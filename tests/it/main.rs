//! The one integration binary: the real engine, store and clients against real servers and the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
// What only the Linux half below needs.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, unused_imports))]

mod architecture;
mod google;
mod jmap;
mod looking;
mod support;

// A Dovecot that is started as root, /proc, signals, namespaces, a preloaded shim.
#[cfg(target_os = "linux")]
mod attached;
#[cfg(target_os = "linux")]
mod bad_input;
#[cfg(target_os = "linux")]
mod beside;
#[cfg(target_os = "linux")]
mod calendar;
#[cfg(target_os = "linux")]
mod canary;
#[cfg(target_os = "linux")]
mod copied;
#[cfg(target_os = "linux")]
mod dovecot;
#[cfg(target_os = "linux")]
mod fault;
#[cfg(target_os = "linux")]
mod full;
#[cfg(target_os = "linux")]
mod hostile_server;
#[cfg(target_os = "linux")]
mod kill;
#[cfg(target_os = "linux")]
mod mail_imap;
#[cfg(target_os = "linux")]
mod mail_mirror;
#[cfg(target_os = "linux")]
mod oidc;
#[cfg(target_os = "linux")]
mod reconnect;
#[cfg(target_os = "linux")]
mod refused;
#[cfg(target_os = "linux")]
mod rekey;
#[cfg(target_os = "linux")]
mod selection;
#[cfg(target_os = "linux")]
mod send;
#[cfg(target_os = "linux")]
mod spoiled;
#[cfg(target_os = "linux")]
mod sync_imap;
#[cfg(target_os = "linux")]
mod unreadable;
#[cfg(target_os = "linux")]
mod weather;
#[cfg(target_os = "linux")]
mod writes;
