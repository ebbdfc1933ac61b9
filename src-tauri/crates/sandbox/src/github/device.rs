//! GitHub's sign-in with a code (RFC 8628, PROVIDERS 6.2): codes, tokens and what is refused. Plain state and functions of `now`; HTTP is in
//! [`http`].
//!
//! Refusals of the two addresses come with status 200. A code is for one client, lives fifteen minutes, is redeemed once, and whoever asks
//! for it sooner than allowed has to wait five seconds more from then on. No secret is sent: one that is wrong is refused.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::world::{GithubSwitches, GithubWorld};
use crate::rng::Rng;

pub(super) mod http;
#[cfg(test)]
mod tests;

/// The OAuth app that is registered here.
pub const GITHUB_CLIENT_ID: &str = "Ov23liSandboxAurelius";
/// Only for what needs one; never sent by a program on a person's computer.
pub const GITHUB_CLIENT_SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0deadbeef";

/// Seconds that a code lives.
pub(super) const CODE_SECS: i64 = 900;
/// What asking too soon adds to the interval.
const SLOWER_SECS: i64 = 5;
/// A refresh token lives six months.
const REFRESH_SECS: i64 = 15_897_600;
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Letters that nobody confuses, as GitHub's codes have them.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ0123456789ABCDEF";
/// What an app may ask for; anything else is passed over in silence, as GitHub does.
const SCOPES: &[&str] = &["repo", "public_repo", "notifications", "read:user", "user", "user:email", "read:org", "offline_access"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Allowed,
    Denied,
    Spent,
}

struct Code {
    user_code: String,
    scopes: Vec<String>,
    expires_at: Timestamp,
    interval: i64,
    asked_at: Option<Timestamp>,
    state: State,
}

struct Access {
    scopes: Vec<String>,
    user: u64,
    expires_at: Option<Timestamp>,
}

struct Refresh {
    scopes: Vec<String>,
    user: u64,
    expires_at: Timestamp,
    /// One that came with a code is refreshed without the client's secret.
    of_device: bool,
}

/// Everything that was given out.
#[derive(Default)]
pub(super) struct Grants {
    rng: Option<Rng>,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
}

type Form<'a> = &'a [(String, String)];

fn get<'a>(form: Form<'a>, name: &str) -> &'a str {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

fn refuse(error: &str, description: &str) -> Value {
    json!({"error": error, "error_description": description, "error_uri": "https://docs.github.com/apps/managing-oauth-apps/troubleshooting"})
}

impl Grants {
    pub fn new(rng: Rng) -> Self {
        Self { rng: Some(rng), ..Self::default() }
    }

    fn random(&mut self, len: usize) -> String {
        self.rng.get_or_insert_with(|| Rng::new(0)).token(len)
    }

    fn user_code(&mut self) -> String {
        let rng = self.rng.get_or_insert_with(|| Rng::new(0));
        let mut half = || (0..4).filter_map(|_| rng.pick(LETTERS).map(|b| char::from(*b))).collect::<String>();
        format!("{}-{}", half(), half())
    }

