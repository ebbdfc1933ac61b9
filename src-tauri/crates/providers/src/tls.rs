//! TLS for everything that leaves this machine: rustls with ring, the roots of the platform, and what the person adds.
//!
//! Two additions to the platform's verdict, both explicit acts of the person. A *CA file* adds roots; a self-signed server
//! certificate in that file counts as itself (webpki refuses a CA certificate as a leaf, yet a file made by
//! `openssl req -x509` is exactly that, and naming it is as clear as trust gets) while name and dates are still checked.
//! A *pin* is the SHA-256 of one leaf, given after seeing it: then that certificate and no other is accepted.
//! When a certificate is refused, its fingerprint travels with the error, so that there is something to compare and pin.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use domain::error::ProviderError;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as RustlsError, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    server::ParsedCertificate,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Trust settings of the program, built once; cheap to clone.
#[derive(Clone, Debug)]
pub struct TlsContext {
    provider: Arc<CryptoProvider>,
    /// The platform's verdict (plus extra roots).
    platform: Arc<dyn ServerCertVerifier>,
    /// Certificates of the CA file, for leaves that are listed themselves.
    listed: Arc<Vec<CertificateDer<'static>>>,
}

impl TlsContext {
    /// Loads the platform's roots and those of `ca_file` (PEM). A CA file that can't be read or holds no certificate is an
    /// error: going on without it would fail later with a riddle.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, ProviderError> {
        let listed = ca_file.map(read_pem).transpose()?.unwrap_or_default();
        Self::with_roots(listed)
    }

    /// As [`Self::new`], with the certificates at hand.
    pub fn with_roots(listed: Vec<CertificateDer<'static>>) -> Result<Self, ProviderError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let platform: Arc<dyn ServerCertVerifier> =
            match rustls_platform_verifier::Verifier::new_with_extra_roots(listed.iter().cloned(), Arc::clone(&provider)) {
                Ok(verifier) => Arc::new(verifier),
                // A machine without any root store: nothing is trusted, but pinning must still work.
                Err(error) => {
                    tracing::warn!(%error, "no trusted roots could be loaded");
                    Arc::new(NothingTrusted(Arc::clone(&provider)))
                }
            };
        Ok(Self { provider, platform, listed: Arc::new(listed) })
    }

    /// Configuration for HTTP clients: no client certificate, given ALPN protocols.
    pub fn client_config(&self, alpn: &[&[u8]]) -> Result<ClientConfig, ProviderError> {
        self.config(Arc::new(self.verdict(None)), alpn)
    }

    fn verdict(&self, pinned: Option<[u8; 32]>) -> Verdict {
        Verdict { platform: Arc::clone(&self.platform), listed: Arc::clone(&self.listed), pinned, seen: Mutex::new(None) }
    }

    fn config(&self, verdict: Arc<Verdict>, alpn: &[&[u8]]) -> Result<ClientConfig, ProviderError> {
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| ProviderError::Unsupported(format!("TLS can't be set up: {e}")))?
            .dangerous()
            .with_custom_certificate_verifier(verdict)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|p| p.to_vec()).collect();
        Ok(config)
    }

    /// Handshake as client. `pinned` is the hex SHA-256 of the only leaf to accept (colons and case do not matter).
    pub async fn handshake<S>(&self, host: &str, pinned: Option<&str>, stream: S) -> Result<TlsStream<S>, ProviderError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let pinned = pinned.map(|p| parse_fingerprint(p).ok_or_else(|| bad_pin(host))).transpose()?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| ProviderError::Unreachable { host: host.to_owned(), reason: "this is not a valid host name".to_owned() })?;
        let verdict = Arc::new(self.verdict(pinned));
        let config = self.config(Arc::clone(&verdict), &[])?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|e| handshake_error(host, &e, &verdict))
    }
}

