//! The token endpoint's rules, without HTTP.

use std::collections::BTreeSet;

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{Access, ConditionalAccess, Entra, Grant, MS_CLIENT_ID, REFRESH_IDLE_SECS, Refresh, error::AadError, scopes};
use crate::text;

/// What an answer to AADSTS50076 has to name again.
const MFA_CLAIMS: &str = r#"{"access_token":{"capolids":{"essential":true,"values":["b1e5c2f0-7a9d-4a53-9a07-1f6c0d3e2b11"]}}}"#;

impl Entra {
    /// `authorization`, `origin`: whether the request had such a header.
    pub(super) fn token(
        &mut self,
        form: &[(String, String)],
        authorization: bool,
        origin: bool,
        now: Timestamp,
    ) -> Result<Value, AadError> {
        let reply = self.token_inner(form, authorization, origin, now);
        if reply.is_err() {
            self.counts.refused += 1;
        }
        reply
    }

    fn token_inner(&mut self, form: &[(String, String)], authorization: bool, origin: bool, now: Timestamp) -> Result<Value, AadError> {
        let mut seen = BTreeSet::new();
        if let Some((key, _)) = form.iter().find(|(key, _)| !seen.insert(key.as_str())) {
            return Err(AadError::new("invalid_request", 9_000_411, format!("The parameter '{key}' is duplicated.")));
        }
        let get = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty());
        let need = |name: &str| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            get(name).ok_or_else(|| AadError::new("invalid_request", 900_144, text))
        };
        let client = need("client_id")?;
        if client != MS_CLIENT_ID {
            let text = format!("Application with identifier '{client}' was not found in the directory.");
            return Err(AadError::new("unauthorized_client", 700_016, text));
        }
        if get("client_secret").is_some() || get("client_assertion").is_some() || authorization {
            let text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
            return Err(AadError::client(700_025, text));
        }
        if origin {
            let text = "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.";
            return Err(AadError::new("invalid_request", 9_002_326, text));
        }
        let scope = get("scope").map(scopes::parse).transpose().map_err(|unknown| {
            AadError::new("invalid_scope", 70_011, format!("The provided value for the input parameter 'scope' is not valid: {unknown}."))
        })?;
        if scope.as_ref().is_some_and(|s| scopes::resources(s).len() > 1) {
            let text = "Provided value for the input parameter scope is not valid because it contains more than one resource.";
            return Err(AadError::new("invalid_scope", 28_000, text));
        }
        match need("grant_type")? {
            "authorization_code" => self.redeem(need("code")?, need("redirect_uri")?, get("code_verifier"), scope, now),
            "refresh_token" => self.renew(need("refresh_token")?, scope, now),
            other => {
                Err(AadError::new("unsupported_grant_type", 70_003, format!("The app requested an unsupported grant type '{other}'.")))
            }
        }
    }

    fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        scope: Option<BTreeSet<String>>,
        now: Timestamp,
    ) -> Result<Value, AadError> {
        let known = self.codes.get(code).cloned();
        let known = known.ok_or_else(|| AadError::grant(70_000, "The provided value for the 'code' parameter is not valid."))?;
        if known.used {
            let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code.";
            return Err(AadError::grant(54_005, text));
        }
        if now >= known.expires_at {
            return Err(AadError::grant(70_008, "The provided authorization code or refresh token has expired due to inactivity."));
        }
        if known.redirect_uri != redirect_uri {
            let text = "The reply address does not match the reply address provided when requesting the Authorization code.";
            return Err(AadError::client(500_112, text));
        }
        let verifier = verifier.ok_or_else(|| AadError::grant(50_148, "The code_verifier parameter is missing."))?;
        let shape = (43..=128).contains(&verifier.len()) && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        if !shape || text::s256(verifier) != known.challenge {
            let text = "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
            return Err(AadError::grant(501_481, text));
        }
        let scope = scope.map_or_else(|| Ok(first_resource(&known.scopes)), |s| covered(&s, &known.scopes))?;
        let grant = self.next_serial();
        self.grants.insert(grant, Grant { subject: known.subject.clone(), scopes: known.scopes.clone(), revoked: false });
        if let Some(code) = self.codes.get_mut(code) {
            code.used = true;
        }
        self.counts.exchanges += 1;
        let refresh = known.scopes.contains("offline_access").then(|| self.new_refresh(grant, now));
        Ok(self.reply(grant, &scope, refresh, known.nonce.as_deref(), now))
    }

    fn renew(&mut self, token: &str, scope: Option<BTreeSet<String>>, now: Timestamp) -> Result<Value, AadError> {
        let known = self.refresh.get(token).cloned();
        let known = known.ok_or_else(|| AadError::grant(9_002_313, "Invalid request. Request is malformed or invalid."))?;
        let grant = self.grants.get(&known.grant).cloned();
        let grant = grant.filter(|g| !g.revoked).ok_or_else(|| {
            AadError::grant(50_173, "The provided grant has expired due to it being revoked, a fresh auth token is needed.")
                .sub("bad_token")
        })?;
        if now.since(known.used_at) > REFRESH_IDLE_SECS * 1000 {
            return Err(AadError::grant(700_082, "The refresh token has expired due to inactivity.").sub("bad_token"));
        }
        match self.switches.conditional_access {
            Some(ConditionalAccess::Mfa) => {
                let text = "Due to a configuration change made by your administrator, you must use multi-factor authentication.";
                return Err(AadError::new("interaction_required", 50_076, text).sub("basic_action").claims(MFA_CLAIMS));
            }
            Some(ConditionalAccess::Blocked) => {
                return Err(AadError::grant(53_003, "Access has been blocked by Conditional Access policies.").sub("message_only"));
            }
            None => {}
        }
        if self.switches.admin_consent {
            return Err(not_consented());
        }
        let scope = scope.map_or_else(|| Ok(first_resource(&grant.scopes)), |s| covered(&s, &grant.scopes))?;
        if let Some(refresh) = self.refresh.get_mut(token) {
            // The old one stays alive (PROVIDERS 2.1).
            refresh.used_at = now;
        }
        let next = (!self.switches.keeps_refresh_token).then(|| self.new_refresh(known.grant, now));
        self.counts.refreshes += 1;
        Ok(self.reply(known.grant, &scope, next, None, now))
    }

    fn new_refresh(&mut self, grant: u64, now: Timestamp) -> String {
        let token = format!("1.AX{}", self.rng.token(90));
        self.refresh.insert(token.clone(), Refresh { grant, used_at: now });
        token
    }

    fn reply(&mut self, grant: u64, scopes: &BTreeSet<String>, refresh: Option<String>, nonce: Option<&str>, now: Timestamp) -> Value {
        let token = format!("EwB{}", self.rng.token(120));
        // An hour to an hour and a half, at random; where a test wants a short life it gets exactly that.
        let more = if self.access_secs >= 3_000 { self.rng.below(1_800) as i64 } else { 0 };
        let ttl = self.access_secs + more;
        let resource = scopes::resources(scopes).into_iter().next().unwrap_or(scopes::GRAPH);
        let held: BTreeSet<String> = scopes.iter().filter(|s| scopes::resource(s).is_some()).cloned().collect();
        self.access.insert(token.clone(), Access { grant, resource, scopes: held, expires_at: now.plus_secs(ttl) });
        let subject = self.grants.get(&grant).map(|g| g.subject.clone()).unwrap_or_default();
        let id_token = self.id_token(&subject, scopes, nonce, now);
        let mut reply = json!({
            "token_type": "Bearer",
            "scope": scopes::listed(scopes, self.switches.long_scopes),
            "expires_in": ttl,
            "ext_expires_in": ttl,
            "access_token": token,
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

/// The scopes of the first resource that was consented to, and those that belong to none.
fn first_resource(consented: &BTreeSet<String>) -> BTreeSet<String> {
    let resource = scopes::resources(consented).into_iter().next();
    consented.iter().filter(|s| scopes::resource(s).is_none_or(|r| Some(r) == resource)).cloned().collect()
}

fn covered(asked: &BTreeSet<String>, consented: &BTreeSet<String>) -> Result<BTreeSet<String>, AadError> {
    if asked.is_subset(consented) { Ok(asked.clone()) } else { Err(not_consented()) }
}

fn not_consented() -> AadError {
    let text = "The user or administrator has not consented to use the application. Send an interactive authorization request.";
    AadError::grant(65_001, text).sub("consent_required")
}
