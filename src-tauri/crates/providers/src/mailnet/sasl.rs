//! SASL mechanisms, shared by IMAP and SMTP: the bytes only, without the framing of either protocol.
//!
//! Order of preference for passwords: SCRAM-SHA-256 (the server never sees the password and proves that it knows it too),
//! PLAIN, LOGIN. For tokens: OAUTHBEARER, XOAUTH2.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use domain::SecretString;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// A hostile server may ask for 2³¹ rounds to burn our time; real ones use 4,096 to some 600,000.
const MAX_ITERATIONS: u32 = 2_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    ScramSha256,
    Plain,
    Login,
    OAuthBearer,
    XOAuth2,
}

impl Mechanism {
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
        }
    }

    /// What to try, best first, given the names that the server offers.
    pub fn choose<'a>(offered: impl Iterator<Item = &'a str> + Clone, token: bool) -> Vec<Self> {
        let candidates: &[Self] = if token { &[Self::OAuthBearer, Self::XOAuth2] } else { &[Self::ScramSha256, Self::Plain, Self::Login] };
        candidates.iter().copied().filter(|m| offered.clone().any(|o| o.eq_ignore_ascii_case(m.name()))).collect()
    }
}

#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum SaslError {
    #[error("the server's {0} challenge is not valid")]
    Challenge(&'static str),
    #[error("the server could not prove that it knows the password")]
    ServerNotProven,
    #[error("no randomness available")]
    Random,
}

/// Where the peer is named in OAUTHBEARER (RFC 7628 section 3.1).
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub host: String,
    pub port: u16,
}

/// One authentication attempt.
pub(crate) struct Sasl {
    mechanism: Mechanism,
    user: String,
    secret: SecretString,
    peer: Peer,
    state: State,
}

enum State {
    Start,
    LoginPassword,
    ScramSent {
        nonce: String,
        first_bare: String,
    },
    ScramProved {
        server_signature: [u8; 32],
    },
    /// Nothing more to say; an error challenge of a token mechanism is acknowledged.
    Said,
    Done,
}

impl Sasl {
    pub fn new(mechanism: Mechanism, user: &str, secret: SecretString, peer: Peer) -> Self {
        Self { mechanism, user: user.to_owned(), secret, peer, state: State::Start }
    }

    /// The initial response; None for LOGIN, which waits to be asked.
    pub fn initial(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, SaslError> {
        if self.mechanism == Mechanism::Login {
            return Ok(None);
        }
        if self.mechanism == Mechanism::ScramSha256 {
            let mut random = [0u8; 24];
            getrandom::fill(&mut random).map_err(|_| SaslError::Random)?;
            return Ok(Some(Zeroizing::new(self.scram_first(&BASE64.encode(random)))));
        }
        let secret = self.secret.expose_secret();
        let text = match self.mechanism {
            Mechanism::OAuthBearer => format!(
                "n,a={},\x01host={}\x01port={}\x01auth=Bearer {secret}\x01\x01",
                escape_name(&self.user),
                self.peer.host,
                self.peer.port
            ),
            Mechanism::XOAuth2 => format!("user={}\x01auth=Bearer {secret}\x01\x01", self.user),
            _ => format!("\0{}\0{secret}", self.user),
        };
        self.state = State::Said;
        Ok(Some(Zeroizing::new(text.into_bytes())))
    }

    fn scram_first(&mut self, nonce: &str) -> Vec<u8> {
        let first_bare = format!("n={},r={nonce}", escape_name(&prepare(&self.user)));
        let message = format!("n,,{first_bare}").into_bytes();
        self.state = State::ScramSent { nonce: nonce.to_owned(), first_bare };
        message
    }

    /// Answers a challenge. For a token mechanism a challenge after the token is the server's JSON with the failure, to be
    /// acknowledged before it says NO.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Zeroizing<Vec<u8>>, SaslError> {
        match (self.mechanism, std::mem::replace(&mut self.state, State::Said)) {
            (Mechanism::Login, State::Start) => {
                self.state = State::LoginPassword;
                Ok(Zeroizing::new(self.user.clone().into_bytes()))
            }
            (Mechanism::Login, State::LoginPassword) => Ok(Zeroizing::new(self.secret.expose_secret().as_bytes().to_vec())),
            // Without SASL-IR the first challenge is empty and asks for the initial response.
            (_, State::Start) => {
                self.state = State::Start;
                self.initial()?.ok_or(SaslError::Challenge("LOGIN"))
            }
            (Mechanism::ScramSha256, State::ScramSent { nonce, first_bare }) => self.scram_final(challenge, &nonce, &first_bare),
            (Mechanism::ScramSha256, State::ScramProved { server_signature }) => {
                verify_server(challenge, &server_signature)?;
                self.state = State::Done;
                Ok(Zeroizing::new(Vec::new()))
            }
            (Mechanism::OAuthBearer, State::Said) => Ok(Zeroizing::new(b"\x01".to_vec())),
            (Mechanism::XOAuth2, State::Said) => Ok(Zeroizing::new(Vec::new())),
            (mechanism, _) => Err(SaslError::Challenge(mechanism.name())),
        }
    }

