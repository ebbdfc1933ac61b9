//! One IMAP connection: commands out, responses in.
//!
//! The caller pulls [`Event`]s, so that a literal of any size can be handed on while it arrives. A session whose command was
//! not read to its end (an error, a cancelled future) is *unsettled* and must be dropped: the stream no longer lines up with
//! what was asked.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use domain::error::ProviderError;

use super::{
    frame::{Frame, Framer},
    parse::{self, Code, Fetched, Part, Response, Said, Status},
    refusal::{self, During},
};
use crate::mailnet::{Link, SILENCE};

/// Literals up to this size are kept in the response; larger ones are announced first.
const KEEP: u64 = 64 * 1024;
/// All kept literals of one response.
const MAX_KEPT: u64 = 12 * 1024 * 1024;
/// All answers to the commands under way, what is streamed on apart. Each answer counts for [`ANSWER`] bytes more than it has, so that
/// empty ones end too.
pub(crate) const MAX_HEARD: u64 = 512 * 1024 * 1024;
/// The same for a command that only a broken server answers at length: all but FETCH, SEARCH, LIST and a SELECT that catches up.
pub(crate) const BRIEF: u64 = 8 * 1024 * 1024;
const ANSWER: u64 = 64;
/// More extensions than exist.
const MAX_ENABLED: usize = 100;

/// A command: text with literals in between. No secret is ever logged because no command is.
#[derive(Default)]
pub(crate) struct Command {
    parts: Vec<CommandPart>,
}

enum CommandPart {
    Text(Vec<u8>),
    Literal(Vec<u8>),
}

impl Command {
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        Self { parts: vec![CommandPart::Text(text.into())] }
    }
    #[must_use]
    pub fn text(mut self, text: impl AsRef<[u8]>) -> Self {
        if let Some(CommandPart::Text(last)) = self.parts.last_mut() {
            last.extend_from_slice(text.as_ref());
        } else {
            self.parts.push(CommandPart::Text(text.as_ref().to_vec()));
        }
        self
    }
    #[must_use]
    pub fn literal(mut self, bytes: Vec<u8>) -> Self {
        self.parts.push(CommandPart::Literal(bytes));
        self
    }
    /// A quoted string where that is possible, else a literal.
    #[must_use]
    pub fn string(self, bytes: &[u8], utf8: bool) -> Self {
        match super::names::quoted(bytes, utf8) {
            Some(quoted) => self.text(quoted),
            None => self.literal(bytes.to_vec()),
        }
    }
}

pub(crate) enum Event {
    Response(Response),
    /// A literal larger than 64 KiB begins. `fetch` is what was said before it. Take it with [`Session::piece`] until None,
    /// or keep it with [`Session::keep`]; what is not taken is thrown away.
    Literal {
        fetch: Option<Box<Fetched>>,
        size: u64,
    },
    Done {
        tag: String,
        said: Said,
    },
}

/// What is known of the selected mailbox while it is selected.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    pub id: String,
    pub uid_validity: u32,
    pub exists: u32,
    pub writable: bool,
    pub permanent_flags: Vec<String>,
    /// An EXPUNGE or VANISHED came since: sequence numbers have moved.
    pub expunged: bool,
}

pub(crate) struct Session {
    link: Option<Link>,
    host: String,
    framer: Framer,
    next_tag: u32,
    /// Commands sent and not answered.
    open: u32,
    /// Text and literals of the response being read.
    parts: Vec<Part>,
    kept: u64,
    /// Since the last time that nothing was under way.
    heard: u64,
    /// The bound on it for what is under way.
    most: u64,
    /// Of the announced large literal.
    literal: Option<(u64, u64)>,
    pub capabilities: Vec<String>,
    pub enabled: Vec<String>,
    pub current: Option<Current>,
    /// `[ALERT]` texts: the server wants the person to see them.
    pub alerts: Vec<String>,
    bye: Option<Said>,
    pub last_used: Instant,
}

