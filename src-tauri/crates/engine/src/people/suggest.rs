//! Whom to suggest.

use domain::{
    ids::{ConnectionId, IntegrationId},
    mail::Address,
    people::PeopleList,
};
use serde::{Deserialize, Serialize};

use crate::{Engine, EngineError};

/// Somebody to address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSuggestion {
    pub address: Address,
    /// There is mail to or from this address.
    pub mailed: bool,
    /// Mails to it.
    pub sent: u32,
    /// Of somebody who was never written to: the list that knows them.
    pub source: Option<SuggestionSource>,
}

/// A list of people of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuggestionSource {
    pub connection: ConnectionId,
    pub integration: IntegrationId,
    pub list: PeopleList,
}

impl Engine {
    /// People whose address or a word of whose name begins with `prefix`: those written to, most often first, then the address books, then
    /// whoever wrote, then whom only a provider noted. Each address once. Asks nobody.
    pub async fn suggest_people(&self, prefix: &str, limit: u32) -> Result<Vec<PersonSuggestion>, EngineError> {
        let found = self.store().suggest_people(prefix, limit).await?;
        let shown = found.into_iter().map(|person| PersonSuggestion {
            address: person.address,
            mailed: person.sent + person.seen > 0,
            sent: person.sent,
            source: person.origin.map(|o| SuggestionSource { connection: o.connection, integration: o.integration, list: o.list }),
        });
        Ok(shown.collect())
    }
}
