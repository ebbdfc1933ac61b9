//! A private, throw-away Dovecot (2.3) on 127.0.0.1 over a generated Maildir. Needs root: Dovecot starts as root and drops to
//! the user `mail`. Everything it writes lies in one temporary folder; dropping the value stops it.

use std::{
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use tempfile::TempDir;

pub const USER: &str = "test";
pub const PASSWORD: &str = "test";

/// `imap_capability = …` lines hide what a server can do.
pub const PLAIN_IMAP4REV1: &str = "imap_capability = IMAP4rev1";
pub const CONDSTORE_ONLY: &str = "imap_capability = IMAP4rev1 ENABLE CONDSTORE UIDPLUS ESEARCH LIST-EXTENDED SPECIAL-USE";

pub struct Dovecot {
    state: TempDir,
    extra: String,
    password: String,
    pub port: u16,
    pub tls_port: u16,
    child: Option<Child>,
}

impl Dovecot {
    /// Starts over `mail` (made by [`Mailbox`]); `extra` are further configuration lines, where `STATE` stands for its folder.
    pub fn start(mail: &[Mailbox], extra: &str) -> Self {
        let state = tempfile::Builder::new().prefix("aurelius-dovecot-").tempdir().unwrap();
        // Its unprivileged processes must reach what lies below.
        run(Command::new("chmod").arg("755").arg(state.path()));
        for dir in ["run", "index", "mail"] {
            fs::create_dir(state.path().join(dir)).unwrap();
        }
        for mailbox in mail {
            mailbox.write(&state.path().join("mail"));
        }
        certificate(state.path());
        let mut server =
            Self { state, extra: extra.to_owned(), password: PASSWORD.into(), port: free_port(), tls_port: free_port(), child: None };
        server.launch();
        server
    }

    pub fn path(&self) -> &Path {
        self.state.path()
    }
    /// Self-signed certificate for `localhost` and 127.0.0.1, fit as CA file.
    pub fn certificate(&self) -> PathBuf {
        self.path().join("cert.pem")
    }

    /// Stops it, lets `change` work on the files, starts it again on the same ports.
    pub fn restart(&mut self, extra: &str, change: impl FnOnce(&Path)) {
        self.stop();
        extra.clone_into(&mut self.extra);
        change(self.path());
        self.launch();
    }

    /// With a restart: a running one looks at its passwords at most once a second, and the old one could pass for that long.
    pub fn change_password(&mut self, to: &str) {
        self.stop();
        to.clone_into(&mut self.password);
        self.launch();
    }

    /// As after a restored backup: every UID of every mailbox is void.
    pub fn bump_uid_validity(&mut self) {
        let extra = self.extra.clone();
        self.restart(&extra, |state| {
            fs::remove_dir_all(state.join("index")).unwrap();
            fs::create_dir(state.join("index")).unwrap();
            let mut folders: Vec<PathBuf> = fs::read_dir(state.join("mail")).unwrap().map(|e| e.unwrap().path()).collect();
            folders.push(state.join("mail"));
            for list in folders.iter().map(|f| f.join("dovecot-uidlist")).filter(|f| f.exists()) {
                let text = fs::read_to_string(&list).unwrap();
                let (head, rest) = text.split_once('\n').unwrap();
                let fields: Vec<String> = head
                    .split(' ')
                    .map(|field| match field.strip_prefix('V').and_then(|v| v.parse::<u32>().ok()) {
                        Some(validity) => format!("V{}", validity + 1000),
                        None if field.starts_with('N') => "N100001".to_owned(),
                        None => field.to_owned(),
                    })
                    .collect();
                // New UIDs too: what matched by accident would hide mistakes.
                let lines: Vec<String> = rest
                    .lines()
                    .map(|line| match line.split_once(' ') {
                        Some((uid, rest)) => format!("{} {rest}", uid.parse::<u32>().unwrap() + 50_000),
                        None => line.to_owned(),
                    })
                    .collect();
                fs::write(&list, format!("{}\n{}\n", fields.join(" "), lines.join("\n"))).unwrap();
            }
        });
    }

    fn launch(&mut self) {
        let state = self.path().display().to_string();
        let (uid, gid) = mail_user();
        run(Command::new("chown").arg("-R").arg(format!("{uid}:{gid}")).arg(self.path().join("mail")).arg(self.path().join("index")));
        fs::write(self.path().join("passwd"), format!("{USER}:{{PLAIN}}{}:{uid}:{gid}::{state}::\n", self.password)).unwrap();
        let (port, tls_port, extra) = (self.port, self.tls_port, self.extra.replace("STATE", &state));
        let configuration = format!(
            r"base_dir = {state}/run
state_dir = {state}/run
log_path = {state}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{state}/cert.pem
ssl_key = <{state}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login scram-sha-256
mail_location = maildir:{state}/mail:INDEX={state}/index
mail_fsync = never
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
passdb {{
  driver = passwd-file
  args = {state}/passwd
}}
userdb {{
  driver = passwd-file
  args = {state}/passwd
}}
# Refused sign-ins of one address would each wait longer than the last, up to 17 s.
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \Sent
  }}
  mailbox Drafts {{
    special_use = \Drafts
  }}
}}
{extra}
"
        );
        let file = self.path().join("dovecot.conf");
        fs::write(&file, configuration).unwrap();
        let child = Command::new("dovecot")
            .arg("-F")
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|e| panic!("dovecot can't be started ({e}): install dovecot-imapd and run as root"));
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            // It listens before its processes are there to answer; until then a line may be taken and reset.
            if greeted(port) {
                break;
            }
            if let Some(status) = child.try_wait().unwrap() {
                let mut why = String::new();
                child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
                panic!("dovecot ended with {status}: {why}");
            }
            assert!(
                Instant::now() < until,
                "dovecot does not listen: {}",
                fs::read_to_string(self.path().join("dovecot.log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child = Some(child);
    }

    fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // SIGTERM, so that it takes its own processes along.
        let _ = Command::new("kill").arg(child.id().to_string()).status();
        let until = Instant::now() + Duration::from_secs(10);
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() > until {
                let _ = child.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Another client at the same mailbox.
    pub fn other_client(&self) -> RawImap {
        self.client_of(USER)
    }

    /// The same for another user, where the configuration knows one.
    pub fn client_of(&self, user: &str) -> RawImap {
        RawImap::connect(self.port, user)
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn mail_user() -> (String, String) {
    let id = |flag: &str| String::from_utf8(Command::new("id").args([flag, "mail"]).output().unwrap().stdout).unwrap().trim().to_owned();
    (id("-u"), id("-g"))
}

/// Whether the server says hello.
fn greeted(port: u16) -> bool {
    let Ok(mut line) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = line.set_read_timeout(Some(Duration::from_secs(5)));
    let mut first = [0u8; 1];
    line.read_exact(&mut first).is_ok() && first == *b"*"
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// `cert.pem` and `key.pem` in `dir`.
pub fn certificate(dir: &Path) {
    run(Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "3650",
            "-subj",
            "/CN=localhost",
        ])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout"])
        .arg(dir.join("key.pem"))
        .arg("-out")
        .arg(dir.join("cert.pem")));
}

/// A folder of generated mail. `name` is the IMAP name (`INBOX`, `Sent`, `Work/Reports`).
pub struct Mailbox {
    pub name: &'static str,
    pub mails: Vec<Mail>,
}

pub struct Mail {
    pub message_id: String,
    /// Maildir flag letters, sorted: D draft, F flagged, R answered, S seen, T deleted.
    pub flags: &'static str,
    /// Received, epoch seconds.
    pub at: u64,
    pub raw: Vec<u8>,
}

impl Mailbox {
    fn write(&self, root: &Path) {
        // Maildir++ (Dovecot's default layout): folders are dotted, names in modified UTF-7.
        let dir = if self.name == "INBOX" { root.to_owned() } else { root.join(format!(".{}", self.name.replace('/', "."))) };
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(dir.join(sub)).unwrap();
        }
        for (n, mail) in self.mails.iter().enumerate() {
            let path = dir.join("cur").join(format!("{}.M{n:06}P1.host,S={}:2,{}", mail.at, mail.raw.len(), mail.flags));
            fs::write(&path, &mail.raw).unwrap();
            let when = SystemTime::UNIX_EPOCH + Duration::from_secs(mail.at);
            fs::File::options().write(true).open(&path).unwrap().set_modified(when).unwrap();
        }
    }

    /// `count` mails, one a minute, ending at `until`; every shape that a client must survive now and then.
    pub fn generate(name: &'static str, count: usize, until: u64) -> Self {
        let tag = name.replace(['/', '&', '-'], "").to_lowercase();
        let mails = (0..count)
            .map(|n| {
                let message_id = format!("{tag}.{n}@corpus.example");
                let flags = ["", "S", "FS", "RS", "S"][n % 5];
                Mail { raw: message(&message_id, &tag, n), message_id, flags, at: until - 60 * (count - n) as u64 }
            })
            .collect();
        Self { name, mails }
    }
}

fn message(message_id: &str, tag: &str, n: usize) -> Vec<u8> {
    let mut head = format!(
        "From: Person {p} <person{p}@corpus.example>\r\nTo: test@corpus.example\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\nSubject: {tag} number {n}\r\nMIME-Version: 1.0\r\n",
        p = n % 17
    );
    // Some are folded, as long ids are in the wild.
    let fold = if n % 50 == 49 { "\r\n" } else { "" };
    head.push_str(&format!("Message-ID:{fold} <{message_id}>\r\n"));
    if n % 7 == 3 && n > 3 {
        head.push_str(&format!("In-Reply-To: <{tag}.{}@corpus.example>\r\n", n - 1));
    }
    let body = match n % 40 {
        11 => {
            let mut raw = format!("{head}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n").into_bytes();
            raw.extend_from_slice("Grüße, здравствуйте, 你好\r\n".repeat(5).as_bytes());
            return raw;
        }
        // Larger than one window of the client, and not a multiple of it.
        23 => format!("Content-Type: text/plain\r\n\r\n{}", "A line of a large mail, number 0123456789.\r\n".repeat(7_000)),
        31 => {
            "Content-Type: multipart/alternative; boundary=xyz\r\n\r\n--xyz\r\nContent-Type: text/plain\r\n\r\nplain\r\n--xyz\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--xyz--\r\n".to_owned()
        }
        _ => format!("Content-Type: text/plain\r\n\r\nHello number {n} of {tag}.\r\n.\r\n{{5}}\r\na1 OK not really\r\n"),
    };
    format!("{head}{body}").into_bytes()
}

/// A second client with no mercy: raw commands, blocking.
pub struct RawImap {
    stream: BufReader<TcpStream>,
    tag: u32,
}

impl RawImap {
    pub fn connect(port: u16, user: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // A literal is written in two pieces: the second must not wait for the acknowledgement of the first.
        stream.set_nodelay(true).unwrap();
        let mut client = Self { stream: BufReader::new(stream), tag: 0 };
        client.line();
        client.run(&format!("LOGIN {user} {PASSWORD}"));
        client
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).unwrap();
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// Runs a command that must succeed; returns its untagged lines (literals inlined as lines).
    pub fn run(&mut self, command: &str) -> Vec<String> {
        self.attempt(command).unwrap_or_else(|refusal| panic!("{command}: {refusal}"))
    }

    /// Untagged lines, or what the server said instead of OK.
    fn attempt(&mut self, command: &str) -> Result<Vec<String>, String> {
        self.tag += 1;
        let tag = format!("r{}", self.tag);
        self.stream.get_mut().write_all(format!("{tag} {command}\r\n").as_bytes()).unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if let Some(rest) = line.strip_prefix(&format!("{tag} ")) {
                return if rest.starts_with("OK") { Ok(lines) } else { Err(rest.to_owned()) };
            }
            lines.push(line);
        }
    }

    /// Adds a message to a mailbox.
    pub fn append(&mut self, mailbox: &str, raw: &[u8]) {
        self.tag += 1;
        let tag = format!("r{}", self.tag);
        self.stream.get_mut().write_all(format!("{tag} APPEND \"{mailbox}\" {{{}}}\r\n", raw.len()).as_bytes()).unwrap();
        assert!(self.line().starts_with('+'));
        self.stream.get_mut().write_all(raw).unwrap();
        self.stream.get_mut().write_all(b"\r\n").unwrap();
        while !self.line().starts_with(&tag) {}
    }

    /// (Message-ID, flags sorted) of everything in a mailbox, sorted: the truth that a client is compared with.
    pub fn truth(&mut self, mailbox: &str) -> Vec<(String, String)> {
        let examine = format!("EXAMINE \"{mailbox}\"");
        // Dovecot stumbles over its own index, now and then, when a folder was made anew a moment ago; it rebuilds it then.
        let stumbled = |refusal: &String| refusal.contains("[SERVERBUG]");
        if self.attempt(&examine).as_ref().is_err_and(stumbled) {
            std::thread::sleep(Duration::from_millis(200));
            self.run(&examine);
        }
        let lines = self.run("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])");
        let mut out = Vec::new();
        let mut flags = String::new();
        for line in lines {
            if let Some((_, rest)) = line.split_once("FLAGS (") {
                let mut names: Vec<&str> =
                    rest.split_once(')').unwrap().0.split(' ').filter(|f| f.starts_with('\\') && *f != "\\Recent").collect();
                names.sort_unstable();
                flags = names.join(" ");
            }
            if let (Some(open), Some(close)) = (line.find('<'), line.find('>'))
                && !line.starts_with('*')
            {
                out.push((line[open + 1..close].to_owned(), flags.clone()));
            }
        }
        out.sort();
        out
    }
}