    /// `POST /login/device/code`.
    pub fn begin(&mut self, form: Form<'_>, switches: &GithubSwitches, page: &str, now: Timestamp) -> Value {
        if get(form, "client_id") != GITHUB_CLIENT_ID {
            return json!({"error": "Not Found"});
        }
        if !switches.device_flow {
            return refuse("device_flow_disabled", "Device Flow must be explicitly enabled for this App");
        }
        let scopes = get(form, "scope").split([' ', ',']).filter(|s| SCOPES.contains(s)).map(str::to_owned).collect();
        let (device_code, user_code) = (self.random(40), self.user_code());
        let code = Code {
            user_code: user_code.clone(),
            scopes,
            expires_at: now.plus_secs(CODE_SECS),
            interval: switches.interval,
            asked_at: None,
            state: State::Waiting,
        };
        self.codes.insert(device_code.clone(), code);
        json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "expires_in": CODE_SECS,
            "interval": switches.interval,
        })
    }

    /// The person types a code in. False: it is none, or too old.
    pub fn enter(&mut self, user_code: &str, allow: bool, now: Timestamp) -> bool {
        let typed = user_code.trim().to_ascii_uppercase();
        let open = |code: &&mut Code| code.user_code == typed && code.state == State::Waiting && now < code.expires_at;
        let found = self.codes.values_mut().find(open);
        found.map(|code| code.state = if allow { State::Allowed } else { State::Denied }).is_some()
    }

    /// The codes that wait for a person.
    pub fn waiting(&self, now: Timestamp) -> Vec<String> {
        let open = self.codes.values().filter(|code| code.state == State::Waiting && now < code.expires_at);
        open.map(|code| code.user_code.clone()).collect()
    }

    /// `POST /login/oauth/access_token`.
    pub fn token(&mut self, form: Form<'_>, switches: &GithubSwitches, user: u64, now: Timestamp) -> Value {
        let secret = get(form, "client_secret");
        if get(form, "client_id") != GITHUB_CLIENT_ID || !(secret.is_empty() || secret == GITHUB_CLIENT_SECRET) {
            return refuse("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.");
        }
        match get(form, "grant_type") {
            GRANT if !switches.device_flow => refuse("device_flow_disabled", "Device Flow must be explicitly enabled for this App"),
            GRANT => self.redeem(get(form, "device_code"), switches, user, now),
            "refresh_token" => self.renew(get(form, "refresh_token"), !secret.is_empty(), switches, now),
            _ => refuse("unsupported_grant_type", "The grant_type is not supported."),
        }
    }

    fn redeem(&mut self, device_code: &str, switches: &GithubSwitches, user: u64, now: Timestamp) -> Value {
        let Some(code) = self.codes.get_mut(device_code).filter(|code| code.state != State::Spent) else {
            return refuse("incorrect_device_code", "The device_code provided is not valid.");
        };
        if now >= code.expires_at {
            return refuse("expired_token", "The device_code has expired.");
        }
        let soon = code.asked_at.is_some_and(|at| now.since(at) < code.interval * 1000);
        code.asked_at = Some(now);
        if soon {
            code.interval += SLOWER_SECS;
            let mut body = refuse("slow_down", "Too many requests have been made in the same timeframe.");
            crate::text::put(&mut body, "interval", json!(code.interval));
            return body;
        }
        match code.state {
            State::Waiting => refuse("authorization_pending", "The authorization request is still pending."),
            State::Denied => {
                code.state = State::Spent;
                refuse("access_denied", "The authorization request was denied.")
            }
            State::Allowed | State::Spent => {
                code.state = State::Spent;
                let scopes: Vec<String> = match &switches.granted_scopes {
                    Some(only) => code.scopes.iter().filter(|s| only.contains(s)).cloned().collect(),
                    None => code.scopes.clone(),
                };
                self.reply(scopes, user, true, switches, now)
            }
        }
    }

    /// A refresh token is good for one refresh.
    fn renew(&mut self, token: &str, with_secret: bool, switches: &GithubSwitches, now: Timestamp) -> Value {
        let dead = || refuse("bad_refresh_token", "The refresh token passed is incorrect or expired.");
        let Some(known) = self.refresh.get(token).filter(|known| now < known.expires_at) else { return dead() };
        if !with_secret && (switches.refresh_wants_secret || !known.of_device) {
            return refuse("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.");
        }
        let Some(known) = self.refresh.remove(token) else { return dead() };
        self.reply(known.scopes, known.user, known.of_device, switches, now)
    }

    fn reply(&mut self, scopes: Vec<String>, user: u64, of_device: bool, switches: &GithubSwitches, now: Timestamp) -> Value {
        let access = format!("gho_{}", self.random(36));
        let listed = scopes.join(",");
        let mut body = json!({"access_token": access, "scope": listed, "token_type": "bearer"});
        let ends = switches.token_secs.map(|secs| now.plus_secs(secs));
        self.access.insert(access, Access { scopes: scopes.clone(), user, expires_at: ends });
        if let Some(secs) = switches.token_secs {
            let refresh = format!("ghr_{}", self.random(72));
            crate::text::put(&mut body, "expires_in", json!(secs));
            crate::text::put(&mut body, "refresh_token", json!(refresh));
            crate::text::put(&mut body, "refresh_token_expires_in", json!(REFRESH_SECS));
            self.refresh.insert(refresh, Refresh { scopes, user, expires_at: now.plus_secs(REFRESH_SECS), of_device });
        }
        body
    }

    /// Whose token it is, while it is good.
    pub fn owner(&self, token: &str, now: Timestamp) -> Option<u64> {
        let access = self.access.get(token).filter(|access| access.expires_at.is_none_or(|end| now < end))?;
        Some(access.user)
    }

    pub fn scopes(&self, token: &str) -> Option<&[String]> {
        self.access.get(token).map(|access| access.scopes.as_slice())
    }

    /// The person takes the app's access away on the page of their applications.
    pub fn end_all(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }

    /// The next call gets a 401 and has to refresh.
    pub fn expire_access(&mut self) {
        self.access.clear();
    }
}

impl GithubWorld {
    /// Whose token it is: one that the person made, or one of a sign-in.
    pub(super) fn bearer(&self, token: &str, now: Timestamp) -> Option<u64> {
        if token == self.token { Some(self.user) } else { self.grants.owner(token, now) }
    }
}
