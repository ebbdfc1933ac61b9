//! The one window. Its web view may show our own pages and nothing else: every other address is stopped here, and a link
//! clicked inside a mail becomes a question to the interface.

use tauri::{
    App, AppHandle, Emitter as _, Manager as _, Monitor, WebviewUrl, WebviewWindow, WebviewWindowBuilder, webview::NewWindowResponse,
};
use url::Url;

use super::{
    graphics, notify,
    place::{LEAST, Place, Places, Rect, SIZE, Screen},
    tray,
};
use crate::{events, state::Shell};

const LABEL: &str = "main";

pub fn open(app: &App, shell: &Shell) -> tauri::Result<()> {
    let handle = app.handle().clone();
    let theme = shell.theme();
    // Set before the first paint, so that no wrong theme or text size flashes up.
    let script = format!(
        "Object.defineProperty(window, '__AURELIUS__', {{ value: Object.freeze({{ theme: {theme}, platform: {platform}, look: {look}, plain: {plain} }}) }});",
        theme = serde_json::json!(theme),
        platform = serde_json::json!(std::env::consts::OS),
        look = serde_json::json!(shell.settings()),
        plain = graphics::plain(),
    );
    let mut builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Aurelius")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(LEAST.0, LEAST.1)
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
    if let Some(Place { rect, maximized }) = Places::read(shell.home()).choose(&screens(app.handle())) {
        builder = builder.position(rect.x, rect.y).inner_size(rect.width, rect.height).maximized(maximized);
    }
    graphics::watch(&builder.build()?);
    Ok(())
}

/// Asked to close: hidden where the person wants that and can bring it back, else the end. Returns at once; the window is gone
/// for the eye either way.
pub fn close(app: &AppHandle, shell: &Shell) {
    remember(app, shell);
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.hide();
    }
    let (app, shell) = (app.clone(), shell.clone());
    tauri::async_runtime::spawn(async move {
        if !shell.settings().keep_running || !tray::visible(&app).await {
            return app.exit(0);
        }
        let mut places = Places::read(shell.home());
        if !std::mem::replace(&mut places.told, true) {
            if let Err(e) = places.write(shell.home()) {
                tracing::info!("that it was said could not be noted: {e}");
            }
            shell.notify(notify::still_running(&shell.settings()), None);
        }
    });
}

/// Notes where the window is, for the next start.
pub fn remember(app: &AppHandle, shell: &Shell) {
    let Some((key, place)) = app.get_webview_window(LABEL).and_then(|window| here(&window)) else { return };
    let mut places = Places::read(shell.home());
    let before = places.clone();
    places.remember(key, place);
    // The sample workspace leaves nothing behind.
    if places != before
        && !shell.options().demo
        && let Err(e) = places.write(shell.home())
    {
        tracing::info!("the window's place could not be noted: {e}");
    }
}

fn here(window: &WebviewWindow) -> Option<(String, Place)> {
    if !window.is_visible().ok()? || window.is_minimized().ok()? {
        return None;
    }
    let screen = window.current_monitor().ok()??;
    let at = window.outer_position().ok()?.to_logical(screen.scale_factor());
    let size = window.inner_size().ok()?.to_logical(screen.scale_factor());
    let rect = Rect { x: at.x, y: at.y, width: size.width, height: size.height };
    Some((key(&screen), Place { rect, maximized: window.is_maximized().ok()? }))
}

fn screens(app: &AppHandle) -> Vec<Screen> {
    let all = app.available_monitors().unwrap_or_default();
    all.iter()
        .map(|screen| {
            let area = screen.work_area();
            let at = area.position.to_logical(screen.scale_factor());
            let size = area.size.to_logical(screen.scale_factor());
            Screen { key: key(screen), work: Rect { x: at.x, y: at.y, width: size.width, height: size.height } }
        })
        .collect()
}

fn key(screen: &Monitor) -> String {
    let size = screen.size();
    format!("{} {}×{}", screen.name().map_or("", String::as_str), size.width, size.height)
}

pub fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// The number on the program's icon, where the desktop shows one; none for 0.
pub fn badge(app: &AppHandle, unread: i64) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(e) = window.set_badge_count((unread > 0).then_some(unread))
    {
        tracing::debug!("no number on the icon: {e}");
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
