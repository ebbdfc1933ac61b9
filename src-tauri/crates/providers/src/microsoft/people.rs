//! People of a Microsoft account: the contacts of its main folder (`Contacts.Read`), followed by a delta link as mail is, and the people whom
//! Microsoft finds relevant (`People.Read`), of which nobody tells what changed: they are read anew each time.
//!
//! Contacts in further folders are not read. Nothing that a person types is sent: Microsoft's search for people is not used.

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    people::{PeopleList, PeopleSource, RemotePerson},
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    time::Timestamp,
};

use super::{Grants, api::Api};

mod contacts;
mod model;
mod relevant;

/// The lists of people of one Microsoft account.
pub struct GraphPeople {
    api: Api,
    grants: Grants,
}

impl GraphPeople {
    pub(crate) const fn new(api: Api, grants: Grants) -> Self {
        Self { api, grants }
    }
}

#[async_trait]
impl PeopleSource for GraphPeople {
    fn lists(&self) -> Vec<PeopleList> {
        let granted = [(PeopleList::Contacts, self.grants.contacts), (PeopleList::Others, self.grants.people)];
        granted.into_iter().filter(|(_, granted)| *granted).map(|(list, _)| list).collect()
    }

    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
        _now: Timestamp,
    ) -> Result<ChangeBatch<RemotePerson>, ProviderError> {
        match PeopleList::of(scope) {
            Some(PeopleList::Contacts) => {
                self.grants.require_contacts()?;
                contacts::changes(&self.api, cursor, budget.items).await
            }
            Some(PeopleList::Others) => {
                self.grants.require_people()?;
                relevant::all(&self.api).await
            }
            None => Err(ProviderError::NotFound("This list of people".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests;
