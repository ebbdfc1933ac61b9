//! Leaving without a trace, in the only safe order (PROVIDERS 0.2): stop, revoke while the token is still in hand, then hide the
//! connection in one transaction and erase what it brought step by step; a kill in between is made good at the next start. Where the provider can't be reached the token outlives its connection in a sealed job of its
//! own for at most seven days, and the person is told.

use std::time::Duration;

use domain::ExposeSecret as _;
use domain::{
    SecretString,
    audit::{Actor, Outcome},
    connection::{Connection, ConnectionSettings},
    ids::{ConnectionId, IntegrationId},
    integration::AuthKind,
    oauth::{OAuthError, Revocation},
    time::Timestamp,
};
use store::NewRevocation;

use crate::{
    Engine, EngineError, backoff,
    core::audit,
    views::{DisconnectReport, RevocationOutcome, Withdrawn},
};

const REVOKE_TIMEOUT: Duration = Duration::from_secs(10);
const GIVE_UP_SECS: i64 = 7 * 24 * 3600;
const REVOKE_KIND: &str = "revocation";
const REVOKE_VERSION: u32 = 1;

impl Engine {
    /// Erases a connection here and withdraws its grant at the provider. Mail at the provider is not touched.
    pub async fn disconnect(&self, id: &ConnectionId, actor: Actor) -> Result<DisconnectReport, EngineError> {
        let connection = self.inner.store.connection(id).await?;
        let users = self.dependents(id).await?;
        if let Some(user) = users.first() {
            return Err(EngineError::new(
                "in_use",
                format!("{} signs in with this account", user.label),
                format!("Disconnect {} first.", user.label),
            ));
        }
        self.sched().disconnecting(id, true);
        self.stop_work(id).await;
        let report = self.revoke_and_erase(&connection, actor).await;
        self.sched().disconnecting(id, false);
        if report.is_err() {
            self.inner.tokens.reset(id).await;
        }
        self.emit().connection(id);
        self.emit().changed_many(crate::events::Entity::Account);
        self.emit().changed_many(crate::events::Entity::Thread);
        self.emit().changed_many(crate::events::Entity::Mailbox);
        self.emit().changed_many(crate::events::Entity::Calendar);
        self.emit().changed_many(crate::events::Entity::Event);
        self.emit().changed_many(crate::events::Entity::Task);
        report
    }

    async fn revoke_and_erase(&self, connection: &Connection, actor: Actor) -> Result<DisconnectReport, EngineError> {
        let id = &connection.id;
        let connector = self.connector();
        let row = connector.integration(&connection.integration);
        let oauth = row.is_some_and(|r| r.signed_in(&connection.settings));
        let token = if oauth { self.inner.tokens.close(id).await } else { None };
        // The person's own: nobody but they can end it.
        let own_token = !oauth && row.is_some_and(|r| r.auth == AuthKind::Token);
        let (revocation, ours) = match &token {
            None if own_token => (RevocationOutcome::Unsupported, false),
            None => (RevocationOutcome::NotNeeded, false),
            Some(token) => self.revoke(&connection.integration, token).await,
        };
        let job = match &token {
            Some(token) if revocation == RevocationOutcome::Queued => Some(self.revocation_job(&connection.integration, token)?),
            _ => None,
        };
        drop(token);
        let entry = audit(
            actor,
            "connection.disconnected",
            format!("connection:{id}"),
            Outcome::Ok,
            format!("integration={} revocation={revocation:?}", connection.integration).to_lowercase(),
        );
        let erased = self.inner.store.delete_connection(id, job.as_ref(), &entry, self.now()).await?;
        self.inner.tokens.forget(id);
        self.sched().forget(id);
        let account_page = row.and_then(|r| r.page_of(&connection.settings)).map(str::to_owned);
        let mail = !matches!(connection.settings, ConnectionSettings::Dav(_) | ConnectionSettings::Feed(_));
        let provider = row.map_or("the provider", |r| r.label);
        Ok(DisconnectReport {
            connection: id.clone(),
            revocation,
            message: if own_token {
                token_words(provider, account_page.as_deref())
            } else {
                words(revocation, provider, account_page.as_deref(), ours, mail)
            },
            erased_messages: erased.messages,
            account_page,
        })
    }

