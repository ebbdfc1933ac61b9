//! Entra ID (login.microsoftonline.com, v2.0 endpoints) as a public desktop client meets it (PROVIDERS 2.1, A.2).
//!
//! Not the engine of [`crate::oauth`]: nearly every rule differs. A secret is refused, a redirect's port is not looked at while its path
//! is, each refresh gives a new token and leaves the old one alive, a token is for one resource, errors have numbers, and there is no way to
//! revoke anything. Plain state and functions of `now`; HTTP is in [`http`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    oauth::{Bearer, Counts, SignIn, User},
    rng::Rng,
    text,
};

mod authorize;
mod error;
pub(crate) mod http;
mod scopes;
#[cfg(test)]
mod tests;
mod token;

/// The application (client) id that is registered here.
pub const MS_CLIENT_ID: &str = "7d3c1f5e-2a44-4b8e-9a0c-5e1d6f7a8b90";
/// Registered redirects of the platform "Mobile and desktop applications": no port.
const REDIRECTS: [&str; 2] = ["http://localhost/cb/microsoft", "http://localhost"];
/// The same with the literal, which only the manifest can hold ([`EntraSwitches::loopback_ip`]).
const LITERAL_REDIRECT: &str = "http://127.0.0.1/cb/microsoft";
/// Every personal account is of this tenant.
pub const MS_PERSONAL_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
/// The organisation of the work accounts here.
pub const MS_TENANT: &str = "2f1c9a77-53b0-4f0e-8d6a-0b7d2c9e4a11";
/// Lifetime of a code, seconds.
const CODE_SECS: i64 = 600;
/// A refresh token that is not used for 90 days is dead.
const REFRESH_IDLE_SECS: i64 = 90 * 86_400;

/// How the tenant behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EntraSwitches {
    /// `http://127.0.0.1` is registered too.
    pub loopback_ip: bool,
    /// Only an administrator may consent in this tenant (AADSTS90094), and what was consented to is void (AADSTS65001).
    pub admin_consent: bool,
    pub conditional_access: Option<ConditionalAccess>,
    /// Scopes are answered with their resource (`https://graph.microsoft.com/Mail.Read`) and in lower case, as some tokens have them.
    pub long_scopes: bool,
    /// A refresh gives no new refresh token. (unverified: the documentation says that it always does)
    pub keeps_refresh_token: bool,
}

/// What a policy of the tenant wants before it gives a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionalAccess {
    /// AADSTS50076: a second factor.
    Mfa,
    /// AADSTS53003: not from this device or place, whatever is done.
    Blocked,
}

#[derive(Clone, Debug)]
struct Account {
    /// `subject` is the object id.
    user: User,
    tenant: String,
}

#[derive(Clone, Debug)]
struct Code {
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
    subject: String,
    scopes: BTreeSet<String>,
    expires_at: Timestamp,
    used: bool,
}

#[derive(Clone, Debug)]
struct Grant {
    subject: String,
    /// Everything that was consented to, of all resources, in the long form.
    scopes: BTreeSet<String>,
    revoked: bool,
}

#[derive(Clone, Debug)]
struct Access {
    grant: u64,
    resource: &'static str,
    scopes: BTreeSet<String>,
    expires_at: Timestamp,
}

#[derive(Clone, Debug)]
struct Refresh {
    grant: u64,
    used_at: Timestamp,
}

pub(crate) struct Entra {
    /// `http://127.0.0.1:PORT`.
    base: String,
    accounts: Vec<Account>,
    pub switches: EntraSwitches,
    pending: HashMap<String, authorize::Pending>,
    codes: HashMap<String, Code>,
    grants: BTreeMap<u64, Grant>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    counts: Counts,
    access_secs: i64,
    serial: u64,
    rng: Rng,
}

