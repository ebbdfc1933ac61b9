//! `cargo xtask bench [sync|search|window|calendar|everything]`: release build, generated mail, peers from Debian; the sections of docs/benchmarks.md are
//! replaced by what was measured here. Timings are never part of `test`.

use std::process::{Command, Stdio};

use crate::{
    setup,
    shell::{Outcome, cargo, root, step, target},
    test,
};

const HELP: &str = "cargo xtask bench sync [--counts 10000,100000] [--no-peers]    sync beside mbsync + notmuch and mbsync + mu
cargo xtask bench search [--count 100000]                      search, lists, opening and disconnecting of a store
cargo xtask bench window [--count 100000] [--arriving 30000] [--minutes 60] cold start, keys, scrolling and memory of the real window
cargo xtask bench calendar                                     fifty thousand events and ten thousand series
cargo xtask bench everything [--count 100000]                  every kind of account in one home: rounds and memory";

pub fn bench(args: &[String]) -> Outcome {
    let rest = args.get(1..).unwrap_or_default();
    match args.first().map(String::as_str) {
        Some("sync") => sync(rest),
        Some("search") => search(rest),
        Some("window") => window(rest),
        Some("calendar") => calendar(),
        Some("everything") => everything(rest),
        None => sync(&[]).and_then(|()| search(&[])).and_then(|()| window(&[])).and_then(|()| calendar()).and_then(|()| everything(&[])),
        Some(_) => Err(format!("there is no such bench\n\n{HELP}")),
    }
}

fn sync(args: &[String]) -> Outcome {
    build()?;
    let mut script = python("sync.py");
    script.arg("--nochange").arg(target().join("release/bench_nochange"));
    script.arg("--cli").arg(target().join("release/aurelius-cli")).arg("--work").arg(target().join("bench"));
    script.arg("--report").arg(root().join("docs/benchmarks.md"));
    script.args(["--command", &format!("cargo xtask bench sync {}", args.join(" "))]).args(args);
    step("bench: sync", &mut script)
}

fn search(args: &[String]) -> Outcome {
    build()?;
    let given = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).map(String::as_str);
    let count = given("--count").unwrap_or("100000");
    let home = tempfile("store")?;
    let mut corpus = python("gen_mail.py");
    corpus.args(["--out", "-", "--format", "stream", "--count", count]).stdout(Stdio::piped());
    for name in ["--length", "--attach-rate"] {
        corpus.args(given(name).into_iter().flat_map(|value| [name, value]));
    }
    println!("\n==> bench: search in {count} mails");
    let mut corpus = corpus.spawn().map_err(|e| format!("python3 could not be started: {e}"))?;
    let mails = corpus.stdout.take().ok_or("the generator has no output")?;
    let out = Command::new(target().join("release/bench_store")).arg(&home).stdin(mails).output();
    let _ = corpus.wait();
    let _ = std::fs::remove_dir_all(&home);
    let out = out.map_err(|e| format!("bench_store could not be started: {e}"))?;
    if !out.status.success() {
        return Err(format!("bench_store failed: {}", String::from_utf8_lossy(&out.stderr)));
    }
    let table = target().join("bench/search.md");
    std::fs::write(&table, &out.stdout).map_err(|e| format!("{}: {e}", table.display()))?;
    let mut script = python("report.py");
    // Mails of another length are another corpus.
    let corpus = given("--length").map_or_else(String::new, |length| format!("-length-{length}"));
    script.args([&format!("search-{count}{corpus}"), &format!("cargo xtask bench search {}", args.join(" "))]).arg(&table);
    let trial = count.parse::<u64>().is_ok_and(|n| n < 10_000);
    script.arg(if trial { std::path::PathBuf::new() } else { root().join("docs/benchmarks.md") });
    step("bench: report", &mut script)
}

fn calendar() -> Outcome {
    build()?;
    let home = tempfile("calendar-home")?;
    let _ = std::fs::remove_dir_all(&home);
    println!("\n==> bench: calendar");
    let out = Command::new(target().join("release/bench_calendar")).arg(&home).output();
    let _ = std::fs::remove_dir_all(&home);
    let out = out.map_err(|e| format!("bench_calendar could not be started: {e}"))?;
    if !out.status.success() {
        return Err(format!("bench_calendar failed: {}", String::from_utf8_lossy(&out.stderr)));
    }
    let table = target().join("bench/calendar.md");
    std::fs::write(&table, &out.stdout).map_err(|e| format!("{}: {e}", table.display()))?;
    let mut report = python("report.py");
    report.args(["calendar", "cargo xtask bench calendar"]).arg(&table);
    step("bench: report", report.arg(root().join("docs/benchmarks.md")))
}

fn everything(args: &[String]) -> Outcome {
    build()?;
    let count = args.iter().position(|a| a == "--count").and_then(|at| args.get(at + 1)).map_or("100000", String::as_str);
    let home = tempfile("everything")?;
    println!("\n==> bench: everything, with {count} mails");
    let mut corpus = python("gen_mail.py");
    corpus.args(["--out", "-", "--format", "stream", "--count", count]).stdout(Stdio::piped());
    let mut corpus = corpus.spawn().map_err(|e| format!("python3 could not be started: {e}"))?;
    let mails = corpus.stdout.take().ok_or("the generator has no output")?;
    let program = target().join("release/bench_everything");
    let filled = Command::new(&program).arg("fill").arg(&home).stdin(mails).status();
    let _ = corpus.wait();
    if !filled.map_err(|e| format!("bench_everything could not be started: {e}"))?.success() {
        return Err("the mail could not be stored".into());
    }
    let out = Command::new(&program).arg(&home).output().map_err(|e| format!("bench_everything could not be started: {e}"))?;
    let _ = std::fs::remove_dir_all(&home);
    if !out.status.success() {
        return Err(format!("bench_everything failed: {}", String::from_utf8_lossy(&out.stderr)));
    }
    let table = target().join("bench/everything.md");
    let text = format!("{count} mails of another account lie in the same home. {}", String::from_utf8_lossy(&out.stdout));
    std::fs::write(&table, text).map_err(|e| format!("{}: {e}", table.display()))?;
    let mut report = python("report.py");
    report.args(["everything", format!("cargo xtask bench everything {}", args.join(" ")).trim()]).arg(&table);
    let trial = count.parse::<u64>().is_ok_and(|n| n < 10_000);
    step("bench: report", report.arg(if trial { std::path::PathBuf::new() } else { root().join("docs/benchmarks.md") }))
}

fn window(args: &[String]) -> Outcome {
    setup::for_tests()?;
    build()?;
    let table = target().join("bench/window.md");
    tempfile("window")?;
    let mut script = test::on_a_desktop("bench-window", "tests/bench/window.mjs", &target().join("release/aurelius"))?;
    step("bench: window", script.arg("--out").arg(&table).args(args))?;
    let mut report = python("report.py");
    report.args(["window", format!("cargo xtask bench window {}", args.join(" ")).trim()]).arg(&table);
    step("bench: report", report.arg(root().join("docs/benchmarks.md")))
}

/// One release build for every bench: programs built apart have other features, and each switch would build the libraries anew.
fn build() -> Outcome {
    setup::for_bench()?;
    setup::interface()?;
    step("bench: build", &mut cargo(&["build", "--release", "--workspace", "--bins"]))
}

/// An empty folder below the target folder.
fn tempfile(name: &str) -> Outcome<std::path::PathBuf> {
    let dir = target().join("bench").join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    Ok(dir)
}

fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(root().join("tests/bench").join(script)).current_dir(root());
    command
}
