//! Everything that is about the operating system's desktop.

pub mod browser;
pub mod deep_link;
pub mod notify;
pub mod tray;
pub mod window;
