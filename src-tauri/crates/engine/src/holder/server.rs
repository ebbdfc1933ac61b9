//! Serving side: one task per client, cancelled with the engine.

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    HandshakeKey, frame,
    transport::{self, Stream},
};
use crate::error::EngineError;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_CLIENTS: u32 = 64;
/// For the last frames of answers that are done; a client that does not read them is not waited for longer.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Where a handler puts its answer frames, in order. Sending fails when the client went away: then stop working.
pub type Replies = mpsc::Sender<Value>;

/// Executes requests; `engine::rpc` is the one in use.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    async fn handle(&self, request: Value, replies: Replies);
}

/// Serves until dropped or stopped.
pub struct HolderServer {
    cancel: CancellationToken,
    /// No further request is read; what is being answered is answered to its end.
    closing: CancellationToken,
    slots: Arc<Semaphore>,
}

impl HolderServer {
    pub fn stop(&self) {
        self.cancel.cancel();
    }

    /// Stops once every answer has been written: a request that is done is not done for the client before it has read so.
    pub async fn finish(self) {
        self.closing.cancel();
        let _ = tokio::time::timeout(LAST_WORDS, self.slots.acquire_many(MAX_CLIENTS)).await;
        self.stop();
    }
}

impl Drop for HolderServer {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Listens in the home. Must run where the home's lock is held.
pub fn serve(home: &Path, key: HandshakeKey, handler: Arc<dyn Handler>) -> Result<HolderServer, EngineError> {
    let mut listener = transport::bind(home, &key)?;
    // Stopped is closed as well.
    let cancel = CancellationToken::new();
    let closing = cancel.child_token();
    let slots = Arc::new(Semaphore::new(MAX_CLIENTS as usize));
    let server = HolderServer { cancel: cancel.clone(), closing: closing.clone(), slots: Arc::clone(&slots) };
    let key = Arc::new(key);
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = closing.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok(stream) = accepted else {
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else { continue };
            let (key, handler, cancel, closing) = (Arc::clone(&key), Arc::clone(&handler), cancel.clone(), closing.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    outcome = client(stream, &key, handler, &closing) => {
                        if let Err(e) = outcome {
                            tracing::warn!(code = %e.code, "a client of the local socket was turned away");
                        }
                    }
                }
                drop(slot);
            });
        }
    });
    Ok(server)
}

async fn client(mut stream: Stream, key: &HandshakeKey, handler: Arc<dyn Handler>, closing: &CancellationToken) -> Result<(), EngineError> {
    tokio::time::timeout(HANDSHAKE_TIMEOUT, frame::prove_as_server(&mut stream, key))
        .await
        .map_err(|_| EngineError::new("timeout", "the handshake took too long", ""))??;
    let (mut reader, mut writer) = tokio::io::split(stream);
    loop {
        let request = tokio::select! {
            biased;
            () = closing.cancelled() => return Ok(()),
            request = frame::read::<Value>(&mut reader) => request?,
        };
        let Some(request) = request else { return Ok(()) };
        let (tx, mut rx) = mpsc::channel::<Value>(16);
        let handler = Arc::clone(&handler);
        let work = tokio::spawn(async move { handler.handle(request, tx).await });
        let guard = AbortOnDrop(work.abort_handle());
        while let Some(reply) = rx.recv().await {
            frame::write(&mut writer, &Reply::Frame(reply)).await?;
        }
        let ended = work.await.is_ok();
        drop(guard);
        frame::write(&mut writer, &if ended { Reply::End } else { Reply::Broken }).await?;
    }
}

/// A client that hangs up stops its own request, never a write that is queued already.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// On the wire: any number of frames, then the end.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    Frame(Value),
    End,
    /// The request died without an answer.
    Broken,
}
