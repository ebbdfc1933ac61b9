//! From a code to a connection: exchange, identity, granted scopes, then one transaction. Until that transaction nothing of the
//! person's data has changed.

use domain::{
    SecretString,
    audit::{Actor, Outcome},
    connection::{Account, Connection, ConnectionSettings, ConnectionStatus, MailAuth},
    ids::ConnectionId,
    integration::AuthKind,
    oauth::{Identity, TokenSet},
};
use store::{NewAccount, NewConnection};

use super::{Pending, Wish};
use crate::{
    Engine, EngineError,
    core::audit,
    views::{ConnectImap, ImapAuth, OAuthIntent},
};

impl Engine {
    pub(super) async fn finish_oauth(&self, code: SecretString, pending: &Pending) -> Result<ConnectionId, EngineError> {
        let verifier = SecretString::from(pending.verifier.clone());
        let (integration, nonce) = (&pending.integration, pending.nonce.as_deref());
        let tokens = self.connector().exchange(integration, &code, &verifier, &pending.redirect_uri, nonce, self.now()).await?;
        self.connect_granted(tokens, &pending.wish()).await
    }

    /// From tokens to a connection.
    pub(super) async fn connect_granted(&self, tokens: TokenSet, wish: &Wish<'_>) -> Result<ConnectionId, EngineError> {
        let connector = self.connector();
        let integration = wish.integration;
        let identity = match &tokens.identity {
            Some(identity) if !identity.subject.is_empty() && !identity.email.is_empty() => identity.clone(),
            _ => connector.identity(integration, &tokens).await?,
        };
        if identity.subject.is_empty() {
            return Err(EngineError::new(
                "invalid_answer",
                "the provider does not say who signed in",
                "Start the sign-in again; if it happens twice, report it.",
            ));
        }
        let _one_at_a_time = self.inner.attempts.settling.lock().await;
        let granted = tokens.scopes.clone().unwrap_or_else(|| wish.requested.to_vec());
        let known = self.inner.store.connection_by_subject(integration, &identity.subject).await?;
        match wish.intent {
            OAuthIntent::Reconnect { connection } => {
                let old = self.inner.store.connection(connection).await?;
                if old.subject != identity.subject {
                    // Ours to throw away only when no other account here lives from this grant.
                    if known.is_none() {
                        self.drop_grant(wish, &tokens).await;
                    }
                    return Err(EngineError::new(
                        "other_account",
                        format!("You signed in as {}, but this account is {}. Nothing was changed.", shown(&identity), old.email),
                        format!("Start again and choose {}; or connect {} as a further account.", old.email, shown(&identity)),
                    ));
                }
                self.replace_tokens(&old, &tokens, &granted, wish).await?;
                Ok(old.id)
            }
            OAuthIntent::New => match known {
                Some(old) => {
                    self.replace_tokens(&old, &tokens, &granted, wish).await?;
                    Ok(old.id)
                }
                None => self.insert_oauth(&identity, &tokens, granted, wish).await,
            },
            OAuthIntent::MailVia { servers, email, display_name } => {
                let (oidc, fresh) = match known {
                    Some(old) => {
                        self.replace_tokens(&old, &tokens, &granted, wish).await?;
                        (old.id, false)
                    }
                    None => (self.insert_oauth(&identity, &tokens, granted, wish).await?, true),
                };
                let connected = self
                    .connect_imap(ConnectImap {
                        email: email.clone(),
                        display_name: if display_name.is_empty() { identity.name.clone() } else { display_name.clone() },
                        username: servers.username.clone(),
                        imap: servers.imap.clone(),
                        smtp: servers.smtp.clone(),
                        auth: ImapAuth::Oidc { connection: oidc.clone() },
                        selection: servers.selection.clone(),
                        actor: Actor::Person,
                    })
                    .await;
                match connected {
                    Ok(done) => Ok(done.connection.id),
                    Err(e) => {
                        // A sign-in that leads nowhere must not stay behind.
                        if fresh && let Err(cleanup) = self.disconnect(&oidc, Actor::Engine).await {
                            tracing::warn!(code = %cleanup.code, "the unused sign-in could not be removed");
                        }
                        Err(e)
                    }
                }
            }
        }
    }

