//! Push: while the provider lets us wait on the inbox (IDLE) or on the whole account (an event source), polling is only a safety net.

use std::time::Duration;

use domain::{connection::Connection, error::ProviderError, integration::Service, mail::MailboxRole, sync::SyncScope};

use super::SharedSource;
use crate::{Engine, backoff};

/// RFC 2177 says 29 minutes at most; routers forget earlier.
const LONGEST: Duration = Duration::from_secs(9 * 60);

impl Engine {
    /// Starts one listener per connection; it ends with the connection's cancellation.
    pub(super) async fn listen(&self, connection: &Connection) {
        if !self.inner.background || !self.sched().start_listening(&connection.id) {
            return;
        }
        let Some((source, scope)) = self.listening_scope(connection).await else {
            self.sched().stopped_listening(&connection.id);
            return;
        };
        let (me, connection) = (self.clone(), connection.clone());
        let cancel = self.sched().token(&connection.id, &self.inner.cancel);
        self.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = me.wait_for_push(&connection, source, &scope) => {}
            }
            me.sched().set_pushed(&connection.id, scope.id, false);
            me.sched().stopped_listening(&connection.id);
        });
    }

    /// The inbox's, or the one that spans the account.
    async fn listening_scope(&self, connection: &Connection) -> Option<(SharedSource, SyncScope)> {
        let source = self.mail_source(connection).ok()??;
        if !source.scope_per_mailbox() {
            let scopes = self.inner.store.scopes(Some(&connection.id)).await.ok()?;
            let whole = scopes.into_iter().find(|s| s.scope.service == Service::Mail && s.scope.container.is_none())?;
            return Some((source, whole.scope));
        }
        let account = self.accounts_of(&connection.id).await.ok()?.into_iter().next()?;
        let inbox = self.inner.store.mailbox_by_role(account.id, MailboxRole::Inbox).await.ok()??;
        let scopes = self.inner.store.scopes(Some(&connection.id)).await.ok()?;
        let scope = scopes.into_iter().find(|s| s.scope.container.as_ref() == Some(&inbox.remote))?.scope;
        Some((source, scope))
    }

    async fn wait_for_push(&self, connection: &Connection, mut source: SharedSource, scope: &SyncScope) {
        let mut failures = 0;
        loop {
            self.sched().set_pushed(&connection.id, scope.id, true);
            match source.wait(scope, LONGEST).await {
                Ok(()) => {
                    failures = 0;
                    self.sched().nudge_scope(&connection.id, scope.id);
                    self.inner.wake.notify_one();
                    // A server that answers at once, always, must not spin us.
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(
                    ProviderError::Unsupported(_) | ProviderError::Auth(_) | ProviderError::SignInExpired(_) | ProviderError::Cancelled,
                ) => return,
                Err(e) => {
                    self.sched().set_pushed(&connection.id, scope.id, false);
                    failures += 1;
                    let now = self.now();
                    let at = backoff::next_attempt(now, failures + 3, e.retry_at(), backoff::CAP_BACKGROUND_MS, backoff::unit());
                    tokio::time::sleep(Duration::from_millis(at.since(now).unsigned_abs())).await;
                    // After sleep or a settings change there is a new client.
                    match self.mail_source(connection) {
                        Ok(Some(fresh)) => source = fresh,
                        _ => return,
                    }
                }
            }
        }
    }
}