    /// Asks the provider once. `Queued`: it may work later; and then whether the fault is ours.
    async fn revoke(&self, integration: &IntegrationId, token: &SecretString) -> (RevocationOutcome, bool) {
        let connector = self.connector();
        if connector.integration(integration).is_some_and(|r| !r.withdrawable()) {
            return (RevocationOutcome::Unsupported, false);
        }
        match tokio::time::timeout(REVOKE_TIMEOUT, connector.revoke(integration, token)).await {
            Ok(Ok(Revocation::Revoked | Revocation::AlreadyDead) | Err(OAuthError::GrantDead(_))) => (RevocationOutcome::Revoked, false),
            Ok(Ok(Revocation::Unsupported)) => (RevocationOutcome::Unsupported, false),
            Err(_) => (RevocationOutcome::Queued, false),
            Ok(Err(e)) if may_work_later(&e) => (RevocationOutcome::Queued, !matches!(e, OAuthError::Transient { .. })),
            Ok(Err(e)) => {
                tracing::warn!(code = e.code(), %integration, "the provider refused the revocation");
                (RevocationOutcome::Failed, false)
            }
        }
    }

    /// Withdraws every grant at its provider and erases nothing: for the end of the whole workspace, which takes the tokens with it.
    /// Nobody tries again later, so what did not succeed is `Failed`. Connections that hold no grant are left out; a further entry
    /// stands for each grant of an account that was disconnected earlier and could not be withdrawn then.
    pub async fn withdraw_all(&self, actor: Actor) -> Result<Vec<Withdrawn>, EngineError> {
        let mut asked = tokio::task::JoinSet::new();
        for connection in self.inner.store.connections().await? {
            self.stop_work(&connection.id).await;
            let connector = self.connector();
            let Some(row) = connector.integration(&connection.integration) else { continue };
            let page = row.page_of(&connection.settings);
            if !row.signed_in(&connection.settings) {
                if row.auth == AuthKind::Token {
                    asked.spawn(async move { (connection.label, connection.integration, page, RevocationOutcome::Unsupported) });
                }
                continue;
            }
            let Some(token) = self.inner.tokens.close(&connection.id).await else { continue };
            let engine = self.clone();
            asked.spawn(async move {
                let outcome = engine.revoke(&connection.integration, &token).await.0;
                (connection.label, connection.integration, page, outcome)
            });
        }
        for job in self.inner.store.revocations().await? {
            let integration = IntegrationId::new(job.integration.clone());
            let plain = self.inner.vault.open_sealed(REVOKE_KIND, job.aad_connection.as_str(), REVOKE_VERSION, &job.sealed);
            let Some(token) = plain.ok().and_then(|p| String::from_utf8(p.to_vec()).ok()).map(SecretString::from) else { continue };
            let engine = self.clone();
            // What waits for its withdrawal came from a sign-in.
            let page = self.connector().integration(&integration).and_then(|r| r.page_of(&ConnectionSettings::OAuth));
            asked.spawn(async move {
                let outcome = engine.revoke(&integration, &token).await.0;
                (String::new(), integration, page, outcome)
            });
        }
        let connector = self.connector();
        let mut out = Vec::new();
        while let Some(done) = asked.join_next().await {
            let Ok((label, integration, page, outcome)) = done else { continue };
            let outcome = if outcome == RevocationOutcome::Queued { RevocationOutcome::Failed } else { outcome };
            let row = connector.integration(&integration);
            out.push(Withdrawn {
                label,
                provider: row.map_or_else(|| integration.to_string(), |r| r.label.to_owned()),
                outcome,
                account_page: page.map(str::to_owned),
            });
        }
        out.sort_by(|a, b| (&a.provider, &a.label).cmp(&(&b.provider, &b.label)));
        let failed = out.iter().filter(|w| w.outcome == RevocationOutcome::Failed).count();
        let (outcome, detail) =
            (if failed == 0 { Outcome::Ok } else { Outcome::Failed }, format!("accounts={} refused={failed}", out.len()));
        self.audit_only(audit(actor, "connection.withdrawn", "home:".to_owned(), outcome, detail)).await;
        Ok(out)
    }

    /// Content of a connection that was gone before the program ended is erased beside everything else, and a search index of an
    /// older form filled anew.
    pub(crate) async fn go_on_erasing(&self) -> Result<(), EngineError> {
        if self.inner.store.unsettled().await? {
            let store = self.inner.store.clone();
            tokio::spawn(async move {
                if let Err(error) = store.erase_left().await {
                    tracing::warn!(%error, "what a disconnected account left could not be erased, or the search index not filled; it is tried again at the next start");
                }
            });
        }
        Ok(())
    }

    fn revocation_job(&self, integration: &IntegrationId, token: &SecretString) -> Result<NewRevocation, EngineError> {
        // Its own random id as associated data: the connection's is gone in a moment.
        let owner = ConnectionId::new(format!("revocation:{}", uuid::Uuid::new_v4()));
        let sealed = self.inner.vault.seal(REVOKE_KIND, owner.as_str(), REVOKE_VERSION, token.expose_secret().as_bytes())?;
        let now = self.now();
        Ok(NewRevocation {
            integration: integration.to_string(),
            aad_connection: owner,
            sealed,
            next_at: now.plus_secs(60),
            give_up_at: now.plus_secs(GIVE_UP_SECS),
        })
    }

