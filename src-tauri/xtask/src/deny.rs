//! `cargo xtask deny`: what may come into this program and from where: crates (deny.toml) and the interface's packages
//! (ui/scripts/licences.mjs). Part of `test --long`, because the checker itself takes minutes to build from cold.

use std::process::Command;

use crate::{
    setup,
    shell::{Outcome, cargo, root, step},
};

const VERSION: &str = "0.20.2";
/// The program's own lock file, which must be fresh, and the one of the fuzz targets, which is no part of the workspace and follows it.
const MANIFESTS: &[(&str, &[&str])] = &[("Cargo.toml", &["--locked"]), ("tests/fuzz/Cargo.toml", &[])];

pub fn deny() -> Outcome {
    let path = setup::tool("cargo-deny", VERSION)?;
    step("interface: licences, hashes, install scripts", Command::new("node").arg("ui/scripts/licences.mjs").current_dir(root()))?;
    // deny.toml is looked for in the manifest's folder and above it: one for both.
    for (manifest, how) in MANIFESTS {
        // Every system's crates: a build brings only those of its own, and the licence is read from the crate.
        step(&format!("crates of {manifest}"), cargo(&["fetch", "--quiet", "--manifest-path", manifest]).args(*how))?;
        step(
            &format!("licences, sources, bans of {manifest}"),
            Command::new(&path)
                .args(["--offline", "--manifest-path", manifest, "check", "--hide-inclusion-graph", "licenses", "sources", "bans"])
                .current_dir(root()),
        )?;
    }
    Ok(())
}
