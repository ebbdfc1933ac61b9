//! One account of a voyage: its server, the lines to it, and what should be in it by all that was done.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    SecretString,
    audit::Actor,
    connection::{Security, ServerEndpoint, SyncSelection},
    ids::{AccountId, ConnectionId, MailboxId, OutboxId},
    mail::{Address, MailboxRole, MessageSummary},
};
use engine::{
    Engine,
    views::{Action, BeginOAuth, ConnectImap, ImapAuth, OAuthIntent, SendMail, SendOptions},
};
use sandbox::{
    Provider, Sandbox, SandboxOptions,
    smtp_sink::{SinkOptions, SinkSecurity, SmtpSink},
};
use store::MessageFilter;

use super::{
    proxy::{Fault, Proxy},
    server::{Change, FOLDERS, Flag, Harbour, Places, Server},
};
use crate::{dovecot::PASSWORD, support::Rng};

/// Where and how one mail should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub places: Places,
    pub seen: bool,
    pub flagged: bool,
    /// As it was delivered; None for the copies of what was sent.
    pub raw: Option<Arc<Vec<u8>>>,
    /// A word that is in no other mail.
    pub word: String,
}

impl Expected {
    /// The one place that a change there is made from. Gmail's archive is none.
    fn folder(&self) -> Option<&'static str> {
        ["Trash", "INBOX", "Work", "Sent", "Archive"].into_iter().find(|f| self.places.contains(f))
    }
}

pub struct Berth {
    pub email: String,
    pub server: Arc<Server>,
    pub account: AccountId,
    pub encrypted: bool,
    /// To the mailbox; of Gmail, to everything.
    pub line: Proxy,
    /// To where mail is sent, if that is another one.
    pub smtp: Option<Proxy>,
    pub folders: BTreeMap<&'static str, MailboxId>,
    pub expected: BTreeMap<String, Expected>,
    pub sends: Vec<(OutboxId, String)>,
    /// Words of mails that are gone.
    pub gone: Vec<String>,
    named: usize,
}

impl Berth {
    pub async fn imap(engine: &Engine, harbour: &Harbour, user: &str, encrypted: bool) -> Self {
        harbour.forget(user);
        let mut other = harbour.dovecot.client_of(user);
        for folder in &FOLDERS[1..] {
            other.run(&format!("CREATE {folder}"));
        }
        let options = SinkOptions {
            security: if encrypted { SinkSecurity::Tls } else { SinkSecurity::Plain },
            certificate: encrypted.then(|| harbour.certificate.clone()),
            ..SinkOptions::default()
        };
        let sink = SmtpSink::start(options).await.unwrap();
        let line = Proxy::start(if encrypted { harbour.dovecot.tls_port } else { harbour.dovecot.port }).await;
        let smtp = Proxy::start(sink.port()).await;
        let at = |port| ServerEndpoint {
            host: "127.0.0.1".into(),
            port,
            security: if encrypted { Security::Tls } else { Security::None },
            pinned: encrypted.then(|| harbour.pin.clone()),
        };
        let email = format!("{user}@corpus.example");
        let connect = ConnectImap {
            email: email.clone(),
            display_name: "Test".into(),
            username: user.to_owned(),
            imap: at(line.port),
            smtp: Some(at(smtp.port)),
            auth: ImapAuth::Password(SecretString::from(PASSWORD.to_owned())),
            selection: SyncSelection::default(),
            actor: Actor::Person,
        };
        let connection = engine.connect_imap(connect).await.unwrap().connection.id;
        let server = Server::Imap { other: other.into(), port: harbour.dovecot.port, user: user.to_owned(), sink };
        Self::new(engine, email, server, connection, encrypted, line, Some(smtp)).await
    }

    /// `sandbox` runs by its own clock and lies behind `line`, as its entry in the home's configuration says ([`gmail_config`]).
    pub async fn gmail(engine: &Engine, sandbox: &Arc<Sandbox>, line: Proxy, email: &str) -> Self {
        sandbox.consent_as(Provider::Google, email);
        sandbox.create_label(email, "Work").unwrap();
        let begin = BeginOAuth { integration: "google".into(), intent: OAuthIntent::New, login_hint: None, actor: Actor::Person };
        let start = engine.begin_oauth(begin).await.unwrap();
        host::visit(&start.authorize_url).await.unwrap();
        let connection = engine.wait_oauth(&start.attempt).await.unwrap().id;
        let server = Server::Gmail { sandbox: Arc::clone(sandbox), email: email.to_owned() };
        Self::new(engine, email.to_owned(), server, connection, false, line, None).await
    }

