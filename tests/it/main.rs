//! The one integration binary: the real engine, store and clients against real servers and the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

mod architecture;
mod attached;
mod bad_input;
mod beside;
mod canary;
mod dovecot;
#[cfg(target_os = "linux")]
mod fault;
mod full;
mod google;
mod kill;
mod mail_imap;
mod mail_mirror;
mod oidc;
mod rekey;
mod send;
mod spoiled;
mod support;
mod sync_imap;
mod weather;
mod writes;
