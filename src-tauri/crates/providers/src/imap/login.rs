//! From a connected socket to a signed-in session: STARTTLS, authentication, extensions.
//!
//! Capabilities are believed only for the state they were given in: forgotten after STARTTLS and asked again after the
//! sign-in. Nothing secret leaves before the connection is encrypted or known to end on this machine
//! ([`Link::connect`] sees to the latter).

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use domain::{
    SecretString,
    connection::{MailAuth, MailServers, Security},
    error::ProviderError,
    source::Credentials,
};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::{
    parse::{Code, Response, Said, Status},
    refusal::During,
    session::{Command, Event, Session},
};
use crate::{
    mailnet::{
        Link, SILENCE,
        sasl::{Mechanism, Peer, Sasl},
    },
    refusals::Refusals,
    tls::TlsContext,
};

/// What is needed to open connections of one account.
#[derive(Clone)]
pub(crate) struct Door {
    pub servers: MailServers,
    pub credentials: Arc<dyn Credentials>,
    pub tls: TlsContext,
    pub refusals: Refusals,
}

impl Door {
    /// A new session, signed in and with every extension on that we use.
    pub async fn open(&self) -> Result<Session, ProviderError> {
        let link = Link::connect(&self.servers.imap, &self.tls).await?;
        let starttls = self.servers.imap.security == Security::Starttls && !link.encrypted();
        let (mut session, preauth) = Session::greet(link).await?;
        if starttls {
            // A man in the middle who says PREAUTH would keep us from encrypting (RFC 9051 section 11.1).
            if preauth {
                return Err(session.wrong("it claims that we are signed in before encryption began"));
            }
            learn_capabilities(&mut session).await?;
            if !session.has("STARTTLS") {
                return Err(ProviderError::Refused(format!(
                    "{} offers no STARTTLS on port {}: use TLS on port 993, or ask the provider.",
                    session.host(),
                    session.port()
                )));
            }
            session.ok(Command::new("STARTTLS"), During::Login, |_| Ok(())).await?;
            session.encrypt(&self.tls).await?;
        }
        if !preauth {
            if session.capabilities.is_empty() {
                learn_capabilities(&mut session).await?;
            }
            self.sign_in(&mut session).await?;
        }
        // For `cargo xtask bench sync`, which measures from here to the first page.
        tracing::debug!(target: "bench", "signed-in");
        self.extend(&mut session).await?;
        Ok(session)
    }

    async fn sign_in(&self, session: &mut Session) -> Result<(), ProviderError> {
        let user = self.servers.username.as_str();
        match self.servers.auth {
            MailAuth::Password => {
                let password = self.credentials.password().await?;
                sign_in_with_password(session, user, &password).await
            }
            MailAuth::Oidc { .. } => {
                let token = self.credentials.access_token().await?;
                let Err(error) = sign_in_with_token(session, user, &token).await else {
                    self.refusals.accepted();
                    return Ok(());
                };
                if !matches!(error, ProviderError::Auth(_)) || !session.is_settled() {
                    return Err(error);
                }
                // The token may have died early: one new one, one more attempt, never a third (PROVIDERS 0.2).
                let fresh = self.credentials.refreshed(&token).await?;
                match sign_in_with_token(session, user, &fresh).await {
                    Err(ended @ ProviderError::Auth(_)) => Err(self.refusals.judge(&fresh, session.host(), ended)),
                    Ok(()) => {
                        self.refusals.accepted();
                        Ok(())
                    }
                    other => other,
                }
            }
        }
    }

    /// Turns extensions on, in one round trip.
    async fn extend(&self, session: &mut Session) -> Result<(), ProviderError> {
        let mut wanted = Vec::new();
        if session.has("ENABLE") {
            if session.has("QRESYNC") {
                wanted.push("QRESYNC");
            } else if session.has("CONDSTORE") {
                wanted.push("CONDSTORE");
            }
            if session.has("UTF8=ACCEPT") || session.has("UTF8=ONLY") {
                wanted.push("UTF8=ACCEPT");
            }
        }
        if !wanted.is_empty() {
            // A server that refuses is used without.
            session.run(Command::new(format!("ENABLE {}", wanted.join(" "))), |_| Ok(())).await?;
        }
        if session.has("ID") {
            // Some hosts (163.com) refuse SELECT to clients that do not introduce themselves.
            let id = format!("ID (\"name\" \"Aurelius\" \"version\" \"{}\")", env!("CARGO_PKG_VERSION"));
            session.run(Command::new(id), |_| Ok(())).await?;
        }
        Ok(())
    }
}

async fn learn_capabilities(session: &mut Session) -> Result<(), ProviderError> {
    session.ok(Command::new("CAPABILITY"), During::Greeting, |_| Ok(())).await.map(drop)
}

