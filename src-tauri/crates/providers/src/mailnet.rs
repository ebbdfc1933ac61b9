//! The byte stream under IMAP and SMTP: connect, encrypt, read and write with a limit on every wait.
//!
//! The one rule that must not depend on a protocol's state machine lives here: an unencrypted connection is made to
//! loopback or not at all. The check looks at the name *and* at the address that was really dialled, before a single byte
//! leaves.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytes::BytesMut;
use domain::{
    connection::{Security, ServerEndpoint},
    error::ProviderError,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::tls::TlsContext;

pub(crate) mod sasl;

/// All addresses of a host together.
const CONNECT: Duration = Duration::from_secs(15);
/// One address, so that a dead IPv6 route does not eat the time of the IPv4 address behind it.
const CONNECT_ONE: Duration = Duration::from_secs(5);
/// The longest silence inside a command.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// A connection to one server.
pub(crate) struct Link {
    io: Box<dyn Io>,
    endpoint: ServerEndpoint,
    encrypted: bool,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("endpoint", &self.endpoint).field("encrypted", &self.encrypted).finish_non_exhaustive()
    }
}

impl Link {
    /// Dials `endpoint`; with [`Security::Tls`] the handshake is done too, with [`Security::Starttls`] the caller must
    /// [`Self::encrypt`] before anything secret is sent.
    pub async fn connect(endpoint: &ServerEndpoint, tls: &TlsContext) -> Result<Self, ProviderError> {
        if endpoint.security == Security::None && !is_loopback_name(&endpoint.host) {
            return Err(plain_refused(&endpoint.host));
        }
        let tcp = dial(endpoint).await?;
        let _ = tcp.set_nodelay(true);
        let link = Self { io: Box::new(tcp), endpoint: endpoint.clone(), encrypted: false };
        if endpoint.security == Security::Tls { link.encrypt(tls).await } else { Ok(link) }
    }

    /// TLS handshake over the plain connection. The caller vouches that it holds no byte read before.
    pub async fn encrypt(self, tls: &TlsContext) -> Result<Self, ProviderError> {
        let Self { io, endpoint, .. } = self;
        let handshake = tls.handshake(&endpoint.host, endpoint.pinned.as_deref(), io);
        let io = timeout(CONNECT, handshake).await.map_err(|_| unreachable(&endpoint.host, "the TLS handshake got no answer"))??;
        Ok(Self { io: Box::new(io), endpoint, encrypted: true })
    }

    pub fn host(&self) -> &str {
        &self.endpoint.host
    }
    pub fn port(&self) -> u16 {
        self.endpoint.port
    }
    pub fn encrypted(&self) -> bool {
        self.encrypted
    }

    /// Waits for bytes and appends them. The end of the stream is an error: both protocols say goodbye first.
    pub async fn read(&mut self, buffer: &mut BytesMut, silence: Duration) -> Result<(), ProviderError> {
        buffer.reserve(16 * 1024);
        match timeout(silence, self.io.read_buf(buffer)).await {
            Err(_) => Err(unreachable(self.host(), &format!("no answer within {} s", silence.as_secs()))),
            Ok(Err(error)) => Err(unreachable(self.host(), &format!("the connection broke: {error}"))),
            Ok(Ok(0)) => Err(unreachable(self.host(), "the server closed the connection")),
            Ok(Ok(_)) => Ok(()),
        }
    }

    /// Writes in pieces, so that the limit is on progress and not on the size of what is sent.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        for piece in bytes.chunks(64 * 1024) {
            match timeout(SILENCE, self.io.write_all(piece)).await {
                Err(_) => return Err(unreachable(self.host(), "the server takes no more data")),
                Ok(Err(error)) => return Err(unreachable(self.host(), &format!("the connection broke: {error}"))),
                Ok(Ok(())) => {}
            }
        }
        Ok(())
    }

    pub async fn flush(&mut self) -> Result<(), ProviderError> {
        match timeout(SILENCE, self.io.flush()).await {
            Err(_) => Err(unreachable(self.host(), "the server takes no more data")),
            Ok(Err(error)) => Err(unreachable(self.host(), &format!("the connection broke: {error}"))),
            Ok(Ok(())) => Ok(()),
        }
    }

    pub async fn shutdown(&mut self) {
        let _ = timeout(Duration::from_secs(1), self.io.shutdown()).await;
    }
}

pub(crate) fn unreachable(host: &str, reason: &str) -> ProviderError {
    ProviderError::Unreachable { host: host.to_owned(), reason: reason.to_owned() }
}

fn plain_refused(host: &str) -> ProviderError {
    ProviderError::Refused(format!(
        "An unencrypted connection to {host} is refused: passwords and mail would be readable on the way. Choose TLS or STARTTLS."
    ))
}

/// `localhost` or a loopback literal; `localhost.example` is neither.
pub(crate) fn is_loopback_name(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

async fn dial(endpoint: &ServerEndpoint) -> Result<TcpStream, ProviderError> {
    let host = endpoint.host.as_str();
    let plain = endpoint.security == Security::None;
    let attempt = async {
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let mut addresses: Vec<SocketAddr> = tokio::net::lookup_host((bare, endpoint.port))
            .await
            .map_err(|error| unreachable(host, &format!("its name can't be resolved ({error})")))?
            .collect();
        if plain {
            addresses.retain(|a| a.ip().is_loopback());
            if addresses.is_empty() {
                return Err(plain_refused(host));
            }
        }
        let mut last = unreachable(host, "it has no address");
        for address in addresses {
            last = match timeout(CONNECT_ONE, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => unreachable(host, &format!("port {}: {error}", endpoint.port)),
                Err(_) => unreachable(host, &format!("port {} does not answer", endpoint.port)),
            };
        }
        Err(last)
    };
    timeout(CONNECT, attempt).await.unwrap_or_else(|_| Err(unreachable(host, "it does not answer")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_this_machine_counts_as_loopback() {
        for yes in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback_name(yes), "{yes}");
        }
        for no in ["localhost.example.com", "127.0.0.1.example", "10.0.0.1", "mail.example", "", "0.0.0.0", "::"] {
            assert!(!is_loopback_name(no), "{no}");
        }
    }

    #[tokio::test]
    async fn plain_connections_elsewhere_are_refused_before_dialling() {
        let tls = TlsContext::new(None).unwrap();
        let endpoint = ServerEndpoint { host: "mail.example".into(), port: 143, security: Security::None, pinned: None };
        assert!(matches!(Link::connect(&endpoint, &tls).await, Err(ProviderError::Refused(_))));
    }
}
