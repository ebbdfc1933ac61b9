//! Results that go into a file: written here, because paths belong to this process.

use std::{fs::OpenOptions, io::Write as _, path::Path};

use engine::EngineError;
use serde_json::{Value, json};

use crate::args::{Command, calendar::Calendar};

/// The result as it is shown: where a file was wished for, its content lies there and its name takes its place.
pub fn kept(command: &Command, value: Value) -> Result<Value, EngineError> {
    let Command::Calendar(Calendar::Export { to: Some(path), .. }) = command else { return Ok(value) };
    let text = value.get("text").and_then(Value::as_str).unwrap_or_default();
    write_new(path, text.as_bytes()).map_err(|e| {
        let shown = path.display();
        EngineError::new(
            "save_failed",
            format!("{shown} could not be written: {e}"),
            "Choose a folder that is writable and a name that is free.",
        )
    })?;
    Ok(json!({"id": value.get("id"), "name": value.get("name"), "file": path.display().to_string(), "bytes": text.len()}))
}

/// Only the person may read it, and nothing that is there is overwritten.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a calendar under a name that looks like a whole one is worse than none.
        let _ = std::fs::remove_file(path);
    }
    written
}
