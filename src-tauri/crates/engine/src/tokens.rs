//! The only place that sees tokens and passwords outside a provider call.
//!
//! One sealed row per connection and kind; the whole token set is one row, so a new access token and a rotated refresh token
//! can't be torn apart by a crash. A refresh is single-flight per connection (async mutex, checked again after it is taken),
//! runs in a task of its own (a caller that gives up must not lose a token that the provider has rotated already), and is
//! stored durably before anybody uses it. One engine per home makes this hold across processes too.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{
    ExposeSecret as _, SecretString,
    audit::{Actor, Outcome},
    connection::{Connection, ConnectionSettings, ConnectionStatus, MailAuth},
    error::ProviderError,
    ids::ConnectionId,
    oauth::{OAuthError, TokenSet},
    source::Credentials,
    time::{Clock, Timestamp},
};
use serde::{Deserialize, Serialize};
use store::{SealedSecret, Store};
use subtle::ConstantTimeEq as _;
use tokio::sync::OwnedMutexGuard;
use vault::Vault;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    EngineError,
    core::{SharedLive, audit, live},
    events::Events,
    sync::round::sink_error,
};

pub(crate) const OAUTH: &str = "oauth";
pub(crate) const PASSWORD: &str = "password";
/// Shape of the sealed value; part of its associated data.
pub(crate) const VERSION: u32 = 1;
/// Refresh this long before the end.
const SKEW_MS: i64 = 5 * 60_000;
/// A reply without `expires_in` says nothing: trust it this long, then ask for a new one.
const UNKNOWN_LIFE_MS: i64 = 55 * 60_000;

/// What is sealed under [`OAUTH`]. No Debug: it is never printed.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Stored {
    access: String,
    refresh: Option<String>,
    #[zeroize(skip)]
    expires_at: Option<Timestamp>,
    #[zeroize(skip)]
    received_at: Timestamp,
}

impl Stored {
    fn of(set: &TokenSet, old_refresh: Option<&str>, now: Timestamp) -> Self {
        Self {
            access: set.access_token.expose_secret().to_owned(),
            // Most refresh replies of Google name none: the old one stays (PROVIDERS 10, row 13).
            refresh: set.refresh_token.as_ref().map(|t| t.expose_secret().to_owned()).or_else(|| old_refresh.map(str::to_owned)),
            expires_at: set.expires_at,
            received_at: now,
        }
    }

    fn fresh(&self, now: Timestamp) -> bool {
        // Nothing can take its place (GitHub, where its owner wants tokens that stay): it is used until it is refused.
        if self.expires_at.is_none() && self.refresh.is_none() {
            return true;
        }
        let end = self.expires_at.unwrap_or_else(|| self.received_at.plus_millis(UNKNOWN_LIFE_MS));
        // Tokens that live shorter than the skew are used for half of their life instead of being refreshed at every call.
        let skew = SKEW_MS.min(end.since(self.received_at).max(0) / 2);
        // A clock that went far back would make any token look fresh for ever.
        now.plus_millis(skew) < end && now.plus_millis(SKEW_MS) >= self.received_at
    }
}

#[derive(Default)]
struct Slot {
    tokens: Option<Stored>,
    /// Received but not yet stored (the disk was full): must reach the disk before it is used.
    unsaved: bool,
    /// Disconnecting: nothing is handed out any more.
    closed: bool,
}

/// A connection whose tokens are being replaced.
pub(crate) struct Held(OwnedMutexGuard<Slot>);

impl Held {
    /// The new ones are stored: what is in memory is old.
    pub fn done(mut self) {
        *self.0 = Slot::default();
    }
}

type Slots = HashMap<ConnectionId, Arc<tokio::sync::Mutex<Slot>>>;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct TokenVault {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    vault: Vault,
    clock: Clock,
    live: SharedLive,
    events: Events,
    slots: Mutex<Slots>,
}

impl TokenVault {
    pub fn new(store: Store, vault: Vault, clock: Clock, live: SharedLive, events: Events) -> Self {
        Self { inner: Arc::new(Inner { store, vault, clock, live, events, slots: Mutex::default() }) }
    }