/// Says what a failed handshake means: a certificate, a server that speaks no TLS, or the network.
fn handshake_error(host: &str, error: &std::io::Error, verdict: &Verdict) -> ProviderError {
    let fingerprint = *verdict.seen.lock().unwrap_or_else(PoisonError::into_inner);
    match error.get_ref().and_then(|inner| inner.downcast_ref::<RustlsError>()) {
        Some(RustlsError::InvalidCertificate(why)) => ProviderError::Certificate {
            host: host.to_owned(),
            reason: certificate_reason(why, verdict.pinned.is_some()),
            fingerprint: fingerprint.map(|f| format_fingerprint(&f)),
        },
        Some(RustlsError::InvalidMessage(_)) => ProviderError::Protocol {
            host: host.to_owned(),
            protocol: "TLS",
            detail: "the answer is not TLS; perhaps this port wants STARTTLS".to_owned(),
        },
        Some(other) => ProviderError::Protocol { host: host.to_owned(), protocol: "TLS", detail: other.to_string() },
        None => ProviderError::Unreachable { host: host.to_owned(), reason: format!("the TLS handshake broke off: {error}") },
    }
}

pub(crate) fn certificate_reason(why: &CertificateError, pinned: bool) -> String {
    if pinned {
        return "it is not the certificate that was pinned".to_owned();
    }
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet (check this clock)".to_owned(),
        CertificateError::UnknownIssuer => "its issuer is not known here (self-signed, or signed by a private authority)".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "it was issued for another name".to_owned(),
        CertificateError::Revoked => "it was revoked".to_owned(),
        CertificateError::Other(_) => "it is a self-signed authority certificate".to_owned(),
        other => format!("{other:?}"),
    }
}

fn bad_pin(host: &str) -> ProviderError {
    ProviderError::Refused(format!("The pinned fingerprint for {host} is not a SHA-256 in hex."))
}

/// Reads every certificate of a PEM file.
fn read_pem(path: &Path) -> Result<Vec<CertificateDer<'static>>, ProviderError> {
    let refuse = |why: String| ProviderError::Refused(format!("The CA file {} can't be used: {why}", path.display()));
    let mut certificates = Vec::new();
    for item in CertificateDer::pem_file_iter(path).map_err(|e| refuse(e.to_string()))? {
        certificates.push(item.map_err(|e| refuse(e.to_string()))?);
    }
    if certificates.is_empty() {
        return Err(refuse("it holds no certificate".to_owned()));
    }
    Ok(certificates)
}

/// SHA-256 of a certificate's DER bytes.
pub fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    Sha256::digest(certificate.as_ref()).into()
}

/// Lower-case hex, as stored in `ServerEndpoint::pinned`.
pub fn format_fingerprint(bytes: &[u8; 32]) -> String {
    domain::hex(bytes)
}

/// Accepts what people paste: upper or lower case, with or without colons and spaces.
pub fn parse_fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> = text.chars().filter(|c| !matches!(c, ':' | ' ')).map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}

/// The verifier of one handshake; remembers the leaf it saw.
#[derive(Debug)]
struct Verdict {
    platform: Arc<dyn ServerCertVerifier>,
    listed: Arc<Vec<CertificateDer<'static>>>,
    pinned: Option<[u8; 32]>,
    seen: Mutex<Option<[u8; 32]>>,
}

impl ServerCertVerifier for Verdict {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        let leaf = fingerprint(end_entity);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(leaf);
        if let Some(pinned) = self.pinned {
            return if pinned == leaf {
                Ok(ServerCertVerified::assertion())
            } else {
                Err(RustlsError::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            };
        }
        let error = match self.platform.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Ok(verified) => return Ok(verified),
            Err(error) => error,
        };
        // webpki checks the dates before it looks at the role of the certificate, so every other complaint comes from a
        // certificate that is in date.
        let out_of_date = matches!(
            error,
            RustlsError::InvalidCertificate(
                CertificateError::Expired
                    | CertificateError::ExpiredContext { .. }
                    | CertificateError::NotValidYet
                    | CertificateError::NotValidYetContext { .. }
                    | CertificateError::Revoked
            )
        );
        if !out_of_date && self.listed.iter().any(|listed| listed.as_ref() == end_entity.as_ref()) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        Err(error)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        self.platform.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        self.platform.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

/// Stands in where the platform has no roots at all. Signatures are still verified, so a pinned key must be held by the peer.
#[derive(Debug)]
struct NothingTrusted(Arc<CryptoProvider>);

impl ServerCertVerifier for NothingTrusted {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        Err(RustlsError::InvalidCertificate(CertificateError::UnknownIssuer))
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
