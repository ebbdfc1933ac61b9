//! One SMTP connection: replies, EHLO, STARTTLS, AUTH (RFC 5321, 3207, 4954, 2034).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::{Buf as _, BytesMut};
use domain::{
    SecretString,
    connection::{MailAuth, MailServers, Security, ServerEndpoint},
    error::ProviderError,
    source::Credentials,
};
use zeroize::Zeroizing;

use crate::{
    mailnet::{
        Link, SILENCE,
        sasl::{Mechanism, Peer, Sasl},
    },
    refusals::Refusals,
    tls::TlsContext,
};

/// A literal that is true everywhere and gives away nothing (PROVIDERS 4.5).
const EHLO: &str = "EHLO [127.0.0.1]\r\n";
const MAX_LINE: usize = 8 * 1024;
const MAX_LINES: usize = 256;

/// A complete reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub code: u16,
    /// Text of every line, without the code.
    pub lines: Vec<String>,
}

impl Reply {
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.code)
    }
    /// In the server's words, at most 500 characters, with its codes: that is what people paste into a search engine.
    pub fn words(&self) -> String {
        let text: String = self.lines.join(" ").chars().filter(|c| !c.is_control()).take(500).collect();
        format!("{} {text}", self.code).trim().to_owned()
    }
    /// What the reply means where it refuses a command.
    pub fn error(&self, host: &str) -> ProviderError {
        match self.code {
            530 | 534 | 535 | 538 => ProviderError::Auth(format!("{host} did not accept the sign-in: {}", self.words())),
            400..500 => ProviderError::Server { provider: host.to_owned(), detail: self.words() },
            _ => ProviderError::Refused(format!("{host} refused this: {}", self.words())),
        }
    }
}

/// Takes one complete reply off the buffer; `Ok(None)`: more bytes are needed.
pub(crate) fn take_reply(buffer: &mut BytesMut) -> Result<Option<Reply>, &'static str> {
    let mut rest: &[u8] = buffer;
    let mut lines = Vec::new();
    let mut code = None;
    loop {
        let Some(end) = rest.iter().position(|b| *b == b'\n') else {
            return if rest.len() > MAX_LINE { Err("a reply line without an end") } else { Ok(None) };
        };
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (Some(digits), tail) = (line.get(..3), line.get(3..).unwrap_or_default()) else { return Err("a reply without a code") };
        if line.len() > MAX_LINE || lines.len() >= MAX_LINES {
            return Err("a reply without an end");
        }
        let number: u16 = std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok()).ok_or("a reply without a code")?;
        if !(200..600).contains(&number) || *code.get_or_insert(number) != number {
            return Err("a reply with a code that is none");
        }
        let last = match tail.first() {
            None | Some(b' ') => true,
            Some(b'-') => false,
            Some(_) => return Err("a reply that can't be read"),
        };
        lines.push(String::from_utf8_lossy(tail.get(1..).unwrap_or_default()).into_owned());
        if last {
            let used = buffer.len() - rest.len();
            buffer.advance(used);
            return Ok(Some(Reply { code: number, lines }));
        }
    }
}

pub(crate) struct Session {
    link: Option<Link>,
    host: String,
    port: u16,
    buffer: BytesMut,
    /// EHLO keywords, upper case, with their parameters.
    pub extensions: Vec<String>,
}

