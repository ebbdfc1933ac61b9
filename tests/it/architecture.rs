//! The dependency rule and the file budgets of ARCHITECTURE.md, checked.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Normal (not dev, not build) dependencies of every workspace package.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON");
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .filter(|d| d["kind"].is_null())
                .map(|d| d["name"].as_str().expect("name").to_owned())
                .collect();
            (package["name"].as_str().expect("name").to_owned(), dependencies)
        })
        .collect()
}

#[test]
fn crates_depend_only_downwards() {
    let allowed: &[(&str, &[&str])] = &[
        ("domain", &[]),
        ("vault", &["domain"]),
        ("store", &["domain", "vault"]),
        // A subscribed file holds many events: it is taken apart into resources before they leave the provider.
        ("providers", &["calendar", "domain"]),
        ("calendar", &["domain"]),
        ("engine", &["calendar", "domain", "store", "vault"]),
        ("sandbox", &["domain"]),
        ("host", &["domain", "vault", "store", "providers", "engine", "sandbox"]),
        ("cli", &["domain", "vault", "store", "providers", "engine", "sandbox", "host"]),
        ("aurelius", &["domain", "vault", "store", "providers", "engine", "sandbox", "host"]),
        ("xtask", &[]),
        ("bench", &["domain", "vault", "store", "engine", "sandbox", "host"]),
    ];
    let all = dependencies();
    let ours: BTreeSet<&str> = all.keys().map(String::as_str).collect();
    for (package, dependencies) in &all {
        let allowed =
            allowed.iter().find(|(name, _)| name == package).unwrap_or_else(|| panic!("{package} is not in the dependency rule")).1;
        for dependency in dependencies.iter().filter(|d| ours.contains(d.as_str())) {
            assert!(allowed.contains(&dependency.as_str()), "{package} must not depend on {dependency}");
        }
    }
}

#[test]
fn fenced_libraries_stay_behind_their_fence() {
    let fences: &[(&str, &[&str])] = &[
        ("sqlx", &["store"]),
        ("libsqlite3-sys", &["store"]),
        ("reqwest", &["providers"]),
        ("oauth2", &["providers"]),
        ("keyring", &["vault"]),
        ("aes-gcm", &["vault"]),
        ("tauri", &["aurelius"]),
        ("ammonia", &["engine"]),
        ("calcard", &["calendar"]),
        ("chrono-tz", &["calendar"]),
        ("rrule", &["calendar"]),
        ("mail-builder", &[]),
    ];
    for (package, dependencies) in dependencies() {
        for (library, allowed) in fences {
            assert!(!dependencies.contains(*library) || allowed.contains(&package.as_str()), "{package} must not depend on {library}");
        }
    }
}

fn files(dir: &Path, extension: &str, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !["node_modules", "target", "dist", "dist-test", "out"].iter().any(|skip| entry.file_name() == *skip) {
                files(&path, extension, out);
            }
        } else if path.extension().is_some_and(|e| e == extension) {
            out.push(path);
        }
    }
}

fn is_test(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name == "tests.rs" || name.ends_with("_tests.rs") || path.components().any(|c| c.as_os_str() == "tests")
}

#[test]
fn files_stay_small() {
    let mut over = Vec::new();
    for (dir, extension, limit) in [("src-tauri", "rs", 800), ("ui/src", "svelte", 400)] {
        let mut found = Vec::new();
        files(&root().join(dir), extension, &mut found);
        assert!(!found.is_empty(), "no .{extension} file in {dir}");
        for path in found.iter().filter(|p| !is_test(p)) {
            let lines = fs::read_to_string(path).unwrap_or_default().lines().count();
            if lines > limit {
                over.push(format!("{} has {lines} lines (at most {limit})", path.display()));
            }
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[test]
fn only_the_ipc_folder_talks_to_the_shell() {
    let mut found = Vec::new();
    for extension in ["ts", "svelte"] {
        files(&root().join("ui/src"), extension, &mut found);
    }
    for path in found {
        if path.strip_prefix(root().join("ui/src/ipc")).is_ok() {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(!text.contains("@tauri-apps/"), "{} imports @tauri-apps: only ui/src/ipc may", path.display());
    }
}

#[test]
fn the_web_view_is_granted_our_commands_and_nothing_else() {
    let text = fs::read_to_string(root().join("src-tauri/capabilities/main.json")).expect("capabilities");
    let capability: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    for permission in capability["permissions"].as_array().expect("permissions") {
        let permission = permission.as_str().expect("text");
        assert!(
            permission.starts_with("allow-") || permission.starts_with("core:event:allow-"),
            "{permission}: no plugin command is ever open to the web view"
        );
    }
}

#[test]
fn typescript_bindings_are_fresh() {
    let committed = fs::read_to_string(root().join("ui/src/ipc/bindings.ts")).unwrap_or_default();
    assert_eq!(committed.trim(), aurelius_lib::bindings::typescript().trim(), "stale: run `cargo xtask bindings`");
}

/// The bridge opens the whole command table to whoever holds its token: it is for tests in a browser and for nothing else.
#[test]
fn the_bridge_is_in_no_program_that_people_get() {
    let mark = b"aurelius-devbridge";
    let source = fs::read(root().join("tests/bridge/devbridge.rs")).expect("the bridge");
    assert!(source.windows(mark.len()).any(|w| w == mark), "the mark this test looks for has gone");

    // An example target: `cargo build`, `cargo install`, the bundler and the packages leave it out.
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    for package in metadata["packages"].as_array().expect("packages") {
        for target in package["targets"].as_array().expect("targets") {
            let is_bridge = target["src_path"].as_str().is_some_and(|path| path.replace('\\', "/").contains("tests/bridge/"));
            assert!(!is_bridge || target["kind"] == serde_json::json!(["example"]), "{target}");
        }
    }

    // No switch, no feature and no server in what is shipped, so there is nothing that could be turned on.
    let mut shipped = Vec::new();
    files(&root().join("src-tauri/src"), "rs", &mut shipped);
    for path in shipped {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for word in ["TcpListener", "axum::", "hyper::", "tests/bridge/devbridge"] {
            assert!(!text.contains(word), "{} has {word}: the shell listens on no port", path.display());
        }
    }
    let axum = dependencies().remove("aurelius").expect("the shell").contains("axum");
    assert!(!axum, "axum may only be a dev-dependency of the shell");
    assert!(aurelius_lib::Options::parse(["--dist".to_owned(), "x".to_owned()].into_iter()).is_err(), "the window knows no such argument");

    let program = fs::read(env!("CARGO_BIN_EXE_aurelius")).expect("the program");
    assert!(!program.windows(mark.len()).any(|w| w == mark), "the program contains the bridge");
}
