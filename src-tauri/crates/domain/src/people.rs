//! Lists of people at a provider, as providers and engine speak of them: whom to suggest when somebody is addressed.
//!
//! They are copied here and searched here alone: what a person types is never sent to a provider. Only names and addresses come.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    time::Timestamp,
};

/// A list of people. What is common to providers is who put somebody there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeopleList {
    /// The address book: the person put them there.
    Contacts,
    /// Whom the provider noted by itself, from mail and meetings (Google's other contacts, Microsoft's people).
    Others,
}

impl PeopleList {
    pub const ALL: [Self; 2] = [Self::Contacts, Self::Others];

    /// The container of its scope.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Others => "others",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.name() == name)
    }

    /// The list that a scope stands for.
    pub fn of(scope: &SyncScope) -> Option<Self> {
        scope.container.as_ref().and_then(|container| Self::named(container.as_str()))
    }
}

/// Somebody in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePerson {
    pub id: RemoteId,
    /// As the provider shows it; may be empty.
    pub name: String,
    /// The first one is what the provider takes for the main one. Nobody without an address is suggested.
    pub emails: Vec<String>,
}

/// More addresses of one person are left out.
const MOST_ADDRESSES: usize = 32;
/// Longest name, and longest address (RFC 5321, section 4.5.3.1), in characters.
const LONGEST: usize = 320;

impl RemotePerson {
    /// Without what is no address (X.500 names of Exchange, free text), what is there twice, and what is without measure.
    pub fn new(id: RemoteId, name: &str, emails: impl IntoIterator<Item = String>) -> Self {
        let mut kept: Vec<String> = Vec::new();
        for email in emails {
            let email = email.trim();
            if is_address(email) && kept.len() < MOST_ADDRESSES && !kept.iter().any(|k| k.eq_ignore_ascii_case(email)) {
                kept.push(email.to_owned());
            }
        }
        let plain = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect::<String>();
        Self { id, name: plain.split_whitespace().collect::<Vec<_>>().join(" "), emails: kept }
    }
}

/// Fit to be suggested, not valid in every respect.
fn is_address(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')');
    let parts = text.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.starts_with('/'));
    parts.is_some() && !text.starts_with('/') && text.chars().count() <= LONGEST && !text.contains(odd)
}

/// The lists of people of a connection.
#[async_trait]
pub trait PeopleSource: Send + Sync {
    /// Those that were granted.
    fn lists(&self) -> Vec<PeopleList>;
    /// The next page after `cursor` (None: everything). Idempotent: asking again with the same cursor repeats it. `budget.since` is for
    /// mail. [`ProviderError::Unsupported`] for a list that was not granted.
    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
        now: Timestamp,
    ) -> Result<ChangeBatch<RemotePerson>, ProviderError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_are_kept_each_once() {
        let emails =
            ["Anna@x.example", " anna@X.example ", "/o=ExchangeLabs/ou=x/cn=anna@y", "a b@x.example", "nobody", "@x", "x@", "b@y.example"];
        let person = RemotePerson::new("1".into(), " Anna\r\n Berg ", emails.map(str::to_owned));
        assert_eq!((person.name.as_str(), person.emails), ("Anna Berg", vec!["Anna@x.example".to_owned(), "b@y.example".to_owned()]));
        let many = (0..100).map(|n| format!("a{n}@x.example"));
        let long = format!("{}@x.example", "x".repeat(400));
        let person = RemotePerson::new("1".into(), &"x".repeat(5000), many.chain([long]));
        assert_eq!((person.emails.len(), person.name.len()), (MOST_ADDRESSES, LONGEST));
    }

    #[test]
    fn a_scope_names_its_list() {
        for list in PeopleList::ALL {
            assert_eq!(PeopleList::named(list.name()), Some(list));
        }
        assert_eq!(PeopleList::named("friends"), None);
    }
}
