//! The tray icon. On Linux an indicator only has a menu, so nothing is click-only.

use tauri::{
    App, AppHandle,
    menu::{Menu, MenuItem, PredefinedMenuItem},
    tray::TrayIconBuilder,
};

use super::window;
use crate::{commands, dto::SyncReq, state::Shell};

/// A desktop without a tray is no reason not to start.
pub fn install(app: &App) {
    if let Err(e) = build(app) {
        tracing::info!("no tray icon: {e}");
    }
}

fn build(app: &App) -> tauri::Result<()> {
    let open = MenuItem::with_id(app, "open", "Open Aurelius", true, None::<&str>)?;
    let sync = MenuItem::with_id(app, "sync", "Sync now", true, None::<&str>)?;
    let quit = MenuItem::with_id(app, "quit", "Quit", true, None::<&str>)?;
    let line = PredefinedMenuItem::separator(app)?;
    let menu = Menu::with_items(app, &[&open, &sync, &line, &quit])?;
    let mut tray = TrayIconBuilder::with_id("main").menu(&menu).tooltip("Aurelius").on_menu_event(on_menu);
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app)?;
    Ok(())
}

fn on_menu(app: &AppHandle, event: tauri::menu::MenuEvent) {
    use tauri::Manager as _;
    match event.id().as_ref() {
        "open" => window::show(app),
        "sync" => {
            let shell = app.state::<Shell>().inner().clone();
            tauri::async_runtime::spawn(async move {
                let _ = commands::sync_now(&shell, SyncReq { connection: None }).await;
            });
        }
        "quit" => app.exit(0),
        _ => {}
    }
}
