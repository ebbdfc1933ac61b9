//! The desktop shell: a window, a tray icon, deep links and a table of commands over the engine. Thin by rule: anything that
//! could run without a window lives in a crate.

#[path = "commands/list.rs"]
mod list;

pub mod bindings;
mod boot;
mod commands;
mod convert;
mod desktop;
pub mod dto;
mod error;
mod events;
pub mod headless;
mod image_proxy;
pub mod ipc;
mod options;
mod state;

pub use options::Options;

use std::sync::Arc;

use tauri::Manager as _;
use tracing_subscriber::EnvFilter;

/// Runs until the person quits.
#[allow(clippy::disallowed_methods, reason = "Tauri's generated context ends the process when its assets are broken")]
pub fn run(options: Options) -> Result<(), tauri::Error> {
    // Errors with ids, never content; `AURELIUS_LOG=debug` shows more.
    let filter = EnvFilter::try_from_env("AURELIUS_LOG").unwrap_or_else(|_| EnvFilter::new("warn,aurelius=info,engine=info"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();

    desktop::graphics::prepare(&options);
    desktop::memory::prepare();
    let shell = state::Shell::new(options);
    // Single instance comes first: a second start only hands its deep link over and ends.
    tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, argv, _cwd| {
            desktop::window::show(app);
            for ask in desktop::mailto::among(argv) {
                app.state::<state::Shell>().ask(ask);
            }
        }))
        .plugin(tauri_plugin_deep_link::init())
        .register_asynchronous_uri_scheme_protocol(image_proxy::SCHEME, image_proxy::serve)
        .invoke_handler(ipc::handler())
        .manage(shell.clone())
        .setup(move |app| {
            let handle = app.handle().clone();
            for ask in desktop::mailto::among(std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned())) {
                shell.ask(ask);
            }
            let bell = desktop::tray::Bell::default();
            shell.connect_window(Arc::new(events::TauriSink::new(handle, bell.clone())));
            desktop::graphics::opening(&shell);
            desktop::window::open(app, &shell)?;
            desktop::tray::install(app, &shell, &bell);
            desktop::deep_link::install(app, &shell);
            tauri::async_runtime::spawn(boot::boot(shell.clone()));
            Ok(())
        })
        .build(tauri::generate_context!())?
        .run(|app, event| match event {
            tauri::RunEvent::Exit => {
                desktop::window::remember(app, app.state::<state::Shell>().inner());
                // The engine gives up its lock and socket, and its last transaction is checkpointed.
                let shell = app.state::<state::Shell>().inner().clone();
                tauri::async_runtime::block_on(shell.close());
            }
            tauri::RunEvent::WindowEvent { event: tauri::WindowEvent::CloseRequested { api, .. }, .. } => {
                api.prevent_close();
                desktop::window::close(app, app.state::<state::Shell>().inner());
            }
            #[cfg(target_os = "macos")]
            tauri::RunEvent::Reopen { .. } => desktop::window::show(app),
            tauri::RunEvent::WindowEvent { event: tauri::WindowEvent::Focused(focused), .. } => {
                let shell = app.state::<state::Shell>().inner().clone();
                if !focused {
                    desktop::window::remember(app, &shell);
                }
                tauri::async_runtime::spawn(async move { shell.set_focused(focused).await });
            }
            _ => {}
        });
    Ok(())
}
