//! The token endpoint's rules, without HTTP.

use std::collections::BTreeSet;

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{Access, AuthServer, Grant, MAX_REFRESH_TOKENS, REFRESH_IDLE_SECS, Refresh, Rotation, SecretPolicy};
use crate::text;

/// RFC 6749 section 5.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenError {
    pub status: u16,
    pub error: &'static str,
    pub description: String,
}

impl TokenError {
    fn new(status: u16, error: &'static str, description: &str) -> Self {
        Self { status, error, description: description.to_owned() }
    }
    pub(crate) fn request(description: &str) -> Self {
        Self::new(400, "invalid_request", description)
    }
    fn grant(description: &str) -> Self {
        Self::new(400, "invalid_grant", description)
    }
    pub(crate) fn body(&self) -> Value {
        json!({"error": self.error, "error_description": self.description})
    }
}

impl AuthServer {
    /// `basic`: user and password of an Authorization header, decoded.
    pub(crate) fn token(
        &mut self,
        form: &[(String, String)],
        basic: Option<(String, String)>,
        now: Timestamp,
    ) -> Result<Value, TokenError> {
        let reply = self.token_inner(form, basic, now);
        if reply.is_err() {
            self.counts.refused += 1;
        }
        reply
    }

    fn token_inner(&mut self, form: &[(String, String)], basic: Option<(String, String)>, now: Timestamp) -> Result<Value, TokenError> {
        let mut seen = BTreeSet::new();
        if let Some((key, _)) = form.iter().find(|(key, _)| !seen.insert(key.as_str())) {
            return Err(TokenError::request(&format!("Parameter given more than once: {key}")));
        }
        let get = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty());
        let need = |name: &str| get(name).ok_or_else(|| TokenError::request(&format!("Missing parameter: {name}")));
        let (basic_id, basic_secret) = basic.unzip();
        self.check_client(get("client_id").or(basic_id.as_deref()), get("client_secret").or(basic_secret.as_deref()))?;
        match need("grant_type")? {
            "authorization_code" => self.exchange(need("code")?, need("redirect_uri")?, get("code_verifier"), now),
            "refresh_token" => self.refresh(need("refresh_token")?, get("scope"), now),
            _ => Err(TokenError::new(400, "unsupported_grant_type", "Invalid grant_type")),
        }
    }

    fn check_client(&self, id: Option<&str>, secret: Option<&str>) -> Result<(), TokenError> {
        if id != Some(&self.policy.client_id) {
            return Err(TokenError::new(401, "invalid_client", "The OAuth client was not found."));
        }
        match (&self.policy.secret, secret) {
            (SecretPolicy::Required(_), None) => Err(TokenError::request("client_secret is missing.")),
            (SecretPolicy::Required(expected) | SecretPolicy::Optional(expected), Some(given)) if expected != given => {
                Err(TokenError::new(401, "invalid_client", "The provided client secret is invalid."))
            }
            (SecretPolicy::Forbidden, Some(_)) => {
                Err(TokenError::new(401, "invalid_client", "This is a public client: it has no secret and must not send one."))
            }
            _ => Ok(()),
        }
    }

    fn exchange(&mut self, code: &str, redirect_uri: &str, verifier: Option<&str>, now: Timestamp) -> Result<Value, TokenError> {
        let Some(known) = self.codes.get(code).cloned() else { return Err(TokenError::grant("Malformed auth code.")) };
        if let Some(grant) = known.grant {
            // RFC 6749 section 4.1.2: a code used twice has leaked; what it gave is taken back.
            self.revoke_grant(grant);
            return Err(TokenError::grant("The code was used before."));
        }
        if now >= known.expires_at {
            return Err(TokenError::grant("The code has expired."));
        }
        if known.redirect_uri != redirect_uri {
            return Err(TokenError::new(400, "redirect_uri_mismatch", "redirect_uri differs from the authorization request."));
        }
        let verifier = verifier.ok_or_else(|| TokenError::grant("Missing code verifier."))?;
        let shape = (43..=128).contains(&verifier.len()) && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        if !shape || text::s256(verifier) != known.challenge {
            return Err(TokenError::grant("Invalid code verifier."));
        }
        let withheld = self.policy.refresh_once && self.holds_refresh(&known.subject);
        let grant = self.next_serial();
        self.grants.insert(grant, Grant { subject: known.subject.clone(), scopes: known.scopes.clone(), revoked: false });
        if let Some(code) = self.codes.get_mut(code) {
            code.grant = Some(grant);
        }
        self.counts.exchanges += 1;
        let lasting = !withheld && (!self.policy.offline_scope || known.scopes.contains("offline_access"));
        let refresh = lasting.then(|| self.new_refresh(grant, now));
        self.drop_oldest(&known.subject);
        Ok(self.reply(grant, &known.scopes, refresh, known.nonce.as_deref(), now))
    }

    fn holds_refresh(&self, subject: &str) -> bool {
        let live = |r: &Refresh| r.spent.is_none() && self.grants.get(&r.grant).is_some_and(|g| !g.revoked && g.subject == subject);
        self.refresh.values().any(live)
    }

    fn refresh(&mut self, token: &str, scope: Option<&str>, now: Timestamp) -> Result<Value, TokenError> {
        let dead = || TokenError::grant("Token has been expired or revoked.");
        let known = self.refresh.get(token).cloned().ok_or_else(dead)?;
        let grant = self.grants.get(&known.grant).filter(|g| !g.revoked).cloned().ok_or_else(dead)?;
        if now.since(known.used_at) > REFRESH_IDLE_SECS * 1000 {
            self.revoke_grant(known.grant);
            return Err(dead());
        }
        let scopes = match scope {
            None => grant.scopes.clone(),
            Some(list) => {
                let asked: BTreeSet<String> = list.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect();
                if !asked.is_subset(&grant.scopes) {
                    return Err(TokenError::new(400, "invalid_scope", "A refresh cannot widen the grant."));
                }
                asked
            }
        };
        let successor = match (self.policy.rotation, &known.spent) {
            (Rotation::Keep, _) => {
                if let Some(refresh) = self.refresh.get_mut(token) {
                    refresh.used_at = now;
                }
                None
            }
            (Rotation::SingleUse { .. }, None) => {
                let next = self.new_refresh(known.grant, now);
                if let Some(refresh) = self.refresh.get_mut(token) {
                    refresh.spent = Some((now, next.clone()));
                }
                Some(next)
            }
            (Rotation::SingleUse { grace_secs }, Some((at, next))) => {
                let unused = self.refresh.get(next).is_some_and(|r| r.spent.is_none());
                if grace_secs == 0 || !unused || now.since(*at) > grace_secs * 1000 {
                    // RFC 9700 section 4.14.2: nobody can tell the thief from the owner, so both are out.
                    self.revoke_grant(known.grant);
                    self.counts.reuse_detected += 1;
                    return Err(dead());
                }
                Some(next.clone())
            }
        };
        self.counts.refreshes += 1;
        Ok(self.reply(known.grant, &scopes, successor, None, now))
    }

    fn new_refresh(&mut self, grant: u64, now: Timestamp) -> String {
        let token = format!("1//0{}", self.rng.token(64));
        let serial = self.next_serial();
        self.refresh.insert(token.clone(), Refresh { grant, used_at: now, spent: None, serial });
        token
    }

    /// Google keeps 100 refresh tokens per person and client; the oldest vanishes without a word.
    fn drop_oldest(&mut self, subject: &str) {
        let mut live: Vec<(u64, String)> = self
            .refresh
            .iter()
            .filter(|(_, r)| r.spent.is_none() && self.grants.get(&r.grant).is_some_and(|g| !g.revoked && g.subject == subject))
            .map(|(token, r)| (r.serial, token.clone()))
            .collect();
        live.sort_unstable();
        for (_, token) in live.iter().take(live.len().saturating_sub(MAX_REFRESH_TOKENS)) {
            self.refresh.remove(token);
        }
    }

    fn reply(&mut self, grant: u64, scopes: &BTreeSet<String>, refresh: Option<String>, nonce: Option<&str>, now: Timestamp) -> Value {
        let access = format!("ya29.{}", self.rng.token(80));
        let ttl = self.policy.access_secs;
        self.access.insert(access.clone(), Access { grant, scopes: scopes.clone(), expires_at: now.plus_secs(ttl) });
        let subject = self.grants.get(&grant).map(|g| g.subject.clone()).unwrap_or_default();
        let id_token = self.id_token(&subject, scopes, nonce, now);
        let mut reply = json!({
            "access_token": access,
            "expires_in": ttl,
            "scope": scopes.iter().cloned().collect::<Vec<_>>().join(" "),
            "token_type": "Bearer",
        });
        if let Some(map) = reply.as_object_mut() {
            if let Some(token) = refresh {
                map.insert("refresh_token".into(), json!(token));
            }
            if let Some(token) = id_token {
                map.insert("id_token".into(), json!(token));
            }
        }
        reply
    }
}
