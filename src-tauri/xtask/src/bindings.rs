//! `cargo xtask bindings`: the TypeScript types from the command table.

use std::fs;

use crate::shell::{Outcome, capture, cargo, root};

pub fn bindings(check: bool) -> Outcome {
    let text =
        capture(&mut cargo(&["run", "--quiet", "--bin", "aurelius", "--", "--print-bindings"])).ok_or("the shell does not build")? + "\n";
    let file = root().join("ui/src/ipc/bindings.ts");
    let old = fs::read_to_string(&file).unwrap_or_default();
    if old == text {
        println!("bindings.ts is up to date");
        return Ok(());
    }
    if check {
        return Err("ui/src/ipc/bindings.ts is stale: run `cargo xtask bindings`".into());
    }
    fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    println!("bindings.ts written");
    Ok(())
}
