//! A Microsoft account through Microsoft Graph v1.0 (PROVIDERS 2): its mail here, its calendars in [`calendar`], its tasks in [`todo`], its files
//! in [`drive`], its people in [`people`].
//!
//! Mail: one scope per folder, each with a delta link of its own. Every call prefers immutable ids: without that a message would have another id
//! after each move. Bodies are read as MIME, so that what is kept here is what was sent.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::RemoteMailbox,
    source::{MailSink, MailSource, MailWrite, OutgoingMail, SendWitness, Submitted, Written},
    sync::{Budget, ChangeBatch, RemoteMail, SyncCursor, SyncScope},
};

mod api;
mod attach;
mod batch;
mod calendar;
mod cut;
mod drive;
pub mod endpoints;
mod error;
mod fetch;
mod find;
mod folder_edit;
mod folders;
mod grants;
mod model;
mod people;
mod rounds;
mod send;
mod session;
mod shared;
mod sync;
mod todo;
mod upload;
mod wait;
mod who;
mod write;

pub(crate) use api::Api;
pub use calendar::GraphCalendar;
pub use drive::OneDrive;
pub use grants::{Grants, canonical};
pub use people::GraphPeople;
pub use shared::Accounts;
pub use todo::GraphTasks;
pub(crate) use who::identity;

/// Shown to the person.
const MICROSOFT: &str = "Microsoft";

/// The mail of one Microsoft account.
pub struct GraphMail {
    api: Api,
    grants: Grants,
}

impl GraphMail {
    pub(crate) const fn new(api: Api, grants: Grants) -> Self {
        Self { api, grants }
    }
}

#[async_trait]
impl MailSource for GraphMail {
    async fn mailboxes(&self) -> Result<Vec<RemoteMailbox>, ProviderError> {
        self.grants.require_read()?;
        folders::list(&self.api).await
    }

    fn scope_per_mailbox(&self) -> bool {
        true
    }

    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
    ) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
        self.grants.require_read()?;
        let folder = scope.container.as_ref().ok_or_else(|| ProviderError::NotFound("The folder".to_owned()))?;
        sync::changes(&self.api, folder, cursor, budget).await
    }

    async fn fetch(&self, _scope: &SyncScope, ids: &[RemoteId], sink: &mut dyn MailSink) -> Result<(), ProviderError> {
        self.grants.require_read()?;
        fetch::fetch(&self.api, ids, sink).await
    }

    async fn write(&self, write: &MailWrite) -> Result<Written, ProviderError> {
        self.grants.require_modify()?;
        write::write(&self.api, write).await
    }

    async fn find(&self, mailbox: Option<&RemoteId>, message_id: &str) -> Result<Option<RemoteId>, ProviderError> {
        if !self.grants.read {
            // Nothing can be looked for, and `absence_is_proof` says that this proves nothing.
            return Ok(None);
        }
        find::find(&self.api, mailbox, message_id).await
    }

    fn absence_is_proof(&self) -> bool {
        // A mail is a draft until it goes, and a draft that is still there is taken away before the mail is sent again.
        self.grants.read && self.grants.modify
    }

    fn reply_decides(&self) -> bool {
        false
    }

    fn can_send(&self) -> bool {
        // A draft is made first (see `send`), and that is a change.
        self.grants.send && self.grants.modify
    }

    async fn submit(&self, mail: &OutgoingMail, witness: &dyn SendWitness) -> Result<Submitted, ProviderError> {
        self.grants.require_send()?;
        send::submit(&self.api, mail, witness).await
    }

    async fn wait(&self, _scope: &SyncScope, _max: Duration) -> Result<(), ProviderError> {
        // Change notifications need a public address (PROVIDERS 2.9). The engine polls.
        Err(ProviderError::Unsupported("Microsoft does not push to desktop programs.".to_owned()))
    }

    async fn close(&self) {}
}

#[cfg(test)]
mod tests;