    async fn new(
        engine: &Engine,
        email: String,
        server: Server,
        connection: ConnectionId,
        encrypted: bool,
        line: Proxy,
        smtp: Option<Proxy>,
    ) -> Self {
        let account = engine.accounts().await.unwrap().into_iter().find(|a| a.connection == connection).unwrap().id;
        Self {
            email,
            server: Arc::new(server),

            account,
            encrypted,
            line,
            smtp,
            folders: BTreeMap::new(),
            expected: BTreeMap::new(),
            sends: Vec::new(),
            gone: Vec::new(),
            named: 0,
        }
    }

    /// Anew after every leg: a folder that was made anew may be another one here.
    pub async fn learn_folders(&mut self, engine: &Engine) {
        let all = engine.store().mailboxes(Some(self.account)).await.unwrap();
        let gmail = self.server.is_gmail();
        self.folders = all
            .into_iter()
            .filter_map(|m| {
                let name = match m.role {
                    Some(MailboxRole::Inbox) => "INBOX",
                    Some(MailboxRole::Sent) => "Sent",
                    Some(MailboxRole::Trash) => "Trash",
                    Some(MailboxRole::All) if gmail => "Archive",
                    _ => FOLDERS.into_iter().find(|f| *f == m.name)?,
                };
                Some((name, m.id))
            })
            .collect();
        assert_eq!(self.folders.len(), FOLDERS.len(), "{:?}", self.folders);
    }

    /// Everything that is here of this account.
    pub async fn local(&self, engine: &Engine) -> Vec<MessageSummary> {
        let filter = MessageFilter { account: Some(self.account), ..MessageFilter::default() };
        engine.store().messages(&filter, None, 10_000).await.unwrap().items
    }

    pub fn name(&mut self) -> String {
        self.named += 1;
        format!("w{}x{}", self.email.split('@').next().unwrap_or_default().replace('.', ""), self.named)
    }

    /// A new mail, as another server would bring it.
    pub fn letter(&mut self, rng: &mut Rng, folder: &'static str) -> Change {
        let word = self.name();
        let length = match rng.below(12) {
            // Beyond what is kept in a row, and more than one window of the client.
            0 => 300_000,
            1 => 40_000,
            n => 50 * n,
        };
        let filler = "A line of the mail, with a number 0123456789.\r\n".repeat(length as usize / 47 + 1);
        let raw = format!(
            "From: Ada <ada@elsewhere.example>\r\nTo: {}\r\nSubject: about {word}\r\nMessage-ID: <{word}@elsewhere.example>\r\n\
             Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\n{filler}.\r\n)\r\na1 OK not really {word}\r\n",
            self.email
        );
        Change::Deliver { id: format!("{word}@elsewhere.example"), folder, raw: Arc::new(raw.into_bytes()) }
    }

    /// Something that another program does to a mail, or the provider to all. None where there is nothing that it could be done to.
    pub fn draw_change(&mut self, rng: &mut Rng, free: impl Fn(&str, &Expected) -> bool) -> Option<Change> {
        let fit: Vec<&String> = self.expected.iter().filter(|(id, e)| e.folder().is_some() && free(id, e)).map(|(id, _)| id).collect();
        let id = (!fit.is_empty()).then(|| fit[rng.below(fit.len() as u64) as usize].clone())?;
        let mail = &self.expected[&id];
        let from = mail.folder()?;
        if self.server.is_gmail() && rng.below(6) == 0 {
            return Some(if rng.below(2) == 0 { Change::ForgetHistory } else { Change::StaleTokens });
        }
        Some(match rng.below(4) {
            0 => Change::Delete { id, from },
            1 if from != "Work" && !(self.server.is_gmail() && from == "Sent") => Change::Move { id, from, to: "Work" },
            2 => Change::Flag { on: !mail.flagged, id, within: from, flag: Flag::Flagged },
            _ => Change::Flag { on: !mail.seen, id, within: from, flag: Flag::Seen },
        })
    }

