//! Gmail through its own API (PROVIDERS 1.2 to 1.5), and Google Calendar ([`calendar`]), Google Tasks ([`tasks`]) Google Drive
//! ([`drive`]) and people ([`people`]), which share the grant and the account.
//!
//! One scope for the account: Gmail has messages with labels, not folders with copies. A label is shown as a mailbox; `UNREAD`
//! and `STARRED` are flags. Reads are hydrated newest first in batches under Google's quota units; changes come from the history
//! list.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    config::ProviderConfig,
    error::ProviderError,
    ids::{ConnectionId, RemoteId},
    mail::RemoteMailbox,
    source::{Credentials, MailSink, MailSource, MailWrite, OutgoingMail, SendWitness, Submitted, Written},
    sync::{Budget, ChangeBatch, RemoteMail, SyncCursor, SyncScope},
};

use crate::http::{Http, bearer::Bearer};

mod api;
mod batch;
mod calendar;
mod drive;
pub mod endpoints;
mod error;
mod fetch;
#[cfg(any(fuzzing, test))]
mod fuzz;
mod grants;
mod label_edit;
mod labels;
mod people;
mod quota;
mod raw;
mod relist;
mod send;
mod shared;
mod sync;
mod tasks;
mod write;

use api::Api;
pub use calendar::GoogleCalendar;
pub use drive::GoogleDrive;
#[cfg(any(fuzzing, test))]
pub(crate) use fuzz::fuzz;
pub use grants::Grants;
pub use people::GooglePeople;
pub use shared::Accounts;
pub use tasks::GoogleTasks;

/// The mail of one Google account.
pub struct GmailSource {
    api: Api,
    grants: Grants,
}

impl GmailSource {
    /// `account` holds what all sources of one connection share.
    pub fn new(
        http: Http,
        credentials: Arc<dyn Credentials>,
        config: &ProviderConfig,
        grants: Grants,
        accounts: &Accounts,
        connection: &ConnectionId,
    ) -> Result<Self, ProviderError> {
        let urls = endpoints::GmailUrls::new(config)?;
        let shared = accounts.get(connection, http.clock(), !urls.is_local());
        Ok(Self { api: Api::new(Bearer::new(http, credentials, "Google"), urls, shared), grants })
    }
}

#[async_trait]
impl MailSource for GmailSource {
    async fn mailboxes(&self) -> Result<Vec<RemoteMailbox>, ProviderError> {
        self.grants.require_read()?;
        labels::list(&self.api).await
    }

    fn scope_per_mailbox(&self) -> bool {
        false
    }

    async fn changes(
        &self,
        _scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
    ) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
        self.grants.require_read()?;
        sync::changes(&self.api, cursor, budget).await
    }

    async fn fetch(&self, _scope: &SyncScope, ids: &[RemoteId], sink: &mut dyn MailSink) -> Result<(), ProviderError> {
        self.grants.require_read()?;
        fetch::fetch(&self.api, ids, sink).await
    }

    async fn write(&self, write: &MailWrite) -> Result<Written, ProviderError> {
        write::write(&self.api, self.grants, write).await
    }

    async fn find(&self, mailbox: Option<&RemoteId>, message_id: &str) -> Result<Option<RemoteId>, ProviderError> {
        if !self.grants.read {
            // Nothing can be looked for, and `absence_is_proof` says that this proves nothing.
            return Ok(None);
        }
        send::find(&self.api, mailbox, message_id).await
    }

    fn absence_is_proof(&self) -> bool {
        // Without reading there is no search, so nothing can be proved.
        self.grants.read
    }

    fn reply_decides(&self) -> bool {
        false
    }

    fn can_send(&self) -> bool {
        self.grants.send
    }

    async fn submit(&self, mail: &OutgoingMail, witness: &dyn SendWitness) -> Result<Submitted, ProviderError> {
        self.grants.require_send()?;
        send::submit(&self.api, mail, witness).await
    }

    async fn wait(&self, _scope: &SyncScope, _max: Duration) -> Result<(), ProviderError> {
        // Google's push needs a server of ours (Cloud Pub/Sub): PROVIDERS 1.5. The engine polls.
        Err(ProviderError::Unsupported("Gmail does not push to desktop programs.".to_owned()))
    }

    async fn close(&self) {}
}

#[cfg(test)]
mod tests;
