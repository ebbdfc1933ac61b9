//! An OAuth 2.0 authorization server that refuses what real ones refuse.
//!
//! Two policies share one engine: Google's desktop client (secret expected, loopback literals only, refresh token stays) and
//! a strict OIDC provider (public client, exact redirect, single-use refresh tokens with reuse detection). The engine is
//! plain state and functions of `now`; HTTP is in [`http`], pages are in [`pages`].
//! Sources: RFC 6749, 7009, 7636, 8252, 9207, 9700; PROVIDERS 0.1, 0.2, 1.1.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{rng::Rng, text};

mod authorize;
pub(crate) mod http;
mod pages;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use authorize::Pending;
pub use authorize::Refusal;
pub use token::TokenError;

/// What the token endpoint thinks of a client secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPolicy {
    Required(String),
    /// It is looked at where one is sent.
    Optional(String),
    /// A public client that sends one is misconfigured.
    Forbidden,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectPolicy {
    /// `http://127.0.0.1:PORT/…` or `http://[::1]:PORT/…`, nothing registered (RFC 8252 section 7.3).
    LoopbackLiteral,
    /// Exactly these; for an entry with a loopback literal any port will do.
    Registered(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    Keep,
    /// A spent token revokes its whole family, unless it comes again within `grace_secs` and its successor is unused.
    SingleUse {
        grace_secs: i64,
    },
}

#[derive(Clone, Debug)]
pub struct Policy {
    /// Empty: answers carry none.
    pub issuer: String,
    pub client_id: String,
    pub secret: SecretPolicy,
    pub redirect: RedirectPolicy,
    pub rotation: Rotation,
    /// Lifetime of access tokens in seconds.
    pub access_secs: i64,
    /// A refresh token only for the scope `offline_access` (OIDC Core section 11). Google: always.
    pub offline_scope: bool,
    /// No refresh token in the reply to a sign-in while an earlier one of the same person lives (as Google's web clients without
    /// `prompt=consent`).
    pub refresh_once: bool,
    /// Google's behaviour: revoking one grant ends all grants of that person to this client.
    pub revoke_all: bool,
    /// Between scopes of an authorization request: a space (RFC 6749 section 3.3), or Linear's comma.
    pub separator: char,
    pub scopes: &'static [(&'static str, &'static str)],
}

/// Lifetime of a code: 10 minutes (RFC 6749 section 4.1.2).
pub const CODE_SECS: i64 = 600;
/// Google drops the oldest refresh token beyond this many per person and client.
const MAX_REFRESH_TOKENS: usize = 100;
/// A refresh token unused for about six months is dead.
const REFRESH_IDLE_SECS: i64 = 182 * 86_400;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    pub subject: String,
    pub email: String,
    pub name: String,
}

impl User {
    pub fn new(subject: &str, email: &str, name: &str) -> Self {
        Self { subject: subject.to_owned(), email: email.to_owned(), name: name.to_owned() }
    }
}

/// What happened so far; a test asserts on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub authorizations: u32,
    pub exchanges: u32,
    /// Successful refreshes.
    pub refreshes: u32,
    /// Refused token requests of any kind.
    pub refused: u32,
    pub reuse_detected: u32,
    pub revocations: u32,
}

/// Who a live access token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub subject: String,
    pub email: String,
    pub name: String,
    pub scopes: BTreeSet<String>,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug)]
struct Code {
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
    subject: String,
    scopes: BTreeSet<String>,
    expires_at: Timestamp,
    /// Set at the first exchange: a second one revokes this grant.
    grant: Option<u64>,
}

#[derive(Clone, Debug)]
struct Grant {
    subject: String,
    scopes: BTreeSet<String>,
    revoked: bool,
}

#[derive(Clone, Debug)]
struct Access {
    grant: u64,
    scopes: BTreeSet<String>,
    expires_at: Timestamp,
}

#[derive(Clone, Debug)]
struct Refresh {
    grant: u64,
    used_at: Timestamp,
    /// When it was exchanged, and for which successor.
    spent: Option<(Timestamp, String)>,
    serial: u64,
}

