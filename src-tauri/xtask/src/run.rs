//! `cargo xtask run [--demo]`.

use std::{env, process::Command};

use crate::{
    setup,
    shell::{Outcome, cargo, step, target},
};

pub fn run(args: &[String]) -> Outcome {
    setup::timed("set-up", setup::for_run)?;
    if cfg!(target_os = "linux") && env::var_os("DISPLAY").is_none() && env::var_os("WAYLAND_DISPLAY").is_none() {
        return Err("there is no display here. Either give it a virtual one:\n\n  xvfb-run -a dbus-run-session -- cargo xtask run --demo\n\n\
                    or see the whole main job without a window:\n\n  cargo run --package cli --bin aurelius-cli -- --home \"$(mktemp -d)\" demo\n"
            .into());
    }
    setup::interface()?;
    step("build", &mut cargo(&["build", "--quiet", "--bin", "aurelius"]))?;
    let binary = target().join("debug").join(if cfg!(windows) { "aurelius.exe" } else { "aurelius" });
    step("open the window", Command::new(binary).args(args))
}
