//! `cargo xtask test [--long]`: every check, in the order in which they are cheap to fail. All of them run, so that one red
//! step does not hide another; the last line is the sum.

use std::{env, fs, process::Command, time::Instant};

use crate::{
    bundle, deny, fuzz, packages, room, setup,
    shell::{Outcome, cargo, has, npm, root, step, step_reading, target},
    tally::Tally,
};

struct Run {
    tally: Tally,
    failures: Vec<String>,
}

impl Run {
    /// A check that passes or fails as a whole.
    fn check(&mut self, what: &str, command: &mut Command) {
        let (ok, _) = step_reading(what, command);
        self.note(what, Tally::one(ok));
    }

    /// A runner that counts its tests.
    fn suite(&mut self, what: &str, command: &mut Command) {
        let (ok, text) = step_reading(what, command);
        let tally = Tally::read(&text, ok);
        self.note(what, tally);
        // A suite that ran nothing is a broken suite.
        if tally == Tally::default() {
            self.note(&format!("{what} (ran no test)"), Tally::one(false));
        }
    }

    fn note(&mut self, what: &str, tally: Tally) {
        if tally.failed > 0 {
            self.failures.push(what.to_owned());
        }
        self.tally.add(tally);
    }
}

pub fn test(args: &[String]) -> Outcome {
    let start = Instant::now();
    let scarce = room::scarce();
    if let Some(why) = &scarce {
        println!("{why}");
    }
    let long = args.iter().any(|a| a == "--long");
    setup::timed("set-up", setup::for_tests)?;

    let mut run = Run { tally: Tally::default(), failures: Vec::new() };
    run.check("format", &mut cargo(&["fmt", "--all", "--check"]));
    run.check("interface: types", npm("npm").args(["run", "--silent", "check"]));
    run.check("interface: lint", npm("npm").args(["run", "--silent", "lint"]));
    run.suite("interface: unit tests", npm("npm").args(["run", "--silent", "test"]));
    // The window embeds ui/dist at compile time, so the interface is built before anything that compiles the shell.
    match setup::interface() {
        Ok(()) => run.check("interface: size budgets", npm("npm").args(["run", "--silent", "budget"])),
        Err(_) => run.note("interface: build", Tally::one(false)),
    }
    run.suite("interface: browser tests", Command::new("node").arg("tests/ui/run.mjs").current_dir(root()));

    run.check("clippy", &mut cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]));
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast", "--quiet"]);
    // Where a test wants the command line as a program it takes the one that this build made: asking for it alone would resolve other
    // features, and build everything below it a second time.
    tests.env("AURELIUS_CLI", target().join("debug").join(format!("aurelius-cli{}", env::consts::EXE_SUFFIX)));
    if long {
        tests.args(["--", "--include-ignored"]);
        tests.env("AURELIUS_LONG", "1");
    }
    // One build of everything that is run below: tests, programs and the bridge, all with the same features.
    run.check("build", &mut cargo(&["test", "--workspace", "--no-run", "--quiet"]));
    run.suite("tests", &mut tests);
    bridged(&mut run);
    window(&mut run, long);
    package(&mut run);
    windows_check(&mut run);
    if long {
        recurrence(&mut run);
        run.note("licences, sources, bans", Tally::one(report(deny::deny())));
        run.note("fuzzing", Tally::one(report(fuzz::fuzz(&[]))));
    }

    println!("\n{:.0} s in all", start.elapsed().as_secs_f64());
    if let Some(why) = scarce.filter(|_| !run.failures.is_empty()) {
        println!("{why}");
    }
    for failure in &run.failures {
        println!("FAILED: {failure}");
    }
    println!("{} passed, {} failed", run.tally.passed, run.tally.failed);
    if run.failures.is_empty() { Ok(()) } else { Err(format!("{} step(s) failed", run.failures.len())) }
}

