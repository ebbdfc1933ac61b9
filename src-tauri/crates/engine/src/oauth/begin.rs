//! Starting a sign-in: everything is decided and sealed before the browser opens.

use std::time::Duration;

use domain::{
    ExposeSecret as _,
    audit::Outcome,
    connection::Connection,
    ids::{ConnectionId, IntegrationId},
    integration::RedirectKind,
};
use zeroize::Zeroizing;

use super::{
    DEEP_LINK, LIFETIME_SECS, PENDING, PENDING_VERSION, Pending,
    loopback::Loopback,
    pkce::{self, Attempt},
};
use crate::{
    Engine, EngineError,
    core::audit,
    views::{BeginOAuth, ConnectionView, OAuthIntent, OAuthStart},
};

impl Engine {
    /// Makes the authorization URL. With a loopback redirect the listener runs already when this returns; with the custom
    /// scheme the answer comes through [`Engine::oauth_callback`], perhaps in another process.
    pub async fn begin_oauth(&self, request: BeginOAuth) -> Result<OAuthStart, EngineError> {
        let BeginOAuth { integration, intent, login_hint, actor } = request;
        if self.connector().integration(&integration).is_none() {
            return Err(EngineError::not_found("This integration"));
        }
        let login_hint = match (&intent, login_hint) {
            (_, Some(hint)) => Some(hint),
            (OAuthIntent::Reconnect { connection }, None) => Some(self.of_integration(connection, &integration).await?.email),
            (OAuthIntent::MailVia { email, .. }, None) => Some(email.clone()),
            (OAuthIntent::New, None) => None,
        };
        let params = self.connector().authorize_params(&integration).await?;
        let random = Attempt::random()?;
        let now = self.now();
        let listener = match params.redirect {
            RedirectKind::Loopback => {
                let bound = Loopback::bind(&format!("/cb/{integration}")).await?;
                Some(if params.localhost { bound.by_name() } else { bound })
            }
            RedirectKind::Scheme => None,
        };
        let redirect_uri = listener.as_ref().map_or_else(|| DEEP_LINK.to_owned(), Loopback::redirect_uri);
        let authorize_url = pkce::authorize_url(&params, &random, &redirect_uri, login_hint.as_deref())?;
        let attempt = pkce::token()?;
        let expires_at = now.plus_secs(LIFETIME_SECS);
        let pending = Pending {
            integration: integration.clone(),
            redirect_uri,
            verifier: random.verifier.expose_secret().to_owned(),
            nonce: params.oidc.then(|| random.nonce.clone()),
            issuer: params.issuer,
            iss_required: params.iss_required,
            requested: params.scopes,
            intent,
            expires_at,
            attempt: attempt.clone(),
            actor: actor.as_str().to_owned(),
        };
        let hash = pkce::state_hash(&random.state);
        let json = Zeroizing::new(serde_json::to_vec(&pending).map_err(|e| EngineError::new("internal", e.to_string(), ""))?);
        let sealed = self.inner.vault.seal(PENDING, &pkce::hash_name(&hash), PENDING_VERSION, &json)?;
        self.inner.store.put_pending_oauth(&hash, &sealed, expires_at).await?;
        self.audit_only(audit(actor, "oauth.begun", format!("integration:{integration}"), Outcome::Ok, "")).await;
        let cancel = self.inner.attempts.begin(&attempt, Some(hash), Duration::from_secs(LIFETIME_SECS.unsigned_abs()));
        if let Some(listener) = listener {
            let (me, attempt) = (self.clone(), attempt.clone());
            self.spawn(async move {
                let auditor = me.clone();
                let forged = move || {
                    let me = auditor.clone();
                    tokio::spawn(async move { me.refuse("forged_state").await });
                };
                match listener.wait(hash, &cancel, forged).await {
                    Ok(url) => {
                        // Its outcome reaches the waiting side through the attempt itself.
                        let _ = me.take_callback(&url, domain::audit::Actor::Outside, Some(&attempt)).await;
                    }
                    Err(e) => {
                        // Nobody can finish it any more.
                        let _ = me.inner.store.take_pending_oauth(&hash, me.now()).await;
                        me.inner.attempts.finish(&attempt, Err(e));
                    }
                }
            });
        }
        Ok(OAuthStart { attempt, authorize_url, redirect: params.redirect, expires_at })
    }

    /// The connection that signs in anew, at the integration that it is of.
    pub(super) async fn of_integration(&self, id: &ConnectionId, integration: &IntegrationId) -> Result<Connection, EngineError> {
        let old = self.inner.store.connection(id).await?;
        if &old.integration == integration {
            return Ok(old);
        }
        Err(EngineError::invalid("This account belongs to another integration.", "Reconnect it from its own row."))
    }

    /// Waits until the callback of this attempt was accepted or refused, or the attempt was cancelled or timed out.
    pub async fn wait_oauth(&self, attempt: &str) -> Result<ConnectionView, EngineError> {
        let (mut rx, limit) = self.inner.attempts.watch(attempt).ok_or_else(|| EngineError::not_found("This sign-in"))?;
        let outcome = tokio::time::timeout(limit, rx.wait_for(Option::is_some))
            .await
            .map_err(|_| EngineError::new("timeout", "the sign-in was not finished in time", "Start it again."))?
            .map_err(|_| EngineError::cancelled())?
            .clone();
        match outcome {
            Some(Ok(id)) => self.connection(&id).await,
            Some(Err(e)) => Err(e),
            None => Err(EngineError::cancelled()),
        }
    }

    /// Ends an attempt of this process. Its state can't be used any more.
    pub fn cancel_oauth(&self, attempt: &str) {
        let state = self.inner.attempts.open_state(attempt);
        self.inner.attempts.finish(attempt, Err(EngineError::cancelled()));
        let Some(hash) = state else { return };
        let me = self.clone();
        self.spawn(async move {
            if let Err(e) = me.inner.store.take_pending_oauth(&hash, me.now()).await {
                tracing::warn!(code = e.code(), "a cancelled sign-in could not be forgotten");
            }
        });
    }
}
