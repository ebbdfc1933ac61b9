//! Signing in with a code (RFC 8628), where a provider has no sign-in that comes back here without a secret (GitHub). The code is shown, the
//! person types it in at the provider, and the provider is asked until they have, said no, or the code has run out.
//!
//! Nothing of an attempt is on the disk: one that was under way when the program ended is over. Its code gives nobody anything, because
//! only who holds the device code gets tokens for it.

use std::{sync::Arc, time::Duration};

use domain::{
    audit::Outcome,
    ids::IntegrationId,
    integration::SignInWay,
    oauth::{DeviceCode, DevicePoll, OAuthError, TokenSet},
    source::Connector,
};
use tokio_util::sync::CancellationToken;

use super::{Wish, pkce};
use crate::{
    Engine, EngineError,
    core::audit,
    views::{BeginOAuth, DeviceStart, OAuthIntent},
};

/// What `slow_down` adds, for good (RFC 8628 section 3.5).
const SLOWER_SECS: i64 = 5;
/// Longest pause while the provider can't be reached.
const LONGEST_PAUSE_SECS: i64 = 60;
/// A waiting side gives up this long after the code has run out.
const AFTERWARDS_SECS: i64 = 60;

/// How long to wait before the next question, in seconds.
#[derive(Debug, PartialEq, Eq)]
struct Pace {
    interval: i64,
    pause: i64,
}

impl Pace {
    const fn new(interval: i64) -> Self {
        Self { interval, pause: interval }
    }

    const fn pending(&mut self) {
        self.pause = self.interval;
    }

    const fn slower(&mut self) {
        self.interval += SLOWER_SECS;
        self.pause = self.interval;
    }

    /// RFC 8628 section 3.5: no answer is answered with more and more patience.
    fn unreachable(&mut self) {
        self.pause = (self.pause * 2).min(LONGEST_PAUSE_SECS).max(self.interval);
    }
}

impl Engine {
    /// Asks for a code. The end comes through [`Engine::wait_oauth`], as that of any sign-in; [`Engine::cancel_oauth`] ends it.
    pub async fn begin_device(&self, request: BeginOAuth) -> Result<DeviceStart, EngineError> {
        let BeginOAuth { integration, intent, actor, .. } = request;
        let connector = self.connector();
        let row = connector.integration(&integration).ok_or_else(|| EngineError::not_found("This integration"))?;
        if row.sign_in.is_none_or(|sign_in| sign_in.way != SignInWay::Device) {
            return Err(EngineError::new("unsupported", format!("{} has no sign-in with a code.", row.label), "Use its own Connect."));
        }
        if let OAuthIntent::Reconnect { connection } = &intent {
            self.of_integration(connection, &integration).await?;
        }
        let requested: Vec<String> = row.scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let code = connector.device_begin(&integration, self.now()).await?;
        let attempt = pkce::token()?;
        self.audit_only(audit(actor, "oauth.begun", format!("integration:{integration}"), Outcome::Ok, "")).await;
        let lifetime = code.expires_at.plus_secs(AFTERWARDS_SECS).since(self.now()).max(0);
        let cancel = self.inner.attempts.begin(&attempt, None, Duration::from_millis(lifetime.unsigned_abs()));
        let start = DeviceStart {
            attempt: attempt.clone(),
            user_code: code.user_code.clone(),
            verification_uri: code.verification_uri.clone(),
            expires_at: code.expires_at,
        };
        let me = self.clone();
        self.spawn(async move {
            let outcome = match me.granted(&connector, &integration, &code, &cancel).await {
                Ok(tokens) => {
                    me.connect_granted(tokens, &Wish { integration: &integration, requested: &requested, intent: &intent, actor }).await
                }
                Err(e) => Err(e),
            };
            // What the person called off did not fail.
            if let Err(e) = outcome.as_ref()
                && !e.is("cancelled")
            {
                let detail = format!("code={}", e.code);
                me.audit_only(audit(actor, "oauth.failed", format!("integration:{integration}"), Outcome::Failed, detail)).await;
            }
            me.inner.attempts.finish(&attempt, outcome);
        });
        Ok(start)
    }

    /// Asks until there is an answer.
    async fn granted(
        &self,
        connector: &Arc<dyn Connector>,
        integration: &IntegrationId,
        code: &DeviceCode,
        cancel: &CancellationToken,
    ) -> Result<TokenSet, EngineError> {
        let mut pace = Pace::new(code.interval_secs);
        loop {
            let left = code.expires_at.since(self.now());
            if left <= 0 {
                return Err(OAuthError::CodeExpired.into());
            }
            let pause = Duration::from_millis((pace.pause * 1000).min(left).unsigned_abs());
            tokio::select! {
                () = cancel.cancelled() => return Err(EngineError::cancelled()),
                () = tokio::time::sleep(pause) => {}
            }
            let answer = connector.device_poll(integration, &code.device_code, self.now()).await;
            // Whoever cancelled while the answer was under way wants none of it.
            if cancel.is_cancelled() {
                return Err(EngineError::cancelled());
            }
            match answer {
                Ok(DevicePoll::Granted(tokens)) => return Ok(*tokens),
                Ok(DevicePoll::Pending) => pace.pending(),
                Ok(DevicePoll::SlowDown) => pace.slower(),
                Err(OAuthError::Transient { .. }) => pace.unreachable(),
                Err(e) => return Err(e.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_down_holds_for_good_and_silence_only_until_there_is_an_answer() {
        let mut pace = Pace::new(5);
        pace.slower();
        assert_eq!(pace, Pace { interval: 10, pause: 10 });
        pace.pending();
        assert_eq!(pace.pause, 10);
        for expected in [20, 40, 60, 60] {
            pace.unreachable();
            assert_eq!(pace.pause, expected);
        }
        pace.pending();
        assert_eq!(pace, Pace { interval: 10, pause: 10 });
        // A provider that wants more than that gets more.
        let mut slow = Pace::new(90);
        slow.unreachable();
        assert_eq!(slow.pause, 90);
    }
}