impl Session {
    /// Connected, encrypted and signed in.
    pub async fn open(
        servers: &MailServers,
        endpoint: &ServerEndpoint,
        credentials: &dyn Credentials,
        tls: &TlsContext,
        refusals: &Refusals,
    ) -> Result<Self, ProviderError> {
        let link = Link::connect(endpoint, tls).await?;
        let mut session =
            Self { host: link.host().to_owned(), port: link.port(), link: Some(link), buffer: BytesMut::new(), extensions: Vec::new() };
        let greeting = session.reply(SILENCE).await?;
        if !greeting.is_ok() {
            return Err(greeting.error(&session.host));
        }
        session.hello().await?;
        if endpoint.security == Security::Starttls {
            session.encrypt(tls).await?;
        }
        session.sign_in(servers, credentials, refusals).await?;
        Ok(session)
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether EHLO listed this keyword, and with which parameters.
    pub fn extension(&self, keyword: &str) -> Option<&str> {
        self.extensions.iter().find_map(|e| {
            let rest = e.strip_prefix(keyword)?;
            (rest.is_empty() || rest.starts_with([' ', '='])).then(|| rest.trim_start_matches([' ', '=']))
        })
    }

    async fn hello(&mut self) -> Result<(), ProviderError> {
        let reply = self.command(EHLO.as_bytes()).await?;
        if !reply.is_ok() {
            return Err(reply.error(&self.host));
        }
        self.extensions = reply.lines.iter().skip(1).map(|l| l.trim().to_ascii_uppercase()).collect();
        Ok(())
    }

    /// STARTTLS without injection: what was buffered before TLS is refused, what was learnt before it is forgotten.
    async fn encrypt(&mut self, tls: &TlsContext) -> Result<(), ProviderError> {
        if self.extension("STARTTLS").is_none() {
            return Err(ProviderError::Refused(format!(
                "{} offers no STARTTLS on port {}: use TLS on port 465, or ask the provider.",
                self.host, self.port
            )));
        }
        let reply = self.command(b"STARTTLS\r\n").await?;
        if reply.code != 220 {
            return Err(reply.error(&self.host));
        }
        if !self.buffer.is_empty() {
            return Err(self.wrong("data was slipped in before encryption began"));
        }
        let link = self.link.take().ok_or_else(|| self.wrong("no connection"))?;
        self.link = Some(link.encrypt(tls).await?);
        self.extensions.clear();
        self.hello().await
    }

    async fn sign_in(&mut self, servers: &MailServers, credentials: &dyn Credentials, refusals: &Refusals) -> Result<(), ProviderError> {
        let Some(offered) = self.extension("AUTH").map(str::to_owned) else {
            // A relay that knows us by address. If it does want a sign-in, it says so (530) to MAIL FROM.
            return Ok(());
        };
        let token = matches!(servers.auth, MailAuth::Oidc { .. });
        let mechanisms = Mechanism::choose(offered.split_ascii_whitespace(), token);
        let Some(first) = mechanisms.first().copied() else {
            return Err(ProviderError::Unsupported(format!("{} offers no way to sign in that is known here ({offered}).", self.host)));
        };
        let user = servers.username.as_str();
        if token {
            let access = credentials.access_token().await?;
            let mut done = self.authenticate(first, user, &access).await;
            if matches!(done, Err(ProviderError::Auth(_))) {
                let fresh = credentials.refreshed(&access).await?;
                done = self.authenticate(first, user, &fresh).await;
                if let Err(ended @ ProviderError::Auth(_)) = done {
                    return Err(refusals.judge(&fresh, &self.host, ended));
                }
            }
            if done.is_ok() {
                refusals.accepted();
            }
            return done;
        }
        let password = credentials.password().await?;
        match self.authenticate(first, user, &password).await {
            // The server may hold no SCRAM secret for this user.
            Err(ProviderError::Auth(_)) if first == Mechanism::ScramSha256 && mechanisms.len() > 1 => {
                let second = mechanisms.get(1).copied().unwrap_or(Mechanism::Plain);
                self.authenticate(second, user, &password).await
            }
            other => other,
        }
    }

    async fn authenticate(&mut self, mechanism: Mechanism, user: &str, secret: &SecretString) -> Result<(), ProviderError> {
        let peer = Peer { host: self.host.clone(), port: self.port };
        let mut sasl = Sasl::new(mechanism, user, secret.clone(), peer);
        let mut line = Zeroizing::new(format!("AUTH {}", mechanism.name()));
        if let Some(initial) = sasl.initial().map_err(|e| self.wrong(e.to_string()))? {
            line.push(' ');
            line.push_str(&Zeroizing::new(BASE64.encode(&initial)));
        }
        line.push_str("\r\n");
        let mut reply = self.command(line.as_bytes()).await?;
        let mut rounds = 0;
        while reply.code == 334 {
            rounds += 1;
            let challenge = reply.lines.first().and_then(|l| BASE64.decode(l.trim()).ok());
            let answer = challenge.filter(|_| rounds <= 8).and_then(|c| sasl.respond(&c).ok());
            let Some(answer) = answer else {
                let _ = self.command(b"*\r\n").await;
                return Err(self.wrong("its part of the sign-in is not valid"));
            };
            let mut line = Zeroizing::new(BASE64.encode(&answer));
            line.push_str("\r\n");
            reply = self.command(line.as_bytes()).await?;
        }
        match reply.code {
            200..300 => sasl.accepted().map_err(|e| ProviderError::Refused(format!("{}: {e}. The password was not sent.", self.host))),
            // Any final refusal of AUTH is about the credentials, except a command that is not understood.
            500..530 => Err(reply.error(&self.host)),
            530.. => Err(ProviderError::Auth(format!("{} did not accept the sign-in: {}", self.host, reply.words()))),
            _ => Err(reply.error(&self.host)),
        }
    }

    pub async fn command(&mut self, line: &[u8]) -> Result<Reply, ProviderError> {
        self.send(line).await?;
        self.reply(SILENCE).await
    }

    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.write(bytes).await?;
        self.flush().await
    }

    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        match &mut self.link {
            Some(link) => link.write(bytes).await,
            None => Err(self.wrong("no connection")),
        }
    }

    pub async fn flush(&mut self) -> Result<(), ProviderError> {
        match &mut self.link {
            Some(link) => link.flush().await,
            None => Err(self.wrong("no connection")),
        }
    }

    pub async fn reply(&mut self, silence: Duration) -> Result<Reply, ProviderError> {
        loop {
            match take_reply(&mut self.buffer) {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => {}
                Err(why) => return Err(self.wrong(why)),
            }
            if self.buffer.len() > MAX_LINE * MAX_LINES {
                return Err(self.wrong("a reply without an end"));
            }
            match &mut self.link {
                Some(link) => link.read(&mut self.buffer, silence).await?,
                None => return Err(self.wrong("no connection")),
            }
        }
    }

    pub fn wrong(&self, detail: impl Into<String>) -> ProviderError {
        ProviderError::Protocol { host: self.host.clone(), protocol: "SMTP", detail: detail.into() }
    }

    pub async fn quit(mut self) {
        let goodbye = async {
            let _ = self.command(b"QUIT\r\n").await;
            if let Some(link) = &mut self.link {
                link.shutdown().await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn replies_in_any_cut() {
        let text = b"250-mail.example\r\n250-SIZE 1000\r\n250 AUTH PLAIN\r\n354 go\r\n221\r\n";
        let run = |pieces: &[&[u8]]| {
            let mut buffer = BytesMut::new();
            let mut out = Vec::new();
            for piece in pieces {
                buffer.extend_from_slice(piece);
                while let Some(reply) = take_reply(&mut buffer).unwrap() {
                    out.push(reply);
                }
            }
            assert!(buffer.is_empty());
            out
        };
        let whole = run(&[text]);
        assert_eq!(whole.len(), 3);
        assert_eq!(whole[0].lines, ["mail.example", "SIZE 1000", "AUTH PLAIN"]);
        for at in 0..text.len() {
            assert_eq!(run(&[&text[..at], &text[at..]]), whole);
        }
    }

    #[test]
    fn garbage_is_refused() {
        for bad in ["hello\r\n", "25\r\n", "999 x\r\n", "100 x\r\n", "250-a\r\n251 b\r\n", "250_a\r\n", "\r\n"] {
            assert!(take_reply(&mut BytesMut::from(bad)).is_err(), "{bad:?}");
        }
        assert!(take_reply(&mut BytesMut::from("2".repeat(MAX_LINE + 1).as_str())).is_err());
        assert!(take_reply(&mut BytesMut::from("250-x\r\n".repeat(MAX_LINES + 1).as_str())).is_err());
    }
}
