//! `cargo xtask fuzz [TARGET…] [--seconds N] [--jobs N]`: coverage-guided fuzzing with libFuzzer, on the stable toolchain.
//!
//! What `cargo fuzz` would do, without asking for a nightly compiler: the instrumentation flags of rustc's LLVM are switched on
//! through RUSTC_BOOTSTRAP. Seeds are in tests/fuzz/seeds/TARGET; what the fuzzer finds worth keeping stays in the target folder.

use std::{fs, path::PathBuf, process::Command, thread};

use crate::shell::{Outcome, capture, cargo, root, step, target};

/// Their checks are in tests/fuzz/src/check: the unit tests of providers run theirs over the seeds.
pub const TARGETS: &[&str] = &[
    "mime",
    "headers",
    "html",
    "imap",
    "smtp",
    "gmail",
    "sign_in",
    "autoconfig",
    "image",
    "file",
    "deep_link",
    "search",
    "config",
    "calendar",
];

const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

pub fn fuzz(args: &[String]) -> Outcome {
    if cfg!(windows) {
        return Err("libFuzzer is driven on Linux and macOS".into());
    }
    let number = |name: &str, default: u64| {
        args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    let (seconds, jobs) = (number("--seconds", 600), number("--jobs", 2));
    let chosen: Vec<&str> = TARGETS.iter().copied().filter(|t| args.iter().any(|a| a == t)).collect();
    let chosen = if chosen.is_empty() { TARGETS.to_vec() } else { chosen };
    build()?;

    let mut failed = Vec::new();
    for batch in chosen.chunks(usize::try_from(jobs.max(1)).unwrap_or(1)) {
        let results: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = batch.iter().map(|name| (*name, scope.spawn(move || run(name, seconds)))).collect();
            running.into_iter().map(|(name, thread)| (name, thread.join().unwrap_or_else(|_| Err("the runner broke".into())))).collect()
        });
        for (name, result) in results {
            if let Err(why) = result {
                failed.push(format!("{name}: {why}"));
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// Own target folder: instrumented objects must never mix with the others.
fn folder() -> PathBuf {
    target().join("fuzz")
}

fn host() -> Option<String> {
    capture(Command::new("rustc").arg("-vV"))?.lines().find_map(|l| l.strip_prefix("host: ").map(str::to_owned))
}

fn build() -> Outcome {
    let host = host().ok_or("rustc does not say what it builds for")?;
    step(
        "fuzz: build",
        cargo(&["build", "--release", "--quiet", "--manifest-path", "tests/fuzz/Cargo.toml", "--target", &host])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", FLAGS)
            .env("CARGO_TARGET_DIR", folder()),
    )
}

fn run(name: &str, seconds: u64) -> Outcome {
    let host = host().ok_or("rustc does not say what it builds for")?;
    let corpus = folder().join("corpus").join(name);
    let found = folder().join("found").join(name);
    for dir in [&corpus, &found] {
        fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    let mut command = Command::new(folder().join(host).join("release").join(name));
    command.arg(&corpus);
    let seeds = root().join("tests/fuzz/seeds").join(name);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.args([
        format!("-max_total_time={seconds}"),
        format!("-artifact_prefix={}/", found.display()),
        // A single input that takes 10 s or 2 GB is a finding.
        "-timeout=10".into(),
        "-rss_limit_mb=2048".into(),
        "-max_len=65536".into(),
        "-print_final_stats=1".into(),
    ]);
    let out = command.output().map_err(|e| format!("{name} could not be started: {e}"))?;
    let log = String::from_utf8_lossy(&out.stderr);
    let stat = |key: &str| log.lines().find_map(|l| l.strip_prefix(key)).map_or("?", str::trim).to_owned();
    println!(
        "    {name}: {} inputs, {} a second, peak {} MB, {}",
        stat("stat::number_of_executed_units:"),
        stat("stat::average_exec_per_sec:"),
        stat("stat::peak_rss_mb:"),
        if out.status.success() { "clean" } else { "FOUND SOMETHING" }
    );
    if out.status.success() {
        return Ok(());
    }
    let tail: Vec<&str> = log.lines().rev().take(60).collect();
    Err(tail.into_iter().rev().collect::<Vec<_>>().join("\n"))
}
