//! From the engine's events to the window's.

use engine::{
    Engine,
    events::{EngineEvent, Entity},
};
use tauri::{AppHandle, Emitter as _};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    commands,
    desktop::{
        notify::{self, Note},
        tray::Bell,
        window,
    },
    dto::{AppEvent, Id},
    state::Shell,
};

/// Name of the one event that the window listens to.
pub const EVENT: &str = "aurelius://event";
/// A link was clicked inside a mail: the window asks `link_check` and, if need be, the person.
pub const LINK: &str = "aurelius://link";

/// Where events go. The window is one; tests collect them.
pub trait Sink: Send + Sync {
    fn send(&self, event: AppEvent);
    /// The print dialog for what the window shows; an error in words where there is no window.
    fn print(&self) -> Result<(), String> {
        Err("there is no window".to_owned())
    }
    /// Whether the person is looking.
    fn focused(&self) -> bool {
        false
    }
    fn notify(&self, shell: &Shell, note: Note, engine: Option<Engine>) {
        let _ = (shell, note, engine);
    }
    /// The person chose something that also shows outside the window.
    fn settings_changed(&self) {}
}

pub struct TauriSink {
    app: AppHandle,
    bell: Bell,
}

impl TauriSink {
    /// `bell` rings when the tray may have become untrue.
    pub fn new(app: AppHandle, bell: Bell) -> Self {
        Self { app, bell }
    }
}

impl Sink for TauriSink {
    fn send(&self, event: AppEvent) {
        if matches!(event, AppEvent::Changed { .. } | AppEvent::Connections | AppEvent::Status { .. } | AppEvent::App) {
            self.bell.ring();
        }
        // Beside the commands of `ipc`: what the page then asks for, it was told to ask for.
        tracing::trace!(target: "aurelius::ipc", event = event.kind());
        // Fails only when the window is gone.
        let _ = self.app.emit(EVENT, event);
    }

    fn print(&self) -> Result<(), String> {
        window::print(&self.app)
    }

    fn focused(&self) -> bool {
        window::focused(&self.app)
    }

    fn settings_changed(&self) {
        self.bell.ring();
    }

    fn notify(&self, shell: &Shell, note: Note, engine: Option<Engine>) {
        let (app, shell, about) = (self.app.clone(), shell.clone(), note.about.clone());
        notify::show(note, move |choice| notify::act(&app, &shell, engine, about, choice));
    }
}

/// Passes the engine's events on until it is closed. Not until the channel ends: this task's own engine keeps that open, and with
/// it the lock of the home.
pub fn forward(shell: &Shell, engine: &Engine) {
    let mut receiver = engine.events();
    let shell = shell.clone();
    let engine = engine.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            let event = tokio::select! {
                biased;
                () = engine.cancelled().cancelled() => return,
                event = receiver.recv() => event,
            };
            match event {
                Ok(event) => pass(&shell, &engine, event).await,
                // Too slow for a burst: say "many changed" instead of what was lost.
                Err(RecvError::Lagged(_)) => {
                    for entity in ["thread", "event", "task"] {
                        shell.send(AppEvent::Changed { entity: entity.into(), ids: Vec::new(), rev: 0.0 });
                    }
                }
                Err(RecvError::Closed) => return,
            }
        }
    });
}

async fn pass(shell: &Shell, engine: &Engine, event: EngineEvent) {
    match event {
        EngineEvent::Changed { entity, ids, rev } => {
            let entity = match entity {
                Entity::Thread => "thread",
                Entity::Message => "message",
                Entity::Mailbox | Entity::Account | Entity::Settings => "mailbox",
                Entity::Draft => "draft",
                Entity::Calendar => "calendar",
                Entity::Event => "event",
                Entity::Task => "task",
            };
            shell.send(AppEvent::Changed { entity: entity.into(), ids: ids.into_iter().map(Id).collect(), rev: rev as f64 });
        }
        EngineEvent::SyncProgress { .. } => status(shell, engine).await,
        EngineEvent::Attention { code, message, .. } => {
            shell.send(AppEvent::Attention { code, words: message });
            status(shell, engine).await;
        }
        EngineEvent::ConnectionChanged { .. } => {
            shell.send(AppEvent::Connections);
            status(shell, engine).await;
        }
        EngineEvent::BulkChanged { job } => {
            if let Ok(row) = engine.bulk(job).await {
                shell.send(AppEvent::Bulk { job: commands::bulk_job(row) });
            }
        }
        EngineEvent::SplitsChanged => shell.send(AppEvent::Splits),
        EngineEvent::OutboxChanged { .. } => {
            shell.send(AppEvent::Outbox);
            status(shell, engine).await;
        }
    }
}

async fn status(shell: &Shell, engine: &Engine) {
    if let Ok(status) = commands::read_status(engine).await {
        shell.send(AppEvent::Status { status });
    }
}
