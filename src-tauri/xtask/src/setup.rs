//! Everything a fresh machine lacks. Idempotent; the second time it only looks.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::{
    packages,
    shell::{Outcome, capture, cargo, has, npm, root, step, target},
};

/// To build and open the window.
const BUILD_PACKAGES: &[&str] = &[
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libssl-dev",
    "build-essential",
    "pkg-config",
    "libxdo-dev",
    "file",
    "xdg-utils",
    "desktop-file-utils",
];
/// To run the tests: a display, a session bus with a keyring, the web view's driver, a mail server, a calendar server and another client of it, what a screen reader reads from, a
/// network of one's own, a cross compiler. The browser of the browser tests has a name of its own on every system: see `packages`.
const TEST_PACKAGES: &[&str] = &[
    "xvfb",
    "xauth",
    "dbus",
    "dbus-x11",
    "gnome-keyring",
    "webkit2gtk-driver",
    "dovecot-imapd",
    "radicale",
    "vdirsyncer",
    "openssl",
    "libglib2.0-bin",
    "at-spi2-core",
    "gir1.2-atspi-2.0",
    "gir1.2-gtk-3.0",
    "python3-gi",
    "iproute2",
    "util-linux",
    "fonts-noto-core",
    "fonts-noto-cjk",
    "gcc-mingw-w64-x86-64",
    "g++-mingw-w64-x86-64",
];
/// To measure: what the store itself needs, and the peers it is measured beside.
const BENCH_PACKAGES: &[&str] =
    &["libssl-dev", "build-essential", "pkg-config", "dovecot-imapd", "python3", "isync", "notmuch", "maildir-utils", "valgrind"];
/// What the tool behind an AppImage calls.
const APPIMAGE_PACKAGES: &[&str] = &["patchelf"];
pub const WINDOWS_TARGET: &str = "x86_64-pc-windows-gnu";
/// The newest that speaks to Tauri 2.
const TAURI_DRIVER: &str = "2.1.0";
/// Of the same minor version as the tauri crate in Cargo.lock.
const TAURI_CLI: &str = "2.12.5";

pub fn for_run() -> Outcome {
    system_packages(&[BUILD_PACKAGES], false)?;
    node_modules()
}

pub fn for_bench() -> Outcome {
    system_packages(&[BENCH_PACKAGES], false)
}

pub fn for_appimage() -> Outcome {
    system_packages(&[APPIMAGE_PACKAGES], false)
}

pub fn for_tests() -> Outcome {
    system_packages(&[BUILD_PACKAGES, TEST_PACKAGES], true)?;
    node_modules()?;
    if cfg!(target_os = "linux") {
        tauri_driver()?;
    }
    Ok(())
}

fn system_packages(sets: &[&[&str]], with_browser: bool) -> Outcome {
    if cfg!(target_os = "macos") {
        return if capture(Command::new("xcode-select").arg("-p")).is_some() {
            Ok(())
        } else {
            Err("the Xcode command line tools are missing: run `xcode-select --install`, then this command again".into())
        };
    }
    if cfg!(windows) {
        // MSVC is checked by rustc itself; WebView2 is part of Windows 11 and of every updated Windows 10.
        return Ok(());
    }
    packages::install(&sets.concat(), with_browser)
}

fn node_modules() -> Outcome {
    let version = capture(Command::new("node").arg("--version")).ok_or("Node.js 20 or newer is missing")?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|m| m.parse::<u32>().ok()).unwrap_or(0);
    if major < 20 {
        return Err(format!("Node.js 20 or newer is needed, this is {version}"));
    }
    let wanted = fingerprint(&[root().join("ui/package-lock.json")]);
    if root().join("ui/node_modules").is_dir() && stamp("npm").is_some_and(|s| s == wanted) {
        return Ok(());
    }
    step("interface: npm ci", npm("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    set_stamp("npm", &wanted)
}

/// Builds `ui/dist` when its sources changed.
pub fn interface() -> Outcome {
    let ui = root().join("ui");
    let mut files = Vec::new();
    walk(&ui, &mut files);
    files.sort();
    let wanted = fingerprint(&files);
    if ui.join("dist/index.html").is_file() && stamp("ui").is_some_and(|s| s == wanted) {
        return Ok(());
    }
    step("interface: build", npm("npm").args(["run", "--silent", "build"]))?;
    set_stamp("ui", &wanted)
}

fn tauri_driver() -> Outcome {
    tool("tauri-driver", TAURI_DRIVER).map(|_| ())
}

/// A program from the registry, built once into the target folder.
pub fn tool(name: &str, version: &str) -> Result<PathBuf, String> {
    let path = target().join("tools/bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        let tools = target().join("tools");
        step(
            &format!("install {name} {version}"),
            cargo(&["install", name, "--version", version, "--locked", "--quiet", "--root"]).arg(&tools),
        )?;
    }
    Ok(path)
}

/// Tauri's bundler. Not among the interface's packages: it is a program for each platform, and only who makes packages needs one.
pub fn bundler() -> Result<PathBuf, String> {
    let folder = target().join("tools/bundler");
    let path = folder.join("node_modules/.bin").join(if cfg!(windows) { "tauri.cmd" } else { "tauri" });
    if !path.exists() {
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let package = format!("@tauri-apps/cli@{TAURI_CLI}");
        step(
            &format!("install {package}"),
            npm("npm").args(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&folder).arg(package),
        )?;
    }
    Ok(path)
}

pub fn driver_path() -> PathBuf {
    target().join("tools/bin/tauri-driver")
}

/// The Windows target of this tool chain, or the reason why it can't be had.
pub fn windows_target() -> Result<(), String> {
    if !has("x86_64-w64-mingw32-gcc") {
        return Err("no MinGW compiler".into());
    }
    let listed = capture(Command::new("rustup").args(["target", "list", "--installed"])).unwrap_or_default();
    if listed.lines().any(|l| l == WINDOWS_TARGET) {
        return Ok(());
    }
    step("tests: add the Windows target", Command::new("rustup").args(["target", "add", WINDOWS_TARGET]))
}

fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !["node_modules", "dist", "dist-test", "out", ".vite"].iter().any(|skip| name == *skip) {
                walk(&path, out);
            }
        } else {
            out.push(path);
        }
    }
}

/// Hash of names and contents. Not cryptographic: it only decides whether to build again.
fn fingerprint(files: &[PathBuf]) -> String {
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        fs::read(file).unwrap_or_default().hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn stamp_file(name: &str) -> PathBuf {
    target().join("xtask").join(format!("{name}.stamp"))
}

fn stamp(name: &str) -> Option<String> {
    fs::read_to_string(stamp_file(name)).ok()
}

fn set_stamp(name: &str, value: &str) -> Outcome {
    let file = stamp_file(name);
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    fs::write(&file, value).map_err(|e| format!("{}: {e}", file.display()))
}

/// Says how long the whole set-up took.
pub fn timed(what: &str, f: impl FnOnce() -> Outcome) -> Outcome {
    let start = Instant::now();
    f()?;
    println!("{what}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
