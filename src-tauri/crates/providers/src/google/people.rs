//! People of a Google account through the People API v1: the address book (`people.connections`), and whom Google noted by itself
//! (`otherContacts`). Names and addresses are all that is asked for.
//!
//! Both lists are followed by sync tokens, which hold for seven days after the whole list was read: then, and whenever Google says so, it is
//! read whole again. Nothing that a person types is sent: their search is not used.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    config::ProviderConfig,
    connection::Connection,
    error::ProviderError,
    people::{PeopleList, PeopleSource, RemotePerson},
    source::Credentials,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    time::Timestamp,
};

use super::{Accounts, Grants, endpoints::PeopleUrls};
use crate::http::{Http, bearer::Bearer};

mod api;
mod changes;
mod cursor;
mod model;

use api::PeopleApi;

/// The lists of people of one Google account.
pub struct GooglePeople {
    api: PeopleApi,
    grants: Grants,
}

impl GooglePeople {
    /// `accounts` holds what all sources of one connection share.
    pub fn new(
        http: Http,
        credentials: Arc<dyn Credentials>,
        config: &ProviderConfig,
        grants: Grants,
        accounts: &Accounts,
        connection: &Connection,
    ) -> Result<Self, ProviderError> {
        let urls = PeopleUrls::new(config)?;
        let shared = accounts.get(&connection.id, http.clock(), !urls.is_local());
        Ok(Self { api: PeopleApi::new(Bearer::new(http, credentials, "Google"), urls, shared), grants })
    }
}

#[async_trait]
impl PeopleSource for GooglePeople {
    fn lists(&self) -> Vec<PeopleList> {
        let granted = [(PeopleList::Contacts, self.grants.contacts), (PeopleList::Others, self.grants.other_contacts)];
        granted.into_iter().filter(|(_, granted)| *granted).map(|(list, _)| list).collect()
    }

    /// A page of at most `budget.items` people when a list begins, and never more than Google's thousand.
    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
        now: Timestamp,
    ) -> Result<ChangeBatch<RemotePerson>, ProviderError> {
        let list = PeopleList::of(scope).ok_or_else(|| ProviderError::NotFound("This list of people".to_owned()))?;
        match list {
            PeopleList::Contacts => self.grants.require_contacts()?,
            PeopleList::Others => self.grants.require_other_contacts()?,
        }
        changes::changes(&self.api, list, cursor, budget.items, now).await
    }
}

#[cfg(test)]
mod tests;
