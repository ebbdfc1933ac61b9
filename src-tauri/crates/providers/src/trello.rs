//! Trello's cards as tasks (PROVIDERS 6.7): those that the person is a member of, in lists by board. A card is done where its due date is
//! ticked off.
//!
//! One request tells all of a person's cards, so a round is that request, and what it does not tell is gone: archived, deleted, or somebody
//! else's. Due dates are instants there, and an instant alone says nothing about a clock on a wall: they are shown, and changed in Trello.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    SecretString,
    error::ProviderError,
    oauth::Identity,
    source::Credentials,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    tasks::{RemoteTask, RemoteTaskList, TaskSource, TaskWrite, TaskWritten},
    time::Timestamp,
};

use crate::http::{Http, keyed::Keyed};

mod api;
mod changes;
mod error;
mod labels;
mod lists;
mod model;
#[cfg(test)]
mod tests;
mod write;

/// Where the API is, unless the configuration says otherwise.
pub const BASE: &str = "https://api.trello.com/1";

/// Shown to the person.
const TRELLO: &str = "Trello";
/// In error texts.
const THIS_CARD: &str = "this card";

/// The cards of one person at Trello.
pub struct TrelloCards {
    api: api::Api,
}

impl TrelloCards {
    /// `credentials` give `KEY:TOKEN` as a password: the API key of a Power-Up of the person's own and a token that they made with it.
    /// `base`: [`BASE`], or a stand-in on this machine; refused where it is neither https nor this machine.
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, base: &str) -> Result<Self, ProviderError> {
        let base = domain::config::check_url("trello", base).map_err(|error| ProviderError::Refused(error.to_string()))?;
        Ok(Self { api: api::Api::new(Keyed::new(http, credentials, TRELLO, Arc::new(header)), base) })
    }

    /// Whose token it is.
    pub async fn owner(&self) -> Result<Identity, ProviderError> {
        let me = self.api.me().await?;
        let name = if me.full_name.is_empty() { me.username } else { me.full_name };
        Ok(Identity { subject: me.id, email: me.email, email_verified: false, name })
    }
}

/// In a header, where it is in no log, and not in the address. None: it is not a key and a token.
fn header(secret: &SecretString) -> Option<String> {
    let (key, token) = Keyed::expose(secret).split_once(':')?;
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'='));
    (plain(key) && plain(token)).then(|| format!("OAuth oauth_consumer_key=\"{key}\", oauth_token=\"{token}\""))
}

#[async_trait]
impl TaskSource for TrelloCards {
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        lists::lists(&self.api).await
    }

    fn one_scope(&self) -> bool {
        true
    }

    async fn changes(
        &self,
        _scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        _budget: Budget,
        _now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        changes::changes(&self.api, cursor).await
    }

    /// Trello has no conditional writes: what is named in a write wins, so there is never a conflict.
    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        write::write(&self.api, write).await
    }
}
