//! SMTP submission (RFC 6409, 5321): hands one mail over, and knows exactly how far it came.
//!
//! Between the final dot and the reply a mail may or may not have been accepted, and nothing in the protocol can tell. So the
//! witness is told, durably, before the dot leaves; whatever goes wrong after that is [`ProviderError::Ambiguous`] and never
//! a reason to send again. Everything before the dot is certain: the server has accepted nothing.

use std::time::Duration;

use domain::{
    connection::MailServers,
    error::ProviderError,
    source::{Credentials, OutgoingMail, SendWitness, Submitted},
};

use crate::{refusals::Refusals, tls::TlsContext};

mod session;
#[cfg(any(fuzzing, test))]
pub(crate) use session::take_reply;

use session::{Reply, Session};

#[cfg(test)]
mod tests;

/// RFC 5321 section 4.5.3.2.6 asks for ten minutes; half of it covers every content filter seen.
const AFTER_DOT: Duration = Duration::from_secs(300);

/// Connects and signs in, sends nothing.
pub(crate) async fn probe(servers: &MailServers, credentials: &dyn Credentials, tls: &TlsContext) -> Result<(), ProviderError> {
    let endpoint = servers.smtp.as_ref().ok_or_else(receive_only)?;
    Session::open(servers, endpoint, credentials, tls, &Refusals::at_once()).await?.quit().await;
    Ok(())
}

/// Submits one mail. Recipients that the server refused or put off are in the result; if it refused all of them, that is the error.
pub(crate) async fn submit(
    servers: &MailServers,
    credentials: &dyn Credentials,
    tls: &TlsContext,
    refusals: &Refusals,
    mail: &OutgoingMail,
    witness: &dyn SendWitness,
) -> Result<Submitted, ProviderError> {
    let endpoint = servers.smtp.as_ref().ok_or_else(receive_only)?;
    let envelope = Envelope::of(mail)?;
    let mut session = Session::open(servers, endpoint, credentials, tls, refusals).await?;
    let parameters = envelope.parameters(&session, &mail.raw)?;
    let Kept { refused, deferred } = transact(&mut session, &envelope, &parameters).await?;
    hand_over(&mut session, &mail.raw, witness).await?;
    let filed = files_itself(&endpoint.host);
    session.quit().await;
    Ok(Submitted { remote: None, filed, refused, deferred })
}

fn receive_only() -> ProviderError {
    ProviderError::Unsupported("This account has no SMTP server, so it can only receive.".to_owned())
}

/// Services that put what is sent through them into Sent themselves.
fn files_itself(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    ["smtp.gmail.com", "smtp.googlemail.com", "smtp.office365.com", "smtp-mail.outlook.com", "outlook.office365.com"]
        .contains(&host.as_str())
}

/// Checked addresses, domains in ASCII.
struct Envelope {
    from: String,
    /// (as the person wrote it, as it goes over the wire)
    recipients: Vec<(String, String)>,
    /// A local part is not ASCII.
    international: bool,
}

impl Envelope {
    fn of(mail: &OutgoingMail) -> Result<Self, ProviderError> {
        if mail.recipients.is_empty() {
            return Err(ProviderError::Refused("The mail has no recipient.".to_owned()));
        }
        let from = wire_address(&mail.from)?;
        let recipients: Vec<(String, String)> =
            mail.recipients.iter().map(|r| wire_address(r).map(|w| (r.clone(), w))).collect::<Result<_, _>>()?;
        let international = !from.is_ascii() || recipients.iter().any(|(_, w)| !w.is_ascii());
        Ok(Self { from, recipients, international })
    }

    /// Parameters of MAIL FROM, after checking that the server can take this mail at all.
    fn parameters(&self, session: &Session, raw: &[u8]) -> Result<String, ProviderError> {
        let mut out = String::new();
        if let Some(limit) = session.extension("SIZE") {
            let limit: u64 = limit.parse().unwrap_or(0);
            if limit > 0 && raw.len() as u64 > limit {
                return Err(ProviderError::Refused(format!(
                    "The mail has {} and {} takes at most {}. Send a smaller attachment, or a link to it.",
                    mebibytes(raw.len() as u64),
                    session.host(),
                    mebibytes(limit)
                )));
            }
            out.push_str(&format!(" SIZE={}", raw.len()));
        }
        let header_end = raw.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(raw.len());
        let utf8_header = raw.get(..header_end).is_some_and(|h| !h.is_ascii());
        if !raw.is_ascii() {
            if session.extension("8BITMIME").is_none() {
                return Err(ProviderError::Refused(format!("{} only takes 7-bit mail, and this one is not.", session.host())));
            }
            out.push_str(" BODY=8BITMIME");
        }
        if self.international || utf8_header {
            if session.extension("SMTPUTF8").is_none() {
                return Err(ProviderError::Refused(format!(
                    "{} can't send to or from addresses with such letters (no SMTPUTF8).",
                    session.host()
                )));
            }
            out.push_str(" SMTPUTF8");
        }
        Ok(out)
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / (1024.0 * 1024.0))
}

