//! The command line: the same engine as the window's, for servers, scripts and measurements.
//!
//! A fixed contract (docs/cli/README.md): exit 0 only on success, results on stdout, errors on stderr, with `--json` as one object
//! `{code, message, hint}`. One engine per home: where a window or another command holds the home, the request goes to that
//! engine over the local socket; where nobody does, this process opens it and serves the others meanwhile.

mod args;
mod ask;
mod demo;
mod keys;
mod print;
mod request;
mod save;
mod usage;

use std::{
    ffi::OsString,
    io::Write,
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use clap::Parser;
use engine::{EngineError, rpc::Frame};
use serde_json::{Value, json};

use args::{Cli, Command};

/// Runs one command line, program name first.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let wants_json = args.iter().any(|a| a == "--json");
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(e) => return not_understood(&e, &args, wants_json),
    };
    logging();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            report(
                &EngineError::new("internal", format!("no threads could be started: {e}"), "Free some memory, then try again."),
                cli.json,
            );
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(cli));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    code
}

fn not_understood(e: &clap::Error, args: &[OsString], wants_json: bool) -> ExitCode {
    if !e.use_stderr() {
        // --help and --version.
        note(e.print());
        return match written() {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                report(&e, wants_json);
                ExitCode::FAILURE
            }
        };
    }
    if wants_json {
        report(&usage::explain(e, args), true);
    } else {
        let _ = e.print();
    }
    ExitCode::from(2)
}

/// Silent unless asked for: stderr belongs to the error.
fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("AURELIUS_LOG").unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

async fn run(cli: Cli) -> ExitCode {
    let json = cli.json;
    let outcome = match &cli.command {
        Command::Demo => demo::run(&cli).await,
        Command::Sandbox => demo::serve_sandbox().await,
        Command::Rekey(to) => keys::rekey(&cli, to).await,
        Command::SetAside { yes } => keys::set_aside(&cli, *yes).await,
        Command::Wipe { yes } => keys::wipe(&cli, *yes).await,
        _ => command(&cli).await,
    };
    // An error of the command itself is worth more than that its output went nowhere.
    match outcome.and_then(|()| written()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            report(&e, json);
            ExitCode::FAILURE
        }
    }
}

async fn command(cli: &Cli) -> Result<(), EngineError> {
    let request = request::from(&cli.command)?;
    let printer = print::Printer::new(&cli.command, cli.json);
    let failed = Mutex::new(None);
    let fail = |e: EngineError| *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(e);
    let sink = |frame: Frame| match frame {
        Frame::Accepted => {}
        Frame::Line(value) => {
            printer.line(&value);
            printer.invite(&value);
        }
        Frame::Done(value) => match save::kept(&cli.command, value) {
            Ok(value) => printer.done(&value),
            Err(e) => fail(e),
        },
        Frame::Error { code, message, hint } => fail(EngineError::new(code, message, hint)),
    };
    ask::ask(cli, &request, &sink).await?;
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// One line of JSON, at once: a script reads it while the command goes on.
pub(crate) fn emit(value: &Value) {
    write_out(&format!("{value}\n"));
}

/// What went wrong with standard output; the first failure stands for all.
static UNWRITTEN: Mutex<Option<String>> = Mutex::new(None);

pub(crate) fn write_out(text: &str) {
    write_bytes(text.as_bytes());
}

pub(crate) fn write_bytes(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    note(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Results are written from callbacks that can't fail: the failure is kept and decides the exit code. A closed pipe (`| head`) is
/// no error.
fn note(written: std::io::Result<()>) {
    if let Err(e) = written
        && e.kind() != std::io::ErrorKind::BrokenPipe
    {
        UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| e.to_string());
    }
}

/// Whether everything that was to be printed is out.
fn written() -> Result<(), EngineError> {
    match UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        None => Ok(()),
        Some(why) => Err(EngineError::new(
            "io",
            format!("The result could not be written to standard output: {why}"),
            "The command itself was carried out. Make room where its output goes, then look with `mail list` or `outbox list`.",
        )),
    }
}

fn report(e: &EngineError, as_json: bool) {
    let mut e = e.clone();
    if host::can_set_aside(&e.code) {
        // The window has a button for it.
        let hint = format!("{} Setting aside: aurelius-cli set-aside.", e.hint);
        hint.trim_start().clone_into(&mut e.hint);
    }
    let mut err = std::io::stderr().lock();
    let _ = if as_json {
        writeln!(err, "{}", json!({"code": e.code, "message": e.message, "hint": e.hint}))
    } else if e.hint.is_empty() {
        writeln!(err, "error: {}", e.message)
    } else {
        writeln!(err, "error: {}\n  {}", e.message, e.hint)
    };
}