    /// Called when the server says that the sign-in succeeded: a SCRAM server that skipped its proof is an impostor.
    pub fn accepted(&self) -> Result<(), SaslError> {
        match (self.mechanism, &self.state) {
            (Mechanism::ScramSha256, State::Done) => Ok(()),
            (Mechanism::ScramSha256, _) => Err(SaslError::ServerNotProven),
            _ => Ok(()),
        }
    }

    /// RFC 5802 section 3 with SHA-256 (RFC 7677).
    fn scram_final(&mut self, challenge: &[u8], nonce: &str, first_bare: &str) -> Result<Zeroizing<Vec<u8>>, SaslError> {
        const BAD: SaslError = SaslError::Challenge("SCRAM");
        let server_first = std::str::from_utf8(challenge).map_err(|_| BAD)?;
        let (mut full_nonce, mut salt, mut iterations) = (None, None, None);
        for attribute in server_first.split(',') {
            match attribute.split_once('=') {
                // A mandatory extension that we do not know.
                Some(("m", _)) => return Err(BAD),
                Some(("r", value)) => full_nonce = Some(value),
                Some(("s", value)) => salt = BASE64.decode(value).ok(),
                Some(("i", value)) => iterations = value.parse::<u32>().ok(),
                _ => {}
            }
        }
        let (full_nonce, salt, iterations) = (full_nonce.ok_or(BAD)?, salt.ok_or(BAD)?, iterations.ok_or(BAD)?);
        if !full_nonce.starts_with(nonce) || full_nonce.len() == nonce.len() || !(1..=MAX_ITERATIONS).contains(&iterations) {
            return Err(BAD);
        }
        let password = Zeroizing::new(prepare(self.secret.expose_secret()));
        let salted = Zeroizing::new(pbkdf2(password.as_bytes(), &salt, iterations)?);
        let client_key = Zeroizing::new(mac(salted.as_slice(), b"Client Key")?);
        let stored_key: [u8; 32] = Sha256::digest(client_key.as_slice()).into();
        let without_proof = format!("c=biws,r={full_nonce}");
        let auth_message = format!("{first_bare},{server_first},{without_proof}");
        let signature = mac(&stored_key, auth_message.as_bytes())?;
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(k, s)| k ^ s).collect();
        let server_key = Zeroizing::new(mac(salted.as_slice(), b"Server Key")?);
        self.state = State::ScramProved { server_signature: mac(server_key.as_slice(), auth_message.as_bytes())? };
        Ok(Zeroizing::new(format!("{without_proof},p={}", BASE64.encode(proof)).into_bytes()))
    }
}

fn verify_server(challenge: &[u8], expected: &[u8; 32]) -> Result<(), SaslError> {
    let text = std::str::from_utf8(challenge).map_err(|_| SaslError::Challenge("SCRAM"))?;
    let Some(value) = text.split(',').find_map(|a| a.strip_prefix("v=")) else {
        return Err(SaslError::ServerNotProven);
    };
    let got = BASE64.decode(value).map_err(|_| SaslError::Challenge("SCRAM"))?;
    // The signature is no secret of ours, so an ordinary comparison leaks nothing.
    if got == expected { Ok(()) } else { Err(SaslError::ServerNotProven) }
}

fn mac(key: &[u8], message: &[u8]) -> Result<[u8; 32], SaslError> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| SaslError::Challenge("SCRAM"))?;
    hmac.update(message);
    Ok(hmac.finalize().into_bytes().into())
}

/// PBKDF2-HMAC-SHA-256 with one block of output (RFC 5802 "Hi").
fn pbkdf2(password: &[u8], salt: &[u8], iterations: u32) -> Result<[u8; 32], SaslError> {
    let keyed = Hmac::<Sha256>::new_from_slice(password).map_err(|_| SaslError::Challenge("SCRAM"))?;
    let mut first = keyed.clone();
    first.update(salt);
    first.update(&1u32.to_be_bytes());
    let mut round: [u8; 32] = first.finalize().into_bytes().into();
    let mut out = round;
    for _ in 1..iterations {
        let mut next = keyed.clone();
        next.update(&round);
        round = next.finalize().into_bytes().into();
        for (o, r) in out.iter_mut().zip(round) {
            *o ^= r;
        }
    }
    Ok(out)
}

