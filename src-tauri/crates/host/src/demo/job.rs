//! The whole main job, run for real against the in-process sandbox: what `aurelius-cli demo` shows.
//!
//! Every step checks its result on both sides: here through the engine, and there by looking into the sandbox's own state. A
//! step that fails is reported and ends the run, because the later ones would only repeat its failure.

mod steps;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use domain::{
    connection::ConnectionSettings,
    time::{Clock, Timestamp},
};
use engine::{Engine, EngineError, views::ConnectionView};
use sandbox::{MARA, MARA_WORK, MS_MARA, Sandbox};
use serde::Serialize;
use serde_json::json;
use vault::{KeySource, VaultState};

use super::{start_sandbox, write_config};
use crate::home::open_sample;

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub id: &'static str,
    pub label: &'static str,
    pub ok: bool,
    /// What was seen, or why it failed.
    pub detail: String,
    pub ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobReport {
    pub ok: bool,
    pub ms: u64,
    pub steps: Vec<Step>,
}

/// Marks a home that the demo made, so that it may be used for it again.
const MARKER: &str = "demo.workspace";

/// The configurations that the demo wrote into its home.
const WRITTEN: &str = "demo.config";
const CONFIG: &str = "config.toml";

/// What the steps share.
pub(crate) struct Job {
    pub engine: Engine,
    pub sandbox: Sandbox,
    pub found: steps::Found,
}

/// Runs the job in `home` and leaves the sample workspace there. Refuses a home with real connections before touching anything.
pub async fn run_main_job(
    home: &Path,
    key: KeySource,
    clock: Clock,
    ca_file: Option<PathBuf>,
    on_step: &mut (dyn FnMut(&Step) + Send),
) -> Result<JobReport, EngineError> {
    let started = Instant::now();
    check_home(home)?;
    let sandbox = start_sandbox(clock.clone()).await?;
    let engine = open_sample(home, key, clock, false, sandbox.provider_config(), ca_file).await?;
    if let Err(e) = claim(&engine, home, &sandbox).await {
        engine.close().await;
        return Err(e);
    }
    let serving = crate::Serving::start(&engine).ok();
    let mut job = Job { engine, sandbox, found: steps::Found::default() };
    let mut report = JobReport { ok: true, ms: 0, steps: Vec::new() };
    for (id, label) in steps::STEPS {
        let begun = Instant::now();
        let outcome = steps::run(id, &mut job).await;
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (ok, detail) = match outcome {
            Ok(detail) => (true, detail),
            Err(e) if e.hint.is_empty() => (false, e.message),
            Err(e) => (false, format!("{} {}", e.message, e.hint)),
        };
        let step = Step { id, label, ok, detail, ms };
        on_step(&step);
        report.steps.push(step);
        if !ok {
            report.ok = false;
            break;
        }
    }
    if let Some(serving) = serving {
        serving.finish().await;
    }
    job.engine.close().await;
    job.sandbox.stop().await;
    report.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

/// Refuses a folder that somebody has set up and not used yet, before a file is made in it.
pub fn check_home(home: &Path) -> Result<(), EngineError> {
    if home.join(CONFIG).exists() && matches!(vault::state(home), Ok(VaultState::Missing)) {
        return Err(set_up(home));
    }
    Ok(())
}

fn set_up(home: &Path) -> EngineError {
    EngineError::new(
        "real_workspace",
        format!("{} was not written by the demo, and the demo does not overwrite it.", home.join(CONFIG).display()),
        "Give another folder: aurelius-cli --home DIR demo",
    )
}

/// Makes sure that this is nobody's workspace, and begins anew where an earlier demo left one.
async fn claim(engine: &Engine, home: &Path, sandbox: &Sandbox) -> Result<(), EngineError> {
    let marked = engine.setting(MARKER).await?.is_some();
    let old = engine.connections().await?;
    // The subscribed calendar of the sample has this machine for its address; everything else is of its person.
    let of_sample = |c: &ConnectionView| match &c.connection.settings {
        ConnectionSettings::Feed(feed) => feed.host == "127.0.0.1",
        _ => [MARA, MARA_WORK, MS_MARA].contains(&c.connection.email.as_str()),
    };
    let foreign = old.iter().find(|c| !marked || !of_sample(c));
    if let Some(real) = foreign {
        return Err(EngineError::new(
            "real_workspace",
            format!("{} is connected in {}: the demo does not touch a real workspace.", real.connection.label, home.display()),
            "Give another folder: aurelius-cli --home DIR demo",
        ));
    }
    // What the demo wrote there, now and (should it be ended in between) the time before.
    let written: Vec<String> = match engine.setting(WRITTEN).await? {
        Some(texts) => serde_json::from_value(texts).unwrap_or_default(),
        None => Vec::new(),
    };
    let there = std::fs::read_to_string(home.join(CONFIG)).ok();
    // Demos of before kept no copy of it.
    let ours = there.as_ref().is_none_or(|text| written.contains(text) || (marked && written.is_empty()));
    if !ours {
        return Err(set_up(home));
    }
    for connection in old {
        engine.disconnect(&connection.id, domain::audit::Actor::Cli).await?;
    }
    engine.save_setting(MARKER, &json!(true)).await?;
    let texts: Vec<String> = there.into_iter().chain([sandbox.config_toml()]).collect();
    engine.save_setting(WRITTEN, &json!(texts)).await?;
    // Later commands find servers that are gone, and never the real ones.
    write_config(home, sandbox)
}

pub(crate) fn failed(message: impl Into<String>) -> EngineError {
    EngineError::new("demo", message, "")
}

/// Seconds of the demo's mail; the sandbox's clock.
pub(crate) fn at(job: &Job) -> Timestamp {
    job.sandbox.now()
}

#[cfg(test)]
mod tests;