    /// What is to be expected once it has happened.
    pub fn note(&mut self, change: &Change) {
        let mail = |expected: &mut BTreeMap<String, Expected>, id: &str, f: &dyn Fn(&mut Expected)| f(expected.get_mut(id).unwrap());
        match change {
            Change::Deliver { id, folder, raw } => {
                let word = id.split('@').next().unwrap_or_default().to_owned();
                let mail = Expected { places: [*folder].into(), seen: false, flagged: false, raw: Some(Arc::clone(raw)), word };
                self.expected.insert(id.clone(), mail);
            }
            Change::Delete { id, .. } => self.bury(id),
            Change::Move { id, from, to } => mail(&mut self.expected, id, &|m| {
                m.places.remove(from);
                m.places.insert(to);
            }),
            Change::Flag { id, flag: Flag::Seen, on, .. } => mail(&mut self.expected, id, &|m| m.seen = *on),
            Change::Flag { id, flag: Flag::Flagged, on, .. } => mail(&mut self.expected, id, &|m| m.flagged = *on),
            Change::Recreate { .. } | Change::ForgetHistory | Change::StaleTokens => {}
        }
    }

    fn bury(&mut self, id: &str) {
        let gone = self.expected.remove(id).unwrap();
        self.gone.push(gone.word);
    }

    /// At the server now, and expected from now on.
    pub fn change(&mut self, change: &Change) {
        self.server.perform(change);
        self.note(change);
    }

    pub fn deliver(&mut self, rng: &mut Rng, folder: &'static str) {
        let letter = self.letter(rng, folder);
        self.change(&letter);
    }

    /// The same for what the person does here.
    pub fn acted(&mut self, id: &str, action: &Action) {
        let gmail = self.server.is_gmail();
        let to = match action {
            Action::Star { on } => return self.expected.get_mut(id).unwrap().flagged = *on,
            Action::Read { on } => return self.expected.get_mut(id).unwrap().seen = *on,
            Action::Move { to } => self.folders.iter().find(|(_, m)| *m == to).unwrap().0,
            Action::Trash => "Trash",
            _ => return self.bury(id),
        };
        let places = &mut self.expected.get_mut(id).unwrap().places;
        if !gmail {
            *places = [to].into();
            return;
        }
        // What is left is the inbox or the bin; other labels stay.
        let left = if places.contains("INBOX") { "INBOX" } else { "Trash" };
        places.remove(left);
        if to == "Trash" {
            places.remove("INBOX");
        }
        if to != "Archive" {
            places.insert(to);
        }
    }

    /// What goes out: the mail, and the word by which it is known.
    pub fn outgoing(&mut self, rng: &mut Rng) -> SendMail {
        let word = self.name();
        SendMail {
            from: Some(self.email.clone()),
            to: vec![Address { name: "Ada".into(), email: "ada@elsewhere.example".into() }],
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: format!("sent {word}"),
            text: format!("Written here: {word}.\n{}", "A line of what is sent.\n".repeat(1 << rng.below(10))),
            html: None,
            attachments: Vec::new(),
            in_reply_to: None,
            options: SendOptions::default(),
            actor: Actor::Person,
        }
    }

    pub async fn calm(&self) -> Vec<Fault> {
        let mut struck = self.line.calm().await;
        if let Some(smtp) = &self.smtp {
            struck.extend(smtp.calm().await);
        }
        struck
    }
}

/// A stand-in for Gmail, and what a home's configuration says about it when `port` is the way there. The sign-in page is reached directly:
/// it is the browser's, not ours.
pub async fn gmail_sandbox() -> Arc<Sandbox> {
    Arc::new(Sandbox::start(SandboxOptions { echo: false, ..SandboxOptions::default() }).await.unwrap())
}

pub fn gmail_config(sandbox: &Sandbox, port: u16) -> String {
    let (direct, through) = (sandbox.google_base(), format!("http://127.0.0.1:{port}"));
    let spoiled = ["token_url", "revoke_url", "userinfo_url", "gmail_url"];
    sandbox.config_toml().lines().fold(String::new(), |all, line| {
        let line = if spoiled.iter().any(|key| line.starts_with(key)) { line.replace(&direct, &through) } else { line.to_owned() };
        all + &line + "\n"
    })
}