    async fn insert_oauth(
        &self,
        identity: &Identity,
        tokens: &TokenSet,
        granted: Vec<String>,
        wish: &Wish<'_>,
    ) -> Result<ConnectionId, EngineError> {
        let now = self.now();
        let connector = self.connector();
        // By the person alone every task tool would be called the same.
        let tool = connector.integration(wish.integration).filter(|row| row.auth == AuthKind::Token);
        let label = match tool {
            Some(row) => self.free_label(row.label, identity).await?,
            None => shown(identity),
        };
        let connection = Connection {
            id: ConnectionId::new(uuid::Uuid::now_v7().to_string()),
            integration: wish.integration.clone(),
            label,
            subject: identity.subject.clone(),
            email: identity.email.clone(),
            display_name: identity.name.clone(),
            status: ConnectionStatus::Active,
            status_reason: None,
            granted_scopes: granted,
            settings: ConnectionSettings::OAuth,
            paused_until: None,
            created_at: now,
        };
        // Asked before anything is stored: it does no I/O, and a connection without mail gets no account to show.
        let credentials = crate::tokens::credentials(&self.inner.tokens, &connection);
        let mail = self.connector().mail(&connection, credentials)?;
        let mut accounts = Vec::new();
        if let Some(source) = &mail {
            accounts.push(NewAccount {
                email: identity.email.clone(),
                display_name: identity.name.clone(),
                hue: self.next_hue().await?,
                can_send: source.can_send(),
            });
        }
        let sealed = self.inner.tokens.seal_tokens(&connection.id, tokens, now)?;
        let entry = audit(
            wish.actor,
            "connection.created",
            format!("connection:{}", connection.id),
            Outcome::Ok,
            format!("integration={}", wish.integration),
        );
        let id = connection.id.clone();
        self.inner.store.insert_connection(&NewConnection { connection, accounts, secrets: vec![sealed] }, &entry, now).await?;
        self.after_connect(&id).await;
        Ok(id)
    }

    async fn replace_tokens(&self, old: &Connection, tokens: &TokenSet, granted: &[String], wish: &Wish<'_>) -> Result<(), EngineError> {
        let now = self.now();
        let (sealed, held) = self.inner.tokens.seal_again(&old.id, tokens, now).await?;
        let entry =
            audit(wish.actor, "connection.reconnected", format!("connection:{}", old.id), Outcome::Ok, format!("scopes={}", granted.len()));
        if old.settings == ConnectionSettings::Token {
            // Its own token is not needed any more, and is not kept.
            self.inner.store.signed_in_instead(&old.id, granted, &sealed, &entry, now).await?;
        } else {
            self.inner.store.reconnect(&old.id, granted, &[sealed], &entry, now).await?;
        }
        held.done();
        let connection = self.inner.store.connection(&old.id).await?;
        self.inner.sources.drop(&old.id).await;
        // A grant may have got wider or narrower: what can be sent changes with it.
        if let Ok(Some(source)) = self.mail_source(&connection) {
            for account in self.accounts_of(&old.id).await? {
                self.set_can_send(&account, source.can_send()).await?;
            }
        }
        // Mail servers that sign in with these tokens work again too.
        for other in self.inner.store.connections().await? {
            let uses = matches!(&other.settings, ConnectionSettings::Mail(s) if s.auth == MailAuth::Oidc { connection: old.id.clone() });
            if uses && other.status == ConnectionStatus::Expired {
                self.inner.store.set_connection_status(&other.id, ConnectionStatus::Active, None, None, now).await?;
                self.inner.sources.drop(&other.id).await;
                self.after_connect(&other.id).await;
            }
        }
        self.after_connect(&old.id).await;
        Ok(())
    }

    async fn set_can_send(&self, account: &Account, can_send: bool) -> Result<(), EngineError> {
        if account.can_send != can_send {
            let change = store::AccountChange { can_send: Some(can_send), ..store::AccountChange::default() };
            self.inner.store.update_account(account.id, &change).await?;
        }
        Ok(())
    }

    /// Best effort: a grant that nobody uses should not live on.
    async fn drop_grant(&self, wish: &Wish<'_>, tokens: &TokenSet) {
        let token = tokens.refresh_token.as_ref().unwrap_or(&tokens.access_token);
        let limit = std::time::Duration::from_secs(10);
        if !matches!(tokio::time::timeout(limit, self.connector().revoke(wish.integration, token)).await, Ok(Ok(_))) {
            tracing::info!(integration = %wish.integration, "an unused grant could not be withdrawn");
        }
    }
}

fn shown(identity: &Identity) -> String {
    [&identity.email, &identity.name, &identity.subject].into_iter().find(|s| !s.is_empty()).cloned().unwrap_or_default()
}
