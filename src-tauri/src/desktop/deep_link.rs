//! `aurelius://…` from the system browser. Any site or program can fire one, so it is hostile input: only a pending
//! sign-in's `state` makes it valid (the engine decides), and what is refused is audited.

use tauri::App;
use tauri_plugin_deep_link::DeepLinkExt as _;

use super::window;
use crate::state::Shell;

pub fn install(app: &App, shell: &Shell) {
    #[cfg(any(target_os = "linux", all(debug_assertions, windows)))]
    if let Err(e) = app.deep_link().register_all() {
        tracing::warn!("the aurelius:// scheme could not be registered: {e}");
    }
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