async fn sign_in_with_password(session: &mut Session, user: &str, password: &SecretString) -> Result<(), ProviderError> {
    let mechanisms = offered(session, false);
    let mut first_refusal = None;
    for mechanism in mechanisms {
        // LOGIN-the-command says the same as AUTH=LOGIN in fewer round trips.
        let result = if mechanism == Mechanism::Login && !session.has("LOGINDISABLED") {
            login(session, user, password).await
        } else {
            authenticate(session, mechanism, user, password).await
        };
        match result {
            Ok(()) => return Ok(()),
            // A server may offer SCRAM without having this user's SCRAM secret, so PLAIN is tried too; after PLAIN, LOGIN
            // would only count as one more wrong password.
            Err(error @ ProviderError::Auth(_)) if mechanism == Mechanism::ScramSha256 && session.is_settled() => {
                first_refusal = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(error) = first_refusal {
        return Err(error);
    }
    if session.has("LOGINDISABLED") {
        return Err(ProviderError::Refused(format!(
            "{} takes no password on this connection{}.",
            session.host(),
            if session.encrypted() { "" } else { ": it wants TLS or STARTTLS" }
        )));
    }
    login(session, user, password).await
}

async fn login(session: &mut Session, user: &str, password: &SecretString) -> Result<(), ProviderError> {
    let command = Command::new("LOGIN ").string(user.as_bytes(), false).text(" ").string(password.expose_secret().as_bytes(), false);
    let tag = session.send(command).await?;
    let said = finish(session, &tag, None).await?;
    signed_in(session, &said).await
}

async fn sign_in_with_token(session: &mut Session, user: &str, token: &SecretString) -> Result<(), ProviderError> {
    let Some(mechanism) = offered(session, true).first().copied() else {
        return Err(ProviderError::Unsupported(format!("{} takes no sign-in by token (OAUTHBEARER or XOAUTH2).", session.host())));
    };
    authenticate(session, mechanism, user, token).await
}

fn offered(session: &Session, token: bool) -> Vec<Mechanism> {
    Mechanism::choose(session.capabilities.iter().filter_map(|c| c.strip_prefix("AUTH=")), token)
}

async fn authenticate(session: &mut Session, mechanism: Mechanism, user: &str, secret: &SecretString) -> Result<(), ProviderError> {
    let peer = Peer { host: session.host().to_owned(), port: session.port() };
    let mut sasl = Sasl::new(mechanism, user, secret.clone(), peer);
    let mut command = Command::new(format!("AUTHENTICATE {}", mechanism.name()));
    if session.has("SASL-IR")
        && let Some(initial) = sasl.initial().map_err(|e| session.wrong(e.to_string()))?
    {
        let encoded = Zeroizing::new(BASE64.encode(&initial));
        command = command.text(" ").text(if encoded.is_empty() { "=" } else { encoded.as_str() });
    }
    let tag = session.send(command).await?;
    let said = finish(session, &tag, Some(&mut sasl)).await?;
    if said.status == Status::Ok {
        sasl.accepted().map_err(|e| ProviderError::Refused(format!("{}: {e}. The password was not sent.", session.host())))?;
    }
    signed_in(session, &said).await
}

/// Reads to the tagged answer, answering challenges on the way.
async fn finish(session: &mut Session, tag: &str, mut sasl: Option<&mut Sasl>) -> Result<Said, ProviderError> {
    let mut rounds = 0;
    let before = session.capabilities.clone();
    session.capabilities.clear();
    loop {
        match session.next(SILENCE).await? {
            Event::Done { tag: done, said } if done == tag => {
                if said.status != Status::Ok {
                    session.capabilities = before;
                }
                return Ok(said);
            }
            Event::Done { .. } => return Err(session.wrong("an answer to another command")),
            Event::Response(Response::Continue { raw, .. }) => {
                rounds += 1;
                let answer = match sasl.as_deref_mut() {
                    Some(sasl) if rounds <= 8 => BASE64.decode(raw.trim_ascii()).ok().and_then(|challenge| sasl.respond(&challenge).ok()),
                    _ => None,
                };
                match answer {
                    Some(answer) => {
                        let mut line = Zeroizing::new(BASE64.encode(&answer).into_bytes());
                        line.extend_from_slice(b"\r\n");
                        session.say(&line).await?;
                    }
                    // Cancels the exchange (RFC 9051 section 6.2.2); the server answers BAD, and we know why.
                    None => {
                        session.say(b"*\r\n").await?;
                        while !matches!(session.next(SILENCE).await?, Event::Done { .. }) {}
                        return Err(session.wrong("its part of the sign-in is not valid"));
                    }
                }
            }
            Event::Response(_) | Event::Literal { .. } => {}
        }
    }
}

async fn signed_in(session: &mut Session, said: &Said) -> Result<(), ProviderError> {
    if said.status != Status::Ok {
        let mut error = session.refused(said, During::Login);
        // `[ALERT] Application-specific password required` often comes as a line of its own.
        if let (ProviderError::Auth(text), Some(alert)) = (&mut error, session.alerts.last())
            && !text.contains(alert.as_str())
        {
            text.push_str(". ");
            text.push_str(alert);
        }
        return Err(error);
    }
    if !matches!(said.code, Some(Code::Capability(_))) && session.capabilities.is_empty() {
        learn_capabilities(session).await?;
    }
    Ok(())
}
