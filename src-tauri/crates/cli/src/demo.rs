//! `demo`, and the sandbox as a server of its own for end-to-end tests.

use std::path::{Path, PathBuf};

use domain::SecretString;
use engine::EngineError;
use host::demo::job::{Step, check_home, run_main_job};
use serde_json::json;
use vault::{KeySource, VaultState};

use crate::{args::Cli, ask, emit, write_out};

/// Passphrase of a demo workspace where there is no keyring. It lies beside the data on purpose: the data is invented.
const PASSPHRASE_FILE: &str = "demo-passphrase";

pub async fn run(cli: &Cli) -> Result<(), EngineError> {
    let home = cli.home.clone().unwrap_or_else(|| beside(&host::default_home()));
    // Before a passphrase is laid into it.
    check_home(&home)?;
    let (key, note) = key(cli, &home).await?;
    if let Some(note) = &note
        && !cli.json
    {
        write_out(&format!("{note}\n\n"));
    }
    let as_json = cli.json;
    let mut on_step = move |step: &Step| {
        if !as_json {
            let mark = if step.ok { "ok  " } else { "FAIL" };
            write_out(&format!("{mark} {:>6} ms  {}\n                {}\n", step.ms, step.label, step.detail));
        }
    };
    let report = run_main_job(&home, key, ask::clock(), cli.ca_file.clone(), &mut on_step).await?;
    if as_json {
        emit(&json!({"ok": report.ok, "ms": report.ms, "home": home.display().to_string(), "steps": report.steps, "note": note}));
    } else {
        let words = if report.ok { "all steps ok" } else { "stopped at the step that failed" };
        write_out(&format!("\n{words} in {:.1} s; the sample workspace is in {}\n", report.ms as f64 / 1000.0, home.display()));
    }
    match report.steps.iter().find(|s| !s.ok) {
        None => Ok(()),
        Some(step) => {
            Err(EngineError::new("demo", format!("{}: {}", step.label, step.detail), "Run it again; report it if it fails twice."))
        }
    }
}

/// Never the person's own workspace unless they name it.
fn beside(home: &Path) -> PathBuf {
    let name = home.file_name().map_or_else(|| "aurelius".to_owned(), |n| n.to_string_lossy().into_owned());
    home.with_file_name(format!("{name}-demo"))
}

/// As for every command; without a keyring and without a passphrase file the demo makes a passphrase and says where it lies.
async fn key(cli: &Cli, home: &Path) -> Result<(KeySource, Option<String>), EngineError> {
    if let Some(file) = &cli.passphrase_file {
        return Ok((KeySource::Passphrase(host::read_passphrase(file)?), None));
    }
    let file = home.join(PASSPHRASE_FILE);
    let note = |file: &Path| format!("No keyring here: this sample workspace opens with --passphrase-file {}", file.display());
    match vault::state(home)? {
        VaultState::Keyring => Ok((KeySource::Keyring, None)),
        VaultState::Passphrase if file.exists() => Ok((KeySource::Passphrase(host::read_passphrase(&file)?), Some(note(&file)))),
        VaultState::Passphrase => {
            Err(EngineError::new("passphrase_needed", "This home is protected by a passphrase.", "Give it with --passphrase-file F."))
        }
        VaultState::Missing => match vault::probe_keyring().await {
            Ok(()) => Ok((KeySource::Keyring, None)),
            Err(_) => {
                let passphrase = uuid::Uuid::new_v4().to_string();
                engine::home::prepare(home)?;
                write_private(&file, &passphrase).map_err(|e| {
                    EngineError::new(
                        "home_unwritable",
                        format!("{} can't be written: {e}", file.display()),
                        "Choose another folder with --home.",
                    )
                })?;
                Ok((KeySource::Passphrase(SecretString::from(passphrase)), Some(note(&file))))
            }
        },
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// Prints one line with the environment variables that point a workspace at the sandbox, then serves until killed.
pub async fn serve_sandbox() -> Result<(), EngineError> {
    let sandbox = host::demo::start_sandbox(ask::clock()).await?;
    emit(&json!(sandbox.environment()));
    std::future::pending::<()>().await;
    drop(sandbox);
    Ok(())
}
