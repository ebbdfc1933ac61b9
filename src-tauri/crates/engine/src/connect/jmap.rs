//! Mail by JMAP: a server that the person names, with a password or a token of their own. It is checked first, then stored in one
//! transaction.

use std::sync::Arc;

use domain::{
    SecretString,
    audit::{Actor, Outcome},
    connection::{Connection, ConnectionSettings, JmapServer},
    ids::{ConnectionId, IntegrationId},
    oauth::Identity,
    source::Credentials,
};
use secrecy::ExposeSecret as _;
use store::{MailReconnect, NewAccount, NewConnection};

use super::{checked_address, token::cleaned};
use crate::{Engine, EngineError, core::audit, tokens, views::ConnectionView};

const JMAP: &str = "jmap";
/// Shown to the person.
const LABEL: &str = "JMAP";

pub struct ConnectJmap {
    /// The server's address, its host, or the person's e-mail address; empty where the user name is one.
    pub url: String,
    /// None: `secret` is a token, which needs no name.
    pub username: Option<String>,
    pub secret: SecretString,
    /// Signs in anew; it must be the same account.
    pub reconnect: Option<ConnectionId>,
    pub actor: Actor,
}

impl Engine {
    /// Signs in, asks whose mail it is and lists its folders, and stores connection, account and secret. The first sync starts in the
    /// background.
    pub async fn connect_jmap(&self, request: ConnectJmap) -> Result<ConnectionView, EngineError> {
        let ConnectJmap { url, username, secret, reconnect, actor } = request;
        let integration = IntegrationId::from(JMAP);
        let username = username.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        let secret = match &username {
            Some(_) if secret.expose_secret().is_empty() => return Err(EngineError::invalid("The password is missing.", "Type it again.")),
            Some(_) => secret,
            None => cleaned(&secret, LABEL, "from the settings of your provider")?,
        };
        let old = match &reconnect {
            Some(id) => Some(self.store().connection(id).await?),
            None => None,
        };
        if old.as_ref().is_some_and(|c| c.integration != integration) {
            return Err(EngineError::new("unsupported", "This is no connection to a JMAP server.", "Use its own Reconnect."));
        }
        let selection = old.as_ref().map(|c| c.settings.selection()).unwrap_or_default();
        let settings = ConnectionSettings::Jmap(JmapServer { url: url.trim().to_owned(), username, selection });
        let connection = Connection { settings: settings.clone(), ..self.asking(old.as_ref(), integration.clone()) };
        let (owner, can_send) = self.look_at(&connection, Arc::new(tokens::Given(secret.clone()))).await?;
        self.same_account(old.as_ref(), &integration, LABEL, &owner).await?;
        let sealed = self.inner.tokens.seal_password(&connection.id, &secret)?;
        let id = connection.id.clone();
        let target = format!("connection:{id}");
        if old.is_some() {
            let entry = audit(actor, "connection.reconnected", target, Outcome::Ok, "cause=servers");
            let new = MailReconnect { subject: owner.subject, settings, secrets: vec![sealed], can_send, display_name: None };
            self.store().reconnect_mail(&id, &new, &entry, self.now()).await?;
            self.stop_work(&id).await;
        } else {
            let account =
                NewAccount { email: owner.email.clone(), display_name: owner.name.clone(), hue: self.next_hue().await?, can_send };
            let connection = Connection {
                label: owner.email.clone(),
                subject: owner.subject,
                email: owner.email,
                display_name: owner.name,
                ..connection
            };
            let entry = audit(actor, "connection.created", target, Outcome::Ok, "integration=jmap");
            let new = NewConnection { connection, accounts: vec![account], secrets: vec![sealed] };
            self.store().insert_connection(&new, &entry, self.now()).await?;
        }
        self.after_connect(&id).await;
        self.connection(&id).await
    }

    /// Whose mail it is, and whether it may be sent.
    async fn look_at(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<(Identity, bool), EngineError> {
        let connector = self.connector();
        let mut owner = connector.owner(connection, Arc::clone(&credentials)).await?;
        owner.email = checked_address(&owner.email).map_err(|_| {
            EngineError::new(
                "unsupported",
                "This server does not say which e-mail address this account has.",
                "Sign in with the address as the user name.",
            )
        })?;
        let source = connector.mail(connection, credentials)?;
        let source =
            source.ok_or_else(|| EngineError::new("unsupported", "This connection has no mail.", "Choose another integration."))?;
        source.mailboxes().await?;
        Ok((owner, source.can_send()))
    }
}
