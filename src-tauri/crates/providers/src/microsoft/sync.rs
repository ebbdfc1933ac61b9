//! Changes of one folder, from its delta query (PROVIDERS 2.5).
//!
//! *Listing* walks the folder, newest first; its pages name everything that is there, so the last one says what is to be kept. *Steady* is
//! what changed since. Without a filter on the date: Graph ends a filtered walk after 5,000 messages without saying so; what is older than
//! the person wants is left out here. The link of a round is stored whole: options are part of it.

use std::collections::BTreeMap;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Budget, Change, ChangeBatch, RemoteMail, SyncCursor},
    time::Timestamp,
};
use reqwest::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    api::{Api, broken, parse},
    batch::{self, Part},
    endpoints::with_query,
    model::{Folder, Message, Page, SELECT},
};
use crate::{
    http::{Call, host_of},
    opaque,
};

/// Largest page that is asked for.
const PAGE: usize = 500;
/// A page may hold more than was preferred, not any number.
const MANY: usize = 10_000;

/// What the engine keeps as an opaque string. Stored for years: add variants and fields with defaults, change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub v: u8,
    pub phase: Phase,
    /// Start of the window, milliseconds, as it was when the listing began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Phase {
    Listing {
        /// Names this listing: when it began.
        mark: i64,
        link: String,
        done: u64,
        total: u64,
    },
    Steady {
        link: String,
    },
}

impl Cursor {
    fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1)
    }
    fn store(&self) -> SyncCursor {
        opaque::write(self)
    }
}

pub async fn changes(
    api: &Api,
    folder: &RemoteId,
    cursor: Option<&SyncCursor>,
    budget: Budget,
) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
    let cursor = match cursor {
        None => start(api, folder, budget).await?,
        Some(cursor) => Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)?,
    };
    let since = cursor.since.map(Timestamp);
    match cursor.phase {
        Phase::Listing { mark, link, done, total } => {
            let page = page(api, &link, budget.items).await?;
            let mails: Vec<&Message> = page.value.iter().filter(|m| m.removed.is_none() && within(m, since)).collect();
            if !api.shared().listings.add(folder.as_str(), mark, mails.iter().map(|m| m.id.as_str())) {
                // Begun by an earlier run: nobody knows any more what its first pages named.
                return Err(ProviderError::CursorExpired);
            }
            let done = done + page.value.len() as u64;
            let changes = mails.iter().map(|m| Change::Upsert(m.remote())).collect();
            let progress = Some((done, total.max(done)));
            let (phase, present) = match following(api, &page, &link)? {
                Following::More(link) => (Phase::Listing { mark, link, done, total }, None),
                Following::End(link) => {
                    let all = api.shared().listings.named(folder.as_str());
                    (Phase::Steady { link }, Some(all.into_iter().map(RemoteId).collect()))
                }
            };
            let next = Cursor { phase, ..cursor };
            Ok(ChangeBatch { changes, more: present.is_none(), present, reset: false, next: next.store(), progress })
        }
        Phase::Steady { link } => {
            api.shared().listings.end(folder.as_str());
            let page = page(api, &link, budget.items).await?;
            let (link, more) = match following(api, &page, &link)? {
                Following::More(link) => (link, true),
                Following::End(link) => (link, false),
            };
            let changes = fold(api, folder, page.value, since).await?;
            let next = Cursor { phase: Phase::Steady { link }, ..cursor };
            Ok(ChangeBatch { changes, present: None, reset: false, next: next.store(), more, progress: None })
        }
    }
}

async fn start(api: &Api, folder: &RemoteId, budget: Budget) -> Result<Cursor, ProviderError> {
    let about = with_query(api.urls.me(["mailFolders", folder.as_str()]), &[("$select", "id,totalItemCount")]);
    let known: Folder = api.get("this folder", about).await?;
    let link = api.urls.me(["mailFolders", folder.as_str(), "messages", "delta"]);
    let link = with_query(link, &[("$select", SELECT), ("$orderby", "receivedDateTime desc")]);
    let mark = api.now().millis();
    api.shared().listings.start(folder.as_str(), mark);
    let phase = Phase::Listing { mark, link: link.to_string(), done: 0, total: u64::from(known.total_item_count) };
    Ok(Cursor { v: 1, phase, since: budget.since.map(Timestamp::millis) })
}

