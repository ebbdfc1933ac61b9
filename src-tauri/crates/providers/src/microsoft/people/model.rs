//! Contacts and people as Graph writes them.

use domain::{ids::RemoteId, people::RemotePerson};
use serde::{Deserialize, Deserializer};

use super::super::{
    model::{Removed, id},
    rounds::Entry,
};
use crate::http::json::or_default;

/// What is asked of a contact.
pub const CONTACT: &str = "displayName,emailAddresses";

/// `contact`. In a delta, what is absent did not change.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
// Null is an answer here, and another one than silence.
#[allow(clippy::option_option)]
pub struct Contact {
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// Null where there is none.
    #[serde(default, deserialize_with = "said")]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    email_addresses: Option<Option<Vec<Email>>>,
    #[serde(default, rename = "@removed")]
    removed: Option<Removed>,
}

/// `emailAddress`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Email {
    #[serde(deserialize_with = "or_default")]
    address: String,
}

/// Tells null from nothing.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Entry for Contact {
    fn id(&self) -> &str {
        &self.id
    }
    fn gone(&self) -> bool {
        self.removed.is_some()
    }
}

impl Contact {
    /// All that was asked for was said.
    pub const fn is_whole(&self) -> bool {
        self.display_name.is_some() && self.email_addresses.is_some()
    }

    pub fn remote(self) -> RemotePerson {
        let name = self.display_name.flatten().unwrap_or_default();
        let emails = self.email_addresses.flatten().unwrap_or_default();
        RemotePerson::new(RemoteId(self.id), &name, emails.into_iter().map(|email| email.address))
    }
}

/// `person`: one whom Microsoft finds relevant, a list of addresses, or a room.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    display_name: String,
    /// The likeliest comes first.
    #[serde(default, deserialize_with = "or_default")]
    scored_email_addresses: Vec<Email>,
}

impl Person {
    pub fn remote(self) -> RemotePerson {
        RemotePerson::new(RemoteId(self.id), &self.display_name, self.scored_email_addresses.into_iter().map(|email| email.address))
    }
}

/// A contact's folder.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placed {
    #[serde(deserialize_with = "id")]
    pub parent_folder_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_said_and_nothing_is_not() {
        let read = |json: &str| serde_json::from_str::<Contact>(json).unwrap();
        let contact = read(r#"{"id":"a","displayName":null,"emailAddresses":[{"name":"x","address":"a@x.example"},{"address":null}]}"#);
        assert!(contact.is_whole() && !contact.gone());
        assert_eq!(contact.remote(), RemotePerson::new("a".into(), "", ["a@x.example".to_owned()]));
        assert!(!read(r#"{"id":"a","displayName":"Anna"}"#).is_whole());
        assert!(read(r#"{"id":"a","@removed":{"reason":"deleted"}}"#).gone());
        let person: Person = serde_json::from_str(
            r#"{"id":"p","displayName":"Irene","scoredEmailAddresses":[{"address":"/o=Exchange/cn=irene","relevanceScore":9.0},{"address":"irene@x.example"}]}"#,
        )
        .unwrap();
        assert_eq!(person.remote().emails, ["irene@x.example"], "an inner name of Exchange is no address");
    }
}
