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

/// A call that the library does not see is a call that no test spoils: every kind that changes names or bytes must be in its log.
#[test]
fn every_kind_of_change_is_seen_and_can_be_the_last() {
    use std::os::unix::process::ExitStatusExt as _;

    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let home = dir.path().join("home");
    std::fs::create_dir(&home).unwrap();
    // The system's own tools make the calls that our programs could come to make: mv renames, ln links, cp copies inside the kernel.
    let run = |script: &str, mode, at| {
        let mut command = Command::new("sh");
        command.args(["-ec", script, "sh"]).arg(&home);
        arm(&mut command, &home, mode, at, Some(&log));
        command.output().unwrap()
    };
    let all = r#"echo words > "$1/a"; ln "$1/a" "$1/b"; mv "$1/b" "$1/c"; mkdir "$1/d"; cp "$1/a" "$1/e"; rm "$1/c"; rmdir "$1/d""#;
    let output = run(all, Mode::Kill, 0);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen = calls(&log);
    for name in ["create", "write", "link", "rename", "mkdir", "copy", "unlink"] {
        assert!(seen.iter().any(|call| call.name == name), "{name} is not seen: {seen:?}");
    }
    for (script, made) in
        [(r#"exec mkdir "$1/new""#, "new"), (r#"exec ln "$1/a" "$1/linked""#, "linked"), (r#"exec mv "$1/a" "$1/moved""#, "moved")]
    {
        let killed = run(script, Mode::Kill, 1);
        assert_eq!(killed.status.signal(), Some(9), "{script}: {seen:?}");
        assert!(!run(script, Mode::Eio, 1).status.success(), "{script}");
        assert!(!home.join(made).exists() && home.join("a").is_file(), "{script}");
        assert!(run(script, Mode::Eio, 0).status.success() && home.join(made).exists(), "{script}");
    }
}
