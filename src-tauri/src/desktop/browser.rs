//! The system browser: for signing in, and for links that were checked.

use std::{
    io,
    process::{Command, Stdio},
};

/// Opens an address. `$BROWSER` goes first where it names a program, as xdg-open does it: some desktops set nothing else.
pub fn open(url: &str) -> io::Result<()> {
    if cfg!(target_os = "linux")
        && let Some(browser) = std::env::var_os("BROWSER").filter(|b| !b.is_empty())
        && Command::new(browser).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
    {
        return Ok(());
    }
    open::that_detached(url)
}
