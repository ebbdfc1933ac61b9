//! `aurelius://…` from the system browser. Any site or program can fire one, so it is hostile input: only a pending
//! sign-in's `state` makes it valid (the engine decides), and what is refused is audited.

use tauri::App;
use tauri_plugin_deep_link::DeepLinkExt as _;

use super::window;
use crate::state::Shell;

pub fn install(app: &App, shell: &Shell) {
    register(app);
    // The link that started us, if one did: kept until the workspace is open.
    if let Ok(Some(urls)) = app.deep_link().get_current() {
        for url in urls {
            shell.deep_link(url.as_str());
        }
    }
    let handle = app.handle().clone();
    let shell = shell.clone();
    app.deep_link().on_open_url(move |event| {
        for url in event.urls() {
            shell.deep_link(url.as_str());
        }
        window::show(&handle);
    });
}

/// An AppImage and a build of one's own tell the desktop themselves. What a package brought is registered by the package: a
/// second entry in the person's own folders would outlive it, and links would go on being sent to a program that is gone.
#[cfg(target_os = "linux")]
fn register(app: &App) {
    use tauri::Manager as _;

    let appimage = app.env().appimage.is_some();
    if !appimage && std::env::current_exe().is_ok_and(|program| linux::packaged(&program)) {
        return;
    }
    if let Err(e) = app.deep_link().register_all() {
        tracing::warn!("the aurelius:// scheme could not be registered: {e}");
    }
}

/// The installer does it, on Windows and macOS; a Windows build that was not installed has to.
#[cfg(not(target_os = "linux"))]
fn register(app: &App) {
    #[cfg(all(debug_assertions, windows))]
    if let Err(e) = app.deep_link().register_all() {
        tracing::warn!("the aurelius:// scheme could not be registered: {e}");
    }
    #[cfg(not(all(debug_assertions, windows)))]
    let _ = app;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{fs, path::Path};

    /// Whether a desktop entry beside the program (`bin/../share/applications`) takes the scheme for it.
    pub(super) fn packaged(program: &Path) -> bool {
        let Some(prefix) = program.parent().filter(|bin| bin.ends_with("bin")).and_then(Path::parent) else { return false };
        let Ok(entries) = fs::read_dir(prefix.join("share/applications")) else { return false };
        entries.flatten().map(|entry| entry.path()).any(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            // What ends in "-handler" we wrote ourselves, at a start that was not out of a package.
            let ours = name.contains("aurelius") && !name.ends_with("-handler.desktop");
            ours && path.extension().is_some_and(|e| e == "desktop")
                && fs::read_to_string(&path).is_ok_and(|text| text.lines().any(takes_the_scheme))
        })
    }

    fn takes_the_scheme(line: &str) -> bool {
        line.strip_prefix("MimeType=").is_some_and(|types| types.split(';').any(|t| t.trim() == "x-scheme-handler/aurelius"))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// A prefix with `bin` and one desktop entry.
        fn installed(entry: &str, text: &str) -> tempfile::TempDir {
            let prefix = tempfile::tempdir().unwrap();
            fs::create_dir_all(prefix.path().join("bin")).unwrap();
            fs::create_dir_all(prefix.path().join("share/applications")).unwrap();
            fs::write(prefix.path().join("share/applications").join(entry), text).unwrap();
            prefix
        }

        #[test]
        fn what_a_package_brought_is_known() {
            let prefix = installed("Aurelius.desktop", "[Desktop Entry]\nExec=aurelius %u\nMimeType=text/x-x;x-scheme-handler/aurelius;\n");
            assert!(packaged(&prefix.path().join("bin/aurelius")));
        }

        #[test]
        fn a_build_of_ones_own_registers_itself() {
            let target = tempfile::tempdir().unwrap();
            assert!(!packaged(&target.path().join("debug/aurelius")));
            // Copied into ~/.local/bin by hand, beside the entry that an earlier start wrote and that may name another place.
            let prefix = installed("aurelius-handler.desktop", "[Desktop Entry]\nMimeType=x-scheme-handler/aurelius;\n");
            assert!(!packaged(&prefix.path().join("bin/aurelius")));
        }

        #[test]
        fn an_entry_without_the_scheme_does_not_count() {
            let prefix =
                installed("aurelius.desktop", "[Desktop Entry]\nMimeType=x-scheme-handler/aurelius-other;x-scheme-handler/mailto;\n");
            assert!(!packaged(&prefix.path().join("bin/aurelius")));
        }
    }
}