/// What every server that signs people in can be asked and told from outside, whichever it is.
pub trait SignIn {
    fn add_user(&mut self, user: User);
    fn counts(&self) -> Counts;
    /// The live owner of an access token. For IMAP and SMTP stand-ins too, and for the API.
    fn introspect(&self, token: &str, now: Timestamp) -> Option<Bearer>;
    /// Ends every grant of this person, as the person would on the account page. True if one was alive.
    fn kill_grants(&mut self, email: &str) -> bool;
    /// Makes all access tokens stale while the grants live on: the next call gets a 401 and has to refresh.
    fn expire_access_tokens(&mut self);
    /// How many grants of this person live.
    fn live_grants(&self, email: &str) -> usize;
}

pub struct AuthServer {
    pub policy: Policy,
    users: Vec<User>,
    pending: HashMap<String, Pending>,
    codes: HashMap<String, Code>,
    grants: BTreeMap<u64, Grant>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    counts: Counts,
    serial: u64,
    rng: Rng,
}

impl AuthServer {
    pub fn new(policy: Policy, users: Vec<User>, rng: Rng) -> Self {
        Self {
            policy,
            users,
            pending: HashMap::new(),
            codes: HashMap::new(),
            grants: BTreeMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            counts: Counts::default(),
            serial: 0,
            rng,
        }
    }

    pub fn users(&self) -> &[User] {
        &self.users
    }

    fn user(&self, subject: &str) -> Option<&User> {
        self.users.iter().find(|u| u.subject == subject)
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn revoke_subject(&mut self, subject: &str) -> bool {
        let mut any = false;
        for grant in self.grants.values_mut().filter(|g| g.subject == subject && !g.revoked) {
            grant.revoked = true;
            any = true;
        }
        any
    }

    fn revoke_grant(&mut self, id: u64) {
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.revoked = true;
        }
    }

    /// RFC 7009 at a strict server, Google's way at Google. `false`: the token was dead or unknown.
    pub fn revoke(&mut self, token: &str, now: Timestamp) -> bool {
        let grant = self
            .refresh
            .get(token)
            .filter(|r| r.spent.is_none())
            .map(|r| r.grant)
            .or_else(|| self.access.get(token).filter(|a| now < a.expires_at).map(|a| a.grant));
        let Some((id, subject)) = grant.and_then(|id| {
            let grant = self.grants.get(&id).filter(|g| !g.revoked)?;
            Some((id, grant.subject.clone()))
        }) else {
            return false;
        };
        if self.policy.revoke_all {
            self.revoke_subject(&subject);
        } else {
            self.revoke_grant(id);
        }
        self.counts.revocations += 1;
        true
    }

    /// OIDC Core 5.3.2, limited to what the scopes allow. `None`: no `openid`.
    pub(crate) fn userinfo(bearer: &Bearer) -> Option<Value> {
        let has = |scope: &str| bearer.scopes.contains(scope);
        if !has("openid") && !has(USERINFO_EMAIL) && !has(USERINFO_PROFILE) {
            return None;
        }
        let mut claims = json!({"sub": bearer.subject});
        if let Some(map) = claims.as_object_mut() {
            if has("email") || has(USERINFO_EMAIL) {
                map.insert("email".into(), json!(bearer.email));
                map.insert("email_verified".into(), json!(true));
            }
            if has("profile") || has(USERINFO_PROFILE) {
                map.insert("name".into(), json!(bearer.name));
            }
        }
        Some(claims)
    }

    fn id_token(&self, subject: &str, scopes: &BTreeSet<String>, nonce: Option<&str>, now: Timestamp) -> Option<String> {
        if !scopes.contains("openid") {
            return None;
        }
        let user = self.user(subject)?;
        let mut claims = json!({
            "iss": self.policy.issuer,
            "aud": self.policy.client_id,
            "azp": self.policy.client_id,
            "sub": user.subject,
            "iat": now.secs(),
            "exp": now.secs() + 3600,
        });
        if let Some(map) = claims.as_object_mut() {
            if scopes.contains("email") || scopes.contains(USERINFO_EMAIL) {
                map.insert("email".into(), json!(user.email));
                map.insert("email_verified".into(), json!(true));
            }
            if scopes.contains("profile") || scopes.contains(USERINFO_PROFILE) {
                map.insert("name".into(), json!(user.name));
            }
            if let Some(nonce) = nonce {
                map.insert("nonce".into(), json!(nonce));
            }
        }
        Some(text::jwt(&claims, &self.policy.issuer))
    }
}

impl SignIn for AuthServer {
    fn add_user(&mut self, user: User) {
        self.users.push(user);
    }

    fn counts(&self) -> Counts {
        self.counts
    }

