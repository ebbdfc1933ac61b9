//! A home whose key lies in a real gnome-keyring: locked, and lost.

use std::{path::PathBuf, process::Command};

use serde_json::Value;

/// Runs in a session bus of its own, whose keyring never is the person's.
const SCRIPT: &str = r#"
set -eu
cli() { "$CLI" --home "$AT/home" --json connections; }
refused() { if cli >"$AT/out" 2>"$AT/err"; then echo "it opened: $1"; exit 1; fi; cp "$AT/err" "$AT/$1"; }
secrets() { dbus-send --session --print-reply --dest=org.freedesktop.secrets "$@"; }
login=/org/freedesktop/secrets/collection/login
printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null
cli >/dev/null
cp "$AT/home/vault.json" "$AT/vault.before"
secrets /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock "array:objpath:$login" >/dev/null
cp "$AT/home/store.db" "$AT/store.before"
refused locked
cmp "$AT/home/vault.json" "$AT/vault.before"
cmp "$AT/home/store.db" "$AT/store.before"
pid=$(dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets | sed -n 's/^ *uint32 //p')
kill "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null
cli >/dev/null
for item in $(secrets $login org.freedesktop.DBus.Properties.Get string:org.freedesktop.Secret.Collection string:Items | grep -o "$login/[0-9]*"); do
  secrets "$item" org.freedesktop.Secret.Item.Delete >/dev/null
done
cp "$AT/home/store.db" "$AT/store.before"
refused lost
cmp "$AT/home/vault.json" "$AT/vault.before"
cmp "$AT/home/store.db" "$AT/store.before"
echo THE SCRIPT RAN
"#;

#[test]
fn a_locked_and_a_lost_key_are_told_apart_and_nothing_is_touched() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |name: &str| std::env::split_paths(&path).any(|d| d.join(name).exists());
    for program in ["dbus-run-session", "dbus-send", "gnome-keyring-daemon"] {
        if !found(program) {
            assert!(std::env::var_os("CI").is_none(), "{program} is not installed, and here nothing may be skipped");
            println!("skipped: {program} is not installed");
            return;
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { dir.path().join(name) };
    let mut session = Command::new("dbus-run-session");
    session.args(["--", "sh", "-c", SCRIPT]).env("CLI", env!("CARGO_BIN_EXE_aurelius-cli")).env("AT", dir.path()).env("HOME", dir.path());
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
        std::fs::create_dir(at(name)).unwrap();
        session.env(name, at(name));
    }
    let output = session.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("DISPLAY").output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("THE SCRIPT RAN"), "{text}\n{:?}", std::fs::read_to_string(at("err")));
    for (name, code) in [("locked", "keyring_locked"), ("lost", "key_lost")] {
        let error: Value = serde_json::from_str(&std::fs::read_to_string(at(name)).unwrap()).unwrap();
        assert_eq!(error["code"], code, "{error}");
        assert!(error["hint"].as_str().unwrap().len() > 20, "{error}");
    }
}
