//! Small encodings that several stand-ins need.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// base64url, with or without padding, nothing else: `+`, `/` and line breaks are refused as Gmail refuses them.
const STRICT_URL: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

pub(crate) fn b64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// With padding, as Gmail sends `raw` and `data`.
pub(crate) fn b64url_padded(bytes: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE.encode(bytes)
}

pub(crate) fn b64url_strict(text: &str) -> Option<Vec<u8>> {
    STRICT_URL.decode(text).ok()
}

/// Gmail's way: the five characters, the apostrophe as a number.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// RFC 7636 section 4.2: base64url-nopad(SHA-256(verifier)).
pub(crate) fn s256(verifier: &str) -> String {
    b64url(&Sha256::digest(verifier.as_bytes()))
}

/// A signed JWT (HS256). Clients that take it from the token endpoint need not check the signature (OIDC Core 3.1.3.7).
pub(crate) fn jwt(claims: &Value, key: &str) -> String {
    let header = b64url(json!({"alg": "HS256", "typ": "JWT", "kid": "sandbox"}).to_string().as_bytes());
    let body = format!("{header}.{}", b64url(claims.to_string().as_bytes()));
    let signature = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(body.as_bytes());
            mac.finalize().into_bytes().to_vec()
        },
    );
    format!("{body}.{}", b64url(&signature))
}

/// What follows `prefix` in a path, each part by itself and decoded: ids have all sorts of characters in them.
pub(crate) fn segments(path: &str, prefix: &str) -> Option<Vec<String>> {
    let decode = |part: &str| {
        let pairs = pairs(format!("x={}", part.replace('+', "%2B")).as_bytes());
        pairs.into_iter().next().map(|(_, value)| value)
    };
    path.strip_prefix(prefix)?.split('/').map(decode).collect()
}

/// One more field of an object.
pub(crate) fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = object {
        map.insert(name.to_owned(), value);
    }
}

/// Form or query text to pairs.
pub(crate) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pkce_vector() {
        assert_eq!(s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn only_the_url_alphabet() {
        assert_eq!(b64url_strict("_-8").as_deref(), Some(&[0xff, 0xef][..]));
        assert_eq!(b64url_strict("_-8=").as_deref(), Some(&[0xff, 0xef][..]));
        assert_eq!(b64url_strict("/+8="), None);
        assert_eq!(b64url_strict("_-\r\n8"), None);
    }
}
