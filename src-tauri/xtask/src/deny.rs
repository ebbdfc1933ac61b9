//! `cargo xtask deny`: what may come into this program and from where (deny.toml). Part of `test --long`, because the checker itself
//! takes minutes to build from cold.

use std::process::Command;

use crate::{
    setup,
    shell::{Outcome, root, step},
};

const VERSION: &str = "0.20.2";

pub fn deny() -> Outcome {
    let path = setup::tool("cargo-deny", VERSION)?;
    step(
        "licences, sources, bans",
        Command::new(path).args(["--offline", "check", "--hide-inclusion-graph", "licenses", "sources", "bans"]).current_dir(root()),
    )
}
