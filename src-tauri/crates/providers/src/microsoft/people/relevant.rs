//! The people whom Microsoft finds relevant, most relevant first. There is no delta: the best of them are read each time, and the store
//! writes only what differs.

use domain::{
    error::ProviderError,
    people::RemotePerson,
    sync::{Change, ChangeBatch},
};
use serde::Serialize;

use super::{
    super::{
        api::{Api, broken},
        endpoints::with_query,
        model::Page,
    },
    model::Person,
};
use crate::{http::host_of, opaque};

const WHAT: &str = "the people you work with";
/// What is asked for at once, and of how many in all. The list has no end that means anything.
const PAGE: &str = "250";
const MOST: usize = 1000;
/// Pages may be shorter than asked for.
const MOST_PAGES: usize = 40;

/// There is no place to go on from.
#[derive(Serialize)]
struct Always {
    v: u8,
}

pub async fn all(api: &Api) -> Result<ChangeBatch<RemotePerson>, ProviderError> {
    let mut url = with_query(api.urls.me(["people"]), &[("$top", PAGE), ("$select", "id,displayName,scoredEmailAddresses")]);
    let mut people: Vec<RemotePerson> = Vec::new();
    for _ in 0..MOST_PAGES {
        let page: Page<Person> = api.get(WHAT, url.clone()).await?;
        let room = MOST - people.len();
        people.extend(page.value.into_iter().take(room).map(Person::remote));
        match page.next {
            Some(link) if people.len() < MOST => {
                let next = api.urls.link(&link)?;
                if next == url {
                    return Err(broken(&host_of(&url), "no end of the people"));
                }
                url = next;
            }
            _ => break,
        }
    }
    // Relevance moves while pages are read: somebody may have come twice.
    let mut ids = std::collections::BTreeSet::new();
    people.retain(|person| ids.insert(person.id.clone()));
    Ok(ChangeBatch {
        present: Some(ids.into_iter().collect()),
        changes: people.into_iter().map(Change::Upsert).collect(),
        reset: false,
        next: opaque::write(&Always { v: 1 }),
        more: false,
        progress: None,
    })
}
