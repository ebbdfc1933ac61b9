//! The one window. Its web view may show our own pages and nothing else: every other address is stopped here, and a link
//! clicked inside a mail becomes a question to the interface.

use tauri::{App, AppHandle, Emitter as _, Manager as _, WebviewUrl, WebviewWindowBuilder, webview::NewWindowResponse};
use url::Url;

use crate::{events, state::Shell};

const LABEL: &str = "main";

pub fn open(app: &App, shell: &Shell) -> tauri::Result<()> {
    let handle = app.handle().clone();
    let theme = shell.theme();
    // Set before the first paint, so that no wrong theme or text size flashes up.
    let script = format!(
        "Object.defineProperty(window, '__AURELIUS__', {{ value: Object.freeze({{ theme: {theme}, platform: {platform}, look: {look} }}) }});",
        theme = serde_json::json!(theme),
        platform = serde_json::json!(std::env::consts::OS),
        look = serde_json::json!(shell.settings()),
    );
    let mut builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Aurelius")
        .inner_size(1280.0, 800.0)
        .min_inner_size(640.0, 480.0)
        .initialization_script(script)
        .on_navigation(is_ours)
        .on_new_window(move |url, _features| {
            let _ = handle.emit(events::LINK, serde_json::json!({ "href": url.as_str() }));
            NewWindowResponse::Deny
        });
    builder = match theme.as_str() {
        "light" => builder.theme(Some(tauri::Theme::Light)),
        "dark" => builder.theme(Some(tauri::Theme::Dark)),
        _ => builder,
    };
    builder.build()?;
    Ok(())
}

pub fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// On screen and in front.
pub fn focused(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some_and(|w| w.is_focused().unwrap_or(false) && !w.is_minimized().unwrap_or(false))
}

pub fn print(app: &AppHandle) -> Result<(), String> {
    let window = app.get_webview_window(LABEL).ok_or("there is no window")?;
    window.print().map_err(|e| e.to_string())
}

/// Our own pages, and the empty documents that mail frames start from.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => true,
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        "about" => matches!(url.path(), "srcdoc" | "blank"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_view_goes_nowhere_else() {
        for ours in ["tauri://localhost/index.html", "http://tauri.localhost/", "about:srcdoc", "about:blank"] {
            assert!(is_ours(&ours.parse().unwrap()), "{ours}");
        }
        for other in [
            "https://example.com",
            "http://tauri.localhost.evil.example/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:1",
            "about:config",
        ] {
            assert!(!is_ours(&other.parse().unwrap()), "{other}");
        }
    }
}
