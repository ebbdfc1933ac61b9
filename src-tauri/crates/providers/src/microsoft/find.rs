//! Proof of a send or of a draft: a message with our Message-ID.

use domain::{error::ProviderError, ids::RemoteId};
use url::Url;

use super::{
    api::Api,
    endpoints::with_query,
    model::{Message, Page},
};

/// The message with this Message-ID in `mailbox`. None: among what was sent. That is the sent items first; else anything that is no draft,
/// because a mail on its way is in the outbox, and a rule may have put it elsewhere.
pub async fn find(api: &Api, mailbox: Option<&RemoteId>, message_id: &str) -> Result<Option<RemoteId>, ProviderError> {
    let first = |found: Vec<Message>| found.into_iter().next().map(|m| RemoteId(m.id));
    if let Some(mailbox) = mailbox {
        return Ok(first(search(api, api.urls.me(["mailFolders", mailbox.as_str(), "messages"]), message_id).await?));
    }
    let sent = search(api, api.urls.me(["mailFolders", "sentitems", "messages"]), message_id).await?;
    if let Some(found) = first(sent) {
        return Ok(Some(found));
    }
    Ok(first(everywhere(api, message_id).await?.into_iter().filter(|m| m.is_draft == Some(false)).collect()))
}

/// In all folders.
pub async fn everywhere(api: &Api, message_id: &str) -> Result<Vec<Message>, ProviderError> {
    search(api, api.urls.me(["messages"]), message_id).await
}

async fn search(api: &Api, url: Url, message_id: &str) -> Result<Vec<Message>, ProviderError> {
    let id = searchable(message_id)?;
    let filter = format!("internetMessageId eq '<{}>'", id.replace('\'', "''"));
    let url = with_query(url, &[("$filter", &filter), ("$select", "id,isDraft,parentFolderId"), ("$top", "20")]);
    let page: Page<Message> = api.get("this message", url).await?;
    Ok(page.value)
}

/// Without brackets; refused where it can't be part of a filter or of a header.
pub fn searchable(message_id: &str) -> Result<&str, ProviderError> {
    let id = message_id.trim().trim_start_matches('<').trim_end_matches('>');
    if id.is_empty() || id.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>')) {
        return Err(ProviderError::Refused("This Message-ID can't be searched for.".to_owned()));
    }
    Ok(id)
}
