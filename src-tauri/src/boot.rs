//! From a started process to a workspace on screen, or to a screen that says why there is none.

use std::time::Duration;

use domain::SecretString;
use engine::{Engine, EngineError};
use host::demo::Sample;
use vault::{KeySource, PASSPHRASE_LEAST, VaultState};

use crate::{
    desktop::notify,
    dto::{ApiError, Problem, Stage},
    events,
    state::{Open, Shell},
};

/// A command line may hold the home for a moment.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

pub async fn boot(shell: Shell) {
    if shell.options().demo {
        if let Err(e) = sample(&shell).await {
            shell.set_stage(Stage::Problem, Some(problem(&e)));
        }
        return;
    }
    if let Some(file) = shell.options().passphrase_file.clone() {
        match host::read_passphrase(&file) {
            Ok(passphrase) => open(&shell, KeySource::Passphrase(passphrase)).await,
            Err(e) => shell.set_stage(Stage::Problem, Some(problem(&e))),
        }
        return;
    }
    look(&shell).await;
}

/// Decides by what lies in the home; asks the person where a choice is theirs.
pub async fn look(shell: &Shell) {
    match vault::state(shell.home()) {
        Ok(VaultState::Missing) => match vault::probe_keyring().await {
            Ok(()) => shell.set_stage(Stage::Welcome, None),
            Err(e) => shell.set_stage(Stage::NeedsPassphrase, Some(problem(&EngineError::from(e)))),
        },
        Ok(VaultState::Keyring) => open(shell, KeySource::Keyring).await,
        Ok(VaultState::Passphrase) => shell.set_stage(Stage::Locked, None),
        Err(e) => shell.set_stage(Stage::Problem, Some(problem(&EngineError::from(e)))),
    }
}

pub async fn open(shell: &Shell, key: KeySource) {
    if let Err(e) = try_open(shell, key).await {
        let stage = if e.code == "wrong_passphrase" { Stage::Locked } else { Stage::Problem };
        shell.set_stage(stage, Some(problem(&e)));
    }
}

/// Opens (or creates) the real workspace and starts everything that runs beside it.
pub async fn try_open(shell: &Shell, key: KeySource) -> Result<(), EngineError> {
    let started = std::time::Instant::now();
    let engine = loop {
        match host::open_engine(shell.home(), key.clone(), shell.clock(), true).await {
            Ok(engine) => break engine,
            Err(e) if e.code == "home_in_use" && started.elapsed() < LOCK_PATIENCE => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(e) => return Err(e),
        }
    };
    let holder = match host::serve(&engine).await {
        Ok(holder) => Some(holder),
        Err(e) => {
            // The window works without it; only command lines beside it do not.
            tracing::warn!("no local socket: {e}");
            None
        }
    };
    events::forward(shell, &engine);
    notify::watch(shell, &engine);
    shell.set_real(Some(Open { engine: engine.clone(), holder })).await;
    settle(shell, &engine).await;
    shell.take_links().await;
    Ok(())
}

/// "Explore with sample data": the real client and engine against the built-in sandbox, in a home that is thrown away.
pub async fn sample(shell: &Shell) -> Result<(), EngineError> {
    let sample = Sample::start(shell.clock()).await?;
    let engine = sample.engine().clone();
    events::forward(shell, &engine);
    shell.set_sample(Some(sample)).await;
    settle(shell, &engine).await;
    Ok(())
}

/// Ready or empty, by what is connected.
pub async fn settle(shell: &Shell, engine: &Engine) {
    match engine.connections().await {
        Ok(connections) => shell.set_stage(if connections.is_empty() { Stage::Empty } else { Stage::Ready }, None),
        Err(e) => shell.set_stage(Stage::Problem, Some(problem(&e))),
    }
}

pub fn passphrase(text: String) -> KeySource {
    KeySource::Passphrase(SecretString::from(text))
}

/// One that somebody chooses now.
pub fn new_passphrase(text: String) -> Result<KeySource, ApiError> {
    if text.chars().count() < PASSPHRASE_LEAST {
        return Err(ApiError::new(
            "weak_passphrase",
            "The passphrase is too short.",
            format!("Take at least {PASSPHRASE_LEAST} characters; four random words are good."),
        ));
    }
    Ok(passphrase(text))
}

pub fn problem(e: &EngineError) -> Problem {
    Problem { code: e.code.clone(), message: e.message.clone(), hint: e.hint.clone(), can_set_aside: host::can_set_aside(&e.code) }
}
