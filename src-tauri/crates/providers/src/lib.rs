//! (under construction)

pub mod autoconfig;
pub mod imap;
pub mod tls;
