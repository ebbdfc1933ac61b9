//! `cargo xtask bundle`: release packages through Tauri's bundler.

use crate::{
    setup,
    shell::{Outcome, npm, root, step},
};

pub fn bundle() -> Outcome {
    setup::for_run()?;
    setup::interface()?;
    let kinds = if cfg!(target_os = "linux") {
        "deb,rpm"
    } else if cfg!(target_os = "macos") {
        "dmg"
    } else {
        "msi"
    };
    step("bundle", npm("npx").args(["--no-install", "tauri", "build", "--bundles", kinds]).current_dir(root().join("ui")).env("CI", "true"))
}