    /// Tries what is due; returns how many were settled. Called by the runner and by every `sync`.
    pub async fn run_revocations(&self) -> Result<usize, EngineError> {
        let mut settled = 0;
        for job in self.inner.store.due_revocations(self.now()).await? {
            let now = self.now();
            let target = format!("revocation:{}", job.id);
            let Ok(plain) = self.inner.vault.open_sealed(REVOKE_KIND, job.aad_connection.as_str(), REVOKE_VERSION, &job.sealed) else {
                let entry = audit(Actor::Engine, "revocation.unreadable", target, Outcome::Failed, "");
                self.inner.store.finish_revocation(job.id, &entry, now).await?;
                continue;
            };
            let token = SecretString::from(String::from_utf8_lossy(&plain).into_owned());
            let integration = IntegrationId::new(job.integration.clone());
            let outcome = tokio::time::timeout(REVOKE_TIMEOUT, self.connector().revoke(&integration, &token)).await;
            let (action, outcome, done) = match outcome {
                Ok(Ok(_) | Err(OAuthError::GrantDead(_))) => ("revocation.done", Outcome::Ok, true),
                Err(_) if now < job.give_up_at => ("", Outcome::Ok, false),
                Ok(Err(e)) if now < job.give_up_at && may_work_later(&e) => ("", Outcome::Ok, false),
                _ => ("revocation.given_up", Outcome::Failed, true),
            };
            if done {
                let entry =
                    audit(Actor::Engine, action, target, outcome, format!("integration={integration} attempts={}", job.attempts + 1));
                self.inner.store.finish_revocation(job.id, &entry, now).await?;
                settled += 1;
                if outcome == Outcome::Failed {
                    let label = self.connector().integration(&integration).map_or_else(|| integration.to_string(), |i| i.label.to_owned());
                    self.emit().attention(
                        None,
                        "revocation",
                        format!("The access of Aurelius at {label} could not be withdrawn. Remove it on its account page."),
                    );
                }
            } else {
                let at = backoff::next_attempt(now, job.attempts + 8, None, 6 * 3600 * 1000, backoff::unit());
                self.inner.store.retry_revocation(job.id, at.min(job.give_up_at).max(now.plus_secs(60))).await?;
            }
        }
        Ok(settled)
    }

    pub(crate) async fn next_revocation(&self) -> Option<Timestamp> {
        self.inner.store.revocations().await.ok()?.iter().map(|j| j.next_at).min()
    }
}

/// Whether the token is kept for another try: the provider was not there or confused, or the fault is ours (a registration that was
/// taken out or mistyped can be put right within the seven days). Only a provider that refuses has decided.
fn may_work_later(e: &OAuthError) -> bool {
    !matches!(e, OAuthError::GrantDead(_) | OAuthError::Denied(_))
}

/// Of a connection by the person's own token.
fn token_words(provider: &str, page: Option<&str>) -> String {
    let place = page.map_or_else(|| "in the settings of your account".to_owned(), |page| format!("at {page}"));
    format!(
        "Everything stored here is erased. The token itself still works: only you can end it, {place}. Nothing at {provider} was touched."
    )
}

fn words(outcome: RevocationOutcome, provider: &str, page: Option<&str>, ours: bool, mail: bool) -> String {
    let page = page.map(|p| format!(" You can check it at {p}.")).unwrap_or_default();
    match outcome {
        RevocationOutcome::Revoked => format!("Access was withdrawn at {provider}, and everything stored here is erased."),
        RevocationOutcome::Queued if ours => format!(
            "Everything stored here is erased. The access at {provider} could not be withdrawn yet: Aurelius goes on trying for 7 days, and needs the client registration for it.{page}"
        ),
        RevocationOutcome::Queued => format!(
            "Everything stored here is erased. {provider} can't be reached now: Aurelius goes on trying to withdraw the access for 7 days.{page}"
        ),
        RevocationOutcome::Unsupported => {
            format!(
                "Everything stored here is erased. {provider} has no way for a program to withdraw its access: remove it on the account page.{page}"
            )
        }
        RevocationOutcome::NotNeeded if mail => "Everything stored here is erased. Mail at the provider was not touched.".to_owned(),
        RevocationOutcome::NotNeeded => "Everything stored here is erased. Calendars at the provider were not touched.".to_owned(),
        RevocationOutcome::Failed => format!("Everything stored here is erased, but {provider} refused to withdraw the access.{page}"),
    }
}