    fn slot(&self, id: &ConnectionId) -> Arc<tokio::sync::Mutex<Slot>> {
        Arc::clone(self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner).entry(id.clone()).or_default())
    }

    /// Seals a token set for a connection that is being created.
    pub fn seal_tokens(&self, id: &ConnectionId, set: &TokenSet, now: Timestamp) -> Result<SealedSecret, EngineError> {
        self.seal(id, &Stored::of(set, None, now))
    }

    /// Seals the tokens of a new sign-in at a connection that has some: where the reply brings no refresh token the stored one stays,
    /// because a provider may give it at the first consent only. Nobody refreshes until what is returned is dropped or done.
    pub async fn seal_again(&self, id: &ConnectionId, set: &TokenSet, now: Timestamp) -> Result<(SealedSecret, Held), EngineError> {
        let slot = self.slot(id).lock_owned().await;
        let old = match &slot.tokens {
            Some(tokens) => Some(tokens.clone()),
            // What can't be read any more is replaced: that is what a person signs in again for.
            None => self.load(id).await.ok().flatten(),
        };
        let tokens = Stored::of(set, old.as_ref().and_then(|t| t.refresh.as_deref()), now);
        Ok((self.seal(id, &tokens)?, Held(slot)))
    }

    fn seal(&self, id: &ConnectionId, tokens: &Stored) -> Result<SealedSecret, EngineError> {
        let json = Zeroizing::new(serde_json::to_vec(tokens).map_err(|e| EngineError::new("internal", e.to_string(), ""))?);
        let sealed = self.inner.vault.seal(OAUTH, id.as_str(), VERSION, &json)?;
        Ok(SealedSecret { kind: OAUTH.to_owned(), version: VERSION, sealed })
    }

    pub fn seal_password(&self, id: &ConnectionId, password: &SecretString) -> Result<SealedSecret, EngineError> {
        let sealed = self.inner.vault.seal(PASSWORD, id.as_str(), VERSION, password.expose_secret().as_bytes())?;
        Ok(SealedSecret { kind: PASSWORD.to_owned(), version: VERSION, sealed })
    }

    /// Forgets what is in memory: the stored row is the truth again.
    pub async fn reset(&self, id: &ConnectionId) {
        *self.slot(id).lock().await = Slot::default();
    }

    /// Stops handing out and returns the token to revoke: the refresh token, else the access token.
    pub async fn close(&self, id: &ConnectionId) -> Option<SecretString> {
        let slot = self.slot(id);
        let mut slot = slot.lock().await;
        if slot.tokens.is_none() {
            slot.tokens = self.load(id).await.ok().flatten();
        }
        slot.closed = true;
        slot.tokens.take().map(|t| t.refresh.clone().unwrap_or_else(|| t.access.clone()).into())
    }

    /// The connection is gone.
    pub fn forget(&self, id: &ConnectionId) {
        self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    async fn load(&self, id: &ConnectionId) -> Result<Option<Stored>, EngineError> {
        let Some(row) = self.inner.store.secret(id, OAUTH).await? else { return Ok(None) };
        let plain = self.inner.vault.open_sealed(OAUTH, id.as_str(), row.version, &row.sealed)?;
        serde_json::from_slice(&plain)
            .map(Some)
            .map_err(|_| EngineError::new("tampered", "the stored sign-in can't be read", "Reconnect the account."))
    }

    async fn password(&self, id: &ConnectionId) -> Result<SecretString, ProviderError> {
        let row = self.inner.store.secret(id, PASSWORD).await.map_err(sink_error)?;
        let row = row.ok_or_else(|| ProviderError::Auth("No password is stored for this account.".to_owned()))?;
        let plain = self
            .inner
            .vault
            .open_sealed(PASSWORD, id.as_str(), row.version, &row.sealed)
            .map_err(|e| ProviderError::Auth(format!("The stored password can't be opened: {e}")))?;
        String::from_utf8(plain.to_vec())
            .map(SecretString::from)
            .map_err(|_| ProviderError::Auth("The stored password is damaged.".to_owned()))
    }

    /// A token that is valid for a while, and not `stale`.
    async fn token(&self, id: &ConnectionId, stale: Option<&SecretString>) -> Result<SecretString, ProviderError> {
        let mut slot = self.slot(id).lock_owned().await;
        if slot.closed {
            return Err(ProviderError::Cancelled);
        }
        if slot.tokens.is_none() {
            slot.tokens = self.load(id).await.map_err(|e| ProviderError::Auth(e.message))?;
        }
        let now = (self.inner.clock)();
        let Some(tokens) = slot.tokens.as_ref() else {
            return Err(ProviderError::Auth("Nobody is signed in to this account.".to_owned()));
        };
        let is_stale = stale.is_some_and(|s| bool::from(s.expose_secret().as_bytes().ct_eq(tokens.access.as_bytes())));
        if !is_stale && !slot.unsaved && tokens.fresh(now) {
            return Ok(tokens.access.clone().into());
        }
        let me = self.clone();
        let id = id.clone();
        let force = is_stale;
        tokio::spawn(async move { me.renew(&id, &mut slot, force).await })
            .await
            .map_err(|e| ProviderError::Server { provider: "sign-in".to_owned(), detail: e.to_string() })?
    }

    /// Holds the connection's mutex throughout.
    async fn renew(&self, id: &ConnectionId, slot: &mut OwnedMutexGuard<Slot>, force: bool) -> Result<SecretString, ProviderError> {
        let now = (self.inner.clock)();
        if slot.unsaved {
            self.save(id, slot).await?;
            if let Some(t) = slot.tokens.as_ref().filter(|t| !force && t.fresh(now)) {
                return Ok(t.access.clone().into());
            }
        }
        let connection = self.inner.store.connection(id).await.map_err(sink_error)?;
        let Some(refresh) = slot.tokens.as_ref().and_then(|t| t.refresh.clone()).map(SecretString::from) else {
            return Err(self.expire(&connection, "the provider gave no lasting permission").await);
        };
        let connector = live(&self.inner.live).connector;
        let mut outcome = connector.refresh(&connection.integration, &refresh, now).await;
        if matches!(&outcome, Err(OAuthError::Transient { retry_at: None, .. })) {
            // The answer may have been lost after the provider rotated; it keeps a short grace period for exactly this.
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            outcome = connector.refresh(&connection.integration, &refresh, now).await;
        }
        let set = match outcome {
            Ok(set) => set,
            Err(OAuthError::GrantDead(reason)) => return Err(self.expire(&connection, &reason).await),
            Err(e) => return Err(provider_error(e, connection.integration.as_str())),
        };
        slot.tokens = Some(Stored::of(&set, Some(refresh.expose_secret()), (self.inner.clock)()));
        slot.unsaved = true;
        self.save(id, slot).await?;
        if let Some(scopes) = set.scopes.filter(|s| !s.is_empty() && *s != connection.granted_scopes) {
            if let Err(e) = self.inner.store.set_granted_scopes(id, &scopes).await {
                tracing::warn!(code = e.code(), "the granted scopes could not be stored");
            }
            self.inner.events.connection(id);
        }
        Ok(set.access_token)
    }

    /// Durable before use.
    async fn save(&self, id: &ConnectionId, slot: &mut OwnedMutexGuard<Slot>) -> Result<(), ProviderError> {
        if let Some(tokens) = slot.tokens.as_ref() {
            let sealed = self.seal(id, tokens).map_err(|e| ProviderError::Sink(e.message))?;
            self.inner.store.put_secret(id, &sealed).await.map_err(sink_error)?;
        }
        slot.unsaved = false;
        Ok(())
    }

    /// The grant is dead: data stays, work stops, the person is asked.
    async fn expire(&self, connection: &Connection, reason: &str) -> ProviderError {
        if connection.status == ConnectionStatus::Active || connection.status == ConnectionStatus::Error {
            let entry =
                audit(Actor::Engine, "connection.expired", format!("connection:{}", connection.id), Outcome::Failed, "cause=grant_dead");
            let words = format!("The sign-in of {} is no longer valid. Reconnect it; nothing stored here is lost.", connection.label);
            let now = (self.inner.clock)();
            if let Err(e) =
                self.inner.store.set_connection_status(&connection.id, ConnectionStatus::Expired, Some(&words), Some(&entry), now).await
            {
                tracing::error!(code = e.code(), "an expired sign-in could not be recorded");
            }
            self.inner.events.connection(&connection.id);
            self.inner.events.attention(Some(&connection.id), "expired", words);
        }
        ProviderError::SignInExpired(format!("The sign-in is no longer valid: {reason}"))
    }
}

