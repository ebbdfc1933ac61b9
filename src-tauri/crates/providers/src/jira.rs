//! Jira Cloud's issues as tasks (PROVIDERS 6.5): those that are assigned to the person, in lists by project.
//!
//! Jira tells by a search what changed since so many minutes; what was deleted or given to somebody else it tells by nothing, see
//! [`crate::polled`]. What an issue may become is its workflow's to say: it is moved along by a transition that leads to the right kind of
//! state. Texts are documents (ADF): plain ones are changed here, those with more to them in Jira only. Priorities are each site's own, so
//! they are shown and not changed.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    SecretString,
    error::ProviderError,
    oauth::Identity,
    source::Credentials,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    tasks::{RemoteTask, RemoteTaskList, TaskSource, TaskWrite, TaskWritten},
    time::Timestamp,
};
use url::Url;

use crate::{
    http::{Http, keyed::Keyed},
    polled,
};

mod adf;
mod api;
mod error;
mod lists;
mod model;
mod poll;
#[cfg(test)]
mod tests;
mod write;

/// Shown to the person.
const JIRA: &str = "Jira";
/// In error texts.
const THIS_ISSUE: &str = "this issue";
/// Issues on a page.
const LARGEST: usize = 100;

/// The issues that are assigned to one person at one site of Jira Cloud.
pub struct JiraIssues {
    api: api::Api,
}

impl JiraIssues {
    /// `credentials` give `SITE/EMAIL:TOKEN` as a password: the name of the site (`nordlys` or `nordlys.atlassian.net`), the address of the
    /// account, and an API token of it. `base`: a stand-in on this machine or a proxy, in the place of the site's own address; refused where
    /// it is neither https nor this machine.
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, base: Option<&str>) -> Result<Self, ProviderError> {
        let check = |base: &str| domain::config::check_url("jira", base).map_err(|error| ProviderError::Refused(error.to_string()));
        let base = base.map(check).transpose()?;
        let keyed = Keyed::new(http, Arc::clone(&credentials), JIRA, Arc::new(header));
        Ok(Self { api: api::Api::new(keyed, credentials, base) })
    }

    /// Whose token it is. One account may be at several sites, so the site belongs to the subject.
    pub async fn owner(&self) -> Result<Identity, ProviderError> {
        let site = self.api.site().await?;
        let me = self.api.myself().await?;
        Ok(Identity {
            subject: format!("{site}/{}", me.account_id),
            email: me.email_address,
            email_verified: false,
            name: format!("{} ({site})", me.display_name),
        })
    }
}

/// What a person hands over.
struct Parts<'a> {
    site: String,
    account: &'a str,
}

/// None: it is not a site of Jira Cloud, an address and a token.
fn parts(secret: &str) -> Option<Parts<'_>> {
    let (site, account) = secret.trim_start_matches("https://").split_once('/')?;
    let site = site.trim_end_matches(".atlassian.net").to_ascii_lowercase();
    // A label of a host name: anything else could lead the token elsewhere.
    let label = !site.is_empty() && site.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !site.starts_with('-');
    let (email, token) = account.split_once(':')?;
    (label && email.contains('@') && !token.is_empty()).then_some(Parts { site, account })
}

fn header(secret: &SecretString) -> Option<String> {
    parts(Keyed::expose(secret)).map(|parts| format!("Basic {}", STANDARD.encode(parts.account)))
}

/// The API of a site.
fn address(site: &str) -> Option<Url> {
    Url::parse(&format!("https://{site}.atlassian.net/rest/api/3")).ok()
}

#[async_trait]
impl TaskSource for JiraIssues {
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        lists::lists(&self.api).await
    }

    fn one_scope(&self) -> bool {
        true
    }

    async fn changes(
        &self,
        _scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
        now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        polled::changes(&self.api, cursor, budget.items.clamp(1, LARGEST), now).await
    }

    /// Jira has no conditional writes: what is named in a write wins, so there is never a conflict.
    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        write::write(&self.api, write).await
    }
}
