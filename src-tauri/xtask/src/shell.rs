//! Running programs and saying what is run and how long it took.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

pub type Outcome<T = ()> = Result<T, String>;

/// Root of the clone.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap_or_else(|_| PathBuf::from("."))
}

/// Where cargo builds: honours `CARGO_TARGET_DIR`.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A program of the npm tool chain; on Windows these are `.cmd` files.
pub fn npm(program: &str) -> Command {
    let mut command = Command::new(if cfg!(windows) { format!("{program}.cmd") } else { program.to_owned() });
    command.current_dir(root().join("ui"));
    command
}

pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    command
}

pub fn has(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|dir| dir.join(program).is_file() || cfg!(windows) && dir.join(format!("{program}.exe")).is_file())
    })
}

fn words(command: &Command) -> String {
    let mut out = command.get_program().to_string_lossy().into_owned();
    if let Some(name) = Path::new(&out).file_name() {
        out = name.to_string_lossy().into_owned();
    }
    for arg in command.get_args() {
        out.push(' ');
        out += &arg.to_string_lossy();
    }
    if out.chars().count() > 160 { out.chars().take(157).collect::<String>() + "..." } else { out }
}

/// Runs with the terminal attached; an error names the command.
pub fn step(what: &str, command: &mut Command) -> Outcome {
    println!("\n==> {what}\n    {}", words(command));
    let start = Instant::now();
    let status = command.status().map_err(|e| format!("{what}: {} could not be started: {e}", words(command)))?;
    println!("    {} in {:.1} s", if status.success() { "done" } else { "FAILED" }, start.elapsed().as_secs_f64());
    if status.success() { Ok(()) } else { Err(format!("{what} failed ({status})")) }
}

/// Runs, passes every line on, and hands back what was printed.
pub fn step_reading(what: &str, command: &mut Command) -> (bool, String) {
    println!("\n==> {what}\n    {}", words(command));
    let start = Instant::now();
    let mut child = match command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(e) => {
            println!("    could not be started: {e}");
            return (false, String::new());
        }
    };
    let readers: Vec<_> = [child.stdout.take().map(boxed), child.stderr.take().map(boxed)]
        .into_iter()
        .flatten()
        .map(|pipe| {
            thread::spawn(move || {
                let mut text = String::new();
                for line in BufReader::new(pipe).lines() {
                    let Ok(line) = line else { break };
                    println!("{line}");
                    text += &line;
                    text.push('\n');
                }
                text
            })
        })
        .collect();
    let text: String = readers.into_iter().filter_map(|r| r.join().ok()).collect();
    let ok = child.wait().is_ok_and(|s| s.success());
    println!("    {} in {:.1} s", if ok { "done" } else { "FAILED" }, start.elapsed().as_secs_f64());
    (ok, text)
}

fn boxed(pipe: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(pipe)
}

/// First line of what a command prints, or None.
pub fn capture(command: &mut Command) -> Option<String> {
    let out = command.stderr(Stdio::null()).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}
