//! One connection to the sink.

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Received, Shared, SinkFault, SinkSecurity};

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// RFC 4954 section 4: AUTH lines may have this many bytes.
const MAX_LINE: usize = 12_288;

struct Conversation<'a> {
    shared: &'a Shared,
    io: Box<dyn Io>,
    buffer: Vec<u8>,
    encrypted: bool,
    greeted: bool,
    user: Option<String>,
    from: Option<Sender>,
    recipients: Vec<String>,
}

struct Sender {
    address: String,
    eight_bit: bool,
    utf8: bool,
}

enum Next {
    Go,
    Close,
    StartTls,
}

pub(super) async fn serve(shared: &Shared, stream: TcpStream) -> io::Result<()> {
    let io: Box<dyn Io> = match (shared.options.security, &shared.acceptor) {
        (SinkSecurity::Tls, Some(acceptor)) => Box::new(acceptor.accept(stream).await?),
        _ => Box::new(stream),
    };
    let encrypted = shared.options.security == SinkSecurity::Tls;
    let mut c = Conversation { shared, io, buffer: Vec::new(), encrypted, greeted: false, user: None, from: None, recipients: Vec::new() };
    if let Some(SinkFault::Greeting(code, text)) = c.fault(|f| matches!(f, SinkFault::Greeting(..))) {
        return c.reply(code, text).await;
    }
    c.reply(220, "sink.example ESMTP").await?;
    loop {
        let Some(line) = c.line().await? else { return Ok(()) };
        let next = match line {
            Ok(line) => c.command(&line).await?,
            Err(why) => {
                c.reply(500, why).await?;
                Next::Close
            }
        };
        match next {
            Next::Go => {}
            Next::Close => return Ok(()),
            Next::StartTls => {
                let Some(acceptor) = &shared.acceptor else { return Ok(()) };
                let Conversation { io, .. } = c;
                let io = acceptor.accept(io).await?;
                // RFC 3207 section 4.2: everything learnt before is forgotten.
                c = Conversation {
                    shared,
                    io: Box::new(io),
                    buffer: Vec::new(),
                    encrypted: true,
                    greeted: false,
                    user: None,
                    from: None,
                    recipients: Vec::new(),
                };
            }
        }
    }
}

