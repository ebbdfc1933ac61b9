//! How much garbage the page may gather. JavaScriptCore decides by the size of the machine's memory when it is worth collecting: on a
//! machine with 24 GB the page of a mail program grows to a gigabyte, most of it garbage, before anything is given back. Told of a small
//! machine it collects sooner, and half of that stays free for everything else.

/// Bytes that the page's engine is told the machine has. Not a limit: what is in use stays.
#[cfg(target_os = "linux")]
const TOLD: &str = "536870912";

/// Before the first web view: its processes inherit it. Somebody who set it otherwise is left alone.
#[cfg(target_os = "linux")]
pub fn prepare() {
    if let Err(e) = glib::setenv("JSC_forceRAMSize", TOLD, false) {
        tracing::info!("the page's engine was not told how much memory to use: {e}");
    }
}

#[cfg(not(target_os = "linux"))]
pub const fn prepare() {}
