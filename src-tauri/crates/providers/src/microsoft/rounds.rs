//! Rounds of a delta query (PROVIDERS 2.5, Delta), the same for whatever a collection holds.
//!
//! *Listing* walks the collection; its pages name everything that is there, so the last one says what is to be kept. *Steady* is what changed
//! since. The link of a round is stored whole: options are part of it.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
};
use reqwest::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::Url;

use super::{
    api::{Api, broken, parse},
    model::Page,
};
use crate::{
    http::{Call, host_of},
    opaque,
};

/// Largest page that is asked for.
const PAGE: usize = 500;
/// A page may hold more than was preferred, not any number.
const MANY: usize = 10_000;

/// What a page of delta holds.
pub trait Entry: DeserializeOwned {
    fn id(&self) -> &str;
    /// It is in the collection no more.
    fn gone(&self) -> bool;
}

/// Whose changes.
pub struct Track<'a> {
    /// The collection's id.
    pub of: &'a str,
    /// In words.
    pub what: &'a str,
}

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
        /// About as many as there are; 0: nobody knows.
        total: u64,
    },
    Steady {
        link: String,
    },
}

impl Cursor {
    /// [`ProviderError::CursorExpired`] for one that nothing here has written.
    pub fn parse(cursor: &SyncCursor) -> Result<Self, ProviderError> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1).ok_or(ProviderError::CursorExpired)
    }
    fn store(&self) -> SyncCursor {
        opaque::write(self)
    }
}

/// One page of a round.
pub struct Round<T> {
    /// As they came; of a listing, those that are kept.
    pub entries: Vec<T>,
    pub listing: bool,
    present: Option<Vec<RemoteId>>,
    next: Cursor,
    more: bool,
    progress: Option<(u64, u64)>,
}

impl<T> Round<T> {
    pub fn batch<C>(self, changes: Vec<Change<C>>) -> ChangeBatch<C> {
        let Self { present, next, more, progress, .. } = self;
        ChangeBatch { changes, present, reset: false, next: next.store(), more, progress }
    }
}

/// Before the first page of a listing, which is at `link`.
pub fn begin(api: &Api, track: &Track<'_>, link: &Url, total: u64) -> Cursor {
    let mark = api.now().millis();
    api.shared().listings.start(track.of, mark);
    Cursor { v: 1, phase: Phase::Listing { mark, link: link.to_string(), done: 0, total }, since: None }
}

/// The page at which the cursor stands. `keep`: whether an entry of a listing counts as there.
pub async fn page<T: Entry>(
    api: &Api,
    track: &Track<'_>,
    cursor: Cursor,
    items: usize,
    keep: impl Fn(&T) -> bool,
) -> Result<Round<T>, ProviderError> {
    match cursor.phase {
        Phase::Listing { mark, link, done, total } => {
            let mut page = read::<T>(api, track.what, &link, items).await?;
            let done = done + page.value.len() as u64;
            page.value.retain(|entry| !entry.gone() && keep(entry));
            if !api.shared().listings.add(track.of, mark, page.value.iter().map(T::id)) {
                // Begun by an earlier run: nobody knows any more what its first pages named.
                return Err(ProviderError::CursorExpired);
            }
            let (phase, present) = match following(api, &page, &link)? {
                Following::More(link) => (Phase::Listing { mark, link, done, total }, None),
                Following::End(link) => {
                    let all = api.shared().listings.named(track.of);
                    (Phase::Steady { link }, Some(all.into_iter().map(RemoteId).collect()))
                }
            };
            let progress = (total > 0).then(|| (done, total.max(done)));
            let next = Cursor { phase, ..cursor };
            Ok(Round { entries: page.value, listing: true, more: present.is_none(), present, next, progress })
        }
        Phase::Steady { link } => {
            api.shared().listings.end(track.of);
            let page = read(api, track.what, &link, items).await?;
            let (link, more) = match following(api, &page, &link)? {
                Following::More(link) => (link, true),
                Following::End(link) => (link, false),
            };
            let next = Cursor { phase: Phase::Steady { link }, ..cursor };
            Ok(Round { entries: page.value, listing: false, present: None, next, more, progress: None })
        }
    }
}

async fn read<T: Entry>(api: &Api, what: &str, link: &str, items: usize) -> Result<Page<T>, ProviderError> {
    let url: Url = api.urls.link(link)?;
    let prefer = HeaderValue::from_str(&format!("odata.maxpagesize={}", items.clamp(1, PAGE)));
    let mut call = Call::get(url.clone());
    if let Ok(prefer) = prefer {
        call = call.header(HeaderName::from_static("prefer"), prefer);
    }
    let reply = api.reply(what, call).await?;
    let page: Page<T> = parse(&url, &reply.body)?;
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
fn following<T>(api: &Api, page: &Page<T>, this: &str) -> Result<Following, ProviderError> {
    let link = |text: &String| api.urls.link(text).map(|_| text.clone());
    match (&page.next, &page.delta) {
        // A link that repeats would go round for ever.
        (Some(next), _) if next != this => link(next).map(Following::More),
        (None, Some(delta)) => link(delta).map(Following::End),
        _ => Err(broken(&api.urls.link(this).map_or_else(|_| String::new(), |u| host_of(&u)), "a page of changes without a next one")),
    }
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
            assert_eq!(Cursor::parse(&cursor.store()).unwrap(), cursor);
        }
        let other = SyncCursor::Opaque { value: "{}".into() };
        assert!(matches!(Cursor::parse(&other), Err(ProviderError::CursorExpired)));
    }
}
