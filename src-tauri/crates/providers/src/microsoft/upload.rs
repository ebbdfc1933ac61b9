//! A large attachment goes to an upload session of its draft.

use async_trait::async_trait;
use domain::{error::ProviderError, files::FileContent};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    MICROSOFT,
    api::{Api, json_call},
    cut::File,
    endpoints::with_query,
    model::Page,
    session::{Opened, PIECE, Session},
};
use crate::transfer::send;

/// Largest attachment.
const MAX: usize = 150 * 1024 * 1024;
const WHAT: &str = "this attachment";

#[derive(Deserialize)]
struct Attachment {
    #[serde(default)]
    name: String,
    #[serde(default)]
    size: u64,
}

/// What is sent, in memory.
struct Held<'a>(&'a [u8]);

#[async_trait]
impl FileContent for Held<'_> {
    async fn read_at(&mut self, offset: u64, len: usize) -> Result<Vec<u8>, ProviderError> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(self.0.iter().skip(from).take(len).copied().collect())
    }
}

pub async fn upload(api: &Api, draft: &str, file: &File) -> Result<(), ProviderError> {
    if file.bytes.len() > MAX {
        return Err(ProviderError::Refused(format!("{} has more than 150 MB, which is the most that Microsoft takes.", file.name)));
    }
    let item = json!({
        "attachmentType": "file",
        "name": file.name,
        "size": file.bytes.len(),
        "contentType": file.content_type,
        "isInline": file.inline,
        "contentId": file.content_id,
    });
    let url = api.urls.me(["messages", draft, "attachments", "createUploadSession"]);
    let opened: Opened = api.json(WHAT, json_call(Method::POST, url.clone(), &json!({ "AttachmentItem": item }))?).await?;
    let size = file.bytes.len() as u64;
    let session = Session::new(api, &url, &opened, size, WHAT, |_, reply| Ok((reply.status.as_u16() == 201).then_some(())))?;
    match send::send(&session, &mut Held(&file.bytes), size, PIECE, &api.waits()).await? {
        Some(()) => Ok(()),
        // The answer to the last piece may be what was lost.
        None if there(api, draft, file).await? => Ok(()),
        None => Err(ProviderError::Server { provider: MICROSOFT.to_owned(), detail: "the upload of an attachment was lost".to_owned() }),
    }
}

/// Whether the draft holds the file.
async fn there(api: &Api, draft: &str, file: &File) -> Result<bool, ProviderError> {
    let url = with_query(api.urls.me(["messages", draft, "attachments"]), &[("$select", "id,name,size")]);
    let page: Page<Attachment> = api.get("this attachment", url).await?;
    // Exchange counts some bytes of its own.
    Ok(page.value.iter().any(|a| a.name == file.name && a.size >= file.bytes.len() as u64))
}
