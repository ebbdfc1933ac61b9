//! What the window and the command line share: where the home is, how an engine is opened with the real providers, and the
//! sample workspace. Nothing here decides anything about mail.

mod browser;
pub mod demo;
mod home;
mod serve;
mod wipe;

pub use browser::visit;
pub use home::{SetAside, can_set_aside, default_home, open_engine, open_engine_with_ca, read_passphrase, set_aside, set_aside_parts};
pub use serve::{Serving, serve};
pub use wipe::{Erased, erase};
