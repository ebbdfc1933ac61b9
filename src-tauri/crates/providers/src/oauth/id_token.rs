//! Claims of an id_token.
//!
//! The signature is not checked: the token comes straight from the token endpoint over TLS, and OpenID Connect Core 3.1.3.7
//! (item 6) lets TLS server validation stand in for it. Everything else of that section is checked. For the same reason nothing
//! here may ever be called with a token from anywhere else.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{oauth::Identity, time::Timestamp};
use serde::Deserialize;

/// Tolerated difference between this clock and the issuer's, in seconds.
const SKEW_SECS: i64 = 300;

/// What the claims must say.
pub struct Expected<'a> {
    /// Any of these; `{tenantid}` in one stands for the tenant that the token itself names (Entra's authorities of several tenants).
    pub issuers: &'a [String],
    pub client_id: &'a str,
    /// None: not an answer to an authorization request (a refresh), so none is required, and its age says nothing: see [`check`].
    pub nonce: Option<&'a str>,
    /// The person is known by `oid` and `tid`, which name the same one to every client.
    pub entra: bool,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: f64,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    /// Entra's: the person and the organisation that knows them. `sub` is another one for every client.
    #[serde(default)]
    oid: Option<String>,
    #[serde(default)]
    tid: Option<String>,
    #[serde(flatten)]
    user: UserInfo,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Standard claims (OIDC Core 5.1), also the reply of a userinfo endpoint. `id` and `verified_email` are Google's old names.
#[derive(Deserialize, Default)]
pub struct UserInfo {
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default, alias = "verified_email")]
    email_verified: Option<serde_json::Value>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    preferred_username: Option<String>,
}

impl UserInfo {
    /// None without a subject.
    pub fn identity(self) -> Option<Identity> {
        let subject = self.sub.or(self.id).filter(|s| !s.is_empty() && s.len() <= 255)?;
        // Some issuers write the boolean as a string.
        let email_verified = match self.email_verified {
            Some(serde_json::Value::Bool(b)) => b,
            Some(serde_json::Value::String(s)) => s == "true",
            _ => false,
        };
        let clean = |text: Option<String>| text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(320).collect::<String>();
        // Some organisations put the address only into the user name.
        let email = self.email.filter(|e| !e.is_empty()).or(self.preferred_username.filter(|u| u.contains('@')));
        Some(Identity { subject, email: clean(email), email_verified, name: clean(self.name) })
    }
}

/// Checks the claims (OIDC Core 3.1.3.7) and says who it is, or in words what is wrong.
///
/// An answer to a sign-in must not have expired: it could be an old one. A refresh was asked for this moment, and section 12.2 wants the
/// same issuer, audience and person only. To look at this machine's clock there would end all syncing where that runs ahead.
pub fn check(token: &str, expected: &Expected<'_>, now: Timestamp) -> Result<Identity, &'static str> {
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err("the id_token is not a signed token");
    };
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).map_err(|_| "the id_token is not base64url")?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| "the id_token lacks claims that every id_token has")?;
    let tenants = expected.issuers.iter().any(|issuer| of_tenant(issuer, &claims));
    // A pattern is nobody's name.
    if !tenants && (claims.iss.contains("{tenantid}") || !expected.issuers.contains(&claims.iss)) {
        return Err("the id_token is from another issuer");
    }
    let (audience, several) = match &claims.aud {
        Audience::One(aud) => (aud == expected.client_id, false),
        Audience::Many(list) => (list.iter().any(|aud| aud == expected.client_id), list.len() > 1),
    };
    if !audience {
        return Err("the id_token is for another client");
    }
    match claims.azp.as_deref() {
        Some(azp) if azp != expected.client_id => return Err("the id_token was issued to another client"),
        None if several => return Err("the id_token is for several clients and does not say for which"),
        _ => {}
    }
    // NaN compares as neither, hence the positive form.
    let alive = claims.exp > (now.secs() - SKEW_SECS) as f64;
    if expected.nonce.is_some() && !alive {
        return Err("the id_token has expired");
    }
    if let Some(nonce) = expected.nonce
        && claims.nonce.as_deref() != Some(nonce)
    {
        return Err("the id_token does not belong to this sign-in");
    }
    let person = if expected.entra { claims.oid.filter(|o| is_guid(o)).zip(claims.tid.filter(|t| is_guid(t))) } else { None };
    let identity = claims.user.identity().ok_or("the id_token names nobody")?;
    Ok(match person {
        // The account's id of Microsoft's own libraries. An address may change, and two organisations may use the same one.
        Some((oid, tid)) => Identity { subject: format!("{oid}.{tid}"), email_verified: false, ..identity },
        None => identity,
    })
}