impl Conversation<'_> {
    fn fault(&self, which: impl Fn(&SinkFault) -> bool) -> Option<SinkFault> {
        self.shared.state().faults.iter().find(|f| which(f)).cloned()
    }

    fn log(&self, line: &str) {
        self.shared.state().log.push(line.to_owned());
    }

    async fn reply(&mut self, code: u16, text: &str) -> io::Result<()> {
        self.replies(code, &[text]).await
    }

    async fn replies(&mut self, code: u16, lines: &[&str]) -> io::Result<()> {
        if let Some(SinkFault::Slow(delay)) = self.fault(|f| matches!(f, SinkFault::Slow(_))) {
            tokio::time::sleep(delay).await;
        }
        let mut out = String::new();
        for (n, line) in lines.iter().enumerate() {
            out.push_str(&format!("{code}{}{line}\r\n", if n + 1 == lines.len() { ' ' } else { '-' }));
        }
        self.io.write_all(out.as_bytes()).await?;
        self.io.flush().await
    }

    async fn fill(&mut self) -> io::Result<bool> {
        let mut chunk = [0u8; 16 * 1024];
        let n = self.io.read(&mut chunk).await?;
        self.buffer.extend_from_slice(chunk.get(..n).unwrap_or_default());
        Ok(n > 0)
    }

    /// The next line without its end; None: the client is gone.
    async fn line(&mut self) -> io::Result<Option<Result<String, &'static str>>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let Some(line) = line.strip_suffix(b"\r\n") else { return Ok(Some(Err("5.5.2 bare line feed"))) };
                return Ok(Some(match std::str::from_utf8(line) {
                    Ok(line) if !line.contains(['\r', '\0']) => Ok(line.to_owned()),
                    _ => Err("5.5.2 bytes that belong in no command"),
                }));
            }
            if self.buffer.len() > MAX_LINE {
                return Ok(Some(Err("5.5.6 line too long")));
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    async fn command(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let verb = verb.to_ascii_uppercase();
        self.log(&if verb == "AUTH" { format!("AUTH {} …", rest.split(' ').next().unwrap_or_default()) } else { line.to_owned() });
        let options = &self.shared.options;
        match verb.as_str() {
            "EHLO" if rest.is_empty() || rest.contains(' ') => self.reply(501, "5.5.4 a name is missing").await?,
            "EHLO" => {
                self.greeted = true;
                self.from = None;
                self.recipients.clear();
                let mut lines = vec!["sink.example".to_owned(), "ENHANCEDSTATUSCODES".to_owned()];
                if options.size > 0 {
                    lines.push(format!("SIZE {}", options.size));
                }
                for (on, keyword) in [(options.pipelining, "PIPELINING"), (options.eight_bit, "8BITMIME"), (options.utf8, "SMTPUTF8")] {
                    if on {
                        lines.push(keyword.to_owned());
                    }
                }
                if options.security == SinkSecurity::Starttls && !self.encrypted {
                    lines.push("STARTTLS".to_owned());
                } else if let Some(auth) = &options.auth {
                    lines.push(format!("AUTH {}", auth.mechanisms.join(" ")));
                }
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                self.replies(250, &lines).await?;
            }
            "STARTTLS" if options.security == SinkSecurity::Starttls && !self.encrypted => {
                let mut answer = b"220 2.0.0 go ahead\r\n".to_vec();
                if let Some(SinkFault::InjectAfterStarttls(bytes)) = self.fault(|f| matches!(f, SinkFault::InjectAfterStarttls(_))) {
                    answer.extend_from_slice(bytes);
                }
                self.io.write_all(&answer).await?;
                self.io.flush().await?;
                return Ok(Next::StartTls);
            }
            "QUIT" => {
                self.reply(221, "2.0.0 bye").await?;
                return Ok(Next::Close);
            }
            "NOOP" => self.reply(250, "2.0.0 ok").await?,
            "RSET" => {
                self.from = None;
                self.recipients.clear();
                self.reply(250, "2.0.0 ok").await?;
            }
            _ if !self.greeted => self.reply(503, "5.5.1 EHLO first").await?,
            _ if options.security != SinkSecurity::Plain && !self.encrypted => self.reply(530, "5.7.0 STARTTLS first").await?,
            "AUTH" => return self.auth(rest).await,
            "MAIL" | "RCPT" | "DATA" if options.auth.is_some() && self.user.is_none() => {
                self.reply(530, "5.7.0 authentication required").await?;
            }
            "MAIL" => self.mail(rest).await?,
            "RCPT" => self.rcpt(rest).await?,
            "DATA" => return self.data().await,
            _ => self.reply(500, "5.5.1 unknown command").await?,
        }
        Ok(Next::Go)
    }

    async fn auth(&mut self, rest: &str) -> io::Result<Next> {
        let Some(auth) = self.shared.options.auth.clone() else {
            self.reply(502, "5.5.1 no AUTH here").await?;
            return Ok(Next::Go);
        };
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let mechanism = mechanism.to_ascii_uppercase();
        if self.user.is_some() || self.from.is_some() || !auth.mechanisms.contains(&mechanism.as_str()) {
            self.reply(504, "5.5.4 not this, or not now").await?;
            return Ok(Next::Go);
        }
        let tokens = self.shared.state().tokens.clone();
        let good = match mechanism.as_str() {
            "PLAIN" => {
                let said = if initial.is_empty() { self.ask("").await? } else { decode(initial) };
                said == Some(format!("\0{}\0{}", auth.user, auth.password))
            }
            "LOGIN" => {
                let user = self.ask("VXNlcm5hbWU6").await?;
                let password = self.ask("UGFzc3dvcmQ6").await?;
                user == Some(auth.user.clone()) && password == Some(auth.password.clone())
            }
            _ => {
                let said = if initial.is_empty() { self.ask("").await? } else { decode(initial) }.unwrap_or_default();
                let head =
                    if mechanism == "XOAUTH2" { format!("user={}\x01auth=Bearer ", auth.user) } else { format!("n,a={},\x01", auth.user) };
                let token = said.split("auth=Bearer ").nth(1).and_then(|t| t.strip_suffix("\x01\x01")).unwrap_or_default();
                let good = said.starts_with(&head) && tokens.iter().any(|t| t == token);
                if !good {
                    // The failure is told in a challenge, which the client has to acknowledge (RFC 7628 section 3.2.3).
                    let challenge = BASE64.encode(r#"{"status":"401","schemes":"bearer","scope":"mail"}"#);
                    let answer = self.ask(&challenge).await?;
                    let expected = if mechanism == "XOAUTH2" { "" } else { "\x01" };
                    if answer.as_deref() != Some(expected) {
                        self.reply(501, "5.5.2 that was no acknowledgement").await?;
                        return Ok(Next::Go);
                    }
                }
                good
            }
        };
        if good {
            self.user = Some(auth.user);
            self.reply(235, "2.7.0 welcome").await?;
        } else {
            self.reply(535, "5.7.8 authentication failed").await?;
        }
        Ok(Next::Go)
    }

    /// 334 with a challenge that is base64 already; the decoded answer.
    async fn ask(&mut self, challenge: &str) -> io::Result<Option<String>> {
        self.reply(334, challenge).await?;
        Ok(self.line().await?.and_then(Result::ok).as_deref().and_then(decode))
    }

    async fn mail(&mut self, rest: &str) -> io::Result<()> {
        if let Some(SinkFault::Garbage(bytes)) = self.fault(|f| matches!(f, SinkFault::Garbage(_))) {
            self.io.write_all(bytes).await?;
            return self.io.flush().await;
        }
        if let Some(SinkFault::Sender(code, text)) = self.fault(|f| matches!(f, SinkFault::Sender(..))) {
            return self.reply(code, text).await;
        }
        if self.from.is_some() {
            return self.reply(503, "5.5.1 one sender is enough").await;
        }
        let Some((address, parameters)) = path(rest, "FROM:") else { return self.reply(501, "5.1.7 bad sender syntax").await };
        let options = &self.shared.options;
        let (mut eight_bit, mut utf8) = (false, false);
        for parameter in parameters.split_ascii_whitespace() {
            match parameter.to_ascii_uppercase().split_once('=') {
                Some(("SIZE", size)) if options.size > 0 => match size.parse::<u64>() {
                    Ok(size) if size > options.size => return self.reply(552, "5.3.4 message too big").await,
                    Ok(_) => {}
                    Err(_) => return self.reply(501, "5.5.4 bad SIZE").await,
                },
                Some(("BODY", "8BITMIME")) if options.eight_bit => eight_bit = true,
                Some(("BODY", "7BIT")) if options.eight_bit => {}
                None if parameter.eq_ignore_ascii_case("SMTPUTF8") && options.utf8 => utf8 = true,
                _ => return self.reply(555, "5.5.4 unknown parameter").await,
            }
        }
        if !address.is_ascii() && !utf8 {
            return self.reply(553, "5.6.7 SMTPUTF8 required").await;
        }
        self.from = Some(Sender { address, eight_bit, utf8 });
        self.reply(250, "2.1.0 ok").await
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<()> {
        let Some(from) = &self.from else { return self.reply(503, "5.5.1 MAIL first").await };
        let utf8 = from.utf8;
        let Some((address, parameters)) = path(rest, "TO:") else { return self.reply(501, "5.1.3 bad recipient syntax").await };
        if !parameters.trim().is_empty() {
            return self.reply(555, "5.5.4 unknown parameter").await;
        }
        if !address.contains('@') || (!address.is_ascii() && !utf8) {
            return self.reply(553, "5.1.3 bad recipient").await;
        }
        let refusal = self.fault(|f| matches!(f, SinkFault::Recipient(who, ..) if *who == address));
        if let Some(SinkFault::Recipient(_, code, text)) = refusal {
            return self.reply(code, text).await;
        }
        if self.recipients.len() >= 100 {
            return self.reply(452, "4.5.3 too many recipients").await;
        }
        self.recipients.push(address);
        self.reply(250, "2.1.5 ok").await
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.recipients.is_empty() {
            self.reply(503, "5.5.1 no valid recipients").await?;
            return Ok(Next::Go);
        }
        if let Some(SinkFault::Data(code, text)) = self.fault(|f| matches!(f, SinkFault::Data(..))) {
            self.reply(code, text).await?;
            return Ok(Next::Go);
        }
        self.reply(354, "go ahead").await?;
        let limit = self.shared.options.size;
        let mut raw = Vec::new();
        let mut wrong: Option<(u16, &'static str)> = None;
        loop {
            let Some(end) = self.buffer.iter().position(|b| *b == b'\n') else {
                if self.buffer.len() > 1_000_000 {
                    return Ok(Next::Close);
                }
                if !self.fill().await? {
                    self.log("connection lost in DATA");
                    return Ok(Next::Close);
                }
                if self.fault(|f| *f == SinkFault::DropDuringData).is_some() {
                    return Ok(Next::Close);
                }
                continue;
            };
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            let Some(text) = line.strip_suffix(b"\r\n") else {
                wrong = wrong.or(Some((554, "5.6.0 bare line feed")));
                continue;
            };
            if text == b"." {
                break;
            }
            if text.len() > 998 {
                wrong = wrong.or(Some((554, "5.6.0 line too long")));
            }
            if text.contains(&0) || text.contains(&b'\r') {
                wrong = wrong.or(Some((554, "5.6.0 NUL or bare carriage return")));
            }
            raw.extend_from_slice(text.strip_prefix(b".").unwrap_or(text));
            raw.extend_from_slice(b"\r\n");
            if limit > 0 && raw.len() as u64 > limit {
                wrong = wrong.or(Some((552, "5.3.4 message too big")));
                raw.clear();
            }
        }
        self.log("…");
        let Some(from) = self.from.take() else { return Ok(Next::Close) };
        let recipients = std::mem::take(&mut self.recipients);
        let wrong = wrong.or_else(|| content_fault(&raw, &from));
        let received = Received { from: from.address, recipients, raw, user: self.user.clone(), encrypted: self.encrypted };
        if let Some((code, text)) = wrong {
            self.reply(code, text).await?;
            return Ok(Next::Go);
        }
        if let Some(SinkFault::AfterDot(code, text)) = self.fault(|f| matches!(f, SinkFault::AfterDot(..))) {
            self.reply(code, text).await?;
            return Ok(Next::Go);
        }
        if let Some(SinkFault::DropAfterDot { kept }) = self.fault(|f| matches!(f, SinkFault::DropAfterDot { .. })) {
            if kept {
                self.shared.state().received.push(received);
            }
            return Ok(Next::Close);
        }
        self.shared.state().received.push(received);
        self.reply(250, "2.0.0 queued").await?;
        Ok(Next::Go)
    }
}

/// What a careful server finds wrong with the content.
fn content_fault(raw: &[u8], from: &Sender) -> Option<(u16, &'static str)> {
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(raw.len());
    let header = raw.get(..end).unwrap_or_default();
    if !raw.is_ascii() && !from.eight_bit {
        return Some((554, "5.6.1 8-bit content was not announced"));
    }
    if !header.is_ascii() && !from.utf8 {
        return Some((554, "5.6.7 8-bit header without SMTPUTF8"));
    }
    let text = String::from_utf8_lossy(header).to_ascii_lowercase();
    let has = |name: &str| text.split("\r\n").any(|line| line.starts_with(name));
    if has("bcc:") {
        return Some((554, "5.6.0 a Bcc header gives away who got it"));
    }
    if !has("from:") || !has("date:") || !has("message-id:") {
        return Some((554, "5.6.0 From, Date or Message-ID is missing"));
    }
    None
}

/// `FROM:<address> parameters`.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(String, &'a str)> {
    let head = rest.get(..keyword.len())?;
    let after = rest.get(keyword.len()..)?;
    let (address, parameters) = after.strip_prefix('<')?.split_once('>')?;
    let clean = head.eq_ignore_ascii_case(keyword) && !address.contains(|c: char| c.is_whitespace() || c.is_control());
    (clean && (parameters.is_empty() || parameters.starts_with(' '))).then(|| (address.to_owned(), parameters))
}

fn decode(text: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(text).ok()?).ok()
}
