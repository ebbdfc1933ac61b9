//! Providers that are connected by a token which the person makes there: one call says whose it is, then everything is stored in one
//! transaction.

use std::sync::Arc;

use domain::{
    SecretString,
    audit::{Actor, Outcome},
    connection::{Connection, ConnectionSettings, ConnectionStatus},
    error::ProviderError,
    ids::{ConnectionId, IntegrationId},
    integration::AuthKind,
    oauth::Identity,
};
use secrecy::ExposeSecret as _;
use store::{MailReconnect, NewConnection};

use crate::{Engine, EngineError, core::audit, tokens, views::ConnectionView};

/// Longer than any provider's.
const TOKEN_MAX: usize = 1024;

pub struct ConnectToken {
    pub integration: IntegrationId,
    pub token: SecretString,
    /// This connection gets the token; it must be of the same account.
    pub reconnect: Option<ConnectionId>,
    pub actor: Actor,
}

/// As it is sent: pasted text often ends with a line.
pub(super) fn cleaned(token: &SecretString, provider: &str, place: &str) -> Result<SecretString, EngineError> {
    let text = token.expose_secret().trim();
    if text.is_empty() {
        return Err(EngineError::invalid(format!("The token of {provider} is missing."), format!("Copy it {place}.")));
    }
    // It goes into a header as it is.
    if text.len() > TOKEN_MAX || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(EngineError::invalid(format!("This is no token of {provider}."), format!("Copy it {place}, and nothing else.")));
    }
    Ok(SecretString::from(text.to_owned()))
}

impl Engine {
    /// Asks whose token it is, and stores connection and token. The first sync starts in the background.
    pub async fn connect_token(&self, request: ConnectToken) -> Result<ConnectionView, EngineError> {
        let ConnectToken { integration, token, reconnect, actor } = request;
        let connector = self.connector();
        let row = connector.integration(&integration).filter(|row| row.auth == AuthKind::Token).ok_or_else(|| {
            EngineError::new("unsupported", format!("{integration} is not connected by a token."), "Use its own Connect.")
        })?;
        let place = row.account_page.map_or_else(|| format!("from your settings at {}", row.label), |page| format!("from {page}"));
        let token = cleaned(&token, row.label, &place)?;
        let old = match &reconnect {
            Some(id) => Some(self.store().connection(id).await?),
            None => None,
        };
        if old.as_ref().is_some_and(|c| c.integration != integration) {
            return Err(EngineError::new("unsupported", format!("This is no connection to {}.", row.label), "Use its own Reconnect."));
        }
        // A connection of before may live from a sign-in: from now on from the token, and so it is asked.
        let mut connection = self.asking(old.as_ref(), integration.clone());
        if matches!(connection.settings, ConnectionSettings::OAuth) {
            connection.settings = ConnectionSettings::Token;
        }
        let asked = connector.owner(&connection, Arc::new(tokens::Given(token.clone()))).await;
        let owner = asked.map_err(|e| match e {
            ProviderError::Auth(_) => {
                EngineError::new("auth", format!("{} does not accept this token.", row.label), format!("Copy it again {place}."))
                    .with_source(e)
            }
            e => e.into(),
        })?;
        self.same_account(old.as_ref(), &integration, row.label, &owner).await?;
        let secret = self.inner.tokens.seal_password(&connection.id, &token)?;
        let id = connection.id.clone();
        let target = format!("connection:{id}");
        if old.is_some() {
            let entry = audit(actor, "connection.reconnected", target, Outcome::Ok, "cause=token");
            let new = MailReconnect {
                subject: owner.subject,
                settings: connection.settings.clone(),
                secrets: vec![secret],
                can_send: false,
                display_name: None,
            };
            self.store().reconnect_mail(&id, &new, &entry, self.now()).await?;
            // A sign-in of before went with its secrets.
            self.inner.tokens.reset(&id).await;
            self.stop_work(&id).await;
        } else {
            let label = self.free_label(row.label, &owner).await?;
            let connection = Connection { label, subject: owner.subject, email: owner.email, display_name: owner.name, ..connection };
            let entry = audit(actor, "connection.created", target, Outcome::Ok, format!("integration={integration}"));
            let new = NewConnection { connection, accounts: Vec::new(), secrets: vec![secret] };
            self.store().insert_connection(&new, &entry, self.now()).await?;
        }
        self.after_connect(&id).await;
        self.connection(&id).await
    }

    /// The provider's name; with the person's where that is taken. By the person alone every tool would be called the same.
    pub(crate) async fn free_label(&self, provider: &str, owner: &Identity) -> Result<String, EngineError> {
        let taken = self.store().connections().await?.iter().any(|c| c.label == provider);
        let person = [&owner.email, &owner.name].into_iter().find(|text| !text.is_empty()).filter(|_| taken);
        Ok(person.map_or_else(|| provider.to_owned(), |person| format!("{provider} ({person})")))
    }

    /// What is not known before the provider was asked is empty.
    pub(super) fn asking(&self, old: Option<&Connection>, integration: IntegrationId) -> Connection {
        old.cloned().unwrap_or_else(|| Connection {
            id: ConnectionId::new(uuid::Uuid::now_v7().to_string()),
            integration,
            label: String::new(),
            subject: String::new(),
            email: String::new(),
            display_name: String::new(),
            status: ConnectionStatus::Active,
            status_reason: None,
            granted_scopes: Vec::new(),
            settings: ConnectionSettings::Token,
            paused_until: None,
            created_at: self.now(),
        })
    }

    /// A new connection is of an account that is not connected; a new sign-in of the account that it was.
    pub(super) async fn same_account(
        &self,
        old: Option<&Connection>,
        integration: &IntegrationId,
        provider: &str,
        owner: &Identity,
    ) -> Result<(), EngineError> {
        match old {
            Some(old) if old.subject == owner.subject => Ok(()),
            Some(old) => Err(EngineError::new(
                "other_account",
                format!("This is another account at {provider}, and the connection is {}. Nothing was changed.", old.label),
                "Sign in with the same account, or connect the other one beside it.",
            )),
            None => match self.store().connection_by_subject(integration, &owner.subject).await? {
                None => Ok(()),
                Some(known) => Err(EngineError::new(
                    "already_connected",
                    format!("This account at {provider} is connected already as {}", known.label),
                    "Reconnect that one in Integrations to sign in anew.",
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_is_taken_as_it_is_pasted_and_never_repeated() {
        let clean = |text: &str| cleaned(&SecretString::from(text.to_owned()), "Todoist", "from there");
        assert_eq!(clean(" 0123456789abcdef\r\n").unwrap().expose_secret(), "0123456789abcdef");
        assert!(clean(" \n").unwrap_err().message.contains("missing"));
        for bad in ["secret and more", "secret\u{e9}", &"x".repeat(TOKEN_MAX + 1)] {
            let e = clean(bad).unwrap_err();
            assert!(e.is("invalid") && !format!("{e:?}").contains("secret"), "{e:?}");
        }
    }
}
