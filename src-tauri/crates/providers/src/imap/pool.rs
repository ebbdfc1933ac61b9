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
}

/// A session on loan.
pub(crate) struct Lease {
    session: Option<Session>,
    idle: Arc<Mutex<Vec<Session>>>,
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
        let mut lease = Lease { session: None, idle: Arc::clone(&self.idle), _permit: permit, _watch: watch };
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
        if let Some(session) = self.session.take()
            && session.is_settled()
        {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
    }
}
