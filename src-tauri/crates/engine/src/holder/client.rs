//! Asking side: `aurelius-cli` beside a running window.

use std::{path::Path, time::Duration};

use serde::Serialize;
use serde_json::Value;

use super::{
    HandshakeKey, frame,
    server::Reply,
    transport::{self, Stream},
};
use crate::error::EngineError;

const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// An authenticated connection to the holder of a home.
pub struct Client {
    stream: Stream,
}

/// Dials the holder of `home`; `holder_absent` when none listens (it may be starting: try again shortly).
pub async fn connect(home: &Path, key: &HandshakeKey) -> Result<Client, EngineError> {
    let dial = async {
        let mut stream = transport::dial(home).await.map_err(|e| {
            EngineError::new(
                "holder_absent",
                format!("no running Aurelius answers for {}: {e}", home.display()),
                "Start it, or wait a moment.",
            )
            .with_source(e)
        })?;
        frame::prove_as_client(&mut stream, key).await?;
        Ok(Client { stream })
    };
    tokio::time::timeout(DIAL_TIMEOUT, dial)
        .await
        .map_err(|_| EngineError::new("timeout", "the running Aurelius does not answer", "Close it, then run the command again."))?
}

impl Client {
    /// Sends one request; the answers come from the stream.
    pub async fn call<T: Serialize>(&mut self, request: &T) -> Result<FrameStream<'_>, EngineError> {
        frame::write(&mut self.stream, request).await?;
        Ok(FrameStream { stream: &mut self.stream, done: false })
    }
}

/// Answer frames of one request.
pub struct FrameStream<'a> {
    stream: &'a mut Stream,
    done: bool,
}

impl FrameStream<'_> {
    /// None when the answer is complete.
    pub async fn next(&mut self) -> Result<Option<Value>, EngineError> {
        if self.done {
            return Ok(None);
        }
        match frame::read::<Reply>(self.stream).await? {
            Some(Reply::Frame(value)) => Ok(Some(value)),
            Some(Reply::End) => {
                self.done = true;
                Ok(None)
            }
            Some(Reply::Broken) => Err(EngineError::new("internal", "the running Aurelius failed at this command", "See its log.")),
            None => Err(frame::lost(&std::io::ErrorKind::UnexpectedEof.into())),
        }
    }
}