/// Whether the token is from the tenant that it names, at this authority.
fn of_tenant(issuer: &str, claims: &Claims) -> bool {
    let Some((before, after)) = issuer.split_once("{tenantid}") else { return false };
    claims.tid.as_deref().is_some_and(|tid| is_guid(tid) && claims.iss == format!("{before}{tid}{after}"))
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_763_800_000);

    fn token(claims: &Value) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn good() -> Value {
        json!({"iss": "https://id.example", "aud": "me", "exp": NOW.secs() + 60, "nonce": "n", "sub": "42",
               "email": "a@b.example", "email_verified": true, "name": "A B"})
    }

    fn with(key: &str, value: Value) -> Value {
        let mut claims = good();
        claims[key] = value;
        claims
    }

    fn run(claims: &Value) -> Result<Identity, &'static str> {
        let issuers = ["https://id.example".to_owned(), "id.example".to_owned()];
        check(&token(claims), &Expected { issuers: &issuers, client_id: "me", nonce: Some("n"), entra: false }, NOW)
    }

    #[test]
    fn a_refresh_does_not_depend_on_this_machines_clock() {
        let issuers = ["https://id.example".to_owned()];
        let at = |nonce, ahead: i64| {
            check(&token(&good()), &Expected { issuers: &issuers, client_id: "me", nonce, entra: false }, NOW.plus_secs(ahead))
        };
        for ahead in [3_600, 10 * 365 * 86_400] {
            assert_eq!(at(Some("n"), ahead), Err("the id_token has expired"));
            assert_eq!(at(None, ahead).unwrap().subject, "42");
        }
    }

    #[test]
    fn accepts_what_the_specification_accepts() {
        let identity = run(&good()).unwrap();
        assert_eq!(identity, Identity { subject: "42".into(), email: "a@b.example".into(), email_verified: true, name: "A B".into() });
        assert!(run(&with("iss", json!("id.example"))).is_ok());
        assert!(run(&with("aud", json!(["me"]))).is_ok());
        let mut several = with("aud", json!(["me", "other"]));
        several["azp"] = json!("me");
        assert!(run(&several).is_ok());
        assert!(run(&with("exp", json!(NOW.secs() - 200))).is_ok(), "within the skew");
        assert!(run(&with("email_verified", json!("true"))).unwrap().email_verified);
    }

    #[test]
    fn entra_names_a_tenant_and_a_person_in_it() {
        let (oid, tid) = ("5b0c8a1e-9d5f-4a58-8f2b-6c1d2e3f4a01", "2f1c9a77-53b0-4f0e-8d6a-0b7d2c9e4a11");
        let issuers = ["https://login.example/{tenantid}/v2.0".to_owned()];
        let of = |iss: String, entra: bool| {
            let mut claims = good();
            (claims["iss"], claims["oid"], claims["tid"]) = (json!(iss), json!(oid), json!(tid));
            check(&token(&claims), &Expected { issuers: &issuers, client_id: "me", nonce: Some("n"), entra }, NOW)
        };
        let person = of(format!("https://login.example/{tid}/v2.0"), true).unwrap();
        assert_eq!((person.subject, person.email_verified), (format!("{oid}.{tid}"), false));
        assert_eq!(of(format!("https://login.example/{tid}/v2.0"), false).unwrap().subject, "42");
        for bad in [
            "https://login.example/{tenantid}/v2.0".to_owned(),
            format!("https://login.example/{oid}/v2.0"),
            format!("https://evil.example/{tid}/v2.0"),
        ] {
            assert!(of(bad.clone(), true).is_err(), "{bad}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for (bad, why) in [
            (with("iss", json!("https://id.example/")), "issuer"),
            (with("aud", json!("other")), "another client"),
            (with("aud", json!([])), "another client"),
            (with("aud", json!(["me", "other"])), "several clients"),
            (with("azp", json!("other")), "issued to another"),
            (with("exp", json!(NOW.secs() - 301)), "expired"),
            (with("nonce", json!("m")), "does not belong"),
            (with("nonce", Value::Null), "does not belong"),
            (with("sub", json!("")), "nobody"),
            (with("sub", Value::Null), "nobody"),
            (json!({}), "lacks claims"),
        ] {
            let error = run(&bad).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
        let issuers = ["i".to_owned()];
        for text in ["", "a.b", "a.!!.c", "a.b.c.d", "..", &format!("a.{}.c", URL_SAFE_NO_PAD.encode([0xff, 0xfe]))] {
            assert!(check(text, &Expected { issuers: &issuers, client_id: "me", nonce: None, entra: false }, NOW).is_err(), "{text}");
        }
    }
}
