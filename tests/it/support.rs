//! Homes, the command line as a program, and small waits: what every test here needs.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

#[path = "../../src-tauri/crates/cli/tests/it/schema.rs"]
mod schema;

/// The passphrase of every test home: no keyring is touched.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// The command line, built with the same profile as this test.
pub fn cli_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // One that was built already, so that no build is waited for.
        if let Some(built) = std::env::var_os("AURELIUS_CLI") {
            return built.into();
        }
        let deps = std::env::current_exe().unwrap();
        let profile = deps.parent().and_then(Path::parent).unwrap().to_owned();
        // A bare `cargo test` builds no binaries of other packages.
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "cli", "--bin", "aurelius-cli"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "aurelius-cli builds");
        profile.join(if cfg!(windows) { "aurelius-cli.exe" } else { "aurelius-cli" })
    })
}

/// Minutes instead of seconds: `cargo xtask test --long`.
pub fn long() -> bool {
    std::env::var_os("AURELIUS_LONG").is_some()
}

/// How often something random is repeated: `AURELIUS_ROUNDS` wins.
pub fn rounds(short: usize, at_length: usize) -> usize {
    let wished = std::env::var("AURELIUS_ROUNDS").ok().and_then(|n| n.parse().ok());
    wished.unwrap_or(if long() { at_length } else { short })
}

/// `AURELIUS_SHARE=2/4`: the second quarter of what takes hours, so that several machines or processes do it together; all of it without.
pub fn share<T>(of: Vec<T>) -> Vec<T> {
    let wished = std::env::var("AURELIUS_SHARE").ok();
    let part = |text: &str| text.split_once('/').and_then(|(i, n)| Some((i.parse::<usize>().ok()?, n.parse::<usize>().ok()?)));
    let Some((own, all)) = wished.as_deref().and_then(part).filter(|(i, n)| (1..=*n).contains(i)) else { return of };
    of.into_iter().enumerate().filter(|(at, _)| at % all == own - 1).map(|(_, item)| item).collect()
}

/// A home under a passphrase, erased at the end.
pub struct Home {
    pub dir: TempDir,
    passphrase: PathBuf,
}

impl Home {
    pub fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    /// On the file system of this folder.
    pub fn within(folder: &Path) -> Self {
        let dir = tempfile::tempdir_in(folder).unwrap();
        let passphrase = dir.path().join("passphrase.txt");
        std::fs::write(&passphrase, PASSPHRASE).unwrap();
        Self { dir, passphrase }
    }