/// The part of SASLprep (RFC 4013) that matters for text typed by people: odd spaces become spaces, invisible joiners go,
/// then NFKC.
fn prepare(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'))
        .map(|c| if c.is_whitespace() && !c.is_ascii() { ' ' } else { c })
        .nfkc()
        .collect()
}

/// `=` and `,` in names (RFC 5802 section 5.1).
fn escape_name(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn peer() -> Peer {
        Peer { host: "server.example.com".into(), port: 143 }
    }

    fn sasl(mechanism: Mechanism, user: &str, secret: &str) -> Sasl {
        Sasl::new(mechanism, user, SecretString::from(secret.to_owned()), peer())
    }

    /// RFC 7677 section 3.
    fn rfc7677() -> Sasl {
        let mut sasl = sasl(Mechanism::ScramSha256, "user", "pencil");
        assert_eq!(sasl.scram_first("rOprNGfwEbeRWgbNEkqO"), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let answer = sasl.respond(b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").unwrap();
        assert_eq!(
            String::from_utf8(answer.to_vec()).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        sasl
    }

    #[test]
    fn scram_matches_the_rfc_vector_and_accepts_the_server() {
        let mut sasl = rfc7677();
        assert_eq!(sasl.accepted(), Err(SaslError::ServerNotProven), "success before the proof is refused");
        assert!(sasl.respond(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap().is_empty());
        assert_eq!(sasl.accepted(), Ok(()));
    }

    #[test]
    fn scram_refuses_a_server_that_does_not_know_the_password() {
        let mut sasl = rfc7677();
        assert_eq!(sasl.respond(b"v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap_err(), SaslError::ServerNotProven);
        let mut sasl = rfc7677();
        assert_eq!(sasl.respond(b"e=other-error").unwrap_err(), SaslError::ServerNotProven);
    }

    #[test]
    fn scram_refuses_hostile_challenges() {
        for challenge in [
            "r=other,s=AAAA,i=4096",
            "r=nonce,s=AAAA,i=4096",
            "r=nonce1,s=AAAA,i=4294967295",
            "r=nonce1,s=AAAA,i=0",
            "r=nonce1,s=!,i=1",
            "m=x,r=nonce1,s=AAAA,i=1",
            "",
        ] {
            let mut sasl = sasl(Mechanism::ScramSha256, "user", "pencil");
            sasl.scram_first("nonce");
            assert!(sasl.respond(challenge.as_bytes()).is_err(), "{challenge}");
        }
    }

    #[test]
    fn token_mechanisms_have_the_documented_bytes() {
        let mut bearer = sasl(Mechanism::OAuthBearer, "user@example.com", "tok");
        assert_eq!(
            bearer.initial().unwrap().unwrap().as_slice(),
            b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer tok\x01\x01"
        );
        assert_eq!(bearer.respond(b"{\"status\":\"401\"}").unwrap().as_slice(), b"\x01");
        let mut x = sasl(Mechanism::XOAuth2, "user@example.com", "tok");
        assert_eq!(x.initial().unwrap().unwrap().as_slice(), b"user=user@example.com\x01auth=Bearer tok\x01\x01");
        assert!(x.respond(b"{}").unwrap().is_empty());
    }

    #[test]
    fn plain_and_login() {
        assert_eq!(sasl(Mechanism::Plain, "u", "p w").initial().unwrap().unwrap().as_slice(), b"\0u\0p w");
        let mut login = sasl(Mechanism::Login, "u", "p");
        assert!(login.initial().unwrap().is_none());
        assert_eq!(login.respond(b"User Name\0").unwrap().as_slice(), b"u");
        assert_eq!(login.respond(b"Password:").unwrap().as_slice(), b"p");
        assert!(login.respond(b"again?").is_err());
        // Without an initial response the server asks with an empty challenge.
        assert_eq!(sasl(Mechanism::Plain, "u", "p").respond(b"").unwrap().as_slice(), b"\0u\0p");
    }

    #[test]
    fn the_best_offered_mechanism_comes_first() {
        let offered = ["LOGIN", "plain", "SCRAM-SHA-256", "XOAUTH2"];
        assert_eq!(Mechanism::choose(offered.into_iter(), false), [Mechanism::ScramSha256, Mechanism::Plain, Mechanism::Login]);
        assert_eq!(Mechanism::choose(offered.into_iter(), true), [Mechanism::XOAuth2]);
    }

    #[test]
    fn preparation_folds_what_keyboards_vary() {
        assert_eq!(prepare("I\u{ad}X\u{a0}\u{2168}"), "IX IX");
    }
}
