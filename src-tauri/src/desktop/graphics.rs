//! When the graphics fail. On Linux the web view draws through the machine's graphics driver, and with some of them its process dies or
//! the window stays blank. Then Aurelius starts without acceleration: on request (`--safe-graphics`, an action of the desktop entry), or by
//! itself after a start that ended before the page ran. And a page whose process dies later is loaded anew: everything it showed
//! is in the core.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{Options, state::Shell};

/// In the home from the opening of the window until its page asks for the first time.
const MARKER: &str = "window.starting";
/// Set for the process that runs without acceleration, so that it knows, and does not start another.
#[cfg(target_os = "linux")]
const SAFE: &str = "AURELIUS_SAFE_GRAPHICS";
/// As WebKitGTK reads them.
#[cfg(target_os = "linux")]
const WITHOUT: [(&str, &str); 2] = [("WEBKIT_DISABLE_DMABUF_RENDERER", "1"), ("WEBKIT_DISABLE_COMPOSITING_MODE", "1")];
/// A page that keeps dying is not loaded for ever.
const RELOADS: usize = 3;
const SPAN: Duration = Duration::from_secs(60);

fn marker(home: &Path) -> PathBuf {
    home.join(MARKER)
}

/// Before anything else: where this start should do without acceleration, the program begins anew with what the web view needs to be
/// told by its environment. Returns where all is well, or where that is done.
#[cfg(target_os = "linux")]
pub fn prepare(options: &Options) {
    use std::os::unix::process::CommandExt as _;
    let home = options.home.clone().unwrap_or_else(host::default_home);
    // The sample workspace does not mark its starts, and what the other one left is not about it.
    let failed = !options.demo && marker(&home).exists();
    if std::env::var_os(SAFE).is_some() || !(options.safe_graphics || failed) {
        return;
    }
    // The file itself, where a package was just replaced under it.
    let Ok(program) = std::env::current_exe() else { return };
    let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).env(SAFE, "1").envs(WITHOUT).exec();
    tracing::warn!("the program could not begin anew without acceleration: {error}");
}

#[cfg(not(target_os = "linux"))]
pub const fn prepare(_: &Options) {}

/// Whether this process draws without acceleration.
pub fn safe() -> bool {
    #[cfg(target_os = "linux")]
    return std::env::var_os(SAFE).is_some();
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// Whether every frame is painted by the processor: on request, after a start that failed, or because there is nothing else to paint
/// with. The page then does without what costs a whole window of paint: dimming, wide shadows, movement.
pub fn plain() -> bool {
    #[cfg(target_os = "linux")]
    return safe() || !has_gpu(Path::new("/dev"));
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// The window is about to open. Only in the process that has it: a second start hands over its link and ends.
pub fn opening(shell: &Shell) {
    // A home that does not exist yet is not made for this, and the sample workspace leaves nothing behind.
    if shell.home().is_dir()
        && !shell.options().demo
        && let Err(e) = std::fs::write(marker(shell.home()), b"")
    {
        tracing::info!("the start could not be noted: {e}");
    }
}

/// The page runs.
pub fn arrived(shell: &Shell) {
    if !shell.options().demo {
        let _ = std::fs::remove_file(marker(shell.home()));
    }
}

/// How the page is drawn, and that it is loaded anew when its process dies.
#[cfg(target_os = "linux")]
pub fn watch(window: &tauri::WebviewWindow) {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};
    let watched = window.with_webview(|webview| {
        // Layers for a graphics processor that is not there cost more than they save: the first thing that is animated would hold the
        // window up for half a second while they are set up, and every frame goes through one copy more.
        if let Some(settings) = webview.inner().settings()
            && plain()
        {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
        let deaths = std::cell::RefCell::new(VecDeque::new());
        webview.inner().connect_web_process_terminated(move |view, reason| {
            if may_reload(&mut deaths.borrow_mut(), Instant::now()) {
                tracing::warn!("the page's process ended ({reason:?}): it is loaded anew");
                view.reload();
            } else {
                tracing::error!("the page's process keeps ending ({reason:?}); start with --safe-graphics");
            }
        });
    });
    if let Err(e) = watched {
        tracing::warn!("the page's process is not watched: {e}");
    }
}

#[cfg(not(target_os = "linux"))]
pub const fn watch(_: &tauri::WebviewWindow) {}

/// Whether the kernel offers a graphics processor to draw with: a render node (every driver of the kernel's own family), or one of the
/// devices of a driver that may come without.
#[cfg(target_os = "linux")]
fn has_gpu(dev: &Path) -> bool {
    let render_node = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("renderD");
    std::fs::read_dir(dev.join("dri")).is_ok_and(|nodes| nodes.flatten().any(render_node))
        || ["nvidiactl", "dxg", "mali0", "kgsl-3d0"].iter().any(|name| dev.join(name).exists())
}

#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "other systems load the page anew themselves"))]
fn may_reload(deaths: &mut VecDeque<Instant>, now: Instant) -> bool {
    while deaths.front().is_some_and(|at| now.duration_since(*at) > SPAN) {
        deaths.pop_front();
    }
    if deaths.len() >= RELOADS {
        return false;
    }
    deaths.push_back(now);
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_graphics_processor_is_known_by_its_device() {
        let dev = tempfile::tempdir().unwrap();
        assert!(!has_gpu(dev.path()), "a machine without");
        std::fs::create_dir(dev.path().join("dri")).unwrap();
        std::fs::write(dev.path().join("dri/card0"), b"").unwrap();
        assert!(!has_gpu(dev.path()), "a screen alone draws nothing");
        std::fs::write(dev.path().join("dri/renderD128"), b"").unwrap();
        assert!(has_gpu(dev.path()));
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("nvidiactl"), b"").unwrap();
        assert!(has_gpu(other.path()));
    }

    #[test]
    fn a_page_that_keeps_dying_is_let_die() {
        let (mut deaths, start) = (VecDeque::new(), Instant::now());
        let at = |secs| start + Duration::from_secs(secs);
        assert!([0, 1, 2].into_iter().all(|s| may_reload(&mut deaths, at(s))));
        assert!(!may_reload(&mut deaths, at(3)));
        assert!(!may_reload(&mut deaths, at(59)));
        assert!(may_reload(&mut deaths, at(61)), "a minute later it is an accident again");
    }
}
