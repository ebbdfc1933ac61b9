//! What changed in a calendar: by sync token where the server has them (RFC 6578), else by comparing all entity tags when the collection's
//! own tag (`getctag`) has changed.
//!
//! A round by tokens that begins with nothing has to end with the list of all that exists, so that what was deleted meanwhile is swept. In
//! one page that is the page; where the server cuts a round into pages, the list is asked for after the last, so that cursors stay small.
//!
//! The cursor is JSON: `{"token":…}`, with `"first":true` and the number of its next `"page"` inside a first round of several pages; or
//! `{"ctag":…}`, where null means that the server has no such tag and everything is compared each time.

use std::collections::HashSet;

use domain::{
    calendar::RemoteItem,
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    place::{id_of, join},
    refusal,
    text::etag,
    wire::{CAP, Depth, PAGE_CAP, Wire},
    xml::{Multistatus, Ns, Response, conditions},
};
use crate::http::host_of;

/// Of each member.
const MEMBER: &str = "<D:getetag/><D:getcontenttype/><D:resourcetype/>";
/// A round of more pages than this goes on for ever.
const MAX_PAGES: u32 = 10_000;
const WHAT: &str = "This calendar";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Position {
    Token {
        token: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        first: bool,
        #[serde(default, skip_serializing_if = "is_zero")]
        page: u32,
    },
    Ctag {
        // Null is said; a document that says nothing is none of ours.
        #[serde(deserialize_with = "Option::deserialize")]
        ctag: Option<String>,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(page: &u32) -> bool {
    *page == 0
}

impl Position {
    fn read(cursor: &SyncCursor) -> Result<Self, ProviderError> {
        let SyncCursor::Opaque { value } = cursor else { return Err(ProviderError::CursorExpired) };
        serde_json::from_str(value).map_err(|_| ProviderError::CursorExpired)
    }

    fn write(&self) -> Result<SyncCursor, ProviderError> {
        let value = serde_json::to_string(self).map_err(|_| ProviderError::CursorExpired)?;
        Ok(SyncCursor::Opaque { value })
    }
}

/// One collection at one server.
pub struct Collection<'a> {
    pub wire: &'a Wire,
    pub base: &'a Url,
    pub url: Url,
}

/// What became of a question by token.
enum Synced {
    Page(Page),
    /// The server has no tokens after all.
    Without,
}

struct Page {
    changes: Vec<Change<RemoteItem>>,
    token: String,
    truncated: bool,
}

impl Collection<'_> {
    /// The next page. The number of changes is the server's to choose: a page is what it sends, without the text of any event.
    pub async fn changes(&self, cursor: Option<&SyncCursor>) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
        match cursor.map(Position::read).transpose()? {
            None => self.first().await,
            Some(Position::Ctag { ctag }) => {
                let about = self.about().await?;
                if about.ctag.is_some() && about.ctag == ctag {
                    return batch(Vec::new(), None, &Position::Ctag { ctag }, false);
                }
                self.compared(about.ctag).await
            }
            Some(Position::Token { token, first, page }) => match self.by_token(&token).await? {
                Synced::Page(found) => self.paged(found, first, page).await,
                // It had tokens once; a round from the beginning finds out what it has now.
                Synced::Without => Err(ProviderError::CursorExpired),
            },
        }
    }

    async fn first(&self) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
        let about = self.about().await?;
        if about.synchronises
            && let Synced::Page(page) = self.by_token("").await?
        {
            return self.paged(page, true, 0).await;
        }
        self.compared(about.ctag).await
    }

    async fn paged(&self, found: Page, first: bool, page: u32) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
        let Page { changes, token, truncated } = found;
        if truncated {
            let page = page.saturating_add(1);
            if page > MAX_PAGES {
                return Err(self.broken("a round that does not end"));
            }
            return batch(changes, None, &Position::Token { token, first, page }, true);
        }
        let present = match (first, page) {
            (false, _) => None,
            (true, 0) => Some(once(changes.iter().filter_map(|c| if let Change::Upsert(item) = c { Some(&item.id) } else { None }))),
            (true, _) => Some(once(self.members().await?.iter().map(|item| &item.id))),
        };
        batch(changes, present, &Position::Token { token, first: false, page: 0 }, false)
    }

    /// Everything there is, for comparison. `ctag` was read before, so that what changes meanwhile is seen the next time.
    async fn compared(&self, ctag: Option<String>) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
        let items = self.members().await?;
        let present = once(items.iter().map(|item| &item.id));
        batch(items.into_iter().map(Change::Upsert).collect(), Some(present), &Position::Ctag { ctag }, false)
    }

    async fn members(&self) -> Result<Vec<RemoteItem>, ProviderError> {
        let call = self.wire.propfind(self.url.clone(), Depth::One, MEMBER);
        let (url, found) = self.wire.multistatus(WHAT, call, PAGE_CAP).await?;
        let there = found.responses.iter().filter(|r| r.status.is_none_or(|s| (200..300).contains(&s)));
        Ok(there.filter_map(|r| self.item(&url, r)).collect())
    }

    async fn by_token(&self, token: &str) -> Result<Synced, ProviderError> {
        let inside =
            format!("<D:sync-token>{}</D:sync-token><D:sync-level>1</D:sync-level><D:prop>{MEMBER}</D:prop>", super::xml::escaped(token));
        let call = self.wire.report(self.url.clone(), Depth::Zero, "D:sync-collection", &inside);
        let (url, reply) = self.wire.send(call, PAGE_CAP).await?;
        let named = conditions(&reply.body);
        let names = |name: &str| named.iter().any(|(ns, found)| *ns == Ns::Dav && found == name);
        match reply.status.as_u16() {
            207 => {}
            // RFC 6578 section 3.2. Some servers send these two without saying why.
            403 | 409 | 410 | 412 if !token.is_empty() && names("valid-sync-token") => return Err(ProviderError::CursorExpired),
            410 | 412 if !token.is_empty() => return Err(ProviderError::CursorExpired),
            405 | 501 | 507 => return Ok(Synced::Without),
            403 | 409 if names("supported-report") || names("valid-sync-token") => return Ok(Synced::Without),
            // The same in servers that know no preconditions.
            400 | 403 | 415 | 422 if token.is_empty() => return Ok(Synced::Without),
            _ => return Err(self.wire.refused(WHAT, &url, &reply)),
        }
        let found = self.wire.read(WHAT, &url, &reply)?;
        let Some(next) = found.sync_token.clone() else { return Ok(Synced::Without) };
        let page = self.page(&url, &found, next);
        // A page that ends where it began would be asked for again for ever.
        if page.truncated && page.token == token {
            return Err(self.broken("a part of the changes again and again"));
        }
        Ok(Synced::Page(page))
    }

    fn page(&self, url: &Url, found: &Multistatus, token: String) -> Page {
        let mut changes = Vec::with_capacity(found.responses.len());
        let mut truncated = false;
        for response in &found.responses {
            match response.status {
                // RFC 6578 section 3.6: there is more than this.
                Some(507) => truncated = true,
                Some(404 | 410) => changes.extend(self.member(url, response).map(Change::Gone)),
                // Some servers say it of each property: what exists has at least a type.
                None if response.props.is_empty() && response.lacks => changes.extend(self.member(url, response).map(Change::Gone)),
                // A collection below that can't be looked into (RFC 6578 section 3.3).
                Some(403 | 405) => {}
                _ => changes.extend(self.item(url, response).map(Change::Upsert)),
            }
        }
        Page { changes, token, truncated }
    }

    /// A member that holds a calendar; None for the collection itself, collections in it, and other files.
    fn item(&self, url: &Url, response: &Response) -> Option<RemoteItem> {
        if response.is_collection() {
            return None;
        }
        let kind = response.text(Ns::Dav, "getcontenttype").and_then(|t| t.split(';').next()).unwrap_or_default().trim();
        // The type of "I do not know" is no answer.
        if !(kind.is_empty() || kind.eq_ignore_ascii_case("text/calendar") || kind.eq_ignore_ascii_case("application/octet-stream")) {
            return None;
        }
        let id = self.member(url, response)?;
        Some(RemoteItem { id, etag: response.text(Ns::Dav, "getetag").map(etag).unwrap_or_default(), ics: None })
    }

    /// The id of a response about something else than the collection, at a place that may have the password.
    fn member(&self, url: &Url, response: &Response) -> Option<RemoteId> {
        let at = join(url, &response.href).filter(|at| self.wire.start().trusts(at) && !at.path().ends_with('/'))?;
        let id = id_of(self.base, &at);
        let own = id_of(self.base, &self.url);
        (id.as_str() != own.as_str().trim_end_matches('/')).then_some(id)
    }

    async fn about(&self) -> Result<About, ProviderError> {
        let call = self.wire.propfind(self.url.clone(), Depth::Zero, "<D:supported-report-set/><CS:getctag/>");
        let (_, found) = self.wire.multistatus(WHAT, call, CAP).await?;
        let own = found.responses.first();
        if own.is_none_or(|r| r.status == Some(404)) {
            return Err(ProviderError::NotFound(WHAT.to_owned()));
        }
        let reports = own.and_then(|r| r.prop(Ns::Dav, "supported-report-set"));
        Ok(About {
            // Not every server that has tokens says so.
            synchronises: reports.is_none_or(|set| set.holds(Ns::Dav, "sync-collection")),
            ctag: own.and_then(|r| r.text(Ns::CalendarServer, "getctag")).map(str::to_owned),
        })
    }

    fn broken(&self, detail: &str) -> ProviderError {
        refusal::protocol(&host_of(&self.url), detail)
    }
}

/// Some servers name a member twice.
fn once<'a>(ids: impl Iterator<Item = &'a RemoteId>) -> Vec<RemoteId> {
    let mut seen = HashSet::new();
    ids.filter(|id| seen.insert(id.as_str())).cloned().collect()
}

struct About {
    synchronises: bool,
    ctag: Option<String>,
}

fn batch(
    changes: Vec<Change<RemoteItem>>,
    present: Option<Vec<RemoteId>>,
    next: &Position,
    more: bool,
) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
    Ok(ChangeBatch { changes, present, reset: false, next: next.write()?, more, progress: None })
}
