//! Everything that is about the operating system's desktop.

pub mod browser;
pub mod deep_link;
pub mod graphics;
pub mod mailto;
pub mod memory;
pub mod notify;
pub mod place;
pub mod tray;
pub mod window;
pub mod words;
