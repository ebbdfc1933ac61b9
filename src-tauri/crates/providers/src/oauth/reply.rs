//! Shapes of token replies and errors (RFC 6749 sections 5.1 and 5.2), read tolerantly where providers differ: `expires_in` as a
//! number or a string, scopes separated by spaces or commas, `token_type` in any case.

use std::{fmt, time::Duration};

use domain::{
    SecretString,
    oauth::{Identity, TokenSet},
    time::Timestamp,
};
use oauth2::{AccessToken, RefreshToken, Scope, basic::BasicTokenType};
use serde::{Deserialize, Deserializer, Serialize};

/// Longest lifetime that is believed: a year.
const LONGEST_SECS: u64 = 366 * 24 * 3600;

/// A successful reply. Serialises to nothing: oauth2 asks for the trait, and tokens must not be written anywhere.
#[derive(Deserialize, Serialize)]
pub struct TokenReply {
    #[serde(skip_serializing)]
    access_token: AccessToken,
    #[serde(skip_serializing)]
    token_type: BasicTokenTypeAnyCase,
    #[serde(default, skip_serializing, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default, skip_serializing)]
    refresh_token: Option<RefreshToken>,
    #[serde(default, skip_serializing, rename = "scope", deserialize_with = "scopes")]
    scopes: Option<Vec<Scope>>,
    #[serde(default, skip_serializing)]
    id_token: Option<String>,
}

impl fmt::Debug for TokenReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenReply(..)")
    }
}

impl oauth2::TokenResponse for TokenReply {
    type TokenType = BasicTokenType;
    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }
    fn token_type(&self) -> &BasicTokenType {
        &self.token_type.0
    }
    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }
    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }
    fn scopes(&self) -> Option<&Vec<Scope>> {
        self.scopes.as_ref()
    }
}

impl TokenReply {
    pub fn id_token(&self) -> Option<&str> {
        self.id_token.as_deref().filter(|t| !t.is_empty())
    }

    /// Refuses a reply that can't be used as a bearer token.
    pub fn into_tokens(self, identity: Option<Identity>, now: Timestamp) -> Result<TokenSet, &'static str> {
        if self.token_type.0 != BasicTokenType::Bearer {
            return Err("the token is not a bearer token");
        }
        let access = self.access_token.into_secret();
        if !is_token(&access) {
            return Err("the access token has characters that no token may have");
        }
        let refresh = self.refresh_token.map(RefreshToken::into_secret).filter(|t| !t.is_empty());
        Ok(TokenSet {
            access_token: SecretString::from(access),
            refresh_token: refresh.map(SecretString::from),
            expires_at: self.expires_in.map(|secs| now.plus_secs(i64::try_from(secs.min(LONGEST_SECS)).unwrap_or(0))),
            scopes: self.scopes.map(|list| list.iter().map(|s| s.as_str().to_owned()).collect()),
            identity,
        })
    }
}

/// RFC 6749 appendix A.12: visible ASCII and space. It becomes a header, so anything else is refused.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| (0x20..=0x7e).contains(&b))
}

struct BasicTokenTypeAnyCase(BasicTokenType);

impl<'de> Deserialize<'de> for BasicTokenTypeAnyCase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(if text.eq_ignore_ascii_case("bearer") { BasicTokenType::Bearer } else { BasicTokenType::Extension(text) }))
    }
}

impl Serialize for BasicTokenTypeAnyCase {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Option::<serde_json::Value>::deserialize(deserializer)? {
        Some(serde_json::Value::Number(n)) => n.as_u64(),
        Some(serde_json::Value::String(s)) => s.trim().parse().ok(),
        _ => None,
    })
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Scope>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|t| parse_scopes(&t).into_iter().map(Scope::new).collect()))
}

/// Splits on spaces and commas (GitHub, Slack), dropping repeats.
pub fn parse_scopes(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for scope in text.split([' ', ',', '\t', '\n']).filter(|s| !s.is_empty()) {
        if !out.iter().any(|s| s == scope) {
            out.push(scope.to_owned());
        }
    }
    out
}

/// An error reply.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ErrorReply {
    pub error: String,
    #[serde(default)]
    pub error_description: Option<String>,
}

impl fmt::Display for ErrorReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

impl oauth2::ErrorResponse for ErrorReply {}
