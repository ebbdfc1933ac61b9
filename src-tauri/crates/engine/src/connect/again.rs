//! The same mail account with another password, other servers, a server for sending, or a renewed certificate that the person
//! looked at. What is stored of its mail stays, and so does what waits in the outbox.

use domain::{
    audit::Outcome,
    connection::{ConnectionSettings, SyncSelection},
    ids::{ConnectionId, IntegrationId},
};
use store::{MailReconnect, SealedSecret};

use super::{IMAP, checked_address, subject_of};
use crate::{
    Engine, EngineError,
    core::audit,
    views::{ConnectImap, ImapAuth, ImapConnected},
};

impl Engine {
    /// Checks the servers as for a new account, then replaces settings and sign-in in one transaction. The request's selection is not
    /// looked at: which folders are synced is decided elsewhere.
    pub async fn reconnect_imap(&self, id: &ConnectionId, request: ConnectImap) -> Result<ImapConnected, EngineError> {
        let old = self.inner.store.connection(id).await?;
        let ConnectionSettings::Mail(before) = &old.settings else {
            return Err(EngineError::new("unsupported", "this account signs in at its provider", "Use Reconnect."));
        };
        let email = checked_address(&request.email)?;
        if !email.eq_ignore_ascii_case(&old.email) {
            return Err(EngineError::new(
                "other_account",
                format!("This account is {}, and the address given is {email}. Nothing was changed.", old.email),
                format!("Give the servers and password of {}; or connect {email} as a further account.", old.email),
            ));
        }
        let selection: SyncSelection = before.selection.clone();
        let (mut servers, credentials) = self.servers_of(&request).await?;
        servers.selection = selection;
        let subject = subject_of(&servers);
        if let Some(other) = self.inner.store.connection_by_subject(&IntegrationId::from(IMAP), &subject).await?
            && other.id != *id
        {
            return Err(EngineError::new(
                "already_connected",
                format!("{} is connected already as {}", servers.username, other.label),
                "Reconnect that account, or give the user name of this one.",
            ));
        }
        let probe = self.connector().probe(&servers, credentials).await?;
        let secrets: Vec<SealedSecret> = match &request.auth {
            ImapAuth::Password(password) => vec![self.inner.tokens.seal_password(id, password)?],
            ImapAuth::Oidc { .. } => Vec::new(),
        };
        let new = MailReconnect {
            subject,
            can_send: servers.smtp.is_some(),
            settings: ConnectionSettings::Mail(servers),
            secrets,
            display_name: Some(request.display_name).filter(|name| !name.is_empty()),
        };
        let entry = audit(request.actor, "connection.reconnected", format!("connection:{id}"), Outcome::Ok, "cause=servers");
        self.inner.store.reconnect_mail(id, &new, &entry, self.now()).await?;
        // What still runs talks to the old server, or with the old password: its refusal must not expire the account again.
        self.stop_work(id).await;
        self.after_connect(id).await;
        Ok(ImapConnected { connection: self.connection(id).await?, probe })
    }
}