fn provider_error(e: OAuthError, provider: &str) -> ProviderError {
    match e {
        OAuthError::GrantDead(reason) => ProviderError::SignInExpired(reason),
        OAuthError::Transient { retry_at: Some(at), .. } => {
            ProviderError::RateLimited { provider: provider.to_owned(), retry_at: Some(at) }
        }
        OAuthError::Transient { host, reason, .. } => ProviderError::Unreachable { host, reason },
        // Our registration or its answer is at fault: asking the person to sign in again would not help.
        e @ (OAuthError::Client(_) | OAuthError::Config(_) | OAuthError::Denied(_) | OAuthError::Organisation(_)) => {
            ProviderError::Refused(e.to_string())
        }
        e => ProviderError::Protocol { host: provider.to_owned(), protocol: "OAuth", detail: e.to_string() },
    }
}

/// Credentials of one stored connection; those of a mail server with single sign-on come from the OIDC connection it names.
pub(crate) fn credentials(vault: &TokenVault, connection: &Connection) -> Arc<dyn Credentials> {
    let token_of = match &connection.settings {
        ConnectionSettings::Mail(servers) => match &servers.auth {
            MailAuth::Oidc { connection } => connection.clone(),
            MailAuth::Password => connection.id.clone(),
        },
        _ => connection.id.clone(),
    };
    Arc::new(StoredCredentials { vault: vault.clone(), connection: connection.id.clone(), token_of })
}

struct StoredCredentials {
    vault: TokenVault,
    connection: ConnectionId,
    token_of: ConnectionId,
}

#[async_trait]
impl Credentials for StoredCredentials {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        self.vault.password(&self.connection).await
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        self.vault.token(&self.token_of, None).await
    }
    async fn refreshed(&self, stale: &SecretString) -> Result<SecretString, ProviderError> {
        self.vault.token(&self.token_of, Some(stale)).await
    }
}

/// A password that is not stored yet, for a first check.
pub(crate) struct Given(pub SecretString);

#[async_trait]
impl Credentials for Given {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        Ok(self.0.clone())
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        Err(ProviderError::Auth("This account signs in with a password.".to_owned()))
    }
    async fn refreshed(&self, _stale: &SecretString) -> Result<SecretString, ProviderError> {
        self.access_token().await
    }
}

/// Tokens of an OIDC connection for a server that has no connection of its own yet.
pub(crate) fn token_credentials(vault: &TokenVault, oidc: &ConnectionId) -> Arc<dyn Credentials> {
    Arc::new(StoredCredentials { vault: vault.clone(), connection: oidc.clone(), token_of: oidc.clone() })
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
