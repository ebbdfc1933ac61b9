//! The tray icon. On Linux an indicator only has a menu, so nothing is click-only.

mod icon;
mod model;

use std::{sync::Arc, time::Duration};

use engine::views::{ConnectionView, Health};
use tauri::{
    App, AppHandle, Manager as _,
    image::Image,
    menu::{IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};
use tokio::sync::Notify;

use self::model::{Facts, Row};
use super::window;
use crate::{
    commands,
    dto::{Ask, SyncReq},
    state::Shell,
};

const ID: &str = "main";
/// Events come in bursts; the tray is redrawn once for what comes within this time.
const TOGETHER: Duration = Duration::from_millis(400);

/// Told that something may have changed.
#[derive(Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// A desktop without a tray is no reason not to start.
pub fn install(app: &App, shell: &Shell, bell: &Bell) {
    let facts = Facts { language: shell.settings().language, ..Facts::default() };
    if let Err(e) = build(app, &facts) {
        tracing::info!("no tray icon: {e}");
        return;
    }
    tauri::async_runtime::spawn(keep_true(app.handle().clone(), shell.clone(), bell.clone(), facts));
}

/// Whether an icon in the tray can be seen: only then may a closed window live on behind it.
pub async fn visible(app: &AppHandle) -> bool {
    if app.tray_by_id(ID).is_none() {
        return false;
    }
    #[cfg(target_os = "linux")]
    return watched().await.unwrap_or(false);
    #[cfg(not(target_os = "linux"))]
    return true;
}

/// Indicators are shown by whoever owns this name, and by nobody where there is no owner.
#[cfg(target_os = "linux")]
async fn watched() -> zbus::Result<bool> {
    let bus = zbus::Connection::session().await?;
    Ok(zbus::fdo::DBusProxy::new(&bus).await?.name_has_owner("org.kde.StatusNotifierWatcher".try_into()?).await?)
}

fn build(app: &App, facts: &Facts) -> tauri::Result<()> {
    let mut tray = TrayIconBuilder::with_id(ID)
        .menu(&menu(app.handle(), facts)?)
        .tooltip("Aurelius")
        // A left click opens the window on Windows; elsewhere the menu is what the system shows.
        .show_menu_on_left_click(!cfg!(windows))
        .on_menu_event(on_menu)
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event
                && cfg!(windows)
            {
                window::show(tray.app_handle());
            }
        });
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app)?;
    Ok(())
}

fn menu(app: &AppHandle, facts: &Facts) -> tauri::Result<Menu<tauri::Wry>> {
    let items = model::rows(facts).iter().map(|row| row_item(app, row)).collect::<tauri::Result<Vec<_>>>()?;
    let items: Vec<&dyn IsMenuItem<tauri::Wry>> = items.iter().map(AsRef::as_ref).collect();
    Menu::with_items(app, &items)
}

fn row_item(app: &AppHandle, row: &Row) -> tauri::Result<Box<dyn IsMenuItem<tauri::Wry>>> {
    Ok(match row {
        Row::Item { id, text, enabled } => Box::new(MenuItem::with_id(app, id, text, *enabled, None::<&str>)?),
        Row::Line => Box::new(PredefinedMenuItem::separator(app)?),
        Row::Sub { text, rows } => {
            let items = rows.iter().map(|row| row_item(app, row)).collect::<tauri::Result<Vec<_>>>()?;
            let items: Vec<&dyn IsMenuItem<tauri::Wry>> = items.iter().map(AsRef::as_ref).collect();
            Box::new(Submenu::with_items(app, text, true, &items)?)
        }
    })
}

/// Redraws it whenever what it says has changed, and when a pause of the notifications ends.
async fn keep_true(app: AppHandle, shell: Shell, bell: Bell, mut shown: Facts) {
    loop {
        let ends = shell.notifications_paused().map_or(Duration::from_secs(3600), |left| left + Duration::from_millis(100));
        let _ = tokio::time::timeout(ends, bell.0.notified()).await;
        tokio::time::sleep(TOGETHER).await;
        let now = facts(&shell).await;
        if now == shown {
            continue;
        }
        let (handle, drawn, marked) = (app.clone(), now.clone(), model::mark(&now) != model::mark(&shown));
        shown = now;
        // Menus and icons belong to the thread of the window.
        let _ = app.run_on_main_thread(move || {
            if let Err(e) = redraw(&handle, &drawn, marked) {
                tracing::info!("the tray could not be brought up to date: {e}");
            }
        });
    }
}

fn redraw(app: &AppHandle, facts: &Facts, marked: bool) -> tauri::Result<()> {
    let Some(tray) = app.tray_by_id(ID) else { return Ok(()) };
    tray.set_menu(Some(menu(app, facts)?))?;
    tray.set_tooltip(Some(model::tooltip(facts)))?;
    window::badge(app, facts.unread);
    if marked && let Some(plain) = app.default_window_icon() {
        let (width, height) = (plain.width(), plain.height());
        let mut rgba = plain.rgba().to_vec();
        icon::draw(&mut rgba, width, height, model::mark(facts));
        tray.set_icon(Some(Image::new_owned(rgba, width, height)))?;
    }
    Ok(())
}

async fn facts(shell: &Shell) -> Facts {
    let closed = Facts { language: shell.settings().language, ..Facts::default() };
    let Ok(engine) = shell.engine().await else { return closed };
    let (Ok(status), Ok(counts)) = (commands::read_status(&engine).await, engine.unified_counts().await) else { return closed };
    let Ok(connections) = engine.connections().await else { return closed };
    if connections.is_empty() {
        return closed;
    }
    let is = |state: &'static str| status.sources.iter().filter(move |s| s.state == state);
    Facts {
        open: true,
        unread: counts.inbox_unread,
        online: status.online,
        progress: is("syncing").filter_map(|s| s.progress).reduce(f64::min).map(|p| (p * 100.0).floor() / 100.0),
        syncing: is("syncing").next().is_some(),
        broken: connections.iter().filter(|c| stuck(c)).map(mended).collect(),
        paused: status.sources.iter().all(|s| s.state == "paused" || s.state == "disabled"),
        quiet: shell.notifications_paused().is_some(),
        ..closed
    }
}

fn stuck(view: &ConnectionView) -> bool {
    matches!(view.health, Health::Expired | Health::Error) && view.waits_until.is_none()
}

/// The page that reconnects it, and what the person calls it.
fn mended(view: &ConnectionView) -> (String, String) {
    (format!("integrations/{}?reconnect={}", view.connection.integration, view.id), view.connection.label.clone())
}

fn on_menu(app: &AppHandle, event: MenuEvent) {
    let shell = app.state::<Shell>().inner().clone();
    let go = |to: &str| {
        window::show(app);
        shell.ask(Ask::Go { to: to.to_owned() });
    };
    match event.id().as_ref() {
        "open" => window::show(app),
        "inbox" => go("inbox"),
        "settings" => go("settings"),
        "compose" => {
            window::show(app);
            shell.ask(Ask::Compose { mailto: "mailto:".into() });
        }
        "sync" => {
            tauri::async_runtime::spawn(async move {
                let _ = commands::sync_now(&shell, SyncReq { connection: None }).await;
            });
        }
        "quit" => app.exit(0),
        id => {
            if let Some(place) = id.strip_prefix("fix:") {
                go(place);
            } else if let Some(span) = id.strip_prefix("quiet:")
                && let Err(e) = shell.pause_notifications(span)
            {
                tracing::warn!("{}", e.message);
            }
        }
    }
}
