//! The authorization endpoint's rules, without HTTP. What concerns client and redirect is shown on a page; all else goes back to the
//! client (RFC 6749 section 4.1.2.1).

use std::collections::BTreeSet;

use domain::time::Timestamp;
use url::Url;

use super::{CODE_SECS, Code, ConditionalAccess, Entra, LITERAL_REDIRECT, MS_CLIENT_ID, REDIRECTS, error::AadError, scopes};

/// Why a sign-in did not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Page(AadError),
    Redirect(String),
}

/// A checked request that waits for the person.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub redirect_uri: String,
    pub state: Option<String>,
    pub challenge: String,
    pub nonce: Option<String>,
    pub scopes: BTreeSet<String>,
    pub login_hint: Option<String>,
    pub created_at: Timestamp,
}

impl Entra {
    /// On success: the id of the pending consent.
    pub(super) fn authorize(&mut self, query: &[(String, String)], now: Timestamp) -> Result<String, Refusal> {
        let page = |code, text: String| Refusal::Page(AadError::new("invalid_request", code, text));
        let mut seen = BTreeSet::new();
        if let Some((key, _)) = query.iter().find(|(key, _)| !seen.insert(key.as_str())) {
            return Err(page(9_000_411, format!("The request is not properly formatted. The parameter '{key}' is duplicated.")));
        }
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty());
        let client = get("client_id").unwrap_or_default();
        if client != MS_CLIENT_ID {
            let text = format!("Application with identifier '{client}' was not found in the directory.");
            return Err(Refusal::Page(AadError::new("unauthorized_client", 700_016, text)));
        }
        let redirect_uri = get("redirect_uri").unwrap_or_default();
        if !self.registered(redirect_uri) {
            let text = format!("The redirect URI '{redirect_uri}' specified in the request does not match the ones configured.");
            return Err(page(50_011, text));
        }
        let state = get("state");
        let back = |error: &AadError| Refusal::Redirect(redirect_error(redirect_uri, state, error));
        let bad = |code, text: &str| back(&AadError::new("invalid_request", code, text));
        match get("response_type") {
            Some("code") => {}
            Some(_) => {
                let text = "Only response_type=code is enabled for this application.";
                return Err(back(&AadError::new("unsupported_response_type", 700_051, text)));
            }
            None => return Err(bad(900_144, "The request body must contain the following parameter: 'response_type'.")),
        }
        if get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(bad(90_023, "Unsupported 'response_mode' value: this stand-in answers in the query only."));
        }
        // The real one takes `plain`, and reads a missing method as that; here a client that does not use S256 is to be found out.
        let challenge =
            get("code_challenge").ok_or_else(|| bad(9_002_325, "Proof Key for Code Exchange is required for cross-origin redemption."))?;
        if get("code_challenge_method") != Some("S256")
            || challenge.len() != 43
            || crate::text::b64url_strict(challenge).is_none_or(|bytes| bytes.len() != 32)
        {
            return Err(bad(501_491, "Invalid size of Code_Challenge parameter, or a method other than S256."));
        }
        if get("prompt").is_some_and(|p| !["login", "none", "consent", "select_account"].contains(&p)) {
            return Err(bad(90_023, "Unsupported 'prompt' value."));
        }
        let scopes = scopes::parse(get("scope").unwrap_or_default()).map_err(|unknown| {
            let text = format!("The application asked for scope '{unknown}' that doesn't exist on the resource.");
            back(&AadError::new("invalid_scope", 650_053, text))
        })?;
        if scopes.is_empty() {
            return Err(bad(900_144, "The request body must contain the following parameter: 'scope'."));
        }
        if get("prompt") == Some("none") {
            return Err(back(&AadError::new("login_required", 50_058, "A silent sign-in request was sent but no user is signed in.")));
        }
        let id = self.rng.token(32);
        self.counts.authorizations += 1;
        self.pending.insert(
            id.clone(),
            Pending {
                redirect_uri: redirect_uri.to_owned(),
                state: state.map(str::to_owned),
                challenge: challenge.to_owned(),
                nonce: get("nonce").map(str::to_owned),
                scopes,
                login_hint: get("login_hint").map(str::to_owned),
                created_at: now,
            },
        );
        Ok(id)
    }

    pub(super) fn pending(&self, id: &str) -> Option<&Pending> {
        self.pending.get(id)
    }

    /// (object id, name, address) of everybody who can sign in.
    pub(super) fn people(&self) -> Vec<(String, String, String)> {
        self.accounts.iter().map(|a| (a.user.subject.clone(), a.user.name.clone(), a.user.email.clone())).collect()
    }

    /// The person's answer: where to send the browser, or None for a consent that is unknown, used or late. Microsoft's page has nothing to
    /// untick: `only` stands for a tenant that grants less.
    pub(super) fn decide(&mut self, id: &str, subject: &str, only: Option<&[String]>, allow: bool, now: Timestamp) -> Option<String> {
        let pending = self.pending.remove(id).filter(|p| now.since(p.created_at) < CODE_SECS * 1000)?;
        let state = pending.state.as_deref();
        self.account(subject)?;
        let refused = if !allow {
            Some(AadError::new("access_denied", 65_004, "User declined to consent to access the app."))
        } else if self.switches.admin_consent {
            Some(AadError::new("access_denied", 90_094, "An administrator of the tenant has to consent to these permissions."))
        } else if self.switches.conditional_access == Some(ConditionalAccess::Blocked) {
            Some(AadError::new("access_denied", 53_003, "Access has been blocked by Conditional Access policies."))
        } else {
            // The page asks for a second factor itself: a policy that wants one is met by signing in.
            if self.switches.conditional_access == Some(ConditionalAccess::Mfa) {
                self.switches.conditional_access = None;
            }
            None
        };
        if let Some(error) = refused {
            return Some(redirect_error(&pending.redirect_uri, state, &error));
        }
        let only: Option<BTreeSet<String>> = only.map(|list| list.iter().filter_map(|s| scopes::long(s)).collect());
        let granted: BTreeSet<String> =
            pending.scopes.iter().filter(|s| only.as_ref().is_none_or(|only| only.contains(*s))).cloned().collect();
        let code = format!("1.A{}", self.rng.token(60));
        self.codes.insert(
            code.clone(),
            Code {
                redirect_uri: pending.redirect_uri.clone(),
                challenge: pending.challenge,
                nonce: pending.nonce,
                subject: subject.to_owned(),
                scopes: granted,
                expires_at: now.plus_secs(CODE_SECS),
                used: false,
            },
        );
        let session = self.rng.token(22);
        // No `iss`: this server does not announce RFC 9207.
        let mut answer = vec![("code", code.as_str())];
        answer.extend(state.map(|s| ("state", s)));
        answer.push(("session_state", &session));
        Some(with_query(&pending.redirect_uri, &answer))
    }

    /// The port of localhost is not compared, everything else is, the path with regard to case.
    fn registered(&self, uri: &str) -> bool {
        let Ok(asked) = Url::parse(uri) else { return false };
        if asked.query().is_some() || asked.fragment().is_some() || !asked.username().is_empty() || asked.password().is_some() {
            return false;
        }
        let literal = self.switches.loopback_ip.then_some(LITERAL_REDIRECT);
        REDIRECTS
            .into_iter()
            .chain(literal)
            .filter_map(|known| Url::parse(known).ok())
            .any(|known| known.scheme() == asked.scheme() && known.host_str() == asked.host_str() && known.path() == asked.path())
    }
}

fn redirect_error(redirect_uri: &str, state: Option<&str>, error: &AadError) -> String {
    let description = error.description();
    let mut answer = vec![("error", error.error), ("error_description", description.as_str())];
    answer.extend(state.map(|s| ("state", s)));
    with_query(redirect_uri, &answer)
}

/// A redirect without a path comes back with one.
fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let uri = Url::parse(uri).map_or_else(|_| uri.to_owned(), |url| url.to_string());
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{uri}?{query}")
}
