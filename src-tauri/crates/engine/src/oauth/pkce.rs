//! Random parts of an authorization request. RFC 7636 (PKCE, S256 only), RFC 6749 section 10.12 (state), OIDC core (nonce).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{ExposeSecret as _, SecretString, oauth::AuthorizeParams};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::error::EngineError;

/// 32 bytes of the system's generator as 43 characters of base64url.
pub fn token() -> Result<String, EngineError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|e| EngineError::new("entropy", format!("the system gives no random numbers: {e}"), "Restart the machine."))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// base64url(SHA-256(ascii(verifier))).
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// How a state is stored: only its hash, so that reading the database is not enough to forge a callback.
pub fn state_hash(state: &str) -> [u8; 32] {
    Sha256::digest(state.as_bytes()).into()
}

/// The hash as text, to bind the sealed row to it.
pub fn hash_name(hash: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

/// The random parts of one attempt.
pub struct Attempt {
    pub state: String,
    pub verifier: SecretString,
    pub nonce: String,
}

impl Attempt {
    pub fn random() -> Result<Self, EngineError> {
        Ok(Self { state: token()?, verifier: token()?.into(), nonce: token()? })
    }
}

/// The URL that the system browser opens.
pub fn authorize_url(
    params: &AuthorizeParams,
    attempt: &Attempt,
    redirect_uri: &str,
    login_hint: Option<&str>,
) -> Result<String, EngineError> {
    let mut url = Url::parse(&params.authorize_url).map_err(|_| {
        EngineError::new("config", format!("authorize_url is not a web address: {}", params.authorize_url), "Correct config.toml.")
    })?;
    {
        let mut q = url.query_pairs_mut();
        q.append_pair("client_id", &params.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("response_type", "code")
            .append_pair("scope", &params.scopes.join(if params.commas { "," } else { " " }))
            .append_pair("state", &attempt.state)
            .append_pair("code_challenge", &challenge(attempt.verifier.expose_secret()))
            .append_pair("code_challenge_method", "S256");
        if params.oidc {
            q.append_pair("nonce", &attempt.nonce);
        }
        // A parameter of OpenID Connect.
        if let Some(hint) = login_hint.filter(|h| params.oidc && !h.is_empty()) {
            q.append_pair("login_hint", hint);
        }
        for (key, value) in &params.extra {
            q.append_pair(key, value);
        }
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use domain::integration::RedirectKind;

    #[test]
    fn challenge_matches_the_vector_of_rfc_7636_appendix_b() {
        assert_eq!(challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn tokens_are_43_unreserved_characters_and_differ() {
        let (a, b) = (token().unwrap(), token().unwrap());
        assert_eq!(a.len(), 43);
        assert!(a.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_'));
        assert_ne!(a, b);
    }

    #[test]
    fn url_has_everything_once_and_keeps_the_query_of_the_endpoint() {
        let params = AuthorizeParams {
            authorize_url: "https://id.example/auth?tenant=1".into(),
            client_id: "c&d".into(),
            issuer: None,
            iss_required: false,
            redirect: RedirectKind::Loopback,
            localhost: false,
            scopes: vec!["openid".into(), "mail".into()],
            commas: false,
            oidc: true,
            extra: vec![("prompt".into(), "select_account".into())],
        };
        let attempt =
            Attempt { state: "st".into(), verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned().into(), nonce: "no".into() };
        let url = Url::parse(&authorize_url(&params, &attempt, "http://127.0.0.1:9/cb/google", Some("a@b.example")).unwrap()).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let get = |k: &str| pairs.iter().filter(|(n, _)| n == k).map(|(_, v)| v.as_str()).collect::<Vec<_>>();
        for (k, v) in [
            ("tenant", "1"),
            ("client_id", "c&d"),
            ("redirect_uri", "http://127.0.0.1:9/cb/google"),
            ("response_type", "code"),
            ("scope", "openid mail"),
            ("state", "st"),
            ("nonce", "no"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
            ("login_hint", "a@b.example"),
            ("prompt", "select_account"),
        ] {
            assert_eq!(get(k), [v], "{k}");
        }
        assert!(!url.as_str().contains("dBjftJeZ4CVP"), "the verifier never leaves");
    }
}
