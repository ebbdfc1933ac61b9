//! What the People API says, as far as something is done with it. Absent fields are absent on the wire too.

use domain::{ids::RemoteId, people::RemotePerson};
use serde::Deserialize;

use super::super::api::{few, id};
use crate::http::json::or_default;

/// A page of either list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    #[serde(alias = "otherContacts", deserialize_with = "few")]
    pub connections: Vec<Person>,
    pub next_page_token: Option<String>,
    pub next_sync_token: Option<String>,
    /// How long the whole list is.
    #[serde(alias = "totalSize")]
    pub total_items: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Person {
    #[serde(deserialize_with = "id")]
    pub resource_name: String,
    #[serde(deserialize_with = "or_default")]
    pub metadata: PersonMetadata,
    #[serde(deserialize_with = "few")]
    names: Vec<Name>,
    #[serde(deserialize_with = "few")]
    email_addresses: Vec<Email>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersonMetadata {
    pub deleted: bool,
    /// What the same person was called before, told with a sync token alone.
    #[serde(deserialize_with = "few")]
    pub previous_resource_names: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FieldMetadata {
    primary: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Name {
    #[serde(deserialize_with = "or_default")]
    display_name: String,
    #[serde(deserialize_with = "or_default")]
    metadata: FieldMetadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Email {
    #[serde(deserialize_with = "or_default")]
    value: String,
    #[serde(deserialize_with = "or_default")]
    metadata: FieldMetadata,
}

impl Person {
    pub fn remote(mut self) -> RemotePerson {
        // Stable: among the others the order is Google's.
        self.names.sort_by_key(|name| !name.metadata.primary);
        self.email_addresses.sort_by_key(|email| !email.metadata.primary);
        let name = self.names.first().map(|name| name.display_name.as_str()).unwrap_or_default();
        RemotePerson::new(RemoteId(self.resource_name), name, self.email_addresses.into_iter().map(|email| email.value))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn the_main_name_and_address_come_first_and_the_rest_is_not_looked_at() {
        let page: Page = serde_json::from_str(
            r#"{"connections":[{"resourceName":"people/c1","etag":"%EgU","metadata":{"sources":[{"type":"CONTACT"}],"objectType":"PERSON"},
                "names":[{"metadata":{"source":{}},"displayName":"A. Berg"},{"metadata":{"primary":true},"displayName":"Anna Berg","familyName":"Berg"}],
                "emailAddresses":[{"value":"old@x.example","type":"home"},{"metadata":{"primary":true},"value":"anna@x.example"}]},
                {"resourceName":"people/c2","metadata":{"deleted":true}}],"totalPeople":2,"totalItems":2,"nextSyncToken":"s"}"#,
        )
        .unwrap();
        assert_eq!((page.total_items, page.next_sync_token.as_deref(), page.connections.len()), (2, Some("s"), 2));
        assert!(page.connections[1].metadata.deleted);
        let anna = page.connections.into_iter().next().unwrap().remote();
        assert_eq!((anna.name.as_str(), anna.emails), ("Anna Berg", vec!["anna@x.example".to_owned(), "old@x.example".to_owned()]));
        let others: Page = serde_json::from_str(r#"{"otherContacts":[{"resourceName":"otherContacts/c3"}],"totalSize":1}"#).unwrap();
        assert_eq!((others.connections.len(), others.total_items), (1, 1));
        assert!(serde_json::from_str::<Page>(&format!(r#"{{"connections":[{{"resourceName":"{}"}}]}}"#, "x".repeat(300))).is_err());
    }
}
