//! Mail by JMAP (RFC 8620, RFC 8621): Fastmail, Cyrus, Stalwart and others (PROVIDERS 4.6).
//!
//! One scope for the account: an `Email` has an id that never changes, and lies in one or more mailboxes. Those are folders here (see
//! [`MailSource::folders`]): a move takes a mail out of the one that is named and puts it into the other. The session names the server's
//! addresses and limits; it is asked for once, and again when the server says that it is another.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    connection::JmapServer,
    error::ProviderError,
    ids::{ConnectionId, RemoteId},
    mail::RemoteMailbox,
    oauth::Identity,
    source::{Credentials, MailSink, MailSource, MailWrite, OutgoingMail, SendWitness, Submitted, Written},
    sync::{Budget, ChangeBatch, RemoteMail, SyncCursor, SyncScope},
};

use crate::{
    http::{Http, keyed},
    service::{Lookup, dns},
};

mod answers;
mod api;
mod error;
mod fetch;
mod file;
mod find;
mod folder_edit;
mod listing;
mod mailboxes;
mod model;
mod owner;
mod place;
mod push;
mod send;
mod session;
mod shared;
mod sync;
#[cfg(test)]
mod tests;
mod write;

use api::Api;
use place::{Start, WELL_KNOWN};
pub use shared::Accounts;

/// In error texts, where no host is known.
const JMAP: &str = "JMAP";

/// The mail of one account at a JMAP server.
pub struct JmapMail {
    api: Api,
    /// Ids of folders that are not synced.
    excluded: Vec<String>,
}

impl JmapMail {
    /// `credentials` give the password, or the token where the server's settings have no user name. `accounts` holds what all sources of one
    /// connection share. An address that can't work is refused here, in words.
    pub fn new(
        http: Http,
        credentials: Arc<dyn Credentials>,
        server: &JmapServer,
        accounts: &Accounts,
        connection: &ConnectionId,
    ) -> Result<Self, ProviderError> {
        Self::with_lookup(http, credentials, server, accounts, connection, dns("jmap", WELL_KNOWN))
    }

    fn with_lookup(
        http: Http,
        credentials: Arc<dyn Credentials>,
        server: &JmapServer,
        accounts: &Accounts,
        connection: &ConnectionId,
        lookup: Lookup,
    ) -> Result<Self, ProviderError> {
        let start = Start::of(server)?;
        let render = server.username.as_deref().map_or_else(keyed::bearer, |username| keyed::basic(username.trim().to_owned()));
        let keyed = keyed::Keyed::new(http, credentials, JMAP, render);
        let mut excluded = server.selection.excluded.clone();
        excluded.sort_unstable();
        Ok(Self { api: Api::new(keyed, start, lookup, accounts.get(connection)), excluded })
    }

    /// Whose mail it is.
    pub async fn owner(&self) -> Result<Identity, ProviderError> {
        owner::owner(&self.api).await
    }
}

#[async_trait]
impl MailSource for JmapMail {
    async fn mailboxes(&self) -> Result<Vec<RemoteMailbox>, ProviderError> {
        mailboxes::list(&self.api).await
    }

    fn scope_per_mailbox(&self) -> bool {
        false
    }

    fn folders(&self) -> bool {
        true
    }

    async fn changes(
        &self,
        _scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
    ) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
        sync::changes(&self.api, &self.excluded, cursor, budget).await
    }

    async fn fetch(&self, _scope: &SyncScope, ids: &[RemoteId], sink: &mut dyn MailSink) -> Result<(), ProviderError> {
        fetch::fetch(&self.api, ids, sink).await
    }

    async fn write(&self, write: &MailWrite) -> Result<Written, ProviderError> {
        write::write(&self.api, write).await
    }

    async fn find(&self, mailbox: Option<&RemoteId>, message_id: &str) -> Result<Option<RemoteId>, ProviderError> {
        find::find(&self.api, mailbox, message_id).await
    }

    /// A mail goes out from an `Email` of the same account, which is a draft until then (see [`send`]): one system takes it, files it and
    /// answers the search. A request whose answer was lost may still be under way when the search finds nothing, so a second attempt first
    /// destroys the draft: a submission that comes later names an `Email` that is no more, and is refused.
    fn absence_is_proof(&self) -> bool {
        true
    }

    /// A 5xx may come from something in between, after the mail was taken.
    fn reply_decides(&self) -> bool {
        false
    }

    fn can_send(&self) -> bool {
        // Before the first session nobody knows; then `submit` says so.
        self.api.known_session().is_none_or(|session| session.can_submit && !session.read_only)
    }

    async fn submit(&self, mail: &OutgoingMail, witness: &dyn SendWitness) -> Result<Submitted, ProviderError> {
        send::submit(&self.api, mail, witness).await
    }

    async fn wait(&self, _scope: &SyncScope, max: Duration) -> Result<(), ProviderError> {
        push::wait(&self.api, max).await
    }

    async fn close(&self) {}
}