async fn page(api: &Api, link: &str, items: usize) -> Result<Page<Message>, ProviderError> {
    let url: Url = api.urls.link(link)?;
    let prefer = HeaderValue::from_str(&format!("odata.maxpagesize={}", items.clamp(1, PAGE)));
    let mut call = Call::get(url.clone());
    if let Ok(prefer) = prefer {
        call = call.header(HeaderName::from_static("prefer"), prefer);
    }
    let reply = api.reply("this folder", call).await?;
    let page: Page<Message> = parse(&url, &reply.body)?;
    if page.value.len() > MANY {
        return Err(broken(&host_of(&url), "a page without measure"));
    }
    Ok(page)
}

enum Following {
    More(String),
    End(String),
}

/// Where to go on. Addresses of another server are refused before they are stored.
fn following(api: &Api, page: &Page<Message>, this: &str) -> Result<Following, ProviderError> {
    let link = |text: &String| api.urls.link(text).map(|_| text.clone());
    match (&page.next, &page.delta) {
        // A link that repeats would go round for ever.
        (Some(next), _) if next != this => link(next).map(Following::More),
        (None, Some(delta)) => link(delta).map(Following::End),
        _ => Err(broken(&api.urls.link(this).map_or_else(|_| String::new(), |u| host_of(&u)), "a page of changes without a next one")),
    }
}

fn within(message: &Message, since: Option<Timestamp>) -> bool {
    since.is_none_or(|since| message.received().is_none_or(|at| at >= since))
}

/// The last word on each message of a page. An entry may hold only what changed; the rest is looked up.
async fn fold(
    api: &Api,
    folder: &RemoteId,
    entries: Vec<Message>,
    since: Option<Timestamp>,
) -> Result<Vec<Change<RemoteMail>>, ProviderError> {
    let mut known: BTreeMap<String, Option<Message>> = BTreeMap::new();
    for entry in entries {
        let gone = entry.removed.is_some();
        known.insert(entry.id.clone(), (!gone).then_some(entry));
    }
    let unclear: Vec<String> = known
        .iter()
        .filter(|(_, m)| m.as_ref().is_some_and(|m| m.flags().is_none() || m.received().is_none()))
        .map(|(id, _)| id.clone())
        .collect();
    for (id, found) in states(api, &unclear).await? {
        match found {
            Some(message) if message.parent_folder_id.as_deref().is_none_or(|f| f == folder.as_str()) => {
                known.insert(id, Some(message));
            }
            // It has left or is gone, of which the next page tells.
            _ => {
                known.remove(&id);
            }
        }
    }
    Ok(known
        .into_iter()
        .filter(|(_, m)| m.as_ref().is_none_or(|m| within(m, since)))
        .map(|(id, message)| message.map_or(Change::Gone(RemoteId(id)), |m| Change::Upsert(m.remote())))
        .collect())
}

/// Messages as they are now. None: gone.
pub async fn states(api: &Api, ids: &[String]) -> Result<Vec<(String, Option<Message>)>, ProviderError> {
    let part = |id: &String| {
        let url = with_query(api.urls.me(["messages", id]), &[("$select", SELECT)]);
        Part::get(api.urls.relative(&url))
    };
    let parts: Vec<Part> = ids.iter().map(part).collect();
    let answers = batch::settle(api, "this message", &parts).await?;
    let mut out = Vec::with_capacity(ids.len());
    for (id, answer) in ids.iter().zip(answers) {
        let message = match answer {
            Ok(body) => Some(parse::<Message>(&api.urls.batch(), body.to_string().as_bytes())?),
            Err(ProviderError::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        out.push((id.clone(), message));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_cursors_keep_their_shape() {
        let text = |cursor: &Cursor| match cursor.store() {
            SyncCursor::Opaque { value } => value,
            other => panic!("{other:?}"),
        };
        let listing = Cursor { v: 1, phase: Phase::Listing { mark: 7, link: "https://g/x".into(), done: 3, total: 9 }, since: Some(5) };
        assert_eq!(text(&listing), r#"{"v":1,"phase":{"kind":"listing","mark":7,"link":"https://g/x","done":3,"total":9},"since":5}"#);
        let steady = Cursor { v: 1, phase: Phase::Steady { link: "https://g/y".into() }, since: None };
        assert_eq!(text(&steady), r#"{"v":1,"phase":{"kind":"steady","link":"https://g/y"}}"#);
        for cursor in [listing, steady] {
            assert_eq!(Cursor::parse(&cursor.store()), Some(cursor));
        }
        assert_eq!(Cursor::parse(&SyncCursor::Opaque { value: "{}".into() }), None);
    }
}