impl Session {
    /// Waits for the greeting. True: already signed in (PREAUTH).
    pub async fn greet(link: Link) -> Result<(Self, bool), ProviderError> {
        let mut session = Self {
            host: link.host().to_owned(),
            link: Some(link),
            framer: Framer::default(),
            next_tag: 0,
            open: 0,
            parts: Vec::new(),
            kept: 0,
            heard: 0,
            most: BRIEF,
            literal: None,
            capabilities: Vec::new(),
            enabled: Vec::new(),
            current: None,
            alerts: Vec::new(),
            bye: None,
            last_used: Instant::now(),
        };
        match session.next(SILENCE).await? {
            Event::Response(Response::Said(said)) => match said.status {
                Status::Ok => Ok((session, false)),
                Status::Preauth => Ok((session, true)),
                _ => Err(refusal::error(&session.host, &said, During::Greeting)),
            },
            _ => Err(session.wrong("the greeting is missing")),
        }
    }

    pub fn host(&self) -> &str {
        &self.host
    }
    pub fn port(&self) -> u16 {
        self.link.as_ref().map_or(0, Link::port)
    }
    pub fn encrypted(&self) -> bool {
        self.link.as_ref().is_some_and(Link::encrypted)
    }
    pub fn has(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c == capability)
    }
    pub fn is_enabled(&self, extension: &str) -> bool {
        self.enabled.iter().any(|c| c == extension)
    }
    pub fn utf8(&self) -> bool {
        self.is_enabled("UTF8=ACCEPT")
    }
    /// Whether the next command can be sent: nothing is half read and the server has not said goodbye.
    pub fn is_settled(&self) -> bool {
        self.open == 0 && self.parts.is_empty() && self.literal.is_none() && self.bye.is_none() && self.link.is_some()
    }
    pub fn wrong(&self, detail: impl Into<String>) -> ProviderError {
        ProviderError::Protocol { host: self.host.clone(), protocol: "IMAP", detail: detail.into() }
    }
    /// What a NO or BAD means here, with the server's own alert where it gave one.
    pub fn refused(&self, said: &Said, during: During) -> ProviderError {
        refusal::error(&self.host, said, during)
    }

    /// STARTTLS has been accepted: encrypts, forgets everything learnt before. Bytes that came with the answer were not
    /// protected and could be anyone's: refused (RFC 9051 section 11.1).
    pub async fn encrypt(&mut self, tls: &crate::tls::TlsContext) -> Result<(), ProviderError> {
        if !self.framer.is_clean() || !self.parts.is_empty() {
            return Err(self.wrong("data was slipped in before encryption began"));
        }
        let link = self.link.take().ok_or_else(|| self.wrong("no connection"))?;
        self.link = Some(link.encrypt(tls).await?);
        self.capabilities.clear();
        self.alerts.clear();
        Ok(())
    }

    /// Sends a command and returns its tag. Literals wait for the server's go-ahead unless it takes them at once
    /// (RFC 7888); an answer other than that ends the command, so the caller reads on as always.
    pub async fn send(&mut self, command: Command) -> Result<String, ProviderError> {
        self.next_tag = self.next_tag.wrapping_add(1);
        let tag = format!("a{}", self.next_tag);
        if self.open == 0 {
            self.heard = 0;
            self.most = BRIEF;
        }
        self.open += 1;
        let mut out = BytesMut::new();
        out.extend_from_slice(tag.as_bytes());
        out.extend_from_slice(b" ");
        for part in command.parts {
            match part {
                CommandPart::Text(text) => out.extend_from_slice(&text),
                CommandPart::Literal(bytes) => {
                    let at_once = self.has("LITERAL+") || (bytes.len() <= 4096 && (self.has("LITERAL-") || self.has("IMAP4REV2")));
                    out.extend_from_slice(format!("{{{}{}}}\r\n", bytes.len(), if at_once { "+" } else { "" }).as_bytes());
                    if !at_once {
                        self.write(&out.split()).await?;
                        self.go_ahead().await?;
                    }
                    if bytes.len() > 16 * 1024 {
                        self.write_only(&out.split()).await?;
                        self.write_only(&bytes).await?;
                    } else {
                        out.extend_from_slice(&bytes);
                    }
                }
            }
        }
        out.extend_from_slice(b"\r\n");
        self.write(&out).await?;
        Ok(tag)
    }

    /// Sends bytes outside of a command: a SASL response, DONE.
    pub async fn say(&mut self, line: &[u8]) -> Result<(), ProviderError> {
        self.write(line).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.write_only(bytes).await?;
        match &mut self.link {
            Some(link) => link.flush().await,
            None => Err(self.wrong("no connection")),
        }
    }

    async fn write_only(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.last_used = Instant::now();
        match &mut self.link {
            Some(link) => link.write(bytes).await,
            None => Err(self.wrong("no connection")),
        }
    }

    /// Waits for `+`. A tagged answer instead is the server's refusal of the literal.
    async fn go_ahead(&mut self) -> Result<(), ProviderError> {
        loop {
            match self.next(SILENCE).await? {
                Event::Response(Response::Continue { .. }) => return Ok(()),
                Event::Done { said, .. } => return Err(refusal::error(&self.host, &said, During::Write)),
                Event::Response(_) | Event::Literal { .. } => {}
            }
        }
    }

    /// The next event. `silence` limits every single wait for bytes.
    pub async fn next(&mut self, silence: Duration) -> Result<Event, ProviderError> {
        while self.piece().await?.is_some() {}
        loop {
            match self.frame(silence).await? {
                Frame::Text { text, literal } => {
                    self.heard += text.len() as u64 + ANSWER;
                    if self.heard > self.most {
                        return Err(self.wrong("answers without measure"));
                    }
                    self.parts.push(Part::Text(text));
                    match literal {
                        None => {
                            let parts = std::mem::take(&mut self.parts);
                            self.kept = 0;
                            let response = parse::parse(&parts).map_err(|why| self.wrong(why))?;
                            return self.note(response);
                        }
                        Some(0) => self.parts.push(Part::Literal(Bytes::new())),
                        Some(size) if size > KEEP => {
                            self.literal = Some((size, size));
                            return Ok(Event::Literal { fetch: parse::peek_fetch(&self.parts).map(Box::new), size });
                        }
                        Some(size) => {
                            self.literal = Some((size, size));
                            self.keep().await?;
                        }
                    }
                }
                Frame::Data { .. } => return Err(self.wrong("a literal that was not announced")),
            }
        }
    }

    /// Some bytes of the announced literal; None when it is over.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, ProviderError> {
        let Some((size, left)) = self.literal else { return Ok(None) };
        if left == 0 {
            self.literal = None;
            self.parts.push(Part::Streamed(size));
            return Ok(None);
        }
        match self.frame(SILENCE).await? {
            Frame::Data { bytes, left } => {
                self.literal = Some((size, left));
                Ok(Some(bytes))
            }
            Frame::Text { .. } => Err(self.wrong("a literal broke off")),
        }
    }

    /// Keeps the announced literal in the response after all.
    pub async fn keep(&mut self) -> Result<(), ProviderError> {
        let Some((size, _)) = self.literal else { return Ok(()) };
        self.kept += size;
        self.heard += size;
        if self.kept > MAX_KEPT {
            return Err(self.wrong("a response of more than 12 MiB"));
        }
        let mut bytes = BytesMut::with_capacity(usize::try_from(size).unwrap_or(0));
        while let Some((_, left)) = self.literal
            && left > 0
        {
            match self.piece().await? {
                Some(piece) => bytes.extend_from_slice(&piece),
                None => break,
            }
        }
        self.literal = None;
        self.parts.push(Part::Literal(bytes.freeze()));
        Ok(())
    }

    async fn frame(&mut self, silence: Duration) -> Result<Frame, ProviderError> {
        loop {
            match self.framer.next() {
                Err(why) => return Err(self.wrong(why)),
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => {}
            }
            let Some(link) = &mut self.link else { return Err(self.wrong("no connection")) };
            if let Err(lost) = link.read(&mut self.framer.buffer, silence).await {
                // A goodbye explains a closed connection better than the closing does.
                return Err(match &self.bye {
                    Some(said) => refusal::error(&self.host, said, During::Goodbye),
                    None => lost,
                });
            }
        }
    }

    /// Keeps what a response says about the session itself.
    fn note(&mut self, response: Response) -> Result<Event, ProviderError> {
        match &response {
            Response::Capability(list) => self.capabilities.clone_from(list),
            Response::Enabled(list) => {
                for extension in list {
                    if self.enabled.len() < MAX_ENABLED && !self.enabled.contains(extension) {
                        self.enabled.push(extension.clone());
                    }
                }
            }
            Response::Exists(n) => {
                if let Some(current) = &mut self.current {
                    current.exists = *n;
                }
            }
            Response::Expunge => self.expunged(1),
            Response::Vanished { earlier: false, uids } => self.expunged(u32::try_from(uids.len()).unwrap_or(u32::MAX)),
            Response::Said(said) | Response::Tagged { said, .. } => {
                match &said.code {
                    Some(Code::Capability(list)) => self.capabilities.clone_from(list),
                    Some(Code::Alert) if self.alerts.len() < 8 => self.alerts.push(said.text.clone()),
                    _ => {}
                }
                if said.status == Status::Bye {
                    self.bye = Some(said.clone());
                }
            }
            _ => {}
        }
        if let Response::Tagged { tag, said } = response {
            if self.open == 0 {
                return Err(self.wrong("an answer to nothing"));
            }
            self.open -= 1;
            self.last_used = Instant::now();
            return Ok(Event::Done { tag, said });
        }
        Ok(Event::Response(response))
    }

    fn expunged(&mut self, count: u32) {
        if let Some(current) = &mut self.current {
            current.exists = current.exists.saturating_sub(count);
            current.expunged = true;
        }
    }

    /// So much may be answered to what has just been sent.
    pub fn allow(&mut self, most: u64) {
        self.most = most;
    }

    /// Runs one command and shows every untagged response to `see`. Large literals are dropped.
    pub async fn run(
        &mut self,
        command: Command,
        see: impl FnMut(Response) -> Result<(), &'static str> + Send,
    ) -> Result<Said, ProviderError> {
        self.run_within(BRIEF, command, see).await
    }

    /// [`Self::run`] with a bound of its own on all answers together.
    pub async fn run_within(
        &mut self,
        most: u64,
        command: Command,
        mut see: impl FnMut(Response) -> Result<(), &'static str> + Send,
    ) -> Result<Said, ProviderError> {
        let tag = self.send(command).await?;
        self.allow(most);
        loop {
            match self.next(SILENCE).await? {
                Event::Done { tag: done, said } if done == tag => return Ok(said),
                Event::Done { .. } => return Err(self.wrong("an answer to another command")),
                Event::Response(response) => see(response).map_err(|why| self.wrong(why))?,
                Event::Literal { .. } => {}
            }
        }
    }

    /// [`Self::run`], with anything but OK as an error.
    pub async fn ok(
        &mut self,
        command: Command,
        during: During,
        see: impl FnMut(Response) -> Result<(), &'static str> + Send,
    ) -> Result<Said, ProviderError> {
        let said = self.run(command, see).await?;
        if said.status == Status::Ok { Ok(said) } else { Err(self.refused(&said, during)) }
    }

    /// Says goodbye without waiting for long.
    pub async fn logout(mut self) {
        if self.is_settled() {
            let goodbye = async {
                if self.send(Command::new("LOGOUT")).await.is_ok() {
                    while let Ok(event) = self.next(Duration::from_secs(1)).await {
                        if matches!(event, Event::Done { .. }) {
                            break;
                        }
                    }
                }
            };
            let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
        }
        if let Some(mut link) = self.link.take() {
            link.shutdown().await;
        }
    }
}