/// Recurrence beside two independent libraries, on 20,000 cases made now (in a venv of their own; the tests that always run have 500).
fn recurrence(run: &mut Run) {
    const WHAT: &str = "recurrence: 20,000 cases";
    let venv = target().join("venv");
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let cases = target().join("recurrence.jsonl");
    let made = || -> Result<(), String> {
        let done = |what: &str, command: &mut Command| match command.current_dir(root()).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{what}: {status}")),
            Err(e) => Err(format!("{what} could not be started: {e}")),
        };
        done("python3 -m venv", Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        done("pip", Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r", "tests/calendar/requirements.txt"]))?;
        let out = fs::File::create(&cases).map_err(|e| format!("{}: {e}", cases.display()))?;
        done("recurrence.py", Command::new(&python).args(["tests/calendar/recurrence.py", "--count", "20000", "--seed", "7"]).stdout(out))
    };
    match made() {
        Ok(()) => run.suite(WHAT, cargo(&["test", "--quiet", "-p", "calendar", "oracle"]).env("AURELIUS_CASES", &cases)),
        Err(why) => {
            println!("{why}");
            run.note(WHAT, Tally::one(false));
        }
    }
}

/// `cargo xtask screens`: every screen as a picture, for docs/screens.
pub fn screens() -> Outcome {
    setup::for_tests()?;
    step("screens", Command::new("node").arg("tests/ui/gallery.mjs").current_dir(root()))
}

/// The window in Chromium over the real core, by the bridge that the build made (an example).
fn bridged(run: &mut Run) {
    run.suite("interface over the real core", Command::new("node").args(["tests/ui/run.mjs", "--suite=core"]).current_dir(root()));
}

/// The real window under a virtual display, with its own session bus and keyring.
fn window(run: &mut Run, long: bool) {
    if !cfg!(target_os = "linux") {
        println!("\n==> real window: only driven on Linux");
        return;
    }
    let program = target().join("debug/aurelius");
    for (what, home, script) in [
        ("real window", "e2e-home", "tests/e2e/run.mjs"),
        ("real window: reach", "reach-home", "tests/e2e/reach.mjs"),
        ("real window: vault", "vault-home", "tests/e2e/vault.mjs"),
        ("real window: printing and originals", "outside-home", "tests/e2e/outside.mjs"),
        ("real window: notifications", "notify-home", "tests/e2e/notify.mjs"),
        ("real window: tray", "tray-home", "tests/e2e/tray.mjs"),
        ("real window: graphics", "graphics-home", "tests/e2e/graphics.mjs"),
        ("real window: calendar", "calendar-home", "tests/e2e/calendar.mjs"),
        ("real window: tasks", "tasks-home", "tests/e2e/tasks.mjs"),
    ] {
        match on_a_desktop(home, script, &program) {
            Ok(mut command) => run.suite(what, &mut command),
            Err(why) => {
                println!("{why}");
                run.note(what, Tally::one(false));
            }
        }
    }
    // Makes a desktop of its own, inside a network of its own.
    let mut hostile = Command::new("node");
    hostile.arg("tests/e2e/hostile.mjs").arg(&program).arg(setup::driver_path()).current_dir(root());
    if long {
        hostile.arg("--long");
    }
    run.suite("real window: hostile mail", &mut hostile);
}

fn report(outcome: Outcome) -> bool {
    outcome.inspect_err(|why| println!("{why}")).is_ok()
}

/// The .deb: installed, started, called by a link, removed. Of this debug build: what is tested is the package, not the speed.
fn package(run: &mut Run) {
    if !cfg!(target_os = "linux") || !has("dpkg-deb") {
        return;
    }
    if !packages::may_install() {
        println!("\n==> package: not tested, because installing one needs root or passwordless sudo");
        run.note("package", Tally::one(env::var_os("CI").is_none()));
        return;
    }
    let made = bundle::built("deb", true).and_then(|()| bundle::deb(true).ok_or_else(|| "no .deb was made".into()));
    match made.and_then(|deb| on_a_desktop("package-home", "tests/package/deb.mjs", &deb)) {
        Ok(mut command) => run.suite("package", &mut command),
        Err(why) => {
            println!("{why}");
            run.note("package", Tally::one(false));
        }
    }
}

/// A node script under a virtual display, with private folders; it gets `what` and the WebDriver of Tauri as arguments.
pub fn on_a_desktop(home: &str, script: &str, what: &std::path::Path) -> Result<Command, String> {
    let home = target().join("xtask").join(home);
    let _ = fs::remove_dir_all(&home);
    let runtime = home.join("run");
    fs::create_dir_all(&runtime).map_err(|e| format!("{}: {e}", runtime.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let _ = fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700));
    }
    // The private folders must be in force before the session bus starts: it hands them to the keyring daemon.
    let mut command = Command::new("xvfb-run");
    command
        .args(["-a", "-s", "-screen 0 1280x800x24", "dbus-run-session", "--", "node", script])
        .arg(what)
        .arg(setup::driver_path())
        .env("HOME", &home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("NO_AT_BRIDGE", "1")
        .current_dir(root());
    Ok(command)
}

fn windows_check(run: &mut Run) {
    if !cfg!(target_os = "linux") || !has("rustup") && env::var_os("CI").is_none() {
        return;
    }
    if let Err(reason) = setup::windows_target() {
        println!("\n==> Windows: not checked: {reason}");
        run.note("Windows check", Tally::one(env::var_os("CI").is_none()));
        return;
    }
    let mut command = cargo(&["check", "--workspace", "--quiet", "--target", setup::WINDOWS_TARGET]);
    if let Some(dir) = openssl_headers() {
        // Nothing is linked by a check: the headers of this machine's OpenSSL are enough, and save building OpenSSL itself.
        command.env("OPENSSL_NO_VENDOR", "1").env("OPENSSL_STATIC", "0");
        command.env("OPENSSL_INCLUDE_DIR", dir.join("include")).env("OPENSSL_LIB_DIR", dir.join("lib"));
    }
    run.check("Windows: cargo check", &mut command);
}

/// A folder with only OpenSSL's headers, out of the way of the C library's.
fn openssl_headers() -> Option<std::path::PathBuf> {
    let dir = target().join("xtask/openssl");
    let include = dir.join("include/openssl");
    fs::create_dir_all(&include).ok()?;
    fs::create_dir_all(dir.join("lib")).ok()?;
    for source in ["/usr/include/openssl", "/usr/include/x86_64-linux-gnu/openssl"] {
        for entry in fs::read_dir(source).into_iter().flatten().flatten() {
            fs::copy(entry.path(), include.join(entry.file_name())).ok()?;
        }
    }
    include.join("ssl.h").is_file().then_some(dir)
}
