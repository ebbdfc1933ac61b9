//! The authorization endpoint's rules, without HTTP.
//!
//! Order matters: until client and redirect are proved, nothing may be sent to the redirect (RFC 6749 section 4.1.2.1), so
//! those errors are shown on a page; all later ones go back to the client.

use std::collections::BTreeSet;

use domain::time::Timestamp;
use url::{Host, Url};

use super::{AuthServer, CODE_SECS, Code, RedirectPolicy, USERINFO_EMAIL, USERINFO_PROFILE};

/// Why a sign-in did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Shown to the person: HTTP status, error code, words.
    Page { status: u16, error: &'static str, text: String },
    /// Sent back to the client.
    Redirect { to: String },
}

impl Refusal {
    fn page(error: &'static str, text: impl Into<String>) -> Self {
        Self::Page { status: 400, error, text: text.into() }
    }
}

/// A checked request that waits for the person.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub redirect_uri: String,
    pub state: Option<String>,
    pub challenge: String,
    pub nonce: Option<String>,
    /// In the order asked.
    pub scopes: Vec<String>,
    pub login_hint: Option<String>,
    pub created_at: Timestamp,
}

impl AuthServer {
    /// Checks the query of an authorization request. On success: the id of the pending consent.
    pub(crate) fn authorize(&mut self, query: &[(String, String)], now: Timestamp) -> Result<String, Refusal> {
        let mut seen = BTreeSet::new();
        if let Some((key, _)) = query.iter().find(|(key, _)| !seen.insert(key.as_str())) {
            return Err(Refusal::page("invalid_request", format!("Parameter given more than once: {key}")));
        }
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty());
        if get("client_id") != Some(&self.policy.client_id) {
            return Err(Refusal::Page { status: 401, error: "invalid_client", text: "The OAuth client was not found.".to_owned() });
        }
        let redirect_uri =
            get("redirect_uri").ok_or_else(|| Refusal::page("invalid_request", "Missing required parameter: redirect_uri"))?;
        self.check_redirect(redirect_uri)?;
        let state = get("state");
        let back = |error: &str, text: &str| Refusal::Redirect { to: self.redirect_error(redirect_uri, state, error, text) };
        match get("response_type") {
            Some("code") => {}
            Some(_) => return Err(back("unsupported_response_type", "Only response_type=code is supported.")),
            None => return Err(back("invalid_request", "Missing required parameter: response_type")),
        }
        if get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(back("invalid_request", "Only response_mode=query is supported."));
        }
        let challenge = get("code_challenge").ok_or_else(|| back("invalid_request", "Missing required parameter: code_challenge"))?;
        if get("code_challenge_method") != Some("S256") {
            return Err(back("invalid_request", "code_challenge_method must be S256."));
        }
        if crate::text::b64url_strict(challenge).is_none_or(|bytes| bytes.len() != 32) || challenge.len() != 43 {
            return Err(back("invalid_request", "code_challenge is not the base64url of a SHA-256 hash."));
        }
        if get("prompt") == Some("none") {
            return Err(back("interaction_required", "Someone has to look at the consent page."));
        }
        let mut scopes: Vec<String> = Vec::new();
        for scope in get("scope").unwrap_or_default().split(self.policy.separator).filter(|s| !s.is_empty()) {
            if !self.policy.scopes.iter().any(|(known, _)| *known == scope) {
                return Err(back("invalid_scope", &format!("Unknown scope: {scope}")));
            }
            // Google answers with the long names.
            let scope = match scope {
                "email" if self.policy.revoke_all => USERINFO_EMAIL,
                "profile" if self.policy.revoke_all => USERINFO_PROFILE,
                other => other,
            };
            if !scopes.iter().any(|s| s == scope) {
                scopes.push(scope.to_owned());
            }
        }
        if scopes.is_empty() {
            return Err(back("invalid_scope", "Missing required parameter: scope"));
        }
        let pending = Pending {
            redirect_uri: redirect_uri.to_owned(),
            state: state.map(str::to_owned),
            challenge: challenge.to_owned(),
            nonce: get("nonce").map(str::to_owned),
            scopes,
            login_hint: get("login_hint").map(str::to_owned),
            created_at: now,
        };
        let id = self.rng.token(32);
        self.counts.authorizations += 1;
        self.pending.insert(id.clone(), pending);
        Ok(id)
    }

    pub(crate) fn pending(&self, id: &str) -> Option<&Pending> {
        self.pending.get(id)
    }

    /// The person's answer: the URL to send the browser to, or `None` for an unknown, used or late consent.
    pub(crate) fn decide(&mut self, id: &str, subject: &str, chosen: &[String], allow: bool, now: Timestamp) -> Option<String> {
        let pending = self.pending.remove(id).filter(|p| now.since(p.created_at) < CODE_SECS * 1000)?;
        let state = pending.state.as_deref();
        self.user(subject)?;
        if !allow {
            return Some(self.redirect_error(&pending.redirect_uri, state, "access_denied", "The person said no."));
        }
        let scopes: BTreeSet<String> = pending.scopes.iter().filter(|s| chosen.contains(s)).cloned().collect();
        if scopes.is_empty() {
            return Some(self.redirect_error(&pending.redirect_uri, state, "access_denied", "Nothing was allowed."));
        }
        let code = format!("4/0{}", self.rng.token(48));
        let listed = scopes.iter().cloned().collect::<Vec<_>>().join(" ");
        self.codes.insert(
            code.clone(),
            Code {
                redirect_uri: pending.redirect_uri.clone(),
                challenge: pending.challenge,
                nonce: pending.nonce,
                subject: subject.to_owned(),
                scopes,
                expires_at: now.plus_secs(CODE_SECS),
                grant: None,
            },
        );
        let mut answer = vec![("code", code.as_str()), ("scope", &listed)];
        answer.extend(state.map(|s| ("state", s)));
        answer.extend(self.issuer());
        Some(with_query(&pending.redirect_uri, &answer))
    }

    fn redirect_error(&self, redirect_uri: &str, state: Option<&str>, error: &str, text: &str) -> String {
        let mut answer = vec![("error", error), ("error_description", text)];
        answer.extend(state.map(|s| ("state", s)));
        // RFC 9207 section 2: error answers carry it too.
        answer.extend(self.issuer());
        with_query(redirect_uri, &answer)
    }

    fn issuer(&self) -> Option<(&'static str, &str)> {
        Some(("iss", self.policy.issuer.as_str())).filter(|(_, issuer)| !issuer.is_empty())
    }

    fn check_redirect(&self, uri: &str) -> Result<(), Refusal> {
        let mismatch = |why: &str| Refusal::page("redirect_uri_mismatch", format!("{uri}: {why}"));
        let url = Url::parse(uri).map_err(|_| mismatch("not a URL"))?;
        if url.fragment().is_some() {
            return Err(mismatch("must not have a fragment"));
        }
        match &self.policy.redirect {
            RedirectPolicy::LoopbackLiteral => {
                if url.scheme() != "http" {
                    return Err(Refusal::page("invalid_request", "Custom URI scheme is not enabled for this kind of client."));
                }
                if !is_loopback_literal(&url) || url.port().is_none() || !url.username().is_empty() {
                    return Err(mismatch("must be http://127.0.0.1:PORT or http://[::1]:PORT"));
                }
                Ok(())
            }
            RedirectPolicy::Registered(list) => {
                let fits = list.iter().any(|registered| {
                    registered == uri
                        || Url::parse(registered).is_ok_and(|known| {
                            // RFC 8252 section 7.3: the port of a loopback literal is chosen at run time, the rest is exact.
                            is_loopback_literal(&known) && is_loopback_literal(&url) && same_but_port(&known, &url)
                        })
                });
                if fits { Ok(()) } else { Err(mismatch("is not registered for this client")) }
            }
        }
    }
}

fn is_loopback_literal(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        _ => false,
    }
}

fn same_but_port(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host_str() == b.host_str()
        && a.path() == b.path()
        && a.query() == b.query()
        && b.username().is_empty()
        && b.password().is_none()
}

/// Appends to whatever query the redirect already has, leaving the rest byte for byte.
fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{uri}{}{query}", if uri.contains('?') { '&' } else { '?' })
}
