//! A strict SMTP submission server on 127.0.0.1 that keeps what it is given.
//!
//! It refuses what careful servers refuse (bare line feeds, commands out of order, 8-bit content that was not announced, a Bcc
//! header, unknown parameters), so that a client which passes here passes elsewhere. Faults are set by the test: recipients
//! refused, temporary errors, a connection that dies at the worst moment.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use thiserror::Error;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

mod conversation;

#[derive(Debug, Error)]
pub enum SinkError {
    #[error("the SMTP sink can't listen: {0}")]
    Bind(#[source] std::io::Error),
    #[error("the certificate can't be used: {0}")]
    Certificate(String),
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SinkSecurity {
    #[default]
    Plain,
    /// STARTTLS must come before AUTH and MAIL.
    Starttls,
    Tls,
}

/// Who may send, and with what.
#[derive(Clone, Debug)]
pub struct SinkAuth {
    pub user: String,
    pub password: String,
    /// Bearer tokens that are taken (XOAUTH2, OAUTHBEARER).
    pub tokens: Vec<String>,
    /// As offered in EHLO: `PLAIN`, `LOGIN`, `XOAUTH2`, `OAUTHBEARER`.
    pub mechanisms: Vec<&'static str>,
}

#[derive(Clone, Debug)]
pub struct SinkOptions {
    /// 0: any free port.
    pub port: u16,
    pub security: SinkSecurity,
    /// PEM of certificate and key; needed for TLS.
    pub certificate: Option<(String, String)>,
    /// None: anyone may send.
    pub auth: Option<SinkAuth>,
    /// Announced and enforced, bytes. 0: no limit.
    pub size: u64,
    pub pipelining: bool,
    pub eight_bit: bool,
    pub utf8: bool,
}

impl Default for SinkOptions {
    fn default() -> Self {
        Self {
            port: 0,
            security: SinkSecurity::Plain,
            certificate: None,
            auth: None,
            size: 50 * 1024 * 1024,
            pipelining: true,
            eight_bit: true,
            utf8: true,
        }
    }
}

/// What goes wrong. Set until cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkFault {
    /// Instead of 220.
    Greeting(u16, &'static str),
    /// This recipient only.
    Recipient(String, u16, &'static str),
    Sender(u16, &'static str),
    /// Instead of 354.
    Data(u16, &'static str),
    /// After the final dot, instead of 250; the mail is not kept.
    AfterDot(u16, &'static str),
    /// After the final dot the connection dies without a reply; `kept`: the mail was accepted nevertheless.
    DropAfterDot {
        kept: bool,
    },
    /// The connection dies while the content is being sent.
    DropDuringData,
    /// Every reply waits so long.
    Slow(Duration),
    /// Bytes that an attacker slips in behind the plain answer to STARTTLS.
    InjectAfterStarttls(&'static [u8]),
    /// Garbage instead of the reply to MAIL FROM.
    Garbage(&'static [u8]),
}

/// A mail that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub from: String,
    pub recipients: Vec<String>,
    /// Without the dots that were stuffed.
    pub raw: Vec<u8>,
    /// Who signed in.
    pub user: Option<String>,
    pub encrypted: bool,
}

#[derive(Debug, Default)]
struct State {
    received: Vec<Received>,
    faults: Vec<SinkFault>,
    /// Every line that clients sent, secrets and content left out.
    log: Vec<String>,
    /// Accepted bearer tokens, changeable while it runs.
    tokens: Vec<String>,
}

struct Shared {
    options: SinkOptions,
    acceptor: Option<TlsAcceptor>,
    state: Mutex<State>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running sink. Dropping it stops it.
pub struct SmtpSink {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl SmtpSink {
    pub async fn start(options: SinkOptions) -> Result<Self, SinkError> {
        let acceptor = options.certificate.as_ref().map(|(cert, key)| acceptor(cert, key)).transpose()?;
        if acceptor.is_none() && options.security != SinkSecurity::Plain {
            return Err(SinkError::Certificate("there is none".to_owned()));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(SinkError::Bind)?;
        let address = listener.local_addr().map_err(SinkError::Bind)?;
        let tokens = options.auth.as_ref().map(|a| a.tokens.clone()).unwrap_or_default();
        let shared = Arc::new(Shared { options, acceptor, state: Mutex::new(State { tokens, ..State::default() }) });
        let (stop, mut stopped) = watch::channel(false);
        let for_server = Arc::clone(&shared);
        let server = tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = stopped.changed() => return,
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { continue };
                        let shared = Arc::clone(&for_server);
                        let mut stopped = stopped.clone();
                        tokio::spawn(async move {
                            tokio::select! {
                                _ = stopped.changed() => {}
                                // A client that goes away is no event for a server.
                                _ = conversation::serve(&shared, stream) => {}
                            }
                        });
                    }
                }
            }
        });
        Ok(Self { shared, address, stop, server })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
    pub fn port(&self) -> u16 {
        self.address.port()
    }
    pub fn received(&self) -> Vec<Received> {
        self.shared.state().received.clone()
    }
    /// Lines of all clients in order, for assertions on order; content and secrets appear as `…`.
    pub fn log(&self) -> Vec<String> {
        self.shared.state().log.clone()
    }
    pub fn fault(&self, fault: SinkFault) {
        self.shared.state().faults.push(fault);
    }
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }
    pub fn set_tokens(&self, tokens: Vec<String>) {
        self.shared.state().tokens = tokens;
    }
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        self.server.abort();
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

fn acceptor(certificate: &str, key: &str) -> Result<TlsAcceptor, SinkError> {
    let bad = |e: &dyn std::fmt::Display| SinkError::Certificate(e.to_string());
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<_, _>>().map_err(|e| bad(&e))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| bad(&e))?;
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| bad(&e))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| bad(&e))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
