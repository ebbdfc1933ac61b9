//! Getting a request to the one engine of the home.
//!
//! The operating system's lock decides: who gets it opens the engine (and serves others while it works), who does not asks the
//! holder. Between the two lies a moment in which a holder is starting or leaving; then this tries again. A request is never
//! repeated once a holder said that it began.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use domain::time::{Clock, system_clock};
use engine::{
    Engine, EngineError, holder,
    rpc::{self, Frame, Handed, Request},
};
use host::Serving;
use tokio::time::Instant;
use vault::{KeySource, Vault, VaultState};

use crate::args::Cli;

/// A window takes a moment to start or to close.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);

pub fn home(cli: &Cli) -> PathBuf {
    cli.home.clone().unwrap_or_else(host::default_home)
}

pub fn clock() -> Clock {
    system_clock()
}

/// The passphrase file overrides the keyring; a home that wants a passphrase says so.
pub fn key(cli: &Cli) -> Result<KeySource, EngineError> {
    if let Some(file) = &cli.passphrase_file {
        return Ok(KeySource::Passphrase(host::read_passphrase(file)?));
    }
    if matches!(vault::state(&home(cli)), Ok(VaultState::Passphrase)) {
        return Err(EngineError::new("passphrase_needed", "This home is protected by a passphrase.", "Give it with --passphrase-file F."));
    }
    Ok(KeySource::Keyring)
}

/// The engine may run in another process with another working folder.
fn absolute(file: &Path) -> Result<PathBuf, EngineError> {
    std::path::absolute(file).map_err(|e| EngineError::invalid(format!("{} is no path: {e}", file.display()), "Correct --ca-file."))
}

type Sink<'a> = &'a (dyn Fn(Frame) + Send + Sync);

pub async fn ask(cli: &Cli, request: &Request, sink: Sink<'_>) -> Result<(), EngineError> {
    let home = home(cli);
    let until = Instant::now() + PATIENCE;
    let mut vault = None;
    // Once: the file may be a pipe, and what it says must not change between two tries.
    let given = match cli.passphrase_file {
        Some(_) => Some(key(cli)?),
        None => None,
    };
    let key = || given.clone().map_or_else(|| key(cli), Ok);
    let ca_file = cli.ca_file.as_deref().map(absolute).transpose()?;
    loop {
        let held = match host::open_engine_with_ca(&home, key()?, clock(), false, ca_file.clone()).await {
            Ok(engine) => {
                here(&engine, ca_file, request.clone(), sink).await;
                return Ok(());
            }
            Err(e) if e.is("home_in_use") => e,
            Err(e) => return Err(e),
        };
        match there(&home, &key, &mut vault, (request, ca_file.as_deref()), sink).await {
            Err(e) if e.is("holder_refused") && Instant::now() < until => {
                // The home may be another one by now.
                vault = None;
                tokio::time::sleep(PAUSE).await;
            }
            Err(e) if again(&e) && Instant::now() < until => tokio::time::sleep(PAUSE).await,
            // Nobody answers although the home is held: say who is in the way.
            Err(e) if e.is("holder_absent") => return Err(held),
            outcome => return outcome,
        }
    }
}

/// Nothing has begun. (A holder that leaves during the handshake looks like one that refuses, so a refusal is no end either.)
fn again(e: &EngineError) -> bool {
    ["holder_absent", rpc::CLOSING, LOST_BEFORE, "vault_missing"].into_iter().any(|code| e.is(code))
}

const LOST_BEFORE: &str = "holder_lost_before";

async fn here(engine: &Engine, ca_file: Option<PathBuf>, request: Request, sink: Sink<'_>) {
    let serving = match Serving::start_with_ca(engine, ca_file) {
        Ok(serving) => Some(serving),
        Err(e) => {
            tracing::warn!(code = %e.code, "no local socket");
            None
        }
    };
    rpc::execute(engine, request, sink).await;
    if let Some(serving) = serving {
        serving.finish().await;
    }
    engine.close().await;
}

/// `known`: opened once and kept. A passphrase costs a good part of a second of computing on purpose; paid again with every try,
/// many waiting commands would keep the one that works from ending.
async fn there(
    home: &Path,
    key: &(dyn Fn() -> Result<KeySource, EngineError> + Send + Sync),
    known: &mut Option<Vault>,
    (request, ca_file): (&Request, Option<&Path>),
    sink: Sink<'_>,
) -> Result<(), EngineError> {
    if matches!(vault::state(home), Ok(VaultState::Missing) | Err(_)) {
        // Another process is just making this home.
        return Err(EngineError::new("holder_absent", "the home is being made", ""));
    }
    let vault = match known {
        Some(vault) => vault,
        None => known.insert(Vault::open(home, key()?).await?),
    };
    // A holder that leaves before it has the whole request has not begun it.
    let before = |e: EngineError| if e.is("holder_lost") { EngineError::new(LOST_BEFORE, e.message, e.hint) } else { e };
    let mut client = holder::connect(home, &vault.handshake_key()?).await.map_err(before)?;
    let mut frames = client.call(&Handed { request, ca_file }).await.map_err(before)?;
    let mut begun = false;
    let mut ended = false;
    loop {
        let value = match frames.next().await {
            Ok(Some(value)) => value,
            Ok(None) => break,
            Err(e) if !begun && e.is("holder_lost") => return Err(EngineError::new(LOST_BEFORE, e.message, e.hint)),
            Err(e) => return Err(e),
        };
        let frame: Frame = serde_json::from_value(value).map_err(|_| {
            EngineError::new("other_version", "The running Aurelius is of another version.", "Close it, then run the command again.")
        })?;
        match frame {
            Frame::Accepted => begun = true,
            Frame::Error { code, message, hint } if code == rpc::CLOSING => return Err(EngineError::new(code, message, hint)),
            frame => {
                begun = true;
                ended |= matches!(frame, Frame::Done(_) | Frame::Error { .. });
                sink(frame);
            }
        }
    }
    if ended {
        Ok(())
    } else {
        Err(EngineError::new(
            "holder_lost",
            "The running Aurelius ended before the command was done.",
            "Look with `outbox list` and `mail list` whether it was done, then run it again.",
        ))
    }
}
