//! The local socket of a home, answered by the engine's command table.

use std::{path::PathBuf, sync::Arc};

use engine::{
    Engine, EngineError,
    holder::{self, HolderServer},
    rpc::Served,
};

/// Answers command lines beside this process until dropped.
pub async fn serve(engine: &Engine) -> Result<HolderServer, EngineError> {
    holder::serve(engine.home(), engine.vault().handshake_key()?, Arc::new(Served::new(engine.clone())))
}

/// The same for a process that leaves soon: a command line that opened the engine itself.
pub struct Serving {
    server: HolderServer,
    served: Arc<Served>,
}

impl Serving {
    pub fn start(engine: &Engine) -> Result<Self, EngineError> {
        Self::start_with_ca(engine, None)
    }

    /// `ca_file`: the further roots that this process was started with.
    pub fn start_with_ca(engine: &Engine, ca_file: Option<PathBuf>) -> Result<Self, EngineError> {
        let served = Arc::new(Served::new(engine.clone()).trusting(ca_file));
        let server = holder::serve(engine.home(), engine.vault().handshake_key()?, Arc::clone(&served) as Arc<dyn holder::Handler>)?;
        Ok(Self { server, served })
    }

    /// Lets running requests of others end, refuses new ones, closes the socket.
    pub async fn finish(self) {
        self.served.drain().await;
        self.server.finish().await;
    }
}