impl Entra {
    pub fn new(base: String, users: Vec<(User, &str)>, access_secs: i64, rng: Rng) -> Self {
        let accounts = users.into_iter().map(|(user, tenant)| Account { user, tenant: tenant.to_owned() }).collect();
        Self {
            base,
            accounts,
            switches: EntraSwitches::default(),
            pending: HashMap::new(),
            codes: HashMap::new(),
            grants: BTreeMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            counts: Counts::default(),
            access_secs,
            serial: 0,
            rng,
        }
    }

    fn account(&self, subject: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.user.subject == subject)
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Claims of OpenID Connect as v2.0 tokens have them. `sub` is another one at every client; `oid` and `tid` name the person.
    fn id_token(&self, subject: &str, scopes: &BTreeSet<String>, nonce: Option<&str>, now: Timestamp) -> Option<String> {
        if !scopes.contains("openid") {
            return None;
        }
        let account = self.account(subject)?;
        let mut claims = json!({
            "ver": "2.0",
            "iss": format!("{}/{}/v2.0", self.base, account.tenant),
            "aud": MS_CLIENT_ID,
            "sub": text::s256(&format!("{}|{MS_CLIENT_ID}", account.user.subject)),
            "tid": account.tenant,
            "iat": now.secs(),
            "nbf": now.secs(),
            "exp": now.secs() + 3600,
        });
        if let Some(map) = claims.as_object_mut() {
            if scopes.contains("profile") {
                map.insert("oid".into(), json!(account.user.subject));
                map.insert("name".into(), json!(account.user.name));
                map.insert("preferred_username".into(), json!(account.user.email));
            }
            if scopes.contains("email") {
                map.insert("email".into(), json!(account.user.email));
            }
            if let Some(nonce) = nonce {
                map.insert("nonce".into(), json!(nonce));
            }
        }
        Some(text::jwt(&claims, &self.base))
    }
}

impl SignIn for Entra {
    fn add_user(&mut self, user: User) {
        self.accounts.push(Account { user, tenant: MS_TENANT.to_owned() });
    }

    fn counts(&self) -> Counts {
        self.counts
    }

    /// The owner of a live access token for Graph, with short scope names.
    fn introspect(&self, token: &str, now: Timestamp) -> Option<Bearer> {
        let access = self.access.get(token).filter(|a| now < a.expires_at && a.resource == scopes::GRAPH)?;
        let grant = self.grants.get(&access.grant).filter(|g| !g.revoked)?;
        let user = &self.account(&grant.subject)?.user;
        Some(Bearer {
            subject: user.subject.clone(),
            email: user.email.clone(),
            name: user.name.clone(),
            scopes: access.scopes.iter().map(|s| scopes::short(s).to_owned()).collect(),
            expires_at: access.expires_at,
        })
    }

    /// Signed out everywhere, or removed on the account page. True if a grant was alive.
    fn kill_grants(&mut self, email: &str) -> bool {
        let Some(subject) = self.accounts.iter().find(|a| a.user.email == email).map(|a| a.user.subject.clone()) else { return false };
        let mut any = false;
        for grant in self.grants.values_mut().filter(|g| g.subject == subject && !g.revoked) {
            grant.revoked = true;
            any = true;
        }
        any
    }

    /// The next call gets a 401 and has to refresh.
    fn expire_access_tokens(&mut self) {
        self.access.clear();
    }

    fn live_grants(&self, email: &str) -> usize {
        let is = |subject: &str| self.account(subject).is_some_and(|a| a.user.email == email);
        self.grants.values().filter(|g| !g.revoked && is(&g.subject)).count()
    }
}

pub(crate) fn users() -> Vec<(User, &'static str)> {
    vec![
        (User::new("5b0c8a1e-9d5f-4a58-8f2b-6c1d2e3f4a01", crate::MS_MARA, "Mara Lindqvist"), MS_TENANT),
        (User::new("00000000-0000-0000-66f3-3332eca7ea81", crate::MS_MARA_HOME, "Mara Lindqvist"), MS_PERSONAL_TENANT),
    ]
}
