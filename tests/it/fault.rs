//! Spoiling single calls of the operating system in the command line: a small C library (fault/shim.c), built here and preloaded into
//! the child, counts the calls that change files below one folder and kills the process at, or fails, the one with a given number.
//! The program under test is the ordinary one. Linux only: elsewhere there is no such door without unsafe code.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// SIGKILL before it.
    Kill,
    /// Half of its bytes, then SIGKILL.
    Torn,
    /// It fails with EIO, once.
    Eio,
    /// It fails with ENOSPC, and so does every later one that needs room.
    Full,
}

/// One counted call.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub path: String,
}

fn library() -> &'static Path {
    static BUILT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = BUILT.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fault/shim.c");
        let output = Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&path).arg(&source).arg("-ldl").output();
        let output = output.unwrap_or_else(|e| panic!("a C compiler (cc) is needed for this test: {e}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (dir, path)
    });
    path
}

/// Preloads the library; calls below `dir` count. `at` = 0 only counts.
pub fn arm(command: &mut Command, dir: &Path, mode: Mode, at: usize, log: Option<&Path>) {
    command.env("LD_PRELOAD", library()).env("FAULT_DIR", dir).env("FAULT_AT", at.to_string());
    command.env(
        "FAULT_MODE",
        match mode {
            Mode::Kill => "kill",
            Mode::Torn => "torn",
            Mode::Eio => "eio",
            Mode::Full => "enospc",
        },
    );
    if mode == Mode::Full {
        command.env("FAULT_STICKY", "1");
    }
    if let Some(log) = log {
        let _ = std::fs::remove_file(log);
        command.env("FAULT_LOG", log);
    }
}

/// What a log of [`arm`] says, in order.
pub fn calls(log: &Path) -> Vec<Call> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .map(|line| {
            let mut fields = line.splitn(4, ' ').skip(1);
            let name = fields.next().unwrap_or_default().to_owned();
            let path = fields.nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            Call { name, path }
        })
        .collect()
}