/// `local@domain` fit for the envelope: nothing that could end the command or add a parameter.
fn wire_address(address: &str) -> Result<String, ProviderError> {
    let bad = || ProviderError::Refused(format!("{address:?} is not a mail address."));
    let (local, domain) = address.rsplit_once('@').ok_or_else(bad)?;
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\' | ',' | ';' | '(' | ')');
    if local.is_empty()
        || domain.is_empty()
        || local.len() > 128
        || domain.len() > 255
        || local.contains(forbidden)
        || domain.contains(forbidden)
    {
        return Err(bad());
    }
    if domain.starts_with('[') && domain.ends_with(']') {
        return Ok(format!("{local}@{domain}"));
    }
    match url::Host::parse(domain).map_err(|_| bad())? {
        url::Host::Domain(ascii) => Ok(format!("{local}@{ascii}")),
        _ => Err(bad()),
    }
}

/// Recipients that the server did not take, with its words.
struct Kept {
    refused: Vec<(String, String)>,
    deferred: Vec<(String, String)>,
}

/// MAIL FROM and RCPT TO.
async fn transact(session: &mut Session, envelope: &Envelope, parameters: &str) -> Result<Kept, ProviderError> {
    let mail_from = format!("MAIL FROM:<{}>{parameters}\r\n", envelope.from);
    let rcpt = |wire: &str| format!("RCPT TO:<{wire}>\r\n");
    let mut replies: Vec<Reply> = Vec::with_capacity(envelope.recipients.len());
    if session.extension("PIPELINING").is_some() {
        let mut batch = mail_from;
        batch.extend(envelope.recipients.iter().map(|(_, wire)| rcpt(wire)));
        session.send(batch.as_bytes()).await?;
        let from = session.reply(crate::mailnet::SILENCE).await?;
        for _ in &envelope.recipients {
            replies.push(session.reply(crate::mailnet::SILENCE).await?);
        }
        accepted_sender(session, &from)?;
    } else {
        let from = session.command(mail_from.as_bytes()).await?;
        accepted_sender(session, &from)?;
        for (_, wire) in &envelope.recipients {
            replies.push(session.command(rcpt(wire).as_bytes()).await?);
        }
    }
    let refused: Vec<(&str, &Reply)> = envelope
        .recipients
        .iter()
        .zip(&replies)
        .filter(|(_, reply)| !reply.is_ok())
        .map(|((name, _), reply)| (name.as_str(), reply))
        .collect();
    if refused.len() == envelope.recipients.len() {
        // Greylisting refuses everyone for a while; that is worth another try, a wrong address is not.
        if let Some((_, reply)) = refused.iter().find(|(_, reply)| reply.code < 500) {
            return Err(reply.error(session.host()));
        }
        let words: Vec<String> = refused.iter().take(5).map(|(name, reply)| format!("{name}: {}", reply.words())).collect();
        return Err(ProviderError::Refused(format!("{} took no recipient. {}", session.host(), words.join("; "))));
    }
    let (deferred, refused): (Vec<_>, Vec<_>) = refused.into_iter().partition(|(_, reply)| reply.code < 500);
    let said = |list: Vec<(&str, &Reply)>| list.into_iter().map(|(name, reply)| (name.to_owned(), reply.words())).collect();
    Ok(Kept { refused: said(refused), deferred: said(deferred) })
}

fn accepted_sender(session: &Session, reply: &Reply) -> Result<(), ProviderError> {
    if reply.is_ok() { Ok(()) } else { Err(reply.error(session.host())) }
}

/// DATA, the content, the witness, the dot.
async fn hand_over(session: &mut Session, raw: &[u8], witness: &dyn SendWitness) -> Result<(), ProviderError> {
    let reply = session.command(b"DATA\r\n").await?;
    if reply.code != 354 {
        return Err(reply.error(session.host()));
    }
    let mut stuffer = DotStuffer::default();
    let mut out = Vec::with_capacity(80 * 1024);
    for piece in raw.chunks(64 * 1024) {
        out.clear();
        stuffer.stuff(piece, &mut out);
        session.write(&out).await?;
    }
    out.clear();
    stuffer.finish(&mut out);
    session.write(&out).await?;
    // Everything but the dot is with the server before we say that it may have been sent: if the connection dies above, the
    // mail has certainly not been accepted, and is sent again.
    session.flush().await?;
    witness.data_sent().await?;
    let answer = async {
        session.send(b".\r\n").await?;
        session.reply(AFTER_DOT).await
    };
    let reply = answer.await.map_err(|_| ProviderError::Ambiguous)?;
    match reply.code {
        200..300 => Ok(()),
        _ => Err(reply.error(session.host())),
    }
}

/// Doubles a dot at the start of a line (RFC 5321 section 4.5.2) and turns bare CR or LF into CRLF, so that no line of the
/// content can be taken for the end by a server that reads line ends more loosely than we write them.
#[derive(Default)]
struct DotStuffer {
    /// The last byte was CR and has been written as CRLF already.
    after_cr: bool,
    mid_line: bool,
}

impl DotStuffer {
    fn stuff(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            match byte {
                b'\r' => {
                    out.extend_from_slice(b"\r\n");
                    self.after_cr = true;
                    self.mid_line = false;
                    continue;
                }
                b'\n' if self.after_cr => {}
                b'\n' => {
                    out.extend_from_slice(b"\r\n");
                    self.mid_line = false;
                }
                byte => {
                    if *byte == b'.' && !self.mid_line {
                        out.push(b'.');
                    }
                    out.push(*byte);
                    self.mid_line = true;
                }
            }
            self.after_cr = false;
        }
    }

    /// The content ends with a line end.
    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.mid_line {
            out.extend_from_slice(b"\r\n");
        }
    }
}
