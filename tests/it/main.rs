//! The one integration binary: the real engine, store and clients against real servers and the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

mod architecture;
mod dovecot;
mod mail_imap;
mod mail_mirror;
