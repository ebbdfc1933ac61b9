//! Connections of one account: at most two, reused, replaced when they go stale.
//!
//! One may wait in IDLE while the other works; servers count connections per user, so there are no more. A session goes back
//! only when it is settled, which makes cancelling any call safe: a half-read session is dropped with its future.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::error::ProviderError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    login::Door,
    refusal::During,
    session::{Command, Session},
};

/// Idle connections are asked for a sign of life after this; NAT boxes forget sooner than servers do.
const STALE: Duration = Duration::from_secs(30);
const ALIVE: Duration = Duration::from_secs(10);

pub(crate) struct Pool {
    door: Door,
    work: Arc<Semaphore>,
    watch: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Session>>>,
    /// The server allows one connection only.
    single: AtomicBool,
    alerts: Arc<Mutex<Alerts>>,
}

/// Of an alert: more is a page, not a notice.
const ALERT_CHARS: usize = 300;

/// What the server wants the person to see (RFC 9051 section 7.1). Many repeat it at every sign-in.
#[derive(Default)]
struct Alerts {
    fresh: Option<String>,
    last: String,
}

impl Alerts {
    fn hear(&mut self, texts: Vec<String>) {
        for text in texts {
            let text: String = text.chars().filter(|c| !c.is_control() && !is_reordering(*c)).take(ALERT_CHARS).collect();
            let text = text.trim().to_owned();
            if !text.is_empty() && text != self.last {
                self.last.clone_from(&text);
                self.fresh = Some(text);
            }
        }
    }
}

/// Marks that make text read otherwise than it is written.
const fn is_reordering(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A session on loan.
pub(crate) struct Lease {
    session: Option<Session>,
    idle: Arc<Mutex<Vec<Session>>>,
    alerts: Arc<Mutex<Alerts>>,
    _permit: OwnedSemaphorePermit,
    _watch: Option<OwnedSemaphorePermit>,
}

impl Pool {
    pub fn new(door: Door) -> Self {
        Self {
            door,
            work: Arc::new(Semaphore::new(2)),
            watch: Arc::new(Semaphore::new(1)),
            idle: Arc::default(),
            single: AtomicBool::new(false),
            alerts: Arc::default(),
        }
    }

    pub fn door(&self) -> &Door {
        &self.door
    }

    /// A session, preferably one that has `mailbox` selected.
    pub async fn lease(&self, mailbox: Option<&str>) -> Result<Lease, ProviderError> {
        let permit = Arc::clone(&self.work).acquire_owned().await.map_err(|_| ProviderError::Cancelled)?;
        self.fill(permit, None, mailbox).await
    }

    /// A session to wait on. Refused at once where it would leave no connection for work.
    pub async fn lease_to_watch(&self, mailbox: &str) -> Result<Lease, ProviderError> {
        let busy = || ProviderError::Unsupported("Only one folder of an account can be watched at a time.".to_owned());
        if self.single.load(Ordering::Relaxed) {
            return Err(ProviderError::Unsupported("This server allows too few connections to wait for news.".to_owned()));
        }
        let watch = Arc::clone(&self.watch).try_acquire_owned().map_err(|_| busy())?;
        let permit = Arc::clone(&self.work).acquire_owned().await.map_err(|_| ProviderError::Cancelled)?;
        self.fill(permit, Some(watch), Some(mailbox)).await
    }

    async fn fill(
        &self,
        permit: OwnedSemaphorePermit,
        watch: Option<OwnedSemaphorePermit>,
        mailbox: Option<&str>,
    ) -> Result<Lease, ProviderError> {
        let mut lease =
            Lease { session: None, idle: Arc::clone(&self.idle), alerts: Arc::clone(&self.alerts), _permit: permit, _watch: watch };
        while let Some(mut session) = self.take(mailbox) {
            if session.last_used.elapsed() < STALE {
                lease.session = Some(session);
                return Ok(lease);
            }
            let alive = tokio::time::timeout(ALIVE, session.ok(Command::new("NOOP"), During::Read, |_| Ok(()))).await;
            if matches!(alive, Ok(Ok(_))) && session.is_settled() {
                lease.session = Some(session);
                return Ok(lease);
            }
        }
        match self.door.open().await {
            Ok(session) => {
                lease.session = Some(session);
                Ok(lease)
            }
            Err(ProviderError::RateLimited { provider, retry_at }) => {
                // Probably the cap on connections: from now on one at a time.
                if !self.single.swap(true, Ordering::Relaxed) {
                    self.work.forget_permits(1);
                }
                Err(ProviderError::RateLimited { provider, retry_at })
            }
            Err(error) => Err(error),
        }
    }

    /// The newest alert that was not taken before.
    pub fn take_alert(&self) -> Option<String> {
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner).fresh.take()
    }

    fn take(&self, mailbox: Option<&str>) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = idle.iter().position(|s| s.current.as_ref().map(|c| c.id.as_str()) == mailbox);
        match wanted {
            Some(at) => Some(idle.swap_remove(at)),
            None => idle.pop(),
        }
    }

    pub async fn close(&self) {
        let sessions = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for session in sessions {
            session.logout().await;
        }
    }
}

impl Deref for Lease {
    type Target = Session;
    fn deref(&self) -> &Session {
        self.session.as_ref().unwrap_or_else(|| unreachable!("a lease holds its session until it is dropped"))
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Session {
        self.session.as_mut().unwrap_or_else(|| unreachable!("a lease holds its session until it is dropped"))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut session) = self.session.take() else { return };
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner).hear(std::mem::take(&mut session.alerts));
        if session.is_settled() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
    }
}
