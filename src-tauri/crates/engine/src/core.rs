//! The engine itself: what every part shares, and how it starts and stops.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use domain::{
    audit::{Actor, NewAudit, Outcome},
    config::Config,
    ids::ConnectionId,
    source::Connector,
    time::{Clock, Timestamp},
};
use store::{Store, StoreOptions};
use tokio::sync::{Notify, broadcast};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use vault::{KeySource, Vault, VaultState};

use crate::{
    aside, config,
    error::EngineError,
    events::{EngineEvent, Events},
    home::Home,
    oauth::{Attempts, Refusals},
    read::ImageCache,
    rekey,
    runner::Sched,
    sources::Sources,
    tokens::TokenVault,
};

/// Builds the door to the internet; called at open and again after the person changed a client registration.
pub type ConnectorFactory = Box<dyn Fn(&Config) -> Result<Arc<dyn Connector>, EngineError> + Send + Sync>;

pub struct OpenOptions {
    pub home: PathBuf,
    /// How a new home is protected, or an existing one opened.
    pub key: KeySource,
    pub connect: ConnectorFactory,
    pub clock: Clock,
    /// Sync and send by itself. The command line opens without it and says when.
    pub background: bool,
    /// Whether `AURELIUS_PROVIDERS__…` of the process overrides the home's configuration. Never for sample workspaces: their
    /// providers are the sandbox, whatever else is set.
    pub environment: bool,
}

/// Cheap to clone; the last clone or [`Engine::close`] ends it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

/// Configuration and the connector made from it; replaced together.
#[derive(Clone)]
pub(crate) struct Live {
    pub config: Arc<Config>,
    pub connector: Arc<dyn Connector>,
}

/// Shared with the token vault, which must not keep the engine alive.
pub(crate) type SharedLive = Arc<RwLock<Live>>;

pub(crate) fn live(shared: &SharedLive) -> Live {
    shared.read().unwrap_or_else(PoisonError::into_inner).clone()
}