    fn introspect(&self, token: &str, now: Timestamp) -> Option<Bearer> {
        let access = self.access.get(token).filter(|a| now < a.expires_at)?;
        let grant = self.grants.get(&access.grant).filter(|g| !g.revoked)?;
        let user = self.user(&grant.subject)?;
        Some(Bearer {
            subject: user.subject.clone(),
            email: user.email.clone(),
            name: user.name.clone(),
            scopes: access.scopes.clone(),
            expires_at: access.expires_at,
        })
    }

    fn kill_grants(&mut self, email: &str) -> bool {
        let Some(subject) = self.users.iter().find(|u| u.email == email).map(|u| u.subject.clone()) else { return false };
        self.revoke_subject(&subject)
    }

    fn expire_access_tokens(&mut self) {
        self.access.clear();
    }

    fn live_grants(&self, email: &str) -> usize {
        self.grants.values().filter(|g| !g.revoked && self.user(&g.subject).is_some_and(|u| u.email == email)).count()
    }
}

pub(crate) const USERINFO_EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
pub(crate) const USERINFO_PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";

/// Google's scopes that the sandbox knows, with the words of the consent page.
pub(crate) const GOOGLE_SCOPES: &[(&str, &str)] = &[
    ("openid", "Associate you with your personal info on Google"),
    ("email", "See your primary Google Account email address"),
    ("profile", "See your personal info, including any you've made public"),
    (USERINFO_EMAIL, "See your primary Google Account email address"),
    (USERINFO_PROFILE, "See your personal info, including any you've made public"),
    ("https://mail.google.com/", "Read, compose, send, and permanently delete all your email from Gmail"),
    ("https://www.googleapis.com/auth/gmail.modify", "Read, compose, and send emails from your Gmail account"),
    ("https://www.googleapis.com/auth/gmail.readonly", "View your email messages and settings"),
    (
        "https://www.googleapis.com/auth/gmail.metadata",
        "View your email message metadata such as labels and headers, but not the email body",
    ),
    ("https://www.googleapis.com/auth/gmail.compose", "Manage drafts and send emails"),
    ("https://www.googleapis.com/auth/gmail.send", "Send email on your behalf"),
    ("https://www.googleapis.com/auth/gmail.labels", "See and edit your email labels"),
    ("https://www.googleapis.com/auth/gmail.settings.basic", "See, edit, create, or change your email settings and filters in Gmail"),
    ("https://www.googleapis.com/auth/calendar.events", "View and edit events on all your calendars"),
    ("https://www.googleapis.com/auth/calendar.events.readonly", "View events on all your calendars"),
    ("https://www.googleapis.com/auth/calendar.calendarlist.readonly", "See the list of Google calendars you're subscribed to"),
    ("https://www.googleapis.com/auth/calendar.freebusy", "View your availability in your calendars"),
    ("https://www.googleapis.com/auth/calendar.settings.readonly", "View your calendar settings"),
    ("https://www.googleapis.com/auth/tasks", "Create, edit, organize, and delete all your tasks"),
    ("https://www.googleapis.com/auth/tasks.readonly", "View your tasks"),
    ("https://www.googleapis.com/auth/contacts", "See, edit, download, and permanently delete your contacts"),
    ("https://www.googleapis.com/auth/contacts.readonly", "See and download your contacts"),
    (
        "https://www.googleapis.com/auth/contacts.other.readonly",
        "See and download contact info automatically saved in your \"Other contacts\"",
    ),
    (
        "https://www.googleapis.com/auth/drive.file",
        "See, edit, create, and delete only the specific Google Drive files you use with this app",
    ),
    ("https://www.googleapis.com/auth/drive.appdata", "See, create, and delete its own configuration data in your Google Drive"),
    ("https://www.googleapis.com/auth/contacts.readonly", "See and download your contacts"),
    ("https://www.googleapis.com/auth/contacts.other.readonly", "See and download contact info automatically saved in your Other contacts"),
];

pub(crate) const OIDC_SCOPES: &[(&str, &str)] = &[
    ("openid", "Confirm who you are"),
    ("email", "See your email address"),
    ("profile", "See your name"),
    ("offline_access", "Stay signed in without asking you again"),
    ("mail", "Read and send mail through IMAP and SMTP as you"),
];

pub(crate) const LINEAR_SCOPES: &[(&str, &str)] = &[
    ("read", "View your account and workspace data"),
    ("write", "Modify your account and workspace data"),
    ("issues:create", "Create issues"),
    ("comments:create", "Create comments"),
];