    /// A home whose OAuth providers are this sandbox.
    pub fn at(sandbox: &sandbox::Sandbox) -> Self {
        let home = Self::new();
        std::fs::create_dir(home.path()).unwrap();
        std::fs::write(home.path().join("config.toml"), sandbox.config_toml()).unwrap();
        home
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(cli_binary());
        command.arg("--home").arg(self.path()).arg("--passphrase-file").arg(&self.passphrase).arg("--json").args(args);
        // Nothing of the machine's own session leaks in.
        command.env_remove("DBUS_SESSION_BUS_ADDRESS");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    /// Whatever comes of it, it keeps to the schema of the command.
    pub fn try_run(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().unwrap();
        keeps_to_its_schema(args, &output);
        output
    }

    /// Runs a command that must succeed and returns its last JSON document.
    pub fn run(&self, args: &[&str]) -> Value {
        let output = self.try_run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        last_json(&output.stdout)
    }

    /// Runs a command that must fail and returns its error.
    pub fn fail(&self, args: &[&str]) -> Value {
        let output = self.try_run(args);
        assert!(!output.status.success(), "{args:?} succeeded: {}", String::from_utf8_lossy(&output.stdout));
        last_json(&output.stderr)
    }

    /// Runs a command with something on its standard input.
    pub fn run_with_input(&self, args: &[&str], input: &str) -> Output {
        use std::io::Write as _;
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        keeps_to_its_schema(args, &output);
        output
    }

    /// Connects a plain-text server on loopback with a password.
    pub fn connect_imap(&self, email: &str, user: &str, password: &str, imap_port: u16, smtp_port: Option<u16>) -> Value {
        let imap = format!("127.0.0.1:{imap_port}");
        let mut args =
            vec!["connect", "imap", "--email", email, "--username", user, "--password-stdin", "--imap", &imap, "--imap-security", "none"];
        let smtp = smtp_port.map(|port| format!("127.0.0.1:{port}"));
        if let Some(smtp) = &smtp {
            args.extend(["--smtp", smtp, "--smtp-security", "none"]);
        }
        let output = self.run_with_input(&args, &format!("{password}\n"));
        assert!(output.status.success(), "connect: {}", String::from_utf8_lossy(&output.stderr));
        last_json(&output.stdout)
    }

    /// Every byte under the home and its scratch folder that matches.
    pub fn grep(&self, needle: &str) -> Vec<PathBuf> {
        let mut hits = Vec::new();
        grep(&self.path(), needle.as_bytes(), &mut hits);
        hits
    }
}

/// A command that came to its own end printed what docs/cli promises, line by line.
fn keeps_to_its_schema(args: &[&str], output: &Output) {
    if !matches!(output.status.code(), Some(0..=2)) {
        return;
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli");
    if let Err(why) = schema::check_output(&docs, args, &output.stdout, &output.stderr) {
        panic!("{args:?}: {why}");
    }
}

/// The last line that is JSON, or the whole output.
pub fn last_json(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(text.trim())
        .ok()
        .or_else(|| text.lines().rev().find_map(|line| serde_json::from_str(line).ok()))
        .unwrap_or_else(|| panic!("no JSON in {text:?}"))
}

fn grep(dir: &Path, needle: &[u8], hits: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            grep(&path, needle, hits);
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).unwrap_or_default();
            if bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle)) {
                hits.push(path);
            }
        }
    }
}

/// Polls until the condition holds.
pub fn until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + limit;
    while !condition() {
        assert!(Instant::now() < end, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A small seeded generator (xorshift64*), so that a failing run can be repeated.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// Number of items over all pages of a listing command.
pub fn count(home: &Home, args: &[&str]) -> usize {
    let mut all = args.to_vec();
    all.extend(["--limit", "10000"]);
    home.run(&all)["items"].as_array().unwrap().len()
}

/// A plain GET; returns the status and the Location header.
pub fn http_get(url: &str) -> (u16, Option<String>) {
    use std::io::{Read as _, Write as _};
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("not http: {url}"));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = std::net::TcpStream::connect(authority).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let status = reply.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("no status in {reply:?}"));
    let location = reply
        .lines()
        .take_while(|l| !l.is_empty())
        .find_map(|l| l.split_once(": ").filter(|(k, _)| k.eq_ignore_ascii_case("location")).map(|(_, v)| v.to_owned()));
    (status, location)
}

impl Home {
    /// Signs in at an OAuth provider whose consent page answers by itself; returns what the command printed last.
    pub fn sign_in(&self, args: &[&str]) -> Value {
        use std::io::{BufRead as _, BufReader, Read as _};
        let mut child = self.start(args);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        let mut errors = child.stderr.take().unwrap();
        let url =
            serde_json::from_str::<Value>(&first).ok().and_then(|v| v["authorize_url"].as_str().map(str::to_owned)).unwrap_or_else(|| {
                let mut why = String::new();
                errors.read_to_string(&mut why).unwrap();
                panic!("no authorize_url in {first:?}: {why}")
            });
        let (status, location) = http_get(&url);
        let location = location.unwrap_or_else(|| panic!("{status} without a redirect from {url}"));
        if location.starts_with("http://") {
            assert_eq!(http_get(&location).0, 200, "the loopback answers");
        } else {
            self.run(&["open", &location]);
        }
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        let mut why = String::new();
        errors.read_to_string(&mut why).unwrap();
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli");
        schema::check_output(&docs, args, format!("{first}{rest}").as_bytes(), why.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{args:?}: {why}");
        last_json(rest.as_bytes())
    }
}
