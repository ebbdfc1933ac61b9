//! What comes back. Any program and any web site can fire a deep link or knock at the listener, so every byte is hostile until
//! the state says otherwise. Whatever is refused changes nothing and leaves an audit entry.

use domain::{
    audit::{Actor, Outcome},
    integration::RedirectKind,
    oauth::OAuthError,
};
use store::PendingOauth;
use url::Url;

use super::{DEEP_LINK, PENDING, Pending, pkce};
use crate::{Engine, EngineError, core::audit, views::ConnectionView};

/// A callback is one line of a browser; anything longer is not one.
const MAX_URL: usize = 16 * 1024;

/// Parameters of a callback, each at most once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub state: String,
    pub code: Option<String>,
    pub error: Option<String>,
    /// Why, as Microsoft numbers its refusals: `AADSTS90094` is 90094.
    pub number: Option<u32>,
    pub iss: Option<String>,
    /// Everything before the query.
    pub target: String,
}

/// Reads a callback URL; None where it can't be one.
pub fn parse(url: &str) -> Option<Answer> {
    if url.len() > MAX_URL {
        return None;
    }
    let parsed = Url::parse(url).ok()?;
    if parsed.fragment().is_some() || !parsed.username().is_empty() || parsed.password().is_some() {
        return None;
    }
    let mut answer = Answer { target: url.split('?').next().unwrap_or_default().to_owned(), ..Answer::default() };
    let (mut state, mut description) = (None, None);
    for (key, value) in parsed.query_pairs() {
        let slot = match key.as_ref() {
            "state" => &mut state,
            "code" => &mut answer.code,
            "error" => &mut answer.error,
            "error_description" => &mut description,
            "iss" => &mut answer.iss,
            _ => continue,
        };
        // RFC 6749 section 3.1: parameters must not repeat. Whoever repeats one hopes that two readers disagree.
        if slot.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    answer.number = description.as_deref().and_then(aadsts);
    answer.state = state.filter(|s| !s.is_empty())?;
    Some(answer)
}

/// The number that a description of Microsoft's begins with. The rest of the text is not ours, and is forgotten.
fn aadsts(description: &str) -> Option<u32> {
    let digits = description.strip_prefix("AADSTS")?.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// `code` or the provider's refusal, after the checks that need no network.
fn check(answer: &Answer, pending: &Pending) -> Result<String, OAuthError> {
    // Exact: an answer that came another way than it was asked for is a mix-up.
    let same = answer.target == pending.redirect_uri || answer.target.trim_end_matches('/') == pending.redirect_uri;
    if !same {
        return Err(OAuthError::Invalid("it came back by another way than it was sent".to_owned()));
    }
    // RFC 9207: checked for errors too, because a mix-up may come as one.
    match (&answer.iss, &pending.issuer) {
        (Some(iss), Some(expected)) if iss != expected => {
            return Err(OAuthError::Invalid("it comes from another sign-in server than the one asked".to_owned()));
        }
        (None, _) if pending.iss_required => {
            return Err(OAuthError::Invalid("it does not say which sign-in server it comes from".to_owned()));
        }
        _ => {}
    }
    if let Some(error) = &answer.error {
        return Err(answer.number.and_then(of_organisation).unwrap_or_else(|| refusal(error)));
    }
    answer.code.clone().filter(|c| !c.is_empty()).ok_or_else(|| OAuthError::Invalid("it has no code".to_owned()))
}

/// What only an administrator can change (PROVIDERS 2.1). Microsoft calls most of it `access_denied`, as if the person had said no.
fn of_organisation(number: u32) -> Option<OAuthError> {
    Some(OAuthError::Organisation(match number {
        90_094 | 90_095 => "its administrator has to allow Aurelius first",
        53_000..=53_003 | 53_011 => "a rule of the organisation (conditional access) does not let in this device or from this place",
        50_105 => "the organisation has not given this account access to this client",
        _ => return None,
    }))
}

/// RFC 6749 section 4.1.2.1, OIDC core 3.1.2.6 and Google's own. The server's free text is not shown: it is not ours.
fn refusal(error: &str) -> OAuthError {
    match error {
        "access_denied" | "consent_required" | "user_cancelled_login" => OAuthError::Denied("access was not granted".to_owned()),
        "login_required" | "interaction_required" | "account_selection_required" => {
            OAuthError::Denied("the provider wants the sign-in to be done again".to_owned())
        }
        "admin_policy_enforced" | "org_internal" => {
            OAuthError::Denied("the organisation's administrator does not allow this application".to_owned())
        }
        "temporarily_unavailable" | "server_error" => OAuthError::Transient {
            host: "the sign-in server".to_owned(),
            reason: "it has a problem of its own".to_owned(),
            retry_at: None,
        },
        "unauthorized_client"
        | "invalid_client"
        | "redirect_uri_mismatch"
        | "invalid_request"
        | "unsupported_response_type"
        | "invalid_scope"
        | "disallowed_useragent" => OAuthError::Client(error.to_owned()),
        _ => OAuthError::Denied("the provider gave no reason that is known".to_owned()),
    }
}

impl Engine {
    /// Takes a deep link (`aurelius://oauth/callback?…`). Works in a process that did not begin the attempt.
    pub async fn oauth_callback(&self, url: &str, actor: Actor) -> Result<ConnectionView, EngineError> {
        if !url.starts_with(DEEP_LINK) {
            self.refuse("not_a_callback").await;
            return Err(EngineError::new(
                "invalid_answer",
                "this link is not a sign-in answer of Aurelius",
                "Start the sign-in from Integrations.",
            ));
        }
        self.take_callback(url, actor, None).await
    }

    /// `attempt`: the one whose listener heard it; only its own answer counts there.
    pub(super) async fn take_callback(&self, url: &str, _actor: Actor, attempt: Option<&str>) -> Result<ConnectionView, EngineError> {
        let forged = || {
            EngineError::new(
                "invalid_answer",
                "this sign-in answer was not asked for, was used already or came too late",
                "Start the sign-in again from Integrations.",
            )
        };
        let Some(answer) = parse(url) else {
            self.refuse("malformed").await;
            if let Some(attempt) = attempt {
                self.inner.attempts.finish(attempt, Err(forged()));
            }
            return Err(forged());
        };
        let hash = pkce::state_hash(&answer.state);
        let sealed = match self.inner.store.take_pending_oauth(&hash, self.now()).await? {
            PendingOauth::Found(sealed) => sealed,
            PendingOauth::Expired => {
                self.refuse("late").await;
                return Err(forged());
            }
            PendingOauth::Unknown => {
                self.refuse("unknown_state").await;
                // Another program that knocked at our listener uses up the listener, not the person's patience.
                if let Some(attempt) = attempt {
                    self.inner.attempts.finish(attempt, Err(forged()));
                }
                return Err(forged());
            }
        };
        let plain = self.inner.vault.open_sealed(PENDING, &pkce::hash_name(&hash), super::PENDING_VERSION, &sealed)?;
        let pending: Pending = serde_json::from_slice(&plain).map_err(|_| forged())?;
        let result = self.accept(&answer, &pending).await;
        let done = match &result {
            Ok(id) => Ok(id.clone()),
            Err(e) => {
                let outcome = if e.code == "invalid_answer" { Outcome::Refused } else { Outcome::Failed };
                let who = if e.code == "invalid_answer" { Actor::Outside } else { Actor::Person };
                let action = if e.code == "invalid_answer" { "oauth.callback_refused" } else { "oauth.failed" };
                self.audit_only(audit(who, action, format!("integration:{}", pending.integration), outcome, format!("code={}", e.code)))
                    .await;
                Err(e.clone())
            }
        };
        self.inner.attempts.finish(&pending.attempt, done);
        self.connection(&result?).await
    }

    async fn accept(&self, answer: &Answer, pending: &Pending) -> Result<domain::ids::ConnectionId, EngineError> {
        let code = check(answer, pending)?;
        self.finish_oauth(code.into(), pending).await
    }
}

/// Which redirect a pending URI is.
pub fn redirect_kind(uri: &str) -> RedirectKind {
    if uri.starts_with(DEEP_LINK) { RedirectKind::Scheme } else { RedirectKind::Loopback }
}

#[cfg(test)]
#[path = "callback_tests.rs"]
mod tests;
