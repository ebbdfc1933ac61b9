//! The servers that a voyage calls at, seen from their own side: what others do to a mailbox there, and what is in it.

use std::{
    collections::BTreeSet,
    path::Path,
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sandbox::{Sandbox, smtp_sink::SmtpSink};

use crate::dovecot::{Dovecot, PASSWORD, RawImap};

/// Where a mail can lie. On IMAP it lies in exactly one of them; Gmail's are labels, and a mail without any is archived.
pub const FOLDERS: [&str; 5] = ["INBOX", "Archive", "Sent", "Trash", "Work"];
pub type Places = BTreeSet<&'static str>;
/// (places, Message-ID, flags) of a mail.
pub type Seen = (String, String, String);

/// The servers that all voyages share; every voyage has users of its own.
pub struct Harbour {
    pub dovecot: Dovecot,
    pub certificate: (String, String),
    pub pin: String,
}

impl Harbour {
    pub fn build() -> Self {
        // Any user name, a mailbox each. A torn sign-in is no attack: without this, the next one from the same address has to wait.
        let extra = format!(
            "passdb {{\n driver = static\n args = password={PASSWORD}\n}}\n\
             userdb {{\n driver = static\n args = uid=mail gid=mail home=STATE\n}}\n\
             mail_location = maildir:STATE/mail/%u:INDEX=STATE/index/%u\n\
             service anvil {{\n unix_listener anvil-auth-penalty {{\n mode = 0\n }}\n}}\n"
        );
        let dovecot = Dovecot::start(&[], &extra);
        let read = |name: &str| std::fs::read_to_string(dovecot.path().join(name)).unwrap();
        let certificate = (read("cert.pem"), read("key.pem"));
        let pin = pin_of(&dovecot.certificate());
        Self { dovecot, certificate, pin }
    }

    pub fn forget(&self, user: &str) {
        for part in ["mail", "index"] {
            let _ = std::fs::remove_dir_all(self.dovecot.path().join(part).join(user));
        }
    }
}

/// SHA-256 of the certificate, as a person would compare it.
fn pin_of(certificate: &Path) -> String {
    let output = Command::new("openssl").args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(certificate).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().split_once('=').unwrap_or_else(|| panic!("no fingerprint in {text:?}")).1.to_owned()
}

/// Something that happens at the server, by another program of the person or by the provider itself.
#[derive(Clone, Debug)]
pub enum Change {
    Deliver {
        id: String,
        folder: &'static str,
        raw: Arc<Vec<u8>>,
    },
    Delete {
        id: String,
        from: &'static str,
    },
    Move {
        id: String,
        from: &'static str,
        to: &'static str,
    },
    Flag {
        id: String,
        within: &'static str,
        flag: Flag,
        on: bool,
    },
    /// IMAP: the folder is made anew. Its mails are all there, under other UIDs and another UIDVALIDITY.
    Recreate {
        folder: &'static str,
    },
    /// Gmail: the history up to now is forgotten.
    ForgetHistory,
    /// Gmail: access tokens turn stale.
    StaleTokens,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    Seen,
    Flagged,
}

pub enum Server {
    /// `port` and `user` are how to come back as a client that remembers nothing.
    Imap {
        other: Mutex<RawImap>,
        port: u16,
        user: String,
        sink: SmtpSink,
    },
    Gmail {
        sandbox: Arc<Sandbox>,
        email: String,
    },
}

impl Server {
    fn other(other: &Mutex<RawImap>) -> MutexGuard<'_, RawImap> {
        other.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub const fn is_gmail(&self) -> bool {
        matches!(self, Self::Gmail { .. })
    }

    /// Blocks.
    pub fn perform(&self, change: &Change) {
        match self {
            Self::Imap { other, port, user, .. } => {
                let mut other = Self::other(other);
                at_imap(&mut other, change);
                if let Change::Recreate { .. } = change {
                    // Dovecot takes the index that this session still has in mind for a corruption of the new one.
                    *other = RawImap::connect(*port, user);
                }
            }
            Self::Gmail { sandbox, email } => at_gmail(sandbox, email, change),
        }
    }

    /// Everything that is there, sorted.
    pub fn truth(&self) -> Vec<Seen> {
        let mut all: Vec<Seen> = match self {
            Self::Imap { other, .. } => {
                let mut other = Self::other(other);
                FOLDERS.iter().flat_map(|f| other.truth(f).into_iter().map(|(id, flags)| ((*f).to_owned(), id, flags))).collect()
            }
            Self::Gmail { sandbox, email } => {
                let work = label(sandbox, email, "Work");
                let seen = |m: sandbox::MessageState| {
                    let places = m.labels.iter().filter_map(|l| match l.as_str() {
                        "INBOX" => Some("INBOX"),
                        "SENT" => Some("Sent"),
                        "TRASH" => Some("Trash"),
                        l if l == work => Some("Work"),
                        "UNREAD" | "STARRED" => None,
                        other => panic!("a label from nowhere: {other}"),
                    });
                    let flags = flags(!m.labels.contains("UNREAD"), m.labels.contains("STARRED"));
                    (shown(&places.collect()), bare(&m.message_id.unwrap_or_default()), flags)
                };
                sandbox.messages(email).into_iter().map(seen).collect()
            }
        };
        all.sort();
        all
    }

    /// Message-IDs of what went out with this subject.
    pub fn sent(&self, subject: &str) -> Vec<String> {
        match self {
            Self::Imap { sink, .. } => {
                let line = format!("Subject: {subject}\r\n");
                let all = sink.received().into_iter().map(|m| String::from_utf8_lossy(&m.raw).into_owned());
                let id = |raw: String| bare(raw.lines().find_map(|l| l.strip_prefix("Message-ID: ")).unwrap());
                all.filter(|raw| raw.contains(&line)).map(id).collect()
            }
            Self::Gmail { sandbox, email } => {
                let all = sandbox.sent(email).into_iter().filter(|m| m.subject == subject);
                all.map(|m| bare(&m.message_id.unwrap_or_default())).collect()
            }
        }
    }
}

fn bare(id: &str) -> String {
    id.trim().trim_matches(['<', '>']).to_owned()
}

pub fn shown(places: &Places) -> String {
    places.iter().copied().collect::<Vec<_>>().join("+")
}

pub fn flags(seen: bool, flagged: bool) -> String {
    [(flagged, "\\Flagged"), (seen, "\\Seen")].iter().filter(|(on, _)| *on).map(|(_, f)| *f).collect::<Vec<_>>().join(" ")
}

fn at_imap(other: &mut RawImap, change: &Change) {
    let mut select = |folder: &str| other.run(&format!("SELECT {folder}")).len();
    match change {
        Change::Deliver { folder, raw, .. } => other.append(folder, raw),
        Change::Delete { id, from } => {
            select(from);
            let uid = uid(other, id);
            other.run(&format!("UID STORE {uid} +FLAGS (\\Deleted)"));
            other.run(&format!("UID EXPUNGE {uid}"));
        }
        Change::Move { id, from, to } => {
            select(from);
            let uid = uid(other, id);
            other.run(&format!("UID MOVE {uid} {to}"));
        }
        Change::Flag { id, within, flag, on } => {
            select(within);
            let uid = uid(other, id);
            other.run(&format!("UID STORE {uid} {}FLAGS (\\{flag:?})", if *on { '+' } else { '-' }));
        }
        Change::Recreate { folder } => {
            other.run("CREATE Afresh");
            other.run(&format!("SELECT {folder}"));
            let filled = other.run("UID SEARCH ALL").iter().any(|l| l.trim_end() != "* SEARCH" && l.starts_with("* SEARCH"));
            if filled {
                other.run("UID COPY 1:* Afresh");
            }
            other.run("SELECT INBOX");
            other.run(&format!("DELETE {folder}"));
            other.run(&format!("RENAME Afresh {folder}"));
        }
        Change::ForgetHistory | Change::StaleTokens => unreachable!("not on IMAP"),
    }
}

fn uid(other: &mut RawImap, id: &str) -> String {
    let found = other.run(&format!("UID SEARCH HEADER Message-ID {id}"));
    let uids = found.iter().find_map(|l| l.strip_prefix("* SEARCH ")).unwrap_or_else(|| panic!("{id}: {found:?}"));
    assert!(!uids.trim().contains(' '), "{id} is there twice: {uids}");
    uids.trim().to_owned()
}

fn label(sandbox: &Sandbox, email: &str, name: &str) -> String {
    match name {
        "Sent" => "SENT".to_owned(),
        "Trash" => "TRASH".to_owned(),
        "INBOX" => "INBOX".to_owned(),
        _ => sandbox.labels(email).into_iter().find(|(_, n)| n == name).unwrap_or_else(|| panic!("no label {name}")).0,
    }
}

fn at_gmail(sandbox: &Sandbox, email: &str, change: &Change) {
    let find = |id: &str| {
        let found = sandbox.messages(email).into_iter().find(|m| m.message_id.as_deref().is_some_and(|m| bare(m) == id));
        found.unwrap_or_else(|| panic!("{id} is not there")).id
    };
    match change {
        Change::Deliver { folder, raw, .. } => {
            let label = label(sandbox, email, folder);
            sandbox.insert(email, raw, &[&label, "UNREAD"], sandbox.now()).unwrap();
        }
        Change::Delete { id, .. } => assert!(sandbox.delete(email, &find(id))),
        Change::Move { id, from, to } => {
            let (from, to) = (label(sandbox, email, from), label(sandbox, email, to));
            assert!(sandbox.relabel(email, &find(id), &[&to], &[&from]));
        }
        Change::Flag { id, flag, on, .. } => {
            let (label, add) = match flag {
                Flag::Seen => ("UNREAD", !*on),
                Flag::Flagged => ("STARRED", *on),
            };
            let (add, remove): (&[&str], &[&str]) = if add { (&[label], &[]) } else { (&[], &[label]) };
            assert!(sandbox.relabel(email, &find(id), add, remove));
        }
        Change::ForgetHistory => sandbox.expire_history(email),
        Change::StaleTokens => sandbox.expire_access_tokens(sandbox::Provider::Google),
        Change::Recreate { .. } => unreachable!("Gmail has no folders"),
    }
}
