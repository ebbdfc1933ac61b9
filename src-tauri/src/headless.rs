//! The shell without its window, for programs that test it: the same start, the same command table, the same pictures, events
//! to wherever the caller wants them.
//!
//! There is no server in here, and none in the `aurelius` program: HTTP is put around it by `tests/bridge`, an example target,
//! which `cargo build`, the bundler and every package leave out. tests/it/architecture.rs holds that line.

use std::{future::Future, sync::Arc};

use serde_json::Value;

use crate::{
    Options, boot,
    dto::{ApiError, AppEvent},
    events::Sink,
    image_proxy, ipc,
    state::Shell,
};

/// A shell that shows nothing.
#[derive(Clone)]
pub struct Headless {
    shell: Shell,
}

struct Listener<F>(F);

impl<F: Fn(AppEvent) + Send + Sync> Sink for Listener<F> {
    fn send(&self, event: AppEvent) {
        self.0(event);
    }
}

impl Headless {
    /// Nothing is opened yet; `events` gets what the window would be told.
    pub fn new(options: Options, events: impl Fn(AppEvent) + Send + Sync + 'static) -> Self {
        let shell = Shell::new(options);
        shell.connect_window(Arc::new(Listener(events)));
        Self { shell }
    }

    /// Runs on the runtime that the shell's own tasks run on.
    pub fn block_on<F: Future>(future: F) -> F::Output {
        tauri::async_runtime::block_on(future)
    }

    /// From the home to a stage, as at the start of the window.
    pub async fn boot(&self) {
        boot::boot(self.shell.clone()).await;
    }

    /// One command of the table. Unknown ones and unfit requests are refused with `bad_request`.
    pub async fn call(&self, command: &str, req: Value) -> Result<Value, ApiError> {
        ipc::dispatch(&self.shell, command, req).await
    }

    /// What the window's picture scheme would answer for `uri`: type and bytes, or None for "not found".
    pub async fn picture(&self, uri: &str) -> Option<(String, Vec<u8>)> {
        image_proxy::load(&self.shell, uri).await
    }

    /// As if the window came to the front, or left it.
    pub async fn focus(&self, focused: bool) {
        self.shell.set_focused(focused).await;
    }

    /// Tells the listener something that the engine did not say: for tests of floods.
    pub fn tell(&self, event: AppEvent) {
        self.shell.send(event);
    }

    /// Address of the sample workspace's servers (`http://127.0.0.1:PORT`), where that workspace is open.
    pub async fn sandbox(&self) -> Option<String> {
        self.shell.sandbox().await
    }

    /// Gives up the lock of the home and checkpoints its store.
    pub async fn close(&self) {
        self.shell.close().await;
    }
}