pub(crate) struct Inner {
    // Dropped in this order: the lock of the home goes last.
    pub cancel: CancellationToken,
    pub tracker: TaskTracker,
    pub store: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub factory: ConnectorFactory,
    pub live: SharedLive,
    pub events: Events,
    pub tokens: TokenVault,
    pub sources: Sources,
    pub attempts: Attempts,
    /// Refused callbacks of this minute.
    pub refusals: Mutex<Refusals>,
    pub images: ImageCache,
    pub sched: Mutex<Sched>,
    /// One round of a scope at a time, background and foreground together.
    pub scope_locks: Mutex<HashMap<domain::ids::ScopeId, Arc<tokio::sync::Mutex<()>>>>,
    /// Held from reading an event, with the range that series are expanded for, until it is stored.
    pub agenda: tokio::sync::Mutex<()>,
    /// Held by a job on many conversations for one batch, and by its undo.
    pub bulk: tokio::sync::Mutex<()>,
    /// Wakes the scheduler.
    pub wake: Notify,
    /// Wakes the outbox.
    pub wake_outbox: Notify,
    pub background: bool,
    /// What overlays config.toml; empty for a sample workspace.
    pub environment: Vec<(String, String)>,
    pub home: Home,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Engine {
    /// Takes the home, opens or creates its vault and store, and starts working when `background` is set.
    ///
    /// Errors leave every file as it was: `home_in_use`, `home_unwritable`, `config`, the vault's (`wrong_passphrase`, `key_lost`,
    /// `keyring_locked`, …) and the store's (`store_corrupt`, …) codes.
    pub async fn open(options: OpenOptions) -> Result<Self, EngineError> {
        let OpenOptions { home, key, connect, clock, background, environment } = options;
        let home = Home::open(&home)?;
        let env = if environment { config::environment() } else { Vec::new() };
        let config = config::load(home.path(), env.iter().cloned())?;
        aside::check_emptied(&home)?;
        let vault = rekey::resume(&home, open_vault(home.path(), key).await?, clock()).await?;
        let store =
            Store::open(StoreOptions { path: home.database(), files_dir: home.files(), key: vault.database_key()?, sealer: vault.files() })
                .await?;
        aside::check_marked(&home, &store).await?;
        aside::note_made(&home)?;
        let connector = connect(&config)?;
        let live = Arc::new(RwLock::new(Live { config: Arc::new(config), connector }));
        let events = Events::default();
        let tokens = TokenVault::new(store.clone(), vault.clone(), clock.clone(), Arc::clone(&live), events.clone());
        let engine = Self {
            inner: Arc::new(Inner {
                cancel: CancellationToken::new(),
                tracker: TaskTracker::new(),
                sched: Mutex::new(Sched::default()),
                scope_locks: Mutex::default(),
                agenda: tokio::sync::Mutex::new(()),
                bulk: tokio::sync::Mutex::new(()),
                wake: Notify::new(),
                wake_outbox: Notify::new(),
                sources: Sources::default(),
                attempts: Attempts::default(),
                refusals: Mutex::default(),
                images: ImageCache::default(),
                store,
                vault,
                clock,
                factory: connect,
                live,
                events,
                tokens,
                background,
                environment: env,
                home,
            }),
        };
        // We hold the home and nothing works in it yet: a sealed file without a row is left over from a kill.
        match engine.inner.store.sweep_files().await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "sealed files that nothing points to were removed"),
            Err(e) => tracing::warn!(code = e.code(), "sealed files that nothing points to could not be removed"),
        }
        aside::audit_set_aside(engine.home(), engine.store(), engine.now()).await?;
        engine.inner.store.purge_pending_oauth(engine.now()).await?;
        // We hold the home, so whoever held these leases is dead. What was sent already stays marked as such.
        engine.inner.store.release_leases().await?;
        engine.inner.store.outbox_clock_went_back(engine.now()).await?;
        engine.forget_old(engine.now()).await;
        engine.store().purge_undo(engine.now(), engine.now().plus_secs(-7 * 24 * 3600)).await?;
        engine.wake_due(engine.now()).await?;
        engine.resume_bulks().await?;
        engine.go_on_erasing().await?;
        if background {
            engine.start_background();
        }
        Ok(engine)
    }

    /// Stops all work, closes connections, writes the journal back and frees the home when the last clone is gone.
    pub async fn close(&self) {
        self.inner.cancel.cancel();
        self.inner.attempts.cancel_all();
        self.inner.tracker.close();
        let _ = tokio::time::timeout(std::time::Duration::from_secs(10), self.inner.tracker.wait()).await;
        self.inner.sources.clear().await;
        self.audit_held_refusals().await;
        if let Err(e) = self.inner.store.checkpoint().await {
            tracing::warn!(code = e.code(), "the journal could not be written back");
        }
        self.inner.store.close().await;
    }

    pub fn home(&self) -> &Path {
        self.inner.home.path()
    }
    pub fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }
    pub fn store(&self) -> &Store {
        &self.inner.store
    }
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }
    pub fn connector(&self) -> Arc<dyn Connector> {
        live(&self.inner.live).connector
    }
    pub fn config(&self) -> Arc<Config> {
        live(&self.inner.live).config
    }
    pub fn events(&self) -> broadcast::Receiver<EngineEvent> {
        self.inner.events.subscribe()
    }
    /// Cancelled when the engine closes.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.inner.cancel
    }

    pub(crate) fn emit(&self) -> &Events {
        &self.inner.events
    }

    pub(crate) fn images(&self) -> &ImageCache {
        &self.inner.images
    }

    pub(crate) fn sched(&self) -> std::sync::MutexGuard<'_, Sched> {
        self.inner.sched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An entry of its own, for what changes no row.
    pub(crate) async fn audit_only(&self, entry: NewAudit) {
        if let Err(e) = self.inner.store.append_audit(&entry, self.now()).await {
            tracing::error!(code = e.code(), action = entry.action, "an audit entry could not be written");
        }
    }

    /// Somebody at the window was turned away.
    pub async fn audit_refused(&self, action: &'static str, code: String) {
        self.audit_only(audit(Actor::Person, action, "vault:", Outcome::Refused, format!("code={code}"))).await;
    }

    /// Runs until done or until the engine closes.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let cancel = self.inner.cancel.clone();
        self.inner.tracker.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = work => {}
            }
        });
    }
}

async fn open_vault(home: &Path, key: KeySource) -> Result<Vault, EngineError> {
    if matches!(key, KeySource::Ephemeral) {
        return Ok(Vault::create(home, key).await?);
    }
    match vault::state(home)? {
        // A store without its vault can't be read by any new key: making one would hide that the old is missing.
        VaultState::Missing if home.join(crate::home::DATABASE).exists() => Err(EngineError::new(
            "vault_missing",
            "this home has a database but its vault.json is gone",
            "Restore vault.json from a backup, or choose another home; nothing was changed.",
        )),
        VaultState::Missing => Ok(Vault::create(home, key).await?),
        VaultState::Keyring | VaultState::Passphrase => Ok(Vault::open(home, key).await?),
    }
}

/// Entries of the audit log speak of ids and counts only.
pub(crate) fn audit(
    actor: Actor,
    action: &'static str,
    target: impl Into<String>,
    outcome: Outcome,
    detail: impl Into<String>,
) -> NewAudit {
    NewAudit { actor, action, target: target.into(), outcome, detail: detail.into() }
}

pub(crate) fn on_connection(actor: Actor, action: &'static str, id: &ConnectionId, detail: impl Into<String>) -> NewAudit {
    audit(actor, action, format!("connection:{id}"), Outcome::Ok, detail)
}
