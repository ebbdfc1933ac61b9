//! `cargo xtask bundle [--debug]`: packages through Tauri's bundler, the command line beside the window.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    setup,
    shell::{Outcome, capture, cargo, root, step, target},
};

pub fn bundle(args: &[String]) -> Outcome {
    setup::for_run()?;
    setup::interface()?;
    let kinds = if cfg!(target_os = "linux") {
        // The runtime of an AppImage is downloaded, so it is made where somebody asks for it.
        if args.iter().any(|a| a == "--appimage") {
            setup::for_appimage()?;
            "deb,rpm,appimage"
        } else {
            "deb,rpm"
        }
    } else if cfg!(target_os = "macos") {
        "dmg"
    } else {
        "msi"
    };
    packages(kinds, args.iter().any(|a| a == "--debug"))
}

/// The newest .deb that [`packages`] left.
pub fn deb(debug: bool) -> Option<PathBuf> {
    let folder = target().join(profile(debug)).join("bundle/deb");
    let mut found: Vec<_> =
        fs::read_dir(folder).ok()?.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "deb")).collect();
    found.sort_by_key(|p| fs::metadata(p).and_then(|m| m.modified()).ok());
    found.pop()
}

fn profile(debug: bool) -> &'static str {
    if debug { "debug" } else { "release" }
}

/// `kinds` as the bundler names them.
pub fn packages(kinds: &str, debug: bool) -> Outcome {
    let mut build = cargo(&["build", "--quiet", "-p", "cli"]);
    if !debug {
        build.arg("--release");
    }
    step("bundle: command line", &mut build)?;
    bundler("build", kinds, debug)
}

/// Of the programs that lie there already: to test a package takes no second build of them.
pub fn built(kinds: &str, debug: bool) -> Outcome {
    bundler("bundle", kinds, debug)
}

fn bundler(verb: &str, kinds: &str, debug: bool) -> Outcome {
    let version = capture(Command::new("rustc").arg("-vV")).unwrap_or_default();
    let triple = version.lines().find_map(|l| l.strip_prefix("host: ")).ok_or("rustc does not say what it builds for")?;
    // A bundler's "external binary" carries the target in its name, and lands beside the window's program without it.
    let folder = root().join("gen/bin");
    let suffix = std::env::consts::EXE_SUFFIX;
    let from = target().join(profile(debug)).join(format!("aurelius-cli{suffix}"));
    let to = folder.join(format!("aurelius-cli-{triple}{suffix}"));
    fs::create_dir_all(&folder).and_then(|()| fs::copy(&from, &to)).map_err(|e| format!("{}: {e}", to.display()))?;

    let mut command = Command::new(setup::bundler()?);
    command.args([verb, "--bundles", kinds, "--config", r#"{"bundle":{"externalBin":["gen/bin/aurelius-cli"]}}"#]);
    if debug {
        command.arg("--debug");
    }
    step("bundle", command.current_dir(root()).env("CI", "true"))
}
