//! Putting a whole mail into the account: upload, then import (RFC 8621 section 4.8).

use domain::{error::ProviderError, ids::RemoteId, mail::Flags, source::Written};
use serde_json::{Map, Value, json};

use super::{
    answers::Calls,
    api::Api,
    error,
    model::{Set, keywords},
    write,
};

const THIS_MAIL: &str = "this mail";

/// Files a mail in one mailbox. Its id.
pub async fn import(api: &Api, mailbox: &str, raw: &[u8], flags: Flags) -> Result<String, ProviderError> {
    let session = api.session().await?;
    let blob = api.upload(raw).await?;
    let keywords: Map<String, Value> = keywords(flags).map(|keyword| (keyword.to_owned(), json!(true))).collect();
    let emails = json!({"m": {"blobId": blob, "mailboxIds": {(mailbox): true}, "keywords": keywords}});
    // Once: where its answer is lost, whoever files mail looks for it by its Message-ID.
    let mut answers = api.once(&Calls::one("Email/import", json!({"emails": emails}))).await?;
    let done: Set = answers.take(THIS_MAIL, 0, "Email/import")?;
    if let Some(made) = done.created.get("m") {
        return Ok(made.id.clone());
    }
    let refused = done.not_created.iter().flatten().find(|(name, _)| *name == "m").map(|(_, error)| error);
    let Some(refused) = refused else { return Err(error::protocol(&session.host, "an import without an outcome")) };
    match (&refused.existing_id, refused.kind.as_str()) {
        // The same bytes are there already: they are what was to be filed, in whatever mailbox they lie.
        (Some(there), "alreadyExists") => {
            let patch = json!({"keywords": keywords, (format!("mailboxIds/{mailbox}")): true});
            write::update(api, &[RemoteId::new(there)], &patch).await?;
            Ok(there.clone())
        }
        _ => Err(refused.means(THIS_MAIL, &session.host, api.now())),
    }
}

/// A sent copy or a draft. The older one goes after the new one is there.
pub async fn append(
    api: &Api,
    mailbox: &RemoteId,
    raw: &[u8],
    flags: Flags,
    replaces: Option<&RemoteId>,
) -> Result<Written, ProviderError> {
    let id = RemoteId(import(api, mailbox.as_str(), raw, flags).await?);
    let mut written = Written { appended: Some(id.clone()), ..Written::default() };
    if let Some(old) = replaces.filter(|old| **old != id) {
        match write::destroy(api, std::slice::from_ref(old)).await {
            Ok(()) | Err(ProviderError::NotFound(_)) => written.renamed.push((old.clone(), id)),
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}
